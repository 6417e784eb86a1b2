# SPDX-License-Identifier: GPL-3.0-or-later
"""Joining by passcode or invitation, how passcodes are guarded, and being asked about what others did."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from graph.db.passcode_guesses import Guesses
from graph.resolvers import passcodes
from graph.resolvers.identity import ANONYMOUS, Actor
from tests.resolvers.stage import END, START, Stage, told

WRONG = [("WRONG_PASSCODE", "passcode")]
MISSING = [("NOT_FOUND", "programId")]
LIMITED = [("RATE_LIMITED", "passcode")]


async def names(stage: Stage) -> list[tuple[str, bool]]:
    rows = await stage.pool.fetch(
        "SELECT e.username, n.show_name FROM enrollment n JOIN editor e ON e.id = n.editor_id"
        " WHERE n.role = 'EDITOR' ORDER BY n.program_id, e.username COLLATE \"C\""
    )
    return [(row[0], row[1]) for row in rows]


async def jobs(stage: Stage) -> list[tuple[str, int]]:
    """What was left for the worker: kind and program."""
    rows = await stage.pool.fetch("SELECT payload, entrypoint FROM jobs.pgqueuer ORDER BY 1, 2")
    return [(row[0].decode(), int(row[1])) for row in rows]


def code_of(program: dict[str, Any]) -> str:
    return str(program["invitationUrl"].rpartition("/")[2])


# The ways in


async def test_somebody_joins_with_the_passcode_however_it_is_spaced(
    stage: Stage, amara: Actor, stranger: Actor
) -> None:
    program = await stage.program(amara, passcodePolicy="FIXED", passcode="Nile river")
    for passcode in ("nile river", "Nile rive", "\ud800", "x" * 100_000, "", None):
        fields = {"programId": program["id"], "passcode": passcode}
        assert await stage.refused("joinProgram", stranger, **fields) == WRONG
    assert await stage.refused("joinProgram", stranger, programId=program["id"]) == WRONG
    joined = await stage.done("joinProgram", stranger, programId=program["id"], passcode=" Nile  river\u200f ")
    assert joined["program"]["editors"] == {"nodes": [{"username": "A Stranger"}]}


async def test_anybody_signed_in_joins_where_no_passcode_is_asked_for(
    stage: Stage, amara: Actor, stranger: Actor
) -> None:
    program = await stage.program(amara, passcodePolicy="NONE", showNamesByDefault=True)
    fields = {"programId": program["id"]}
    assert await stage.refused("joinProgram", ANONYMOUS, **fields) == [("NOT_SIGNED_IN", None)]
    await stage.done("joinProgram", stranger, **fields, passcode="whatever", showName=False)
    await stage.done("joinProgram", amara, **fields, showName=None)
    assert await names(stage) == [("A Stranger", False), ("Amara Quill", True)]


async def test_a_way_in_must_be_given_and_only_one(stage: Stage, amara: Actor, stranger: Actor) -> None:
    program = await stage.program(amara)
    assert await stage.refused("joinProgram", stranger) == [("INVALID", "programId")]
    assert await stage.refused("joinProgram", stranger, programId=None, invitation=None) == [("INVALID", "programId")]
    assert await stage.refused("joinProgram", stranger, programId=program["id"], invitation="x") == [
        ("INVALID", "invitation")
    ]
    for code in ("x", "", "\0"):
        assert await stage.refused("joinProgram", stranger, invitation=code) == [("NOT_FOUND", "invitation")]
    assert await stage.refused("joinProgram", stranger, programId="!") == MISSING


async def test_a_renewed_invitation_is_the_only_one(stage: Stage, amara: Actor, stranger: Actor) -> None:
    program = await stage.program(amara)
    renewed = (await stage.done("renewInvitation", amara, programId=program["id"]))["program"]
    assert await stage.refused("joinProgram", stranger, invitation=code_of(program)) == [("NOT_FOUND", "invitation")]
    await stage.done("joinProgram", stranger, invitation=code_of(renewed))
    assert await names(stage) == [("A Stranger", True)]


async def test_whoever_may_see_the_passcode_need_not_give_it(stage: Stage, amara: Actor) -> None:
    program = await stage.program(amara)
    await stage.done("joinProgram", amara, programId=program["id"])
    assert await names(stage) == [("Amara Quill", True)]


@pytest.mark.parametrize("policy", ["RANDOM", "NONE"])
async def test_a_private_program_is_missing_to_whoever_has_neither_invitation_nor_passcode(
    stage: Stage, amara: Actor, stranger: Actor, policy: str
) -> None:
    program = await stage.program(amara, visibility="PRIVATE", passcodePolicy=policy)
    nowhere = "UHJvZ3JhbTo5OTk5"  # Program:9999
    answers = []
    for number in (program["id"], nowhere):
        for passcode in ("", "guess"):
            fields = {"programId": number, "passcode": passcode}
            answers.append((await stage.change("joinProgram", stranger, **fields))["userErrors"])
    assert answers[:2] == answers[2:]
    assert await stage.refused("joinProgram", stranger, programId=program["id"]) == MISSING

    joined = await stage.done("joinProgram", stranger, invitation=code_of(program))
    assert joined["program"]["slug"] == program["slug"]


async def test_a_private_program_is_joined_by_whoever_knows_its_id_and_passcode(
    stage: Stage, amara: Actor, stranger: Actor
) -> None:
    program = await stage.program(amara, visibility="PRIVATE")
    fields = {"programId": program["id"], "passcode": program["passcode"]}
    await stage.done("joinProgram", stranger, **fields)
    assert await names(stage) == [("A Stranger", True)]


async def test_nobody_joins_what_is_closed_or_over_but_everybody_before_it_begins(
    stage: Stage, amara: Actor, stranger: Actor
) -> None:
    program = await stage.program(amara, passcodePolicy="NONE")
    fields = {"programId": program["id"]}
    await stage.pool.execute("UPDATE program SET registration_open = false")
    assert await stage.refused("joinProgram", stranger, **fields) == [("REGISTRATION_CLOSED", None)]
    await stage.pool.execute("UPDATE program SET registration_open = true")
    stage.api.now = datetime(2026, 12, 1, tzinfo=UTC)
    assert await stage.refused("joinProgram", stranger, **fields) == [("PROGRAM_ENDED", None)]
    stage.api.now = datetime(2026, 11, 30, 23, 59, 59, tzinfo=UTC)
    await stage.done("joinProgram", stranger, **fields)
    stage.api.now = datetime(2026, 1, 1, tzinfo=UTC)
    await stage.done("joinProgram", amara, **fields)


async def test_the_wikis_are_asked_for_the_earlier_edits_of_whoever_comes_late_only(
    stage: Stage, amara: Actor, stranger: Actor
) -> None:
    program = await stage.program(amara, passcodePolicy="NONE")
    number = await stage.pool.fetchval("SELECT id FROM program")
    await stage.pool.execute("DELETE FROM jobs.pgqueuer")
    stage.api.now = datetime(2026, 10, 31, 23, 59, 59, tzinfo=UTC)
    await stage.done("joinProgram", amara, programId=program["id"])
    assert await jobs(stage) == []
    stage.api.now = datetime(2026, 11, 1, tzinfo=UTC)
    await stage.done("joinProgram", stranger, programId=program["id"])
    assert await jobs(stage) == [("backfill", number)]


async def test_whoever_joins_twice_is_told_so_kindly(stage: Stage, amara: Actor, stranger: Actor) -> None:
    program = await stage.program(amara, passcodePolicy="NONE")
    fields = {"programId": program["id"]}
    await stage.done("joinProgram", stranger, **fields, showName=True)
    for wish in ({}, {"showName": None}, {"showName": True}):
        made = await stage.change("joinProgram", stranger, **fields, **wish)
        assert told(made) == [("ALREADY_ENROLLED", None)]
        assert made["userErrors"][0]["message"] == "You take part in Women in Red already. Have fun!"
    # What they wish now is done, also when the program takes nobody in any more.
    stage.api.now = datetime(2026, 12, 1, tzinfo=UTC)
    await stage.done("joinProgram", stranger, **fields, showName=False)
    assert await names(stage) == [("A Stranger", False)]


async def test_whoever_takes_part_joins_a_session_without_passcode(stage: Stage, amara: Actor, stranger: Actor) -> None:
    program = await stage.program(amara)
    other = await stage.program(amara, title="Other")
    fields = {"start": START, "end": END, "title": "S"}
    session = (await stage.done("createSession", amara, programId=program["id"], **fields))["session"]
    elsewhere = (await stage.done("createSession", amara, programId=other["id"], **fields))["session"]
    join: dict[str, Any] = {"programId": program["id"], "passcode": program["passcode"]}
    assert await stage.refused("joinProgram", stranger, **join, sessionId=elsewhere["id"]) == [
        ("NOT_FOUND", "sessionId")
    ]
    await stage.done("joinProgram", stranger, **join)
    join.pop("passcode")
    await stage.done("joinProgram", stranger, **join, sessionId=session["id"])
    assert await stage.refused("joinProgram", stranger, **join, sessionId=session["id"]) == [("ALREADY_ENROLLED", None)]


async def test_an_invitation_leads_into_a_session_too(stage: Stage, amara: Actor, stranger: Actor) -> None:
    program = await stage.program(amara)
    session = (await stage.done("createSession", amara, programId=program["id"], title="S", start=START, end=END))[
        "session"
    ]
    query = "query($s: String!) { program(slug: $s) { sessions { invitationUrl } } }"
    for actor, url in ((amara, f"{program['invitationUrl']}?session=S"), (stranger, None)):
        found = await stage.api.ask(query, actor, s=program["slug"])
        assert found["program"]["sessions"] == [{"invitationUrl": url}]
    await stage.done("joinProgram", stranger, invitation=code_of(program), sessionId=session["id"])
    rows = await stage.pool.fetch("SELECT editor_id FROM session_editor")
    assert [row[0] for row in rows] == [stranger.editor_id]


# Guessing passcodes


def test_five_wrong_guesses_cost_nothing_and_each_further_one_twice_the_time_up_to_an_hour() -> None:
    at = datetime(2026, 11, 22, tzinfo=UTC)
    waits = [passcodes.wait_after(Guesses(wrong, at)).total_seconds() for wrong in range(20)]
    assert waits == [0, 0, 0, 0, 0, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 3600, 3600, 3600, 3600]
    assert passcodes.wait_after(Guesses(10_000, at)) == timedelta(hours=1)
    assert passcodes.wait_after(None) == timedelta(0)


async def test_guessing_slows_the_guessing_account_over_all_programs_and_nobody_else(
    stage: Stage, amara: Actor, stranger: Actor
) -> None:
    first = await stage.program(amara)
    second = await stage.program(amara, title="Other")
    right = {"programId": second["id"], "passcode": second["passcode"]}
    for _ in range(5):
        assert await stage.refused("joinProgram", stranger, programId=first["id"], passcode="guess") == WRONG
    before = await stage.dump()
    made = await stage.change("joinProgram", stranger, **right)
    assert await stage.dump() == before
    assert told(made) == LIMITED
    assert made["userErrors"][0]["message"] == "That were too many wrong passcodes. Try again in 2 seconds."
    # The program is not locked, and an invitation still opens it for the same account.
    bo = await stage.person("Bo")
    await stage.done("joinProgram", bo, **right)
    await stage.done("joinProgram", stranger, invitation=code_of(first))

    stage.api.now += timedelta(seconds=1, milliseconds=999)
    assert await stage.refused("joinProgram", stranger, **right) == LIMITED
    stage.api.now += timedelta(milliseconds=1)
    assert await stage.refused("joinProgram", stranger, programId=second["id"], passcode="guess") == WRONG
    stage.api.now += timedelta(seconds=3)
    assert await stage.refused("joinProgram", stranger, **right) == LIMITED
    stage.api.now += timedelta(seconds=1)
    await stage.done("joinProgram", stranger, **right)


async def test_guesses_at_private_and_at_missing_programs_are_slowed_alike(
    stage: Stage, amara: Actor, stranger: Actor
) -> None:
    program = await stage.program(amara, visibility="PRIVATE")
    answers = {}
    for guesser, number in ((stranger, program["id"]), (await stage.person("Bo"), "UHJvZ3JhbTo5OTk5")):
        answers[number] = [
            (await stage.change("joinProgram", guesser, programId=number, passcode="guess"))["userErrors"]
            for _ in range(6)
        ]
    private, missing = answers.values()
    assert private == missing
    assert [fault["code"] for (fault,) in private] == ["NOT_FOUND"] * 5 + ["RATE_LIMITED"]
    # Without a passcode it is no guess.
    assert await stage.refused("joinProgram", stranger, programId=program["id"]) == MISSING


async def test_wrong_guesses_are_forgotten_a_day_after_the_last(stage: Stage, amara: Actor, stranger: Actor) -> None:
    program = await stage.program(amara)
    guess = {"programId": program["id"], "passcode": "guess"}
    for _ in range(5):
        assert await stage.refused("joinProgram", stranger, **guess) == WRONG
    stage.api.now += timedelta(days=1)
    for _ in range(5):
        assert await stage.refused("joinProgram", stranger, **guess) == WRONG
    assert await stage.refused("joinProgram", stranger, **guess) == LIMITED


async def test_guesses_made_at_once_are_counted_one_by_one(stage: Stage, amara: Actor, stranger: Actor) -> None:
    program = await stage.program(amara)
    guesses = [stage.change("joinProgram", stranger, programId=program["id"], passcode=str(n)) for n in range(12)]
    codes = sorted(told(made)[0][0] for made in await asyncio.gather(*guesses))
    assert codes == ["RATE_LIMITED"] * 7 + ["WRONG_PASSCODE"] * 5


# Being shown by name


async def test_a_participant_changes_whether_they_are_shown_by_name(
    stage: Stage, amara: Actor, stranger: Actor
) -> None:
    program = await stage.program(amara, passcodePolicy="NONE")
    fields = {"programId": program["id"]}
    assert await stage.refused("setShowName", ANONYMOUS, **fields, showName=False) == [("NOT_SIGNED_IN", None)]
    assert await stage.refused("setShowName", stranger, **fields, showName=False) == [("NOT_ENROLLED", "programId")]
    await stage.done("joinProgram", stranger, **fields)
    for wish in (False, False, True):
        await stage.done("setShowName", stranger, **fields, showName=wish)
        assert await names(stage) == [("A Stranger", wish)]


# What others did


ADDED = "{ viewer { addedTo { program { slug } addedBy { username } showName } } }"


async def added_to(stage: Stage, actor: Actor) -> list[dict[str, Any]]:
    return list((await stage.api.ask(ADDED, actor))["viewer"]["addedTo"])


async def test_somebody_added_by_others_sees_it_and_agrees(stage: Stage, amara: Actor, stranger: Actor) -> None:
    program = await stage.program(amara, visibility="PRIVATE")
    fields = {"programId": program["id"]}
    assert await stage.refused("acknowledgeEnrollment", stranger, **fields) == MISSING
    await stage.done("addEditors", amara, **fields, usernames=["A Stranger", "Amara Quill"])
    assert await added_to(stage, stranger) == [
        {"program": {"slug": program["slug"]}, "addedBy": {"username": "Amara Quill"}, "showName": True}
    ]
    # Nobody is asked about what they did themselves, and nobody sees what others are asked.
    assert await added_to(stage, amara) == []
    assert await stage.refused("acknowledgeEnrollment", ANONYMOUS, **fields) == MISSING

    await stage.done("acknowledgeEnrollment", stranger, **fields, showName=False)
    assert await added_to(stage, stranger) == []
    assert await names(stage) == [("A Stranger", False), ("Amara Quill", True)]
    await stage.done("acknowledgeEnrollment", stranger, **fields)


async def test_somebody_added_by_others_undoes_it_by_leaving(stage: Stage, amara: Actor, stranger: Actor) -> None:
    program = await stage.program(amara)
    fields = {"programId": program["id"]}
    await stage.done("addEditors", amara, **fields, usernames=["A Stranger"])
    await stage.done("leaveProgram", stranger, **fields)
    assert await added_to(stage, stranger) == []
    assert await names(stage) == []
    assert await stage.refused("acknowledgeEnrollment", stranger, **fields) == [("NOT_ENROLLED", "programId")]
    # Added again, they are asked again; whoever joins has answered.
    await stage.done("addEditors", amara, **fields, usernames=["A Stranger"])
    assert len(await added_to(stage, stranger)) == 1


async def test_a_name_that_was_pending_is_asked_about_too(stage: Stage, amara: Actor, stranger: Actor) -> None:
    from graph.jobs.pending import finish_pending

    program = await stage.program(amara)
    stage.users.down = True
    await stage.done("addEditors", amara, programId=program["id"], usernames=["A Stranger"])
    stage.users.down = False
    await finish_pending(stage.deps)
    (addition,) = await added_to(stage, stranger)
    assert addition["addedBy"] == {"username": "Amara Quill"}

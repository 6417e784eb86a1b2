# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from dataclasses import replace

import pytest

from graph.resolvers import organizing
from graph.resolvers.identity import Actor
from tests.resolvers.stage import END, START, Stage, told


async def names(stage: Stage, program_id: int) -> list[tuple[str, str, bool]]:
    rows = await stage.pool.fetch(
        "SELECT e.username, n.role, n.show_name FROM enrollment n JOIN editor e ON e.id = n.editor_id"
        " WHERE n.program_id = $1 AND n.role = 'EDITOR' ORDER BY e.username COLLATE \"C\"",
        program_id,
    )
    return [(row[0], row[1], row[2]) for row in rows]


async def number(stage: Stage, title: str = "Women in Red") -> int:
    return int(await stage.pool.fetchval("SELECT id FROM program WHERE title = $1", title))


# Adding pasted names


async def test_pasted_names_are_added_each_once_in_any_writing_and_script(stage: Stage, amara: Actor) -> None:
    program = await stage.program(amara)
    stage.users.add("Bo Lind", "ليلى", "小明", "Иван", "हिन्दी")
    pasted = ["User:bo_Lind", "", "  Bo  Lind ", "مستخدم:ليلى", "小明", "user:иван", "हिन्दी", "   "]
    made = await stage.done("addEditors", amara, programId=program["id"], usernames=pasted)
    assert [editor["username"] for editor in made["added"]] == ["Bo Lind", "ليلى", "小明", "Иван", "हिन्दी"]
    assert made["pending"] == []
    assert made["program"] == {"metrics": {"editors": 5, "newEditors": 5}}
    assert stage.users.asked == [("enwiki", ("Bo Lind", "ليلى", "小明", "Иван", "हिन्दी"))]


async def test_each_name_at_fault_is_named_and_keeps_no_other_from_being_added(stage: Stage, amara: Actor) -> None:
    program = await stage.program(amara)
    stage.users.add("Bo", "Cy")
    await stage.done("addEditors", amara, programId=program["id"], usernames=["Bo"])
    made = await stage.change(
        "addEditors",
        amara,
        programId=program["id"],
        usernames=["Cy", "192.0.2.7", "~2025-1234-5", "Nobody", "bo", "A|b", "x" * 236, "Nobody", "2001:db8::1"],
    )
    assert [editor["username"] for editor in made["added"]] == ["Cy"]
    assert told(made) == [
        ("INVALID", "usernames.1"),
        ("INVALID", "usernames.2"),
        ("UNKNOWN_USER", "usernames.3"),
        ("ALREADY_ENROLLED", "usernames.4"),
        ("INVALID", "usernames.5"),
        ("TOO_LONG", "usernames.6"),
        ("INVALID", "usernames.8"),
    ]


async def test_a_thousand_names_may_be_added_at_once_and_no_more(stage: Stage, amara: Actor) -> None:
    program = await stage.program(amara)
    many = [f"Person {each:04}" for each in range(1_000)]
    stage.users.add(*many)
    for usernames in ([*many, "One more"], ["x"] * 10_001):
        assert await stage.refused("addEditors", amara, programId=program["id"], usernames=usernames) == [
            ("TOO_MANY", "usernames")
        ]
    made = await stage.done("addEditors", amara, programId=program["id"], usernames=[*many, *many, ""])
    assert len(made["added"]) == 1_000
    assert made["program"]["metrics"]["editors"] == 1_000
    assert {len(batch) for _, batch in stage.users.asked} == {50}


async def test_names_are_pending_while_the_wikis_are_away(stage: Stage, amara: Actor) -> None:
    program = await stage.program(amara, showNamesByDefault=False)
    stage.users.add("Bo", "Cy")
    stage.users.down = True
    made = await stage.done("addEditors", amara, programId=program["id"], usernames=["Bo", "user:cy"])
    assert (made["added"], made["pending"]) == ([], ["Bo", "Cy"])
    rows = await stage.pool.fetch("SELECT username, session_id, show_name FROM pending_enrollment ORDER BY 1")
    assert [tuple(row) for row in rows] == [("Bo", None, False), ("Cy", None, False)]
    # Added by hand once the wikis are back, a name is pending no more.
    stage.users.down = False
    await stage.done("addEditors", amara, programId=program["id"], usernames=["Bo"])
    rows = await stage.pool.fetch("SELECT username FROM pending_enrollment")
    assert [row[0] for row in rows] == ["Cy"]


async def test_only_the_names_that_the_wikis_are_slow_about_are_pending(
    stage: Stage, amara: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = await stage.program(amara)
    many = [f"Person {each:02}" for each in range(60)]
    stage.users.add(*many)
    stage.users.slow = {"Person 55"}
    monkeypatch.setattr(organizing, "LOOK_UP_SECONDS", 0.05)
    made = await stage.done("addEditors", amara, programId=program["id"], usernames=many)
    assert [editor["username"] for editor in made["added"]] == many[:50]
    assert made["pending"] == many[50:]


async def test_a_renamed_account_is_the_same_person_with_a_new_name(stage: Stage, amara: Actor) -> None:
    program = await stage.program(amara)
    stage.users.add("Old Name")
    await stage.done("addEditors", amara, programId=program["id"], usernames=["Old Name"])
    stage.users.accounts["New Name"] = replace(stage.users.accounts.pop("Old Name"), username="New Name")
    made = await stage.change("addEditors", amara, programId=program["id"], usernames=["New Name"])
    assert told(made) == [("ALREADY_ENROLLED", "usernames.0")]
    assert await names(stage, await number(stage)) == [("New Name", "EDITOR", True)]


async def test_whoever_is_known_by_name_alone_is_recognized_by_the_wikis_answer(stage: Stage, amara: Actor) -> None:
    program = await stage.program(amara)
    unsure = await stage.pool.fetchval("INSERT INTO editor (username) VALUES ('Bo') RETURNING id")
    stage.users.add("Bo")
    await stage.done("addEditors", amara, programId=program["id"], usernames=["Bo"])
    row = await stage.pool.fetchrow("SELECT id, central_id FROM editor WHERE username = 'Bo'")
    assert row is not None
    assert tuple(row) == (unsure, stage.users.accounts["Bo"].central_id)


async def test_participants_are_shown_by_name_as_the_program_or_whoever_adds_them_has_it(
    stage: Stage, amara: Actor
) -> None:
    program = await stage.program(amara, showNamesByDefault=False)
    stage.users.add("Bo", "Cy", "Di")
    for name, fields in (("Bo", {}), ("Cy", {"showNames": True}), ("Di", {"showNames": None})):
        await stage.done("addEditors", amara, programId=program["id"], usernames=[name], **fields)
    assert await names(stage, await number(stage)) == [
        ("Bo", "EDITOR", False),
        ("Cy", "EDITOR", True),
        ("Di", "EDITOR", False),
    ]


async def test_names_may_be_added_to_a_session_by_its_coordinator(stage: Stage, amara: Actor, stranger: Actor) -> None:
    program = await stage.program(amara)
    other = await stage.program(amara, title="Other")
    fields = {"programId": program["id"], "start": START, "end": END}
    session = (await stage.done("createSession", amara, **fields, title="S", coordinators=["A Stranger"]))["session"]
    elsewhere = (await stage.done("createSession", amara, **(fields | {"programId": other["id"]}), title="T"))[
        "session"
    ]
    stage.users.add("Bo", "Cy")
    await stage.done("addEditors", amara, programId=program["id"], usernames=["Bo"])
    here = {"programId": program["id"], "usernames": ["Bo"]}
    assert await stage.refused("addEditors", stranger, **here) == [("NOT_ALLOWED", None)]
    assert await stage.refused("addEditors", stranger, **here, sessionId=elsewhere["id"]) == [
        ("NOT_FOUND", "sessionId")
    ]
    made = await stage.done("addEditors", stranger, **here, sessionId=session["id"])
    assert made["added"] == [{"username": "Bo"}]
    await stage.done("addEditors", amara, programId=program["id"], usernames=["Cy"])
    made = await stage.change("addEditors", stranger, **here, sessionId=session["id"])
    assert told(made) == [("ALREADY_ENROLLED", "usernames.0")]
    query = "query($s: String!) { program(slug: $s) { sessions { metrics { editors } } metrics { editors } } }"
    found = (await stage.api.ask(query, amara, s=program["slug"]))["program"]
    assert found == {"sessions": [{"metrics": {"editors": 1}}], "metrics": {"editors": 2}}


# Leaving the cohort, and who facilitates it


async def test_an_editor_is_removed_from_program_and_sessions(stage: Stage, amara: Actor) -> None:
    program = await stage.program(amara)
    session = (await stage.done("createSession", amara, programId=program["id"], title="S", start=START, end=END))[
        "session"
    ]
    stage.users.add("Bo", "Cy")
    await stage.done("addEditors", amara, programId=program["id"], usernames=["Bo"], sessionId=session["id"])
    await stage.done("addEditors", amara, programId=program["id"], usernames=["Cy"])
    fields = {"programId": program["id"]}
    assert await stage.refused("removeEditor", amara, **fields, username="Di") == [("UNKNOWN_USER", "username")]
    assert await stage.refused("removeEditor", amara, **fields, username="") == [("UNKNOWN_USER", "username")]
    assert await stage.refused("removeEditor", amara, **fields, username="Amara Quill") == [
        ("NOT_ENROLLED", "username")
    ]
    made = await stage.done("removeEditor", amara, **fields, username="user:bo")
    assert made["program"]["editors"] == {"nodes": [{"username": "Cy"}]}
    # Its own participants gone, the session is everybody's again.
    query = "query($s: String!) { program(slug: $s) { sessions { metrics { editors } } metrics { editors } } }"
    found = (await stage.api.ask(query, amara, s=program["slug"]))["program"]
    assert found == {"sessions": [{"metrics": {"editors": 1}}], "metrics": {"editors": 1}}


async def test_a_program_keeps_its_last_facilitator(stage: Stage, amara: Actor, stranger: Actor) -> None:
    program = await stage.program(amara)
    fields = {"programId": program["id"]}
    last = await stage.refused("removeFacilitator", amara, **fields, username="Amara Quill")
    assert last == [("NOT_ALLOWED", "username")]
    assert await stage.refused("addFacilitator", amara, **fields, username="Never Here") == [
        ("UNKNOWN_USER", "username")
    ]
    await stage.done("addFacilitator", amara, **fields, username="A Stranger")
    made = await stage.done("removeFacilitator", stranger, **fields, username="Amara_Quill")
    assert made["program"]["facilitators"] == [{"username": "A Stranger"}]
    assert await stage.refused("removeFacilitator", stranger, **fields, username="Amara Quill") == [
        ("NOT_ENROLLED", "username")
    ]

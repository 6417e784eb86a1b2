# SPDX-License-Identifier: GPL-3.0-or-later
"""Looking at what adding pasted names would come to: what addEditors would answer, and nothing changed."""

from __future__ import annotations

from typing import Any

from graph.resolvers.deps import MUTATIONS_A_MINUTE
from graph.resolvers.identity import ANONYMOUS, Actor
from tests.resolvers.stage import END, START, Stage

PREVIEW = """
query P($program: ID!, $usernames: [String!]!, $session: ID) {
  editorsPreview(programId: $program, usernames: $usernames, sessionId: $session) {
    added pending errors { code field message }
  }
}
"""
PASTED = ["User:bo_Lind", "", "Cy", "Nobody", "192.0.2.7", "Bo Lind", "ليلى"]


async def look(stage: Stage, actor: Actor, program: Any, usernames: list[str], session: str | None = None) -> Any:
    asked = {"program": program["id"], "usernames": usernames, "session": session}
    before = await stage.dump()
    found = (await stage.api.ask(PREVIEW, actor, **asked))["editorsPreview"]
    assert await stage.dump() == before
    return found


def told(found: Any) -> list[tuple[str, str]]:
    return [(each["code"], ".".join(each["field"] or [])) for each in found["errors"]]


async def test_it_tells_what_adding_the_names_then_comes_to(stage: Stage, amara: Actor) -> None:
    program = await stage.program(amara)
    stage.users.add("Bo Lind", "Cy", "ليلى")
    await stage.done("addEditors", amara, programId=program["id"], usernames=["Cy"])
    found = await look(stage, amara, program, PASTED)
    assert (found["added"], found["pending"]) == (["Bo Lind", "ليلى"], [])
    assert told(found) == [
        ("ALREADY_ENROLLED", "usernames.2"),
        ("UNKNOWN_USER", "usernames.3"),
        ("INVALID", "usernames.4"),
    ]
    made = await stage.change("addEditors", amara, programId=program["id"], usernames=PASTED)
    assert [each["username"] for each in made["added"]] == found["added"]
    assert made["userErrors"] == found["errors"]


async def test_names_that_the_wikis_cannot_be_asked_about_are_told_apart(stage: Stage, amara: Actor) -> None:
    program = await stage.program(amara)
    stage.users.down = True
    found = await look(stage, amara, program, ["Bo", "192.0.2.7"])
    assert (found["added"], found["pending"]) == ([], ["Bo"])
    assert told(found) == [("INVALID", "usernames.1")]


async def test_whoever_takes_part_may_still_be_new_to_a_session(stage: Stage, amara: Actor) -> None:
    program = await stage.program(amara)
    stage.users.add("Bo")
    await stage.done("addEditors", amara, programId=program["id"], usernames=["Bo"])
    evening = {"title": "Evening", "start": START, "end": END}
    session = (await stage.done("createSession", amara, programId=program["id"], **evening))["session"]
    assert (await look(stage, amara, program, ["Bo"], session["id"]))["added"] == ["Bo"]
    await stage.done("addEditors", amara, programId=program["id"], usernames=["Bo"], sessionId=session["id"])
    assert told(await look(stage, amara, program, ["Bo"], session["id"])) == [("ALREADY_ENROLLED", "usernames.0")]
    assert told(await look(stage, amara, program, ["Bo"])) == [("ALREADY_ENROLLED", "usernames.0")]


async def test_it_is_for_whoever_may_add_them(stage: Stage, amara: Actor, stranger: Actor) -> None:
    stage.users.add("Bo")
    program = await stage.program(amara)
    private = await stage.program(amara, title="Private", visibility="PRIVATE")
    for actor, asked, code in (
        (ANONYMOUS, program, "NOT_SIGNED_IN"),
        (stranger, program, "NOT_ALLOWED"),
        (stranger, private, "NOT_FOUND"),
    ):
        found = await look(stage, actor, asked, ["Bo"])
        assert (found["added"], [each["code"] for each in found["errors"]]) == ([], [code])
    assert stage.users.asked == []


async def test_a_thousand_names_may_be_looked_at_at_once_and_no_more(stage: Stage, amara: Actor) -> None:
    program = await stage.program(amara)
    many = [f"Person {each:04}" for each in range(1_000)]
    stage.users.add(*many)
    assert (await look(stage, amara, program, many))["added"] == many
    assert told(await look(stage, amara, program, [*many, "One more"])) == [("TOO_MANY", "usernames")]


async def test_looking_counts_as_a_change_does(stage: Stage, amara: Actor) -> None:
    program = await stage.program(amara)
    asked = {"program": program["id"], "usernames": ["Bo"]}
    codes: list[str] = []
    for _ in range(MUTATIONS_A_MINUTE + 1):
        found = (await stage.api.ask(PREVIEW, amara, **asked))["editorsPreview"]
        codes = [each["code"] for each in found["errors"]]
    assert codes == ["RATE_LIMITED"]

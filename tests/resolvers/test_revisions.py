# SPDX-License-Identifier: GPL-3.0-or-later
"""Two people who edit the same thing: the second is told, and nothing of the first is lost."""

from __future__ import annotations

from typing import Any

from graph.resolvers.identity import ANONYMOUS, Actor
from tests.resolvers.stage import Stage

PROGRAM = "query($slug: String!) { program(slug: $slug) { id revision title description } }"
SESSION = "query($slug: String!) { session(slug: $slug) { id revision title coordinators { username } } }"


async def program_of(stage: Stage, slug: str, actor: Actor) -> dict[str, Any]:
    return dict((await stage.api.ask(PROGRAM, actor, slug=slug))["program"])


async def session_of(stage: Stage, slug: str, actor: Actor) -> dict[str, Any]:
    return dict((await stage.api.ask(SESSION, actor, slug=slug))["session"])


async def test_whoever_saves_second_is_told_and_changes_nothing(stage: Stage, amara: Actor) -> None:
    made = await stage.program(amara)
    read = await program_of(stage, made["slug"], amara)
    first = {"id": made["id"], "expected": read["revision"], "description": "Bring a laptop."}
    await stage.done("updateProgram", amara, **first)

    second = {"id": made["id"], "expected": read["revision"], "title": "Women in Green"}
    assert await stage.refused("updateProgram", amara, **second) == [("CONFLICT", "expected")]

    now = await program_of(stage, made["slug"], amara)
    assert (now["title"], now["description"]) == ("Women in Red", "Bring a laptop.")
    await stage.done("updateProgram", amara, **(second | {"expected": now["revision"]}))
    both = await program_of(stage, made["slug"], amara)
    assert (both["title"], both["description"]) == ("Women in Green", "Bring a laptop.")


async def test_whoever_expects_nothing_is_not_asked(stage: Stage, amara: Actor) -> None:
    made = await stage.program(amara)
    await stage.done("updateProgram", amara, id=made["id"], title="Women in Green")
    await stage.done("updateProgram", amara, id=made["id"], title="Women in Blue", expected=None)

    assert (await program_of(stage, made["slug"], amara))["title"] == "Women in Blue"


EVERYTHING: list[dict[str, Any]] = [
    {"title": "Women in Green"},
    {"description": "New."},
    {"type": "EDITATHON"},
    {"trackingStart": "2026-11-02T00:00:00Z"},
    {"trackingEnd": "2026-11-29T00:00:00Z"},
    {"eventStart": "2026-11-05T10:00:00Z"},
    {"eventEnd": "2026-11-05T12:00:00Z"},
    {"homeWiki": "dewiki"},
    {"trackedWikis": [{"wiki": "enwiki", "namespaces": [0, 2]}]},
    {"trackedWikis": [{"wiki": "enwiki"}, {"wiki": "dewiki"}]},
    {"passcodePolicy": "NONE"},
    {"passcodePolicy": "RANDOM"},
    {"passcodePolicy": "FIXED", "passcode": "moss"},
    {"registrationOpen": False},
    {"visibility": "PRIVATE"},
    {"showNamesByDefault": False},
]


async def test_everything_that_can_be_edited_makes_another_revision(stage: Stage, amara: Actor) -> None:
    made = await stage.program(amara)
    known = {(await program_of(stage, made["slug"], amara))["revision"]}
    for change in EVERYTHING:
        await stage.done("updateProgram", amara, id=made["id"], **change)
        now = (await program_of(stage, made["slug"], amara))["revision"]
        assert now not in known, change
        known.add(now)


async def test_what_is_as_it_was_is_the_same_revision_again(stage: Stage, amara: Actor) -> None:
    made = await stage.program(amara)
    before = (await program_of(stage, made["slug"], amara))["revision"]
    await stage.done("updateProgram", amara, id=made["id"], title="Women in Green")
    await stage.done("updateProgram", amara, id=made["id"], title="Women in Red")

    assert (await program_of(stage, made["slug"], amara))["revision"] == before


async def test_nobody_who_may_not_edit_is_given_the_revision_a_passcode_is_part_of(
    stage: Stage, amara: Actor, stranger: Actor, admin: Actor
) -> None:
    made = await stage.program(amara)

    assert (await program_of(stage, made["slug"], ANONYMOUS))["revision"] is None
    assert (await program_of(stage, made["slug"], stranger))["revision"] is None
    assert (await program_of(stage, made["slug"], admin))["revision"] is not None


async def test_a_session_is_guarded_alike(stage: Stage, amara: Actor) -> None:
    stage.users.add("Bo")
    program = await stage.program(amara)
    window = {"start": "2026-11-05T10:00:00Z", "end": "2026-11-05T12:00:00Z"}
    await stage.done("createSession", amara, programId=program["id"], title="Monday", **window)
    read = await session_of(stage, "Monday", amara)
    await stage.done("updateSession", amara, id=read["id"], expected=read["revision"], coordinators=["Bo"])

    late = {"id": read["id"], "expected": read["revision"], "title": "Tuesday"}
    assert await stage.refused("updateSession", amara, **late) == [("CONFLICT", "expected")]

    now = await session_of(stage, "Monday", amara)
    assert (now["title"], now["coordinators"]) == ("Monday", [{"username": "Bo"}])
    await stage.done("updateSession", amara, **(late | {"expected": now["revision"]}))
    assert (await session_of(stage, "Monday", amara))["title"] == "Tuesday"

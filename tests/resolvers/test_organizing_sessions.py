# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from graph.resolvers.identity import ANONYMOUS, Actor
from graph.schema import ids
from tests.db.rows import Person, World
from tests.resolvers.stage import Stage

NOON, EVENING = "2026-11-20T12:00:00Z", "2026-11-20T18:00:00Z"
AT_ONE = datetime(2026, 11, 20, 13, tzinfo=UTC)
NUMBERS = """query($slug: String!) { program(slug: $slug) {
    metrics { totalEdits } sessions { title metrics { totalEdits editors } } } }"""


def number(global_id: str) -> int:
    found = ids.parse(global_id)
    assert found is not None
    return found.number


@pytest.fixture
def world(stage: Stage) -> World:
    return World(stage.pool)


@pytest.fixture
async def grace(world: World) -> Person:
    return await world.editor("Grace")


@pytest.fixture
async def program(stage: Stage, world: World, amara: Actor, grace: Person) -> dict[str, Any]:
    """A program with an editor and one edit, at one o'clock."""
    made = await stage.program(amara)
    await world.enroll(number(made["id"]), grace)
    await world.edit(grace, "Moss", 10, at=AT_ONE)
    return made


async def session(stage: Stage, actor: Actor, program: dict[str, Any], **fields: Any) -> dict[str, Any]:
    usual = {"programId": program["id"], "title": "Evening", "start": NOON, "end": EVENING}
    return dict((await stage.done("createSession", actor, **(usual | fields)))["session"])


async def numbers(stage: Stage, program: dict[str, Any]) -> tuple[int, list[tuple[str, int, int]]]:
    found = (await stage.api.ask(NUMBERS, slug=program["slug"]))["program"]
    sessions = [(each["title"], *each["metrics"].values()) for each in found["sessions"]]
    return found["metrics"]["totalEdits"], sessions


async def test_a_session_is_changed_field_by_field_and_keeps_its_slug(
    stage: Stage, amara: Actor, program: dict[str, Any]
) -> None:
    stage.users.add("Bo")
    made = await session(stage, amara, program, venue="Library", coordinators=["Bo"])

    fields = {"title": "Late evening", "start": "2026-11-20T13:00:01Z", "end": "2026-11-20T19:00:00Z"}
    changed = (await stage.done("updateSession", amara, id=made["id"], **fields))["session"]

    assert changed == made | fields
    cleared = await stage.done("updateSession", amara, id=made["id"], venue=None, coordinators=None)
    assert cleared["session"] == changed | {"venue": None, "coordinators": []}
    assert (await stage.done("updateSession", amara, id=made["id"]))["session"] == cleared["session"]


async def test_a_new_window_is_counted_anew(stage: Stage, amara: Actor, program: dict[str, Any]) -> None:
    made = await session(stage, amara, program)
    assert await numbers(stage, program) == (1, [("Evening", 1, 1)])
    await stage.done("updateSession", amara, id=made["id"], start="2026-11-20T13:00:01Z")
    assert await numbers(stage, program) == (1, [("Evening", 0, 1)])
    await stage.done("updateSession", amara, id=made["id"], start="2026-11-20T13:00:00Z")
    assert await numbers(stage, program) == (1, [("Evening", 1, 1)])
    assert await stage.proved()


async def test_what_a_session_cannot_become_is_refused_by_field(
    stage: Stage, amara: Actor, program: dict[str, Any]
) -> None:
    made = await session(stage, amara, program)
    cases: list[tuple[dict[str, Any], list[tuple[str, str | None]]]] = [
        ({"title": None}, [("INVALID", "title")]),
        ({"title": "x" * 201}, [("TOO_LONG", "title")]),
        ({"venue": "\x07"}, [("INVALID", "venue")]),
        ({"start": None}, [("INVALID", "start")]),
        ({"end": None}, [("INVALID", "end")]),
        ({"start": "2026-11-21T00:00:00Z"}, [("INVALID", "start")]),
        ({"end": "2026-11-19T00:00:00Z"}, [("INVALID", "end")]),
        ({"coordinators": ["Nobody"]}, [("UNKNOWN_USER", "coordinators.0")]),
        ({"title": "", "coordinators": ["127.0.0.1"]}, [("INVALID", "title"), ("INVALID", "coordinators.0")]),
        ({"id": program["id"]}, [("NOT_FOUND", "id")]),
        ({"id": ids.encode(ids.Kind.SESSION, 999_999)}, [("NOT_FOUND", "id")]),
    ]
    for fields, faults in cases:
        assert await stage.refused("updateSession", amara, **({"id": made["id"]} | fields)) == faults, fields


async def test_a_coordinator_changes_their_own_session_only_and_deletes_none(
    stage: Stage, amara: Actor, stranger: Actor, program: dict[str, Any]
) -> None:
    own = await session(stage, amara, program, coordinators=["A Stranger"])
    other = await session(stage, amara, program)

    changed = await stage.done("updateSession", stranger, id=own["id"], title="Mine")

    assert changed["session"]["title"] == "Mine"
    assert await stage.refused("updateSession", stranger, id=other["id"], title="Mine") == [("NOT_ALLOWED", None)]
    assert await stage.refused("deleteSession", stranger, id=own["id"]) == [("NOT_ALLOWED", None)]
    assert await stage.refused("updateSession", ANONYMOUS, id=own["id"]) == [("NOT_SIGNED_IN", None)]


async def test_a_session_of_a_private_program_does_not_exist_for_others(
    stage: Stage, amara: Actor, stranger: Actor
) -> None:
    made = await session(stage, amara, await stage.program(amara, visibility="PRIVATE"))
    missing = ids.encode(ids.Kind.SESSION, 999_999)
    for mutation in ("updateSession", "deleteSession"):
        for who in (stranger, ANONYMOUS):
            told = [await stage.change(mutation, who, id=each) for each in (made["id"], missing)]
            assert told[0] == told[1]
            assert told[0]["userErrors"][0]["code"] == "NOT_FOUND"


async def test_a_deleted_session_leaves_the_program_as_it_is(
    stage: Stage, world: World, amara: Actor, grace: Person, program: dict[str, Any]
) -> None:
    made, other = await session(stage, amara, program), await session(stage, amara, program, title="Night")
    await stage.pool.execute("INSERT INTO session_editor VALUES ($1, $2)", number(made["id"]), grace.id)
    assert await numbers(stage, program) == (1, [("Evening", 1, 1), ("Night", 1, 1)])

    gone = await stage.done("deleteSession", amara, id=made["id"])

    assert gone["session"] is None
    assert gone["program"] == {"slug": program["slug"], "sessions": [{"id": other["id"]}]}
    assert await numbers(stage, program) == (1, [("Night", 1, 1)])
    assert await stage.proved()
    assert await stage.pool.fetchval("SELECT count(*) FROM collection WHERE id = $1", number(made["id"])) == 0
    await world.edit(grace, "Fern", 10, at=AT_ONE)
    assert await numbers(stage, program) == (2, [("Night", 2, 1)])
    assert await stage.refused("deleteSession", amara, id=made["id"]) == [("NOT_FOUND", "id")]

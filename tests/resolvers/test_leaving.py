# SPDX-License-Identifier: GPL-3.0-or-later
"""Leaving, erasing and hiding: what is left of somebody in a program afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from graph.activity import EditCounted, EditRetracted, HistoryChanged
from graph.db import activity, recounting
from graph.edits import Batch, Change, SeenEdit
from graph.jobs.forgetting import forget_people
from graph.resolvers.identity import ANONYMOUS, Actor
from graph.streams.ingest import ingest
from tests.db.rows import Person, World
from tests.resolvers.stage import END, START, Stage

AT = datetime(2026, 11, 20, tzinfo=UTC)


class Live(World):
    """Edits come as they happen."""

    async def take_in(self, edits: Sequence[SeenEdit] = (), changes: Sequence[Change] = ()) -> None:
        async with self.pool.acquire() as conn:
            await ingest(conn, Batch(edits=list(edits), changes=list(changes), checkpoint={"topic": 1}))


class Scene:
    """A Stranger and Bo take part in a program (and more may be set up), and both edit Rose."""

    def __init__(self, stage: Stage, stranger: Actor, bo: Actor) -> None:
        self.stage, self.stranger, self.bo = stage, stranger, bo
        self.world = Live(stage.pool)
        self.person = Person(stranger.editor_id or 0, "A Stranger")

    async def join(self, program: dict[str, Any], *actors: Actor, **fields: Any) -> None:
        for actor in actors or (self.stranger, self.bo):
            await self.stage.done("joinProgram", actor, programId=program["id"], **fields)

    async def edit(self) -> None:
        await self.world.edit(self.person, "Rose", 10, at=AT)
        await self.world.edit(self.person, "User:A Stranger/Notes", 20, namespace=2, at=AT, created=True)
        await self.world.edit(Person(self.bo.editor_id or 0, "Bo"), "Rose", 5, at=AT)

    async def edits(self) -> list[tuple[str, str]]:
        rows = await self.stage.pool.fetch(
            "SELECT u.username, p.title FROM edit e JOIN editor u ON u.id = e.editor_id"
            " JOIN page p ON p.id = e.page_key ORDER BY 1, 2"
        )
        return [tuple(row) for row in rows]

    async def number(self, title: str = "Women in Red") -> int:
        return int(await self.stage.pool.fetchval("SELECT id FROM program WHERE title = $1", title))

    async def told(self, title: str = "Women in Red") -> list[Any]:
        """What a follower is told who begins at the very first entry."""
        async with self.stage.pool.acquire() as conn:
            newest = (await activity.position(conn)).newest
            return await activity.of_one(conn, await self.number(title), 0, newest, 1_000)

    async def total(self, program: dict[str, Any]) -> int:
        query = "query ($slug: String!) { program(slug: $slug) { metrics { totalEdits } } }"
        found = await self.stage.api.ask(query, slug=program["slug"])
        return int(found["program"]["metrics"]["totalEdits"])

    async def agree(self) -> None:
        """Every number is what the stored edits say."""
        async with self.stage.pool.acquire() as conn:
            assert await recounting.check(conn, await recounting.all_collections(conn)) == []

    async def traces(self) -> dict[str, list[str]]:
        """The rows, anywhere, that hold the stranger's number, where it can be no other's, or name."""
        found: dict[str, list[str]] = {}
        rows = await self.stage.pool.fetch(
            "SELECT table_name, column_name FROM information_schema.columns"
            " WHERE table_schema = 'public' AND (column_name IN ('editor_id', 'added_by') OR data_type = 'text')"
        )
        for table, column in rows:
            lines = await self.stage.pool.fetch(
                f"SELECT t::text FROM {table} t WHERE position($1 IN t.{column}::text) > 0"
                if column not in ("editor_id", "added_by")
                else f"SELECT t::text FROM {table} t WHERE t.{column}::text = $1",
                str(self.stranger.editor_id) if column in ("editor_id", "added_by") else "A Stranger",
            )
            if lines:
                found.setdefault(table, []).extend(line[0] for line in lines)
        return found


@pytest.fixture
async def scene(stage: Stage, stranger: Actor) -> Scene:
    return Scene(stage, stranger, await stage.person("Bo"))


async def test_an_editor_leaves_and_is_not_forgotten(stage: Stage, amara: Actor, scene: Scene) -> None:
    program = await stage.program(amara, passcodePolicy="NONE")
    fields = {"programId": program["id"]}
    assert await stage.refused("leaveProgram", ANONYMOUS, **fields) == [("NOT_SIGNED_IN", None)]
    assert await stage.refused("leaveProgram", amara, **fields) == [("NOT_ENROLLED", "programId")]
    await scene.join(program)
    await scene.edit()
    left = await stage.done("leaveProgram", scene.stranger, **fields)
    assert left["program"]["editors"] == {"nodes": [{"username": "Bo"}]}
    assert await stage.refused("leaveProgram", scene.stranger, **fields) == [("NOT_ENROLLED", "programId")]
    assert await scene.total(program) == 1
    assert len(await scene.edits()) == 3
    assert sum(isinstance(entry, EditRetracted) for entry in await scene.told()) == 2
    # Back again, they count as before.
    await scene.join(program, scene.stranger)
    assert await scene.total(program) == 3
    await scene.agree()


async def test_a_volunteer_leaves_and_a_facilitator_stays_one(stage: Stage, amara: Actor, stranger: Actor) -> None:
    program = await stage.program(amara)
    fields = {"programId": program["id"]}
    await stage.pool.execute(
        "INSERT INTO enrollment (program_id, editor_id, role) SELECT id, $1, 'CAMPUS_VOLUNTEER' FROM program",
        stranger.editor_id,
    )
    await stage.done("leaveProgram", stranger, **fields)
    made = await stage.change("leaveProgram", amara, **fields)
    assert made["userErrors"][0]["message"] == "You facilitate this program; that is given up separately."


async def test_whoever_erases_themselves_leaves_no_trace(stage: Stage, amara: Actor, scene: Scene) -> None:
    program = await stage.program(amara, passcodePolicy="NONE")
    session = await stage.done("createSession", amara, programId=program["id"], title="S", start=START, end=END)
    await stage.done("addEditors", amara, programId=program["id"], usernames=["A Stranger", "Bo"])
    await scene.join(program, sessionId=session["session"]["id"])
    await scene.edit()
    offered = {"programId": program["id"], "articles": "Moss\nUser:A Stranger/Notes\nUser:A Stranger Too"}
    await stage.done("addAvailableArticles", amara, **offered)
    for name, title in (("A Stranger", "Moss"), ("A Stranger", "Fern"), ("Bo", "User:A Stranger")):
        await stage.done("assignArticle", amara, programId=program["id"], username=name, title=title)
    await stage.pool.execute("INSERT INTO session_coordinator SELECT id, $1 FROM session", scene.stranger.editor_id)
    await stage.pool.execute(
        "INSERT INTO fetched (editor_id, wiki_id, whole, from_at, to_at) SELECT $1, min(id), true, $2, $2 FROM wiki",
        scene.stranger.editor_id,
        AT,
    )

    await stage.done("leaveProgram", scene.stranger, programId=program["id"], erase=True)
    await scene.agree()
    assert await scene.edits() == [("Bo", "Rose")]
    assert await scene.total(program) == 1
    # What is left is the account, and that it signed in here.
    assert await stage.pool.fetchval("SELECT count(*) FROM assignment") == 0
    titles = await stage.pool.fetch("DELETE FROM wanted_article RETURNING title")
    assert sorted(row["title"] for row in titles) == ["Moss", "User:A Stranger Too"]
    assert set(await scene.traces()) <= {"editor", "sign_in", "account", "signed_in"}
    told = await scene.told()
    assert [entry.edit.editor.username for entry in told if isinstance(entry, EditCounted)] == ["Bo"]
    assert not any(isinstance(entry, EditRetracted) for entry in told)
    assert [entry.retracted for entry in told if isinstance(entry, HistoryChanged)] == [2]


async def test_erasing_in_one_program_leaves_another_as_it_is(stage: Stage, amara: Actor, scene: Scene) -> None:
    first = await stage.program(amara, passcodePolicy="NONE")
    second = await stage.program(amara, passcodePolicy="NONE", title="Other")
    for program in (first, second):
        await scene.join(program)
    await scene.edit()
    before = [entry.number for entry in await scene.told("Other")]

    await stage.done("leaveProgram", scene.stranger, programId=first["id"], erase=True)

    assert len(await scene.edits()) == 3
    assert (await scene.total(first), await scene.total(second)) == (1, 3)
    other = await scene.told("Other")
    assert [entry.number for entry in other] == before
    both = await scene.number(), await scene.number("Other")
    assert [entry.program_ids for entry in other if isinstance(entry, EditCounted)] == [both[1:], both[1:], both]
    counted = [entry for entry in await scene.told() if isinstance(entry, EditCounted)]
    assert [entry.edit.editor.username for entry in counted if entry.edit.editor is not None] == ["Bo"]
    await scene.agree()
    # The last program that needs them lets them go.
    await stage.done("leaveProgram", scene.stranger, programId=second["id"], erase=True)
    assert await scene.edits() == [("Bo", "Rose")]
    await scene.agree()


async def test_the_last_facilitator_hands_over_before_being_erased(stage: Stage, amara: Actor, scene: Scene) -> None:
    program = await stage.program(amara)
    fields = {"programId": program["id"], "erase": True}
    assert await stage.refused("leaveProgram", amara, **fields) == [("NOT_ALLOWED", "erase")]
    assert await stage.refused("leaveProgram", scene.stranger, **fields) == [("NOT_ENROLLED", "programId")]
    await stage.done("addFacilitator", amara, programId=program["id"], username="Bo")
    await stage.done("leaveProgram", amara, **fields)
    rows = await stage.pool.fetch("SELECT role FROM enrollment WHERE editor_id = $1", amara.editor_id)
    assert rows == []


async def test_edits_that_are_still_counted_are_let_go_by_the_worker_later(
    stage: Stage, amara: Actor, scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    from graph.db import due, reassessing

    program = await stage.program(amara, passcodePolicy="NONE")
    await scene.join(program)
    await scene.edit()
    monkeypatch.setattr(due, "AT_ONCE", 0)
    await stage.done("leaveProgram", scene.stranger, programId=program["id"], erase=True)
    assert len(await scene.edits()) == 3
    await forget_people(stage.deps)
    assert len(await scene.edits()) == 3

    await reassessing.reassess(stage.pool)
    await forget_people(stage.deps)
    assert await scene.edits() == [("Bo", "Rose")]
    assert await stage.pool.fetch("SELECT * FROM erasure") == []
    await scene.agree()


async def test_whoever_hides_their_name_takes_their_edits_along(stage: Stage, amara: Actor, scene: Scene) -> None:
    program = await stage.program(amara, passcodePolicy="NONE", trackingEnd="2029-11-30T00:00:00Z")
    await scene.join(program)
    await scene.edit()
    await stage.done("setShowName", scene.stranger, programId=program["id"], showName=False)
    assert await scene.total(program) == 1
    told = await scene.told()
    counted = [entry for entry in told if isinstance(entry, EditCounted)]
    assert [entry.edit.editor.username for entry in counted if entry.edit.editor is not None] == ["Bo"]
    assert not any(isinstance(entry, EditRetracted) for entry in told)
    await scene.agree()
    await stage.done("setShowName", scene.stranger, programId=program["id"], showName=True)
    assert await scene.total(program) == 3
    await scene.agree()


async def test_a_nameless_participant_who_is_removed_is_not_betrayed_by_it(
    stage: Stage, amara: Actor, scene: Scene
) -> None:
    program = await stage.program(amara, passcodePolicy="NONE", trackingEnd="2029-11-30T00:00:00Z")
    await scene.join(program, scene.stranger, showName=False)
    await scene.join(program, scene.bo)
    await scene.edit()
    await stage.done("removeEditor", amara, programId=program["id"], username="A Stranger")
    told = [type(entry) for entry in await scene.told()]
    assert told == [EditCounted]
    await scene.agree()

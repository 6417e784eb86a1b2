# SPDX-License-Identifier: GPL-3.0-or-later
"""What followers are told of somebody who is nameless: nothing, unless they may know; and nothing else is lost."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from graph.activity import Activity, EditCounted
from graph.db import activity
from graph.db.pool import Pool
from graph.edits import Batch, Change, PageDeleted, SeenEdit
from graph.jobs.nameless import count_nameless
from graph.streams.ingest import ingest
from tests.db.rows import NOW, World

WINDOW = {"tracking_start": datetime(2023, 11, 1, tzinfo=UTC), "tracking_end": datetime(2023, 11, 30, tzinfo=UTC)}
AT = datetime(2023, 11, 20, tzinfo=UTC)


class Live(World):
    """Edits and changes come as they happen."""

    async def take_in(self, edits: Sequence[SeenEdit] = (), changes: Sequence[Change] = ()) -> None:
        async with self.pool.acquire() as conn:
            await ingest(conn, Batch(edits=list(edits), changes=list(changes), checkpoint={"topic": 1}))

    async def told(self, collection: int) -> list[Activity]:
        async with self.pool.acquire() as conn:
            newest = (await activity.position(conn)).newest
            replayed = await activity.of_one(conn, collection, 0, newest, 1_000)
            live, _ = await activity.since(conn, 0, newest, [collection], 1_000)
        assert live[collection] == replayed
        return replayed

    async def everybody(self, program: int) -> int:
        return int(await self.pool.fetchval("SELECT everybody_id FROM program WHERE id = $1", program))


def kinds(told: list[Activity]) -> list[str]:
    return [type(entry).__name__ for entry in told]


@pytest.fixture
def world(pool: Pool) -> Live:
    return Live(pool)


async def test_news_of_nameless_participants_edits_reach_only_those_who_may_know(world: Live) -> None:
    people = [await world.editor(f"Shy {number}") for number in range(3)]
    campaign = await world.campaign("spring")
    program = await world.program("botany", campaigns=[campaign], **WINDOW)
    await world.enroll(program, *people, show_name=False)
    for person in people:
        await world.edit(person, f"Page of {person.username}", 10, at=AT)
    everybody = await world.everybody(program)
    assert kinds(await world.told(everybody)) == ["EditCounted"] * 3
    assert await world.told(program) == await world.told(campaign) == []

    # Once they are counted in public, that many more is all that is said, also when one is gone again.
    await count_nameless(world.pool, NOW)
    await world.take_in(changes=[PageDeleted("enwiki", world.page_id("Page of Shy 0"), as_of=NOW)])
    assert kinds(await world.told(program)) == kinds(await world.told(campaign)) == ["HistoryChanged"]
    assert kinds(await world.told(everybody)) == ["EditCounted"] * 3 + ["EditRetracted"]


async def test_an_entry_is_cut_off_no_later_ones(world: Live) -> None:
    ada, shy = await world.editor("Ada"), await world.editor("Shy")
    program = await world.program("botany", **WINDOW)
    await world.enroll(program, ada)
    await world.enroll(program, shy)
    for number in range(5):
        await world.edit(shy, f"Page {number}", 10, at=AT)
    await world.edit(ada, "Rose", 10, at=AT)
    await world.pool.execute("UPDATE enrollment SET show_name = false WHERE editor_id = $1", shy.id)
    async with world.pool.acquire() as conn:
        newest = (await activity.position(conn)).newest
        (entry,) = await activity.of_one(conn, program, 0, newest, 2)
    assert isinstance(entry, EditCounted)
    assert entry.edit.editor is not None
    assert entry.edit.editor.username == "Ada"


async def test_an_edit_names_the_programs_that_show_its_author(world: Live) -> None:
    ada = await world.editor("Ada")
    named, nameless, private = [
        await world.program(slug, visibility=visibility, **WINDOW)
        for slug, visibility in (("named", "PUBLIC"), ("nameless", "PUBLIC"), ("private", "PRIVATE"))
    ]
    await world.enroll(named, ada)
    await world.enroll(private, ada)
    await world.enroll(nameless, ada, show_name=False)
    await world.edit(ada, "Rose", 10, at=AT)
    programs = {
        collection: [entry.program_ids for entry in await world.told(collection) if isinstance(entry, EditCounted)]
        for collection in (named, private, nameless, await world.everybody(nameless))
    }
    assert list(programs.values()) == [[(named,)], [(named, private)], [], [(named, nameless)]]

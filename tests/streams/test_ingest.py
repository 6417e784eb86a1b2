# SPDX-License-Identifier: GPL-3.0-or-later
"""One batch is one transaction, whoever else writes, and whoever reads meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from graph.activity import Activity
from graph.db import activity, progress
from graph.db.pool import Pool, connect
from graph.edits import Batch, PageDeleted, SeenEdit
from graph.streams.ingest import Counted, ingest
from tests.db.world import LIVE, MINUTE, NOON, World, edit


@pytest.fixture
def world(pool: Pool) -> World:
    return World(pool)


async def test_an_empty_batch_saves_its_checkpoint(pool: Pool) -> None:
    async with pool.acquire() as conn:
        assert await progress.checkpoint(conn) is None
        assert await ingest(conn, Batch(checkpoint=dict(LIVE))) == Counted(0, 0)
        assert await progress.checkpoint(conn) == dict(LIVE)


async def test_history_leaves_the_checkpoint_alone(world: World) -> None:
    ann = await world.editor()
    await world.program(ann)
    await world.saw(edit(1, ann))
    await world.saw(edit(2, ann), live=False)
    async with world.pool.acquire() as conn:
        assert await progress.checkpoint(conn) == dict(LIVE)


async def test_a_batch_says_what_was_new_and_what_moved(world: World) -> None:
    ann = await world.editor()
    await world.program(ann)
    assert await world.saw(edit(1, ann), edit(2, ann)) == Counted(2, 0)
    assert await world.saw(edit(2, ann), edit(3, ann), changes=[PageDeleted("enwiki", 1, NOON + MINUTE)]) == Counted(
        1, 3
    )


async def test_a_cancelled_batch_is_as_if_it_had_not_begun(world: World) -> None:
    ann = await world.editor()
    program = await world.program(ann)
    async with world.pool.acquire() as other, other.transaction():
        await other.execute("LOCK TABLE edit")
        task = asyncio.create_task(world.saw(edit(1, ann)))
        while not await other.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted"):
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert await world.edits(program) == [0]
    assert await world.saw(edit(1, ann)) == Counted(1, 0)
    await world.agree()


async def test_writers_at_once_neither_deadlock_nor_miscount_and_a_reader_misses_nothing(
    world: World, database_url: str
) -> None:
    editors = [await world.editor() for _ in range(4)]
    ann, bob, *late = editors
    first, second = await world.program(ann, bob), await world.program(bob)
    organization = await world.organization()
    campaign = await world.campaign(first, organization=organization)
    edits = [edit(n, editors[n % 4], page=n % 17 + 1, created=n <= 17) for n in range(1, 401)]
    start, done = await world.number(), asyncio.Event()

    readers = [asyncio.create_task(poll(world.pool, each, start, done)) for each in (first, organization)]
    async with asyncio.timeout(120), asyncio.TaskGroup() as writers:
        writers.create_task(consume(world, edits))
        writers.create_task(backfill(database_url, edits[::-1], 11))
        writers.create_task(backfill(database_url, edits[100:300] + edits[50:150], 23))
        writers.create_task(mutate(world, campaign, second, bob, late))
    done.set()
    polled = [await reader for reader in readers]

    await world.backfill(*editors)
    await world.agree()
    mine = [each for each in edits if each.editor_id in (ann, bob) and each.edit.page_id != 5]
    assert await world.edits(first) == [len(mine)]
    for entries in polled:
        assert [each.number for each in entries] == sorted({each.number for each in entries})
    whole = [each.number for each in await world.activity(first, after=start)]
    assert [each.number for each in polled[0]] == [number for number in whole if number <= polled[0][-1].number]


async def consume(world: World, edits: Sequence[SeenEdit]) -> None:
    deletion = PageDeleted("enwiki", 5, NOON + 600 * MINUTE)
    for batch in batches(edits, 7):
        await world.saw(*batch, changes=[deletion] if batch[0].edit.revision_id % 5 == 0 else [])


async def backfill(url: str, edits: Sequence[SeenEdit], size: int) -> None:
    pool = await connect(url, largest=1)
    async with pool.acquire() as conn:
        for batch in batches(edits, size):
            await ingest(conn, Batch(edits=batch))
    await pool.close()


async def mutate(world: World, campaign: int, program: int, editor: int, late: Sequence[int]) -> None:
    for _ in range(6):
        await world.enroll(program, *late)
        await world.gather(campaign, program)
        await world.show(program, public=False)
        await world.withdraw(program, editor)
        await world.release(campaign, program)
        await world.enroll(program, editor)
        await world.show(program, public=True)
        await world.withdraw(program, *late)
    await world.enroll(program, *late)
    await world.gather(campaign, program)


async def poll(pool: Pool, collection: int, number: int, done: asyncio.Event) -> list[Activity]:
    """What a relay sees of a collection until everybody has written and all of it was read."""
    found: list[Activity] = []
    while True:
        last = done.is_set()
        async with pool.acquire() as conn:
            newest = (await activity.position(conn)).newest
            told, number = await activity.since(conn, number, newest, [collection], 50)
        found += told[collection]
        if last and number == newest:
            return found
        await asyncio.sleep(0)


def batches(edits: Sequence[SeenEdit], size: int) -> list[list[SeenEdit]]:
    return [list(edits[start : start + size]) for start in range(0, len(edits), size)]

# SPDX-License-Identifier: GPL-3.0-or-later
"""One batch is one transaction, whoever else writes, and whoever reads meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from graph.activity import Activity, EditCounted
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
    start = await world.number()
    edits = [
        edit(n, editors[n % 4], page=n % 17 + 1, namespace=2 * (n % 17 == 3), created=n <= 17) for n in range(1, 401)
    ]
    done = asyncio.Event()

    async def consume() -> None:
        for batch in batches(edits, 7):
            deletions = [PageDeleted("enwiki", 5, NOON + 600 * MINUTE)] if batch[0].edit.revision_id % 5 == 0 else []
            await world.saw(*batch, changes=deletions)

    async def backfill(order: Sequence[SeenEdit], size: int) -> None:
        pool = await connect(database_url, largest=1)
        async with pool.acquire() as conn:
            for batch in batches(order, size):
                await ingest(conn, Batch(edits=batch))
        await pool.close()

    async def mutate() -> None:
        for _ in range(6):
            await world.enroll(second, *late)
            await world.gather(campaign, second)
            await world.show(second, public=False)
            await world.withdraw(second, bob)
            await world.release(campaign, second)
            await world.enroll(second, bob)
            await world.show(second, public=True)
            await world.withdraw(second, *late)
        await world.enroll(second, *late)
        await world.gather(campaign, second)

    async def read(collection: int) -> list[Activity]:
        found: list[Activity] = []
        number, last = start, False
        while not last:
            last = done.is_set()
            async with world.pool.acquire() as conn:
                newest = (await activity.position(conn)).newest
                told, number = await activity.since(conn, number, newest, [collection], 50)
                if number < newest:
                    last = False
            found += told[collection]
            await asyncio.sleep(0)
        return found

    readers = [asyncio.create_task(read(collection)) for collection in (first, organization)]
    async with asyncio.timeout(120), asyncio.TaskGroup() as writers:
        writers.create_task(consume())
        writers.create_task(backfill(edits[::-1], 11))
        writers.create_task(backfill(edits[100:300] + edits[50:150], 23))
        writers.create_task(mutate())
    done.set()
    polled = [await reader for reader in readers]

    await world.backfill(*editors)
    await world.agree()
    assert await world.edits(first) == [len([e for e in edits if e.editor_id in (ann, bob) and e.edit.page_id != 5])]
    for entries in polled:
        assert [each.number for each in entries] == sorted({each.number for each in entries})
    whole = [entry for entry in await world.activity(first, after=start) if entry.number <= polled[0][-1].number]
    assert [each.number for each in polled[0]] == [each.number for each in whole]
    assert len({each.number for each in whole if isinstance(each, EditCounted)}) > 0


def batches(edits: Sequence[SeenEdit], size: int) -> list[list[SeenEdit]]:
    return [list(edits[start : start + size]) for start in range(0, len(edits), size)]

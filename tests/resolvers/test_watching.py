# SPDX-License-Identifier: GPL-3.0-or-later
"""Following a collection: no gap, no repeat, no way back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, suppress
from dataclasses import replace
from typing import cast

import pytest

from graph.activity import EditCounted, SnapshotRequired
from graph.broker import Broker
from graph.db import activity, ledger, organizing_deleting
from graph.db.pool import Pool
from graph.resolvers import watching
from graph.resolvers.deps import Deps, Users
from graph.resolvers.watching import Place, Told, follow_activity, follow_metrics
from graph.streams.relay import Relay
from tests.db.world import NOON, World, edit


@pytest.fixture
def world(pool: Pool) -> World:
    return World(pool)


@pytest.fixture
async def deps(database_url: str, pool: Pool) -> AsyncIterator[Deps]:
    """With a relay that runs."""
    deps = Deps(pool, Broker(), lambda: NOON, "http://localhost", cast("Users", None), "0")
    relay = Relay(database_url, pool, deps.broker)
    await relay.begin()
    task = asyncio.create_task(relay.run())
    yield deps
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def yes() -> bool:
    return True


async def place(world: World, number: int | None = None) -> Place:
    """That number's place in this ledger; without a number its end."""
    async with world.pool.acquire() as conn:
        position = await activity.position(conn)
    return Place(position.epoch, position.newest if number is None else number)


async def take(deps: Deps, program: int, count: int, after: Place | None) -> list[Told]:
    found = []
    async with asyncio.timeout(60), aclosing(follow_activity(deps, program, after, yes)) as told:
        async for each in told:
            found.append(each)
            if len(found) == count:
                break
    return found


def revisions(found: list[Told]) -> list[int]:
    return [each.entry.edit.revision_id for each in found if isinstance(each.entry, EditCounted)]


async def test_activity_follows_after_what_was_there(world: World, deps: Deps) -> None:
    ann = await world.editor()
    program = await world.program(ann)
    await world.saw(edit(1, ann), edit(2, ann))
    found: list[Told] = []
    async with asyncio.timeout(60), aclosing(follow_activity(deps, program, None, yes)) as told:
        reading = asyncio.ensure_future(anext(told))
        for n in range(3, 100):
            await world.saw(edit(n, ann))
            if reading.done():
                break
        found.append(await reading)
        while revisions(found)[-1] < n:
            found.append(await anext(told))
    assert revisions(found) == list(range(revisions(found)[0], n + 1))
    assert revisions(found)[0] >= 3
    assert found[-1].metrics.total_edits == n


async def test_a_reader_resumes_after_its_place_while_edits_arrive_and_misses_and_repeats_nothing(
    world: World, deps: Deps
) -> None:
    ann = await world.editor()
    program = await world.program(ann)
    begin = await place(world)

    async def write() -> None:
        for n in range(1, 121, 3):
            await world.saw(edit(n, ann), edit(n + 1, ann), edit(n + 2, ann))

    async def read() -> list[Told]:
        found: list[Told] = []
        count = 1
        while len(found) < 120:
            found += await take(deps, program, min(count, 120 - len(found)), found[-1].place if found else begin)
            count = count % 7 + 2
        return found

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(write())
        reading = tasks.create_task(read())
    found = reading.result()
    assert revisions(found) == list(range(1, 121))
    numbers = [each.place.number for each in found]
    assert numbers == sorted(set(numbers)) == [each.entry.number for each in found]
    totals = [each.metrics.total_edits for each in found]
    assert totals == sorted(totals)


async def test_more_than_one_read_can_hold_is_replayed_whole(
    world: World, deps: Deps, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "CATCH_UP", 4)
    ann = await world.editor()
    program = await world.program(ann)
    begin = await place(world)
    await world.saw(*(edit(n, ann) for n in range(1, 22)))
    assert revisions(await take(deps, program, 21, begin)) == list(range(1, 22))


async def test_the_place_after_everything_waits_for_what_is_new(world: World, deps: Deps) -> None:
    ann = await world.editor()
    program = await world.program(ann)
    await world.saw(edit(1, ann))
    end = await place(world)
    async with asyncio.TaskGroup() as tasks:
        reading = tasks.create_task(take(deps, program, 1, end))
        tasks.create_task(world.saw(edit(2, ann)))
    assert revisions(reading.result()) == [2]


async def refused(world: World, deps: Deps, program: int, after: Place) -> None:
    """The stream says that a snapshot is required, names the ledger's end, and ends."""
    async with asyncio.timeout(30):
        found = [told async for told in follow_activity(deps, program, after, yes)]
    end = await place(world)
    assert [(each.entry, each.place) for each in found] == [(SnapshotRequired(end.number), end)]
    assert found[0].metrics == (await anext(follow_metrics(deps, program, yes)))


async def test_the_place_of_another_ledger_requires_a_snapshot(world: World, deps: Deps) -> None:
    program = await world.program()
    await refused(world, deps, program, replace(await place(world), epoch="another"))


async def test_a_place_that_has_not_come_yet_requires_a_snapshot(world: World, deps: Deps) -> None:
    program = await world.program()
    await refused(world, deps, program, await place(world, (await world.number()) + 1))


async def test_a_forgotten_place_requires_a_snapshot_and_the_oldest_that_is_kept_does_not(
    world: World, deps: Deps
) -> None:
    ann = await world.editor()
    program = await world.program(ann)
    begin = await place(world)
    await world.saw(edit(1, ann))
    await world.pool.execute("UPDATE activity SET at = at - interval '25 hours'")
    await world.saw(edit(2, ann))
    async with world.pool.acquire() as conn:
        await activity.forget(conn)
        oldest = (await activity.position(conn)).oldest
    await refused(world, deps, program, begin)
    assert revisions(await take(deps, program, 1, await place(world, oldest))) == [2]
    async with world.pool.acquire() as conn:
        await activity.forget(conn)
        assert (await activity.position(conn)).oldest == oldest


async def test_a_reader_that_does_not_read_requires_a_snapshot_in_the_end(
    world: World, deps: Deps, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "BACKLOG", 5)
    ann = await world.editor()
    program = await world.program(ann)
    await world.saw(edit(1, ann))
    begin = await place(world, (await world.number()) - 1)
    async with asyncio.timeout(30), aclosing(follow_activity(deps, program, begin, yes)) as told:
        assert revisions([await anext(told)]) == [1]
        await world.saw(*(edit(n, ann) for n in range(2, 12)))
        with deps.broker.subscribe(("activity", program)) as beside:
            await world.saw(edit(12, ann))
            await beside.get()
        rest = [each async for each in told]
    assert isinstance(rest[-1].entry, SnapshotRequired)
    assert rest[-1].metrics.total_edits == 12
    assert revisions(rest) == []


async def test_a_reader_who_is_no_longer_allowed_hears_nothing_more(world: World, deps: Deps) -> None:
    ann = await world.editor()
    program = await world.program(ann)
    begin = await place(world)
    await world.saw(edit(1, ann), edit(2, ann), edit(3, ann))
    answers = iter([True, True, False])

    async def allowed() -> bool:
        return next(answers)

    async with asyncio.timeout(30):
        found = [told async for told in follow_activity(deps, program, begin, allowed)]
    assert revisions(found) == [1, 2]
    assert deps.broker.topics() == ()


async def test_numbers_begin_with_the_present_and_never_go_back(world: World, deps: Deps) -> None:
    ann = await world.editor()
    program = await world.program(ann)
    await world.saw(edit(1, ann))

    async def write() -> None:
        for n in range(2, 41):
            await world.saw(edit(n, ann))

    found = []
    async with (
        asyncio.timeout(60),
        asyncio.TaskGroup() as tasks,
        aclosing(follow_metrics(deps, program, yes)) as numbers,
    ):
        found.append(await anext(numbers))
        tasks.create_task(write())
        async for metrics in numbers:
            found.append(metrics)
            if metrics.total_edits == 40:
                break
    assert found[0].total_edits == 1
    versions = [each.version for each in found]
    assert versions == sorted(set(versions))
    assert deps.broker.topics() == ()


async def test_whoever_follows_a_program_that_is_deleted_is_told_that_it_is_over(world: World, deps: Deps) -> None:
    ann = await world.editor()
    program = await world.program(ann)
    numbers = follow_metrics(deps, program, yes)
    told = follow_activity(deps, program, None, yes)
    await anext(numbers)
    rest = asyncio.ensure_future(anext(told))
    async with asyncio.timeout(30):
        while len(deps.broker.topics()) < 2:
            await asyncio.sleep(0)

    async with world.pool.acquire() as conn, conn.transaction():
        await ledger.lock(conn)
        await organizing_deleting.delete_program(conn, program)
        await ledger.announce(conn)

    async with asyncio.timeout(30):
        assert [each async for each in numbers] == []
        with pytest.raises(StopAsyncIteration):
            await rest
    assert deps.broker.topics() == ()


async def test_a_collection_that_is_not_there_has_no_numbers(deps: Deps) -> None:
    assert [each async for each in follow_metrics(deps, 99, yes)] == []


async def test_a_reader_who_reads_keeps_up_with_a_large_batch(world: World, deps: Deps) -> None:
    ann = await world.editor()
    program = await world.program(ann)
    start = await place(world)
    async with asyncio.timeout(60), aclosing(follow_activity(deps, program, start, yes)) as told:
        await world.saw(edit(1, ann))
        found = [await anext(told)]
        await world.saw(*(edit(n, ann) for n in range(2, 1002)))
        while len(found) < 1001 and not isinstance(found[-1].entry, SnapshotRequired):
            found.append(await anext(told))
    assert revisions(found) == list(range(1, 1002))


async def test_a_reader_whose_next_entries_are_forgotten_while_it_reads_must_start_over(
    world: World, deps: Deps, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "CATCH_UP", 1)
    ann = await world.editor()
    program = await world.program(ann)
    start = await place(world)
    for n in range(1, 4):
        await world.saw(edit(n, ann))
    async with asyncio.timeout(60), aclosing(follow_activity(deps, program, start, yes)) as told:
        first = await anext(told)
        await world.pool.execute("UPDATE activity SET at = now() - interval '25 hours'")
        async with world.pool.acquire() as conn:
            await activity.forget(conn)
        rest = [each async for each in told]
    assert revisions([first]) == [1]
    assert [type(each.entry) for each in rest] == [SnapshotRequired]

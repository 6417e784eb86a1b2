# SPDX-License-Identifier: GPL-3.0-or-later
"""What was committed is published: all of it, in order, once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest

from graph.activity import Activity, EditCounted, EditReverted
from graph.broker import Broker, Mailbox
from graph.db.pool import Pool
from graph.edits import RevisionsReverted
from graph.streams import relay as relaying
from graph.streams.relay import Published, Relay, activity_topic, metrics_topic
from graph.tallies import Metrics
from tests.db.world import MINUTE, NOON, World, edit


@pytest.fixture
def world(pool: Pool) -> World:
    return World(pool)


@pytest.fixture
def broker() -> Broker:
    return Broker()


@pytest.fixture
async def relay(database_url: str, pool: Pool, broker: Broker) -> Relay:
    relay = Relay(database_url, pool, broker)
    await relay.begin()
    return relay


@asynccontextmanager
async def following(relay: Relay) -> AsyncIterator[None]:
    task = asyncio.create_task(relay.run())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def take(mailbox: Mailbox[object], count: int) -> list[Activity]:
    found = []
    async with asyncio.timeout(30):
        for _ in range(count):
            published = await mailbox.get()
            assert isinstance(published, Published)
            found.append(published.entry)
    return found


def revisions(entries: list[Activity]) -> list[int]:
    return [each.edit.revision_id for each in entries if isinstance(each, EditCounted)]


async def step(relay: Relay, pool: Pool) -> None:
    async with pool.acquire() as conn:
        await relay.step(conn)


async def test_a_step_publishes_what_is_new_in_order_and_once(world: World, relay: Relay, broker: Broker) -> None:
    ann = await world.editor()
    program, other = await world.program(ann), await world.program()
    with broker.subscribe(activity_topic(program)) as mailbox, broker.subscribe(activity_topic(other)) as silent:
        await world.saw(edit(1, ann), edit(2, ann))
        await world.saw(edit(3, ann))
        await step(relay, world.pool)
        await step(relay, world.pool)
        await world.saw(edit(4, ann))
        await step(relay, world.pool)
        found = await take(mailbox, 4)
        assert revisions(found) == [1, 2, 3, 4]
        assert [each.number for each in found] == sorted(each.number for each in found)
        for each in (mailbox, silent):
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0):
                    await each.get()


async def test_more_than_one_step_can_read_is_published_in_order(
    world: World, relay: Relay, broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relaying, "ENTRIES_A_STEP", 3)
    ann = await world.editor()
    program, other = await world.program(ann), await world.program(ann, wikis={"dewiki": {0}})
    with broker.subscribe(activity_topic(program)) as mailbox:
        await world.saw(*(edit(n, ann, wiki="enwiki" if n % 3 else "dewiki") for n in range(1, 21)))
        await step(relay, world.pool)
        assert revisions(await take(mailbox, 14)) == [n for n in range(1, 21) if n % 3]
    assert await world.edits(other) == [6]


async def test_what_nobody_watches_is_passed_over(world: World, relay: Relay, broker: Broker) -> None:
    ann = await world.editor()
    program = await world.program(ann)
    await world.saw(edit(1, ann))
    await step(relay, world.pool)
    with broker.subscribe(activity_topic(program)) as mailbox:
        await world.saw(edit(2, ann))
        await step(relay, world.pool)
        assert revisions(await take(mailbox, 1)) == [2]


async def test_what_is_committed_between_the_beginning_and_the_first_step_is_published(
    world: World, relay: Relay, broker: Broker
) -> None:
    ann = await world.editor()
    program = await world.program(ann)
    with broker.subscribe(activity_topic(program)) as mailbox:
        await world.saw(edit(1, ann))
        async with following(relay):
            assert revisions(await take(mailbox, 1)) == [1]


async def test_an_entry_comes_with_numbers_that_count_it(world: World, relay: Relay, broker: Broker) -> None:
    ann = await world.editor()
    program = await world.program(ann)
    with broker.subscribe(activity_topic(program)) as mailbox:
        await world.saw(edit(1, ann, size=518))
        await step(relay, world.pool)
        published = await mailbox.get()
        assert isinstance(published, Published)
        assert (published.metrics.total_edits, published.metrics.words_added) == (1, 100)


async def test_the_newest_numbers_are_published_once_a_version(world: World, relay: Relay, broker: Broker) -> None:
    ann = await world.editor()
    program = await world.program(ann)
    with broker.subscribe(metrics_topic(program)) as mailbox:
        for n in (1, 2):
            await world.saw(edit(n, ann))
            await step(relay, world.pool)
            await step(relay, world.pool)
        found = [await mailbox.get(), await mailbox.get()]
        assert [each.total_edits for each in found if isinstance(each, Metrics)] == [1, 2]
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0):
                await mailbox.get()


async def test_a_notification_wakes_the_relay_long_before_its_poll(
    world: World, relay: Relay, broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relaying, "POLL_SECONDS", 3600)
    ann = await world.editor()
    program = await world.program(ann)
    async with following(relay):
        with broker.subscribe(activity_topic(program)) as mailbox, broker.subscribe(metrics_topic(program)) as numbers:
            await world.saw(edit(1, ann))
            assert revisions(await take(mailbox, 1)) == [1]
            async with asyncio.timeout(30):
                while (await numbers.get()).total_edits == 0:  # type: ignore[attr-defined]
                    pass


async def test_a_revert_that_moves_no_number_wakes_the_relay_too(
    world: World, relay: Relay, broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relaying, "POLL_SECONDS", 3600)
    ann = await world.editor()
    program = await world.program(ann)
    async with following(relay):
        with broker.subscribe(activity_topic(program)) as mailbox:
            await world.saw(edit(1, ann))
            await take(mailbox, 1)
            await world.saw(changes=[RevisionsReverted("enwiki", 1, 1, 1, NOON + MINUTE)])
            (entry,) = await take(mailbox, 1)
            assert isinstance(entry, EditReverted)


async def test_lost_notifications_cost_only_the_poll(
    world: World, relay: Relay, broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relaying, "POLL_SECONDS", 0.01)
    monkeypatch.setattr(relay, "_notified", lambda *_: None)
    ann = await world.editor()
    program = await world.program(ann)
    async with following(relay):
        with broker.subscribe(activity_topic(program)) as mailbox:
            for n in range(1, 6):
                await world.saw(edit(n, ann))
            assert revisions(await take(mailbox, 5)) == [1, 2, 3, 4, 5]


async def test_a_lost_database_costs_time_and_no_entry(
    world: World, relay: Relay, broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relaying, "RETRY_SECONDS", 0.01)
    ann = await world.editor()
    program = await world.program(ann)
    async with following(relay):
        with broker.subscribe(activity_topic(program)) as mailbox:
            await world.saw(edit(1, ann))
            assert revisions(await take(mailbox, 1)) == [1]
            async with world.pool.acquire() as conn:
                await conn.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            await world.saw(edit(2, ann))
            assert revisions(await take(mailbox, 1)) == [2]

# SPDX-License-Identifier: GPL-3.0-or-later
"""The consumer at a stand-in's stream: what happens there is in the ledger, whoever falls over meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta

import pytest

from graph.db import consuming, progress
from graph.db.pool import Pool
from graph.streams import consumer as consuming_streams
from graph.streams.connection import Pauses
from graph.streams.consumer import Consumer
from graph.streams.events import Find
from graph.streams.eventstreams import EventStream
from tests.db.world import World
from tests.simulator.serving import AGENT, Stand, standing

WIKIS = {"enwiki": {0}, "dewiki": {0}}


class Scene:
    """A stand-in, a database, and consumers between them."""

    def __init__(self, stand: Stand, world: World, url: str) -> None:
        self.stand = stand
        self.world = world
        self._url = url
        self.windows = (self.now() - timedelta(days=1), self.now() + timedelta(days=1))

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.stand.clock.now / 1000, UTC)

    def _open(self, checkpoint: dict[str, int] | None, find: Find) -> EventStream:
        return EventStream(
            client=self.stand.client,
            url=self.stand.base,
            user_agent=AGENT,
            find=find,
            checkpoint=checkpoint,
            clock=self.now,
            pauses=Pauses(lambda: 0.0),
        )

    @asynccontextmanager
    async def consuming(self) -> AsyncIterator[Consumer]:
        consumer = Consumer(self._url, self.world.pool, self._open, self.now, lambda: None)
        task = asyncio.create_task(consumer.run())
        try:
            yield consumer
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def editor(self) -> tuple[int, str]:
        """Our number and the name of somebody with an account."""
        number = await self.world.editor()
        account = self.stand.wikimedia.create_user(f"Editor {number}")
        await self.world.pool.execute("UPDATE editor SET central_id = $2 WHERE id = $1", number, account.central_id)
        return number, account.name

    async def program(self, *editors: int) -> int:
        start, end = self.windows
        return await self.world.program(*editors, wikis=WIKIS, start=start, end=end)

    def save(self, name: str, *, title: str = "A page", wiki: str = "enwiki") -> int:
        """Save an edit a second after the last one; returns its revision."""
        self.stand.clock.now += 1000
        return self.stand.wikimedia.save(wiki, title, name).id

    async def counts(self, program: int, edits: int) -> None:
        """Wait until the program counts so many edits."""

        async def reached() -> bool:
            return await self.world.edits(program) == [edits]

        await until(reached)

    async def is_stored(self, checkpoint: int) -> None:
        """Wait until everything up to that moment (ms since 1970) is counted."""

        async def reached() -> bool:
            async with self.world.pool.acquire() as conn:
                saved = await progress.checkpoint(conn)
            return saved is not None and max(saved.values()) >= checkpoint

        await until(reached)

    async def holder(self) -> int | None:
        """The process number of the connection that may consume."""
        pid = await self.world.pool.fetchval(
            "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted AND objid = $1", consuming.LOCK
        )
        return None if pid is None else int(pid)


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(60):
        while not await condition():
            await asyncio.sleep(0.01)


@pytest.fixture
async def scene(pool: Pool, database_url: str) -> AsyncIterator[Scene]:
    async with standing() as stand:
        yield Scene(stand, World(pool), database_url)


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("STAND_BY_SECONDS", "RETRY_SECONDS"):
        monkeypatch.setattr(consuming_streams, name, 0.01)


async def test_edits_of_enrolled_editors_count_and_those_of_strangers_do_not(scene: Scene) -> None:
    number, name = await scene.editor()
    program = await scene.program(number)
    async with scene.consuming():
        scene.save("A stranger")
        scene.save(name)
        scene.save(name, wiki="dewiki")
        scene.save(name, wiki="frwiki")
        scene.save("A stranger")
        await scene.is_stored(scene.stand.clock.now)
    assert (await scene.world.headline(program)).edits == 2


async def test_what_happens_to_a_page_afterwards_is_followed(scene: Scene) -> None:
    number, name = await scene.editor()
    program = await scene.program(number)
    async with scene.consuming():
        scene.save(name, title="A page")
        scene.save(name, title="Another")
        await scene.counts(program, 2)
        scene.stand.clock.now += 1000
        scene.stand.wikimedia.delete("enwiki", "A page", "An admin")
        await scene.counts(program, 1)
        scene.stand.clock.now += 1000
        scene.stand.wikimedia.undelete("enwiki", "A page", "An admin")
        await scene.counts(program, 2)


async def test_a_consumer_goes_on_from_the_checkpoint_and_counts_nothing_twice(scene: Scene) -> None:
    number, name = await scene.editor()
    program = await scene.program(number)
    saved = []
    async with scene.consuming():
        saved += [scene.save(name) for _ in range(5)]
        await scene.counts(program, 5)
    saved += [scene.save(name) for _ in range(300)]  # the last minute before the checkpoint is read again
    async with scene.consuming():
        saved.append(scene.save(name))
        await scene.counts(program, 306)
        await scene.is_stored(scene.stand.clock.now)
    rows = await scene.world.pool.fetch("SELECT revision_id FROM activity WHERE kind = 1 ORDER BY id")
    assert [row[0] for row in rows] == saved


async def test_one_that_loses_its_connection_begins_again(scene: Scene) -> None:
    number, name = await scene.editor()
    program = await scene.program(number)
    async with scene.consuming():
        scene.save(name)
        await scene.counts(program, 1)
        for count in (2, 3):
            await scene.world.pool.execute("SELECT pg_terminate_backend($1)", await scene.holder())
            scene.save(name)
            await scene.counts(program, count)


async def test_a_second_consumer_takes_over_when_the_first_is_cut_off(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consuming_streams, "RETRY_SECONDS", 3600)
    number, name = await scene.editor()
    program = await scene.program(number)
    async with scene.consuming():
        scene.save(name)
        await scene.counts(program, 1)
        first = await scene.holder()
        async with scene.consuming():
            scene.save(name)
            await scene.counts(program, 2)
            assert await scene.holder() == first
            await scene.world.pool.execute("SELECT pg_terminate_backend($1)", first)
            scene.save(name)
            await scene.counts(program, 3)
            assert await scene.holder() not in (None, first)


async def test_a_second_consumer_takes_over_when_the_first_ends(scene: Scene) -> None:
    number, name = await scene.editor()
    program = await scene.program(number)
    async with scene.consuming():
        scene.save(name)
        await scene.counts(program, 1)
        second = scene.consuming()
        await second.__aenter__()
    scene.save(name)
    await scene.counts(program, 2)
    await second.__aexit__(None, None, None)


async def test_an_enrolment_reaches_the_index_by_notification(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consuming_streams, "INDEX_SECONDS", 3600)
    (ann, ann_name), (bob, bob_name) = await scene.editor(), await scene.editor()
    program = await scene.program(ann)
    async with scene.consuming() as consumer:
        scene.save(ann_name)
        scene.save(bob_name)
        await scene.counts(program, 1)
        await scene.world.enroll(program, bob)
        await until(lambda: knows(consumer, 2))
        scene.save(bob_name)
        await scene.counts(program, 2)
        await scene.world.withdraw(program, ann)
        await until(lambda: knows(consumer, 1))


async def test_an_enrolment_whose_notification_was_lost_reaches_the_index_by_the_poll(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consuming_streams, "INDEX_SECONDS", 0.01)
    number, name = await scene.editor()
    program = await scene.program()
    async with scene.consuming() as consumer:
        await scene.world.pool.execute("INSERT INTO enrollment VALUES ($1, $2, 'EDITOR')", program, number)
        await scene.world.pool.execute("UPDATE ledger SET rules_version = rules_version + 1")
        await until(lambda: knows(consumer, 1))
        scene.save(name)
        await scene.counts(program, 1)


async def test_the_consumer_says_by_which_rules_it_matches(scene: Scene) -> None:
    number, _ = await scene.editor()
    program = await scene.program()
    pool = scene.world.pool

    async def acknowledged() -> bool:
        return bool(await pool.fetchval("SELECT i.rules_version = l.rules_version FROM consumer_index i, ledger l"))

    async with scene.consuming() as consumer:
        await until(acknowledged)
        await pool.execute("INSERT INTO enrollment VALUES ($1, $2, 'EDITOR')", program, number)
        await pool.execute("UPDATE ledger SET rules_version = rules_version + 1")
        await until(acknowledged)
        assert await knows(consumer, 1)


async def knows(consumer: Consumer, count: int) -> bool:
    return len(consumer._enrollment.index) == count


async def test_the_streams_state_is_told(scene: Scene) -> None:
    number, name = await scene.editor()
    await scene.program(number)

    async def told() -> bool:
        row = await scene.world.pool.fetchrow("SELECT * FROM stream_state")
        return bool(row["connected"] and row["heartbeat"] and row["last_event_at"] and row["own_lag"] is not None)

    async with scene.consuming():
        scene.save(name)
        await until(told)


async def test_a_start_beyond_the_streams_memory_is_recorded_as_one_gap(scene: Scene) -> None:
    number, name = await scene.editor()
    program = await scene.program(number)
    async with scene.consuming():
        scene.save(name)
        await scene.counts(program, 1)
    async with scene.world.pool.acquire() as conn:
        saved = await progress.checkpoint(conn)
        assert saved is not None
        old = {topic: at - 40 * 86_400_000 for topic, at in saved.items()}
        await progress.save_checkpoint(conn, old, None)

    async def gaps() -> bool:
        return bool(await scene.world.pool.fetchval("SELECT count(*) FROM stream_gap") == 1)

    for count in (2, 3):
        async with scene.consuming():
            scene.save(name)
            await scene.counts(program, count)
            await until(gaps)

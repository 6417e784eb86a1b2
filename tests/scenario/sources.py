# SPDX-License-Identifier: GPL-3.0-or-later
"""The two ways in which what happened on the ten wikis reaches a ledger: the stream, and the lists of contributions."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from functools import partial

import httpx

from graph.db import progress
from graph.db.pool import Pool
from graph.db.updates import Drift
from graph.jobs.attended import history_of
from graph.jobs.backfill import Reach, backfill, settle
from graph.jobs.reconcile import reconcile
from graph.simulator.app import create_app
from graph.simulator.canaries import emit_canaries
from graph.simulator.server import running
from graph.streams.consumer import Consumer
from graph.streams.events import Find
from graph.streams.eventstreams import EventStream, Pace
from graph.streams.positions import TOPICS
from graph.streams.transport import StreamTransport
from graph.wikimedia.action_api import IN_FLIGHT
from tests.scenario.ten_wikis import BEGIN, TenWikis

AGENT = "ProgramsGraphTests/1.0 (tests@example.org)"
A_MINUTE_MS = 61_000
PACE = Pace(edits=200, interval=0.02, heartbeat=0.1)


class Live:
    """A consumer at work on the stream at ``upstream``."""

    def __init__(self, wikis: TenWikis, pool: Pool, upstream: str, consumer: asyncio.Task[None]) -> None:
        self.upstream = upstream
        self._wikis = wikis
        self._pool = pool
        self._consumer = consumer

    async def caught_up(self) -> None:
        """Wait until everything that happened until now has been ingested."""
        # Events of the same moment stand before it in each topic.
        self._wikis.wait(1_000)
        emit_canaries(self._wikis.wikimedia.log)
        until = self._wikis.ms()
        async with asyncio.timeout(60):
            while not self._consumer.done() and await self._reached() < until:
                await asyncio.sleep(0.02)
        if self._consumer.done():
            self._consumer.result()

    async def _reached(self) -> int:
        async with self._pool.acquire() as conn:
            reached = await progress.checkpoint(conn) or {}
        return min(reached.get(topic, 0) for topic in TOPICS)


@asynccontextmanager
async def consuming(wikis: TenWikis, url: str, pool: Pool) -> AsyncIterator[Live]:
    """The stand-in and a consumer on real sockets, while the block runs; it begins with the beginning."""
    async with pool.acquire() as conn:
        began = int(BEGIN.timestamp() * 1000)
        await progress.save_checkpoint(conn, {topic: began for topic in TOPICS if topic.startswith("eqiad.")}, None)
    async with (
        running(create_app(wikis.wikimedia)) as upstream,
        httpx.AsyncClient(transport=StreamTransport()) as client,
    ):
        consumer = asyncio.create_task(
            Consumer(url, pool, partial(_stream, client, upstream, wikis), wikis.now, lambda: None).run()
        )
        try:
            yield Live(wikis, pool, upstream, consumer)
        finally:
            consumer.cancel()
            await asyncio.wait([consumer])


def _stream(
    client: httpx.AsyncClient, upstream: str, wikis: TenWikis, checkpoint: dict[str, int] | None, find: Find
) -> EventStream:
    return EventStream(
        client=client, url=upstream, user_agent=AGENT, find=find, checkpoint=checkpoint, clock=wikis.now, pace=PACE
    )


class Past:
    """The worker's jobs that read the wikis' own lists, on the wikis at ``upstream``, as they are now."""

    def __init__(self, wikis: TenWikis, pool: Pool, upstream: str, client: httpx.AsyncClient) -> None:
        api = upstream + "/w/{dbname}/api.php"
        self._reach = Reach(pool, wikis.now, history_of(client, api, AGENT, asyncio.Semaphore(IN_FLIGHT)))
        self._wikis = wikis

    async def backfill(self, programs: Iterable[int]) -> None:
        """Read what was never read of these programs, and a minute later what was too young."""
        wanted = sorted(programs)
        for program in wanted:
            await backfill(self._reach, program)
        self._wikis.wait(A_MINUTE_MS)
        for program in wanted:
            await settle(self._reach, program)

    async def reconcile(self, programs: Iterable[int]) -> Drift:
        """Hold everything of these programs against the lists; what had to be mended."""
        self._wikis.wait(A_MINUTE_MS)
        drift = Drift()
        for program in sorted(programs):
            found = await reconcile(self._reach, program) or Drift()
            drift = Drift(drift.added + found.added, drift.changed + found.changed, drift.taken_back + found.taken_back)
        return drift

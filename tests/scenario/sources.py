# SPDX-License-Identifier: GPL-3.0-or-later
"""The two ways in which what happened on the ten wikis reaches a ledger: the stream, and the lists of contributions."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from functools import partial

import httpx

from graph.db import fetched, progress
from graph.db.fetched import Part
from graph.db.pool import Pool
from graph.edits import Batch
from graph.simulator.app import create_app
from graph.simulator.canaries import emit_canaries
from graph.simulator.server import running
from graph.streams.consumer import Consumer
from graph.streams.events import Find
from graph.streams.eventstreams import EventStream, Pace
from graph.streams.history import History, Stored, Wanted
from graph.streams.ingest import ingest
from graph.streams.positions import TOPICS
from graph.streams.transport import StreamTransport
from graph.wikimedia.action_api import IN_FLIGHT, ActionApi
from graph.wikimedia.contributions import WikimediaContributions
from tests.scenario.ten_wikis import BEGIN, TenWikis

AGENT = "ProgramsGraphTests/1.0 (tests@example.org)"
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
        consumer = asyncio.create_task(Consumer(url, pool, partial(_stream, client, upstream, wikis), wikis.now).run())
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
    """Reads the lists of contributions of the wikis at ``upstream`` into a ledger, as they are now."""

    def __init__(self, wikis: TenWikis, pool: Pool, upstream: str, client: httpx.AsyncClient) -> None:
        api = ActionApi(client, upstream + "/w/{dbname}/api.php", AGENT, asyncio.Semaphore(IN_FLIGHT))
        self._history = History(WikimediaContributions(api))
        self._wikis = wikis
        self._pool = pool

    async def backfill(self, programs: Iterable[int]) -> None:
        """Read all that the programs' editors contributed to their wikis, and hold against it what is stored."""
        # An answer is taken to be some seconds behind; so much later it tells of everything.
        self._wikis.wait(60_000)
        for program in sorted(programs):
            await self._backfill(program)

    async def _backfill(self, program: int) -> None:
        async with self._pool.acquire() as conn:
            start, end = await conn.fetchrow("SELECT tracking_start, tracking_end FROM program WHERE id = $1", program)
            parts = await fetched.members(conn, program, start, min(end, self._wikis.now()))
        for part in parts:
            await self._verify(part, await self._read(part))

    async def _read(self, part: Part) -> set[int]:
        """Read one part; the revisions that are listed."""
        listed: set[int] = set()
        wanted = Wanted(part.wiki, part.editors, part.since, part.until)
        async for read in self._history.read(wanted):
            listed |= {seen.edit.revision_id for seen in read.batch.edits}
            await self._ingest(read.batch)
        return listed

    async def _verify(self, part: Part, listed: set[int]) -> None:
        async with self._pool.acquire() as conn:
            known = [Stored(*row) for row in await fetched.stored(conn, part)]
        doubtful: Sequence[Stored] = [
            each
            for each in known
            if each.revision_id not in listed or each.deleted or each.hidden or each.editor_hidden or each.reverted
        ]
        async for batch in self._history.verify(part.wiki, doubtful):
            await self._ingest(batch)

    async def _ingest(self, batch: Batch) -> None:
        async with self._pool.acquire() as conn:
            await ingest(conn, batch)

# SPDX-License-Identifier: GPL-3.0-or-later
"""The consumer: the live stream into the ledger, for as long as the process lives.

One at a time: the lock is held on the connection that ingests, so a consumer that dies takes its lock with it and the
one standing by goes on from the checkpoint. Whatever fails (the database, the stream, this process) costs time, never
an edit: the checkpoint is committed with what it covers, and everything after it is read again.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable
from datetime import datetime

from graph.db import consuming, ledger, progress
from graph.db.pool import LOST, Connection, Pool, connect_alone
from graph.edits import Batch, SeenEdit
from graph.errors import UpstreamError
from graph.streams.enrollment import Enrollment
from graph.streams.events import Find
from graph.streams.eventstreams import EventStream
from graph.streams.ingest import Counted, ingest

log = logging.getLogger(__name__)

# What ends one turn of the consumer; only a lost database is worth another.
ENDINGS: tuple[type[Exception], ...] = (UpstreamError, *LOST)
STAND_BY_SECONDS = 1.0
RETRY_SECONDS = 1.0
INDEX_SECONDS = 0.5
STATE_SECONDS = 1.0
HANGING_SECONDS = 120.0


# Opens the stream at a checkpoint, asking the second argument whose edits concern us.
OpenSource = Callable[[dict[str, int] | None, Find], EventStream]


class Consumer:
    """Reads the stream, keeps who is enrolled in mind, and ingests."""

    def __init__(
        self, url: str, pool: Pool, open_source: OpenSource, clock: Callable[[], datetime], beat: Callable[[], object]
    ) -> None:
        self._url = url
        self._pool = pool
        self._open_source = open_source
        self._clock = clock
        self._beat = beat
        self._ingesting_since: float | None = None
        self._tally = progress.Tally()
        self._enrollment = Enrollment()
        self._acknowledged: int | None = None
        self._own_lag: float | None = None
        self._rules_changed = asyncio.Event()

    async def run(self) -> None:
        """Consume until cancelled. A batch under way at cancellation is committed or rolled back, nothing between.

        Raises UpstreamError where the stream's address is wrong.
        """
        while True:
            try:
                await self._consume()
            except LOST as error:
                log.warning("the consumer lost the database and tries again: %s", error)
                self._beat()
                await asyncio.sleep(RETRY_SECONDS)

    async def _consume(self) -> None:
        conn = await connect_alone(self._url)
        try:
            await self._stand_by(conn)
            await conn.add_listener(ledger.RULES_CHANNEL, lambda *_: self._rules_changed.set())
            await self._refresh_index()
            source = self._open_source(await progress.checkpoint(conn), self._enrollment.index.find)
            async with asyncio.TaskGroup() as tasks:
                beside = [tasks.create_task(self._keep_index()), tasks.create_task(self._report(source))]
                try:
                    await self._ingest_all(conn, source)
                finally:
                    for task in beside:
                        task.cancel()
        except* ENDINGS as group:
            raise group.exceptions[0] from None
        finally:
            conn.terminate()

    async def _stand_by(self, conn: Connection) -> None:
        told = False
        while not await consuming.become_the_consumer(conn):
            if not told:
                log.info("another consumer is at work; standing by")
            told = True
            self._beat()
            await asyncio.sleep(STAND_BY_SECONDS)

    async def _ingest_all(self, conn: Connection, source: EventStream) -> None:
        async with contextlib.aclosing(source.batches()) as batches:
            async for batch in batches:
                batch.edits = [seen for seen in batch.edits if self._may_count(seen)]
                counted = await self._ingest(conn, batch)
                if batch.arrived_at is not None:
                    self._own_lag = (self._clock() - batch.arrived_at).total_seconds()
                if counted.new or counted.moved:
                    log.debug("ingested %d new edits, moved %d", counted.new, counted.moved)

    async def _ingest(self, conn: Connection, batch: Batch) -> Counted:
        self._ingesting_since = began = time.monotonic()
        try:
            counted = await ingest(conn, batch)
        finally:
            self._ingesting_since = None
        if batch.edits or batch.changes:
            self._tally.add(edits=len(batch.edits), seconds=time.monotonic() - began)
        return counted

    def _may_count(self, seen: SeenEdit) -> bool:
        # Whoever took part in a program years ago is enrolled still; the database need not be asked about them.
        return self._enrollment.index.covers(seen.editor_id, seen.edit.at)

    async def _keep_index(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(INDEX_SECONDS):
                    await self._rules_changed.wait()
            self._rules_changed.clear()
            await self._refresh_index()

    async def _refresh_index(self) -> None:
        async with self._pool.acquire() as conn:
            version = await self._enrollment.refresh(conn)
            if version != self._acknowledged:
                await consuming.acknowledge(conn, version, self._clock())
                self._acknowledged = version

    async def _report(self, source: EventStream) -> None:
        gap = problem = None
        while True:
            if source.status.problem != problem:
                problem = source.status.problem
                log.warning("the stream: %s", problem) if problem else log.info("the stream is read again")
            async with self._pool.acquire() as conn:
                await progress.save_state(conn, self._state(source), self._clock())
                await progress.save_tally(conn, self._tally.since(source.status.events))
                if source.status.gap is not None and source.status.gap != gap:
                    gap = source.status.gap
                    await progress.save_gap(conn, *gap)
            if not self._hangs():
                self._beat()
            await asyncio.sleep(STATE_SECONDS)

    def _hangs(self) -> bool:
        """Whether one transaction takes longer than any ever should."""
        return self._ingesting_since is not None and time.monotonic() - self._ingesting_since > HANGING_SECONDS

    def _state(self, source: EventStream) -> progress.StreamState:
        status = source.status
        return progress.StreamState(status.connected, status.last_event_at, status.upstream_lag_seconds, self._own_lag)

# SPDX-License-Identifier: GPL-3.0-or-later
"""The live source: Wikimedia's EventStreams as batches of what concerns us.

One connection at a time, to three streams at once. A reader task fills one batch while the last is being stored; when
the batch is full it stops reading, the socket's buffers fill and the server waits. Nothing but a programming error
ends it: every fault of the network or the server is counted, named in ``status`` and answered by connecting again.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter, deque
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import Final

import httpx

from graph.edits import Batch, Rejected
from graph.errors import MalformedEvent, UpstreamError
from graph.streams.connection import READ_SECONDS, Ending, Pauses, StreamRefused, open_stream
from graph.streams.events import OVERSIZED, SERVER_ERROR, STREAMS, Find, understand
from graph.streams.positions import RETENTION, Positions, instant
from graph.streams.sse import DEFAULT_LIMIT, Decoder, ServerSentEvent

NOT_FOUND: Final = 404

_SAMPLE_BYTES: Final = 500
_SAMPLES_A_BATCH: Final = 20
_LAGS: Final = 63

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)


@dataclass(slots=True)
class StreamStatus:
    """What there is to know of the connection, for ``service`` and the logs; counts since the start.

    ``problem`` says why the stream is not read, in one line, until events come again. ``upstream_lag_seconds`` is the
    time from an edit to its event's arrival, the median of the latest. ``gap`` is what was lost because the start lay
    beyond the stream's memory.
    """

    connected: bool = False
    problem: str | None = None
    last_event_at: datetime | None = None
    upstream_lag_seconds: float | None = None
    connections: int = 0
    reconnects: int = 0
    events: int = 0
    canaries: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    rejected: Counter[str] = field(default_factory=Counter)
    gap: tuple[datetime, datetime] | None = None


@dataclass(frozen=True, slots=True)
class Pace:
    """How batches are cut: ``edits`` and changes at most, ``interval`` seconds at least between two that hold any,
    and one without any after ``heartbeat`` seconds.
    """

    edits: int = 500
    interval: float = 0.05
    heartbeat: float = 1.0


def stream_url(base: str) -> str:
    """The address of the three streams on one connection, on the service at ``base``."""
    return f"{base.rstrip('/')}/v2/stream/{','.join(STREAMS)}"


def now_utc() -> datetime:
    """The time."""
    return datetime.now(UTC)


class EventStream:
    """Reads the stream from ``checkpoint`` on (None: from a minute ago) for as long as ``batches`` is iterated.

    ``url`` is the service's address without a path. ``find`` gives our number of an editor, as ``Index.find`` does;
    it is asked for each event, so a change of the index holds at once.
    """

    def __init__(
        self,
        *,
        client: httpx.AsyncClient,
        url: str,
        user_agent: str,
        find: Find,
        checkpoint: Mapping[str, int] | None,
        clock: Callable[[], datetime] = now_utc,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        pauses: Pauses | None = None,
        pace: Pace = Pace(),
        read_seconds: float = READ_SECONDS,
        retention: timedelta = RETENTION,
        event_limit: int = DEFAULT_LIMIT,
    ) -> None:
        self.status = StreamStatus()
        self._client = client
        self._url = stream_url(url)
        self._user_agent = user_agent
        self._find = find
        self._clock = clock
        self._sleep = sleep
        self._pauses = pauses or Pauses(random.random)
        self._pace = pace
        self._read_seconds = read_seconds
        self._event_limit = event_limit
        self._positions = Positions(checkpoint, _ms(clock()), retention)
        self._complete_ms = 0
        self._lags: deque[float] = deque(maxlen=_LAGS)
        self._running = False
        self._batch = Batch()
        self._advanced = False
        self._stirred = asyncio.Event()  # there is something to store
        self._full = asyncio.Event()
        self._room = asyncio.Event()
        self._cut_at = float("-inf")

    async def batches(self) -> AsyncGenerator[Batch, None]:
        """Yield batches for ever; each may be stored while the next is read.

        What was yielded before counts as stored when the next one is asked for. Raises StreamRefused where the address
        has no such stream, and never had while we asked. Close the iterator (``aclosing``) to
        close the connection. Only one may run at a time.
        """
        if self._running:
            raise RuntimeError("the stream is being read already, and two connections are one too many")
        self._running = True
        reader = asyncio.create_task(self._follow(), name="eventstreams")
        reader.add_done_callback(lambda _: self._stirred.set())
        try:
            while True:
                yield await self._next(reader)
        finally:
            reader.cancel()
            with suppress(asyncio.CancelledError):
                await reader
            self._running = self.status.connected = False

    # The side of whoever stores.

    async def _next(self, reader: asyncio.Task[None]) -> Batch:
        loop, pace = asyncio.get_running_loop(), self._pace
        while True:
            await _until(self._stirred, self._cut_at + pace.heartbeat)
            if reader.done():
                reader.result()
            stirred = self._stirred.is_set()
            if stirred:
                await _until(self._full, self._cut_at + pace.interval)
            self._cut_at = max(self._cut_at, loop.time())
            if stirred or self._advanced or self.status.connected:
                return self._cut()

    def _cut(self) -> Batch:
        batch, self._batch = self._batch, Batch()
        batch.checkpoint = self._positions.checkpoint()
        batch.complete_until = instant(self._complete_ms) if self._complete_ms else None
        if self._lags:
            self.status.upstream_lag_seconds = median(self._lags)
        self._advanced = False
        self._stirred.clear()
        self._full.clear()
        self._room.set()
        return batch

    # The side of the connection.

    async def _follow(self) -> None:
        while True:
            ending = await self._read_one_connection()
            self.status.connected = False
            await self._sleep(self._pauses.after(ending))
            self.status.reconnects += 1

    async def _read_one_connection(self) -> Ending:
        """Read until the connection ends, which it always does.

        Raises StreamRefused where there has never been such a stream: the address is wrong, and waiting mends nothing.
        """
        loop, status = asyncio.get_running_loop(), self.status
        started, before = loop.time(), status.kinds.total()
        refused = None
        try:
            now = self._clock()
            stream = open_stream(
                self._client,
                self._url,
                user_agent=self._user_agent,
                last_event_id=self._positions.last_event_id(_ms(now)),
                now=now,
                read_seconds=self._read_seconds,
            )
            async with stream as chunks:
                status.connected = True
                status.connections += 1
                await self._read(chunks)
            problem = "the server closed the connection"
        except StreamRefused as error:
            if error.status == NOT_FOUND and not status.connections:
                raise
            refused, problem = error, str(error)
        except (httpx.HTTPError, UpstreamError) as error:
            problem = f"{type(error).__name__}: {error}".removesuffix(": ")
        status.problem = problem
        return Ending(refused, status.kinds.total() > before, loop.time() - started)

    async def _read(self, chunks: AsyncIterator[bytes]) -> None:
        decoder = Decoder(self._event_limit)
        async for chunk in chunks:
            oversized = decoder.oversized
            events = decoder.feed(chunk)
            if events:
                now = self._clock()
                now_ms = _ms(now)
                for event in events:
                    if self._full.is_set():
                        await self._wait_for_room()
                    self._take(event, now, now_ms)
            for _ in range(decoder.oversized - oversized):
                self._reject(OVERSIZED, b"")

    async def _wait_for_room(self) -> None:
        self._room.clear()
        await self._room.wait()

    def _take(self, event: ServerSentEvent, now: datetime, now_ms: int) -> None:
        status = self.status
        status.events += 1
        if event.event == "error":
            self._reject(SERVER_ERROR, event.data)
            raise UpstreamError(f"{SERVER_ERROR}: {event.text[:_SAMPLE_BYTES]}")
        try:
            seen = understand(event.data, self._find)
        except MalformedEvent as error:
            self._reject(error.reason, event.data)
            return
        gap = self._positions.advance(seen.topic, seen.dt_ms, now_ms)
        if gap is not None:
            status.gap = gap
        self._advanced = True
        status.problem = None
        status.last_event_at = now
        status.kinds[seen.kind] += 1
        if seen.canary:
            status.canaries += 1
            return
        self._complete_ms = max(self._complete_ms, min(seen.dt_ms, now_ms))
        if seen.happened is not None:
            self._lags.append(max(0.0, (now - seen.happened).total_seconds()))
        if seen.edits or seen.changes:
            batch = self._batch
            batch.edits += seen.edits
            batch.changes += seen.changes
            if batch.arrived_at is None and seen.edits:
                batch.arrived_at = now
            self._stir(len(batch.edits) + len(batch.changes) >= self._pace.edits)

    def _stir(self, full: bool) -> None:
        self._stirred.set()
        if full:
            self._full.set()

    def _reject(self, reason: str, data: bytes) -> None:
        self.status.rejected[reason] += 1
        if len(self._batch.rejected) < _SAMPLES_A_BATCH:
            sample = data[:_SAMPLE_BYTES].decode(errors="replace").replace("\0", "\ufffd")
            self._batch.rejected.append(Rejected(reason, sample))
        self._advanced = True


def _ms(at: datetime) -> int:
    return (at - _EPOCH) // _MILLISECOND


async def _until(event: asyncio.Event, deadline: float) -> None:
    """Wait for the event, but no longer than to the deadline (loop time)."""
    with suppress(TimeoutError):
        async with asyncio.timeout_at(deadline):
            await event.wait()

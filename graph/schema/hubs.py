# SPDX-License-Identifier: GPL-3.0-or-later
"""One execution for many subscribers: a hub follows, executes and encodes each event once; a seat is one subscriber's.

A hub tells either the newest (numbers: a seat holds one unread result, a newer one takes its place) or a log (activity:
a seat holds up to BACKLOG unread ones). Whoever resumes a log takes a seat first and reads the past after that, page
by page from the database; what the seat was given meanwhile is recognised by its number. So there is no gap and no
repeat, and nobody waits for anybody.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, Final

from graph.resolvers.watching import BACKLOG, Reached
from graph.schema.cursors import encode_activity
from graph.schema.responses import StreamedResult

Told = AsyncGenerator[StreamedResult | Reached, None]
Push = Callable[[StreamedResult], bool]

PAGE_SECONDS: Final = 1.0
"""So long a page of the past is told to others who resume from the same place: after a restart they all do."""
PAGES: Final = 64
BREATH: Final = 500
"""After so many seats others get their turn."""
NOWHERE: Final = encode_activity("", 0)
"""A cursor of no ledger: reading from it gives SnapshotRequired."""


@dataclass(frozen=True, slots=True)
class Page:
    """A part of the past, and the number up to which all is told by it; None where more is to be read."""

    results: tuple[StreamedResult, ...]
    reached: int | None
    at: float


class Hub:
    """Follows one thing for all its seats while there are any.

    ``live`` begins to follow; ``page`` reads what came after a cursor; ``closed`` is called once, when the last seat is
    left or there is no more to tell.
    """

    def __init__(
        self,
        live: Callable[[], Told],
        page: Callable[[str], Told],
        *,
        log: bool,
        closed: Callable[[Hub], None],
        failed: Callable[[Exception], StreamedResult],
        backlog: int = BACKLOG,
    ) -> None:
        self.log = log
        self.backlog = backlog
        self.number = 0
        self.newest: StreamedResult | None = None
        self.checked_at = 0.0
        self._live = live
        self._page = page
        self._closed = closed
        self._failed = failed
        self._seats: dict[Seat, None] = {}
        self._begun = asyncio.Event()
        self._over = False
        self._pages: dict[str, asyncio.Task[Page]] = {}
        self._task = asyncio.create_task(self._run())

    def __len__(self) -> int:
        return len(self._seats)

    def seat(self, after: str | None = None) -> Seat:
        """Take a seat, in a log behind the cursor ``after``, otherwise in the present."""
        seat = Seat(self, after if self.log else None)
        self._seats[seat] = None
        if self.newest is not None:
            seat.offer(self.newest)
        return seat

    def leave(self, seat: Seat) -> None:
        """Give the seat up; the last one ends the hub."""
        if self._seats.pop(seat, seat) is None and not self._seats:
            self._task.cancel()
            self._end()

    async def begun(self) -> None:
        """Wait until it is known from which number on everything is told, or that nothing will be."""
        await self._begun.wait()

    async def page(self, cursor: str, beyond: int) -> Page:
        """What came after ``cursor``; a page that ends the past reaches ``beyond`` at least.

        Raises what reading it raised.
        """
        task = self._pages.get(cursor)
        if task is not None and task.done() and not self._serves(task, beyond):
            task = None
        if task is None:
            task = self._pages[cursor] = asyncio.create_task(self._read(cursor))
            while len(self._pages) > PAGES:
                del self._pages[next(iter(self._pages))]
        found = await asyncio.shield(task)
        if found.reached is not None and found.reached < beyond:  # it was begun before what is asked for was told
            return await self.page(cursor, beyond)
        return found

    def _serves(self, task: asyncio.Task[Page], beyond: int) -> bool:
        if task.cancelled() or task.exception() is not None:
            return False
        page, now = task.result(), asyncio.get_running_loop().time()
        return now - page.at < PAGE_SECONDS and (page.reached is None or page.reached >= beyond)

    async def _read(self, cursor: str) -> Page:
        results: list[StreamedResult] = []
        reached: int | None = None
        async with aclosing(self._page(cursor)) as told:
            async for each in told:
                if isinstance(each, Reached):
                    reached = each.place.number
                else:
                    results.append(each)
                await asyncio.sleep(0)
        return Page(tuple(results), reached, asyncio.get_running_loop().time())

    async def _run(self) -> None:
        try:
            async with aclosing(self._live()) as told:
                async for each in told:
                    if isinstance(each, Reached):
                        self.number = each.place.number
                        self._begun.set()
                    else:
                        await self._deliver(each)
        except Exception as error:
            await self._deliver(self._failed(error))
        self._end()

    async def _deliver(self, result: StreamedResult) -> None:
        self.number = max(self.number, result.number)
        if result.last:
            self._retire()
        if not self.log:
            self.newest = result
        self._begun.set()
        for count, seat in enumerate(tuple(self._seats), 1):
            seat.offer(result)
            if count % BREATH == 0:
                await asyncio.sleep(0)
        await asyncio.sleep(0)  # whoever reads takes it before the next comes

    def _retire(self) -> None:
        """Take no more seats: whoever comes now is to begin anew."""
        if not self._over:
            self._over = True
            self._closed(self)

    def _end(self) -> None:
        self._retire()
        self._begun.set()
        for seat in tuple(self._seats):
            seat.end()
        if not self._seats:
            for task in self._pages.values():
                task.cancel()


class Seat(AsyncGenerator[StreamedResult, None]):
    """One subscriber's results, to be iterated over once and closed.

    A result that comes while the reader waits is pushed, if a ``push`` was given and takes it: it returns False where
    it cannot be sent at once, and the reader gets it instead.
    """

    __slots__ = ("_after", "_hub", "_lost", "_number", "_over", "_push", "_results", "_told", "_waiter")

    def __init__(self, hub: Hub, after: str | None) -> None:
        self._hub = hub
        self._after = after
        self._results: list[StreamedResult] = []
        self._number = 0
        self._lost = False
        self._over = False
        self._push: Push | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._told = self._tell()

    def connect(self, push: Push) -> None:
        """Push what comes from now on, where that is possible."""
        self._push = push

    def offer(self, result: StreamedResult) -> None:
        """Take a result of the hub's."""
        waiter = self._waiter
        idle = waiter is not None and not waiter.done()
        if idle and not self._is_old(result) and self._pushed(result):
            self._number = max(self._number, result.number)
            return
        if self._hub.log and len(self._results) >= self._hub.backlog:
            self._results.clear()
            self._lost = True
        elif not self._hub.log:
            self._results.clear()
        if not self._lost:
            self._results.append(result)
        self._wake()

    def _pushed(self, result: StreamedResult) -> bool:
        """Push a result, where nothing that comes before it is unsent; whether it was taken."""
        return self._push is not None and not result.last and self._push(result)

    def end(self) -> None:
        """Take it that nothing more will come."""
        self._over = True
        self._wake()

    def _is_old(self, result: StreamedResult) -> bool:
        return self._hub.log and result.number <= self._number and not result.failed

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    async def _tell(self) -> AsyncGenerator[StreamedResult, None]:
        if self._after is not None:
            async for result in self._past(self._after):
                yield result
                if result.last:
                    return
        while (next_one := await self._next()) is not None:
            if self._is_old(next_one):
                continue
            self._number = max(self._number, next_one.number)
            yield next_one
            if next_one.last:
                return

    async def _past(self, cursor: str) -> AsyncGenerator[StreamedResult, None]:
        """What came after the cursor, until the hub's results go on from there."""
        await self._hub.begun()
        beyond = self._hub.number
        while True:
            page = await self._hub.page(cursor, beyond)
            for result in page.results:
                if not self._pushed(result):
                    yield result
                self._number = max(self._number, result.number)
                cursor = result.event_id or cursor
            if page.reached is not None:
                self._number = max(self._number, page.reached)
                if not self._lost:
                    return
            elif not page.results:
                return
            if self._lost:  # while this was read; what was lost is read as well
                self._lost = False
                self._results.clear()
                beyond = self._hub.number

    async def _next(self) -> StreamedResult | None:
        while not self._results and not self._lost and not self._over:
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None
        if self._lost:
            return (await self._hub.page(NOWHERE, 0)).results[0]
        return self._results.pop(0) if self._results else None

    # -------------------------------------------------------------- as an asynchronous generator

    async def asend(self, _value: None) -> StreamedResult:
        """The next result."""
        return await self._told.asend(None)

    async def athrow(self, typ: Any, val: Any = None, tb: Any = None) -> StreamedResult:
        """Leave."""
        self._hub.leave(self)
        return await self._told.athrow(typ, val, tb)

    async def aclose(self) -> None:
        """Leave; who waits for a result is to be cancelled first."""
        self._over = True
        self._push = None  # it knows who holds this seat, and the circle would outlive both
        self._hub.leave(self)
        await self._told.aclose()

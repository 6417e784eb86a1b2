# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading what was never read of a program's history, from the wikis' own lists of contributions into the ledger.

What was read is ingested a batch at a time, and in the same transaction it is written down how far that was: a worker
may die at any moment, and the next one goes on behind the last batch.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from graph.db import consuming, enrolled, fetched, queue, reconciling, updates
from graph.db.fetched import Part
from graph.db.pool import Connection, Pool
from graph.db.queue import JobKind
from graph.edits import Batch
from graph.errors import GraphError
from graph.streams.history import History, Read, Wanted
from graph.streams.ingest import ingest
from graph.wikimedia.scopes.resolver import WikimediaScopes

# An edit may be saved on the wiki and not be listed yet, or be on its way through the stream past an index that did
# not hold its editor: what is younger than this is read once more when it is older.
SETTLE: Final = timedelta(seconds=60)
# What is younger the stream tells of first, so that it is shown as it happens and not as history.
LIVE: Final = timedelta(seconds=30)
SIDE_BY_SIDE: Final = 3  # parts of one program read at once
INDEX_SECONDS: Final = 15.0  # for how long a consumer is waited for
INDEX_PAUSE: Final = 0.2


@dataclass(frozen=True, slots=True)
class Reach:
    """What jobs need of the process they run in; the clock is aware and in UTC. Without ``scopes`` it reads none."""

    pool: Pool
    clock: Callable[[], datetime]
    history: History
    scopes: WikimediaScopes | None = None


async def backfill(reach: Reach, program_id: int) -> None:
    """Read everything that was never read of the program, and show how it gets on. Raises UpstreamError.

    Nothing is read for a program that is gone or withdrawn. An editor may have been enrolled a moment ago: reading
    begins when the consumer knows, so that each edit is told by the list or by the stream; and what was under way is
    read a minute later.
    """
    now = reach.clock()
    async with reach.pool.acquire() as conn:
        if not await fetched.is_read(conn, program_id):
            return
        version = await enrolled.rules_version(conn)
        await updates.start(conn, program_id, now)
    await _wait_for_the_index(reach, version)
    now = reach.clock()
    await read_missing(reach, program_id, now, await _until(reach, now))
    async with reach.pool.acquire() as conn, conn.transaction():
        if await fetched.goes_on(conn, program_id, now - SETTLE):
            await queue.enqueue(conn, JobKind.SETTLE, program_id, after=SETTLE)
        again = await queue.waits(conn, JobKind.BACKFILL, program_id)
        await updates.finish(conn, program_id, reach.clock(), wanted_again=again)


async def settle(reach: Reach, program_id: int) -> None:
    """Read once more what was too young to be sure of. Raises UpstreamError."""
    async with reach.pool.acquire() as conn:
        if not await fetched.is_read(conn, program_id):
            return
    now = reach.clock()
    await read_missing(reach, program_id, now, await _until(reach, now))


async def _wait_for_the_index(reach: Reach, version: int) -> None:
    for _ in range(int(INDEX_SECONDS / INDEX_PAUSE)):
        async with reach.pool.acquire() as conn:
            if await consuming.goes_by(conn, version, reach.clock(), reconciling.SILENCE):
                return
        await asyncio.sleep(INDEX_PAUSE)


async def _until(reach: Reach, now: datetime) -> datetime:
    """Up to when history is read: to where the consumer began to match by its rules, or half a minute ago.

    Where the stream tells of nobody, reconciliation reads the rest within a minute.
    """
    async with reach.pool.acquire() as conn:
        known = await consuming.acknowledged_at(conn)
    return min(now, max(known or now - LIVE, now - LIVE))


async def read_missing(reach: Reach, program_id: int, now: datetime, until: datetime) -> None:
    """First what another worker left unread, then what was never read ``until`` then.

    After such a rest the last minute is left to ``settle``: it was in the rest, and is not settled yet.
    """
    async with reach.pool.acquire() as conn:
        left = await fetched.parts(conn, program_id)
    await _read_all(reach, left, now)
    async with reach.pool.acquire() as conn, conn.transaction():
        editors = await fetched.plan(conn, program_id, now - SETTLE if left else until)
        await updates.add_work(conn, program_id, editors)
        planned = await fetched.parts(conn, program_id)
    await _read_all(reach, planned, now)


async def _read_all(reach: Reach, parts: Sequence[Part], now: datetime) -> None:
    waiting = deque(parts)

    async def read_some() -> None:
        while waiting:
            await _read_part(reach, waiting.popleft(), now)

    try:
        async with asyncio.TaskGroup() as tasks:
            for _ in range(min(SIDE_BY_SIDE, len(parts))):
                tasks.create_task(read_some())
    except* Exception as group:
        raise _first(group) from None


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """Of several failures the one that can be told of, if there is any."""
    return next((error for error in group.exceptions if isinstance(error, GraphError)), group.exceptions[0])


async def _read_part(reach: Reach, part: Part, now: datetime) -> None:
    async with reach.pool.acquire() as conn:
        wanted = await wanted_of(conn, part)
    done, complete = part.done, False
    async with aclosing(reach.history.read(wanted, part.resume)) as reads:
        async for read in reads:
            await _take_in(reach, part, read, done, now)
            done, complete = read.editors_done, read.resume is None
    if not complete:
        await _take_in(reach, part, Read(Batch(), None, len(part.editors)), done, now)


async def wanted_of(conn: Connection, part: Part) -> Wanted:
    """The part as a question to the wikis."""
    return Wanted(part.wiki, part.editors, part.since, part.until, await fetched.reverted(conn, part))


async def _take_in(reach: Reach, part: Part, read: Read, done: int, now: datetime) -> None:
    async with reach.pool.acquire() as conn, conn.transaction():
        await ingest(conn, read.batch)
        await fetched.rename(conn, read.renamed)
        await updates.advance(conn, part.program_id, read.editors_done - done, len(read.batch.edits))
        if read.resume is None:
            await fetched.complete(conn, part, now - SETTLE)
        else:
            await fetched.advance(conn, part, read.resume, read.editors_done)

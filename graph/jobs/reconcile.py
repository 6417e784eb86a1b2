# SPDX-License-Identifier: GPL-3.0-or-later
"""Holding a program against the wikis' own lists, and mending what differs.

What the lists have and we do not is counted; what we have and the lists do not is asked about and taken back where it
is gone. All that had to be mended is written down as drift.
"""

from __future__ import annotations

from contextlib import aclosing
from datetime import datetime

from graph.db import fetched, reconciling
from graph.db.fetched import Part
from graph.db.reconciling import Candidate
from graph.db.updates import Drift
from graph.edits import Batch, Change, PageDeleted, RevisionVisibility
from graph.jobs import schedule
from graph.jobs.backfill import SETTLE, Reach, read_missing, wanted_of
from graph.jobs.schedule import Due
from graph.streams.history import Stored
from graph.streams.ingest import Counted, ingest


async def reconcile(reach: Reach, program_id: int) -> Drift | None:
    """Compare what is due of the program; what had to be mended, or None where nothing is due. Raises UpstreamError."""
    now = reach.clock()
    async with reach.pool.acquire() as conn:
        trouble = await reconciling.in_trouble(conn, now)
        found = await reconciling.candidates(conn, now, schedule.AFTERWARDS, program_id)
        due = schedule.due(found[0], now, trouble=trouble) if found else None
        if due is None:
            return None
    # What was never read is no drift: it is read first, but for the last day, which the stream has told of.
    await read_missing(reach, program_id, now, now - schedule.RECENTLY)
    async with reach.pool.acquire() as conn:
        run = await reconciling.begin(conn, program_id, now)
    comparison = _Comparison(reach, run, now)
    await _compare(comparison, found[0], due)
    async with reach.pool.acquire() as conn, conn.transaction():
        await reconciling.end(conn, program_id, run, now, whole=due.whole)
        await reconciling.fill(conn, program_id, due.gaps)
        await reconciling.close_gaps(conn)
    return comparison.drift


async def _compare(comparison: _Comparison, program: Candidate, due: Due) -> None:
    for span in due.spans:
        async with comparison.reach.pool.acquire() as conn:
            parts = await fetched.members(conn, program.program_id, span.since, span.until)
        for part in parts:
            await comparison.compare(part)


class _Comparison:
    """One reconciliation, and what it mended."""

    def __init__(self, reach: Reach, run: int, now: datetime) -> None:
        self.reach = reach
        self.drift = Drift()
        self._run = run
        self._now = now

    async def compare(self, part: Part) -> None:
        """Read the lists of a part, then ask about what they did not list."""
        listed: set[int] = set()
        async with self.reach.pool.acquire() as conn:
            wanted = await wanted_of(conn, part)
        async with aclosing(self.reach.history.read(wanted)) as reads:
            async for read in reads:
                listed.update(seen.edit.revision_id for seen in read.batch.edits)
                await self._mend(read.batch)
        async with self.reach.pool.acquire() as conn:
            known = [Stored(*row) for row in await fetched.stored(conn, part)]
        suspects = [edit for edit in known if edit.revision_id not in listed or _says_otherwise(edit)]
        async with aclosing(self.reach.history.verify(part.wiki, suspects)) as batches:
            async for batch in batches:
                for some in _apart(batch):
                    await self._mend(some)
        async with self.reach.pool.acquire() as conn, conn.transaction():
            await fetched.mark(conn, part, part.since, min(part.until, self._now - SETTLE))

    async def _mend(self, batch: Batch) -> None:
        if not (batch.edits or batch.changes or batch.rejected):
            return
        async with self.reach.pool.acquire() as conn, conn.transaction():
            more = _drift(batch, await ingest(conn, batch))
            await reconciling.mended(conn, self._run, more)
        self.drift = Drift(
            self.drift.added + more.added,
            self.drift.changed + more.changed,
            self.drift.taken_back + more.taken_back,
        )


def _says_otherwise(edit: Stored) -> bool:
    """Whether we hold something of an edit that its being listed may contradict."""
    return edit.deleted or edit.hidden or edit.editor_hidden or edit.reverted


def _takes_back(change: Change) -> bool:
    if isinstance(change, RevisionVisibility):
        return not (change.text and change.editor)
    return isinstance(change, PageDeleted)


def _apart(batch: Batch) -> list[Batch]:
    """The changes that take back, and all others."""
    gone = [change for change in batch.changes if _takes_back(change)]
    rest = [change for change in batch.changes if not _takes_back(change)]
    return [Batch(changes=some) for some in (gone, rest) if some]


def _drift(batch: Batch, counted: Counted) -> Drift:
    if any(_takes_back(change) for change in batch.changes):
        return Drift(counted.new, 0, counted.moved)
    return Drift(counted.new, counted.moved, 0)

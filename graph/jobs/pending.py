# SPDX-License-Identifier: GPL-3.0-or-later
"""Finishing what addEditors left pending: asking the wikis again about pasted names, and enrolling who exists."""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from graph.db import ledger, organizing_cohorts
from graph.db.organizing_cohorts import Pending, Terms
from graph.db.pool import Pool
from graph.errors import UpstreamError
from graph.wikis import KnownUser

BATCH = 50  # names of one program looked up together
MOST = 1_000  # names read at a time
SECONDS = 60.0  # for one look-up; then it is tried again in the next pass
SHOWN = timedelta(days=14)  # how long a name that nobody has stays to be seen

_log = logging.getLogger(__name__)


class Users(Protocol):
    """The wikis' directory of accounts."""

    async def look_up(self, usernames: Sequence[str], domain: str, dbname: str) -> dict[str, KnownUser | None]:
        """Each name as given → the account, or None where there is none. Raises UpstreamError."""
        ...


class Reach(Protocol):
    """What the job needs of the process it runs in."""

    @property
    def pool(self) -> Pool:
        """The database."""

    @property
    def users(self) -> Users:
        """The directory of accounts."""

    @property
    def clock(self) -> Callable[[], datetime]:
        """The time, aware and in UTC."""


@dataclass(frozen=True, slots=True)
class Finished:
    """How many names became editors, how many nobody has, and how many must wait on."""

    enrolled: int
    unknown: int
    waiting: int


async def finish_pending(reach: Reach) -> Finished:
    """One pass over all pending names, the oldest first.

    Where the wikis cannot be asked, names stay pending and keep no later ones waiting; one that nobody has is asked
    about no more, and shown to the program's facilitators for two weeks.
    """
    async with reach.pool.acquire() as conn:
        await organizing_cohorts.forget_unknown(conn, reach.clock() - SHOWN)
    passes = Finished(0, 0, 0)
    seen: set[tuple[int, str]] = set()
    while rows := await _pending(reach, seen):
        seen.update((row.program_id, row.username) for row in rows)
        done = await _finish_all(reach, _batches(rows))
        passes = Finished(passes.enrolled + done.enrolled, passes.unknown + done.unknown, passes.waiting + done.waiting)
    return passes


async def _pending(reach: Reach, seen: set[tuple[int, str]]) -> list[Pending]:
    async with reach.pool.acquire() as conn:
        return await organizing_cohorts.pending(conn, MOST, reach.clock(), but=seen)


async def _finish_all(reach: Reach, batches: Iterable[list[Pending]]) -> Finished:
    enrolled = unknown = waiting = 0
    for batch in batches:
        try:
            async with asyncio.timeout(SECONDS):
                found = await reach.users.look_up([row.username for row in batch], batch[0].domain, batch[0].dbname)
        except (UpstreamError, TimeoutError) as error:
            _log.warning("%d pending names of program %d wait on: %s", len(batch), batch[0].program_id, error)
            waiting += len(batch)
            continue
        done = await _finish(reach, batch, found)
        enrolled, unknown = enrolled + done.enrolled, unknown + done.unknown
    return Finished(enrolled, unknown, waiting)


def _batches(rows: Iterable[Pending]) -> list[list[Pending]]:
    """Names that are asked for and enrolled together: same program, same terms."""
    alike: dict[tuple[int, Terms], list[Pending]] = defaultdict(list)
    for row in rows:
        alike[(row.program_id, row.terms)].append(row)
    return [rows[start : start + BATCH] for rows in alike.values() for start in range(0, len(rows), BATCH)]


async def _finish(reach: Reach, batch: Sequence[Pending], found: dict[str, KnownUser | None]) -> Finished:
    program_id, terms = batch[0].program_id, batch[0].terms
    names = [row.username for row in batch]
    missing = [name for name in names if found.get(name) is None]
    async with reach.pool.acquire() as conn, conn.transaction():
        await ledger.lock(conn)
        # What was let go meanwhile (the program deleted, the name added by hand) is not enrolled.
        waited = await organizing_cohorts.forget_pending(conn, program_id, [name for name in names if found.get(name)])
        known = [user for name in waited if (user := found.get(name)) is not None]
        done = organizing_cohorts.Enrolled((), ())
        if known:
            done = await organizing_cohorts.enroll_accounts(conn, program_id, known, terms)
        await organizing_cohorts.mark_unknown(conn, program_id, missing, reach.clock())
        await ledger.announce(conn)
    if missing:
        _log.info("no account on the wikis for %d pending names of program %d", len(missing), program_id)
    return Finished(len(done.added), len(missing), 0)

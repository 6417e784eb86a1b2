# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading which articles the scopes of a program have.

Each scope is read by itself: what goes wrong with one is said there, leaves it what it had, and keeps no other waiting.
What comes is put aside in the database as it comes, and counts when all of it is there.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from graph import wikis
from graph.db import assignments, fetched, queue, scopes
from graph.db.pool import Connection
from graph.db.queue import JobKind
from graph.db.scopes import Scope
from graph.errors import UpstreamError
from graph.jobs.backfill import Reach
from graph.programs import ScopeKind
from graph.scopes import MOST_PAGES, Source
from graph.wikimedia.scopes.reading import Reading, Reason, ScopedPage, Unresolved
from graph.wikimedia.scopes.resolver import WikimediaScopes

log = logging.getLogger(__name__)

HOURLY: Final = timedelta(hours=1)
SOON: Final = timedelta(minutes=10)  # what could not be reached is asked again
_EARLY: Final = timedelta(minutes=1)  # by so much a job may come before its time
OFTEN: Final = 10_000  # titles of a pile that are looked up at every reading, in two hundred questions
TOGETHER: Final = 2_000  # pages that are put aside at once
INTERNAL: Final = "INTERNAL"  # the reason of what nobody foresaw


async def refresh(reach: Reach, sources: WikimediaScopes, program_id: int) -> None:
    """Read those scopes of the program that were asked for or are due; nothing for one that is gone or withdrawn.

    Raises what nobody foresaw, when all were read.
    """
    now = reach.clock()
    async with reach.pool.acquire() as conn:
        if not await fetched.is_read(conn, program_id):
            return
        known = (await scopes.of_programs(conn, [program_id]))[program_id]
    unreached, unforeseen = False, None
    for scope in known:
        if not wanted(scope, now):
            continue
        try:
            await _Refreshing(reach, sources, scope, now).run()
        except UpstreamError as error:
            reason = error.reason if isinstance(error, Unresolved) else Reason.DOWN
            unreached = unreached or reason is Reason.DOWN
            await _fail(reach, scope, reason, str(error))
        except Exception as error:
            unforeseen = error
            await _fail(reach, scope, INTERNAL, "An internal error. It will be tried again.")
    await _again(reach, program_id, now, unreached=unreached)
    if unforeseen is not None:
        raise unforeseen


def wanted(scope: Scope, now: datetime) -> bool:
    """Whether the scope is to be read now: it was asked for, its last reading never ended, or that is long ago.

    Assigned articles cost little, and change whenever somebody assigns one.
    """
    if scope.tried_at is None or scope.state in ("WAITING", "READING") or scope.kind == ScopeKind.ASSIGNED_ARTICLES:
        return True
    unreached = scope.state == "FAILED" and scope.error_reason in (Reason.DOWN, INTERNAL)
    return now - scope.tried_at >= (SOON if unreached else HOURLY) - _EARLY


async def enqueue_due(conn: Connection, now: datetime) -> int:
    """Queue the reading of every running article-scoped program with a scope that was not tried for an hour.

    Returns how many were queued.
    """
    busy = await queue.under_way(conn, JobKind.REFRESH)
    programs = [number for number in await scopes.due(conn, now, now - HOURLY) if number not in busy]
    for number in programs:
        async with conn.transaction():
            await queue.enqueue(conn, JobKind.REFRESH, number)
    return len(programs)


async def _fail(reach: Reach, scope: Scope, reason: str, message: str) -> None:
    log.warning("scope %d of program %d could not be read (%s): %s", scope.id, scope.program_id, reason, message)
    async with reach.pool.acquire() as conn:
        await scopes.failed(conn, scope.id, reason, message)


async def _again(reach: Reach, program_id: int, now: datetime, *, unreached: bool) -> None:
    if not unreached:
        return
    async with reach.pool.acquire() as conn, conn.transaction():
        if await fetched.goes_on(conn, program_id, now):
            await queue.enqueue(conn, JobKind.REFRESH, program_id, after=SOON)


@dataclass(frozen=True, slots=True)
class _Refreshing:
    """The reading of one scope."""

    reach: Reach
    sources: WikimediaScopes
    scope: Scope
    now: datetime

    async def run(self) -> None:
        """Read it, and let it be what was read. Raises UpstreamError; then it stays what it was."""
        async with self.reach.pool.acquire() as conn:
            await scopes.begin(conn, self.scope.id)
            most = await scopes.room(conn, self.scope.id)
        try:
            await self._read(most)
        except Unresolved as unresolved:
            if unresolved.reason is Reason.TOO_MANY and most < MOST_PAGES:
                raise Unresolved(Reason.TOO_MANY, _no_room(most)) from unresolved
            raise

    async def _read(self, most: int) -> None:
        source = source_of(self.scope)
        digest = None
        if source.kind is ScopeKind.PAGEPILE and self.scope.size > OFTEN:
            # Piles never change, and where the titles of a large one lead is looked up once a day.
            digest = f"{await _digest(self.sources.listed(source, most))} {self.now:%Y-%m-%d}"
            if digest == self.scope.digest:
                await self._same()
                return
        await self._take(await self._reading(source, most), digest)

    async def _reading(self, source: Source, most: int) -> Reading:
        if source.kind is not ScopeKind.ASSIGNED_ARTICLES:
            return self.sources.read(source, most)
        async with self.reach.pool.acquire() as conn:
            wanted = await assignments.titles(conn, self.scope.program_id)
        titles = [title for wiki_id, title in wanted if wiki_id == self.scope.wiki_id]
        return self.sources.assigned(source.wiki, titles, most)

    async def _take(self, reading: Reading, digest: str | None) -> None:
        async with aclosing(reading.__aiter__()) as batches:
            # A query may think for half an hour before it answers; no connection waits with it.
            gathered = list(await anext(batches, []))  # a tuple would break CPython 3.11
            async with self.reach.pool.acquire() as conn:
                await scopes.stage(conn)
                async for pages in batches:
                    gathered += pages
                    if len(gathered) >= TOGETHER:
                        await self._put(conn, gathered)
                        gathered = []
                await self._put(conn, gathered)
                await self._end(conn, digest or reading.digest, reading.skipped)

    async def _put(self, conn: Connection, pages: Sequence[ScopedPage]) -> None:
        await scopes.took(conn, self.scope.id, self.scope.wiki_id, pages)

    async def _end(self, conn: Connection, digest: str, skipped: int) -> None:
        if digest == self.scope.digest:
            await scopes.unchanged(conn, self.scope.id)
        elif await scopes.get(conn, self.scope.id) is not None:  # else it was removed meanwhile
            found = await scopes.finish(conn, self.scope.id, digest, skipped)
            log.info("scope %d: %d pages entered and %d left", self.scope.id, found.entered, found.left)

    async def _same(self) -> None:
        async with self.reach.pool.acquire() as conn:
            await scopes.unchanged(conn, self.scope.id)


def source_of(scope: Scope) -> Source:
    """Where the pages of a stored scope come from."""
    wiki = wikis.wiki(scope.dbname)
    if wiki is None:
        raise Unresolved(Reason.MISSING, f"There is no wiki {scope.dbname} any more.")
    return Source(ScopeKind(scope.kind), wiki, scope.value, scope.depth)


async def _digest(reading: Reading) -> str:
    async for _ in reading:
        pass
    return reading.digest


def _no_room(most: int) -> str:
    return (
        f"A program has at most {MOST_PAGES:,} articles in its scopes: the others leave room for {most:,}, "
        "and here are more."
    )

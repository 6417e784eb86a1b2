# SPDX-License-Identifier: GPL-3.0-or-later
"""The worker: what may wait a moment, done again and again, and the jobs that others have queued.

It finishes names that the wikis have not been asked about, looks whether assigned articles exist, forgets what is too
old to be replayed, queues the reconciliations and the readings of scopes that are due, and runs the queue.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping

from graph.db import activity, progress, queue, reassessing, scopes
from graph.db.queue import Job, JobKind
from graph.jobs.assigned import locate
from graph.jobs.backfill import Reach, backfill, settle
from graph.jobs.dispatch import PASSING, Dispatcher, Handler
from graph.jobs.forgetting import forget_people
from graph.jobs.nameless import count_nameless
from graph.jobs.pending import finish_pending
from graph.jobs.reconcile import reconcile
from graph.jobs.refresh import enqueue_due as enqueue_due_scopes
from graph.jobs.refresh import refresh
from graph.jobs.schedule import enqueue_due
from graph.resolvers.deps import Deps
from graph.streams.history import History

log = logging.getLogger(__name__)

PENDING_SECONDS = 5.0
LOCATE_SECONDS = 15.0
SCHEDULE_SECONDS = 5.0
FORGET_SECONDS = 600.0
NAMELESS_SECONDS = 60.0
REFRESHES_AT_ONCE = 2  # each holds a connection while pages come
CONNECTIONS_OF_A_REFRESH = 4  # so many in the pool for each that may be held


def handlers(reach: Reach) -> Mapping[JobKind, Handler]:
    """What is done for each kind of job."""
    alone = asyncio.Lock()

    async def reading(job: Job) -> None:
        await backfill(reach, job.program_id)

    async def settling(job: Job) -> None:
        await settle(reach, job.program_id)

    async def reconciling(job: Job) -> None:
        found = await reconcile(reach, job.program_id)
        if found is not None:
            log.info("program %d reconciled: %s", job.program_id, found)

    async def reassessing_(job: Job) -> None:
        # One waits for another on a connection of the pool, which has few.
        async with alone:
            await reassessing.reassess(reach.pool, [job.program_id])

    known: dict[JobKind, Handler] = {
        JobKind.BACKFILL: reading,
        JobKind.SETTLE: settling,
        JobKind.RECONCILE: reconciling,
        JobKind.REASSESS: reassessing_,
    }
    if (sources := reach.scopes) is not None:

        async def refreshing(job: Job) -> None:
            await refresh(reach, sources, job.program_id)

        known[JobKind.REFRESH] = refreshing
    return known


class Worker:
    """Runs the jobs of one process until cancelled. Several workers do no harm."""

    def __init__(self, deps: Deps, history: History, beat: Callable[[], object]) -> None:
        self._deps = deps
        self._beat = beat
        self._reach = Reach(deps.pool, deps.clock, history, deps.scopes)

    async def run(self) -> None:
        """Work until cancelled; what fails is logged and tried again at its next turn."""
        async with asyncio.TaskGroup() as jobs:
            jobs.create_task(self._every(PENDING_SECONDS, self._finish_pending))
            jobs.create_task(self._every(LOCATE_SECONDS, self._locate))
            jobs.create_task(self._every(FORGET_SECONDS, self._forget))
            jobs.create_task(self._every(SCHEDULE_SECONDS, self._schedule))
            jobs.create_task(self._every(NAMELESS_SECONDS, self._count_nameless))
            # What may take half an hour keeps nothing else from being begun.
            quick = dict(handlers(self._reach))
            slow = {kind: quick.pop(kind) for kind in (JobKind.REFRESH,) if kind in quick}
            jobs.create_task(Dispatcher(self._deps.pool, quick).run())
            if slow:
                room = max(1, self._deps.pool.get_max_size() // CONNECTIONS_OF_A_REFRESH)
                jobs.create_task(Dispatcher(self._deps.pool, slow, at_once=min(room, REFRESHES_AT_ONCE)).run())

    async def _every(self, seconds: float, job: Callable[[], Awaitable[None]]) -> None:
        while True:
            try:
                await job()
            except PASSING as error:
                log.warning("%s failed and is tried again: %s", job.__name__, error)
            except Exception:  # a fault of ours in one of these keeps nobody from the others
                log.exception("%s failed and is tried again", job.__name__)
            self._beat()
            await asyncio.sleep(seconds)

    async def _finish_pending(self) -> None:
        await finish_pending(self._deps)

    async def _locate(self) -> None:
        if self._deps.scopes is not None:
            await locate(self._deps.pool, self._deps.scopes.articles, self._deps.clock())

    async def _forget(self) -> None:
        async with self._deps.pool.acquire() as conn:
            await activity.forget(conn)
            await progress.forget_early_news(conn)
            await queue.forget_log(conn)
            await scopes.sweep(conn)
        await forget_people(self._deps)

    async def _count_nameless(self) -> None:
        await count_nameless(self._deps.pool, self._deps.clock())

    async def _schedule(self) -> None:
        async with self._deps.pool.acquire() as conn:
            await enqueue_due(conn, self._deps.clock())
            await enqueue_due_scopes(conn, self._deps.clock())

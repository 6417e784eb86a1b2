# SPDX-License-Identifier: GPL-3.0-or-later
"""The worker: what may wait a moment, done again and again, and the jobs that others have queued.

It finishes names that the wikis have not been asked about, forgets what is too old to be replayed, queues the
reconciliations that are due, and runs the queue.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping

from graph.db import activity, progress, queue, reassessing
from graph.db.queue import Job, JobKind
from graph.jobs.backfill import Reach, backfill, settle
from graph.jobs.dispatch import PASSING, Dispatcher, Handler
from graph.jobs.forgetting import forget_people
from graph.jobs.nameless import count_nameless
from graph.jobs.pending import finish_pending
from graph.jobs.reconcile import reconcile
from graph.jobs.schedule import enqueue_due
from graph.resolvers.deps import Deps
from graph.streams.history import History

log = logging.getLogger(__name__)

PENDING_SECONDS = 5.0
SCHEDULE_SECONDS = 5.0
FORGET_SECONDS = 600.0
NAMELESS_SECONDS = 60.0


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

    return {
        JobKind.BACKFILL: reading,
        JobKind.SETTLE: settling,
        JobKind.RECONCILE: reconciling,
        JobKind.REASSESS: reassessing_,
    }


class Worker:
    """Runs the jobs of one process until cancelled. Several workers do no harm."""

    def __init__(self, deps: Deps, history: History) -> None:
        self._deps = deps
        self._reach = Reach(deps.pool, deps.clock, history)

    async def run(self) -> None:
        """Work until cancelled; what fails is logged and tried again at its next turn."""
        async with asyncio.TaskGroup() as jobs:
            jobs.create_task(self._every(PENDING_SECONDS, self._finish_pending))
            jobs.create_task(self._every(FORGET_SECONDS, self._forget))
            jobs.create_task(self._every(SCHEDULE_SECONDS, self._schedule))
            jobs.create_task(self._every(NAMELESS_SECONDS, self._count_nameless))
            jobs.create_task(Dispatcher(self._deps.pool, handlers(self._reach)).run())

    async def _every(self, seconds: float, job: Callable[[], Awaitable[None]]) -> None:
        while True:
            try:
                await job()
            except PASSING as error:
                log.warning("%s failed and is tried again: %s", job.__name__, error)
            await asyncio.sleep(seconds)

    async def _finish_pending(self) -> None:
        await finish_pending(self._deps)

    async def _forget(self) -> None:
        async with self._deps.pool.acquire() as conn:
            await activity.forget(conn)
            await progress.forget_early_news(conn)
            await queue.forget_log(conn)
        await forget_people(self._deps)

    async def _count_nameless(self) -> None:
        await count_nameless(self._deps.pool, self._deps.clock())

    async def _schedule(self) -> None:
        async with self._deps.pool.acquire() as conn:
            await enqueue_due(conn, self._deps.clock())

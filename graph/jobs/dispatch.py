# SPDX-License-Identifier: GPL-3.0-or-later
"""Taking jobs from the queue and seeing them to an end: done, tried again later, buried, or given back."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Mapping
from datetime import timedelta
from functools import partial
from uuid import uuid4

from graph.db import queue, updates
from graph.db.pool import LOST, Pool
from graph.db.queue import Job, JobKind
from graph.errors import GraphError, UpstreamError

log = logging.getLogger(__name__)

AT_ONCE = 4  # jobs of one worker
LOOK_SECONDS = 1.0  # between two looks into the queue
BEAT_SECONDS = 1.0  # well below the silence after which others take the job
PUT_BACK_SECONDS = 2.0
MOST_FAILURES = 8  # after these, nearly an hour, only a person can say that it is worth another try
FIRST_DELAY = timedelta(seconds=5)
LONGEST_DELAY = timedelta(minutes=15)

# What passes by itself: the wikis or the database cannot be reached now.
PASSING: tuple[type[Exception], ...] = (UpstreamError, *LOST)

Handler = Callable[[Job], Awaitable[None]]


class WorkerDied(GraphError):
    """A job's worker died under it, again and again."""


def delay_after(failures: int) -> timedelta:
    """How long a job waits that has failed so often: longer each time, from five seconds to a quarter of an hour."""
    return min(FIRST_DELAY * int(4 ** min(failures - 1, 10)), LONGEST_DELAY)


class Dispatcher:
    """Runs the jobs of one process. Any number of them do no harm, nor does the death of one.

    ``only`` names the programs whose jobs are taken; those of all where it is None. ``handlers`` are for what the queue
    gives out together (see ``queue.take``); of their jobs ``at_once`` are run side by side.
    """

    def __init__(
        self,
        pool: Pool,
        handlers: Mapping[JobKind, Handler],
        *,
        only: Collection[int] | None = None,
        at_once: int = AT_ONCE,
    ) -> None:
        self._at_once = at_once
        self._pool = pool
        self._handlers = handlers
        self._only = only
        self._worker = uuid4()
        self._running: dict[int, asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Work until cancelled; what is under way then is given back, at the place it has reached."""
        async with asyncio.TaskGroup() as tasks:
            beating = tasks.create_task(self._beat())
            try:
                while True:
                    await self._look(tasks)
                    await asyncio.sleep(LOOK_SECONDS)
            finally:
                beating.cancel()

    async def drain(self) -> None:
        """Work until nothing can be begun any more, and return."""
        async with asyncio.TaskGroup() as tasks:
            beating = tasks.create_task(self._beat())
            try:
                while await self._look(tasks) or self._running:
                    await asyncio.wait(self._running.values(), return_when=asyncio.FIRST_COMPLETED)
            finally:
                beating.cancel()

    async def _look(self, tasks: asyncio.TaskGroup) -> bool:
        """Begin what there is room for; whether anything was begun."""
        room = self._at_once - len(self._running)
        if room <= 0:
            return False
        try:
            async with self._pool.acquire() as conn:
                taken = await queue.take(conn, self._worker, room, only=self._only, kinds=self._handlers.keys())
        except LOST as error:
            log.warning("the queue of jobs cannot be read and is tried again: %s", error)
            return False
        for job in taken:
            task = tasks.create_task(self._work(job))
            self._running[job.id] = task
            task.add_done_callback(partial(self._ended, job.id))
        return bool(taken)

    def _ended(self, number: int, _: asyncio.Task[None]) -> None:
        self._running.pop(number, None)

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(BEAT_SECONDS)
            ids = list(self._running)
            if not ids:
                continue
            try:
                async with self._pool.acquire() as conn:
                    ours = await queue.beat(conn, self._worker, ids)
            except LOST as error:
                log.warning("the queue of jobs cannot be told that this worker lives: %s", error)
                continue
            for number in set(ids) - ours:
                # It was silent for too long, and another worker has the job.
                if (task := self._running.get(number)) is not None:
                    task.cancel()

    async def _work(self, job: Job) -> None:
        try:
            async with self._pool.acquire() as conn:
                begun = await queue.begin(conn, job)
            if begun is None:
                return
            job = begun
            if job.failures >= MOST_FAILURES:
                raise WorkerDied("the worker died each time")
            await self._handlers[job.kind](job)
            async with self._pool.acquire() as conn:
                await queue.finish(conn, job)
        except asyncio.CancelledError:
            await self._leave(job)
            raise
        except Exception as error:
            await self._fail(job, error)

    async def _leave(self, job: Job) -> None:
        """Give the job back, unless another worker has it. Where that fails its silence tells."""
        try:
            async with asyncio.timeout(PUT_BACK_SECONDS), self._pool.acquire() as conn:
                await queue.put_back(conn, job)
        except LOST as error:  # a TimeoutError is an OSError
            log.warning("%s of program %d could not be given back: %s", job.kind, job.program_id, error)

    async def _fail(self, job: Job, error: Exception) -> None:
        if isinstance(error, PASSING):
            log.warning("%s of program %d failed: %s", job.kind, job.program_id, error)
        else:
            log.exception("%s of program %d failed", job.kind, job.program_id, exc_info=error)
        final = job.failures + 1 >= MOST_FAILURES
        try:
            async with self._pool.acquire() as conn, conn.transaction():
                if final:
                    await queue.bury(conn, job, error)
                else:
                    await queue.try_again(conn, job, delay_after(job.failures + 1), error)
                if job.kind is JobKind.BACKFILL:
                    await updates.fail(conn, job.program_id, shown(error), final=final)
        except LOST as lost:
            log.warning("%s of program %d is left to whoever comes next: %s", job.kind, job.program_id, lost)


def shown(error: Exception) -> str:
    """What may be said of a failure to everybody: our own words, or nothing in particular."""
    if isinstance(error, GraphError):
        return str(error)
    return "the database could not be reached" if isinstance(error, LOST) else "an internal error"

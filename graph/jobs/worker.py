# SPDX-License-Identifier: GPL-3.0-or-later
"""The worker: what may wait a moment, done again and again.

It finishes names that the wikis have not been asked about, and forgets what is too old to be replayed.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from graph.db import activity, progress
from graph.db.pool import LOST
from graph.errors import UpstreamError
from graph.jobs.pending import finish_pending
from graph.resolvers.deps import Deps

log = logging.getLogger(__name__)

# What passes by itself: the wikis or the database cannot be reached now.
PASSING: tuple[type[Exception], ...] = (UpstreamError, *LOST)
PENDING_SECONDS = 5.0
FORGET_SECONDS = 600.0


class Worker:
    """Runs the jobs of one process until cancelled. Several workers do no harm."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps

    async def run(self) -> None:
        """Work until cancelled; what fails is logged and tried again at its next turn."""
        async with asyncio.TaskGroup() as jobs:
            jobs.create_task(self._every(PENDING_SECONDS, self._finish_pending))
            jobs.create_task(self._every(FORGET_SECONDS, self._forget))

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

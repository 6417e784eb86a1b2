# SPDX-License-Identifier: GPL-3.0-or-later
"""A backfill that somebody waits for and watches: run here, unless a worker has it already."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import httpx

from graph.db import queue, updates
from graph.db.queue import JobKind
from graph.db.updates import ProgramUpdate, UpdateState
from graph.errors import UpstreamError
from graph.jobs.backfill import Reach
from graph.jobs.dispatch import Dispatcher
from graph.jobs.worker import handlers
from graph.streams.history import History
from graph.wikimedia.action_api import ActionApi
from graph.wikimedia.contributions import WikimediaContributions

LOOK_SECONDS = 0.2


def history_of(client: httpx.AsyncClient, action_api: str, user_agent: str, slots: asyncio.Semaphore) -> History:
    """The wikis' lists of contributions; ``slots`` bounds the questions in flight in the whole process."""
    return History(WikimediaContributions(ActionApi(client, action_api, user_agent, slots)))


async def attend(reach: Reach, program_id: int, show: Callable[[ProgramUpdate], None]) -> ProgramUpdate:
    """Update a program's history and ``show`` how it gets on, several times a second.

    Cancelled, it gives the job back at the place it has reached, for a worker or the next call. Raises UpstreamError
    at the first failure; a worker will try again.
    """
    async with reach.pool.acquire() as conn, conn.transaction():
        await queue.enqueue(conn, JobKind.BACKFILL, program_id)
        await queue.hasten(conn, JobKind.BACKFILL, program_id)
    working = asyncio.create_task(Dispatcher(reach.pool, handlers(reach), only=[program_id]).run())
    try:
        while True:
            if working.done():
                await working
            update = (await updates.of_programs(reach.pool, [program_id]))[program_id]
            show(update)
            if update.error is not None:
                raise UpstreamError(update.error)
            if update.state is UpdateState.DONE:
                return update
            await asyncio.sleep(LOOK_SECONDS)
    finally:
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)

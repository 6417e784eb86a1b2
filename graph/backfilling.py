# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading the history of programs at somebody's command, in this process."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial

import httpx

from graph.db import migrate, organizing_programs
from graph.db.pool import Pool, connect
from graph.db.updates import ProgramUpdate
from graph.errors import GraphError
from graph.jobs.attended import attend, history_of
from graph.jobs.backfill import Reach
from graph.wikimedia.action_api import IN_FLIGHT

# Is told a program's slug, how many of its editors were read and how many there are, how many contributions were
# found, and whether that is the end of it.
Show = Callable[[str, int, int, int, bool], None]


async def backfill(url: str, action_api: str, user_agent: str, slugs: Sequence[str], show: Show) -> None:
    """Read what was never read of these programs, one after the other, from the wikis at ``action_api``.

    Raises GraphError for a program that does not exist, before anything is read, and UpstreamError where the wikis
    cannot be asked. Interrupted, it can be called again, and goes on behind the last batch.
    """
    await migrate.migrate(url)
    async with await connect(url) as pool, httpx.AsyncClient(follow_redirects=False) as client:
        programs = await _numbers(pool, slugs)
        history = history_of(client, action_api, user_agent, asyncio.Semaphore(IN_FLIGHT))
        reach = Reach(pool, partial(datetime.now, UTC), history)
        for slug, number in programs.items():
            done = await attend(reach, number, partial(_show, show, slug))
            show(slug, done.done, done.total, done.edits, True)


def _show(show: Show, slug: str, update: ProgramUpdate) -> None:
    show(slug, update.done, update.total, update.edits, False)


async def _numbers(pool: Pool, slugs: Sequence[str]) -> dict[str, int]:
    numbers: dict[str, int] = {}
    async with pool.acquire() as conn:
        for slug in slugs:
            found = await organizing_programs.program_called(conn, slug)
            if found is None:
                raise GraphError(f"there is no program {slug!r}; its slug is the last part of its address")
            numbers[slug] = found
    return numbers

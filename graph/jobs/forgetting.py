# SPDX-License-Identifier: GPL-3.0-or-later
"""Forgetting: guesses of passcodes that slow nobody any more, forms of long ago, those who wanted no trace."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from graph.db import leaving, ledger, passcode_guesses, submissions
from graph.db.pool import Pool
from graph.resolvers.passcodes import REMEMBERED
from graph.resolvers.submitting import KEPT


class Reach(Protocol):
    """What the job needs of the process it runs in."""

    @property
    def pool(self) -> Pool:
        """The database."""

    @property
    def clock(self) -> Callable[[], datetime]:
        """The time, aware and in UTC."""


async def forget_people(reach: Reach) -> None:
    """One pass; whose edits are still in a program's numbers must wait for the next."""
    async with reach.pool.acquire() as conn:
        await passcode_guesses.forget(conn, reach.clock() - REMEMBERED)
        await submissions.forget(conn, reach.clock() - KEPT)
        unfinished = await leaving.unfinished(conn)
    for program_id, editor_id in unfinished:
        async with reach.pool.acquire() as conn, conn.transaction():
            await ledger.lock(conn)
            await leaving.finish(conn, program_id, editor_id)

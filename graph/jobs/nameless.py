# SPDX-License-Identifier: GPL-3.0-or-later
"""Taking nameless participants' edits into a program's numbers once tracking has ended, if there are enough of them."""

from __future__ import annotations

from datetime import datetime

from graph.db import cohorts, ledger, nameless
from graph.db.pool import Pool


async def count_nameless(pool: Pool, now: datetime) -> list[int]:
    """One pass over all programs; returns those whose numbers take such edits in from now on, or leave them out."""
    async with pool.acquire() as conn:
        programs = await nameless.changed(conn, now)
        for program_id in programs:
            async with conn.transaction():
                await ledger.lock(conn)
                await nameless.decide(conn, program_id, now)
                await cohorts.reassess_program(conn, program_id)
                await ledger.announce(conn)
    return programs

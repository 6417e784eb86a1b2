# SPDX-License-Identifier: GPL-3.0-or-later
"""How the update of each program's history is getting on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from graph.db.pool import Connection


class UpdateState(StrEnum):
    """WAITING for its turn, RUNNING, DONE, or FAILED; a failed one may be tried again by itself."""

    WAITING = "WAITING"
    RUNNING = "RUNNING"
    DONE = "DONE"
    FAILED = "FAILED"


@dataclass(frozen=True, slots=True)
class Drift:
    """What reconciliations had to mend, in edits."""

    added: int = 0
    changed: int = 0
    taken_back: int = 0


@dataclass(frozen=True, slots=True)
class ProgramUpdate:
    """The newest update of a program's history.

    ``done`` and ``total`` count editors times wikis, ``edits`` the contributions read. ``error`` is what went wrong
    last. ``reconciled_at`` is when the program was last compared with the wikis' own lists; ``drift`` is all that
    was ever found missing or wrong.
    """

    program_id: int
    state: UpdateState
    done: int
    total: int
    edits: int
    requested_at: datetime | None
    started_at: datetime | None
    finished_at: datetime | None
    error: str | None
    reconciled_at: datetime | None
    drift: Drift


async def ask(conn: Connection, program_id: int) -> None:
    """An update is wanted; one that runs goes on, and another comes after it."""
    await conn.execute(
        "INSERT INTO program_update AS u (program_id, state, requested_at) VALUES ($1, 'WAITING', now())"
        " ON CONFLICT (program_id) DO UPDATE SET requested_at = now(),"
        " state = CASE u.state WHEN 'RUNNING' THEN 'RUNNING' ELSE 'WAITING' END",
        program_id,
    )

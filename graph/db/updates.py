# SPDX-License-Identifier: GPL-3.0-or-later
"""How the update of each program's history is getting on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from graph.db.pool import Connection, Pool


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
        " ON CONFLICT (program_id) DO UPDATE SET requested_at = now(), error = NULL,"
        " state = CASE u.state WHEN 'RUNNING' THEN 'RUNNING' ELSE 'WAITING' END",
        program_id,
    )


async def asked_lately(conn: Connection, program_id: int, seconds: int) -> bool:
    """Whether an update was asked for in the last seconds."""
    return bool(
        await conn.fetchval(
            "SELECT EXISTS (SELECT FROM program_update"
            " WHERE program_id = $1 AND requested_at > now() - make_interval(secs => $2))",
            program_id,
            seconds,
        )
    )


async def state(conn: Connection, program_id: int) -> UpdateState | None:
    """How far the program's update is; None where there never was any."""
    found = await conn.fetchval("SELECT state FROM program_update WHERE program_id = $1", program_id)
    return None if found is None else UpdateState(found)


async def start(conn: Connection, program_id: int, now: datetime) -> None:
    """The update begins, or goes on where another worker left it; a program that was deleted has none."""
    await conn.execute(
        "INSERT INTO program_update AS u (program_id, state, started_at)"
        " SELECT id, 'RUNNING', $2 FROM program WHERE id = $1"
        " ON CONFLICT (program_id) DO UPDATE SET state = 'RUNNING', error = NULL, finished_at = NULL,"
        " started_at = CASE WHEN r.going_on THEN u.started_at ELSE $2 END,"
        " done = CASE WHEN r.going_on THEN u.done ELSE 0 END, total = CASE WHEN r.going_on THEN u.total ELSE 0 END,"
        " edits = CASE WHEN r.going_on THEN u.edits ELSE 0 END".replace(
            "r.going_on", "EXISTS (SELECT FROM fetching WHERE program_id = $1)"
        ),
        program_id,
        now,
    )


async def add_work(conn: Connection, program_id: int, editors: int) -> None:
    """There are so many more editors to read, each once for each wiki and time."""
    await conn.execute("UPDATE program_update SET total = total + $2 WHERE program_id = $1", program_id, editors)


async def advance(conn: Connection, program_id: int, editors: int, edits: int) -> None:
    """So many more editors were read to the end, and so many more contributions."""
    await conn.execute(
        "UPDATE program_update SET done = done + $2, edits = edits + $3 WHERE program_id = $1",
        program_id,
        editors,
        edits,
    )


# What was never compared with the wikis but was read just now needs no comparison for a while.
_FINISH = """
UPDATE program_update SET finished_at = $2, error = NULL,
    state = CASE WHEN $3 THEN 'WAITING' ELSE 'DONE' END,
    reconciled_at = greatest(reconciled_at, $2), verified_at = coalesce(verified_at, $2)
WHERE program_id = $1
"""


async def finish(conn: Connection, program_id: int, now: datetime, *, wanted_again: bool) -> None:
    """The update is done; ``wanted_again`` says whether another waits already."""
    await conn.execute(_FINISH, program_id, now, wanted_again)


async def fail(conn: Connection, program_id: int, error: str, *, final: bool) -> None:
    """The update failed; unless that is ``final`` it waits to be tried again."""
    await conn.execute(
        "UPDATE program_update SET state = CASE WHEN $3 THEN 'FAILED' ELSE 'WAITING' END, error = $2"
        " WHERE program_id = $1",
        program_id,
        error,
        final,
    )


_OF_PROGRAMS = """
SELECT u.program_id, u.state, u.done, u.total, u.edits, u.requested_at, u.started_at, u.finished_at, u.error,
       u.reconciled_at, d.added, d.changed, d.taken_back
FROM program_update u
CROSS JOIN LATERAL (
    SELECT coalesce(sum(added), 0)::bigint AS added, coalesce(sum(changed), 0)::bigint AS changed,
           coalesce(sum(taken_back), 0)::bigint AS taken_back
    FROM drift WHERE program_id = u.program_id
) d
WHERE u.program_id = ANY($1::bigint[])
"""


async def of_programs(pool: Pool, program_ids: Sequence[int]) -> dict[int, ProgramUpdate]:
    """The newest update of each program that had any."""
    rows = await pool.fetch(_OF_PROGRAMS, program_ids)
    return {row["program_id"]: _update(row) for row in rows}


def _update(row: Any) -> ProgramUpdate:
    return ProgramUpdate(
        program_id=row["program_id"],
        state=UpdateState(row["state"]),
        done=row["done"],
        total=row["total"],
        edits=row["edits"],
        requested_at=row["requested_at"],
        started_at=row["started_at"],
        finished_at=row["finished_at"],
        error=row["error"],
        reconciled_at=row["reconciled_at"],
        drift=Drift(row["added"], row["changed"], row["taken_back"]),
    )

# SPDX-License-Identifier: GPL-3.0-or-later
"""Which programs may have to be held against the wikis' own lists, and what that mended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from graph.db.pool import Connection, Pool
from graph.db.updates import Drift

# A consumer says every second or so that it lives; one that has been silent this long is taken for dead.
SILENCE = timedelta(seconds=10)
BEHIND = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Gap:
    """A time the stream could not tell about, both ends included."""

    id: int
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Candidate:
    """A program with editors that has begun.

    ``reconciled_at`` is when its recent contributions were last compared, ``verified_at`` when all were. ``gaps`` are
    those of the stream that lie in its time and for which it was not read yet. ``asked``: somebody wants it compared.
    """

    program_id: int
    start: datetime
    end: datetime
    reconciled_at: datetime | None
    verified_at: datetime | None
    gaps: tuple[Gap, ...]
    asked: bool = False


_TROUBLE = """
SELECT NOT coalesce(
    coalesce(s.upstream_lag, 0) + coalesce(s.own_lag, 0) <= extract(epoch FROM $3::interval)
    AND coalesce(greatest(l.complete_until, s.last_event_at) > $1::timestamptz - $3::interval,
                 s.connected AND s.heartbeat > $1::timestamptz - $2::interval), false)
FROM stream_state s, ledger l
"""


async def in_trouble(conn: Connection, now: datetime) -> bool:
    """Whether the stream has told nothing for a minute, or is more than a minute behind."""
    return bool(await conn.fetchval(_TROUBLE, now, SILENCE, BEHIND))


_CANDIDATES = """
SELECT p.id, p.tracking_start, p.tracking_end, u.reconciled_at, u.verified_at, g.ids, g.starts, g.ends,
       coalesce(u.verified_at = 'epoch', false) AS asked
FROM program p
LEFT JOIN program_update u ON u.program_id = p.id
LEFT JOIN LATERAL (
    SELECT array_agg(g.id ORDER BY g.id) AS ids, array_agg(g.from_at ORDER BY g.id) AS starts,
           array_agg(g.to_at ORDER BY g.id) AS ends
    FROM stream_gap g
    WHERE NOT g.reconciled AND g.from_at <= p.tracking_end AND g.to_at >= p.tracking_start
      AND NOT EXISTS (SELECT FROM gap_filled f WHERE f.gap_id = g.id AND f.program_id = p.id)
) g ON true
WHERE ($1::bigint IS NULL OR p.id = $1) AND p.withdrawn_at IS NULL AND p.tracking_start <= $2
  AND (p.tracking_end >= $2::timestamptz - $3::interval OR g.ids IS NOT NULL OR u.verified_at = 'epoch')
  AND EXISTS (SELECT FROM enrollment n WHERE n.program_id = p.id AND n.role = 'EDITOR')
ORDER BY u.reconciled_at NULLS FIRST, p.id
"""


async def candidates(
    conn: Connection, now: datetime, afterwards: timedelta, program_id: int | None = None
) -> list[Candidate]:
    """The programs (or this one, if it is among them) that have begun and ended no longer ago than ``afterwards``.

    Those that waited longest come first; one that has to be read for a gap is among them however old it is.
    """
    return [_candidate(row) for row in await conn.fetch(_CANDIDATES, program_id, now, afterwards)]


def _candidate(row: Any) -> Candidate:
    gaps = zip(row["ids"] or (), row["starts"] or (), row["ends"] or (), strict=True)
    return Candidate(
        row["id"],
        row["tracking_start"],
        row["tracking_end"],
        row["reconciled_at"],
        row["verified_at"],
        tuple(Gap(*gap) for gap in gaps),
        row["asked"],
    )


async def compare_all(conn: Connection, program_id: int) -> None:
    """Somebody wants all of the program compared, however lately it was; there is an update of it."""
    await conn.execute("UPDATE program_update SET verified_at = 'epoch' WHERE program_id = $1", program_id)


async def fill(conn: Connection, program_id: int, gaps: Sequence[Gap]) -> None:
    """The program was read again for these gaps."""
    await conn.executemany(
        "INSERT INTO gap_filled (gap_id, program_id) VALUES ($1, $2) ON CONFLICT DO NOTHING",
        [(gap.id, program_id) for gap in gaps],
    )


_CLOSE = """
UPDATE stream_gap g SET reconciled = true
WHERE NOT reconciled AND NOT EXISTS (
    SELECT FROM program p
    WHERE p.withdrawn_at IS NULL AND g.from_at <= p.tracking_end AND g.to_at >= p.tracking_start
      AND EXISTS (SELECT FROM enrollment n WHERE n.program_id = p.id AND n.role = 'EDITOR')
      AND NOT EXISTS (SELECT FROM gap_filled f WHERE f.gap_id = g.id AND f.program_id = p.id))
"""


async def close_gaps(conn: Connection) -> None:
    """Mark the gaps for which every program was read that they concern."""
    await conn.execute(_CLOSE)


async def begin(conn: Connection, program_id: int, now: datetime) -> int:
    """A reconciliation begins; returns the number under which it counts what it mends."""
    return int(await conn.fetchval("INSERT INTO drift (program_id, at) VALUES ($1, $2) RETURNING id", program_id, now))


async def mended(conn: Connection, run: int, drift: Drift) -> None:
    """A reconciliation mended so much more, in this transaction."""
    if drift != Drift():
        await conn.execute(
            "UPDATE drift SET added = added + $2, changed = changed + $3, taken_back = taken_back + $4 WHERE id = $1",
            run,
            drift.added,
            drift.changed,
            drift.taken_back,
        )


_END = """
INSERT INTO program_update AS u (program_id, state, reconciled_at, verified_at)
VALUES ($1, 'DONE', $2, CASE WHEN $3 THEN $2::timestamptz END)
ON CONFLICT (program_id) DO UPDATE
SET reconciled_at = excluded.reconciled_at, verified_at = CASE WHEN $3 THEN $2::timestamptz ELSE u.verified_at END
"""


async def end(conn: Connection, program_id: int, run: int, now: datetime, *, whole: bool) -> None:
    """A reconciliation that began at ``now`` is done; one that mended nothing leaves no trace but the time."""
    await conn.execute("DELETE FROM drift WHERE id = $1 AND added = 0 AND changed = 0 AND taken_back = 0", run)
    await conn.execute(_END, program_id, now, whole)


async def drift_of_all(pool: Pool) -> Drift:
    """What all reconciliations of all programs ever mended."""
    row = await pool.fetchrow(
        "SELECT coalesce(sum(added), 0)::bigint, coalesce(sum(changed), 0)::bigint,"
        " coalesce(sum(taken_back), 0)::bigint FROM drift"
    )
    return Drift(*row)

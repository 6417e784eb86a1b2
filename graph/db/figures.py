# SPDX-License-Identifier: GPL-3.0-or-later
"""What an operator watches, read in a few small statements. No names of programs or people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from graph.db.pool import Connection

_STREAM = """
SELECT connected, upstream_lag, own_lag, events, matched, batches, batch_seconds,
       extract(epoch FROM now() - last_event_at)::float8 AS event_age,
       extract(epoch FROM now() - heartbeat)::float8 AS heartbeat_age,
       (SELECT count(*) FROM stream_gap WHERE NOT reconciled) AS gaps,
       (SELECT number FROM ledger) AS ledger_number,
       (SELECT coalesce(sum(times), 0)::bigint FROM rejected_event) AS rejected,
       (SELECT count(*) FROM due_reassessment) AS due_reassessments
FROM stream_state
"""
_DRIFT = """
SELECT coalesce(sum(added), 0)::bigint AS added, coalesce(sum(changed), 0)::bigint AS changed,
       coalesce(sum(taken_back), 0)::bigint AS taken_back FROM drift
"""
_JOBS = """
SELECT convert_from(payload, 'UTF8') AS kind, status::text AS status, count(*) AS jobs
FROM jobs.pgqueuer GROUP BY 1, 2 ORDER BY 1, 2
"""


@dataclass(frozen=True, slots=True)
class Figures:
    """By name: what the consumers tell (ages and lags in seconds, None where unknown), drift, and jobs by kind and
    status (queued, picked, failed)."""

    stream: Mapping[str, float | None]
    drift: Mapping[str, int]
    jobs: Mapping[tuple[str, str], int]


async def read(conn: Connection) -> Figures:
    """Read them as they are now."""
    stream = await conn.fetchrow(_STREAM)
    drift = await conn.fetchrow(_DRIFT)
    assert stream is not None
    assert drift is not None
    jobs = {(row["kind"], row["status"]): int(row["jobs"]) for row in await conn.fetch(_JOBS)}
    return Figures(dict(stream), dict(drift), jobs)

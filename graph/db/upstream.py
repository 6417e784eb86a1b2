# SPDX-License-Identifier: GPL-3.0-or-later
"""What the consumer last said of the wikis' stream, and what the stream could not tell."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from graph.db.pool import Pool


@dataclass(frozen=True, slots=True)
class Gap:
    """A time the stream could not tell about; ``reconciled`` once the wikis' own lists have filled it."""

    start: datetime
    end: datetime
    reconciled: bool


@dataclass(frozen=True, slots=True)
class StreamState:
    """What the consumer last said. ``heartbeat`` is when it said so; the lags are in seconds."""

    connected: bool
    heartbeat: datetime | None
    last_event_at: datetime | None
    upstream_lag: float | None
    own_lag: float | None
    gaps: tuple[Gap, ...]


_STATE = """
SELECT s.connected, s.heartbeat, s.last_event_at, s.upstream_lag, s.own_lag, g.from_at, g.to_at, g.reconciled
FROM stream_state s
LEFT JOIN (SELECT * FROM stream_gap ORDER BY to_at DESC, id DESC LIMIT 100) g ON true
ORDER BY g.to_at DESC, g.id DESC
"""


async def state(pool: Pool) -> StreamState:
    """The state of the stream; its gaps newest first, at most a hundred."""
    rows = await pool.fetch(_STATE)
    first = rows[0]
    return StreamState(
        connected=first["connected"],
        heartbeat=first["heartbeat"],
        last_event_at=first["last_event_at"],
        upstream_lag=first["upstream_lag"],
        own_lag=first["own_lag"],
        gaps=tuple(Gap(row["from_at"], row["to_at"], row["reconciled"]) for row in rows if row["from_at"] is not None),
    )

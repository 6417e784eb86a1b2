# SPDX-License-Identifier: GPL-3.0-or-later
"""How far the stream has been counted, how it is doing, and what it could not tell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec

from graph.db.pool import Connection
from graph.edits import Rejected

# Early news older than this concerns nobody: the streams' topics run at most hours apart.
EARLY_NEWS_KEPT = "48 hours"


@dataclass(frozen=True, slots=True)
class StreamState:
    """What the consumer says of its stream: lags in seconds, ``last_event_at`` by the consumer's clock."""

    connected: bool
    last_event_at: datetime | None
    upstream_lag: float | None
    own_lag: float | None


@dataclass(slots=True)
class Tally:
    """What a consumer has done since it was last asked: events read, edits in batches, seconds they took."""

    events: int = 0
    matched: int = 0
    batches: int = 0
    seconds: float = 0.0
    _known: int = 0

    def add(self, *, edits: int, seconds: float) -> None:
        """One batch was ingested, with so many edits of enrolled editors."""
        self.batches += 1
        self.matched += edits
        self.seconds += seconds

    def since(self, events: int) -> Tally:
        """What is new; ``events`` counts those of the stream's connection from its start."""
        new = Tally(max(events - self._known, 0), self.matched, self.batches, self.seconds)
        self.matched, self.batches, self.seconds, self._known = 0, 0, 0.0, events
        return new


async def checkpoint(conn: Connection) -> dict[str, int] | None:
    """The newest event time counted on each topic (ms since 1970); None before the first batch."""
    saved = msgspec.json.decode(await conn.fetchval("SELECT checkpoint FROM ledger"), type=dict[str, int])
    return saved or None


async def save_checkpoint(conn: Connection, topics: Mapping[str, int], complete_until: datetime | None) -> None:
    """Remember how far everything is counted, in the transaction that counted it. Never goes back."""
    await conn.execute(
        "UPDATE ledger SET checkpoint = $1, complete_until = greatest(complete_until, $2)",
        msgspec.json.encode(topics).decode(),
        complete_until,
    )


async def save_rejected(conn: Connection, rejected: Sequence[Rejected]) -> None:
    """Count refused events by reason and keep the newest sample of each."""
    times: dict[str, int] = {}
    samples: dict[str, str] = {}
    for each in rejected:
        times[each.reason] = times.get(each.reason, 0) + 1
        # PostgreSQL's text holds every character but this one.
        samples[each.reason] = each.sample.replace("\x00", "\N{REPLACEMENT CHARACTER}")
    await conn.executemany(
        "INSERT INTO rejected_event AS r (reason, times, sample) VALUES ($1, $2, $3)"
        " ON CONFLICT (reason) DO UPDATE SET times = r.times + $2, sample = $3, last_at = now()",
        [(reason, times[reason], samples[reason]) for reason in sorted(times)],
    )


async def save_state(conn: Connection, state: StreamState, now: datetime) -> None:
    """Say how the stream is doing; ``now`` is the heartbeat by which a dead consumer is noticed."""
    await conn.execute(
        "UPDATE stream_state SET connected = $1, last_event_at = coalesce($2, last_event_at),"
        " upstream_lag = $3, own_lag = $4, heartbeat = $5",
        state.connected,
        state.last_event_at,
        state.upstream_lag,
        state.own_lag,
        now,
    )


async def save_tally(conn: Connection, tally: Tally) -> None:
    """Add what a consumer has done to what all of them ever did."""
    await conn.execute(
        "UPDATE stream_state SET events = events + $1, matched = matched + $2, batches = batches + $3,"
        " batch_seconds = batch_seconds + $4",
        tally.events,
        tally.matched,
        tally.batches,
        tally.seconds,
    )


async def save_gap(conn: Connection, start: datetime, end: datetime) -> None:
    """Record a time that the stream no longer holds; the same gap is recorded once."""
    await conn.execute(
        "INSERT INTO stream_gap (from_at, to_at) SELECT $1, $2"
        " WHERE NOT EXISTS (SELECT 1 FROM stream_gap WHERE from_at = $1)",
        start,
        end,
    )


async def forget_early_news(conn: Connection) -> None:
    """Drop news of pages and revisions whose edits never came.

    Waits for nobody: the consumer may hold one of these rows and want another, and would be the one to fail.
    """
    await conn.execute(
        "DELETE FROM early_change WHERE (wiki, kind, key) IN"
        " (SELECT wiki, kind, key FROM early_change WHERE as_of < now() - $1::text::interval FOR UPDATE SKIP LOCKED)",
        EARLY_NEWS_KEPT,
    )

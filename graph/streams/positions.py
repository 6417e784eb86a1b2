# SPDX-License-Identifier: GPL-3.0-or-later
"""How far the stream has been read, and where to go on after a break.

Pure: no I/O, no clock. The id the server sends is never sent back. It names the millisecond after the last event, so
neighbours of the same millisecond would be skipped, and it says "from the end" for a datacenter not heard of yet, so a
switch during a break would be lost. Instead every topic of both datacenters is asked for by a time that lies
``OVERLAP_MS`` before the newest event seen on it; what comes twice is counted once, because edits are keyed.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from graph.streams.events import PAGE_CHANGE, STREAMS

DATACENTERS: Final = ("eqiad", "codfw")
TOPICS: Final = tuple(f"{datacenter}.{stream}" for stream in STREAMS for datacenter in DATACENTERS)
OVERLAP_MS: Final = 60_000
RETENTION: Final = timedelta(days=7)  # what Wikimedia's brokers keep at least


class Positions:
    """The newest event time of each topic, in milliseconds since 1970.

    Without a checkpoint all topics begin at ``now_ms``. A topic the checkpoint does not know begins where the one
    furthest behind stands: nothing says that less of it was missed.
    """

    def __init__(self, checkpoint: Mapping[str, int] | None, now_ms: int, retention: timedelta = RETENTION) -> None:
        known = {topic: ms for topic, ms in (checkpoint or {}).items() if topic in TOPICS}
        start = min(known.values(), default=now_ms)
        self._newest = {topic: known.get(topic, start) for topic in TOPICS}
        self._retention_ms = retention // timedelta(milliseconds=1)
        self._asked: tuple[str, int] | None = None

    def checkpoint(self) -> dict[str, int]:
        """The newest event time of each topic, as a value of its own."""
        return dict(self._newest)

    def last_event_id(self, now_ms: int) -> str:
        """The header to connect with: for every topic the time from which to send."""
        busiest = max((topic for topic in TOPICS if topic.endswith(PAGE_CHANGE)), key=self._newest.__getitem__)
        asked = self._newest[busiest]
        self._asked = (busiest, asked) if now_ms - asked > self._retention_ms else None
        entries = [
            {"topic": topic, "partition": 0, "timestamp": max(0, ms - OVERLAP_MS)} for topic, ms in self._newest.items()
        ]
        return msgspec.json.encode(entries).decode()

    def advance(self, topic: str, dt_ms: int, now_ms: int) -> tuple[datetime, datetime] | None:
        """Take note of an event; return the gap it betrays, as (from, to), if any.

        A time in the future is taken for now: else one absurd event would make the next start skip everything. The
        gap is judged by the first event of the topic that was ahead: if the broker had forgotten where we stood, it
        begins with the oldest it still has, and says nothing.
        """
        newest = self._newest.get(topic)
        if newest is None:
            return None
        dt_ms = min(dt_ms, now_ms)
        if dt_ms > newest:
            self._newest[topic] = dt_ms
        if self._asked is None or self._asked[0] != topic:
            return None
        asked, self._asked = self._asked[1], None
        return (instant(asked), instant(dt_ms)) if dt_ms > asked else None


def instant(ms: int) -> datetime:
    """Milliseconds since 1970 as an aware datetime in UTC."""
    return datetime.fromtimestamp(ms / 1000, UTC)

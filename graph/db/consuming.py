# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may consume: one process, by a lock that dies with its connection; and by which rules it does."""

from __future__ import annotations

from datetime import datetime, timedelta

from graph.db.pool import Connection

# Any number will do as long as every process of ours uses it.
LOCK = 7_166_002


async def become_the_consumer(conn: Connection) -> bool:
    """Whether this connection is now the one that ingests the stream; it stays so until it closes."""
    return bool(await conn.fetchval("SELECT pg_try_advisory_lock($1)", LOCK))


async def acknowledge(conn: Connection, version: int, now: datetime) -> None:
    """The consumer matches by the rules of this version from ``now`` on."""
    await conn.execute(
        "UPDATE consumer_index SET rules_version = $1, at = $2 WHERE rules_version <> $1 OR at IS NULL", version, now
    )


async def acknowledged_at(conn: Connection) -> datetime | None:
    """Since when the consumer has matched by the rules it goes by."""
    found: datetime | None = await conn.fetchval("SELECT at FROM consumer_index")
    return found


_WAITED_FOR = """
SELECT NOT s.connected OR coalesce(s.heartbeat < $2::timestamptz - $3::interval, true) OR i.rules_version >= $1
FROM stream_state s, consumer_index i
"""


async def goes_by(conn: Connection, version: int, now: datetime, silence: timedelta) -> bool:
    """Whether the consumer matches by the rules of this version, or does not read the stream at all."""
    return bool(await conn.fetchval(_WAITED_FOR, version, now, silence))

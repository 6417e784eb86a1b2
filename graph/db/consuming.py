# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may consume: one process, by a lock that dies with its connection."""

from __future__ import annotations

from graph.db.pool import Connection

# Any number will do as long as every process of ours uses it.
LOCK = 7_166_002


async def become_the_consumer(conn: Connection) -> bool:
    """Whether this connection is now the one that ingests the stream; it stays so until it closes."""
    return bool(await conn.fetchval("SELECT pg_try_advisory_lock($1)", LOCK))

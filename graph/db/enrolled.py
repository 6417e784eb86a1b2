# SPDX-License-Identifier: GPL-3.0-or-later
"""Everybody whose edits may count, for the consumer's index.

There may be a hundred thousand of them, and a change of the rules concerns a few: editors are dealt into ``BUCKETS`` by
their number, and only the buckets whose digest changed are read again.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Collection

from graph.db.pool import Connection
from graph.matching import Enrolled

BUCKETS = 1024
AT_ONCE = 500  # rows between two turns of the event loop

# Each enrolled editor with the hull of the tracking windows of their programs.
_EVERYBODY = """
SELECT e.id, e.central_id, e.username, min(p.tracking_start) AS earliest, max(p.tracking_end) AS latest
FROM enrollment n JOIN editor e ON e.id = n.editor_id JOIN program p ON p.id = n.program_id
WHERE n.role = 'EDITOR' GROUP BY e.id
"""
_DIGESTS = """
SELECT (id % $1)::int, bit_xor(hash_record_extended(everybody, 0)) FROM (/*EVERYBODY*/) AS everybody GROUP BY 1
""".replace("/*EVERYBODY*/", _EVERYBODY)
_OF_BUCKETS = "SELECT * FROM (/*EVERYBODY*/) AS everybody WHERE (id % $1)::int = ANY($2::int[])".replace(
    "/*EVERYBODY*/", _EVERYBODY
)


async def rules_version(conn: Connection) -> int:
    """Grows with every change of a rule (who is enrolled, which windows)."""
    return int(await conn.fetchval("SELECT rules_version FROM ledger"))


async def digests(conn: Connection) -> dict[int, int]:
    """Each bucket that holds anybody → a number that changes with anything about anybody in it."""
    return {row[0]: row[1] for row in await conn.fetch(_DIGESTS, BUCKETS)}


async def of_buckets(conn: Connection, buckets: Collection[int]) -> AsyncGenerator[Enrolled, None]:
    """Everybody in these buckets. Opens a transaction; the event loop runs between every AT_ONCE of them."""
    async with conn.transaction():
        async for row in conn.cursor(_OF_BUCKETS, BUCKETS, list(buckets), prefetch=AT_ONCE):
            yield Enrolled(*row)

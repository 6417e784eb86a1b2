# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs whose stored edits are to be decided anew by the worker, because there are too many to do it at once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from graph.db.pool import Connection
from graph.db.queue import JobKind, enqueue

# As many edits as can be decided anew, and counted, while others wait for the ledger: about a tenth of a second.
AT_ONCE = 500

_DEFER = """
INSERT INTO due_reassessment (program_id) SELECT id FROM unnest($1::bigint[]) AS id ORDER BY 1
ON CONFLICT (program_id) DO UPDATE SET since = clock_timestamp()
"""

_DONE = """
DELETE FROM due_reassessment d USING unnest($1::bigint[], $2::timestamptz[]) AS t(program_id, since)
WHERE d.program_id = t.program_id AND d.since = t.since
"""

Due = tuple[int, datetime]


async def defer(conn: Connection, program_ids: Sequence[int]) -> None:
    """Leave these programs to the worker, in the transaction that changed their rules."""
    await conn.execute(_DEFER, program_ids)
    # One job does all that is due by then; it is asked for under the first of them.
    await enqueue(conn, JobKind.REASSESS, min(program_ids))


async def due(conn: Connection) -> list[Due]:
    """What waits, and since when."""
    return [tuple(row) for row in await conn.fetch("SELECT program_id, since FROM due_reassessment ORDER BY 1")]


async def done(conn: Connection, programs: Sequence[Due]) -> None:
    """Strike these off, but for those that were asked for again since."""
    await conn.execute(_DONE, [program for program, _ in programs], [since for _, since in programs])


async def few(conn: Connection, which: str, *values: object) -> bool:
    """Whether ``which`` (graph/db/facts.py) selects few enough stored edits to be decided at once."""
    statement = "SELECT count(*) <= /*MOST*/ FROM (SELECT FROM edit e WHERE /*WHICH*/ LIMIT /*MOST*/ + 1) AS first"
    statement = statement.replace("/*MOST*/", str(AT_ONCE)).replace("/*WHICH*/", which)
    return bool(await conn.fetchval(statement, *values))

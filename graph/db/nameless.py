# SPDX-License-Identifier: GPL-3.0-or-later
"""Participants who count without being findable (docs/metrics.md, "Nameless participants").

A program with any has a second collection, ``everybody_id``, that counts their edits as well, for those who may see
them; so have its sessions. The program's own numbers leave those edits out until tracking has ended, and take them in
then, all at once, if at least ``ENOUGH`` such participants have edits: fewer could be told apart.
"""

from __future__ import annotations

from datetime import datetime

from graph.db.ledger import create_collection
from graph.db.pool import Connection
from graph.programs import CollectionKind

ENOUGH = 3

_MISSING = """
SELECT p.id, true AS program FROM program p WHERE p.id = $1 AND p.everybody_id IS NULL
AND EXISTS (SELECT FROM enrollment n WHERE n.program_id = p.id AND n.role = 'EDITOR' AND NOT n.show_name)
UNION ALL
SELECT s.id, false FROM session s JOIN program p ON p.id = s.program_id
WHERE p.id = $1 AND s.everybody_id IS NULL
AND (p.everybody_id IS NOT NULL
     OR EXISTS (SELECT FROM enrollment n WHERE n.program_id = p.id AND n.role = 'EDITOR' AND NOT n.show_name))
ORDER BY 2 DESC, 1
"""

# Whether the programs $1 (all: NULL) should count their nameless participants at the time $2 (NULL: now).
_DECISION = """
SELECT p.id, p.tracking_end < coalesce($2::timestamptz, now()) AND (
    SELECT count(*) FROM enrollment n JOIN collection k ON k.id = p.everybody_id
    JOIN editor_tally t ON t.generation = k.generation AND t.editor_id = n.editor_id
    WHERE n.program_id = p.id AND n.role = 'EDITOR' AND NOT n.show_name AND (t.edits > 0 OR t.uploads > 0)
) >= /*ENOUGH*/ AS counted, p.nameless_counted
FROM program p WHERE p.everybody_id IS NOT NULL AND ($1::bigint IS NULL OR p.id = $1)
""".replace("/*ENOUGH*/", str(ENOUGH))

_CHANGED = "SELECT id FROM (/*DECISION*/) d WHERE counted <> nameless_counted ORDER BY id".replace(
    "/*DECISION*/", _DECISION
)
_DECIDE = """
UPDATE program p SET nameless_counted = d.counted FROM (/*DECISION*/) d
WHERE p.id = d.id AND d.counted <> d.nameless_counted RETURNING p.id
""".replace("/*DECISION*/", _DECISION)


async def prepare(conn: Connection, program_id: int) -> list[int]:
    """Give the program and its sessions their second collections, where they need them; returns the new ones.

    They are empty: the caller brings their coverage in line with the rules.
    """
    made = []
    for row in await conn.fetch(_MISSING, program_id):
        kind = CollectionKind.PROGRAM if row["program"] else CollectionKind.SESSION
        number = await create_collection(conn, kind)
        statement = "UPDATE /*TABLE*/ SET everybody_id = $2 WHERE id = $1"
        await conn.execute(
            statement.replace("/*TABLE*/", "program" if row["program"] else "session"), row["id"], number
        )
        made.append(number)
    return made


async def changed(conn: Connection, now: datetime) -> list[int]:
    """The programs that should take their nameless participants' edits in by now, or leave them out again."""
    return [row["id"] for row in await conn.fetch(_CHANGED, None, now)]


async def decide(conn: Connection, program_id: int, now: datetime | None = None) -> None:
    """Take them in, or leave them out, as a rule of the program; the caller decides its stored edits anew."""
    await conn.execute(_DECIDE, program_id, now)

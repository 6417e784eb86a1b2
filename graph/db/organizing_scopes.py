# SPDX-License-Identifier: GPL-3.0-or-later
"""Asking for the scopes of programs to be read, giving a program those of another, and what a program has in all."""

from __future__ import annotations

from collections.abc import Sequence

from graph.db import queue, scopes
from graph.db.pool import Connection, Pool
from graph.db.queue import JobKind
from graph.db.scopes import Scope
from graph.db.visibility import PROGRAM_SEEN, Viewer, bound

_SEEN = bound(
    "SELECT DISTINCT s.program_id FROM scope s JOIN program p ON p.id = s.program_id"
    " WHERE s.id = ANY($1::bigint[]) AND /*SEEN*/".replace("/*SEEN*/", PROGRAM_SEEN),
    2,
    3,
)

_EMPTY = """
SELECT p.id FROM program p WHERE p.id = ANY($1::bigint[]) AND p.type = 'ARTICLE_SCOPED'
AND NOT EXISTS (SELECT FROM scope s WHERE s.program_id = p.id AND s.size > 0)
"""

_CLONE = """
INSERT INTO scope (program_id, kind, wiki_id, value, depth, added_by)
SELECT $2, kind, wiki_id, value, depth, $3 FROM scope WHERE program_id = $1 ORDER BY id
"""


async def ask(conn: Connection, program_id: int, *scope_ids: int) -> None:
    """Have the program's scopes (those named, else all) read as soon as a worker is free, in this transaction.

    One that is being read just now goes on.
    """
    await conn.execute(
        "UPDATE scope SET state = 'WAITING' WHERE program_id = $1 AND state <> 'READING'"
        " AND ($2::bigint[] = '{}' OR id = ANY($2))",
        program_id,
        scope_ids,
    )
    await queue.enqueue(conn, JobKind.REFRESH, program_id)
    await queue.hasten(conn, JobKind.REFRESH, program_id)


async def asked_lately(conn: Connection, program_id: int, seconds: int) -> bool:
    """Whether any of the program's scopes was begun to be read in the last seconds."""
    return bool(
        await conn.fetchval(
            "SELECT EXISTS (SELECT FROM scope WHERE program_id = $1 AND tried_at > now() - make_interval(secs => $2))",
            program_id,
            seconds,
        )
    )


async def clone(conn: Connection, model_id: int, program_id: int, added_by: int) -> None:
    """Give a program the scopes of another, to be read anew."""
    copied = await conn.execute(_CLONE, model_id, program_id, added_by)
    if copied != "INSERT 0 0":
        await ask(conn, program_id)


async def by_ids(pool: Pool, viewer: Viewer, ids: Sequence[int]) -> dict[int, Scope]:
    """The scopes with these numbers whose programs exist for the viewer."""
    rows = await pool.fetch(_SEEN, ids, viewer.editor_id, viewer.is_admin)
    found = await scopes.of_programs(pool, [row["program_id"] for row in rows])
    return {scope.id: scope for some in found.values() for scope in some if scope.id in ids}


async def without_articles(pool: Pool, program_ids: Sequence[int]) -> set[int]:
    """Those of the programs that are article-scoped and have no article in any scope: nothing counts there."""
    return {row["id"] for row in await pool.fetch(_EMPTY, program_ids)}

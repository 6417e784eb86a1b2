# SPDX-License-Identifier: GPL-3.0-or-later
"""Leaving articles out of a program and taking them in again; called under the ledger's lock.

The edits of the one page move at once; where these are many, the worker decides the program's edits anew.
"""

from __future__ import annotations

from graph.activity import RetractionReason
from graph.db import cohorts
from graph.db.due import few
from graph.db.facts import OF_PAGES, as_activity, post_as_history, recount
from graph.db.goals import reach
from graph.db.ledger import post
from graph.db.pool import Connection

# An article of a program is a page that an editor of it edited in its window, whether or not the edit counts now.
_CONCERNS = """
SELECT EXISTS (
    SELECT 1 FROM program p JOIN enrollment n ON n.program_id = p.id AND n.role = 'EDITOR'
    JOIN edit e ON e.editor_id = n.editor_id AND e.at BETWEEN p.tracking_start AND p.tracking_end
    WHERE p.id = $1 AND e.page_key = $2
) OR EXISTS (SELECT 1 FROM exclusion WHERE program_id = $1 AND page_key = $2)
"""


async def concerns(conn: Connection, program_id: int, page_key: int) -> bool:
    """Whether the page is one of the program's articles, be it excluded or deleted."""
    return bool(await conn.fetchval(_CONCERNS, program_id, page_key))


async def exclude(conn: Connection, program_id: int, page_key: int, editor_id: int) -> None:
    """Take an article's edits out of the program, and their cards off its screens; harmless when repeated."""
    made = await conn.fetchval(
        "INSERT INTO exclusion (program_id, page_key, editor_id) VALUES ($1, $2, $3)"
        " ON CONFLICT DO NOTHING RETURNING 1",
        program_id,
        page_key,
        editor_id,
    )
    if made is None:
        return
    if await few(conn, OF_PAGES, [page_key]):
        shifts = await recount(conn, OF_PAGES, [page_key])
        await post(conn, as_activity(shifts, RetractionReason.EXCLUDED))
    else:
        await cohorts.reassess_program(conn, program_id, RetractionReason.EXCLUDED)


async def include(conn: Connection, program_id: int, page_key: int) -> None:
    """Count an article's edits in the program again; harmless when repeated."""
    gone = await conn.fetchval(
        "DELETE FROM exclusion WHERE program_id = $1 AND page_key = $2 RETURNING 1", program_id, page_key
    )
    if gone is None:
        return
    if await few(conn, OF_PAGES, [page_key]):
        await post_as_history(conn, await recount(conn, OF_PAGES, [page_key]))
        await reach(conn, [program_id])
    else:
        await cohorts.reassess_program(conn, program_id)

# SPDX-License-Identifier: GPL-3.0-or-later
"""Deleting programs, sessions and campaigns, with every number kept for them.

Called inside a transaction that holds the ledger's lock. What is deleted takes its numbers along as they are; only the
collections that stay, those above it, are counted down: at once, or by the worker where that moves many edits.
"""

from __future__ import annotations

from collections.abc import Sequence

from graph.db import cohorts
from graph.db.due import defer, few
from graph.db.facts import OF_REVISIONS, OF_SETS, recount
from graph.db.pool import Connection
from graph.db.sets import sets_of_programs

_OWN = """
SELECT unnest(ARRAY[p.id, p.everybody_id]) AS id FROM program p WHERE p.id = $1
UNION SELECT unnest(ARRAY[s.id, s.everybody_id]) FROM session s WHERE s.program_id = $1
"""
_ABOVE = """
SELECT cp.campaign_id AS id FROM campaign_program cp WHERE cp.program_id = $1
UNION SELECT k.organization_id FROM campaign_program cp JOIN campaign k ON k.id = cp.campaign_id
WHERE cp.program_id = $1 AND k.organization_id IS NOT NULL ORDER BY 1
"""
# Nobody is given a slug again: an old link never leads to another program.
_RETIRE = "INSERT INTO retired_slug (slug) SELECT slug FROM program WHERE id = $1 ON CONFLICT DO NOTHING"


async def delete_program(conn: Connection, program_id: int) -> None:
    """Delete a program with its sessions, goals and people; campaigns and organizations count it no more."""
    own = [row["id"] for row in await conn.fetch(_OWN, program_id) if row["id"] is not None]
    above = [row["id"] for row in await conn.fetch(_ABOVE, program_id)]
    sets = await sets_of_programs(conn, [program_id])
    await conn.execute(_RETIRE, program_id)
    await _drop(conn, own)
    await cohorts.cover(conn, [program_id], left=above)
    await _leave(conn, program_id, sets)


async def _leave(conn: Connection, program_id: int, sets: Sequence[int]) -> None:
    """Take the edits out of the sets that the program is a member of still: most move no number any more."""
    if not await few(conn, OF_SETS, sets):
        await defer(conn, [program_id])
        return
    edits = await conn.fetch("SELECT wiki_id, revision_id, editor_id FROM edit WHERE set_id = ANY($1::int[])", sets)
    await recount(conn, OF_REVISIONS, [row["wiki_id"] for row in edits], [row["revision_id"] for row in edits])
    for table in ("article_editor_tally", "wiki_editor_tally"):
        await conn.execute(f"DELETE FROM {table} WHERE set_id = ANY($1::int[]) AND edits = 0", sets)  # noqa: S608 - our own names
    await conn.execute(
        "DELETE FROM editor_day_tally WHERE editor_id = ANY($2::bigint[]) AND set_id = ANY($1::int[]) AND edits = 0",
        sets,
        sorted({row["editor_id"] for row in edits}),
    )


async def delete_session(conn: Connection, program_id: int, session_id: int) -> None:
    """Delete a session of the program, whose edits stay."""
    row = await conn.fetchrow("SELECT everybody_id FROM session WHERE id = $1", session_id)
    await _drop(conn, [number for number in (session_id, row and row["everybody_id"]) if number is not None])
    await cohorts.reassess_program(conn, program_id)


async def delete_campaign(conn: Connection, campaign_id: int, organization_id: int | None) -> None:
    """Delete a campaign, whose programs stay; its organization counts them by its other campaigns only."""
    rows = await conn.fetch("SELECT program_id FROM campaign_program WHERE campaign_id = $1 ORDER BY 1", campaign_id)
    await _drop(conn, [campaign_id])
    if organization_id is not None and rows:
        await cohorts.cover(conn, [row["program_id"] for row in rows], left=[organization_id])


async def _drop(conn: Connection, collections: Sequence[int]) -> None:
    """Delete collections with their tallies and activity, and with them the rows that have their numbers."""
    rows = await conn.fetch("SELECT generation FROM collection WHERE id = ANY($1::bigint[])", collections)
    generations = [row["generation"] for row in rows]
    for table in ("article_tally", "editor_tally", "wiki_tally", "timeline_tally"):
        await conn.execute(f"DELETE FROM {table} WHERE generation = ANY($1::bigint[])", generations)  # noqa: S608 - our own names
    for table in ("set_coverage", "activity"):
        await conn.execute(f"DELETE FROM {table} WHERE collection_id = ANY($1::bigint[])", collections)  # noqa: S608 - our own names
    await conn.execute("DELETE FROM collection WHERE id = ANY($1::bigint[])", collections)

# SPDX-License-Identifier: GPL-3.0-or-later
"""Deleting programs, sessions and campaigns, with every number kept for them.

Called inside a transaction that holds the ledger's lock. What is deleted takes its numbers along as they are; only the
collections that stay, those above it, are counted down.
"""

from __future__ import annotations

from collections.abc import Sequence

from graph.db import cohorts
from graph.db.facts import OF_REVISIONS, recount
from graph.db.pool import Connection
from graph.db.sets import sets_of_programs

# A tally is found by its collection's generation, and so is one that is being built beside it.
_GENERATIONS = """
SELECT generation FROM collection WHERE id = ANY($1::bigint[])
UNION SELECT id FROM generation WHERE collection_id = ANY($1)
UNION SELECT changes FROM generation WHERE collection_id = ANY($1)
"""
_ABOVE = """
SELECT cp.campaign_id AS id FROM campaign_program cp WHERE cp.program_id = $1
UNION SELECT k.organization_id FROM campaign_program cp JOIN campaign k ON k.id = cp.campaign_id
WHERE cp.program_id = $1 AND k.organization_id IS NOT NULL ORDER BY 1
"""
# Nobody is given a slug again: an old link never leads to another program.
_RETIRE = "INSERT INTO retired_slug (slug) SELECT slug FROM program WHERE id = $1 ON CONFLICT DO NOTHING"
_IDS_OF_SESSIONS = "SELECT id FROM session WHERE program_id = $1 ORDER BY id"


async def counted_edits(conn: Connection, program_id: int) -> int:
    """How many stored edits a deletion of the program has to move: those that count for it, uploads included."""
    sets = await sets_of_programs(conn, [program_id])
    return int(await conn.fetchval("SELECT count(*) FROM edit WHERE set_id = ANY($1::int[])", sets))


async def delete_program(conn: Connection, program_id: int) -> None:
    """Delete a program with its sessions, goals and people; campaigns and organizations count it no more."""
    sessions = [row["id"] for row in await conn.fetch(_IDS_OF_SESSIONS, program_id)]
    above = [row["id"] for row in await conn.fetch(_ABOVE, program_id)]
    sets = await sets_of_programs(conn, [program_id])
    await conn.execute(_RETIRE, program_id)
    await _drop(conn, [program_id, *sessions])
    await cohorts.cover(conn, [program_id], left=above)
    # Its edits are in sets of which it is a member still. To leave these changes no number any more.
    edits = await conn.fetch("SELECT wiki_id, revision_id FROM edit WHERE set_id = ANY($1::int[])", sets)
    await recount(conn, OF_REVISIONS, [row["wiki_id"] for row in edits], [row["revision_id"] for row in edits])
    for table in ("article_editor_tally", "wiki_editor_tally"):
        await conn.execute(f"DELETE FROM {table} WHERE set_id = ANY($1::int[]) AND edits = 0", sets)  # noqa: S608 - our own names


async def delete_session(conn: Connection, program_id: int, session_id: int) -> None:
    """Delete a session of the program, whose edits stay."""
    await _drop(conn, [session_id])
    await cohorts.reassess_program(conn, program_id)


async def delete_campaign(conn: Connection, campaign_id: int, organization_id: int | None) -> None:
    """Delete a campaign, whose programs stay; its organization counts them by its other campaigns only."""
    rows = await conn.fetch("SELECT program_id FROM campaign_program WHERE campaign_id = $1 ORDER BY 1", campaign_id)
    await _drop(conn, [campaign_id])
    if organization_id is not None:
        await cohorts.cover(conn, [row["program_id"] for row in rows], left=[organization_id])


async def _drop(conn: Connection, collections: Sequence[int]) -> None:
    """Delete collections with their tallies and activity, and with them the rows that have their numbers."""
    generations = [row[0] for row in await conn.fetch(_GENERATIONS, collections)]
    for table in ("article_tally", "editor_tally", "wiki_tally"):
        await conn.execute(f"DELETE FROM {table} WHERE generation = ANY($1::bigint[])", generations)  # noqa: S608 - our own names
    await conn.execute("DELETE FROM set_coverage WHERE collection_id = ANY($1::bigint[])", [*collections, *generations])
    await conn.execute("DELETE FROM activity WHERE collection_id = ANY($1::bigint[])", collections)
    await conn.execute("DELETE FROM collection WHERE id = ANY($1::bigint[])", collections)

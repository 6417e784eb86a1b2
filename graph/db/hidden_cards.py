# SPDX-License-Identifier: GPL-3.0-or-later
"""Cards that whoever runs a program took off its live screens, or put back: the edits go on counting."""

from __future__ import annotations

from collections.abc import Sequence

from graph.db.ledger import SHOWN_AGAIN, Entry, Kind, post
from graph.db.pool import Connection, Pool
from graph.db.sets import intern

REMEMBERED = 100
"""So many a screen is told of; it shows far fewer cards."""

_COUNTED = """
SELECT e.wiki_id, array_agg(m.member ORDER BY m.member) AS members
FROM edit e JOIN wiki w ON w.id = e.wiki_id JOIN edit_set s ON s.id = e.set_id CROSS JOIN unnest(s.members) AS m(member)
WHERE w.dbname = $2 AND e.revision_id = $3
  AND (m.member = $1 OR m.member IN (SELECT x.id FROM session x WHERE x.program_id = $1))
GROUP BY e.wiki_id
"""
_HIDE = """
INSERT INTO hidden_card (program_id, wiki_id, revision_id, editor_id) VALUES ($1, $2, $3, $4)
ON CONFLICT DO NOTHING RETURNING 1
"""
_SHOW = "DELETE FROM hidden_card WHERE program_id = $1 AND wiki_id = $2 AND revision_id = $3 RETURNING 1"
# Hidden in any of the programs whose edits the collection counts.
_HIDDEN = """
SELECT k.id AS collection_id, w.dbname, h.revision_id
FROM unnest($1::bigint[]) AS k(id) CROSS JOIN LATERAL (
    SELECT h.wiki_id, h.revision_id, h.at FROM hidden_card h WHERE h.program_id IN (
        SELECT p.id FROM program p WHERE p.id = k.id
        UNION ALL SELECT x.program_id FROM session x WHERE x.id = k.id
        UNION ALL SELECT l.program_id FROM campaign_program l JOIN program p ON p.id = l.program_id
                  WHERE l.campaign_id = k.id AND p.visibility = 'PUBLIC')
    ORDER BY h.at DESC LIMIT $2
) h JOIN wiki w ON w.id = h.wiki_id
ORDER BY k.id, h.at
"""


async def hide(conn: Connection, program_id: int, wiki: str, revision_id: int, editor_id: int) -> bool:
    """Hide an edit's card on the screens of the program, its sessions and campaigns; harmless when repeated.

    Called under the ledger's lock. False where the program does not show such an edit to everybody.
    """
    row = await conn.fetchrow(_COUNTED, program_id, wiki, revision_id)
    if row is None or program_id not in row["members"]:
        return False
    if await conn.fetchval(_HIDE, program_id, row["wiki_id"], revision_id, editor_id) is not None:
        await _tell(conn, row["wiki_id"], revision_id, tuple(row["members"]))
    return True


async def show(conn: Connection, program_id: int, wiki: str, revision_id: int) -> bool:
    """Take back that an edit's card is hidden; harmless when repeated.

    Called under the ledger's lock. False where the program does not show such an edit to everybody.
    """
    row = await conn.fetchrow(_COUNTED, program_id, wiki, revision_id)
    if row is None or program_id not in row["members"]:
        return False
    if await conn.fetchval(_SHOW, program_id, row["wiki_id"], revision_id) is not None:
        await _tell(conn, row["wiki_id"], revision_id, tuple(row["members"]), SHOWN_AGAIN)
    return True


async def _tell(
    conn: Connection, wiki_id: int, revision_id: int, members: tuple[int, ...], reason: str | None = None
) -> None:
    told = (await intern(conn, [members]))[members]
    await post(conn, [Entry(Kind.HIDDEN, wiki_id, revision_id, set_id=told, reason=reason)])


async def hidden_in(pool: Pool, collections: Sequence[int]) -> dict[int, list[tuple[str, int]]]:
    """The hidden edits (wiki, revision) of each program, session or campaign: the newest hundred, the newest last."""
    found: dict[int, list[tuple[str, int]]] = {collection: [] for collection in collections}
    for row in await pool.fetch(_HIDDEN, collections, REMEMBERED):
        found[row["collection_id"]].append((row["dbname"], row["revision_id"]))
    return found

# SPDX-License-Identifier: GPL-3.0-or-later
"""Stored edits that belong to another page by now.

A revision keeps its number for ever, but not its page: histories are merged, and what is restored under a title that
was taken meanwhile becomes part of the page that took it. No event names these revisions; the wikis' lists do.
"""

from __future__ import annotations

from collections.abc import Sequence

from graph.db.facts import OF_REVISIONS, Shift, post_as_history, recount
from graph.db.pool import Connection
from graph.edits import SeenEdit

# The listed edits that are stored on another page, about which nothing newer is known. The page they are on now is
# stored as well: whatever was listed of it has seen to that.
_ELSEWHERE = """
SELECT e.wiki_id, e.revision_id, now.id AS page_key
FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::timestamptz[]) AS t(wiki, revision_id, page_id, as_of)
JOIN wiki w ON w.dbname = t.wiki
JOIN edit e ON e.wiki_id = w.id AND e.revision_id = t.revision_id
JOIN page was ON was.id = e.page_key
JOIN page now ON now.wiki_id = w.id AND now.page_id = t.page_id
WHERE was.id <> now.id AND was.as_of <= t.as_of
"""

_REHOME = """
UPDATE edit e SET page_key = t.page_key FROM unnest($1::smallint[], $2::bigint[], $3::bigint[])
AS t(wiki_id, revision_id, page_key) WHERE e.wiki_id = t.wiki_id AND e.revision_id = t.revision_id
"""


async def rehome(conn: Connection, listed: Sequence[SeenEdit]) -> list[Shift]:
    """Put stored edits on the pages that the wikis list them on; returns those whose numbers moved.

    After ``incoming.add`` of the same edits, in the transaction that holds the ledger's lock.
    """
    rows = await conn.fetch(
        _ELSEWHERE,
        [seen.edit.wiki for seen in listed],
        [seen.edit.revision_id for seen in listed],
        [seen.edit.page_id for seen in listed],
        [seen.as_of for seen in listed],
    )
    if not rows:
        return []
    wikis, revisions, pages = ([row[n] for row in rows] for n in range(3))

    async def update() -> None:
        await conn.execute(_REHOME, wikis, revisions, pages)

    shifts = await recount(conn, OF_REVISIONS, wikis, revisions, change=update)
    await post_as_history(conn, shifts)
    return shifts

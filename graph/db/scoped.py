# SPDX-License-Identifier: GPL-3.0-or-later
"""Which stored edits a change of scopes concerns, and their counting anew; called under the ledger's lock.

Few are decided at once; where pages or edits are many, the worker decides the program's edits anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from graph.activity import RetractionReason
from graph.db.due import defer, few
from graph.db.facts import OF_PAGES, as_activity, post_as_history, recount
from graph.db.goals import reach
from graph.db.ledger import post
from graph.db.pool import Connection
from graph.edits import PageDeleted

# Pages that can be looked for among those with edits while others wait for the ledger.
PAGES_AT_ONCE: Final = 5_000

_ALL = "SELECT wiki_id, page_id, namespace, title FROM scope_page WHERE scope_id = $1"
# Those whom the scope's present edition took in or let go.
ENTERED = f"{_ALL} AND enters = $2"
LEFT = f"{_ALL} AND leaves = $2"
# Those of a scope that is taken away.
COUNTING = f"{_ALL} AND $2 >= enters AND $2 < leaves"

_FEW = "SELECT count(*) <= $3 FROM (SELECT FROM (/*PAGES*/) AS g LIMIT $3 + 1) AS first"

_STORED = """
WITH g AS MATERIALIZED (/*PAGES*/)
SELECT p.id FROM g JOIN page p ON p.wiki_id = g.wiki_id AND p.page_id = g.page_id
UNION
SELECT p.id FROM g JOIN page p ON p.wiki_id = g.wiki_id AND p.title = g.title AND p.namespace = g.namespace
WHERE g.page_id IS NULL
"""

# What is deleted has no number any more: if something is written there again, it is another page of the same title.
# And the scope is not any more what was read: a reading that comes to the same must give it the number again.
_UNBIND = """
WITH unbound AS (
    UPDATE scope_page g SET page_id = NULL
    FROM unnest($1::text[], $2::bigint[]) AS t(wiki, page_id) JOIN wiki w ON w.dbname = t.wiki
    WHERE g.wiki_id = w.id AND g.page_id = t.page_id AND NOT EXISTS (
        SELECT FROM page p WHERE p.wiki_id = g.wiki_id AND p.page_id = g.page_id AND p.title <> g.title)
    RETURNING g.scope_id
)
UPDATE scope SET digest = NULL WHERE id IN (SELECT scope_id FROM unbound)
"""


async def unbind(conn: Connection, deleted: Sequence[PageDeleted]) -> None:
    """From now on these pages' titles name them in the scopes they are in.

    One that was moved since it was read has another title, and keeps its number: it may be restored.
    """
    if deleted:
        await conn.execute(_UNBIND, [page.wiki for page in deleted], [page.page_id for page in deleted])


async def decide(conn: Connection, program_id: int, scope_id: int, edition: int, *changes: str) -> None:
    """Count anew the edits on the pages that ``changes`` (the constants above) name, for an article-scoped program.

    Edits that come in are told of as history, cards of those that leave are taken off.
    """
    if not await _acts(conn, program_id):
        return
    keys = await _concerned(conn, scope_id, edition, changes)
    concerned = sorted({key for some in keys.values() for key in some})
    if len(keys) < len(changes) or not await few(conn, OF_PAGES, concerned):
        await defer(conn, [program_id])
        return
    entered = set(keys.get(ENTERED, ()))
    shifts = await recount(conn, OF_PAGES, concerned)
    await post_as_history(conn, [shift for shift in shifts if shift.after.page_key in entered])
    gone = [shift for shift in shifts if shift.after.page_key not in entered]
    await post(conn, as_activity(gone, RetractionReason.OUT_OF_SCOPE))
    await reach(conn, [program_id])


async def _acts(conn: Connection, program_id: int) -> bool:
    return bool(await conn.fetchval("SELECT type = 'ARTICLE_SCOPED' FROM program WHERE id = $1", program_id))


async def _concerned(conn: Connection, scope_id: int, edition: int, changes: Sequence[str]) -> dict[str, list[int]]:
    """The pages with stored edits that each of the changes names; without those that name too many to look for."""
    found = {}
    for pages in changes:
        if await conn.fetchval(_FEW.replace("/*PAGES*/", pages), scope_id, edition, PAGES_AT_ONCE):
            rows = await conn.fetch(_STORED.replace("/*PAGES*/", pages), scope_id, edition)
            found[pages] = [row["id"] for row in rows]
    return found

# SPDX-License-Identifier: GPL-3.0-or-later
"""Which stored edits a change of scopes concerns, and their counting anew; called under the ledger's lock.

Few are decided at once; where pages or edits are many, the worker decides the program's edits anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from graph.activity import RetractionReason
from graph.db.due import defer, few
from graph.db.facts import OF_PAGES, Shift, as_activity, post_as_history, recount
from graph.db.goals import reach
from graph.db.ledger import post
from graph.db.pool import Connection
from graph.edits import PageDeleted

# Pages that can be looked for among those with edits while others wait for the ledger.
PAGES_AT_ONCE: Final = 5_000
PATIENCE: Final = 600.0  # seconds for a statement about all of a million pages, while nobody waits

_NAMED = "SELECT wiki_id, page_id, namespace, title FROM scope_page WHERE scope_id = $1 AND /*WHICH*/ LIMIT $3"
# Those whom an edition takes in or lets go, and those of a scope that is taken away.
ENTERED = _NAMED.replace("/*WHICH*/", "enters = $2")
LEFT = _NAMED.replace("/*WHICH*/", "leaves = $2")
COUNTING = _NAMED.replace("/*WHICH*/", "$2 >= enters AND $2 < leaves")

_STORED = """
WITH g AS MATERIALIZED (
    SELECT * FROM unnest($1::smallint[], $2::bigint[], $3::int[], $4::text[]) AS g(wiki_id, page_id, namespace, title)
)
SELECT p.id FROM g JOIN page p ON p.wiki_id = g.wiki_id AND p.page_id = g.page_id
UNION
SELECT p.id FROM g JOIN page p ON p.wiki_id = g.wiki_id AND p.title = g.title AND p.namespace = g.namespace
WHERE g.page_id IS NULL
"""

# Pages as rows of (wiki_id, page_id, namespace, title); None where they are too many to be looked for.
Named = list[Any] | None

# What is deleted has no number any more: if something is written there again, it is another page of the same title.
# And the scope is not any more what was read: a reading that comes to the same must give it the number again.
_UNBIND = """
WITH unbound AS (
    UPDATE scope_page g SET page_id = NULL
    FROM unnest($1::text[], $2::bigint[]) AS t(wiki, page_id) JOIN wiki w ON w.dbname = t.wiki
    WHERE g.wiki_id = w.id AND g.page_id = t.page_id AND NOT EXISTS (
        SELECT FROM page p WHERE p.wiki_id = g.wiki_id AND p.page_id = g.page_id AND p.title <> g.title)
    RETURNING g.scope_id, g.wiki_id, g.namespace, g.title
),
reread AS (UPDATE scope SET digest = NULL WHERE id IN (SELECT scope_id FROM unbound))
SELECT DISTINCT p.id FROM unbound u JOIN page p USING (wiki_id, namespace, title) WHERE NOT p.deleted
"""


async def unbind(conn: Connection, deleted: Sequence[PageDeleted]) -> list[Shift]:
    """From now on these pages' titles name them in the scopes they are in.

    One that was moved since it was read has another title, and keeps its number: it may be restored. Another page of
    the same title, of which the news came first, is in scope from now on; returns its edits that moved.
    """
    if not deleted:
        return []
    rows = await conn.fetch(_UNBIND, [page.wiki for page in deleted], [page.page_id for page in deleted])
    shifts = await recount(conn, OF_PAGES, [row["id"] for row in rows]) if rows else []
    await post_as_history(conn, shifts)
    return shifts


async def named(conn: Connection, which: str, scope_id: int, edition: int) -> Named:
    """The pages that ``which`` (one of the constants above) names; it may look through the whole scope."""
    rows = await conn.fetch(which, scope_id, edition, PAGES_AT_ONCE + 1, timeout=PATIENCE)
    return list(rows) if len(rows) <= PAGES_AT_ONCE else None


async def decide(conn: Connection, program_id: int, entered: Named, left: Named) -> None:
    """Count anew the edits on pages that came into an article-scoped program's scopes, or left them.

    Edits that come in are told of as history, cards of those that leave are taken off.
    """
    if not await _acts(conn, program_id):
        return
    if entered is None or left is None:
        await defer(conn, [program_id])
        return
    came = set(await _stored(conn, entered))
    concerned = sorted(came | set(await _stored(conn, left)))
    if not await few(conn, OF_PAGES, concerned):
        await defer(conn, [program_id])
        return
    shifts = await recount(conn, OF_PAGES, concerned)
    await post_as_history(conn, [shift for shift in shifts if shift.after.page_key in came])
    gone = [shift for shift in shifts if shift.after.page_key not in came]
    await post(conn, as_activity(gone, RetractionReason.OUT_OF_SCOPE))
    await reach(conn, [program_id])


async def _acts(conn: Connection, program_id: int) -> bool:
    return bool(await conn.fetchval("SELECT type = 'ARTICLE_SCOPED' FROM program WHERE id = $1", program_id))


async def _stored(conn: Connection, pages: Sequence[Any]) -> list[int]:
    """Those of them that have stored edits."""
    rows = await conn.fetch(_STORED, *([page[n] for page in pages] for n in range(4)))
    return [row["id"] for row in rows]

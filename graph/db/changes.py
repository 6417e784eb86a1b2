# SPDX-License-Identifier: GPL-3.0-or-later
"""What happens to pages and revisions that have stored edits: deletion, restoration, move, hiding, reverting.

Anyone on the wikis may cause these, and they may come before the edit they concern, twice, or out of order. Each
carries the moment it is true for: older news never overwrites newer, and news of something we hold no edit of is kept
for a while (``early_change``) and applied when the edit comes.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

import msgspec

from graph.activity import RetractionReason
from graph.db import scoped
from graph.db.facts import OF_PAGES, OF_REVISIONS, Shift, as_activity, recount
from graph.db.ledger import Entry, Kind, post
from graph.db.pool import Connection
from graph.edits import (
    Change,
    PageDeleted,
    PageMoved,
    PageUndeleted,
    RevisionsReverted,
    RevisionTagged,
    RevisionVisibility,
)

# The kinds under which early news is kept: of each only the newest matters.
_FAMILY: dict[type[Change], str] = {
    PageDeleted: "page",
    PageUndeleted: "page",
    PageMoved: "page",
    RevisionTagged: "tag",
    RevisionVisibility: "visibility",
}
_BY_NAME: dict[str, type[Change]] = {kind.__name__: kind for kind in _FAMILY}

_KNOWN_PAGES = """
SELECT t.ord, p.id AS page_key FROM unnest($1::text[], $2::bigint[]) WITH ORDINALITY AS t(wiki, page_id, ord)
JOIN wiki w ON w.dbname = t.wiki JOIN page p ON p.wiki_id = w.id AND p.page_id = t.page_id
"""

_KNOWN_REVISIONS = """
SELECT t.ord, e.wiki_id FROM unnest($1::text[], $2::bigint[]) WITH ORDINALITY AS t(wiki, revision_id, ord)
JOIN wiki w ON w.dbname = t.wiki JOIN edit e ON e.wiki_id = w.id AND e.revision_id = t.revision_id
"""

_KEEP = """
INSERT INTO early_change AS k (wiki, kind, key, as_of, body)
SELECT t.wiki, t.kind, t.key, t.as_of, t.body::jsonb
FROM unnest($1::text[], $2::text[], $3::bigint[], $4::timestamptz[], $5::text[]) AS t(wiki, kind, key, as_of, body)
ON CONFLICT (wiki, kind, key) DO UPDATE SET as_of = excluded.as_of, body = excluded.body
WHERE excluded.as_of >= k.as_of
"""

_TAKE = """
DELETE FROM early_change k USING unnest($1::text[], $2::bool[], $3::bigint[]) AS t(wiki, page, key)
WHERE k.wiki = t.wiki AND (k.kind = 'page') = t.page AND k.key = t.key RETURNING k.body
"""


# Until when the page is known to have been there as it is told: by news of it, or by an edit saved to it. The edit's
# time is another clock's than the events': where that one is ahead, a move would be older than its own revision.
_PAGE_AS_OF = """
SELECT greatest(p.as_of, (SELECT max(e.at) FROM edit e WHERE e.page_key = p.id) - interval '1 second')
FROM page p WHERE p.id = $1
"""


async def apply(conn: Connection, changes: Sequence[Change]) -> list[Shift]:
    """Apply what concerns stored edits, oldest news first, and keep the rest; returns the edits it moved."""
    about_pages = [change for change in changes if not isinstance(change, RevisionTagged | RevisionVisibility)]
    about_revisions = [change for change in changes if isinstance(change, RevisionTagged | RevisionVisibility)]
    pages = await _known(conn, _KNOWN_PAGES, about_pages)
    moved = await scoped.unbind(conn, _unmoved([change for n, change in enumerate(about_pages) if n not in pages]))
    revisions = await _known(conn, _KNOWN_REVISIONS, about_revisions)
    known: list[tuple[Change, int]] = [(change, pages[n]) for n, change in enumerate(about_pages) if n in pages]
    known += [(change, revisions[n]) for n, change in enumerate(about_revisions) if n in revisions]
    early: list[Change] = [change for n, change in enumerate(about_pages) if n not in pages]
    early += [change for n, change in enumerate(about_revisions) if n not in revisions]
    await _keep(conn, early)
    for tagged, some in groupby(sorted(known, key=lambda pair: pair[0].as_of), key=_is_tag):
        if tagged:
            # History tells of them by the dozen.
            moved += await _tag(conn, [(change, n) for change, n in some if isinstance(change, RevisionTagged)])
        else:
            for change, number in some:
                moved += await _apply_one(conn, change, number)
    return moved


def _unmoved(changes: Sequence[Change]) -> list[PageDeleted]:
    moved = {(change.wiki, change.page_id) for change in changes if isinstance(change, PageMoved)}
    return [
        change for change in changes if isinstance(change, PageDeleted) and (change.wiki, change.page_id) not in moved
    ]


def _is_tag(known: tuple[Change, int]) -> bool:
    return isinstance(known[0], RevisionTagged)


async def take_early(
    conn: Connection, pages: Sequence[tuple[str, int]], revisions: Sequence[tuple[str, int]]
) -> list[Change]:
    """Remove and return the news that came before the edits of these pages and revisions."""
    keys = {(wiki, True, page) for wiki, page in pages} | {(wiki, False, revision) for wiki, revision in revisions}
    rows = await conn.fetch(_TAKE, *([key[n] for key in keys] for n in range(3)))
    return [_from_body(msgspec.json.decode(row["body"])) for row in rows]


async def _known(conn: Connection, statement: str, changes: Sequence[Change]) -> dict[int, int]:
    if not changes:
        return {}
    rows = await conn.fetch(statement, [change.wiki for change in changes], [_key(change) for change in changes])
    return {row[0] - 1: row[1] for row in rows}


def _key(change: Change) -> int:
    return change.revision_id if isinstance(change, RevisionTagged | RevisionVisibility) else change.page_id


async def _keep(conn: Connection, changes: Sequence[Change]) -> None:
    newest: dict[tuple[str, str, int], Change] = {}
    for change in sorted(changes, key=lambda change: change.as_of):
        if type(change) in _FAMILY:
            newest[change.wiki, _FAMILY[type(change)], _key(change)] = change
    if newest:
        await conn.execute(
            _KEEP,
            *([key[n] for key in newest] for n in range(3)),
            [change.as_of for change in newest.values()],
            [msgspec.json.encode(_body(change)).decode() for change in newest.values()],
        )


def _body(change: Change) -> dict[str, Any]:
    return {"is": type(change).__name__, **msgspec.to_builtins(change)}


def _from_body(body: dict[str, Any]) -> Change:
    return msgspec.convert(body, _BY_NAME[body.pop("is")])


async def _apply_one(conn: Connection, change: Change, number: int) -> list[Shift]:
    if isinstance(change, RevisionTagged):
        return await _tag(conn, [(change, number)])
    if isinstance(change, RevisionVisibility):
        return await _show(conn, change, number)
    if isinstance(change, RevisionsReverted):
        return await _mark(conn, change, number)
    return await _page(conn, change, number)


async def _page(conn: Connection, change: PageDeleted | PageUndeleted | PageMoved, page_key: int) -> list[Shift]:
    if not await _newer(conn, _PAGE_AS_OF, change.as_of, page_key):
        return []

    async def update() -> None:
        if isinstance(change, PageDeleted):
            await conn.execute(
                "UPDATE page SET deleted = true, as_of = $2, title = CASE WHEN $3 THEN NULL ELSE title END"
                " WHERE id = $1",
                page_key,
                change.as_of,
                change.suppressed,
            )
        else:
            # A page that moves is there: its restoration, if one was missed, is older news.
            await conn.execute(
                "UPDATE page SET deleted = false, as_of = $2, namespace = $3, title = $4 WHERE id = $1",
                page_key,
                change.as_of,
                change.namespace,
                change.title,
            )

    # Whether the scopes know it by its title or its number is decided by the title it had.
    others = await scoped.unbind(conn, [change]) if isinstance(change, PageDeleted) else []
    shifts = await recount(conn, OF_PAGES, [page_key], change=update)
    await post(conn, as_activity(shifts, RetractionReason.DELETED))
    return others + shifts


# Those of several tags that are news: of each revision the newest says what is so, any may say that it was reverted.
_NEW_TAGS = """
SELECT t.wiki_id, t.revision_id, (array_agg(t.reverted ORDER BY t.ord DESC))[1] AS reverted,
       max(t.as_of) AS as_of, bool_or(t.reverted) AS named
FROM unnest($1::smallint[], $2::bigint[], $3::bool[], $4::timestamptz[])
     WITH ORDINALITY AS t(wiki_id, revision_id, reverted, as_of, ord)
JOIN edit e USING (wiki_id, revision_id) WHERE e.tags_as_of IS NULL OR e.tags_as_of <= t.as_of
GROUP BY 1, 2 ORDER BY min(t.ord)
"""

_SET_TAGS = """
UPDATE edit e SET reverted = t.reverted, tags_as_of = t.as_of
FROM unnest($1::smallint[], $2::bigint[], $3::bool[], $4::timestamptz[]) AS t(wiki_id, revision_id, reverted, as_of)
WHERE e.wiki_id = t.wiki_id AND e.revision_id = t.revision_id
"""


async def _tag(conn: Connection, tagged: Sequence[tuple[RevisionTagged, int]]) -> list[Shift]:
    """Apply news of tags, oldest first, each with the wiki's number."""
    rows = await conn.fetch(
        _NEW_TAGS,
        [wiki_id for _, wiki_id in tagged],
        [change.revision_id for change, _ in tagged],
        [change.reverted for change, _ in tagged],
        [change.as_of for change, _ in tagged],
    )
    if not rows:
        return []
    columns = [[row[n] for row in rows] for n in range(4)]

    async def update() -> None:
        await conn.execute(_SET_TAGS, *columns)

    shifts = await recount(conn, OF_REVISIONS, columns[0], columns[1], change=update)
    named = [(row["wiki_id"], row["revision_id"]) for row in rows if row["named"]]
    if named:
        await _announce_revert(conn, OF_REVISIONS, [key[0] for key in named], [key[1] for key in named])
    return shifts


async def _mark(conn: Connection, change: RevisionsReverted, page_key: int) -> list[Shift]:
    which = "e.page_key = $1 AND e.revision_id BETWEEN $2 AND $3"
    await _announce_revert(conn, which, page_key, change.oldest, change.newest)
    return []


async def _announce_revert(conn: Connection, which: str, *values: Any) -> None:
    """Mark the cards once: by the revert that names them or by the tag, whichever comes first."""
    rows = await conn.fetch(
        "UPDATE edit e SET revert_named = true WHERE NOT revert_named AND /*WHICH*/"
        " RETURNING wiki_id, revision_id, set_id".replace("/*WHICH*/", which),
        *values,
    )
    await post(conn, [Entry(Kind.REVERTED, row[0], row[1], set_id=row[2]) for row in rows if row[2]])


async def _show(conn: Connection, change: RevisionVisibility, wiki_id: int) -> list[Shift]:
    key = wiki_id, change.revision_id
    query = "SELECT visibility_as_of FROM edit WHERE wiki_id = $1 AND revision_id = $2"
    if not await _newer(conn, query, change.as_of, *key):
        return []

    async def update() -> None:
        # A hidden summary is erased, not covered: it comes back only from the wiki itself.
        await conn.execute(
            "UPDATE edit SET hidden = NOT $3, editor_hidden = NOT $4, visibility_as_of = $6,"
            " summary = CASE WHEN $5 THEN summary END WHERE wiki_id = $1 AND revision_id = $2",
            *key,
            change.text,
            change.editor,
            change.summary,
            change.as_of,
        )

    shifts = await recount(conn, OF_REVISIONS, [key[0]], [key[1]], change=update)
    await post(conn, as_activity(shifts, RetractionReason.HIDDEN))
    return shifts


async def _newer(conn: Connection, query: str, as_of: datetime, *key: int) -> bool:
    known = await conn.fetchval(query, *key)
    return known is None or known <= as_of

# SPDX-License-Identifier: GPL-3.0-or-later
"""Edits that arrive: each is stored once, counted once, and announced once, however often it comes.

What is counted is exactly what the insert returned as new; that is the whole of idempotence.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from graph.db.counting import Row, store
from graph.db.facts import Key, post_counted_as_history
from graph.db.pool import Connection
from graph.db.sets import MEMBERS, intern
from graph.edits import Change, PageMoved, PageUndeleted, SeenEdit

_EVALUATE = """
WITH fact AS (
    SELECT t.ord, w.id AS wiki_id, p.id AS page_key, t.page_id, t.editor_id, t.at, false AS blocked,
           CASE WHEN p.id IS NULL THEN t.namespace ELSE p.namespace END AS namespace,
           CASE WHEN p.id IS NULL THEN t.title ELSE p.title END AS title,
           t.created AND NOT t.redirect AND t.namespace = 6 AND t.wiki = 'commonswiki' AS upload
    FROM unnest($1::text[], $2::bigint[], $3::timestamptz[], $4::int[], $5::bool[], $6::bool[], $7::bigint[],
                $8::text[])
         WITH ORDINALITY AS t(wiki, editor_id, at, namespace, created, redirect, page_id, title, ord)
    JOIN wiki w ON w.dbname = t.wiki LEFT JOIN page p ON p.wiki_id = w.id AND p.page_id = t.page_id
),
found AS (/*MEMBERS*/)
SELECT f.ord, f.wiki_id, f.members, s.id AS set_id FROM found f LEFT JOIN edit_set s USING (members)
ORDER BY f.ord
""".replace("/*MEMBERS*/", MEMBERS)

_PAGES = """
SELECT p.id, p.wiki_id, p.page_id, p.namespace, p.title, p.deleted, p.as_of
FROM unnest($1::smallint[], $2::bigint[]) AS t(wiki_id, page_id) JOIN page p USING (wiki_id, page_id)
"""

_NEW_PAGES = """
INSERT INTO page (wiki_id, page_id, namespace, title, as_of)
SELECT * FROM unnest($1::smallint[], $2::bigint[], $3::int[], $4::text[], $5::timestamptz[])
RETURNING id, wiki_id, page_id, namespace, title, deleted, as_of
"""


_RENAME = """
UPDATE editor u SET username = t.username
FROM unnest($1::bigint[], $2::bigint[], $3::text[]) AS t(id, central_id, username)
WHERE u.id = t.id AND u.central_id = t.central_id AND u.username <> t.username
"""


@dataclass(frozen=True, slots=True)
class _Page:
    key: int
    namespace: int
    title: str | None
    deleted: bool
    as_of: datetime


@dataclass(frozen=True, slots=True)
class _Placed:
    """An edit that concerns at least one program, with our numbers for its wiki and set."""

    seen: SeenEdit
    wiki_id: int
    set_id: int

    @property
    def key(self) -> Key:
        return self.wiki_id, self.seen.edit.revision_id

    @property
    def page(self) -> tuple[int, int]:
        return self.wiki_id, self.seen.edit.page_id


@dataclass(frozen=True, slots=True)
class Added:
    """What ``add`` did: how many edits were new, the newest counted one of each set, and what else they told."""

    new: int
    newest: dict[int, Key]
    pages: list[tuple[str, int]]
    revisions: list[tuple[str, int]]
    news: list[Change]


async def add(conn: Connection, edits: Sequence[SeenEdit], *, live: bool) -> Added:
    """Store and count the edits not known yet; announce them one by one if ``live``, else as one change of history.

    An edit whose page is known as deleted is stored and counts nowhere. ``news`` are the moves and undeletions that
    an edit's own title and existence prove, to be applied like those the stream reports.
    """
    placed = await _place(conn, edits)
    if not placed:
        return Added(0, {}, [], [], [])
    pages, news = await _pages(conn, placed)
    new = await store(conn, [_row(each, pages[each.page]) for each in placed], live=live)
    if not live:
        await post_counted_as_history(conn, [set_id for *_, set_id in new])
    by_key = {each.key: each.seen.edit for each in placed}
    fresh = [by_key[wiki_id, revision_id] for wiki_id, revision_id, _ in new]
    if live and fresh:
        await _rename(conn, placed, {edit.revision_id for edit in fresh})
    return Added(
        new=len(new),
        newest={set_id: (wiki_id, revision_id) for wiki_id, revision_id, set_id in new if set_id},
        pages=[(edit.wiki, edit.page_id) for edit in fresh],
        revisions=[(edit.wiki, edit.revision_id) for edit in fresh],
        news=news,
    )


async def _place(conn: Connection, edits: Sequence[SeenEdit]) -> list[_Placed]:
    newest: dict[tuple[str, int], SeenEdit] = {}
    for seen in edits:
        key = seen.edit.wiki, seen.edit.revision_id
        if key not in newest or newest[key].as_of < seen.as_of:
            newest[key] = seen
    once = list(newest.values())
    rows = await conn.fetch(
        _EVALUATE,
        [seen.edit.wiki for seen in once],
        [seen.editor_id for seen in once],
        [seen.edit.at for seen in once],
        [seen.edit.namespace for seen in once],
        [seen.edit.created for seen in once],
        [seen.edit.redirect for seen in once],
        [seen.edit.page_id for seen in once],
        [seen.edit.title for seen in once],
    )
    unknown = [tuple(row["members"]) for row in rows if row["set_id"] is None]
    made: Mapping[tuple[int, ...], int] = await intern(conn, unknown) if unknown else {}
    return [
        _Placed(
            once[row["ord"] - 1],
            row["wiki_id"],
            made[tuple(row["members"])] if row["set_id"] is None else row["set_id"],
        )
        for row in rows
    ]


async def _pages(conn: Connection, placed: Sequence[_Placed]) -> tuple[dict[tuple[int, int], _Page], list[Change]]:
    newest: dict[tuple[int, int], _Placed] = {}
    for each in placed:
        if each.page not in newest or newest[each.page].seen.as_of < each.seen.as_of:
            newest[each.page] = each
    wikis, numbers = [wiki for wiki, _ in newest], [page for _, page in newest]
    known = _by_page(await conn.fetch(_PAGES, wikis, numbers))
    missing = [each for page, each in newest.items() if page not in known]
    made = {}
    if missing:
        rows = await conn.fetch(
            _NEW_PAGES,
            [each.wiki_id for each in missing],
            [each.seen.edit.page_id for each in missing],
            [each.seen.edit.namespace for each in missing],
            [each.seen.edit.title for each in missing],
            [each.seen.as_of for each in missing],
        )
        made = _by_page(rows)
    news = [change for page, each in newest.items() if page in known for change in _news(each.seen, known[page])]
    return known | made, news


async def _rename(conn: Connection, placed: Sequence[_Placed], fresh: set[int]) -> None:
    """Whoever was renamed is called by the new name as soon as they edit; only edits not seen before may tell."""
    newest = {
        each.seen.editor_id: each.seen.edit
        for each in sorted(placed, key=lambda each: each.seen.as_of)
        if each.seen.edit.revision_id in fresh and each.seen.edit.central_id is not None
    }
    await conn.execute(
        _RENAME,
        list(newest),
        [edit.central_id for edit in newest.values()],
        [edit.username for edit in newest.values()],
    )


def _by_page(rows: Sequence[Any]) -> dict[tuple[int, int], _Page]:
    return {
        (row["wiki_id"], row["page_id"]): _Page(row["id"], row["namespace"], row["title"], row["deleted"], row["as_of"])
        for row in rows
    }


def _news(seen: SeenEdit, page: _Page) -> list[Change]:
    edit = seen.edit
    if seen.as_of <= page.as_of:
        return []
    if page.deleted:
        return [PageUndeleted(edit.wiki, edit.page_id, edit.namespace, edit.title, seen.as_of)]
    if (edit.namespace, edit.title) != (page.namespace, page.title):
        return [PageMoved(edit.wiki, edit.page_id, edit.namespace, edit.title, seen.as_of)]
    return []


def _row(each: _Placed, page: _Page) -> Row:
    edit = each.seen.edit
    return (
        each.wiki_id,
        edit.revision_id,
        page.key,
        each.seen.editor_id,
        edit.at,
        edit.byte_change,
        0 if page.deleted else each.set_id,
        edit.created,
        edit.redirect,
        edit.minor,
        edit.summary,
    )

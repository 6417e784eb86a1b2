# SPDX-License-Identifier: GPL-3.0-or-later
"""The articles of collections, page by page, who edited them, and single ones by number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graph.activity import Article
from graph.db.keyset import Listing, containing, doublings
from graph.db.people import EDITOR_COLUMNS, editor
from graph.db.pool import Pool
from graph.db.veils import ARTICLE_TALLY
from graph.db.visibility import ENROLLMENT_SEEN, PROGRAM_SEEN, Viewer, bound, nameless, veiled
from graph.paging import ArticleOrder, ArticleQuery, Page, Slice
from graph.programs import Editor

Row = Mapping[str, Any]

LONGEST = 100  # as many articles as a page has at most


@dataclass(frozen=True, slots=True)
class ListedArticle:
    """An article's part of a collection: the edits made to it as an article, and the bytes they added.

    One that an organizer excluded from a program has no part in it.
    """

    article: Article
    created: bool
    edits: int
    bytes_added: int
    excluded: bool


ARTICLE_COLUMNS = "g.id AS page_key, w.dbname, g.page_id, g.namespace, g.title, g.deleted"

# Somebody in the program `p` whom the viewer may know of edited the page of the exclusion `x`: what nameless
# participants alone edited is not betrayed by leaving it out.
_EDITED_BY_KNOWN = """EXISTS (
    SELECT FROM edit e JOIN enrollment n ON n.editor_id = e.editor_id AND n.program_id = p.id AND n.role = 'EDITOR'
    WHERE e.page_key = x.page_key AND e.at BETWEEN p.tracking_start AND p.tracking_end
      AND NOT e.hidden AND NOT e.editor_hidden AND /*SEEN*/)""".replace("/*SEEN*/", ENROLLMENT_SEEN)

# The program that a program's second collection belongs to; every other collection itself.
_PROGRAM = """(
    SELECT coalesce((SELECT k.id FROM program k WHERE k.everybody_id = parent.id), parent.id) AS id OFFSET 0)"""

# Whether somebody else edited the deleted page `g` than participants who are nameless in all of the public collection's
# programs they have a part in.
_NOT_BY_NAMELESS_ALONE = """EXISTS (
    SELECT FROM edit e WHERE e.page_key = g.id AND NOT EXISTS (
        SELECT FROM enrollment n JOIN program p ON p.id = n.program_id
        WHERE n.editor_id = e.editor_id AND n.role = 'EDITOR' AND /*PUBLIC*/
        HAVING bool_and(NOT n.show_name)))""".replace(
    "/*PUBLIC*/",
    """(p.id = parent.id OR EXISTS (SELECT FROM session x WHERE x.id = parent.id AND x.program_id = p.id)
        OR EXISTS (SELECT FROM campaign_program l WHERE l.program_id = p.id AND l.campaign_id = parent.id))""",
)

_ALL = f"""
    SELECT a.page_key, a.tracked, a.bytes_added, a.creations, false AS excluded FROM {ARTICLE_TALLY} a
    WHERE NOT EXISTS (SELECT FROM exclusion x WHERE x.program_id = own.id AND x.page_key = a.page_key)
"""  # noqa: S608 - our own pieces

# Of a list by bytes only so many articles are looked at as a page can need: those whose rank (graph/db/tables.py) is
# among the highest, from the place on that the page begins at. Where anything may be veiled, tallies are not yet what
# is shown, and all are looked at.
_GENERATION = "(SELECT k.generation FROM collection k WHERE k.id = parent.id)"
_UP_TO = f"CASE WHEN $2::bigint IS NULL THEN 32767::smallint ELSE {doublings('$2::bigint')} END"
_LARGEST = f"""
    SELECT a.page_key, a.tracked, a.bytes_added, a.creations, false AS excluded
    FROM unnest(ARRAY(
        SELECT c.page_key FROM article_tally c
        WHERE c.generation = {_GENERATION} AND c.bytes_rank <= {_UP_TO} AND c.bytes_rank >= coalesce((
            SELECT most.bytes_rank FROM (
                SELECT f.bytes_rank FROM article_tally f
                WHERE f.generation = {_GENERATION} AND f.bytes_rank <= {_UP_TO} AND f.tracked > 0
                  AND ($2::bigint IS NULL OR f.bytes_added < $2::bigint)
                  AND ($9::bool IS NULL OR (f.creations > 0) = $9)
                  AND NOT EXISTS (SELECT FROM exclusion x WHERE x.program_id = own.id AND x.page_key = f.page_key)
                ORDER BY f.bytes_rank DESC LIMIT {LONGEST + 1}) most
            ORDER BY most.bytes_rank DESC OFFSET $5::bigint - 1 LIMIT 1), -1::smallint)
    )) AS top(page_key)
    JOIN article_tally a ON a.generation = {_GENERATION} AND a.page_key = top.page_key
    WHERE NOT {nameless("parent.id")}
      AND NOT EXISTS (SELECT FROM exclusion x WHERE x.program_id = own.id AND x.page_key = a.page_key)
    UNION ALL
    SELECT every.* FROM ({_ALL}) every WHERE {nameless("parent.id")}
"""  # noqa: S608 - our own pieces

# A deleted page has no counted edits any more; it stays where its namespace is one of articles. So does one that an
# organizer excluded, whatever became of its tally.
# $8 wiki, $9 created, $10 order, $11 excluded, $12 search
_SOURCE = (
    """
    FROM /*PROGRAM*/ own CROSS JOIN LATERAL (
        /*ARTICLES*/
        UNION ALL
        SELECT x.page_key, 0, 0, 0, true FROM exclusion x JOIN program p ON p.id = x.program_id
        WHERE x.program_id = own.id AND /*EDITED*/
    ) t /*PAGE*/ JOIN wiki w ON w.id = g.wiki_id
    WHERE (t.tracked > 0 OR t.excluded OR g.deleted AND /*EDITED BEFORE*/ AND EXISTS (
          SELECT FROM set_coverage s
          WHERE s.collection_id = parent.id AND g.wiki_id * 65536::bigint + g.namespace = ANY(s.tracked)))
      AND ($8::text IS NULL OR w.dbname = $8) AND ($9::bool IS NULL OR (t.creations > 0) = $9)
      AND ($11::bool IS NULL OR t.excluded = $11) AND ($12::text IS NULL OR g.title ILIKE $12)
    """.replace("/*EDITED*/", _EDITED_BY_KNOWN)
    .replace("/*EDITED BEFORE*/", _NOT_BY_NAMELESS_ALONE)
    .replace("/*PROGRAM*/", _PROGRAM)
)


_PAGE = "JOIN page g ON g.id = t.page_key"
# They are few: looked up one by one, whatever the planner takes them to be.
_FEW_PAGES = "CROSS JOIN LATERAL (SELECT * FROM page WHERE id = t.page_key OFFSET 0) g"


def _listing(articles: str, page: str) -> Listing:
    return Listing(
        "t.tracked, t.bytes_added, t.creations, t.excluded, /*ARTICLE*/".replace("/*ARTICLE*/", ARTICLE_COLUMNS),
        _SOURCE.replace("/*ARTICLES*/", articles).replace("/*PAGE*/", page),
        rank="""CASE $10::text WHEN 'BYTES_ADDED' THEN t.bytes_added WHEN 'EDITS' THEN t.tracked
            WHEN 'NEWEST' THEN g.id ELSE 0 END""",
        name="""coalesce(lower(g.title), '') COLLATE "C" """,
        number="g.id",
        extra=("text", "bool", "text", "bool", "text"),
    )


_ARTICLES, _BY_BYTES = _listing(_ALL, _PAGE), _listing(_LARGEST, _FEW_PAGES)

# Whether anything is veiled is asked once a collection, and of its sets only where anything may be.
_MOST = """SELECT asked.collection_id, asked.page_key, most.editor_id, most.edits
FROM asked CROSS JOIN LATERAL (
    SELECT t.editor_id, sum(t.edits) AS edits
    FROM (SELECT e.editor_id, e.set_id, e.edits, g.wiki_id * 65536::bigint + g.namespace AS place
          FROM article_editor_tally e JOIN page g ON g.id = e.page_key
          WHERE e.page_key = asked.page_key AND e.edits > 0 OFFSET 0) t
    JOIN set_coverage s ON s.set_id = t.set_id AND s.collection_id = asked.collection_id AND NOT s.uploads_only
        AND t.place = ANY(s.tracked) /*VEILED*/
    WHERE true /*BUT*/
    GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 10
) most WHERE /*WHICH*/"""
_MOST_OF_ALL = _MOST.replace("/*VEILED*/", "").replace("/*BUT*/", "").replace("/*WHICH*/", "NOT asked.nameless")
_MOST_OF_KNOWN = (
    _MOST.replace("/*VEILED*/", veiled("asked.collection_id"))
    .replace("/*BUT*/", "AND t.editor_id <> ALL(veiled.editors)")
    .replace("/*WHICH*/", "asked.nameless")
)
_ARTICLE_EDITORS = f"""
WITH asked AS MATERIALIZED (
    SELECT a.collection_id, a.page_key, k.nameless
    FROM unnest($1::bigint[], $2::bigint[]) AS a(collection_id, page_key)
    JOIN (SELECT d.id, {nameless("d.id")} AS nameless FROM (SELECT DISTINCT unnest($1) AS id) d OFFSET 0) k
        ON k.id = a.collection_id
)
SELECT most.collection_id, most.page_key, {EDITOR_COLUMNS}
FROM ({_MOST_OF_ALL} UNION ALL {_MOST_OF_KNOWN}) most JOIN editor u ON u.id = most.editor_id
ORDER BY most.edits DESC, most.editor_id
"""  # noqa: S608 - our own pieces

# An article is shown where it is part of a program that the viewer may see, deleted or not, by an edit of somebody the
# viewer may know of there.
_ARTICLES_BY_ID = (
    """
SELECT /*ARTICLE*/ FROM page g JOIN wiki w ON w.id = g.wiki_id
WHERE g.id = ANY($1::bigint[]) AND (EXISTS (
    SELECT FROM exclusion x JOIN program p ON p.id = x.program_id
    WHERE x.page_key = g.id AND /*SEEN*/ AND /*EDITED*/) OR EXISTS (
    SELECT FROM edit e JOIN enrollment n ON n.editor_id = e.editor_id AND n.role = 'EDITOR'
    JOIN program p ON p.id = n.program_id
    WHERE e.page_key = g.id AND /*SEEN*/ AND /*KNOWN*/ AND (
        EXISTS (SELECT FROM set_coverage s WHERE s.set_id = e.set_id AND s.collection_id IN (p.id, p.everybody_id))
        OR g.deleted AND EXISTS (
            SELECT FROM collection k JOIN article_tally t ON t.generation = k.generation
            WHERE k.id IN (p.id, p.everybody_id) AND t.page_key = g.id))))
""".replace("/*ARTICLE*/", ARTICLE_COLUMNS)
    .replace("/*SEEN*/", PROGRAM_SEEN)
    .replace("/*KNOWN*/", ENROLLMENT_SEEN)
    .replace("/*EDITED*/", _EDITED_BY_KNOWN)
)
_ARTICLE_IDS = bound(_ARTICLES_BY_ID, 2, 3)


async def articles(
    pool: Pool, viewer: Viewer, collections: Sequence[int], query: ArticleQuery, part: Slice
) -> dict[int, Page[ListedArticle]]:
    """The articles of each collection."""
    by_rank = query.order is ArticleOrder.BYTES_ADDED and part.first <= LONGEST
    narrowed = query.wiki is not None or query.search is not None or query.excluded is True
    listing = _BY_BYTES if by_rank and not narrowed else _ARTICLES
    return await listing.page(pool, viewer, collections, part, _extra(query), _listed)


async def count_articles(pool: Pool, viewer: Viewer, collections: Sequence[int], query: ArticleQuery) -> dict[int, int]:
    """How many articles each collection has."""
    return await _ARTICLES.count(pool, viewer, collections, _extra(query))


def _extra(query: ArticleQuery) -> tuple[object, ...]:
    return query.wiki, query.created, query.order, query.excluded, containing(query.search)


async def article_editors(pool: Pool, places: Sequence[tuple[int, int]]) -> dict[tuple[int, int], list[Editor]]:
    """For each collection and article, at most ten editors, those with the most edits first."""
    found: dict[tuple[int, int], list[Editor]] = {place: [] for place in places}
    rows = await pool.fetch(_ARTICLE_EDITORS, [place[0] for place in places], [place[1] for place in places])
    for row in rows:
        found[row["collection_id"], row["page_key"]].append(editor(row))
    return found


async def articles_by_id(pool: Pool, viewer: Viewer, ids: Sequence[int]) -> dict[int, Article]:
    """The articles with these numbers that are part of a program the viewer may see."""
    rows = await pool.fetch(_ARTICLE_IDS, ids, viewer.editor_id, viewer.is_admin)
    return {row["page_key"]: article(row) for row in rows}


def article(row: Row) -> Article:
    """The page in a row with ARTICLE_COLUMNS."""
    return Article(row["page_key"], row["dbname"], row["page_id"], row["namespace"], row["title"], row["deleted"])


def _listed(row: Row) -> ListedArticle:
    return ListedArticle(article(row), row["creations"] > 0, row["tracked"], row["bytes_added"], row["excluded"])

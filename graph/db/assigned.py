# SPDX-License-Identifier: GPL-3.0-or-later
"""Who writes or reviews what, and what is available: page by page, one by one, and the state of each article.

An assignment is a row where the viewer may know of the editor's part in the program, and an article whose only writers
the viewer may not know of stays available for them: nothing else would say that there are such people.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from graph.db.keyset import Listing, containing
from graph.db.people import EDITOR_COLUMNS, editor
from graph.db.pool import Connection, Pool
from graph.db.visibility import ENROLLMENT_SEEN, PROGRAM_SEEN, Viewer, bound
from graph.paging import AssignmentQuery, AvailableQuery, Page, Slice
from graph.programs import Assignment, AssignmentRole, Editor, WantedArticle, Wiki

Row = Mapping[str, Any]

_WANTED = (
    "a.id AS article_id, a.program_id, a.namespace, a.title, a.offered_at, w.dbname, w.domain, w.project, w.language"
)
_ASSIGNED = f"s.id AS assignment_id, s.role, s.claimed, s.at, {_WANTED}, {EDITOR_COLUMNS}"
_FROM = """
FROM assignment s JOIN wanted_article a ON a.id = s.article_id JOIN wiki w ON w.id = a.wiki_id
JOIN editor u ON u.id = s.editor_id
JOIN enrollment n ON n.program_id = s.program_id AND n.editor_id = s.editor_id AND n.role = 'EDITOR'
JOIN program p ON p.id = s.program_id
"""
_BY_TITLE = 'lower(a.title) COLLATE "C"'

# $8 role, $9 username
_OF_PROGRAMS = Listing(
    _ASSIGNED,
    f"{_FROM} WHERE s.program_id = parent.id AND {ENROLLMENT_SEEN}"
    " AND ($8::text IS NULL OR s.role = $8) AND ($9::text IS NULL OR u.username = $9)",
    rank="0",
    name=_BY_TITLE,
    number="s.id",
    extra=("text", "text"),
)
# $8 program
_OF_EDITORS = Listing(
    _ASSIGNED,
    f"{_FROM} WHERE s.editor_id = parent.id AND s.program_id = $8::bigint AND {PROGRAM_SEEN} AND {ENROLLMENT_SEEN}",
    rank="0",
    name=_BY_TITLE,
    number="s.id",
    extra=("bigint",),
)
# $8 wiki, $9 search
_AVAILABLE = Listing(
    _WANTED,
    f"""FROM wanted_article a JOIN wiki w ON w.id = a.wiki_id
    WHERE a.program_id = parent.id AND a.offered_at IS NOT NULL AND NOT EXISTS (
        SELECT FROM assignment s
        JOIN enrollment n ON n.program_id = s.program_id AND n.editor_id = s.editor_id AND n.role = 'EDITOR'
        WHERE s.article_id = a.id AND s.role = 'WRITE' AND {ENROLLMENT_SEEN})
      AND ($8::text IS NULL OR w.dbname = $8) AND ($9::text IS NULL OR a.title ILIKE $9)""",
    rank="0",
    name=_BY_TITLE,
    number="a.id",
    extra=("text", "text"),
)

# The edits that tell of an article are those of editors whom the viewer may know of, in the program's window; so is
# the page itself. What the wiki said is told to everybody.
_KNOWN_EDITS = """edit e JOIN enrollment n ON n.program_id = p.id AND n.editor_id = e.editor_id AND n.role = 'EDITOR'
    WHERE e.page_key = g.id AND e.at BETWEEN p.tracking_start AND p.tracking_end
      AND NOT e.hidden AND NOT e.editor_hidden AND /*SEEN*/""".replace("/*SEEN*/", ENROLLMENT_SEEN)
_STATES = bound(
    """
SELECT a.id, a.located_at, CASE
        WHEN g.id IS NOT NULL AND (a.located_at IS NULL OR g.as_of >= a.located_at) THEN NOT g.deleted
        WHEN a.located_at IS NOT NULL THEN a.page_id IS NOT NULL END AS exists,
    c.at AS created_at, cu.id AS creator_id, cu.username AS creator, cu.central_id AS creator_central,
    cu.registered_at AS creator_since, l.at AS edited_at, /*EDITOR*/
FROM wanted_article a JOIN program p ON p.id = a.program_id
LEFT JOIN LATERAL (
    SELECT g.id, g.deleted, g.as_of FROM page g
    WHERE g.wiki_id = a.wiki_id AND (g.page_id = a.page_id OR g.title = a.title)
      AND EXISTS (SELECT FROM /*KNOWN*/)
    ORDER BY g.deleted, g.page_id = a.page_id DESC NULLS LAST, g.as_of DESC LIMIT 1
) g ON true
LEFT JOIN LATERAL (
    SELECT e.at, e.editor_id FROM /*KNOWN*/ AND e.created AND NOT g.deleted ORDER BY e.at, e.revision_id LIMIT 1
) c ON true
LEFT JOIN LATERAL (
    SELECT e.at, e.editor_id FROM /*KNOWN*/ AND NOT g.deleted ORDER BY e.at DESC, e.revision_id DESC LIMIT 1
) l ON true
LEFT JOIN editor cu ON cu.id = c.editor_id LEFT JOIN editor u ON u.id = l.editor_id
WHERE a.id = ANY($1::bigint[])
""".replace("/*KNOWN*/", _KNOWN_EDITS).replace("/*EDITOR*/", EDITOR_COLUMNS),
    2,
    3,
)

_ONE = f"SELECT {_ASSIGNED} {_FROM} WHERE s.id = $1"
_OFFERED = """
SELECT /*WANTED*/ FROM wanted_article a JOIN wiki w ON w.id = a.wiki_id WHERE a.id = $1 AND a.offered_at IS NOT NULL
""".replace("/*WANTED*/", _WANTED)


@dataclass(frozen=True, slots=True)
class ArticleState:
    """What is known of a wanted article: whether it exists (None: not known), who began it, and its newest edit.

    Of edits those are known that editors of the program made in its window. ``checked_at``: the wiki was asked then.
    """

    exists: bool | None
    checked_at: datetime | None
    created_by: Editor | None
    created_at: datetime | None
    last_edit_by: Editor | None
    last_edit_at: datetime | None


async def assignments(
    pool: Pool, viewer: Viewer, programs: Sequence[int], query: AssignmentQuery, part: Slice
) -> dict[int, Page[Assignment]]:
    """The assignments of each program, by title."""
    return await _OF_PROGRAMS.page(pool, viewer, programs, part, (query.role, query.editor), _assignment)


async def count_assignments(
    pool: Pool, viewer: Viewer, programs: Sequence[int], query: AssignmentQuery
) -> dict[int, int]:
    """How many these are."""
    return await _OF_PROGRAMS.count(pool, viewer, programs, (query.role, query.editor))


async def assignments_of(
    pool: Pool, viewer: Viewer, editors: Sequence[int], program_id: int, part: Slice
) -> dict[int, Page[Assignment]]:
    """The assignments of each editor in one program, by title; none in one that the viewer may not see."""
    return await _OF_EDITORS.page(pool, viewer, editors, part, (program_id,), _assignment)


async def count_assignments_of(pool: Pool, viewer: Viewer, editors: Sequence[int], program_id: int) -> dict[int, int]:
    """How many these are."""
    return await _OF_EDITORS.count(pool, viewer, editors, (program_id,))


async def available(
    pool: Pool, viewer: Viewer, programs: Sequence[int], query: AvailableQuery, part: Slice
) -> dict[int, Page[WantedArticle]]:
    """The articles of each program that can be claimed, by title."""
    extra = (query.wiki, containing(query.search))
    return await _AVAILABLE.page(pool, viewer, programs, part, extra, _wanted)


async def count_available(pool: Pool, viewer: Viewer, programs: Sequence[int], query: AvailableQuery) -> dict[int, int]:
    """How many these are."""
    return await _AVAILABLE.count(pool, viewer, programs, (query.wiki, containing(query.search)))


async def states(pool: Pool, viewer: Viewer, articles: Sequence[int]) -> dict[int, ArticleState]:
    """What is known of each of these wanted articles."""
    rows = await pool.fetch(_STATES, articles, viewer.editor_id, viewer.is_admin)
    return {row["id"]: _state(row) for row in rows}


async def assignment(conn: Connection, assignment_id: int) -> Assignment | None:
    """One assignment, whoever asks."""
    row = await conn.fetchrow(_ONE, assignment_id)
    return None if row is None else _assignment(row)


async def offered(conn: Connection, article_id: int) -> WantedArticle | None:
    """One article that is offered, whether or not somebody has it."""
    row = await conn.fetchrow(_OFFERED, article_id)
    return None if row is None else _wanted(row)


def _wanted(row: Row) -> WantedArticle:
    wiki = Wiki(row["dbname"], row["domain"], row["project"], row["language"])
    return WantedArticle(row["article_id"], row["program_id"], wiki, row["namespace"], row["title"], row["offered_at"])


def _assignment(row: Row) -> Assignment:
    role = AssignmentRole(row["role"])
    return Assignment(row["assignment_id"], _wanted(row), editor(row), role, row["claimed"], row["at"])


def _state(row: Row) -> ArticleState:
    creator = None
    if row["creator_id"] is not None:
        creator = Editor(row["creator_id"], row["creator"], row["creator_central"], row["creator_since"])
    return ArticleState(
        exists=row["exists"],
        checked_at=row["located_at"],
        created_by=creator,
        created_at=row["created_at"],
        last_edit_by=None if row["editor_id"] is None else editor(row),
        last_edit_at=row["edited_at"],
    )

# SPDX-License-Identifier: GPL-3.0-or-later
"""What was contributed: the edits and uploads of collections, page by page, and single ones by key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from graph.activity import LedgerEdit
from graph.db.articles import ARTICLE_COLUMNS, article
from graph.db.keyset import pages
from graph.db.people import EDITOR_COLUMNS, editor
from graph.db.pool import Pool
from graph.db.visibility import ENROLLMENT_SEEN, PROGRAM_SEEN, Viewer, bound, veiled
from graph.paging import EditQuery, Key, Page, Slice, UploadQuery
from graph.programs import Editor

Row = Mapping[str, Any]
EditKey = tuple[str, int]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_LAST = (datetime(9999, 1, 1, tzinfo=UTC) - _EPOCH) // _MICROSECOND


@dataclass(frozen=True, slots=True)
class Upload:
    """A file on Commons, by the number of its page here; ``file_name`` has no namespace."""

    id: int
    file_name: str
    editor: Editor | None
    at: datetime
    deleted: bool


EDIT_COLUMNS = """e.wiki_id, e.revision_id, e.at, e.byte_change, e.created, e.redirect, e.minor,
    e.reverted OR e.revert_named AS reverted, e.summary, e.editor_hidden, /*ARTICLE*/, /*EDITOR*/
""".replace("/*ARTICLE*/", ARTICLE_COLUMNS).replace("/*EDITOR*/", EDITOR_COLUMNS)
EDIT_JOINS = "JOIN page g ON g.id = e.page_key JOIN wiki w ON w.id = e.wiki_id JOIN editor u ON u.id = e.editor_id"

# Each set's newest edits come off its index; the merge reads no more than a page of each. A condition that is not asked
# for is not in the statement at all, so that PostgreSQL can plan each form once and for all.
# $2–$4 the place (instant, revision, wiki), $5 the limit, $6 wiki, $7 editor
_RECENT = """
SELECT parent.id AS parent, listed.*
FROM unnest($1::bigint[]) AS parent(id) CROSS JOIN LATERAL (
    SELECT newest.* FROM set_coverage s /*VEILED*/ CROSS JOIN LATERAL (
        SELECT /*EDIT*/ FROM edit e /*JOINS*/
        WHERE e.set_id = s.set_id AND e.editor_id <> ALL(veiled.editors) /*MATCHING*/ /*AFTER*/
        ORDER BY e.at DESC, e.revision_id DESC, e.wiki_id DESC LIMIT $5::bigint
    ) AS newest
    WHERE s.collection_id = parent.id /*COVERED*/
    ORDER BY newest.at DESC, newest.revision_id DESC, newest.wiki_id DESC LIMIT $5
) AS listed
WHERE /*NAMED*/
ORDER BY parent.id, at DESC, revision_id DESC, wiki_id DESC
"""
_HOW_MANY = """
SELECT parent.id AS parent, (
    SELECT count(*) FROM set_coverage s /*VEILED*/
    JOIN edit e ON e.set_id = s.set_id AND e.editor_id <> ALL(veiled.editors) /*JOINS*/
    WHERE s.collection_id = parent.id /*COVERED*/ /*MATCHING*/) AS total
FROM unnest($1::bigint[]) AS parent(id)
WHERE /*NAMED*/
"""
_NAMED = " AND ".join(
    f"(${2 + place}::{kind} IS NULL OR true)"
    for place, kind in enumerate(("timestamptz", "bigint", "bigint", "bigint", "text", "text"))
)
_AFTER = "AND (e.at, e.revision_id, e.wiki_id) < ($2, $3, $4)"
_ON_WIKI = " AND e.wiki_id = (SELECT x.id FROM wiki x WHERE x.dbname = $6)"
_BY_EDITOR = " AND e.editor_id IN (SELECT x.id FROM editor x WHERE x.username = $7) AND NOT e.editor_hidden"
_IS_UPLOAD = " AND e.created AND NOT e.redirect AND g.namespace = 6 AND w.dbname = 'commonswiki'"


@dataclass(frozen=True, slots=True)
class _Asked:
    """Edits or uploads, on one wiki or on all, by one editor or by all."""

    uploads: bool
    wiki: str | None
    editor: str | None

    def statement(self, form: str, *, after: bool = False) -> str:
        """``form`` with just the conditions that are asked for."""
        return _statement(form, self.uploads, self.wiki is not None, self.editor is not None, after)


@cache
def _statement(form: str, uploads: bool, on_wiki: bool, by_editor: bool, after: bool) -> str:
    matching = (_IS_UPLOAD if uploads else "") + (_ON_WIKI if on_wiki else "") + (_BY_EDITOR if by_editor else "")
    return _filled(
        form,
        {
            "MATCHING": matching,
            "COVERED": "" if uploads else "AND NOT s.uploads_only",
            "AFTER": _AFTER if after else "",
            "NAMED": _NAMED,
            "VEILED": veiled("parent.id"),
        },
    )


def _filled(sql: str, pieces: Mapping[str, str]) -> str:
    for name, piece in {**pieces, "EDIT": EDIT_COLUMNS, "JOINS": EDIT_JOINS}.items():
        sql = sql.replace(f"/*{name}*/", piece)
    return sql


# A single edit or upload is shown where a program that the viewer may see counts it, by itself or for those who may
# know of nameless participants, and the viewer may know of its author's part in it.
_COUNTED = """EXISTS (SELECT FROM set_coverage s JOIN program p ON s.collection_id IN (p.id, p.everybody_id)
    JOIN enrollment n ON n.program_id = p.id AND n.editor_id = e.editor_id AND n.role = 'EDITOR'
    WHERE s.set_id = e.set_id /*COVERED*/ AND /*SEEN*/ AND /*KNOWN*/)"""
_EDITS_BY_KEY = """
SELECT /*EDIT*/ FROM unnest($1::text[], $2::bigint[]) AS asked(dbname, revision_id)
JOIN wiki k ON k.dbname = asked.dbname
JOIN edit e ON e.wiki_id = k.id AND e.revision_id = asked.revision_id /*JOINS*/
WHERE /*COUNTED*/
"""
_UPLOADS_BY_ID = """
SELECT /*EDIT*/ FROM edit e /*JOINS*/ WHERE e.page_key = ANY($1::bigint[]) /*MATCHING*/ AND /*COUNTED*/
"""


def _single(sql: str, covered: str, viewer: int) -> str:
    pieces = {
        "COUNTED": _COUNTED,
        "SEEN": PROGRAM_SEEN,
        "KNOWN": ENROLLMENT_SEEN,
        "COVERED": covered,
        "MATCHING": _IS_UPLOAD,
    }
    return bound(_filled(sql, pieces), viewer, viewer + 1)


_EDIT_KEYS = _single(_EDITS_BY_KEY, "AND NOT s.uploads_only", 3)
_UPLOAD_IDS = _single(_UPLOADS_BY_ID, "", 2)


async def edits(pool: Pool, collections: Sequence[int], query: EditQuery, part: Slice) -> dict[int, Page[LedgerEdit]]:
    """The counted edits of each collection, the newest first."""
    rows = await _recent(pool, collections, _Asked(False, query.wiki, query.editor), part)
    return pages(collections, rows, part, ledger_edit, _key)


async def count_edits(pool: Pool, collections: Sequence[int], query: EditQuery) -> dict[int, int]:
    """How many counted edits each collection has."""
    return await _how_many(pool, collections, _Asked(False, query.wiki, query.editor))


async def uploads(pool: Pool, collections: Sequence[int], query: UploadQuery, part: Slice) -> dict[int, Page[Upload]]:
    """The files uploaded in each collection, the newest first."""
    rows = await _recent(pool, collections, _Asked(True, None, query.editor), part)
    return pages(collections, rows, part, _upload, _key)


async def count_uploads(pool: Pool, collections: Sequence[int], query: UploadQuery) -> dict[int, int]:
    """How many files were uploaded in each collection."""
    return await _how_many(pool, collections, _Asked(True, None, query.editor))


async def _recent(pool: Pool, collections: Sequence[int], asked: _Asked, part: Slice) -> Sequence[Row]:
    statement = asked.statement(_RECENT, after=part.after is not None)
    rows: Sequence[Row] = await pool.fetch(
        statement, collections, *_place(part), part.first + 1, asked.wiki, asked.editor
    )
    return rows


async def _how_many(pool: Pool, collections: Sequence[int], asked: _Asked) -> dict[int, int]:
    nothing = (None, None, None, None)
    rows = await pool.fetch(asked.statement(_HOW_MANY), collections, *nothing, asked.wiki, asked.editor)
    return {row["parent"]: row["total"] for row in rows}


async def edits_by_key(pool: Pool, viewer: Viewer, keys: Sequence[EditKey]) -> dict[EditKey, LedgerEdit]:
    """The edits with these wikis and revisions that count in a program the viewer may see."""
    wikis, revisions = [key[0] for key in keys], [key[1] for key in keys]
    rows = await pool.fetch(_EDIT_KEYS, wikis, revisions, viewer.editor_id, viewer.is_admin)
    return {(row["dbname"], row["revision_id"]): ledger_edit(row) for row in rows}


async def uploads_by_id(pool: Pool, viewer: Viewer, ids: Sequence[int]) -> dict[int, Upload]:
    """The uploads with these numbers that count in a program the viewer may see."""
    rows = await pool.fetch(_UPLOAD_IDS, ids, viewer.editor_id, viewer.is_admin)
    return {row["page_key"]: _upload(row) for row in rows}


def ledger_edit(row: Row) -> LedgerEdit:
    """The edit in a row with EDIT_COLUMNS, without what is hidden."""
    upload = row["created"] and not row["redirect"] and row["namespace"] == 6 and row["dbname"] == "commonswiki"
    return LedgerEdit(
        wiki=row["dbname"],
        revision_id=row["revision_id"],
        article=article(row),
        editor=None if row["editor_hidden"] else editor(row),
        at=row["at"],
        byte_change=row["byte_change"],
        created=row["created"],
        minor=row["minor"],
        reverted=row["reverted"],
        summary=row["summary"],
        upload=upload,
    )


def _upload(row: Row) -> Upload:
    title: str = row["title"] or ""
    return Upload(
        id=row["page_key"],
        file_name=title.partition(":")[2],
        editor=None if row["editor_hidden"] else editor(row),
        at=row["at"],
        deleted=row["deleted"],
    )


def _key(row: Row) -> Key:
    return (row["at"] - _EPOCH) // _MICROSECOND, row["revision_id"], row["wiki_id"]


def _place(part: Slice) -> tuple[datetime | None, int | None, int | None]:
    if part.after is None:
        return None, None, None
    at, revision, wiki = (int(value) for value in part.after)
    return _EPOCH + timedelta(microseconds=min(max(at, 0), _LAST)), revision, wiki

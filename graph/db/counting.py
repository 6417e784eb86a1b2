# SPDX-License-Identifier: GPL-3.0-or-later
"""The addition: one statement that adds edits to every tally they belong to, or takes them back.

Whatever counts (live edits, history, changes, a program joining a campaign, a recount) comes through here, with the
sign and the source of the facts as the only differences. Distinct numbers (articles, active editors) are rows of keyed
tables: a row that rises from zero or falls to zero moves the number above it by one.

Statements run under the ledger's lock (graph/db/ledger.py), which is why no two of them meet on a row.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import msgspec

from graph.db import counting_days
from graph.db.ledger import Kind
from graph.db.pool import Connection


@dataclass(frozen=True, slots=True)
class Fact:
    """What the tallies need to know of one edit.

    ``created``: the first revision of a page, and no redirect. ``day``: when it was saved, in UTC.
    """

    set_id: int
    wiki_id: int
    namespace: int
    page_key: int
    editor_id: int
    byte_change: int
    created: bool
    upload: bool
    reverted: bool
    day: date


# A row of `edit`: wiki, revision, page, editor, time, byte change, set, created, redirect, minor, summary.
Row = tuple[int, int, int, int, datetime, int, int, bool, bool, bool, str | None]


@dataclass(frozen=True, slots=True)
class Coverage:
    """One collection that counts the edits of a set; ``tracked`` as in the table of that name."""

    set_id: int
    collection_id: int
    uploads_only: bool
    tracked: tuple[int, ...]


FACT_COLUMNS = """
    e.set_id, e.wiki_id, p.namespace, e.page_key, e.editor_id, e.byte_change,
    e.created AND NOT e.redirect AS created,
    e.created AND NOT e.redirect AND p.namespace = 6
        AND e.wiki_id = (SELECT id FROM wiki WHERE dbname = 'commonswiki') AS upload,
    e.reverted, (e.at AT TIME ZONE 'UTC')::date AS day"""

# Each set with the generations (graph/db/tables.py) that count it: of collections, and of those still in the making.
_COVERAGE = """(SELECT s.set_id, coalesce(k.generation, s.collection_id) AS generation, s.uploads_only, s.tracked
    FROM set_coverage s LEFT JOIN collection k ON k.id = s.collection_id)"""

# Where the facts come from: given, just stored, or those of whole sets. $1 is the sign.
_GIVEN = """fact AS MATERIALIZED (
    SELECT * FROM unnest($2::int[], $3::smallint[], $4::int[], $5::bigint[], $6::bigint[], $7::int[], $8::bool[],
                         $9::bool[], $10::bool[], $11::date[])
    AS f(set_id, wiki_id, namespace, page_key, editor_id, byte_change, created, upload, reverted, day)
)"""

# What the insert returns as new is counted and, where live ($13), announced; the rest is known already.
_STORED = """stored AS (
    INSERT INTO edit (wiki_id, revision_id, page_key, editor_id, at, byte_change, set_id, created, redirect, minor,
                      summary)
    SELECT * FROM unnest($2::smallint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::timestamptz[], $7::int[],
                         $8::int[], $9::bool[], $10::bool[], $11::bool[], $12::text[])
    ON CONFLICT DO NOTHING RETURNING *
),
fact AS MATERIALIZED (
    SELECT /*COLUMNS*/ FROM stored e JOIN page p ON p.id = e.page_key WHERE e.set_id <> 0
),
numbers AS (
    UPDATE ledger SET number = number + (SELECT count(*) FROM fact) WHERE $13::bool
    RETURNING number - (SELECT count(*) FROM fact) AS base
),
announced AS (
    INSERT INTO activity (id, kind, wiki_id, revision_id, set_id)
    SELECT numbers.base + row_number() OVER (), /*COUNTED*/, e.wiki_id, e.revision_id, e.set_id
    FROM numbers, stored e WHERE e.set_id <> 0
)""".replace("/*COLUMNS*/", FACT_COLUMNS).replace("/*COUNTED*/", str(int(Kind.COUNTED)))

_OF_SETS = """covers AS MATERIALIZED (
    SELECT g.set_id, coalesce(k.generation, g.collection_id) AS generation, g.uploads_only, g.tracked
    FROM jsonb_to_recordset($3::jsonb) AS g(set_id int, collection_id bigint, uploads_only bool, tracked bigint[])
    LEFT JOIN collection k ON k.id = g.collection_id
),
fact AS MATERIALIZED (
    SELECT /*COLUMNS*/ FROM edit e JOIN page p ON p.id = e.page_key WHERE e.set_id = ANY($2::int[])
)""".replace("/*COLUMNS*/", FACT_COLUMNS)

# Who edited which article, and who was active where, is kept by set and not by collection: a collection that begins or
# ceases to count a set changes none of these rows. Whether an article is new to an editor of a collection is seen from
# the rows of all the sets that the collection counts.
_TOUCHED = """
    SELECT t.page_key, t.editor_id, t.place, o.set_id, o.edits
    FROM (SELECT page_key, editor_id, min(place) AS place FROM pair_change GROUP BY 1, 2) t
    JOIN article_editor_tally o USING (page_key, editor_id)"""

_PAIR_CHANGE = """pair_change AS MATERIALIZED (
    SELECT page_key, editor_id, set_id, min(wiki_id * 65536::bigint + namespace) AS place, $1 * count(*) AS edits
    FROM fact GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
)"""

_PAIRS_OF_EDITS = """/*CHANGE*/,
pairs AS (
    INSERT INTO article_editor_tally AS t (page_key, editor_id, set_id, edits)
    SELECT page_key, editor_id, set_id, edits FROM pair_change
    ON CONFLICT (page_key, editor_id, set_id) DO UPDATE SET edits = t.edits + excluded.edits
),
places AS (
    INSERT INTO wiki_editor_tally AS t (set_id, wiki_id, namespace, editor_id, edits)
    SELECT set_id, wiki_id, namespace, editor_id, $1 * count(*) FROM fact GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
    ON CONFLICT (set_id, wiki_id, namespace, editor_id) DO UPDATE SET edits = t.edits + excluded.edits
),
pair_part AS (
    SELECT s.generation, p.page_key, p.editor_id, p.before, p.step
    FROM (SELECT page_key, editor_id, place, set_id, edits AS before, 0 AS step FROM (/*TOUCHED*/) AS before
          UNION ALL SELECT page_key, editor_id, place, set_id, 0, edits FROM pair_change) AS p
    JOIN /*STORED COVERAGE*/ s USING (set_id) WHERE NOT s.uploads_only AND p.place = ANY(s.tracked)
)""".replace("/*CHANGE*/", _PAIR_CHANGE).replace("/*TOUCHED*/", _TOUCHED)

_PAIRS_OF_SETS = """/*CHANGE*/,
pair_part AS (
    SELECT c.generation, p.page_key, p.editor_id, CASE WHEN $1 < 0 THEN -p.edits ELSE 0 END AS before,
           p.edits AS step
    FROM pair_change p JOIN covers c USING (set_id) WHERE NOT c.uploads_only AND p.place = ANY(c.tracked)
    UNION ALL
    SELECT s.generation, o.page_key, o.editor_id, o.edits, 0
    FROM (/*TOUCHED*/) AS o JOIN /*STORED COVERAGE*/ s USING (set_id)
    WHERE NOT s.uploads_only AND o.place = ANY(s.tracked) AND s.generation IN (SELECT generation FROM covers)
      AND NOT EXISTS (SELECT FROM covers c WHERE c.set_id = o.set_id AND c.generation = s.generation)
)""".replace("/*CHANGE*/", _PAIR_CHANGE).replace("/*TOUCHED*/", _TOUCHED)

# Tallies that begin from nothing know nobody yet: every pair is new.
_PAIRS_OF_FRESH = """/*CHANGE*/,
pair_part AS (
    SELECT c.generation, p.page_key, p.editor_id, 0 AS before, p.edits AS step
    FROM pair_change p JOIN covers c USING (set_id) WHERE NOT c.uploads_only AND p.place = ANY(c.tracked)
)""".replace("/*CHANGE*/", _PAIR_CHANGE)

_STATEMENT = """
WITH /*FACTS*/,
member AS MATERIALIZED (
    SELECT c.generation, f.*, NOT c.uploads_only AS whole,
           NOT c.uploads_only AND (f.wiki_id * 65536::bigint + f.namespace) = ANY(c.tracked) AS tracked
    FROM fact f JOIN /*COVERAGE*/ c ON c.set_id = f.set_id
    WHERE f.upload OR NOT c.uploads_only
),
article_change AS MATERIALIZED (
    SELECT generation, page_key, min(wiki_id) AS wiki_id, min(namespace) AS namespace,
           $1 * count(*) AS edits, $1 * count(*) FILTER (WHERE tracked) AS tracked,
           $1 * count(*) FILTER (WHERE tracked AND created) AS creations,
           $1 * coalesce(sum(byte_change) FILTER (WHERE tracked AND byte_change > 0), 0) AS bytes_added
    FROM member WHERE whole GROUP BY 1, 2 ORDER BY 1, 2
),
article AS (
    INSERT INTO article_tally AS t (generation, page_key, namespace, edits, tracked, creations, bytes_added)
    SELECT generation, page_key, namespace, edits, tracked, creations, bytes_added FROM article_change
    ON CONFLICT (generation, page_key) DO UPDATE
    SET namespace = excluded.namespace, edits = t.edits + excluded.edits, tracked = t.tracked + excluded.tracked,
        creations = t.creations + excluded.creations, bytes_added = t.bytes_added + excluded.bytes_added
    RETURNING generation, page_key, tracked, creations
),
article_step AS MATERIALIZED (
    SELECT a.generation, c.wiki_id, c.namespace,
           sum((a.tracked > 0)::int - (a.tracked - c.tracked > 0)::int) AS edited,
           sum((a.creations > 0)::int - (a.creations - c.creations > 0)::int) AS created
    FROM article a JOIN article_change c USING (generation, page_key) GROUP BY 1, 2, 3
),
/*PAIRS*/,
/*DAYS*/,
/*TIMELINE*/,
pair_step AS MATERIALIZED (
    SELECT generation, editor_id, sum((after > 0)::int - (before > 0)::int) AS edited
    FROM (SELECT generation, page_key, editor_id, sum(before) AS before, sum(before + step) AS after
          FROM pair_part GROUP BY 1, 2, 3) AS pair
    WHERE (after > 0) <> (before > 0) GROUP BY 1, 2
),
editor_change AS MATERIALIZED (
    SELECT generation, editor_id, $1 * count(*) FILTER (WHERE whole) AS edits,
           $1 * coalesce(sum(byte_change) FILTER (WHERE tracked AND byte_change > 0), 0) AS bytes_added,
           $1 * coalesce(sum(byte_change) FILTER (WHERE whole AND namespace = 2 AND byte_change > 0), 0) AS userspace,
           $1 * coalesce(sum(byte_change) FILTER (WHERE whole AND namespace = 118 AND byte_change > 0), 0) AS draft,
           $1 * count(*) FILTER (WHERE tracked AND created) AS created,
           $1 * count(*) FILTER (WHERE upload) AS uploads
    FROM member GROUP BY 1, 2 ORDER BY 1, 2
),
editor AS (
    INSERT INTO editor_tally AS t (generation, editor_id, edits, bytes_added, bytes_userspace, bytes_draft,
                                   articles_edited, articles_created, uploads)
    SELECT c.generation, c.editor_id, c.edits, c.bytes_added, c.userspace, c.draft, coalesce(s.edited, 0),
           c.created, c.uploads
    FROM editor_change c LEFT JOIN pair_step s USING (generation, editor_id)
    ON CONFLICT (generation, editor_id) DO UPDATE
    SET edits = t.edits + excluded.edits, bytes_added = t.bytes_added + excluded.bytes_added,
        bytes_userspace = t.bytes_userspace + excluded.bytes_userspace,
        bytes_draft = t.bytes_draft + excluded.bytes_draft,
        articles_edited = t.articles_edited + excluded.articles_edited,
        articles_created = t.articles_created + excluded.articles_created, uploads = t.uploads + excluded.uploads
    RETURNING generation, editor_id, edits
),
editor_step AS MATERIALIZED (
    SELECT generation, sum((e.edits > 0)::int - (e.edits - c.edits > 0)::int) AS active
    FROM editor e JOIN editor_change c USING (generation, editor_id) GROUP BY 1
),
wiki_change AS MATERIALIZED (
    SELECT generation, wiki_id, namespace, $1 * count(*) FILTER (WHERE whole) AS edits,
           $1 * coalesce(sum(byte_change) FILTER (WHERE tracked AND byte_change > 0), 0) AS bytes_added,
           $1 * coalesce(-sum(byte_change) FILTER (WHERE tracked AND byte_change < 0), 0) AS bytes_removed,
           $1 * count(*) FILTER (WHERE upload) AS uploads,
           $1 * count(*) FILTER (WHERE whole AND reverted) AS reverted
    FROM member GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
),
wikis AS (
    INSERT INTO wiki_tally AS t (generation, wiki_id, namespace, edits, articles_edited, articles_created,
                                 bytes_added, bytes_removed, uploads, reverted)
    SELECT c.generation, c.wiki_id, c.namespace, c.edits, coalesce(a.edited, 0), coalesce(a.created, 0),
           c.bytes_added, c.bytes_removed, c.uploads, c.reverted
    FROM wiki_change c LEFT JOIN article_step a USING (generation, wiki_id, namespace)
    ON CONFLICT (generation, wiki_id, namespace) DO UPDATE
    SET edits = t.edits + excluded.edits, articles_edited = t.articles_edited + excluded.articles_edited,
        articles_created = t.articles_created + excluded.articles_created,
        bytes_added = t.bytes_added + excluded.bytes_added, bytes_removed = t.bytes_removed + excluded.bytes_removed,
        uploads = t.uploads + excluded.uploads, reverted = t.reverted + excluded.reverted
),
total AS MATERIALIZED (
    SELECT c.generation, sum(c.edits) AS edits, sum(c.bytes_added) AS bytes_added,
           sum(c.bytes_removed) AS bytes_removed, coalesce(sum(c.bytes_added) FILTER (WHERE w.words), 0) AS words_bytes,
           sum(c.uploads) AS uploads, sum(c.reverted) AS reverted
    FROM wiki_change c JOIN wiki w ON w.id = c.wiki_id GROUP BY 1
),
article_total AS MATERIALIZED (
    SELECT generation, sum(edited) AS edited, sum(created) AS created FROM article_step GROUP BY 1
),
headline AS (
    UPDATE collection AS t
    SET version = (SELECT number FROM ledger), edits = t.edits + d.edits,
        articles_edited = t.articles_edited + coalesce(a.edited, 0),
        articles_created = t.articles_created + coalesce(a.created, 0),
        active_editors = t.active_editors + coalesce(e.active, 0),
        bytes_added = t.bytes_added + d.bytes_added, bytes_removed = t.bytes_removed + d.bytes_removed,
        words_bytes = t.words_bytes + d.words_bytes, uploads = t.uploads + d.uploads, reverted = t.reverted + d.reverted
    FROM total d LEFT JOIN article_total a USING (generation) LEFT JOIN editor_step e USING (generation)
    WHERE t.generation = d.generation
)
/*RESULT*/
"""


def _statement(facts: str, coverage: str, pairs: str, days: str, result: str) -> str:
    pieces = {"FACTS": facts, "COVERAGE": coverage, "PAIRS": pairs, "DAYS": days, "RESULT": result}
    pieces["TIMELINE"] = counting_days.TIMELINE
    statement = _STATEMENT
    for name, piece in pieces.items():
        statement = statement.replace(f"/*{name}*/", piece)
    return statement.replace("/*STORED COVERAGE*/", _COVERAGE)


_OF_EDITS = (_PAIRS_OF_EDITS, counting_days.OF_EDITS)
_COUNT_GIVEN = _statement(_GIVEN, _COVERAGE, *_OF_EDITS, "SELECT")
_COUNT_STORED = _statement(_STORED, _COVERAGE, *_OF_EDITS, "SELECT wiki_id, revision_id, set_id FROM stored")
_COUNT_SETS = _statement(_OF_SETS, "covers", _PAIRS_OF_SETS, counting_days.OF_SETS, "SELECT")
_COUNT_FRESH = _statement(_OF_SETS, "covers", _PAIRS_OF_FRESH, counting_days.OF_FRESH, "SELECT")


async def count(conn: Connection, facts: Sequence[Fact], *, sign: int) -> None:
    """Add ``facts`` (sign 1) to every collection their sets cover now, or take them back (sign -1).

    All facts of a page whose namespace changed must be taken back under the old one before they are added under the
    new: a page is an article of one namespace at a time.
    """
    counted = [fact for fact in facts if fact.set_id]
    if counted:
        await conn.fetch(_COUNT_GIVEN, sign, *columns(counted))


async def store(conn: Connection, edits: Sequence[Row], *, live: bool) -> list[tuple[int, int, int]]:
    """Store the edits that are not known yet, count them, and append them to the activity if ``live``.

    Returns wiki, revision and set of those that were new, in the order given.
    """
    columns = [[row[n] for row in edits] for n in range(len(edits[0]))]
    return [tuple(row) for row in await conn.fetch(_COUNT_STORED, 1, *columns, live)]


async def count_sets(conn: Connection, coverage: Iterable[Coverage], *, sign: int) -> None:
    """Add the stored edits of whole sets to just the collections named, or take them back.

    ``set_coverage`` must hold the rows that are taken back still, and those that are added already.
    """
    rows = list(coverage)
    if rows:
        sets = sorted({row.set_id for row in rows})
        await conn.fetch(_COUNT_SETS, sign, sets, msgspec.json.encode(rows).decode())


async def count_fresh(conn: Connection, coverage: Iterable[Coverage], *, seconds: float) -> None:
    """Count the stored edits of whole sets into generations that hold nothing yet; takes at most ``seconds``."""
    rows = list(coverage)
    if rows:
        sets = sorted({row.set_id for row in rows})
        await conn.fetch(_COUNT_FRESH, 1, sets, msgspec.json.encode(rows).decode(), timeout=seconds)


def columns(facts: Sequence[Fact]) -> tuple[list[Any], ...]:
    """The facts as one list a column, the way ``unnest`` takes them."""
    names = Fact.__slots__
    return tuple([getattr(fact, name) for fact in facts] for name in names)

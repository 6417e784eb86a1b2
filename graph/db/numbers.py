# SPDX-License-Identifier: GPL-3.0-or-later
"""The numbers of collections in parts: by wiki and namespace, by editor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from graph.db import snapshots
from graph.db.ones import Statement
from graph.db.pool import Pool
from graph.db.veils import WIKI_TALLY
from graph.db.visibility import nameless, veiled
from graph.tallies import Metrics, WikiMetrics


@dataclass(frozen=True, slots=True)
class Narrowed:
    """A wiki (database name), a namespace of it or, where ``wiki`` is None, a namespace of all wikis."""

    wiki: str | None
    namespace: int | None


_AS_OF = "greatest(c.created_at, (SELECT complete_until FROM ledger)) AS as_of"
_SUMS = """coalesce(sum(t.edits), 0)::bigint AS edits, coalesce(sum(t.articles_edited), 0)::bigint AS articles_edited,
    coalesce(sum(t.articles_created), 0)::bigint AS articles_created,
    coalesce(sum(t.bytes_added), 0)::bigint AS bytes_added, coalesce(sum(t.bytes_removed), 0)::bigint AS bytes_removed,
    coalesce(sum(t.bytes_added) FILTER (WHERE w.words), 0)::bigint AS words_bytes,
    coalesce(sum(t.uploads), 0)::bigint AS uploads, coalesce(sum(t.reverted), 0)::bigint AS reverted"""

# An editor who is active in two namespaces is one active editor of the wiki, so these are counted, not added.
_OF_PART = """
SELECT c.id, c.version, c.editors, c.new_editors, /*AS OF*/, part.*,
    CASE WHEN $2::text IS NULL THEN c.has_words ELSE EXISTS (SELECT FROM wiki x WHERE x.dbname = $2 AND x.words) END
        AS has_words,
    (SELECT count(DISTINCT e.editor_id) FROM /*ACTIVE*/ e
     JOIN wiki w ON w.id = e.wiki_id WHERE e.collection_id = c.id
       AND ($2::text IS NULL OR w.dbname = $2) AND ($3::int IS NULL OR e.namespace = $3)) AS active_editors
FROM collection c CROSS JOIN LATERAL (
    SELECT /*SUMS*/ FROM /*TALLY*/ t JOIN wiki w ON w.id = t.wiki_id
    WHERE t.collection_id = c.id AND ($2::text IS NULL OR w.dbname = $2) AND ($3::int IS NULL OR t.namespace = $3)
) part
WHERE c.id = ANY($1::bigint[])
"""

# Each wiki that is tracked or has numbers, then its namespaces that have numbers.
_OF_WIKIS = """
WITH tally AS /*TALLY*/,
place AS (
    SELECT t.collection_id, t.wiki_id FROM tally t
    UNION
    SELECT k.id, pw.wiki_id FROM unnest($1::bigint[]) AS k(id) JOIN program p ON p.id = k.id OR p.everybody_id = k.id
    JOIN program_wiki pw ON pw.program_id = p.id
    UNION
    SELECT k.id, pw.wiki_id FROM unnest($1::bigint[]) AS k(id) JOIN session x ON x.id = k.id OR x.everybody_id = k.id
    JOIN program_wiki pw ON pw.program_id = x.program_id
    UNION
    SELECT l.campaign_id, pw.wiki_id FROM campaign_program l JOIN program p ON p.id = l.program_id
    JOIN program_wiki pw ON pw.program_id = p.id WHERE l.campaign_id = ANY($1) AND p.visibility = 'PUBLIC'
),/*COUNTED*/
part AS (
    SELECT place.collection_id, place.wiki_id, w.dbname, w.words AS has_words, t.namespace, /*SUMS*/,
        grouping(t.namespace) AS whole
    FROM place JOIN wiki w ON w.id = place.wiki_id
    LEFT JOIN tally t ON t.collection_id = place.collection_id AND t.wiki_id = place.wiki_id
        AND (t.edits > 0 OR t.uploads > 0)
    GROUP BY GROUPING SETS ((place.collection_id, place.wiki_id, w.dbname, w.words),
                            (place.collection_id, place.wiki_id, w.dbname, w.words, t.namespace))
)
SELECT c.id, c.version, c.editors, c.new_editors, /*AS OF*/, part.*, /*EDITORS*/ AS active_editors
FROM part JOIN collection c ON c.id = part.collection_id/*JOINED*/
WHERE part.whole = 1 OR part.namespace IS NOT NULL
ORDER BY c.id, part.dbname COLLATE "C", part.whole DESC, part.namespace
"""
# Who was active where. Whether anybody is veiled is asked of the sets only where anybody may be.
_ACTIVE = f"""(
    SELECT s.collection_id, e.wiki_id, e.namespace, e.editor_id
    FROM (/*PLAIN*/ OFFSET 0) s JOIN wiki_editor_tally e ON e.set_id = s.set_id AND e.edits > 0
    UNION ALL
    SELECT s.collection_id, e.wiki_id, e.namespace, e.editor_id
    FROM (/*VEILED*/ OFFSET 0) s {veiled("s.collection_id")}
    JOIN wiki_editor_tally e ON e.set_id = s.set_id AND e.edits > 0 AND e.editor_id <> ALL(veiled.editors)
)"""  # noqa: S608 - our own pieces
_SETS_OF_ONE = """SELECT x.set_id, x.collection_id FROM set_coverage x
    WHERE x.collection_id = c.id AND NOT x.uploads_only AND /*WHICH*/"""
_SETS_OF_SOME = """SELECT x.set_id, x.collection_id
    FROM (SELECT k.id FROM unnest($1::bigint[]) AS k(id) WHERE /*WHICH*/ OFFSET 0) k
    JOIN set_coverage x ON x.collection_id = k.id AND NOT x.uploads_only"""


def _active(sets: str, parent: str) -> str:
    some = nameless(parent)
    plain, hidden = sets.replace("/*WHICH*/", f"NOT {some}"), sets.replace("/*WHICH*/", some)
    return _ACTIVE.replace("/*PLAIN*/", plain).replace("/*VEILED*/", hidden)


_COUNTED = """
active AS (
    SELECT e.collection_id, e.wiki_id, e.namespace, count(DISTINCT e.editor_id) AS editors
    FROM /*ACTIVE*/ e
    GROUP BY GROUPING SETS ((e.collection_id, e.wiki_id), (e.collection_id, e.wiki_id, e.namespace))
),""".replace("/*ACTIVE*/", _active(_SETS_OF_SOME, "k.id"))
_JOINED = """
LEFT JOIN active a ON a.collection_id = part.collection_id AND a.wiki_id = part.wiki_id
    AND a.namespace IS NOT DISTINCT FROM part.namespace"""


def _filled(statement: str, **pieces: str) -> Statement:
    pieces |= {"SUMS": _SUMS, "AS OF": _AS_OF, "TALLY": WIKI_TALLY}
    for name, piece in pieces.items():
        statement = statement.replace(f"/*{name}*/", piece)
    return Statement(statement)


_NARROWED = _filled(_OF_PART, ACTIVE=_active(_SETS_OF_ONE, "c.id"))
# Two statements: what is not asked for would be planned as well.
_BY_WIKI = _filled(_OF_WIKIS, COUNTED="", JOINED="", EDITORS="0::bigint")
_BY_WIKI_WITH_EDITORS = _filled(_OF_WIKIS, COUNTED=_COUNTED, JOINED=_JOINED, EDITORS="coalesce(a.editors, 0)")

_WINDOWS = Statement("""
SELECT k.id, p.tracking_start AS first, p.tracking_end AS last
FROM unnest($1::bigint[]) AS k(id) JOIN program p ON p.id = k.id OR p.everybody_id = k.id
UNION ALL
SELECT k.id, x.starts_at, x.ends_at
FROM unnest($1::bigint[]) AS k(id) JOIN session x ON x.id = k.id OR x.everybody_id = k.id
UNION ALL
SELECT k.id, coalesce(k.starts_at, min(p.tracking_start)), coalesce(k.ends_at, max(p.tracking_end))
FROM campaign k LEFT JOIN campaign_program l ON l.campaign_id = k.id
LEFT JOIN program p ON p.id = l.program_id AND p.visibility = 'PUBLIC'
WHERE k.id = ANY($1) GROUP BY k.id
""")

# Whoever is listed to the viewer may be known, so also what only a second collection counts is told of them.
_LAST_EDITS = """
SELECT asked.collection_id, asked.editor_id, newest.at
FROM unnest($1::bigint[], $2::bigint[]) AS asked(collection_id, editor_id) CROSS JOIN LATERAL (
    SELECT e.at FROM edit e
    WHERE e.editor_id = asked.editor_id AND EXISTS (
        SELECT FROM set_coverage s /*VEILED*/
        WHERE s.set_id = e.set_id AND NOT s.uploads_only AND asked.editor_id <> ALL(veiled.editors)
          AND s.collection_id IN (asked.collection_id,
              (SELECT p.everybody_id FROM program p WHERE p.id = asked.collection_id),
              (SELECT x.everybody_id FROM session x WHERE x.id = asked.collection_id)))
    ORDER BY e.at DESC LIMIT 1
) newest
""".replace("/*VEILED*/", veiled("s.collection_id"))


async def narrowed_metrics(pool: Pool, collections: Sequence[int], to: Narrowed) -> dict[int, Metrics]:
    """The numbers of one wiki or namespace of each collection: zeros where nothing counts there.

    ``editors`` and ``new_editors`` stay those of the collection.
    """
    rows = await _NARROWED.fetch(pool, collections, to.wiki, to.namespace)
    return {row["id"]: snapshots.metrics(row) for row in rows}


async def metrics_by_wiki(pool: Pool, collections: Sequence[int], active: bool) -> dict[int, list[WikiMetrics]]:
    """For each collection, each of its wikis as a whole, followed by the namespaces of it that have numbers.

    Active editors are counted when they are asked for (``active``), and are 0 otherwise.
    """
    found: dict[int, list[WikiMetrics]] = {collection: [] for collection in collections}
    for row in await (_BY_WIKI_WITH_EDITORS if active else _BY_WIKI).fetch(pool, collections):
        namespace = None if row["whole"] else row["namespace"]
        found[row["id"]].append(WikiMetrics(row["dbname"], namespace, snapshots.metrics(row)))
    return found


async def windows(pool: Pool, collections: Sequence[int]) -> dict[int, tuple[datetime | None, datetime | None]]:
    """When edits can count, as the collection says; a campaign without dates has those of its public programs."""
    return {row["id"]: (row["first"], row["last"]) for row in await _WINDOWS.fetch(pool, collections)}


async def last_edits(pool: Pool, places: Sequence[tuple[int, int]]) -> dict[tuple[int, int], datetime]:
    """For each collection and editor, when the newest counted edit was made; missing without one."""
    rows = await pool.fetch(_LAST_EDITS, [place[0] for place in places], [place[1] for place in places])
    return {(row["collection_id"], row["editor_id"]): row["at"] for row in rows}

# SPDX-License-Identifier: GPL-3.0-or-later
"""Tallies of a whole ledger counted at once, into empty tables.

The same numbers as graph/db/counting.py gives edit by edit, where every collection is its own generation;
tests/db/test_generating.py holds one to the other.
"""

from __future__ import annotations

from typing import Final

from graph.db.counting_days import buckets

LOADED: Final = (
    "edit",
    "article_tally",
    "article_editor_tally",
    "editor_tally",
    "wiki_tally",
    "wiki_editor_tally",
    "editor_day_tally",
    "timeline_tally",
)
"""The tables that are filled while they have no indexes."""

_UPLOAD: Final = "(e.created AND NOT e.redirect AND p.namespace = 6 AND w.dbname = 'commonswiki')"
_TRACKED: Final = "NOT s.uploads_only AND g.place = ANY(s.tracked)"

# Everything that tallies are made of, by set, page and editor: a third of the rows of `edit`, and read many times.
_GROUPED = """
CREATE TEMP TABLE grouped ON COMMIT DROP AS
SELECT e.set_id, e.page_key, e.editor_id, min(p.wiki_id) AS wiki_id, min(p.namespace) AS namespace,
       min(p.wiki_id * 65536::bigint + p.namespace) AS place, count(*) AS edits,
       count(*) FILTER (WHERE e.created AND NOT e.redirect) AS created,
       coalesce(sum(e.byte_change) FILTER (WHERE e.byte_change > 0), 0) AS added,
       coalesce(-sum(e.byte_change) FILTER (WHERE e.byte_change < 0), 0) AS removed,
       count(*) FILTER (WHERE /*UPLOAD*/) AS uploads, count(*) FILTER (WHERE e.reverted) AS reverted
FROM edit e JOIN page p ON p.id = e.page_key JOIN wiki w ON w.id = e.wiki_id
WHERE e.set_id <> 0 GROUP BY 1, 2, 3;
ANALYZE grouped
""".replace("/*UPLOAD*/", _UPLOAD)

_PAIRS = """
INSERT INTO article_editor_tally (page_key, editor_id, set_id, edits)
SELECT page_key, editor_id, set_id, edits FROM grouped ORDER BY 1, 2, 3
"""
_PLACES = """
INSERT INTO wiki_editor_tally (set_id, wiki_id, namespace, editor_id, edits)
SELECT set_id, wiki_id, namespace, editor_id, sum(edits) FROM grouped GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
"""
_ARTICLES = """
INSERT INTO article_tally (generation, page_key, namespace, edits, tracked, creations, bytes_added)
SELECT s.collection_id, g.page_key, min(g.namespace), sum(g.edits), coalesce(sum(g.edits) FILTER (WHERE f.holds), 0),
       coalesce(sum(g.created) FILTER (WHERE f.holds), 0), coalesce(sum(g.added) FILTER (WHERE f.holds), 0)
FROM (SELECT set_id, page_key, min(namespace) AS namespace, min(place) AS place, sum(edits) AS edits,
             sum(created) AS created, sum(added) AS added FROM grouped GROUP BY 1, 2) g
JOIN set_coverage s USING (set_id) CROSS JOIN LATERAL (SELECT /*TRACKED*/ AS holds) f
WHERE NOT s.uploads_only GROUP BY 1, 2 ORDER BY 1, 2
""".replace("/*TRACKED*/", _TRACKED)
# Summed by set first. A page that somebody edited in several sets of one collection is one article of theirs, and would
# be several: what is counted too often is taken off.
_EDITORS = """
INSERT INTO editor_tally (generation, editor_id, edits, bytes_added, bytes_userspace, bytes_draft, articles_edited,
                          articles_created, uploads)
WITH part AS (
    SELECT set_id, editor_id, place, min(namespace) AS namespace, sum(edits) AS edits, sum(added) AS added,
           sum(created) AS created, sum(uploads) AS uploads, count(*) AS pages
    FROM grouped GROUP BY 1, 2, 3
),
often AS (
    SELECT collection_id, editor_id, sum(sets - 1) AS times
    FROM (SELECT s.collection_id, g.editor_id, g.page_key, count(*) AS sets
          FROM (SELECT *, count(*) OVER (PARTITION BY page_key, editor_id) AS sets FROM grouped) g
          JOIN set_coverage s USING (set_id) WHERE g.sets > 1 AND /*TRACKED*/ GROUP BY 1, 2, 3) again
    GROUP BY 1, 2
)
SELECT s.collection_id, g.editor_id, coalesce(sum(g.edits) FILTER (WHERE NOT s.uploads_only), 0),
       coalesce(sum(g.added) FILTER (WHERE f.holds), 0),
       coalesce(sum(g.added) FILTER (WHERE NOT s.uploads_only AND g.namespace = 2), 0),
       coalesce(sum(g.added) FILTER (WHERE NOT s.uploads_only AND g.namespace = 118), 0),
       coalesce(sum(g.pages) FILTER (WHERE f.holds), 0) - coalesce(min(o.times), 0),
       coalesce(sum(g.created) FILTER (WHERE f.holds), 0), sum(g.uploads)
FROM part g JOIN set_coverage s USING (set_id) CROSS JOIN LATERAL (SELECT /*TRACKED*/ AS holds) f
LEFT JOIN often o ON o.collection_id = s.collection_id AND o.editor_id = g.editor_id
WHERE NOT s.uploads_only OR g.uploads > 0 GROUP BY 1, 2 ORDER BY 1, 2
""".replace("/*TRACKED*/", _TRACKED)
_WIKIS = """
INSERT INTO wiki_tally (generation, wiki_id, namespace, edits, articles_edited, articles_created, bytes_added,
                        bytes_removed, uploads, reverted)
SELECT n.generation, n.wiki_id, n.namespace, n.edits, coalesce(a.edited, 0), coalesce(a.created, 0), n.added, n.removed,
       n.uploads, n.reverted
FROM (
    SELECT s.collection_id AS generation, g.wiki_id, g.namespace,
           coalesce(sum(g.edits) FILTER (WHERE NOT s.uploads_only), 0) AS edits,
           coalesce(sum(g.added) FILTER (WHERE f.holds), 0) AS added,
           coalesce(sum(g.removed) FILTER (WHERE f.holds), 0) AS removed, sum(g.uploads) AS uploads,
           coalesce(sum(g.reverted) FILTER (WHERE NOT s.uploads_only), 0) AS reverted
    FROM (SELECT set_id, wiki_id, namespace, min(place) AS place, sum(edits) AS edits, sum(added) AS added,
                 sum(removed) AS removed, sum(uploads) AS uploads, sum(reverted) AS reverted
          FROM grouped GROUP BY 1, 2, 3) g
    JOIN set_coverage s USING (set_id) CROSS JOIN LATERAL (SELECT /*TRACKED*/ AS holds) f
    WHERE NOT s.uploads_only OR g.uploads > 0 GROUP BY 1, 2, 3) n
LEFT JOIN (
    SELECT t.generation, p.wiki_id, t.namespace, count(*) FILTER (WHERE t.tracked > 0) AS edited,
           count(*) FILTER (WHERE t.creations > 0) AS created
    FROM article_tally t JOIN page p ON p.id = t.page_key GROUP BY 1, 2, 3) a
USING (generation, wiki_id, namespace)
ORDER BY 1, 2, 3
""".replace("/*TRACKED*/", _TRACKED)
# Edits by set, day and place, and who was active on which day: a collection's buckets are read from these.
_DAYS = """
CREATE TEMP TABLE daily ON COMMIT DROP AS
SELECT e.set_id, e.editor_id, (e.at AT TIME ZONE 'UTC')::date AS day, p.wiki_id * 65536::bigint + p.namespace AS place,
       count(*) AS edits, coalesce(sum(e.byte_change) FILTER (WHERE e.byte_change > 0), 0) AS added,
       count(*) FILTER (WHERE e.created AND NOT e.redirect) AS created
FROM edit e JOIN page p ON p.id = e.page_key WHERE e.set_id <> 0 GROUP BY 1, 2, 3, 4;
ANALYZE daily
"""
_EDITOR_DAYS = """
INSERT INTO editor_day_tally (editor_id, day, set_id, edits)
SELECT editor_id, day, set_id, sum(edits) FROM daily GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
"""
_SUMS = """
CREATE TEMP TABLE summed ON COMMIT DROP AS
SELECT s.collection_id, b.width, b.begins, sum(g.edits) AS edits,
       coalesce(sum(g.added) FILTER (WHERE g.place = ANY(s.tracked)), 0) AS added,
       coalesce(sum(g.created) FILTER (WHERE g.place = ANY(s.tracked)), 0) AS created
FROM (SELECT set_id, day, place, sum(edits) AS edits, sum(added) AS added, sum(created) AS created
      FROM daily GROUP BY 1, 2, 3) g
JOIN set_coverage s USING (set_id) CROSS JOIN LATERAL /*BUCKETS*/ WHERE NOT s.uploads_only GROUP BY 1, 2, 3
""".replace("/*BUCKETS*/", buckets("g.day"))
_TIMELINES = """
INSERT INTO timeline_tally (generation, width, begins, edits, active_editors, bytes_added, articles_created)
SELECT t.collection_id, t.width, t.begins, t.edits, a.editors, t.added, t.created
FROM summed t JOIN (
    SELECT collection_id, width, begins, count(*) AS editors
    FROM (SELECT DISTINCT s.collection_id, b.width, b.begins, d.editor_id
          FROM editor_day_tally d JOIN set_coverage s USING (set_id) CROSS JOIN LATERAL /*BUCKETS*/
          WHERE NOT s.uploads_only) part
    GROUP BY 1, 2, 3) a USING (collection_id, width, begins)
ORDER BY 1, 2, 3
""".replace("/*BUCKETS*/", buckets("d.day"))
_HEADLINES = """
UPDATE collection c
SET edits = t.edits, articles_edited = t.edited, articles_created = t.created, bytes_added = t.added,
    bytes_removed = t.removed, words_bytes = t.words, uploads = t.uploads, reverted = t.reverted,
    active_editors = coalesce(a.editors, 0)
FROM (SELECT t.generation, sum(t.edits) AS edits, sum(t.articles_edited) AS edited, sum(t.articles_created) AS created,
             sum(t.bytes_added) AS added, sum(t.bytes_removed) AS removed,
             coalesce(sum(t.bytes_added) FILTER (WHERE w.words), 0) AS words, sum(t.uploads) AS uploads,
             sum(t.reverted) AS reverted
      FROM wiki_tally t JOIN wiki w ON w.id = t.wiki_id GROUP BY 1) t
LEFT JOIN (SELECT generation, count(*) AS editors FROM editor_tally WHERE edits > 0 GROUP BY 1) a USING (generation)
WHERE t.generation = c.generation
"""

TALLIES: Final = (
    ("what each editor did to each page", _GROUPED),
    ("editors of articles", _PAIRS),
    ("editors of wikis", _PLACES),
    ("articles", _ARTICLES),
    ("editors", _EDITORS),
    ("wikis", _WIKIS),
    ("what each editor did on each day", _DAYS),
    ("days of editors", _EDITOR_DAYS),
    ("days of collections", _SUMS),
    ("timelines", _TIMELINES),
    ("collections", _HEADLINES),
)
"""What is counted, and the statement that counts it, in order."""

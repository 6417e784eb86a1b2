# SPDX-License-Identifier: GPL-3.0-or-later
"""Tallies as the public is shown them: without what nameless participants did.

Once tracking has ended their edits are in the numbers of public collections as wholes, added up over three people at
least. In the parts of these numbers (an article, an editor, a wiki, a namespace) a single edit could be told apart, so
that what is veiled is taken off again where parts are read. Nearly always there is nothing to take off.
"""

from __future__ import annotations

from graph.db.visibility import nameless, veiled

_VEILED_FACTS = """
    FROM (/*SETS*/) s /*VEILED*/ JOIN edit e ON e.set_id = s.set_id AND e.editor_id = ANY(veiled.editors)
    JOIN page q ON q.id = e.page_key
    CROSS JOIN LATERAL (
        SELECT NOT s.uploads_only AS whole,
               NOT s.uploads_only AND q.wiki_id * 65536::bigint + q.namespace = ANY(s.tracked) AS tracked,
               e.created AND NOT e.redirect AS created,
               e.created AND NOT e.redirect AND q.namespace = 6
                   AND q.wiki_id = (SELECT id FROM wiki WHERE dbname = 'commonswiki') AS upload
    ) f
    WHERE cardinality(veiled.editors) > 0"""
_ADDED = "coalesce(sum(e.byte_change) FILTER (WHERE /*WHERE*/ AND e.byte_change > 0), 0)::bigint"
_SHARED = """FROM edit o JOIN set_coverage r ON r.set_id = o.set_id AND r.collection_id = s.collection_id
    AND NOT r.uploads_only AND q.wiki_id * 65536::bigint + q.namespace = ANY(r.tracked) WHERE o.page_key = e.page_key"""


def _facts(parent: str, sets: str) -> str:
    return _VEILED_FACTS.replace("/*VEILED*/", veiled(parent)).replace("/*SETS*/", sets)


# The sets of the collections $1, and those of `parent.id`, where anything may be veiled.
_SETS = f"""SELECT c.* FROM (SELECT k.id FROM unnest($1::bigint[]) AS k(id) WHERE {nameless("k.id")} OFFSET 0) k
    JOIN set_coverage c ON c.collection_id = k.id OFFSET 0"""  # noqa: S608 - our own pieces
_SETS_OF_PARENT = f"""SELECT c.* FROM set_coverage c
    WHERE c.collection_id = parent.id AND {nameless("parent.id")} OFFSET 0"""  # noqa: S608 - our own pieces
_WHOLE_SETS_OF_PARENT = _SETS_OF_PARENT.replace("parent.id AND", "parent.id AND NOT c.uploads_only AND", 1)


def _added(where: str) -> str:
    return _ADDED.replace("/*WHERE*/", where)


_BY_PLACE = f"""
    SELECT s.collection_id, q.wiki_id, q.namespace, count(*) FILTER (WHERE f.whole) AS edits,
        count(DISTINCT e.page_key) FILTER (WHERE f.tracked
            AND NOT EXISTS (SELECT {_SHARED} AND o.editor_id <> ALL(veiled.editors))) AS articles_edited,
        count(*) FILTER (WHERE f.tracked AND f.created) AS articles_created, {_added("f.tracked")} AS bytes_added,
        coalesce(-sum(e.byte_change) FILTER (WHERE f.tracked AND e.byte_change < 0), 0)::bigint AS bytes_removed,
        count(*) FILTER (WHERE f.upload) AS uploads, count(*) FILTER (WHERE f.whole AND e.reverted) AS reverted
    {_facts("s.collection_id", _SETS)}
    GROUP BY 1, 2, 3"""

# `wiki_tally` of the collections $1; what only nameless participants touched has no row.
WIKI_TALLY = f"""(
    SELECT k.id AS collection_id, t.wiki_id, t.namespace, t.edits - coalesce(h.edits, 0) AS edits,
        t.articles_edited - coalesce(h.articles_edited, 0) AS articles_edited,
        t.articles_created - coalesce(h.articles_created, 0) AS articles_created,
        t.bytes_added - coalesce(h.bytes_added, 0) AS bytes_added,
        t.bytes_removed - coalesce(h.bytes_removed, 0) AS bytes_removed,
        t.uploads - coalesce(h.uploads, 0) AS uploads, t.reverted - coalesce(h.reverted, 0) AS reverted
    FROM collection k JOIN wiki_tally t ON t.generation = k.generation
    LEFT JOIN ({_BY_PLACE}) h ON h.collection_id = k.id AND h.wiki_id = t.wiki_id AND h.namespace = t.namespace
    WHERE k.id = ANY($1::bigint[])
      AND (h.wiki_id IS NULL OR t.edits > h.edits OR t.uploads > h.uploads)
)"""  # noqa: S608 - our own pieces

# `article_tally` of the collection `parent.id`.
_BY_ARTICLE = f"""
    SELECT e.page_key, count(*) FILTER (WHERE f.tracked)::int AS tracked, {_added("f.tracked")} AS bytes_added,
        count(*) FILTER (WHERE f.tracked AND f.created)::int AS creations
    {_facts("parent.id", _WHOLE_SETS_OF_PARENT)}
    GROUP BY 1"""
ARTICLE_TALLY = f"""(
    SELECT t.page_key, t.tracked - coalesce(h.tracked, 0) AS tracked,
        t.bytes_added - coalesce(h.bytes_added, 0) AS bytes_added, t.creations - coalesce(h.creations, 0) AS creations
    FROM article_tally t LEFT JOIN ({_BY_ARTICLE}) h ON h.page_key = t.page_key
    WHERE t.generation = (SELECT k.generation FROM collection k WHERE k.id = parent.id)
)"""  # noqa: S608 - our own pieces

# `editor_tally` of the campaign `parent.id`: who is shown there may be nameless in another of its programs.
_BY_EDITOR = f"""
    SELECT e.editor_id, count(*) FILTER (WHERE f.whole)::int AS edits, {_added("f.tracked")} AS bytes_added,
        {_added("f.whole AND q.namespace = 2")} AS bytes_userspace,
        {_added("f.whole AND q.namespace = 118")} AS bytes_draft,
        count(DISTINCT e.page_key) FILTER (WHERE f.tracked
            AND NOT EXISTS (SELECT {_SHARED} AND o.editor_id = e.editor_id AND o.set_id <> e.set_id))::int
            AS articles_edited,
        count(*) FILTER (WHERE f.tracked AND f.created)::int AS articles_created,
        count(*) FILTER (WHERE f.upload)::int AS uploads
    {_facts("parent.id", _SETS_OF_PARENT)}
    GROUP BY 1"""
EDITOR_TALLY = f"""(
    SELECT t.editor_id, t.enrolled, t.edits - coalesce(h.edits, 0) AS edits,
        t.bytes_added - coalesce(h.bytes_added, 0) AS bytes_added,
        t.bytes_userspace - coalesce(h.bytes_userspace, 0) AS bytes_userspace,
        t.bytes_draft - coalesce(h.bytes_draft, 0) AS bytes_draft,
        t.articles_edited - coalesce(h.articles_edited, 0) AS articles_edited,
        t.articles_created - coalesce(h.articles_created, 0) AS articles_created,
        t.uploads - coalesce(h.uploads, 0) AS uploads
    FROM editor_tally t LEFT JOIN ({_BY_EDITOR}) h ON h.editor_id = t.editor_id
    WHERE t.generation = (SELECT k.generation FROM collection k WHERE k.id = parent.id)
)"""  # noqa: S608 - our own pieces

# SPDX-License-Identifier: GPL-3.0-or-later
"""The numbers of a collection as the tallies have them, in the words of the naive model."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from graph.db.pool import Connection
from graph.db.snapshots import snapshots
from tests.db.naive import Headline, Numbers, OfArticle, OfBucket, OfEditor, OfNamespace


async def numbers(conn: Connection, collection: int) -> Numbers:
    """All numbers of one collection; rows that are all zero are left out, as the naive model leaves them out."""
    return Numbers(
        headline=await headline(conn, collection),
        namespaces={
            (row["dbname"], row["namespace"]): _filled(OfNamespace, row)
            for row in await conn.fetch(
                "SELECT w.dbname, t.*, (SELECT count(DISTINCT e.editor_id)"
                " FROM set_coverage s JOIN wiki_editor_tally e USING (set_id) WHERE s.collection_id = k.id"
                " AND NOT s.uploads_only AND (e.wiki_id, e.namespace) = (t.wiki_id, t.namespace) AND e.edits > 0)"
                " AS active_editors FROM collection k JOIN wiki_tally t USING (generation)"
                " JOIN wiki w ON w.id = t.wiki_id WHERE k.id = $1",
                collection,
            )
            if _filled(OfNamespace, row) != OfNamespace()
        },
        editors={
            row["editor_id"]: _filled(OfEditor, row)
            for row in await conn.fetch(
                "SELECT t.* FROM editor_tally t JOIN collection k USING (generation) WHERE k.id = $1", collection
            )
            if _filled(OfEditor, row) != OfEditor()
        },
        articles={
            (row["dbname"], row["page_id"]): OfArticle(
                row["edits"], row["tracked"], row["creations"] > 0, row["bytes_added"]
            )
            for row in await conn.fetch(
                "SELECT w.dbname, p.page_id, t.* FROM article_tally t JOIN page p ON p.id = t.page_key"
                " JOIN wiki w ON w.id = p.wiki_id JOIN collection k USING (generation) WHERE k.id = $1",
                collection,
            )
            if row["edits"] or row["tracked"] or row["creations"] or row["bytes_added"]
        },
        buckets={
            (row["width"], row["begins"]): _filled(OfBucket, row)
            for row in await conn.fetch(
                "SELECT t.* FROM timeline_tally t JOIN collection k USING (generation) WHERE k.id = $1", collection
            )
            if _filled(OfBucket, row) != OfBucket()
        },
    )


async def headline(conn: Connection, collection: int) -> Headline:
    found = (await snapshots(conn, [collection]))[collection]
    return Headline(
        edits=found.total_edits,
        articles_edited=found.articles_edited,
        articles_created=found.articles_created,
        editors=found.editors,
        active_editors=found.active_editors,
        new_editors=found.new_editors,
        bytes_added=found.bytes_added,
        bytes_removed=found.bytes_removed,
        words=found.words_added,
        uploads=found.commons_uploads,
        reverted=found.reverted_edits,
    )


def _filled(kind: Any, row: Any) -> Any:
    return kind(**{field.name: row[field.name] for field in fields(kind)})

# SPDX-License-Identifier: GPL-3.0-or-later
"""The headline numbers of whole collections, read from their one wide row each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from graph.db.pool import Connection
from graph.tallies import Metrics, words

# Numbers are complete up to what the stream has told; before it told anything, a collection is complete as it began.
COLUMNS = """
    c.id, c.version, c.edits, c.articles_edited, c.articles_created, c.editors, c.active_editors, c.new_editors,
    c.bytes_added, c.bytes_removed, c.words_bytes, c.has_words, c.uploads, c.reverted,
    greatest(c.created_at, (SELECT complete_until FROM ledger)) AS as_of"""

_SNAPSHOTS = "SELECT /*COLUMNS*/ FROM collection c WHERE c.id = ANY($1::bigint[])".replace("/*COLUMNS*/", COLUMNS)


async def snapshots(conn: Connection, collection_ids: Sequence[int]) -> dict[int, Metrics]:
    """The numbers of each collection that exists, by its number. One statement."""
    return {row["id"]: metrics(row) for row in await conn.fetch(_SNAPSHOTS, collection_ids)}


async def versions_after(conn: Connection, collection_ids: Sequence[int], number: int) -> dict[int, int]:
    """The versions of those of the collections that changed after this number of the ledger."""
    rows = await conn.fetch(
        "SELECT id, version FROM collection WHERE id = ANY($1::bigint[]) AND version > $2", collection_ids, number
    )
    return {row["id"]: row["version"] for row in rows}


async def existing(conn: Connection, collection_ids: Sequence[int]) -> set[int]:
    """Those of the collections that exist."""
    rows = await conn.fetch("SELECT id FROM collection WHERE id = ANY($1::bigint[])", collection_ids)
    return {row["id"] for row in rows}


def metrics(row: Mapping[str, Any]) -> Metrics:
    """A row of ``COLUMNS`` as the value that travels."""
    return Metrics(
        total_edits=row["edits"],
        articles_created=row["articles_created"],
        articles_edited=row["articles_edited"],
        editors=row["editors"],
        active_editors=row["active_editors"],
        new_editors=row["new_editors"],
        bytes_added=row["bytes_added"],
        bytes_removed=row["bytes_removed"],
        words_added=words(row["words_bytes"]) if row["has_words"] else None,
        commons_uploads=row["uploads"],
        reverted_edits=row["reverted"],
        as_of=row["as_of"],
        version=row["version"],
    )

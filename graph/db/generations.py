# SPDX-License-Identifier: GPL-3.0-or-later
"""Tallies built anew beside those in use, and switched to at once.

A *generation* is the number that a collection's tallies are found by. To build a new one, three things happen:

1. Under the ledger's lock, every set that will count for the collection is given a second coverage, under a number for
   *changes*: from then on whatever is counted is also counted there. The same moment is the snapshot of another
   transaction, which
2. counts all stored edits into the new generation, for as long as that takes, with the very statement that counts
   everything; nobody waits for it.
3. The changes are folded in, in slices, until few are left; the last of them in the transaction that makes the new
   generation the collection's. That one holds the lock for some tens of milliseconds.

A process that dies leaves rows in ``generation``: ``abandon`` turns them into waste, and ``sweep`` removes it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from graph.db import ledger
from graph.db.counting import Coverage, count_fresh
from graph.db.pool import Connection, Pool
from graph.db.sets import store_coverage

LONG_SECONDS = 3_600.0
FOLD = 500  # rows of each tally folded in under one hold of the lock
SWEEP = 5_000  # rows of waste removed by one statement

# The planner has never heard of a set that has just been made, and takes its edits for a handful: looking through all
# the others for each of them takes minutes where they are many.
_FOR_MANY = "SET LOCAL work_mem = '64MB'; SET LOCAL enable_nestloop = off"

_NUMBERS = "SELECT nextval(pg_get_serial_sequence('collection', 'id')) AS id FROM generate_series(1, $1::int)"

_ROSTER = """
INSERT INTO editor_tally AS t (generation, editor_id, enrolled, fresh)
SELECT g.id, o.editor_id, o.enrolled, o.fresh
FROM unnest($1::bigint[]) AS a(id) JOIN generation g USING (id) JOIN collection c ON c.id = g.collection_id
JOIN editor_tally o ON o.generation = c.generation
LEFT JOIN editor_tally n ON n.generation = g.id AND n.editor_id = o.editor_id
WHERE (o.enrolled, o.fresh) <> (coalesce(n.enrolled, 0), coalesce(n.fresh, 0)) ORDER BY 1, 2
ON CONFLICT (generation, editor_id) DO UPDATE SET enrolled = excluded.enrolled, fresh = excluded.fresh
"""

_ACTIVE = """
UPDATE generation g SET active_editors = (
    SELECT count(*) FROM editor_tally t WHERE t.generation = g.id AND t.edits > 0)
WHERE g.id = ANY($1::bigint[])
"""

# How many articles are edited or created is no sum: it follows from the rows that rise from zero or fall to it.
_FOLD_ARTICLES = """
WITH change AS (
    DELETE FROM article_tally WHERE generation = $2 AND page_key IN (
        SELECT page_key FROM article_tally WHERE generation = $2 ORDER BY page_key LIMIT $3)
    RETURNING page_key, namespace, edits, tracked, creations, bytes_added
),
was AS (SELECT t.* FROM article_tally t JOIN change USING (page_key) WHERE t.generation = $1),
now AS (
    INSERT INTO article_tally AS t (generation, page_key, namespace, edits, tracked, creations, bytes_added)
    SELECT $1, page_key, namespace, edits, tracked, creations, bytes_added FROM change ORDER BY page_key
    ON CONFLICT (generation, page_key) DO UPDATE
    SET namespace = excluded.namespace, edits = t.edits + excluded.edits, tracked = t.tracked + excluded.tracked,
        creations = t.creations + excluded.creations, bytes_added = t.bytes_added + excluded.bytes_added
    RETURNING page_key, namespace, tracked, creations
),
step AS (
    SELECT p.wiki_id, s.namespace, sum(s.sign * (s.tracked > 0)::int) AS edited,
           sum(s.sign * (s.creations > 0)::int) AS created
    FROM (SELECT page_key, namespace, tracked, creations, -1 AS sign FROM was
          UNION ALL SELECT page_key, namespace, tracked, creations, 1 FROM now) s
    JOIN page p ON p.id = s.page_key GROUP BY 1, 2
)
INSERT INTO wiki_tally AS t (generation, wiki_id, namespace, articles_edited, articles_created)
SELECT $1, wiki_id, namespace, edited, created FROM step WHERE edited <> 0 OR created <> 0 ORDER BY 2, 3
ON CONFLICT (generation, wiki_id, namespace) DO UPDATE
SET articles_edited = t.articles_edited + excluded.articles_edited,
    articles_created = t.articles_created + excluded.articles_created
"""

_FOLD_EDITORS = """
WITH change AS (
    DELETE FROM editor_tally WHERE generation = $2 AND editor_id IN (
        SELECT editor_id FROM editor_tally WHERE generation = $2 ORDER BY editor_id LIMIT $3)
    RETURNING *
),
now AS (
    INSERT INTO editor_tally AS t (generation, editor_id, edits, bytes_added, bytes_userspace, bytes_draft,
                                   articles_edited, articles_created, uploads)
    SELECT $1, editor_id, edits, bytes_added, bytes_userspace, bytes_draft, articles_edited, articles_created, uploads
    FROM change ORDER BY editor_id
    ON CONFLICT (generation, editor_id) DO UPDATE
    SET edits = t.edits + excluded.edits, bytes_added = t.bytes_added + excluded.bytes_added,
        bytes_userspace = t.bytes_userspace + excluded.bytes_userspace,
        bytes_draft = t.bytes_draft + excluded.bytes_draft,
        articles_edited = t.articles_edited + excluded.articles_edited,
        articles_created = t.articles_created + excluded.articles_created, uploads = t.uploads + excluded.uploads
    RETURNING editor_id, edits
)
UPDATE generation SET active_editors = active_editors + (
    SELECT coalesce(sum((n.edits > 0)::int - (n.edits - c.edits > 0)::int), 0)
    FROM now n JOIN change c USING (editor_id))
WHERE id = $1
"""

_FOLD_WIKIS = """
WITH change AS (DELETE FROM wiki_tally WHERE generation = $2 RETURNING *)
INSERT INTO wiki_tally AS t (generation, wiki_id, namespace, edits, bytes_added, bytes_removed, uploads, reverted)
SELECT $1, wiki_id, namespace, edits, bytes_added, bytes_removed, uploads, reverted FROM change ORDER BY 2, 3
ON CONFLICT (generation, wiki_id, namespace) DO UPDATE
SET edits = t.edits + excluded.edits, bytes_added = t.bytes_added + excluded.bytes_added,
    bytes_removed = t.bytes_removed + excluded.bytes_removed, uploads = t.uploads + excluded.uploads,
    reverted = t.reverted + excluded.reverted
"""

_FOLD_TIMELINE = """
WITH change AS (DELETE FROM timeline_tally WHERE generation = $2 RETURNING *)
INSERT INTO timeline_tally AS t (generation, width, begins, edits, active_editors, bytes_added, articles_created)
SELECT $1, width, begins, edits, active_editors, bytes_added, articles_created FROM change ORDER BY 2, 3
ON CONFLICT (generation, width, begins) DO UPDATE
SET edits = t.edits + excluded.edits, active_editors = t.active_editors + excluded.active_editors,
    bytes_added = t.bytes_added + excluded.bytes_added,
    articles_created = t.articles_created + excluded.articles_created
"""

_LEFT = """
SELECT greatest(
    (SELECT count(*) FROM (SELECT FROM article_tally WHERE generation = $1 LIMIT $2 + 1) a),
    (SELECT count(*) FROM (SELECT FROM editor_tally WHERE generation = $1 LIMIT $2 + 1) e)) > $2
"""

# The headline is what the namespaces add up to; who is enrolled was kept right all the time.
_SWITCH = """
UPDATE collection c
SET generation = g.id, active_editors = g.active_editors, edits = n.edits,
    version = CASE WHEN (c.active_editors, c.edits, c.articles_edited, c.articles_created, c.bytes_added,
                         c.bytes_removed, c.words_bytes, c.uploads, c.reverted)
                     = (g.active_editors, n.edits, n.articles_edited, n.articles_created, n.bytes_added,
                        n.bytes_removed, n.words_bytes, n.uploads, n.reverted)
                   THEN c.version ELSE (SELECT number FROM ledger) END,
    articles_edited = n.articles_edited, articles_created = n.articles_created, bytes_added = n.bytes_added,
    bytes_removed = n.bytes_removed, words_bytes = n.words_bytes, uploads = n.uploads, reverted = n.reverted
FROM generation g JOIN collection old ON old.id = g.collection_id CROSS JOIN LATERAL (
    SELECT coalesce(sum(t.edits), 0) AS edits, coalesce(sum(t.articles_edited), 0) AS articles_edited,
           coalesce(sum(t.articles_created), 0) AS articles_created, coalesce(sum(t.bytes_added), 0) AS bytes_added,
           coalesce(sum(t.bytes_removed), 0) AS bytes_removed,
           coalesce(sum(t.bytes_added) FILTER (WHERE w.words), 0) AS words_bytes,
           coalesce(sum(t.uploads), 0) AS uploads, coalesce(sum(t.reverted), 0) AS reverted
    FROM wiki_tally t JOIN wiki w ON w.id = t.wiki_id WHERE t.generation = g.id
) n
WHERE g.id = ANY($1::bigint[]) AND c.id = g.collection_id
RETURNING c.id, old.generation AS old, c.edits - old.edits AS more
"""

_ABANDON = """
WITH gone AS (DELETE FROM generation WHERE collection_id IS NOT NULL OR changes IS NOT NULL RETURNING id, changes),
covered AS (DELETE FROM set_coverage s USING gone WHERE s.collection_id = gone.changes)
INSERT INTO generation (id) SELECT id FROM gone UNION ALL SELECT changes FROM gone WHERE changes IS NOT NULL
"""


@dataclass(frozen=True, slots=True)
class Made:
    """A generation in the making: its number, whose it will be, and the number its changes are counted under."""

    id: int
    collection_id: int
    changes: int


async def begin(conn: Connection, collections: Sequence[int], coverage: Sequence[Coverage]) -> list[Made]:
    """Count everything also for new generations of these collections from now on; ``coverage`` is theirs, in full.

    Inside a transaction that holds the ledger's lock.
    """
    numbers = [row["id"] for row in await conn.fetch(_NUMBERS, 2 * len(collections))]
    made = [Made(numbers[2 * n], collection, numbers[2 * n + 1]) for n, collection in enumerate(collections)]
    await conn.executemany(
        "INSERT INTO generation (id, collection_id, changes) VALUES ($1, $2, $3)",
        [(each.id, each.collection_id, each.changes) for each in made],
    )
    changes = {each.collection_id: each.changes for each in made}
    await store_coverage(conn, [replace(row, collection_id=changes[row.collection_id]) for row in coverage])
    return made


@asynccontextmanager
async def snapshot(pool: Pool) -> AsyncIterator[Connection]:
    """A transaction that sees the facts as they are when this is entered, and only its own writing after."""
    async with pool.acquire() as conn, conn.transaction(isolation="repeatable_read"):
        await conn.fetchval("SELECT number FROM ledger")
        yield conn


async def build(conn: Connection, made: Sequence[Made], coverage: Sequence[Coverage]) -> None:
    """Count the stored edits into the new generations, as ``snapshot`` sees them."""
    numbers = {each.collection_id: each.id for each in made}
    await conn.execute(_FOR_MANY)
    await count_fresh(
        conn, [replace(row, collection_id=numbers[row.collection_id]) for row in coverage], seconds=LONG_SECONDS
    )
    await conn.execute(_ROSTER, list(numbers.values()), timeout=LONG_SECONDS)


async def catch_up(conn: Connection, made: Sequence[Made]) -> None:
    """Fold in what was counted since, until little is left. Begins transactions of its own."""
    await conn.execute(_ACTIVE, [each.id for each in made], timeout=LONG_SECONDS)
    for each in made:
        while await conn.fetchval(_LEFT, each.changes, FOLD):
            async with conn.transaction():
                await ledger.lock(conn)
                await _fold(conn, each)


async def switch(conn: Connection, made: Sequence[Made]) -> dict[int, int]:
    """Make the new generations those in use; returns by how many edits each collection's number changes.

    Inside a transaction that holds the ledger's lock. A collection that was deleted meanwhile is left out.
    """
    for each in made:
        while await conn.fetchval(_LEFT, each.changes, 0):
            await _fold(conn, each)
        await _fold(conn, each)
    await conn.execute(_ROSTER, [each.id for each in made])
    rows = await conn.fetch(_SWITCH, [each.id for each in made])
    changes = [each.changes for each in made]
    await conn.execute(
        "DELETE FROM set_coverage WHERE collection_id = ANY($1::bigint[])", [each.collection_id for each in made]
    )
    await conn.execute(
        "UPDATE set_coverage s SET collection_id = g.collection_id FROM generation g"
        " WHERE g.changes = s.collection_id AND g.changes = ANY($1::bigint[]) AND g.collection_id IS NOT NULL",
        changes,
    )
    await conn.execute("DELETE FROM set_coverage WHERE collection_id = ANY($1::bigint[])", changes)
    in_use = {row["id"] for row in rows}
    await conn.execute("DELETE FROM generation WHERE id = ANY($1::bigint[])", [each.id for each in made])
    await conn.executemany(
        "INSERT INTO generation (id) VALUES ($1)",
        [(row["old"],) for row in rows] + [(each.id,) for each in made if each.collection_id not in in_use],
    )
    return {row["id"]: row["more"] for row in rows}


async def abandon(conn: Connection) -> None:
    """Give up every generation in the making."""
    async with conn.transaction():
        await ledger.lock(conn)
        await conn.execute(_ABANDON)


async def sweep(conn: Connection) -> None:
    """Remove the tallies nobody uses any more, in small steps."""
    for row in await conn.fetch("SELECT id FROM generation WHERE collection_id IS NULL AND changes IS NULL"):
        for table in ("article_tally", "editor_tally", "wiki_tally", "timeline_tally"):
            statement = (
                "DELETE FROM /*TABLE*/ WHERE ctid = ANY(ARRAY("
                "SELECT ctid FROM /*TABLE*/ WHERE generation = $1 LIMIT $2))".replace("/*TABLE*/", table)
            )
            while await conn.execute(statement, row["id"], SWEEP) != "DELETE 0":
                pass
        await conn.execute("DELETE FROM generation WHERE id = $1", row["id"])


async def in_the_making(conn: Connection, collections: Sequence[int]) -> bool:
    """Whether one of these collections has a generation in the making."""
    query = "SELECT EXISTS (SELECT FROM generation WHERE collection_id = ANY($1::bigint[]))"
    return bool(await conn.fetchval(query, collections))


async def _fold(conn: Connection, made: Made) -> None:
    await conn.execute(_FOLD_ARTICLES, made.id, made.changes, FOLD)
    await conn.execute(_FOLD_EDITORS, made.id, made.changes, FOLD)
    await conn.execute(_FOLD_WIKIS, made.id, made.changes)
    await conn.execute(_FOLD_TIMELINE, made.id, made.changes)

# SPDX-License-Identifier: GPL-3.0-or-later
"""The proof: every number counted anew from the stored edits, compared with what the tallies say, or put in its place.

The comparison counts into temporary tables that stand in front of the real ones under the same names, with the very
statement that counts live edits; so it never asks the running service to wait, and a difference is a difference in
facts, not in arithmetic.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from graph.db import cohorts, ledger, reassessing
from graph.db.counting import Coverage, count_sets
from graph.db.facts import OF_SETS_OR_EDITORS, evaluate
from graph.db.pool import Connection, Pool
from graph.db.sets import coverage_of, sets_of_programs, stored_coverage
from graph.db.transit import LONG_SECONDS, settled

# Each tally of collections with its key and its numbers.
_TALLIES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "collection": (
        ("id",),
        (
            "edits", "articles_edited", "articles_created", "editors", "active_editors", "new_editors", "bytes_added",
            "bytes_removed", "words_bytes", "uploads", "reverted",
        ),
    ),
    "article_tally": (("generation", "page_key"), ("edits", "tracked", "creations", "bytes_added")),
    "editor_tally": (
        ("generation", "editor_id"),
        (
            "enrolled", "fresh", "edits", "bytes_added", "bytes_userspace", "bytes_draft", "articles_edited",
            "articles_created", "uploads",
        ),
    ),
    "wiki_tally": (
        ("generation", "wiki_id", "namespace"),
        (
            "edits", "articles_edited", "articles_created", "bytes_added", "bytes_removed", "uploads", "reverted",
        ),
    ),
    "timeline_tally": (
        ("generation", "width", "begins"),
        ("edits", "active_editors", "bytes_added", "articles_created"),
    ),
}  # fmt: skip

# The tallies of sets, with their keys and how their rows follow from the edits of the sets $1.
_OF_SETS: dict[str, tuple[tuple[str, ...], str]] = {
    "article_editor_tally": (
        ("set_id", "page_key", "editor_id"),
        "SELECT set_id, page_key, editor_id, count(*) AS edits FROM edit WHERE set_id = ANY($1::int[])"
        " GROUP BY 1, 2, 3",
    ),
    "wiki_editor_tally": (
        ("set_id", "wiki_id", "namespace", "editor_id"),
        "SELECT e.set_id, e.wiki_id, p.namespace, e.editor_id, count(*) AS edits"
        " FROM edit e JOIN page p ON p.id = e.page_key WHERE e.set_id = ANY($1::int[]) GROUP BY 1, 2, 3, 4",
    ),
    "editor_day_tally": (
        ("set_id", "editor_id", "day"),
        "SELECT set_id, editor_id, (at AT TIME ZONE 'UTC')::date AS day, count(*) AS edits FROM edit"
        " WHERE set_id = ANY($1::int[]) GROUP BY 1, 2, 3",
    ),
}
_FILL = "INSERT INTO /*TABLE*/ (/*KEYS*/, edits) /*COUNTED*/"
_WRONG_SETS = """
SELECT DISTINCT set_id FROM (SELECT * FROM /*TABLE*/ WHERE set_id = ANY($1::int[]) AND edits <> 0) s
FULL JOIN (/*COUNTED*/) c USING (/*KEYS*/) WHERE s.edits IS DISTINCT FROM c.edits
"""

_DIFFERENCES = """
SELECT ARRAY[/*KEYS_TEXT*/] AS key, ARRAY[/*STORED*/] AS stored, ARRAY[/*COUNTED*/] AS counted
FROM (SELECT * FROM public./*TABLE*/ WHERE /*OWNER*/ = ANY($1::bigint[])) s
FULL JOIN (SELECT * FROM pg_temp./*TABLE*/ WHERE /*OWNER*/ = ANY($1::bigint[])) c USING (/*KEYS*/)
WHERE ARRAY[/*STORED*/] <> ARRAY[/*COUNTED*/] ORDER BY /*KEYS*/
"""


# Who is enrolled is not counted from edits, so the switch leaves these as they are.
_HEADS = """
UPDATE collection c
SET editors = (SELECT count(*) FROM editor_tally t WHERE t.generation = c.generation AND t.enrolled > 0),
    new_editors = (SELECT count(*) FROM editor_tally t WHERE t.generation = c.generation AND t.fresh > 0)
WHERE c.id = ANY($1::bigint[])
"""


@dataclass(frozen=True, slots=True)
class Difference:
    """One number that is not what the facts say: where, which, as stored, as counted."""

    table: str
    key: tuple[str, ...]
    number: str
    stored: int
    counted: int

    def __str__(self) -> str:
        place = "/".join(self.key)
        return f"{self.table} {place}: {self.number} is {self.stored}, the facts say {self.counted}"


async def check(conn: Connection, collections: Sequence[int]) -> list[Difference]:
    """Every number of these collections that differs from the facts, changing nothing."""
    async with conn.transaction(isolation="repeatable_read"):
        sets = await _sets_of(conn, collections)
        found = await _misplaced(conn, collections, sets)
        concerned = set(collections)
        wanted = [row for row in await coverage_of(conn, sets) if row.collection_id in concerned]
        kept = [row for row in await stored_coverage(conn, sets) if row.collection_id in concerned]
        found += _coverage_differences(kept, wanted)
        await _stand_in_front(conn, collections)
        await count_sets(conn, wanted, sign=1)
        await cohorts.roster(conn, collections, None)
        generations = await _generations(conn, collections)
        for table, (keys, numbers) in _TALLIES.items():
            owners = list(collections) if table == "collection" else list(generations)
            found += await _differences(conn, table, keys, numbers, owners)
        for table, (keys, _) in _OF_SETS.items():
            await conn.execute(_of_sets(_FILL, table), sets)
            found += await _differences(conn, table, keys, ("edits",), sets)
    await conn.execute("DISCARD PLANS")
    return [_of_collection(each, generations) for each in found]


async def rebuild(pool: Pool, collections: Sequence[int]) -> None:
    """Decide anew for which programs every edit counts that concerns these collections, and count them from nothing.

    The new tallies are made beside those in use and switched to at once; the service goes on meanwhile.
    """
    async with pool.acquire() as conn:
        programs = await _programs_of(conn, collections)
        wrong = await _wrong_sets(conn, await _sets_of(conn, collections))
        async with conn.transaction():
            await ledger.lock(conn)
            await _rebuild_sets(conn, wrong)
            await cohorts.roster(conn, collections, None)
            await cohorts.words(conn, collections)
            await conn.execute(_HEADS, collections)
    await reassessing.rebuild(pool, collections, programs)


async def _wrong_sets(conn: Connection, sets: Sequence[int]) -> dict[str, list[int]]:
    """Of each tally of sets, the sets whose rows are not what their edits say."""
    return {
        table: [row["set_id"] for row in await conn.fetch(_of_sets(_WRONG_SETS, table), sets, timeout=LONG_SECONDS)]
        for table in _OF_SETS
    }


async def _rebuild_sets(conn: Connection, wrong: dict[str, list[int]]) -> None:
    for table, sets in wrong.items():
        if sets:
            await conn.execute(f"DELETE FROM {table} WHERE set_id = ANY($1::int[])", sets)  # noqa: S608 - our own names
            await conn.execute(_of_sets(_FILL, table), sets)


def _of_sets(statement: str, table: str) -> str:
    keys, counted = _OF_SETS[table]
    for name, piece in {"TABLE": table, "KEYS": ", ".join(keys), "COUNTED": counted}.items():
        statement = statement.replace(f"/*{name}*/", piece)
    return statement


async def all_collections(conn: Connection) -> list[int]:
    """The number of every program, session, campaign and organization."""
    return [row["id"] for row in await conn.fetch("SELECT id FROM collection ORDER BY id")]


async def collections_of(conn: Connection, slug: str) -> list[int]:
    """The program of this slug with its sessions, campaigns and organizations; empty where there is none."""
    program = await conn.fetchval("SELECT id FROM program WHERE slug = $1", slug)
    return [] if program is None else await cohorts.above(conn, [program])


async def _generations(conn: Connection, collections: Sequence[int]) -> dict[int, int]:
    """The generation of tallies in use for each collection, and whose it is."""
    rows = await conn.fetch("SELECT generation, id FROM collection WHERE id = ANY($1::bigint[])", collections)
    return {row["generation"]: row["id"] for row in rows}


def _of_collection(found: Difference, generations: dict[int, int]) -> Difference:
    if _TALLIES.get(found.table, ((),))[0][0:1] != ("generation",):
        return found
    return replace(found, key=(str(generations[int(found.key[0])]), *found.key[1:]))


async def _sets_of(conn: Connection, collections: Sequence[int]) -> list[int]:
    """Every set that covers one of the collections, by what is stored or by the rules."""
    stored = await conn.fetch("SELECT set_id FROM set_coverage WHERE collection_id = ANY($1::bigint[])", collections)
    by_rules = await sets_of_programs(conn, await _programs_of(conn, collections))
    return sorted({row["set_id"] for row in stored} | set(by_rules))


async def _programs_of(conn: Connection, collections: Sequence[int]) -> list[int]:
    """The programs whose edits may count in one of the collections."""
    rows = await conn.fetch(
        "SELECT DISTINCT p.id FROM program p LEFT JOIN session s ON s.program_id = p.id"
        " LEFT JOIN campaign_program cp ON cp.program_id = p.id LEFT JOIN campaign c ON c.id = cp.campaign_id"
        " WHERE ARRAY[p.id, p.everybody_id, s.id, s.everybody_id, cp.campaign_id, c.organization_id] && $1::bigint[]"
        " ORDER BY 1",
        collections,
    )
    return [row["id"] for row in rows]


async def _editors_of(conn: Connection, collections: Sequence[int]) -> list[int]:
    rows = await conn.fetch(
        "SELECT DISTINCT editor_id FROM enrollment WHERE program_id = ANY($1::bigint[]) ORDER BY 1",
        await _programs_of(conn, collections),
    )
    return [row["editor_id"] for row in rows]


async def _misplaced(conn: Connection, collections: Sequence[int], sets: Sequence[int]) -> list[Difference]:
    """Edits whose set is not the one the rules give, as a difference in the number of their set."""
    rows = await evaluate(conn, OF_SETS_OR_EDITORS, sets, await _editors_of(conn, collections))
    stored = {row["id"]: tuple(row["members"]) for row in await conn.fetch("SELECT id, members FROM edit_set")}
    numbers = {members: number for number, members in stored.items()}
    # An edit in transit counts already by the set it is on its way to.
    counts_as = {number: numbers.get(settled(members), -1) for number, members in stored.items()}
    return [
        Difference("edit", (str(row["wiki_id"]), str(row["revision_id"])), "set_id", row["set_id"], wanted)
        for row in rows
        if counts_as[row["set_id"]] != (wanted := numbers.get(tuple(row["members"]), -1))
    ]


def _coverage_differences(kept: Sequence[Coverage], wanted: Sequence[Coverage]) -> list[Difference]:
    before, after = set(kept), set(wanted)
    return [
        Difference(
            "set_coverage", (str(row.set_id), str(row.collection_id)), "rows", int(row in before), int(row in after)
        )
        for row in sorted(before ^ after, key=lambda row: (row.set_id, row.collection_id))
    ]


async def _stand_in_front(conn: Connection, collections: Sequence[int]) -> None:
    for table in (*_TALLIES, *_OF_SETS):
        await conn.execute(f"CREATE TEMP TABLE {table} (LIKE public.{table} INCLUDING ALL) ON COMMIT DROP")
    # Statements prepared on this connection still mean the real tables until they are planned anew.
    await conn.execute("DISCARD PLANS")
    await conn.execute(
        "INSERT INTO pg_temp.collection (id, kind, generation, created_at)"
        " SELECT id, kind, generation, created_at FROM public.collection WHERE id = ANY($1::bigint[])",
        collections,
    )


async def _differences(
    conn: Connection, table: str, keys: Sequence[str], numbers: Sequence[str], owners: Sequence[int]
) -> list[Difference]:
    statement = (
        _DIFFERENCES.replace("/*TABLE*/", table)
        .replace("/*OWNER*/", keys[0])
        .replace("/*KEYS_TEXT*/", ", ".join(f"{key}::text" for key in keys))
        .replace("/*KEYS*/", ", ".join(keys))
        .replace("/*STORED*/", ", ".join(f"coalesce(s.{number}, 0)::bigint" for number in numbers))
        .replace("/*COUNTED*/", ", ".join(f"coalesce(c.{number}, 0)::bigint" for number in numbers))
    )
    return [
        Difference(table, tuple(row["key"]), number, stored, counted)
        for row in await conn.fetch(statement, owners)
        for number, stored, counted in zip(numbers, row["stored"], row["counted"], strict=True)
        if stored != counted
    ]

# SPDX-License-Identifier: GPL-3.0-or-later
"""Deciding anew, for whole programs at once, which of the stored edits count: in one switch, while live edits go on.

A change of rules that concerns few edits is carried out in its own transaction (graph/db/cohorts.py). What concerns
more is left to the worker, which comes here: the edits that change their set are brought into sets of transit
(graph/db/transit.py), the tallies of the collections concerned are built beside those in use (graph/db/generations.py),
and both are switched in one short transaction, which tells each collection's followers in one HistoryChanged.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from graph.activity import RetractionReason
from graph.db import cohorts, due, generations, goals, ledger, transit
from graph.db.counting import Coverage
from graph.db.due import Due
from graph.db.facts import OF_REVISIONS, post_as_history, recount
from graph.db.ledger import Entry, Kind
from graph.db.pool import Connection, Pool
from graph.db.sets import coverage, coverage_of, sets_of_programs, store_coverage, stored_coverage
from graph.db.transit import Transit

# Any number will do that nothing else locks: one re-evaluation at a time.
LOCK = 7_166_004
CARDS = 200  # the newest edits taken back are named one by one, so that screens take their cards off

_BUSY = "SELECT s AS id FROM unnest($1::int[]) AS s WHERE EXISTS (SELECT FROM edit WHERE set_id = s)"

_OTHERS = """
SELECT set_id, collection_id, uploads_only, tracked FROM set_coverage
WHERE collection_id = ANY($1::bigint[]) AND NOT set_id = ANY($2::int[])
"""

# The edits of the last day that leave a set, the newest first, with the reason that organizers would give.
_CARDS = """
SELECT e.wiki_id, e.revision_id, t.origin, t.target, CASE
    WHEN NOT EXISTS (SELECT FROM enrollment n WHERE n.program_id = ANY($3::bigint[]) AND n.editor_id = e.editor_id
                     AND n.role = 'EDITOR') THEN 'EDITOR_REMOVED'
    WHEN EXISTS (SELECT FROM exclusion x WHERE x.program_id = ANY($3) AND x.page_key = e.page_key) THEN 'EXCLUDED'
    ELSE 'OUT_OF_SCOPE' END AS reason
FROM moving m JOIN edit e USING (wiki_id, revision_id)
JOIN unnest($1::int[], $2::int[], $4::int[]) AS t(via, origin, target) ON t.via = e.set_id
WHERE e.at > now() - interval '24 hours' AND t.origin <> 0 ORDER BY e.at DESC, e.revision_id DESC LIMIT $5
"""


@dataclass(frozen=True, slots=True)
class Reassessed:
    """What it came to: edits that changed their set, and collections whose tallies were built anew."""

    moved: int
    collections: int


@dataclass(frozen=True, slots=True)
class _Plan:
    """Coverage to come: in full for the collections built anew (``coverage``); of sets without edits, as it is."""

    built: list[int]
    coverage: list[Coverage]
    gone: list[Coverage]
    come: list[Coverage]
    counted: Counter[int]
    retracted: Counter[int]


async def reassess(pool: Pool, program_ids: Sequence[int] = ()) -> Reassessed:
    """Decide anew the stored edits of these programs and of all that are due; safe to repeat after any failure.

    Waits for another re-evaluation that is under way.
    """
    async with pool.acquire() as conn, _alone(conn):
        waiting = await due.due(conn)
        programs = sorted({*program_ids, *(program for program, _ in waiting)})
        return await _reassess(pool, conn, programs, waiting)


async def rebuild(pool: Pool, collections: Sequence[int], program_ids: Sequence[int]) -> Reassessed:
    """The same, and the tallies of ``collections`` are built anew from the facts in any case."""
    async with pool.acquire() as conn, _alone(conn):
        return await _reassess(pool, conn, sorted(program_ids), (), also=collections)


@asynccontextmanager
async def _alone(conn: Connection) -> AsyncIterator[None]:
    try:
        await conn.execute("SELECT pg_advisory_lock($1)", LOCK, timeout=generations.LONG_SECONDS)
        # What an earlier one left behind when its process died.
        await generations.abandon(conn)
        await transit.arrive(conn)
        yield
        await transit.arrive(conn)
        await generations.sweep(conn)
        await conn.execute("SELECT pg_advisory_unlock($1)", LOCK)
    except BaseException:
        conn.terminate()  # and the lock with it, whether it is had already or not
        raise


async def _reassess(
    pool: Pool,
    conn: Connection,
    programs: Sequence[int],
    waiting: Sequence[Due],
    *,
    also: Sequence[int] = (),
) -> Reassessed:
    editors = await conn.fetch(
        "SELECT DISTINCT editor_id FROM enrollment WHERE program_id = ANY($1::bigint[]) AND role = 'EDITOR'", programs
    )
    found = await transit.find(conn, await sets_of_programs(conn, programs), [row["editor_id"] for row in editors])
    if found <= due.AT_ONCE and not also and await _at_once(conn, programs, waiting):
        return Reassessed(found, 0)
    transits, moved = await transit.depart(conn) if found else ([], Counter[int]())
    async with AsyncExitStack() as stack:
        async with conn.transaction():
            await ledger.lock(conn)
            plan = await _plan(conn, programs, transits, moved, also)
            made = await generations.begin(conn, plan.built, plan.coverage)
            facts = await stack.enter_async_context(generations.snapshot(pool))
        await generations.build(facts, made, plan.coverage)
    await generations.catch_up(conn, made)
    async with conn.transaction():
        await ledger.lock(conn)
        more = await generations.switch(conn, made)
        await _cover_empty_sets(conn, plan)
        cards = await _cards(conn, transits, programs)
        await transit.switch(conn, transits)
        await ledger.post(conn, [*cards, *_history(plan, more)])
        await goals.reach(conn, programs)
        await due.done(conn, waiting)
        await ledger.publish(conn)
    return Reassessed(sum(moved.values()), len(made))


async def _at_once(conn: Connection, programs: Sequence[int], waiting: Sequence[Due]) -> bool:
    """Move the few edits found in one transaction, if the coverage of few others changes as well."""
    async with conn.transaction():
        await ledger.lock(conn)
        if not await cohorts.cover_few(conn, programs):
            return False
        keys = await transit.found(conn)
        shifts = await recount(conn, OF_REVISIONS, [key[0] for key in keys], [key[1] for key in keys])
        await post_as_history(conn, shifts)
        await goals.reach(conn, programs)
        await due.done(conn, waiting)
        await ledger.publish(conn)
    return True


async def _plan(
    conn: Connection, programs: Sequence[int], transits: Sequence[Transit], moved: Counter[int], also: Sequence[int]
) -> _Plan:
    vias = {each.via: each for each in transits}
    sets = sorted({*await sets_of_programs(conn, programs), *vias, *(each.target for each in transits)} - {0})
    plain = [number for number in sets if number not in vias]
    stored = await stored_coverage(conn, sets)
    by_rules = await coverage_of(conn, plain)
    rules_of: dict[int, list[Coverage]] = {}
    for row in by_rules:
        rules_of.setdefault(row.set_id, []).append(row)
    wanted = by_rules + [
        Coverage(via, row.collection_id, row.uploads_only, row.tracked)
        for via, each in vias.items()
        for row in rules_of.get(each.target, ())
    ]
    differing = set(stored) ^ set(wanted)
    busy = {row["id"] for row in await conn.fetch(_BUSY, sets)}
    concerned = {row.collection_id for row in differing if row.set_id in busy} | set(also)
    there = await conn.fetch("SELECT id FROM collection WHERE id = ANY($1::bigint[])", sorted(concerned))
    built = {row["id"] for row in there}
    others = [coverage(row) for row in await conn.fetch(_OTHERS, sorted(built), sets)]
    aside = {row for row in differing if row.collection_id not in built}
    counted, retracted = _moves(stored, wanted, moved)
    return _Plan(
        built=sorted(built),
        coverage=[row for row in wanted if row.collection_id in built] + others,
        gone=[row for row in stored if row in aside],
        come=[row for row in wanted if row in aside],
        counted=counted,
        retracted=retracted,
    )


def _moves(
    stored: Sequence[Coverage], wanted: Sequence[Coverage], moved: Counter[int]
) -> tuple[Counter[int], Counter[int]]:
    """How many of the edits moved each collection gains, and how many it loses."""
    before = {(row.set_id, row.collection_id) for row in stored if not row.uploads_only}
    after = {(row.set_id, row.collection_id) for row in wanted if not row.uploads_only}
    counted: Counter[int] = Counter()
    retracted: Counter[int] = Counter()
    for via, collection in after - before:
        counted[collection] += moved[via]
    for via, collection in before - after:
        retracted[collection] += moved[via]
    return counted, retracted


def _history(plan: _Plan, more: dict[int, int]) -> list[Entry]:
    """One entry for each collection that gained or lost edits, those by a change of coverage included."""
    entries = []
    for collection in sorted(more):
        counted, retracted = plan.counted[collection], plan.retracted[collection]
        rest = more[collection] - (counted - retracted)
        counted, retracted = counted + max(rest, 0), retracted + max(-rest, 0)
        if counted or retracted:
            entries.append(Entry(Kind.HISTORY, collection_id=collection, counted=counted, retracted=retracted))
    return entries


async def _cover_empty_sets(conn: Connection, plan: _Plan) -> None:
    await conn.executemany(
        "DELETE FROM set_coverage WHERE set_id = $1 AND collection_id = $2",
        [(row.set_id, row.collection_id) for row in plan.gone],
    )
    await store_coverage(conn, plan.come)


async def _cards(conn: Connection, transits: Sequence[Transit], programs: Sequence[int]) -> list[Entry]:
    if not transits:
        return []
    columns = [[each.via for each in transits], [each.origin for each in transits], programs]
    rows = await conn.fetch(_CARDS, *columns, [each.target for each in transits], CARDS)
    return [
        Entry(
            Kind.RETRACTED,
            row["wiki_id"],
            row["revision_id"],
            set_id=row["origin"],
            except_set=row["target"],
            reason=RetractionReason(row["reason"]),
        )
        for row in rows
    ]

# SPDX-License-Identifier: GPL-3.0-or-later
"""What a change of rules does to the numbers: enrolling, removing, gathering programs, moving a window.

Each function is called inside a transaction that holds the ledger's lock, after the rows of the rules themselves were
written, and leaves every tally as if the new rules had held from the start.
"""

from __future__ import annotations

from collections.abc import Sequence

from graph.activity import RetractionReason
from graph.db import generations, nameless
from graph.db.counting import Coverage, count_sets
from graph.db.due import defer, few
from graph.db.facts import OF_EDITORS, OF_SETS, OF_SETS_OR_EDITORS, as_activity, post_as_history, recount
from graph.db.goals import reach
from graph.db.ledger import Entry, Kind, post
from graph.db.pool import Connection
from graph.db.sets import coverage_of, sets_of_programs, store_coverage, stored_coverage

# Who is enrolled in each collection, by how many programs, and in how many of these as a new editor.
# A campaign and an organization know their public programs only.
_ROSTER = """
WITH part AS (
    SELECT n.program_id, n.editor_id, p.visibility = 'PUBLIC' AS public,
           coalesce(e.registered_at BETWEEN p.tracking_start AND p.tracking_end, false) AS fresh
    FROM enrollment n JOIN program p ON p.id = n.program_id JOIN editor e ON e.id = n.editor_id
    WHERE n.role = 'EDITOR' AND ($2::bigint[] IS NULL OR n.editor_id = ANY($2))
),
wanted AS (
    SELECT collection_id, editor_id, count(*)::int AS enrolled, count(*) FILTER (WHERE fresh)::int AS fresh
    FROM (
        SELECT program_id AS collection_id, editor_id, fresh FROM part
        UNION ALL
        SELECT p.everybody_id, editor_id, fresh FROM part JOIN program p ON p.id = part.program_id
        UNION ALL
        SELECT k.id, part.editor_id, fresh
        FROM part JOIN session s USING (program_id) CROSS JOIN LATERAL (VALUES (s.id), (s.everybody_id)) AS k(id)
        WHERE NOT EXISTS (SELECT 1 FROM session_editor x WHERE x.session_id = s.id)
           OR EXISTS (SELECT 1 FROM session_editor x WHERE x.session_id = s.id AND x.editor_id = part.editor_id)
        UNION ALL
        SELECT cp.campaign_id, editor_id, fresh FROM part JOIN campaign_program cp USING (program_id) WHERE public
        UNION ALL
        SELECT c.organization_id, editor_id, fresh
        FROM part JOIN campaign_program cp USING (program_id) JOIN campaign c ON c.id = cp.campaign_id
        WHERE public AND c.organization_id IS NOT NULL
    ) all_parts
    WHERE collection_id = ANY($1::bigint[]) GROUP BY 1, 2
),
known AS (
    SELECT k.id AS collection_id, t.editor_id, t.enrolled, t.fresh
    FROM collection k JOIN editor_tally t USING (generation)
    WHERE k.id = ANY($1) AND ($2::bigint[] IS NULL OR t.editor_id = ANY($2)) AND t.enrolled > 0
),
step AS MATERIALIZED (
    SELECT collection_id, editor_id, coalesce(w.enrolled, 0) AS enrolled, coalesce(w.fresh, 0) AS fresh,
           coalesce(k.enrolled, 0) AS was_enrolled, coalesce(k.fresh, 0) AS was_fresh
    FROM wanted w FULL JOIN known k USING (collection_id, editor_id)
    WHERE (w.enrolled, w.fresh) IS DISTINCT FROM (k.enrolled, k.fresh)
),
written AS (
    INSERT INTO editor_tally (generation, editor_id, enrolled, fresh)
    SELECT k.generation, step.editor_id, step.enrolled, step.fresh
    FROM step JOIN collection k ON k.id = step.collection_id ORDER BY 1, 2
    ON CONFLICT (generation, editor_id) DO UPDATE SET enrolled = excluded.enrolled, fresh = excluded.fresh
)
UPDATE collection t
SET version = (SELECT number FROM ledger), editors = t.editors + d.editors, new_editors = t.new_editors + d.fresh
FROM (SELECT collection_id, sum((enrolled > 0)::int - (was_enrolled > 0)::int) AS editors,
             sum((fresh > 0)::int - (was_fresh > 0)::int) AS fresh
      FROM step GROUP BY 1) d
WHERE t.id = d.collection_id
"""

# The collections a program's numbers go into by the rules now: itself, its sessions, and, where it is public, the
# campaigns that gather it and the organizations above.
_ABOVE = """
WITH mine AS (SELECT id, everybody_id, visibility = 'PUBLIC' AS public FROM program WHERE id = ANY($1::bigint[]))
SELECT id FROM mine
UNION SELECT everybody_id FROM mine WHERE everybody_id IS NOT NULL
UNION SELECT s.id FROM session s JOIN mine ON mine.id = s.program_id
UNION SELECT s.everybody_id FROM session s JOIN mine ON mine.id = s.program_id WHERE s.everybody_id IS NOT NULL
UNION SELECT cp.campaign_id FROM campaign_program cp JOIN mine ON mine.id = cp.program_id
UNION SELECT c.organization_id FROM campaign_program cp JOIN mine ON mine.id = cp.program_id
      JOIN campaign c ON c.id = cp.campaign_id WHERE c.organization_id IS NOT NULL
"""

_WORDS = """
UPDATE collection t SET has_words = now.has_words, version = (SELECT number FROM ledger)
FROM (
    SELECT k.id, EXISTS (
        SELECT 1 FROM program p JOIN program_wiki pw ON pw.program_id = p.id
        JOIN wiki w ON w.id = pw.wiki_id AND w.words
        WHERE k.id IN (p.id, p.everybody_id)
           OR p.id = (SELECT s.program_id FROM session s WHERE k.id IN (s.id, s.everybody_id))
           OR p.visibility = 'PUBLIC' AND p.id IN (
                SELECT cp.program_id FROM campaign_program cp JOIN campaign c ON c.id = cp.campaign_id
                WHERE k.id IN (c.id, c.organization_id))
    ) AS has_words
    FROM collection k WHERE k.id = ANY($1::bigint[])
) now
WHERE t.id = now.id AND t.has_words <> now.has_words
"""


async def enroll(conn: Connection, program_id: int, editor_ids: Sequence[int]) -> None:
    """Editors were enrolled: count them, and their stored edits, in the program and everything above it.

    Where these are many, like everywhere below, the edits are left to the worker (graph/db/reassessing.py).
    """
    await _prepare(conn, program_id)
    await roster(conn, await above(conn, [program_id]), editor_ids)
    if await few(conn, OF_EDITORS, editor_ids):
        await post_as_history(conn, await recount(conn, OF_EDITORS, list(editor_ids)))
        await reach(conn, [program_id])
    else:
        await defer(conn, [program_id])


async def withdraw(conn: Connection, program_id: int, editor_ids: Sequence[int]) -> None:
    """Editors were removed: take them and their edits out of the program, and their cards off its screens."""
    await roster(conn, await above(conn, [program_id]), editor_ids)
    if await few(conn, OF_EDITORS, editor_ids):
        shifts = await recount(conn, OF_EDITORS, list(editor_ids))
        await post(conn, as_activity(shifts, RetractionReason.EDITOR_REMOVED))
    else:
        await defer(conn, [program_id])


async def reassess_program(conn: Connection, program_id: int, reason: RetractionReason | None = None) -> None:
    """A window, a session, its participants or an exclusion changed: decide the program's stored edits anew.

    With a ``reason`` each edit that is taken back is told of by itself, so that screens take its card off.
    """
    await _prepare(conn, program_id)
    await nameless.decide(conn, program_id)
    collections = await above(conn, [program_id])
    await roster(conn, collections, None)
    await words(conn, collections)
    editors = await conn.fetch("SELECT editor_id FROM enrollment WHERE program_id = $1 AND role = 'EDITOR'", program_id)
    selected = await sets_of_programs(conn, [program_id]), [row[0] for row in editors]
    if not await few(conn, OF_SETS_OR_EDITORS, *selected):
        await defer(conn, [program_id])
        return
    shifts = await recount(conn, OF_SETS_OR_EDITORS, *selected)
    if reason is None:
        await post_as_history(conn, shifts)
    else:
        await post(conn, as_activity(shifts, reason))
    await reach(conn, [program_id])


async def cover(conn: Connection, program_ids: Sequence[int], *, left: Sequence[int] = ()) -> None:
    """The programs' campaigns, organizations, visibility or tracked wikis changed.

    ``left`` names the campaigns and organizations that no longer gather them: no rule leads there any more.
    Only the difference moves: the collections that count a set of edits now and did not before (or otherwise), and
    the reverse. Each collection whose number of edits changed gets one HistoryChanged.
    """
    touched = sorted({*await above(conn, program_ids), *left})
    await roster(conn, touched, None)
    await words(conn, touched)
    if await cover_few(conn, program_ids):
        await reach(conn, program_ids)
    else:
        await defer(conn, program_ids)


async def cover_few(conn: Connection, program_ids: Sequence[int]) -> bool:
    """Bring the coverage of the programs' sets in line with the rules, if that moves few edits.

    Otherwise, or where tallies concerned are being built anew, nothing is changed and False returned.
    """
    sets = await sets_of_programs(conn, program_ids)
    before, after = await stored_coverage(conn, sets), await coverage_of(conn, sets)
    kept = set(before) & set(after)
    gone = [row for row in before if row not in kept]
    come = [row for row in after if row not in kept]
    touched = sorted({row.collection_id for row in (*gone, *come)})
    differing = sorted({row.set_id for row in (*gone, *come)})
    if not await few(conn, OF_SETS, differing) or await generations.in_the_making(conn, touched):
        return False
    edits = await _edits(conn, touched)
    await count_sets(conn, gone, sign=-1)
    await _drop(conn, gone)
    await store_coverage(conn, come)
    await count_sets(conn, come, sign=1)
    await _post_differences(conn, edits, await _edits(conn, touched))
    return True


async def _prepare(conn: Connection, program_id: int) -> None:
    if await nameless.prepare(conn, program_id):
        await cover(conn, [program_id])


async def above(conn: Connection, program_ids: Sequence[int]) -> list[int]:
    """The collections these programs' numbers go into: themselves, their sessions, campaigns and organizations."""
    return [row[0] for row in await conn.fetch(_ABOVE, program_ids)]


async def roster(conn: Connection, collections: Sequence[int], editor_ids: Sequence[int] | None) -> None:
    """Bring the enrolled editors of these collections in line with the rules; only these editors, or all (None)."""
    await conn.execute(_ROSTER, collections, editor_ids)


async def words(conn: Connection, collections: Sequence[int]) -> None:
    """Decide anew whether words can be estimated for these collections."""
    await conn.execute(_WORDS, collections)


async def _edits(conn: Connection, collections: Sequence[int]) -> dict[int, int]:
    rows = await conn.fetch("SELECT id, edits FROM collection WHERE id = ANY($1::bigint[]) ORDER BY id", collections)
    return {row[0]: row[1] for row in rows}


async def _drop(conn: Connection, gone: Sequence[Coverage]) -> None:
    await conn.executemany(
        "DELETE FROM set_coverage WHERE set_id = $1 AND collection_id = $2",
        [(row.set_id, row.collection_id) for row in gone],
    )


async def _post_differences(conn: Connection, before: dict[int, int], after: dict[int, int]) -> None:
    entries = []
    for collection, edits in after.items():
        more = edits - before[collection]
        if more:
            entries.append(Entry(Kind.HISTORY, collection_id=collection, counted=max(more, 0), retracted=max(-more, 0)))
    await post(conn, entries)

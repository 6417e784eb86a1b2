# SPDX-License-Identifier: GPL-3.0-or-later
"""Edits on their way from one set to another, in slices short enough that live edits do not wait.

An edit that is to count for other programs than before goes by a set of transit. While it waits there, that set is
covered exactly as the one it came from, so that no number moves. When the numbers are switched
(graph/db/generations.py) the coverage of the set of transit becomes that of the edit's new set, and afterwards the
edits are put there, again without moving a number. A set of transit is a row of ``edit_set`` whose members hold one
number more, above ``MARK``, that is nobody's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from graph.db import ledger
from graph.db.facts import OF_SETS_OR_EDITORS, evaluation
from graph.db.pool import Connection
from graph.db.sets import intern

MARK = 2**62
SLICE = 500  # edits moved under one hold of the ledger's lock: ten to twenty milliseconds
LONG_SECONDS = 3_600.0  # for statements that read as many edits as a program may have, and hold no lock

_TABLE = """
CREATE TEMP TABLE IF NOT EXISTS moving (
    ord bigint PRIMARY KEY, wiki_id smallint, revision_id bigint, set_id int, members bigint[]
)
"""
# Nobody else does it for a table of one connection, and the planner takes a slice of unknown size for a handful.
_ANALYZE = "ANALYZE moving"

# Which edits are not in the set that the rules give.
_FIND = """
INSERT INTO moving (ord, wiki_id, revision_id, set_id, members)
SELECT row_number() OVER (ORDER BY x.wiki_id, x.revision_id), x.wiki_id, x.revision_id, x.set_id, x.members
FROM (/*EVALUATION*/) x JOIN edit_set s ON s.id = x.set_id WHERE x.members <> s.members
""".replace("/*EVALUATION*/", evaluation(OF_SETS_OR_EDITORS))

_FIND_IN_TRANSIT = """
INSERT INTO moving (ord, wiki_id, revision_id, set_id, members)
SELECT row_number() OVER (ORDER BY e.wiki_id, e.revision_id), e.wiki_id, e.revision_id, e.set_id,
       trim_array(s.members, 1)
FROM edit_set s JOIN edit e ON e.set_id = s.id WHERE /*IN TRANSIT*/
"""

_IN_TRANSIT = "s.members[cardinality(s.members)] >= /*MARK*/".replace("/*MARK*/", str(MARK))

_SETS_OF_TRANSIT = "SELECT s.id FROM edit_set s WHERE /*IN TRANSIT*/".replace("/*IN TRANSIT*/", _IN_TRANSIT)

_PAIRS = "SELECT DISTINCT set_id, members FROM moving ORDER BY 1, 2"

_NUMBERS = "SELECT nextval(pg_get_serial_sequence('edit_set', 'id'))::int AS id FROM generate_series(1, $1::int)"
_OPEN = """
INSERT INTO edit_set (id, members) OVERRIDING SYSTEM VALUE
SELECT t.via, s.members || (/*MARK*/ + t.via)
FROM unnest($1::int[], $2::int[]) AS t(origin, via) JOIN edit_set s ON s.id = t.origin
""".replace("/*MARK*/", str(MARK))

_SAME_COVERAGE = """
INSERT INTO set_coverage (set_id, collection_id, uploads_only, tracked)
SELECT t.via, c.collection_id, c.uploads_only, c.tracked
FROM unnest($1::int[], $2::int[]) AS t(origin, via) JOIN set_coverage c ON c.set_id = t.origin
"""

_OF_SLICE = (
    "(e.wiki_id, e.revision_id) IN (SELECT m.wiki_id, m.revision_id FROM moving m WHERE m.ord > $1 AND m.ord <= $2)"
)

# Moves the edits of one slice that are still where they were found, and the tallies of sets with them; $3 to $5 say
# where to from each set, by the members that the edit's new set is to have.
_SHIFT = """
WITH moved AS (
    UPDATE edit e SET set_id = t.target
    FROM moving m JOIN unnest($3::int[], $4::text[], $5::int[]) AS t(origin, members, target)
         ON t.origin = m.set_id AND t.members::bigint[] = m.members
    WHERE m.ord > $1 AND m.ord <= $2 AND e.wiki_id = m.wiki_id AND e.revision_id = m.revision_id
      AND e.set_id = m.set_id
    RETURNING e.wiki_id, e.page_key, e.editor_id, (e.at AT TIME ZONE 'UTC')::date AS day, m.set_id AS origin, t.target
),
step AS MATERIALIZED (
    SELECT v.set_id, m.page_key, m.editor_id, m.wiki_id, m.day, sum(v.edits) AS edits
    FROM moved m CROSS JOIN LATERAL (VALUES (m.origin, -1), (m.target, 1)) AS v(set_id, edits)
    WHERE v.set_id <> 0 GROUP BY 1, 2, 3, 4, 5
),
pairs AS (
    INSERT INTO article_editor_tally AS t (page_key, editor_id, set_id, edits)
    SELECT page_key, editor_id, set_id, sum(edits) FROM step GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
    ON CONFLICT (page_key, editor_id, set_id) DO UPDATE SET edits = t.edits + excluded.edits
),
places AS (
    INSERT INTO wiki_editor_tally AS t (set_id, wiki_id, namespace, editor_id, edits)
    SELECT s.set_id, s.wiki_id, p.namespace, s.editor_id, sum(s.edits)
    FROM step s JOIN page p ON p.id = s.page_key GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
    ON CONFLICT (set_id, wiki_id, namespace, editor_id) DO UPDATE SET edits = t.edits + excluded.edits
),
days AS (
    INSERT INTO editor_day_tally AS t (editor_id, day, set_id, edits)
    SELECT editor_id, day, set_id, sum(edits) FROM step GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
    ON CONFLICT (editor_id, day, set_id) DO UPDATE SET edits = t.edits + excluded.edits
)
SELECT target, count(*) AS edits FROM moved GROUP BY 1
"""

# The rules are asked once more while nobody else writes: an edit that was in no set and should have come into one may
# have been deleted since it was found, and is in no set still.
_DEPART = _SHIFT.replace(
    "WITH moved",
    "WITH still AS MATERIALIZED (/*EVALUATION*/), moved".replace("/*EVALUATION*/", evaluation(_OF_SLICE)),
).replace(
    "FROM moving m JOIN",
    "FROM moving m JOIN still x ON (x.wiki_id, x.revision_id, x.members) = (m.wiki_id, m.revision_id, m.members) JOIN",
)

_EMPTIED = """
WITH slice AS MATERIALIZED (
    SELECT e.page_key, e.editor_id, (e.at AT TIME ZONE 'UTC')::date AS day, m.set_id
    FROM moving m JOIN edit e USING (wiki_id, revision_id) WHERE m.ord > $1 AND m.ord <= $2
),
days AS (
    DELETE FROM editor_day_tally t USING (SELECT DISTINCT editor_id, day, set_id FROM slice) m
    WHERE (t.editor_id, t.day, t.set_id) = (m.editor_id, m.day, m.set_id) AND t.edits = 0
)
DELETE FROM article_editor_tally t USING (SELECT DISTINCT page_key, editor_id, set_id FROM slice) m
WHERE (t.page_key, t.editor_id, t.set_id) = (m.page_key, m.editor_id, m.set_id) AND t.edits = 0
"""


Pair = tuple[int, tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class Transit:
    """A set of transit: where its edits come from, where they go, and who they will count for."""

    via: int
    origin: int
    target: int
    members: tuple[int, ...]


def settled(members: tuple[int, ...]) -> tuple[int, ...]:
    """The members that a set counts by: its own, and in transit all but the mark."""
    return members[:-1] if members and members[-1] >= MARK else members


async def find(conn: Connection, sets: Sequence[int], editors: Sequence[int]) -> int:
    """Find the edits of these sets and editors that are not where the rules put them; returns how many.

    They are kept in a table of this connection. Holds no lock: what changes meanwhile is seen when they are moved.
    """
    await _clear(conn)
    await conn.execute(_FIND, sets, editors, timeout=LONG_SECONDS)
    await conn.execute(_ANALYZE)
    return await _found(conn)


async def found(conn: Connection) -> list[tuple[int, int]]:
    """Wiki and revision of each edit that ``find`` found."""
    return [tuple(row) for row in await conn.fetch("SELECT wiki_id, revision_id FROM moving ORDER BY ord")]


async def depart(conn: Connection) -> tuple[list[Transit], Counter[int]]:
    """Put the edits found into sets of transit, slice by slice; returns these, and how many edits each took.

    Begins transactions of its own.
    """
    pairs = await _pairs(conn)
    async with conn.transaction():
        await ledger.lock(conn)
        transits = await _open(conn, pairs)
    ways = _ways(pairs, [each.via for each in transits])
    moved: Counter[int] = Counter()
    for first in range(0, await _found(conn), SLICE):
        async with conn.transaction():
            await ledger.lock(conn)
            rows = await conn.fetch(_DEPART, first, first + SLICE, *ways)
            moved.update({row["target"]: row["edits"] for row in rows})
    return transits, moved


async def switch(conn: Connection, transits: Sequence[Transit]) -> None:
    """The edits in transit count for their new programs from now on; inside the transaction that switches numbers.

    What was announced of them until now was announced to the followers of the set they came from.
    """
    await _readdress(conn, [transit.via for transit in transits], [transit.origin for transit in transits])
    await conn.execute(
        "UPDATE edit_set s SET members = n.members || s.members[cardinality(s.members)]"
        " FROM unnest($1::int[], $2::int[]) AS t(via, target) JOIN edit_set n ON n.id = t.target WHERE s.id = t.via",
        [transit.via for transit in transits],
        [transit.target for transit in transits],
    )


async def arrive(conn: Connection) -> None:
    """Put every edit in transit into the set it counts by, slice by slice, and forget the sets of transit.

    Before a switch that is the set it came from, after it the new one. Begins transactions of its own.
    """
    vias = [row[0] for row in await conn.fetch(_SETS_OF_TRANSIT)]
    if not vias:
        return
    await _clear(conn)
    await conn.execute(_FIND_IN_TRANSIT.replace("/*IN TRANSIT*/", _IN_TRANSIT), timeout=LONG_SECONDS)
    await conn.execute(_ANALYZE)
    pairs = await _pairs(conn)
    async with conn.transaction():
        await ledger.lock(conn)
        numbers = await intern(conn, [members for _, members in pairs])
    ways = _ways(pairs, [numbers[members] for _, members in pairs])
    for first in range(0, await _found(conn), SLICE):
        async with conn.transaction():
            await ledger.lock(conn)
            await conn.execute(_SHIFT, first, first + SLICE, *ways)
            await conn.execute(_EMPTIED, first, first + SLICE)
    async with conn.transaction():
        await ledger.lock(conn)
        await _close(conn, vias)
    await _clear(conn)


async def _pairs(conn: Connection) -> list[Pair]:
    """From which sets the edits found come, and which members their new sets are to have."""
    return [(row["set_id"], tuple(row["members"])) for row in await conn.fetch(_PAIRS, timeout=LONG_SECONDS)]


def _ways(pairs: Sequence[Pair], targets: Sequence[int]) -> tuple[list[int], list[str], list[int]]:
    """The same as ``_SHIFT`` takes it, with where each of them goes."""
    texts = ["{" + ",".join(map(str, members)) + "}" for _, members in pairs]
    return [origin for origin, _ in pairs], texts, list(targets)


async def _open(conn: Connection, pairs: Sequence[Pair]) -> list[Transit]:
    numbers = await intern(conn, [members for _, members in pairs])
    origins = [origin for origin, _ in pairs]
    vias = [row["id"] for row in await conn.fetch(_NUMBERS, len(pairs))]
    await conn.execute(_OPEN, origins, vias)
    await conn.execute(_SAME_COVERAGE, origins, vias)
    return [Transit(via, origin, numbers[members], members) for via, (origin, members) in zip(vias, pairs, strict=True)]


async def _close(conn: Connection, vias: Sequence[int]) -> None:
    """What was announced under a set of transit stays announced, under the set its edits count by."""
    rows = await conn.fetch(
        "SELECT id, trim_array(members, 1) AS members FROM edit_set WHERE id = ANY($1::int[])", vias
    )
    numbers = await intern(conn, [tuple(row["members"]) for row in rows])
    await _readdress(conn, [row["id"] for row in rows], [numbers[tuple(row["members"])] for row in rows])
    await conn.execute("DELETE FROM wiki_editor_tally WHERE set_id = ANY($1::int[])", vias)
    await conn.execute("DELETE FROM set_coverage WHERE set_id = ANY($1::int[])", vias)
    await conn.execute("DELETE FROM edit_set WHERE id = ANY($1::int[])", vias)


async def _readdress(conn: Connection, vias: Sequence[int], sets: Sequence[int]) -> None:
    await conn.execute(
        "UPDATE activity a SET set_id = t.number FROM unnest($1::int[], $2::int[]) AS t(via, number)"
        " WHERE a.set_id = t.via",
        vias,
        sets,
    )


async def _clear(conn: Connection) -> None:
    await conn.execute(_TABLE)
    await conn.execute("TRUNCATE moving")


async def _found(conn: Connection) -> int:
    return int(await conn.fetchval("SELECT count(*) FROM moving"))

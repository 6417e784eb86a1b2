# SPDX-License-Identifier: GPL-3.0-or-later
"""The stored edits: adding new ones, and counting known ones anew when something about them changed.

Both run inside a transaction that holds the ledger's lock.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graph.activity import RetractionReason
from graph.db.counting import FACT_COLUMNS, Fact, count
from graph.db.ledger import Entry, Kind, post
from graph.db.pool import Connection
from graph.db.sets import MEMBERS, intern, stored_coverage
from graph.db.versions import restore, versions

Key = tuple[int, int]

# Which stored edits: by page, by revision, by editor, by the set they are in. $1 (and $2) are the values.
OF_PAGES = "e.page_key = ANY($1::bigint[])"
OF_REVISIONS = "(e.wiki_id, e.revision_id) IN (SELECT * FROM unnest($1::smallint[], $2::bigint[]))"
OF_EDITORS = "e.editor_id = ANY($1::bigint[])"
OF_SETS = "e.set_id = ANY($1::int[])"
OF_SETS_OR_EDITORS = "(e.set_id = ANY($1::int[]) OR e.editor_id = ANY($2::bigint[]))"

_STORED = """
SELECT e.wiki_id, e.revision_id, /*COLUMNS*/ FROM edit e JOIN page p ON p.id = e.page_key WHERE /*WHICH*/
ORDER BY e.at, e.wiki_id, e.revision_id
""".replace("/*COLUMNS*/", FACT_COLUMNS.replace("e.wiki_id, p.namespace", "p.namespace"))

_EVALUATE = """
WITH fact AS (
    SELECT row_number() OVER (ORDER BY e.at, e.wiki_id, e.revision_id) AS ord, e.wiki_id, e.revision_id, e.set_id,
           e.page_key, p.page_id, p.namespace, p.title, e.editor_id, e.at,
           p.deleted OR e.hidden OR e.editor_hidden AS blocked,
           e.created AND NOT e.redirect AND p.namespace = 6
               AND e.wiki_id = (SELECT id FROM wiki WHERE dbname = 'commonswiki') AS upload
    FROM edit e JOIN page p ON p.id = e.page_key WHERE /*WHICH*/
),
found AS (/*MEMBERS*/)
SELECT fact.wiki_id, fact.revision_id, fact.set_id, coalesce(found.members, '{}') AS members
FROM fact LEFT JOIN found USING (ord)
""".replace("/*MEMBERS*/", MEMBERS)


@dataclass(frozen=True, slots=True)
class Shift:
    """One edit whose set or tallies changed."""

    key: Key
    before: Fact
    after: Fact


async def stored(conn: Connection, which: str, *values: Any) -> dict[Key, Fact]:
    """The stored edits that ``which`` (one of the constants above) selects, oldest first, as the tallies see them."""
    rows = await conn.fetch(_STORED.replace("/*WHICH*/", which), *values)
    return {(row["wiki_id"], row["revision_id"]): _fact(row) for row in rows}


async def recount(
    conn: Connection, which: str, *values: Any, change: Callable[[], Awaitable[object]] | None = None
) -> list[Shift]:
    """Apply ``change``, decide anew for which programs the selected edits count, and move the tallies accordingly.

    Returns the edits whose set or numbers changed, oldest first.
    """
    before = await stored(conn, which, *values)
    if change is not None:
        await change()
    await _reassign(conn, await evaluate(conn, which, *values))
    after = await stored(conn, which, *values)
    shifts = [Shift(key, fact, after[key]) for key, fact in before.items() if after[key] != fact]
    known = await versions(conn, (fact.set_id for shift in shifts for fact in (shift.before, shift.after)))
    await count(conn, [shift.before for shift in shifts], sign=-1)
    await count(conn, [shift.after for shift in shifts], sign=1)
    await restore(conn, known)
    return shifts


async def evaluate(conn: Connection, which: str, *values: Any) -> list[Any]:
    """For each selected edit: wiki_id, revision_id, set_id as stored, and the members its set should have."""
    return list(await conn.fetch(evaluation(which), *values))


def evaluation(which: str) -> str:
    """The statement behind ``evaluate``, to be used inside another."""
    return _EVALUATE.replace("/*WHICH*/", which)


async def _reassign(conn: Connection, rows: Sequence[Any]) -> None:
    numbers = await intern(conn, (tuple(row["members"]) for row in rows))
    moved = [
        (row["wiki_id"], row["revision_id"], numbers[tuple(row["members"])])
        for row in rows
        if row["set_id"] != numbers[tuple(row["members"])]
    ]
    if moved:
        await conn.execute(
            "UPDATE edit e SET set_id = t.set_id FROM unnest($1::smallint[], $2::bigint[], $3::int[])"
            " AS t(wiki_id, revision_id, set_id) WHERE e.wiki_id = t.wiki_id AND e.revision_id = t.revision_id",
            *([row[n] for row in moved] for n in range(3)),
        )


def as_activity(shifts: Iterable[Shift], reason: RetractionReason) -> list[Entry]:
    """One entry an edit: taken back from the collections it left, announced to those it is new in."""
    entries = []
    for shift in shifts:
        old, new = shift.before.set_id, shift.after.set_id
        wiki_id, revision_id = shift.key
        if old and old != new:
            entries.append(Entry(Kind.RETRACTED, wiki_id, revision_id, set_id=old, except_set=new, reason=reason))
        if new and old != new:
            entries.append(Entry(Kind.COUNTED, wiki_id, revision_id, set_id=new, except_set=old))
    return entries


async def post_as_history(conn: Connection, shifts: Sequence[Shift]) -> None:
    """One entry a collection, for changes that come by the hundred."""
    pairs = [(shift.before.set_id, shift.after.set_id) for shift in shifts]
    await _post_history(conn, [pair for pair in pairs if pair[0] != pair[1]])


async def post_counted_as_history(conn: Connection, sets: Sequence[int]) -> None:
    """The same for edits that were not stored before; ``sets`` has one number an edit."""
    await _post_history(conn, [(0, number) for number in sets if number])


async def _post_history(conn: Connection, pairs: Sequence[tuple[int, int]]) -> None:
    members: dict[int, set[int]] = {0: set()}
    for row in await stored_coverage(conn, sorted({number for pair in pairs for number in pair})):
        if not row.uploads_only:
            members.setdefault(row.set_id, set()).add(row.collection_id)
    counted: dict[int, int] = {}
    retracted: dict[int, int] = {}
    for old, new in pairs:
        left, joined = members.get(old, set()), members.get(new, set())
        for collection in joined - left:
            counted[collection] = counted.get(collection, 0) + 1
        for collection in left - joined:
            retracted[collection] = retracted.get(collection, 0) + 1
    await post(
        conn,
        [
            Entry(Kind.HISTORY, collection_id=i, counted=counted.get(i, 0), retracted=retracted.get(i, 0))
            for i in sorted(counted.keys() | retracted.keys())
        ],
    )


def _fact(row: Mapping[str, Any]) -> Fact:
    return Fact(*(row[name] for name in Fact.__slots__))

# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading the activity: what happened after a number, for the collections somebody watches.

Entries are shown as things are now: an edit whose summary or editor was hidden since is shown without them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graph.activity import (
    Activity,
    Article,
    CardHidden,
    CardShown,
    EditCounted,
    EditRetracted,
    EditReverted,
    HistoryChanged,
    LedgerEdit,
    MilestoneReached,
    RetractionReason,
)
from graph.db.audience import Audience, told_to
from graph.db.ledger import SHOWN_AGAIN, Kind
from graph.db.pool import Connection
from graph.programs import Editor, Goal, GoalMetric

KEPT = "24 hours"

_COLUMNS = """
    a.id, a.at, a.kind, a.set_id, a.except_set, a.collection_id, a.reason, a.counted, a.retracted, a.target, a.actual,
    s.members, w.dbname, a.revision_id, p.id AS page_key, p.page_id, p.namespace, p.title, p.deleted,
    e.at AS edit_at, e.byte_change, e.created, e.redirect, e.minor, e.reverted OR e.revert_named AS reverted, e.summary,
    e.editor_id AS author, CASE WHEN NOT e.editor_hidden THEN d.id END AS editor_id, d.username, d.central_id,
    d.registered_at"""

_JOINS = """
    JOIN edit_set s ON s.id = a.set_id
    LEFT JOIN wiki w ON w.id = a.wiki_id
    LEFT JOIN edit e ON e.wiki_id = a.wiki_id AND e.revision_id = a.revision_id
    LEFT JOIN page p ON p.id = e.page_key
    LEFT JOIN editor d ON d.id = e.editor_id"""

_SINCE = """
SELECT /*COLUMNS*/ FROM activity a /*JOINS*/
WHERE a.id > $1 AND a.id <= $4 AND (a.set_id <> 0 OR a.collection_id = ANY($2::bigint[]))
ORDER BY a.id LIMIT $3
""".replace("/*COLUMNS*/", _COLUMNS).replace("/*JOINS*/", _JOINS)

_OF_ONE = """
WITH mine AS (SELECT set_id FROM set_coverage WHERE collection_id = $2 AND NOT uploads_only)
SELECT /*COLUMNS*/ FROM activity a /*JOINS*/
WHERE a.id > $1 AND a.id <= $4 AND (
    a.set_id IN (SELECT set_id FROM mine) AND a.except_set NOT IN (SELECT set_id FROM mine) OR a.collection_id = $2)
ORDER BY a.id LIMIT $3
""".replace("/*COLUMNS*/", _COLUMNS).replace("/*JOINS*/", _JOINS)


@dataclass(frozen=True, slots=True)
class Position:
    """Where the ledger stands: which ledger it is (``epoch``), its newest number, the oldest that can be replayed."""

    epoch: str
    newest: int
    oldest: int


async def position(conn: Connection) -> Position:
    """Where the ledger stands now."""
    row = await conn.fetchrow("SELECT epoch, number, forgotten FROM ledger")
    assert row is not None
    return Position(*row)


async def rules_version(conn: Connection) -> int:
    """The version of the rules: it changes with everything that organizers and participants do."""
    return int(await conn.fetchval("SELECT rules_version FROM ledger"))


async def since(
    conn: Connection, after: int, until: int, collections: Sequence[int], limit: int
) -> tuple[dict[int, list[Activity]], int]:
    """What happened to each of ``collections`` after one number and up to another, in order.

    At most ``limit`` entries are looked at; also returns the number up to which they were.
    """
    rows = await conn.fetch(_SINCE, after, collections, limit, until)
    covering = await _covering(conn, {row[key] for row in rows for key in ("set_id", "except_set")}, collections)
    audience = await told_to(conn, rows, collections)
    found: dict[int, list[Activity]] = {collection: [] for collection in collections}
    for row in rows:
        for collection in collections:
            reaches = row["collection_id"] == collection or _reaches(row, covering.get(collection, set()))
            if reaches and audience.may_hear(row, collection):
                found[collection].append(_activity(row, collection, audience))
    return found, rows[-1]["id"] if len(rows) == limit else until


async def of_one(conn: Connection, collection: int, after: int, until: int, limit: int) -> list[Activity]:
    """The entries of one collection numbered above ``after`` and up to ``until``, in order, at most ``limit``.

    None are returned only where there are none.
    """
    while rows := await conn.fetch(_OF_ONE, after, collection, limit, until):
        audience = await told_to(conn, rows, [collection])
        found = [_activity(row, collection, audience) for row in rows if audience.may_hear(row, collection)]
        if found:
            return found
        after = rows[-1]["id"]
    return []


async def forget(conn: Connection) -> None:
    """Drop what is too old to be replayed."""
    await conn.execute(
        "WITH gone AS (DELETE FROM activity WHERE at < now() - $1::text::interval RETURNING id)"
        " UPDATE ledger SET forgotten = greatest(forgotten, (SELECT max(id) FROM gone))",
        KEPT,
    )


async def _covering(conn: Connection, sets: set[int], collections: Sequence[int]) -> dict[int, set[int]]:
    rows = await conn.fetch(
        "SELECT collection_id, set_id FROM set_coverage"
        " WHERE set_id = ANY($1::int[]) AND collection_id = ANY($2::bigint[]) AND NOT uploads_only",
        sorted(sets),
        collections,
    )
    covering: dict[int, set[int]] = {}
    for row in rows:
        covering.setdefault(row["collection_id"], set()).add(row["set_id"])
    return covering


def _reaches(row: Mapping[str, Any], covering: set[int]) -> bool:
    return row["set_id"] in covering and row["except_set"] not in covering


def _activity(row: Mapping[str, Any], collection: int, audience: Audience) -> Activity:
    number = row["id"]
    match Kind(row["kind"]):
        case Kind.COUNTED:
            return EditCounted(number, _edit(row), audience.programs(row, collection))
        case Kind.RETRACTED:
            return EditRetracted(number, row["dbname"], row["revision_id"], RetractionReason(row["reason"]))
        case Kind.REVERTED:
            return EditReverted(number, row["dbname"], row["revision_id"])
        case Kind.HIDDEN:
            told = CardShown if row["reason"] == SHOWN_AGAIN else CardHidden
            return told(number, row["dbname"], row["revision_id"])
        case Kind.HISTORY:
            return HistoryChanged(number, row["counted"], row["retracted"])
        case Kind.MILESTONE:
            program = row["members"][0]
            goal = Goal(program, GoalMetric(row["reason"]), row["target"], row["actual"], row["at"])
            shown = row["revision_id"] is not None and not audience.is_veiled(row, collection)
            return MilestoneReached(number, program, goal, _edit(row) if shown else None)


def _edit(row: Mapping[str, Any]) -> LedgerEdit:
    article = Article(row["page_key"], row["dbname"], row["page_id"], row["namespace"], row["title"], row["deleted"])
    editor = None
    if row["editor_id"] is not None:
        editor = Editor(row["editor_id"], row["username"], row["central_id"], row["registered_at"])
    return LedgerEdit(
        wiki=row["dbname"],
        revision_id=row["revision_id"],
        article=article,
        editor=editor,
        at=row["edit_at"],
        byte_change=row["byte_change"],
        created=row["created"],
        minor=row["minor"],
        reverted=row["reverted"],
        summary=row["summary"],
        upload=row["created"] and not row["redirect"] and row["namespace"] == 6 and row["dbname"] == "commonswiki",
    )

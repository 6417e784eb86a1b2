# SPDX-License-Identifier: GPL-3.0-or-later
"""What whoever runs a program should look at: counted edits reverted, and pages deleted, on the wikis since yesterday.

It is told as things are now: a page that was restored meanwhile is no alert any more. That an edit was reverted stays
true.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from graph.activity import LedgerEdit, RetractionReason
from graph.db.audience import told_to
from graph.db.contributions import EDIT_COLUMNS, EDIT_JOINS, ledger_edit
from graph.db.ledger import Kind
from graph.db.pool import Pool

Row = Mapping[str, Any]

MOST: Final = 20
_LOOKED_AT: Final = 200  # entries: a deleted page has one for each of its edits


class AlertKind(StrEnum):
    """What happened on the wiki."""

    REVERTED = "REVERTED"
    DELETED = "DELETED"


@dataclass(frozen=True, slots=True)
class Alert:
    """``edit`` was reverted, or is the newest of those that went with its page; ``edits``: how many those are."""

    kind: AlertKind
    at: datetime
    edit: LedgerEdit
    edits: int


_ALERTS = (
    """
SELECT k.id AS parent, a.told_at, a.kind, s.members, e.editor_id AS author, /*EDIT*/
FROM unnest($1::bigint[]) AS k(id) CROSS JOIN LATERAL (
    SELECT t.id, t.at AS told_at, t.kind, t.wiki_id, t.revision_id, t.set_id
    FROM set_coverage c JOIN activity t ON t.set_id = c.set_id
    WHERE c.collection_id = k.id AND NOT c.uploads_only AND (t.kind = $2 OR t.kind = $3 AND t.reason = $4)
      AND NOT EXISTS (SELECT FROM set_coverage x
                      WHERE x.collection_id = k.id AND x.set_id = t.except_set AND NOT x.uploads_only)
    ORDER BY t.id DESC LIMIT $5
) a JOIN edit_set s ON s.id = a.set_id
JOIN edit e ON e.wiki_id = a.wiki_id AND e.revision_id = a.revision_id /*JOINS*/
WHERE NOT e.hidden AND (a.kind = $2 OR g.deleted)
ORDER BY k.id, a.id DESC
""".replace("/*EDIT*/", EDIT_COLUMNS)
    .replace("/*JOINS*/", EDIT_JOINS)
    .replace("$2", str(int(Kind.REVERTED)))
    .replace("$3", str(int(Kind.RETRACTED)))
    .replace("$4", f"'{RetractionReason.DELETED}'")
    .replace("$5", str(_LOOKED_AT))
)


async def alerts_of(pool: Pool, collections: Sequence[int]) -> dict[int, list[Alert]]:
    """The alerts of each program or second collection of one, the newest first, at most MOST."""
    if not collections:
        return {}
    async with pool.acquire() as conn:
        rows = await conn.fetch(_ALERTS, collections)
        audience = await told_to(conn, rows, collections)
    heard = [row for row in rows if audience.may_hear(row, row["parent"])]
    return {number: _folded(row for row in heard if row["parent"] == number) for number in collections}


def _folded(rows: Iterable[Row]) -> list[Alert]:
    """One for each edit reverted and for each page deleted, not for each of its edits."""
    found: dict[tuple[object, ...], list[Row]] = {}
    for row in rows:
        reverted = row["kind"] == Kind.REVERTED
        key = ("edit", row["wiki_id"], row["revision_id"]) if reverted else ("page", row["page_key"])
        found.setdefault(key, []).append(row)
    return [_alert(same) for same in list(found.values())[:MOST]]


def _alert(rows: Sequence[Row]) -> Alert:
    newest = max(rows, key=lambda row: (row["at"], row["revision_id"]))
    kind = AlertKind.REVERTED if newest["kind"] == Kind.REVERTED else AlertKind.DELETED
    return Alert(kind, rows[0]["told_at"], ledger_edit(newest), len({row["revision_id"] for row in rows}))

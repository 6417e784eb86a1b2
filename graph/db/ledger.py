# SPDX-License-Identifier: GPL-3.0-or-later
"""One writer at a time, and a number for everything that happens.

Every transaction that may change a number or a rule begins with ``lock``: it updates the one row of ``ledger``, so that
the next writer waits until it has committed. Numbers given out meanwhile are therefore in commit order, which is what
lets a reader ask for "everything after number N" and miss nothing. A transaction of the consumer takes some tens of
milliseconds at most, so nobody waits long.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from enum import IntEnum

from graph.db.pool import Connection
from graph.programs import CollectionKind

LEDGER_CHANNEL = "graph_ledger"
RULES_CHANNEL = "graph_rules"


class Kind(IntEnum):
    """What an activity row tells."""

    COUNTED = 1
    RETRACTED = 2
    HISTORY = 3
    MILESTONE = 4
    REVERTED = 5
    HIDDEN = 6


SHOWN_AGAIN = "SHOWN"
"""The reason of a HIDDEN that takes an earlier one back: no kind of its own, which older readers would not know."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of ``activity`` before it has its number; see graph/db/tables.py for whom it reaches."""

    kind: Kind
    wiki_id: int | None = None
    revision_id: int | None = None
    set_id: int = 0
    except_set: int = 0
    collection_id: int | None = None
    reason: str | None = None
    counted: int = 0
    retracted: int = 0
    target: int | None = None
    actual: int | None = None


# Whoever waits for a row may be overtaken again and again by one who takes it in a row of short transactions; a lock of
# this kind is given in the order it was asked for. Any number will do that nothing else locks.
_LOCK = """
UPDATE ledger SET number = number + 1 FROM (SELECT pg_advisory_xact_lock(7166005)) AS turn RETURNING number
"""


async def lock(conn: Connection) -> int:
    """Become the one writer until this transaction ends; returns the first number given out in it."""
    return int(await conn.fetchval(_LOCK))


async def create_collection(conn: Connection, kind: CollectionKind) -> int:
    """A new, empty collection; returns its number, which is also that of the program (…) it belongs to."""
    return int(
        await conn.fetchval(
            "WITH new AS (SELECT nextval(pg_get_serial_sequence('collection', 'id')) AS id)"
            " INSERT INTO collection (id, kind, generation, version) OVERRIDING SYSTEM VALUE"
            " SELECT id, $1, id, (SELECT number FROM ledger) FROM new RETURNING id",
            kind,
        )
    )


async def announce(conn: Connection) -> None:
    """The last statement of a transaction that changed rules: wakes the consumers' indexes and the relays."""
    await conn.execute("UPDATE ledger SET rules_version = rules_version + 1")
    await conn.execute("SELECT pg_notify($1, ''), pg_notify($2, '')", RULES_CHANNEL, LEDGER_CHANNEL)


async def publish(conn: Connection) -> None:
    """Wake the relays when this transaction commits. A hint only: the relay reads what is new from the tables."""
    await conn.execute("SELECT pg_notify($1, '')", LEDGER_CHANNEL)


_POST = """
WITH step AS (UPDATE ledger SET number = number + $1 RETURNING number - $1 AS base),
written AS (
    INSERT INTO activity (id, kind, wiki_id, revision_id, set_id, except_set, collection_id, reason, counted, retracted,
                          target, actual)
    SELECT step.base + t.ord, t.kind, t.wiki_id, t.revision_id, t.set_id, t.except_set, t.collection_id, t.reason,
           t.counted, t.retracted, t.target, t.actual
    FROM step, unnest($2::smallint[], $3::smallint[], $4::bigint[], $5::int[], $6::int[], $7::bigint[], $8::text[],
                      $9::int[], $10::int[], $11::bigint[], $12::bigint[]) WITH ORDINALITY
         AS t(kind, wiki_id, revision_id, set_id, except_set, collection_id, reason, counted, retracted, target, actual,
              ord)
)
SELECT pg_notify('/*CHANNEL*/', '')
""".replace("/*CHANNEL*/", LEDGER_CHANNEL)


async def post(conn: Connection, entries: Sequence[Entry]) -> None:
    """Append to the activity, in this order, and wake the relays when this transaction commits."""
    if entries:
        columns = [[getattr(entry, field.name) for entry in entries] for field in fields(Entry)]
        await conn.execute(_POST, len(entries), *columns)

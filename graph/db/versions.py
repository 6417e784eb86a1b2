# SPDX-License-Identifier: GPL-3.0-or-later
"""A collection's version tells that its numbers changed, and must tell nothing else.

Edits that begin to count for a private program as well are taken from one set and counted in another. Public
collections that count both come out as they were; if their version moved all the same, it would say that somebody in
them joined something that is not to be known of.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from graph.db.pool import Connection

NUMBERS = """ROW(/*C*/.edits, /*C*/.articles_edited, /*C*/.articles_created, /*C*/.editors, /*C*/.active_editors,
    /*C*/.new_editors, /*C*/.bytes_added, /*C*/.bytes_removed, /*C*/.words_bytes, /*C*/.has_words, /*C*/.uploads,
    /*C*/.reverted)"""

_NOW = """
SELECT c.id, c.version, /*NUMBERS*/::text AS numbers FROM collection c
WHERE c.id IN (SELECT s.collection_id FROM set_coverage s WHERE s.set_id = ANY($1::int[]))
""".replace("/*NUMBERS*/", NUMBERS.replace("/*C*/", "c"))
_RESTORE = """
UPDATE collection c SET version = t.version
FROM unnest($1::bigint[], $2::bigint[], $3::text[]) AS t(id, version, numbers)
WHERE c.id = t.id AND c.version <> t.version AND /*NUMBERS*/::text = t.numbers
""".replace("/*NUMBERS*/", NUMBERS.replace("/*C*/", "c"))


@dataclass(frozen=True, slots=True)
class Versions:
    """The numbers of some collections at one moment, with the versions they had."""

    ids: list[int]
    versions: list[int]
    numbers: list[str]


async def versions(conn: Connection, sets: Iterable[int]) -> Versions:
    """The numbers of all collections that count one of these sets."""
    rows = await conn.fetch(_NOW, sorted(set(sets)))
    return Versions([row["id"] for row in rows], [row["version"] for row in rows], [row["numbers"] for row in rows])


async def restore(conn: Connection, known: Versions) -> None:
    """Give collections whose numbers are what they were the version they had; in the same transaction."""
    await conn.execute(_RESTORE, known.ids, known.versions, known.numbers)

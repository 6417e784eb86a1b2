# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may be told of an entry of the activity: nameless participants' edits are told to nobody in public.

A collection is followed in public, but for the second collections of programs and sessions (``everybody_id``), which
only those follow who may know of every participant.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graph.db.ledger import Kind
from graph.db.pool import Connection

Row = Mapping[str, Any]

_PROGRAMS = """
SELECT id, everybody_id, visibility = 'PUBLIC' AS public FROM program
WHERE id = ANY($1::bigint[]) OR everybody_id = ANY($1)
"""
_NAMELESS = """
SELECT program_id, editor_id FROM enrollment
WHERE role = 'EDITOR' AND NOT show_name AND program_id = ANY($1::bigint[]) AND editor_id = ANY($2::bigint[])
"""
# The programs whose edits each collection counts: its own, its session's, a campaign's public ones.
_SCOPES = """
SELECT k.id AS collection_id, p.id AS program_id, k.whole FROM program p
CROSS JOIN LATERAL (VALUES (p.id, false), (p.everybody_id, true)) AS k(id, whole) WHERE k.id = ANY($1::bigint[])
UNION ALL
SELECT k.id, s.program_id, k.whole FROM session s
CROSS JOIN LATERAL (VALUES (s.id, false), (s.everybody_id, true)) AS k(id, whole) WHERE k.id = ANY($1)
UNION ALL
SELECT l.campaign_id, l.program_id, false FROM campaign_program l JOIN program p ON p.id = l.program_id
WHERE l.campaign_id = ANY($1) AND p.visibility = 'PUBLIC'
"""


@dataclass(frozen=True, slots=True)
class Audience:
    """What decides it for some entries: their programs (public or not), who is nameless where, what is followed."""

    public: Mapping[int, bool]
    by_everybody: Mapping[int, int]
    nameless: frozenset[tuple[int, int]]
    scopes: Mapping[int, frozenset[int]]
    whole: frozenset[int]

    def may_hear(self, row: Row, collection: int) -> bool:
        """Whether followers of the collection may be told; a milestone is always told, if need be without the edit."""
        return row["kind"] in (Kind.HISTORY, Kind.MILESTONE) or not self.is_veiled(row, collection)

    def is_veiled(self, row: Row, collection: int) -> bool:
        """Whether the entry is about somebody who is nameless wherever this public collection counts the edit."""
        if not self.nameless or collection in self.whole:
            return False
        counting = [m for member in row["members"] if (m := abs(member)) in self.scopes.get(collection, ())]
        return bool(counting) and all((program, row["author"]) in self.nameless for program in counting)

    def programs(self, row: Row, collection: int) -> tuple[int, ...]:
        """The programs named with an edit that counts: the public ones that show its author, and the one followed."""
        found = []
        for member in row["members"]:
            program = self.by_everybody.get(member, member)
            followed = program in self.scopes.get(collection, ()) if collection in self.whole else program == collection
            shown = member in self.public and self.public[member] and (member, row["author"]) not in self.nameless
            if program in self.public and (followed or shown):
                found.append(program)
        return tuple(found)


async def told_to(conn: Connection, rows: Sequence[Row], collections: Sequence[int]) -> Audience:
    """What decides who may be told of these entries."""
    members = sorted({abs(member) for row in rows for member in row["members"]})
    programs = await conn.fetch(_PROGRAMS, members)
    authors = sorted({row["author"] for row in rows if row["author"] is not None})
    ids = [row["id"] for row in programs]
    nameless = await conn.fetch(_NAMELESS, ids, authors) if authors else []
    by_everybody = {row["everybody_id"]: row["id"] for row in programs if row["everybody_id"] is not None}
    scopes: dict[int, set[int]] = {}
    whole: set[int] = set()
    if nameless or by_everybody:
        for row in await conn.fetch(_SCOPES, collections):
            scopes.setdefault(row["collection_id"], set()).add(row["program_id"])
            if row["whole"]:
                whole.add(row["collection_id"])
    return Audience(
        public={row["id"]: row["public"] for row in programs},
        by_everybody=by_everybody,
        nameless=frozenset((row["program_id"], row["editor_id"]) for row in nameless),
        scopes={collection: frozenset(found) for collection, found in scopes.items()},
        whole=frozenset(whole),
    )

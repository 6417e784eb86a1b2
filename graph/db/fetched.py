# SPDX-License-Identifier: GPL-3.0-or-later
"""Which contributions were read from the wikis' own lists, and which parts of a program's history are being read.

A part is one wiki, at most ``TOGETHER`` editors, and a time. Parts are written down before they are read, and moved on
in the transaction that ingests what was read: whoever comes after a dead worker goes on where it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from graph.db.pool import Connection
from graph.programs import Editor, Wiki

TOGETHER = 50  # editors of one part: as many as the wikis list at once

# The wikis read for a program: those it tracks, and Commons for the uploads. Only those are read `whole`.
_PLACES = """
SELECT wiki_id, true AS whole FROM program_wiki WHERE program_id = $1
UNION ALL
SELECT id, false FROM wiki WHERE dbname = 'commonswiki'
AND NOT EXISTS (SELECT FROM program_wiki t WHERE t.program_id = $1 AND t.wiki_id = wiki.id)
"""

_MISSING = """
WITH place AS (/*PLACES*/),
member AS (
    SELECT n.editor_id, p.tracking_start AS since, least(p.tracking_end, $2) AS until
    FROM enrollment n JOIN program p ON p.id = n.program_id
    WHERE n.program_id = $1 AND n.role = 'EDITOR' AND p.withdrawn_at IS NULL AND p.tracking_start <= $2
)
SELECT l.wiki_id, l.whole, lower(gap) AS since, upper(gap) AS until, array_agg(m.editor_id ORDER BY m.editor_id)
FROM member m CROSS JOIN place l
CROSS JOIN LATERAL (
    SELECT coalesce(range_agg(tstzrange(f.from_at, f.to_at, '[]')), '{}') AS times FROM fetched f
    WHERE f.editor_id = m.editor_id AND f.wiki_id = l.wiki_id AND (f.whole OR NOT l.whole)
) known
CROSS JOIN LATERAL unnest(tstzmultirange(tstzrange(m.since, m.until, '[]')) - known.times) AS gap
GROUP BY 1, 2, 3, 4 ORDER BY 1, 3, 4
""".replace("/*PLACES*/", _PLACES)

_MEMBERS = """
WITH place AS (/*PLACES*/)
SELECT l.wiki_id, l.whole, array_agg(n.editor_id ORDER BY n.editor_id)
FROM enrollment n CROSS JOIN place l
WHERE n.program_id = $1 AND n.role = 'EDITOR' GROUP BY 1, 2 ORDER BY 1
""".replace("/*PLACES*/", _PLACES)


@dataclass(frozen=True, slots=True)
class Part:
    """Contributions to read: whose, where, and from when to when (both included).

    ``resume`` and ``done`` are as far as it was read. A part that is not written down has the number 0.
    """

    id: int
    program_id: int
    wiki_id: int
    wiki: Wiki
    whole: bool
    editors: tuple[Editor, ...]
    since: datetime
    until: datetime
    resume: str | None = None
    done: int = 0

    @property
    def editor_ids(self) -> list[int]:
        """The numbers of its editors."""
        return [editor.id for editor in self.editors]


async def plan(conn: Connection, program_id: int, until: datetime) -> int:
    """Write down what of the program's history was never read; returns how many editors its parts have in all."""
    total = 0
    for wiki_id, whole, since, end, editors in await conn.fetch(_MISSING, program_id, until):
        for some in _together(editors):
            total += len(some)
            await conn.execute(
                "INSERT INTO fetching (program_id, wiki_id, whole, editors, from_at, to_at)"
                " VALUES ($1, $2, $3, $4, $5, $6)",
                program_id,
                wiki_id,
                whole,
                some,
                since,
                end,
            )
    return total


_PARTS = """
SELECT id, program_id, wiki_id, whole, editors, from_at, to_at, resume, done FROM fetching
WHERE program_id = $1 ORDER BY id
"""


async def parts(conn: Connection, program_id: int) -> list[Part]:
    """The parts of the program's history that are to be read to their ends."""
    rows = await conn.fetch(_PARTS, program_id)
    return await _read(conn, [tuple(row) for row in rows])


async def members(conn: Connection, program_id: int, since: datetime, until: datetime) -> list[Part]:
    """All of a time in the program's history, as parts that are not written down."""
    rows = await conn.fetch(_MEMBERS, program_id)
    return await _read(
        conn,
        [
            (0, program_id, wiki_id, whole, some, since, until, None, 0)
            for wiki_id, whole, editors in rows
            for some in _together(editors)
        ],
    )


async def advance(conn: Connection, part: Part, resume: str, done: int) -> None:
    """What lies before ``resume`` was ingested, in this transaction."""
    await conn.execute("UPDATE fetching SET resume = $2, done = $3 WHERE id = $1", part.id, resume, done)


async def complete(conn: Connection, part: Part, settled: datetime) -> None:
    """The part was read to its end, in this transaction; what is younger than ``settled`` is to be read again."""
    await conn.execute("DELETE FROM fetching WHERE id = $1", part.id)
    await mark(conn, part, part.since, min(part.until, settled))


# An editor or wiki that left meanwhile is not marked: what was read of them was not kept.
_MARK = """
WITH here AS (
    SELECT DISTINCT n.editor_id FROM enrollment n JOIN program p ON p.id = n.program_id
    LEFT JOIN program_wiki w ON w.program_id = p.id AND w.wiki_id = $2
    WHERE n.role = 'EDITOR' AND n.program_id = $6 AND n.editor_id = ANY($1::bigint[])
      AND (w.wiki_id IS NOT NULL OR NOT $3)
),
joined AS (
    DELETE FROM fetched f USING here
    WHERE f.editor_id = here.editor_id AND f.wiki_id = $2 AND f.whole = $3 AND f.from_at <= $5 AND f.to_at >= $4
    RETURNING f.editor_id, f.from_at, f.to_at
)
INSERT INTO fetched (editor_id, wiki_id, whole, from_at, to_at)
SELECT here.editor_id, $2, $3, least(min(j.from_at), $4), greatest(max(j.to_at), $5)
FROM here LEFT JOIN joined j ON j.editor_id = here.editor_id GROUP BY here.editor_id
"""


async def mark(conn: Connection, part: Part, since: datetime, until: datetime) -> None:
    """Remember that all contributions of this time were read, and join it with what touches it."""
    if since <= until:
        await conn.execute(_MARK, part.editor_ids, part.wiki_id, part.whole, since, until, part.program_id)


async def is_read(conn: Connection, program_id: int) -> bool:
    """Whether the wikis are read for the program: it is there, and not withdrawn."""
    return bool(
        await conn.fetchval("SELECT EXISTS (SELECT FROM program WHERE id = $1 AND withdrawn_at IS NULL)", program_id)
    )


async def goes_on(conn: Connection, program_id: int, since: datetime) -> bool:
    """Whether the program's time reaches beyond this moment."""
    return bool(
        await conn.fetchval(
            "SELECT EXISTS (SELECT FROM program WHERE id = $1 AND tracking_end > $2)", program_id, since
        )
    )


# What `graph.streams.history` wants to know of stored revisions, in the order of its fields.
_STORED = """
SELECT e.revision_id, p.page_id, e.at, p.deleted, e.hidden, e.editor_hidden, e.reverted
FROM edit e JOIN page p ON p.id = e.page_key
WHERE e.wiki_id = $1 AND e.editor_id = ANY($2::bigint[]) AND e.at BETWEEN $3 AND $4
"""


async def stored(conn: Connection, part: Part) -> list[Sequence[Any]]:
    """The stored edits of a part: revision, page, time, deleted, hidden, editor hidden, reverted."""
    return [tuple(row) for row in await conn.fetch(_STORED, part.wiki_id, part.editor_ids, part.since, part.until)]


async def reverted(conn: Connection, part: Part) -> frozenset[int]:
    """The revisions of a part that are known to be reverted."""
    rows = await conn.fetch(_STORED + " AND e.reverted", part.wiki_id, part.editor_ids, part.since, part.until)
    return frozenset(row[0] for row in rows)


async def rename(conn: Connection, names: Mapping[int, str]) -> None:
    """Call these editors what the wikis call them now."""
    await conn.executemany("UPDATE editor SET username = $2 WHERE id = $1 AND username <> $2", list(names.items()))


def _together(editors: Sequence[int]) -> Iterable[list[int]]:
    return (list(editors[start : start + TOGETHER]) for start in range(0, len(editors), TOGETHER))


async def _read(conn: Connection, rows: Sequence[tuple[Any, ...]]) -> list[Part]:
    wikis = {
        row["id"]: Wiki(row["dbname"], row["domain"], row["project"], row["language"])
        for row in await conn.fetch("SELECT * FROM wiki WHERE id = ANY($1::int[])", list({row[2] for row in rows}))
    }
    people = {
        row["id"]: Editor(row["id"], row["username"], row["central_id"], row["registered_at"])
        for row in await conn.fetch(
            "SELECT id, username, central_id, registered_at FROM editor WHERE id = ANY($1::bigint[])",
            list({number for row in rows for number in row[4]}),
        )
    }
    return [
        Part(row[0], row[1], row[2], wikis[row[2]], row[3], tuple(people[n] for n in row[4] if n in people), *row[5:])
        for row in rows
    ]

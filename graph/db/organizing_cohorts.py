# SPDX-License-Identifier: GPL-3.0-or-later
"""Writing down who takes part and what a program wants to reach.

Called inside a transaction that holds the ledger's lock; what is enrolled here is counted here.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from graph.db import cohorts, organizing
from graph.db.goals import reach
from graph.db.pool import Connection, Pool
from graph.db.queue import JobKind, enqueue
from graph.programs import Editor, GoalMetric, Role
from graph.wikis import KnownUser

_ENROLL = """
INSERT INTO enrollment (program_id, editor_id, role, show_name)
SELECT $1, editor_id, 'EDITOR', $3 FROM unnest($2::bigint[]) AS editor_id ORDER BY 2
ON CONFLICT DO NOTHING RETURNING editor_id
"""
_TAKE_PART = """
INSERT INTO session_editor (session_id, editor_id)
SELECT $1, editor_id FROM unnest($2::bigint[]) AS editor_id ORDER BY 2
ON CONFLICT DO NOTHING RETURNING editor_id
"""
_THERE = """
SELECT u.central_id FROM enrollment n JOIN editor u ON u.id = n.editor_id
WHERE n.program_id = $1 AND n.role = 'EDITOR' AND u.central_id = ANY($3::bigint[]) AND ($2::bigint IS NULL
    OR EXISTS (SELECT FROM session_editor x WHERE x.session_id = $2 AND x.editor_id = n.editor_id))
"""
# Whoever others enrol is asked afterwards; whoever joins by themselves has said so already.
_TO_BE_ASKED = """
INSERT INTO addition (program_id, editor_id, added_by)
SELECT $1, editor_id, $3 FROM unnest($2::bigint[]) AS editor_id WHERE editor_id <> $3 ORDER BY 2
ON CONFLICT DO NOTHING
"""
_ADD_PENDING = """
INSERT INTO pending_enrollment (program_id, username, session_id, show_name, added_by)
SELECT $1, username, $3, $4, $5 FROM unnest($2::text[]) AS username
ON CONFLICT (program_id, username) DO UPDATE
SET session_id = excluded.session_id, show_name = excluded.show_name, added_by = excluded.added_by, unknown_at = NULL
"""
# The oldest first, with the program's home wiki, on which they are looked up.
_PENDING = """
SELECT n.program_id, n.username, n.session_id, n.show_name, n.added_by, p.tracking_start <= $4 AS late,
       w.domain, w.dbname
FROM pending_enrollment n JOIN program p ON p.id = n.program_id JOIN wiki w ON w.id = p.home_wiki_id
WHERE n.unknown_at IS NULL AND (n.program_id, n.username) NOT IN (SELECT * FROM unnest($2::bigint[], $3::text[]))
ORDER BY n.added_at, n.program_id, n.username LIMIT $1
"""
# A goal that stays, or gets nearer, stays reached; one that moves away must be reached again.
_KEEP_GOALS = """
INSERT INTO goal AS g (program_id, metric, target)
SELECT $1, metric, target FROM unnest($2::text[], $3::bigint[]) AS t(metric, target)
ON CONFLICT (program_id, metric) DO UPDATE
SET target = excluded.target, reached_at = CASE WHEN excluded.target <= g.target THEN g.reached_at END
"""


@dataclass(frozen=True, slots=True)
class Terms:
    """How people are enrolled: shown by name or not, in a session or not, by somebody (``added_by``) or themselves.

    ``late``: the program has begun, so that there may be edits of theirs which were never read from the wikis.
    """

    show_name: bool
    session_id: int | None = None
    added_by: int | None = None
    late: bool = False


@dataclass(frozen=True, slots=True)
class Pending:
    """A pasted name the wikis have still to be asked about."""

    program_id: int
    username: str
    terms: Terms
    domain: str
    dbname: str


@dataclass(frozen=True, slots=True)
class PendingName:
    """A pasted name that is nobody's here yet; ``unknown``: the wikis said that no account has it."""

    username: str
    added_at: datetime
    unknown: bool


@dataclass(frozen=True, slots=True)
class Enrolled:
    """What became of people who were to be enrolled: new in the program or its session, or there already."""

    added: tuple[Editor, ...]
    known: tuple[Editor, ...]


async def enroll(conn: Connection, program_id: int, editors: Sequence[Editor], terms: Terms) -> Enrolled:
    """Enrol people as editors, and in a session where one is named, and count their stored edits.

    Whoever is enrolled already keeps ``show_name``, and counts as added where the session is new to them.
    """
    numbers = [editor.id for editor in editors]
    new = {int(row[0]) for row in await conn.fetch(_ENROLL, program_id, numbers, terms.show_name)}
    if terms.added_by is not None:
        await conn.execute(_TO_BE_ASKED, program_id, sorted(new), terms.added_by)
    if new:
        await conn.execute(
            "DELETE FROM erasure WHERE program_id = $1 AND editor_id = ANY($2::bigint[])", program_id, sorted(new)
        )
        await cohorts.enroll(conn, program_id, sorted(new))
        if terms.late:
            await enqueue(conn, JobKind.BACKFILL, program_id)
    if terms.session_id is not None:
        joined = {int(row[0]) for row in await conn.fetch(_TAKE_PART, terms.session_id, numbers)}
        if joined:
            # The first participants of its own take everybody else out of the session.
            await cohorts.reassess_program(conn, program_id)
        new |= joined
    return Enrolled(
        added=tuple(editor for editor in editors if editor.id in new),
        known=tuple(editor for editor in editors if editor.id not in new),
    )


async def enroll_accounts(conn: Connection, program_id: int, users: Collection[KnownUser], terms: Terms) -> Enrolled:
    """The same for accounts of the wikis, who may be new here."""
    editors = await organizing.write_editors(conn, users)
    order = dict.fromkeys(user.central_id for user in users)
    chosen = [editors[central_id] for central_id in order]
    return await enroll(conn, program_id, chosen, terms)


async def enrolled_accounts(
    conn: Connection, program_id: int, session_id: int | None, central_ids: Collection[int]
) -> set[int]:
    """Which of these accounts take part already, in the program or, where one is named, in its session."""
    return {row[0] for row in await conn.fetch(_THERE, program_id, session_id, list(central_ids))}


async def shows_name(conn: Connection, program_id: int, editor_id: int) -> bool | None:
    """Whether an editor is shown by name in the program; None where they are not enrolled."""
    found: bool | None = await conn.fetchval(
        "SELECT show_name FROM enrollment WHERE program_id = $1 AND editor_id = $2 AND role = $3",
        program_id,
        editor_id,
        Role.EDITOR,
    )
    return found


async def add_pending(conn: Connection, program_id: int, usernames: Sequence[str], terms: Terms) -> None:
    """Keep names for the worker to finish; one that is kept already has its newest wishes kept."""
    await conn.execute(_ADD_PENDING, program_id, usernames, terms.session_id, terms.show_name, terms.added_by)


async def pending(
    conn: Connection, most: int, now: datetime, *, but: Collection[tuple[int, str]] = ()
) -> list[Pending]:
    """The oldest pending names, except those of ``but`` (program, username) and those that nobody has."""
    left_out = sorted(but)
    rows = await conn.fetch(_PENDING, most, [key[0] for key in left_out], [key[1] for key in left_out], now)
    return [
        Pending(
            row["program_id"],
            row["username"],
            Terms(row["show_name"], row["session_id"], row["added_by"], row["late"]),
            row["domain"],
            row["dbname"],
        )
        for row in rows
    ]


async def pending_names(pool: Pool, program_ids: Sequence[int]) -> dict[int, list[PendingName]]:
    """The pending names of each program, the oldest first; those that nobody has are among them for a while."""
    found: dict[int, list[PendingName]] = {number: [] for number in program_ids}
    rows = await pool.fetch(
        "SELECT program_id, username, added_at, unknown_at IS NOT NULL AS unknown FROM pending_enrollment"
        ' WHERE program_id = ANY($1::bigint[]) ORDER BY added_at, username COLLATE "C"',
        program_ids,
    )
    for row in rows:
        found[row["program_id"]].append(PendingName(row["username"], row["added_at"], row["unknown"]))
    return found


async def forget_pending(conn: Connection, program_id: int, usernames: Sequence[str]) -> list[str]:
    """Let pending names go; those that were still kept."""
    rows = await conn.fetch(
        "DELETE FROM pending_enrollment WHERE program_id = $1 AND username = ANY($2::text[]) RETURNING username",
        program_id,
        usernames,
    )
    return [row["username"] for row in rows]


async def mark_unknown(conn: Connection, program_id: int, usernames: Sequence[str], now: datetime) -> None:
    """Remember that nobody has these names: they are asked about no more, and shown until forgotten."""
    await conn.execute(
        "UPDATE pending_enrollment SET unknown_at = $3 WHERE program_id = $1 AND username = ANY($2::text[])",
        program_id,
        usernames,
        now,
    )


async def forget_unknown(conn: Connection, before: datetime) -> None:
    """Let go of names that were found to be nobody's before this instant."""
    await conn.execute("DELETE FROM pending_enrollment WHERE unknown_at < $1", before)


async def replace_goals(conn: Connection, program_id: int, targets: Mapping[GoalMetric, int]) -> None:
    """Set these goals and no others; those that are reached by now are marked and announced."""
    await conn.execute(
        "DELETE FROM goal WHERE program_id = $1 AND metric <> ALL($2::text[])", program_id, list(targets)
    )
    await conn.execute(_KEEP_GOALS, program_id, list(targets), list(targets.values()))
    await reach(conn, [program_id])


async def targets(conn: Connection, program_id: int) -> dict[GoalMetric, int]:
    """The goals of a program: what each metric is to reach."""
    rows = await conn.fetch("SELECT metric, target FROM goal WHERE program_id = $1 ORDER BY metric", program_id)
    return {GoalMetric(row["metric"]): int(row["target"]) for row in rows}

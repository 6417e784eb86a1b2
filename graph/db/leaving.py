# SPDX-License-Identifier: GPL-3.0-or-later
"""Leaving a program, being shown by name in it no more, and leaving it without a trace.

Called inside a transaction that holds the ledger's lock.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from graph.db import assignments, cohorts
from graph.db.ledger import Entry, Kind, post
from graph.db.organizing_cohorts import shows_name
from graph.db.pool import Connection
from graph.db.sets import intern, sets_of_programs
from graph.programs import Role

# What others see of somebody's edits when they follow a program from an earlier place: see ``_narrow``.
_TOLD = """
SELECT a.id, a.kind, a.set_id, a.except_set, s.members, x.members AS except_members
FROM activity a JOIN edit e ON e.wiki_id = a.wiki_id AND e.revision_id = a.revision_id
JOIN edit_set s ON s.id = a.set_id JOIN edit_set x ON x.id = a.except_set
WHERE e.editor_id = $1 AND s.members && $2::bigint[]
"""
_SESSIONS = "SELECT id FROM session WHERE program_id = $1"
_EVERYBODY = (
    "SELECT everybody_id FROM program WHERE id = $1 UNION SELECT everybody_id FROM session WHERE program_id = $1"
)
_NARROW = """
UPDATE activity a SET set_id = t.set_id, except_set = t.except_set
FROM unnest($1::bigint[], $2::int[], $3::int[]) AS t(id, set_id, except_set) WHERE a.id = t.id
"""
# No rule leads from these edits to any program any more: whoever is enrolled again has them read from the wikis again.
_LET_GO = """
DELETE FROM edit e WHERE e.editor_id = $1 AND e.set_id = 0 AND NOT EXISTS (
    SELECT FROM enrollment n JOIN program p ON p.id = n.program_id
    WHERE n.editor_id = e.editor_id AND n.role = 'EDITOR' AND e.at BETWEEN p.tracking_start AND p.tracking_end)
RETURNING e.page_key
"""
_FORGET_PAGES = """
DELETE FROM page g WHERE g.id = ANY($1::bigint[]) AND NOT EXISTS (SELECT FROM edit e WHERE e.page_key = g.id)
    AND NOT EXISTS (SELECT FROM exclusion x WHERE x.page_key = g.id)
RETURNING g.id
"""
_NAMES = (
    "DELETE FROM addition WHERE program_id = $1 AND editor_id = $2",
    "UPDATE addition SET added_by = NULL WHERE program_id = $1 AND added_by = $2",
    "UPDATE pending_enrollment SET added_by = NULL WHERE program_id = $1 AND added_by = $2",
    "DELETE FROM pending_enrollment WHERE program_id = $1"
    " AND username = (SELECT u.username FROM editor u WHERE u.id = $2)",
    "UPDATE exclusion SET editor_id = NULL WHERE program_id = $1 AND editor_id = $2",
    "DELETE FROM session_coordinator c USING session s"
    " WHERE s.id = c.session_id AND s.program_id = $1 AND c.editor_id = $2",
)
_EMPTY_TALLIES = (
    "DELETE FROM editor_tally t USING collection c WHERE t.generation = c.generation AND c.id = ANY($1::bigint[])"
    " AND t.editor_id = $2 AND t.enrolled = 0 AND t.edits = 0 AND t.uploads = 0",
    "DELETE FROM wiki_editor_tally t WHERE t.set_id IN (SELECT s.set_id FROM set_coverage s"
    " WHERE s.collection_id = ANY($1::bigint[])) AND t.editor_id = $2 AND t.edits = 0",
    "DELETE FROM editor_day_tally t WHERE t.set_id IN (SELECT s.set_id FROM set_coverage s"
    " WHERE s.collection_id = ANY($1::bigint[])) AND t.editor_id = $2 AND t.edits = 0",
)


async def roles(conn: Connection, program_id: int, editor_id: int) -> set[Role]:
    """What somebody is in a program."""
    rows = await conn.fetch(
        "SELECT role FROM enrollment WHERE program_id = $1 AND editor_id = $2", program_id, editor_id
    )
    return {Role(row["role"]) for row in rows}


async def is_last_facilitator(conn: Connection, program_id: int, editor_id: int) -> bool:
    """Whether this person facilitates the program, and nobody else does."""
    rows = await conn.fetch(
        "SELECT editor_id FROM enrollment WHERE program_id = $1 AND role = $2", program_id, Role.FACILITATOR
    )
    return [row["editor_id"] for row in rows] == [editor_id]


async def expel(conn: Connection, program_id: int, editor_id: int) -> bool:
    """Remove an editor, with what is assigned to them and their edits in the numbers; False where not enrolled.

    Followers are told which edits are gone; of a nameless participant's they never knew.
    """
    shown = await shows_name(conn, program_id, editor_id)
    if shown is None:
        return False
    before = await _edits(conn, await cohorts.above(conn, [program_id]))
    await conn.execute(
        "DELETE FROM enrollment WHERE program_id = $1 AND editor_id = $2 AND role = $3",
        program_id,
        editor_id,
        Role.EDITOR,
    )
    await conn.execute("DELETE FROM addition WHERE program_id = $1 AND editor_id = $2", program_id, editor_id)
    await assignments.end_all(conn, program_id, editor_id)
    sessions = await conn.fetch(
        "DELETE FROM session_editor x USING session s"
        " WHERE s.id = x.session_id AND s.program_id = $1 AND x.editor_id = $2 RETURNING 1",
        program_id,
        editor_id,
    )
    await cohorts.withdraw(conn, program_id, [editor_id])
    if not shown:
        await _hush(conn, before, await _public(conn, program_id), editor_id)
    if sessions:
        # Without its last participant a session is everybody's again.
        await cohorts.reassess_program(conn, program_id)
    return True


async def leave(conn: Connection, program_id: int, editor_id: int) -> bool:
    """Take somebody out of a program as an editor and a volunteer; False where they were neither."""
    edited = await expel(conn, program_id, editor_id)
    return await _take_roles(conn, program_id, editor_id, but=Role.FACILITATOR) or edited


async def leave_without_trace(conn: Connection, program_id: int, editor_id: int) -> bool:
    """Take somebody out of a program altogether, and their name from everything stored about it.

    Edits of theirs that no other program can count are let go; as long as some still wait to be taken out of the
    numbers, ``finish`` does that later. False where they had no part in the program.
    """
    before = await _edits(conn, await cohorts.above(conn, [program_id]))
    edited = await expel(conn, program_id, editor_id)
    helped = await _take_roles(conn, program_id, editor_id)
    if not edited and not helped:
        return False
    await _hush(conn, before, await _all(conn, program_id), editor_id)
    for statement in _NAMES:
        await conn.execute(statement, program_id, editor_id)
    await assignments.forget_userspace(conn, program_id, editor_id)
    await conn.execute(
        "INSERT INTO erasure (program_id, editor_id) VALUES ($1, $2) ON CONFLICT DO NOTHING", program_id, editor_id
    )
    await finish(conn, program_id, editor_id)
    return True


async def unfinished(conn: Connection) -> list[tuple[int, int]]:
    """The programs and people whose erasing has still to be finished, the oldest first."""
    rows = await conn.fetch("SELECT program_id, editor_id FROM erasure ORDER BY asked_at, program_id, editor_id")
    return [(row["program_id"], row["editor_id"]) for row in rows]


async def finish(conn: Connection, program_id: int, editor_id: int) -> bool:
    """Let go of somebody's edits, once none of them is in the program's numbers any more; whether that was so."""
    counted = await conn.fetchval(
        "SELECT EXISTS (SELECT FROM edit WHERE editor_id = $1 AND set_id = ANY($2::int[]))",
        editor_id,
        await sets_of_programs(conn, [program_id]),
    )
    if counted:
        return False
    # What is not stored any more has to be read again where it is wanted again.
    await conn.execute("DELETE FROM fetched WHERE editor_id = $1", editor_id)
    pages = {row["page_key"] for row in await conn.fetch(_LET_GO, editor_id)}
    forgotten = [row["id"] for row in await conn.fetch(_FORGET_PAGES, sorted(pages))]
    collections = await cohorts.above(conn, [program_id])
    await conn.execute("DELETE FROM article_tally WHERE page_key = ANY($1::bigint[]) AND edits = 0", forgotten)
    await conn.execute(
        "DELETE FROM article_editor_tally WHERE page_key = ANY($1::bigint[]) AND editor_id = $2 AND edits = 0",
        sorted(pages),
        editor_id,
    )
    for statement in _EMPTY_TALLIES:
        await conn.execute(statement, collections, editor_id)
    await conn.execute("DELETE FROM erasure WHERE program_id = $1 AND editor_id = $2", program_id, editor_id)
    return True


async def show_name(conn: Connection, program_id: int, editor_id: int, *, show: bool) -> None:
    """Show an editor by name in a program, or take the name off everything, and their edits out of what is public."""
    await conn.execute(
        "UPDATE enrollment SET show_name = $3 WHERE program_id = $1 AND editor_id = $2 AND role = $4",
        program_id,
        editor_id,
        show,
        Role.EDITOR,
    )
    # Told as a change of history, like an enrolment: what tells of single edits would tell which are theirs.
    await cohorts.enroll(conn, program_id, [editor_id])
    if await conn.fetchval("SELECT tracking_end < now() FROM program WHERE id = $1", program_id):
        # One more or fewer may decide whether nameless participants are counted at all.
        await cohorts.reassess_program(conn, program_id)


async def _hush(conn: Connection, before: dict[int, int], told: Collection[int], editor_id: int) -> None:
    """Tell followers that so many edits are gone, and not which: those of ``told`` never heard of somebody's edits."""
    await _narrow(conn, told, editor_id)
    after = await _edits(conn, list(before))
    gone = {collection: edits - after[collection] for collection, edits in before.items()}
    await post(
        conn,
        [Entry(Kind.HISTORY, collection_id=number, retracted=edits) for number, edits in gone.items() if edits > 0],
    )


async def _narrow(conn: Connection, told: Collection[int], editor_id: int) -> None:
    """Take these programs and sessions out of whom the news of somebody's edits are for."""

    def others(members: Sequence[int]) -> tuple[int, ...]:
        return tuple(member for member in members if abs(member) not in told)

    rows = await conn.fetch(_TOLD, editor_id, [sign * number for number in told for sign in (1, -1)])
    reached = [row["id"] for row in rows if row["kind"] == Kind.MILESTONE]
    await conn.execute("UPDATE activity SET wiki_id = NULL, revision_id = NULL WHERE id = ANY($1::bigint[])", reached)
    news = [row for row in rows if row["kind"] != Kind.MILESTONE]
    narrowed = {row["id"]: (others(row["members"]), others(row["except_members"])) for row in news}
    numbers = await intern(conn, {members for pair in narrowed.values() for members in pair})
    kept = {key: (numbers[new], numbers[but]) for key, (new, but) in narrowed.items() if new and new != but}
    await conn.execute("DELETE FROM activity WHERE id = ANY($1::bigint[])", sorted(narrowed.keys() - kept.keys()))
    await conn.execute(_NARROW, list(kept), [new for new, _ in kept.values()], [but for _, but in kept.values()])


async def _public(conn: Connection, program_id: int) -> list[int]:
    """The program and its sessions, by their numbers."""
    return [row[0] for row in await conn.fetch("SELECT $1::bigint UNION " + _SESSIONS, program_id)]


async def _all(conn: Connection, program_id: int) -> list[int]:
    """The same with their second collections, which those who may know of nameless participants follow."""
    rows = await conn.fetch("SELECT $1::bigint UNION " + _SESSIONS + " UNION " + _EVERYBODY, program_id)
    return [row[0] for row in rows if row[0] is not None]


async def _take_roles(conn: Connection, program_id: int, editor_id: int, *, but: Role | None = None) -> bool:
    gone = await conn.fetch(
        "DELETE FROM enrollment WHERE program_id = $1 AND editor_id = $2 AND role IS DISTINCT FROM $3 RETURNING 1",
        program_id,
        editor_id,
        but,
    )
    return bool(gone)


async def _edits(conn: Connection, collections: Sequence[int]) -> dict[int, int]:
    rows = await conn.fetch("SELECT id, edits FROM collection WHERE id = ANY($1::bigint[])", collections)
    return {row["id"]: row["edits"] for row in rows}

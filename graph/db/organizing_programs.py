# SPDX-License-Identifier: GPL-3.0-or-later
"""Writing down programs and their sessions; called inside a transaction that holds the ledger's lock."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from graph.db import catalogue, organizing
from graph.db.pool import Connection
from graph.programs import (
    Program,
    Role,
    Session,
    TrackedWiki,
    Visibility,
)

_PROGRAM = """
SELECT p.*, c.created_at, w.dbname, w.domain, w.project, w.language
FROM program p JOIN collection c USING (id) JOIN wiki w ON w.id = p.home_wiki_id
WHERE $1::bigint = p.id OR $2::text = p.invitation
"""
_INSERT = """
INSERT INTO program (id, slug, title, institution, term, description, type, visibility, tracking_start, tracking_end,
                     event_start, event_end, home_wiki_id, passcode_policy, passcode, registration_open, invitation,
                     show_names_by_default)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
"""
_UPDATE = """
UPDATE program SET title = $2, description = $3, type = $4, visibility = $5, tracking_start = $6, tracking_end = $7,
                   event_start = $8, event_end = $9, home_wiki_id = $10, passcode_policy = $11, passcode = $12,
                   registration_open = $13, invitation = $14, show_names_by_default = $15
WHERE id = $1
"""
_WIKIS = """
SELECT w.dbname, w.domain, w.project, w.language, pw.namespaces
FROM program_wiki pw JOIN wiki w ON w.id = pw.wiki_id WHERE pw.program_id = $1 ORDER BY w.dbname
"""


async def program(conn: Connection, program_id: int) -> Program | None:
    """One program by number."""
    row = await conn.fetchrow(_PROGRAM, program_id, None)
    return None if row is None else catalogue.program(row)


async def invited_to(conn: Connection, invitation: str) -> Program | None:
    """The program an invitation's code belongs to."""
    row = await conn.fetchrow(_PROGRAM, None, invitation)
    return None if row is None else catalogue.program(row)


async def program_called(conn: Connection, slug: str) -> int | None:
    """The number of the program that has this slug."""
    found = await conn.fetchval("SELECT id FROM program WHERE slug = $1", slug)
    return None if found is None else int(found)


async def slug_retired(conn: Connection, slug: str) -> bool:
    """Whether a program that was deleted had this slug."""
    return bool(await conn.fetchval("SELECT EXISTS (SELECT 1 FROM retired_slug WHERE slug = $1)", slug))


async def insert_program(conn: Connection, new: Program, tracked: Sequence[TrackedWiki]) -> None:
    """Write a new program down under the number of its collection; ``created_at`` is the collection's own."""
    wikis = await organizing.wiki_ids(conn, {new.home_wiki, *(each.wiki for each in tracked)})
    await conn.execute(
        _INSERT,
        new.id,
        new.slug,
        new.title,
        new.institution,
        new.term,
        new.description,
        new.type,
        new.visibility,
        new.tracking_start,
        new.tracking_end,
        new.event_start,
        new.event_end,
        wikis[new.home_wiki.dbname],
        new.passcode_policy,
        new.passcode,
        new.registration_open,
        new.invitation,
        new.show_names_by_default,
    )
    await _write_wikis(conn, new.id, tracked, wikis)


async def update_program(conn: Connection, changed: Program) -> None:
    """Write everything of a program anew that may ever change."""
    wikis = await organizing.wiki_ids(conn, {changed.home_wiki})
    await conn.execute(
        _UPDATE,
        changed.id,
        changed.title,
        changed.description,
        changed.type,
        changed.visibility,
        changed.tracking_start,
        changed.tracking_end,
        changed.event_start,
        changed.event_end,
        wikis[changed.home_wiki.dbname],
        changed.passcode_policy,
        changed.passcode,
        changed.registration_open,
        changed.invitation,
        changed.show_names_by_default,
    )


async def renew_invitation(conn: Connection, program_id: int, code: str) -> None:
    """Give the program's invitation another code."""
    await conn.execute("UPDATE program SET invitation = $2 WHERE id = $1", program_id, code)


async def withdraw(conn: Connection, program_id: int) -> None:
    """Make a program private for as long as it is withdrawn; one that is withdrawn stays as it is."""
    await conn.execute(
        "UPDATE program SET withdrawn_at = now(), restored_visibility = visibility, visibility = 'PRIVATE'"
        " WHERE id = $1 AND withdrawn_at IS NULL",
        program_id,
    )


async def restore(conn: Connection, program_id: int) -> None:
    """Give a withdrawn program the visibility back that it had."""
    await conn.execute(
        "UPDATE program SET visibility = restored_visibility, restored_visibility = NULL, withdrawn_at = NULL"
        " WHERE id = $1 AND withdrawn_at IS NOT NULL",
        program_id,
    )


async def visibility_before(conn: Connection, program_id: int) -> Visibility:
    """The program's visibility or, while it is withdrawn, the one it had."""
    found = await conn.fetchval(
        "SELECT coalesce(restored_visibility, visibility) FROM program WHERE id = $1", program_id
    )
    return Visibility(found)


async def has_participants(conn: Connection, program_id: int) -> bool:
    """Whether anybody is enrolled as an editor."""
    return bool(
        await conn.fetchval(
            "SELECT EXISTS (SELECT 1 FROM enrollment WHERE program_id = $1 AND role = $2)", program_id, Role.EDITOR
        )
    )


async def tracked_wikis(conn: Connection, program_id: int) -> tuple[TrackedWiki, ...]:
    """The wikis a program tracks, by database name."""
    rows = await conn.fetch(_WIKIS, program_id)
    return tuple(TrackedWiki(catalogue.wiki(row), tuple(row["namespaces"])) for row in rows)


async def replace_wikis(conn: Connection, program_id: int, tracked: Sequence[TrackedWiki]) -> None:
    """Track these wikis and no others."""
    await conn.execute("DELETE FROM program_wiki WHERE program_id = $1", program_id)
    await _write_wikis(conn, program_id, tracked, await organizing.wiki_ids(conn, {each.wiki for each in tracked}))


async def _write_wikis(
    conn: Connection, program_id: int, tracked: Sequence[TrackedWiki], wikis: Mapping[str, int]
) -> None:
    await conn.executemany(
        "INSERT INTO program_wiki (program_id, wiki_id, namespaces) VALUES ($1, $2, $3)",
        [(program_id, wikis[each.wiki.dbname], list(each.namespaces)) for each in tracked],
    )


async def give_role(conn: Connection, program_id: int, editor_ids: Collection[int], role: Role) -> None:
    """Enrol people who do not edit (a facilitator, a volunteer); whoever has the role keeps it."""
    await conn.executemany(
        "INSERT INTO enrollment (program_id, editor_id, role) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        [(program_id, editor_id, role) for editor_id in sorted(editor_ids)],
    )


async def take_role(conn: Connection, program_id: int, editor_id: int, role: Role) -> bool:
    """Take a role away; whether they had it."""
    gone = await conn.fetchval(
        "DELETE FROM enrollment WHERE program_id = $1 AND editor_id = $2 AND role = $3 RETURNING 1",
        program_id,
        editor_id,
        role,
    )
    return gone is not None


async def holders(conn: Connection, program_id: int, role: Role) -> set[int]:
    """Who has this role in the program."""
    rows = await conn.fetch("SELECT editor_id FROM enrollment WHERE program_id = $1 AND role = $2", program_id, role)
    return {int(row["editor_id"]) for row in rows}


async def session(conn: Connection, session_id: int) -> Session | None:
    """One session by number."""
    row = await conn.fetchrow("SELECT * FROM session WHERE id = $1", session_id)
    return None if row is None else catalogue.session(row)


async def sessions(conn: Connection, program_id: int) -> list[Session]:
    """A program's sessions, the earliest first."""
    rows = await conn.fetch("SELECT * FROM session WHERE program_id = $1 ORDER BY starts_at, id", program_id)
    return [catalogue.session(row) for row in rows]


async def session_slugs(conn: Connection, program_id: int) -> set[str]:
    """The slugs that a program's sessions have."""
    return {row["slug"] for row in await conn.fetch("SELECT slug FROM session WHERE program_id = $1", program_id)}


async def insert_session(conn: Connection, new: Session, coordinators: Collection[int]) -> None:
    """Write a new session down under the number of its collection."""
    await conn.execute(
        "INSERT INTO session (id, program_id, slug, title, venue, starts_at, ends_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7)",
        new.id,
        new.program_id,
        new.slug,
        new.title,
        new.venue,
        new.start,
        new.end,
    )
    await _write_coordinators(conn, new.id, coordinators)


async def update_session(conn: Connection, changed: Session) -> None:
    """Write everything of a session anew that may ever change."""
    await conn.execute(
        "UPDATE session SET title = $2, venue = $3, starts_at = $4, ends_at = $5 WHERE id = $1",
        changed.id,
        changed.title,
        changed.venue,
        changed.start,
        changed.end,
    )


async def replace_session_coordinators(conn: Connection, session_id: int, coordinators: Collection[int]) -> None:
    """These people coordinate the session and no others."""
    await conn.execute("DELETE FROM session_coordinator WHERE session_id = $1", session_id)
    await _write_coordinators(conn, session_id, coordinators)


async def _write_coordinators(conn: Connection, session_id: int, coordinators: Collection[int]) -> None:
    await conn.executemany(
        "INSERT INTO session_coordinator (session_id, editor_id) VALUES ($1, $2)",
        [(session_id, editor_id) for editor_id in sorted(coordinators)],
    )


async def session_coordinators(conn: Connection, session_id: int) -> set[int]:
    """Who coordinates the session."""
    rows = await conn.fetch("SELECT editor_id FROM session_coordinator WHERE session_id = $1", session_id)
    return {int(row["editor_id"]) for row in rows}

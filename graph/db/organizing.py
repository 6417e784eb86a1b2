# SPDX-License-Identifier: GPL-3.0-or-later
"""Writing down wikis and people, and asking what somebody is.

Functions that write are called inside a transaction that holds the ledger's lock.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from graph import wikis
from graph.db.pool import Connection
from graph.permissions import Part, parts_of
from graph.programs import Editor, Role, Wiki
from graph.wikis import KnownUser

_ADD_WIKIS = """
INSERT INTO wiki (dbname, domain, project, language, words)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bool[]) ON CONFLICT (dbname) DO NOTHING
"""

# By central id the key is sure; by name alone only where nothing surer is known of that row.
_RECOGNIZE = """
UPDATE editor e SET central_id = k.central_id
FROM (SELECT k.central_id, min(e.id) AS id
      FROM unnest($1::bigint[], $2::text[]) AS k(central_id, username)
      JOIN editor e ON e.username = k.username AND e.central_id IS NULL
      WHERE NOT EXISTS (SELECT 1 FROM editor x WHERE x.central_id = k.central_id)
      GROUP BY 1) k
WHERE e.id = k.id
"""
_WRITE_EDITORS = """
INSERT INTO editor AS e (central_id, username, registered_at)
SELECT * FROM unnest($1::bigint[], $2::text[], $3::timestamptz[])
ON CONFLICT (central_id) DO UPDATE
SET username = excluded.username, registered_at = coalesce(excluded.registered_at, e.registered_at)
RETURNING id, username, central_id, registered_at
"""

_PARTS = """
SELECT p.id,
       array(SELECT n.role FROM enrollment n WHERE n.program_id = p.id AND n.editor_id = $2 ORDER BY 1) AS roles,
       EXISTS (SELECT 1 FROM campaign_program cp JOIN campaign_organizer o USING (campaign_id)
               WHERE cp.program_id = p.id AND o.editor_id = $2) AS organizes,
       EXISTS (SELECT 1 FROM session s JOIN session_coordinator c ON c.session_id = s.id
               WHERE s.program_id = p.id AND c.editor_id = $2) AS coordinates
FROM program p WHERE p.id = ANY($1::bigint[])
"""


async def wiki_ids(conn: Connection, wanted: Collection[Wiki]) -> dict[str, int]:
    """The number of each wiki by database name; wikis that were not known yet are added."""
    chosen = sorted(set(wanted), key=lambda wiki: wiki.dbname)
    names = [wiki.dbname for wiki in chosen]
    await conn.execute(
        _ADD_WIKIS,
        names,
        [wiki.domain for wiki in chosen],
        [wiki.project for wiki in chosen],
        [wiki.language for wiki in chosen],
        [wikis.counts_words(wiki) for wiki in chosen],
    )
    rows = await conn.fetch("SELECT dbname, id FROM wiki WHERE dbname = ANY($1::text[])", names)
    return {row["dbname"]: int(row["id"]) for row in rows}


async def editor(conn: Connection, editor_id: int) -> Editor | None:
    """One person by number."""
    row = await conn.fetchrow("SELECT id, username, central_id, registered_at FROM editor WHERE id = $1", editor_id)
    return None if row is None else editor_of(row)


async def editors_named(conn: Connection, usernames: Collection[str]) -> dict[str, Editor]:
    """People by their current name here, as far as they are known; of namesakes the surest and newest."""
    rows = await conn.fetch(
        "SELECT id, username, central_id, registered_at FROM editor WHERE username = ANY($1::text[])"
        " ORDER BY central_id IS NOT NULL, id",
        list(usernames),
    )
    return {row["username"]: editor_of(row) for row in rows}


async def write_editors(conn: Connection, users: Iterable[KnownUser]) -> dict[int, Editor]:
    """The people with these accounts by central id: found (a new name replaces the old one) or added."""
    chosen = sorted({user.central_id: user for user in users}.values(), key=lambda user: user.central_id)
    central, names = [user.central_id for user in chosen], [user.username for user in chosen]
    await conn.execute(_RECOGNIZE, central, names)
    rows = await conn.fetch(_WRITE_EDITORS, central, names, [user.registered_at for user in chosen])
    return {row["central_id"]: editor_of(row) for row in rows}


async def write_unconfirmed(conn: Connection, username: str) -> Editor:
    """A person known by name alone, until the wikis can be asked: found or added."""
    found = await editors_named(conn, [username])
    if username in found:
        return found[username]
    row = await conn.fetchrow(
        "INSERT INTO editor (username) VALUES ($1) RETURNING id, username, central_id, registered_at", username
    )
    return editor_of(row)


async def parts_in_programs(
    conn: Connection, program_ids: Sequence[int], editor_id: int | None, *, is_admin: bool
) -> dict[int, frozenset[Part]]:
    """What somebody (None: an anonymous reader) is towards each of these programs that exists."""
    rows = await conn.fetch(_PARTS, program_ids, editor_id)
    return {int(row["id"]): _parts(row, editor_id, is_admin=is_admin) for row in rows}


def _parts(row: Mapping[str, Any], editor_id: int | None, *, is_admin: bool) -> frozenset[Part]:
    parts = parts_of(signed_in=editor_id is not None, is_admin=is_admin, roles=[Role(role) for role in row["roles"]])
    more = {Part.CAMPAIGN_ORGANIZER: row["organizes"], Part.SESSION_COORDINATOR: row["coordinates"]}
    return parts | {part for part, holds in more.items() if holds}


async def organizes(conn: Connection, campaign_id: int, editor_id: int | None) -> bool:
    """Whether somebody is an organizer of the campaign."""
    return bool(
        await conn.fetchval(
            "SELECT EXISTS (SELECT 1 FROM campaign_organizer WHERE campaign_id = $1 AND editor_id = $2)",
            campaign_id,
            editor_id,
        )
    )


async def coordinates(conn: Connection, organization_id: int, editor_id: int | None) -> bool:
    """Whether somebody is a coordinator of the organization."""
    return bool(
        await conn.fetchval(
            "SELECT EXISTS (SELECT 1 FROM organization_coordinator WHERE organization_id = $1 AND editor_id = $2)",
            organization_id,
            editor_id,
        )
    )


def editor_of(row: Mapping[str, Any]) -> Editor:
    """A row of ``editor`` as the domain has it."""
    return Editor(row["id"], row["username"], row["central_id"], row["registered_at"])

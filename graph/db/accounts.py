# SPDX-License-Identifier: GPL-3.0-or-later
"""Who has signed in, and the browsers and tokens with which they prove it.

Secrets come and are kept as hashes. Nothing here concerns the numbers, so no transaction needs the ledger's lock.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from graph.db.organizing import editor_of
from graph.db.pool import Connection
from graph.programs import Editor

# Whose, and whether an admin made them one.
_WHOSE = """e.id, e.username, e.central_id, e.registered_at,
    EXISTS (SELECT FROM admin a WHERE a.editor_id = e.id) AS is_admin"""
_BY_SIGN_IN = """
SELECT s.id AS key, /*WHOSE*/ FROM sign_in s JOIN editor e ON e.id = s.editor_id
WHERE s.secret = $1 AND s.expires_at > $2
""".replace("/*WHOSE*/", _WHOSE)
_BY_ACCESS_TOKEN = """
SELECT t.id AS key, t.last_used_at, /*WHOSE*/ FROM access_token t JOIN editor e ON e.id = t.editor_id
WHERE t.secret = $1 AND (t.expires_at IS NULL OR t.expires_at > $2)
""".replace("/*WHOSE*/", _WHOSE)

_RECORD = """
INSERT INTO account AS a (editor_id, signed_in_at, seen_at) SELECT n, $2, $2 FROM unnest($1::bigint[]) n
ON CONFLICT (editor_id) DO UPDATE SET seen_at = greatest(a.seen_at, excluded.seen_at)
"""
_STANDING = """
SELECT s.id, EXISTS (SELECT FROM admin a WHERE a.editor_id = s.editor_id) AS is_admin FROM /*TABLE*/ s
WHERE s.id = ANY($1::bigint[]) AND (s.expires_at IS NULL OR s.expires_at > $2)
"""
_SIGN_INS_STANDING = _STANDING.replace("/*TABLE*/", "sign_in")
_ACCESS_TOKENS_STANDING = _STANDING.replace("/*TABLE*/", "access_token")


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose a sign-in or token is: its own number, the person, and whether they were made an admin."""

    key: int
    editor: Editor
    is_admin: bool
    last_used_at: datetime | None = None


async def record_sign_in(conn: Connection, editor_ids: Collection[int], now: datetime) -> None:
    """Write down that these people have signed in here."""
    await conn.execute(_RECORD, list(editor_ids), now)


async def signed_in_before(conn: Connection, editor_ids: Collection[int]) -> set[int]:
    """Those of these people who have signed in here at least once."""
    rows = await conn.fetch("SELECT editor_id FROM account WHERE editor_id = ANY($1::bigint[])", list(editor_ids))
    return {int(row["editor_id"]) for row in rows}


async def by_central_id(conn: Connection, central_id: int) -> Editor | None:
    """The person with this central id, if they have been here in any way."""
    row = await conn.fetchrow(
        "SELECT id, username, central_id, registered_at FROM editor WHERE central_id = $1", central_id
    )
    return None if row is None else editor_of(row)


async def is_admin(conn: Connection, editor_id: int) -> bool:
    """Whether an admin made them one."""
    return bool(await conn.fetchval("SELECT EXISTS (SELECT FROM admin WHERE editor_id = $1)", editor_id))


async def add_sign_in(conn: Connection, editor_id: int, secret: bytes, *, now: datetime, expires_at: datetime) -> int:
    """Let whoever has the secret be this person until then; its number. Those that ran out are forgotten."""
    await conn.execute("DELETE FROM sign_in WHERE expires_at <= $1", now)
    return int(
        await conn.fetchval(
            "INSERT INTO sign_in (secret, editor_id, created_at, expires_at) VALUES ($1, $2, $3, $4) RETURNING id",
            secret,
            editor_id,
            now,
            expires_at,
        )
    )


async def remove_sign_in(conn: Connection, secret: bytes) -> int | None:
    """Sign a browser out; the number its sign-in had, if it had one."""
    number: int | None = await conn.fetchval("DELETE FROM sign_in WHERE secret = $1 RETURNING id", secret)
    return number


async def remove_sign_ins_of(conn: Connection, editor_id: int) -> list[int]:
    """Sign somebody out everywhere; the numbers their sign-ins had."""
    rows = await conn.fetch("DELETE FROM sign_in WHERE editor_id = $1 RETURNING id", editor_id)
    return [int(row["id"]) for row in rows]


async def by_sign_in(conn: Connection, secret: bytes, now: datetime) -> Owner | None:
    """Who is signed in with this secret now."""
    row = await conn.fetchrow(_BY_SIGN_IN, secret, now)
    return None if row is None else _owner(row)


async def by_access_token(conn: Connection, secret: bytes, now: datetime) -> Owner | None:
    """Whose access token this is now."""
    row = await conn.fetchrow(_BY_ACCESS_TOKEN, secret, now)
    return None if row is None else _owner(row, row["last_used_at"])


async def sign_ins_standing(conn: Connection, numbers: Collection[int], now: datetime) -> dict[int, bool]:
    """Those of these sign-ins that still hold → whether an admin made their owner one."""
    return {row["id"]: row["is_admin"] for row in await conn.fetch(_SIGN_INS_STANDING, list(numbers), now)}


async def access_tokens_standing(conn: Connection, numbers: Collection[int], now: datetime) -> dict[int, bool]:
    """Those of these access tokens that still hold → whether an admin made their owner one."""
    return {row["id"]: row["is_admin"] for row in await conn.fetch(_ACCESS_TOKENS_STANDING, list(numbers), now)}


def _owner(row: Mapping[str, Any], last_used_at: datetime | None = None) -> Owner:
    return Owner(row["key"], editor_of(row), row["is_admin"], last_used_at)

# SPDX-License-Identifier: GPL-3.0-or-later
"""Access tokens and screen tokens: made, listed, used, revoked. Secrets come and are kept as hashes."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from graph.db.pool import Connection, Pool

# A use is written down at most once in this time: what is read a hundred times a second is not written as often.
USE_IS_NOTED_EVERY = timedelta(minutes=1)

_ADD_ACCESS = """
INSERT INTO access_token (editor_id, secret, name, created_at, expires_at) VALUES ($1, $2, $3, $4, $5) RETURNING *
"""
_ADD_SCREEN = """
INSERT INTO screen_token (program_id, editor_id, secret, name, created_at) VALUES ($1, $2, $3, $4, $5) RETURNING *
"""
_OF_PROGRAMS = "SELECT * FROM screen_token WHERE program_id = ANY($1::bigint[]) ORDER BY id"
_NOTE = """
UPDATE /*TABLE*/ SET last_used_at = $2
WHERE id = $1 AND (last_used_at IS NULL OR last_used_at <= $2::timestamptz - $3::interval)
"""
_NOTE_ACCESS = _NOTE.replace("/*TABLE*/", "access_token")
_NOTE_SCREEN = _NOTE.replace("/*TABLE*/", "screen_token")


@dataclass(frozen=True, slots=True)
class AccessToken:
    """What is known of an access token once its secret was shown."""

    id: int
    name: str
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True)
class ScreenToken:
    """What is known of a screen token once its secret was shown."""

    id: int
    name: str
    created_at: datetime
    program_id: int
    last_used_at: datetime | None


def is_stale(last_used_at: datetime | None, now: datetime) -> bool:
    """Whether a use now is to be written down."""
    return last_used_at is None or now - last_used_at >= USE_IS_NOTED_EVERY


async def add_access_token(
    conn: Connection, editor_id: int, secret: bytes, name: str, *, now: datetime, expires_at: datetime | None
) -> AccessToken:
    """Let an app act for somebody."""
    return _access(await conn.fetchrow(_ADD_ACCESS, editor_id, secret, name, now, expires_at))


async def access_tokens_of(pool: Pool, editor_id: int) -> list[AccessToken]:
    """Somebody's access tokens, the oldest first; those that ran out among them."""
    rows = await pool.fetch("SELECT * FROM access_token WHERE editor_id = $1 ORDER BY id", editor_id)
    return [_access(row) for row in rows]


async def count_access_tokens(conn: Connection, editor_id: int) -> int:
    """How many access tokens somebody has. To be asked in the transaction that adds one: it makes others wait."""
    await conn.execute("SELECT pg_advisory_xact_lock(hashtextextended('access tokens', $1))", editor_id)
    return int(await conn.fetchval("SELECT count(*) FROM access_token WHERE editor_id = $1", editor_id))


async def remove_access_token(conn: Connection, token_id: int, editor_id: int) -> bool:
    """Make somebody's token worthless; whether it was theirs."""
    found = await conn.fetchval(
        "DELETE FROM access_token WHERE id = $1 AND editor_id = $2 RETURNING id", token_id, editor_id
    )
    return found is not None


async def note_access(conn: Connection, token_id: int, now: datetime) -> None:
    """Write down that the access token was used."""
    await conn.execute(_NOTE_ACCESS, token_id, now, USE_IS_NOTED_EVERY)


async def add_screen_token(
    conn: Connection, program_id: int, editor_id: int, secret: bytes, name: str, now: datetime
) -> ScreenToken:
    """Let a screen show a program."""
    return _screen(await conn.fetchrow(_ADD_SCREEN, program_id, editor_id, secret, name, now))


async def screen_tokens_of(pool: Pool, program_ids: Sequence[int]) -> dict[int, list[ScreenToken]]:
    """The screen tokens of each program, the oldest first."""
    found: dict[int, list[ScreenToken]] = {program_id: [] for program_id in program_ids}
    for row in await pool.fetch(_OF_PROGRAMS, program_ids):
        found[row["program_id"]].append(_screen(row))
    return found


async def count_screen_tokens(conn: Connection, program_id: int) -> int:
    """How many screen tokens a program has. To be asked in the transaction that adds one: it makes others wait."""
    await conn.execute("SELECT pg_advisory_xact_lock(hashtextextended('screen tokens', $1))", program_id)
    return int(await conn.fetchval("SELECT count(*) FROM screen_token WHERE program_id = $1", program_id))


async def screen_token(conn: Connection, token_id: int) -> ScreenToken | None:
    """One screen token."""
    row = await conn.fetchrow("SELECT * FROM screen_token WHERE id = $1", token_id)
    return None if row is None else _screen(row)


async def by_screen_token(conn: Connection, secret: bytes) -> ScreenToken | None:
    """The screen token with this secret."""
    row = await conn.fetchrow("SELECT * FROM screen_token WHERE secret = $1", secret)
    return None if row is None else _screen(row)


async def remove_screen_token(conn: Connection, token_id: int) -> None:
    """Make a screen token worthless."""
    await conn.execute("DELETE FROM screen_token WHERE id = $1", token_id)


async def note_screen(conn: Connection, token_id: int, now: datetime) -> None:
    """Write down that the screen token was used."""
    await conn.execute(_NOTE_SCREEN, token_id, now, USE_IS_NOTED_EVERY)


async def screen_tokens_standing(conn: Connection, numbers: Collection[int]) -> set[int]:
    """Those of these screen tokens that were not revoked."""
    rows = await conn.fetch("SELECT id FROM screen_token WHERE id = ANY($1::bigint[])", list(numbers))
    return {int(row["id"]) for row in rows}


def _access(row: Mapping[str, Any]) -> AccessToken:
    return AccessToken(*(row[name] for name in AccessToken.__slots__))


def _screen(row: Mapping[str, Any]) -> ScreenToken:
    return ScreenToken(*(row[name] for name in ScreenToken.__slots__))

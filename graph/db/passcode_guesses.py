# SPDX-License-Identifier: GPL-3.0-or-later
"""Remembering who guessed passcodes wrong, so that no restart forgets it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from graph.db.pool import Connection


@dataclass(frozen=True, slots=True)
class Guesses:
    """How often somebody guessed wrong of late, and when they last did."""

    wrong: int
    last_at: datetime


async def one_at_a_time(conn: Connection, editor_id: int) -> None:
    """Keep this account's other guesses waiting until this transaction ends: a hundred at once are a hundred."""
    await conn.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", f"passcode {editor_id}")


async def of(conn: Connection, editor_id: int) -> Guesses | None:
    """What is remembered of this account; None where it never guessed wrong."""
    row = await conn.fetchrow("SELECT wrong, last_at FROM passcode_guess WHERE editor_id = $1", editor_id)
    return None if row is None else Guesses(row["wrong"], row["last_at"])


async def note(conn: Connection, editor_id: int, guesses: Guesses) -> None:
    """Remember this in place of what was remembered."""
    await conn.execute(
        "INSERT INTO passcode_guess (editor_id, wrong, last_at) VALUES ($1, $2, $3)"
        " ON CONFLICT (editor_id) DO UPDATE SET wrong = excluded.wrong, last_at = excluded.last_at",
        editor_id,
        guesses.wrong,
        guesses.last_at,
    )


async def forget(conn: Connection, before: datetime) -> None:
    """Let go of what nobody is slowed by any more."""
    await conn.execute("DELETE FROM passcode_guess WHERE last_at < $1", before)

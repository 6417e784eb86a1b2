# SPDX-License-Identifier: GPL-3.0-or-later
"""Forms that were sent, by the random names they were given: so that none is taken twice."""

from __future__ import annotations

from datetime import datetime

from graph.db.pool import Connection

_BEGIN = "INSERT INTO submission (editor_id, name) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING true"


async def begin(conn: Connection, editor_id: int, name: str) -> bool:
    """Note that a form is being taken; False where it was sent before."""
    return await conn.fetchval(_BEGIN, editor_id, name) is True


async def answer_of(conn: Connection, editor_id: int, name: str) -> str | None:
    """Where a form led that was sent before; None while it is being taken, or was refused."""
    found: str | None = await conn.fetchval(
        "SELECT answer FROM submission WHERE editor_id = $1 AND name = $2", editor_id, name
    )
    return found


async def end(conn: Connection, editor_id: int, name: str, answer: str) -> None:
    """Note where it led."""
    await conn.execute("UPDATE submission SET answer = $3 WHERE editor_id = $1 AND name = $2", editor_id, name, answer)


async def undo(conn: Connection, editor_id: int, name: str) -> None:
    """Forget it: it was refused, and may be sent again."""
    await conn.execute("DELETE FROM submission WHERE editor_id = $1 AND name = $2", editor_id, name)


async def forget(conn: Connection, before: datetime) -> None:
    """Let go of old ones."""
    await conn.execute("DELETE FROM submission WHERE at < $1", before)

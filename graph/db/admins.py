# SPDX-License-Identifier: GPL-3.0-or-later
"""Who administers this service because an admin said so; those that the settings name are not written down."""

from __future__ import annotations

from graph.db.organizing import editor_of
from graph.db.pool import Connection
from graph.programs import Editor


async def grant(conn: Connection, editor_id: int, granted_by: int) -> None:
    """Make somebody an admin; whoever is one stays one."""
    await conn.execute(
        "INSERT INTO admin (editor_id, granted_by) VALUES ($1, $2) ON CONFLICT DO NOTHING", editor_id, granted_by
    )


async def revoke(conn: Connection, editor_id: int) -> bool:
    """Make somebody an admin no more; whether they were one."""
    return await conn.fetchval("DELETE FROM admin WHERE editor_id = $1 RETURNING 1", editor_id) is not None


async def admins(conn: Connection) -> list[Editor]:
    """Everybody who was made an admin, by username."""
    rows = await conn.fetch(
        "SELECT e.id, e.username, e.central_id, e.registered_at FROM admin a JOIN editor e ON e.id = a.editor_id"
        ' ORDER BY e.username COLLATE "C", e.id'
    )
    return [editor_of(row) for row in rows]

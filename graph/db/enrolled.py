# SPDX-License-Identifier: GPL-3.0-or-later
"""Everybody whose edits may count, for the consumer's index."""

from __future__ import annotations

from graph.db.pool import Connection
from graph.matching import Enrolled


async def rules_version(conn: Connection) -> int:
    """Grows with every change of a rule (who is enrolled, which windows)."""
    return int(await conn.fetchval("SELECT rules_version FROM ledger"))


async def enrolled(conn: Connection) -> list[Enrolled]:
    """Each enrolled editor with the hull of the tracking windows of their programs."""
    rows = await conn.fetch(
        "SELECT e.id, e.central_id, e.username, min(p.tracking_start) AS earliest, max(p.tracking_end) AS latest"
        " FROM enrollment n JOIN editor e ON e.id = n.editor_id JOIN program p ON p.id = n.program_id"
        " WHERE n.role = 'EDITOR' GROUP BY e.id"
    )
    return [Enrolled(*row) for row in rows]

# SPDX-License-Identifier: GPL-3.0-or-later
"""Who was enrolled by others and has not agreed to it yet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from graph.db import catalogue
from graph.db.catalogue import PROGRAM_COLUMNS, PROGRAM_JOINS
from graph.db.people import EDITOR_COLUMNS, editor
from graph.db.pool import Connection
from graph.programs import Editor, Program

# Whoever added somebody acts for the program, so those concerned may know who it was.
_ADDITIONS = """
SELECT a.added_at, n.show_name, /*PROGRAM*/, /*EDITOR*/
FROM addition a JOIN enrollment n ON n.program_id = a.program_id AND n.editor_id = a.editor_id AND n.role = 'EDITOR'
JOIN program p ON p.id = a.program_id /*JOINS*/ LEFT JOIN editor u ON u.id = a.added_by
WHERE a.editor_id = $1 ORDER BY a.added_at DESC, p.id DESC
"""
for name, piece in (("PROGRAM", PROGRAM_COLUMNS), ("EDITOR", EDITOR_COLUMNS), ("JOINS", PROGRAM_JOINS)):
    _ADDITIONS = _ADDITIONS.replace(f"/*{name}*/", piece)


@dataclass(frozen=True, slots=True)
class Addition:
    """An enrollment that somebody else made: in which program, by whom (None: not known any more), when, how shown."""

    program: Program
    added_by: Editor | None
    added_at: datetime
    show_name: bool


async def additions(conn: Connection, editor_id: int) -> list[Addition]:
    """What others enrolled this person in and is not agreed to yet, the newest first."""
    return [
        Addition(
            program=catalogue.program(row),
            added_by=None if row["editor_id"] is None else editor(row),
            added_at=row["added_at"],
            show_name=row["show_name"],
        )
        for row in await conn.fetch(_ADDITIONS, editor_id)
    ]


async def agree(conn: Connection, program_id: int, editor_id: int) -> None:
    """Remember that this person agrees; harmless when repeated."""
    await conn.execute("DELETE FROM addition WHERE program_id = $1 AND editor_id = $2", program_id, editor_id)

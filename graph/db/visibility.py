# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may see what, as SQL: the rules of graph/permissions.py where they decide which rows exist for a viewer.

``/*VIEWER*/`` and ``/*ADMIN*/`` stand for the numbers of two parameters of the statement; ``bound`` fills them in.
tests/db/test_visibility.py holds these fragments to the table of permissions.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Viewer:
    """Whoever reads; ``editor_id`` is None for an anonymous reader.

    A screen is nobody, and may see one program: its ``editor_id`` is that program's number with the sign turned.
    """

    editor_id: int | None
    is_admin: bool = False

    @classmethod
    def screen(cls, program_id: int) -> Viewer:
        """The screen that shows this program."""
        return cls(-program_id)

    @property
    def signed_in(self) -> bool:
        """Whether it is somebody."""
        return self.editor_id is not None and self.editor_id > 0


# Whether the program `p` exists for the viewer.
PROGRAM_SEEN = """(p.visibility = 'PUBLIC' OR /*ADMIN*/::bool OR p.id = -(/*VIEWER*/::bigint)
    OR EXISTS (SELECT FROM enrollment v WHERE v.program_id = p.id AND v.editor_id = /*VIEWER*/::bigint)
    OR EXISTS (SELECT FROM session vs JOIN session_coordinator vc ON vc.session_id = vs.id
               WHERE vs.program_id = p.id AND vc.editor_id = /*VIEWER*/::bigint))"""

# Whether the viewer may know of the enrollment `n`.
ENROLLMENT_SEEN = """(n.show_name OR n.role <> 'EDITOR' OR /*ADMIN*/::bool OR n.editor_id = /*VIEWER*/::bigint
    OR EXISTS (SELECT FROM enrollment f WHERE f.program_id = n.program_id AND f.editor_id = /*VIEWER*/::bigint
               AND f.role = 'FACILITATOR'))"""


def bound(sql: str, viewer: int, admin: int) -> str:
    """``sql`` with the viewer's two parameters at these numbers."""
    return sql.replace("/*VIEWER*/", f"${viewer}").replace("/*ADMIN*/", f"${admin}")

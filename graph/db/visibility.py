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


# Whether anybody in a program of the public collection /*PARENT*/ is nameless: where nobody is, nothing is veiled, and
# that need not be asked of each of its sets.
_NAMELESS = """(EXISTS (SELECT FROM enrollment gn WHERE gn.program_id = /*PARENT*/ AND NOT gn.show_name)
    OR EXISTS (SELECT FROM session gx JOIN enrollment gn ON gn.program_id = gx.program_id AND NOT gn.show_name
               WHERE gx.id = /*PARENT*/)
    OR EXISTS (SELECT FROM campaign_program gl JOIN enrollment gn ON gn.program_id = gl.program_id AND NOT gn.show_name
               WHERE gl.campaign_id = /*PARENT*/))"""

# The programs among the members of the set `s.set_id` for which the public collection /*PARENT*/ counts it.
_COUNTING = """SELECT cp.id FROM edit_set cs CROSS JOIN LATERAL unnest(cs.members) AS cm(member)
    JOIN program cp ON cp.id = abs(cm.member)
    WHERE cs.id = s.set_id AND (cp.id = /*PARENT*/
        OR EXISTS (SELECT FROM session cx WHERE cx.id = /*PARENT*/ AND cx.program_id = cp.id)
        OR cp.visibility = 'PUBLIC' AND EXISTS (
            SELECT FROM campaign_program cl WHERE cl.program_id = cp.id AND cl.campaign_id = /*PARENT*/))"""

# Who is nameless in every one of these programs: what they did is in the collection's numbers once tracking is over,
# and is no row of anything public. Nobody is in a program's second collection, which only those see who may know.
# To stand in a FROM after `set_coverage s`; OFFSET 0 has it asked once a set, and not once an edit.
VEILED = """CROSS JOIN LATERAL (SELECT ARRAY(
    SELECT vn.editor_id FROM (/*COUNTING*/) vc
    JOIN enrollment vn ON vn.program_id = vc.id AND vn.role = 'EDITOR' AND NOT vn.show_name
    WHERE NOT EXISTS (SELECT FROM (/*COUNTING*/) oc JOIN enrollment o ON o.program_id = oc.id
                      AND o.editor_id = vn.editor_id AND o.role = 'EDITOR' AND o.show_name)
    ) AS editors OFFSET 0) veiled""".replace("/*COUNTING*/", _COUNTING)


def veiled(parent: str) -> str:
    """VEILED for the collection that the expression ``parent`` names."""
    return VEILED.replace("/*PARENT*/", parent)


def nameless(parent: str) -> str:
    """Whether anything may be veiled in the collection that the expression ``parent`` names."""
    return _NAMELESS.replace("/*PARENT*/", parent)


def bound(sql: str, viewer: int, admin: int) -> str:
    """``sql`` with the viewer's two parameters at these numbers."""
    return sql.replace("/*VIEWER*/", f"${viewer}").replace("/*ADMIN*/", f"${admin}")

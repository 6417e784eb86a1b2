# SPDX-License-Identifier: GPL-3.0-or-later
"""People: who takes part, who leads, who may be known of, and what the viewer is towards a program."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graph.db.keyset import Listing, containing
from graph.db.pool import Pool
from graph.db.veils import EDITOR_TALLY
from graph.db.visibility import ENROLLMENT_SEEN, PROGRAM_SEEN, Viewer, bound, nameless
from graph.paging import EditorOrder, EditorQuery, Page, Slice, Within
from graph.permissions import Part, parts_of
from graph.programs import Editor, Enrollment, Role
from graph.tallies import EditorMetrics

Row = Mapping[str, Any]

EDITOR_COLUMNS = "u.id AS editor_id, u.username, u.central_id, u.registered_at"


@dataclass(frozen=True, slots=True)
class Participant:
    """An editor's enrollment, and the editor's part of the numbers (``last_edit_at`` is read apart)."""

    enrollment: Enrollment
    metrics: EditorMetrics


@dataclass(frozen=True, slots=True)
class Standing:
    """What the viewer is towards a program, and whether the program has participants."""

    parts: frozenset[Part]
    participants: bool


_TALLIED = """n.role, n.joined_at, n.show_name, /*EDITOR*/, coalesce(t.edits, 0) AS edits,
    coalesce(t.bytes_added, 0) AS bytes_added, coalesce(t.bytes_userspace, 0) AS bytes_userspace,
    coalesce(t.bytes_draft, 0) AS bytes_draft, coalesce(t.articles_edited, 0) AS articles_edited,
    coalesce(t.articles_created, 0) AS articles_created, coalesce(t.uploads, 0) AS uploads
""".replace("/*EDITOR*/", EDITOR_COLUMNS)

# Of those who are listed everything may be told: where a second collection counts nameless participants, it is asked.
_WHOLE = (
    "(SELECT k.generation FROM /*TABLE*/ x JOIN collection k ON k.id = coalesce(x.everybody_id, x.id)"
    " WHERE x.id = parent.id)"
)

# $8 search, $9 order, $10 whether with counted edits
_SEARCHED = " AND ($8::text IS NULL OR u.username ILIKE $8) AND ($10::bool IS NULL OR $10 = (coalesce(t.edits, 0) > 0))"
_OF_PROGRAM = """
FROM enrollment n JOIN editor u ON u.id = n.editor_id
LEFT JOIN editor_tally t ON t.generation = /*WHOLE PROGRAM*/ AND t.editor_id = n.editor_id
WHERE n.program_id = parent.id AND n.role = 'EDITOR' AND /*NAMED*/"""
_OF_SESSION = """
FROM session s JOIN enrollment n ON n.program_id = s.program_id JOIN editor u ON u.id = n.editor_id
LEFT JOIN editor_tally t ON t.generation = /*WHOLE SESSION*/ AND t.editor_id = n.editor_id
WHERE s.id = parent.id AND n.role = 'EDITOR' AND /*NAMED*/
  AND (NOT EXISTS (SELECT FROM session_editor x WHERE x.session_id = s.id)
       OR EXISTS (SELECT FROM session_editor x WHERE x.session_id = s.id AND x.editor_id = n.editor_id))"""
# In a campaign an editor is shown where any of its public programs shows them.
_OF_CAMPAIGN = """
FROM /*TALLY*/ t JOIN editor u ON u.id = t.editor_id
CROSS JOIN LATERAL (
    SELECT 'EDITOR' AS role, min(e.joined_at) AS joined_at, true AS show_name
    FROM enrollment e JOIN program p ON p.id = e.program_id JOIN campaign_program l ON l.program_id = p.id
    WHERE e.editor_id = t.editor_id AND e.role = 'EDITOR' AND e.show_name AND p.visibility = 'PUBLIC'
      AND l.campaign_id = parent.id
) n
WHERE t.enrolled > 0 AND n.joined_at IS NOT NULL"""
_RANK = """CASE $9::text WHEN 'EDITS' THEN coalesce(t.edits, 0) WHEN 'BYTES_ADDED' THEN coalesce(t.bytes_added, 0)
    WHEN 'JOINED' THEN (extract(epoch FROM n.joined_at) * 1000000)::bigint ELSE 0 END"""

# Of a list by numbers the names are looked up of those only that fewer than a page come before. Those with the number
# that the page begins at stand apart: some of them were on the page before.
_RANKED = """
FROM (
    SELECT first.* FROM (
        SELECT n.program_id, n.editor_id, n.role, n.joined_at, n.show_name, coalesce(t.edits, 0) AS edits,
            coalesce(t.bytes_added, 0) AS bytes_added, coalesce(t.bytes_userspace, 0) AS bytes_userspace,
            coalesce(t.bytes_draft, 0) AS bytes_draft, coalesce(t.articles_edited, 0) AS articles_edited,
            coalesce(t.articles_created, 0) AS articles_created, coalesce(t.uploads, 0) AS uploads,
            rank() OVER (PARTITION BY (/*RANK*/) = $2::bigint ORDER BY (/*RANK*/) DESC) AS place
        FROM enrollment n
        LEFT JOIN editor_tally t ON t.generation = /*WHOLE PROGRAM*/ AND t.editor_id = n.editor_id
        WHERE n.program_id = parent.id AND n.role = 'EDITOR' AND /*NAMED*/
          AND ($2::bigint IS NULL OR (/*RANK*/) <= $2::bigint)
          AND ($10::bool IS NULL OR $10 = (coalesce(t.edits, 0) > 0))
    ) first WHERE first.place <= $5::bigint
) n JOIN editor u ON u.id = n.editor_id CROSS JOIN LATERAL (SELECT n.*) t
WHERE ($8::text IS NULL OR u.username ILIKE $8)""".replace("/*RANK*/", _RANK)

_LISTS = {
    within: Listing(
        _TALLIED,
        (source + _SEARCHED)
        .replace("/*NAMED*/", ENROLLMENT_SEEN)
        .replace("/*TALLY*/", EDITOR_TALLY)
        .replace("/*WHOLE PROGRAM*/", _WHOLE.replace("/*TABLE*/", "program"))
        .replace("/*WHOLE SESSION*/", _WHOLE.replace("/*TABLE*/", "session")),
        rank=_RANK,
        name='lower(u.username) COLLATE "C"',
        number="u.id",
        extra=("text", "text", "bool"),
    )
    for within, source in (
        (Within.PROGRAM, _OF_PROGRAM),
        (Within.SESSION, _OF_SESSION),
        (Within.CAMPAIGN, _OF_CAMPAIGN),
    )
}
# In a campaign likewise, where nobody is nameless: else tallies are not yet what is shown, and all are looked at.
_PARTS = """t.editor_id, t.enrolled, t.edits, t.bytes_added, t.bytes_userspace, t.bytes_draft, t.articles_edited,
    t.articles_created, t.uploads"""
_RANKED_IN_CAMPAIGN = f"""(
    SELECT {_PARTS} FROM (
        SELECT {_PARTS}, rank() OVER (PARTITION BY (/*NUMBER*/) = $2::bigint ORDER BY (/*NUMBER*/) DESC) AS place
        FROM editor_tally t
        WHERE t.generation = (SELECT k.generation FROM collection k WHERE k.id = parent.id) AND t.enrolled > 0
          AND ($2::bigint IS NULL OR (/*NUMBER*/) <= $2::bigint)
          AND ($10::bool IS NULL OR $10 = (t.edits > 0)) AND NOT {nameless("parent.id")}
    ) t WHERE t.place <= $5::bigint
    UNION ALL
    SELECT {_PARTS} FROM {EDITOR_TALLY} t WHERE {nameless("parent.id")}
)""".replace("/*NUMBER*/", "CASE $9::text WHEN 'EDITS' THEN t.edits ELSE t.bytes_added END")  # noqa: S608 - our pieces
_CAMPAIGN_BY_NUMBER = Listing(
    _TALLIED,
    (_OF_CAMPAIGN + _SEARCHED).replace("/*TALLY*/", _RANKED_IN_CAMPAIGN),
    rank=_RANK,
    name='lower(u.username) COLLATE "C"',
    number="u.id",
    extra=("text", "text", "bool"),
)
_BY_NUMBER = Listing(
    _TALLIED,
    _RANKED.replace("/*NAMED*/", ENROLLMENT_SEEN).replace("/*WHOLE PROGRAM*/", _WHOLE.replace("/*TABLE*/", "program")),
    rank=_RANK,
    name='lower(u.username) COLLATE "C"',
    number="u.id",
    extra=("text", "text", "bool"),
)

_IN_CHARGE = {
    Within.PROGRAM: "SELECT program_id AS parent, editor_id FROM enrollment"
    " WHERE program_id = ANY($1::bigint[]) AND role = 'FACILITATOR'",
    Within.SESSION: "SELECT session_id AS parent, editor_id FROM session_coordinator"
    " WHERE session_id = ANY($1::bigint[])",
    Within.CAMPAIGN: "SELECT campaign_id AS parent, editor_id FROM campaign_organizer"
    " WHERE campaign_id = ANY($1::bigint[])",
    Within.ORGANIZATION: "SELECT organization_id AS parent, editor_id FROM organization_coordinator"
    " WHERE organization_id = ANY($1::bigint[])",
}
_PEOPLE = """
SELECT who.parent, /*EDITOR*/ FROM (/*WHO*/) who JOIN editor u ON u.id = who.editor_id
ORDER BY lower(u.username) COLLATE "C", u.id
""".replace("/*EDITOR*/", EDITOR_COLUMNS)
_PEOPLE_OF = {within: _PEOPLE.replace("/*WHO*/", who) for within, who in _IN_CHARGE.items()}

_VOLUNTEERS = """
SELECT n.program_id, n.role, n.joined_at, n.show_name, /*EDITOR*/
FROM enrollment n JOIN editor u ON u.id = n.editor_id
WHERE n.program_id = ANY($1::bigint[]) AND n.role IN ('ONLINE_VOLUNTEER', 'CAMPUS_VOLUNTEER', 'STAFF')
ORDER BY lower(u.username) COLLATE "C", u.id, n.role
""".replace("/*EDITOR*/", EDITOR_COLUMNS)

_OF_ONE = """
SELECT n.program_id, n.role, n.joined_at, n.show_name, /*EDITOR*/
FROM enrollment n JOIN editor u ON u.id = n.editor_id
WHERE n.program_id = ANY($1::bigint[]) AND n.editor_id = $2 ORDER BY n.program_id, n.role
""".replace("/*EDITOR*/", EDITOR_COLUMNS)

# Somebody is known of where anything shows them to the viewer: else it would say that they are enrolled in secret.
_KNOWN = (
    """
SELECT /*EDITOR*/ FROM editor u WHERE /*WHICH*/ AND (u.id = $2::bigint OR $3::bool
    OR EXISTS (SELECT FROM enrollment n JOIN program p ON p.id = n.program_id
               WHERE n.editor_id = u.id AND /*SEEN*/ AND /*NAMED*/)
    OR EXISTS (SELECT FROM session_coordinator sc JOIN session s ON s.id = sc.session_id
               JOIN program p ON p.id = s.program_id WHERE sc.editor_id = u.id AND /*SEEN*/)
    OR EXISTS (SELECT FROM campaign_organizer co WHERE co.editor_id = u.id)
    OR EXISTS (SELECT FROM organization_coordinator oc WHERE oc.editor_id = u.id))
ORDER BY u.id DESC
""".replace("/*EDITOR*/", EDITOR_COLUMNS)
    .replace("/*SEEN*/", PROGRAM_SEEN)
    .replace("/*NAMED*/", ENROLLMENT_SEEN)
)
_EDITORS_BY_ID = bound(_KNOWN.replace("/*WHICH*/", "u.id = ANY($1::bigint[])"), 2, 3)
_EDITORS_BY_NAME = bound(_KNOWN.replace("/*WHICH*/", "u.username = ANY($1::text[])"), 2, 3)

# The second collections of programs and sessions, for those who may know of every participant.
_WHOLES = bound(
    """
SELECT k.id, k.everybody_id FROM (
    SELECT p.id, p.id AS program_id, p.everybody_id FROM program p WHERE p.id = ANY($1::bigint[])
    UNION ALL
    SELECT s.id, s.program_id, s.everybody_id FROM session s WHERE s.id = ANY($1::bigint[])
) k
WHERE k.everybody_id IS NOT NULL AND (/*ADMIN*/::bool OR EXISTS (
    SELECT FROM enrollment f
    WHERE f.program_id = k.program_id AND f.editor_id = /*VIEWER*/::bigint AND f.role = 'FACILITATOR'))
""",
    2,
    3,
)

_STANDINGS = """
SELECT p.id, ARRAY(SELECT n.role FROM enrollment n WHERE n.program_id = p.id AND n.editor_id = $2::bigint) AS roles,
    EXISTS (SELECT FROM campaign_program l JOIN campaign_organizer o ON o.campaign_id = l.campaign_id
            WHERE l.program_id = p.id AND o.editor_id = $2) AS organizes,
    EXISTS (SELECT FROM session s JOIN session_coordinator o ON o.session_id = s.id
            WHERE s.program_id = p.id AND o.editor_id = $2) AS coordinates,
    EXISTS (SELECT FROM enrollment n WHERE n.program_id = p.id AND n.role = 'EDITOR') AS participants
FROM program p WHERE p.id = ANY($1::bigint[])
"""


async def participants(
    pool: Pool, viewer: Viewer, parents: Sequence[int], query: EditorQuery, part: Slice
) -> dict[int, Page[Participant]]:
    """The editors of each program, session or campaign, as far as the viewer may know of them."""
    return await _listing(query).page(pool, viewer, parents, part, _extra(query), _participant)


def _listing(query: EditorQuery) -> Listing:
    """The list itself, or the shorter way to a page of it."""
    if query.search is None and query.order is not EditorOrder.USERNAME:
        if query.within is Within.PROGRAM:
            return _BY_NUMBER
        if query.within is Within.CAMPAIGN and query.order is not EditorOrder.JOINED:
            return _CAMPAIGN_BY_NUMBER
    return _LISTS[query.within]


async def count_participants(pool: Pool, viewer: Viewer, parents: Sequence[int], query: EditorQuery) -> dict[int, int]:
    """How many editors each program, session or campaign has for the viewer."""
    return await _LISTS[query.within].count(pool, viewer, parents, _extra(query))


async def in_charge(pool: Pool, within: Within, parents: Sequence[int]) -> dict[int, list[Editor]]:
    """Facilitators of programs, organizers of campaigns, coordinators of sessions or organizations, by username."""
    found: dict[int, list[Editor]] = {parent: [] for parent in parents}
    for row in await pool.fetch(_PEOPLE_OF[within], parents):
        found[row["parent"]].append(editor(row))
    return found


async def parts_of_one(pool: Pool, program_ids: Sequence[int], editor_id: int) -> dict[int, list[Enrollment]]:
    """What one person is in each program, a row for each role."""
    found: dict[int, list[Enrollment]] = {program: [] for program in program_ids}
    for row in await pool.fetch(_OF_ONE, program_ids, editor_id):
        found[row["program_id"]].append(_enrollment(row))
    return found


async def volunteers(pool: Pool, program_ids: Sequence[int]) -> dict[int, list[Enrollment]]:
    """Who helps with each program, by username; somebody with two roles is there twice."""
    found: dict[int, list[Enrollment]] = {program: [] for program in program_ids}
    for row in await pool.fetch(_VOLUNTEERS, program_ids):
        found[row["program_id"]].append(_enrollment(row))
    return found


async def editors_by_id(pool: Pool, viewer: Viewer, ids: Sequence[int]) -> dict[int, Editor]:
    """The editors with these numbers that the viewer may know of."""
    rows = await pool.fetch(_EDITORS_BY_ID, ids, viewer.editor_id, viewer.is_admin)
    return {row["editor_id"]: editor(row) for row in rows}


async def editors_by_name(pool: Pool, viewer: Viewer, usernames: Sequence[str]) -> dict[str, Editor]:
    """The editors with these usernames that the viewer may know of; of two, the one we knew first."""
    rows = await pool.fetch(_EDITORS_BY_NAME, usernames, viewer.editor_id, viewer.is_admin)
    return {row["username"]: editor(row) for row in rows}


async def wholes(pool: Pool, viewer: Viewer, collections: Sequence[int]) -> dict[int, int]:
    """The collections that count nameless participants, too, of those for which there is one the viewer may see."""
    rows = await pool.fetch(_WHOLES, collections, viewer.editor_id, viewer.is_admin)
    return {row["id"]: row["everybody_id"] for row in rows}


async def with_nameless(pool: Pool, program_ids: Sequence[int]) -> set[int]:
    """Those of the programs that have, or had, nameless participants."""
    rows = await pool.fetch(
        "SELECT id FROM program WHERE id = ANY($1::bigint[]) AND everybody_id IS NOT NULL", program_ids
    )
    return {row["id"] for row in rows}


async def standings(pool: Pool, viewer: Viewer, program_ids: Sequence[int]) -> dict[int, Standing]:
    """What the viewer is towards each program."""
    rows = await pool.fetch(_STANDINGS, program_ids, viewer.editor_id)
    return {row["id"]: _standing(row, viewer) for row in rows}


def editor(row: Row) -> Editor:
    """The editor in a row with EDITOR_COLUMNS."""
    return Editor(row["editor_id"], row["username"], row["central_id"], row["registered_at"])


def _enrollment(row: Row) -> Enrollment:
    return Enrollment(editor(row), Role(row["role"]), row["joined_at"], row["show_name"])


def _extra(query: EditorQuery) -> tuple[Any, ...]:
    return (containing(query.search), query.order, query.edited)


def _standing(row: Row, viewer: Viewer) -> Standing:
    parts = set(
        parts_of(
            signed_in=viewer.signed_in,
            is_admin=viewer.is_admin,
            roles=[Role(role) for role in row["roles"]],
        )
    )
    if row["organizes"]:
        parts.add(Part.CAMPAIGN_ORGANIZER)
    if row["coordinates"]:
        parts.add(Part.SESSION_COORDINATOR)
    return Standing(frozenset(parts), row["participants"])


def _participant(row: Row) -> Participant:
    return Participant(
        _enrollment(row),
        EditorMetrics(
            edits=row["edits"],
            bytes_added=row["bytes_added"],
            bytes_added_userspace=row["bytes_userspace"],
            bytes_added_draft=row["bytes_draft"],
            articles_edited=row["articles_edited"],
            articles_created=row["articles_created"],
            uploads=row["uploads"],
            last_edit_at=None,
        ),
    )

# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs, campaigns, organizations and sessions as they are stored: read by slug, by number, by what they belong to.

Every function takes any number of keys and runs one statement; a key without a value is missing from the answer. What
a viewer may not see is missing in the same way.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from graph.db.goals import ACTUAL
from graph.db.pool import Pool
from graph.db.visibility import PROGRAM_SEEN, Viewer, bound
from graph.programs import (
    Campaign,
    Goal,
    GoalMetric,
    Organization,
    PasscodePolicy,
    Program,
    ProgramType,
    Session,
    TrackedWiki,
    Visibility,
    Wiki,
)

Row = Mapping[str, Any]

# Many times as quick as asking the enum.
_TYPES = {each.value: each for each in ProgramType}
_VISIBILITIES = {each.value: each for each in Visibility}
_POLICIES = {each.value: each for each in PasscodePolicy}

PROGRAM_COLUMNS = """p.id, p.slug, p.title, p.institution, p.term, p.description, p.type, p.visibility,
    p.tracking_start, p.tracking_end, p.event_start, p.event_end, p.passcode_policy, p.passcode, p.registration_open,
    p.invitation, p.show_names_by_default, p.withdrawn_at, c.created_at, w.dbname, w.domain, w.project, w.language"""
PROGRAM_JOINS = "JOIN collection c ON c.id = p.id JOIN wiki w ON w.id = p.home_wiki_id"
CAMPAIGN_COLUMNS = """k.id, k.slug, k.title, k.description, k.starts_at, k.ends_at, k.organization_id,
    k.default_program_type, k.default_passcode_policy, k.default_passcode, k.template_description, c.created_at"""
CAMPAIGN_JOINS = "JOIN collection c ON c.id = k.id"
ORGANIZATION_COLUMNS = "o.id, o.slug, o.name, o.description"


def _filled(sql: str) -> str:
    pieces = {
        "PROGRAM": PROGRAM_COLUMNS,
        "PROGRAM JOINS": PROGRAM_JOINS,
        "CAMPAIGN": CAMPAIGN_COLUMNS,
        "CAMPAIGN JOINS": CAMPAIGN_JOINS,
        "ORGANIZATION": ORGANIZATION_COLUMNS,
        "SEEN": PROGRAM_SEEN,
        "ACTUAL": ACTUAL,
    }
    for name, piece in pieces.items():
        sql = sql.replace(f"/*{name}*/", piece)
    return bound(sql, 2, 3)


_PROGRAMS_BY_ID = _filled(
    "SELECT /*PROGRAM*/ FROM program p /*PROGRAM JOINS*/ WHERE p.id = ANY($1::bigint[]) AND /*SEEN*/"
)
_PROGRAMS_BY_SLUG = _filled(
    "SELECT /*PROGRAM*/ FROM program p /*PROGRAM JOINS*/ WHERE p.slug = ANY($1::text[]) AND /*SEEN*/"
)
_CAMPAIGNS_BY_ID = _filled("SELECT /*CAMPAIGN*/ FROM campaign k /*CAMPAIGN JOINS*/ WHERE k.id = ANY($1::bigint[])")
_CAMPAIGNS_BY_SLUG = _filled("SELECT /*CAMPAIGN*/ FROM campaign k /*CAMPAIGN JOINS*/ WHERE k.slug = ANY($1::text[])")
_ORGANIZATIONS_BY_ID = _filled("SELECT /*ORGANIZATION*/ FROM organization o WHERE o.id = ANY($1::bigint[])")
_ORGANIZATIONS_BY_SLUG = _filled("SELECT /*ORGANIZATION*/ FROM organization o WHERE o.slug = ANY($1::text[])")
_SESSIONS_BY_ID = _filled(
    "SELECT s.* FROM session s JOIN program p ON p.id = s.program_id WHERE s.id = ANY($1::bigint[]) AND /*SEEN*/"
)
_SESSIONS_BY_SLUG = _filled(
    "SELECT s.* FROM session s JOIN program p ON p.id = s.program_id"
    " WHERE s.slug = $1::text AND ($4::text IS NULL OR p.slug = $4) AND /*SEEN*/ ORDER BY s.id LIMIT 2"
)
_SESSIONS_OF = "SELECT s.* FROM session s WHERE s.program_id = ANY($1::bigint[]) ORDER BY s.starts_at, s.id"
_TRACKED_WIKIS_OF = """
SELECT t.program_id, t.namespaces, w.dbname, w.domain, w.project, w.language
FROM program_wiki t JOIN wiki w ON w.id = t.wiki_id
WHERE t.program_id = ANY($1::bigint[]) ORDER BY t.program_id, w.dbname COLLATE "C"
"""
_GOALS_OF = _filled(
    "SELECT g.program_id, g.metric, g.target, g.reached_at, (/*ACTUAL*/)::bigint AS actual"
    " FROM goal g JOIN collection c ON c.id = g.program_id WHERE g.program_id = ANY($1::bigint[])"
)


async def programs_by_id(pool: Pool, viewer: Viewer, ids: Sequence[int]) -> dict[int, Program]:
    """The programs with these numbers."""
    rows = await pool.fetch(_PROGRAMS_BY_ID, ids, viewer.editor_id, viewer.is_admin)
    return {row["id"]: program(row) for row in rows}


async def programs_by_slug(pool: Pool, viewer: Viewer, slugs: Sequence[str]) -> dict[str, Program]:
    """The programs with these slugs."""
    rows = await pool.fetch(_PROGRAMS_BY_SLUG, slugs, viewer.editor_id, viewer.is_admin)
    return {row["slug"]: program(row) for row in rows}


async def campaigns_by_id(pool: Pool, ids: Sequence[int]) -> dict[int, Campaign]:
    """The campaigns with these numbers."""
    return {row["id"]: campaign(row) for row in await pool.fetch(_CAMPAIGNS_BY_ID, ids)}


async def campaigns_by_slug(pool: Pool, slugs: Sequence[str]) -> dict[str, Campaign]:
    """The campaigns with these slugs."""
    return {row["slug"]: campaign(row) for row in await pool.fetch(_CAMPAIGNS_BY_SLUG, slugs)}


async def organizations_by_id(pool: Pool, ids: Sequence[int]) -> dict[int, Organization]:
    """The organizations with these numbers."""
    return {row["id"]: organization(row) for row in await pool.fetch(_ORGANIZATIONS_BY_ID, ids)}


async def organizations_by_slug(pool: Pool, slugs: Sequence[str]) -> dict[str, Organization]:
    """The organizations with these slugs."""
    return {row["slug"]: organization(row) for row in await pool.fetch(_ORGANIZATIONS_BY_SLUG, slugs)}


async def sessions_by_id(pool: Pool, viewer: Viewer, ids: Sequence[int]) -> dict[int, Session]:
    """The sessions with these numbers."""
    rows = await pool.fetch(_SESSIONS_BY_ID, ids, viewer.editor_id, viewer.is_admin)
    return {row["id"]: session(row) for row in rows}


async def session_called(pool: Pool, viewer: Viewer, slug: str, program_slug: str | None) -> Session | None:
    """The session with this slug, in any program or in one; None where there is none or several."""
    rows = await pool.fetch(_SESSIONS_BY_SLUG, slug, viewer.editor_id, viewer.is_admin, program_slug)
    return session(rows[0]) if len(rows) == 1 else None


async def sessions_of(pool: Pool, program_ids: Sequence[int]) -> dict[int, list[Session]]:
    """The sessions of each program, the earliest first."""
    found: dict[int, list[Session]] = {number: [] for number in program_ids}
    for row in await pool.fetch(_SESSIONS_OF, program_ids):
        found[row["program_id"]].append(session(row))
    return found


async def tracked_wikis_of(pool: Pool, program_ids: Sequence[int]) -> dict[int, list[TrackedWiki]]:
    """The wikis each program tracks, by database name."""
    found: dict[int, list[TrackedWiki]] = {number: [] for number in program_ids}
    for row in await pool.fetch(_TRACKED_WIKIS_OF, program_ids):
        found[row["program_id"]].append(TrackedWiki(wiki(row), tuple(row["namespaces"])))
    return found


async def goals_of(pool: Pool, program_ids: Sequence[int]) -> dict[int, list[Goal]]:
    """The goals of each program with what is reached now, in the order of GoalMetric."""
    found: dict[int, list[Goal]] = {number: [] for number in program_ids}
    order = list(GoalMetric)
    for row in await pool.fetch(_GOALS_OF, program_ids):
        goal = Goal(row["program_id"], GoalMetric(row["metric"]), row["target"], row["actual"], row["reached_at"])
        found[goal.program_id].append(goal)
    return {number: sorted(goals, key=lambda goal: order.index(goal.metric)) for number, goals in found.items()}


def wiki(row: Row) -> Wiki:
    """The wiki in a row with its columns."""
    return Wiki(row["dbname"], row["domain"], row["project"], row["language"])


def program(row: Row) -> Program:
    """The program in a row with PROGRAM_COLUMNS."""
    return Program(
        id=row["id"],
        slug=row["slug"],
        title=row["title"],
        institution=row["institution"],
        term=row["term"],
        description=row["description"],
        type=_TYPES[row["type"]],
        visibility=_VISIBILITIES[row["visibility"]],
        tracking_start=row["tracking_start"],
        tracking_end=row["tracking_end"],
        event_start=row["event_start"],
        event_end=row["event_end"],
        home_wiki=wiki(row),
        passcode_policy=_POLICIES[row["passcode_policy"]],
        passcode=row["passcode"],
        registration_open=row["registration_open"] and row["withdrawn_at"] is None,
        invitation=row["invitation"],
        show_names_by_default=row["show_names_by_default"],
        created_at=row["created_at"],
        withdrawn_at=row["withdrawn_at"],
    )


def campaign(row: Row) -> Campaign:
    """The campaign in a row with CAMPAIGN_COLUMNS."""
    return Campaign(
        id=row["id"],
        slug=row["slug"],
        title=row["title"],
        description=row["description"],
        start=row["starts_at"],
        end=row["ends_at"],
        organization_id=row["organization_id"],
        default_program_type=ProgramType(row["default_program_type"]),
        default_passcode_policy=PasscodePolicy(row["default_passcode_policy"]),
        default_passcode=row["default_passcode"],
        template_description=row["template_description"],
        created_at=row["created_at"],
    )


def organization(row: Row) -> Organization:
    """The organization in a row with ORGANIZATION_COLUMNS."""
    return Organization(row["id"], row["slug"], row["name"], row["description"])


def session(row: Row) -> Session:
    """The session in a row of its table."""
    return Session(
        row["id"], row["program_id"], row["slug"], row["title"], row["venue"], row["starts_at"], row["ends_at"]
    )

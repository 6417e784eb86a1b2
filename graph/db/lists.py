# SPDX-License-Identifier: GPL-3.0-or-later
"""Lists of programs, campaigns and organizations, page by page, for any number of parents in one statement."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from graph.db import catalogue
from graph.db.catalogue import CAMPAIGN_COLUMNS, CAMPAIGN_JOINS, ORGANIZATION_COLUMNS, PROGRAM_COLUMNS, PROGRAM_JOINS
from graph.db.keyset import Listing, containing
from graph.db.pool import Pool
from graph.db.visibility import ENROLLMENT_SEEN, PROGRAM_SEEN, Viewer
from graph.paging import CampaignQuery, OrganizationQuery, Page, ProgramQuery, Slice, Within
from graph.programs import Campaign, Organization, Program

_EARLIEST = "-4611686018427387904"

_PROGRAM_PARENTS = {
    Within.EVERYTHING: "FROM program p /*JOINS*/ WHERE true",
    Within.CAMPAIGN: "FROM campaign_program l JOIN program p ON p.id = l.program_id /*JOINS*/"
    " WHERE l.campaign_id = parent.id",
    # What the viewer shares with this editor: all of it where they are the same.
    Within.EDITOR: "FROM program p /*JOINS*/"
    " WHERE EXISTS (SELECT FROM enrollment n WHERE n.program_id = p.id AND n.editor_id = parent.id AND /*NAMED*/)"
    " AND EXISTS (SELECT FROM enrollment m WHERE m.program_id = p.id AND m.editor_id = $6::bigint)",
}
# $8 search, $9 type, $10 status, $11 now, $12 campaign's slug, $13 wiki, $14 facilitator, $15 order
_PROGRAM_FILTER = """ AND /*SEEN*/
    AND ($8::text IS NULL OR p.title ILIKE $8 OR p.institution ILIKE $8 OR p.slug ILIKE $8)
    AND ($9::text IS NULL OR p.type = $9)
    AND ($10::text IS NULL OR $10 = CASE WHEN $11::timestamptz < p.tracking_start THEN 'UPCOMING'
                                         WHEN $11 > p.tracking_end THEN 'ENDED' ELSE 'ACTIVE' END)
    AND ($12::text IS NULL OR EXISTS (SELECT FROM campaign_program fc JOIN campaign fk ON fk.id = fc.campaign_id
                                      WHERE fc.program_id = p.id AND fk.slug = $12))
    AND ($13::text IS NULL OR EXISTS (SELECT FROM program_wiki ft JOIN wiki fw ON fw.id = ft.wiki_id
                                      WHERE ft.program_id = p.id AND fw.dbname = $13))
    AND ($14::text IS NULL OR EXISTS (SELECT FROM enrollment fe JOIN editor fu ON fu.id = fe.editor_id
                                      WHERE fe.program_id = p.id AND fe.role = 'FACILITATOR' AND fu.username = $14))
"""
_PROGRAM_RANK = """CASE $15::text WHEN 'RECENT_ACTIVITY' THEN c.version WHEN 'NEWEST' THEN p.id
    WHEN 'START' THEN (extract(epoch FROM p.tracking_start) * 1000000)::bigint ELSE 0 END"""

_CAMPAIGN_PARENTS = {
    Within.EVERYTHING: "FROM campaign k /*JOINS*/ WHERE true",
    Within.PROGRAM: "FROM campaign_program l JOIN campaign k ON k.id = l.campaign_id /*JOINS*/"
    " WHERE l.program_id = parent.id",
    Within.ORGANIZATION: "FROM campaign k /*JOINS*/ WHERE k.organization_id = parent.id",
    Within.EDITOR: "FROM campaign_organizer l JOIN campaign k ON k.id = l.campaign_id /*JOINS*/"
    " WHERE l.editor_id = parent.id",
}
# $8 search, $9 order
_CAMPAIGN_FILTER = " AND ($8::text IS NULL OR k.title ILIKE $8 OR k.slug ILIKE $8)"
_CAMPAIGN_RANK = """CASE $9::text WHEN 'NEWEST' THEN k.id
    WHEN 'START' THEN coalesce((extract(epoch FROM k.starts_at) * 1000000)::bigint, /*EARLIEST*/) ELSE 0 END
""".replace("/*EARLIEST*/", _EARLIEST)


def _programs(parent: str) -> Listing:
    source = (parent + _PROGRAM_FILTER).replace("/*JOINS*/", PROGRAM_JOINS)
    return Listing(
        PROGRAM_COLUMNS,
        source.replace("/*SEEN*/", PROGRAM_SEEN).replace("/*NAMED*/", ENROLLMENT_SEEN),
        rank=_PROGRAM_RANK,
        name='lower(p.title) COLLATE "C"',
        number="p.id",
        extra=("text", "text", "text", "timestamptz", "text", "text", "text", "text"),
    )


def _campaigns(parent: str) -> Listing:
    return Listing(
        CAMPAIGN_COLUMNS,
        (parent + _CAMPAIGN_FILTER).replace("/*JOINS*/", CAMPAIGN_JOINS),
        rank=_CAMPAIGN_RANK,
        name='lower(k.title) COLLATE "C"',
        number="k.id",
        extra=("text", "text"),
    )


_PROGRAMS = {within: _programs(parent) for within, parent in _PROGRAM_PARENTS.items()}
_CAMPAIGNS = {within: _campaigns(parent) for within, parent in _CAMPAIGN_PARENTS.items()}
_ORGANIZATIONS = Listing(
    ORGANIZATION_COLUMNS,
    "FROM organization o WHERE ($8::text IS NULL OR o.name ILIKE $8 OR o.slug ILIKE $8)",
    rank="0",
    name='lower(o.name) COLLATE "C"',
    number="o.id",
    extra=("text",),
)


async def programs(
    pool: Pool, viewer: Viewer, now: datetime, parents: Sequence[int], query: ProgramQuery, part: Slice
) -> dict[int, Page[Program]]:
    """The programs of each parent that the viewer may see; of an editor, those shared with the viewer."""
    extra = _program_extra(query, now)
    return await _PROGRAMS[query.within].page(pool, viewer, parents, part, extra, catalogue.program)


async def count_programs(
    pool: Pool, viewer: Viewer, now: datetime, parents: Sequence[int], query: ProgramQuery
) -> dict[int, int]:
    """How many programs each parent has for the viewer."""
    return await _PROGRAMS[query.within].count(pool, viewer, parents, _program_extra(query, now))


async def campaigns(
    pool: Pool, viewer: Viewer, parents: Sequence[int], query: CampaignQuery, part: Slice
) -> dict[int, Page[Campaign]]:
    """The campaigns of each parent; of an editor, those organized by them."""
    extra = (containing(query.search), query.order)
    return await _CAMPAIGNS[query.within].page(pool, viewer, parents, part, extra, catalogue.campaign)


async def count_campaigns(pool: Pool, viewer: Viewer, parents: Sequence[int], query: CampaignQuery) -> dict[int, int]:
    """How many campaigns each parent has."""
    return await _CAMPAIGNS[query.within].count(pool, viewer, parents, (containing(query.search), query.order))


async def organizations(
    pool: Pool, viewer: Viewer, parents: Sequence[int], query: OrganizationQuery, part: Slice
) -> dict[int, Page[Organization]]:
    """All organizations by name; the parents are placeholders."""
    extra = (containing(query.search),)
    return await _ORGANIZATIONS.page(pool, viewer, parents, part, extra, catalogue.organization)


async def count_organizations(
    pool: Pool, viewer: Viewer, parents: Sequence[int], query: OrganizationQuery
) -> dict[int, int]:
    """How many organizations there are."""
    return await _ORGANIZATIONS.count(pool, viewer, parents, (containing(query.search),))


def _program_extra(query: ProgramQuery, now: datetime) -> tuple[Any, ...]:
    return (
        containing(query.search),
        query.type,
        query.status,
        now,
        query.campaign_slug,
        query.wiki,
        query.facilitator,
        query.order,
    )

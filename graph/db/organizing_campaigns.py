# SPDX-License-Identifier: GPL-3.0-or-later
"""Writing down campaigns and organizations; called inside a transaction that holds the ledger's lock."""

from __future__ import annotations

from collections.abc import Collection

from graph.db import catalogue
from graph.db.pool import Connection
from graph.programs import Campaign, Organization

_CAMPAIGN = """
SELECT k.*, c.created_at FROM campaign k JOIN collection c USING (id) WHERE $1::bigint = k.id OR $2::text = k.slug
"""
_INSERT = """
INSERT INTO campaign (id, slug, title, description, starts_at, ends_at, organization_id, default_program_type,
                      default_passcode_policy, default_passcode, template_description)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
"""
_UPDATE = """
UPDATE campaign SET title = $2, description = $3, starts_at = $4, ends_at = $5, organization_id = $6,
                    default_program_type = $7, default_passcode_policy = $8, default_passcode = $9,
                    template_description = $10
WHERE id = $1
"""


async def campaign(conn: Connection, campaign_id: int) -> Campaign | None:
    """One campaign by number."""
    row = await conn.fetchrow(_CAMPAIGN, campaign_id, None)
    return None if row is None else catalogue.campaign(row)


async def campaign_called(conn: Connection, slug: str) -> Campaign | None:
    """One campaign by slug."""
    row = await conn.fetchrow(_CAMPAIGN, None, slug)
    return None if row is None else catalogue.campaign(row)


async def insert_campaign(conn: Connection, new: Campaign, organizer_id: int) -> None:
    """Write a new campaign down, with its first organizer, under the number of its collection."""
    await conn.execute(
        _INSERT,
        new.id,
        new.slug,
        new.title,
        new.description,
        new.start,
        new.end,
        new.organization_id,
        new.default_program_type,
        new.default_passcode_policy,
        new.default_passcode,
        new.template_description,
    )
    await add_organizer(conn, new.id, organizer_id)


async def update_campaign(conn: Connection, changed: Campaign) -> None:
    """Write everything of a campaign anew that may ever change."""
    await conn.execute(
        _UPDATE,
        changed.id,
        changed.title,
        changed.description,
        changed.start,
        changed.end,
        changed.organization_id,
        changed.default_program_type,
        changed.default_passcode_policy,
        changed.default_passcode,
        changed.template_description,
    )


async def add_organizer(conn: Connection, campaign_id: int, editor_id: int) -> None:
    """Make somebody an organizer; whoever is one stays one."""
    await conn.execute(
        "INSERT INTO campaign_organizer (campaign_id, editor_id) VALUES ($1, $2) ON CONFLICT DO NOTHING",
        campaign_id,
        editor_id,
    )


async def remove_organizer(conn: Connection, campaign_id: int, editor_id: int) -> None:
    """Make somebody an organizer no more."""
    await conn.execute(
        "DELETE FROM campaign_organizer WHERE campaign_id = $1 AND editor_id = $2", campaign_id, editor_id
    )


async def organizers(conn: Connection, campaign_id: int) -> set[int]:
    """Who organizes the campaign."""
    rows = await conn.fetch("SELECT editor_id FROM campaign_organizer WHERE campaign_id = $1", campaign_id)
    return {int(row["editor_id"]) for row in rows}


async def add_program(conn: Connection, campaign_id: int, program_id: int) -> bool:
    """Gather a program in a campaign; False where it was there already."""
    made = await conn.fetchval(
        "INSERT INTO campaign_program (campaign_id, program_id) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING 1",
        campaign_id,
        program_id,
    )
    return made is not None


async def remove_program(conn: Connection, campaign_id: int, program_id: int) -> bool:
    """Take a program out of a campaign; False where it was not in it."""
    gone = await conn.fetchval(
        "DELETE FROM campaign_program WHERE campaign_id = $1 AND program_id = $2 RETURNING 1", campaign_id, program_id
    )
    return gone is not None


async def programs_of(conn: Connection, campaign_id: int) -> list[int]:
    """The programs a campaign gathers."""
    rows = await conn.fetch(
        "SELECT program_id FROM campaign_program WHERE campaign_id = $1 ORDER BY program_id", campaign_id
    )
    return [int(row["program_id"]) for row in rows]


async def campaigns_of(conn: Connection, program_id: int) -> list[int]:
    """The campaigns that gather a program."""
    rows = await conn.fetch(
        "SELECT campaign_id FROM campaign_program WHERE program_id = $1 ORDER BY campaign_id", program_id
    )
    return [int(row["campaign_id"]) for row in rows]


async def organization(conn: Connection, organization_id: int) -> Organization | None:
    """One organization by number."""
    row = await conn.fetchrow("SELECT id, slug, name, description FROM organization WHERE id = $1", organization_id)
    return None if row is None else Organization(**row)


async def organization_called(conn: Connection, slug: str) -> Organization | None:
    """One organization by slug."""
    row = await conn.fetchrow("SELECT id, slug, name, description FROM organization WHERE slug = $1", slug)
    return None if row is None else Organization(**row)


async def insert_organization(conn: Connection, new: Organization, coordinators: Collection[int]) -> None:
    """Write a new organization down under the number of its collection."""
    await conn.execute(
        "INSERT INTO organization (id, slug, name, description) VALUES ($1, $2, $3, $4)",
        new.id,
        new.slug,
        new.name,
        new.description,
    )
    await replace_coordinators(conn, new.id, coordinators)


async def update_organization(conn: Connection, changed: Organization) -> None:
    """Write an organization's name and description anew."""
    await conn.execute(
        "UPDATE organization SET name = $2, description = $3 WHERE id = $1",
        changed.id,
        changed.name,
        changed.description,
    )


async def replace_coordinators(conn: Connection, organization_id: int, coordinators: Collection[int]) -> None:
    """These people coordinate the organization and no others."""
    await conn.execute("DELETE FROM organization_coordinator WHERE organization_id = $1", organization_id)
    await conn.executemany(
        "INSERT INTO organization_coordinator (organization_id, editor_id) VALUES ($1, $2)",
        [(organization_id, editor_id) for editor_id in sorted(coordinators)],
    )

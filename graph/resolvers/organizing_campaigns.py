# SPDX-License-Identifier: GPL-3.0-or-later
"""Creating organizations and campaigns, editing them, and gathering programs in campaigns."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from graph.db import cohorts, ledger, organizing_campaigns, organizing_deleting
from graph.db.pool import Connection
from graph.errors import ErrorCode, UserFault
from graph.permissions import Action, Part, may, parts_of
from graph.programs import Campaign, CollectionKind, Organization, PasscodePolicy, Program, ProgramType, Visibility
from graph.resolvers import organizing
from graph.resolvers.deps import Deps
from graph.resolvers.form import PASSCODE, Form, slug
from graph.resolvers.identity import Actor
from graph.resolvers.organizing_programs import check_passcode, check_slug
from graph.resolvers.organizing_sessions import MOST_COORDINATORS
from graph.wikis import KnownUser, wiki

_META = wiki("metawiki")


async def create_organization(deps: Deps, actor: Actor, given: Mapping[str, Any]) -> Organization:
    """Create an organization; for admins. Raises UserFault or Refused."""
    if not may(parts_of(signed_in=actor.signed_in, is_admin=actor.is_admin), Action.ADMINISTER):
        organizing.refuse(actor, Action.ADMINISTER)
    form = Form(given)
    name = form.line("name")
    new = Organization(0, slug(name), name, form.prose("description"))
    check_slug(form, new.slug, "name")
    users = await _coordinators(deps, form)
    form.check()
    async with organizing.change(deps) as conn:
        if await organizing_campaigns.organization_called(conn, new.slug) is not None:
            raise _taken("an organization", "name")
        new = replace(new, id=await ledger.create_collection(conn, CollectionKind.ORGANIZATION))
        await organizing_campaigns.insert_organization(conn, new, await organizing.numbers_of(conn, users))
        return new


async def update_organization(deps: Deps, actor: Actor, given: Mapping[str, Any]) -> Organization:
    """Change an organization; for its coordinators and admins. Raises UserFault or Refused."""
    async with deps.pool.acquire() as conn:
        await _organization_to_edit(conn, actor, given["id"])
    form = Form(given)
    name = form.line("name") if form.has("name") else None
    description = form.prose("description")
    users = await _coordinators(deps, form)
    form.check()
    async with organizing.change(deps) as conn:
        changed = await _organization_to_edit(conn, actor, given["id"])
        changed = replace(changed, name=name or changed.name)
        if form.has("description"):
            changed = replace(changed, description=description)
        await organizing_campaigns.update_organization(conn, changed)
        if form.has("coordinators"):
            numbers = await organizing.numbers_of(conn, users)
            await organizing_campaigns.replace_coordinators(conn, changed.id, numbers)
        return changed


async def _organization_to_edit(conn: Connection, actor: Actor, organization_id: int) -> Organization:
    organization = await organizing_campaigns.organization(conn, organization_id)
    if organization is None:
        raise organizing.missing("organization", "id")
    if not await organizing.may_edit_organization(conn, actor, organization_id):
        organizing.refuse(actor, Action.EDIT_ORGANIZATION)
    return organization


async def _coordinators(deps: Deps, form: Form) -> list[KnownUser]:
    assert _META is not None
    named = form.names("coordinators", MOST_COORDINATORS)
    return await organizing.accounts(deps, form, "coordinators", named, _META)


async def create_campaign(deps: Deps, actor: Actor, given: Mapping[str, Any]) -> Campaign:
    """Create a campaign; the actor is its first organizer. Raises UserFault or Refused."""
    creator = organizing.signed_in(actor)
    form = Form(given)
    title = form.line("title")
    start, end = form.window_or_none("start", "end")
    new = Campaign(
        id=0,
        slug=slug(title),
        title=title,
        description=form.prose("description"),
        start=start,
        end=end,
        organization_id=None,
        default_program_type=form.choice("defaultProgramType", ProgramType.BASIC),
        default_passcode_policy=form.choice("defaultPasscodePolicy", PasscodePolicy.RANDOM),
        default_passcode=form.line_or_none("defaultPasscode", PASSCODE),
        template_description=form.prose("templateDescription"),
        created_at=deps.clock(),
    )
    check_passcode(form, new.default_passcode_policy, new.default_passcode, "defaultPasscode")
    check_slug(form, new.slug, "title")
    form.check()
    async with organizing.change(deps) as conn:
        new = replace(new, organization_id=await _organization(conn, actor, form))
        if await organizing_campaigns.campaign_called(conn, new.slug) is not None:
            raise _taken("a campaign", "title")
        new = replace(new, id=await ledger.create_collection(conn, CollectionKind.CAMPAIGN))
        await organizing_campaigns.insert_campaign(conn, new, creator)
        return await organizing_campaigns.campaign(conn, new.id) or new


async def update_campaign(deps: Deps, actor: Actor, given: Mapping[str, Any]) -> Campaign:
    """Change a campaign; for its organizers. Raises UserFault or Refused."""
    async with deps.pool.acquire() as conn:
        _changed(await organizing.campaign_to(conn, actor, Action.EDIT_CAMPAIGN, given["id"]), given)
    async with organizing.change(deps) as conn:
        old = await organizing.campaign_to(conn, actor, Action.EDIT_CAMPAIGN, given["id"])
        new = _changed(old, given)
        if "organizationSlug" in given:
            new = replace(new, organization_id=await _organization(conn, actor, Form(given)))
        await organizing_campaigns.update_campaign(conn, new)
        if new.organization_id != old.organization_id:
            left = [] if old.organization_id is None else [old.organization_id]
            await cohorts.cover(conn, await organizing_campaigns.programs_of(conn, new.id), left=left)
        return new


def _changed(campaign: Campaign, given: Mapping[str, Any]) -> Campaign:
    """The campaign with what was given. Raises Refused."""
    form = Form(given)
    readers: dict[str, tuple[str, Callable[[], Any]]] = {
        "title": ("title", lambda: form.line("title")),
        "description": ("description", lambda: form.prose("description")),
        "start": ("start", lambda: given["start"]),
        "end": ("end", lambda: given["end"]),
        "defaultProgramType": (
            "default_program_type",
            lambda: form.choice("defaultProgramType", campaign.default_program_type),
        ),
        "defaultPasscodePolicy": (
            "default_passcode_policy",
            lambda: form.choice("defaultPasscodePolicy", campaign.default_passcode_policy),
        ),
        "defaultPasscode": ("default_passcode", lambda: form.line_or_none("defaultPasscode", PASSCODE)),
        "templateDescription": ("template_description", lambda: form.prose("templateDescription")),
    }
    found = {attribute: read() for name, (attribute, read) in readers.items() if form.has(name)}
    if found.get("default_passcode_policy", PasscodePolicy.FIXED) is not PasscodePolicy.FIXED:
        found.setdefault("default_passcode", None)  # a policy that asks for none lets the old one go
    new: Campaign = replace(campaign, **found)
    form.check_window(new.start, new.end, "end" if form.has("end") else "start")
    check_passcode(form, new.default_passcode_policy, new.default_passcode, "defaultPasscode")
    form.check()
    return new


async def _organization(conn: Connection, actor: Actor, form: Form) -> int | None:
    called = form.given.get("organizationSlug")
    if called is None:
        return None
    return (await organizing.organization_called(conn, actor, called, "organizationSlug")).id


async def delete_campaign(deps: Deps, actor: Actor, given: Mapping[str, Any]) -> int:
    """Delete a campaign, whose programs stay; its number. Raises UserFault."""
    async with organizing.change(deps) as conn:
        campaign = await organizing.campaign_to(conn, actor, Action.DELETE_CAMPAIGN, given["id"])
        await organizing_deleting.delete_campaign(conn, campaign.id, campaign.organization_id)
        return campaign.id


async def add_program(deps: Deps, actor: Actor, given: Mapping[str, Any]) -> tuple[Campaign, Program]:
    """Gather a program in a campaign; harmless when repeated. Raises UserFault."""
    async with organizing.change(deps) as conn:
        campaign, program = await _pair(conn, actor, Action.ADD_TO_CAMPAIGN, given)
        if await organizing_campaigns.add_program(conn, campaign.id, program.id):
            await cohorts.cover(conn, [program.id])
        return campaign, program


async def remove_program(deps: Deps, actor: Actor, given: Mapping[str, Any]) -> tuple[Campaign, Program]:
    """Take a program out of a campaign; harmless when repeated. Raises UserFault."""
    async with organizing.change(deps) as conn:
        campaign, program = await _pair(conn, actor, Action.REMOVE_FROM_CAMPAIGN, given)
        if await organizing_campaigns.remove_program(conn, campaign.id, program.id):
            organization = [] if campaign.organization_id is None else [campaign.organization_id]
            await cohorts.cover(conn, [program.id], left=[campaign.id, *organization])
        return campaign, program


async def _pair(conn: Connection, actor: Actor, action: Action, given: Mapping[str, Any]) -> tuple[Campaign, Program]:
    program, parts = await organizing.visible_program(conn, actor, given["programId"], "programId")
    campaign = await organizing_campaigns.campaign(conn, given["campaignId"])
    if campaign is None:
        raise organizing.missing("campaign", "campaignId")
    # To organize some other campaign of the program does not count here.
    parts = (parts - {Part.CAMPAIGN_ORGANIZER}) | await organizing.parts_towards_campaign(conn, actor, campaign.id)
    if not may(parts, action, private=program.visibility is Visibility.PRIVATE):
        organizing.refuse(actor, action)
    return campaign, program


async def add_organizer(deps: Deps, actor: Actor, given: Mapping[str, Any]) -> Campaign:
    """Make somebody who has signed in here once an organizer; harmless when repeated. Raises UserFault."""
    async with organizing.change(deps) as conn:
        campaign = await organizing.campaign_to(conn, actor, Action.EDIT_CAMPAIGN, given["campaignId"], "campaignId")
        person = await organizing.signed_in_once(conn, given["username"])
        organizing.check_room(await organizing_campaigns.organizers(conn, campaign.id), person)
        await organizing_campaigns.add_organizer(conn, campaign.id, person.id)
        return campaign


async def remove_organizer(deps: Deps, actor: Actor, given: Mapping[str, Any]) -> Campaign:
    """Make somebody an organizer no more; never the last. Raises UserFault."""
    async with organizing.change(deps) as conn:
        campaign = await organizing.campaign_to(conn, actor, Action.EDIT_CAMPAIGN, given["campaignId"], "campaignId")
        person = await organizing.known_here(conn, given["username"])
        organizers = await organizing_campaigns.organizers(conn, campaign.id)
        if person.id not in organizers:
            raise UserFault(ErrorCode.NOT_FOUND, f"{person.username} does not organize this campaign.", ("username",))
        if len(organizers) == 1:
            raise UserFault(ErrorCode.NOT_ALLOWED, "A campaign keeps its last organizer.", ("username",))
        await organizing_campaigns.remove_organizer(conn, campaign.id, person.id)
        return campaign


def _taken(what: str, field: str) -> UserFault:
    return UserFault(ErrorCode.TAKEN, f"There is such {what} already: choose another {field}.", (field,))

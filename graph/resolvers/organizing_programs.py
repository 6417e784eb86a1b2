# SPDX-License-Identifier: GPL-3.0-or-later
"""Creating programs, by themselves or like others, and setting their goals."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from graph.db import (
    cohorts,
    ledger,
    organizing_campaigns,
    organizing_cohorts,
    organizing_programs,
    organizing_scopes,
)
from graph.db.pool import Connection
from graph.errors import ErrorCode, UserFault
from graph.permissions import Action
from graph.programs import (
    Campaign,
    CollectionKind,
    GoalMetric,
    PasscodePolicy,
    Program,
    ProgramType,
    Role,
    TrackedWiki,
    Visibility,
)
from graph.resolvers import organizing
from graph.resolvers.deps import Deps
from graph.resolvers.form import PASSCODE, TERM, Form, slug
from graph.resolvers.identity import Actor

HIGHEST_TARGET = 2**53 - 1  # what every client can read
RANDOM_LENGTH = 8
# Letters and digits that nobody confuses when they are read out or written on a board.
_READABLE = "abcdefghjkmnpqrstuvwxyz23456789"


async def create_program(deps: Deps, actor: Actor, given: Mapping[str, Any]) -> Program:
    """Create a program, in a campaign where one is named; the actor is its first facilitator.

    Raises UserFault or Refused.
    """
    creator = organizing.signed_in(actor)
    campaign = await _campaign(deps, given.get("campaignSlug"))
    new, tracked = _read_program(Form(given), campaign, deps.clock())
    async with organizing.change(deps) as conn:
        new = replace(new, slug=await _free_slug(conn, actor, new.slug))
        new = replace(new, id=await ledger.create_collection(conn, CollectionKind.PROGRAM))
        await organizing_programs.insert_program(conn, new, tracked)
        await organizing_programs.give_role(conn, new.id, [creator], Role.FACILITATOR)
        if campaign is not None:
            await _gather(conn, campaign, new.id)
        await cohorts.cover(conn, [new.id])
        return await organizing_programs.program(conn, new.id) or new


async def clone_program(deps: Deps, actor: Actor, given: Mapping[str, Any]) -> Program:
    """Create a program like another, with its wikis, scopes, goals and campaigns and without its people.

    Raises UserFault or Refused.
    """
    form = Form(given)
    async with deps.pool.acquire() as conn:
        await organizing.program_to(conn, actor, Action.CLONE_PROGRAM, given["id"])
    async with organizing.change(deps) as conn:
        model = await organizing.program_to(conn, actor, Action.CLONE_PROGRAM, given["id"])
        new = _read_clone(form, replace(model, visibility=await organizing_programs.visibility_before(conn, model.id)))
        new = replace(new, slug=await _free_slug(conn, actor, new.slug))
        new = replace(new, id=await ledger.create_collection(conn, CollectionKind.PROGRAM))
        await organizing_programs.insert_program(conn, new, await organizing_programs.tracked_wikis(conn, model.id))
        await organizing_programs.give_role(conn, new.id, [organizing.signed_in(actor)], Role.FACILITATOR)
        for campaign_id in await organizing_campaigns.campaigns_of(conn, model.id):
            await organizing_campaigns.add_program(conn, campaign_id, new.id)
        await organizing_cohorts.replace_goals(conn, new.id, await organizing_cohorts.targets(conn, model.id))
        await organizing_scopes.clone(conn, model.id, new.id, organizing.signed_in(actor))
        await cohorts.cover(conn, [new.id])
        return await organizing_programs.program(conn, new.id) or new


def _read_clone(form: Form, model: Program) -> Program:
    title, term = form.line("title"), form.line_or_none("term", TERM)
    start, end = form.window("trackingStart", "trackingEnd")
    check_slug(form, slug(title), "title")
    form.check()
    return replace(
        model,
        title=title,
        term=term,
        slug=program_slug(model.institution, title, term, model.visibility),
        tracking_start=start,
        tracking_end=end,
        event_start=None,
        event_end=None,
        passcode=new_passcode() if model.passcode_policy is PasscodePolicy.RANDOM else model.passcode,
        registration_open=True,
        invitation=new_invitation(),
        withdrawn_at=None,
    )


async def _free_slug(conn: Connection, actor: Actor, wanted: str) -> str:
    """A slug that no program has or had: the one wanted, with an end that nobody guesses where need be.

    An end is all that tells of a program that became private, and a deleted one would tell the same. Raises UserFault
    (TAKEN) where the actor may know of the program that has it.
    """
    taken = await organizing_programs.program_called(conn, wanted)
    if taken is not None and await organizing.is_visible(conn, actor, taken):
        message = f"There is a program {wanted} already: change title or term."
        raise UserFault(ErrorCode.TAKEN, message, ("title",))
    if taken is not None or await organizing_programs.slug_retired(conn, wanted):
        return slug(wanted, new_passcode())
    return wanted


async def _gather(conn: Connection, campaign: Campaign, program_id: int) -> None:
    if await organizing_campaigns.campaign(conn, campaign.id) is None:  # deleted since it was read
        raise organizing.missing("campaign", "campaignSlug")
    await organizing_campaigns.add_program(conn, campaign.id, program_id)


async def _campaign(deps: Deps, slug: str | None) -> Campaign | None:
    if slug is None:
        return None
    async with deps.pool.acquire() as conn:
        found = await organizing_campaigns.campaign_called(conn, slug) if organizing.storable(slug) else None
    if found is None:
        raise organizing.missing("campaign", "campaignSlug")
    return found


def _read_program(form: Form, campaign: Campaign | None, now: datetime) -> tuple[Program, Sequence[TrackedWiki]]:
    title, institution = form.line("title"), form.line("institution")
    term = form.line_or_none("term", TERM)
    tracking_start, tracking_end = form.window("trackingStart", "trackingEnd")
    event_start, event_end = form.window_or_none("eventStart", "eventEnd")
    home = form.wiki("homeWiki")
    tracked = form.tracked_wikis("trackedWikis") if form.has("trackedWikis") else ()
    policy, passcode = read_passcode(form, campaign)
    check_slug(form, slug(title), "title")
    description = form.prose("description")
    if campaign is not None and not form.has("description"):
        description = campaign.template_description
    kind = form.choice("type", ProgramType.BASIC if campaign is None else campaign.default_program_type)
    visibility = form.choice("visibility", Visibility.PUBLIC)
    show_names = form.flag("showNamesByDefault", default=True)
    form.check()
    assert home is not None, "an unknown wiki is a fault"
    program = Program(
        id=0,
        slug=program_slug(institution, title, term, visibility),
        title=title,
        institution=institution,
        term=term,
        description=description,
        type=kind,
        visibility=visibility,
        tracking_start=tracking_start,
        tracking_end=tracking_end,
        event_start=event_start,
        event_end=event_end,
        home_wiki=home,
        passcode_policy=policy,
        passcode=passcode,
        registration_open=True,
        invitation=new_invitation(),
        show_names_by_default=show_names,
        created_at=now,
    )
    return program, tracked or (TrackedWiki(home, (0,)),)


def check_slug(form: Form, made: str, field: str) -> None:
    """Note a title that leaves nothing for an address, unless it is at fault anyway."""
    if not made and not any(fault.field == (field,) for fault in form.faults):
        form.note(ErrorCode.INVALID, "This needs a letter or a digit.", field)


def read_passcode(form: Form, campaign: Campaign | None = None) -> tuple[PasscodePolicy, str | None]:
    """How people get in, and the passcode: given, made, or the campaign's."""
    inherited = PasscodePolicy.RANDOM if campaign is None else campaign.default_passcode_policy
    policy = form.choice("passcodePolicy", inherited)
    given = form.line_or_none("passcode", PASSCODE)
    if policy is PasscodePolicy.RANDOM and given is None:
        return policy, new_passcode()
    if policy is PasscodePolicy.FIXED and given is None and campaign is not None:
        given = campaign.default_passcode
    check_passcode(form, policy, given, "passcode")
    return policy, given


def check_passcode(form: Form, policy: PasscodePolicy, passcode: str | None, field: str) -> None:
    """Note a passcode that is missing, or that nobody would be asked for."""
    if policy is PasscodePolicy.FIXED and passcode is None:
        form.note(ErrorCode.INVALID, "The policy FIXED needs a passcode.", field)
    elif policy is not PasscodePolicy.FIXED and passcode is not None:
        form.note(ErrorCode.INVALID, "A passcode can be given with the policy FIXED only.", field)


def program_slug(institution: str, title: str, term: str | None, visibility: Visibility) -> str:
    """The slug of a new program. A private one has an end that nobody guesses.

    Otherwise whoever tries to take the same name would learn that there is such a program.
    """
    return slug(institution, title, term, new_passcode() if visibility is Visibility.PRIVATE else None)


def new_passcode() -> str:
    """Eight letters and digits that can be read out: about 40 bits."""
    return "".join(secrets.choice(_READABLE) for _ in range(RANDOM_LENGTH))


def new_invitation() -> str:
    """The code of an invitation: 128 random bits, fit for an address."""
    return secrets.token_urlsafe(16)


async def renew_invitation(deps: Deps, actor: Actor, given: Mapping[str, Any]) -> Program:
    """Replace the invitation by a new one. Raises UserFault."""
    async with organizing.change(deps) as conn:
        program = await organizing.program_to(conn, actor, Action.EDIT_PROGRAM, given["programId"], "programId")
        renewed = replace(program, invitation=new_invitation())
        await organizing_programs.renew_invitation(conn, program.id, renewed.invitation)
        return renewed


async def set_goals(deps: Deps, actor: Actor, given: Mapping[str, Any]) -> Program:
    """Replace the program's goals.

    A goal whose target stays or falls stays reached; one whose target rises must be reached anew. Raises UserFault or
    Refused.
    """
    field = "programId"
    async with deps.pool.acquire() as conn:
        await organizing.program_to(conn, actor, Action.EDIT_PROGRAM, given[field], field)
    targets = _read_goals(given["goals"])
    async with organizing.change(deps) as conn:
        program = await organizing.program_to(conn, actor, Action.EDIT_PROGRAM, given[field], field)
        await organizing_cohorts.replace_goals(conn, program.id, targets)
        return program


def _read_goals(goals: Sequence[Mapping[str, Any]]) -> dict[GoalMetric, int]:
    form = Form({})
    targets: dict[GoalMetric, int] = {}
    if len(goals) > 100:  # there are seven metrics: nobody needs a hundred faults to see that
        form.note(ErrorCode.TOO_MANY, "Each metric can have one goal.", "goals")
        form.check()
    for index, goal in enumerate(goals):
        metric, target = GoalMetric(goal["metric"]), goal["target"]
        if metric in targets:
            form.note(ErrorCode.INVALID, f"{metric} has two goals.", "goals", str(index), "metric")
        if not 1 <= target <= HIGHEST_TARGET:
            form.note(ErrorCode.INVALID, f"A target is from 1 to {HIGHEST_TARGET}.", "goals", str(index), "target")
        targets[metric] = target
    form.check()
    return targets

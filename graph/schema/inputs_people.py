# SPDX-License-Identifier: GPL-3.0-or-later
"""What mutations about campaigns, organizations and people are given; absent and null as in graph/schema/inputs.py."""

from __future__ import annotations

from datetime import datetime

import strawberry

from graph.programs import PasscodePolicy, ProgramType, Role
from graph.schema.fields import accepted, said
from graph.schema.inputs import Assumed, optional


@accepted
class CreateCampaignInput:
    """A new campaign. Whoever creates it is its first organizer."""

    title: str = said("The title, at most 200 characters; it makes the slug.")
    description: str | None = optional("What it is about, at most 20,000 characters.")
    start: datetime | None = optional("When it begins.")
    end: datetime | None = optional("When it ends; at most 10 years later.")
    default_program_type: ProgramType | None = optional("The kind of programs created in it; BASIC unless given.")
    default_passcode_policy: PasscodePolicy | None = said(
        "How people get into programs created in it.", default=Assumed("RANDOM")
    )
    default_passcode: str | None = optional("The passcode of programs created in it, with the policy FIXED only.")
    template_description: str | None = optional("The description that programs created in it start with.")
    organization_slug: str | None = optional("The organization that runs it; one must be its coordinator.")


@accepted
class UpdateCampaignInput:
    """What changes of a campaign."""

    id: strawberry.ID = said("The campaign.")
    title: str | None = optional("The title; the slug stays as it is.")
    description: str | None = optional("What it is about.")
    start: datetime | None = optional("When it begins.")
    end: datetime | None = optional("When it ends.")
    default_program_type: ProgramType | None = optional("The kind of programs created in it.")
    default_passcode_policy: PasscodePolicy | None = optional("How people get into programs created in it.")
    default_passcode: str | None = optional("The passcode of programs created in it, with the policy FIXED only.")
    template_description: str | None = optional("The description that programs created in it start with.")
    organization_slug: str | None = optional("The organization that runs it; null for none.")


@accepted
class DeleteCampaignInput:
    """A campaign to delete; its programs stay."""

    id: strawberry.ID = said("The campaign.")


@accepted
class HideCardInput:
    """An edit to take off the live screens of a program."""

    program_id: strawberry.ID = said("The program.")
    edit_id: strawberry.ID = said("The edit.")


@accepted
class ShowCardInput:
    """An edit to show on the live screens of a program again."""

    program_id: strawberry.ID = said("The program.")
    edit_id: strawberry.ID = said("The edit.")


@accepted
class CampaignProgramInput:
    """A campaign and a program."""

    campaign_id: strawberry.ID = said("The campaign.")
    program_id: strawberry.ID = said("The program.")


@accepted
class CampaignOrganizerInput:
    """Somebody who organizes a campaign."""

    campaign_id: strawberry.ID = said("The campaign.")
    username: str = said("Who; they must have signed in here once.")


@accepted
class CreateOrganizationInput:
    """A new organization."""

    name: str = said("The name, at most 200 characters; it makes the slug.")
    description: str | None = optional("What it is, at most 20,000 characters.")
    coordinators: list[str] | None = optional("Who coordinates it, by username.")


@accepted
class UpdateOrganizationInput:
    """What changes of an organization."""

    id: strawberry.ID = said("The organization.")
    name: str | None = optional("The name; the slug stays as it is.")
    description: str | None = optional("What it is.")
    coordinators: list[str] | None = optional("Who coordinates it, all of them, by username.")


@accepted
class JoinProgramInput:
    """Where to join: an invitation's code, or a program with its passcode."""

    invitation: str | None = optional("The code of an invitation, instead of program and passcode.")
    program_id: strawberry.ID | None = optional("The program.")
    passcode: str | None = optional("Its passcode; none where its policy is NONE.")
    session_id: strawberry.ID | None = optional("A session of the program to take part in.")
    show_name: bool | None = optional("Whether to be shown by name; as the program has it unless given.")


@accepted
class LeaveProgramInput:
    """A program to leave."""

    program_id: strawberry.ID = said("The program.")
    erase: bool | None = said(
        "Also remove one's name from everything shown and stored here about the program.", default=False
    )


@accepted
class SetShowNameInput:
    """Whether one is shown by name."""

    program_id: strawberry.ID = said("A program one takes part in.")
    show_name: bool = said("Whether to be shown by name to everybody, or to facilitators only.")


@accepted
class AcknowledgeEnrollmentInput:
    """A program that one agrees to take part in."""

    program_id: strawberry.ID = said("A program that somebody else enrolled one in.")
    show_name: bool | None = optional("Whether to be shown by name; as it was enrolled unless given.")


@accepted
class RemoveEditorInput:
    """An editor to remove from a program."""

    program_id: strawberry.ID = said("The program.")
    username: str = said("Who; also a name that is still pending.")


@accepted
class AddEditorsInput:
    """People to enrol as editors."""

    program_id: strawberry.ID = said("The program.")
    usernames: list[str] = said("Up to 1,000, as pasted: `User:`, underscores, blank lines and repetitions are fine.")
    session_id: strawberry.ID | None = optional("A session of the program they take part in.")
    show_names: bool | None = optional("Whether they are shown by name; as the program has it unless given.")


@accepted
class FacilitatorInput:
    """Somebody who facilitates a program."""

    program_id: strawberry.ID = said("The program.")
    username: str = said("Who; they must have signed in here once.")


@accepted
class VolunteerInput:
    """Somebody who helps with a program, and as what."""

    program_id: strawberry.ID = said("The program.")
    username: str = said("Who; they must have signed in here once.")
    role: Role = said("ONLINE_VOLUNTEER, CAMPUS_VOLUNTEER or STAFF.")


@accepted
class AdminInput:
    """Somebody who administers this service."""

    username: str = said("Who; they must have signed in here once.")


@accepted
class CreateAccessTokenInput:
    """A token for an app that acts for whoever makes it."""

    name: str = said("What the app is called, at most 100 characters.")
    expires_at: datetime | None = optional("When it stops working; never unless given.")


@accepted
class RevokeAccessTokenInput:
    """An access token to make worthless."""

    id: strawberry.ID = said("The token.")

# SPDX-License-Identifier: GPL-3.0-or-later
"""What mutations about programs, sessions and goals are given.

An absent field is unchanged or has its default; null clears it; null where a value is required is INVALID.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import strawberry

from graph.programs import GoalMetric, PasscodePolicy, ProgramType, ScopeKind, Visibility
from graph.schema.fields import accepted, said
from graph.schema.scalars import BigInt

ABSENT = strawberry.UNSET


class Assumed(str):
    """The value the schema shows as a default.

    It equals the one a client may send, and yet tells a field that was left out from one that says the same: what is
    left out may be answered by the campaign's defaults.
    """

    __slots__ = ()


def optional(description: str) -> Any:
    """A field that may be left out."""
    return said(description, default=ABSENT)


@accepted
class TrackedWikiInput:
    """A wiki whose edits count."""

    wiki: str = said("By database name or domain, for example enwiki or en.wikipedia.org.")
    namespaces: list[int] | None = said("The namespaces whose pages count as articles.", default=(0,))


@accepted
class CreateProgramInput:
    """A new program. Whoever creates it is its first facilitator."""

    title: str = said("The title, at most 200 characters. Together with institution and term it makes the slug.")
    institution: str = said("The institution behind it, at most 200 characters; never changed afterwards.")
    term: str | None = optional("The term, where there are several of the same title; at most 100 characters.")
    description: str | None = optional("What it is about, at most 20,000 characters; else the campaign's template.")
    type: ProgramType | None = said(
        "Its kind; else the one its campaign gives to new programs.", default=Assumed("BASIC")
    )
    tracking_start: datetime = said("The first instant whose edits count.")
    tracking_end: datetime = said("The last instant whose edits count; at most 10 years after the first.")
    event_start: datetime | None = optional("When the event begins, where that is not when tracking begins.")
    event_end: datetime | None = optional("When the event ends, where that is not when tracking ends.")
    home_wiki: str = said("The wiki it is at home on, by database name or domain.")
    tracked_wikis: list[TrackedWikiInput] | None = optional("The wikis whose edits count; the home wiki unless given.")
    passcode_policy: PasscodePolicy | None = said(
        "How people get in; else as its campaign has it for new programs.", default=Assumed("RANDOM")
    )
    passcode: str | None = optional("The passcode, at most 100 characters, with the policy FIXED only.")
    visibility: Visibility | None = said("Who may know of it.", default=Visibility.PUBLIC)
    show_names_by_default: bool | None = said("Whether new participants are shown by name.", default=True)
    campaign_slug: str | None = optional("The campaign it is created in.")


@accepted
class UpdateProgramInput:
    """What changes of a program."""

    id: strawberry.ID = said("The program.")
    expected: str | None = optional(
        "Program.revision as it was read: where the program is another by now, nothing changes (CONFLICT)."
    )
    title: str | None = optional("The title; the slug stays as it is.")
    description: str | None = optional("What it is about.")
    type: ProgramType | None = optional("Its kind.")
    tracking_start: datetime | None = optional("The first instant whose edits count.")
    tracking_end: datetime | None = optional("The last instant whose edits count.")
    event_start: datetime | None = optional("When the event begins.")
    event_end: datetime | None = optional("When the event ends.")
    home_wiki: str | None = optional("The wiki it is at home on.")
    tracked_wikis: list[TrackedWikiInput] | None = optional("The wikis whose edits count, all of them.")
    passcode_policy: PasscodePolicy | None = optional("How people get in; RANDOM makes a new passcode.")
    passcode: str | None = optional("The passcode, with the policy FIXED only.")
    registration_open: bool | None = optional("Whether it takes people in.")
    visibility: Visibility | None = optional("Who may know of it.")
    show_names_by_default: bool | None = optional("Whether new participants are shown by name.")


@accepted
class CloneProgramInput:
    """A new program like an old one: description, institution, wikis, scopes, goals, campaigns; not its editors."""

    id: strawberry.ID = said("The program to clone.")
    title: str = said("The new program's title.")
    term: str | None = optional("The new program's term.")
    tracking_start: datetime = said("The first instant whose edits count.")
    tracking_end: datetime = said("The last instant whose edits count.")


@accepted
class WithdrawProgramInput:
    """A program to withdraw."""

    id: strawberry.ID = said("The program.")


@accepted
class RestoreProgramInput:
    """A withdrawn program to restore."""

    id: strawberry.ID = said("The program.")


@accepted
class DeleteProgramInput:
    """A program to delete."""

    id: strawberry.ID = said("The program.")
    confirm_title: str = said("The program's title, typed to confirm.")


@accepted
class CreateSessionInput:
    """A new dated event inside a program."""

    program_id: strawberry.ID = said("The program.")
    title: str = said("The title, at most 200 characters.")
    venue: str | None = optional("Where it takes place, at most 200 characters.")
    start: datetime = said("The first instant of its window.")
    end: datetime = said("The last instant of its window.")
    coordinators: list[str] | None = optional("Who coordinates it, by username.")


@accepted
class UpdateSessionInput:
    """What changes of a session."""

    id: strawberry.ID = said("The session.")
    expected: str | None = optional(
        "Session.revision as it was read: where the session is another by now, nothing changes (CONFLICT)."
    )
    title: str | None = optional("The title.")
    venue: str | None = optional("Where it takes place.")
    start: datetime | None = optional("The first instant of its window.")
    end: datetime | None = optional("The last instant of its window.")
    coordinators: list[str] | None = optional("Who coordinates it, all of them, by username.")


@accepted
class DeleteSessionInput:
    """A session to delete; the program's edits stay."""

    id: strawberry.ID = said("The session.")


@accepted
class AddScopeInput:
    """Articles that count in an article-scoped program."""

    program_id: strawberry.ID = said("The program.")
    kind: ScopeKind = said("Where the articles come from.")
    wiki: str = said("The wiki the articles are on.")
    value: str = said(
        "Category or template title, PSID or pile id or the service's own URL; empty for ASSIGNED_ARTICLES."
    )
    depth: int | None = said("How many levels of subcategories.", default=0)


@accepted
class RemoveScopeInput:
    """A scope to remove."""

    id: strawberry.ID = said("The scope.")


@accepted
class RefreshScopesInput:
    """A program whose scopes are to be read anew."""

    program_id: strawberry.ID = said("The program.")


@accepted
class ArticleTrackingInput:
    """An article to leave out of a program, or to take in again."""

    program_id: strawberry.ID = said("The program.")
    article_id: strawberry.ID = said("The article.")


@accepted
class GoalInput:
    """A number to reach."""

    metric: GoalMetric = said("Which number; each at most once.")
    target: BigInt = said("What to reach, at least 1.")


@accepted
class SetGoalsInput:
    """All goals of a program; they replace those it had."""

    program_id: strawberry.ID = said("The program.")
    goals: list[GoalInput] = said("The goals, in any order; none takes them all away.")


@accepted
class JobInput:
    """A job that failed too often to be tried again by itself."""

    id: strawberry.ID = said("The job.")


@accepted
class RequestUpdateInput:
    """A program whose history is to be read again."""

    program_id: strawberry.ID = said("The program.")


@accepted
class CreateScreenTokenInput:
    """A token for one screen of one program."""

    program_id: strawberry.ID = said("The program.")
    name: str = said("What the screen is called.")


@accepted
class RevokeScreenTokenInput:
    """A screen token to make worthless."""

    id: strawberry.ID = said("The token.")


@accepted
class RenewInvitationInput:
    """A program whose invitation link is to be made worthless and replaced."""

    program_id: strawberry.ID = said("The program.")

# SPDX-License-Identifier: GPL-3.0-or-later
"""The enums, with a description for each of their values."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import TypeVar

import strawberry

from graph.activity import RetractionReason
from graph.errors import ErrorCode
from graph.paging import ArticleOrder, CampaignOrder, EditorOrder, ProgramOrder
from graph.programs import (
    AssignmentRole,
    GoalMetric,
    PasscodePolicy,
    ProgramStatus,
    ProgramType,
    Role,
    ScopeKind,
    Visibility,
)
from graph.resolvers.alerts import AlertKind
from graph.resolvers.organizing_assignments import OfferOutcome
from graph.resolvers.organizing_scopes import ScopeFault, ScopeState
from graph.resolvers.timelines import TimeBucket
from graph.resolvers.updating import JobKind, UpdateState

E = TypeVar("E", bound=Enum)


def declare(kind: type[E], description: str, values: Mapping[str, str], *, name: str | None = None) -> type[E]:
    """Make ``kind`` an enum of the schema; every one of its values needs a description."""
    missing = {member.name for member in kind} ^ values.keys()
    if missing:
        raise TypeError(f"{kind.__name__}: describe exactly its values, not {sorted(missing)}")
    declared = strawberry.enum(kind, description=description, name=name)
    for value in declared.__strawberry_definition__.values:  # type: ignore[attr-defined] # set by the decorator
        value.description = values[value.name]
    return declared


declare(
    ProgramStatus,
    "Where now lies in the tracking window.",
    {
        "UPCOMING": "Tracking has not begun.",
        "ACTIVE": "Tracking is under way; the last second belongs to it.",
        "ENDED": "Tracking is over.",
    },
)
declare(
    ProgramType,
    "The kind of a program. Only ARTICLE_SCOPED changes what counts.",
    {
        "BASIC": "Any program.",
        "EDITATHON": "People edit together for some hours or days.",
        "ARTICLE_SCOPED": "Only edits to the articles in its scopes count.",
        "SINGLE_USER": "One person's work.",
        "CLASSROOM": "A class at a school or university.",
        "FELLOWS": "A cohort of experts who learn to edit.",
        "VISITING_SCHOLARSHIP": "A scholar with access to an institution's sources.",
    },
)
declare(
    Visibility,
    "Who may know of a program.",
    {"PUBLIC": "Everybody.", "PRIVATE": "Those enrolled in it, and administrators; for others it does not exist."},
)
declare(
    PasscodePolicy,
    "How one gets in.",
    {
        "RANDOM": "With a passcode that the server makes.",
        "FIXED": "With a passcode that is given.",
        "NONE": "Anybody may join.",
    },
)
declare(
    Role,
    "What somebody is in a program.",
    {
        "EDITOR": "A participant: these edits count.",
        "FACILITATOR": "Leads the program.",
        "ONLINE_VOLUNTEER": "Helps online.",
        "CAMPUS_VOLUNTEER": "Helps on the spot.",
        "STAFF": "Belongs to the institution behind the program.",
    },
    name="EnrollmentRole",
)
declare(
    GoalMetric,
    "The numbers that can be a goal; each is the one of that name in Metrics.",
    {
        "TOTAL_EDITS": "Metrics.totalEdits.",
        "ARTICLES_CREATED": "Metrics.articlesCreated.",
        "ARTICLES_EDITED": "Metrics.articlesEdited.",
        "ACTIVE_EDITORS": "Metrics.activeEditors.",
        "BYTES_ADDED": "Metrics.bytesAdded.",
        "COMMONS_UPLOADS": "Metrics.commonsUploads.",
        "REFERENCES_ADDED": "Metrics.referencesAdded.",
    },
)
declare(
    ScopeKind,
    "How a scope names its articles.",
    {
        "CATEGORY": "The members of a category, and of its subcategories down to the depth.",
        "TEMPLATE": "The pages that use a template, or whose talk pages do.",
        "PETSCAN": "The result of a PetScan query.",
        "PAGEPILE": "A PagePile.",
        "ASSIGNED_ARTICLES": "The articles assigned to participants.",
    },
)
declare(
    TimeBucket,
    "The width of a timeline's points, in UTC.",
    {
        "MINUTE": "A minute.",
        "HOUR": "An hour.",
        "DAY": "A day.",
        "WEEK": "A week, from Monday.",
        "MONTH": "A month.",
    },
)
declare(
    ProgramOrder,
    "The order of programs; RECENT_ACTIVITY where none is given.",
    {
        "RECENT_ACTIVITY": "Those whose numbers changed last come first.",
        "TITLE": "By title, in any case, from A.",
        "START": "The latest start of tracking first.",
        "NEWEST": "The newest program first.",
    },
)
declare(
    CampaignOrder,
    "The order of campaigns; TITLE where none is given.",
    {
        "TITLE": "By title, in any case, from A.",
        "NEWEST": "The newest campaign first.",
        "START": "The latest start first; those without one come last.",
    },
)
declare(
    EditorOrder,
    "The order of editors; USERNAME where none is given.",
    {
        "USERNAME": "By username, in any case, from A.",
        "EDITS": "Most edits first.",
        "BYTES_ADDED": "Most bytes added first.",
        "JOINED": "Whoever joined last comes first.",
    },
)
declare(
    ArticleOrder,
    "The order of articles; TITLE where none is given.",
    {
        "TITLE": "By title, in any case, from A.",
        "BYTES_ADDED": "Most bytes added first.",
        "EDITS": "Most edits first.",
        "VIEWS": "Most views first; those whose views are not known yet come last.",
        "NEWEST": "Those that came last into the service come first.",
    },
)
declare(
    RetractionReason,
    "Why an edit is to be taken off the screen.",
    {
        "DELETED": "Its page was deleted.",
        "HIDDEN": "The revision or its author's name was hidden on the wiki.",
        "EXCLUDED": "An organizer excluded the article.",
        "OUT_OF_SCOPE": "It lies outside the program's dates, wikis or scopes now.",
        "EDITOR_REMOVED": "Its author is no longer shown in the program.",
    },
)
declare(
    ErrorCode,
    "What is wrong, in a form that programs can act on.",
    {
        "NOT_SIGNED_IN": "Sign in first.",
        "NOT_ALLOWED": "You may not do this.",
        "NOT_FOUND": "There is no such thing, or it is not shown to you.",
        "INVALID": "The value cannot be used; the message says why.",
        "TAKEN": "Something else has this name.",
        "CONFLICT": "Somebody else changed it meanwhile; read it again.",
        "TOO_LONG": "The text is too long.",
        "TOO_MANY": "More than is taken at once.",
        "WRONG_PASSCODE": "This is not the passcode.",
        "ALREADY_ENROLLED": "This person is in the program already.",
        "NOT_ENROLLED": "This person is not in the program.",
        "PROGRAM_ENDED": "The program is over.",
        "HAS_PARTICIPANTS": "The program has participants.",
        "REGISTRATION_CLOSED": "The program takes nobody in now.",
        "RATE_LIMITED": "Too often; try again later.",
        "UNKNOWN_USER": "No wiki knows this username.",
        "UNKNOWN_WIKI": "There is no such wiki.",
        "UNAVAILABLE": "Wikimedia, or our own database, does not answer at the moment; try again later.",
    },
)
declare(
    UpdateState,
    "How far the reading of a program's history is.",
    {
        "WAITING": "It waits for its turn, or to be tried again.",
        "RUNNING": "It is under way.",
        "DONE": "Everything was read.",
        "FAILED": "It failed too often to be tried again by itself.",
    },
    name="ProgramUpdateState",
)
declare(
    AlertKind,
    "What happened on a wiki that whoever runs a program should look at.",
    {
        "REVERTED": "A counted edit was reverted.",
        "DELETED": "A page with counted edits was deleted.",
    },
)
declare(
    JobKind,
    "What the worker does for a program.",
    {
        "BACKFILL": "Reads what was never read of its history.",
        "SETTLE": "Reads once more what was too young to be sure of.",
        "RECONCILE": "Compares it with the wikis' own lists, and mends what differs.",
        "REASSESS": "Decides its stored edits anew.",
        "REFRESH": "Reads which articles its scopes have.",
    },
)
declare(
    ScopeState,
    "How far the reading of a scope's articles is.",
    {
        "WAITING": "It waits for its turn.",
        "READING": "It is under way.",
        "READY": "It went well.",
        "FAILED": "It failed; the scope has what it had before, and is read again.",
    },
)
declare(
    ScopeFault,
    "Why a scope's articles could not be read.",
    {
        "MISSING": "There is no such category, template, query or pile.",
        "OTHER_WIKI": "The query or pile is about another wiki.",
        "TOO_MANY": "There are more articles than a program may have.",
        "DOWN": "The wiki or the service cannot be reached, or is out of order.",
        "SLOW": "The service took too long.",
        "FORM": "The service did not answer in its form, for example with a page for people.",
        "REFUSED": "The service could not do it, and says why.",
        "INTERNAL": "An error of ours.",
    },
)
declare(
    AssignmentRole,
    "What somebody is to do with an article.",
    {"WRITE": "Begin it, or go on with it.", "REVIEW": "Read what others wrote, and say what could be better."},
)
declare(
    OfferOutcome,
    "What became of a pasted line.",
    {
        "ADDED": "The article is offered from now on.",
        "KNOWN": "It is offered already, be it available or claimed; or another line means the same article.",
        "REFUSED": "It is no article that can be offered; the message says why.",
    },
)

# SPDX-License-Identifier: GPL-3.0-or-later
"""The nouns of the field: programs, campaigns, organizations, sessions, editors, and their rules.

Pure: no I/O, no clock. All instants are aware and in UTC.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum


class CollectionKind(IntEnum):
    """What owns a set of counted edits."""

    PROGRAM = 1
    SESSION = 2
    CAMPAIGN = 3
    ORGANIZATION = 4


class ProgramType(StrEnum):
    """The incumbent's kinds of program; only ARTICLE_SCOPED changes what counts."""

    BASIC = "BASIC"
    EDITATHON = "EDITATHON"
    ARTICLE_SCOPED = "ARTICLE_SCOPED"
    SINGLE_USER = "SINGLE_USER"
    CLASSROOM = "CLASSROOM"
    FELLOWS = "FELLOWS"
    VISITING_SCHOLARSHIP = "VISITING_SCHOLARSHIP"


class ProgramStatus(StrEnum):
    """Where now lies in the tracking window."""

    UPCOMING = "UPCOMING"
    ACTIVE = "ACTIVE"
    ENDED = "ENDED"


class Visibility(StrEnum):
    """Who may know of a program."""

    PUBLIC = "PUBLIC"
    PRIVATE = "PRIVATE"


class PasscodePolicy(StrEnum):
    """RANDOM is made by the server, FIXED is given, NONE lets anyone join."""

    RANDOM = "RANDOM"
    FIXED = "FIXED"
    NONE = "NONE"


class Role(StrEnum):
    """What somebody is in a program."""

    EDITOR = "EDITOR"
    FACILITATOR = "FACILITATOR"
    ONLINE_VOLUNTEER = "ONLINE_VOLUNTEER"
    CAMPUS_VOLUNTEER = "CAMPUS_VOLUNTEER"
    STAFF = "STAFF"


class GoalMetric(StrEnum):
    """The numbers a program can set itself as a goal."""

    TOTAL_EDITS = "TOTAL_EDITS"
    ARTICLES_CREATED = "ARTICLES_CREATED"
    ARTICLES_EDITED = "ARTICLES_EDITED"
    ACTIVE_EDITORS = "ACTIVE_EDITORS"
    BYTES_ADDED = "BYTES_ADDED"
    COMMONS_UPLOADS = "COMMONS_UPLOADS"
    REFERENCES_ADDED = "REFERENCES_ADDED"


class ScopeKind(StrEnum):
    """How an article-scoped program names its articles."""

    CATEGORY = "CATEGORY"
    TEMPLATE = "TEMPLATE"
    PETSCAN = "PETSCAN"
    PAGEPILE = "PAGEPILE"
    ASSIGNED_ARTICLES = "ASSIGNED_ARTICLES"


class AssignmentRole(StrEnum):
    """What somebody is to do with an article."""

    WRITE = "WRITE"
    REVIEW = "REVIEW"


@dataclass(frozen=True, slots=True)
class Wiki:
    """A wiki by database name (``enwiki``); ``language`` is None for multilingual ones."""

    dbname: str
    domain: str
    project: str
    language: str | None


@dataclass(frozen=True, slots=True)
class TrackedWiki:
    """A wiki whose edits count, and the namespaces whose pages count as articles."""

    wiki: Wiki
    namespaces: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Editor:
    """A person on the wikis. ``central_id`` survives renames; ``username`` is a label."""

    id: int
    username: str
    central_id: int | None
    registered_at: datetime | None


@dataclass(frozen=True, slots=True)
class Organization:
    """A chapter, affiliate or institution that runs campaigns."""

    id: int
    slug: str
    name: str
    description: str


@dataclass(frozen=True, slots=True)
class Campaign:
    """A gathering of programs."""

    id: int
    slug: str
    title: str
    description: str
    start: datetime | None
    end: datetime | None
    organization_id: int | None
    default_program_type: ProgramType
    default_passcode_policy: PasscodePolicy
    default_passcode: str | None
    template_description: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Program:
    """A cohort, a window and wikis: what counts is the cohort's edits there and then.

    One that is withdrawn (``withdrawn_at``) is private and takes nobody in.
    """

    id: int
    slug: str
    title: str
    institution: str
    term: str | None
    description: str
    type: ProgramType
    visibility: Visibility
    tracking_start: datetime
    tracking_end: datetime
    event_start: datetime | None
    event_end: datetime | None
    home_wiki: Wiki
    passcode_policy: PasscodePolicy
    passcode: str | None
    registration_open: bool
    invitation: str
    show_names_by_default: bool
    created_at: datetime
    withdrawn_at: datetime | None = None

    def status(self, now: datetime) -> ProgramStatus:
        """Where ``now`` lies in the tracking window (both ends belong to it)."""
        if now < self.tracking_start:
            return ProgramStatus.UPCOMING
        return ProgramStatus.ENDED if now > self.tracking_end else ProgramStatus.ACTIVE


@dataclass(frozen=True, slots=True)
class Session:
    """A dated event inside a program."""

    id: int
    program_id: int
    slug: str
    title: str
    venue: str | None
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Enrollment:
    """One editor's part in a program."""

    editor: Editor
    role: Role
    joined_at: datetime
    show_name: bool


@dataclass(frozen=True, slots=True)
class WantedArticle:
    """An article that a program wants, by its full title; ``offered_at`` says since when editors may claim it."""

    id: int
    program_id: int
    wiki: Wiki
    namespace: int
    title: str
    offered_at: datetime | None


@dataclass(frozen=True, slots=True)
class Assignment:
    """Somebody who writes or reviews an article; ``claimed``: they took it themselves."""

    id: int
    article: WantedArticle
    editor: Editor
    role: AssignmentRole
    claimed: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class Goal:
    """A number to reach; ``reached_at`` is set once and never taken back."""

    program_id: int
    metric: GoalMetric
    target: int
    actual: int
    reached_at: datetime | None

# SPDX-License-Identifier: GPL-3.0-or-later
"""How long lists are asked for and given: what of, in which order, from where on, how many.

Pure. The queries are frozen values, so that equal questions can be answered together. A key is the place of an item in
its order; a page is given from just after a key, so that nothing is skipped or repeated while the list grows.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from graph.programs import AssignmentRole, ProgramStatus, ProgramType

T = TypeVar("T")
Key = tuple[int | str, ...]


class Within(StrEnum):
    """What a list belongs to; its number is given apart."""

    EVERYTHING = "EVERYTHING"
    PROGRAM = "PROGRAM"
    SESSION = "SESSION"
    CAMPAIGN = "CAMPAIGN"
    ORGANIZATION = "ORGANIZATION"
    EDITOR = "EDITOR"


class ProgramOrder(StrEnum):
    """The orders of a list of programs; the first is used where none is given."""

    RECENT_ACTIVITY = "RECENT_ACTIVITY"
    TITLE = "TITLE"
    START = "START"
    NEWEST = "NEWEST"


class CampaignOrder(StrEnum):
    """The orders of a list of campaigns; the first is used where none is given."""

    TITLE = "TITLE"
    NEWEST = "NEWEST"
    START = "START"


class EditorOrder(StrEnum):
    """The orders of a list of editors; the first is used where none is given."""

    USERNAME = "USERNAME"
    EDITS = "EDITS"
    BYTES_ADDED = "BYTES_ADDED"
    JOINED = "JOINED"


class ArticleOrder(StrEnum):
    """The orders of a list of articles; the first is used where none is given."""

    TITLE = "TITLE"
    BYTES_ADDED = "BYTES_ADDED"
    EDITS = "EDITS"
    VIEWS = "VIEWS"
    NEWEST = "NEWEST"


@dataclass(frozen=True, slots=True)
class Slice:
    """At most ``first`` items, from just after the place ``after`` (None: from the beginning)."""

    first: int
    after: Key | None = None


@dataclass(frozen=True, slots=True)
class Item(Generic[T]):
    """A member of a list and its place in it."""

    value: T
    key: Key


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """A part of a list; ``more`` says that the list goes on after it."""

    items: tuple[Item[T], ...]
    more: bool


@dataclass(frozen=True, slots=True)
class ProgramQuery:
    """Which programs. ``search`` looks in title, institution and slug; the rest must be equal where given."""

    within: Within = Within.EVERYTHING
    search: str | None = None
    type: ProgramType | None = None
    status: ProgramStatus | None = None
    campaign_slug: str | None = None
    wiki: str | None = None
    facilitator: str | None = None
    order: ProgramOrder = ProgramOrder.RECENT_ACTIVITY


@dataclass(frozen=True, slots=True)
class CampaignQuery:
    """Which campaigns. ``search`` looks in title and slug."""

    within: Within = Within.EVERYTHING
    search: str | None = None
    order: CampaignOrder = CampaignOrder.TITLE


@dataclass(frozen=True, slots=True)
class OrganizationQuery:
    """Which organizations. ``search`` looks in name and slug."""

    search: str | None = None


@dataclass(frozen=True, slots=True)
class EditorQuery:
    """Which editors of a program, session or campaign.

    ``search`` looks in the username; ``edited``: with counted edits.
    """

    within: Within
    search: str | None = None
    edited: bool | None = None
    order: EditorOrder = EditorOrder.USERNAME


@dataclass(frozen=True, slots=True)
class ArticleQuery:
    """Which articles of a collection: on one wiki (database name), created there or not, excluded or not.

    ``search`` looks in the title.
    """

    wiki: str | None = None
    created: bool | None = None
    order: ArticleOrder = ArticleOrder.TITLE
    excluded: bool | None = None
    search: str | None = None


@dataclass(frozen=True, slots=True)
class EditQuery:
    """Which edits of a collection: on one wiki (database name), by one editor (username). Newest first."""

    wiki: str | None = None
    editor: str | None = None


@dataclass(frozen=True, slots=True)
class UploadQuery:
    """Which uploads of a collection: by one editor (username). Newest first."""

    editor: str | None = None


@dataclass(frozen=True, slots=True)
class AssignmentQuery:
    """Which assignments of a program: to write or to review, of one editor (username)."""

    role: AssignmentRole | None = None
    editor: str | None = None


@dataclass(frozen=True, slots=True)
class AvailableQuery:
    """Which available articles of a program: on one wiki (database name); ``search`` looks in the title."""

    wiki: str | None = None
    search: str | None = None

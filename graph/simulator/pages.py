# SPDX-License-Identifier: GPL-3.0-or-later
"""What a wiki keeps: accounts, pages and revisions. Times are ISO 8601 strings in UTC, so they sort as text."""

from __future__ import annotations

from dataclasses import dataclass, field

from graph.simulator.wikis import Wiki

HIDDEN_TEXT, HIDDEN_COMMENT, HIDDEN_USER, SUPPRESSED = 1, 2, 4, 8  # the bits of rev_deleted


@dataclass(slots=True)
class LocalAccount:
    """An account on one wiki: its number there, when it came, and its revisions by number."""

    user_id: int
    registered: str
    edit_count: int = 0
    first_edit: str | None = None
    revisions: dict[int, Revision] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class Account:
    """A person (or bot, or temporary account) on all wikis. ``registered`` is None where it is not known."""

    central_id: int
    name: str
    registered: str | None
    temporary: bool = False
    bot: bool = False
    groups: tuple[str, ...] = ()
    home: str = "enwiki"
    edit_count: int = 0
    local: dict[str, LocalAccount] = field(default_factory=dict)

    def effective_groups(self) -> list[str]:
        """The groups with those that come by themselves."""
        implied = ["*", "temp"] if self.temporary else ["*", "user", "autoconfirmed"]
        return [*(["bot"] if self.bot else []), *self.groups, *implied]


@dataclass(slots=True, eq=False)
class Revision:
    """One revision. ``parent_id`` is 0 for a first one; ``hidden`` holds the bits of rev_deleted.

    One that is not ``measured`` has neither parent nor size in the database's row, as some old imports.
    """

    id: int
    page: Page
    parent_id: int
    parent_size: int
    author: Account
    at: str
    size: int
    sha1: str
    minor: bool = False
    comment: str = ""
    redirect: bool = False
    hidden: int = 0
    tags: list[str] = field(default_factory=list)
    measured: bool = True

    def shows(self, bit: int) -> bool:
        """Whether everybody may see this part."""
        return not self.hidden & bit


@dataclass(slots=True, eq=False)
class Page:
    """A page with all its revisions, oldest first. ``key`` is the prefixed database key.

    ``categories``, ``templates`` and ``links`` are the keys of pages it is in, transcludes and links to.
    """

    id: int
    wiki: Wiki
    namespace: int
    key: str
    revisions: list[Revision] = field(default_factory=list)
    deleted: bool = False
    redirect_to: str | None = None
    redacted: bool = False
    categories: set[str] = field(default_factory=set)
    templates: set[str] = field(default_factory=set)
    links: set[str] = field(default_factory=set)

    @property
    def title(self) -> str:
        """The title as people read it."""
        return self.key.replace("_", " ")

    @property
    def latest(self) -> Revision:
        """The current revision."""
        return self.revisions[-1]

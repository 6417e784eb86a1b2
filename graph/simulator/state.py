# SPDX-License-Identifier: GPL-3.0-or-later
"""What the stand-in knows: wikis, accounts, pages; and how a change gets into the event log."""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from graph.errors import GraphError
from graph.simulator import payloads
from graph.simulator.canaries import emit_canaries
from graph.simulator.log import PAGE_CHANGE, EventLog, iso_seconds, wall_clock
from graph.simulator.pages import Account, LocalAccount, Page, Revision
from graph.simulator.wikis import Wiki, capitalize, known_wikis

# The same numbers on every wiki, on purpose: whoever forgets that a revision is (wiki, number) finds out.
FIRST_PAGE_ID, FIRST_REVISION_ID, FIRST_USER_ID, FIRST_CENTRAL_ID = 50_000_001, 1_300_000_001, 5_000_001, 70_000_001


class NotPossible(GraphError):
    """A wiki would refuse this: no such page, title taken, no such revision."""


@dataclass(frozen=True, slots=True)
class LogEntry:
    """A line of a wiki's public log."""

    wiki: str
    type: str
    action: str
    title: str
    performer: str
    at: str


def moment(at: datetime | str | None, now: int) -> str:
    """Write a time as wikis do, in whole seconds; None is now (ms since 1970)."""
    if at is None:
        return iso_seconds(now // 1000)
    if isinstance(at, str):
        at = datetime.fromisoformat(at)
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class State:
    """The registry under ``Wikimedia``: finds and makes accounts and pages, and emits events."""

    def __init__(self, *, clock: Callable[[], int] = wall_clock, seed: int = 0) -> None:
        self.log = EventLog(clock, seed=seed)
        self.wikis: dict[str, Wiki] = {}
        self.accounts: dict[str, Account] = {}
        self.accounts_by_id: dict[int, Account] = {}
        self.pages: dict[tuple[str, str], Page] = {}
        self.deleted: dict[tuple[str, str], Page] = {}
        self.revisions: dict[tuple[str, int], Revision] = {}
        # The pages of each category and with each template, deleted ones too.
        self.members: dict[tuple[str, str], dict[Page, None]] = {}
        self.transclusions: dict[tuple[str, str], dict[Page, None]] = {}
        self.logs: deque[LogEntry] = deque(maxlen=10_000)
        self._next: dict[tuple[str, str], int] = {}
        self._contents = 0
        for wiki in known_wikis():
            self.add_wiki(wiki)

    def now(self) -> int:
        """The stand-in's time in ms since 1970."""
        return self.log.clock()

    def add_wiki(self, wiki: Wiki) -> Wiki:
        """Open another wiki."""
        self.wikis[wiki.dbname] = wiki
        return wiki

    # Accounts

    def create_user(
        self,
        name: str,
        *,
        registered: datetime | str | None = None,
        temporary: bool = False,
        bot: bool = False,
        home: str = "enwiki",
        wikis: list[str] | None = None,
    ) -> Account:
        """Register a global account, with local ones on ``home`` and ``wikis``; now unless ``registered`` says when."""
        name = capitalize(name)
        if name in self.accounts:
            raise NotPossible(f"the account {name!r} exists")
        central_id = self._number("", "central", FIRST_CENTRAL_ID)
        account = Account(central_id, name, moment(registered, self.now()), temporary, bot, home=home)
        self.accounts[name] = self.accounts_by_id[central_id] = account
        for dbname in dict.fromkeys([home, *(wikis or [])]):
            self.attach(account, dbname, at=account.registered)
        return account

    def attach(self, account: Account, dbname: str, *, at: str | None = None) -> LocalAccount:
        """The account's local side on a wiki, made when it is first needed."""
        local = account.local.get(dbname)
        if local is None:
            number = self._number(self.wiki(dbname).dbname, "user", FIRST_USER_ID)
            local = account.local[dbname] = LocalAccount(number, at or moment(None, self.now()))
        return local

    def account(self, name: str) -> Account:
        """An account by its name, registered now if nobody has it."""
        return self.accounts.get(capitalize(name)) or self.create_user(name)

    # Pages

    def wiki(self, dbname: str) -> Wiki:
        """A wiki by its database name."""
        wiki = self.wikis.get(dbname)
        if wiki is None:
            raise NotPossible(f"there is no wiki {dbname!r}")
        return wiki

    def find_page(self, dbname: str, title: str) -> Page | None:
        """A live page by its title in any accepted writing."""
        return self.pages.get((dbname, self.wiki(dbname).key(title)[1]))

    def page(self, dbname: str, title: str) -> Page:
        """A live page that must be there."""
        page = self.find_page(dbname, title)
        if page is None:
            raise NotPossible(f"there is no page {title!r} on {dbname}")
        return page

    def revision(self, dbname: str, revision_id: int) -> Revision:
        """A revision that must be there, live or deleted."""
        revision = self.revisions.get((dbname, revision_id))
        if revision is None:
            raise NotPossible(f"there is no revision {revision_id} on {dbname}")
        return revision

    def new_page(self, dbname: str, title: str) -> Page:
        """Take a title; the page has no revision yet."""
        wiki = self.wiki(dbname)
        namespace, key = wiki.key(title)
        if (dbname, key) in self.pages:
            raise NotPossible(f"the page {key!r} exists on {dbname}")
        page = Page(self._number(dbname, "page", FIRST_PAGE_ID), wiki, namespace, key)
        self.pages[dbname, key] = page
        return page

    def new_revision(
        self, page: Page, author: Account, *, size: int, at: str, minor: bool = False, comment: str = "",
        sha1: str | None = None, parent: Revision | None = None,
    ) -> Revision:  # fmt: skip
        """Write a revision at the end of a page's history and into its author's contributions."""
        dbname = page.wiki.dbname
        local = self.attach(author, dbname)
        revision = Revision(
            id=self._number(dbname, "revision", FIRST_REVISION_ID),
            page=page,
            parent_id=parent.id if parent else 0,
            parent_size=parent.size if parent else 0,
            author=author,
            at=at,
            size=size,
            sha1=sha1 or self._fresh_sha1(),
            minor=minor,
            comment=comment,
            redirect=page.redirect_to is not None,
        )
        page.revisions.append(revision)
        self.revisions[dbname, revision.id] = revision
        local.revisions[revision.id] = revision
        local.edit_count += 1
        local.first_edit = min(local.first_edit or at, at)
        author.edit_count += 1
        return revision

    def forget_page(self, page: Page) -> None:
        """Drop a page and all its revisions from memory, as if they had never been; no event."""
        dbname = page.wiki.dbname
        for index in (self.pages, self.deleted):
            if index.get((dbname, page.key)) is page:
                del index[dbname, page.key]
        for category in page.categories:
            self.members[dbname, category].pop(page, None)
        for template in page.templates:
            self.transclusions[dbname, template].pop(page, None)
        for revision in page.revisions:
            self.revisions.pop((dbname, revision.id), None)
            revision.author.local[dbname].revisions.pop(revision.id, None)

    # Events

    def ids(self, request_id: str | None = None) -> tuple[str, str]:
        """Identifiers for an event and the request that caused it."""
        return self.log.uuid(), request_id or self.log.uuid()

    def page_change(
        self,
        kind: str,
        page: Page,
        *,
        dt: str,
        performer: Account | None,
        request_id: str | None = None,
        comment: str | None = None,
    ) -> dict[str, Any]:
        """The body of a page change, to be completed and given to ``emit``."""
        target = self.pages.get((page.wiki.dbname, page.redirect_to)) if page.redirect_to else None
        ids = self.ids(request_id)
        return payloads.page_change(kind, page, dt=dt, performer=performer, ids=ids, target=target, comment=comment)

    def emit(self, event: dict[str, Any], stream: str = PAGE_CHANGE) -> None:
        """Put an event into the log, after the canaries where they are due."""
        self.tick()
        # What a change adds to the common members comes before these two.
        for name in ("$schema", "meta"):
            event[name] = event.pop(name)
        self.log.append(stream, event)

    def tick(self) -> None:
        """Let time do its work on the log: canaries, and forgetting what is too old."""
        if self.log.canary_is_due():
            emit_canaries(self.log)
            self.log.expire()

    def record(self, wiki: str, kind: str, action: str, title: str, performer: str) -> None:
        """Write a line into the wiki's public log."""
        self.logs.append(LogEntry(wiki, kind, action, title, performer, moment(None, self.now())))

    def _number(self, wiki: str, kind: str, first: int) -> int:
        number = self._next.get((wiki, kind), first)
        self._next[wiki, kind] = number + 1
        return number

    def _fresh_sha1(self) -> str:
        self._contents += 1
        return hashlib.sha1(self._contents.to_bytes(8), usedforsecurity=False).hexdigest()[:31]

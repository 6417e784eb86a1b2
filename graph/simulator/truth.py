# SPDX-License-Identifier: GPL-3.0-or-later
"""What is true on the wikis now, as plain lists from which naive code can count everything anew."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from graph.simulator.pages import HIDDEN_COMMENT, HIDDEN_TEXT, HIDDEN_USER, Page, Revision
from graph.simulator.state import State

# Pages that are there now, as (wiki, page id).
TruePages = set[tuple[str, int]]


@dataclass(frozen=True, slots=True)
class TrueRevision:
    """A revision of a page that is not deleted, with its page's present title and namespace.

    ``byte_change`` is against the parent, ``created`` says there is none, ``redirect`` that the revision was a
    redirect. ``at`` is ISO 8601 in UTC, whole seconds. Hidden parts are told here; the flags say what is hidden.
    """

    wiki: str
    page_id: int
    namespace: int
    title: str
    revision_id: int
    username: str
    central_id: int
    at: str
    size: int
    byte_change: int
    created: bool
    redirect: bool
    minor: bool
    summary: str
    tags: tuple[str, ...]
    text_hidden: bool
    user_hidden: bool
    comment_hidden: bool


@dataclass(frozen=True, slots=True)
class TrueUser:
    """An account. ``registered`` is ISO 8601, or None where it is not known."""

    username: str
    central_id: int
    registered: str | None
    temporary: bool
    wikis: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Truth:
    """All live revisions, by wiki and number, and all accounts."""

    revisions: list[TrueRevision]
    users: list[TrueUser]


def truth(state: State) -> Truth:
    """Read the truth; the stream and the API must lead to the same numbers."""
    live = [revision for _, revision in sorted(state.revisions.items()) if not revision.page.deleted]
    users = [
        TrueUser(account.name, account.central_id, account.registered, account.temporary, tuple(account.local))
        for account in state.accounts.values()
    ]
    return Truth([_true_revision(revision) for revision in live], users)


def in_category(state: State, wiki: str, title: str, depth: int = 0) -> TruePages:
    """The pages in a category (a full title), or in one at most ``depth`` levels below it; not these themselves.

    A category that is a redirect is what it leads to, and itself. Goes from each page upwards, while whoever asks the
    wiki has to go downwards.
    """
    named = state.wiki(wiki).key(title)[1]
    roots = {named, _led_to(state, wiki, named)}

    def belongs(page: Page, left: int) -> bool:
        if roots & page.categories:
            return True
        above = (state.pages.get((wiki, key)) for key in page.categories)
        return left > 0 and any(category is not None and belongs(category, left - 1) for category in above)

    return _those(state, wiki, lambda page: page.namespace != 14 and belongs(page, depth))


def with_template(state: State, wiki: str, title: str) -> TruePages:
    """The pages that transclude a template (a full title), or what it leads to."""
    template = _led_to(state, wiki, state.wiki(wiki).key(title)[1])
    return _those(state, wiki, lambda page: template in page.templates)


def with_titles(state: State, wiki: str, titles: Iterable[str], *, followed: bool = True) -> TruePages:
    """The pages of these titles, and unless not ``followed``, in the place of redirects what these lead to."""
    keys = {state.wiki(wiki).key(title)[1] for title in titles}
    wanted = {_led_to(state, wiki, key) for key in keys} if followed else keys
    return _those(state, wiki, lambda page: page.key in wanted)


def _those(state: State, wiki: str, belongs: Callable[[Page], bool]) -> TruePages:
    return {(wiki, page.id) for (dbname, _), page in state.pages.items() if dbname == wiki and belongs(page)}


def _led_to(state: State, wiki: str, key: str) -> str:
    passed: set[str] = set()
    while key not in passed and (page := state.pages.get((wiki, key))) is not None and page.redirect_to is not None:
        passed.add(key)
        key = page.redirect_to
    return key


def _true_revision(revision: Revision) -> TrueRevision:
    page = revision.page
    return TrueRevision(
        wiki=page.wiki.dbname,
        page_id=page.id,
        namespace=page.namespace,
        title=page.title,
        revision_id=revision.id,
        username=revision.author.name,
        central_id=revision.author.central_id,
        at=revision.at,
        size=revision.size,
        byte_change=revision.size - revision.parent_size,
        created=revision.parent_id == 0,
        redirect=revision.redirect,
        minor=revision.minor,
        summary=revision.comment,
        tags=tuple(revision.tags),
        text_hidden=not revision.shows(HIDDEN_TEXT),
        user_hidden=not revision.shows(HIDDEN_USER),
        comment_hidden=not revision.shows(HIDDEN_COMMENT),
    )

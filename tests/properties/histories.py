# SPDX-License-Identifier: GPL-3.0-or-later
"""Hypothesis strategies: what may happen on some wikis, as the events that tell of it, in the order it happened."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from hypothesis import strategies as st

from graph.edits import (
    Change,
    PageDeleted,
    PageMoved,
    PageUndeleted,
    RevisionsReverted,
    RevisionTagged,
    RevisionVisibility,
    SeenEdit,
)
from tests.db.world import NOON, SECOND, edit

LATE = 13  # after the windows of the tests have begun and ended
DAY = timedelta(days=1)

WIKIS = ("enwiki", "dewiki", "arwiki", "commonswiki")
NAMESPACES = (0, 1, 2, 118)

Event = SeenEdit | Change


@dataclass
class Page:
    wiki: str
    number: int
    namespace: int
    title: str
    deleted: bool = False
    revisions: list[int] = field(default_factory=list)


ALL_SHOWN = (True, True, True)


class Wikis:
    """Tells what happens, one thing every ten seconds. Pages and revisions are numbered from ``first`` on."""

    def __init__(self, first: int = 1) -> None:
        self.pages: list[Page] = []
        self._saved: dict[int, SeenEdit] = {}
        self._shown: dict[int, tuple[bool, bool, bool]] = {}
        self._reverted: set[int] = set()
        self._next = first
        self._ticks = 0

    def _number(self) -> int:
        self._next += 1
        return self._next

    def now(self) -> datetime:
        """Ten seconds later each time; what comes late comes the day after, which begins another week."""
        self._ticks += 1
        return NOON + self._ticks * 10 * SECOND + (DAY / 2 if self._ticks > LATE else timedelta())

    def page(self, pick: int) -> Page | None:
        return self.pages[pick % len(self.pages)] if self.pages else None

    def create(self, editor: int, wiki: str, namespace: int, size: int, redirect: bool) -> SeenEdit:
        namespace = 6 if wiki == "commonswiki" else namespace
        number = self._number()
        page = Page(wiki, number, namespace, f"Page {number}")
        self.pages.append(page)
        return self._edit(editor, page, abs(size), created=True, redirect=redirect)

    def save(self, editor: int, pick: int, size: int) -> SeenEdit | None:
        page = self.page(pick)
        return None if page is None or page.deleted else self._edit(editor, page, size)

    def _edit(self, editor: int, page: Page, size: int, created: bool = False, redirect: bool = False) -> SeenEdit:
        revision = self._number()
        page.revisions.append(revision)
        self._saved[revision] = edit(
            revision,
            editor,
            wiki=page.wiki,
            page=page.number,
            namespace=page.namespace,
            title=page.title,
            at=self.now(),
            size=size,
            created=created,
            redirect=redirect,
        )
        return self._saved[revision]

    def delete_or_restore(self, pick: int, namespace: int) -> Change | None:
        page = self.page(pick)
        if page is None:
            return None
        page.deleted = not page.deleted
        if page.deleted:
            return PageDeleted(page.wiki, page.number, self.now(), suppressed=namespace == 1)
        self._rename(page, namespace)
        return PageUndeleted(page.wiki, page.number, page.namespace, page.title, self.now())

    def move(self, pick: int, namespace: int) -> Change | None:
        page = self.page(pick)
        if page is None or page.deleted:
            return None
        self._rename(page, namespace)
        return PageMoved(page.wiki, page.number, page.namespace, page.title, self.now())

    def _rename(self, page: Page, namespace: int) -> None:
        # Files cannot be moved out of their namespace, nor other pages into it.
        page.namespace = 6 if page.wiki == "commonswiki" else namespace
        page.title = f"Page {page.number} at {self._ticks}"

    def show(self, pick: int, which: int, text: bool, editor: bool, summary: bool) -> Change | None:
        page = self.page(pick)
        if page is None:
            return None
        revision = page.revisions[which % len(page.revisions)]
        self._shown[revision] = text, editor, summary
        return RevisionVisibility(page.wiki, revision, text, editor, summary, self.now())

    def tag(self, pick: int, which: int, reverted: bool) -> Change | None:
        page = self.page(pick)
        if page is None:
            return None
        revision = page.revisions[which % len(page.revisions)]
        (self._reverted.add if reverted else self._reverted.discard)(revision)
        return RevisionTagged(page.wiki, revision, reverted, self.now())

    def revert(self, pick: int, which: int) -> Change | None:
        page = self.page(pick)
        if page is None:
            return None
        first = which % len(page.revisions)
        return RevisionsReverted(page.wiki, page.number, page.revisions[first], page.revisions[-1], self.now())

    def read_again(self) -> list[Event]:
        """What the wikis' own lists say now of all that ever happened, whether or not the stream has told of it."""
        now = self.now()
        told: list[Event] = []
        for page in self.pages:
            if page.deleted:
                told.append(PageDeleted(page.wiki, page.number, now))
            for revision in page.revisions:
                told += self._told_now(page, revision, now)
        return told

    def _told_now(self, page: Page, revision: int, now: datetime) -> Iterator[Event]:
        text, editor, summary = self._shown.get(revision, ALL_SHOWN)
        if editor and not page.deleted:
            saved = self._saved[revision]
            yield replace(saved, edit=replace(saved.edit, namespace=page.namespace, title=page.title), as_of=now)
        if not page.deleted:
            yield RevisionVisibility(page.wiki, revision, text, editor, summary, now)
            yield RevisionTagged(page.wiki, revision, revision in self._reverted, now)


# Few pages, few revisions: what is told of one must meet what was told of it before.
picks = st.integers(0, 2)
sizes = st.sampled_from([-700, -1, 0, 1, 18, 5175])
namespaces = st.sampled_from(NAMESPACES)
wikis = st.sampled_from(["enwiki", "enwiki", "enwiki", *WIKIS])

# A step of history: what it does to the wikis, given the editors (by index).
Step = Callable[[Wikis, list[int]], Event | None]


def _step(name: str, *arguments: object) -> Step:
    return lambda world, _: getattr(world, name)(*arguments)  # type: ignore[no-any-return]


def _by(name: str, editor: int, *arguments: object) -> Step:
    return lambda world, editors: getattr(world, name)(editors[editor % len(editors)], *arguments)  # type: ignore[no-any-return]


steps: st.SearchStrategy[Step] = st.one_of(
    st.builds(_by, st.just("create"), picks, wikis, namespaces, sizes, st.booleans()),
    st.builds(_by, st.just("save"), picks, picks, sizes),
    st.builds(_by, st.just("save"), picks, picks, sizes),
    st.builds(_step, st.just("delete_or_restore"), picks, namespaces),
    st.builds(_step, st.just("move"), picks, namespaces),
    st.builds(_step, st.just("show"), picks, picks, st.booleans(), st.booleans(), st.booleans()),
    st.builds(_step, st.just("tag"), picks, picks, st.booleans()),
    st.builds(_step, st.just("revert"), picks, picks),
)
_pages = st.builds(_by, st.just("create"), picks, wikis, namespaces, sizes, st.just(False))
beginnings = st.lists(_pages, min_size=2, max_size=3)
histories: st.SearchStrategy[list[Step]] = st.builds(
    list[Step].__add__, beginnings, st.lists(steps, min_size=15, max_size=25)
)


def happen(history: list[Step], wikis: Wikis, editors: list[int]) -> list[Event]:
    """The events of a history, in the order in which they happened."""
    return [event for step in history if (event := step(wikis, editors)) is not None]

# SPDX-License-Identifier: GPL-3.0-or-later
"""The rest of the world: people and bots who edit the same wikis and are enrolled in nothing."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable

from graph.simulator.moderation import Wikimedia
from graph.simulator.pages import Page
from graph.simulator.rivers import Titles, summary

_WIKIS = {
    "wikidatawiki": 30,
    "commonswiki": 20,
    "enwiki": 22,
    "dewiki": 7,
    "ruwiki": 6,
    "zhwiki": 5,
    "eswiki": 5,
    "arwiki": 5,
}
_TAGS = (["mobile edit", "mobile web edit"], ["visualeditor"], ["mw-new-redirect"])
_PAGES = 300
_REVISIONS = 40


class Strangers:
    """Makes strangers edit. Keeps at most a few hundred of their pages; older ones are forgotten."""

    def __init__(self, wikimedia: Wikimedia, chances: random.Random, titles: Titles) -> None:
        self._wikimedia = wikimedia
        self._chances = chances
        self._titles = titles
        self._pages: deque[Page] = deque()
        self._names = [*(f"Passer-by {number}" for number in range(1, 61)), *(f"Wanderer {n}" for n in range(1, 41))]
        self._temporary = [f"~2026-{40_000 + number * 37}-{number:02d}" for number in range(1, 21)]
        self._bots = ["TidyingBot", "LinkFixerBot", "StatementBot"]

    def arrive(self) -> None:
        """Register them all: people, temporary accounts and bots."""
        for name in self._names:
            self._wikimedia.create_user(name, registered="2019-05-04T10:00:00Z")
        for name in self._temporary:
            self._wikimedia.create_user(name, temporary=True)
        for name in self._bots:
            self._wikimedia.create_user(name, registered="2012-02-01T00:00:00Z", bot=True)

    def act(self) -> None:
        """Let one of them do something."""
        chance = self._chances.random()
        if chance < 0.2 or len(self._pages) < 20:
            self._create()
        elif chance < 0.95:
            self._edit()
        else:
            self._chances.choice((self._move, self._delete, self._revert))()

    def somebody(self) -> str:
        """A stranger's name."""
        names = self._chances.choices((self._names, self._bots, self._temporary), (60, 36, 4))[0]
        return self._chances.choice(names)

    def patroller(self) -> str:
        """A stranger who may delete, hide and roll back."""
        return self._chances.choice(self._names[:12])

    def _create(self) -> None:
        wiki = self._chances.choices(list(_WIKIS), list(_WIKIS.values()))[0]
        size = self._chances.randint(300, 4000)
        text = summary(wiki, self._chances, new=True)
        self._keep(self._wikimedia.save(wiki, self._titles.next(wiki), self.somebody(), size=size, summary=text).page)

    def _edit(self) -> None:
        page = self._chances.choice(self._pages)
        tags = self._chances.choice(_TAGS) if self._chances.random() < 0.1 else None
        self._wikimedia.save(
            page.wiki.dbname,
            page.key,
            self.somebody(),
            change=int(self._chances.gauss(60, 200)),
            minor=self._chances.random() < 0.3,
            summary=summary(page.wiki.dbname, self._chances),
            tags=tags,
        )
        if len(page.revisions) > _REVISIONS:
            self._pages.remove(page)
            self._wikimedia.forget_page(page)

    def _move(self) -> None:
        page = self._article()
        if page:
            wiki, key = page.wiki.dbname, page.key
            self._wikimedia.move(wiki, key, self._titles.next(wiki), self.somebody(), reason="Better title")
            self._keep(self._wikimedia.page(wiki, key))

    def _delete(self) -> None:
        page = self._article()
        if page:
            self._wikimedia.delete(page.wiki.dbname, page.key, self.patroller(), reason="No sources")
            self._pages.remove(page)
            self._wikimedia.forget_page(page)

    def _revert(self) -> None:
        page = self._article(lambda page: len(page.revisions) > 1)
        if page:
            self._wikimedia.revert(page.wiki.dbname, page.key, self.somebody(), method="undo")

    def _article(self, suits: Callable[[Page], bool] = lambda _: True) -> Page | None:
        suitable = [page for page in self._pages if page.redirect_to is None and page.namespace == 0 and suits(page)]
        suitable = [page for page in suitable if page.wiki.dbname != "wikidatawiki"]
        return self._chances.choice(suitable) if suitable else None

    def _keep(self, page: Page) -> None:
        self._pages.append(page)
        if len(self._pages) > _PAGES:
            self._wikimedia.forget_page(self._pages.popleft())

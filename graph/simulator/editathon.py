# SPDX-License-Identifier: GPL-3.0-or-later
"""The demo's editathon: thirty people and many strangers edit at a lively pace, without end.

The first minute is a story in which everything happens once: articles are created until a goal is reached, a page
is deleted, an edit is reverted, a page moved, a revision hidden, a file uploaded. Then the same goes on in rounds.
"""

from __future__ import annotations

import asyncio
import heapq
import random
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from graph.simulator.cast import OPENING, PEOPLE, CampaignPlan, Person, campaign
from graph.simulator.moderation import Wikimedia
from graph.simulator.pages import Page
from graph.simulator.rivers import Titles, summary
from graph.simulator.strangers import Strangers

CREATIONS = 22  # two more than the goal: one of them is deleted
_CREATION_SECONDS = 1.6
_ROUND_SECONDS = 60.0
_FRESH = 40  # the pages participants still work on
_KEPT = 20_000  # and those that are remembered at all: many hours' worth
_LOG_CAP = 10_000


class Editathon:
    """Drives a ``Wikimedia``, the same way in each run with the same seed.

    ``campaign`` says who takes part in what; enrolling them is somebody else's work. Call ``prepare`` once, then
    ``run`` (or ``step`` by step). ``pace`` 2 is twice as fast.
    """

    def __init__(self, wikimedia: Wikimedia, *, seed: int = 1, pace: float = 1.0) -> None:
        self.wikimedia = wikimedia
        self.campaign: CampaignPlan = campaign(datetime.fromtimestamp(wikimedia.now() // 1000, UTC))
        self.elapsed = 0.0
        self._pace = pace
        self._chances = random.Random(seed)
        self._titles = Titles(seed)
        self._strangers = Strangers(wikimedia, self._chances, self._titles)
        self._agenda: list[tuple[float, int, Callable[[], None]]] = []
        self._entries = 0
        self._fresh: deque[Page] = deque()
        self._kept: deque[Page] = deque()
        self._people = {person.username: person for person in PEOPLE}
        self._tracked = {
            name: tuple(
                dict.fromkeys(
                    wiki for plan in self.campaign.programs if name in plan.participants for wiki in plan.wikis
                )
            )
            for name in self._people
        }
        wikimedia.log.cap = min(wikimedia.log.cap, _LOG_CAP)

    def prepare(self) -> None:
        """Register everybody, let some pages be there already, and plan the first minute."""
        now = datetime.fromtimestamp(self.wikimedia.now() // 1000, UTC)
        for number, person in enumerate(PEOPLE):
            age = timedelta(days=person.days) if person.days else timedelta(minutes=5 + number)
            wikis = [*self._tracked[person.username], "commonswiki"]
            self.wikimedia.create_user(person.username, registered=now - age, home=person.home, wikis=wikis)
        self._strangers.arrive()
        for _ in range(30):
            self._strangers.act()
        self._plan_first_minute()
        self._repeat(0.05, 0.34, self._strangers.act)
        self._repeat(0.6, 0.9, self._edit)
        self._at(_ROUND_SECONDS, self._round)

    async def run(self) -> None:
        """Edit until cancelled. The first edit comes within a second."""
        loop = asyncio.get_running_loop()
        start = loop.time() - self.elapsed / self._pace
        while True:
            due = start + self.step() / self._pace
            await asyncio.sleep(max(0.0, due - loop.time()))

    def step(self) -> float:
        """Do the next thing on the agenda; gives the moment (seconds from the start) of the one after it."""
        self.elapsed, _, happening = heapq.heappop(self._agenda)
        happening()
        return self._agenda[0][0]

    # The agenda

    def _at(self, seconds: float, happening: Callable[[], None]) -> None:
        self._entries += 1
        heapq.heappush(self._agenda, (seconds, self._entries, happening))

    def _repeat(self, first: float, mean: float, happening: Callable[[], None]) -> None:
        """Again and again, with pauses as they fall (exponential, at most four times the mean)."""

        def again() -> None:
            happening()
            self._at(self.elapsed + min(self._chances.expovariate(1 / mean), 4 * mean), again)

        self._at(first, again)

    def _plan_first_minute(self) -> None:
        for number in range(CREATIONS):
            near = self._chances.uniform(0.0, 0.8)
            self._at(0.3 + number * _CREATION_SECONDS + (near if number else 0.0), self._create_for_the_goal)
        self._happenings(0.0)

    def _happenings(self, start: float) -> None:
        for seconds, happening in (
            (5.0, self._upload),
            (11.0, self._delete),
            (16.0, self._revert),
            (21.0, self._move),
            (26.0, self._hide),
            (31.0, self._upload),
            (44.0, self._upload_again),
        ):
            self._at(start + seconds, happening)

    def _round(self) -> None:
        """Plan another minute: calmer, with new articles every few seconds."""
        for number in range(12):
            self._at(self.elapsed + number * 5 + self._chances.uniform(0, 4), self._create)
        self._happenings(self.elapsed)
        self._at(self.elapsed + _ROUND_SECONDS, self._round)

    # What participants do

    def _create_for_the_goal(self) -> None:
        name = self._chances.choice(OPENING.participants)
        home = self._people[name].home
        self._new_article(home if home in OPENING.wikis else "enwiki", name)

    def _create(self) -> None:
        person = self._somebody()
        self._new_article(person.home, person.username)

    def _new_article(self, wiki: str, username: str) -> None:
        size = int(self._chances.lognormvariate(7.3, 0.6))
        text = summary(wiki, self._chances, new=True)
        page = self.wikimedia.create(wiki, self._titles.next(wiki), username, size=size, summary=text).page
        self._fresh.append(page)
        self._kept.append(page)
        if len(self._fresh) > _FRESH:
            self._fresh.popleft()
        if len(self._kept) > _KEPT:
            self.wikimedia.forget_page(self._kept.popleft())

    def _edit(self) -> None:
        person = self._somebody()
        chance = self._chances.random()
        if chance < 0.12:
            self._save(person.home, f"User:{person.username}/sandbox", person.username)
            return
        wikis = self._tracked[person.username]
        if chance < 0.3 and "wikidatawiki" in wikis:
            self._save("wikidatawiki", self._titles.next("wikidatawiki"), person.username)
            return
        pages = [page for page in self._fresh if page.wiki.dbname in wikis and not page.deleted]
        if pages:
            page = self._chances.choice(pages)
            self._save(page.wiki.dbname, page.key, person.username)
        else:
            self._new_article(person.home, person.username)

    def _save(self, wiki: str, title: str, username: str) -> None:
        change = int(self._chances.lognormvariate(4.8, 1.1)) * self._chances.choice((1, 1, 1, 1, -1))
        tags = ["visualeditor"] if self._chances.random() < 0.2 else None
        text, minor = summary(wiki, self._chances), abs(change) < 60
        page = self.wikimedia.save(wiki, title, username, change=change, minor=minor, summary=text, tags=tags).page
        if len(page.revisions) == 1:
            self._kept.append(page)
        elif len(page.revisions) > 200:
            self.wikimedia.forget_page(page)

    def _upload(self) -> None:
        name = self._chances.choice(OPENING.participants)
        title = self._titles.next("commonswiki")
        self._kept.append(self.wikimedia.upload(title, name, size=self._chances.randint(300, 700)).page)

    def _upload_again(self) -> None:
        files = [page for page in self._kept if page.wiki.dbname == "commonswiki"]
        if files:
            page = files[-1]
            self.wikimedia.upload_new_version(page.key, page.latest.author.name, summary="Better contrast")

    # What happens to their work

    def _delete(self) -> None:
        page = self._subject(lambda page: len(page.revisions) == 1) or self._subject()
        if page:
            self.wikimedia.delete(page.wiki.dbname, page.key, self._strangers.patroller(), reason="Duplicate")
            self._fresh.remove(page)

    def _revert(self) -> None:
        page = self._subject()
        if page:
            wiki, key = page.wiki.dbname, page.key
            author = self._somebody(wiki).username
            if author == page.latest.author.name:
                author = next(name for name, wikis in self._tracked.items() if wiki in wikis and name != author)
            self.wikimedia.save(wiki, key, author, change=3000, summary="")
            self.wikimedia.revert(wiki, key, self._strangers.patroller())

    def _move(self) -> None:
        page = self._subject()
        if page:
            wiki = page.wiki.dbname
            name = self._somebody(wiki).username
            self.wikimedia.move(wiki, page.key, self._titles.next(wiki), name, reason="Name on the maps")

    def _hide(self) -> None:
        page = self._subject()
        if page:
            wiki = page.wiki.dbname
            revision = self.wikimedia.save(wiki, page.key, self._somebody(wiki).username, change=80, summary="oops")
            self.wikimedia.save(wiki, page.key, self._strangers.somebody(), change=-80, summary="Copyright")
            self.wikimedia.hide_revision(wiki, revision.id, self._strangers.patroller(), text=True, comment=True)

    def _subject(self, suits: Callable[[Page], bool] = lambda _: True) -> Page | None:
        pages = [page for page in self._fresh if not page.deleted and suits(page)]
        return self._chances.choice(pages) if pages else None

    def _somebody(self, wiki: str | None = None) -> Person:
        names = [name for name, wikis in self._tracked.items() if wiki is None or wiki in wikis]
        return self._people[self._chances.choice(names)]

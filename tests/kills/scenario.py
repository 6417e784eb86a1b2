# SPDX-License-Identifier: GPL-3.0-or-later
"""What happens on the wikis, and which programs watch: the same for the same seed."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from graph.simulator.moderation import REVERT_TAGS, Wikimedia
from graph.simulator.pages import Account, Page, Revision
from graph.simulator.state import NotPossible
from tests.db.world import World
from tests.kills.plan import Plan

WIKIS = ("enwiki", "enwiki", "dewiki", "arwiki", "frwiki")
PREFIXES = ("", "", "", "", "User:", "Draft:", "Talk:")
BEGINS_AGO_MS = 5 * 24 * 3600 * 1000  # within the stream's memory, and long enough to stay in the past
ENROLLED, STRANGERS = 24, 12
NAMELESS_TO_STREAM = (3, 14)  # enrolled by name only: their central ids are not known to us
JITTER_MS = 200


class Clock:
    """The wikis' time in ms since 1970: whole moments that the scenario decides, faster than ours."""

    def __init__(self, now: int) -> None:
        self.now = now

    def __call__(self) -> int:
        return self.now


def instant(ms: float) -> datetime:
    """A moment in whole seconds, as rules have it."""
    return datetime.fromtimestamp(int(ms // 1000), UTC)


class Scenario:
    """The wikis, who is on them, and what they do next."""

    def __init__(self, plan: Plan, seed: int) -> None:
        real = int(datetime.now(UTC).timestamp()) * 1000
        self.plan = plan
        self.chances = random.Random(seed)
        self.start = real - BEGINS_AGO_MS
        self.clock = Clock(self.start)
        self.wikimedia = Wikimedia(clock=self.clock, seed=seed)
        self.wikimedia.log.canary_interval = None
        self.enrolled = [self._account(f"Editor {n}", n) for n in range(ENROLLED)]
        self.strangers = [self._account(f"Stranger {n}", n) for n in range(STRANGERS)]
        self.strangers += [self.wikimedia.create_user(f"~2026-{n}", temporary=True) for n in (4711, 4712)]
        self._touched: set[Page] = set()
        self._titles = 0
        self._steps: list[tuple[Callable[[], object], int]] = [
            (self._save, 60), (self._create, 14), (self._upload, 5), (self._move, 4), (self._delete, 3),
            (self._undelete, 3), (self._hide, 4), (self._show, 2), (self._revert, 5), (self._unrevert, 2),
        ]  # fmt: skip

    def _account(self, name: str, n: int) -> Account:
        # Every third one is new: registered while the programs run.
        days = 0 if n % 3 == 0 else 100 + n
        return self.wikimedia.create_user(name, registered=instant(self.start) - timedelta(days=days, seconds=-60))

    @property
    def edits(self) -> int:
        """How many have been saved."""
        return len(self.wikimedia.revisions)

    def at(self, share: float) -> datetime:
        """The moment at which about this share of everything has happened."""
        return instant(self.start + self.plan.lasts * share)

    # What happens

    def neighbours(self) -> None:
        """Time passes, and then several things happen in the same millisecond, no two of them to one page."""
        self.clock.now += self.chances.randint(*self.plan.apart)
        # Now and then they are stamped by several machines, whose clocks and queues differ.
        self.wikimedia.log.jitter = self.chances.choice((0, 0, JITTER_MS))
        self._touched.clear()
        methods, weights = zip(*self._steps, strict=True)
        for step in self.chances.choices(methods, weights, k=self.chances.randint(*self.plan.neighbours)):
            with suppress(NotPossible, LookupError):
                step()

    def canaries_apart(self, ms: int) -> None:
        """From now on the brokers write canaries so often."""
        self.wikimedia.log.canary_interval = ms

    def _someone(self) -> str:
        return self.chances.choice(self.enrolled if self.chances.random() < 0.7 else self.strangers).name

    def _page(self, *, among: dict[tuple[str, str], Page] | None = None) -> Page:
        """A page nothing has happened to in this moment. LookupError where there is none."""
        pages = list((self.wikimedia.pages if among is None else among).values())
        page = self.chances.choice([page for page in pages[-400:] if page not in self._touched])
        self._touched.add(page)
        return page

    def _title(self) -> str:
        self._titles += 1
        return f"{self.chances.choice(PREFIXES)}Page {self._titles}"

    def _save(self) -> None:
        page = self._page()
        change = self.chances.randint(-300, 900)
        self.wikimedia.save(page.wiki.dbname, page.key, self._someone(), change=change, summary="Wrote a line")

    def _create(self) -> None:
        size = self.chances.randint(50, 3000)
        made = self.wikimedia.create(self.chances.choice(WIKIS), self._title(), self._someone(), size=size)
        self._touched.add(made.page)

    def _upload(self) -> None:
        self._titles += 1
        self._touched.add(self.wikimedia.upload(f"Photo {self._titles}.jpg", self._someone()).page)

    def _move(self) -> None:
        page = self._page()
        prefix = "File:" if page.namespace == 6 else ""
        to = prefix + self._title()
        stays = self.chances.random() < 0.7
        wiki, left = page.wiki.dbname, page.key
        self.wikimedia.move(wiki, left, to, self._someone(), leave_redirect=stays)
        if stays:
            self._touched.add(self.wikimedia.page(wiki, left))

    def _delete(self) -> None:
        page = self._page()
        suppressed = self.chances.random() < 0.15
        self.wikimedia.delete(page.wiki.dbname, page.key, self._someone(), suppressed=suppressed)

    def _undelete(self) -> None:
        page = self._page(among=self.wikimedia.deleted)
        self.wikimedia.undelete(page.wiki.dbname, page.key, self._someone())

    def _revision(self, wanted: Callable[[Revision], bool]) -> Revision:
        """A revision of an untouched live page. LookupError where there is none."""
        newest = list(self.wikimedia.revisions.values())[-800:]
        found = [r for r in newest if not r.page.deleted and r.page not in self._touched and wanted(r)]
        revision = self.chances.choice(found)
        self._touched.add(revision.page)
        return revision

    def _hide(self) -> None:
        revision = self._revision(lambda each: not each.hidden)
        text, user, comment = self.chances.choice(
            [(True, False, False), (False, True, False), (True, True, True), (False, False, True)]
        )
        self.wikimedia.hide_revision(
            revision.page.wiki.dbname, revision.id, self._someone(), text=text, user=user, comment=comment
        )

    def _show(self) -> None:
        revision = self._revision(lambda each: bool(each.hidden))
        wiki = revision.page.wiki.dbname
        self.wikimedia.hide_revision(wiki, revision.id, self._someone(), text=False, user=False, comment=False)

    def _revert(self) -> None:
        page = self._page()
        method = self.chances.choice(list(REVERT_TAGS))
        self.wikimedia.revert(page.wiki.dbname, page.key, self._someone(), method=method)

    def _unrevert(self) -> None:
        revision = self._revision(lambda each: "mw-reverted" in each.tags)
        self.wikimedia.tag(revision.page.wiki.dbname, revision.id, remove=["mw-reverted"])


async def set_up(world: World, scenario: Scenario) -> dict[int, int]:
    """Write down the programs that watch; gives our number of each enrolled editor, by central id."""
    numbers = [await _enlist(world, account, n) for n, account in enumerate(scenario.enrolled)]
    whole, at = (scenario.at(-1), scenario.at(20)), scenario.at
    english = await world.program(*numbers[:12], wikis={"enwiki": {0}, "dewiki": {0}}, start=whole[0], end=whole[1])
    mixed = await world.program(
        *numbers[6:18], wikis={"enwiki": {0, 2}, "arwiki": {0}, "commonswiki": {6}}, start=at(0.2), end=at(0.8)
    )
    french = await world.program(*numbers[10:], wikis={"arwiki": {0}, "frwiki": {0, 118}}, start=whole[0], end=whole[1])
    private = await world.program(*numbers[:6], wikis={"enwiki": {0}}, start=whole[0], end=whole[1], public=False)
    await world.enroll(english, numbers[12], named=False)
    await world.session(english, at(0.1), at(0.5), *numbers[2:7])
    await world.session(mixed, at(0.4), at(0.9))
    organization = await world.organization()
    await world.campaign(english, mixed, organization=organization)
    await world.campaign(mixed, french, private, organization=organization)
    await world.campaign(french)
    await world.goal(english, "TOTAL_EDITS", scenario.plan.edits // 20)
    await world.goal(mixed, "ARTICLES_CREATED", scenario.plan.edits // 200)
    return {account.central_id: number for account, number in zip(scenario.enrolled, numbers, strict=True)}


async def _enlist(world: World, account: Account, n: int) -> int:
    registered = datetime.fromisoformat(account.registered or "")
    central_id = None if n in NAMELESS_TO_STREAM else account.central_id
    number = await world.pool.fetchval(
        "INSERT INTO editor (central_id, username, registered_at) VALUES ($1, $2, $3) RETURNING id",
        central_id,
        account.name,
        registered,
    )
    world.naive.registered[number] = registered
    return int(number)

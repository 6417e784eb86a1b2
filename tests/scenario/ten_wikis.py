# SPDX-License-Identifier: GPL-3.0-or-later
"""Ten wikis in five days: sixty editors and some strangers do everything that may happen to an edit.

The same for the same seed: also the clock is the script's own.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import islice

from graph.simulator.moderation import REVERT_TAGS, Wikimedia
from graph.simulator.pages import Account, Page, Revision
from graph.simulator.state import NotPossible

BEGIN = datetime(2026, 3, 2, 8, tzinfo=UTC)
LASTS = timedelta(days=5)
EDITS = 3_000
LONGEST_PAUSE_MS = int(LASTS.total_seconds() * 1000 * 2 / EDITS * 0.84)  # some steps save nothing
ENROLLED, STRANGERS = 60, 12
BY_NAME_ONLY = (7, 33)  # enrolled before the wikis were asked for their central ids

WIKIS = (
    "enwiki", "enwiki", "enwiki", "enwiki", "dewiki", "dewiki", "frwiki", "eswiki", "arwiki", "arwiki", "zhwiki",
    "zhwiki", "ruwiki", "wikidatawiki", "metawiki", "commonswiki",
)  # fmt: skip
PREFIXES = ("", "", "", "", "", "User:", "Draft:", "Talk:", "Category:")
PARTS = ((True, False, False), (False, True, False), (True, True, True), (False, False, True))


class TenWikis:
    """``enrolled`` are the accounts of those who take part.

    ``silent`` are the revisions the stream tells nobody of. ``returned`` were not to be seen for a while: whoever began
    to look for them in that time does not learn from the stream that they are back.
    """

    def __init__(self, seed: int) -> None:
        self._now = int(BEGIN.timestamp() * 1000)
        self.chances = random.Random(seed)
        self.wikimedia = Wikimedia(clock=lambda: self._now, seed=seed)
        self.wikimedia.log.canary_interval = None
        self.enrolled = [self._account(f"Editor {n}", n) for n in range(ENROLLED)]
        self.strangers = [self._account(f"Stranger {n}", n) for n in range(STRANGERS)]
        self.silent: set[tuple[str, int]] = set()
        self.returned: set[tuple[str, int]] = set()
        self.happened: Counter[str] = Counter()
        self._fixed = {self.enrolled[n] for n in BY_NAME_ONLY}
        self._unmarked: list[tuple[str, int]] = []
        self._titles = 0
        self._seen = 0
        self._steps: dict[Callable[[], object], int] = {
            self._save: 600, self._create: 110, self._redirect: 15, self._upload: 45, self._new_version: 10,
            self._move: 30, self._move_across: 25, self._delete: 35, self._undelete: 25, self._recreate: 25,
            self._hide: 40, self._show: 20, self._revert: 50, self._revert_unmarked: 25, self._mark_late: 20,
            self._unmark: 10, self._import_old: 15, self._import_new: 10, self._protect: 15, self._rename: 8,
            self._redact: 1,
        }  # fmt: skip

    def now(self) -> datetime:
        """The wikis' time."""
        return datetime.fromtimestamp(self._now / 1000, UTC)

    def ms(self) -> int:
        """The wikis' time in ms since 1970."""
        return self._now

    @property
    def steps(self) -> set[str]:
        """The names of all that may happen."""
        return {step.__name__.removeprefix("_") for step in self._steps}

    @property
    def edits(self) -> int:
        """How many there are."""
        return len(self.wikimedia.revisions)

    def go_on(self, until: int) -> None:
        """Let things happen until there are so many edits."""
        names, weights = list(self._steps), list(self._steps.values())
        while self.edits < until:
            self.wait(self.chances.randint(1_000, LONGEST_PAUSE_MS))
            step = self.chances.choices(names, weights)[0]
            with suppress(NotPossible, LookupError):
                step()
                self.happened[step.__name__.removeprefix("_")] += 1
            self._notice_silence()

    def wait(self, ms: int) -> None:
        """Let time pass."""
        self._now += ms

    def _notice_silence(self) -> None:
        for revision in islice(self.wikimedia.revisions.values(), self._seen, None):
            if revision.page.redacted:
                self._silence(revision)
        self._seen = self.edits

    def _silence(self, revision: Revision) -> None:
        self.silent.add((revision.page.wiki.dbname, revision.id))

    # Who and where

    def _account(self, name: str, n: int) -> Account:
        # Every third one is new: registered while the programs run.
        age = timedelta(seconds=-60) if n % 3 == 0 else timedelta(days=100 + n)
        return self.wikimedia.create_user(name, registered=BEGIN - age)

    def _someone(self) -> str:
        return self.chances.choice(self.enrolled if self.chances.random() < 0.85 else self.strangers).name

    def _stranger(self) -> str:
        return self.chances.choice(self.strangers).name

    def _page(self, suits: Callable[[Page], bool] = lambda _: True) -> Page:
        pages = [page for page in list(self.wikimedia.pages.values())[-500:] if suits(page)]
        return self.chances.choice(pages)

    def _revision(self, suits: Callable[[Revision], bool]) -> Revision:
        newest = list(self.wikimedia.revisions.values())[-1200:]
        return self.chances.choice([each for each in newest if not each.page.deleted and suits(each)])

    def _name(self) -> str:
        self._titles += 1
        return f"Page {self._titles}"

    def _title(self, wiki: str) -> str:
        return f"File:{self._name()}.jpg" if wiki == "commonswiki" else self.chances.choice(PREFIXES) + self._name()

    # Saving

    def _save(self) -> None:
        page = self._page()
        change = self.chances.choice((self.chances.randint(-300, 900), 0, -5_000))
        self.wikimedia.save(
            page.wiki.dbname, page.key, self._someone(), change=change, summary="Wrote a line",
            redirect_to=page.redirect_to,
        )  # fmt: skip

    def _create(self) -> None:
        wiki = self.chances.choice(WIKIS[:-1])
        self.wikimedia.create(wiki, self._title(wiki), self._someone(), size=self.chances.randint(0, 3000))

    def _redirect(self) -> None:
        to = self._page(lambda page: page.namespace == 0)
        name = self._name()
        self.wikimedia.create(to.wiki.dbname, name, self._someone(), size=30, redirect_to=to.key)
        if self.chances.random() < 0.4:
            self.wikimedia.save(to.wiki.dbname, name, self._someone(), change=500)

    def _upload(self) -> None:
        self.wikimedia.upload(f"{self._name()}.jpg", self._someone())

    def _new_version(self) -> None:
        page = self._page(lambda page: page.wiki.dbname == "commonswiki")
        self.wikimedia.upload_new_version(page.key, self._someone())

    def _import_old(self) -> None:
        """Below an old page: in its author's contributions, and nowhere in the stream."""
        page = self._page(lambda page: page.redirect_to is None)
        at = datetime.fromisoformat(page.revisions[0].at) - timedelta(minutes=self.chances.randint(1, 600))
        # Nobody begins the same page twice here: their articlesCreated counts both beginnings.
        beginners = {each.author for each in page.revisions if each.parent_id == 0}
        author = self.chances.choice([each for each in self.enrolled if each not in beginners])
        old = self.wikimedia.import_revision(
            page.wiki.dbname, page.key, author.name, self._stranger(), at=at, size=self.chances.randint(1, 900)
        )
        self._silence(old)

    def _import_new(self) -> None:
        """A page from elsewhere, by somebody who may be enrolled, saved some hours or months ago."""
        at = self.now() - timedelta(hours=self.chances.choice((1, 5, 2000)))
        wiki = self.chances.choice(WIKIS[:-1])
        self.wikimedia.import_revision(wiki, self._title(wiki), self._someone(), self._someone(), at=at)

    def _protect(self) -> None:
        page = self._page()
        self._silence(self.wikimedia.protect(page.wiki.dbname, page.key, self._someone()))

    # Pages

    def _move(self) -> None:
        page = self._page()
        prefix = page.key.rpartition(":")[0]
        self._move_to(page, f"{prefix}:{self._name()}" if prefix else self._name())

    def _move_across(self) -> None:
        page = self._page(lambda page: page.wiki.dbname != "commonswiki")
        self._move_to(page, self._title(page.wiki.dbname))

    def _move_to(self, page: Page, to: str) -> None:
        self.wikimedia.move(page.wiki.dbname, page.key, to, self._someone(), leave_redirect=self.chances.random() < 0.7)

    def _delete(self) -> None:
        page = self._page()
        suppressed = self.chances.random() < 0.15
        self.wikimedia.delete(page.wiki.dbname, page.key, self._stranger(), suppressed=suppressed)

    def _gone(self) -> Page:
        return self.chances.choice(list(self.wikimedia.deleted.values())[-100:])

    def _undelete(self) -> None:
        page = self._gone()
        self.wikimedia.undelete(page.wiki.dbname, page.key, self._stranger())
        self.returned |= {(page.wiki.dbname, each.id) for each in page.revisions}

    def _recreate(self) -> None:
        page = self._gone()
        self.wikimedia.create(page.wiki.dbname, page.key, self._someone(), size=self.chances.randint(50, 900))

    def _redact(self) -> None:
        page = self._page(lambda page: page.wiki.dbname == "ruwiki")
        self.wikimedia.redact_page("ruwiki", page.key)

    # Revisions

    def _hide(self) -> None:
        self._set_hidden(self._revision(lambda each: not each.hidden), *self.chances.choice(PARTS))

    def _show(self) -> None:
        revision = self._revision(lambda each: bool(each.hidden))
        self._set_hidden(revision, False, False, False)
        self.returned.add((revision.page.wiki.dbname, revision.id))

    def _set_hidden(self, revision: Revision, text: bool, user: bool, comment: bool) -> None:
        self.wikimedia.hide_revision(
            revision.page.wiki.dbname, revision.id, self._stranger(), text=text, user=user, comment=comment
        )

    def _revert(self) -> None:
        page = self._page()
        method = self.chances.choice(list(REVERT_TAGS))
        self.wikimedia.revert(page.wiki.dbname, page.key, self._someone(), method=method)

    def _revert_unmarked(self) -> None:
        """A revert whose job waits for a patroller."""
        page = self._page(lambda page: len(page.revisions) > 1)
        reverted = page.wiki.dbname, page.latest.id
        self.wikimedia.revert(page.wiki.dbname, page.key, self._someone(), method="undo", job=False)
        self._unmarked.append(reverted)

    def _mark_late(self) -> None:
        wiki, revision = self._unmarked.pop(0)
        if not self.wikimedia.revision(wiki, revision).page.deleted:
            self.wikimedia.tag(wiki, revision, add=["mw-reverted"])

    def _unmark(self) -> None:
        revision = self._revision(lambda each: "mw-reverted" in each.tags)
        self.wikimedia.tag(revision.page.wiki.dbname, revision.id, remove=["mw-reverted"])

    # People

    def _rename(self) -> None:
        account = self.chances.choice([each for each in self.enrolled if each not in self._fixed])
        self.wikimedia.rename_user(account.name, f"{account.name.partition(' (')[0]} ({self._name()})")

# SPDX-License-Identifier: GPL-3.0-or-later
"""An editathon about rivers on three wikis, and programs that count by every kind of scope.

What happens is of two kinds: what the stream tells, and what only those learn who ask the wikis and the services again.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta

from graph import wikis as known_wikis
from graph.db import assignments, organizing_scopes, scopes
from graph.db.pool import Pool
from graph.programs import ScopeKind
from graph.scopes import Source
from graph.simulator.moderation import Wikimedia
from graph.simulator.pages import Page
from graph.simulator.saved_lists import SavedList
from graph.simulator.state import NotPossible
from graph.simulator.truth import TruePages, in_category, with_template, with_titles
from graph.titles import Title
from tests.db.world import World
from tests.scenario.ten_wikis import BEGIN

EDITORS = 8
PILE, QUERY = 31, 77
# Of each wiki: the category and those below it, the template, and the titles that were asked for.
RIVERS, BELOW, DEEPER = "Category:Rivers", "Category:Tributaries", "Category:Brooks"
TEMPLATE = "Vorlage:Fluss"
WANTED = [f"Wanted {n}" for n in range(24)]  # piled up on enwiki; few of them are there in the beginning
ASSIGNED = [f"Assigned {n}" for n in range(12)]
LASTS = timedelta(days=5)


class Rivers:
    """The wikis. Since the scopes were read last ``fresh`` pages came in by their titles, and others have ``gone``."""

    def __init__(self, seed: int) -> None:
        self._now = int(BEGIN.timestamp() * 1000)
        self.chances = random.Random(seed)
        self.wikimedia = Wikimedia(clock=lambda: self._now, seed=seed)
        self.wikimedia.log.canary_interval = None
        self.enrolled = [
            self.wikimedia.create_user(f"Editor {n}", registered=BEGIN - timedelta(days=n * 40)) for n in range(EDITORS)
        ]
        self.piled: list[str] = WANTED[:16]
        self.assigned: list[str] = list(ASSIGNED)
        self.query = SavedList("dewiki", (), "Kategorie:Gefragt", 1)
        self.fresh: set[Page] = set()
        self.gone: set[Page] = set()
        self.happened: Counter[str] = Counter()
        self._titles = 0
        self.wait(1_000)
        self._found()

    def now(self) -> datetime:
        return BEGIN + timedelta(milliseconds=self._now - int(BEGIN.timestamp() * 1000))

    def ms(self) -> int:
        return self._now

    def wait(self, ms: int) -> None:
        self._now += ms

    def _found(self) -> None:
        w = self.wikimedia
        for wiki, titles in (("enwiki", (RIVERS, BELOW, DEEPER)), ("dewiki", (TEMPLATE, "Kategorie:Gefragt"))):
            for title in titles:
                w.save(wiki, title, "Founder")
        w.save("dewiki", "Kategorie:Mehr gefragt", "Founder")
        w.put_in("enwiki", BELOW, categories=[RIVERS])
        w.put_in("enwiki", DEEPER, categories=[BELOW])
        w.put_in("enwiki", RIVERS, categories=[DEEPER])  # a circle
        w.put_in("dewiki", "Kategorie:Mehr gefragt", categories=["Gefragt"])
        for n in range(16):
            for wiki in ("enwiki", "dewiki"):
                self._save(wiki, f"River {n}")
                self._save(wiki, f"Talk:River {n}")
        for n in range(6):
            w.put_in("enwiki", f"River {n}", categories=[(RIVERS, BELOW, DEEPER)[n % 3]])
            w.put_in("dewiki", f"River {n}", templates=["Fluss"])
            w.put_in("dewiki", f"River {n + 3}", categories=["Gefragt" if n % 2 else "Mehr gefragt"])
        for title in (*WANTED[:4], *ASSIGNED[:3]):
            self._save("enwiki", title)
        for n in range(6):
            self.wait(1_000)
            w.upload(f"River {n}.jpg", self._someone())

    # Who and where

    def _someone(self) -> str:
        others = ["Stranger", "Passer-by"]
        return self.chances.choice([account.name for account in self.enrolled] * 2 + others)

    def _page(self, suits: Callable[[Page], bool] = lambda _: True) -> Page:
        pages = [page for page in self.wikimedia.pages.values() if page.redirect_to is None and page.namespace < 2]
        return self.chances.choice([page for page in pages if suits(page)])

    def _settled(self) -> Page:
        """A page that no scope has by its title only."""
        return self._page(lambda page: page not in self.fresh)

    def _missing(self) -> str:
        wanted = [title for title in (*self.piled, *self.assigned) if self._is_free(title)]
        return self.chances.choice(wanted)

    def _is_free(self, title: str) -> bool:
        key = "enwiki", self.wikimedia.wiki("enwiki").key(title)[1]
        return key not in self.wikimedia.pages and key not in self.wikimedia.deleted

    def _new_title(self) -> str:
        self._titles += 1
        return f"Stream {self._titles}"

    def _save(self, wiki: str, title: str) -> None:
        self.wait(1_000)  # no two in the same second, so that their order is known
        self.wikimedia.save(wiki, title, self._someone(), change=self.chances.randint(-200, 900))

    def _go(self, steps: list[Callable[[], object]], times: int) -> None:
        for _ in range(times):
            self.wait(self.chances.randint(1_000, 600_000))
            step = self.chances.choice(steps)
            with suppress(NotPossible, LookupError):
                step()
                self.happened[step.__name__.removeprefix("_")] += 1

    def were_read(self) -> None:
        """All scopes are now what they should be."""
        self.fresh.clear()
        self.gone.clear()

    # What the stream tells

    def stream_tells(self, times: int) -> None:
        """Edits everywhere; pages are created under wanted titles, deleted, restored and moved."""
        calm = [self._edit] * 6
        self._go(
            [*calm, self._create, self._write_wanted, self._delete, self._restore, self._move, self._move_onto], times
        )

    def _edit(self) -> None:
        page = self._page()
        self._save(page.wiki.dbname, page.key)

    def _create(self) -> None:
        self._save(self.chances.choice(("enwiki", "dewiki")), self._new_title())

    def _write_wanted(self) -> None:
        title = self._missing()
        self._save("enwiki", title)
        self.fresh.add(self.wikimedia.page("enwiki", title))

    def _delete(self) -> None:
        page = self._page()
        self.wikimedia.delete(page.wiki.dbname, page.key, "Founder")
        self.gone.add(page)

    def _restore(self) -> None:
        """Nobody tells that a page is back in a category, where it was gone when that was read."""
        gone = self.wikimedia.deleted.values()
        page = self.chances.choice([p for p in gone if p in self.gone or not (p.categories or p.templates)])
        self.wikimedia.undelete(page.wiki.dbname, page.key, "Founder")
        self.fresh.add(page)

    def _move(self) -> None:
        """The article stays in its scopes, and the redirect it leaves behind is in none."""
        page = self._settled()
        self.wikimedia.move(page.wiki.dbname, page.key, self._new_title(), self._someone())

    def _move_onto(self) -> None:
        named = with_titles(self.wikimedia, "enwiki", [*self.piled, *self.assigned])
        page = self._page(lambda page: page.wiki.dbname == "enwiki" and (page.wiki.dbname, page.id) not in named)
        self.wikimedia.move("enwiki", page.key, self._missing(), self._someone(), leave_redirect=False)
        self.fresh.add(page)

    # What only those learn who ask

    def nobody_tells(self, times: int) -> None:
        """Categories, templates, the saved query, the pile and what is assigned change; pages begin anew."""
        self._go(
            [self._edit, self._categorize, self._uncategorize, self._template, self._untemplate, self._ask_for,
             self._ask_no_more, self._recategorize, self._repile, self._reassign, self._begin_anew,
             self._move_unseen, self._lead_elsewhere], times,
        )  # fmt: skip

    def _categorize(self) -> None:
        page = self._page(lambda page: page.wiki.dbname == "enwiki")
        self.wikimedia.put_in("enwiki", page.key, categories=[self.chances.choice((RIVERS, BELOW, DEEPER))])

    def _uncategorize(self) -> None:
        page = self._page(lambda page: page.wiki.dbname == "enwiki" and bool(page.categories))
        self.wikimedia.take_out("enwiki", page.key, categories=set(page.categories), username=self._someone())

    def _template(self) -> None:
        page = self._page(lambda page: page.wiki.dbname == "dewiki")
        self.wikimedia.put_in("dewiki", page.key, templates=["Fluss"], username=self._someone())

    def _untemplate(self) -> None:
        page = self._page(lambda page: page.wiki.dbname == "dewiki" and bool(page.templates))
        self.wikimedia.take_out("dewiki", page.key, templates=["Fluss"])

    def _ask_for(self) -> None:
        page = self._page(lambda page: page.wiki.dbname == "dewiki")
        self.wikimedia.put_in("dewiki", page.key, categories=[self.chances.choice(("Gefragt", "Mehr gefragt"))])

    def _ask_no_more(self) -> None:
        page = self._page(lambda page: page.wiki.dbname == "dewiki" and bool(page.categories))
        self.wikimedia.take_out("dewiki", page.key, categories=set(page.categories))

    def _recategorize(self) -> None:
        """A whole branch leaves, or comes back."""
        branch = self.wikimedia.page("enwiki", BELOW)
        change = self.wikimedia.take_out if branch.categories else self.wikimedia.put_in
        change("enwiki", BELOW, categories=[RIVERS])

    def _repile(self) -> None:
        """Piles do not change: the program is given another one of the same number, as after a mistake."""
        self.piled = self.chances.sample(WANTED, 16)

    def _reassign(self) -> None:
        more = self._page(lambda page: page.wiki.dbname == "enwiki").title
        self.assigned = [*dict.fromkeys([*self.chances.sample(ASSIGNED, 8), more])]

    def _begin_anew(self) -> None:
        """Another page of the same title, which nobody has put anywhere."""
        page = self._page()
        self.wikimedia.delete(page.wiki.dbname, page.key, "Founder")
        self._save(page.wiki.dbname, page.key)

    def _move_unseen(self) -> None:
        page = self._page()
        self.wikimedia.move(page.wiki.dbname, page.key, self._new_title(), self._someone(), leave_redirect=False)

    def _lead_elsewhere(self) -> None:
        """A wanted title becomes a redirect to an article."""
        to = self._page(lambda page: page.wiki.dbname == "enwiki" and page.namespace == 0)
        self.wikimedia.save("enwiki", self._missing(), self._someone(), redirect_to=to.key)

    # The truth

    def in_scope(self, kind: ScopeKind, title: str = "", depth: int = 0) -> TruePages:
        """The pages of a scope, as the wikis are now."""
        w = self.wikimedia
        match kind:
            case ScopeKind.CATEGORY:
                return in_category(w, "enwiki", title, depth)
            case ScopeKind.TEMPLATE:
                return with_template(w, "dewiki", title)
            case ScopeKind.PETSCAN:
                return in_category(w, "dewiki", self.query.category or "", self.query.depth)
            case ScopeKind.PAGEPILE:
                return with_titles(w, "enwiki", self.piled)
            case ScopeKind.ASSIGNED_ARTICLES:
                return with_titles(w, "enwiki", self.assigned)


Given = tuple[ScopeKind, str, str, int]
EACH: dict[str, Given] = {
    "category": (ScopeKind.CATEGORY, "enwiki", RIVERS, 1),
    "deep": (ScopeKind.CATEGORY, "enwiki", RIVERS, 10),
    "template": (ScopeKind.TEMPLATE, "dewiki", TEMPLATE, 0),
    "query": (ScopeKind.PETSCAN, "dewiki", str(QUERY), 0),
    "pile": (ScopeKind.PAGEPILE, "enwiki", str(PILE), 0),
    "assigned": (ScopeKind.ASSIGNED_ARTICLES, "enwiki", "", 0),
    "nothing": (ScopeKind.CATEGORY, "enwiki", "Category:Nobody made it", 2),
}


class ScopedPrograms:
    """One program a scope, one that has them all, one with two of a kind, one without any, and one that needs none."""

    def __init__(self, world: World, rivers: Rivers, people: list[int]) -> None:
        self.world = world
        self.rivers = rivers
        self.people = people
        self.of: dict[int, list[Given]] = {}
        self.names: dict[str, int] = {}

    @property
    def pool(self) -> Pool:
        return self.world.pool

    async def found(self) -> None:
        for name, given in EACH.items():
            await self._program(name, [given])
        whole = await self._program("all", list(EACH.values()))
        await self._program("two", [EACH["pile"], (ScopeKind.CATEGORY, "enwiki", DEEPER, 0)])
        await self._program("none", [])
        tracked = {"enwiki": {0}, "dewiki": {0}}
        plain = await self.world.program(*self.people, wikis=tracked, start=BEGIN, end=BEGIN + LASTS)
        await self.world.session(whole, BEGIN, BEGIN + LASTS / 2, *self.people[:3])
        await self.world.campaign(self.names["category"], self.names["pile"], plain)

    async def _program(self, name: str, given: list[Given]) -> int:
        number = self.names[name] = await self.world.program(
            *self.people[: 6 if name in EACH else EDITORS],
            wikis={"enwiki": {0, 1} if name == "deep" else {0}, "dewiki": {0}},
            start=BEGIN - timedelta(days=1),
            end=BEGIN + LASTS,
            article_scoped=True,
        )
        await give_scopes(self.pool, number, given)
        self.of[number] = given
        return number

    async def assign(self) -> None:
        """The programs want what is assigned now, and nothing else."""
        for number, given in self.of.items():
            if EACH["assigned"] in given:
                await want(self.pool, number, self.rivers.assigned)

    def learn(self) -> None:
        """Tell the naive model which pages are in the scopes now."""
        for number, given in self.of.items():
            found = [self.rivers.in_scope(kind, title, depth) for kind, _, title, depth in given]
            self.world.naive.programs[number].scope = {*(page for pages in found for page in pages)}


async def give_scopes(pool: Pool, program: int, given: list[Given]) -> None:
    for kind, dbname, value, depth in given:
        wiki = known_wikis.wiki(dbname)
        assert wiki is not None
        async with pool.acquire() as conn, conn.transaction():
            assert await scopes.add(conn, program, Source(kind, wiki, value, depth), None) is not None


async def want(pool: Pool, program: int, titles: list[str]) -> None:
    """The program offers these articles of enwiki, in place of those it did."""
    async with pool.acquire() as conn, conn.transaction():
        wiki = await conn.fetchval("SELECT id FROM wiki WHERE dbname = 'enwiki'")
        await conn.execute("DELETE FROM wanted_article WHERE program_id = $1", program)
        listed = [
            (wiki, Title(1 if title.startswith("Talk:") else 0, title.rpartition(":")[2], title)) for title in titles
        ]
        await assignments.offer(conn, program, listed)


async def ask_again(pool: Pool, program: int) -> None:
    """As somebody does who wants the scopes read now."""
    async with pool.acquire() as conn, conn.transaction():
        await organizing_scopes.ask(conn, program)

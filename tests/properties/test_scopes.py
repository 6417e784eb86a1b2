# SPDX-License-Identifier: GPL-3.0-or-later
"""Scopes as an algebra: several are their union, and the order of readings, edits and other news does not matter."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from graph import wikis as known_wikis
from graph.db import recounting, scopes
from graph.edits import PageDeleted
from graph.programs import ScopeKind
from graph.scopes import Source
from tests.db.world import MINUTE, NOON, World
from tests.properties.histories import WIKIS, Event, Step, Wikis, happen, histories, steps
from tests.properties.interludes import in_small_steps, reassess
from tests.properties.stage import Stage, of_examples, stage, tell
from tests.properties.test_batches import cut, numbers

TRACKED = {"enwiki": {0, 118}, "dewiki": {0}, "arwiki": {0, 2}}  # files of Commons count as uploads only
# A page as a scope holds it: the wiki, and the number unless the page is not there, namespace and title.
Held = tuple[str, int | None, int, str]


@dataclass
class Scopes:
    """Scopes of programs in a world, of one wiki each, and what each holds; ``of`` are those of a program."""

    world: World
    of: dict[int, list[int]] = field(default_factory=dict)
    held: dict[int, list[Held]] = field(default_factory=dict)
    wiki: dict[int, str] = field(default_factory=dict)

    async def add(self, program: int, wiki: str) -> int:
        known = known_wikis.wiki(wiki)
        assert known is not None
        value = f"Category:{len(self.held)}"
        async with self.world.changing() as conn:
            await self.world._know(conn, [wiki])
            number = await scopes.add(conn, program, Source(ScopeKind.CATEGORY, known, value), None)
        assert number is not None
        self.of.setdefault(program, []).append(number)
        self.held[number], self.wiki[number] = [], wiki
        return number

    async def remove(self, program: int, scope: int) -> None:
        async with self.world.changing() as conn:
            assert await scopes.remove(conn, scope)
        self.of[program].remove(scope)
        self.learn()

    async def read(self, scope: int, pages: Iterable[Held]) -> None:
        """A refresh that finds these pages, as far as they are of the scope's wiki."""
        found = [page for page in pages if page[0] == self.wiki[scope]]
        async with self.world.pool.acquire() as conn:
            await scopes.begin(conn, scope)
            row = await scopes.get(conn, scope)
            assert row is not None
            await scopes.took(conn, scope, row.wiki_id, [page[1:] for page in found])
            await scopes.finish(conn, scope, "", 0)
        self.held[scope] = found
        self.learn()

    async def tell(self, events: list[Event], *, live: bool = True) -> None:
        """News; a page that is deleted is held by its title from then on, unless it has another by now."""
        gone = {(each.wiki, each.page_id) for each in events if isinstance(each, PageDeleted)}
        titles = {key: self.world.naive.page(*key).title for key in gone}
        await tell(self.world, events, live=live)
        for held in self.held.values():
            held[:] = [
                (page[0], None, *page[2:])
                if page[:2] in gone and titles[page[0], page[1] or 0] in (None, page[3])
                else page
                for page in held
            ]
        self.learn()

    def learn(self) -> None:
        """Tell the naive model which pages the programs' scopes have."""
        for program, mine in self.of.items():
            pages = [page for scope in mine for page in self.held[scope]]
            self.world.naive.programs[program].scope = {
                (wiki, namespace, title) if number is None else (wiki, number)
                for wiki, number, namespace, title in pages
            }


def held(wikis: Wikis, marks: int) -> list[Held]:
    """Some of the pages, by the bits of ``marks``, as a wiki lists them now."""
    pages = [page for place, page in enumerate(wikis.pages) if marks >> place % 16 & 1]
    return [(page.wiki, None if page.deleted else page.number, page.namespace, page.title) for page in pages]


# Most of the pages.
marks = st.builds(int.__or__, st.integers(0, 2**16 - 1), st.integers(0, 2**16 - 1))
# A scope (by its place) is read and found to hold these; then so many things happen.
readings = st.lists(st.tuples(st.integers(1, 4), st.integers(0, 7), marks), min_size=2, max_size=6)


@dataclass
class Union:
    """Programs of the same editors: of one scope each, of both; one without any, and one that has no need of them."""

    scopes: Scopes
    editors: list[int]
    one: int
    other: int
    both: int
    parts: int

    def places(self) -> list[list[int]]:
        """The scopes that hold the same pages, and are read together."""
        of = self.scopes.of
        return [
            [mine, its]
            for program in (self.one, self.other)
            for mine, its in zip(of[program], self._its(program), strict=True)
        ]

    def _its(self, program: int) -> list[int]:
        half = len(self.scopes.of[self.both]) // 2
        return self.scopes.of[self.both][:half] if program == self.one else self.scopes.of[self.both][half:]


async def found(world: World) -> Union:
    editors = [await world.editor() for _ in range(3)]
    made = [await world.program(*editors, wikis=TRACKED, article_scoped=True) for _ in range(4)]
    await world.program(*editors[:2], wikis={"enwiki": {0}})
    await world.session(made[2], NOON, NOON + MINUTE, editors[0])
    held_by = Scopes(world, {number: [] for number in made})
    for program in (made[0], made[1]):
        for wiki in WIKIS:
            await held_by.add(program, wiki)
    for wiki in (*WIKIS, *WIKIS):
        await held_by.add(made[2], wiki)
    parts = await world.campaign(made[0], made[1])
    return Union(held_by, editors, made[0], made[1], made[2], parts)


async def read_some(union: Union, pick: int, pages: list[Held]) -> None:
    places = union.places()
    for scope in places[pick % len(places)]:
        await union.scopes.read(scope, pages)


async def read_all(union: Union, pages: list[Held]) -> None:
    for place in range(len(union.places())):
        await read_some(union, place, pages)


async def agree(union: Union) -> None:
    """Every number is the naive model's and a recount's, and both scopes count what a union of programs counts."""
    world = union.scopes.world
    await reassess(world.pool)
    await world.agree()
    assert await world.headline(union.both) == await world.headline(union.parts)


@of_examples(10)
@given(history=histories, first=marks, drawn=readings, more=st.lists(steps, min_size=4, max_size=8))
def check_union(
    on: Stage, history: list[Step], first: int, drawn: list[tuple[int, int, int]], more: list[Step]
) -> None:
    async def run() -> None:
        union, wikis = await found(on.world()), on.wikis()
        await union.scopes.tell(happen(history, wikis, union.editors))
        await read_all(union, held(wikis, first))
        rest = iter(more)
        for count, pick, chosen in drawn:
            await read_some(union, pick, held(wikis, chosen))
            await agree(union)
            events = happen([step for step, _ in zip(rest, range(count), strict=False)], wikis, union.editors)
            for event in events:
                await union.scopes.tell([event])
            await agree(union)
        for program, scope in [(union.one, 0), (union.both, 0)]:
            await union.scopes.remove(program, union.scopes.of[program][scope])
        await agree(union)

    on.run(run())


def test_several_scopes_are_their_union_whatever_happens(database_url: str) -> None:
    with stage(database_url) as on:
        check_union(on)


def test_several_scopes_are_their_union_where_the_worker_decides(database_url: str) -> None:
    with stage(database_url) as on, in_small_steps():
        check_union(on)


async def tell_in_order(union: Union, events: list[Event]) -> None:
    for event in events:
        await union.scopes.tell([event])


async def tell_anyhow(
    union: Union, events: list[Event], chance: Random, readings: Iterable[tuple[int, list[Held]]]
) -> None:
    """In any batches and order, some of it twice; what is read in between is true of some time."""
    waiting = list(readings)
    for batch in cut(events, chance):
        await union.scopes.tell(batch, live=chance.random() < 0.5)
        if waiting and chance.random() < 0.4:
            await read_some(union, *waiting.pop())
        if chance.random() < 0.2:
            await reassess(union.scopes.world.pool)


@of_examples(10)
@given(history=histories, drawn=readings, chance=st.randoms(use_true_random=True))
def check_order(on: Stage, history: list[Step], drawn: list[tuple[int, int, int]], chance: Random) -> None:
    async def run() -> None:
        counted = []
        for in_order in (True, False):
            union, wikis = await found(on.world()), on.wikis()
            events = happen(history, wikis, union.editors)
            told = [(pick, held(wikis, chosen)) for _, pick, chosen in drawn]
            await (tell_in_order(union, events) if in_order else tell_anyhow(union, events, chance, told))
            for place in range(len(union.places())):
                await read_some(union, place, told[place % len(told)][1])
            await agree(union)
            counted.append([each.headline for each in await numbers(union.scopes.world)])
        assert counted[1] == counted[0]

    on.run(run())


def test_the_order_of_readings_and_news_does_not_matter(database_url: str) -> None:
    with stage(database_url) as on:
        check_order(on)


def test_the_order_does_not_matter_where_the_worker_decides(database_url: str) -> None:
    with stage(database_url) as on, in_small_steps():
        check_order(on)


@of_examples(10)
@given(history=histories, chosen=marks, places=st.sets(st.integers(0, 6), max_size=3), more=st.lists(steps, max_size=8))
def check_meanwhile(on: Stage, history: list[Step], chosen: int, places: set[int], more: list[Step]) -> None:
    async def run() -> None:
        union, wikis = await found(on.world()), on.wikis()
        await union.scopes.tell(happen(history, wikis, union.editors))
        await read_all(union, held(wikis, chosen))
        rest = iter(more)

        async def something() -> None:
            await tell_in_order(
                union, happen([step for step, _ in zip(rest, range(3), strict=False)], wikis, union.editors)
            )

        await reassess(union.scopes.world.pool, dict.fromkeys(places, something))
        await agree(union)
        async with on.pool.acquire() as conn:
            assert await recounting.check(conn, union.scopes.world.naive.collections()) == []

    on.run(run())


def test_live_news_between_the_steps_of_a_refresh_is_counted_once(database_url: str) -> None:
    with stage(database_url) as on, in_small_steps():
        check_meanwhile(on)

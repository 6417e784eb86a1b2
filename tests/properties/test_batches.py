# SPDX-License-Identifier: GPL-3.0-or-later
"""However the news comes, cut into whatever batches, the numbers are the same."""

from __future__ import annotations

from itertools import pairwise
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from graph.db import recounting
from graph.edits import PageDeleted
from tests.db import stored
from tests.db.naive import Headline, Numbers
from tests.db.world import MINUTE, NOON, World
from tests.properties.histories import Event, Step, happen, histories
from tests.properties.stage import Stage, of_examples, stage, tell


async def found(world: World) -> list[int]:
    """Three editors; a campaign and an organization over two programs that overlap; a private one; a session."""
    editors = [await world.editor() for _ in range(3)]
    first = await world.program(*editors[:2])
    second = await world.program(*editors[1:], wikis={"enwiki": {0, 118}, "dewiki": {0}, "arwiki": {2}})
    await world.program(editors[0], wikis={"commonswiki": {6}}, public=False)
    await world.session(second, NOON, NOON + MINUTE)
    organization = await world.organization()
    await world.campaign(first, second, organization=organization)
    await world.campaign(second, organization=organization)
    return editors


async def numbers(world: World) -> list[Numbers]:
    async with world.pool.acquire() as conn:
        return [await stored.numbers(conn, collection) for collection in world.naive.collections()]


def cut(events: list[Event], chance: Random) -> list[list[Event]]:
    """The events in some order, some of them more than once, in batches that may be empty."""
    order = [*events, *chance.choices(events, k=5)]
    chance.shuffle(order)
    places = sorted(chance.choices(range(len(order) + 1), k=chance.randint(1, len(order))))
    return [order[start:end] for start, end in pairwise([0, *places, len(order)])]


@of_examples(20)
@given(history=histories, chance=st.randoms(use_true_random=True))
def check_order_split_and_repetition(on: Stage, history: list[Step], chance: Random) -> None:
    async def both() -> None:
        plain, shuffled = on.world(), on.world()
        editors = await found(plain)
        events = happen(history, on.wikis(), editors)
        for event in events:
            await tell(plain, [event])
        await plain.agree()

        editors = await found(shuffled)
        events = happen(history, on.wikis(), editors)
        for batch in cut(events, chance):
            await tell(shuffled, batch, live=chance.random() < 0.5)
        await shuffled.agree()
        assert [each.headline for each in await numbers(shuffled)] == [each.headline for each in await numbers(plain)]

    on.run(both())


def test_any_order_split_and_repetition_of_the_same_news_gives_the_same_numbers(database_url: str) -> None:
    with stage(database_url) as on:
        check_order_split_and_repetition(on)


@of_examples(10)
@given(history=histories, by=st.sampled_from(["deletion", "withdrawal"]))
def check_taking_back(on: Stage, history: list[Step], by: str) -> None:
    async def run() -> None:
        world, wikis = on.world(), on.wikis()
        editors = await found(world)
        empty = await numbers(world)
        await tell(world, happen(history, wikis, editors))
        if by == "deletion":
            await tell(world, [PageDeleted(page.wiki, page.number, wikis.now()) for page in wikis.pages])
            assert await numbers(world) == empty
        else:
            for number, program in world.naive.programs.items():
                await world.withdraw(number, *list(program.editors))
            for each in await numbers(world):
                assert each == Numbers(Headline(words=each.headline.words))
        await world.agree()

    on.run(run())


def test_what_was_added_and_taken_back_leaves_zero(database_url: str) -> None:
    with stage(database_url) as on:
        check_taking_back(on)


@of_examples(5)
@given(history=histories)
def check_recount(on: Stage, history: list[Step]) -> None:
    async def run() -> None:
        world = on.world()
        editors = await found(world)
        await tell(world, happen(history, on.wikis(), editors))
        before = await numbers(world)
        await recounting.rebuild(world.pool, world.naive.collections())
        assert await numbers(world) == before

    on.run(run())


def test_a_recount_from_nothing_gives_the_numbers_that_were_kept(database_url: str) -> None:
    with stage(database_url) as on:
        check_recount(on)

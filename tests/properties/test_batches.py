# SPDX-License-Identifier: GPL-3.0-or-later
"""However the news comes, cut into whatever batches, the numbers are the same."""

from __future__ import annotations

from itertools import pairwise

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


def cut(events: list[Event], data: st.DataObject) -> list[list[Event]]:
    """The events in some order, some of them more than once, in batches that may be empty."""
    again = data.draw(st.lists(st.sampled_from(events), max_size=5))
    order = data.draw(st.permutations([*events, *again]))
    places = sorted(data.draw(st.lists(st.integers(0, len(order)), max_size=6)))
    ends = [0, *places, len(order)]
    return [order[start:end] for start, end in pairwise(ends)]


@of_examples(25)
@given(history=histories, data=st.data())
def check_order_split_and_repetition(on: Stage, history: list[Step], data: st.DataObject) -> None:
    async def both() -> None:
        plain, shuffled = on.world(), on.world()
        editors = await found(plain)
        events = happen(history, on.wikis(), editors)
        if not events:
            return
        for event in events:
            await tell(plain, [event])
        await plain.agree()

        editors = await found(shuffled)
        events = happen(history, on.wikis(), editors)
        for batch in cut(events, data):
            await tell(shuffled, batch, live=data.draw(st.booleans()))
        await shuffled.agree()
        assert [each.headline for each in await numbers(shuffled)] == [each.headline for each in await numbers(plain)]

    on.run(both())


def test_any_order_split_and_repetition_of_the_same_news_gives_the_same_numbers(database_url: str) -> None:
    with stage(database_url) as on:
        check_order_split_and_repetition(on)


@of_examples(15)
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


@of_examples(10)
@given(history=histories)
def check_recount(on: Stage, history: list[Step]) -> None:
    async def run() -> None:
        world = on.world()
        editors = await found(world)
        await tell(world, happen(history, on.wikis(), editors))
        before = await numbers(world)
        async with world.pool.acquire() as conn:
            await recounting.rebuild(conn, world.naive.collections())
        assert await numbers(world) == before

    on.run(run())


def test_a_recount_from_nothing_gives_the_numbers_that_were_kept(database_url: str) -> None:
    with stage(database_url) as on:
        check_recount(on)

# SPDX-License-Identifier: GPL-3.0-or-later
"""Ten wikis, sixty editors, three thousand edits: what was counted live is what is read afterwards, and the truth."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import httpx
import pytest

from graph.db.pool import Pool, connect
from graph.db.updates import Drift
from graph.simulator.truth import Truth, truth
from tests.conftest import new_database
from tests.db.naive import Headline
from tests.db.world import World
from tests.kills.truth import TrueWorld
from tests.scenario.measuring import Measured, differences, drift, measure, renumbered, should_be
from tests.scenario.sources import Past, consuming
from tests.scenario.ten_programs import Programs, copy_rules, enlist
from tests.scenario.ten_wikis import EDITS, TenWikis

SEED = 1
TURNS = 6


@dataclass
class Story:
    """What came of it: ``streamed`` by the stream, which is silent about some edits, ``reconciled`` with the wikis'
    own lists afterwards, ``read`` from these lists alone.
    """

    wikis: TenWikis
    world: TrueWorld
    streamed: Measured
    audible: Measured
    reconciled: Measured
    read: Measured
    true: Measured
    mended: Drift
    drift: dict[str, list[str]]


@pytest.fixture(scope="module")
def story(server_url: str, template: str) -> Iterator[Story]:
    with new_database(server_url, template) as live, new_database(server_url, template) as past:
        yield asyncio.run(tell(live, past))


async def tell(live_url: str, past_url: str) -> Story:
    """Let it all happen, followed live; then read it all into an empty database."""
    wikis = TenWikis(SEED)
    pool, other = await connect(live_url), await connect(past_url)
    world = World(pool, by_the_worker=True)
    programs, rules = Programs(world, await enlist(world, wikis)), world.naive
    await programs.found()
    async with httpx.AsyncClient() as client, consuming(wikis, live_url, pool) as live:
        past = Past(wikis, pool, live.upstream, client)
        for turn in range(TURNS):
            wikis.go_on(EDITS * (turn + 1) // TURNS)
            await live.caught_up()
            await past.backfill(programs.unread)
            programs.unread.clear()
            if turn < TURNS - 1:
                await programs.change(turn)
        await world.end_holding_out()
        streamed = await measure(pool, rules)
        audible = should_be(true_world(wikis, programs, await heard(wikis, pool)))
        drifts = {"streamed": await drift(pool)}
        mended = await past.reconcile(rules.programs)
        await world.end_holding_out()
        reconciled, drifts["reconciled"] = await measure(pool, rules), await drift(pool)
        true = true_world(wikis, programs, truth(wikis.wikimedia))
        read = await read_again(wikis, programs, other, Past(wikis, other, live.upstream, client))
        drifts["read"] = await drift(other)
    for each in (pool, other):
        await each.close()
    return Story(wikis, true, streamed, audible, reconciled, read, should_be(true), mended, drifts)


async def read_again(wikis: TenWikis, programs: Programs, pool: Pool, past: Past) -> Measured:
    """The same programs in an empty database, as they are now, and all that their editors have done."""
    world, rules = World(pool, by_the_worker=True), programs.world.naive
    assert await enlist(world, wikis) == programs.people
    numbers = await copy_rules(rules, world)
    await past.backfill(world.naive.programs)
    for number, program in rules.programs.items():
        for wiki, page_id in sorted(program.excluded):
            await world.exclude(numbers[number], wiki, page_id)
    await world.end_holding_out()
    return renumbered(await measure(pool, world.naive), numbers)


async def heard(wikis: TenWikis, pool: Pool) -> Truth:
    """The truth without what cannot be known from the stream, as far as nobody has read it either."""
    rows = await pool.fetch("SELECT w.dbname, e.revision_id FROM edit e JOIN wiki w ON w.id = e.wiki_id")
    unheard = (wikis.silent | wikis.returned) - {(row["dbname"], row["revision_id"]) for row in rows}
    all_of_it = truth(wikis.wikimedia)
    return Truth([each for each in all_of_it.revisions if (each.wiki, each.revision_id) not in unheard], [])


def true_world(wikis: TenWikis, programs: Programs, told: Truth) -> TrueWorld:
    people = zip(wikis.enrolled, programs.people, strict=True)
    return TrueWorld(programs.world.naive, told, {account.central_id: number for account, number in people})


def test_everything_has_happened_on_all_of_them_and_to_all_of_them(story: Story) -> None:
    assert story.wikis.edits >= 3_000
    assert {wiki for wiki, _ in story.wikis.wikimedia.revisions} == set(story.wikis.wikimedia.wikis)
    assert {name: times for name, times in story.wikis.happened.items() if times < 4} == {}
    assert set(story.wikis.happened) == story.wikis.steps
    counted = [numbers.headline for numbers in story.true.numbers.values()]
    empty = [headline for headline in counted if not headline.edits]
    assert empty == [Headline(editors=3, new_editors=1, words=0)]  # the program that counts certain articles only
    assert min(headline.edits for headline in counted if headline not in empty) > 10
    assert sum(headline.edits for headline in counted) > 4_000


def test_nameless_participants_are_held_out_unless_three_of_them_have_edits(story: Story) -> None:
    world, numbers = story.world, story.true.numbers
    for number, program in world.programs.items():
        assert program.nameless_counted is world.nameless_count(number, datetime.now(UTC))
    seconds = {first: second for second, first in world.everybody.items()}
    english, _, data, *_ = world.programs
    assert (world.programs[english].nameless_counted, world.programs[data].nameless_counted) == (True, False)
    assert numbers[seconds[english]] == numbers[english]
    assert numbers[seconds[data]].headline.edits > numbers[data].headline.edits


def test_the_stream_counts_all_that_it_tells(story: Story) -> None:
    assert differences(story.streamed, story.audible) == []
    assert story.drift["streamed"] == []


def test_what_the_stream_is_silent_about_is_mended_from_the_wikis_own_lists(story: Story) -> None:
    assert differences(story.streamed, story.true) != []
    assert differences(story.reconciled, story.true) == []
    assert story.drift["reconciled"] == []
    assert story.mended.added >= 5
    assert (story.mended.changed, story.mended.taken_back) == (0, 0)


def test_an_empty_database_is_filled_with_the_same_numbers_from_the_lists_alone(story: Story) -> None:
    assert differences(story.read, story.true) == []
    assert differences(story.read, story.reconciled) == []
    assert story.drift["read"] == []

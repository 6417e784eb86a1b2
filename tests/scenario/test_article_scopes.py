# SPDX-License-Identifier: GPL-3.0-or-later
"""Pages enter and leave every kind of scope while an editathon runs: the numbers are the truth at every step."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

import httpx
import pytest
from hypothesis import settings

from graph.db import reassessing, scopes
from graph.db.pool import Pool, connect
from graph.db.scopes import Scope
from graph.jobs.attended import history_of
from graph.jobs.backfill import Reach, backfill, settle
from graph.jobs.refresh import refresh
from graph.simulator.truth import truth
from graph.wikimedia.action_api import IN_FLIGHT, ActionApi
from graph.wikimedia.scopes.download import Service
from graph.wikimedia.scopes.pagepile import PagePile
from graph.wikimedia.scopes.petscan import PetScan
from graph.wikimedia.scopes.resolver import WikimediaScopes
from tests.conftest import new_database
from tests.db.world import World
from tests.kills.truth import TrueWorld
from tests.scenario.measuring import Measured, differences, drift, measure, renumbered, should_be
from tests.scenario.scoped_editathon import (
    EACH,
    PILE,
    QUERY,
    Rivers,
    ScopedPrograms,
    ask_again,
    give_scopes,
    want,
)
from tests.scenario.sources import AGENT, Live, consuming
from tests.scenario.ten_programs import busiest, copy_rules

SEEDS = (1,) if settings().derandomize else (1, 2, 3)  # `make properties` tells more stories than every run
TURNS = 4


class Wikis:
    """What jobs ask: the wikis and both services, as they are now."""

    def __init__(self, rivers: Rivers, upstream: str, client: httpx.AsyncClient) -> None:
        self.rivers = rivers
        self.upstream = upstream
        self.client = client
        slots = asyncio.Semaphore(IN_FLIGHT)
        api = upstream + "/w/{dbname}/api.php"
        self.scopes = WikimediaScopes(
            ActionApi(client, api, AGENT, slots),
            PetScan(Service(client, upstream + "/petscan/", AGENT, name="PetScan")),
            PagePile(Service(client, upstream + "/pagepile/api.php", AGENT, name="PagePile")),
        )
        self.history = history_of(client, api, AGENT, slots)

    def reach(self, pool: Pool) -> Reach:
        return Reach(pool, self.rivers.now, self.history, self.scopes)

    async def refresh(self, pool: Pool, numbers: list[int]) -> None:
        """The saved query and the pile are as they should be now; then the scopes are read on demand."""
        query = self.rivers.query
        saved = {"psid": QUERY, "wiki": query.wiki, "category": query.category, "depth": query.depth}
        piled = {"pile": PILE, "wiki": "enwiki", "titles": self.rivers.piled}
        for action, given in (("save_query", saved), ("save_pile", piled)):
            answer = await self.client.post(f"{self.upstream}/simulator/{action}", json=given)
            assert answer.status_code == 200, answer.text
        self.rivers.wait(1_000)
        for number in numbers:
            await ask_again(pool, number)
            await refresh(self.reach(pool), self.scopes, number)
        await reassessing.reassess(pool)


@dataclass
class Told:
    """The differences between the numbers and the truth, by the moment; ``read`` are those of a later reading."""

    rivers: Rivers
    programs: ScopedPrograms
    steps: dict[str, list[str]] = field(default_factory=dict)
    edits: dict[str, list[int]] = field(default_factory=dict)
    scopes: dict[str, list[Scope]] = field(default_factory=dict)
    drift: list[str] = field(default_factory=list)


@pytest.fixture(scope="module", params=SEEDS)
def told(request: pytest.FixtureRequest, server_url: str, template: str) -> Iterator[Told]:
    with new_database(server_url, template) as live, new_database(server_url, template) as past:
        yield asyncio.run(tell(request.param, live, past))


async def tell(seed: int, live_url: str, past_url: str) -> Told:
    rivers = Rivers(seed)
    pool, other = await connect(live_url), await connect(past_url)
    world = World(pool, by_the_worker=True)
    programs = ScopedPrograms(world, rivers, await enlist(world, rivers))
    await programs.found()
    story = Told(rivers, programs)
    async with httpx.AsyncClient() as client, consuming(rivers, live_url, pool) as live:
        wikis = Wikis(rivers, live.upstream, client)
        await live.caught_up()
        await _compare(story, "before any reading", refreshed=None)
        for turn in range(TURNS):
            await _turn(story, turn, wikis, live)
        await _compare_the_past(story, wikis, other)
    for each in (pool, other):
        story.drift += await drift(each)
        await each.close()
    return story


async def _turn(story: Told, turn: int, wikis: Wikis, live: Live) -> None:
    programs, rivers = story.programs, story.rivers
    rivers.nobody_tells(25 if turn else 0)
    await live.caught_up()
    await programs.assign()
    await wikis.refresh(programs.pool, list(programs.of))
    rivers.were_read()
    await _compare(story, f"{turn}: refreshed", refreshed=True)
    for part in range(3):
        rivers.stream_tells(14)
        await live.caught_up()
        await _compare(story, f"{turn}: live {part}", refreshed=True)
    if turn == 1:
        for wiki, page in await busiest(programs.pool, programs.names["all"], 2):
            await programs.world.exclude(programs.names["all"], wiki, page)
        await _compare(story, "without what is excluded", refreshed=True)


async def _compare(story: Told, moment: str, *, refreshed: bool | None) -> None:
    """Hold every number against the truth of this moment."""
    programs, world = story.programs, story.programs.world
    if refreshed:
        programs.learn()
    await world.learn()
    measured = await measure(programs.pool, world.naive)
    story.steps[moment] = differences(measured, should_be(true_world(story)))
    for name, number in programs.names.items():
        story.edits.setdefault(name, []).append(measured.numbers[number].headline.edits)
    async with programs.pool.acquire() as conn:
        found = await scopes.of_programs(conn, list(programs.of))
    story.scopes = {name: found[number] for name, number in programs.names.items()}


def true_world(story: Told) -> TrueWorld:
    people = zip(story.rivers.enrolled, story.programs.people, strict=True)
    numbers = {account.central_id: number for account, number in people}
    return TrueWorld(story.programs.world.naive, truth(story.rivers.wikimedia), numbers)


async def _compare_the_past(story: Told, wikis: Wikis, pool: Pool) -> None:
    """The same programs in an empty database: half of them read their scopes before their history, half after it."""
    programs, rules = story.programs, story.programs.world.naive
    await wikis.refresh(programs.pool, list(programs.of))
    story.rivers.were_read()
    await _compare(story, "refreshed in the end", refreshed=True)
    world = World(pool, by_the_worker=True)
    assert await enlist(world, story.rivers) == programs.people
    numbers = await copy_rules(rules, world)
    for number, given in programs.of.items():
        await give_scopes(pool, numbers[number], given)
        if EACH["assigned"] in given:
            await want(pool, numbers[number], story.rivers.assigned)
    first = [numbers[number] for number in programs.of if number % 2]
    await wikis.refresh(pool, first)
    reach = wikis.reach(pool)
    for number in sorted(world.naive.programs):
        await backfill(reach, number)
    story.rivers.wait(61_000)
    for number in sorted(world.naive.programs):
        await settle(reach, number)
    await wikis.refresh(pool, [numbers[number] for number in programs.of if not number % 2])
    for number, program in rules.programs.items():
        for wiki, page_id in sorted(program.excluded):
            await world.exclude(numbers[number], wiki, page_id)
    await world.learn()
    read: Measured = renumbered(await measure(pool, world.naive), numbers)
    story.steps["read afterwards"] = differences(read, should_be(true_world(story)))


async def enlist(world: World, rivers: Rivers) -> list[int]:
    """Our numbers of those who take part."""
    numbers: list[int] = []
    for each in rivers.enrolled:
        registered = datetime.fromisoformat(each.registered or "")
        number = await world.pool.fetchval(
            "INSERT INTO editor (central_id, username, registered_at) VALUES ($1, $2, $3) RETURNING id",
            each.central_id,
            each.name,
            registered,
        )
        world.naive.registered[number] = registered
        numbers.append(number)
    return numbers


def test_every_number_is_the_truth_at_every_step(told: Told) -> None:
    assert [f"{moment}: {each}" for moment, apart in told.steps.items() for each in apart][:9] == []
    assert told.drift == []
    assert len(told.steps) == 4 * TURNS + 4


def test_pages_came_and_went_in_every_way(told: Told) -> None:
    assert {name for name, times in told.rivers.happened.items() if times} >= {
        "edit", "create", "write_wanted", "delete", "restore", "move", "move_onto", "categorize", "uncategorize",
        "template", "untemplate", "ask_for", "ask_no_more", "recategorize", "repile", "reassign", "begin_anew",
        "move_unseen", "lead_elsewhere",
    }  # fmt: skip
    for name in ("category", "deep", "template", "query", "pile", "assigned", "two", "all"):
        assert max(told.edits[name]) > min(told.edits[name]) == 0
        assert any(later < sooner for sooner, later in zip(told.edits[name], told.edits[name][1:], strict=False))
    parts = [max(told.edits[name]) for name in ("category", "template", "query", "pile", "assigned")]
    assert max(parts) < max(told.edits["all"]) < 2 * sum(parts)


def test_a_program_without_articles_counts_nothing(told: Told) -> None:
    assert set(told.edits["none"]) == set(told.edits["nothing"]) == {0}
    (scope,) = told.scopes["nothing"]
    assert (scope.state, scope.error_reason, scope.size) == ("FAILED", "MISSING", 0)
    assert scope.error == "en.wikipedia.org has no “Category:Nobody made it”."
    others = [scope for name, some in told.scopes.items() for scope in some if name not in ("nothing", "none", "all")]
    assert {(scope.state, scope.error) for scope in others} == {("READY", None)}


def test_talk_pages_count_where_they_are_in_a_scope_themselves_only(told: Told) -> None:
    number = told.programs.names["all"]
    scope = told.programs.world.naive.programs[number].scope
    revisions = truth(told.rivers.wikimedia).revisions
    titles = {(each.wiki, each.title) for each in revisions if (each.wiki, each.page_id) in scope}
    talk = {
        (each.wiki, each.revision_id)
        for each in revisions
        if each.namespace == 1 and (each.wiki, each.page_id) not in scope
    }
    beside = [each for each in revisions if (each.wiki, each.revision_id) in talk]
    assert any((each.wiki, each.title.partition(":")[2]) in titles for each in beside)
    assert not talk & set(true_world(told).counts(number))

# SPDX-License-Identifier: GPL-3.0-or-later
"""A large change of rules, carried out by the worker while live edits go on, killed and begun again."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from graph.activity import EditRetracted, HistoryChanged, RetractionReason
from graph.db import due, generations, reassessing, recounting, transit
from graph.edits import PageDeleted, PageMoved, PageUndeleted, RevisionTagged, RevisionVisibility
from tests.db.naive import Headline
from tests.db.world import DAY, END, MINUTE, NOON, SECOND, START, World, edit

# What happens in a re-evaluation, in order; each is a place where others may come between, or the process may die.
STEPS = ((transit, "find"), (transit, "depart"), (generations, "build"), (generations, "catch_up"), (transit, "arrive"))
NAMES = [name for _, name in STEPS]


class Killed(Exception):
    """Stands for the death of the process: nothing after it is done."""


@dataclass
class Between:
    """What is done before and after each step."""

    before: dict[str, Callable[[], Awaitable[object]]] = field(default_factory=dict)
    after: dict[str, Callable[[], Awaitable[object]]] = field(default_factory=dict)


@pytest.fixture
def between(monkeypatch: pytest.MonkeyPatch) -> Between:
    steps = Between()

    def watched(name: str, step: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def call(*args: Any, **options: Any) -> Any:
            await steps.before[name]() if name in steps.before else None
            result = await step(*args, **options)
            await steps.after[name]() if name in steps.after else None
            return result

        return call

    for module, name in STEPS:
        monkeypatch.setattr(module, name, watched(name, getattr(module, name)))
    monkeypatch.setattr(due, "AT_ONCE", 0)
    monkeypatch.setattr(transit, "SLICE", 3)
    monkeypatch.setattr(generations, "FOLD", 2)
    return steps


@dataclass
class Stage:
    """Ann and Bob in two programs of a campaign of an organization; revisions count up."""

    world: World
    ann: int
    bob: int
    first: int
    second: int
    session: int
    campaign: int
    organization: int
    revisions: Iterator[int]

    @property
    def collections(self) -> list[int]:
        return [self.first, self.second, self.session, self.campaign, self.organization]

    async def save(self, editor: int, *, page: int, **options: Any) -> int:
        revision = next(self.revisions)
        await self.world.saw(edit(revision, editor, page=page, **options))
        return revision


@pytest.fixture
async def stage(world: World) -> Stage:
    ann, bob = await world.editor(registered=NOON), await world.editor()
    first = await world.program(ann, bob, wikis={"enwiki": {0}})
    second = await world.program(ann, wikis={"enwiki": {0, 2}, "dewiki": {0}})
    session = await world.session(first, NOON, NOON + 10 * SECOND)
    organization = await world.organization()
    campaign = await world.campaign(first, second, organization=organization)
    on = Stage(world, ann, bob, first, second, session, campaign, organization, iter(range(1, 10_000)))
    for page in range(1, 9):
        await on.save(ann, page=page, created=True)
        await on.save(bob, page=page, size=-30)
        await on.save(ann, page=page + 100, namespace=2)
    return on


async def live(on: Stage) -> None:
    """Everything that may come from the stream meanwhile, by editors and on pages that are concerned."""
    fresh = await on.save(on.ann, page=1)
    await on.save(on.bob, page=next(on.revisions) + 1_000, created=True)
    moved = NOON + fresh * MINUTE
    await on.world.saw(
        changes=[
            PageMoved("enwiki", 2, 2, "Moved away", moved),
            PageMoved("enwiki", 102, 0, "Moved here", moved),
            PageDeleted("enwiki", 3, moved),
            RevisionVisibility("enwiki", 10, text=False, editor=True, summary=True, as_of=moved),
            RevisionTagged("enwiki", 13, reverted=True, as_of=moved),
        ]
    )
    await on.world.saw(changes=[PageUndeleted("enwiki", 3, 0, "Page 3 of 0", moved + SECOND)])
    await on.save(on.ann, page=2, namespace=2, title="Moved away", as_of=moved + 2 * SECOND)


async def shorten(on: Stage) -> None:
    """The first program ends in the middle of what was counted."""
    await on.world.move_window(on.first, START, NOON + 12 * SECOND)


async def test_a_large_change_waits_for_the_worker_and_then_moves_everything_at_once(
    stage: Stage, between: Between
) -> None:
    before = await stage.world.edits(*stage.collections)
    await shorten(stage)
    assert await stage.world.edits(*stage.collections) == before
    number = await stage.world.number()

    done = await reassessing.reassess(stage.world.pool)

    assert (done.moved, done.collections) == (12, 3)  # Bob's leave the campaign as well, Ann's stay in it
    assert await stage.world.edits(*stage.collections) == [12, 16, 10, 20, 20]
    await stage.world.agree()
    for collection, retracted in zip(stage.collections, [12, 0, 0, 4, 4], strict=True):
        told = await stage.world.activity(collection, after=number)
        assert [(each.counted, each.retracted) for each in told if isinstance(each, HistoryChanged)] == (
            [(0, retracted)] if retracted else []
        )
    again = await reassessing.reassess(stage.world.pool)
    assert (again.moved, again.collections) == (0, 0)
    assert await stage.world.pool.fetchval("SELECT count(*) FROM due_reassessment") == 0


@pytest.mark.parametrize("step", NAMES)
async def test_what_comes_live_during_a_step_is_counted_in_the_old_tallies_and_the_new(
    stage: Stage, between: Between, step: str
) -> None:
    await shorten(stage)
    between.before[step] = once(lambda: live(stage))
    between.after[step] = once(lambda: live(stage))
    await reassessing.reassess(stage.world.pool)
    await stage.world.agree()


async def test_an_edit_that_was_to_come_in_and_is_deleted_meanwhile_stays_out(stage: Stage, between: Between) -> None:
    await shorten(stage)
    await reassessing.reassess(stage.world.pool)
    await stage.world.move_window(stage.first, START, END)

    async def delete() -> None:
        await stage.world.saw(changes=[PageDeleted("enwiki", page, NOON + DAY) for page in range(1, 9)])

    between.after["find"] = once(delete)
    await reassessing.reassess(stage.world.pool)
    await stage.world.agree()
    assert await stage.world.edits(stage.first) == [8]  # those on the other pages


@pytest.mark.parametrize("step", NAMES[1:4])
async def test_until_the_switch_everybody_reads_the_old_numbers(stage: Stage, between: Between, step: str) -> None:
    before = [await stage.world.headline(collection) for collection in stage.collections]
    seen: list[list[Headline]] = []

    async def look() -> None:
        seen.append([await stage.world.headline(collection) for collection in stage.collections])

    await shorten(stage)
    between.before[step] = between.after[step] = look
    await reassessing.reassess(stage.world.pool)
    assert seen == [before, before]
    await stage.world.agree()


@pytest.mark.parametrize("step", NAMES)
@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_worker_that_dies_leaves_the_numbers_as_they_were_or_as_they_shall_be(
    stage: Stage, between: Between, step: str, when: str
) -> None:
    before = await stage.world.edits(*stage.collections)

    async def die() -> None:
        raise Killed

    await shorten(stage)
    getattr(between, when)[step] = once(die, skip=1 if step == "arrive" else 0)
    with pytest.raises(Killed):
        await reassessing.reassess(stage.world.pool)
    switched = step == "arrive"
    assert await stage.world.edits(*stage.collections) == ([12, 16, 10, 20, 20] if switched else before)
    await live(stage)

    await reassessing.reassess(stage.world.pool)

    await stage.world.agree()
    for table in ("due_reassessment", "generation"):
        assert await stage.world.pool.fetchval(f"SELECT count(*) FROM {table}") == 0
    assert (
        await stage.world.pool.fetchval("SELECT count(*) FROM edit_set WHERE members[cardinality(members)] >= 2^62")
        == 0
    )
    assert (
        await stage.world.pool.fetchval(
            "SELECT count(*) FROM article_tally WHERE generation NOT IN (SELECT generation FROM collection)"
        )
        == 0
    )


async def test_a_change_of_rules_during_another_is_not_lost(stage: Stage, between: Between) -> None:
    third = await stage.world.program(stage.bob, wikis={"enwiki": {0}})
    await reassessing.reassess(stage.world.pool)
    await shorten(stage)

    async def change() -> None:
        await stage.world.gather(stage.campaign, third)
        await stage.world.move_window(stage.first, START, END)
        await stage.world.withdraw(stage.second, stage.ann)

    between.after["build"] = once(change)
    await reassessing.reassess(stage.world.pool)
    await reassessing.reassess(stage.world.pool)
    await stage.world.agree()


async def test_cards_of_the_last_day_are_taken_off_one_by_one(world: World, between: Between) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    ann, bob = await world.editor(), await world.editor()
    program = await world.program(ann, bob, start=now - 9 * DAY, end=now + DAY)
    await world.saw(
        edit(1, ann, at=now - 2 * DAY, as_of=now), edit(2, ann, at=now - MINUTE), edit(3, bob, at=now - MINUTE)
    )
    await reassessing.reassess(world.pool)
    number = await world.number()
    await world.withdraw(program, ann)
    await reassessing.reassess(world.pool)
    card, history = await world.activity(program, after=number)
    assert isinstance(card, EditRetracted)
    assert (card.revision_id, card.reason) == (2, RetractionReason.EDITOR_REMOVED)
    assert isinstance(history, HistoryChanged)
    assert (history.counted, history.retracted) == (0, 2)
    await world.agree()


async def test_what_was_taken_off_while_its_edits_were_in_transit_is_told_to_who_comes_later(
    stage: Stage, between: Between
) -> None:
    await shorten(stage)
    number = await stage.world.number()
    between.before["build"] = once(lambda: stage.world.saw(changes=[PageDeleted("enwiki", 8, END)]))
    await reassessing.reassess(stage.world.pool)
    told = await stage.world.activity(stage.campaign, after=number)
    gone = [each.revision_id for each in told if isinstance(each, EditRetracted)]
    assert gone == [22, 23]
    await stage.world.agree()


async def test_a_collection_deleted_meanwhile_is_left_alone(stage: Stage, between: Between) -> None:
    await shorten(stage)

    async def delete() -> None:
        await stage.world.pool.execute("DELETE FROM collection WHERE id = $1", stage.organization)
        del stage.world.naive.organizations[stage.organization]

    between.after["build"] = once(delete)
    await reassessing.reassess(stage.world.pool)
    await stage.world.agree()
    assert await stage.world.pool.fetchval("SELECT count(*) FROM generation") == 0


async def test_a_check_finds_nothing_after_the_switch_though_edits_are_still_in_transit(
    stage: Stage, between: Between
) -> None:
    await shorten(stage)
    found: list[object] = []

    async def check() -> None:
        async with stage.world.pool.acquire() as conn:
            found.append(await recounting.check(conn, stage.collections))

    between.before["arrive"] = once(check, skip=1)
    await reassessing.reassess(stage.world.pool)
    assert found == [[]]


def once(action: Callable[[], Awaitable[object]], *, skip: int = 0) -> Callable[[], Awaitable[None]]:
    """``action`` the first time this is called, after ``skip`` times of nothing."""
    turns = iter([False] * skip + [True])

    async def call() -> None:
        if next(turns, False):
            await action()

    return call

# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers that are kept are exact: never older than what was published when they were asked for."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import pytest

from graph.answers import QUIET_SECONDS, Answers, Made


@dataclass
class Clock:
    now: float = 100.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Ledger:
    """Collections with a number each, read and written in steps; ``published`` is what everybody was told."""

    random: random.Random
    answers: Answers[tuple[int, ...]]
    values: list[int] = field(default_factory=lambda: [0, 0, 0])
    versions: list[int] = field(default_factory=lambda: [0, 0, 0])
    told: list[int] = field(default_factory=lambda: [0, 0, 0])
    number: int = 0
    rules: int = 0

    def write(self) -> None:
        chosen = self.random.randrange(3)
        self.number += 1
        self.values[chosen] += 1
        self.versions[chosen] = self.number

    async def publish(self) -> None:
        number, rules, seen = self.number, self.rules, list(self.values)
        await self.pause()
        wanted, after = self.answers.wanted()
        await self.pause()
        news = {each: self.versions[each] for each in wanted if self.versions[each] > after}
        await self.pause()
        self.answers.published(number, rules, news)
        self.told = seen

    async def make(self, read: tuple[int, ...], seconds: float = 60.0) -> Made[tuple[int, ...]]:
        found = []
        for each in read:
            await self.pause()
            found.append(self.values[each])
        await self.pause()
        return Made(tuple(found), frozenset(read), 10, seconds)

    async def pause(self) -> None:
        for _ in range(self.random.randrange(4)):
            await asyncio.sleep(0)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def answers(clock: Clock) -> Answers[str]:
    made: Answers[str] = Answers(clock=clock)
    made.published(1, 1, {})
    return made


def making(answer: str, *read: int, seconds: float = 60.0, size: int = 1) -> Callable[[], Awaitable[Made[str]]]:
    async def make() -> Made[str]:
        return Made(answer, frozenset(read), size, seconds)

    return make


def publish(answers: Answers[str], number: int, rules: int = 1, **versions: int) -> None:
    answers.wanted()
    answers.published(number, rules, {int(name[1:]): version for name, version in versions.items()})


@pytest.mark.parametrize("seed", range(60))
async def test_no_answer_is_older_than_what_was_published_when_it_was_asked_for(seed: int) -> None:
    chance = random.Random(seed)
    answers: Answers[tuple[int, ...]] = Answers(clock=lambda: 0.0, most_entries=3)
    ledger = Ledger(chance, answers)
    await ledger.publish()
    asked = 0

    async def ask() -> None:
        nonlocal asked
        while asked < 400:
            asked += 1
            read = tuple(chance.sample(range(3), chance.randrange(1, 4)))
            least = [ledger.told[each] for each in read]
            found = await answers.get(bytes(read), lambda read=read: ledger.make(read))  # type: ignore[misc]
            assert all(value >= told for value, told in zip(found, least, strict=True)), (read, found, least)
            await ledger.pause()

    async def write() -> None:
        while asked < 400:
            if chance.random() < 0.3:
                ledger.write()
            await ledger.pause()

    async def follow() -> None:
        while asked < 400:
            await ledger.publish()
            await ledger.pause()

    await asyncio.gather(*(ask() for _ in range(8)), write(), follow())
    assert answers.hits > 0


async def test_an_answer_is_given_again_until_a_collection_it_was_read_from_changes(answers: Answers[str]) -> None:
    assert await answers.get(b"a", making("first", 7)) == "first"
    publish(answers, 5, _8=5)
    assert await answers.get(b"a", making("second", 7)) == "first"
    publish(answers, 6, _7=6)
    assert await answers.get(b"a", making("second", 7)) == "second"


async def test_a_change_of_rules_drops_everything(answers: Answers[str]) -> None:
    await answers.get(b"a", making("first", 7))
    publish(answers, 5, rules=2)
    assert (len(answers), answers.held) == (0, 0)


async def test_what_was_read_while_something_was_published_is_kept_only_after_it_was_compared(
    answers: Answers[str],
) -> None:
    async def make() -> Made[str]:
        publish(answers, 5)  # what this reads may be from before 5, and nobody looked whether 7 changed since
        return Made("first", frozenset([7]), 1, 60.0)

    assert await answers.get(b"a", make) == "first"
    assert await answers.get(b"a", making("second", 7)) == "second"
    publish(answers, 6)
    assert await answers.get(b"a", making("third", 7)) == "second"


async def test_who_comes_while_it_is_worked_out_waits_with_the_others(answers: Answers[str]) -> None:
    made = 0

    async def make() -> Made[str]:
        nonlocal made
        made += 1
        await asyncio.sleep(0)
        return Made("only", frozenset(), 1, 0.0)

    assert await asyncio.gather(*(answers.get(b"a", make) for _ in range(50))) == ["only"] * 50
    assert made == 1
    assert len(answers) == 0


async def test_one_who_leaves_takes_the_answer_from_nobody(answers: Answers[str]) -> None:
    go = asyncio.Event()

    async def make() -> Made[str]:
        await go.wait()
        return Made("there")

    first, second = (asyncio.ensure_future(answers.get(b"a", make)) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.sleep(0)
    go.set()
    assert await second == "there"


async def test_what_fails_fails_for_all_who_wait_and_is_tried_again(answers: Answers[str]) -> None:
    async def fail() -> Made[str]:
        await asyncio.sleep(0)
        raise LookupError

    found = await asyncio.gather(*(answers.get(b"a", fail) for _ in range(2)), return_exceptions=True)
    assert [type(each) for each in found] == [LookupError, LookupError]
    assert await answers.get(b"a", making("there")) == "there"


@pytest.mark.parametrize(("seconds", "later"), [(1.0, 1.0), (1_000.0, 60.0)])
async def test_an_answer_lives_no_longer_than_it_may(
    answers: Answers[str], clock: Clock, seconds: float, later: float
) -> None:
    await answers.get(b"a", making("first", seconds=seconds))
    clock.now += later - 0.01
    publish(answers, 2)
    assert await answers.get(b"a", making("second")) == "first"
    clock.now += 0.01
    assert await answers.get(b"a", making("second")) == "second"


async def test_nothing_kept_is_given_while_nothing_is_published(answers: Answers[str], clock: Clock) -> None:
    await answers.get(b"a", making("first"))
    clock.now += QUIET_SECONDS
    assert await answers.get(b"a", making("second")) == "second"


async def test_nothing_is_kept_before_anything_was_published(clock: Clock) -> None:
    answers: Answers[str] = Answers(clock=clock)
    await answers.get(b"a", making("first"))
    assert len(answers) == 0


async def test_what_is_kept_is_bounded_and_what_was_not_asked_for_longest_goes_first(clock: Clock) -> None:
    answers: Answers[str] = Answers(clock=clock, most_bytes=10, most_entries=3)
    answers.published(1, 1, {})
    for key in (b"a", b"b", b"c"):
        await answers.get(key, making(key.decode(), size=2))
    await answers.get(b"a", making("x"))
    await answers.get(b"d", making("d", size=2))
    assert (len(answers), answers.held) == (3, 6)
    assert await answers.get(b"a", making("again")) == "a"
    await answers.get(b"e", making("e", size=9))
    assert (len(answers), answers.held) == (1, 9)

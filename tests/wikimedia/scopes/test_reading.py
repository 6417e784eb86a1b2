# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import tracemalloc
from collections.abc import AsyncGenerator
from itertools import permutations

import pytest

from graph.wikimedia.scopes.reading import Batch, Reading, Reason, ScopedPage, Unresolved
from tests.wikimedia.scopes.stage import all_of, batches

A, B, C = ScopedPage(1, 0, "A"), ScopedPage(2, 0, "B"), ScopedPage(None, 0, "C")


async def digest(*pages: ScopedPage) -> str:
    reading = Reading(batches(pages))
    await all_of(reading)
    return reading.digest


async def test_a_page_that_is_listed_twice_comes_once() -> None:
    reading = Reading(batches([A, B], [B], [A, C]))
    assert [pages async for pages in reading] == [[A, B], [C]]
    assert (reading.count, reading.skipped) == (3, 0)


async def test_the_digest_is_that_of_the_pages_and_not_of_their_order() -> None:
    assert len({await digest(*order) for order in permutations([A, B, C])}) == 1
    assert await digest(A, B, A) == await digest(A, B)
    assert await digest() == "0" * 32 + "-0"


@pytest.mark.parametrize(
    "other", [ScopedPage(3, 0, "B"), ScopedPage(2, 1, "B"), ScopedPage(2, 0, "b"), ScopedPage(None, 0, "B")]
)
async def test_any_change_of_a_page_changes_the_digest(other: ScopedPage) -> None:
    assert await digest(A, other) != await digest(A, B)


async def test_one_page_too_many_is_refused_and_its_source_is_closed() -> None:
    closed: list[bool] = []

    async def endless() -> AsyncGenerator[Batch, None]:
        try:
            number = 0
            while True:
                number += 2
                yield Batch([ScopedPage(number, 0, "A"), ScopedPage(number + 1, 0, "B")])
        finally:
            closed.append(True)

    assert len(await all_of(Reading(batches([A, B]), most=2))) == 2
    with pytest.raises(Unresolved, match=r"^It has more than 3 articles\.$") as raised:
        await all_of(Reading(endless(), most=3))
    assert (raised.value.reason, closed) == (Reason.TOO_MANY, [True])


async def test_what_is_skipped_is_counted() -> None:
    async def some() -> AsyncGenerator[Batch, None]:
        yield Batch([A], 2)
        yield Batch([], 1)

    reading = Reading(some())
    assert (await all_of(reading), reading.skipped) == ([A], 3)


async def test_a_number_beyond_all_wikis_is_taken_as_it_is() -> None:
    beyond = ScopedPage(2**40, 0, "A")
    assert await all_of(Reading(batches([beyond]))) == [beyond]


async def test_memory_is_that_of_the_numbers_of_a_large_wiki_however_many_pages_come() -> None:
    async def scattered() -> AsyncGenerator[Batch, None]:
        for _ in range(2):  # every range of eighty million numbers, twice
            for first in range(0, 80_000_000, 800_000):
                yield Batch([ScopedPage(number + 1, 0, "A") for number in range(first, first + 800_000, 4_000)])

    reading = Reading(scattered())
    tracemalloc.start()
    try:
        async for _ in reading:
            pass
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert reading.count == 20_000
    assert peak < 16 * 2**20

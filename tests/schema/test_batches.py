# SPDX-License-Identifier: GPL-3.0-or-later
"""Values that are asked for together, whoever waits for them and however."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from graph.schema.batches import Loader
from graph.schema.stepping import settled


class Source:
    def __init__(self) -> None:
        self.asked: list[list[int]] = []
        self.open = asyncio.Event()

    async def load(self, keys: list[int]) -> list[int | BaseException]:
        self.asked.append(list(keys))
        await self.open.wait()
        return [LookupError(key) if key < 0 else key * 10 for key in keys]


async def waiting(loader: Loader[int, int], key: int) -> int:
    return await loader.load(key)


async def test_what_is_asked_for_in_one_turn_is_loaded_once() -> None:
    source = Source()
    loader: Loader[int, int] = Loader(source.load)
    source.open.set()
    assert await asyncio.gather(*(waiting(loader, key) for key in (3, 1, 3))) == [30, 10, 30]
    assert await waiting(loader, 1) == 10
    assert source.asked == [[3, 1, 3], [1]]


async def test_an_error_is_raised_to_whom_it_concerns_only() -> None:
    source = Source()
    loader: Loader[int, int] = Loader(source.load)
    source.open.set()
    found = await asyncio.gather(waiting(loader, 1), waiting(loader, -1), return_exceptions=True)
    assert found[0] == 10
    assert isinstance(found[1], LookupError)


async def test_a_task_that_is_cancelled_leaves_the_others_their_values() -> None:
    source = Source()
    loader: Loader[int, int] = Loader(source.load)
    tasks = [asyncio.create_task(waiting(loader, key)) for key in (1, 2)]
    while not source.asked:
        await asyncio.sleep(0)
    tasks[0].cancel()
    source.open.set()
    assert await tasks[1] == 20
    assert tasks[0].cancelled()


async def test_a_load_that_fails_is_raised_to_all() -> None:
    async def load(_: list[int]) -> list[int]:
        raise OSError("away")

    loader: Loader[int, int] = Loader(load)
    found = await asyncio.gather(waiting(loader, 1), waiting(loader, 2), return_exceptions=True)
    assert [str(error) for error in found] == ["away", "away"]


async def test_coroutines_are_stepped_together_and_values_are_left() -> None:
    source = Source()
    loader: Loader[int, int] = Loader(source.load)
    source.open.set()

    async def twice(key: int) -> int:
        return await loader.load(await loader.load(key))

    async def asleep() -> str:
        await asyncio.sleep(0)
        return f"slept, then {await loader.load(7)}"

    assert await settled([twice(1), "here", twice(2), asleep()]) == [100, "here", 200, "slept, then 70"]
    assert source.asked[0] == [1, 2]


@pytest.mark.parametrize("late", [False, True])
async def test_the_first_error_ends_all_others(late: bool) -> None:
    ended: list[str] = []
    source = Source()
    loader: Loader[int, int] = Loader(source.load)

    async def waits(awaited: Any) -> None:
        try:
            await awaited
        finally:
            ended.append("ended")

    async def fails() -> None:
        if late:
            await asyncio.sleep(0)
        raise ValueError("no")

    source.open.set()
    others = [waits(asyncio.sleep(60)), waits(loader.load(1))] if not late else [waits(loader.load(1))]
    with pytest.raises(ValueError, match="no"):
        await settled([*others, fails(), waits(loader.load(2))])
    assert len(ended) == len(others) + (1 if late else 0)

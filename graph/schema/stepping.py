# SPDX-License-Identifier: GPL-3.0-or-later
"""Many coroutines run as one: those that wait for the same batch are waited for once.

A task for each resolver of a wide answer costs more than the resolver does. Nearly all of them ask a loader for one
value and shape it; so they are stepped by hand to where they wait, and on when it is there. One that waits for anything
else becomes a task from there on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Generator, Sequence
from types import CoroutineType
from typing import Any

from graph.schema.batches import Batch, Stepped


async def settled(started: Sequence[Any]) -> list[Any]:
    """The results of these values, in order, those that are coroutines or otherwise to be awaited having run.

    Raises the first error that is met, having ended all others.
    """
    results: list[Any] = list(started)
    waiting: dict[Batch[Any, Any], list[int]] = {}
    tasks: dict[int, asyncio.Task[Any]] = {}
    steps = [place for place, value in enumerate(results) if isinstance(value, CoroutineType)]
    try:
        _step(steps, started, results, waiting, tasks)
        while waiting:
            batch, places = next(iter(waiting.items()))
            await asyncio.shield(batch.settled)
            del waiting[batch]
            _step(places, started, results, waiting, tasks)
        for place, task in tasks.items():
            results[place] = await task
    except BaseException:
        await _end(started, tasks)
        raise
    return results


def _step(
    places: Sequence[int],
    started: Sequence[Any],
    results: list[Any],
    waiting: dict[Batch[Any, Any], list[int]],
    tasks: dict[int, asyncio.Task[Any]],
) -> None:
    """Run these coroutines as far as they go."""
    Stepped.now = True
    try:
        for place in places:
            coroutine = started[place]
            try:
                met = coroutine.send(None)
            except StopIteration as stop:
                results[place] = stop.value
                continue
            if type(met) is Batch:
                waiting.setdefault(met, []).append(place)
            else:
                tasks[place] = asyncio.ensure_future(_carried_on(coroutine, met))
    finally:
        Stepped.now = False


class _Rest:
    """The rest of a coroutine that waits for ``met``."""

    def __init__(self, coroutine: Coroutine[Any, Any, Any], met: Any) -> None:
        self._coroutine = coroutine
        self._met = met

    def __await__(self) -> Generator[Any, Any, Any]:
        met = self._met
        while True:
            thrown: BaseException | None = None
            sent = None
            try:
                sent = yield met
            except BaseException as error:
                thrown = error
            try:
                met = self._coroutine.send(sent) if thrown is None else self._coroutine.throw(thrown)
            except StopIteration as stop:
                return stop.value


async def _carried_on(coroutine: Coroutine[Any, Any, Any], met: Any) -> Any:
    return await _Rest(coroutine, met)


async def _end(started: Sequence[Any], tasks: dict[int, asyncio.Task[Any]]) -> None:
    for task in tasks.values():
        task.cancel()
    await asyncio.gather(*tasks.values(), return_exceptions=True)
    for value in started:
        if isinstance(value, CoroutineType):  # a task that was cancelled before it began has ended nothing
            value.close()

# SPDX-License-Identifier: GPL-3.0-or-later
"""What many fields ask for in the same moment, asked for together.

A batch has one future, however many wait for it. Whoever steps coroutines by hand (graph/schema/stepping.py) is given
the batch itself, and waits for it once on behalf of all of them; a task waits for it as for anything else.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Generator, Sequence
from typing import Any, Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")

Load = Callable[[list[K]], Awaitable[Sequence[V | BaseException]]]


class Batch(Generic[K, V]):
    """Keys that are loaded together; their values, in the same order, once ``settled`` is done.

    ``wanted`` are those who wait or will: when the last of them has left, loading ends.
    """

    __slots__ = ("keys", "settled", "task", "values", "wanted")

    def __init__(self) -> None:
        self.keys: list[K] = []
        self.values: Sequence[V | BaseException] = ()
        self.settled: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.task: asyncio.Task[None] | None = None
        self.wanted = 0

    async def load(self, load: Load[K, V]) -> None:
        """Load what was asked for."""
        try:
            self.values = await load(self.keys)
        except Exception as error:
            self.values = [error] * len(self.keys)
        finally:
            if not self.settled.done():
                self.settled.set_result(None)

    def leave(self) -> None:
        """Wait no more, because whoever did was cancelled."""
        self.wanted -= 1
        if not self.wanted and self.task is not None:
            self.task.cancel()


class Stepped:
    """Whether a coroutine is being stepped by hand just now."""

    now = False


class Loaded(Awaitable[V]):
    """A value on its way: to be awaited once."""

    __slots__ = ("_batch", "_place")

    def __init__(self, batch: Batch[Any, V], place: int) -> None:
        self._batch = batch
        self._place = place

    def __await__(self) -> Generator[Any, None, V]:
        batch = self._batch
        if not batch.settled.done():
            try:
                if Stepped.now:
                    yield batch
                else:  # a task that is cancelled cancels what it waits for, and others wait for the same
                    yield from asyncio.shield(batch.settled).__await__()
            except BaseException:
                batch.leave()
                raise
        value = batch.values[self._place]
        if isinstance(value, BaseException):
            raise value
        return value


class Loader(Generic[K, V]):
    """Loads values by key, those asked for in one turn of the event loop together; remembers nothing."""

    __slots__ = ("_batch", "_load", "_tasks")

    def __init__(self, load: Load[K, V]) -> None:
        self._load = load
        self._batch: Batch[K, V] | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def load(self, key: K) -> Loaded[V]:
        """The value of ``key``; raises what loading it raised."""
        batch = self._batch
        if batch is None:
            batch = self._batch = Batch()
            asyncio.get_running_loop().call_soon(self._schedule, batch)
        batch.keys.append(key)
        batch.wanted += 1
        return Loaded(batch, len(batch.keys) - 1)

    def _schedule(self, batch: Batch[K, V]) -> None:
        """Begin after everything that is ready now: what that asks for still comes along."""
        if not batch.wanted:
            self._batch = None
            return
        task = batch.task = asyncio.get_running_loop().create_task(self._dispatch(batch))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _dispatch(self, batch: Batch[K, V]) -> None:
        self._batch = None
        await batch.load(self._load)

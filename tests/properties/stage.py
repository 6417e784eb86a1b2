# SPDX-License-Identifier: GPL-3.0-or-later
"""A database and an event loop for the many small worlds of a property: each world has its own programs in it."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable, Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any, TypeVar

from hypothesis import Phase, settings

from graph.db.pool import Pool, connect
from graph.edits import SeenEdit
from tests.db.world import World
from tests.properties.histories import Event, Wikis

T = TypeVar("T")


class Stage:
    """``run`` awaits; ``world`` and ``wikis`` are new each time, and share no program, page or revision."""

    def __init__(self, runner: asyncio.Runner, pool: Pool) -> None:
        self._runner = runner
        self.pool = pool
        self._first = count(1_000, 1_000)

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self._runner.run(work)

    def world(self) -> World:
        return World(self.pool)

    def first(self) -> int:
        """The first of a thousand numbers for pages and revisions that no other world has."""
        return next(self._first)

    def wikis(self) -> Wikis:
        return Wikis(self.first())


def of_examples(percent: int) -> settings:
    """So many in a hundred of the profile's examples: a world on a database takes its time.

    Where every run has the same examples, half of that has to do, and the smallest that fails is not looked for:
    `make properties` draws many others, and looks.
    """
    profile = settings()
    if not profile.derandomize:
        return settings(max_examples=max(1, profile.max_examples * percent // 100))
    phases = [phase for phase in profile.phases if phase is not Phase.shrink]
    return settings(max_examples=max(1, profile.max_examples * percent // 200), phases=phases)


@contextmanager
def stage(url: str) -> Iterator[Stage]:
    with asyncio.Runner() as runner:
        pool = runner.run(connect(url))
        try:
            yield Stage(runner, pool)
        finally:
            runner.run(pool.close())


async def tell(world: World, events: Iterable[Event], *, live: bool = True) -> None:
    """All of these in one batch."""
    told = list(events)
    edits = [each for each in told if isinstance(each, SeenEdit)]
    await world.saw(*edits, changes=[each for each in told if not isinstance(each, SeenEdit)], live=live)

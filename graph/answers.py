# SPDX-License-Identifier: GPL-3.0-or-later
"""Public answers kept for as long as they are exact, and no request executed that another is being executed for.

An answer is worked out after some number of the ledger was published, and it was read from some collections. It holds
until one of these has a newer version or the rules change; whoever publishes says so first (``published``). Three
things follow, and tests/test_answers.py keeps them: an answer given is never older than what was published when it was
asked for; what was read while somebody wrote is given to those who waited for it and is kept only after it was
compared; and where nothing was published for a while nothing that was kept is given.

Nothing here knows what an answer is, where numbers come from, or who asks: that an answer is public is for those who
put it in.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict, defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

A = TypeVar("A")

MOST_BYTES: Final = 48 * 1024 * 1024
MOST_ENTRIES: Final = 4_096
LARGEST_BYTES: Final = 4 * 1024 * 1024
QUIET_SECONDS: Final = 1.5
"""So long what was published last is taken to be the newest; the relay looks twice a second."""
LONGEST_SECONDS: Final = 60.0
"""No answer is kept longer, whatever was said of it."""


@dataclass(frozen=True, slots=True)
class Made(Generic[A]):
    """An answer as it was worked out: from which collections, how large, and for how many seconds it holds at most.

    One that holds for no time is given to those who wait for it, and to nobody else.
    """

    answer: A
    read: frozenset[int] = frozenset()
    size: int = 0
    seconds: float = 0.0


@dataclass(slots=True)
class _Kept(Generic[A]):
    """An answer, the number that was published before it was begun, the rules of then, and when it was begun.

    ``round`` is the last comparison it was part of.
    """

    made: Made[A]
    number: int
    rules: int
    begun: float
    compared: bool
    round: int = 0


@dataclass(slots=True)
class _Flight(Generic[A]):
    """An answer that is being worked out. ``turn`` orders flights and those who come."""

    task: asyncio.Task[Made[A]]
    number: int
    turn: int


class Answers(Generic[A]):
    """The answers of one process; nothing is kept before the first ``published``."""

    def __init__(
        self,
        *,
        clock: Callable[[], float],
        most_bytes: int = MOST_BYTES,
        most_entries: int = MOST_ENTRIES,
        wake: Callable[[], None] = lambda: None,
    ) -> None:
        self.wake = wake
        self.hits = self.misses = 0
        self._clock = clock
        self._most_bytes = most_bytes
        self._most_entries = most_entries
        self._number = self._rules = -1
        self._published_at: float | None = None
        self._turn = self._round = 0
        self._held = 0
        self._kept: OrderedDict[bytes, _Kept[A]] = OrderedDict()
        self._readers: defaultdict[int, set[bytes]] = defaultdict(set)
        self._flights: dict[bytes, _Flight[A]] = {}

    def __len__(self) -> int:
        return len(self._kept)

    @property
    def held(self) -> int:
        """How many bytes are kept."""
        return self._held

    @property
    def awake(self) -> bool:
        """Whether what was published last may be taken to be the newest."""
        return self._published_at is not None and self._clock() - self._published_at < QUIET_SECONDS

    async def get(self, key: bytes, make: Callable[[], Awaitable[Made[A]]]) -> A:
        """The answer that is kept or, worked out once for all who wait, a new one. Raises what ``make`` raises.

        ``make`` may go on after whoever asked has left.
        """
        if (kept := self._valid(key)) is not None:
            self.hits += 1
            return kept.made.answer
        self.misses += 1
        self._turn += 1
        mine = self._turn
        while True:
            flight = self._flights.get(key)
            if flight is None:
                flight = self._take_off(key, make)
            elif flight.turn < mine and flight.number != self._number:
                # It was begun before something was published that this one may not miss: the next will do.
                await asyncio.wait([flight.task])
                continue
            return (await asyncio.shield(flight.task)).answer

    def wanted(self) -> tuple[list[int], int]:
        """The collections whose versions decide, and the number after which a version is news: for ``published``."""
        self._round += 1
        for kept in self._kept.values():
            kept.round = self._round
        unsure = (kept.number for kept in self._kept.values() if not kept.compared)
        return list(self._readers), min(unsure, default=self._number)

    def published(self, number: int, rules: int, versions: Mapping[int, int]) -> None:
        """Drop what does not hold any more: called before anything is published of what came up to ``number``.

        ``versions`` are those of ``wanted`` collections that are news, read after ``number`` and ``rules``, which are
        read before ``wanted`` is asked.
        """
        for collection, version in versions.items():
            self._drop(key for key in self._readers.get(collection, ()) if self._kept[key].number < version)
        self._drop(key for key, kept in self._kept.items() if kept.rules != rules)
        for kept in self._kept.values():
            # What was kept while the versions were read was not asked about.
            kept.compared = kept.round == self._round
        self._number, self._rules, self._published_at = number, rules, self._clock()
        if any(not kept.compared for kept in self._kept.values()):
            self.wake()

    def _valid(self, key: bytes) -> _Kept[A] | None:
        kept = self._kept.get(key)
        if kept is None or not kept.compared or not self.awake:
            return None
        if self._clock() - kept.begun >= kept.made.seconds:
            self._drop([key])
            return None
        self._kept.move_to_end(key)
        return kept

    def _take_off(self, key: bytes, make: Callable[[], Awaitable[Made[A]]]) -> _Flight[A]:
        self._turn += 1
        task = asyncio.ensure_future(self._fly(key, make, self._number, self._rules, self._clock()))
        flight = self._flights[key] = _Flight(task, self._number, self._turn)
        task.add_done_callback(lambda done: self._landed(key, done))
        return flight

    def _landed(self, key: bytes, done: asyncio.Task[Made[A]]) -> None:
        if (flight := self._flights.get(key)) is not None and flight.task is done:
            del self._flights[key]
        if not done.cancelled():
            done.exception()  # whoever waits is told; nobody may be waiting any more

    async def _fly(
        self, key: bytes, make: Callable[[], Awaitable[Made[A]]], number: int, rules: int, begun: float
    ) -> Made[A]:
        made = await make()
        if made.seconds > 0 and self.awake and number >= 0 and rules == self._rules and made.size <= LARGEST_BYTES:
            seconds = min(made.seconds, LONGEST_SECONDS)
            kept = Made(made.answer, made.read, made.size, seconds)
            self._keep(key, _Kept(kept, number, rules, begun, compared=number == self._number))
        return made

    def _keep(self, key: bytes, kept: _Kept[A]) -> None:
        self._drop([key])
        self._kept[key] = kept
        self._held += kept.made.size
        for collection in kept.made.read:
            self._readers[collection].add(key)
        while len(self._kept) > self._most_entries or self._held > self._most_bytes:
            self._drop([next(iter(self._kept))])
        if not kept.compared:
            self.wake()

    def _drop(self, keys: Iterable[bytes]) -> None:
        for key in list(keys):
            kept = self._kept.pop(key, None)
            if kept is None:
                continue
            self._held -= kept.made.size
            for collection in kept.made.read:
                readers = self._readers[collection]
                readers.discard(key)
                if not readers:
                    del self._readers[collection]

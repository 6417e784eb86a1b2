# SPDX-License-Identifier: GPL-3.0-or-later
"""In-process fan-out: what the relay publishes reaches whoever holds a mailbox on the topic.

asyncio, no I/O. Two kinds of mailbox: *newest* keeps only the last value (numbers), *bounded* keeps every value up to
a limit and then says that it overran (activity), so that a reader who does not read costs bounded memory.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Hashable, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

T = TypeVar("T")


class Overrun(Exception):
    """The mailbox lost values because nobody took them in time; raised once, by the next ``get``."""


class Mailbox(Generic[T]):
    """Where one subscriber finds its values, in order."""

    def __init__(self, limit: int, *, newest: bool) -> None:
        self._values: deque[T] = deque(maxlen=1 if newest else None)
        self._limit = limit
        self._newest = newest
        self._overrun = False
        self._waiter: asyncio.Future[None] | None = None

    def put(self, value: T) -> None:
        """Add a value; a full bounded mailbox is emptied and marked as overrun instead."""
        if not self._newest and len(self._values) >= self._limit:
            self._values.clear()
            self._overrun = True
        if not self._overrun:
            self._values.append(value)
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    async def get(self) -> T:
        """The next value, waiting for it. Raises Overrun after a loss. One reader at a time."""
        while not self._values and not self._overrun:
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None
        if self._overrun:
            self._overrun = False
            raise Overrun
        return self._values.popleft()

    async def __aiter__(self) -> AsyncIterator[T]:
        while True:
            yield await self.get()


class Broker:
    """Topics and the mailboxes on them."""

    def __init__(self) -> None:
        self._topics: dict[Hashable, set[Mailbox[object]]] = {}
        self.rules_version: int | None = None
        """By which rules what is published was read: whoever remembers a right asks again when they are others."""

    @contextmanager
    def subscribe(self, topic: Hashable, *, newest: bool = False, limit: int = 256) -> Iterator[Mailbox[object]]:
        """A mailbox on ``topic`` for as long as the block lasts."""
        mailbox: Mailbox[object] = Mailbox(limit, newest=newest)
        self._topics.setdefault(topic, set()).add(mailbox)
        try:
            yield mailbox
        finally:
            self._topics[topic].discard(mailbox)
            if not self._topics[topic]:
                del self._topics[topic]

    def publish(self, topic: Hashable, value: object) -> None:
        """Hand ``value`` to every mailbox on ``topic``."""
        for mailbox in tuple(self._topics.get(topic, ())):
            mailbox.put(value)

    def topics(self) -> tuple[Hashable, ...]:
        """The topics somebody listens to now."""
        return tuple(self._topics)

# SPDX-License-Identifier: GPL-3.0-or-later
"""How many streams a process holds (event streams, sockets, subscriptions on them), and how much one socket may."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

from graph.errors import ErrorCode

POLL_SECONDS: Final = 30
"""How often whoever finds no stream may ask instead."""
BUSY_SECONDS: Final = 5
"""When whoever came with thousands of others should come again."""
STALLED_SECONDS: Final = 60.0
"""So long a reader may take nothing of what waits for it."""
AT_ONCE: Final = 32
WAITING: Final = 4_000
"""How many streams are opened at a time, and how many may wait for that; what comes then is told to come later."""


@dataclass(frozen=True, slots=True)
class SocketLimits:
    """Seconds to wait for ``connection_init``, seconds between our pings, operations at once on one socket.

    A socket that sends more than ``burst`` messages at once, and ``per_second`` for long, is read more slowly. One
    that takes nothing for ``stalled`` seconds is closed.
    """

    init_timeout: float = 10.0
    ping_interval: float = 20.0
    operations: int = 50
    burst: int = 200
    per_second: float = 50.0
    stalled: float = STALLED_SECONDS


class Full(Exception):
    """No stream is left: what to do is to ask every few seconds, and to try for a stream again later."""

    def __init__(self, most: int) -> None:
        super().__init__(
            f"All {most:,} streams are taken. Ask by query every {POLL_SECONDS} seconds, and try again later."
        )

    @property
    def payload(self) -> dict[str, Any]:
        """The error as clients read it."""
        extensions = {"code": ErrorCode.TOO_MANY.value, "retryAfter": POLL_SECONDS}
        return {"errors": [{"message": str(self), "extensions": extensions}]}


class Busy(Exception):
    """So many streams are being opened that this one should be tried again in BUSY_SECONDS."""

    def __init__(self) -> None:
        super().__init__(f"Everybody connects at once: try again in {BUSY_SECONDS} seconds")


class Held:
    """A stream that is taken, to be given back at the end of a block."""

    __slots__ = ("_streams",)

    def __init__(self, streams: Streams) -> None:
        self._streams = streams

    def __enter__(self) -> None:
        """Begin the block."""

    def __exit__(self, *_: object) -> None:
        """Give it back."""
        self._streams.open -= 1


class Streams:
    """Counts what is open, up to ``most`` of it, of which a tenth is kept for those who go first; and opens in turn.

    ``delivered`` counts messages, and ``dropped`` readers who did not keep up, since the process began.
    """

    def __init__(self, most: int = 20_000, *, at_once: int = AT_ONCE, waiting: int = WAITING) -> None:
        self._most = most
        self._kept = most // 10
        self._turns = asyncio.Semaphore(at_once)
        self._waiting = waiting
        self.waiting = 0
        self.open = 0
        self.delivered = 0
        self.dropped = 0

    def one(self, *, first: bool = True) -> Held:
        """Take one stream, which is held until the block that this opens is left. Raises Full."""
        if self.open >= self._most - (0 if first else self._kept):
            raise Full(self._most)
        self.open += 1
        return Held(self)

    def only_for_first(self) -> Full | None:
        """Why whoever does not go first is to give back what is held: no more than what is kept for others is left."""
        return Full(self._most) if self.open > self._most - self._kept else None

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait to open a stream, and open it inside the block: after a restart everybody comes at once. Raises Busy."""
        if self.waiting >= self._waiting:
            raise Busy
        self.waiting += 1
        try:
            await self._turns.acquire()
        finally:
            self.waiting -= 1
        try:
            yield
        finally:
            self._turns.release()


def goes_first(identity: object) -> bool:
    """Whether this is one of the screens, which are let in as long as there is room at all."""
    return getattr(identity, "screen", None) is not None

# SPDX-License-Identifier: GPL-3.0-or-later
"""How many streams a process holds (event streams, sockets, subscriptions on them), and how much one socket may."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from graph.errors import ErrorCode

POLL_SECONDS: Final = 10
"""How often whoever finds no stream may ask instead."""


@dataclass(frozen=True, slots=True)
class SocketLimits:
    """Seconds to wait for ``connection_init``, seconds between our pings, operations at once on one socket.

    A socket that sends more than ``burst`` messages at once, and ``per_second`` for long, is read more slowly.
    """

    init_timeout: float = 10.0
    ping_interval: float = 20.0
    operations: int = 50
    burst: int = 200
    per_second: float = 50.0


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


class Streams:
    """Counts what is open, up to ``most`` of it."""

    def __init__(self, most: int = 5_000) -> None:
        self._most = most
        self.open = 0

    @contextmanager
    def one(self) -> Iterator[None]:
        """Hold one stream for as long as the block lasts. Raises Full."""
        if self.open >= self._most:
            raise Full(self._most)
        self.open += 1
        try:
            yield
        finally:
            self.open -= 1

# SPDX-License-Identifier: GPL-3.0-or-later
"""How a process is told to end, by SIGINT or SIGTERM, from its first moment to its last."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

ENDING = (signal.SIGINT, signal.SIGTERM)
SAME_SIGNAL_SECONDS = 2.0


class Told:
    """Whether this process was told to end; true from the first signal on.

    One that comes later, out of impatience, ends the process at once. Make and supervisors repeat a signal they pass
    on, so one that follows on the heels of the first is the same one.
    """

    def __init__(self) -> None:
        self._first: float | None = None
        self._interrupt: Callable[[], object] | None = None

    def __bool__(self) -> bool:
        return self._first is not None

    @contextmanager
    def heard(self) -> Iterator[None]:
        """Listen while the block runs. Nothing is interrupted: what must not be left half done is done to its end."""
        before = {number: signal.signal(number, self._hear) for number in ENDING}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    async def interrupts(self, work: Awaitable[None]) -> None:
        """Await ``work`` inside ``heard``; it is cancelled when told, also if that was before it began."""
        loop, task = asyncio.get_running_loop(), asyncio.ensure_future(work)
        self._interrupt = task.cancel
        for number in ENDING:
            loop.add_signal_handler(number, self._hear, number)
        try:
            if self:
                task.cancel()
            await task
        except asyncio.CancelledError:
            if not self:
                raise
        finally:
            self._interrupt = None
            for number in ENDING:
                loop.remove_signal_handler(number)
                signal.signal(number, self._hear)

    def _hear(self, number: int, _: object = None) -> None:
        now = time.monotonic()
        if self._first is None:
            self._first = now
            if self._interrupt is not None:
                self._interrupt()
        elif now - self._first > SAME_SIGNAL_SECONDS:
            raise SystemExit(128 + number)

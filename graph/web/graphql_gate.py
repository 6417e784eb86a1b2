# SPDX-License-Identifier: GPL-3.0-or-later
"""New connections are heard a few at a time, in the order in which they began to speak.

After a restart thousands come at once. Were all of them heard at once, nothing else would be done for seconds: the next
would not be accepted (and be reset by the kernel), and those who follow already would get nothing.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Final
from weakref import WeakKeyDictionary

AT_A_TIME: Final = 16
"""How many are heard before everybody else has a turn."""


class Gate:
    """Calls what waits in turn, at most ``at_a_time`` in one round of the event loop."""

    def __init__(self, at_a_time: int = AT_A_TIME) -> None:
        self._at_a_time = at_a_time
        self._waiting: deque[Callable[[], None]] = deque()
        self._passed = 0

    def __len__(self) -> int:
        return len(self._waiting)

    def enter(self, begin: Callable[[], None]) -> bool:
        """Call ``begin`` at once, or as soon as it is its turn; whether it was called."""
        if not self._passed:
            asyncio.get_running_loop().call_soon(self._round)
        if self._passed >= self._at_a_time or self._waiting:
            self._waiting.append(begin)
            return False
        self._passed += 1
        begin()
        return True

    def _round(self) -> None:
        self._passed = min(self._at_a_time, len(self._waiting))
        if self._passed:
            asyncio.get_running_loop().call_soon(self._round)
        for _ in range(self._passed):
            self._waiting.popleft()()


_gates: WeakKeyDictionary[asyncio.AbstractEventLoop, Gate] = WeakKeyDictionary()


def gate() -> Gate:
    """The gate of the running event loop."""
    return _gates.setdefault(asyncio.get_running_loop(), Gate())

# SPDX-License-Identifier: GPL-3.0-or-later
"""One clock for all open streams: each is woken now and then, and all of them when the process closes.

A task and a timer a stream would be a good part of what it costs to hold one.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Final, Protocol

SLOTS: Final = 20
"""Into so many parts a round is cut, so that not all are woken at once."""


class Member(Protocol):
    """A stream that is woken."""

    def beat(self) -> None:
        """A round has passed."""

    def close(self) -> None:
        """The process closes."""


class Beats:
    """Wakes its members every ``seconds``, first when a round has passed since they joined; runs while there are any.

    A member that joins when ``closing`` is set is closed as soon as it waits for something.
    """

    def __init__(self, seconds: float, closing: asyncio.Event) -> None:
        self._pause = seconds / SLOTS
        self._closing = closing
        self._slots: list[dict[Member, None]] = [{} for _ in range(SLOTS)]
        self._place = 0
        self._task: asyncio.Task[None] | None = None

    def __len__(self) -> int:
        return sum(map(len, self._slots))

    def join(self, member: Member) -> dict[Member, None]:
        """Wake the member from now on, until it is given to ``leave`` with what this returns."""
        slot = self._slots[self._place]
        slot[member] = None
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run())
        return slot

    def leave(self, member: Member, slot: dict[Member, None]) -> None:
        """Wake it no more."""
        del slot[member]
        if self._task is not None and not slot and not any(self._slots):
            self._task.cancel()
            self._task = None

    async def _run(self) -> None:
        while not await self._closes():
            self._place = (self._place + 1) % SLOTS
            for member in tuple(self._slots[self._place]):
                member.beat()
        for member in [member for slot in self._slots for member in slot]:
            member.close()

    async def _closes(self) -> bool:
        with suppress(TimeoutError):
            async with asyncio.timeout(self._pause):
                return await self._closing.wait()
        return False

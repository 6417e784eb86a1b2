# SPDX-License-Identifier: GPL-3.0-or-later
"""What resolvers read as ``info.context``: made anew for every execution, never for a socket."""

from __future__ import annotations

import asyncio
from enum import Enum, auto
from typing import TypeAlias

import strawberry

from graph.resolvers import upstream
from graph.resolvers.deps import Deps
from graph.resolvers.identity import Actor
from graph.schema import cursors
from graph.schema.loaders import Loaders


class Telling(Enum):
    """Which part of a subscription is executed: the whole for one subscriber, or a part of what many share."""

    WHOLE = auto()
    LIVE = auto()
    PAGE = auto()


class Context:
    """Who asks, what can be reached, and what is asked for together.

    ``last_event_id`` is the cursor that a resumed subscription's client holds; it wins over the argument ``after``.
    ``telling`` is what a subscription's source is to tell, ``deadline`` when a query is given up.
    """

    def __init__(self, deps: Deps, actor: Actor, *, last_event_id: str | None = None) -> None:
        self.deps = deps
        self.actor = actor
        self.last_event_id = last_event_id
        self.telling = Telling.WHOLE
        self.loaders = Loaders(deps, actor)
        self.deadline: asyncio.Timeout | None = None
        self._position: asyncio.Future[tuple[str, int]] | None = None

    def take_time(self, seconds: float) -> None:
        """Let this execution last so long from now, where that is longer than it may anyway."""
        if self.deadline is not None and (until := self.deadline.when()) is not None:
            self.deadline.reschedule(max(until, asyncio.get_running_loop().time() + seconds))

    @property
    def read(self) -> set[int]:
        """The collections whose numbers were read."""
        return self.loaders.read

    def renew(self) -> None:
        """Forget what was loaded: a change was made, and what is read from now on is read anew."""
        self.loaders = Loaders(self.deps, self.actor)
        self._position = None

    async def activity_cursor(self) -> str:
        """The newest place in the activity when this was first asked for in this execution.

        Whoever follows from a cursor must miss nothing since the answer it came with, so it has to be read before
        everything else in the answer: fields of the root that may lead to a cursor ask for it first.
        """
        if self._position is None:
            self._position = asyncio.ensure_future(upstream.position(self.deps))
        return cursors.encode_activity(*await self._position)


Info: TypeAlias = strawberry.Info[Context, None]

# SPDX-License-Identifier: GPL-3.0-or-later
"""What resolvers read as ``info.context``: made anew for every execution, never for a socket."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from enum import Enum, auto
from typing import Any, TypeAlias

import strawberry
from graphql import FieldNode, FragmentSpreadNode, InlineFragmentNode, SelectionSetNode

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
        self.selected: dict[tuple[int, str], bool] = {}
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


def selects(info: Info, name: str) -> bool:
    """Whether anything below this field has the name, wherever and whether or not it is skipped."""
    raw = info._raw_info
    known = info.context.selected
    key = (id(raw.field_nodes[0]), name)
    if key not in known:
        known[key] = any(_holds(node.selection_set, name, raw.fragments, set()) for node in raw.field_nodes)
    return known[key]


def _holds(selected: SelectionSetNode | None, name: str, fragments: Mapping[str, Any], seen: set[str]) -> bool:
    for each in selected.selections if selected else ():
        if isinstance(each, FragmentSpreadNode):
            spread = each.name.value
            if spread not in seen:
                seen.add(spread)
                if _holds(fragments[spread].selection_set, name, fragments, seen):
                    return True
        elif isinstance(each, FieldNode | InlineFragmentNode) and (
            (isinstance(each, FieldNode) and each.name.value == name)
            or _holds(each.selection_set, name, fragments, seen)
        ):
            return True
    return False

# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may share an execution: subscriptions of the same document and variables, as far as all see the same.

What is shared is executed for an anonymous reader. Anonymous readers share whatever they ask. Others share with them
where the fields they ask for say that everybody is told the same, and where they see of what they follow what everybody
sees; otherwise they are told alone. Where a subscription resumes is not a part of what it follows.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Collection, Mapping
from contextlib import aclosing
from functools import partial
from typing import Any, Final, Protocol

from graph.resolvers.watching import Reached
from graph.schema.context import Telling
from graph.schema.engine import Engine, Execution
from graph.schema.following import CURSOR, Followed, texts_of
from graph.schema.hubs import Hub, Seat
from graph.schema.responses import StreamedResult

MOST_HUBS: Final = 2_000
"""How many different subscriptions are followed at a time, beside those of our own pages."""
CHECKED_SECONDS: Final = 1.0
"""So long it is taken for granted that everybody may see what is followed."""

Key = tuple[str, bytes]


class TooMany(Exception):
    """Too many different subscriptions are followed already."""


class Policy(Protocol):
    """Says what everybody sees; the schema's own is ``graph.schema.access.Everybody``."""

    @property
    def anyone(self) -> Any:
        """The identity of an anonymous reader."""

    def ended(self) -> Exception | None:
        """What those who followed are told when there is no more to follow; None where that is no error."""

    async def sees_the_same(self, context: Any, root: str, arguments: Mapping[str, Any]) -> bool:
        """Whether the context's identity sees of what is followed what an anonymous reader sees, who sees it."""


class Contexts(Protocol):
    """Makes contexts of executions."""

    def __call__(self, identity: Any, *, last_event_id: str | None) -> Any:
        """Return a context of its own."""


class Sharing:
    """The hubs of a process. ``known`` are documents whose hubs do not count towards ``most``."""

    def __init__(
        self, engine: Engine, contexts: Contexts, policy: Policy, known: Collection[str] = (), most: int = MOST_HUBS
    ) -> None:
        self._engine = engine
        self._contexts = contexts
        self._policy = policy
        self._known = texts_of(known, engine.schema)
        self._most = most
        self._hubs: dict[Key, Hub] = {}
        self._unknown = 0

    def __len__(self) -> int:
        return len(self._hubs)

    def join_others(
        self, followed: Followed, variables: Mapping[str, Any] | None, identity: Any, last_event_id: str | None
    ) -> Seat | None:
        """A seat for an anonymous reader beside those who follow the same already, found without executing anything.

        None where more must be known: thousands come at once after a restart, and nearly all are let in here.
        """
        if identity != self._policy.anyone:
            return None
        hub = self._hubs.get(followed.key(variables))
        if hub is None or asyncio.get_running_loop().time() - hub.checked_at >= CHECKED_SECONDS:
            return None
        try:
            return hub.seat(last_event_id or followed.begins_at(variables))
        except LookupError:
            return None

    async def join(
        self,
        followed: Followed,
        variables: Mapping[str, Any] | None,
        execution: Execution,
        identity: Any,
        last_event_id: str | None,
    ) -> Seat | None:
        """A seat among those who follow the same; None for whoever is to be told alone.

        ``execution`` is the subscriber's own. Raises TooMany, and GraphQLError for arguments that do not fit.
        """
        if followed.viewers and identity != self._policy.anyone:
            return None
        arguments = self._engine.arguments(execution, followed.node)
        key = followed.key(variables)
        if not await self._may_share(self._hubs.get(key), identity, execution, followed.root, arguments):
            return None
        hub = self._hubs.get(key) or self._open(key, followed, followed.values(variables))
        return hub.seat((last_event_id or arguments.get(CURSOR)) if followed.resumable else None)

    async def _may_share(
        self, hub: Hub | None, identity: Any, execution: Execution, root: str, arguments: Mapping[str, Any]
    ) -> bool:
        now = asyncio.get_running_loop().time()
        if identity == self._policy.anyone and (hub is None or now - hub.checked_at < CHECKED_SECONDS):
            return True  # who opens it finds out; and what everybody saw a moment ago they see
        same = await self._policy.sees_the_same(execution.context_value, root, arguments)
        if same and hub is not None:
            hub.checked_at = now
        return same

    def _open(self, key: Key, followed: Followed, variables: Mapping[str, Any]) -> Hub:
        counted = followed.text not in self._known
        if counted and self._unknown >= self._most:
            raise TooMany
        hub = Hub(
            partial(self._told, followed, variables, Telling.LIVE, None),
            partial(self._told, followed, variables, Telling.PAGE),
            log=followed.resumable,
            closed=partial(self._closed, key, counted),
            failed=self._engine.failure,
        )
        hub.checked_at = asyncio.get_running_loop().time()
        self._hubs[key] = hub
        self._unknown += counted
        return hub

    def _closed(self, key: Key, counted: bool, hub: Hub) -> None:
        self._unknown -= counted
        if self._hubs.get(key) is hub:
            del self._hubs[key]

    async def _told(
        self, followed: Followed, variables: Mapping[str, Any], telling: Telling, cursor: str | None
    ) -> AsyncGenerator[StreamedResult | Reached, None]:
        """Execute for anybody what is followed, or a page of its past."""
        contexts = partial(self._contexts, self._policy.anyone, last_event_id=None)
        try:
            context = self._contexts(self._policy.anyone, last_event_id=cursor)
            context.telling = telling
            execution = self._engine.build(followed.tree, context, variables)
            assert not isinstance(execution, list), "the subscriber's own was built from the same"
            source = await self._engine.source(execution)
        except Exception as error:
            yield self._engine.failure(error)
            return
        if isinstance(source, list):
            errors = self._engine.masking.describe_all(source)
            yield StreamedResult({"errors": errors}, failed=True, last=True)
            return
        last = False
        async with aclosing(self._engine.responses(execution, source, contexts)) as responses:
            async for each in responses:
                last = isinstance(each, StreamedResult) and each.last
                yield each
        if telling is Telling.LIVE and not last and (ended := self._policy.ended()) is not None:
            yield self._engine.failure(ended)

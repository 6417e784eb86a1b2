# SPDX-License-Identifier: GPL-3.0-or-later
"""Asking the schema as the transports do, and counting what it asks the database."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from graph.broker import Broker
from graph.resolvers.deps import Deps
from graph.resolvers.identity import ANONYMOUS, Actor
from graph.schema.access import Everybody
from graph.schema.context import Context
from graph.schema.execution import Executor
from graph.schema.root import schema
from graph.wikis import KnownUser
from tests.db.rows import NOW, Person


@dataclass
class Operation:
    query: str
    variables: dict[str, Any] | None = None
    operation_name: str | None = None
    extensions: dict[str, Any] | None = None


class Nobody:
    """A directory of accounts that knows nobody."""

    async def look_up(
        self,
        usernames: Sequence[str],
        domain: str,  # noqa: ARG002 - a directory is asked about one wiki
        dbname: str,  # noqa: ARG002
    ) -> dict[str, KnownUser | None]:
        return dict.fromkeys(usernames)


class CountingPool:
    """A pool that remembers the statements run through it."""

    def __init__(self, pool: Any) -> None:
        self._pool = pool
        self.statements: list[str] = []

    async def fetch(self, statement: str, *values: Any) -> Any:
        self.statements.append(statement)
        return await self._pool.fetch(statement, *values)

    @asynccontextmanager
    async def acquire(self) -> AsyncIterator[CountingPool]:
        async with self._pool.acquire() as connection:
            inner = CountingPool(connection)
            inner.statements = self.statements
            yield inner

    async def fetchrow(self, statement: str, *values: Any) -> Any:
        self.statements.append(statement)
        return await self._pool.fetchrow(statement, *values)


def signed_in(person: Person, *, is_admin: bool = False) -> Actor:
    return Actor(person.id, person.username, is_admin)


@dataclass
class Api:
    """The schema over a database, at a moment that stands still."""

    pool: Any
    now: datetime = NOW
    users: Any = field(default_factory=Nobody)

    def __post_init__(self) -> None:
        self.counting = CountingPool(self.pool)
        clock: Callable[[], datetime] = lambda: self.now  # noqa: E731
        self.deps = Deps(
            pool=self.counting,
            broker=Broker(),
            clock=clock,
            public_url="https://graph.example",
            users=self.users,
            version="1.2.3",
        )
        self._executor = Executor(schema, self._context, policy=Everybody())

    def _context(self, identity: Actor, *, last_event_id: str | None) -> Context:
        return Context(self.deps, identity, last_event_id=last_event_id)

    async def answer(self, query: str, actor: Actor = ANONYMOUS, **variables: Any) -> dict[str, Any]:
        """The whole response map."""
        found = await self._executor.execute(Operation(query, variables), actor, allow_mutations=True)
        return found.payload

    async def ask(self, query: str, actor: Actor = ANONYMOUS, **variables: Any) -> Any:
        """The data, of a request without errors."""
        payload = await self.answer(query, actor, **variables)
        assert "errors" not in payload, payload["errors"]
        return payload["data"]

    async def refusal(self, query: str, actor: Actor = ANONYMOUS, **variables: Any) -> dict[str, Any]:
        """The one error of a request that has one."""
        payload = await self.answer(query, actor, **variables)
        (error,) = payload["errors"]
        return dict(error)

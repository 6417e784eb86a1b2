# SPDX-License-Identifier: GPL-3.0-or-later
"""A small schema with one of everything a transport can meet, and a context that counts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from typing import Annotated, Union

import strawberry

from graph.errors import DatabaseUnavailable, ErrorCode, UserFault


@dataclass
class Journal:
    """What happened on the server's side, for tests to look at."""

    contexts: int = 0
    opened: int = 0
    closed: int = 0
    counter: int = 0
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def note(self) -> None:
        self.changed.set()
        self.changed = asyncio.Event()

    async def until_closed(self, number: int) -> None:
        """Wait until so many sources were closed."""
        async with asyncio.timeout(5):
            while self.closed < number:
                await self.changed.wait()

    async def until_opened(self, number: int) -> None:
        """Wait until so many sources were opened."""
        async with asyncio.timeout(5):
            while self.opened < number:
                await self.changed.wait()


@dataclass
class Context:
    journal: Journal
    identity: object
    last_event_id: str | None


Info = strawberry.Info[Context, None]


@strawberry.interface
class Node:
    id: strawberry.ID


@strawberry.type
class Cat(Node):
    name: str


@strawberry.type
class Dog(Node):
    barks: bool


Pet = Annotated[Union[Cat, Dog], strawberry.union("Pet")]  # noqa: UP007 - the form the library documents


@strawberry.type
class Tick:
    cursor: str
    number: int

    @strawberry.field
    def viewer(self, info: Info) -> str:
        return str(info.context.identity)

    @strawberry.field
    def odd_fails(self) -> int:
        if self.number % 2:
            raise RuntimeError("secret of the tick")
        return self.number


@strawberry.input
class Patch:
    title: strawberry.Maybe[str | None]
    note: str | None = strawberry.UNSET


@strawberry.type
class Query:
    @strawberry.field
    def hello(self) -> str:
        return "world"

    @strawberry.field
    def greet(self, name: str) -> str:
        return f"Hello {name}"

    @strawberry.field
    def viewer(self, info: Info) -> str:
        return str(info.context.identity)

    @strawberry.field
    async def pets(self) -> list[Pet]:
        await asyncio.sleep(0)
        return [Cat(id=strawberry.ID("1"), name="Mia"), Dog(id=strawberry.ID("2"), barks=True)]

    @strawberry.field
    def node(self, id: strawberry.ID) -> Node | None:  # noqa: A002 - the argument's name in the schema
        return Cat(id=id, name="Mia") if id == "1" else None

    @strawberry.field
    def nested(self) -> Query:
        return Query()

    @strawberry.field
    def missing(self) -> str | None:
        raise UserFault(ErrorCode.NOT_FOUND, "No such program.", ("slug",))

    @strawberry.field
    def broken(self) -> str | None:
        raise RuntimeError("secret dsn=postgres://user:password@host")

    @strawberry.field
    def away(self) -> str:
        raise DatabaseUnavailable("secret of the database")

    @strawberry.field
    def away_in_part(self) -> str | None:
        raise DatabaseUnavailable("secret of the database")

    @strawberry.field
    def broken_hard(self) -> str:
        raise RuntimeError("secret")

    @strawberry.field
    async def waits(self, info: Info) -> str:
        journal = info.context.journal
        journal.opened += 1
        journal.note()
        try:
            await asyncio.Event().wait()
        finally:
            journal.closed += 1
            journal.note()
        return "never"


@strawberry.type
class Mutation:
    @strawberry.mutation
    def increment(self, info: Info, by: int = 1) -> int:
        info.context.journal.counter += by
        return info.context.journal.counter

    @strawberry.mutation
    def away(self) -> str:
        raise DatabaseUnavailable("secret of the database")

    @strawberry.mutation
    def patch(self, patch: Patch) -> str:
        title = "absent" if patch.title is None else f"given {patch.title.value!r}"
        note = "absent" if patch.note is strawberry.UNSET else f"given {patch.note!r}"
        return f"title {title}, note {note}"


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def ticks(self, info: Info, until: int = 3, after: str | None = None) -> AsyncGenerator[Tick, None]:
        """Count up to ``until``, from behind the cursor; the Last-Event-ID wins over ``after``."""
        journal = info.context.journal
        start = int(info.context.last_event_id or after or 0)
        journal.opened += 1
        journal.note()
        try:
            for number in range(start + 1, until + 1):
                yield Tick(cursor=str(number), number=number)
        finally:
            journal.closed += 1
            journal.note()

    @strawberry.subscription
    async def endless(self, info: Info) -> AsyncGenerator[Tick, None]:
        """One tick, then silence."""
        journal = info.context.journal
        journal.opened += 1
        journal.note()
        try:
            yield Tick(cursor="1", number=1)
            await asyncio.Event().wait()
        finally:
            journal.closed += 1
            journal.note()

    @strawberry.subscription
    async def numbers(self) -> AsyncGenerator[int, None]:
        """Events without a cursor."""
        for number in (1, 2):
            yield number

    @strawberry.subscription
    async def refused(self) -> AsyncGenerator[int, None]:
        raise UserFault(ErrorCode.NOT_FOUND, "No such program.")
        yield 1

    @strawberry.subscription
    async def breaks(self) -> AsyncGenerator[int, None]:
        yield 1
        raise RuntimeError("secret of the source")

    @strawberry.subscription
    async def away(self) -> AsyncGenerator[int, None]:
        raise DatabaseUnavailable("secret of the database")
        yield 1

    @strawberry.subscription
    async def goes_away(self) -> AsyncGenerator[int, None]:
        yield 1
        raise DatabaseUnavailable("secret of the database")


schema = strawberry.Schema(Query, Mutation, Subscription, types=[Cat, Dog])

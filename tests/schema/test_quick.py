# SPDX-License-Identifier: GPL-3.0-or-later
"""Fields that are read quickly are answered as graphql-core and Strawberry answer them."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import strawberry
from graphql import parse
from graphql.execution import execute_root_selection_set

from graph.schema.batches import Loader
from graph.schema.quick import quickened


@strawberry.type
class Thing:
    name: str
    size: int
    maybe: int | None = None
    sure: bool = True
    numbers: list[int] = strawberry.field(default_factory=lambda: [1, 2])
    share: float = 0.5

    @strawberry.field
    async def later(self) -> Thing:
        return Thing(name="later", size=2)

    @strawberry.field
    def louder(self, times: int = 1) -> str:
        return self.name + "!" * times


@strawberry.type
class Query:
    @strawberry.field
    def thing(self) -> Thing:
        return Thing(name="one", size=1)

    @strawberry.field
    def wrong(self) -> Thing | None:
        return Thing(name=None, size=2**40)  # type: ignore[arg-type]


SCHEMA = strawberry.Schema(query=Query)


async def answer(kind: type[Any], text: str) -> tuple[Any, list[Any]]:
    execution = kind.build(SCHEMA._schema, parse(text), context_value=None)
    result = execute_root_selection_set(execution)
    result = await result if hasattr(result, "__await__") else result
    return result.data, [(error.message, error.path) for error in result.errors or ()]


@pytest.mark.parametrize(
    "text",
    [
        "{ thing { size name maybe sure share numbers __typename } }",
        "{ thing { name later { size name louder(times: 2) } again: name maybe } }",
        "{ thing { ... @include(if: false) { size } name @skip(if: true) sure } }",
        "{ wrong { name } }",
        "{ wrong { size } thing { name } }",
        "{ thing { name } thing { size } }",
    ],
)
async def test_the_answer_is_the_usual_one_in_the_usual_order(text: str) -> None:
    usual, quick = await answer(SCHEMA.execution_context_class, text), await answer(quickened(SCHEMA), text)
    assert quick == usual
    assert repr(quick) == repr(usual)


@strawberry.type
class Part:
    number: int
    said: strawberry.Private[Any]

    @strawberry.field
    async def twice(self, plus: int = 0) -> int:
        return await self.said.load(self.number) * 2 + plus

    @strawberry.field
    async def parts(self, many: int = 2) -> list[Part]:
        first = await self.said.load(self.number * 10)
        return [Part(number=first + n, said=self.said) for n in range(many)]

    @strawberry.field
    async def one(self) -> Part | None:
        await asyncio.sleep(0)
        return Part(number=self.number + 100, said=self.said) if self.number % 2 else None

    @strawberry.field
    async def broken(self) -> int | None:
        if await self.said.load(self.number) == 21:
            raise ValueError("broken")
        return self.number

    @strawberry.field
    async def lost(self) -> int:
        if await self.said.load(self.number) == 21:
            raise ValueError("lost")
        return self.number


@strawberry.type
class Whole:
    @strawberry.field
    async def parts(self, info: strawberry.Info) -> list[Part]:
        return [Part(number=number, said=info.context) for number in (1, 2)]


NESTED = strawberry.Schema(query=Whole)


async def nested(kind: type[Any], text: str) -> tuple[Any, list[Any], list[list[int]]]:
    """The data, the errors, and what was loaded together."""
    batches: list[list[int]] = []

    async def load(keys: list[int]) -> list[int]:
        batches.append(list(keys))
        await asyncio.sleep(0)
        return keys

    execution = kind.build(NESTED._schema, parse(text), context_value=Loader(load))
    result = await execute_root_selection_set(execution)
    return result.data, [(error.message, error.path) for error in result.errors or ()], batches


@pytest.mark.parametrize(
    "text",
    [
        "{ parts { number parts { twice parts(many: 0) { number } } } }",
        "{ parts { one { twice(plus: 1) parts { number } } twice __typename } }",
        "query ($n: Int = 3) { parts { parts(many: $n) { a: twice b: twice(plus: $n) ...F } } }"
        " fragment F on Part { number }",
        "{ parts { parts { broken number } } }",
        "{ parts { number parts { lost } } }",
        "{ parts { one { lost } broken } parts { again: number } }",
    ],
)
async def test_nested_lists_are_answered_alike(text: str) -> None:
    usual, quick = await nested(NESTED.execution_context_class, text), await nested(quickened(NESTED), text)
    assert quick[:2] == usual[:2]
    assert repr(quick[0]) == repr(usual[0])


async def test_each_level_is_loaded_at_once() -> None:
    data, errors, batches = await nested(quickened(NESTED), "{ parts { parts { parts { twice } } } }")
    assert not errors
    assert [len(batch) for batch in batches] == [2, 4, 8]
    assert data["parts"][1]["parts"][0]["parts"][1] == {"twice": 402}


async def test_nothing_is_read_twice_where_nothing_is_wrong() -> None:
    _, _, batches = await nested(quickened(NESTED), "{ parts { one { number } broken twice } }")
    assert sorted(map(sorted, batches)) == [[1, 1, 2, 2]]

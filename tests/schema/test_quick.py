# SPDX-License-Identifier: GPL-3.0-or-later
"""Fields that are read quickly are answered as graphql-core and Strawberry answer them."""

from __future__ import annotations

from typing import Any

import pytest
import strawberry
from graphql import parse
from graphql.execution import execute_root_selection_set

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

# SPDX-License-Identifier: GPL-3.0-or-later
"""Executing Strawberry's schema: its types, its inputs, errors, contexts, and subscriptions that end when told."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Any

import pytest

from graph.schema.execution import Answer, Executor, StreamedResult
from graph.schema.limits import Limits
from tests.web.toy import Context, Journal, schema


@dataclass(frozen=True)
class Asked:
    query: str
    variables: dict[str, Any] | None = None
    operation_name: str | None = None
    extensions: dict[str, Any] | None = None


@pytest.fixture
def journal() -> Journal:
    return Journal()


@pytest.fixture
def executor(journal: Journal) -> Executor:
    def make_context(identity: object, *, last_event_id: str | None) -> Context:
        journal.contexts += 1
        return Context(journal, identity, last_event_id)

    return Executor(schema, make_context)


async def run(executor: Executor, query: str, **variables: Any) -> dict[str, Any]:
    answer = await executor.execute(Asked(query, variables), "Ada", allow_mutations=True)
    return {name: value for name, value in answer.payload.items() if name != "extensions"}


async def follow(executor: Executor, query: str) -> AsyncGenerator[StreamedResult, None]:
    results = await executor.subscribe(Asked(query), "Ada")
    assert isinstance(results, AsyncGenerator)
    return results


# ---------------------------------------------------------------- what the schema library promises


async def test_unions_and_interfaces_are_told_apart(executor: Executor) -> None:
    query = "{ pets { __typename ... on Node { id } ... on Cat { name } ... on Dog { barks } } }"
    assert await run(executor, query) == {
        "data": {
            "pets": [
                {"__typename": "Cat", "id": "1", "name": "Mia"},
                {"__typename": "Dog", "id": "2", "barks": True},
            ]
        }
    }


async def test_an_interface_field_resolves_to_its_type(executor: Executor) -> None:
    query = '{ found: node(id: "1") { __typename id } lost: node(id: "9") { id } }'
    assert await run(executor, query) == {"data": {"found": {"__typename": "Cat", "id": "1"}, "lost": None}}


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({}, "title absent, note absent"),
        ({"title": None, "note": None}, "title given None, note given None"),
        ({"title": "T", "note": "N"}, "title given 'T', note given 'N'"),
    ],
)
async def test_absent_null_and_given_inputs_are_told_apart(executor: Executor, given: Any, told: str) -> None:
    answer = await run(executor, "mutation ($patch: Patch!) { patch(patch: $patch) }", patch=given)
    assert answer == {"data": {"patch": told}}


async def test_the_context_is_the_resolvers(executor: Executor) -> None:
    assert await run(executor, "{ viewer }") == {"data": {"viewer": "Ada"}}


# ---------------------------------------------------------------- what may run


async def test_a_mutation_that_is_not_allowed_changes_nothing(executor: Executor, journal: Journal) -> None:
    answer = await executor.execute(Asked("mutation { increment }"), None, allow_mutations=False)
    assert answer.refused
    assert (journal.counter, journal.contexts) == (0, 0)


async def test_a_subscription_is_not_executed_as_a_query(executor: Executor) -> None:
    answer = await executor.execute(Asked("subscription { numbers }"), None, allow_mutations=True)
    assert answer.refused
    assert answer.payload["errors"][0]["extensions"] == {"code": "BAD_REQUEST"}


async def test_a_query_is_not_subscribed_to(executor: Executor) -> None:
    answer = await executor.subscribe(Asked("{ hello }"), None)
    assert isinstance(answer, Answer)
    assert answer.refused


async def test_variables_that_do_not_fit_are_a_request_error(executor: Executor) -> None:
    answer = await executor.execute(
        Asked("query ($n: Int!) { nested { hello } x: greet(name: $n) }"), None, allow_mutations=True
    )
    assert (answer.refused, answer.payload["errors"][0]["extensions"]["code"]) == (True, "GRAPHQL_VALIDATION_FAILED")
    request = Asked("mutation ($by: Int!) { increment(by: $by) }", {"by": "many"})
    answer = await executor.execute(request, None, allow_mutations=True)
    assert (answer.refused, answer.payload["errors"][0]["extensions"]["code"]) == (True, "BAD_USER_INPUT")


async def test_a_context_that_cannot_be_made_is_masked(caplog: pytest.LogCaptureFixture) -> None:
    def make_context(identity: object, *, last_event_id: str | None) -> object:
        raise RuntimeError("secret")

    executor = Executor(schema, make_context)
    for answer in (
        await executor.execute(Asked("{ hello }"), None, allow_mutations=True),
        await executor.subscribe(Asked("subscription { numbers }"), None),
    ):
        assert isinstance(answer, Answer)
        assert "data" not in answer.payload
        assert answer.payload["errors"][0]["extensions"]["code"] == "INTERNAL_ERROR"
        assert "secret" not in str(answer)
    assert len(caplog.records) == 2


# ---------------------------------------------------------------- what it costs, and how long it may take


async def test_an_answer_says_what_it_cost_and_what_it_may_cost(executor: Executor) -> None:
    for query in ("{ pets { __typename } }", "mutation { increment }"):
        answer = await executor.execute(Asked(query), None, allow_mutations=True)
        cost = 11 if "pets" in query else 1
        assert answer.payload["extensions"] == {"cost": {"requestedQueryCost": cost, "maximumQueryCost": 50_000}}


@pytest.mark.parametrize("query", ["{ a: __schema { types { name } } }", "subscription { ticks { number } }"])
async def test_what_costs_too_much_is_refused_before_anything_is_read(journal: Journal, query: str) -> None:
    executor = Executor(schema, lambda *_, **__: pytest.fail("nothing is executed"), limits=Limits(cost=1))
    asked = Asked(query)
    answer = executor.kind_of(asked)
    assert isinstance(answer, Answer)
    assert answer == await executor.execute(asked, None, allow_mutations=True) == await executor.subscribe(asked, None)
    cost = 20_000 if "schema" in query else 2
    assert (answer.refused, answer.payload) == (
        True,
        {
            "errors": [
                {
                    "message": f"The query is too large: {cost} values its answer may hold, at most 1 are allowed.",
                    "extensions": {"code": "QUERY_TOO_LARGE"},
                }
            ],
            "extensions": {"cost": {"requestedQueryCost": cost, "maximumQueryCost": 1}},
        },
    )


async def test_a_query_that_takes_too_long_is_ended_and_told_so(journal: Journal) -> None:
    executor = Executor(schema, lambda identity, **_: Context(journal, identity, None), limits=Limits(seconds=0.05))
    answer = await executor.execute(Asked("{ waits }"), None, allow_mutations=True)
    reason = "The answer was not there within 0.05 seconds: ask for less, or later."
    assert answer.payload["errors"] == [{"message": reason, "extensions": {"code": "TIMEOUT"}}]
    assert answer.payload["data"] is None
    assert (journal.opened, journal.closed) == (1, 1)


async def test_a_mutation_is_carried_through_however_long_it_takes(journal: Journal) -> None:
    executor = Executor(schema, lambda identity, **_: Context(journal, identity, None), limits=Limits(seconds=0))
    assert (await run(executor, "{ pets { __typename } }"))["data"] is None
    assert await run(executor, "mutation { increment(by: 4) }") == {"data": {"increment": 4}}


async def test_a_reason_that_repeats_the_request_is_cut(executor: Executor) -> None:
    answer = await executor.execute(Asked(f"{{ greet(name: {'9' * 100_000}) }}"), None, allow_mutations=True)
    (error,) = answer.payload["errors"]
    assert len(error["message"]) == 501


# ---------------------------------------------------------------- subscriptions


async def test_a_response_carries_the_cursor_of_its_event(executor: Executor) -> None:
    results = await follow(executor, "subscription { ticks { number } }")
    assert [result async for result in results] == [
        StreamedResult({"data": {"ticks": {"number": number}}}, str(number)) for number in (1, 2, 3)
    ]


async def test_the_source_gets_the_last_event_id_and_every_execution_its_own_context(
    executor: Executor, journal: Journal
) -> None:
    results = await executor.subscribe(Asked("subscription { ticks { number } }"), "Ada", last_event_id="1")
    assert isinstance(results, AsyncGenerator)
    assert [result.event_id async for result in results] == ["2", "3"]
    assert journal.contexts == 3


async def test_closing_the_responses_closes_the_source_at_once(executor: Executor, journal: Journal) -> None:
    results = await follow(executor, "subscription { endless { number } }")
    await anext(results)
    assert journal.closed == 0
    await results.aclose()
    assert journal.closed == 1


async def test_cancelling_who_waits_closes_the_source_at_once(executor: Executor, journal: Journal) -> None:
    results = await follow(executor, "subscription { endless { number } }")
    await anext(results)
    waiting = asyncio.create_task(anext(results))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert journal.closed == 1


async def test_a_source_that_breaks_says_so_in_a_last_response(executor: Executor) -> None:
    results = [result async for result in await follow(executor, "subscription { breaks }")]
    assert results[0] == StreamedResult({"data": {"breaks": 1}})
    assert (results[1].failed, list(results[1].payload)) == (True, ["errors"])
    assert len(results) == 2


async def test_an_event_leaves_nothing_behind_in_memory_once_it_is_told(executor: Executor) -> None:
    def remembered() -> int:
        gc.collect()
        return sum(type(each).__name__ in ("FieldDetails", "CollectedFields") for each in gc.get_objects())

    results = await follow(executor, "subscription { ticks(until: 30) { number } }")
    await anext(results)
    before = remembered()
    for _ in range(20):
        await anext(results)
    assert remembered() == before
    await results.aclose()

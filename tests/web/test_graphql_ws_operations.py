# SPDX-License-Identifier: GPL-3.0-or-later
"""graphql-transport-ws, the operations: results, errors under their own id, ends, ids, limits."""

from __future__ import annotations

import pytest
from gql import Client, gql
from gql.transport.websockets import WebsocketsTransport

from tests.web.conftest import Toy
from tests.web.wire import wired

ENDLESS = "subscription { endless { number } }"


async def test_a_query_is_answered_once_and_completed(toy: Toy) -> None:
    async with wired(toy.socket_url) as wire:
        await wire.init()
        await wire.subscribe("q", "{ hello }")
        answer, end = await wire.receive_until("complete")
        assert (answer["id"], answer["type"], answer["payload"]["data"]) == ("q", "next", {"hello": "world"})
        assert end == {"id": "q", "type": "complete"}


async def test_a_mutation_is_executed_and_completed(toy: Toy) -> None:
    async with wired(toy.socket_url) as wire:
        await wire.init()
        await wire.subscribe("m", "mutation { increment(by: 2) }")
        messages = await wire.receive_until("complete")
    assert messages[0]["payload"]["data"] == {"increment": 2}
    assert toy.journal.counter == 2


async def test_a_subscription_is_answered_event_by_event_and_completed(toy: Toy) -> None:
    async with wired(toy.socket_url) as wire:
        await wire.init()
        await wire.subscribe("s", "subscription ($n: Int!) { ticks(until: $n) { number } }", variables={"n": 2})
        assert await wire.receive_until("complete") == [
            {"id": "s", "type": "next", "payload": {"data": {"ticks": {"number": 1}}}},
            {"id": "s", "type": "next", "payload": {"data": {"ticks": {"number": 2}}}},
            {"id": "s", "type": "complete"},
        ]


async def test_the_operation_named_is_the_one_that_runs(toy: Toy) -> None:
    document = "query A { hello } query B { viewer } subscription C { numbers }"
    async with wired(toy.socket_url) as wire:
        await wire.init()
        await wire.subscribe("b", document, operationName="B")
        assert (await wire.receive_until("complete"))[0]["payload"]["data"] == {"viewer": "anonymous"}
        await wire.subscribe("c", document, operationName="C")
        assert len(await wire.receive_until("complete")) == 3


@pytest.mark.parametrize("parameter", ["variables", "operationName", "extensions"])
async def test_a_null_parameter_counts_as_absent(toy: Toy, parameter: str) -> None:
    async with wired(toy.socket_url) as wire:
        await wire.init()
        await wire.subscribe("1", "{ hello }", **{parameter: None})
        assert (await wire.receive())["payload"]["data"] == {"hello": "world"}


# ---------------------------------------------------------------- errors

REFUSED = {
    "a syntax error": ({"query": "{"}, "GRAPHQL_PARSE_FAILED"),
    "an unknown field": ({"query": "{ nope }"}, "GRAPHQL_VALIDATION_FAILED"),
    "an unknown operationName": ({"query": "query A { hello }", "operationName": "B"}, "BAD_REQUEST"),
    "an empty operationName": ({"query": "query A { hello }", "operationName": ""}, "BAD_REQUEST"),
    "a missing operationName": ({"query": "query A { hello } query B { hello }"}, "BAD_REQUEST"),
    "a document without operation": ({"query": "fragment F on Query { hello }"}, "GRAPHQL_VALIDATION_FAILED"),
    "a missing variable": ({"query": "query ($n: Int!) { nested { greet(name: $n) } }"}, "GRAPHQL_VALIDATION_FAILED"),
    "a variable of another type": (
        {"query": "subscription ($n: Int!) { ticks(until: $n) { number } }", "variables": {"n": "x"}},
        "BAD_USER_INPUT",
    ),
    "a document too deep": ({"query": "{ nested " * 15 + "{ hello }" + "}" * 15}, "QUERY_TOO_LARGE"),
    "a user's fault at the source": ({"query": "subscription { refused }"}, "NOT_FOUND"),
}


@pytest.mark.parametrize(("payload", "code"), REFUSED.values(), ids=REFUSED.keys())
async def test_what_cannot_be_executed_is_an_error_of_that_operation_alone(
    toy: Toy, payload: dict[str, object], code: str
) -> None:
    async with wired(toy.socket_url) as wire:
        await wire.init()
        await wire.subscribe("other", ENDLESS)
        await wire.receive()
        await wire.send({"id": "bad", "type": "subscribe", "payload": payload})
        message = await wire.receive()
        assert (message["id"], message["type"]) == ("bad", "error")
        assert message["payload"][0]["extensions"]["code"] == code
        assert await wire.is_alive()
        assert toy.journal.closed == 0


async def test_an_error_in_a_field_is_part_of_the_response(toy: Toy) -> None:
    async with wired(toy.socket_url) as wire:
        await wire.init()
        await wire.subscribe("1", "{ missing }")
        message = (await wire.receive_until("complete"))[0]
    assert message["type"] == "next"
    assert message["payload"]["data"] == {"missing": None}
    assert message["payload"]["errors"][0]["extensions"] == {"code": "NOT_FOUND", "field": ["slug"]}


async def test_an_event_that_fails_does_not_end_the_subscription(toy: Toy) -> None:
    async with wired(toy.socket_url) as wire:
        await wire.init()
        await wire.subscribe("1", "subscription { ticks { oddFails } }")
        messages = await wire.receive_until("complete")
    assert [message["payload"]["data"] for message in messages[:-1]] == [None, {"ticks": {"oddFails": 2}}, None]
    assert "secret" not in str(messages)


async def test_a_source_that_breaks_ends_with_a_masked_error(toy: Toy, caplog: pytest.LogCaptureFixture) -> None:
    async with wired(toy.socket_url) as wire:
        await wire.init()
        await wire.subscribe("1", "subscription { breaks }")
        messages = await wire.receive_until("error")
        assert await wire.is_alive()
    assert messages[0]["payload"]["data"] == {"breaks": 1}
    error = messages[1]["payload"][0]
    assert error["extensions"]["code"] == "INTERNAL_ERROR"
    assert "secret" not in str(messages)
    assert [error["extensions"]["reference"] in record.getMessage() for record in caplog.records] == [True]


# ---------------------------------------------------------------- ids and ends


async def test_an_id_in_use_is_closed_with_4409(toy: Toy) -> None:
    async with wired(toy.socket_url) as wire:
        await wire.init()
        await wire.subscribe("1", ENDLESS)
        await wire.subscribe("1", "{ hello }")
        assert await wire.closed() == (4409, "Subscriber for 1 already exists")


async def test_a_reason_too_long_for_a_frame_is_cut_between_characters(toy: Toy) -> None:
    id_ = "é" * 200
    async with wired(toy.socket_url) as wire:
        await wire.init()
        await wire.subscribe(id_, ENDLESS)
        await wire.subscribe(id_, ENDLESS)
        assert await wire.closed() == (4409, "Subscriber for " + "é" * 54)


async def test_an_id_is_free_again_after_the_server_completed(toy: Toy) -> None:
    async with wired(toy.socket_url) as wire:
        await wire.init()
        for _ in range(3):
            await wire.subscribe("1", "{ hello }")
            await wire.receive_until("complete")


async def test_an_id_is_free_again_after_an_error(toy: Toy) -> None:
    async with wired(toy.socket_url) as wire:
        await wire.init()
        await wire.subscribe("1", "{")
        await wire.receive_until("error")
        await wire.subscribe("1", "{ hello }")
        assert (await wire.receive())["payload"]["data"] == {"hello": "world"}


async def test_an_id_is_free_at_once_after_the_client_completed(toy: Toy) -> None:
    async with wired(toy.socket_url) as wire:
        await wire.init()
        await wire.subscribe("1", ENDLESS)
        await wire.receive()
        await wire.send({"id": "1", "type": "complete"})
        await wire.subscribe("1", "{ hello }")
        assert (await wire.receive())["payload"]["data"] == {"hello": "world"}


async def test_a_completed_subscription_closes_its_source_and_sends_nothing_more(toy: Toy) -> None:
    async with wired(toy.socket_url) as wire:
        await wire.init()
        await wire.subscribe("1", ENDLESS)
        await wire.receive()
        await wire.send({"id": "1", "type": "complete"})
        await toy.journal.until_closed(1)
        await wire.send({"type": "ping"})
        assert await wire.receive() == {"type": "pong"}


async def test_a_query_completed_by_the_client_is_cancelled(toy: Toy) -> None:
    async with wired(toy.socket_url) as wire:
        await wire.init()
        await wire.subscribe("1", "{ waits }")
        await toy.journal.until_opened(1)
        await wire.send({"id": "1", "type": "complete"})
        await toy.journal.until_closed(1)


async def test_a_complete_for_an_unknown_id_is_ignored(toy: Toy) -> None:
    async with wired(toy.socket_url) as wire:
        await wire.init()
        await wire.send({"id": "never seen", "type": "complete"})
        assert await wire.is_alive()


async def test_operations_run_side_by_side(toy: Toy) -> None:
    async with wired(toy.socket_url) as wire:
        await wire.init()
        await wire.subscribe("waits", "{ waits }")
        await wire.subscribe("answers", "{ hello }")
        assert (await wire.receive())["id"] == "answers"


async def test_every_execution_has_a_context_of_its_own(toy: Toy) -> None:
    async with wired(toy.socket_url) as wire:
        await wire.init()
        await wire.subscribe("q", "{ hello }")
        await wire.receive_until("complete")
        assert toy.journal.contexts == 1
        await wire.subscribe("s", "subscription { ticks(until: 3) { number } }")
        await wire.receive_until("complete")
        assert toy.journal.contexts == 5  # the source and three events


async def test_one_operation_too_many_is_refused_and_the_others_go_on(hasty_toy: Toy) -> None:
    async with wired(hasty_toy.socket_url) as wire:
        await wire.init()
        for id_ in ("1", "2", "3", "4"):
            await wire.subscribe(id_, ENDLESS)
        message = (await wire.receive_until("error"))[-1]
        assert message["id"] == "4"
        assert message["payload"][0]["message"] == "At most 3 operations run on one socket at a time."
        assert message["payload"][0]["extensions"] == {"code": "TOO_MANY"}
        await wire.send({"id": "1", "type": "complete"})
        await wire.subscribe("4", "{ hello }")
        assert (await wire.receive_until("complete"))[-2]["payload"]["data"] == {"hello": "world"}


# ---------------------------------------------------------------- a client of others


async def test_the_gql_library_queries_changes_and_follows(toy: Toy) -> None:
    transport = WebsocketsTransport(url=toy.socket_url, init_payload={"Authorization": "Bearer Ada"})
    async with Client(transport=transport, fetch_schema_from_transport=True) as session:
        assert await session.execute(gql("{ viewer }")) == {"viewer": "Ada"}
        assert await session.execute(gql("mutation { increment }")) == {"increment": 1}
        ticks = [result async for result in session.subscribe(gql("subscription { ticks { number } }"))]
    assert ticks == [{"ticks": {"number": 1}}, {"ticks": {"number": 2}}, {"ticks": {"number": 3}}]

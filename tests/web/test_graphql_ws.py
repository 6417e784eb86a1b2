# SPDX-License-Identifier: GPL-3.0-or-later
"""graphql-transport-ws, the connection: handshake, initialisation, pings, malformed messages, close codes."""

from __future__ import annotations

import pytest

from tests.web.conftest import Toy, toy_service
from tests.web.wire import wired

INIT = {"type": "connection_init"}


def subscribe(**changes: object) -> dict[str, object]:
    message: dict[str, object] = {"id": "1", "type": "subscribe", "payload": {"query": "{ hello }"}}
    return {**message, **changes}


# ---------------------------------------------------------------- handshake


async def test_the_subprotocol_is_agreed_on(toy: Toy) -> None:
    async with wired(toy.socket_url) as wire:
        assert wire.socket.subprotocol == "graphql-transport-ws"


async def test_the_subprotocol_is_chosen_among_several(toy: Toy) -> None:
    async with wired(toy.socket_url, subprotocols=("graphql-ws", "graphql-transport-ws")) as wire:
        assert wire.socket.subprotocol == "graphql-transport-ws"


@pytest.mark.parametrize("subprotocols", [(), ("graphql-ws",), ("nonsense",)])
async def test_another_or_no_subprotocol_is_closed_with_4406(toy: Toy, subprotocols: tuple[str, ...]) -> None:
    async with wired(toy.socket_url, subprotocols=subprotocols) as wire:
        assert await wire.closed() == (4406, "Subprotocol not acceptable")


@pytest.mark.parametrize("origin", ["https://elsewhere.example", "null"])
async def test_a_page_of_another_origin_may_connect_as_anonymous(toy: Toy, origin: str) -> None:
    async with wired(toy.socket_url, origin=origin) as wire:
        await wire.init()
        await wire.subscribe("1", "{ viewer }")
        assert (await wire.receive())["payload"]["data"] == {"viewer": "anonymous"}


# ---------------------------------------------------------------- initialisation


@pytest.mark.parametrize("payload", [{}, {"any": "thing"}, {"nested": {"Authorization": [1]}}])
async def test_an_init_with_a_payload_is_acknowledged(toy: Toy, payload: dict[str, object]) -> None:
    async with wired(toy.socket_url) as wire:
        await wire.init(payload)


async def test_an_init_without_a_payload_is_acknowledged(toy: Toy) -> None:
    async with wired(toy.socket_url) as wire:
        await wire.init()


async def test_an_init_with_a_null_payload_is_acknowledged(toy: Toy) -> None:
    async with wired(toy.socket_url) as wire:
        await wire.send({"type": "connection_init", "payload": None})
        assert await wire.receive() == {"type": "connection_ack"}


@pytest.mark.parametrize("payload", ["text", 1, True, [], [{}]])
async def test_an_init_whose_payload_is_no_object_is_closed_with_4400(toy: Toy, payload: object) -> None:
    async with wired(toy.socket_url) as wire:
        await wire.send({"type": "connection_init", "payload": payload})
        assert (await wire.closed())[0] == 4400


async def test_a_second_init_is_closed_with_4429(toy: Toy) -> None:
    async with wired(toy.socket_url) as wire:
        await wire.init()
        await wire.send(INIT)
        assert await wire.closed() == (4429, "Too many initialisation requests")


async def test_two_inits_at_once_are_closed_with_4429(toy: Toy) -> None:
    async with wired(toy.socket_url) as wire:
        await wire.send(INIT)
        await wire.send(INIT)
        assert (await wire.closed())[0] == 4429


async def test_no_init_in_time_is_closed_with_4408(hasty_toy: Toy) -> None:
    async with wired(hasty_toy.socket_url) as wire:
        assert await wire.closed() == (4408, "Connection initialisation timeout")


async def test_an_init_in_time_outlives_the_timeout(hasty_toy: Toy) -> None:
    async with wired(hasty_toy.socket_url) as wire:
        await wire.init()
        for _ in range(10):  # pings, 20 ms apart: the timeout has passed
            assert await wire.receive() == {"type": "ping"}
        assert await wire.is_alive()


async def test_a_subscribe_before_the_init_is_closed_with_4401(toy: Toy) -> None:
    async with wired(toy.socket_url) as wire:
        await wire.send(subscribe())
        assert await wire.closed() == (4401, "Unauthorized")


async def test_a_wrong_token_is_closed_with_4403(toy: Toy) -> None:
    async with wired(toy.socket_url) as wire:
        await wire.send({"type": "connection_init", "payload": {"Authorization": "Bearer nobody"}})
        assert await wire.closed() == (4403, "Forbidden: This token is not valid.")


async def test_a_sign_in_that_breaks_is_closed_with_4500_and_tells_nothing(
    toy: Toy, caplog: pytest.LogCaptureFixture
) -> None:
    async with wired(toy.socket_url) as wire:
        await wire.send({"type": "connection_init", "payload": {"Authorization": "Bearer crash"}})
        assert await wire.closed() == (4500, "Internal error")
    assert [record.getMessage().count("secret of the sign-in") for record in caplog.records] == [1]


async def test_the_token_of_the_init_says_who_asks(toy: Toy) -> None:
    async with wired(toy.socket_url) as wire:
        await wire.init({"Authorization": "Bearer Ada"})
        await wire.subscribe("1", "{ viewer }")
        assert (await wire.receive())["payload"]["data"] == {"viewer": "Ada"}


async def test_the_token_of_the_handshake_says_who_asks(toy: Toy) -> None:
    async with wired(toy.socket_url, headers={"Authorization": "Bearer Ada"}) as wire:
        await wire.init()
        await wire.subscribe("1", "{ viewer }")
        assert (await wire.receive())["payload"]["data"] == {"viewer": "Ada"}


# ---------------------------------------------------------------- pings


async def test_a_ping_is_answered_before_the_init(toy: Toy) -> None:
    async with wired(toy.socket_url) as wire:
        await wire.send({"type": "ping"})
        assert await wire.receive() == {"type": "pong"}


async def test_a_ping_is_answered_with_its_payload(toy: Toy) -> None:
    async with wired(toy.socket_url) as wire:
        await wire.send({"type": "ping", "payload": {"at": 1}})
        assert await wire.receive() == {"type": "pong", "payload": {"at": 1}}


async def test_a_ping_with_a_null_payload_is_answered(toy: Toy) -> None:
    async with wired(toy.socket_url) as wire:
        await wire.send({"type": "ping", "payload": None})
        assert await wire.receive() == {"type": "pong"}


@pytest.mark.parametrize("payload", [None, {}, {"at": 1}])
async def test_an_unasked_pong_is_ignored(toy: Toy, payload: object) -> None:
    async with wired(toy.socket_url) as wire:
        await wire.send({"type": "pong", "payload": payload})
        assert await wire.is_alive()


async def test_the_server_pings(hasty_toy: Toy) -> None:
    async with wired(hasty_toy.socket_url) as wire:
        await wire.init()
        assert [await wire.receive(), await wire.receive()] == [{"type": "ping"}, {"type": "ping"}]


# ---------------------------------------------------------------- malformed messages

MALFORMED = {
    "no JSON": "{",
    "an empty message": "",
    "an array": "[]",
    "a string": '"ping"',
    "a number": "1",
    "null": "null",
    "an object without a type": "{}",
    "a null type": {"type": None},
    "a numeric type": {"type": 1},
    "a list as type": {"type": ["ping"]},
    "an unknown type": {"type": "nonsense"},
    "a type of the old protocol": {"type": "start", "id": "1", "payload": {"query": "{ hello }"}},
    "a server's ack": {"type": "connection_ack"},
    "a server's next": {"type": "next", "id": "1", "payload": {}},
    "a server's error": {"type": "error", "id": "1", "payload": []},
    "a binary ping": b'{"type":"ping"}',
    "a ping whose payload is a string": {"type": "ping", "payload": "x"},
    "a pong whose payload is a list": {"type": "pong", "payload": []},
    "a subscribe without an id": {"type": "subscribe", "payload": {"query": "{ hello }"}},
    "a subscribe with an empty id": subscribe(id=""),
    "a subscribe with a numeric id": subscribe(id=1),
    "a subscribe with a list as id": subscribe(id=["1"]),
    "a subscribe with a null id": subscribe(id=None),
    "a subscribe with an endless id": subscribe(id="x" * 256),
    "a subscribe without a payload": {"id": "1", "type": "subscribe"},
    "a subscribe with a null payload": subscribe(payload=None),
    "a subscribe with a string as payload": subscribe(payload="{ hello }"),
    "a subscribe with a list as payload": subscribe(payload=["{ hello }"]),
    "a subscribe without a query": subscribe(payload={}),
    "a subscribe with an empty query": subscribe(payload={"query": " "}),
    "a subscribe with a numeric query": subscribe(payload={"query": 1}),
    "a subscribe with an object as query": subscribe(payload={"query": {"kind": "Document"}}),
    "a subscribe with string variables": subscribe(payload={"query": "{ hello }", "variables": "{}"}),
    "a subscribe with list variables": subscribe(payload={"query": "{ hello }", "variables": []}),
    "a subscribe with a numeric operationName": subscribe(payload={"query": "{ hello }", "operationName": 1}),
    "a subscribe with string extensions": subscribe(payload={"query": "{ hello }", "extensions": "x"}),
    "a complete without an id": {"type": "complete"},
    "a complete with a numeric id": {"type": "complete", "id": 1},
}


@pytest.mark.parametrize("message", MALFORMED.values(), ids=MALFORMED.keys())
async def test_a_malformed_message_is_closed_with_4400(toy: Toy, message: object) -> None:
    async with wired(toy.socket_url) as wire:
        await wire.init()
        await wire.send(message)
        code, reason = await wire.closed()
        assert code == 4400
        assert reason != ""


async def test_json_nested_beyond_reason_is_closed_with_4400(toy: Toy) -> None:
    async with wired(toy.socket_url) as wire:
        await wire.send('{"type":"ping","payload":' + "[" * 100_000)
        assert (await wire.closed())[0] == 4400


async def test_a_message_that_is_too_big_is_closed_with_1009(toy: Toy) -> None:
    async with wired(toy.socket_url) as wire:
        await wire.send({"type": "ping", "payload": {"x": "x" * 256 * 1024}})
        assert await wire.closed() == (1009, "Message too big")


async def test_fields_the_protocol_does_not_know_are_ignored(toy: Toy) -> None:
    async with wired(toy.socket_url) as wire:
        await wire.init()
        await wire.send(subscribe(more=1, payload={"query": "{ hello }", "docId": "x"}))
        assert (await wire.receive())["payload"]["data"] == {"hello": "world"}


# ---------------------------------------------------------------- the end


async def test_a_closing_process_closes_every_socket_with_1012_and_every_source(toy: Toy) -> None:
    async with wired(toy.socket_url) as following, wired(toy.socket_url) as idle:
        await following.init()
        await following.subscribe("1", "subscription { endless { number } }")
        await following.receive()
        toy.closing.set()
        assert await following.closed() == (1012, "Service restart")
        assert await idle.closed() == (1012, "Service restart")
        await toy.journal.until_closed(1)


async def test_a_socket_that_came_without_an_init_is_told_of_the_closing_too() -> None:
    async with toy_service() as toy, wired(toy.socket_url) as wire:
        toy.closing.set()
        assert await wire.closed() == (1012, "Service restart")


async def test_a_client_that_vanishes_leaves_no_source_open(toy: Toy) -> None:
    async with wired(toy.socket_url) as wire:
        await wire.init()
        for id_ in ("1", "2", "3"):
            await wire.subscribe(id_, "subscription { endless { number } }")
            await wire.receive()
        await wire.subscribe("4", "{ waits }")
        await toy.journal.until_opened(4)
        wire.socket.transport.abort()
        await toy.journal.until_closed(4)
        assert toy.journal.opened == toy.journal.closed == 4

# SPDX-License-Identifier: GPL-3.0-or-later
"""Bad input, rows 18 to 23: sockets and streams that are not what they should be, on the running service."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from tests.hostile.target import ORGANIZER, Service

pytestmark = pytest.mark.asyncio(loop_scope="module")

SERVICE = "subscription { service { connected } }"
VIEWER = "{ viewer { username } }"
CREATE = 'mutation { createCampaign(input: {title: "By socket"}) { campaign { slug } userErrors { code } } }'


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1.evil.example"])
async def test_row_18_a_socket_of_another_page_is_anybodys_whatever_its_cookie(service: Service, origin: str) -> None:
    cookie = {"cookie": "sign_in=pgi_" + "x" * 43 + "; __Host-sign_in=pgi_" + "y" * 43}
    async with service.unchanged(), service.wire(origin=origin, headers=cookie) as wire:
        await wire.init()
        await wire.subscribe("q", VIEWER)
        assert (await wire.receive_until("complete"))[0]["payload"]["data"] == {"viewer": None}
        await wire.subscribe("m", CREATE)
        payload = (await wire.receive_until("complete"))[0]["payload"]["data"]["createCampaign"]
        assert payload == {"campaign": None, "userErrors": [{"code": "NOT_SIGNED_IN"}]}


async def test_row_19_a_mutation_by_socket_needs_a_token_and_is_executed(service: Service) -> None:
    async with service.wire() as wire:
        await wire.init({"Authorization": f"Bearer dev:{ORGANIZER}"})
        await wire.subscribe("m", CREATE)
        payload = (await wire.receive_until("complete"))[0]["payload"]["data"]["createCampaign"]
    assert payload == {"campaign": {"slug": "By_socket"}, "userErrors": []}


INIT = {"type": "connection_init"}
SUBSCRIBE = {"id": "1", "type": "subscribe", "payload": {"query": SERVICE}}
RUDE = {
    "two inits": ([INIT, INIT], 4429),
    "subscribe before the init": ([SUBSCRIBE], 4401),
    "one id twice": ([INIT, SUBSCRIBE, SUBSCRIBE], 4409),
    "an unknown type": ([INIT, {"type": "start"}], 4400),
    "no type": ([{}], 4400),
    "a binary frame": ([b'{"type": "connection_init"}'], 4400),
    "a frame of 300 kB": (["x" * 300_000], 1009),
    "a frame of 2 MB": (["x" * 2_000_000], 1009),
    "100,000 brackets": (["[" * 100_000], 4400),
    "an array": ([[INIT]], 4400),
    "a word": (["hello"], 4400),
    "half a character": ([b'"\\ud800"'.decode()], 4400),
    "a payload that is no object": ([{**INIT, "payload": "x"}], 4400),
    "an id that is a list": ([INIT, {**SUBSCRIBE, "id": ["1"]}], 4400),
    "an id of a megabyte": ([INIT, {**SUBSCRIBE, "id": "1" * 200_000}], 4400),
    "a token that is none": ([{**INIT, "payload": {"Authorization": "Bearer pga_none"}}], 4403),
}


@pytest.mark.parametrize(("messages", "code"), RUDE.values(), ids=RUDE.keys())
async def test_row_20_a_rude_client_is_told_and_left(service: Service, messages: list[object], code: int) -> None:
    async with service.wire() as wire:
        with suppress(ConnectionClosed):
            for message in messages:
                await wire.send(message)
        assert (await wire.closed())[0] == code


async def test_row_20_fragments_without_end_are_cut_off(service: Service) -> None:
    async def fragments() -> AsyncIterator[str]:
        while True:
            yield "x" * 100_000

    async with service.wire() as wire:
        with pytest.raises(ConnectionClosed):
            async with asyncio.timeout(20):
                await wire.socket.send(fragments())
        assert (await wire.closed())[0] == 1009


async def test_row_20_other_protocols_are_not_spoken(service: Service) -> None:
    for subprotocols in ((), ("graphql-ws",), ("graphql-transport-ws2", "mqtt")):
        async with service.wire(subprotocols=subprotocols) as wire:
            assert (await wire.closed())[0] == 4406


async def test_row_21_a_reader_that_never_reads_keeps_nobody_waiting(service: Service) -> None:
    async with service.wire() as idle, service.wire() as other:
        await idle.init()
        for number in range(50):
            await idle.subscribe(str(number), SERVICE)
        await other.init()
        await other.subscribe("1", SERVICE)
        for _ in range(2):
            assert (await other.receive_until("next"))[-1]["id"] == "1"
        idle.socket.transport.abort()  # it would not read the server's farewell either


async def test_row_21_fifty_subscriptions_a_socket(service: Service) -> None:
    async with service.wire() as wire:
        await wire.init()
        for number in range(60):
            await wire.subscribe(str(number), SERVICE)
        refused = []
        while len(refused) < 10:
            refused += [await wire.receive()] if not refused else (await wire.receive_until("error"))[-1:]
            refused = [message for message in refused if message["type"] == "error"]
        assert {message["payload"][0]["extensions"]["code"] for message in refused} == {"TOO_MANY"}
        assert await wire.is_alive()


async def test_row_23_nothing_is_compressed(service: Service) -> None:
    url = service.url.replace("http://", "ws://")
    protocol = Subprotocol("graphql-transport-ws")
    async with connect(url, subprotocols=[protocol], compression="deflate", proxy=None) as socket:
        assert socket.response is not None
        assert "sec-websocket-extensions" not in socket.response.headers
    packed = await service.post({"query": "{ __typename }"}, **{"accept-encoding": "gzip, br, deflate"})
    assert "content-encoding" not in packed.headers


async def test_streams_that_are_left_at_once_leave_nothing(service: Service) -> None:
    for _ in range(20):
        async with service.client.stream(
            "GET", service.url, params={"query": SERVICE}, headers={"accept": "text/event-stream"}
        ) as response:
            assert response.status_code == 200
    answer = await service.client.get(service.url, params={"query": SERVICE}, headers={"accept": "application/json"})
    assert answer.status_code == 406


@pytest.mark.parametrize("last_event_id", ["", "x", "1\t2", "a" * 8_000, "eyJ", "%00", "../.."])
async def test_a_last_event_id_that_was_not_given_out_is_a_fault(service: Service, last_event_id: str) -> None:
    query = "subscription ($slug: String!) { programActivity(slug: $slug) { __typename } }"
    body = {"query": query, "variables": {"slug": service.program["slug"]}}
    headers = {"accept": "text/event-stream", "last-event-id": last_event_id}
    async with service.client.stream("POST", service.url, json=body, headers=headers, timeout=5) as response:
        assert response.status_code == 200
        if not last_event_id:
            return
        text = (await response.aread()).decode()
    assert '"code":"INVALID"' in text
    assert text.endswith("event: complete\ndata:\n\n")


async def test_a_request_that_breaks_off_in_its_body_is_forgotten(service: Service) -> None:
    host, port = httpx.URL(service.address).host, httpx.URL(service.address).port
    for _ in range(5):
        _, writer = await asyncio.open_connection(host, port)
        writer.write(
            b"POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{"
        )
        await writer.drain()
        writer.close()
        await writer.wait_closed()

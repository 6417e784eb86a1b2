# SPDX-License-Identifier: GPL-3.0-or-later
"""What a process and a socket hold: beyond it clients are told to poll, and fast senders are read slowly."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest

from graph import app
from graph.rates import Bucket
from graph.settings import Settings
from graph.web.graphql_sse import next_event
from graph.web.graphql_streams import Full, SocketLimits, Streams
from tests.web.asking import error_of
from tests.web.conftest import Toy, toy_service
from tests.web.test_graphql_sse import streaming
from tests.web.wire import Wire, wired

ENDLESS = "subscription { endless { number } }"
TOLD = {
    "message": "All 2 streams are taken. Ask by query every 30 seconds, and try again later.",
    "extensions": {"code": "TOO_MANY", "retryAfter": 30},
}


@pytest.fixture
async def small_toy() -> AsyncIterator[Toy]:
    """The toy service with room for two streams."""
    async with toy_service(streams=Streams(2)) as served:
        yield served


def test_streams_are_counted_while_they_are_open() -> None:
    streams = Streams(2)
    with streams.one(), streams.one():
        assert streams.open == 2
        with pytest.raises(Full), streams.one():
            pass
    assert streams.open == 0


async def test_a_stream_too_many_is_told_to_poll_and_queries_go_on(small_toy: Toy) -> None:
    async with streaming(small_toy, ENDLESS), streaming(small_toy, ENDLESS), httpx.AsyncClient(verify=False) as client:
        await small_toy.journal.until_opened(2)
        refused = await client.get(small_toy.url, params={"query": ENDLESS}, headers={"accept": "*/*"})
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "30")
        assert error_of(refused) == TOLD
        # A browser's EventSource would take that as final: it is told to come back, and why.
        later = await client.get(small_toy.url, params={"query": ENDLESS}, headers={"accept": "text/event-stream"})
        hint, _, rest = later.text.partition("\n\n")
        assert 22_500 <= int(hint.removeprefix("retry: ")) <= 45_000
        assert rest == next_event({"errors": [TOLD]}).decode()
        assert small_toy.journal.opened == 2
        answered = await client.post(small_toy.url, json={"query": "{ hello }"})
        assert answered.json()["data"] == {"hello": "world"}


async def test_a_stream_that_ended_makes_room(small_toy: Toy) -> None:
    for _ in range(3):
        async with streaming(small_toy, "subscription { ticks { number } }") as response:
            assert response.status_code == 200
            await response.aread()
    for _ in range(3):  # one that never began takes no room
        async with streaming(small_toy, "subscription { refused }") as response:
            assert "NOT_FOUND" in (await response.aread()).decode()
    async with streaming(small_toy, ENDLESS), streaming(small_toy, ENDLESS):
        await small_toy.journal.until_opened(5)


async def test_a_subscription_too_many_is_an_error_and_the_socket_stays(small_toy: Toy) -> None:
    async with wired(small_toy.socket_url) as wire:
        await wire.init()
        await wire.subscribe("1", ENDLESS)
        await wire.receive()
        await wire.subscribe("2", ENDLESS)
        assert await wire.receive() == {"id": "2", "type": "error", "payload": [TOLD]}
        await wire.subscribe("q", "{ hello }")
        assert (await wire.receive_until("complete"))[0]["payload"]["data"] == {"hello": "world"}
        await wire.send({"id": "1", "type": "complete"})
        await small_toy.journal.until_closed(1)
        await wire.subscribe("3", ENDLESS)
        assert (await wire.receive())["id"] == "3"


async def test_a_socket_too_many_is_closed_with_1013(small_toy: Toy) -> None:
    async with wired(small_toy.socket_url) as first, wired(small_toy.socket_url):
        async with wired(small_toy.socket_url) as third:
            assert await third.closed() == (1013, TOLD["message"])
        await first.init()
        assert await first.is_alive()


async def test_a_socket_that_sends_too_fast_is_read_slowly_and_nothing_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    borrow = Bucket.borrow
    monkeypatch.setattr(Bucket, "borrow", lambda self, now: waits.append(borrow(self, now)) or waits[-1])
    limits = SocketLimits(burst=5, per_second=100.0)
    async with toy_service(limits=limits) as toy, wired(toy.socket_url) as flood, wired(toy.socket_url) as other:
        await flood.init()
        for number in range(60):
            await flood.send({"type": "ping", "payload": {"number": number}})
        await other.init()
        assert await other.is_alive()
        answers = [await flood.receive() for _ in range(60)]
    assert [answer["payload"]["number"] for answer in answers] == list(range(60))
    assert len([wait for wait in waits if wait > 0]) >= 5


async def test_fifty_subscriptions_run_on_one_socket_and_the_next_is_refused(toy: Toy) -> None:
    async with wired(toy.socket_url) as wire:
        await wire.init()
        for number in range(51):
            await wire.subscribe(str(number), ENDLESS)
        messages = [await wire.receive() for _ in range(51)]
        assert sorted(message["id"] for message in messages if message["type"] == "next") == sorted(map(str, range(50)))
        (refused,) = (message for message in messages if message["type"] == "error")
        assert (refused["id"], refused["payload"][0]["extensions"]) == ("50", {"code": "TOO_MANY"})
        assert await wire.is_alive()


async def test_two_thousand_subscribes_on_a_socket_run_fifty_and_harm_nobody() -> None:
    async with toy_service(limits=SocketLimits(burst=3_000)) as toy, wired(toy.socket_url) as other:
        await other.init()
        async with wired(toy.socket_url) as flood:
            await flood.init()
            sending = asyncio.create_task(_subscribe_all(flood, 2_000))
            messages = [await flood.receive() for _ in range(2_000)]
            await sending
            assert await other.is_alive()
        await toy.journal.until_closed(50)
        assert toy.journal.opened == 50
        assert len([message for message in messages if message["type"] == "error"]) == 1_950


async def _subscribe_all(wire: Wire, number: int) -> None:
    for each in range(number):
        await wire.subscribe(str(each), ENDLESS)


async def test_the_setting_says_how_many_streams_a_process_serves(database_url: str) -> None:
    given = Settings(database_url=database_url, port=0, contact="tests@example.org", max_streams=1)
    asked = {"params": {"query": "subscription { service { connected } }"}, "headers": {"accept": "text/event-stream"}}
    later = {**asked, "headers": {"accept": "*/*"}}
    async with app.started(given, database_url, app.Parts(web=True)) as service, httpx.AsyncClient() as client:
        url = f"{service.address}/graphql"
        async with client.stream("GET", url, **asked) as first, client.stream("GET", url, **later) as second:
            assert (first.status_code, second.status_code) == (200, 503)

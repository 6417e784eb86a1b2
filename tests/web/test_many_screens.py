# SPDX-License-Identifier: GPL-3.0-or-later
"""Many who follow the same over real sockets: the same bytes for all, and nobody waits for who does not read."""

from __future__ import annotations

import asyncio
import gc
import json
import socket
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from graph.db.pool import Pool
from graph.resolvers.identity import ANONYMOUS, Actor
from graph.schema.hubs import Seat
from graph.streams.relay import Relay
from graph.web.graphql_lines import SEND_BUFFER, Line, Requests, Sockets
from graph.web.graphql_routes import graphql_routes
from graph.web.graphql_sse import EventStream
from graph.web.graphql_streams import SocketLimits, Streams
from graph.web.graphql_ws_outlet import Outlet
from tests.db.world import World, edit
from tests.schema.asking import Api
from tests.web.serving import serving
from tests.web.wire import Wire, wired

ACTIVITY = """
subscription ($slug: String!, $after: String) {
  programActivity(slug: $slug, after: $after) {
    ... on EditCounted { cursor edit { revisionId summary } } ... on SnapshotRequired { cursor }
  }
}
"""
METRICS = "subscription ($slug: String!) { programMetrics(slug: $slug) { totalEdits version } }"


@dataclass
class Service:
    """Our schema over our transports, and the one program in it."""

    url: str
    api: Api
    world: World
    slug: str
    editor: int

    def params(self, query: str, **more: Any) -> dict[str, str]:
        return {"query": query, "variables": json.dumps({"slug": self.slug, **more})}

    async def saw(self, *revisions: int, summary: str = "a summary") -> None:
        await self.world.saw(*(edit(n, self.editor, summary=summary) for n in revisions))


async def identify(headers: Mapping[str, str], _params: Mapping[str, Any] | None) -> Actor:
    return Actor(None, None, screen=1) if "authorization" in headers else ANONYMOUS


@asynccontextmanager
async def service_of(database_url: str, pool: Pool, **more: Any) -> AsyncIterator[Service]:
    world, api, closing = World(pool), Api(pool), asyncio.Event()
    ann = await world.editor()
    number = await world.program(ann)
    slug = str(await pool.fetchval("SELECT slug FROM program WHERE id = $1", number))
    relay = Relay(database_url, pool, api.deps.broker)
    await relay.begin()
    task = asyncio.create_task(relay.run())
    routes = graphql_routes(api._executor, identify, closing=closing, **more)
    async with serving(Starlette(routes=routes), closing=closing) as url:
        yield Service(f"{url}/graphql", api, world, slug, ann)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


@pytest.fixture
async def service(database_url: str, pool: Pool) -> AsyncIterator[Service]:
    async with service_of(database_url, pool) as served:
        yield served


class Events:
    """An event stream, frame by frame."""

    def __init__(self, response: httpx.Response) -> None:
        self._chunks = response.aiter_text()
        self._held = ""

    async def next(self) -> str:
        """The next frame that is no hint and no comment."""
        async with asyncio.timeout(30):
            while True:
                while "\n\n" not in self._held:
                    self._held += await anext(self._chunks)
                frame, _, self._held = self._held.partition("\n\n")
                if frame.startswith("event:"):
                    return frame


@asynccontextmanager
async def events(service: Service, query: str, **headers: str) -> AsyncIterator[Events]:
    async with (
        httpx.AsyncClient(verify=False, timeout=30) as client,
        client.stream(
            "GET", service.url, params=service.params(query), headers={"accept": "text/event-stream", **headers}
        ) as response,
    ):
        yield Events(response)


async def followed(service: Service, seats: int) -> None:
    """Wait until so many follow, and the hub has begun."""
    sharing = service.api._executor.sharing
    assert sharing is not None
    async with asyncio.timeout(30):
        while sum(map(len, sharing._hubs.values())) < seats:
            await asyncio.sleep(0.01)
        for hub in sharing._hubs.values():
            await hub.begun()
        while not all(seat._waiter for hub in sharing._hubs.values() for seat in hub._seats):
            await asyncio.sleep(0.01)


async def subscribed(service: Service, wire: Wire, operation_id: str, query: str, **variables: Any) -> None:
    await wire.subscribe(operation_id, query, variables={"slug": service.slug, **variables})


async def test_all_get_the_same_response_framed_once_with_their_own_operation_ids(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[bytes] = []
    write = Line.write

    def note(line: Line, frame: bytes) -> bool:
        written.append(frame)
        return write(line, frame)

    monkeypatch.setattr(Line, "write", note)
    async with AsyncExitStack() as stack:
        wires = [await stack.enter_async_context(wired(service.url.replace("http", "ws"))) for _ in range(3)]
        for number, wire in enumerate(wires):
            await wire.init()
            await subscribed(service, wire, f"op-{number // 2}", ACTIVITY)
        streams = [await stack.enter_async_context(events(service, ACTIVITY)) for _ in range(2)]
        await followed(service, 5)
        await service.saw(1)
        messages = [(await wire.receive_until("next"))[0] for wire in wires]
        frames = [await stream.next() for stream in streams]
    assert [message["id"] for message in messages] == ["op-0", "op-0", "op-1"]
    payload = messages[0]["payload"]
    assert all(message["payload"] == payload for message in messages)
    cursor = payload["data"]["programActivity"]["cursor"]
    data = json.dumps(payload, separators=(",", ":"))
    assert frames == [f"event: next\nid: {cursor}\ndata: {data}"] * 2
    # Five connections, three different frames: one for each operation id, and one for all event streams.
    assert len(written) == 5
    assert len({id(frame) for frame in written}) == 3


@pytest.mark.parametrize("size", [10, 200, 70_000])
async def test_frames_of_every_length_arrive_whole(service: Service, size: int) -> None:
    async with wired(service.url.replace("http", "ws")) as wire, events(service, ACTIVITY) as stream:
        await wire.init()
        await subscribed(service, wire, "1", ACTIVITY)
        await followed(service, 2)
        await service.saw(1, summary="x" * size)
        by_socket = (await wire.receive_until("next"))[0]["payload"]
        by_stream = json.loads((await stream.next()).partition("data: ")[2])
        assert await wire.is_alive()
    assert by_socket == by_stream
    assert by_socket["data"]["programActivity"]["edit"]["summary"] == "x" * size


async def test_both_transports_resume_and_go_on_live(service: Service) -> None:
    async with events(service, ACTIVITY) as stream:
        await followed(service, 1)
        await service.saw(1)
        cursor = (await stream.next()).split("id: ")[1].split("\n")[0]
    await service.saw(2, 3)
    async with (
        wired(service.url.replace("http", "ws")) as wire,
        events(service, ACTIVITY, **{"last-event-id": cursor}) as stream,
    ):
        await wire.init()
        await subscribed(service, wire, "1", ACTIVITY, after=cursor)
        first = [(await wire.receive_until("next"))[0], json.loads((await stream.next()).partition("data: ")[2])]
        await service.saw(4)
        rest = [(await wire.receive_until("next"))[0]["payload"] for _ in range(2)]
        more = [json.loads((await stream.next()).partition("data: ")[2]) for _ in range(2)]
    assert rest == more
    told = [int(each["data"]["programActivity"]["edit"]["revisionId"]) for each in (first[1], *rest)]
    assert told == [2, 3, 4]


async def test_messages_that_were_sent_are_counted(database_url: str, pool: Pool) -> None:
    streams = Streams()
    async with (
        service_of(database_url, pool, streams=streams) as service,
        wired(service.url.replace("http", "ws")) as wire,
        events(service, ACTIVITY) as stream,
    ):
        await wire.init()
        await subscribed(service, wire, "1", ACTIVITY)
        await followed(service, 2)
        for number in (1, 2, 3):
            await service.saw(number)
            await wire.receive_until("next")
            await stream.next()
    assert (streams.delivered, streams.dropped) == (6, 0)


# ---------------------------------------------------------------- who does not read


async def deaf(service: Service, query: str) -> socket.socket:
    """An event stream that nobody reads, by a client with next to no room for what arrives."""
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    address = httpx.URL(service.url)
    target = httpx.URL(service.url, params=service.params(query)).raw_path.decode()
    loop = asyncio.get_running_loop()
    client.setblocking(False)
    await loop.sock_connect(client, (address.host, address.port))
    request = f"GET {target} HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n"
    await loop.sock_sendall(client, request.encode())
    return client


async def test_who_does_not_read_costs_bounded_memory_delays_nobody_and_is_let_go(
    database_url: str, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines: list[Line] = []
    narrow = Line.narrow

    def note(line: Line) -> None:
        lines.append(line)
        narrow(line)

    monkeypatch.setattr(Line, "narrow", note)
    streams = Streams()
    async with service_of(database_url, pool, limits=SocketLimits(stalled=1.0), streams=streams) as service:
        silent = await deaf(service, ACTIVITY)
        async with events(service, ACTIVITY) as stream:
            await followed(service, 2)
            held = []
            for number in range(1, 61):
                await service.saw(number, summary="y" * 16_000)
                frame = await stream.next()
                told = json.loads(frame.partition("data: ")[2])["data"]["programActivity"]
                assert int(told["edit"]["revisionId"]) == number
                held.append(max(line._transport.get_write_buffer_size() for line in lines))
        assert max(held) < 64 * 1024
        sharing = service.api._executor.sharing
        assert sharing is not None
        async with asyncio.timeout(20):
            while len(sharing):
                await asyncio.sleep(0.01)
        silent.close()
    assert streams.dropped == 1


async def test_a_socket_that_takes_nothing_is_closed_with_4508(database_url: str, pool: Pool) -> None:
    streams = Streams()
    async with (
        service_of(database_url, pool, limits=SocketLimits(stalled=0.5), streams=streams) as service,
        wired(service.url.replace("http", "ws")) as wire,
    ):
        await wire.init()
        await subscribed(service, wire, "1", ACTIVITY)
        await followed(service, 1)
        wire.socket.transport.pause_reading()
        sharing = service.api._executor.sharing
        assert sharing is not None
        number = 0
        async with asyncio.timeout(60):
            while len(sharing):
                number += 1
                await service.saw(number, summary="z" * 16_000)
            wire.socket.transport.resume_reading()
            code, reason = await wire.closed()
    assert (code, reason) in {(4508, "Nothing was read for 0.5 seconds"), (1006, "")}
    assert streams.dropped == 1


async def test_connections_hold_little_in_the_kernel(service: Service) -> None:
    sizes = []
    narrow = Line.narrow

    def look(line: Line) -> None:
        narrow(line)
        sizes.append(line._transport.get_extra_info("socket").getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Line, "narrow", look)
        async with events(service, METRICS) as stream:
            await stream.next()
    assert sizes == [2 * SEND_BUFFER]  # Linux doubles what is asked for


async def test_a_connection_that_was_lost_meanwhile_is_narrowed_without_harm() -> None:
    class Lost(asyncio.Transport):
        def is_closing(self) -> bool:
            return True

        def set_write_buffer_limits(self, *_: object) -> None:
            raise RuntimeError("the handler is closed")

    with socket.socket() as unconnected:
        Line(Lost({"socket": unconnected})).narrow()


# ---------------------------------------------------------------- storms


async def test_when_everybody_connects_at_once_some_are_told_to_come_back_in_ways_browsers_follow(
    database_url: str, pool: Pool
) -> None:
    streams = Streams(at_once=1, waiting=1)
    async with service_of(database_url, pool, streams=streams) as service, AsyncExitStack() as stack:
        await stack.enter_async_context(streams.turn())
        waiting = asyncio.create_task(stack.enter_async_context(streams.turn()))
        await asyncio.sleep(0)
        async with httpx.AsyncClient(verify=False) as client:
            told = await client.get(
                service.url, params=service.params(METRICS), headers={"accept": "text/event-stream"}
            )
        assert told.status_code == 200
        assert 3_750 <= int(told.text.removeprefix("retry: ").strip()) <= 7_500
        async with wired(service.url.replace("http", "ws")) as wire:
            await wire.send({"type": "connection_init"})
            assert await wire.closed() == (1013, "Everybody connects at once: try again in 5 seconds")
        waiting.cancel()
    assert (streams.open, streams.waiting) == (0, 0)


async def test_the_last_places_are_kept_for_screens(database_url: str, pool: Pool) -> None:
    async with service_of(database_url, pool, streams=Streams(10)) as service, AsyncExitStack() as stack:
        others = [await stack.enter_async_context(events(service, METRICS)) for _ in range(9)]
        for other in others:
            await other.next()
        tenth = await stack.enter_async_context(events(service, METRICS))
        assert '"TOO_MANY"' in await tenth.next()
        screen = await stack.enter_async_context(events(service, METRICS, authorization="Bearer a screen"))
        assert '"totalEdits":0' in await screen.next()


async def test_the_last_sockets_are_kept_for_screens_who_say_so_when_they_are_open(
    database_url: str, pool: Pool
) -> None:
    told = "All 10 streams are taken. Ask by query every 30 seconds, and try again later."
    async with service_of(database_url, pool, streams=Streams(10)) as service, AsyncExitStack() as stack:
        others = [await stack.enter_async_context(events(service, METRICS)) for _ in range(9)]
        for other in others:
            await other.next()
        for claim, closed in (({}, (1013, told)), ({"Authorization": "Bearer a screen"}, None)):
            async with wired(service.url.replace("http", "ws"), headers=claim) as wire:
                await wire.send({"type": "connection_init"})
                if closed is None:
                    assert await wire.receive() == {"type": "connection_ack"}
                else:
                    assert await wire.closed() == closed


async def test_who_finds_no_stream_asks_by_get_and_is_told_the_newest_numbers(database_url: str, pool: Pool) -> None:
    query = "query ($slug: String!) { program(slug: $slug) { metrics { totalEdits } } }"
    async with (
        service_of(database_url, pool, streams=Streams(1)) as service,
        events(service, METRICS) as first,
        events(service, METRICS) as second,
        httpx.AsyncClient(verify=False) as client,
    ):
        await first.next()
        refused = json.loads((await second.next()).partition("data: ")[2])["errors"][0]
        assert refused["extensions"] == {"code": "TOO_MANY", "retryAfter": 30}
        for number in (1, 2):
            await service.saw(number)
            answer = await client.get(service.url, params=service.params(query))
            assert answer.json()["data"] == {"program": {"metrics": {"totalEdits": number}}}


async def test_a_seat_is_left_when_its_connection_breaks(service: Service) -> None:
    sharing = service.api._executor.sharing
    assert sharing is not None
    async with events(service, METRICS) as stream, wired(service.url.replace("http", "ws")) as wire:
        await stream.next()
        await wire.init()
        await subscribed(service, wire, "1", METRICS)
        await wire.receive_until("next")
        assert sum(map(len, sharing._hubs.values())) == 2
    async with asyncio.timeout(10):
        while len(sharing):
            await asyncio.sleep(0.01)


async def test_who_has_left_is_forgotten_without_being_looked_for(service: Service) -> None:
    gc.collect()
    gc.disable()
    try:
        async with events(service, ACTIVITY) as stay:
            async with wired(service.url.replace("http", "ws")) as wire, events(service, ACTIVITY) as stream:
                await wire.init()
                await subscribed(service, wire, "1", ACTIVITY)
                await followed(service, 3)
                await service.saw(1)
                await wire.receive_until("next")
                await stream.next()
                assert alive() == {"EventStream": 2, "Line": 3, "Outlet": 1, "Requests": 2, "Seat": 3, "Sockets": 1}
            async with asyncio.timeout(10):
                while alive() != {"EventStream": 1, "Line": 1, "Requests": 1, "Seat": 1}:
                    await asyncio.sleep(0.05)
            await stay.next()
    finally:
        gc.enable()


def alive() -> Counter[str]:
    """What there is of connections, by its class."""
    parts = (EventStream, Line, Outlet, Requests, Seat, Sockets)
    return Counter(type(each).__name__ for each in gc.get_objects() if isinstance(each, parts))

# SPDX-License-Identifier: GPL-3.0-or-later
"""A running stand-in with a clock that stands still, and a reader that sees each write as it was made."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx

from graph.simulator.app import create_app
from graph.simulator.faults import Faults
from graph.simulator.moderation import Wikimedia
from graph.simulator.server import running
from graph.simulator.stream import StreamEndpoint

AGENT = "ProgramsGraphTests/1.0 (tests@example.org)"
START = 1_790_525_832_000  # 2026-09-27T16:17:12Z
PAGE_CHANGE = "mediawiki.page_change.v1"
TAGS_CHANGE = "mediawiki.revision-tags-change"
VISIBILITY_CHANGE = "mediawiki.revision-visibility-change"


class Clock:
    """Milliseconds since 1970, which pass only when a test says so."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> int:
        return self.now


def new_wikimedia(clock: Clock | None = None) -> Wikimedia:
    wikimedia = Wikimedia(clock=clock or Clock(), seed=7)
    wikimedia.log.canary_interval = None
    return wikimedia


@dataclass
class Stand:
    """What a test holds in its hands while the stand-in runs."""

    base: str
    wikimedia: Wikimedia
    clock: Clock
    faults: Faults
    streams: StreamEndpoint
    client: httpx.AsyncClient

    async def api(self, wiki: str = "enwiki", **parameters: str) -> Any:
        fixed = {"action": "query", "format": "json", "formatversion": "2"}
        answer = await self.client.get(f"{self.base}/w/{wiki}/api.php", params=fixed | parameters)
        assert answer.status_code == 200
        return answer.json()

    async def act(self, action: str, **arguments: object) -> Any:
        answer = await self.client.post(f"{self.base}/simulator/{action}", json=arguments)
        assert answer.status_code == 200, answer.text
        return answer.json()

    @asynccontextmanager
    async def stream(self, names: str = PAGE_CHANGE, query: str = "", **headers: str) -> AsyncIterator[RawStream]:
        """Open a stream on a socket of its own. ``headers`` have underscores for hyphens."""
        address = urlsplit(self.base)
        reader, writer = await asyncio.open_connection(address.hostname, address.port)
        try:
            lines = [f"GET /v2/stream/{names}{query} HTTP/1.1", f"Host: {address.netloc}"]
            given = {"user_agent": AGENT, "accept": "text/event-stream"} | headers
            lines += [f"{name.replace('_', '-')}: {value}" for name, value in given.items() if value]
            writer.write("\r\n".join([*lines, "", ""]).encode())
            head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            fields = dict(line.lower().split(": ", 1) for line in head[1:] if line)
            yield RawStream(reader, int(head[0].split()[1]), fields)
        finally:
            writer.close()
            await writer.wait_closed()


class RawStream:
    """An answer, read chunk by chunk: a chunk is one write of the server."""

    def __init__(self, reader: asyncio.StreamReader, status: int, headers: dict[str, str]) -> None:
        self._reader = reader
        self.status = status
        self.headers = headers

    async def chunk(self) -> bytes | None:
        """The next write; None where the connection broke off, b"" at an orderly end."""
        async with asyncio.timeout(10):
            size = await self._reader.readline()
            if not size:
                return None
            try:
                piece = await self._reader.readexactly(int(size, 16) + 2)
            except asyncio.IncompleteReadError:
                return None
            return piece[:-2]

    async def chunks(self, count: int) -> list[bytes | None]:
        return [await self.chunk() for _ in range(count)]

    async def rest(self) -> list[bytes]:
        """All writes until the connection breaks off."""
        found = []
        while (piece := await self.chunk()) is not None:
            found.append(piece)
        return found

    async def events(self, count: int) -> list[tuple[list[Any], Any]]:
        """So many events, three writes each: the id and the data of each, decoded."""
        found = []
        for _ in range(count):
            _, served_id, data = await self.chunks(3)
            assert served_id is not None
            assert data is not None
            found.append((json.loads(served_id.removeprefix(b"id: ")), json.loads(data.removeprefix(b"data: "))))
        return found


@asynccontextmanager
async def standing() -> AsyncIterator[Stand]:
    """A stand-in on a real socket."""
    clock = Clock()
    wikimedia = new_wikimedia(clock)
    app = create_app(wikimedia)
    async with running(app) as base, httpx.AsyncClient(headers={"user-agent": AGENT}, verify=False) as client:
        yield Stand(base, wikimedia, clock, app.state.faults, app.state.streams, client)


def told(wikimedia: Wikimedia, stream: str = PAGE_CHANGE, datacenter: str = "eqiad") -> list[dict[str, Any]]:
    """The events of a stream so far, without their random identifiers."""
    events = [json.loads(message.data) for message in wikimedia.log.topics[f"{datacenter}.{stream}"].messages]
    for event in events:
        for name in ("id", "request_id"):
            event["meta"].pop(name)
    return events

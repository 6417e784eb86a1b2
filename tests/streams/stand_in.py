# SPDX-License-Identifier: GPL-3.0-or-later
"""A stand-in for the stream's server that does to each connection, byte for byte, what the test says."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

GOLDEN = Path(__file__).parent.parent / "golden" / "events"
EDIT: dict[str, Any] = json.loads((GOLDEN / "edit.json").read_text("utf-8"))
CANARY: dict[str, Any] = json.loads((GOLDEN / "canary.json").read_text("utf-8"))

SERVED_ID = b'[{"topic":"eqiad.mediawiki.page_change.v1","partition":0,"timestamp":1}]'
NADIA = 7001


def edit(revision_id: int, *, dt: str = "", topic: str = "", central_id: int = NADIA) -> bytes:
    """The frame of an edit, as the server sends it."""
    event = deepcopy(EDIT)
    event["revision"]["rev_id"] = revision_id
    event["revision"]["editor"]["user_central_id"] = central_id
    event["meta"]["dt"] = dt or event["meta"]["dt"]
    event["meta"]["topic"] = topic or event["meta"]["topic"]
    return frame(json.dumps(event, ensure_ascii=False).encode())


def frame(data: bytes, event: bytes = b"message") -> bytes:
    """An event stream's frame."""
    return b"event: " + event + b"\nid: " + SERVED_ID + b"\ndata: " + data + b"\n\n"


@dataclass
class Visit:
    """One connection: what was asked, and the means to answer."""

    target: str
    headers: dict[str, str]
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    @property
    def asked(self) -> dict[str, int]:
        """The times asked for, by topic."""
        entries = json.loads(self.headers["last-event-id"])
        assert all(set(entry) == {"topic", "partition", "timestamp"} for entry in entries)
        assert {entry["partition"] for entry in entries} == {0}
        return {entry["topic"]: entry["timestamp"] for entry in entries}

    async def start(self) -> None:
        """Begin a stream."""
        await self.raw(
            b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nTransfer-Encoding: chunked\r\n\r\n"
        )
        await self.chunk(b":ok\n\n")

    async def chunk(self, data: bytes) -> None:
        """Send one HTTP chunk."""
        await self.raw(f"{len(data):x}\r\n".encode() + data + b"\r\n")

    async def end(self) -> None:
        """End the response as HTTP wants it."""
        await self.raw(b"0\r\n\r\n")

    async def raw(self, data: bytes) -> None:
        """Send bytes."""
        self.writer.write(data)
        await self.writer.drain()

    async def answer(self, status: str, body: bytes, *headers: str) -> None:
        """Send a whole response."""
        lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""]
        await self.raw("\r\n".join(lines).encode() + body)

    async def gone(self) -> None:
        """Wait until the client has closed the connection."""
        with suppress(ConnectionError):
            while await self.reader.read(1024):
                pass


Script = Callable[[Visit], Awaitable[None]]


@dataclass
class StandIn:
    """The server; the scripts are played one a connection, and later connections are held open in silence."""

    scripts: list[Script] = field(default_factory=list)
    visits: list[Visit] = field(default_factory=list)
    url: str = ""
    now_open: int = 0
    most_open: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Handle one connection."""
        self.now_open += 1
        self.most_open = max(self.most_open, self.now_open)
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)}
            visit = Visit(head[0].split(" ")[1], headers, reader, writer)
            self.visits.append(visit)
            number = len(self.visits) - 1
            await (self.scripts[number] if number < len(self.scripts) else silence)(visit)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            self.now_open -= 1
            writer.close()


async def silence(visit: Visit) -> None:
    """Open a stream and say nothing."""
    await visit.start()
    await visit.gone()


@asynccontextmanager
async def stand_in(*scripts: Script) -> AsyncIterator[StandIn]:
    """Run a server on loopback."""
    here = StandIn(list(scripts))
    server = await asyncio.start_server(here.serve, "127.0.0.1", 0)
    here.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield here
    finally:
        server.close()
        for visit in here.visits:
            visit.writer.close()
        await server.wait_closed()


async def nowhere(visit: Visit) -> None:
    """A script for an address where there is no such stream."""
    await visit.answer("404 Not Found", b"no such stream", "Content-Type: text/plain")

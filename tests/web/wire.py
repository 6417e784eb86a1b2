# SPDX-License-Identifier: GPL-3.0-or-later
"""A bare client of graphql-transport-ws: it sends what it is told, well formed or not."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

PATIENCE = 5.0


class Wire:
    """One socket; every wait is bounded, so that a silent server fails a test instead of hanging it."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket

    async def send(self, message: object) -> None:
        """Send JSON, or a string or bytes as they are."""
        await self.socket.send(message if isinstance(message, str | bytes) else json.dumps(message))

    async def receive(self) -> Any:
        async with asyncio.timeout(PATIENCE):
            return json.loads(await self.socket.recv())

    async def receive_until(self, type_: str) -> list[Any]:
        """Collect messages up to the first of this type, pings left out."""
        received: list[Any] = []
        while not received or received[-1]["type"] != type_:
            message = await self.receive()
            if message["type"] != "ping":
                received.append(message)
        return received

    async def init(self, payload: object = None) -> None:
        """Initialise the connection and see it acknowledged."""
        message: dict[str, object] = {"type": "connection_init"}
        if payload is not None:
            message["payload"] = payload
        await self.send(message)
        assert await self.receive() == {"type": "connection_ack"}

    async def subscribe(self, id_: object, query: object, **payload: object) -> None:
        await self.send({"id": id_, "type": "subscribe", "payload": {"query": query, **payload}})

    async def is_alive(self) -> bool:
        """Whether the socket still answers a ping."""
        await self.send({"type": "ping", "payload": {"alive": True}})
        return bool((await self.receive_until("pong"))[-1] == {"type": "pong", "payload": {"alive": True}})

    async def closed(self) -> tuple[int, str]:
        """Read on until the server closes; return its code and reason."""
        with suppress(ConnectionClosed):
            async with asyncio.timeout(PATIENCE):
                while True:
                    await self.socket.recv()
        return self.socket.close_code or 0, self.socket.close_reason or ""


@asynccontextmanager
async def wired(
    url: str,
    *,
    subprotocols: tuple[str, ...] = ("graphql-transport-ws",),
    headers: dict[str, str] | None = None,
    origin: str | None = None,
) -> AsyncIterator[Wire]:
    """Open a socket. It is closed at the end, whatever state it is in."""
    offered = [Subprotocol(name) for name in subprotocols] or None
    async with connect(
        url, subprotocols=offered, additional_headers=headers, origin=origin, proxy=None, ping_interval=None
    ) as socket:
        yield Wire(socket)

# SPDX-License-Identifier: GPL-3.0-or-later
"""Servers that do nothing but send one message, encoded before, to all who are connected: what sending alone costs.

``python -m benchmarks.peers.frames KIND`` prints its port, then sends the message once for each line it reads.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import sys
import threading
from collections.abc import Awaitable, Callable
from typing import Any

import uvicorn
import uvloop

Send = Callable[[dict[str, Any]], Awaitable[None]]
Everybody = Callable[[bytes], Awaitable[None]]

KINDS = ("broadcast", "sansio", "wsproto", "granian", "own", "tasks", "sse", "sse-own", "sse-granian")
SSE_HEADERS = [(b"content-type", b"text/event-stream; charset=utf-8"), (b"cache-control", b"no-cache")]


def text_frame(payload: bytes) -> bytes:
    """A WebSocket frame as a server sends it."""
    size = len(payload)
    return (bytes([0x81, size]) if size < 126 else b"\x81\x7e" + size.to_bytes(2, "big")) + payload


class Audience:
    """Who is connected to an ASGI server, and how each is sent to."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.sends: set[Send] = set()
        self.queues: set[asyncio.Queue[str]] = set()
        self.transports: set[Any] = set()

    async def app(self, scope: dict[str, Any], receive: Callable[[], Awaitable[dict[str, Any]]], send: Send) -> None:
        """The ASGI application."""
        if scope["type"] == "lifespan":
            return
        if scope["type"] == "http":
            await send({"type": "http.response.start", "status": 200, "headers": SSE_HEADERS})
            await send({"type": "http.response.body", "body": b":\n\n", "more_body": True})
        else:
            await receive()
            await send({"type": "websocket.accept", "subprotocol": "graphql-transport-ws"})
        transport = scope.get("transport") or getattr(getattr(send, "__self__", None), "transport", None)
        self.sends.add(send)
        if transport is not None:
            self.transports.add(transport)
        writer = asyncio.create_task(self._write(send)) if self.kind == "tasks" else None
        while not (await receive())["type"].endswith("disconnect"):
            pass
        self.sends.discard(send)
        self.transports.discard(transport)
        if writer is not None:
            writer.cancel()

    async def _write(self, send: Send) -> None:
        queue: asyncio.Queue[str] = asyncio.Queue()
        self.queues.add(queue)
        while True:
            await send({"type": "websocket.send", "text": await queue.get()})

    async def everybody(self, message: bytes) -> None:
        """Send it to all."""
        if self.kind in ("own", "sse-own"):
            piece = (
                text_frame(message) if self.kind == "own" else b"%x\r\n%b\r\n" % (len(event(message)), event(message))
            )
            for transport in self.transports:
                transport.write(piece)
        elif self.kind == "tasks":
            for queue in self.queues:
                queue.put_nowait(message.decode())
        elif self.kind.startswith("sse"):
            body = event(message)
            for send in tuple(self.sends):
                await send({"type": "http.response.body", "body": body, "more_body": True})
        else:
            text = message.decode()
            for send in tuple(self.sends):
                await send({"type": "websocket.send", "text": text})


def event(message: bytes) -> bytes:
    """The message as one server-sent event."""
    return b"event: next\ndata: " + message + b"\n\n"


async def obey(message: bytes, everybody: Everybody) -> None:
    """Send the message once for each line of standard input."""
    loop, lines = asyncio.get_running_loop(), asyncio.Queue[str]()

    def read() -> None:
        for line in sys.stdin:
            loop.call_soon_threadsafe(lines.put_nowait, line)
        loop.call_soon_threadsafe(lines.put_nowait, "")

    threading.Thread(target=read, daemon=True).start()
    while await lines.get():
        await everybody(message)


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Any:
        yield


async def on_uvicorn(kind: str, message: bytes) -> None:
    """Serve by uvicorn, as the service sets it."""
    audience = Audience(kind)
    ws: Any = "wsproto" if kind == "wsproto" else "websockets-sansio"
    config = uvicorn.Config(
        audience.app,
        interface="asgi3",
        ws=ws,
        http="httptools",
        lifespan="off",
        log_config=None,
        ws_per_message_deflate=False,
        ws_ping_interval=None,
    )
    listener = socket.create_server(("127.0.0.1", 0), backlog=4096)
    print(listener.getsockname()[1], flush=True)
    server = _Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    await obey(message, audience.everybody)
    server.force_exit = server.should_exit = True
    await serving


async def on_granian(kind: str, message: bytes) -> None:
    """Serve by granian, inside this process."""
    from granian.server.embed import Server

    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    audience = Audience(kind)
    server = Server(
        audience.app, address="127.0.0.1", port=port, interface="asgi", websockets=True, backpressure=20_000
    )
    serving = asyncio.create_task(server.serve())
    await asyncio.sleep(1)
    print(port, flush=True)
    await obey(message, audience.everybody)
    server.stop()
    await serving


async def on_websockets(message: bytes) -> None:
    """Serve by the library ``websockets`` and its broadcast."""
    from websockets.asyncio.server import ServerConnection, broadcast, serve

    everybody: set[ServerConnection] = set()

    async def stay(connection: ServerConnection) -> None:
        everybody.add(connection)
        await connection.wait_closed()
        everybody.discard(connection)

    async def send(piece: bytes) -> None:
        broadcast(everybody, piece.decode())

    spoken: Any = ["graphql-transport-ws"]
    async with serve(stay, "127.0.0.1", 0, compression=None, ping_interval=None, subprotocols=spoken) as server:
        print(next(iter(server.sockets)).getsockname()[1], flush=True)
        await obey(message, send)


def main() -> None:
    """Read the kind from the command line, the message from the first line of standard input, and serve."""
    logging.disable(logging.INFO)
    kind, message = sys.argv[1], sys.stdin.buffer.readline().strip()
    if kind == "broadcast":
        uvloop.run(on_websockets(message))
    elif kind.endswith("granian"):
        uvloop.run(on_granian(kind, message))
    else:
        uvloop.run(on_uvicorn(kind, message))


if __name__ == "__main__":
    main()

# SPDX-License-Identifier: GPL-3.0-or-later
"""The stream endpoint: frames as they are really sent, one write a line, until the connection breaks."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import Message as Sending
from starlette.types import Receive, Scope, Send

from graph.simulator.cursors import Reader, Refused, problem, since_milliseconds, starting_points, topics_of
from graph.simulator.faults import Faults
from graph.simulator.garbage import LIGHT, garbage
from graph.simulator.log import Message
from graph.simulator.state import State
from graph.simulator.visitors import refusal, user_agent_problem

_IDLE_SECONDS = 1.0  # how often a silent connection looks whether time has done something
_FRAMES_A_TURN = 64  # how many frames are written before others have their turn
_BROKEN = b'{"message":"broker transport failure","origin":"kafka","code":-195}'


class Broken(Exception):
    """The connection is over now, wherever it was."""


class Output:
    """A response body: writes line by line or in chunks of other sizes, and breaks where a fault says so."""

    def __init__(self, send: Send, faults: Faults, chances: random.Random) -> None:
        self._send = send
        self._chances = chances
        self._sizes = faults.chunk_sizes
        self._cut = faults.take_cut(chances)
        self._written = 0
        self._waiting = bytearray()
        self._size = self._next_size()

    async def lines(self, *lines: bytes) -> None:
        """Write lines; in chunk mode only what fills whole chunks leaves now."""
        if self._sizes is None:
            for line in lines:
                await self._write(line)
            return
        self._waiting += b"".join(lines)
        while len(self._waiting) >= self._size:
            chunk = bytes(self._waiting[: self._size])
            del self._waiting[: self._size]
            self._size = self._next_size()
            await self._write(chunk)

    async def flush(self) -> None:
        """Write what waits for a chunk to fill: there is nothing else to send."""
        if self._waiting:
            rest = bytes(self._waiting)
            self._waiting.clear()
            await self._write(rest)

    async def _write(self, piece: bytes) -> None:
        if self._cut is not None and self._written + len(piece) >= self._cut:
            piece = piece[: self._cut - self._written]
            await self._send(_body(piece))
            raise Broken
        self._written += len(piece)
        await self._send(_body(piece))

    def _next_size(self) -> int:
        return self._chances.randint(*self._sizes) if self._sizes else 0


def _body(piece: bytes, more: bool = True) -> Sending:
    return {"type": "http.response.body", "body": piece, "more_body": more}


class Connection:
    """One reader's connection: takes messages from the log and writes them as frames, with faults."""

    def __init__(self, reader: Reader, output: Output, faults: Faults, chances: random.Random, *, plain: bool) -> None:
        self.wake = asyncio.Event()
        self.gone = False
        self.sent = 0
        self._reader = reader
        self._output = output
        self._faults = faults
        self._chances = chances
        self._plain = plain
        self._stall_after = chances.randint(*faults.stall_events) if faults.stall_events else None

    async def open(self) -> None:
        """Write the first bytes."""
        await self._output.lines(b"\n" if self._plain else b":ok\n\n")
        await self._output.flush()

    async def turn(self) -> bool:
        """Send some of what there is; says whether there may be more at once."""
        self.wake.clear()
        for _ in range(_FRAMES_A_TURN):
            if self.gone:
                raise Broken
            message = self._reader.next()
            if message is None:
                await self._output.flush()
                return False
            await self._send_with_faults(message, self._reader.id())
        await asyncio.sleep(0)
        return True

    async def end_with_error(self) -> None:
        """Write an ``error`` event; the response ends after it."""
        await self._output.lines(*self._frame(b"error", self._reader.id(), _BROKEN))
        await self._output.flush()

    async def _send_with_faults(self, message: Message, served_id: bytes) -> None:
        faults, chances = self._faults, self._chances
        if faults.reorder and chances.random() < faults.reorder:
            neighbour = self._reader.next()
            if neighbour:
                # In a burst the neighbour may be minutes away, and no broker sends the later of two such first.
                pair = [(neighbour, self._reader.id()), (message, served_id)]
                if neighbour.timestamp - message.timestamp > faults.reorder_ms:
                    pair.reverse()
                await self._send(*pair[0])
                message, served_id = pair[1]
        if faults.garbage and chances.random() < faults.garbage:
            nonsense = garbage(chances.choice(LIGHT), message.timestamp)
            await self._output.lines(*self._frame(b"message", served_id, nonsense))
        await self._send(message, served_id)
        if faults.duplicate and chances.random() < faults.duplicate:
            await self._send(message, served_id)

    async def _send(self, message: Message, served_id: bytes) -> None:
        if self._stall_after is not None and self.sent >= self._stall_after:
            self._stall_after = None
            await self._stall()
        await self._output.lines(*self._frame(b"message", served_id, message.data))
        self.sent += 1

    async def _stall(self) -> None:
        await self._output.flush()
        deadline = asyncio.get_running_loop().time() + self._faults.stall_seconds
        while not self.gone and asyncio.get_running_loop().time() < deadline:
            self.wake.clear()
            await self.wait(deadline)

    async def wait(self, deadline: float) -> None:
        """Wait until something happens, the deadline comes (loop time) or a second has passed."""
        until = min(deadline, asyncio.get_running_loop().time() + _IDLE_SECONDS)
        try:
            async with asyncio.timeout_at(until):
                await self.wake.wait()
        except TimeoutError:
            pass

    def _frame(self, event: bytes, served_id: bytes, data: bytes) -> tuple[bytes, ...]:
        if self._plain:
            return (data + b"\n",)
        return (b"event: " + event + b"\n", b"id: " + served_id + b"\n", b"data: " + data + b"\n\n")


class StreamEndpoint:
    """``GET /v2/stream/{names}``, an ASGI application. ``close`` ends all connections at once."""

    def __init__(self, state: State, faults: Faults) -> None:
        self._state = state
        self._faults = faults
        self._connections: set[Connection] = set()
        self._clients: Counter[str] = Counter()
        self._closed = False
        self.served = 0

    @property
    def connections(self) -> int:
        """How many are connected now."""
        return len(self._connections)

    def open(self) -> None:
        """Accept connections (again)."""
        self._closed = False

    def close(self) -> None:
        """End all connections, in the middle of whatever they send, and refuse new ones."""
        self._closed = True
        self.disconnect()

    def disconnect(self) -> int:
        """End all connections, in the middle of whatever they send; gives how many."""
        for connection in self._connections:
            connection.gone = True
            connection.wake.set()
        return len(self._connections)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request: an error with JSON, or the stream until it breaks."""
        request = Request(scope, receive)
        client = request.client.host if request.client else ""
        try:
            refused = self._refuse(request, client)
            if refused is not None:
                await refused(scope, receive, send)
                return
            topics = topics_of(request.path_params["names"])
            since = since_milliseconds(request.query_params.get("since"))
            header = request.headers.get("last-event-id")
            positions = starting_points(self._state.log, topics, last_event_id=header, since=since)
        except Refused as error:
            await _error(request, error)(scope, receive, send)
            return
        self.served += 1
        chances = self._faults.generator(self.served)
        plain = request.headers.get("accept", "").startswith("application/json")
        reader = Reader(positions, self._faults.burst)
        connection = Connection(reader, Output(send, self._faults, chances), self._faults, chances, plain=plain)
        async with self._connected(connection, client, receive):
            await send(_headers(request, plain))
            await self._stream(connection, send)

    def _refuse(self, request: Request, client: str) -> Response | None:
        status = self._faults.take_refusal() or (503 if self._closed else None)
        if status is not None:
            return refusal(status)
        if self._faults.check_user_agent and user_agent_problem(request.headers.get("user-agent")):
            return refusal(403)
        if request.method != "GET":
            return PlainTextResponse("Method Not Allowed", 405)
        if self._clients[client] >= self._faults.connection_limit:
            title = "Too Many Concurrent Connections From Your Client IP"
            detail = "Your HTTP client is likely opening too many concurrent connections."
            raise problem(429, "too_many_requests", title, detail)
        return None

    async def _stream(self, connection: Connection, send: Send) -> None:
        """Returning without the last chunk is how the edge's cut looks from outside."""
        deadline = asyncio.get_running_loop().time() + self._faults.cut_seconds
        ends_with_error = self._faults.take_error()
        try:
            await connection.open()
            while True:
                more = await connection.turn()
                if ends_with_error and connection.sent:
                    await connection.end_with_error()
                    await send(_body(b"", more=False))
                    return
                if asyncio.get_running_loop().time() >= deadline:
                    return
                if not more:
                    self._state.tick()
                    await connection.wait(deadline)
        except Broken:
            return

    @asynccontextmanager
    async def _connected(self, connection: Connection, client: str, receive: Receive) -> AsyncIterator[None]:
        self._connections.add(connection)
        self._clients[client] += 1
        self._state.log.listeners.add(connection.wake)
        watcher = asyncio.create_task(_watch(connection, receive))
        try:
            yield
        finally:
            watcher.cancel()
            self._state.log.listeners.discard(connection.wake)
            self._clients[client] -= 1
            self._connections.discard(connection)
            if not self._connections and self._faults.take_switch():
                self._state.log.switch_datacenter()


def _error(request: Request, error: Refused) -> Response:
    if "type" not in error.body:
        return Response(msgspec.json.encode(error.body) + b"\n", error.status)
    uri = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    body = msgspec.json.encode({**error.body, "method": request.method, "uri": uri})
    return Response(body, error.status, media_type="application/json")


async def _watch(connection: Connection, receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    connection.gone = True
    connection.wake.set()


def _headers(request: Request, plain: bool) -> Sending:
    if plain:
        kind = b"application/json; charset=utf-8"
    else:
        kind = b"text/event-stream" + (b"; charset=utf-8" if "accept" in request.headers else b"")
    headers = [(b"content-type", kind), (b"cache-control", b"no-cache")]
    return {"type": "http.response.start", "status": 200, "headers": headers}

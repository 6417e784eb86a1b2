# SPDX-License-Identifier: GPL-3.0-or-later
"""Frames written to a connection at once, where the server lets us reach it; and the server that does.

What many subscribers get is framed once and handed to each connection's transport, past the server's own path, which
would build it anew for each. That is done only while a connection has next to nothing unsent: whoever reads slowly is
sent to by the server's path, which waits, so that no more than a few kilobytes are ever held for them.
"""

from __future__ import annotations

import asyncio
import os
import socket
import struct
from collections.abc import Callable
from functools import partial
from typing import Any, Final, cast

from starlette.types import Scope
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.exceptions import InvalidState

from graph.web.graphql_gate import gate

EXTENSION: Final = "programs-graph.line"
FREE_BYTES: Final = 16 * 1024
"""A connection with less unsent takes a frame at once; the server's own path waits from the same amount on."""
SEND_BUFFER: Final = 64 * 1024
UNSENT_BYTES: Final = 16 * 1024
"""What the kernel takes beyond what is on its way: the less, the fresher is what a slow reader reads."""
UNANSWERED_SECONDS: Final = 90
"""So long a connection lives whose other end acknowledges nothing."""
_LAST_WORD_SECONDS: Final = 1.0


class Line:
    """The transport of one connection."""

    __slots__ = ("_file", "_lost", "_socket", "_transport")

    def __init__(self, transport: asyncio.Transport, socket: WebSocketsSansIOProtocol | None = None) -> None:
        self._transport = transport
        self._file: int = transport.get_extra_info("socket").fileno()
        self._socket = socket
        self._lost: Callable[[], None] | None = None

    def when_lost(self, call: Callable[[], None]) -> None:
        """Call this when the connection is lost, soon if it is already."""
        self._lost = call
        if self._transport.is_closing():
            asyncio.get_running_loop().call_soon(call)

    def lose(self) -> None:
        """Take it that the connection is lost."""
        lost, self._lost = self._lost, None
        if lost is not None:
            lost()

    def write(self, frame: bytes) -> bool:
        """Write a whole frame; False, and nothing is written, where the connection is busy or closing."""
        transport, upgraded = self._transport, self._socket
        unsent = transport.get_write_buffer_size()
        if unsent >= FREE_BYTES or transport.is_closing():
            return False
        if upgraded is not None and upgraded.close_sent:
            return False
        if not unsent:
            frame = self._unsent(frame)
        if frame:
            transport.write(frame)
        return True

    def _unsent(self, frame: bytes) -> bytes:
        """Hand the frame to the kernel, which costs less than by way of the transport; what it did not take."""
        try:
            return frame[os.write(self._file, frame) :]
        except OSError:  # it is full, or the connection broke: the transport knows what to do
            return frame

    def narrow(self) -> None:
        """Let the server's own path wait as soon as this one does; harmless where the connection is lost."""
        if not self._transport.is_closing():
            self._transport.set_write_buffer_limits(FREE_BYTES)

    def cut(self, last_word: bytes = b"") -> None:
        """Close a connection whose other end does not read: it gets a second for what is unsent."""
        if not self._transport.is_closing():
            self._transport.write(last_word)
        asyncio.get_running_loop().call_later(_LAST_WORD_SECONDS, self._transport.abort)


def line_of(scope: Scope) -> Line | None:
    """The line of a connection; None where the server offers none, and for HTTP/1.0, which has no chunks."""
    found = (scope.get("extensions") or {}).get(EXTENSION)
    return found if isinstance(found, Line) else None


def text_frame(text: bytes) -> bytes:
    """A server's WebSocket frame with the whole text in it."""
    return _header(0x81, len(text)) + text


def close_frame(code: int, reason: bytes) -> bytes:
    """A server's WebSocket frame that closes; a reason has at most 123 bytes."""
    return _header(0x88, len(reason) + 2) + struct.pack("!H", code) + reason


def _header(first: int, length: int) -> bytes:
    if length < 126:
        return bytes((first, length))
    return struct.pack("!BBH", first, 126, length) if length < 65_536 else struct.pack("!BBQ", first, 127, length)


def chunk(body: bytes) -> bytes:
    """A chunk of an HTTP/1.1 body."""
    return b"%x\r\n%b\r\n" % (len(body), body)


def keep_fresh(listener: socket.socket) -> None:
    """Set on a listening socket what its connections inherit: little is held for whoever does not read."""
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
    for name, value in (("TCP_NOTSENT_LOWAT", UNSENT_BYTES), ("TCP_USER_TIMEOUT", UNANSWERED_SECONDS * 1000)):
        if (option := getattr(socket, name, None)) is not None:  # Linux has both
            listener.setsockopt(socket.IPPROTO_TCP, option, value)


class Requests(HttpToolsProtocol):
    """The server's HTTP, which tells event streams their line; a new connection is heard when it is its turn."""

    _heard = False
    _line: Line

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take the connection."""
        super().connection_made(transport)
        self._line = Line(transport)

    def data_received(self, data: bytes) -> None:
        """Take what came, as the server does."""
        if self._heard:
            super().data_received(data)
        elif not gate().enter(partial(self._begin, data)):
            self.transport.pause_reading()

    def _begin(self, data: bytes) -> None:
        self._heard = True
        if self.transport.is_closing():
            return
        self.transport.resume_reading()
        super().data_received(data)

    def on_headers_complete(self) -> None:
        """Begin a request, as the server does, but do not keep a long address and headers twice."""
        super().on_headers_complete()
        if self.scope["http_version"] == "1.1" and "path" in self.scope:
            self.url, self.headers = b"", []
            cast("dict[str, Any]", self.scope).setdefault("extensions", {})[EXTENSION] = self._line

    def handle_websocket_upgrade(self) -> None:
        """Leave the connection to a socket, and the parser, which would keep this alive, to nobody."""
        super().handle_websocket_upgrade()
        self.parser = cast("Any", None)

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell whoever streams."""
        super().connection_lost(exc)
        self._line.lose()


class Inbox:
    """What came over a socket, for its one reader: four queues less than ``asyncio.Queue`` has inside."""

    __slots__ = ("_messages", "_waiter")

    def __init__(self) -> None:
        self._messages: list[Any] = []
        self._waiter: asyncio.Future[None] | None = None

    def put_nowait(self, message: Any) -> None:
        """Add a message."""
        self._messages.append(message)
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def empty(self) -> bool:
        """Whether all were taken."""
        return not self._messages

    async def get(self) -> Any:
        """Take the oldest message, as soon as there is one."""
        while not self._messages:
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter
        return self._messages.pop(0)


class Sockets(WebSocketsSansIOProtocol):
    """The server's WebSockets, which tell those who use them their line, and keep less in memory."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.queue = cast("asyncio.Queue[Any]", Inbox())

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the connection, and wait for its other end sooner than is usual."""
        super().connection_made(transport)
        Line(self.transport, self).narrow()

    def handle_connect(self, event: Any) -> None:
        """Begin a socket, as the server does."""
        super().handle_connect(event)
        self.request = cast("Any", None)
        if (scope := getattr(self, "scope", None)) is not None:
            scope["extensions"][EXTENSION] = Line(self.transport, self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Take the connection's end, and its line off what was asked: nothing goes round in a circle then."""
        super().connection_lost(exc)
        if (scope := getattr(self, "scope", None)) is not None:
            scope["extensions"].pop(EXTENSION, None)

    def shutdown(self) -> None:
        """Close because the server ends; one that is being closed already is only let go."""
        try:
            super().shutdown()
        except InvalidState:
            self.transport.close()

    def start_keepalive(self) -> None:
        """Begin what comes after the handshake, of which nothing is needed any more."""
        super().start_keepalive()
        self.response = cast("Any", None)

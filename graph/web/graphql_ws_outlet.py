# SPDX-License-Identifier: GPL-3.0-or-later
"""What is sent on a socket: messages one by one, and what many get, framed once for all of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketDisconnected

from graph.web.graphql_lines import close_frame, line_of, text_frame
from graph.web.graphql_messages import SLOW, fitting
from graph.web.graphql_request import Push, StreamedResult, encode
from graph.web.graphql_streams import Streams

_PING: Final = text_frame(b'{"type":"ping"}')
_SHARED_BY_ID: Final = 8  # clients number their operations, and some name each anew: not every frame is worth keeping


class Outlet:
    """The sending side of one socket; nothing is sent once it is closed.

    A socket whose other end takes nothing for ``stalled`` seconds is closed with 4508, and ``left`` is called.
    ``streams`` counts that, and what is pushed.
    """

    def __init__(self, socket: WebSocket, stalled: float, left: Callable[[], None], streams: Streams) -> None:
        self._socket = socket
        self._line = line_of(socket.scope)
        self._stalled = stalled
        self._left = left
        self._streams = streams
        self.closed = False

    def end(self) -> None:
        """Forget whom to tell: the socket is closed, and nobody is there any more."""
        self.closed = True
        self._left = _nobody

    async def close(self, code: int, reason: str) -> None:
        """Close the socket, unless it is closed already; a reason too long for a frame is cut."""
        if self.closed:
            return
        self.closed = True
        with suppress(WebSocketDisconnect, WebSocketDisconnected, OSError):
            await self._socket.close(code, fitting(reason))

    async def next(self, operation_id: str, encoded: bytes) -> None:
        """Send a response."""
        await self._text(_next(operation_id, encoded))

    async def error(self, operation_id: str, errors: list[Any]) -> None:
        """Send the errors that end an operation."""
        await self.send({"id": operation_id, "type": "error", "payload": errors})

    async def send(self, message: dict[str, Any]) -> None:
        """Send any message."""
        await self._text(encode(message))

    def ping(self) -> bool:
        """Write a ping at once; False where something is in its way."""
        return not self.closed and self._line is not None and self._line.write(_PING)

    async def _text(self, text: bytes) -> None:
        if self.closed:
            return
        try:
            async with asyncio.timeout(self._stalled):
                await self._socket.send_text(text.decode())
        except TimeoutError:
            await self._cut()

    def pusher(self, operation_id: str) -> Push | None:
        """What writes the operation's responses at once; it returns False where something is in the way of one.

        None where the server lets nobody reach its connections.
        """
        line, key = self._line, f"ws {operation_id}"
        if line is None:
            return None

        def push(result: StreamedResult) -> bool:
            frame = result.frames.get(key)
            if frame is None:
                frame = text_frame(_next(operation_id, result.encoded))
                if len(result.frames) < _SHARED_BY_ID:
                    result.frames[key] = frame
            written = not self.closed and line.write(frame)
            self._streams.delivered += written
            return written

        return push

    async def _cut(self) -> None:
        if self.closed:
            return
        self._left()
        self._streams.dropped += 1
        reason = f"Nothing was read for {self._stalled:g} seconds"
        if self._line is None:
            await self.close(SLOW, reason)
        else:
            self.closed = True
            self._line.cut(close_frame(SLOW, reason.encode()))


def _nobody() -> None:
    """Whom a closed socket tells."""


def _next(operation_id: str, encoded: bytes) -> bytes:
    """The message of a response, which is encoded apart from the id so that sockets can share it."""
    return b'{"id":%b,"type":"next","payload":%b}' % (encode(operation_id), encoded)

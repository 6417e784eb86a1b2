# SPDX-License-Identifier: GPL-3.0-or-later
"""GraphQL over Server-Sent Events, distinct connections mode: one operation, one stream.

``next`` events carry response maps and, where the response has one, the id to resume from; ``complete`` ends the
operation. A stream that ends without ``complete`` is to be taken up again: an EventSource does that by itself.
Lines end in LF alone, since some clients split on nothing else.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from typing import Any, Final

from starlette.types import Message, Receive, Scope, Send

from graph.web.graphql_beats import Beats
from graph.web.graphql_lines import Line, chunk, line_of
from graph.web.graphql_request import Answer, StreamedResult, connect, encode, is_unavailable
from graph.web.graphql_streams import STALLED_SECONDS, Streams

COMPLETE: Final = b"event: complete\ndata:\n\n"
HEARTBEAT: Final = b":\n\n"
_HEADERS: Final = {
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-cache, no-transform",
    "x-accel-buffering": "no",
}
_LAST_WORD_SECONDS: Final = 1.0
_BODY: Final = "sse"
_CHUNK: Final = "sse chunk"
_BEAT: Final = chunk(HEARTBEAT)


def next_event(payload: dict[str, Any], event_id: str | None = None) -> bytes:
    """Frame one response. An id that could break the framing is left out."""
    return _event(encode(payload), event_id)


def _event(encoded: bytes, event_id: str | None) -> bytes:
    data = b"data: " + encoded + b"\n\n"
    if event_id is None or not event_id.isascii() or not event_id.isprintable():
        return b"event: next\n" + data
    return b"event: next\nid: " + event_id.encode() + b"\n" + data


@dataclass(frozen=True, slots=True)
class Footing:
    """What all event streams of a server have in common: their clock, what answers to an error, headers, patience,
    and where they are counted."""

    beats: Beats
    unexpected: Callable[[Exception], Answer]
    headers: dict[str, str]
    streams: Streams
    stalled: float = STALLED_SECONDS


class EventStream:
    """An ASGI response that streams a subscription until it ends, the client leaves, or the process closes.

    It ends without a last word when ``ended`` is set: whoever asked is not signed in any more, and may come back as
    anybody; and when the client takes nothing for so long as the footing says. ``held`` is given back at the end.
    """

    __slots__ = ("_comment", "_cut", "_footing", "_held", "_line", "_over", "_results", "_send", "_task", "_watches")

    def __init__(
        self,
        results: AsyncGenerator[StreamedResult, None],
        footing: Footing,
        *,
        held: AbstractContextManager[None],
        ended: asyncio.Event | None = None,
    ) -> None:
        self._results = results
        self._footing = footing
        self._held = held
        self._line: Line | None = None
        self._watches: tuple[asyncio.Task[Any], ...] = ()
        if ended is not None:
            self._watches = (self._watch(ended.wait()),)
        self._task: asyncio.Task[Any] | None = None
        self._over = False
        self._cut = False
        self._comment: asyncio.Task[None] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Stream. The source is closed before this returns."""
        self._task, self._send, self._line = asyncio.current_task(), send, line_of(scope)
        slot = self._footing.beats.join(self)
        try:
            await send(_start(self._footing.headers))
            await send(_chunk(_retry_hint()))
            self._attend(scope, receive)
            await self._deliver()
        except asyncio.CancelledError:
            if not self._over or (self._task is not None and self._task.uncancel()):
                raise
        finally:
            self._over = True
            self._footing.beats.leave(self, slot)
            await _ended(*self._watches, *(() if self._comment is None else (self._comment,)))
            with self._held:
                await self._results.aclose()
        self._footing.streams.dropped += self._cut
        if self._cut and self._line is not None:
            self._line.cut()
            return
        with suppress(OSError, TimeoutError):
            async with asyncio.timeout(_LAST_WORD_SECONDS):
                await send({"type": "http.response.body", "body": b"", "more_body": False})

    def _attend(self, scope: Scope, receive: Receive) -> None:
        """Notice when the client has gone; forget what was asked, which would be kept as long as the stream lasts."""
        scope["headers"], scope["query_string"] = [], b""
        if self._line is None:
            self._watches += (self._watch(_departure(receive)),)
        else:
            self._line.when_lost(self.close)

    def _watch(self, end: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """End the stream when ``end`` has come."""
        task = asyncio.create_task(end)
        task.add_done_callback(lambda _: self.close())
        return task

    async def _deliver(self) -> None:
        if self._line is not None:
            self._line.narrow()
            connect(self._results, self._push)
        try:
            async for result in self._results:
                await self._write(_body(result))
                self._footing.streams.delivered += 1
                if result.failed and is_unavailable(result.payload):
                    return  # whoever comes back goes on from where this ends
        except TimeoutError:
            self._cut = True
            return
        except OSError:
            return
        except Exception as error:
            await self._send(_chunk(next_event(self._footing.unexpected(error).payload)))
        await self._send(_chunk(COMPLETE))

    async def _write(self, body: bytes) -> None:
        async with asyncio.timeout(self._footing.stalled):
            await self._send(_chunk(body))

    def _push(self, result: StreamedResult) -> bool:
        """Write a response at once, if nothing is in its way."""
        frame = result.frames.get(_CHUNK)
        if frame is None:
            frame = result.frames[_CHUNK] = chunk(_body(result))
        written = self._line is not None and self._line.write(frame)
        self._footing.streams.delivered += written
        return written

    # -------------------------------------------------------------- woken by the clock

    def beat(self) -> None:
        """Send a comment: at once where nothing is in its way."""
        if (self._line is None or not self._line.write(_BEAT)) and (self._comment is None or self._comment.done()):
            self._comment = asyncio.create_task(self._send_comment())

    async def _send_comment(self) -> None:
        try:
            await self._write(HEARTBEAT)
        except TimeoutError:
            self._cut = True
            self.close()

    def close(self) -> None:
        """End the stream."""
        if not self._over and self._task is not None:
            self._over = True
            self._task.cancel()


class ComeBack:
    """An ASGI response that asks an event source to come back later, which takes every answer but a stream as final.

    After about ``seconds``; ``payload`` tells why to whoever looks.
    """

    def __init__(self, seconds: float, payload: dict[str, Any] | None = None, *, headers: dict[str, str]) -> None:
        hint = b"retry: %d\n\n" % random.randint(int(seconds * 750), int(seconds * 1_500))
        self._body = hint if payload is None else hint + next_event(payload)
        self._headers = headers

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        """Say so, and end."""
        await send(_start(self._headers))
        await send({"type": "http.response.body", "body": self._body, "more_body": False})


class SingleEvent:
    """An ASGI response that streams one response map and completes."""

    def __init__(self, payload: dict[str, Any], *, headers: dict[str, str]) -> None:
        self._body = next_event(payload) + COMPLETE
        self._headers = headers

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        """Stream."""
        await send(_start(self._headers))
        await send({"type": "http.response.body", "body": self._body, "more_body": False})


def _body(result: StreamedResult) -> bytes:
    body = result.frames.get(_BODY)
    if body is None:
        body = result.frames[_BODY] = _event(result.encoded, result.event_id)
    return body


async def _ended(*tasks: asyncio.Task[Any]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _departure(receive: Receive) -> None:
    """Return when the client has gone."""
    while (await receive())["type"] != "http.disconnect":
        pass


def _retry_hint() -> bytes:
    """Ask clients to come back after one to three seconds, not all at once."""
    return b"retry: %d\n\n" % random.randint(1_000, 3_000)


def _start(headers: dict[str, str]) -> Message:
    raw = [(name.encode(), value.encode()) for name, value in {**_HEADERS, **headers}.items()]
    return {"type": "http.response.start", "status": 200, "headers": raw}


def _chunk(body: bytes) -> Message:
    return {"type": "http.response.body", "body": body, "more_body": True}

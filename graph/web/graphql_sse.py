# SPDX-License-Identifier: GPL-3.0-or-later
"""GraphQL over Server-Sent Events, distinct connections mode: one operation, one stream.

``next`` events carry response maps and, where the response has one, the id to resume from; ``complete`` ends the
operation. A stream that ends without ``complete`` is to be taken up again: an EventSource does that by itself.
Lines end in LF alone, since some clients split on nothing else.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncGenerator, Callable
from contextlib import ExitStack, suppress
from typing import Any, Final

from starlette.types import Message, Receive, Scope, Send

from graph.web.graphql_lines import Line, chunk, line_of
from graph.web.graphql_request import Answer, StreamedResult, connect, encode
from graph.web.graphql_streams import STALLED_SECONDS

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


def next_event(payload: dict[str, Any], event_id: str | None = None) -> bytes:
    """Frame one response. An id that could break the framing is left out."""
    return _event(encode(payload), event_id)


def _event(encoded: bytes, event_id: str | None) -> bytes:
    data = b"data: " + encoded + b"\n\n"
    if event_id is None or not event_id.isascii() or not event_id.isprintable():
        return b"event: next\n" + data
    return b"event: next\nid: " + event_id.encode() + b"\n" + data


class EventStream:
    """An ASGI response that streams a subscription until it ends, the client leaves, or the process closes.

    It ends without a last word when ``ended`` is set: whoever asked is not signed in any more, and may come back as
    anybody; and when the client takes nothing for ``stalled`` seconds. ``held`` is released at the end.
    """

    def __init__(
        self,
        results: AsyncGenerator[StreamedResult, None],
        *,
        unexpected: Callable[[Exception], Answer],
        closing: asyncio.Event,
        heartbeat: float,
        headers: dict[str, str],
        held: ExitStack,
        ended: asyncio.Event | None = None,
        stalled: float = STALLED_SECONDS,
    ) -> None:
        self._results = results
        self._unexpected = unexpected
        self._closing = closing
        self._heartbeat = heartbeat
        self._headers = headers
        self._held = held
        self._ended = ended
        self._stalled = stalled
        self._line: Line | None = None
        self._cut = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Stream. The source is closed before this returns."""
        self._line = line_of(scope)
        tasks: list[asyncio.Task[None]] = []
        try:
            await send(_start(self._headers))
            await send(_chunk(_retry_hint()))
            tasks += [
                asyncio.create_task(self._deliver(send)),
                asyncio.create_task(self._beat(send)),
                asyncio.create_task(_departure(receive)),
            ]
            if self._ended is not None:
                tasks.append(asyncio.create_task(_set(self._ended)))
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            with self._held:
                await self._results.aclose()
        if self._cut and self._line is not None:
            self._line.cut()
            return
        with suppress(OSError, TimeoutError):
            async with asyncio.timeout(_LAST_WORD_SECONDS):
                await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _deliver(self, send: Send) -> None:
        if self._line is not None:
            self._line.narrow()
            connect(self._results, self._push)
        try:
            async for result in self._results:
                async with asyncio.timeout(self._stalled):
                    await send(_chunk(_body(result)))
        except TimeoutError:
            self._cut = True
            return
        except OSError:
            return
        except Exception as error:
            await send(_chunk(next_event(self._unexpected(error).payload)))
        await send(_chunk(COMPLETE))

    def _push(self, result: StreamedResult) -> bool:
        """Write a response at once, if nothing is in its way."""
        frame = result.frames.get(_CHUNK)
        if frame is None:
            frame = result.frames[_CHUNK] = chunk(_body(result))
        return self._line is not None and self._line.write(frame)

    async def _beat(self, send: Send) -> None:
        """Send a comment whenever the interval has passed; return when the process closes."""
        while True:
            try:
                async with asyncio.timeout(self._heartbeat):
                    await self._closing.wait()
                return
            except TimeoutError:
                pass
            try:
                async with asyncio.timeout(self._stalled):
                    await send(_chunk(HEARTBEAT))
            except TimeoutError:
                self._cut = True
                return


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


async def _set(event: asyncio.Event) -> None:
    await event.wait()


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

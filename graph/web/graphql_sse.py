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

from graph.web.graphql_request import Answer, StreamedResult, encode

COMPLETE: Final = b"event: complete\ndata:\n\n"
HEARTBEAT: Final = b":\n\n"
_HEADERS: Final = {
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-cache, no-transform",
    "x-accel-buffering": "no",
}
_LAST_WORD_SECONDS: Final = 1.0


def next_event(payload: dict[str, Any], event_id: str | None = None) -> bytes:
    """Frame one response. An id that could break the framing is left out."""
    data = b"data: " + encode(payload) + b"\n\n"
    if event_id is None or not event_id.isascii() or not event_id.isprintable():
        return b"event: next\n" + data
    return b"event: next\nid: " + event_id.encode() + b"\n" + data


class EventStream:
    """An ASGI response that streams a subscription until it ends, the client leaves, or the process closes.

    It ends without a last word when ``ended`` is set: whoever asked is not signed in any more, and may come back as
    anybody. ``held`` is released at the end.
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
    ) -> None:
        self._results = results
        self._unexpected = unexpected
        self._closing = closing
        self._heartbeat = heartbeat
        self._headers = headers
        self._held = held
        self._ended = ended

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        """Stream. The source is closed before this returns."""
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
        with suppress(OSError, TimeoutError):
            async with asyncio.timeout(_LAST_WORD_SECONDS):
                await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _deliver(self, send: Send) -> None:
        try:
            async for result in self._results:
                await send(_chunk(next_event(result.payload, result.event_id)))
        except OSError:
            return
        except Exception as error:
            await send(_chunk(next_event(self._unexpected(error).payload)))
        await send(_chunk(COMPLETE))

    async def _beat(self, send: Send) -> None:
        """Send a comment whenever the interval has passed; return when the process closes."""
        while True:
            try:
                async with asyncio.timeout(self._heartbeat):
                    await self._closing.wait()
                return
            except TimeoutError:
                await send(_chunk(HEARTBEAT))


class SingleEvent:
    """An ASGI response that streams one response map and completes."""

    def __init__(self, payload: dict[str, Any], *, headers: dict[str, str]) -> None:
        self._body = next_event(payload) + COMPLETE
        self._headers = headers

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        """Stream."""
        await send(_start(self._headers))
        await send({"type": "http.response.body", "body": self._body, "more_body": False})


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

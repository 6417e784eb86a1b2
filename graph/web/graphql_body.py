# SPDX-License-Identifier: GPL-3.0-or-later
"""The body of a request, up to a limit; beyond it the client is answered before it has sent the rest.

A connection that is closed while the client still sends is reset, and many clients then never see the answer. So what
is left is read and thrown away for a moment, unparsed and never kept.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from graph.web.graphql_request import MESSAGE_LIMIT, InvalidRequest

BODY_SECONDS: Final = 30.0
"""How long a client may take to send what it has to say."""

_THROWN_AWAY: Final = 32 * 1024 * 1024
_PATIENCE_SECONDS: Final = 5.0


async def read_body(request: Request) -> bytes:
    """Read a body of at most MESSAGE_LIMIT bytes, within BODY_SECONDS.

    Raises InvalidRequest: 413 as soon as it is known to be longer, 408 where it does not come.
    """
    too_large = InvalidRequest(f"A request has at most {MESSAGE_LIMIT} bytes.", 413, {"connection": "close"})
    declared = request.headers.get("content-length", "0")
    if declared.isdecimal() and int(declared) > MESSAGE_LIMIT:
        raise too_large
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for chunk in request.stream():
                body += chunk
                if len(body) > MESSAGE_LIMIT:
                    raise too_large
    except TimeoutError:
        raise InvalidRequest("The body did not come in time.", 408, {"connection": "close"}) from None
    return bytes(body)


class EarlyAnswer:
    """An ASGI response that is sent at once and lets the client finish what nobody reads."""

    def __init__(self, response: Response) -> None:
        self._response = response

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, then wait until the client has sent all, or too much, or for too long."""
        status, headers = self._response.status_code, self._response.raw_headers
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": self._response.body, "more_body": True})
        with suppress(TimeoutError):
            async with asyncio.timeout(_PATIENCE_SECONDS):
                await _throw_away(receive)
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _throw_away(receive: Receive) -> None:
    left = _THROWN_AWAY
    while left > 0:
        message = await receive()
        if message["type"] != "http.request" or not message.get("more_body", False):
            return
        left -= len(message.get("body", b""))

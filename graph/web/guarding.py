# SPDX-License-Identifier: GPL-3.0-or-later
"""What every answer says, whoever made it: a type that is not guessed at, and nothing to load, to run or to frame.

Pages and what others embed say more, and it stays as they say it. What is served at ``/graphql`` says it by itself:
thousands of streams need nobody between them and their line.
"""

from __future__ import annotations

from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from graph.web.rendering import SAFE

NOTHING: Final = {**SAFE, "content-security-policy": "default-src 'none'; frame-ancestors 'none'"}
BY_ITSELF: Final = "/graphql"


class Guarded:
    """An ASGI application whose answers all have these headers."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve, adding what an answer leaves out."""

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in NOTHING.items():
                    headers.setdefault(name, value)
            await send(message)

        alone = scope["type"] != "http" or scope["path"] == BY_ITSELF
        await self._app(scope, receive, send if alone else guarded)

# SPDX-License-Identifier: GPL-3.0-or-later
"""The same service with the same schema, served by Strawberry's own ASGI view: an execution a subscriber and event.

``python -m benchmarks.peers.stock DATABASE_URL`` prints its address and serves until standard input ends.
"""

from __future__ import annotations

import asyncio
import sys
from typing import Any
from unittest.mock import patch

import uvloop
from starlette.applications import Starlette
from starlette.routing import Route, WebSocketRoute
from strawberry.asgi import GraphQL

from graph import app, serving
from graph.resolvers.deps import Deps
from graph.resolvers.identity import ANONYMOUS
from graph.schema.context import Context
from graph.schema.root import schema
from graph.settings import Settings


class View(GraphQL[Any, None]):
    """Strawberry's view; everybody is an anonymous reader."""

    def __init__(self, deps: Deps) -> None:
        super().__init__(schema)
        self._deps = deps

    async def get_context(self, *_: Any, **__: Any) -> Context:
        """What resolvers read."""
        return Context(self._deps, ANONYMOUS)


def stock(_: Settings, deps: Deps, *__: object) -> Starlette:
    """The routes: nothing but Strawberry's view."""
    view = View(deps)
    return Starlette(routes=[Route("/graphql", view), WebSocketRoute("/graphql", view)])


async def serve(url: str) -> None:
    """Serve until standard input ends."""
    with patch.object(serving, "web_app", stock):
        async with app.started(Settings(database_url=url, port=0), url, app.Parts(web=True)) as service:
            print((service.address or "").rpartition(":")[2], flush=True)
            await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    uvloop.run(serve(sys.argv[1]))

# SPDX-License-Identifier: GPL-3.0-or-later
"""Where GraphQL is served: one path for POST, GET, event streams, sockets and the explorer."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence

from starlette.routing import BaseRoute, Route, WebSocketRoute

from graph.web.graphql_explorer import Example, explorer
from graph.web.graphql_http import GraphQLHTTP
from graph.web.graphql_request import Executor, Identify
from graph.web.graphql_streams import SocketLimits, Streams
from graph.web.graphql_ws import GraphQLSockets
from graph.web.persisted import Persisted


def graphql_routes(
    executor: Executor,
    identify: Identify,
    *,
    closing: asyncio.Event,
    examples: Sequence[Example] = (),
    heartbeat: float = 20.0,
    limits: SocketLimits | None = None,
    streams: Streams | None = None,
    trusted: Collection[str] = (),
) -> list[BaseRoute]:
    """Return the routes of ``/graphql``; the explorer's files are expected under ``/static``.

    The documents ``trusted`` may be asked for by their hash alone.
    ``streams`` bounds what is open at a time, 20,000 unless given. Setting ``closing`` ends all sockets and streams
    within a second: do it before the server waits for them.
    """
    streams, limits = streams or Streams(), limits or SocketLimits()
    http = GraphQLHTTP(
        executor,
        identify,
        closing=closing,
        streams=streams,
        explorer=explorer(examples),
        heartbeat=heartbeat,
        stalled=limits.stalled,
        persisted=Persisted(trusted),
    )
    sockets = GraphQLSockets(executor, identify, closing=closing, streams=streams, limits=limits)
    return [Route("/graphql", http), WebSocketRoute("/graphql", sockets)]

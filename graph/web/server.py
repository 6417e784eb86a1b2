# SPDX-License-Identifier: GPL-3.0-or-later
"""The HTTP server around an application, on a socket that is there already."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Iterator
from typing import Final

import uvicorn
from starlette.types import ASGIApp

from graph.web import listening
from graph.web.graphql_lines import Requests, Sockets

IDLE_SECONDS: Final = 75
"""So long a connection is kept for a next request: longer than proxies keep theirs (nginx's 60 seconds), since one that
we close in the moment they use it is answered by their 502."""

SOCKETS_SECONDS: Final = 3
"""So long open connections are waited for when the process is told to end."""


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to whoever runs every part of the process, and not only this one."""
        yield


async def serve(application: ASGIApp, listener: socket.socket, stop: asyncio.Event, proxies: str) -> None:
    """Serve until ``stop`` is set. What ``proxies`` (addresses, networks) say of the reader's address is believed."""
    config = uvicorn.Config(
        application,
        http=Requests,
        ws=Sockets,
        backlog=listening.BACKLOG,
        ws_per_message_deflate=False,
        ws_ping_interval=None,  # we ping ourselves, and the kernel gives up who acknowledges nothing
        ws_max_size=1024 * 1024,  # above our own limit on messages, far below the server's default
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        forwarded_allow_ips=proxies,
        timeout_keep_alive=IDLE_SECONDS,
        timeout_graceful_shutdown=SOCKETS_SECONDS,
    )
    server = _Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        await asyncio.wait([serving, asyncio.ensure_future(stop.wait())], return_when=asyncio.FIRST_COMPLETED)
    finally:
        # Whoever holds a socket or a stream was told by ``stop``; uvicorn waits for them a little.
        server.should_exit = True
        await serving

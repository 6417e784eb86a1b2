# SPDX-License-Identifier: GPL-3.0-or-later
"""A real server on a real socket, inside the test's own event loop."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext

import uvicorn
from starlette.types import ASGIApp

from graph.web.graphql_lines import Requests, Sockets, keep_fresh


@asynccontextmanager
async def serving(app: ASGIApp, *, closing: asyncio.Event | None = None) -> AsyncIterator[str]:
    """Serve an ASGI application on a free port of loopback; yield its base URL, without a slash at the end.

    ``closing`` is set before the server is asked to exit, as the application does it.
    """
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", 0))
        listener.listen(128)
        keep_fresh(listener)
        config = uvicorn.Config(
            app,
            log_level="warning",
            lifespan="off",
            http=Requests,
            ws=Sockets,
            ws_max_size=1024 * 1024,
            ws_per_message_deflate=False,
        )
        server = _Quiet(config)
        task = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            await server.listening(task)
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            if closing is not None:
                closing.set()
            server.exit()
            await task


class _Quiet(uvicorn.Server):
    """A server that leaves the process's signals alone and says when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._listening = asyncio.Event()
        self._exit = asyncio.Event()

    def capture_signals(self) -> AbstractContextManager[None]:
        return nullcontext()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._listening.set()

    async def main_loop(self) -> None:
        """Wait for the exit itself, not for the next of ten looks a second at whether it came."""
        await self.on_tick(0)
        await self._exit.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Shut down as uvicorn does, but look often; fail where a connection or a task outlives it by 5 s."""
        for server in self.servers:
            server.close()
        for listener in sockets or []:
            listener.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        async with asyncio.timeout(5):
            while self.server_state.connections or self.server_state.tasks:
                await asyncio.sleep(0.005)
        for server in self.servers:
            await server.wait_closed()

    def exit(self) -> None:
        self.should_exit = True
        self._exit.set()

    async def listening(self, task: asyncio.Task[None]) -> None:
        """Return once connections are accepted; raise what kept the server from it."""
        waiting = asyncio.create_task(self._listening.wait())
        await asyncio.wait({waiting, task}, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        if not self._listening.is_set():
            task.result()
            raise RuntimeError("the server ended before it listened")

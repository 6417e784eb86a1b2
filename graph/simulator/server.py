# SPDX-License-Identifier: GPL-3.0-or-later
"""Serve the stand-in on a real socket, inside the running event loop."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import uvicorn
from starlette.applications import Starlette


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()
        self.leaving = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Tell when requests are answered."""
        await super().startup(sockets)
        self.ready.set()

    async def main_loop(self) -> None:
        """Wait for the end, without looking ten times a second."""
        await self.leaving.wait()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the process's signals to whoever started us."""
        yield


def _is_no_cut(record: logging.LogRecord) -> bool:
    # A connection that breaks in the middle of a response is our trade, not a mistake.
    return "returned without completing response" not in record.getMessage()


@asynccontextmanager
async def running(app: Starlette, host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[str]:
    """Serve while the block runs and give the base URL, without a slash at its end.

    ``port`` 0 takes a free one. Raises OSError where the port is taken. At the end all streams break off.
    """
    listener = socket.create_server((host, port), backlog=256)
    streams = app.state.streams
    streams.open()
    logger = logging.getLogger("uvicorn.error")
    logger.addFilter(_is_no_cut)
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        lifespan="off",
        ws="none",
        date_header=False,
        timeout_graceful_shutdown=2,
    )
    server = _Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        await server.ready.wait()
        yield f"http://{host}:{listener.getsockname()[1]}"
    finally:
        streams.close()
        # What is closing already gets its moment; otherwise uvicorn looks again after a tenth of a second only.
        await asyncio.sleep(0.005)
        server.should_exit = True
        server.leaving.set()
        await serving
        listener.close()
        logger.removeFilter(_is_no_cut)

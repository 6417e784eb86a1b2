# SPDX-License-Identifier: GPL-3.0-or-later
"""The cable between a browser and the service: it can be pulled out, and put back in."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit


class Cable:
    """Carries bytes both ways while it is plugged in; when it is pulled out, all connections break."""

    def __init__(self, host: str, port: int) -> None:
        self._service = (host, port)
        self._plugged = True
        self._answer: bytes | None = None
        self.turned_away = 0
        self._writers: set[asyncio.StreamWriter] = set()
        self.carried = 0

    def pull_out(self) -> None:
        """Break everything; who connects now is turned away."""
        self._plugged = False
        for writer in self._writers:
            writer.transport.abort()

    def plug_in(self) -> None:
        """Carry again."""
        self._plugged = True
        self._answer = None

    def fail(self) -> None:
        """Break everything, and answer whoever connects with a proxy's page of an error."""
        self.pull_out()
        page = b"<html><body><h1>502 Bad Gateway</h1></body></html>"
        head = b"HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/html\r\nConnection: close\r\nContent-Length: %d\r\n\r\n"
        self._answer = head % len(page) + page

    async def connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry one connection to its end."""
        if not self._plugged:
            await self._turn_away(reader, writer)
            return
        with suppress(OSError):
            far_reader, far_writer = await asyncio.open_connection(*self._service)
            self._writers |= {writer, far_writer}
            try:
                await asyncio.gather(self._carry(reader, far_writer), self._carry(far_reader, writer))
            finally:
                self._writers -= {writer, far_writer}
                writer.close()
                far_writer.close()

    async def _turn_away(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.turned_away += 1
        if self._answer is None:
            writer.transport.abort()
            return
        with suppress(OSError, asyncio.IncompleteReadError):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(self._answer)
            await writer.drain()
        writer.close()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(65536):
                self.carried += len(data)
                writer.write(data)
                await writer.drain()
        writer.close()


@asynccontextmanager
async def cable_to(url: str) -> AsyncIterator[tuple[Cable, str]]:
    """Lay a cable to a service; yield it with the address at its near end."""
    address = urlsplit(url)
    cable = Cable(str(address.hostname), int(address.port or 80))
    tasks: set[asyncio.Task[None]] = set()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(cable.connect(reader, writer))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    try:
        yield cable, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        cable.pull_out()
        await asyncio.gather(*tasks, return_exceptions=True)

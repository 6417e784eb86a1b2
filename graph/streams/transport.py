# SPDX-License-Identifier: GPL-3.0-or-later
"""HTTP for one endless answer, at the price of a socket read instead of a chunk.

The stream's server sends each line as an HTTP chunk of its own. httpx's own transport hands every chunk through six
generators, some 30 µs each; this one reads whatever the socket has, lets httptools take the chunks apart and passes
their contents on in one piece. Everything above stays httpx. No proxies, no redirects, no reuse of connections.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Final

import httptools
import httpx

_READ_BYTES: Final = 256 * 1024
_HEAD_BYTES: Final = 64 * 1024


class StreamTransport(httpx.AsyncBaseTransport):
    """A transport for ``httpx.AsyncClient(transport=...)``: GET only, one connection a request, verified TLS."""

    def __init__(self) -> None:
        self._tls: ssl.SSLContext | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Connect, ask, and read the head of the answer; the body is read as it is iterated over.

        Raises the errors of httpx's own transport: ConnectError, ConnectTimeout, ReadError, ReadTimeout,
        RemoteProtocolError, LocalProtocolError.
        """
        head = _head(request)
        timeouts = request.extensions.get("timeout", {})
        with _translated(httpx.ConnectError, httpx.ConnectTimeout):
            async with asyncio.timeout(timeouts.get("connect")):
                reader, writer = await self._connect(request.url)
        answer = _Answer(reader, writer, timeouts.get("read"))
        try:
            writer.write(head)
            await answer.read_head()
        except BaseException:
            await answer.aclose()
            raise
        return httpx.Response(answer.parser.get_status_code(), headers=answer.headers, stream=answer)

    async def _connect(self, url: httpx.URL) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if url.scheme == "http":
            return await asyncio.open_connection(url.host, url.port or 80, limit=_READ_BYTES)
        if self._tls is None:
            self._tls = httpx.create_ssl_context()
            self._tls.set_alpn_protocols(["http/1.1"])
        return await asyncio.open_connection(url.host, url.port or 443, ssl=self._tls, limit=_READ_BYTES)


class _Answer(httpx.AsyncByteStream):
    """The answer as it comes; httptools calls the ``on_`` methods."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, seconds: float | None) -> None:
        self.headers: list[tuple[bytes, bytes]] = []
        self.parser = httptools.HttpResponseParser(self)
        self._reader = reader
        self._writer = writer
        self._seconds = seconds
        self._head_done = False
        self._complete = False
        self._pieces: list[bytes] = []

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        self._head_done = True

    def on_body(self, piece: bytes) -> None:
        self._pieces.append(piece)

    def on_message_complete(self) -> None:
        self._complete = True

    async def read_head(self) -> None:
        size = 0
        while not self._head_done:
            if self._complete or size > _HEAD_BYTES:
                raise httpx.RemoteProtocolError("no head of an answer, or an endless one")
            size += await self._read()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while True:
            if self._pieces:
                body = b"".join(self._pieces)
                self._pieces.clear()
                yield body
            if self._complete:
                return
            await self._read()

    async def _read(self) -> int:
        with _translated(httpx.ReadError, httpx.ReadTimeout):
            async with asyncio.timeout(self._seconds):
                data = await self._reader.read(_READ_BYTES)
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserError as error:
            raise httpx.RemoteProtocolError(f"not HTTP: {error}") from error
        # Whether the end was meant does not matter here: half an event is never handed out.
        self._complete = self._complete or not data
        return len(data)

    async def aclose(self) -> None:
        self._writer.transport.abort()


def _head(request: httpx.Request) -> bytes:
    headers = [(name, value) for name, value in request.headers.raw if name.lower() != b"connection"]
    lines = [b"GET " + request.url.raw_path + b" HTTP/1.1", *(name + b": " + value for name, value in headers)]
    if request.method != "GET" or any(b"\r" in line or b"\n" in line or b"\0" in line for line in lines):
        raise httpx.LocalProtocolError("only GET, and no line breaks in headers", request=request)
    return b"\r\n".join([*lines, b"Connection: close", b"", b""])


@contextmanager
def _translated(failure: type[httpx.TransportError], timeout: type[httpx.TransportError]) -> Iterator[None]:
    try:
        yield
    except TimeoutError as error:
        raise timeout(str(error)) from error
    except OSError as error:
        raise failure(str(error)) from error

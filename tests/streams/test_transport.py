# SPDX-License-Identifier: GPL-3.0-or-later
"""The transport against a socket; that httpx works on it is shown by test_eventstreams."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest

from graph.streams.transport import StreamTransport
from tests.streams.stand_in import Script, Visit, stand_in


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=StreamTransport(), timeout=5.0) as opened:
        yield opened


def says(data: bytes) -> Script:
    async def script(visit: Visit) -> None:
        await visit.raw(data)

    return script


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"


async def test_an_answer_of_known_length(client: httpx.AsyncClient) -> None:
    async with stand_in(says(HEAD + b"X-A: 1\r\nX-A: 2\r\nContent-Length: 5\r\n\r\nhello")) as server:
        answer = await client.get(f"{server.url}/path?q=%C3%A9")
    assert (answer.status_code, answer.text) == (200, "hello")
    assert answer.headers.get_list("x-a") == ["1", "2"]
    assert server.visits[0].target == "/path?q=%C3%A9"
    assert server.visits[0].headers["host"] == server.url.removeprefix("http://")
    assert server.visits[0].headers["connection"] == "close"


async def test_an_answer_that_ends_with_the_connection(client: httpx.AsyncClient) -> None:
    async with stand_in(says(HEAD + b"\r\nhello")) as server:
        assert (await client.get(server.url)).text == "hello"


async def test_chunks_that_are_there_together_come_in_one_piece(client: httpx.AsyncClient) -> None:
    chunks = b"".join(b"1\r\n" + bytes([byte]) + b"\r\n" for byte in b"a stream of single bytes")
    script = says(HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + chunks + b"0\r\n\r\n")
    async with stand_in(script) as server, client.stream("GET", server.url) as answer:
        pieces = [piece async for piece in answer.aiter_raw()]
    assert pieces == [b"a stream of single bytes"]


async def test_a_chunk_whose_end_never_came_is_handed_out_as_far_as_it_came(client: httpx.AsyncClient) -> None:
    async with stand_in(says(HEAD + b"Transfer-Encoding: chunked\r\n\r\nff\r\nhalf")) as server:
        assert (await client.get(server.url)).text == "half"


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-", id="half a head"),
        pytest.param(b"SSH-2.0-OpenSSH\r\n", id="another protocol"),
        pytest.param(HEAD + b"X: " + b"x" * 1_000_000, id="an endless head"),
        pytest.param(HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", id="no length of a chunk"),
    ],
)
async def test_what_is_no_http_is_an_error(client: httpx.AsyncClient, answer: bytes) -> None:
    async with stand_in(says(answer)) as server:
        with pytest.raises(httpx.RemoteProtocolError):
            await client.get(server.url)


async def test_silence_runs_into_the_read_timeout(client: httpx.AsyncClient) -> None:
    async def silent(visit: Visit) -> None:
        await visit.gone()

    async with stand_in(silent) as server:
        with pytest.raises(httpx.ReadTimeout):
            await client.get(server.url, timeout=0.05)


async def test_nobody_there_is_a_connect_error(client: httpx.AsyncClient) -> None:
    async with stand_in() as server:
        pass
    with pytest.raises(httpx.ConnectError):
        await client.get(server.url)


async def test_a_server_without_tls_is_not_talked_to_in_clear(client: httpx.AsyncClient) -> None:
    async with stand_in(says(HEAD + b"\r\n")) as server:
        with pytest.raises((httpx.ConnectError, httpx.ConnectTimeout)):
            await client.get(server.url.replace("http:", "https:"), timeout=0.2)
        assert server.visits == []


@pytest.mark.parametrize("value", [b"a\r\nX-Evil: 1", b"a\nb", b"a\0b"])
async def test_a_header_cannot_smuggle_another(client: httpx.AsyncClient, value: bytes) -> None:
    async with stand_in() as server:
        with pytest.raises(httpx.LocalProtocolError):
            await client.get(server.url, headers=[(b"User-Agent", value)])
        assert server.visits == []


async def test_only_get_is_spoken(client: httpx.AsyncClient) -> None:
    async with stand_in() as server:
        with pytest.raises(httpx.LocalProtocolError):
            await client.post(server.url, content=b"x")


async def test_leaving_the_answer_closes_the_connection(client: httpx.AsyncClient) -> None:
    closed = asyncio.Event()

    async def endless(visit: Visit) -> None:
        await visit.start()
        await visit.gone()
        closed.set()

    async with stand_in(endless) as server:
        async with client.stream("GET", server.url) as answer:
            assert await anext(answer.aiter_raw()) == b":ok\n\n"
        await asyncio.wait_for(closed.wait(), 10)

# SPDX-License-Identifier: GPL-3.0-or-later
"""A body beyond the limit is answered at once and never kept; its rest is thrown away, within bounds."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from starlette.types import Message

from graph.web import graphql_body
from graph.web.graphql_http import GraphQLHTTP
from graph.web.graphql_streams import Streams
from tests.web.conftest import executor_of, identify
from tests.web.toy import Journal

CHUNK = b" " * 64 * 1024


class Sender:
    """A client that sends chunk after chunk; it notes how many had been read when it was answered."""

    def __init__(self, chunks: int, *, pause_after: int | None = None) -> None:
        self.chunks = chunks
        self.read = 0
        self.read_when_answered: int | None = None
        self.sent: list[Message] = []
        self._pause_after = pause_after

    async def receive(self) -> Message:
        if self.read == self._pause_after:
            await asyncio.Event().wait()
        if self.read == self.chunks:
            return {"type": "http.disconnect"}
        self.read += 1
        return {"type": "http.request", "body": CHUNK, "more_body": self.read < self.chunks}

    async def send(self, message: Message) -> None:
        self.sent.append(message)
        if message.get("body") and self.read_when_answered is None:
            self.read_when_answered = self.read

    async def post(self, *headers: tuple[bytes, bytes]) -> int:
        """Send it all; the status of the answer."""
        application = GraphQLHTTP(executor_of(Journal()), identify, closing=asyncio.Event(), streams=Streams())
        scope: dict[str, Any] = {
            "type": "http",
            "method": "POST",
            "path": "/graphql",
            "query_string": b"",
            "headers": [(b"content-type", b"application/json"), *headers],
        }
        await application(scope, self.receive, self.send)
        start, *bodies = self.sent
        assert start["type"] == "http.response.start"
        assert {message["type"] for message in bodies} == {"http.response.body"}
        assert [message.get("more_body", False) for message in bodies] == [*[True] * (len(bodies) - 1), False]
        return int(self.sent[0]["status"])


async def test_a_declared_length_is_refused_before_anything_is_read() -> None:
    client = Sender(288)
    assert await client.post((b"content-length", b"18874368")) == 413
    assert (client.read_when_answered, client.read) == (0, 288)


async def test_a_body_in_pieces_is_refused_with_the_piece_that_is_too_much() -> None:
    client = Sender(288)
    assert await client.post() == 413
    assert (client.read_when_answered, client.read) == (5, 288)


async def test_a_body_without_end_is_thrown_away_for_so_long_only() -> None:
    client = Sender(1_000_000)
    assert await client.post() == 413
    assert client.read == 5 + 32 * 16


async def test_a_client_that_stops_sending_keeps_nobody_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(graphql_body, "_PATIENCE_SECONDS", 0.01)
    client = Sender(288, pause_after=20)
    assert await client.post() == 413
    assert client.read == 20


async def test_a_body_that_does_not_come_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(graphql_body, "BODY_SECONDS", 0.01)
    client = Sender(4, pause_after=2)
    assert await client.post() == 408
    assert client.read == 2


async def test_the_connection_is_not_used_again() -> None:
    client = Sender(10)
    await client.post()
    assert (b"connection", b"close") in client.sent[0]["headers"]

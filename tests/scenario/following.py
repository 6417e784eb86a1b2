# SPDX-License-Identifier: GPL-3.0-or-later
"""Followers that lose their connection again and again, and go on where they were: at another process each time."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from random import Random
from typing import Any
from urllib.parse import urlencode

import httpx
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

ACTIVITY = """subscription($slug: String!, $after: String) { it: programActivity(slug: $slug, after: $after) {
  __typename
  ... on EditCounted { cursor edit { revisionId } }
  ... on EditRetracted { cursor }
  ... on EditReverted { cursor }
  ... on SnapshotRequired { cursor }
} }"""
METRICS = "subscription($slug: String!) { it: programMetrics(slug: $slug) { totalEdits version } }"

Frames = AsyncGenerator[tuple[str | None, dict[str, Any]], None]
Follow = Callable[[str, str, str, str | None], Frames]


async def by_socket(address: str, document: str, slug: str, after: str | None) -> Frames:
    """Follow by WebSocket: each value. Closed, the connection is cut and not ended in order."""
    url = address.replace("http://", "ws://") + "/graphql"
    payload = {"query": document, "variables": {"slug": slug, **({} if after is None else {"after": after})}}
    async with connect(url, subprotocols=[Subprotocol("graphql-transport-ws")]) as socket:
        try:
            await socket.send(json.dumps({"type": "connection_init"}))
            assert json.loads(await socket.recv())["type"] == "connection_ack"
            await socket.send(json.dumps({"type": "subscribe", "id": "1", "payload": payload}))
            async for text in socket:
                message = json.loads(text)
                if message["type"] != "ping":
                    assert message["type"] == "next", message
                    yield None, message["payload"]["data"]["it"]
        finally:
            socket.transport.abort()


async def by_event_stream(address: str, document: str, slug: str, after: str | None) -> Frames:
    """Follow as an EventSource does, which resumes by Last-Event-ID: each event's id and value."""
    query = urlencode({"query": document, "variables": json.dumps({"slug": slug})})
    headers = {"Accept": "text/event-stream", **({} if after is None else {"Last-Event-ID": after})}
    event_id: str | None = None
    async with (
        httpx.AsyncClient(timeout=60) as client,
        client.stream("GET", f"{address}/graphql?{query}", headers=headers) as answer,
    ):
        assert answer.status_code == 200
        async for line in answer.aiter_lines():
            name, _, value = line.partition(": ")
            if name == "id":
                event_id = value
            elif name == "data":
                yield event_id, json.loads(value)["data"]["it"]


@dataclass
class Ledger:
    """What the followers are held against: how many entries there will be, and how many somebody has read."""

    total: int
    furthest: int = 0
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def read(self, number: int) -> None:
        """Somebody has read so many."""
        if number > self.furthest:
            self.furthest = number
            await self.tell()

    async def caught_up(self, written: int) -> None:
        """So many are written: wait until somebody has read all of them."""
        await self.until(lambda: self.furthest >= written)

    async def tell(self) -> None:
        """Something came, whatever it is."""
        async with self.changed:
            self.changed.notify_all()

    async def until(self, so: Callable[[], bool]) -> None:
        """Wait until it is so, looking whenever something came."""
        async with self.changed:
            await self.changed.wait_for(so)


@dataclass
class Reader:
    """One follower of a program's activity, cut ``cuts`` times at places the seed decides."""

    seed: int
    cuts: int
    follow: Follow
    addresses: Sequence[str]
    entries: list[tuple[str, str, int | None]] = field(default_factory=list)
    connections: int = 0

    async def read(self, slug: str, start: str, ledger: Ledger) -> None:
        """Read all there will be."""
        random = Random(self.seed)
        cursor = start
        for place in [*sorted(random.sample(range(1, ledger.total), self.cuts)), ledger.total]:
            self.connections += 1
            async with aclosing(self.follow(random.choice(self.addresses), ACTIVITY, slug, cursor)) as frames:
                async for event_id, entry in frames:
                    cursor = entry["cursor"]
                    assert event_id in (None, cursor)
                    revision = entry["edit"]["revisionId"] if "edit" in entry else None
                    self.entries.append((entry["__typename"], cursor, None if revision is None else int(revision)))
                    await ledger.read(len(self.entries))
                    if len(self.entries) >= place:
                        break


@dataclass
class Watcher:
    """One follower of a program's numbers, cut after some messages each time, for as long as it is let."""

    seed: int
    follow: Follow
    addresses: Sequence[str]
    connections: int = 0
    newest: dict[str, Any] = field(default_factory=dict)

    async def watch(self, slug: str, ledger: Ledger) -> None:
        """Watch until cancelled. On one connection numbers neither go back nor come twice."""
        random = Random(self.seed)
        while True:
            self.connections += 1
            seen: list[int] = []
            few = random.randrange(2, 8)
            async with aclosing(self.follow(random.choice(self.addresses), METRICS, slug, None)) as frames:
                async for _, self.newest in frames:
                    seen.append(self.newest["version"])
                    assert seen == sorted(set(seen))
                    await ledger.tell()
                    if len(seen) == few:
                        break

# SPDX-License-Identifier: GPL-3.0-or-later
"""From an edit saved on a wiki to the frame at a screen: milliseconds at 50 edits a second, and where they go.

The stand-in for Wikimedia and the screen (a WebSocket client of another library) are here; the whole service, with
web part, consumer and worker, is a process of its own on an embedded PostgreSQL. That process only notes the time at
four places; all clocks are this machine's.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import random
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from time import time
from typing import Any
from unittest.mock import patch

import httpx
import uvloop
from websockets.asyncio.client import ClientConnection, connect

from benchmarks.measures import load, share, tell
from graph import app
from graph.activity import EditCounted
from graph.broker import Broker
from graph.db import embedded
from graph.edits import Batch
from graph.simulator.app import create_app
from graph.simulator.moderation import Wikimedia
from graph.simulator.server import running
from graph.streams import consumer, eventstreams
from graph.streams.events import Find, Understood, understand
from graph.streams.ingest import Counted, ingest
from graph.streams.relay import Published
from tests.scenario.stage import EDITORS, Stage, people, settings

STAGES = ("saved", "arrived", "committed", "published", "received")
NAMES = ("save -> arrival", "arrival -> commit", "commit -> publish", "publish -> frame")
PAGES = 200
WARM_SECONDS = 2.0
INDEX_SECONDS = 1.0  # the promise: an enrollment is known to the consumer within a second
SUBSCRIPTION = """subscription($slug: String!) { programActivity(slug: $slug) { ... on EditCounted {
  cursor edit { revisionId wiki { dbname } editor { username } article { title } byteChange } metrics { totalEdits }
} } }"""

Times = dict[int, float]


class Notes:
    """In the service's process: when each revision arrived, was committed and was published (seconds)."""

    def __init__(self) -> None:
        self.arrived: Times = {}
        self.committed: Times = {}
        self.published: Times = {}

    def take(self) -> None:
        """Put a clock beside the three functions that edits pass."""
        publish = Broker.publish

        def understood(data: bytes, find: Find) -> Understood:
            now = time()
            seen = understand(data, find)
            for edit in seen.edits:
                self.arrived.setdefault(edit.edit.revision_id, now)
            return seen

        async def ingested(conn: Any, batch: Batch) -> Counted:
            counted = await ingest(conn, batch)
            now = time()
            for edit in batch.edits:
                self.committed.setdefault(edit.edit.revision_id, now)
            return counted

        def published(broker: Broker, topic: Any, message: Any) -> None:
            if isinstance(message, Published) and isinstance(message.entry, EditCounted):
                self.published.setdefault(message.entry.edit.revision_id, time())
            publish(broker, topic, message)

        patch.object(eventstreams, "understand", understood).start()
        patch.object(consumer, "ingest", ingested).start()
        patch.object(Broker, "publish", published).start()


async def serve(database_url: str, upstream: str) -> None:
    """Be the service: print the address, run until standard input ends, print the notes."""
    notes = Notes()
    notes.take()
    async with app.started(settings(database_url, upstream), database_url, app.Parts(True, True, True)) as service:
        print(service.address, flush=True)
        await asyncio.to_thread(sys.stdin.read)
    print(json.dumps([notes.arrived, notes.committed, notes.published]), flush=True)


class Service:
    """The service's process."""

    def __init__(self, database_url: str, upstream: str) -> None:
        command = [sys.executable, "-m", "benchmarks.latency", "--serve", database_url, upstream]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def address(self) -> str:
        """Where it listens, once it does."""
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def end(self) -> list[Times]:
        """End it; its notes."""
        told, _ = self.process.communicate(timeout=30)
        return [{int(revision): at for revision, at in times.items()} for times in json.loads(told)]


@contextlib.asynccontextmanager
async def screen(address: str, slug: str) -> AsyncIterator[ClientConnection]:
    """A socket that is subscribed to a program's activity."""
    url = address.replace("http://", "ws://") + "/graphql"
    async with connect(url, subprotocols=["graphql-transport-ws"]) as socket:  # type: ignore[list-item]
        await socket.send(json.dumps({"type": "connection_init"}))
        await socket.recv()
        payload = {"query": SUBSCRIPTION, "variables": {"slug": slug}}
        await socket.send(json.dumps({"type": "subscribe", "id": "1", "payload": payload}))
        yield socket


async def watch(socket: ClientConnection, received: Times) -> None:
    """Note when each revision's frame came."""
    async for message in socket:
        now, frame = time(), json.loads(message)
        if frame["type"] == "next":
            received[int(frame["payload"]["data"]["programActivity"]["edit"]["revisionId"])] = now


async def edit(save: Callable[[str, str], int], rate: float, seconds: float, saved: Times) -> None:
    """Save edits at random moments, ``rate`` a second on average; note when."""
    chance, loop = random.Random(1), asyncio.get_running_loop()
    begun = due = loop.time()
    while due - begun < seconds:
        due += chance.expovariate(rate)
        await asyncio.sleep(due - loop.time())
        now = time()
        saved[save(f"River {chance.randrange(PAGES)}", chance.choice(EDITORS))] = now


async def measure(database_url: str, rate: float, seconds: float) -> None:
    """Play, then print the figures."""
    wikis, saved, received = Wikimedia(), Times(), Times()
    people(wikis)
    async with running(create_app(wikis)) as upstream, httpx.AsyncClient(timeout=30) as client:
        service = Service(database_url, upstream)
        try:
            address = await asyncio.to_thread(service.address)
            stage = Stage(wikis, upstream, address, client)
            await stage.change("createCampaign", "CreateCampaignInput", "campaign { slug }", title="Rivers")
            slug = await stage.program("Rivers", "Rivers", {"enwiki": [0]}, list(EDITORS))
            await asyncio.sleep(INDEX_SECONDS)
            async with screen(address, slug) as socket:
                watching = asyncio.create_task(watch(socket, received))

                def save(title: str, who: str) -> int:
                    return int(wikis.save("enwiki", title, who, change=50).id)

                await edit(save, rate, WARM_SECONDS, Times())
                await edit(save, rate, seconds, saved)
                async with asyncio.timeout(20):
                    while not saved.keys() <= received.keys():
                        await asyncio.sleep(0.05)
                watching.cancel()
            notes = await asyncio.to_thread(service.end)
        finally:
            service.process.kill()
    report(rate, [saved, *notes, received])


def report(rate: float, times: list[Times]) -> None:
    """Print the whole and its parts, in milliseconds."""
    rows = [[each[revision] * 1e3 for each in times] for revision in times[0]]
    whole = [row[-1] - row[0] for row in rows]
    tell(f"save -> frame at {rate:.0f} edits/s, p50", f"{share(whole, 0.5):.0f} ms", f"{len(rows):,} edits; {load()}")
    tell("save -> frame, p99", f"{share(whole, 0.99):.0f} ms", f"longest {max(whole):.0f} ms")
    mean = sum(whole) / len(whole)
    for number, name in enumerate(NAMES):
        parts = [row[number + 1] - row[number] for row in rows]
        part = sum(parts) / len(parts)
        figure = f"p50 {share(parts, 0.5):.1f} ms, p99 {share(parts, 0.99):.1f} ms"
        tell(f"  {name}, share of the mean", f"{part / mean:.0%}", figure)


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rate", type=float, default=50, help="edits a second (50)")
    parser.add_argument("--seconds", type=float, default=20, help="how long (20)")
    parser.add_argument("--serve", nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        if arguments.serve:
            runner.run(serve(*arguments.serve))
            return
        with tempfile.TemporaryDirectory(prefix="latency") as folder, embedded.start(Path(folder)) as server:
            runner.run(measure(server.url, arguments.rate, arguments.seconds))


if __name__ == "__main__":
    main()

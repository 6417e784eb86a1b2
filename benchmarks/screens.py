# SPDX-License-Identifier: GPL-3.0-or-later
"""A stage for screens: the service in a process of its own on one processor, programs, and edits that count in them.

An edit goes by the very function that the consumer calls, and is followed by the service as always: by NOTIFY and the
relay. The screens (see ``benchmarks.crowd``), the edits and PostgreSQL share the other processor.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import time
from urllib.parse import quote, urlsplit

import asyncpg

from benchmarks.crowd import Opening, Step, client_frame
from benchmarks.ingest import PROGRAMS, Editathon, build
from benchmarks.rounds import SERVER_CORE, UPGRADE, pinned
from graph.db import embedded, migrate
from graph.db.pool import Connection, connect_alone
from graph.edits import Batch
from graph.streams.ingest import ingest
from graph.web.live_screens import live_documents

STREAMS = 40_000
_IN_MEMORY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
EDITORS = 10 * PROGRAMS
ACTIVITY = live_documents()["activity_program"]
NUMBERS = ACTIVITY[ACTIVITY.index("fragment Numbers") : ACTIVITY.index("fragment Card")]
METRICS = "subscription Follow($key: String!) { entry: programMetrics(slug: $key) { ...Numbers } }\n" + NUMBERS
INIT = client_frame(b'{"type":"connection_init"}')


def request(kind: str, slug: str, after: str | None = None) -> dict[str, object]:
    """The operation of a screen: ``activity`` as our own pages follow it, or ``metrics``."""
    if kind == "metrics":
        return {"query": METRICS, "variables": {"key": slug}}
    return {"query": ACTIVITY, "variables": {"key": slug, "names": False, "after": after}}


def socket(kind: str, slug: str, after: str | None = None) -> Opening:
    """How a screen opens over WebSocket; it waits for each answer before it goes on."""
    message = json.dumps({"type": "subscribe", "id": "1", "payload": request(kind, slug, after)}).encode()
    # Nothing tells that a subscription has begun: whoever wants to know waits for the first message.
    steps = (Step(UPGRADE, b"\r\n\r\n"), Step(INIT, b"connection_ack"), Step(client_frame(message), b""))
    return Opening(steps, b'"next"', frames=True)


def stream(kind: str, slug: str, after: str | None = None) -> Opening:
    """How a screen opens over Server-Sent Events."""
    asked = request(kind, slug, after)
    query, variables = (quote(str(asked["query"])), quote(json.dumps(asked["variables"])))
    line = f"GET /graphql?query={query}&variables={variables} HTTP/1.1\r\n"
    text = line + "Host: localhost\r\nAccept: text/event-stream\r\n\r\n"
    return Opening((Step(text.encode(), b"\r\n\r\n"),), b"event: next", frames=False)


@dataclass
class Newsroom:
    """Programs on a database of their own, each with its editors; the loop that runs what is asynchronous."""

    loop: asyncio.AbstractEventLoop
    url: str
    conn: Connection
    slugs: list[str]
    editathons: list[Editathon]

    def edit(self, program: int, count: int = 1) -> float:
        """So many edits, in a transaction each, that count in one program; when the last was committed (seconds)."""
        for edits in [self.editathons[program].edits(1) for _ in range(count)]:
            batch = Batch(edits=edits, checkpoint={"eqiad.mediawiki.page_change.v1": edits[0].edit.revision_id})
            counted = self.loop.run_until_complete(ingest(self.conn, batch))
            if counted.new != 1:
                raise SystemExit("an edit did not count")
        return time()

    def cursor(self) -> str:
        """The newest place in the activity."""
        from graph.db import activity
        from graph.schema.cursors import encode_activity

        position = self.loop.run_until_complete(activity.position(self.conn))
        return encode_activity(position.epoch, position.newest)


@contextmanager
def postgresql() -> Iterator[str]:
    """A PostgreSQL beside this process while the block lasts; what is measured begins after its commits."""
    with tempfile.TemporaryDirectory(prefix="screens") as folder, embedded.start(Path(folder), _IN_MEMORY) as server:
        yield server.url


@contextmanager
def newsroom(server_url: str, name: str) -> Iterator[Newsroom]:
    """A database of this name with programs in it."""
    loop = asyncio.new_event_loop()
    url = urlsplit(server_url)._replace(path=f"/{name}").geturl()

    async def begin() -> tuple[Connection, list[int], list[str]]:
        conn = await asyncpg.connect(server_url)
        await conn.execute(f"CREATE DATABASE {name}")
        await conn.close()
        await migrate.migrate(url)
        conn = await connect_alone(url)
        editors = await build(conn, EDITORS)
        return conn, editors, [row["slug"] for row in await conn.fetch("SELECT slug FROM program ORDER BY id")]

    conn, editors, slugs = loop.run_until_complete(begin())
    # Revisions are apart by program, and so are the editors.
    editathons = [
        Editathon(editors[number::PROGRAMS], revision=number * 10**7, page=number * 10**7) for number in range(PROGRAMS)
    ]
    try:
        yield Newsroom(loop, url, conn, slugs, editathons)
    finally:
        loop.run_until_complete(conn.close())
        loop.close()


@dataclass
class Service:
    """The service's process and its port."""

    process: subprocess.Popen[str]
    port: int

    @property
    def memory(self) -> int:
        """Bytes of it that are in memory."""
        return int(Path(f"/proc/{self.process.pid}/statm").read_text("utf-8").split()[1]) * os.sysconf("SC_PAGE_SIZE")


@contextmanager
def service(database_url: str, port: int = 0) -> Iterator[Service]:
    """``programs-graph serve`` on its processor while the block lasts."""
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": os.environ.get("HOME", "/"),
        "GRAPH_DATABASE_URL": database_url,
        "GRAPH_PORT": str(port),
        "GRAPH_MAX_STREAMS": str(STREAMS),
    }
    command = pinned(SERVER_CORE, sys.executable, "-m", "graph", "serve")
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stderr is not None
        try:
            line = next(line for line in process.stderr if "listening on" in line)
            threading.Thread(target=deque, args=(process.stderr, 0), daemon=True).start()  # nobody waits for a reader
            yield Service(process, int(line.rpartition(":")[2]))
        finally:
            process.kill()

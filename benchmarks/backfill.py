# SPDX-License-Identifier: GPL-3.0-or-later
"""Contributions a second from a loopback Action API through parse and ingest, and the ratio to fetching alone.

A process answers with 500 contributions at a time, either at once or after as long as is said, and the same answers are
fetched three times: read and dropped, understood and dropped, and understood and ingested with all tallies,
``synchronous_commit`` on, into a PostgreSQL of the benchmark's own. Last, how much memory the reading process took.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import resource
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import aclosing
from pathlib import Path
from time import perf_counter, process_time

import httpx
import uvloop

from benchmarks.ingest import END, START, build
from benchmarks.lists import ROWS, lists
from benchmarks.measures import load, tell
from graph.db import embedded, migrate, pool
from graph.db.pool import Connection
from graph.programs import Editor, Wiki
from graph.streams.history import History, Wanted
from graph.streams.ingest import ingest
from graph.wikimedia.action_api import IN_FLIGHT, ActionApi
from graph.wikimedia.contributions import VALUES, WikimediaContributions

WIKI = Wiki("enwiki", "en.wikipedia.org", "wikipedia", "en")
AGENT = "ProgramsGraphBenchmarks/1.0 (benchmarks@example.org)"


def _contributions(client: httpx.AsyncClient, address: str) -> WikimediaContributions:
    return WikimediaContributions(ActionApi(client, address, AGENT, asyncio.Semaphore(IN_FLIGHT)))


async def fetch(client: httpx.AsyncClient, address: str, editors: int) -> float:
    """Read all answers and drop them; the seconds it took."""
    begun = perf_counter()
    for first in range(1, editors + 1, VALUES):
        users = range(first, min(first + VALUES, editors + 1))
        parameters = {"list": "usercontribs", "ucuserids": "|".join(map(str, users))}
        while True:
            body = (await client.get(address, params=parameters)).content
            head = body[:200].decode()
            if '"continue"' not in head:
                break
            parameters["uccontinue"] = head.partition('"uccontinue":"')[2].partition('"')[0]
    return perf_counter() - begun


async def understand(history: History, people: Sequence[Editor]) -> float:
    """Read all, and make edits and changes of it; the seconds it took."""
    begun = perf_counter()
    async with aclosing(history.read(Wanted(WIKI, people, START, END))) as reads:
        async for _ in reads:
            pass
    return perf_counter() - begun


async def backfill(history: History, conn: Connection, people: Sequence[Editor]) -> tuple[int, float, float]:
    """Read and ingest all; how many contributions that were, and the seconds on the wall and of this process."""
    begun, used, found = perf_counter(), process_time(), 0
    async with aclosing(history.read(Wanted(WIKI, people, START, END))) as reads:
        async for read in reads:
            counted = await ingest(conn, read.batch)
            if counted.new != len(read.batch.edits):
                raise SystemExit(f"counted {counted.new} of {len(read.batch.edits)} contributions")
            found += counted.new
            if found % 200_000 == 0:
                tell(f"  after {found:,} contributions", f"{found / (perf_counter() - begun):,.0f}", _memory())
    return found, perf_counter() - begun, process_time() - used


def _memory() -> str:
    return f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB at most"


@contextlib.contextmanager
def _server() -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="backfill") as folder, embedded.start(Path(folder)) as server:
        yield server.url


async def read_only(editors: int, each: int, seconds: float) -> None:
    """Fetch alone, then understand, without a ledger, and print both and the memory."""
    people = [Editor(n, f"Editor {n}", n, None) for n in range(1, editors + 1)]
    with lists(each, seconds) as address:
        async with httpx.AsyncClient() as client:
            alone = await fetch(client, address, editors)
            understood = await understand(History(_contributions(client, address)), people)
    found = editors * each
    tell(f"understood/s, {seconds * 1e3:.0f} ms an answer", f"{found / understood:,.0f}", f"{found:,}; {load()}")
    tell("  fetching alone", f"{found / alone:,.0f}")
    tell("  ratio to fetching alone", f"{alone / understood:.2f}")
    tell("  memory of the reading process", _memory().removesuffix(" at most"))


async def measure(url: str, editors: int, each: int, seconds: float, name: str) -> None:
    """Fetch alone, understand, then backfill a fresh ledger, and print all and the ratio."""
    conn = await pool.connect_alone(url)
    await conn.execute(f"CREATE DATABASE {name}")
    await conn.close()
    url = url.replace("/postgres?", f"/{name}?")
    await migrate.migrate(url)
    conn = await pool.connect_alone(url)
    numbers = await build(conn, editors)
    people = [Editor(number, f"Editor {n}", n, None) for n, number in enumerate(numbers, 1)]
    with lists(each, seconds) as address:
        async with httpx.AsyncClient() as client:
            alone = await fetch(client, address, editors)
            history = History(_contributions(client, address))
            understood = await understand(history, people)
            found, wall, used = await backfill(history, conn, people)
    await conn.close()
    tell(f"contributions/s, {seconds * 1e3:.0f} ms an answer", f"{found / wall:,.0f}", f"{found:,}; {load()}")
    tell("  fetching alone", f"{found / alone:,.0f}")
    tell("  ratio to fetching alone", f"{alone / wall:.2f}")
    tell("  understood and dropped", f"{found / understood:,.0f}")
    tell(f"  processor time of {ROWS}, Python", f"{used / found * ROWS * 1e3:.1f} ms")
    tell("  memory of the reading process", _memory().removesuffix(" at most"))


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--editors", type=int, default=1_000, help="how many editors (1,000)")
    parser.add_argument("--each", type=int, default=50, help="how many contributions each has (50)")
    parser.add_argument(
        "--answer", type=float, nargs="*", default=[0, 100], help="milliseconds an answer takes (0 and 100)"
    )
    parser.add_argument("--without-ledger", action="store_true", help="read and understand only")
    arguments = parser.parse_args()
    if arguments.without_ledger:
        for answer in arguments.answer:
            uvloop.run(read_only(arguments.editors, arguments.each, answer / 1000))
        return
    with _server() as url, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        for number, answer in enumerate(arguments.answer):
            runner.run(measure(url, arguments.editors, arguments.each, answer / 1000, f"backfill{number}"))


if __name__ == "__main__":
    main()

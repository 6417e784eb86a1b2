# SPDX-License-Identifier: GPL-3.0-or-later
"""Events a second from a loopback socket to matched and stored, as after an outage: 100,000 enrolled, 1 % matched.

A process of its own sends page_change events, in chunks of 16 KiB and then line by line as Wikimedia's server does.
The consumer of the service reads them, alone in this process: transport, decoder, look-up, and the ledger in an
embedded PostgreSQL. The bound is the slim decode and the look-up alone, over the same events in memory. Processor time
is that of the consumer's process, which has one thread: its reciprocal is what one core of its own would do.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import median
from time import perf_counter, process_time

import httpx
import uvloop

from benchmarks.feed import ENROLLED, EVENTS_A_BLOCK, Block, feeding
from benchmarks.ingest import _server, build
from benchmarks.measures import load, tell
from graph.db import migrate, pool
from graph.db.pool import Connection, Pool
from graph.streams.consumer import Consumer
from graph.streams.enrollment import Enrollment
from graph.streams.events import Find, understand
from graph.streams.eventstreams import EventStream
from graph.streams.transport import StreamTransport

MATCHED = 0.01
WARM_BLOCKS = 5
CHUNK = 16 * 1024
POLL_SECONDS = 0.01


@dataclass(frozen=True)
class Figure:
    """Of one run: events a second on the wall, and microseconds of the consumer's processor time for each."""

    rate: float
    cpu: float


@dataclass
class Bench:
    """A service's consumer on a database, and what it is fed."""

    url: str
    pool: Pool
    conn: Connection
    httpx_transport: bool
    source: EventStream | None = None
    sent: int = 0

    async def run(self, block: Block, chunk: int | None, blocks: int) -> Figure:
        """Consume ``blocks`` blocks after some that are not timed; all of their matched edits are stored at the end."""
        sendings = range(self.sent, self.sent + WARM_BLOCKS + blocks)
        self.sent = sendings.stop
        with feeding(MATCHED, chunk, sendings) as address:
            async with self._consuming(address):
                await self._reached(self._events, WARM_BLOCKS * EVENTS_A_BLOCK)
                seen, wall, cpu = self._read, perf_counter(), process_time()
                await self._reached(self._events, len(sendings) * EVENTS_A_BLOCK)
                await self._reached(self._stored, self.sent * block.matched)
                count = self._read - seen
                return Figure(count / (perf_counter() - wall), (process_time() - cpu) / count * 1e6)

    @contextlib.asynccontextmanager
    async def _consuming(self, address: str) -> AsyncIterator[None]:
        transport = None if self.httpx_transport else StreamTransport()
        async with httpx.AsyncClient(transport=transport) as client:

            def open_source(checkpoint: dict[str, int] | None, find: Find) -> EventStream:
                self.source = EventStream(
                    client=client, url=address, user_agent="benchmark", find=find, checkpoint=checkpoint
                )
                return self.source

            consumer = Consumer(self.url, self.pool, open_source, lambda: datetime.now(UTC), lambda: None)
            task = asyncio.create_task(consumer.run())
            try:
                yield
            finally:
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task
                self.source = None

    @property
    def _read(self) -> int:
        return 0 if self.source is None else self.source.status.events

    async def _events(self) -> int:
        return self._read

    async def _stored(self) -> int:
        return int(await self.conn.fetchval("SELECT count(*) FROM edit"))

    async def _reached(self, number: Callable[[], Awaitable[int]], enough: int) -> None:
        while await number() < enough:
            await asyncio.sleep(POLL_SECONDS)

    async def bound(self, block: Block) -> float:
        """Microseconds an event for the slim decode and the look-up alone, the median of five passes."""
        enrollment = Enrollment()
        await enrollment.refresh(self.conn)
        passes = []
        for _ in range(5):
            before = process_time()
            for event in block.events:
                understand(event, enrollment.index.find)
            passes.append((process_time() - before) / EVENTS_A_BLOCK * 1e6)
        return median(passes)


def _tell(name: str, figures: list[Figure], bound: float) -> None:
    rates, cpus = [figure.rate for figure in figures], [figure.cpu for figure in figures]
    cpu = median(cpus)
    tell(f"{name}, events/s", f"{median(rates):,.0f}", f"runs {', '.join(f'{rate:,.0f}' for rate in rates)}; {load()}")
    tell("  processor time an event, consumer", f"{cpu:.1f} us", f"runs {', '.join(f'{one:.1f}' for one in cpus)}")
    tell("  so one core to itself, events/s", f"{1e6 / cpu:,.0f}")
    tell("  ratio to the bound", f"{cpu / bound:.1f}")


async def measure(url: str, blocks: int, runs: int, httpx_transport: bool) -> None:
    """Print the figures."""
    await migrate.migrate(url)
    conn, connections = await pool.connect_alone(url), await pool.connect(url)
    await build(conn, ENROLLED)
    bench = Bench(url, connections, conn, httpx_transport)
    plain = Block(MATCHED, None)
    frame = len(plain.data) / EVENTS_A_BLOCK
    bound = await bench.bound(plain)
    tell("bound: slim decode and look-up, an event", f"{bound:.1f} us", f"{1e6 / bound:,.0f} events/s")
    tell("event with its frame, mean", f"{frame:,.0f} bytes", f"{ENROLLED:,} enrolled, {MATCHED:.0%} matched")
    for name, chunk, share in (("in 16 KiB chunks", CHUNK, 1), ("line by line", None, 2)):
        _tell(name, [await bench.run(plain, chunk, blocks // share) for _ in range(runs)], bound)
    await conn.close()
    await connections.close()


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--blocks", type=int, default=60, help=f"blocks of {EVENTS_A_BLOCK:,} events in a run (60)")
    parser.add_argument("--runs", type=int, default=3, help="how often each; the median is printed (3)")
    parser.add_argument("--httpx", action="store_true", help="with httpx's own transport instead of ours")
    arguments = parser.parse_args()
    with _server() as url, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(measure(url, arguments.blocks, arguments.runs, arguments.httpx))


if __name__ == "__main__":
    main()

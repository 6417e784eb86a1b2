# SPDX-License-Identifier: GPL-3.0-or-later
"""The composition root: the only module that builds pools, clients, brokers and tasks, and ends them in order.

A process runs any of three parts: *web* (the API, the pages, the relay that feeds them), *consumer* (the stream into
the ledger) and *worker* (what may wait). They meet in PostgreSQL and nowhere else, so one process with all three and
many processes with one each are the same program.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

import httpx
import uvloop

from graph import VERSION, pulse
from graph.broker import Broker
from graph.db import embedded
from graph.db import migrate as migrations
from graph.db.pool import Pool, connect
from graph.jobs.attended import history_of
from graph.jobs.worker import Worker
from graph.resolvers.deps import Deps
from graph.settings import Settings
from graph.signals import Told
from graph.streams.consumer import Consumer
from graph.streams.eventstreams import EventStream
from graph.streams.transport import StreamTransport
from graph.wikimedia.action_api import IN_FLIGHT
from graph.wikimedia.scopes.sources import sources
from graph.wikimedia.users import WikimediaUsers

if TYPE_CHECKING:
    from graph.serving import Web

log = logging.getLogger(__name__)

# Within ten seconds after SIGTERM everything has ended: sockets and tasks side by side, then what hangs, then the pool.
TASKS_SECONDS = 5.0
HANGING_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Parts:
    """What a process runs."""

    web: bool = False
    consumer: bool = False
    worker: bool = False
    shared: bool = False
    """Whether other processes listen on the web part's port as well."""


@dataclass(slots=True)
class Running:
    """A started process, for whoever started it inside this event loop."""

    deps: Deps
    address: str | None
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    web: Web | None = None


def now() -> datetime:
    """The time, aware and in UTC."""
    return datetime.now(UTC)


@contextlib.contextmanager
def database(settings: Settings) -> Iterator[str]:
    """The DSN to use: the one that is set, or that of the embedded server, which runs while the block does."""
    if settings.database_url is not None:
        yield settings.database_url
        return
    with embedded.start(settings.data_dir / "postgresql") as server:
        yield server.url


def collect_seldom() -> None:
    """Look for garbage in cycles less often: looking through thousands of connections costs more than they do.

    What is there already stays: it is looked through no more.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 10, 10)
    gc.enable()


def run(settings: Settings, *, web: bool, consumer: bool, worker: bool, shared: bool = False) -> None:
    """Run these parts until SIGINT or SIGTERM, then end them: nothing half done, everything within ten seconds.

    Raises GraphError where something needed is not there, and OSError where the port is taken.
    """

    told = Told()

    async def until_told(url: str) -> None:
        async with started(settings, url, Parts(web, consumer, worker, shared)) as running:
            collect_seldom()
            if running.address:
                log.info("listening on %s", running.address)
            await running.stop.wait()

    with told.heard(), database(settings) as url:
        uvloop.run(told.interrupts(until_told(url)))


@contextlib.asynccontextmanager
async def started(settings: Settings, url: str, parts: Parts) -> AsyncIterator[Running]:
    """Run ``parts`` on the database at ``url`` while the block does; a part that fails sets ``stop`` and raises."""
    await migrations.migrate(url)
    async with contextlib.AsyncExitStack() as stack:
        pool = await connect(url, largest=settings.database_connections)
        stack.push_async_callback(_close, pool)
        client = await stack.enter_async_context(httpx.AsyncClient(follow_redirects=False))
        door = None
        if parts.web:
            from graph import serving  # the schema and the pages: seconds to load, and tens of megabytes

            door = stack.enter_context(serving.door(settings, shared=parts.shared))
        address = None if door is None else door.address
        slots = asyncio.Semaphore(IN_FLIGHT)
        deps = _deps(settings, pool, client, slots, address)
        running = Running(deps, address)
        jobs: list[Callable[[], Awaitable[None]]] = []
        if parts.consumer:
            stream = await stack.enter_async_context(httpx.AsyncClient(transport=StreamTransport()))
            reading = partial(_stream, settings, stream)
            jobs.append(Consumer(url, pool, reading, now, _beat(settings, "consumer")).run)
        if parts.worker:
            history = history_of(client, settings.action_api, settings.user_agent, slots)
            jobs.append(Worker(deps, history, _beat(settings, "worker")).run)
        if door is not None:
            running.web = await stack.enter_async_context(door.web(settings, url, deps, running.stop))
            jobs += running.web.jobs
        await stack.enter_async_context(_tasks(jobs, running.stop, pool))
        yield running


def _beat(settings: Settings, part: str) -> Callable[[], object]:
    return pulse.Pulse(pulse.path(settings.run_dir, part)).beat


def _stream(
    settings: Settings,
    client: httpx.AsyncClient,
    checkpoint: dict[str, int] | None,
    find: Callable[[str, int | None, str], int | None],
) -> EventStream:
    return EventStream(
        client=client,
        url=settings.stream_url,
        user_agent=settings.user_agent,
        find=find,
        checkpoint=checkpoint,
        clock=now,
    )


def _deps(
    settings: Settings, pool: Pool, client: httpx.AsyncClient, slots: asyncio.Semaphore, address: str | None
) -> Deps:
    # A free port (0) is known to the socket only; unless another public address is set, it is the socket's.
    return Deps(
        pool=pool,
        broker=Broker(),
        clock=now,
        public_url=address if address is not None and settings.public_url.endswith(":0") else settings.public_url,
        users=WikimediaUsers(client, settings.action_api, settings.user_agent, slots=slots),
        scopes=sources(
            client, slots, settings.user_agent, settings.action_api, settings.petscan_url, settings.pagepile_url
        ),
        version=VERSION,
        session_key=(settings.session_key or "").encode(),
    )


@contextlib.asynccontextmanager
async def _tasks(jobs: Sequence[Callable[[], Awaitable[None]]], stop: asyncio.Event, pool: Pool) -> AsyncIterator[None]:
    """Run the jobs beside the block; the first that ends by itself sets ``stop``, and its error is raised at the end.

    At the end each is interrupted, between transactions or inside one that is then rolled back. What waits for a
    database that does not answer is cut off from it.
    """
    tasks = [asyncio.ensure_future(job()) for job in jobs]
    for task in tasks:
        task.add_done_callback(lambda _: stop.set())
    try:
        yield
    finally:
        stop.set()
        for task in tasks:
            task.cancel()
        _, hanging = await asyncio.wait(tasks, timeout=TASKS_SECONDS)
        if hanging:
            log.warning("the database does not answer: leaving without it")
            pool.terminate()
            for task in hanging:
                task.cancel()
            await asyncio.wait(hanging, timeout=HANGING_SECONDS)
        for task in tasks:
            if task.done() and not task.cancelled() and task not in hanging and (error := task.exception()) is not None:
                raise error


async def _close(pool: Pool) -> None:
    if pool.is_closing():
        return
    try:
        async with asyncio.timeout(TASKS_SECONDS / 2):
            await pool.close()
    except TimeoutError:
        pool.terminate()

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
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial

import httpx
import uvloop
from starlette.applications import Starlette
from starlette.middleware import Middleware

from graph import VERSION, pulse
from graph.answers import Answers
from graph.broker import Broker
from graph.db import embedded
from graph.db import migrate as migrations
from graph.db.pool import LOST, Pool, cannot_answer, connect
from graph.figures import exposition, trouble
from graph.jobs.attended import history_of
from graph.jobs.worker import Worker
from graph.resolvers.deps import Deps
from graph.resolvers.identity import Actor
from graph.resolvers.submitting import Submissions
from graph.schema.access import Everybody
from graph.schema.context import Context
from graph.schema.execution import Answer, Executor, PublicAnswer
from graph.schema.root import schema
from graph.settings import Settings
from graph.signals import Told
from graph.streams.consumer import Consumer
from graph.streams.eventstreams import EventStream
from graph.streams.relay import Relay
from graph.streams.transport import StreamTransport
from graph.web import listening
from graph.web.about import Operator, about_routes
from graph.web.asking import Asking
from graph.web.console import console_routes
from graph.web.console.desk import Desk
from graph.web.embedding import embed_routes
from graph.web.examples import examples
from graph.web.graphql_routes import graphql_routes
from graph.web.graphql_streams import Streams
from graph.web.guarding import Guarded
from graph.web.health import health_routes
from graph.web.joining import joining_routes
from graph.web.live_screens import live_documents
from graph.web.pages import documents, page_routes
from graph.web.rendering import HANDLERS, away
from graph.web.screens import screen_routes
from graph.web.server import serve
from graph.web.sign_in import SignIn
from graph.web.sign_in_pages import sign_in_routes
from graph.wikimedia.action_api import IN_FLIGHT
from graph.wikimedia.oauth import WikimediaOAuth, without_cookies
from graph.wikimedia.scopes.sources import sources
from graph.wikimedia.users import WikimediaUsers

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
    executor: Executor
    address: str | None
    log_in: WikimediaOAuth | None = None
    stop: asyncio.Event = field(default_factory=asyncio.Event)


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
    """Look for garbage in cycles less often: looking through thousands of connections costs more than they do."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 10, 10)


def run(settings: Settings, *, web: bool, consumer: bool, worker: bool, shared: bool = False) -> None:
    """Run these parts until SIGINT or SIGTERM, then end them: nothing half done, everything within ten seconds.

    Raises GraphError where something needed is not there, and OSError where the port is taken.
    """

    told = Told()
    collect_seldom()
    if web:
        listening.allow_many()

    async def until_told(url: str) -> None:
        async with started(settings, url, Parts(web, consumer, worker, shared)) as running:
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
        listener = None
        if parts.web:
            listener = stack.enter_context(listening.listen(settings.host, settings.port, shared=parts.shared))
        address = None if listener is None else listening.address(settings.host, listener)
        slots = asyncio.Semaphore(IN_FLIGHT)
        deps = _deps(settings, pool, client, slots, address)
        known = _ours()
        answers: Answers[Answer | PublicAnswer] = Answers(clock=time.monotonic)
        executor = Executor(
            schema, partial(_context, deps), policy=Everybody(), known=known, answers=answers, away=cannot_answer
        )
        log_in = _log_in(settings, await stack.enter_async_context(without_cookies()), deps)
        running = Running(deps, executor, address, log_in)
        stream = await stack.enter_async_context(httpx.AsyncClient(transport=StreamTransport()))
        jobs = _jobs(settings, url, running, stream, parts)
        if parts.worker:
            history = history_of(client, settings.action_api, settings.user_agent, slots)
            jobs.append(Worker(deps, history, _beat(settings, "worker")).run)
        if parts.web:
            relay = Relay(url, pool, deps.broker, answers)
            await relay.begin()
            jobs += [relay.run, partial(deps.credentials.watch, pool, deps.clock)]
        if listener is not None:
            jobs.append(
                partial(serve, web_app(settings, running), listener, running.stop, settings.forwarded_allow_ips)
            )
        await stack.enter_async_context(_tasks(jobs, running.stop, pool))
        yield running


def _jobs(
    settings: Settings, url: str, running: Running, stream: httpx.AsyncClient, parts: Parts
) -> list[Callable[[], Awaitable[None]]]:
    deps = running.deps
    jobs: list[Callable[[], Awaitable[None]]] = []
    if parts.consumer:
        jobs.append(Consumer(url, deps.pool, partial(_stream, settings, stream), now, _beat(settings, "consumer")).run)
    return jobs


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


def _log_in(settings: Settings, client: httpx.AsyncClient, deps: Deps) -> WikimediaOAuth | None:
    if settings.oauth_client_id is None or settings.oauth_client_secret is None:
        return None
    return WikimediaOAuth(
        client,
        settings.oauth_url,
        settings.oauth_client_id,
        settings.oauth_client_secret,
        f"{deps.public_url}/sign-in/callback",
        settings.user_agent,
    )


def _ours() -> tuple[str, ...]:
    """The documents of our own pages and screens."""
    return (*documents().values(), *live_documents().values())


def _context(deps: Deps, identity: object, *, last_event_id: str | None) -> Context:
    assert isinstance(identity, Actor)
    return Context(deps, identity, last_event_id=last_event_id)


def web_app(settings: Settings, running: Running) -> Starlette:
    """The routes of the web part."""
    deps, log_in = running.deps, running.log_in
    sign_in = SignIn(deps, settings.admins, development=settings.dev_sign_in, offered=log_in is not None)
    streams = Streams(settings.max_streams)
    return Starlette(
        routes=[
            *health_routes(
                partial(trouble, deps.pool),
                partial(exposition, deps.pool, streams, running.executor),
                settings.metrics_token,
            ),
            *graphql_routes(
                running.executor,
                sign_in,
                closing=running.stop,
                examples=examples(),
                streams=streams,
                trusted=_ours(),
            ),
            *sign_in_routes(deps, sign_in, log_in),
            *screen_routes(deps, sign_in),
            *joining_routes(deps, sign_in),
            *about_routes(sign_in, Operator(settings.contact, deps.public_url, settings.source_url)),
            *embed_routes(running.executor, deps.public_url),
            *console_routes(Desk(Asking(running.executor, documents()), sign_in, Submissions(deps), deps.public_url)),
            *page_routes(running.executor, sign_in.reader, sign_in.corner, deps.public_url),
        ],
        middleware=[Middleware(Guarded)],
        exception_handlers={**HANDLERS, **dict.fromkeys(LOST, away)},
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

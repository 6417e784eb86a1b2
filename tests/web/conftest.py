# SPDX-License-Identifier: GPL-3.0-or-later
"""The toy schema behind our transports, served on a real socket."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import pytest_asyncio
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from graph.errors import DatabaseUnavailable, ErrorCode, UserFault
from graph.schema.execution import Executor
from graph.web.graphql_explorer import STATIC, Example
from graph.web.graphql_routes import graphql_routes
from graph.web.graphql_streams import SocketLimits, Streams
from tests.conftest import new_database
from tests.web.serving import serving
from tests.web.toy import Context, Journal, schema
from tests.web.visiting import Place, Visitor, visited

EXAMPLES = (
    Example("Greeting", "query Greet($name: String!) {\n  greet(name: $name)\n}", '{"name": "<b>Ada</b>"}'),
    Example("Ticks", "subscription { ticks { cursor number } }"),
)


@dataclass
class Toy:
    """The toy service as a test meets it."""

    url: str
    journal: Journal
    closing: asyncio.Event
    executor: Executor

    @property
    def socket_url(self) -> str:
        return self.url.replace("http://", "ws://")


async def identify(headers: Mapping[str, str], params: Mapping[str, Any] | None) -> object:
    """Anonymous, ``Bearer NAME``, or a refusal of ``Bearer nobody``; ``crash`` breaks, and ``away`` finds nobody in."""
    claim = (params or {}).get("Authorization") or headers.get("authorization") or ""
    name = str(claim).removeprefix("Bearer ")
    if name == "nobody":
        raise UserFault(ErrorCode.NOT_SIGNED_IN, "This token is not valid.")
    if name == "crash":
        raise RuntimeError("secret of the sign-in")
    if name == "away":
        raise DatabaseUnavailable("secret of the sign-in")
    return name or "anonymous"


def executor_of(journal: Journal) -> Executor:
    def make_context(identity: object, *, last_event_id: str | None) -> Context:
        journal.contexts += 1
        return Context(journal, identity, last_event_id)

    return Executor(schema, make_context)


@asynccontextmanager
async def toy_service(
    heartbeat: float = 20.0, limits: SocketLimits | None = None, streams: Streams | None = None
) -> AsyncIterator[Toy]:
    journal, closing = Journal(), asyncio.Event()
    executor = executor_of(journal)
    routes = graphql_routes(
        executor,
        identify,
        closing=closing,
        examples=EXAMPLES,
        heartbeat=heartbeat,
        limits=limits,
        streams=streams,
    )
    app = Starlette(routes=[*routes, Mount("/static", StaticFiles(directory=STATIC))])
    async with serving(app, closing=closing) as base:
        yield Toy(f"{base}/graphql", journal, closing, executor)


@pytest.fixture
async def toy() -> AsyncIterator[Toy]:
    """The toy service with the limits of production."""
    async with toy_service() as served:
        yield served


@pytest.fixture
async def hasty_toy() -> AsyncIterator[Toy]:
    """The toy service with short intervals: pings and heartbeats come every 20 ms, an init within 100 ms."""
    async with toy_service(heartbeat=0.02, limits=SocketLimits(0.1, 0.02, 3)) as served:
        yield served


@pytest.fixture
async def client(toy: Toy) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the toy service."""
    async with httpx.AsyncClient(verify=False, base_url=toy.url.removesuffix("/graphql")) as client:
        yield client


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def place(request: pytest.FixtureRequest, server_url: str, template: str) -> AsyncIterator[Place]:
    """The service with its pages; a module says in ADMINS who administers it, and in ACCOUNTS whom the wikis know."""
    with new_database(server_url, template) as url:
        async with visited(url, admins=getattr(request.module, "ADMINS", frozenset())) as running:
            for name in getattr(request.module, "ACCOUNTS", ()):
                running.home.wikimedia.account(name)
            yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def amara(place: Place) -> AsyncIterator[Visitor]:
    """An organizer, signed in."""
    async with place.visitor("Amara Quill") as visitor:
        yield visitor

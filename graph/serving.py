# SPDX-License-Identifier: GPL-3.0-or-later
"""The web part put together: the schema, the pages, the relay that feeds them, and the socket they are reached by.

Apart from ``graph.app``, which imports this only where a process has a web part: the schema and the pages are most of
what there is to load, and neither the consumer nor the worker needs them.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import httpx
from starlette.applications import Starlette
from starlette.middleware import Middleware

from graph.answers import Answers
from graph.db.pool import LOST, cannot_answer
from graph.figures import exposition, trouble
from graph.resolvers.deps import Deps
from graph.resolvers.identity import Actor
from graph.resolvers.submitting import Submissions
from graph.schema.access import Everybody
from graph.schema.context import Context
from graph.schema.execution import Answer, Executor, PublicAnswer
from graph.schema.root import schema
from graph.settings import Settings
from graph.streams.relay import Relay
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
from graph.wikimedia.oauth import WikimediaOAuth, without_cookies


@dataclass(frozen=True, slots=True)
class Web:
    """The web part of a process: what executes, who signs people in, and what it runs until it is told to stop."""

    executor: Executor
    log_in: WikimediaOAuth | None
    jobs: Sequence[Callable[[], Awaitable[None]]]


@dataclass(frozen=True, slots=True)
class Door:
    """Where the web part is reached: a listening socket and its URL."""

    listener: socket.socket
    address: str

    @contextlib.asynccontextmanager
    async def web(self, settings: Settings, url: str, deps: Deps, stop: asyncio.Event) -> AsyncIterator[Web]:
        """The web part behind it, on ``deps``; nobody is heard before its jobs run."""
        answers: Answers[Answer | PublicAnswer] = Answers(clock=time.monotonic)
        executor = Executor(
            schema, partial(_context, deps), policy=Everybody(), known=_ours(), answers=answers, away=cannot_answer
        )
        relay = Relay(url, deps.pool, deps.broker, answers)
        await relay.begin()
        async with without_cookies() as client:
            log_in = _log_in(settings, client, deps)
            app = web_app(settings, deps, executor, log_in, stop)
            jobs = (
                relay.run,
                partial(deps.credentials.watch, deps.pool, deps.clock),
                partial(serve, app, self.listener, stop, settings.forwarded_allow_ips),
            )
            yield Web(executor, log_in, jobs)


@contextlib.contextmanager
def door(settings: Settings, *, shared: bool) -> Iterator[Door]:
    """Listen; ``shared``: other processes listen on the same port. Raises OSError where it is taken."""
    listening.allow_many()
    with listening.listen(settings.host, settings.port, shared=shared) as listener:
        yield Door(listener, listening.address(settings.host, listener))


def web_app(
    settings: Settings, deps: Deps, executor: Executor, log_in: WikimediaOAuth | None, stop: asyncio.Event
) -> Starlette:
    """The routes of the web part."""
    sign_in = SignIn(deps, settings.admins, development=settings.dev_sign_in, offered=log_in is not None)
    streams = Streams(settings.max_streams)
    figures = partial(exposition, deps.pool, streams, executor)
    desk = Desk(Asking(executor, documents()), sign_in, Submissions(deps), deps.public_url)
    return Starlette(
        routes=[
            *health_routes(partial(trouble, deps.pool), figures, settings.metrics_token),
            *graphql_routes(executor, sign_in, closing=stop, examples=examples(), streams=streams, trusted=_ours()),
            *sign_in_routes(deps, sign_in, log_in),
            *screen_routes(deps, sign_in),
            *joining_routes(deps, sign_in),
            *about_routes(sign_in, Operator(settings.contact, deps.public_url, settings.source_url)),
            *embed_routes(executor, deps.public_url),
            *console_routes(desk),
            *page_routes(executor, sign_in.reader, sign_in.corner, deps.public_url),
        ],
        middleware=[Middleware(Guarded)],
        exception_handlers={**HANDLERS, **dict.fromkeys(LOST, away)},
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

# SPDX-License-Identifier: GPL-3.0-or-later
"""A service of public programs and campaigns whose numbers a test sets, behind the real routes of embeds."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.routing import Mount

from graph.web.embedding import embed_routes
from graph.web.graphql_request import Answer, GraphQLRequest, StreamedResult
from graph.web.graphql_routes import graphql_routes
from graph.web.pages import STATIC, Files
from graph.web.rendering import refused
from tests.browser.stage import Response
from tests.web.serving import serving

ORIGIN = "https://graph.example"
SLUG = "museum_night"
NUMBERS: dict[str, Any] = {
    "totalEdits": 1204, "articlesCreated": 18, "articlesEdited": 311, "editors": 30, "activeEditors": 23,
    "newEditors": 9, "bytesAdded": 1_284_500, "bytesRemoved": 7_000, "wordsAdded": None, "commonsUploads": 7,
    "uploadsInUse": None, "referencesAdded": None, "articleViews": None,
    "asOf": "2026-11-22T18:30:12Z", "version": 100,
}  # fmt: skip


class Public:
    """The scripted service: one program and one campaign of the same slug."""

    def __init__(self) -> None:
        self.there = True
        self.broken = False
        self.full = False
        self.title = "Night at the Museum"
        self.numbers = dict(NUMBERS)
        self.asked: list[tuple[str, Any, object]] = []
        self.followers = 0
        self.begun = 0
        self._moved = asyncio.Event()

    def count(self, **numbers: Any) -> None:
        """Change numbers, which whoever follows is told."""
        self.numbers = {**self.numbers, **numbers, "version": self.numbers["version"] + 1}
        self.move()

    def withdraw(self) -> None:
        """Make everything private, which ends what follows it."""
        self.there = False
        self.move()

    def move(self) -> None:
        """Have whoever follows look again."""
        self._moved.set()
        self._moved = asyncio.Event()

    def kind_of(self, request: GraphQLRequest) -> str | Answer:
        return "subscription" if request.query.lstrip("# ").startswith("subscription") else "query"

    async def execute(self, request: GraphQLRequest, identity: Any, *, allow_mutations: bool) -> Answer:  # noqa: ARG002 - the protocol's
        kind = "campaign" if "EmbedCampaign" in request.query else "program"
        variables = request.variables or {}
        self.asked.append((kind, variables, identity))
        if self.broken:
            return self.unexpected(RuntimeError())
        found = {"slug": SLUG, "title": self.title, "metrics": self.numbers}
        return Response({"data": {kind: found if self.there and variables.get("slug") == SLUG else None}})

    async def subscribe(
        self,
        request: GraphQLRequest,
        _identity: Any,
        *,
        last_event_id: str | None = None,  # noqa: ARG002 - the protocol's
    ) -> AsyncGenerator[StreamedResult, None] | Answer:
        if self.full:
            error = {"message": "All streams are taken.", "extensions": {"code": "TOO_MANY", "retryAfter": 30}}
            return Response({"errors": [error]}, refused=True)
        return self._numbers("campaignMetrics" if "campaignMetrics" in request.query else "programMetrics")

    def unexpected(self, _error: Exception) -> Answer:
        return Response({"errors": [{"message": "Internal error.", "extensions": {"code": "INTERNAL_ERROR"}}]})

    async def _numbers(self, field: str) -> AsyncGenerator[StreamedResult, None]:
        self.followers += 1
        self.begun += 1
        try:
            while self.there:
                moved = self._moved
                yield Response({"data": {field: self.numbers}})
                await moved.wait()
            error = {"message": "It is not there any more.", "extensions": {"code": "NOT_FOUND"}}
            yield Response({"errors": [error]}, failed=True)
        finally:
            self.followers -= 1


async def identify(headers: Mapping[str, str], params: Mapping[str, Any] | None) -> object:
    """Everybody is anonymous."""
    return None


@asynccontextmanager
async def serving_public(public: Public, public_url: str = ORIGIN) -> AsyncIterator[str]:
    """Serve it on a real socket."""
    closing = asyncio.Event()
    routes = [
        *graphql_routes(public, identify, closing=closing),
        *embed_routes(public, public_url),
        Mount("/static", Files(directory=STATIC), name="static"),
    ]
    app = Starlette(routes=routes, exception_handlers={HTTPException: refused})
    async with serving(app, closing=closing) as url:
        yield url

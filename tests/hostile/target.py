# SPDX-License-Identifier: GPL-3.0-or-later
"""A running service to be rude to, and a look at every table before and after."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from graph import app
from graph.db.pool import Pool
from graph.simulator.app import create_app
from graph.simulator.moderation import Wikimedia
from graph.simulator.server import running
from tests.resolvers import stage as tables
from tests.scenario import stage
from tests.web.wire import Wire, wired

ADA = "Ada"
ORGANIZER = stage.ORGANIZER
PASSCODE = "open sesame"
TITLE = "Night at the Museum"
ERRORS = "userErrors { code message field }"


@dataclass
class Service:
    """The service with one public program, one private one, and people who have signed in before."""

    address: str
    client: httpx.AsyncClient
    pool: Pool
    program: Mapping[str, str]
    secret: Mapping[str, str]

    @property
    def url(self) -> str:
        return f"{self.address}/graphql"

    async def post(self, body: object, as_: str | None = None, **headers: str) -> httpx.Response:
        """Send a body, as JSON unless it is bytes."""
        given = {"content-type": "application/json", **bearer(as_), **headers}
        if isinstance(body, bytes):
            return await self.client.post(self.url, content=body, headers=given)
        return await self.client.post(self.url, json=body, headers=given)

    async def ask(self, query: str, as_: str | None = None, **variables: Any) -> dict[str, Any]:
        """The answer of an operation, which the service did not fail to give."""
        response = await self.post({"query": query, "variables": variables}, as_)
        assert response.status_code in (200, 400), response.text
        answer = dict(response.json())
        assert "INTERNAL_ERROR" not in response.text
        return answer

    async def codes(self, query: str, as_: str | None = None, **variables: Any) -> list[str]:
        """The codes of an answer's errors, after seeing that it changed nothing."""
        async with self.unchanged():
            answer = await self.ask(query, as_, **variables)
        return [error["extensions"]["code"] for error in answer.get("errors", ())]

    async def faults(self, mutation: str, as_: str | None = ORGANIZER, **fields: Any) -> list[tuple[str, str | None]]:
        """The codes and fields of a mutation that is refused, after seeing that it changed nothing."""
        kind = mutation[0].upper() + mutation[1:]
        document = f"mutation ($input: {kind}Input!) {{ it: {mutation}(input: $input) {{ {ERRORS} }} }}"
        async with self.unchanged():
            answer = await self.ask(document, as_, input=fields)
        if "errors" in answer:
            return [(error["extensions"]["code"], None) for error in answer["errors"]]
        return tables.told(answer["data"]["it"])

    async def change(self, mutation: str, result: str, as_: str = ORGANIZER, **fields: Any) -> Any:
        """What a mutation gives that succeeds."""
        kind = mutation[0].upper() + mutation[1:]
        document = f"mutation ($input: {kind}Input!) {{ it: {mutation}(input: $input) {{ {result} {ERRORS} }} }}"
        answer = await self.ask(document, as_, input=fields)
        assert answer["data"]["it"]["userErrors"] == [], answer
        return answer["data"]["it"]

    @asynccontextmanager
    async def unchanged(self) -> AsyncIterator[None]:
        """See that the block changes no row of any table; a wrong guess of a passcode may be remembered."""
        looking = tables.Stage(self.pool)
        before = await looking.dump(but=tables.REMEMBERED)
        yield
        assert await looking.dump(but=tables.REMEMBERED) == before

    @asynccontextmanager
    async def wire(self, **given: Any) -> AsyncIterator[Wire]:
        """A socket to the service."""
        async with wired(self.url.replace("http://", "ws://"), **given) as wire:
            yield wire


def bearer(name: str | None) -> dict[str, str]:
    """The header by which a developer signs in."""
    return {} if name is None else {"authorization": f"Bearer dev:{name}"}


@asynccontextmanager
async def served(database_url: str) -> AsyncIterator[Service]:
    """Run it beside a stand-in for Wikimedia that knows some people."""
    wikis = Wikimedia()
    stage.people(wikis)
    async with running(create_app(wikis)) as upstream:
        given = stage.settings(database_url, upstream)
        async with app.started(given, database_url, app.Parts(web=True)) as service, httpx.AsyncClient() as client:
            assert service.address is not None
            made = Service(service.address, client, service.deps.pool, {}, {})
            made.program = await _program(made, TITLE)
            made.secret = await _program(made, "Hidden", visibility="PRIVATE")
            assert (await made.ask("{ viewer { isAdmin } }", ADA))["data"]["viewer"] == {"isAdmin": False}
            yield made


async def _program(service: Service, title: str, **more: Any) -> dict[str, str]:
    made = await service.change(
        "createProgram",
        "program { id slug }",
        title=title,
        institution="City Museum",
        trackingStart="2026-01-01T00:00:00Z",
        trackingEnd="2035-01-01T00:00:00Z",
        homeWiki="enwiki",
        passcodePolicy="FIXED",
        passcode=PASSCODE,
        **more,
    )
    return dict(made["program"])

# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole way on one machine: a stand-in for Wikimedia, the service beside it, and an organizer at work."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from graph import app
from graph.settings import Settings
from graph.simulator.app import create_app
from graph.simulator.moderation import Wikimedia
from graph.simulator.server import running

ORGANIZER = "Olga Organizer"
EDITORS = ("Ada", "Béla", "Chidi", "陈云岫", "ليلى")
STRANGERS = ("Stranger One", "Stranger Two")
HOMES = ("enwiki", "arwiki", "zhwiki", "dewiki", "commonswiki")


@dataclass
class Stage:
    """The running parts: ``wikis`` is where to edit, ``address`` where the service answers."""

    wikis: Wikimedia
    upstream: str
    address: str
    client: httpx.AsyncClient

    async def ask(self, query: str, **variables: Any) -> dict[str, Any]:
        """Run an operation as the organizer; its data, which must come without errors."""
        answer = await self.client.post(
            f"{self.address}/graphql",
            json={"query": query, "variables": variables},
            headers={"Authorization": f"Bearer dev:{ORGANIZER}"},
        )
        body = answer.json()
        assert "errors" not in body, body["errors"]
        return dict(body["data"])

    async def change(self, mutation: str, kind: str, result: str, **fields: Any) -> dict[str, Any]:
        """Run one mutation that must succeed; its payload."""
        document = (
            f"mutation M($input: {kind}!) {{ done: {mutation}(input: $input) {{ {result} userErrors {{ message }} }} }}"
        )
        done = (await self.ask(document, input=fields))["done"]
        assert done["userErrors"] == []
        return dict(done)

    async def program(self, title: str, campaign: str, wikis: dict[str, list[int]], editors: list[str]) -> str:
        """A program of the year 2026 on through a campaign, with editors; its slug."""
        made = await self.change(
            "createProgram",
            "CreateProgramInput",
            "program { id slug }",
            title=title,
            institution="Library",
            trackingStart="2026-01-01T00:00:00Z",
            trackingEnd="2035-01-01T00:00:00Z",
            homeWiki="enwiki",
            trackedWikis=[{"wiki": wiki, "namespaces": spaces} for wiki, spaces in wikis.items()],
            campaignSlug=campaign,
        )
        added = await self.change(
            "addEditors",
            "AddEditorsInput",
            "added { username }",
            programId=made["program"]["id"],
            usernames=editors,
        )
        assert [editor["username"] for editor in added["added"]] == editors
        return str(made["program"]["slug"])

    async def edits(self, kind: str, slug: str) -> int:
        """How many edits a program or campaign counts now."""
        query = f"query($slug: String!) {{ it: {kind}(slug: $slug) {{ metrics {{ totalEdits }} }} }}"
        data = await self.ask(query, slug=slug)
        return int(data["it"]["metrics"]["totalEdits"])

    async def counted(self, kind: str, slug: str, edits: int) -> None:
        """Wait until a program or campaign counts just so many edits."""
        async with asyncio.timeout(20):
            while await self.edits(kind, slug) != edits:
                await asyncio.sleep(0.02)


def people(wikis: Wikimedia) -> None:
    """Register everybody, on every wiki."""
    for name in (ORGANIZER, *EDITORS, *STRANGERS):
        wikis.create_user(name, registered="2020-01-01T00:00:00Z", home="enwiki", wikis=list(HOMES))


def settings(database_url: str, upstream: str, port: int = 0) -> Settings:
    """Settings of a service beside the stand-in at ``upstream``; port 0 takes a free one."""
    return Settings(
        database_url=database_url,
        port=port,
        stream_url=upstream,
        action_api=upstream + "/w/{dbname}/api.php",
        contact="tests@example.org",
        admins=frozenset({ORGANIZER}),
        dev_sign_in=True,
    )


@asynccontextmanager
async def set_up(database_url: str) -> AsyncIterator[Stage]:
    """Everything in this process, on real sockets, while the block runs."""
    wikis = Wikimedia()
    people(wikis)
    async with (
        running(create_app(wikis)) as upstream,
        app.started(settings(database_url, upstream), database_url, app.Parts(True, True, True)) as service,
        httpx.AsyncClient() as client,
    ):
        assert service.address is not None
        yield Stage(wikis, upstream, service.address, client)

# SPDX-License-Identifier: GPL-3.0-or-later
"""The service's web part with a database of its own, beside a stand-in for Wikimedia's log-in, on real sockets."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

from graph import app
from graph.settings import Settings
from graph.simulator.app import create_app
from graph.simulator.faults import Faults
from graph.simulator.moderation import Wikimedia
from graph.simulator.oauth import OAuthProvider
from graph.simulator.saved_lists import SavedLists
from graph.simulator.server import running

CLIENT_ID, CLIENT_SECRET = "9d0a8f5e", "the-secret-of-the-log-in-client"
SESSION_KEY = "0123456789abcdef0123456789abcdef"
SESSION, SCREEN, LEAVING = "programs-graph", "programs-graph-screen", "programs-graph-leaving"


@dataclass
class House:
    """The running service: where it is, what it depends on, and the log-in beside it."""

    url: str
    service: app.Running
    wikimedia: Wikimedia
    faults: Faults
    log_in: OAuthProvider
    upstream: str
    saved_lists: SavedLists

    @property
    def socket_url(self) -> str:
        return self.url.replace("http://", "ws://") + "/graphql"

    def browser(self) -> httpx.AsyncClient:
        """A browser of its own: it keeps cookies and follows nothing by itself."""
        return httpx.AsyncClient(base_url=self.url)

    async def sent_back(self, browser: httpx.AsyncClient, username: str = "Ada", path: str = "/sign-in") -> str:
        """Go to the log-in and say who one is; the address with which one comes back."""
        there = await browser.get(path)
        assert there.status_code == 303, there.text
        back = await browser.get(there.headers["location"], params=query(there) | {"username": username})
        assert back.status_code == 302, back.text
        return str(back.headers["location"])

    async def sign_in(
        self, browser: httpx.AsyncClient, username: str = "Ada", path: str = "/sign-in"
    ) -> httpx.Response:
        """Sign in all the way; the last answer, which sends one on."""
        arrived = await browser.get(await self.sent_back(browser, username, path))
        assert arrived.status_code == 303, arrived.text
        return arrived

    async def ask(self, browser: httpx.AsyncClient, query: str, headers: dict[str, str] | None = None) -> Any:
        """Ask the API as a script of our own page does; the answer."""
        sent = {"origin": self.url, "sec-fetch-site": "same-origin"} if headers is None else headers
        return (await browser.post("/graphql", json={"query": query}, headers=sent)).json()

    async def viewer(self, browser: httpx.AsyncClient, headers: dict[str, str] | None = None) -> str | None:
        """Who the API says one is."""
        found = (await self.ask(browser, "{ viewer { username } }", headers))["data"]["viewer"]
        return None if found is None else str(found["username"])

    async def change(self, browser: httpx.AsyncClient, mutation: str, result: str, **fields: Any) -> Any:
        """Run a mutation as a script of our own page; its payload, which must be without faults."""
        kind = mutation[0].upper() + mutation[1:] + "Input!"
        document = (
            f"mutation M($input: {kind}) {{ done: {mutation}(input: $input) {{ {result} userErrors {{ message }} }} }}"
        )
        sent = {"query": document, "variables": {"input": fields}}
        answer = await browser.post("/graphql", json=sent, headers={"origin": self.url})
        done = answer.json()["data"]["done"]
        assert done["userErrors"] == []
        return done

    async def program(self, browser: httpx.AsyncClient, **fields: Any) -> Any:
        """A program of whoever is signed in: its id and slug."""
        usual = {"title": "Women in Red", "institution": "Library", "homeWiki": "enwiki"}
        usual |= {"trackingStart": "2026-01-01T00:00:00Z", "trackingEnd": "2035-01-01T00:00:00Z"}
        return (await self.change(browser, "createProgram", "program { id slug }", **(usual | fields)))["program"]


def query(redirect: httpx.Response) -> dict[str, str]:
    """The parameters of the address one is sent to."""
    return {name: values[0] for name, values in parse_qs(urlsplit(redirect.headers["location"]).query).items()}


@asynccontextmanager
async def house(database_url: str, **changes: Any) -> AsyncIterator[House]:
    """Run it while the block does; ``changes`` are other settings."""
    stand_in = create_app(Wikimedia())
    oauth: OAuthProvider = stand_in.state.oauth
    oauth.register(CLIENT_ID, CLIENT_SECRET, "http")
    async with running(stand_in) as upstream:
        settings = Settings(
            **{
                "port": 0,
                "public_url": "http://127.0.0.1:0",
                "action_api": upstream + "/w/{dbname}/api.php",
                "petscan_url": upstream + "/petscan",
                "pagepile_url": upstream + "/pagepile",
                "oauth_url": upstream + "/w/rest.php/oauth2",
                "oauth_client_id": CLIENT_ID,
                "oauth_client_secret": CLIENT_SECRET,
                "session_key": SESSION_KEY,
                **changes,
            }
        )
        async with app.started(settings, database_url, app.Parts(web=True)) as service:
            assert service.address is not None
            yield House(
                service.address,
                service,
                stand_in.state.wikimedia,
                stand_in.state.faults,
                oauth,
                upstream,
                stand_in.state.saved_lists,
            )

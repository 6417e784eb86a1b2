# SPDX-License-Identifier: GPL-3.0-or-later
"""The sources of scopes in front of the stand-in, or of answers made by hand."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable

import httpx

from graph import wikis
from graph.programs import Wiki
from graph.titles import Namespace, Namespaces
from graph.wikimedia.action_api import IN_FLIGHT, ActionApi
from graph.wikimedia.scopes.download import Service
from graph.wikimedia.scopes.pagepile import PagePile
from graph.wikimedia.scopes.petscan import PetScan
from graph.wikimedia.scopes.reading import Batch, Reading, ScopedPage
from graph.wikimedia.scopes.resolver import WikimediaScopes
from tests.simulator.serving import AGENT, Stand

Respond = Callable[[httpx.Request], httpx.Response]


def wiki(dbname: str) -> Wiki:
    found = wikis.wiki(dbname)
    assert found is not None
    return found


EN, DE = wiki("enwiki"), wiki("dewiki")
ENGLISH = Namespaces(EN, [Namespace(0, ""), Namespace(1, "Talk"), Namespace(14, "Category")])


async def no_sleep(_seconds: float) -> None:
    return None


def api(stand: Stand) -> ActionApi:
    address = stand.base + "/w/{dbname}/api.php"
    slots = asyncio.Semaphore(IN_FLIGHT)
    return ActionApi(stand.client, address, AGENT, slots, sleep=no_sleep, timer=lambda: 0.0)


def answering(respond: Respond) -> ActionApi:
    slots = asyncio.Semaphore(IN_FLIGHT)
    return ActionApi(client(respond), "https://{domain}/w/api.php", AGENT, slots, sleep=no_sleep)


def client(respond: Respond) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.MockTransport(respond), verify=False)


def service(respond: Respond, name: str = "PetScan", patience: float = 5.0) -> Service:
    return Service(client(respond), "https://lists.example.org/", AGENT, name=name, patience=patience)


def scopes(stand: Stand, *, patience: float = 5.0) -> WikimediaScopes:
    found = Service(stand.client, stand.base + "/petscan/", AGENT, name="PetScan", patience=patience)
    piled = Service(stand.client, stand.base + "/pagepile/api.php", AGENT, name="PagePile", patience=patience)
    return WikimediaScopes(api(stand), PetScan(found), PagePile(piled))


def noted(stand: Stand) -> list[httpx.Request]:
    """The requests from now on."""
    asked: list[httpx.Request] = []

    async def note(request: httpx.Request) -> None:
        asked.append(request)

    stand.client.event_hooks["request"] = [note]
    return asked


async def batches(*given: Iterable[ScopedPage]) -> AsyncGenerator[Batch, None]:
    for pages in given:
        yield Batch(list(pages))


async def all_of(reading: Reading) -> list[ScopedPage]:
    return [page async for pages in reading for page in pages]


async def pages_of(batches: AsyncIterator[Batch]) -> list[ScopedPage]:
    return [page async for batch in batches for page in batch.pages]


async def titles_of(batches: AsyncIterator[Batch]) -> list[str]:
    return [page.title for page in await pages_of(batches)]

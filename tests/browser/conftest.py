# SPDX-License-Identifier: GPL-3.0-or-later
"""A real Chromium, and a service with a script in front of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright

from graph.db.pool import connect
from tests.browser.gallery import Gallery, gallery
from tests.browser.stage import Served, Stage, staged
from tests.conftest import new_database

SWITCHES = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

LOUD = ("error", "warning")
LEFT = "WebSocket is closed before the connection is established"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser(chromium: str) -> AsyncIterator[Browser]:
    """A Chromium that calls nobody by itself."""
    async with async_playwright() as playwright:
        opened = await playwright.chromium.launch(executable_path=chromium, args=list(SWITCHES))
        yield opened
        await opened.close()


@pytest_asyncio.fixture(loop_scope="module")
async def served() -> AsyncIterator[Served]:
    """The scripted service on a real socket."""
    async with staged(Stage()) as service:
        yield service


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shown(server_url: str, template: str) -> AsyncIterator[Gallery]:
    """The gallery, once for all the tests of a file that look at it."""
    with new_database(server_url, template) as url:
        pool = await connect(url)
        async with gallery(pool, url) as built:
            yield built
        await pool.close()


@asynccontextmanager
async def looking_at(
    browser: Browser, url: str, *, expecting: str | tuple[str, ...] = "net::ERR_", **context: Any
) -> AsyncIterator[Page]:
    """Open a page in a browser window of its own; complain of everything it complains of, and of foreign requests.

    What a test expects to be complained of, broken connections if nothing else, is no complaint, nor is it that a page
    was left while it was connecting.
    """
    options = {"locale": "en-GB", "timezone_id": "UTC", "viewport": {"width": 1280, "height": 720}, **context}
    window = await browser.new_context(**options)
    page = await window.new_page()
    complaints: list[str] = []
    origins: set[str] = set()
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda message: complaints.append(message.text) if message.type in LOUD else None)
    page.on("request", lambda request: origins.add("/".join(request.url.split("/")[:3])))
    page.set_default_timeout(15_000)
    await page.goto(url)
    yield page
    await window.close()
    expected = (LEFT, expecting) if isinstance(expecting, str) else (LEFT, *expecting)
    assert [text for text in complaints if not any(each in text for each in expected)] == []
    assert origins <= {"/".join(url.split("/")[:3]), "data:"}


async def eventually(condition: Any, seconds: float = 15.0) -> None:
    """Wait until ``condition()`` is true; fail when it does not become so."""
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.01)

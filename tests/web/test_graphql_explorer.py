# SPDX-License-Identifier: GPL-3.0-or-later
"""The explorer, as its page is sent and as a browser runs it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
from playwright.async_api import Page, async_playwright

from tests.web.conftest import Toy

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
EVENT_SOURCE = """(address) => new Promise((resolve) => {
    const seen = [];
    const source = new EventSource(address);
    source.addEventListener("next", (event) => seen.push([event.lastEventId, JSON.parse(event.data).data]));
    source.addEventListener("complete", () => { source.close(); resolve(seen); });
})"""


async def get(toy: Toy, accept: str, address: str = "") -> httpx.Response:
    async with httpx.AsyncClient(verify=False) as client:
        return await client.get(toy.url + address, headers={"accept": accept})


async def test_a_browser_without_a_query_gets_the_explorer(toy: Toy) -> None:
    response = await get(toy, BROWSER)
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert response.headers["content-security-policy"] == POLICY
    assert response.headers["vary"] == "Accept"


async def test_a_browser_with_a_query_gets_the_answer(toy: Toy) -> None:
    response = await get(toy, BROWSER, "?query={hello}")
    assert response.json()["data"] == {"hello": "world"}


async def test_a_program_without_a_query_is_told_what_is_missing(toy: Toy) -> None:
    response = await get(toy, "*/*")
    assert response.status_code == 400
    assert "'query'" in response.json()["errors"][0]["message"]


async def test_examples_are_escaped_and_the_page_has_nothing_inline(toy: Toy) -> None:
    text = (await get(toy, BROWSER)).text
    assert "&lt;b&gt;Ada&lt;/b&gt;" in text
    assert "<b>Ada" not in text
    assert "style=" not in text
    assert "<style" not in text
    assert " onclick" not in text
    assert "http://" not in text
    assert "https://" not in text


@pytest.fixture
async def page(toy: Toy, chromium: str) -> AsyncIterator[Page]:
    """The explorer in Chromium; the test fails where a script fails, a rule is broken or a foreign host is asked."""
    faults: list[str] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = await browser.new_page()
        page.set_default_timeout(20_000)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda said: faults.append(said.text) if "Content Security Policy" in said.text else None)
        page.on("request", lambda asked: None if asked.url.startswith("http://127.0.0.1") else faults.append(asked.url))
        await page.goto(toy.url)
        yield page
        await browser.close()
    assert faults == []


async def test_the_explorer_runs_follows_stops_and_documents_by_keyboard_alone(toy: Toy, page: Page) -> None:
    await page.focus("#query")
    await page.keyboard.press("Control+Enter")
    await page.wait_for_selector("#results li")
    assert '"greet": "Hello <b>Ada</b>"' in await page.inner_text("#results")

    await page.fill("#query", "subscription { endless { number } } # a query in a comment")
    await page.fill("#variables", "")
    await page.keyboard.press("Control+Enter")
    await toy.journal.until_opened(1)
    await page.get_by_text('"number": 1').wait_for()
    assert await page.inner_text("#status") == "Following: 1 responses"
    await page.keyboard.press("Escape")
    await toy.journal.until_closed(1)
    assert await page.inner_text("#status") == "Stopped"

    await page.fill("#search", "cursor")
    await page.get_by_role("button", name="Tick").press("Enter")
    assert await page.inner_text("#docs h3 >> nth=0") == "type Tick"
    assert await page.inner_text("#docs li >> nth=0") == "cursor: String!"


async def test_the_explorer_shows_errors_and_bad_variables(page: Page) -> None:
    await page.fill("#query", "{ nope }")
    await page.click("#run")
    await page.wait_for_selector("#results .fault")
    assert (await page.inner_text("#status")).startswith("HTTP 400 in ")
    await page.fill("#variables", "{")
    await page.click("#run")
    assert (await page.inner_text("#status")).startswith("The variables are not valid JSON")


async def test_a_subscription_resumes_after_the_server_ended_the_stream(toy: Toy, page: Page) -> None:
    await page.fill("#query", "subscription { endless { number } }")
    await page.fill("#variables", "")
    await page.click("#run")
    await page.get_by_text("Following: 1 responses").wait_for()
    toy.closing.set()
    await page.get_by_text("The connection was lost").wait_for()
    toy.closing.clear()
    await toy.journal.until_opened(2)
    await page.get_by_text("Following: 2 responses").wait_for()


async def test_an_event_source_of_the_browser_follows_and_is_completed(toy: Toy, page: Page) -> None:
    async with asyncio.timeout(20):
        seen = await page.evaluate(EVENT_SOURCE, f"{toy.url}?query=subscription{{ticks{{number}}}}&lastEventId=1")
    assert seen == [["2", {"ticks": {"number": 2}}], ["3", {"ticks": {"number": 3}}]]

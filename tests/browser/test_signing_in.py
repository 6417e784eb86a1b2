# SPDX-License-Identifier: GPL-3.0-or-later
"""Signing in and out with a real browser, and without JavaScript: the log-in is the stand-in's."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, expect

from tests.web.signing import SESSION, House, house

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(loop_scope="module")
async def home(database_url: str) -> AsyncIterator[House]:
    async with house(database_url) as running:
        running.wikimedia.account("Ada Lovelace")
        yield running


@asynccontextmanager
async def window(browser: Browser, *, scripts: bool = False) -> AsyncIterator[tuple[BrowserContext, Page]]:
    """A browser of somebody's own, without JavaScript unless it is asked for."""
    context = await browser.new_context(java_script_enabled=scripts, locale="en-GB")
    page = await context.new_page()
    page.set_default_timeout(15_000)
    yield context, page
    await context.close()


async def sign_in(home: House, page: Page, name: str = "Ada Lovelace") -> None:
    await page.goto(home.url)
    await page.get_by_role("link", name="Sign in").click()
    await expect(page.get_by_role("heading", name="Who are you?")).to_be_visible()
    await page.get_by_role("button", name=name).click()
    await page.wait_for_url(f"{home.url}/")


async def viewer(page: Page) -> str:
    """Who the API says one is, asked by a script of the page that is shown."""
    return str(
        await page.evaluate(
            """async () => {
              const answer = await fetch("/graphql", {
                method: "POST", headers: {"Content-Type": "application/json"},
                body: JSON.stringify({query: "{ viewer { username } }"}),
              });
              return JSON.stringify((await answer.json()).data.viewer);
            }"""
        )
    )


async def test_one_signs_in_and_out_again_without_javascript(browser: Browser, home: House) -> None:
    async with window(browser) as (context, page):
        await sign_in(home, page)
        await expect(page.get_by_text("Signed in as Ada Lovelace")).to_be_visible()
        (cookie,) = await context.cookies()
        assert (cookie["name"], cookie["httpOnly"], cookie["sameSite"]) == (SESSION, True, "Lax")
        await page.get_by_role("button", name="Sign out").click()
        await page.wait_for_url(f"{home.url}/")
        await expect(page.get_by_role("link", name="Sign in")).to_be_visible()
        assert await context.cookies() == []


async def test_who_cancels_is_told_so_and_may_begin_anew(browser: Browser, home: House) -> None:
    async with window(browser) as (context, page):
        await page.goto(f"{home.url}/sign-in?return=/live/screen")
        await page.get_by_role("button", name="Cancel").click()
        await expect(page.get_by_role("heading", name="You are not signed in")).to_be_visible()
        assert await context.cookies() == []
        await page.get_by_role("link", name="Sign in").click()
        await page.get_by_role("button", name="Ada Lovelace").click()
        await page.wait_for_url(f"{home.url}/live/screen")


async def test_the_scripts_of_a_page_act_for_who_is_signed_in(browser: Browser, home: House) -> None:
    async with window(browser, scripts=True) as (_, page):
        await page.goto(home.url)
        assert await viewer(page) == "null"
        await sign_in(home, page)
        assert await viewer(page) == '{"username":"Ada Lovelace"}'


async def test_a_stream_and_a_socket_of_a_page_are_whoever_is_signed_in(browser: Browser, home: House) -> None:
    async with window(browser, scripts=True) as (_, page):
        await sign_in(home, page)
        streamed = await page.evaluate(
            """() => new Promise((resolve) => {
              const source = new EventSource("/graphql?query=" + encodeURIComponent("{ viewer { username } }"));
              source.addEventListener("next", (event) => { source.close(); resolve(event.data); });
            })"""
        )
        assert '"username":"Ada Lovelace"' in streamed
        wired = await page.evaluate(
            """() => new Promise((resolve) => {
              const socket = new WebSocket(location.origin.replace("http", "ws") + "/graphql", "graphql-transport-ws");
              socket.onopen = () => socket.send('{"type":"connection_init"}');
              socket.onmessage = ({data}) => {
                const message = JSON.parse(data);
                if (message.type === "connection_ack") socket.send(JSON.stringify(
                  {id: "1", type: "subscribe", payload: {query: "{ viewer { username } }"}}));
                if (message.type === "next") { socket.close(); resolve(data); }
              };
            })"""
        )
        assert '"username":"Ada Lovelace"' in wired


async def test_a_page_of_another_origin_reads_as_anybody(browser: Browser, home: House) -> None:
    async with window(browser, scripts=True) as (_, page):
        await sign_in(home, page)
        # The stand-in is another origin of the same site: its pages' requests bring the cookie along if they may.
        await page.goto(home.upstream)
        found = await page.evaluate(
            """async (address) => {
              const ask = async (more) => {
                try {
                  const answer = await fetch(address, {
                    method: "POST", headers: {"Content-Type": "application/json"},
                    body: JSON.stringify({query: "{ viewer { username } }"}), ...more,
                  });
                  return JSON.stringify((await answer.json()).data.viewer);
                } catch { return "refused"; }
              };
              return [await ask({}), await ask({credentials: "include"})];
            }""",
            f"{home.url}/graphql",
        )
        assert found == ["null", "refused"]
        wired = await page.evaluate(
            """(address) => new Promise((resolve) => {
              const socket = new WebSocket(address, "graphql-transport-ws");
              socket.onopen = () => socket.send('{"type":"connection_init"}');
              socket.onmessage = ({data}) => {
                const message = JSON.parse(data);
                if (message.type === "connection_ack") socket.send(JSON.stringify(
                  {id: "1", type: "subscribe", payload: {query: "{ viewer { username } }"}}));
                if (message.type === "next") resolve(JSON.stringify(message.payload.data.viewer));
              };
            })""",
            home.socket_url,
        )
        assert wired == "null"


async def test_a_form_of_another_origin_signs_nobody_out(browser: Browser, home: House) -> None:
    async with window(browser, scripts=True) as (_, page):
        await sign_in(home, page)
        token = await page.locator("input[name=form_token]").get_attribute("value")
        await page.goto(home.upstream)
        await page.evaluate(
            """([address, token]) => {
              const form = document.createElement("form");
              form.method = "post";
              form.action = address + "/sign-out";
              form.innerHTML = `<input name="form_token" value="${token}">`;
              document.body.append(form);
              form.submit();
            }""",
            [home.url, token],
        )
        await expect(page.get_by_role("heading", name="This did not work")).to_be_visible()
        await page.goto(home.url)
        await expect(page.get_by_text("Signed in as Ada Lovelace")).to_be_visible()


async def test_the_sockets_of_every_tab_are_closed_when_one_signs_out_in_another(browser: Browser, home: House) -> None:
    async with window(browser, scripts=True) as (context, page):
        await sign_in(home, page)
        await page.evaluate(
            """() => new Promise((resolve) => {
              const socket = new WebSocket(location.origin.replace("http", "ws") + "/graphql", "graphql-transport-ws");
              socket.onopen = () => socket.send('{"type":"connection_init"}');
              socket.onmessage = resolve;
              window.closed_with = new Promise((done) => { socket.onclose = ({code}) => done(code); });
            })"""
        )
        other = await context.new_page()
        await other.goto(f"{home.url}/sign-out")
        await other.get_by_role("button", name="Sign out", exact=True).click()
        await other.wait_for_url(f"{home.url}/")
        assert await asyncio.wait_for(page.evaluate("window.closed_with"), 15) == 4403
        assert await viewer(page) == "null"

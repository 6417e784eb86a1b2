# SPDX-License-Identifier: GPL-3.0-or-later
"""A screen shows one program, and what was opened with something that ended ends."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from tests.web.signing import SCREEN, SESSION, House, house
from tests.web.wire import Wire, wired

METRICS = "subscription($slug: String!) { programMetrics(slug: $slug) { totalEdits } }"


@pytest.fixture
async def home(database_url: str) -> AsyncIterator[House]:
    async with house(database_url) as running:
        yield running


@pytest.fixture
async def ada(home: House) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody who is signed in and runs what a test creates."""
    async with home.browser() as browser:
        await home.sign_in(browser, "Ada")
        yield browser


async def screen_token(home: House, ada: httpx.AsyncClient, program: dict[str, Any]) -> tuple[str, str]:
    """A new screen's secret and id."""
    result = "secret screenToken { id }"
    made = await home.change(ada, "createScreenToken", result, programId=program["id"], name="Hall")
    return made["secret"], made["screenToken"]["id"]


async def exchange(home: House, screen: httpx.AsyncClient, token: str, **headers: str) -> httpx.Response:
    return await screen.post("/live/screen", data={"token": token}, headers={"origin": home.url} | headers)


# ---------------------------------------------------------------- screens


async def test_a_screens_token_becomes_a_cookie_that_shows_one_program(home: House, ada: httpx.AsyncClient) -> None:
    shown = await home.program(ada, title="Shown", visibility="PRIVATE")
    other = await home.program(ada, title="Other", visibility="PRIVATE")
    secret, _ = await screen_token(home, ada, shown)
    async with home.browser() as screen:
        assert "<form" in (await screen.get("/live/screen")).text
        answer = await exchange(home, screen, f" {secret} ")
        address = answer.headers["location"]
        assert (answer.status_code, address) == (303, f"/live/program/{shown['slug']}")
        assert secret not in address
        found = [(await screen.get(f"/live/program/{each['slug']}")).status_code for each in (shown, other)]
        assert found == [200, 404]
        assert await home.viewer(screen) is None


async def test_a_token_that_is_none_gives_no_cookie(home: House, ada: httpx.AsyncClient) -> None:
    access = (await home.change(ada, "createAccessToken", "secret", name="app"))["secret"]
    async with home.browser() as screen:
        for token in ("", "nothing", "pgs_" + "a" * 43, access, ada.cookies[SESSION], "é", "a" * 60_000):
            answer = await exchange(home, screen, token)
            assert (answer.status_code, SCREEN in screen.cookies) == (403, False)
            assert "This token is not valid here" in answer.text


async def test_another_page_gives_no_screen_a_cookie(home: House, ada: httpx.AsyncClient) -> None:
    secret, _ = await screen_token(home, ada, await home.program(ada))
    async with home.browser() as screen:
        for headers in ({"origin": "https://evil.example"}, {"origin": "null"}, {"sec-fetch-site": "cross-site"}):
            answer = await exchange(home, screen, secret, **headers)
            assert (answer.status_code, SCREEN in screen.cookies) == (403, False)


async def test_a_token_in_the_address_is_not_read(home: House, ada: httpx.AsyncClient) -> None:
    secret, _ = await screen_token(home, ada, await home.program(ada))
    async with home.browser() as screen:
        await screen.get("/live/screen", params={"token": secret})
        await screen.post("/live/screen", params={"token": secret}, data={"token": "x"}, headers={"origin": home.url})
        assert SCREEN not in screen.cookies


async def test_whoever_is_signed_in_is_that_before_they_are_a_screen(home: House, ada: httpx.AsyncClient) -> None:
    secret, _ = await screen_token(home, ada, await home.program(ada))
    await exchange(home, ada, secret)
    assert await home.viewer(ada) == "Ada"


# ---------------------------------------------------------------- what ends


@asynccontextmanager
async def stream(home: House, browser: httpx.AsyncClient, slug: str) -> AsyncIterator[AsyncIterator[str]]:
    """An event stream of our own page, after its first event: the lines that follow."""
    address = {"query": METRICS, "variables": f'{{"slug": "{slug}"}}'}
    headers = {"accept": "text/event-stream", "sec-fetch-site": "same-origin"}
    async with browser.stream("GET", "/graphql", params=address, headers=headers) as response:
        lines = response.aiter_lines()
        while not (line := await anext(lines)).startswith("data:"):
            pass
        assert '"totalEdits":0' in line, line
        yield lines


async def rest(lines: AsyncIterator[str]) -> list[str]:
    """What is still said before the stream ends, heartbeats and blank lines left out."""
    async with asyncio.timeout(10):
        return [line async for line in lines if line and not line.startswith(":")]


@asynccontextmanager
async def socket(home: House, slug: str, init: Any = None, cookie: str | None = None) -> AsyncIterator[Wire]:
    """A socket that follows the program, after its first message."""
    headers = None if cookie is None else {"cookie": f"{SESSION}={cookie}"}
    async with wired(home.socket_url, headers=headers, origin=home.url) as wire:
        await wire.init(init)
        await wire.subscribe("1", METRICS, variables={"slug": slug})
        assert (await wire.receive_until("next"))[-1]["payload"]["data"] == {"programMetrics": {"totalEdits": 0}}
        yield wire


async def sign_out(home: House, browser: httpx.AsyncClient) -> None:
    found = re.search(r'name="form_token" value="(\w+)"', (await browser.get("/sign-out")).text)
    assert found is not None
    out = await browser.post("/sign-out", data={"form_token": found[1]}, headers={"origin": home.url})
    assert out.status_code == 303


async def test_signing_out_ends_the_sockets_and_streams_of_that_browser(home: House, ada: httpx.AsyncClient) -> None:
    program = await home.program(ada, visibility="PRIVATE")
    async with home.browser() as second:
        await home.sign_in(second, "Ada")
        async with (
            socket(home, program["slug"], cookie=ada.cookies[SESSION]) as closes,
            socket(home, program["slug"], cookie=second.cookies[SESSION]) as stays,
            stream(home, ada, program["slug"]) as ends,
        ):
            await sign_out(home, ada)
            assert await closes.closed() == (4403, "Forbidden: signed out")
            assert await rest(ends) == []
            assert await stays.is_alive()


async def test_what_another_process_ended_ends_here_too(home: House, ada: httpx.AsyncClient) -> None:
    program = await home.program(ada, visibility="PRIVATE")
    async with (
        socket(home, program["slug"], cookie=ada.cookies[SESSION]) as wire,
        stream(home, ada, program["slug"]) as lines,
    ):
        await home.service.deps.pool.execute("DELETE FROM sign_in")
        assert await wire.closed() == (4403, "Forbidden: signed out")
        assert await rest(lines) == []


async def test_a_revoked_token_closes_its_sockets(home: House, ada: httpx.AsyncClient) -> None:
    program = await home.program(ada, visibility="PRIVATE")
    made = await home.change(ada, "createAccessToken", "secret accessToken { id }", name="app")
    init = {"Authorization": f"Bearer {made['secret']}"}
    async with socket(home, program["slug"], init) as wire:
        await home.change(ada, "revokeAccessToken", "revokedId", id=made["accessToken"]["id"])
        assert await wire.closed() == (4403, "Forbidden: signed out")
    async with wired(home.socket_url) as wire:
        await wire.send({"type": "connection_init", "payload": init})
        assert (await wire.closed())[0] == 4403


async def test_a_revoked_screen_goes_dark(home: House, ada: httpx.AsyncClient) -> None:
    program = await home.program(ada, visibility="PRIVATE")
    secret, number = await screen_token(home, ada, program)
    async with home.browser() as screen:
        await exchange(home, screen, secret)
        async with stream(home, screen, program["slug"]) as lines:
            await home.change(ada, "revokeScreenToken", "revokedId", id=number)
            assert await rest(lines) == []
        assert (await screen.get(f"/live/program/{program['slug']}")).status_code == 404


async def test_who_loses_the_right_to_a_private_program_hears_nothing_more(home: House, ada: httpx.AsyncClient) -> None:
    program = await home.program(ada, visibility="PRIVATE")
    async with home.browser() as bo:
        await home.sign_in(bo, "Bo")
        home.wikimedia.account("Bo")
        await home.change(ada, "addEditors", "added { username }", programId=program["id"], usernames=["Bo"])
        async with socket(home, program["slug"], cookie=bo.cookies[SESSION]) as wire:
            await home.change(ada, "removeEditor", "program { id }", programId=program["id"], username="Bo")
            assert [message["type"] for message in await wire.receive_until("complete")] == ["complete"]
            assert await wire.is_alive()

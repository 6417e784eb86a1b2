# SPDX-License-Identifier: GPL-3.0-or-later
"""Which language somebody is answered in."""

from __future__ import annotations

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request

from graph.web.languages import COOKIE, choices, language_of, language_routes, preferred


def request(query: str = "", **headers: str) -> Request:
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "path": "/programs/x", "query_string": query.encode(), "headers": raw, "method": "GET"}
    return Request({**scope, "scheme": "http", "server": ("testserver", 80), "root_path": ""})


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "en"),
        ("de", "de"),
        ("de-AT, en;q=0.5", "de"),
        ("ja, pt-BR;q=0.8, fr;q=0.9", "fr"),
        ("AR-eg", "ar"),
        ("ja", "en"),
        ("fr;q=0", "en"),
        ("fr;q=x, nl;q=0.1", "nl"),
        ("fr;q=NaN", "en"),
        ("*", "en"),
        ("es, de", "es"),
        (";;;,,=", "en"),
        ("de;q=0.9," * 10_000, "de"),
    ],
)
def test_the_browser_s_wishes_are_read_in_their_order(header: str, language: str) -> None:
    assert preferred(header) == language


def test_the_address_comes_before_the_choice_and_the_choice_before_the_browser() -> None:
    chosen = f"{COOKIE}=pl"
    assert language_of(request("lang=ar", cookie=chosen, accept_language="de")) == "ar"
    assert language_of(request("lang=tlh", cookie=chosen, accept_language="de")) == "pl"
    assert language_of(request(cookie=f"{COOKIE}=../x", accept_language="de")) == "de"
    assert language_of(request(cookie=chosen, accept_language="de"), remembered=False) == "de"


def test_the_menu_names_each_language_and_comes_back_to_the_page_without_its_lang() -> None:
    offered = {speak.language: way for speak, way in choices(request("lang=ar&tab=editors&q=a%20b"))}
    assert offered["fr"] == "/language?to=fr&return=%2Fprograms%2Fx%3Ftab%3Deditors%26q%3Da%2Bb"
    assert len(offered) == 8


async def ask(**params: str) -> httpx.Response:
    transport = httpx.ASGITransport(Starlette(routes=language_routes()))
    async with httpx.AsyncClient(transport=transport, base_url="http://here") as client:
        return await client.get("/language", params=params)


async def test_choosing_a_language_remembers_it_and_goes_back() -> None:
    response = await ask(to="fr", **{"return": "/programs/x?tab=editors"})
    assert response.status_code == 303
    assert response.headers["location"] == "/programs/x?tab=editors"
    assert response.headers["set-cookie"].startswith(f"{COOKIE}=fr; HttpOnly; Max-Age=31536000; Path=/; SameSite=lax")


@pytest.mark.parametrize("back", ["//evil.example", "https://evil.example/", "/\\evil", "javascript:alert(1)", ""])
async def test_choosing_a_language_leads_nowhere_else(back: str) -> None:
    response = await ask(to="fr", **{"return": back})
    assert response.headers["location"] == "/"


async def test_a_language_there_is_not_is_not_remembered() -> None:
    assert "set-cookie" not in (await ask(to="tlh")).headers

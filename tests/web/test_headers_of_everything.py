# SPDX-License-Identifier: GPL-3.0-or-later
"""Every address of the service: no answer leaves out what keeps browsers safe."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import httpx
from starlette.routing import BaseRoute, Mount, Route

from graph import serving
from graph.settings import Settings
from graph.web.guarding import NOTHING
from tests.web.signing import house

PATIENCE = httpx.Timeout(60)
FRAMED = ("/embed/", "/card/", "/badge/")
"""What other sites show in frames and images."""


def addresses(routes: Iterable[BaseRoute], slug: str) -> Iterator[str]:
    """An address of each route."""
    for route in routes:
        if isinstance(route, Mount):
            yield f"{route.path}/page.js"
        elif isinstance(route, Route):
            filled = route.path.replace("{kind}", "program").replace("{slug}", slug)
            yield re.sub(r"\{\w+(:\w+)?\}", "nothing", filled)


def faults(answer: httpx.Response) -> list[str]:
    """What an answer leaves out."""
    headers, path = answer.headers, answer.request.url.path
    found = [name for name in NOTHING if name not in headers]
    if headers.get("x-content-type-options") != "nosniff":
        found.append("its type may be guessed")
    if "frame-ancestors" not in headers.get("content-security-policy", "") and not path.startswith(FRAMED):
        found.append("it may be framed")
    if "server" in headers:
        found.append("it tells what serves it")
    return [f"{answer.request.method} {answer.request.url} {answer.status_code}: {each}" for each in found]


async def test_no_answer_leaves_out_what_keeps_browsers_safe(database_url: str) -> None:
    async with house(database_url) as home, home.browser() as browser, home.browser() as anybody:
        browser.timeout = anybody.timeout = PATIENCE
        await home.sign_in(browser, "Ada")
        slug = (await home.program(browser))["slug"]
        web = home.service.web
        assert web is not None
        routes = serving.web_app(Settings(), home.service.deps, web.executor, web.log_in, home.service.stop).routes
        found, statuses = [], set()
        for address in addresses(routes, slug):
            for answer in (await browser.get(address), await anybody.put(address)):
                statuses.add(answer.status_code)
                found += faults(answer)
        for address in ("/nowhere", "/programs/nothing", "/programs/", "/static/nothing.js", "/graphql?query=%7B"):
            found += faults(await anybody.get(address))
        wrong = await anybody.get("/", headers={"authorization": "Bearer nothing"})
        found += faults(wrong)
    assert found == []
    assert (wrong.status_code, statuses >= {200, 303, 404, 405}) == (401, True)

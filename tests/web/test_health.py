# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import httpx
import pytest
from starlette.applications import Starlette

from graph.web.health import health_routes
from tests.web.serving import serving


class Service:
    """What the routes ask."""

    def __init__(self) -> None:
        self.wrong: str | None = None
        self.asked: list[str] = []

    async def trouble(self) -> str | None:
        self.asked.append("trouble")
        return self.wrong

    async def figures(self) -> bytes:
        self.asked.append("figures")
        return b"up 1.0\n"


async def get(service: Service, path: str, token: str | None = "secret", **headers: str | bytes) -> httpx.Response:
    app = Starlette(routes=health_routes(service.trouble, service.figures, token))
    async with serving(app) as url, httpx.AsyncClient() as client:
        return await client.get(
            f"{url}{path}",
            headers={
                name.encode(): value if isinstance(value, bytes) else value.encode() for name, value in headers.items()
            },
        )


async def test_being_alive_asks_nobody() -> None:
    service = Service()
    answer = await get(service, "/healthz")
    assert (answer.status_code, answer.text, service.asked) == (200, "alive\n", [])


async def test_figures_are_not_for_those_who_say_nothing() -> None:
    answer = await get(Service(), "/metrics")
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, 'Bearer realm="metrics"')


async def test_being_ready_asks_the_database() -> None:
    service = Service()
    answer = await get(service, "/readyz")
    assert (answer.status_code, answer.text, service.asked) == (200, "ready\n", ["trouble"])


async def test_who_cannot_serve_says_why_and_when_to_ask_again() -> None:
    service = Service()
    service.wrong = "the database does not answer"
    answer = await get(service, "/readyz")
    assert (answer.status_code, answer.text) == (503, "the database does not answer\n")
    assert answer.headers["retry-after"] == "5"


@pytest.mark.parametrize("given", ["Bearer", "Bearer wrong", "Bearer s\xe9cret", "Basic secret"])
async def test_figures_are_for_those_with_the_token(given: str) -> None:
    service = Service()
    answer = await get(service, "/metrics", authorization=given.encode("latin-1"))
    assert (answer.status_code, service.asked) == (401, [])


async def test_figures_are_as_prometheus_reads_them() -> None:
    answer = await get(Service(), "/metrics", authorization="Bearer secret")
    assert (answer.status_code, answer.text) == (200, "up 1.0\n")
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"


async def test_without_a_token_there_are_no_figures() -> None:
    service = Service()
    answer = await get(service, "/metrics", token=None, authorization="Bearer None")
    assert (answer.status_code, service.asked) == (404, [])

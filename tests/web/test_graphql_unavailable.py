# SPDX-License-Identifier: GPL-3.0-or-later
"""While the database is away: everybody is told, in a way that makes their client come back."""

from __future__ import annotations

import json
import logging

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import Route

from graph.db.pool import LOST
from graph.errors import DatabaseUnavailable
from graph.web.rendering import HANDLERS, away
from tests.web.asking import JSON, RESPONSE_JSON, error_of, post
from tests.web.conftest import Toy
from tests.web.serving import serving
from tests.web.test_graphql_sse import streaming
from tests.web.wire import wired

TOLD = {
    "message": "The service's database does not answer at the moment. Please try again in a few seconds.",
    "extensions": {"code": "UNAVAILABLE", "retryAfter": 5},
}


@pytest.mark.parametrize("accept", [JSON, RESPONSE_JSON])
@pytest.mark.parametrize("document", ["{ away }", "mutation { away }"])
async def test_whoever_asks_in_vain_is_told_when_to_ask_again(
    client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture, document: str, accept: str
) -> None:
    answer = await post(client, {"query": document}, accept)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert (answer.headers["cache-control"], answer.headers["content-type"]) == ("no-store", f"{accept}; charset=utf-8")
    body = answer.json()
    assert body["data"] is None
    assert [{name: error[name] for name in TOLD} for error in body["errors"]] == [TOLD]
    assert "secret" not in answer.text
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert record.getMessage() == "the database cannot answer at away: DatabaseUnavailable: secret of the database"


async def test_what_could_be_told_is_told(client: httpx.AsyncClient) -> None:
    answer = await post(client, {"query": "{ hello awayInPart }"})
    assert (answer.status_code, answer.json()["data"]) == (200, {"hello": "world", "awayInPart": None})
    assert answer.json()["errors"][0]["extensions"] == TOLD["extensions"]


async def test_a_sign_in_that_cannot_be_looked_up_is_no_wrong_sign_in(client: httpx.AsyncClient) -> None:
    answer = await post(client, {"query": "{ hello }"}, authorization="Bearer away")
    assert (answer.status_code, answer.headers["retry-after"], error_of(answer)) == (503, "5", TOLD)


async def test_an_event_source_comes_back(toy: Toy) -> None:
    async with streaming(toy, "subscription { numbers }", authorization="Bearer away") as response:
        text = (await response.aread()).decode()
    hint, event, end = text.split("\n\n")
    assert (response.status_code, end) == (200, "")
    assert 3_750 <= int(hint.removeprefix("retry: ")) <= 7_500
    assert json.loads(event.removeprefix("event: next\ndata: "))["errors"][0]["extensions"] == TOLD["extensions"]


@pytest.mark.parametrize(("field", "told"), [("away", 0), ("goesAway", 1)])
async def test_a_stream_whose_source_is_away_is_not_complete(toy: Toy, field: str, told: int) -> None:
    async with streaming(toy, f"subscription {{ {field} }}") as response:
        text = (await response.aread()).decode()
    assert text.count("event: next") == told + 1
    assert text.count("UNAVAILABLE") == 1
    assert "event: complete" not in text


async def test_a_socket_is_closed_and_told_when_to_come_back(toy: Toy) -> None:
    async with wired(toy.socket_url) as wire:
        await wire.send({"type": "connection_init", "payload": {"Authorization": "Bearer away"}})
        assert await wire.closed() == (1013, "The database does not answer: try again in 5 seconds")


async def test_an_operation_on_a_socket_is_told_and_harms_no_other(toy: Toy) -> None:
    async with wired(toy.socket_url) as wire:
        await wire.init()
        await wire.subscribe("1", "subscription { goesAway }")
        messages = await wire.receive_until("error")
        assert messages[-1]["payload"][0]["extensions"] == TOLD["extensions"]
        assert await wire.is_alive()


@pytest.mark.parametrize("error", [DatabaseUnavailable("secret"), ConnectionRefusedError("secret"), TimeoutError()])
async def test_a_page_that_cannot_be_made_says_so(error: Exception) -> None:
    async def page(_: Request) -> None:
        raise error

    handlers = {**HANDLERS, **dict.fromkeys(LOST, away)}
    app = Starlette(routes=[Route("/", page)], exception_handlers=handlers)
    async with serving(app) as url, httpx.AsyncClient() as client:
        answer = await client.get(url)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert "secret" not in answer.text

# SPDX-License-Identifier: GPL-3.0-or-later
"""GraphQL over HTTP: what is no request, and what is too large, is refused with JSON."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from tests.web.asking import JSON, RESPONSE_JSON, error_of, post
from tests.web.conftest import Toy

# ---------------------------------------------------------------- bad requests

BAD_BODIES = {
    "nothing": b"",
    "no JSON": b'{ "not a JSON',
    "a string": b'"x"',
    "a number": b"1",
    "null": b"null",
    "an array": b'[{"query": "{ hello }"}]',
    "an empty object": b"{}",
    "no UTF-8": b'{"query": "\xff"}',
    "a lone surrogate": b'{"query": "\\ud800"}',
    "100,000 brackets": b"[" * 100_000,
    "a null query": b'{"query": null}',
    "an empty query": b'{"query": ""}',
    "a blank query": b'{"query": "  \\n"}',
    "a numeric query": b'{"query": 0}',
    "a query that is an object": b'{"query": {}}',
    "a query that is a list": b'{"query": ["{ hello }"]}',
    "string variables": b'{"query": "{ hello }", "variables": "{}"}',
    "list variables": b'{"query": "{ hello }", "variables": []}',
    "false variables": b'{"query": "{ hello }", "variables": false}',
    "a numeric operationName": b'{"query": "{ hello }", "operationName": 1}',
    "list extensions": b'{"query": "{ hello }", "extensions": []}',
    "a persisted query of another version": b'{"extensions": {"persistedQuery": {"version": 2, "sha256Hash": "0"}}}',
}


@pytest.mark.parametrize("body", BAD_BODIES.values(), ids=BAD_BODIES.keys())
@pytest.mark.parametrize("accept", [JSON, RESPONSE_JSON, None])
async def test_a_body_that_is_no_request_is_400(client: httpx.AsyncClient, body: bytes, accept: str | None) -> None:
    response = await post(client, body, accept)
    assert response.status_code == 400
    assert error_of(response)["extensions"] == {"code": "BAD_REQUEST"}


BAD_ADDRESSES = {
    "no query": "",
    "an empty query": "query=",
    "two queries": "query={hello}&query={hello}",
    "two variables": "query={hello}&variables={}&variables={}",
    "two operationNames": "query=query+A{hello}&operationName=A&operationName=A",
    "variables that are no JSON": "query={hello}&variables={",
    "variables that are a list": "query={hello}&variables=[]",
    "extensions that are a string": 'query={hello}&extensions="x"',
}


@pytest.mark.parametrize("address", BAD_ADDRESSES.values(), ids=BAD_ADDRESSES.keys())
async def test_an_address_that_is_no_request_is_400(client: httpx.AsyncClient, address: str) -> None:
    response = await client.get(f"/graphql?{address}")
    assert response.status_code == 400
    assert error_of(response)["extensions"] == {"code": "BAD_REQUEST"}


@pytest.mark.parametrize(
    "content_type",
    ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/graphql"],
)
async def test_a_body_that_is_not_declared_as_json_is_415(
    client: httpx.AsyncClient, toy: Toy, content_type: str
) -> None:
    response = await client.post(
        "/graphql", content='{"query": "mutation { increment }"}', headers={"content-type": content_type}
    )
    assert response.status_code == 415
    assert error_of(response)["message"] == "The Content-Type of a POST must be application/json."
    assert toy.journal.counter == 0


@pytest.mark.parametrize(
    "headers",
    [{"content-type": "application/json; charset=utf-16"}, {"content-type": JSON, "content-encoding": "deflate"}],
)
async def test_another_charset_or_encoding_is_415(client: httpx.AsyncClient, headers: dict[str, str]) -> None:
    response = await client.post("/graphql", content=b"{}", headers=headers)
    assert response.status_code == 415


async def test_utf8_may_be_declared(client: httpx.AsyncClient) -> None:
    response = await post(client, {"query": "{ hello }"}, **{"content-type": 'application/json; charset="UTF-8"'})
    assert response.status_code == 200


# ---------------------------------------------------------------- limits


async def test_a_body_of_just_the_limit_is_read(client: httpx.AsyncClient) -> None:
    start = b'{"query": "{ hello }"'
    response = await post(client, start + b" " * (256 * 1024 - len(start) - 1) + b"}")
    assert response.json()["data"] == {"hello": "world"}


async def test_a_declared_body_beyond_the_limit_is_413(client: httpx.AsyncClient) -> None:
    response = await post(client, b" " * (256 * 1024 + 1))
    assert response.status_code == 413
    assert error_of(response)["message"] == "A request has at most 262144 bytes."


async def test_a_body_that_grows_beyond_the_limit_is_413(client: httpx.AsyncClient) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(5):
            yield b" " * 64 * 1024

    response = await client.post("/graphql", content=chunks(), headers={"content-type": JSON})
    assert response.status_code == 413

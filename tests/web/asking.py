# SPDX-License-Identifier: GPL-3.0-or-later
"""Posting to the toy service, and reading its refusals."""

from __future__ import annotations

import json
from typing import Any

import httpx

RESPONSE_JSON = "application/graphql-response+json"
JSON = "application/json"


async def post(client: httpx.AsyncClient, body: object, accept: str | None = None, **headers: str) -> httpx.Response:
    given = {"content-type": JSON, **headers}
    if accept is not None:
        given["accept"] = accept
    content = body if isinstance(body, str | bytes) else json.dumps(body)
    return await client.post("/graphql", content=content, headers=given)


def error_of(response: httpx.Response) -> dict[str, Any]:
    """The only error of an answer without data, which every refusal is."""
    body = response.json()
    assert list(body) == ["errors"]
    (error,) = body["errors"]
    assert isinstance(error, dict)
    return error

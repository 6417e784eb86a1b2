# SPDX-License-Identifier: GPL-3.0-or-later
"""Documents named by their hash."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from graph.web.graphql_request import InvalidRequest
from graph.web.persisted import LARGEST, MOST, Persisted, UnknownDocument, hash_of

QUERY = "{ hello }"
NAMED = {"persistedQuery": {"version": 1, "sha256Hash": hash_of(QUERY)}}


async def test_a_document_sent_with_its_hash_is_known_by_it_from_then_on(client: httpx.AsyncClient) -> None:
    address = {"extensions": json.dumps(NAMED)}
    unknown = await client.get("/graphql", params=address)
    assert unknown.json()["errors"] == [
        {"message": "PersistedQueryNotFound", "extensions": {"code": "PERSISTED_QUERY_NOT_FOUND"}}
    ]
    assert unknown.headers["cache-control"] == "no-store"
    sent = await client.post("/graphql", json={"query": QUERY, "extensions": NAMED})
    assert sent.status_code == 200
    again = await client.get("/graphql", params=address)
    assert again.json()["data"] == sent.json()["data"]
    assert (await client.get("/graphql", params={"documentId": f"sha256:{hash_of(QUERY)}"})).json()["data"]


@pytest.mark.parametrize("accept", ["application/json", "application/graphql-response+json", "*/*"])
async def test_a_hash_nobody_sent_is_not_found(client: httpx.AsyncClient, accept: str) -> None:
    found = await client.get("/graphql", params={"documentId": "0" * 64}, headers={"accept": accept})
    assert found.status_code == 400


async def test_a_mutation_by_its_hash_is_not_executed_by_get(client: httpx.AsyncClient, toy: Any) -> None:
    named = {"persistedQuery": {"version": 1, "sha256Hash": hash_of("mutation { increment }")}}
    await client.post("/graphql", json={"query": "mutation { increment }", "extensions": named})
    refused = await client.get("/graphql", params={"extensions": json.dumps(named)})
    assert refused.status_code == 405


def test_trusted_documents_are_known_without_being_sent() -> None:
    persisted = Persisted([QUERY])
    assert persisted.request({"documentId": hash_of(QUERY), "variables": {"a": 1}}).query == QUERY
    assert len(persisted) == 0


def test_a_hash_of_another_document_is_refused_and_nothing_is_kept() -> None:
    persisted = Persisted()
    with pytest.raises(InvalidRequest, match="not that of the document"):
        persisted.request({"query": "{ other }", "extensions": NAMED})
    assert len(persisted) == 0


@pytest.mark.parametrize("given", [{}, 1, {"version": 2, "sha256Hash": "x"}, {"version": 1, "sha256Hash": None}])
def test_another_protocol_is_refused(given: object) -> None:
    with pytest.raises(InvalidRequest, match="PersistedQueryNotSupported"):
        Persisted().request({"query": QUERY, "extensions": {"persistedQuery": given}})


def test_other_extensions_are_left_as_they_are() -> None:
    request = Persisted().request({"query": QUERY, "extensions": {**NAMED, "other": 1}})
    assert request.extensions == {"other": 1}


def test_what_is_sent_is_kept_within_bounds() -> None:
    persisted = Persisted()
    for n in range(MOST + 5):
        text = f"{{ a{n}: hello }}"
        persisted.request({"query": text, "documentId": hash_of(text)})
    assert len(persisted) == MOST
    with pytest.raises(UnknownDocument):
        persisted.request({"documentId": hash_of("{ a0: hello }")})
    long = "{ hello }" + " " * LARGEST
    persisted.request({"query": long, "documentId": hash_of(long)})
    with pytest.raises(UnknownDocument):
        persisted.request({"documentId": hash_of(long)})

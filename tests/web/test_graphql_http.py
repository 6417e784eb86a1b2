# SPDX-License-Identifier: GPL-3.0-or-later
"""GraphQL over HTTP: methods, parameters, negotiation, status codes, limits, who may read."""

from __future__ import annotations

import httpx
import pytest

from tests.web.asking import JSON, RESPONSE_JSON, error_of, post
from tests.web.conftest import Toy

URQL = f"{RESPONSE_JSON}, application/graphql+json, {JSON}, text/event-stream, multipart/mixed"


# ---------------------------------------------------------------- what is answered


async def test_a_posted_query_is_answered(client: httpx.AsyncClient) -> None:
    response = await post(client, {"query": "{ hello }"})
    assert (response.status_code, response.json()["data"]) == (200, {"hello": "world"})


async def test_a_posted_mutation_is_executed(client: httpx.AsyncClient, toy: Toy) -> None:
    response = await post(client, {"query": "mutation { increment(by: 3) }"})
    assert response.json()["data"] == {"increment": 3}
    assert toy.journal.counter == 3


async def test_a_query_by_get_is_answered(client: httpx.AsyncClient) -> None:
    params = {
        "query": "query A($n: String!) { greet(name: $n) } query B { hello }",
        "variables": '{"n": "Ада 🏃"}',
        "operationName": "A",
    }
    response = await client.get("/graphql", params=params)
    assert response.json()["data"] == {"greet": "Hello Ада 🏃"}


async def test_empty_parameters_of_a_get_count_as_absent(client: httpx.AsyncClient) -> None:
    response = await client.get("/graphql?query={hello}&variables=&operationName=&extensions=")
    assert response.json()["data"] == {"hello": "world"}


async def test_a_mutation_by_get_is_refused_and_changes_nothing(client: httpx.AsyncClient, toy: Toy) -> None:
    response = await client.get("/graphql", params={"query": "mutation { increment }"})
    assert (response.status_code, response.headers["allow"]) == (405, "POST")
    assert error_of(response)["message"] == "A mutation cannot be sent by GET: use POST."
    assert (toy.journal.counter, toy.journal.contexts) == (0, 0)


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
async def test_other_methods_are_refused(client: httpx.AsyncClient, method: str) -> None:
    response = await client.request(method, "/graphql")
    assert (response.status_code, response.headers["allow"]) == (405, "GET, POST, OPTIONS")
    assert error_of(response)["message"] == "Use GET or POST."


async def test_the_token_says_who_asks(client: httpx.AsyncClient) -> None:
    response = await post(client, {"query": "{ viewer }"}, authorization="Bearer Ada")
    assert response.json()["data"] == {"viewer": "Ada"}


async def test_a_wrong_token_is_refused_with_401(client: httpx.AsyncClient) -> None:
    response = await post(client, {"query": "{ viewer }"}, authorization="Bearer nobody")
    assert (response.status_code, response.headers["www-authenticate"]) == (401, "Bearer")
    assert error_of(response) == {"message": "This token is not valid.", "extensions": {"code": "NOT_SIGNED_IN"}}


async def test_every_request_has_a_context_of_its_own(client: httpx.AsyncClient, toy: Toy) -> None:
    for _ in range(3):
        await post(client, {"query": "{ hello }"})
    assert toy.journal.contexts == 3


async def test_the_same_document_is_understood_once(client: httpx.AsyncClient, toy: Toy) -> None:
    for name in ("A", "B", "C"):
        await post(client, {"query": "query ($n: String!) { greet(name: $n) }", "variables": {"n": name}})
    assert len(toy.executor.documents) == 1


# ---------------------------------------------------------------- negotiation


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        (None, JSON),
        ("*/*", JSON),
        (JSON, JSON),
        (RESPONSE_JSON, RESPONSE_JSON),
        (f"{JSON};q=0.9, {RESPONSE_JSON}", RESPONSE_JSON),
        (URQL, RESPONSE_JSON),
        (f"text/event-stream, {JSON};q=0.1", JSON),
    ],
)
async def test_a_query_is_answered_in_the_json_type_asked_for(
    client: httpx.AsyncClient, accept: str | None, media_type: str
) -> None:
    response = await post(client, {"query": "{ hello }"}, accept)
    assert response.headers["content-type"] == f"{media_type}; charset=utf-8"
    assert response.json()["data"] == {"hello": "world"}


async def test_a_query_for_a_type_that_is_not_served_is_not_acceptable(client: httpx.AsyncClient) -> None:
    response = await post(client, {"query": "{ hello }"}, "image/png")
    assert response.status_code == 406
    assert error_of(response)["message"] == "Answers are application/json or text/event-stream."


async def test_a_subscription_as_json_is_not_acceptable(client: httpx.AsyncClient, toy: Toy) -> None:
    response = await post(client, {"query": "subscription { numbers }"}, JSON)
    assert response.status_code == 406
    assert "text/event-stream" in error_of(response)["message"]
    assert toy.journal.contexts == 0


# ---------------------------------------------------------------- what cannot be executed

NOT_EXECUTABLE = {
    "a syntax error": ({"query": "{"}, "GRAPHQL_PARSE_FAILED"),
    "an unknown field": ({"query": "{ nope }"}, "GRAPHQL_VALIDATION_FAILED"),
    "an unknown operationName": ({"query": "query A { hello }", "operationName": "B"}, "BAD_REQUEST"),
    "two operations and no name": ({"query": "query A { hello } query B { hello }"}, "BAD_REQUEST"),
    "a null variable": (
        {"query": "query ($n: String!) { greet(name: $n) }", "variables": {"n": None}},
        "BAD_USER_INPUT",
    ),
    "a circular fragment": (
        {"query": "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }"},
        "GRAPHQL_VALIDATION_FAILED",
    ),
    "31 aliases": ({"query": "{" + " ".join(f"a{n}: hello" for n in range(31)) + "}"}, "QUERY_TOO_LARGE"),
    "20,000 fields": ({"query": "{" + "hello " * 20_000 + "}"}, "GRAPHQL_PARSE_FAILED"),
    "50,000 braces": ({"query": "{" * 50_000}, "GRAPHQL_PARSE_FAILED"),
}


@pytest.mark.parametrize(("body", "code"), NOT_EXECUTABLE.values(), ids=NOT_EXECUTABLE.keys())
@pytest.mark.parametrize(
    ("accept", "status", "media_type"),
    [
        (None, 400, JSON),
        ("*/*", 400, JSON),
        (RESPONSE_JSON, 400, RESPONSE_JSON),
        (URQL, 400, RESPONSE_JSON),
        (JSON, 200, JSON),
    ],
)
async def test_what_cannot_be_executed_is_400_and_200_only_for_who_names_the_old_type(
    client: httpx.AsyncClient, toy: Toy, body: object, code: str, accept: str | None, status: int, media_type: str
) -> None:
    response = await post(client, body, accept)
    assert (response.status_code, response.headers["content-type"]) == (status, f"{media_type}; charset=utf-8")
    assert error_of(response)["extensions"]["code"] == code


async def test_a_field_error_is_200_with_data(client: httpx.AsyncClient) -> None:
    response = await post(client, {"query": "{ missing hello }"}, RESPONSE_JSON)
    body = response.json()
    assert (response.status_code, body["data"]) == (200, {"missing": None, "hello": "world"})
    assert body["errors"][0]["message"] == "No such program."
    assert body["errors"][0]["extensions"] == {"code": "NOT_FOUND", "field": ["slug"]}


@pytest.mark.parametrize("field", ["broken", "brokenHard"])
async def test_an_unexpected_error_is_masked_and_logged_in_one_line(
    client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture, field: str
) -> None:
    response = await post(client, {"query": f"{{ {field} }}"})
    error = response.json()["errors"][0]
    reference = error["extensions"]["reference"]
    assert response.status_code == 200
    assert error["message"] == f"Internal error. Its reference is {reference}."
    assert "secret" not in response.text
    (record,) = caplog.records
    line = record.getMessage()
    assert f"error {reference} at {field}: RuntimeError: secret" in line
    assert "\n" not in line
    assert record.exc_info is None


async def test_a_sign_in_that_breaks_is_500_and_tells_nothing(client: httpx.AsyncClient) -> None:
    response = await post(client, {"query": "{ hello }"}, authorization="Bearer crash")
    assert response.status_code == 500
    assert error_of(response)["extensions"]["code"] == "INTERNAL_ERROR"
    assert "secret" not in response.text


async def test_users_faults_leave_nothing_in_the_log(
    client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    for body, _ in NOT_EXECUTABLE.values():
        await post(client, body)
    await post(client, {"query": "{ missing }"})
    assert caplog.records == []


# ---------------------------------------------------------------- foreign pages


async def test_a_preflight_allows_any_origin_tokens_and_no_credentials(client: httpx.AsyncClient) -> None:
    headers = {
        "origin": "https://elsewhere.example",
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization,content-type",
    }
    response = await client.options("/graphql", headers=headers)
    assert response.status_code == 204
    granted = {name: value for name, value in response.headers.items() if name.startswith("access-control-")}
    assert granted == {
        "access-control-allow-origin": "*",
        "access-control-allow-methods": "GET, POST, OPTIONS",
        "access-control-allow-headers": "*, Authorization",
        "access-control-max-age": "86400",
    }


@pytest.mark.parametrize("body", [{"query": "{ hello }"}, {"query": "{"}, []])
async def test_every_answer_may_be_read_by_foreign_pages(client: httpx.AsyncClient, body: object) -> None:
    response = await post(client, body, origin="https://elsewhere.example")
    assert response.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in response.headers
    assert response.headers["vary"] == "Accept"
    assert response.headers["cache-control"] == "no-store"

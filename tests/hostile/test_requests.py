# SPDX-License-Identifier: GPL-3.0-or-later
"""Bad input, rows 12, 13, 41, 42, 44 and 45: requests of other pages, forged headers, addresses that are none."""

from __future__ import annotations

import asyncio
import json

import httpx
import pytest

from tests.hostile.target import ORGANIZER, Service, bearer

pytestmark = pytest.mark.asyncio(loop_scope="module")

CREATE = 'mutation { createCampaign(input: {title: "Forged"}) { campaign { slug } userErrors { code } } }'
COOKIE = {"cookie": "sign_in=pgi_" + "x" * 43}


@pytest.mark.parametrize(
    "content_type",
    ["application/x-www-form-urlencoded", "text/plain", "multipart/form-data; boundary=x", "application/json+x", ""],
)
async def test_row_12_what_a_form_of_another_page_can_send_is_refused(service: Service, content_type: str) -> None:
    bodies = (json.dumps({"query": CREATE}).encode(), b"query=" + CREATE.encode(), b'{"query": "' + b'","x":"=', b"")
    async with service.unchanged():
        for body in bodies:
            response = await service.post(body, **COOKIE, **{"content-type": content_type})
            assert response.status_code == 415
            assert response.json()["errors"][0]["extensions"] == {"code": "BAD_REQUEST"}


async def test_row_12_a_mutation_by_get_is_refused_even_with_a_token(service: Service) -> None:
    async with service.unchanged():
        for accept in ("application/json", "text/event-stream", "text/html"):
            response = await service.client.get(
                service.url, params={"query": CREATE}, headers={"accept": accept, **bearer(ORGANIZER)}
            )
            assert (response.status_code, response.headers["allow"]) == (405, "POST")


@pytest.mark.parametrize(
    "origin",
    ["https://evil.example", "null", "http://127.0.0.1.evil.example", "HTTP://127.0.0.1", "http://127.0.0.1:1", ""],
)
async def test_row_13_another_page_brings_no_cookie_and_reads_no_credentials(service: Service, origin: str) -> None:
    async with service.unchanged():
        response = await service.post({"query": CREATE}, origin=origin, **COOKIE)
    assert response.json()["data"]["createCampaign"]["userErrors"] == [{"code": "NOT_SIGNED_IN"}]
    assert response.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in response.headers


async def test_row_41_nobody_is_limited_by_an_address_true_or_forged(service: Service) -> None:
    for number in range(40):
        forged = {"x-forwarded-for": f"203.0.113.{number}, 10.0.0.1", "x-real-ip": "::1", "forwarded": "for=unknown"}
        response = await service.post({"query": "{ __typename }"}, **forged)
        assert response.status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/metrics",
        "/debug",
        "/server-status",
        "/.env",
        "/.git/config",
        "/graphql/../.env",
        "/static/..%2f..%2fapp.py",
    ],
)
async def test_row_42_and_44_nothing_is_served_that_is_not_for_everybody(service: Service, path: str) -> None:
    response = await service.client.get(service.address + path)
    assert response.status_code == 404
    assert "Traceback" not in response.text


ODD_ADDRESSES = [
    "//graphql",
    "/graphql/",
    "/graphql;x",
    "/graphql/..;/metrics",
    "/%2e%2e/graphql",
    "/graphql%00",
    "/GRAPHQL",
]


@pytest.mark.parametrize("path", ODD_ADDRESSES)
async def test_row_45_an_address_that_only_looks_like_ours_is_none(service: Service, path: str) -> None:
    status, _ = await raw(service, f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n")
    assert status in (307, 400, 404, 405)


async def raw(service: Service, head: str, body: bytes = b"") -> tuple[int, bytes]:
    """Send bytes as they are; the status (0 where the connection was closed instead) and all that came back."""
    address = httpx.URL(service.address)
    reader, writer = await asyncio.open_connection(address.host, address.port)
    writer.write(head.encode("latin-1") + b"Connection: close\r\n\r\n" + body)
    await writer.drain()
    async with asyncio.timeout(10):
        answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    return (int(answer.split(b" ", 2)[1]) if answer else 0), answer


QUERY = json.dumps({"query": "{ __typename }"}).encode()
POST = "POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
SMUGGLED = {
    "two lengths": (f"{POST}Content-Length: 4\r\nContent-Length: {len(QUERY)}\r\n", QUERY),
    "length and chunks": (f"{POST}Content-Length: 6\r\nTransfer-Encoding: chunked\r\n", b"0\r\n\r\nGET /x"),
    "odd chunks": (f"{POST}Transfer-Encoding: xchunked\r\n", b"0\r\n\r\n"),
    "a negative length": (f"{POST}Content-Length: -1\r\n", QUERY),
    "a length that is a word": (f"{POST}Content-Length: many\r\n", QUERY),
    "a blank before the colon": (f"{POST}Content-Length : {len(QUERY)}\r\n", QUERY),
    "a bare line feed": (f"{POST}X: a\nTransfer-Encoding: chunked\r\nContent-Length: {len(QUERY)}\r\n", QUERY),
    "no such version": ("GET /graphql HTTP/9.9\r\nHost: x\r\n", b""),
    "nothing of HTTP": ("hello\r\n", b""),
    "a header of 100 kB": (f"GET / HTTP/1.1\r\nHost: x\r\nX: {'a' * 100_000}\r\n", b""),
}


@pytest.mark.parametrize(("head", "body"), SMUGGLED.values(), ids=SMUGGLED.keys())
async def test_row_45_what_proxies_could_read_otherwise_is_one_refusal(
    service: Service, head: str, body: bytes
) -> None:
    async with service.unchanged():
        status, answer = await raw(service, head, body)
    assert status < 500
    assert answer.count(b"HTTP/1.1 ") <= 1
    assert b"Traceback" not in answer


async def test_row_45_a_forged_host_is_not_repeated(service: Service) -> None:
    for path in ("/", "/graphql", f"/live/program/{service.program['slug']}"):
        response = await service.client.get(
            service.address + path,
            headers={"host": "evil.example", "x-forwarded-host": "evil.example", "accept": "text/html"},
        )
        assert "evil.example" not in response.text + str(response.headers)


async def test_row_45_answers_are_told_apart_by_what_was_accepted_and_kept_nowhere(service: Service) -> None:
    response = await service.post({"query": "{ __typename }"})
    assert (response.headers["vary"], response.headers["cache-control"]) == ("Accept", "no-store")


BODIES = [b"1", b"null", b"true", b'"x"', b"[]", b"{}", b"\xff\xfe", b"{'query': 1}", b'{"query": 1}', b"[" * 200_000]


@pytest.mark.parametrize("body", BODIES, ids=lambda body: repr(body[:12]))
async def test_json_that_is_no_object_is_a_fault(service: Service, body: bytes) -> None:
    async with service.unchanged():
        response = await service.post(body, ORGANIZER)
    assert response.status_code == 400
    assert response.json()["errors"][0]["extensions"] == {"code": "BAD_REQUEST"}

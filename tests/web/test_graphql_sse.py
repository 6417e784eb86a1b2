# SPDX-License-Identifier: GPL-3.0-or-later
"""GraphQL over Server-Sent Events: framing, resuming, heartbeats, ends."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
import sseclient

from graph.web.graphql_sse import next_event
from tests.web.conftest import Toy

TICKS = "subscription { ticks { number } }"
ENDLESS = "subscription { endless { number } }"
STREAM = "text/event-stream"


@asynccontextmanager
async def streaming(toy: Toy, query: str, *, method: str = "GET", **headers: str) -> AsyncIterator[httpx.Response]:
    """Open a stream as an EventSource does, or by POST."""
    given: dict[str, Any] = {"headers": {"accept": STREAM, **headers}}
    given |= {"params": {"query": query}} if method == "GET" else {"json": {"query": query}}
    async with httpx.AsyncClient(verify=False) as client, client.stream(method, toy.url, **given) as response:
        yield response


async def read_all(toy: Toy, query: str, *, method: str = "GET", **headers: str) -> str:
    async with streaming(toy, query, method=method, **headers) as response:
        assert response.status_code == 200
        return (await response.aread()).decode()


def without_hint(text: str) -> str:
    """Take off the retry hint, which differs from stream to stream."""
    hint, _, rest = text.partition("\n\n")
    match = re.fullmatch(r"retry: (\d+)", hint)
    assert match is not None
    assert 1_000 <= int(match[1]) <= 3_000
    return rest


# ---------------------------------------------------------------- framing


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_subscription_is_framed_event_by_event(toy: Toy, method: str) -> None:
    assert without_hint(await read_all(toy, TICKS, method=method)) == (
        'event: next\nid: 1\ndata: {"data":{"ticks":{"number":1}}}\n\n'
        'event: next\nid: 2\ndata: {"data":{"ticks":{"number":2}}}\n\n'
        'event: next\nid: 3\ndata: {"data":{"ticks":{"number":3}}}\n\n'
        "event: complete\ndata:\n\n"
    )


async def test_events_without_a_cursor_have_no_id(toy: Toy) -> None:
    text = without_hint(await read_all(toy, "subscription { numbers }"))
    assert text.startswith('event: next\ndata: {"data":{"numbers":1}}\n\n')
    assert "id:" not in text


async def test_the_headers_keep_proxies_from_holding_events_back(toy: Toy) -> None:
    async with streaming(toy, TICKS) as response:
        assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert response.headers["cache-control"] == "no-cache, no-transform"
        assert response.headers["x-accel-buffering"] == "no"
        assert response.headers["access-control-allow-origin"] == "*"


async def test_whoever_accepts_anything_gets_a_subscription_as_a_stream(toy: Toy) -> None:
    assert (await read_all(toy, TICKS, accept="*/*")).endswith("event: complete\ndata:\n\n")


@pytest.mark.parametrize(("query", "method"), [("{ hello }", "GET"), ("{ hello }", "POST")])
async def test_a_query_is_streamed_to_who_accepts_nothing_else(toy: Toy, query: str, method: str) -> None:
    text = await read_all(toy, query, method=method)
    (first, _, rest) = text.partition("\n\n")
    assert first.startswith('event: next\ndata: {"data":{"hello":"world"}')
    assert rest == "event: complete\ndata:\n\n"


async def test_a_mutation_may_be_posted_for_a_stream_but_not_sent_by_get(toy: Toy) -> None:
    assert '{"data":{"increment":1}' in await read_all(toy, "mutation { increment }", method="POST")
    async with streaming(toy, "mutation { increment }") as response:
        assert response.status_code == 405
    assert toy.journal.counter == 1


@pytest.mark.parametrize("cursor", ["a\nb", "a\rb", "a\0b", "ä", "\x85"])
def test_an_id_that_would_break_the_framing_is_left_out(cursor: str) -> None:
    assert next_event({"data": None}, cursor) == b'event: next\ndata: {"data":null}\n\n'


def test_line_breaks_in_data_stay_inside_one_line() -> None:
    assert next_event({"data": "a\nb\r\u2028"}).count(b"\n") == 3


# ---------------------------------------------------------------- resuming


@pytest.mark.parametrize(
    ("headers", "address", "first"),
    [
        ({"last-event-id": "2"}, "", 3),
        ({}, "&lastEventId=1", 2),
        ({"last-event-id": "2"}, "&lastEventId=1", 3),
        ({"last-event-id": ""}, "&lastEventId=", 1),
    ],
)
async def test_a_stream_resumes_behind_the_last_event_id(
    toy: Toy, headers: dict[str, str], address: str, first: int
) -> None:
    async with httpx.AsyncClient(verify=False, headers={"accept": STREAM, **headers}) as client:
        text = (await client.get(f"{toy.url}?query={TICKS}{address}")).text
    assert re.findall(r"^id: (\d)$", text, re.MULTILINE) == [str(n) for n in range(first, 4)]


async def test_the_last_event_id_wins_over_after(toy: Toy) -> None:
    text = await read_all(toy, 'subscription { ticks(after: "0") { number } }', **{"last-event-id": "2"})
    assert re.findall(r"^id: (\d)$", text, re.MULTILINE) == ["3"]


# ---------------------------------------------------------------- errors


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("{ nope }", "GRAPHQL_VALIDATION_FAILED"),
        ("subscription { refused }", "NOT_FOUND"),
    ],
)
async def test_an_event_source_is_told_why_nothing_is_executed(toy: Toy, query: str, code: str) -> None:
    text = await read_all(toy, query)
    payload = json.loads(re.findall(r"^data: (.+)$", text, re.MULTILINE)[0])
    assert list(payload) == ["errors"]
    assert payload["errors"][0]["extensions"]["code"] == code
    assert text.endswith("event: complete\ndata:\n\n")


async def test_a_source_that_breaks_ends_with_a_masked_error(toy: Toy) -> None:
    text = without_hint(await read_all(toy, "subscription { breaks }"))
    first, second, last, end = text.split("\n\n")
    assert first == 'event: next\ndata: {"data":{"breaks":1}}'
    assert json.loads(second.removeprefix("event: next\ndata: "))["errors"][0]["extensions"]["code"] == "INTERNAL_ERROR"
    assert (last, end) == ("event: complete\ndata:", "")
    assert "secret" not in text


async def test_a_wrong_token_is_401_with_json(toy: Toy) -> None:
    async with streaming(toy, TICKS, authorization="Bearer nobody") as response:
        body = json.loads(await response.aread())
    assert (response.status_code, body["errors"][0]["extensions"]["code"]) == (401, "NOT_SIGNED_IN")


# ---------------------------------------------------------------- staying and ending


async def test_a_silent_stream_has_heartbeats(hasty_toy: Toy) -> None:
    async with streaming(hasty_toy, ENDLESS) as response:
        received = ""
        async with asyncio.timeout(5):
            async for text in response.aiter_text():
                received += text
                if received.count(":\n\n") >= 2:
                    break
    assert without_hint(received).startswith(
        'event: next\nid: 1\ndata: {"data":{"endless":{"number":1}}}\n\n:\n\n:\n\n'
    )


async def test_a_client_that_leaves_closes_the_source(toy: Toy) -> None:
    async with streaming(toy, ENDLESS):
        await toy.journal.until_opened(1)
    await toy.journal.until_closed(1)


async def test_a_closing_process_ends_streams_without_completing_them(toy: Toy) -> None:
    async with streaming(toy, ENDLESS) as response:
        await toy.journal.until_opened(1)
        toy.closing.set()
        async with asyncio.timeout(5):
            text = without_hint((await response.aread()).decode())
    assert text == 'event: next\nid: 1\ndata: {"data":{"endless":{"number":1}}}\n\n'
    assert toy.journal.closed == 1


async def test_source_and_events_have_contexts_of_their_own(toy: Toy) -> None:
    await read_all(toy, TICKS)
    assert toy.journal.contexts == 4


# ---------------------------------------------------------------- a client of others


async def test_sseclient_reads_the_stream(toy: Toy) -> None:
    def read() -> list[tuple[str, str, str | None]]:
        with httpx.stream(
            "GET", toy.url, verify=False, params={"query": TICKS}, headers={"accept": STREAM}
        ) as response:
            events = sseclient.SSEClient(response.iter_bytes()).events()  # type: ignore[arg-type]
            return [(event.event, event.data, event.id) for event in events]

    assert await asyncio.to_thread(read) == [
        ("next", '{"data":{"ticks":{"number":1}}}', "1"),
        ("next", '{"data":{"ticks":{"number":2}}}', "2"),
        ("next", '{"data":{"ticks":{"number":3}}}', "3"),
        ("complete", "", None),
    ]

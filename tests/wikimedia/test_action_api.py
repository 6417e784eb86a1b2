# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import msgspec
import pytest

from graph.errors import UpstreamError
from graph.programs import Wiki
from graph.wikimedia import action_api
from graph.wikimedia.action_api import IN_FLIGHT, LONGEST_WAIT, TRIES, ActionApi, Refused

WIKI = Wiki("enwiki", "en.wikipedia.org", "wikipedia", "en")
AGENT = "ProgramsGraphTests/1.0 (tests@example.org)"
NOW = "2026-09-27T16:17:12Z"
AT = datetime(2026, 9, 27, 16, 17, 12, tzinfo=UTC)

Respond = Callable[[httpx.Request], httpx.Response]


class Told(msgspec.Struct):
    word: str = ""


TOLD = msgspec.json.Decoder(Told)


class Waits(list[float]):
    async def __call__(self, seconds: float) -> None:
        self.append(seconds)


def asking(respond: Respond, waits: Waits | None = None, **kwargs: object) -> ActionApi:
    client = httpx.AsyncClient(transport=httpx.MockTransport(respond), verify=False)
    slots = asyncio.Semaphore(IN_FLIGHT)
    settings = {"sleep": waits if waits is not None else Waits(), "timer": lambda: 0.0, "chance": lambda: 0.0, **kwargs}
    return ActionApi(client, "https://{domain}/w/api.php?db={dbname}", AGENT, slots, **settings)  # type: ignore[arg-type]


def good(word: str = "yes", **members: object) -> httpx.Response:
    return httpx.Response(200, json={"curtimestamp": NOW, "query": {"word": word}, **members})


def error(code: str, **headers: str) -> httpx.Response:
    answer = {"error": {"code": code, "info": "because"}}
    return httpx.Response(200, json=answer, headers={name.replace("_", "-"): value for name, value in headers.items()})


async def test_a_question_is_asked_in_the_words_of_the_api() -> None:
    asked: list[httpx.Request] = []
    api = asking(lambda request: (asked.append(request), good())[1])
    answer = await api.ask(WIKI, TOLD, {"list": "words", "wolimit": "5"})
    assert (answer.query.word, answer.further, answer.asked_at) == ("yes", {}, AT)
    (request,) = asked
    assert (request.method, request.url.host, request.headers["user-agent"]) == ("GET", "en.wikipedia.org", AGENT)
    assert dict(request.url.params) == {
        "action": "query",
        "format": "json",
        "formatversion": "2",
        "curtimestamp": "1",
        "maxlag": "5",
        "list": "words",
        "wolimit": "5",
    }


async def test_a_long_question_is_posted_with_the_promise_to_write_nothing() -> None:
    asked: list[httpx.Request] = []
    api = asking(lambda request: (asked.append(request), good())[1])
    await api.ask(WIKI, TOLD, {"ususers": "x" * 9000}, post=True)
    (request,) = asked
    assert (request.method, request.headers["promise-non-write-api-action"]) == ("POST", "true")
    assert b"ususers=xxx" in request.content
    assert b"maxlag=5" in request.content


async def test_the_answer_is_as_old_as_the_question() -> None:
    times = iter([100.0, 102.5])
    answer = await asking(lambda _: good(), timer=lambda: next(times)).ask(WIKI, TOLD, {})
    assert answer.asked_at == AT - timedelta(seconds=2.5)


async def test_where_it_goes_on_is_told_as_parameters() -> None:
    further = {"rvcontinue": 17, "continue": "||"}
    answer = await asking(lambda _: good(**{"continue": further})).ask(WIKI, TOLD, {})
    assert answer.further == {"rvcontinue": "17", "continue": "||"}


async def test_an_answer_without_results_is_an_empty_one() -> None:
    answer = await asking(lambda _: httpx.Response(200, json={"curtimestamp": NOW, "batchcomplete": True})).ask(
        WIKI, TOLD, {}
    )
    assert answer.query.word == ""


@pytest.mark.parametrize(
    "first",
    [
        lambda: error("maxlag"),
        lambda: error("ratelimited"),
        lambda: error("readonly"),
        lambda: error("internal_api_error_DBQueryTimeoutError"),
        lambda: httpx.Response(429),
        lambda: httpx.Response(500),
        lambda: httpx.Response(502, text="<html>"),
        lambda: httpx.Response(503),
        lambda: httpx.Response(504),
        lambda: httpx.Response(200, text='{"query": {"word"'),
        lambda: httpx.Response(200, text="<html>"),
        lambda: httpx.Response(200, content=b"\xff\xfe"),
        lambda: httpx.Response(200, text="[" * 100_000),
    ],
)
async def test_what_passes_is_waited_out(first: Callable[[], httpx.Response]) -> None:
    waits = Waits()
    answers = [first(), good()]
    answer = await asking(lambda _: answers.pop(0), waits).ask(WIKI, TOLD, {})
    assert (answer.query.word, waits) == ("yes", [0.5])


async def test_a_broken_connection_is_tried_again() -> None:
    failures: list[Exception] = [httpx.ConnectError("refused"), httpx.ReadTimeout("slow"), OSError("odd")]

    def respond(_: httpx.Request) -> httpx.Response:
        if failures:
            raise failures.pop(0)
        return good()

    waits = Waits()
    assert (await asking(respond, waits).ask(WIKI, TOLD, {})).query.word == "yes"
    assert waits == [0.5, 1.0, 2.0]


async def test_it_waits_as_long_as_it_is_told_to_and_a_little_more() -> None:
    waits = Waits()
    answers = [error("maxlag", Retry_After="5"), httpx.Response(429, headers={"Retry-After": "40"}), good()]
    await asking(lambda _: answers.pop(0), waits, chance=lambda: 0.5).ask(WIKI, TOLD, {})
    assert waits == [5.25, 40.5]


async def test_a_date_to_come_back_at_is_understood() -> None:
    waits = Waits()
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=20), usegmt=True)
    answers = [httpx.Response(503, headers={"Retry-After": soon}), good()]
    await asking(lambda _: answers.pop(0), waits).ask(WIKI, TOLD, {})
    assert 15 < waits[0] <= 20


@pytest.mark.parametrize("nonsense", ["later", "-5", "٣", "Thu, 99 Foo 2026 00:00:00 GMT"])
async def test_nonsense_for_a_time_to_wait_counts_as_none(nonsense: str) -> None:
    waits = Waits()
    answers = [httpx.Response(503, headers={"Retry-After": nonsense.encode()}), good()]
    await asking(lambda _: answers.pop(0), waits).ask(WIKI, TOLD, {})
    assert waits == [0.5]


async def test_waits_grow_and_differ_by_chance() -> None:
    for chance, expected in ((0.0, [0.5, 1.0, 2.0, 4.0, 8.0]), (1.0, [1.0, 2.0, 4.0, 8.0, 16.0])):
        waits = Waits()
        with pytest.raises(UpstreamError, match=r"en\.wikipedia\.org cannot be asked now: HTTP 503"):
            await asking(lambda _: httpx.Response(503), waits, chance=lambda chance=chance: chance).ask(WIKI, TOLD, {})
        assert waits == expected
        assert len(waits) == TRIES - 1


async def test_whoever_is_told_to_wait_for_long_gives_up_at_once() -> None:
    waits = Waits()
    too_long = str(int(LONGEST_WAIT) + 1)
    with pytest.raises(UpstreamError, match="HTTP 429"):
        await asking(lambda _: httpx.Response(429, headers={"Retry-After": too_long}), waits).ask(WIKI, TOLD, {})
    assert waits == []


async def test_the_last_reason_is_told() -> None:
    answers = [httpx.Response(503)] * (TRIES - 1) + [error("maxlag")]
    with pytest.raises(UpstreamError, match="cannot be asked now: maxlag"):
        await asking(lambda _: answers.pop(0)).ask(WIKI, TOLD, {})


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (httpx.Response(403, text="no"), "en.wikipedia.org answered 403"),
        (httpx.Response(301, headers={"Location": "https://evil.example/"}), "answered 301"),
        (httpx.Response(200, json={"query": {"word": "yes"}}), "does not tell its time"),
        (httpx.Response(200, json={"curtimestamp": NOW, "query": {"word": 5}}), "answered in an unknown form"),
    ],
)
async def test_what_waiting_does_not_mend_is_an_error_at_once(answer: httpx.Response, reason: str) -> None:
    waits = Waits()
    with pytest.raises(UpstreamError, match=reason):
        await asking(lambda _: answer, waits).ask(WIKI, TOLD, {})
    assert waits == []


async def test_a_question_that_is_not_accepted_is_refused_with_the_apis_code() -> None:
    with pytest.raises(Refused, match="the wikis refused the question: badcontinue because") as refused:
        await asking(lambda _: error("badcontinue")).ask(WIKI, TOLD, {})
    assert refused.value.code == "badcontinue"


async def test_an_address_that_is_none_is_an_error() -> None:
    api = ActionApi(httpx.AsyncClient(verify=False), "https://{domain}:port/{dbname}", AGENT, asyncio.Semaphore(1))
    with pytest.raises(UpstreamError, match="is no address"):
        await api.ask(WIKI, TOLD, {})


async def test_an_answer_that_never_ends_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(action_api, "DEADLINE", 0.02)
    answers = 0

    class Drip(httpx.AsyncByteStream):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            while True:
                yield b" "
                await asyncio.sleep(0.001)

    def respond(_: httpx.Request) -> httpx.Response:
        nonlocal answers
        answers += 1
        return httpx.Response(200, stream=Drip()) if answers == 1 else good()

    assert (await asking(respond).ask(WIKI, TOLD, {})).query.word == "yes"
    assert answers == 2


async def test_an_answer_that_is_too_large_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(action_api, "LARGEST", 1000)
    answers = [good("x" * 1000), good()]
    assert (await asking(lambda _: answers.pop(0)).ask(WIKI, TOLD, {})).query.word == "yes"
    with pytest.raises(UpstreamError, match="the answer is too large"):
        await asking(lambda _: good("x" * 1000)).ask(WIKI, TOLD, {})


async def test_a_compressed_answer_is_read() -> None:
    body = gzip.compress(good().content)
    answer = httpx.Response(200, content=body, headers={"Content-Encoding": "gzip"})
    assert (await asking(lambda _: answer).ask(WIKI, TOLD, {})).query.word == "yes"


async def test_never_more_than_three_questions_are_on_their_way() -> None:
    under_way = most = 0
    arrived = asyncio.Event()
    go = asyncio.Event()

    async def respond(_: httpx.Request) -> httpx.Response:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        if under_way == IN_FLIGHT:
            arrived.set()
        await go.wait()
        under_way -= 1
        return good()

    client = httpx.AsyncClient(transport=httpx.MockTransport(respond), verify=False)
    slots = asyncio.Semaphore(IN_FLIGHT)
    one, other = (ActionApi(client, "https://{domain}/", AGENT, slots) for _ in range(2))
    asked = [asyncio.create_task(api.ask(WIKI, TOLD, {})) for api in (one, other) for _ in range(5)]
    await arrived.wait()
    for _ in range(20):
        await asyncio.sleep(0)
    assert under_way == IN_FLIGHT
    go.set()
    await asyncio.gather(*asked)
    assert most == IN_FLIGHT


async def test_whoever_waits_lets_others_ask() -> None:
    slots = asyncio.Semaphore(1)
    waiting = asyncio.Event()
    go_on = asyncio.Event()

    async def sleep(_: float) -> None:
        waiting.set()
        await go_on.wait()

    answers = [httpx.Response(503), good("other"), good("first")]
    client = httpx.AsyncClient(transport=httpx.MockTransport(lambda _: answers.pop(0)), verify=False)
    api = ActionApi(client, "https://{domain}/", AGENT, slots, sleep=sleep)
    first = asyncio.create_task(api.ask(WIKI, TOLD, {}))
    await waiting.wait()
    assert (await api.ask(WIKI, TOLD, {})).query.word == "other"
    go_on.set()
    assert (await first).query.word == "first"

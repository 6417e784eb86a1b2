# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from graph.errors import UpstreamError
from graph.wikimedia.users import BATCH, IN_FLIGHT, WikimediaUsers
from graph.wikis import KnownUser
from tests.simulator.serving import AGENT, Stand, standing

NOW = datetime(2026, 9, 27, 16, 17, 12, tzinfo=UTC)
OLD = "2011-04-05T06:07:08Z"
RECENT = "2026-09-20T10:00:00Z"


@pytest.fixture
async def stand() -> AsyncIterator[Stand]:
    async with standing() as stand:
        yield stand


def directory(stand: Stand, waits: list[float] | None = None) -> WikimediaUsers:
    async def sleep(seconds: float) -> None:
        if waits is not None:
            waits.append(seconds)

    return WikimediaUsers(stand.client, stand.base + "/w/{dbname}/api.php", AGENT, clock=lambda: NOW, sleep=sleep)


def answering(respond: Callable[[httpx.Request], httpx.Response], waits: list[float] | None = None) -> WikimediaUsers:
    async def sleep(seconds: float) -> None:
        if waits is not None:
            waits.append(seconds)

    client = httpx.AsyncClient(transport=httpx.MockTransport(respond), verify=False)
    return WikimediaUsers(client, "https://{domain}/w/api.php", AGENT, clock=lambda: NOW, sleep=sleep)


async def ask(users: WikimediaUsers, *names: str) -> dict[str, KnownUser | None]:
    return await users.look_up(names, "en.wikipedia.org", "enwiki")


async def test_accounts_are_found_under_every_writing_of_their_name(stand: Stand) -> None:
    one = stand.wikimedia.create_user("Amara quill", registered=OLD)
    found = await ask(directory(stand), "amara_quill", " Amara  quill ", "Nobody at all")
    known = KnownUser("Amara quill", one.central_id, datetime(2011, 4, 5, 6, 7, 8, tzinfo=UTC))
    assert found == {"amara_quill": known, " Amara  quill ": known, "Nobody at all": None}


async def test_names_of_every_script_are_found(stand: Stand) -> None:
    names = ["ليلى", "小明", "Иван Петров", "हिन्दी", "Ünal"]
    for name in names:
        stand.wikimedia.create_user(name, registered=OLD)
    found = await ask(directory(stand), *names)
    assert [user.username for user in found.values() if user] == names


async def test_an_account_that_exists_on_another_wiki_is_found(stand: Stand) -> None:
    one = stand.wikimedia.create_user("Far Away", registered=OLD, home="ruwiki")
    found = await ask(directory(stand), "Far Away")
    assert found == {"Far Away": KnownUser("Far Away", one.central_id, datetime(2011, 4, 5, 6, 7, 8, tzinfo=UTC))}


async def test_a_recent_local_account_has_the_date_of_its_global_one(stand: Stand) -> None:
    one = stand.wikimedia.create_user("Traveller", registered=OLD, home="dewiki")
    stand.wikimedia.attach(one, "enwiki", at=RECENT)
    found = await ask(directory(stand), "Traveller")
    assert found["Traveller"] == KnownUser("Traveller", one.central_id, datetime(2011, 4, 5, 6, 7, 8, tzinfo=UTC))


async def test_an_old_account_costs_no_request_of_its_own(stand: Stand) -> None:
    asked: list[httpx.Request] = []

    async def note(request: httpx.Request) -> None:
        asked.append(request)

    stand.client.event_hooks["request"] = [note]
    for number in range(BATCH + 10):
        stand.wikimedia.create_user(f"Regular {number}", registered=OLD)
    found = await ask(directory(stand), *(f"Regular {number}" for number in range(BATCH + 10)))
    assert None not in found.values()
    assert len(asked) == 2


async def test_names_that_no_account_can_have_are_nobodys(stand: Stand) -> None:
    found = await ask(directory(stand), "A|b", "A\x1fb", "", "192.0.2.7", "#")
    assert set(found.values()) == {None}


async def test_nobody_is_asked_about_nothing() -> None:
    def never(request: httpx.Request) -> httpx.Response:
        raise AssertionError("asked")

    assert await ask(answering(never)) == {}


async def test_a_lag_is_waited_out_and_then_the_answer_is_taken() -> None:
    waits: list[float] = []
    answers = [
        httpx.Response(200, json={"error": {"code": "maxlag", "info": "Waiting"}}, headers={"Retry-After": "3"}),
        httpx.Response(429, text="slow down"),
        httpx.Response(200, json={"query": {"users": [user("Amara", 5)]}}),
    ]
    found = await ask(answering(lambda _: answers.pop(0), waits), "Amara")
    assert found == {"Amara": KnownUser("Amara", 5, datetime(2011, 4, 5, 6, 7, 8, tzinfo=UTC))}
    assert waits == [3.0, 2.0]


def user(name: str, central_id: int, registered: str = OLD) -> dict[str, Any]:
    return {
        "userid": 1,
        "name": name,
        "centralids": {"CentralAuth": central_id, "local": 1},
        "attachedlocal": {"CentralAuth": True, "local": True},
        "registration": registered,
    }


@pytest.mark.parametrize("retry_after", ["60", "Wed, 21 Oct 2026 07:28:00 GMT", "-1"])
async def test_a_long_wait_is_not_waited(retry_after: str) -> None:
    waits: list[float] = []
    busy = httpx.Response(503, headers={"Retry-After": retry_after})
    with pytest.raises(UpstreamError):
        await ask(answering(lambda _: busy, waits), "Amara")
    assert waits == []


async def test_wikis_that_stay_busy_cannot_be_asked() -> None:
    waits: list[float] = []
    with pytest.raises(UpstreamError, match="busy"):
        await ask(answering(lambda _: httpx.Response(503), waits), "Amara")
    assert waits == [1.0, 2.0]


@pytest.mark.parametrize(
    "response",
    [
        httpx.Response(200, text="<html>Wikimedia Error</html>"),
        httpx.Response(200, content=b"\xff\xfe"),
        httpx.Response(200, json=[1, 2]),
        httpx.Response(200, json={}),
        httpx.Response(200, json={"query": []}),
        httpx.Response(200, json={"error": {"code": "internal_api_error", "info": "x"}}),
        httpx.Response(404, json={"query": {"users": []}}),
        httpx.Response(500, text="oops"),
    ],
)
async def test_an_answer_that_is_none_means_that_they_cannot_be_asked(response: httpx.Response) -> None:
    with pytest.raises(UpstreamError):
        await ask(answering(lambda _: response), "Amara")


@pytest.mark.parametrize("error", [httpx.ConnectError("refused"), httpx.ReadTimeout("slow"), httpx.ReadError("cut")])
async def test_a_broken_connection_means_that_they_cannot_be_asked(error: httpx.HTTPError) -> None:
    def break_off(request: httpx.Request) -> httpx.Response:
        raise error

    with pytest.raises(UpstreamError):
        await ask(answering(break_off), "Amara")


@pytest.mark.parametrize(
    "strange",
    [
        {"name": "Amara"},
        {"name": "Amara", "centralids": {"CentralAuth": 0}},
        {"name": "Amara", "centralids": {"CentralAuth": "5"}},
        {**user("Amara", 5), "attachedlocal": {"CentralAuth": False}},
    ],
)
async def test_an_account_without_a_sure_central_id_is_looked_for_globally(strange: dict[str, Any]) -> None:
    def respond(request: httpx.Request) -> httpx.Response:
        if b"globaluserinfo" in request.content:
            return httpx.Response(200, json={"query": {"globaluserinfo": {"missing": True}}})
        return httpx.Response(200, json={"query": {"users": [strange]}})

    assert await ask(answering(respond), "Amara") == {"Amara": None}


async def test_requests_say_who_asks_and_how_they_may_be_put_off() -> None:
    requests: list[httpx.Request] = []

    def respond(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return httpx.Response(200, json={"query": {"users": [user("Amara", 5)]}})

    await ask(answering(respond), "Amara")
    (request,) = requests
    assert str(request.url) == "https://en.wikipedia.org/w/api.php"
    assert request.headers["User-Agent"] == AGENT
    form = httpx.QueryParams(request.content.decode())
    assert dict(form) == {
        "action": "query", "format": "json", "formatversion": "2", "maxlag": "5", "list": "users",
        "usprop": "centralids|registration", "ususers": "\x1fAmara",
    }  # fmt: skip


async def test_never_more_than_three_requests_are_under_way() -> None:
    under_way = most = 0

    async def respond(request: httpx.Request) -> httpx.Response:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0)
        under_way -= 1
        if b"globaluserinfo" in request.content:
            return httpx.Response(200, json={"query": {"globaluserinfo": {"missing": True}}})
        return httpx.Response(200, json={"query": {"users": []}})

    client = httpx.AsyncClient(transport=httpx.MockTransport(respond), verify=False)
    users = WikimediaUsers(client, "https://{domain}/w/api.php", AGENT)
    await asyncio.gather(*(ask(users, *(f"N {each}{number}" for number in range(20))) for each in range(4)))
    assert most == IN_FLIGHT

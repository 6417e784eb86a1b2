# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import gzip
import json
from collections.abc import AsyncIterator

import httpx
import pytest

from graph.wikimedia.scopes import download
from graph.wikimedia.scopes.download import PATIENCE, Service
from graph.wikimedia.scopes.reading import Reason, Unresolved
from tests.simulator.serving import AGENT, Stand
from tests.wikimedia.scopes.stage import Respond, client, service


async def items(given: Service) -> list[bytes]:
    return [item async for _, found in given.listed({"id": "7"}, "pages") for item in found]


async def refusal(respond: Respond) -> tuple[Reason, str]:
    with pytest.raises(Unresolved) as raised:
        await items(service(respond))
    return raised.value.reason, str(raised.value)


def test_the_patience_is_longer_than_petscans_own() -> None:
    assert PATIENCE > 30 * 60


async def test_a_long_list_comes_in_parts() -> None:
    body = json.dumps({"pages": list(range(100_000))}).encode()
    told = [len(found) async for _, found in service(lambda _: httpx.Response(200, content=body)).listed({}, "pages")]
    assert len(told) > 5
    assert sum(told) == 100_000


async def test_a_service_that_is_slow_is_given_up_when_the_patience_ends(stand: Stand) -> None:
    await stand.act("faults", lists_seconds=0.3)
    slow = Service(stand.client, stand.base + "/petscan/", AGENT, name="PetScan", patience=0.05)
    with pytest.raises(Unresolved, match=r"^PetScan took longer than 0\.05 seconds\.$") as raised:
        await items(slow)
    assert raised.value.reason is Reason.SLOW


async def test_one_that_drips_is_given_up_as_well() -> None:
    now = [0.0]

    async def drops() -> AsyncIterator[bytes]:
        yield b'{"pages":['
        for number in range(100):
            now[0] += 600.0  # ten minutes a drop
            yield b"%d," % number

    petscan = Service(
        client(lambda _: httpx.Response(200, content=drops())),
        "https://lists.example.org/",
        AGENT,
        name="PetScan",
        timer=lambda: now[0],
    )
    with pytest.raises(Unresolved, match=r"^PetScan took longer than 30 minutes\.$"):
        await items(petscan)
    assert now[0] == 2400.0  # the drop in which the half-hour ended was the last one that was taken


async def test_what_is_done_between_two_parts_does_not_cost_patience() -> None:
    now = [0.0]

    async def parts() -> AsyncIterator[bytes]:
        yield b'{"pages":[1'
        yield b",2"
        yield b",3]}"

    petscan = Service(
        client(lambda _: httpx.Response(200, content=parts())),
        "https://lists.example.org/",
        AGENT,
        name="PetScan",
        timer=lambda: now[0],
    )
    came: list[bytes] = []
    async for _, found in petscan.listed({}, "pages"):
        came += found
        now[0] += 3600.0
    assert came == [b"1", b"2", b"3"]


@pytest.mark.parametrize("status", [301, 302, 307, 308])
@pytest.mark.parametrize("target", ["http://127.0.0.1/", "http://169.254.169.254/latest/", "https://example.org/"])
async def test_no_redirect_is_followed(status: int, target: str) -> None:
    asked: list[str] = []

    def respond(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.host)
        return httpx.Response(status, headers={"Location": target})

    assert await refusal(respond) == (Reason.DOWN, f"PetScan cannot be asked now: it answered {status}.")
    assert asked == ["lists.example.org"]


@pytest.mark.parametrize("status", [204, 400, 403, 404, 429, 500, 502, 503, 504])
async def test_a_status_without_an_error_in_json_is_a_service_that_is_down(status: int) -> None:
    for body in (b"<h1>no</h1>", b"[]", b'{"error":7}', b"{" * 5000, b"\xff"):
        told = await refusal(lambda _, body=body: httpx.Response(status, content=body))  # type: ignore[misc]
        assert told == (Reason.DOWN, f"PetScan cannot be asked now: it answered {status}.")


async def test_a_service_that_is_not_there_or_breaks_off_is_down() -> None:
    def nobody(_request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    def late(_request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectTimeout("late")

    async def half() -> AsyncIterator[bytes]:
        yield b'{"pages":[1,'
        raise httpx.ReadError("broken")

    assert await refusal(nobody) == (Reason.DOWN, "PetScan cannot be reached, or broke off (ConnectError).")
    assert await refusal(late) == (Reason.DOWN, "PetScan cannot be reached.")
    told = await refusal(lambda _: httpx.Response(200, content=half()))
    assert told == (Reason.DOWN, "PetScan cannot be reached, or broke off (ReadError).")


async def test_what_is_larger_than_allowed_is_not_read_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "LARGEST", 2**20)
    sent = [0]

    async def endless() -> AsyncIterator[bytes]:
        yield b'{"pages":[1'
        while True:
            sent[0] += 2**16
            yield b",1" * 2**15

    reason, _ = await refusal(lambda _: httpx.Response(200, content=endless()))
    assert reason is Reason.TOO_MANY
    assert sent[0] <= 2**21


async def test_a_bomb_of_gzip_is_as_large_as_what_comes_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "LARGEST", 2**20)
    bomb = gzip.compress(b'{"pages":[' + b"1," * 2**21)
    assert len(bomb) < 20_000
    headers = {"Content-Encoding": "gzip"}
    reason, _ = await refusal(lambda _: httpx.Response(200, content=bomb, headers=headers))
    assert reason is Reason.TOO_MANY


async def test_an_answer_is_closed_when_nobody_wants_the_rest() -> None:
    closed: list[bool] = []

    class Endless(httpx.AsyncByteStream):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            yield b'{"pages":[1'
            while True:
                yield b",1" * 2**15

        async def aclose(self) -> None:
            closed.append(True)

    reading = service(lambda _: httpx.Response(200, stream=Endless())).listed({}, "pages")
    await anext(reading)
    await reading.aclose()
    assert closed == [True]

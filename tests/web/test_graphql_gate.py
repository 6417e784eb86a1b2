# SPDX-License-Identifier: GPL-3.0-or-later
"""New connections are heard a few at a time, in order, and whoever has gone meanwhile is not."""

from __future__ import annotations

import asyncio

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from graph.web import graphql_gate
from graph.web.graphql_gate import Gate
from tests.web.serving import serving

PLACES = 200


async def test_a_few_are_let_in_in_each_round_and_all_in_their_order() -> None:
    gate, rounds, let_in = Gate(at_a_time=3), [0], list[tuple[int, int]]()
    for number in range(10):
        gate.enter(lambda number=number: let_in.append((number, rounds[0])))  # type: ignore[misc]
    assert len(gate) == 7
    while len(let_in) < 10:
        rounds[0] += 1
        await asyncio.sleep(0)
    assert [number for number, _ in let_in] == list(range(10))
    assert [[at for _, at in let_in].count(each) for each in range(rounds[0] + 1)] == [3, 3, 3, 1]


async def test_the_gate_is_open_again_once_nobody_waits() -> None:
    gate, let_in = Gate(at_a_time=1), list[int]()
    for number in range(3):
        assert gate.enter(lambda number=number: let_in.append(number))  # type: ignore[misc]
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    assert let_in == [0, 1, 2]


async def test_all_who_come_at_once_are_answered_and_who_left_meanwhile_harms_nobody() -> None:
    async def answer(_request: Request) -> Response:
        return PlainTextResponse("here")

    async def ask(url: str, number: int) -> bytes:
        reader, writer = await asyncio.open_connection(*url.removeprefix("http://").split(":"))
        writer.write(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        answered = b"" if number % 3 == 0 else await reader.read()
        writer.close()
        return answered[-4:]

    async with serving(Starlette(routes=[Route("/", answer)])) as url:
        answers = await asyncio.gather(*(ask(url, number) for number in range(PLACES)))
        while len(graphql_gate.gate()):
            await asyncio.sleep(0)
    assert answers == [b"here" if number % 3 else b"" for number in range(PLACES)]

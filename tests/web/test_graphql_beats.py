# SPDX-License-Identifier: GPL-3.0-or-later
"""One clock wakes all open streams, and tells them when the process closes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from starlette.routing import Route, WebSocketRoute

from graph.web.graphql_beats import SLOTS, Beats
from graph.web.graphql_lines import Inbox
from graph.web.graphql_routes import graphql_routes
from tests.web.conftest import executor_of, identify
from tests.web.toy import Journal

PAUSE = 0.02


class Listener:
    """A member that notes what it is told."""

    def __init__(self) -> None:
        self.beats = 0
        self.closed = asyncio.Event()

    def beat(self) -> None:
        self.beats += 1

    def close(self) -> None:
        self.closed.set()


@pytest.fixture
async def closing() -> AsyncIterator[asyncio.Event]:
    event = asyncio.Event()
    yield event
    event.set()


async def test_each_is_woken_once_a_round_and_not_all_at_once(closing: asyncio.Event) -> None:
    beats, first, second = Beats(PAUSE * SLOTS, closing), Listener(), Listener()
    beats.join(first)
    async with asyncio.timeout(30):
        while beats._place != SLOTS // 2:
            await asyncio.sleep(0.001)
        beats.join(second)
        while first.beats < 1:
            await asyncio.sleep(0.001)
        assert second.beats == 0
        while second.beats < 2:
            await asyncio.sleep(0.001)
    assert first.beats == 2


async def test_the_clock_runs_while_there_is_somebody_to_wake(closing: asyncio.Event) -> None:
    beats, first, second = Beats(PAUSE, closing), Listener(), Listener()
    slots = beats.join(first), beats.join(second)
    clock = beats._task
    assert clock is not None
    beats.leave(first, slots[0])
    assert (len(beats), clock.cancelling()) == (1, 0)
    beats.leave(second, slots[1])
    assert (len(beats), clock.cancelling()) == (0, 1)
    beats.join(first)
    async with asyncio.timeout(30):
        while not first.beats:
            await asyncio.sleep(0.001)
    assert second.beats == 0


async def test_all_are_told_when_the_process_closes_and_who_comes_then_too(closing: asyncio.Event) -> None:
    beats, members = Beats(20.0, closing), [Listener() for _ in range(3)]
    for member in members[:2]:
        beats.join(member)
    closing.set()
    async with asyncio.timeout(30):
        await asyncio.gather(*(member.closed.wait() for member in members[:2]))
        beats.join(members[2])
        await members[2].closed.wait()
    assert [member.beats for member in members] == [0, 0, 0]


async def test_both_transports_wake_their_streams_every_twenty_seconds(closing: asyncio.Event) -> None:
    routes = graphql_routes(executor_of(Journal()), identify, closing=closing)
    http, sockets = (route.app for route in routes if isinstance(route, Route | WebSocketRoute))
    clocks = http._footing.beats, sockets._beats  # type: ignore[attr-defined]
    assert [clock._pause * SLOTS for clock in clocks] == [20.0, 20.0]


async def test_messages_are_taken_in_their_order_and_waited_for() -> None:
    inbox = Inbox()
    waiting = asyncio.ensure_future(inbox.get())
    await asyncio.sleep(0)
    for number in range(3):
        inbox.put_nowait(number)
    assert [await waiting, await inbox.get(), await inbox.get()] == [0, 1, 2]
    assert inbox.empty()

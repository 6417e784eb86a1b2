# SPDX-License-Identifier: GPL-3.0-or-later
"""Whoever loses a right while following is sent nothing more: the stream ends before the next message."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from graph.db import leaving, ledger
from graph.resolvers.identity import ANONYMOUS, Actor
from graph.streams.relay import Relay
from tests.db.rows import START, World
from tests.schema.asking import Api, Operation, signed_in

METRICS = 'subscription { programMetrics(slug: "botany") { totalEdits } }'
CURSOR = '{ program(slug: "botany") { activityCursor } }'
END: Any = object()


class Following:
    """Somebody's subscription to a program, fed by a relay that steps when told."""

    def __init__(self, api: Api, world: World, relay: Relay) -> None:
        self._api, self._world, self._relay = api, world, relay

    async def start(self, query: str, actor: Actor) -> None:
        stream = await self._api._executor.subscribe(Operation(query, {}), actor)
        assert not hasattr(stream, "payload"), stream
        self._stream: Any = stream
        self._next = asyncio.ensure_future(self._take())
        await asyncio.sleep(0)

    async def next(self) -> Any:
        """What is sent next: its data, the code of its error, or END."""
        async with asyncio.timeout(30):
            found = await self._next
        if found is not END:
            self._next = asyncio.ensure_future(self._take())
        return found

    async def publish(self) -> None:
        while not self._api.deps.broker.topics():
            await asyncio.sleep(0.01)
        async with self._world.pool.acquire() as conn:
            await self._relay.step(conn)

    async def stop(self) -> None:
        self._next.cancel()
        await asyncio.wait([self._next])

    async def _take(self) -> Any:
        try:
            payload = (await anext(self._stream)).payload
            return payload["data"] if "data" in payload else payload["errors"][0]["extensions"]["code"]
        except StopAsyncIteration:
            return END


@pytest.fixture
async def following(api: Api, world: World) -> AsyncIterator[Following]:
    relay = Relay("", world.pool, api.deps.broker)
    await relay.begin()
    made = Following(api, world, relay)
    yield made
    await made.stop()


async def change(world: World, statement: str, *values: Any) -> None:
    async with world.pool.acquire() as conn, conn.transaction():
        await ledger.lock(conn)
        await conn.execute(statement, *values)
        await ledger.announce(conn)


async def test_whoever_is_removed_from_a_private_program_is_sent_nothing_more(
    world: World, following: Following
) -> None:
    ada, bo = await world.editor("Ada"), await world.editor("Bo")
    program = await world.program("botany", visibility="PRIVATE")
    await world.enroll(program, ada, bo)
    await following.start(METRICS, signed_in(ada))
    assert await following.next() == {"programMetrics": {"totalEdits": 0}}
    await world.edit(bo, "Rose", 1)
    await following.publish()
    assert await following.next() == {"programMetrics": {"totalEdits": 1}}

    async with world.pool.acquire() as conn, conn.transaction():
        await ledger.lock(conn)
        assert await leaving.expel(conn, program, ada.id)
        await ledger.announce(conn)
    await world.edit(bo, "Rose", 2)
    await following.publish()
    assert await following.next() is END


async def test_a_program_that_becomes_private_ends_what_the_public_follows(
    api: Api, world: World, following: Following
) -> None:
    """At once, though the clock stands still: what is remembered of a public program is of the old rules."""
    ada = await world.editor("Ada")
    program = await world.program("botany")
    await world.enroll(program, ada)
    cursor = (await api.ask(CURSOR))["program"]["activityCursor"]
    query = f'subscription {{ programActivity(slug: "botany", after: "{cursor}") {{ __typename }} }}'
    await following.start(query, ANONYMOUS)
    await world.edit(ada, "Rose", 1)
    await following.publish()
    assert await following.next() == {"programActivity": {"__typename": "HistoryChanged"}}

    await change(world, "UPDATE program SET visibility = 'PRIVATE' WHERE id = $1", program)
    await world.edit(ada, "Rose", 2)
    await following.publish()
    assert await following.next() == "NOT_FOUND"
    assert await following.next() is END


async def test_whoever_facilitates_no_more_is_told_of_no_nameless_participant(
    world: World, following: Following
) -> None:
    lead, shy = await world.editor("Lead"), await world.editor("Shy")
    program = await world.program("botany", facilitators=[lead])
    await world.enroll(program, shy, show_name=False)
    await following.start(METRICS, signed_in(lead))
    assert await following.next() == {"programMetrics": {"totalEdits": 0}}
    await world.edit(shy, "Rose", 1, at=START)
    await following.publish()
    assert await following.next() == {"programMetrics": {"totalEdits": 1}}

    await change(world, "DELETE FROM enrollment WHERE role = 'FACILITATOR'")
    await world.edit(shy, "Rose", 2, at=START)
    await following.publish()
    assert await following.next() is END


async def test_the_public_is_told_nothing_of_what_a_facilitator_is_told(world: World, following: Following) -> None:
    ada, shy = await world.editor("Ada"), await world.editor("Shy")
    program = await world.program("botany")
    await world.enroll(program, shy, show_name=False)
    await world.enroll(program, ada)
    await following.start(METRICS, ANONYMOUS)
    assert await following.next() == {"programMetrics": {"totalEdits": 0}}
    await world.edit(shy, "Rose", 1, at=START)
    await following.publish()
    await world.edit(ada, "Rose", 2, at=START)
    await following.publish()
    assert await following.next() == {"programMetrics": {"totalEdits": 1}}

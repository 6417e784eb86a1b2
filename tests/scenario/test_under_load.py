# SPDX-License-Identifier: GPL-3.0-or-later
"""Many followers at two processes, edits all the while, connections cut again and again: each is told the ledger.

Where connections are cut and where they go next is decided by seeds. The writer goes on whenever somebody has read all
there is, so that some are always at the end, told live, while others are behind and catch up.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, suppress
from random import Random

import pytest

from graph.activity import EditCounted
from graph.db import activity
from graph.db.pool import Pool
from graph.edits import RevisionTagged, RevisionVisibility
from graph.schema.cursors import encode_activity
from tests.db.world import NOON, World, edit
from tests.scenario.following import Ledger, Reader, Watcher, by_event_stream, by_socket
from tests.scenario.test_processes import address_of, command, environment

TRANSPORTS = {"WebSocket": by_socket, "Server-Sent Events": by_event_stream}
READERS = 8  # of each transport
WATCHERS = 3
CUTS = 20
EDITS = 160
EDITORS = 5


@pytest.fixture
async def addresses(database_url: str) -> AsyncIterator[list[str]]:
    """Two web processes on one database."""
    async with AsyncExitStack() as stack:
        each = environment(database_url, "http://127.0.0.1:9")
        webs = [await stack.enter_async_context(command("serve", **each)) for _ in range(2)]
        yield [await address_of(web) for web in webs]


class Writer:
    """Writes edits in small batches; every fifth is reverted, every eighth hidden later."""

    def __init__(self, world: World, program: int, editors: list[int], ledger: Ledger) -> None:
        self.world = world
        self.program = program
        self.editors = editors
        self.ledger = ledger

    async def write(self) -> None:
        random, revision = Random(0), 0
        while revision < EDITS:
            size = min(random.randrange(1, 5), EDITS - revision)
            batch = range(revision + 1, revision + size + 1)
            await self.world.saw(*(edit(n, self.editors[n % EDITORS], page=n % 30 + 1) for n in batch))
            changes = [changed for n in batch if (changed := change(n)) is not None]
            if changes:
                await self.world.saw(changes=changes)
            revision += size
            await self.ledger.caught_up(len(await self.world.activity(self.program)))


def change(revision: int) -> RevisionTagged | RevisionVisibility | None:
    if revision % 8 == 0:
        hidden = {"text": False, "editor": True, "summary": True}
        return RevisionVisibility("enwiki", revision, as_of=NOON.replace(hour=20), **hidden)
    if revision % 5 == 0:
        return RevisionTagged("enwiki", revision, True, NOON.replace(hour=21))
    return None


async def test_every_follower_is_told_exactly_the_ledger_across_twenty_cuts_at_two_processes(
    pool: Pool, addresses: list[str]
) -> None:
    world = World(pool)
    editors = [await world.editor() for _ in range(EDITORS)]
    program = await world.program(*editors)
    async with pool.acquire() as conn:
        position = await activity.position(conn)
    ledger = Ledger(EDITS + sum(change(n) is not None for n in range(1, EDITS + 1)))
    writer = Writer(world, program, editors, ledger)
    readers = [
        Reader(seed, CUTS, follow, addresses)
        for transport, follow in enumerate(TRANSPORTS.values())
        for seed in range(transport * 100, transport * 100 + READERS)
    ]
    watchers = [Watcher(seed, follow, addresses) for follow in TRANSPORTS.values() for seed in range(WATCHERS)]
    slug, start = f"program-{program}", encode_activity(position.epoch, position.newest)

    async with asyncio.timeout(180):
        watching = asyncio.gather(*(watcher.watch(slug, ledger) for watcher in watchers))
        async with asyncio.TaskGroup() as following:
            following.create_task(writer.write())
            for reader in readers:
                following.create_task(reader.read(slug, start, ledger))
        newest = await world.pool.fetchval("SELECT version FROM collection WHERE id = $1", program)
        await ledger.until(lambda: {watcher.newest["version"] for watcher in watchers} == {newest})
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching

    truth = [
        (
            type(entry).__name__,
            encode_activity(position.epoch, entry.number),
            entry.edit.revision_id if isinstance(entry, EditCounted) else None,
        )
        for entry in await world.activity(program)
    ]
    assert len(truth) == ledger.total
    assert [reader.entries == truth for reader in readers] == [True] * len(readers)
    assert {reader.connections for reader in readers} == {CUTS + 1}
    edits = (await world.headline(program)).edits
    assert [watcher.newest["totalEdits"] for watcher in watchers] == [edits] * len(watchers)
    await world.agree()

# SPDX-License-Identifier: GPL-3.0-or-later
"""What the stream tells and what the wikis' lists tell, in any order and overlap, comes to the same numbers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractContextManager, asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial
from random import Random

import httpx
from hypothesis import given
from hypothesis import strategies as st

from graph import wikis as known_wikis
from graph.db import recounting
from graph.db.pool import Pool, connect
from graph.edits import Batch
from graph.errors import MalformedEvent
from graph.matching import Enrolled, Index
from graph.programs import Editor
from graph.simulator.app import create_app
from graph.streams.events import understand
from graph.streams.history import History, Stored, Wanted
from graph.streams.ingest import ingest
from graph.wikimedia.action_api import IN_FLIGHT, ActionApi
from graph.wikimedia.contributions import WikimediaContributions
from tests.conftest import new_database
from tests.db.naive import Headline
from tests.db.world import World
from tests.properties.stage import of_examples
from tests.scenario.ten_wikis import BEGIN, LASTS, WIKIS, TenWikis

AGENT = "ProgramsGraphTests/1.0 (tests@example.org)"
TRACKED = {"enwiki": {0, 118}, "dewiki": {0}, "arwiki": {0, 2}, "commonswiki": {6}}
END = BEGIN + LASTS
EDITS, LOOKS = 240, 3
Databases = Callable[[], AbstractContextManager[str]]


@dataclass
class Sources:
    """What happened on the wikis, and both ways to learn of it."""

    wikis: TenWikis
    history: History

    @property
    def editors(self) -> list[Editor]:
        """The enrolled under the numbers they get in an empty database, by the names they came with."""
        return [Editor(n + 1, f"Editor {n}", account.central_id, None) for n, account in enumerate(self.wikis.enrolled)]

    def streamed(self) -> list[Batch]:
        """Each event of the stream as a batch of its own, in the order in which they were sent."""
        index = Index(Enrolled(one.id, one.central_id, one.username, BEGIN, END) for one in self.editors)
        topics = self.wikis.wikimedia.log.topics.values()
        batches = []
        for message in sorted((m for topic in topics for m in topic.messages), key=lambda m: m.sequence):
            with suppress(MalformedEvent):
                seen = understand(message.data, index.find)
                batches.append(Batch(list(seen.edits), list(seen.changes), checkpoint={seen.topic: seen.dt_ms}))
        return batches

    async def listed(self) -> list[Batch]:
        """What the lists say now."""
        found = []
        for dbname in dict.fromkeys(WIKIS):
            found += [read.batch async for read in self.history.read(self.wanted(dbname))]
        return found

    async def reconcile(self, pool: Pool) -> None:
        """Read the lists, and hold against them what they do not list or is stored otherwise."""
        listed = await self.listed()
        await take_in(pool, listed)
        ids = {(seen.edit.wiki, seen.edit.revision_id) for batch in listed for seen in batch.edits}
        for dbname in dict.fromkeys(WIKIS):
            rows = await pool.fetch(
                "SELECT e.revision_id, p.page_id, e.at, p.deleted, e.hidden, e.editor_hidden, e.reverted FROM edit e"
                " JOIN page p ON p.id = e.page_key JOIN wiki w ON w.id = e.wiki_id WHERE w.dbname = $1",
                dbname,
            )
            stored = [Stored(*row) for row in rows]
            doubtful = [
                one for one in stored if (dbname, one.revision_id) not in ids or one.deleted or one.hidden
                or one.editor_hidden or one.reverted
            ]  # fmt: skip
            async for batch in self.history.verify(self.wanted(dbname).wiki, doubtful):
                await take_in(pool, [batch])

    def wanted(self, dbname: str) -> Wanted:
        wiki = known_wikis.wiki(dbname)
        assert wiki is not None
        return Wanted(wiki, self.editors, BEGIN, min(END, self.wikis.now()))


async def take_in(pool: Pool, batches: Sequence[Batch]) -> None:
    async with pool.acquire() as conn:
        for batch in batches:
            await ingest(conn, batch)


@asynccontextmanager
async def sources(seed: int) -> AsyncIterator[Sources]:
    wikis = TenWikis(seed)
    transport = httpx.ASGITransport(create_app(wikis.wikimedia))
    async with httpx.AsyncClient(transport=transport) as client:
        api = ActionApi(client, "http://wikis/w/{dbname}/api.php", AGENT, asyncio.Semaphore(IN_FLIGHT))
        yield Sources(wikis, History(WikimediaContributions(api)))


async def numbers(url: str, told: Sources, batches: Sequence[Batch]) -> list[Headline]:
    """The numbers of two programs and their campaign in an empty database that is told this, and then reconciled."""
    pool = await connect(url)
    try:
        world = World(pool)
        for one in told.editors:
            await pool.execute(
                "INSERT INTO editor (central_id, username) VALUES ($1, $2)", one.central_id, one.username
            )
            world.naive.registered[one.id] = None
        everybody = [one.id for one in told.editors]
        first = await world.program(*everybody[:40], wikis=TRACKED, start=BEGIN, end=END)
        second = await world.program(*everybody[20:], wikis={"enwiki": {0}, "zhwiki": {0}}, start=BEGIN, end=END)
        campaign = await world.campaign(first, second)
        await take_in(pool, batches)
        await told.reconcile(pool)
        async with pool.acquire() as conn:
            assert await recounting.check(conn, [first, second, campaign]) == []
        return [await world.headline(collection) for collection in (first, second, campaign)]
    finally:
        await pool.close()


def overlapping(streamed: Sequence[Batch], listed: Sequence[Batch], chance: Random) -> list[Batch]:
    """Both in some order, some of the stream lost, some of either told again."""
    kept = [batch for batch in streamed if chance.random() < 0.9]
    order = [*kept, *listed, *chance.choices([*streamed, *listed], k=20)]
    chance.shuffle(order)
    return order


async def both(databases: Databases, seed: int, chance: Random) -> None:
    async with sources(seed) as told:
        listed: list[Batch] = []
        for look in range(LOOKS):
            told.wikis.go_on(EDITS * (look + 1) // LOOKS)
            listed += await told.listed()
        told.wikis.wait(60_000)
        streamed = told.streamed()
        found = []
        for batches in ([], streamed, overlapping(streamed, listed, chance), listed[::-1] + streamed[::-1]):
            with databases() as url:
                found.append(await numbers(url, told, batches))
        assert found[0][2].edits > 50
        assert found == [found[0]] * 4
        assert sum(each.edits for each in found[0][:2]) >= found[0][2].edits


@of_examples(3)
@given(seed=st.integers(0, 10_000), chance=st.randoms(use_true_random=True))
def check_any_overlap(databases: Databases, seed: int, chance: Random) -> None:
    asyncio.run(both(databases, seed, chance))


def test_any_overlap_of_stream_and_lists_gives_the_same_numbers(server_url: str, template: str) -> None:
    check_any_overlap(partial(new_database, server_url, template))

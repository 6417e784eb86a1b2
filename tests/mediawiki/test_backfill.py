# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs whose history is read from real MediaWikis: every number is what SQL on the wikis' own databases says."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from graph.db.pool import Pool, connect
from graph.db.updates import Drift
from graph.jobs.backfill import Reach, backfill
from graph.jobs.reconcile import reconcile
from graph.streams.history import History
from graph.wikimedia.action_api import IN_FLIGHT, ActionApi
from graph.wikimedia.contributions import WikimediaContributions
from tests.conftest import new_database
from tests.db import stored
from tests.db.world import World
from tests.mediawiki import counting
from tests.mediawiki.mediawiki import PATROLLER, Wiki, serving
from tests.mediawiki.story import Story
from tests.scenario.measuring import Measured, differences, drift

AGENT = "ProgramsGraphTests/1.0 (tests@example.org)"
NAMES = ("Ada", "Bela", "Chidi", PATROLLER)
RENAMED = {"Bela": "Béla"}
LONG_AGO, SOON = datetime(2019, 1, 1, tzinfo=UTC), datetime.now(UTC).replace(microsecond=0) + timedelta(days=1)
IN_2020 = datetime(2020, 1, 1, tzinfo=UTC), datetime(2020, 12, 31, tzinfo=UTC)


@dataclass
class Ledger:
    """Programs in a database, and the jobs that read the wikis into it."""

    pool: Pool
    wikis: Mapping[str, Wiki]
    reach: Reach
    world: World
    names: dict[int, str] = field(default_factory=dict)
    later: timedelta = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.later

    async def found(self, names: Mapping[str, str]) -> None:
        """Programs, a session, campaigns and organizations; ``names`` are those the editors have by now."""
        ada, bela, chidi, patroller = [await self._editor(names.get(name, name)) for name in NAMES]
        world, window = self.world, {"start": LONG_AGO, "end": SOON}
        first = await world.program(ada, bela, wikis={"enwiki": {0}}, **window)
        second = await world.program(bela, chidi, patroller, wikis={"enwiki": {0, 2, 118}}, **window)
        third = await world.program(ada, chidi, wikis={"commonswiki": {6}, "enwiki": {1, 14}}, **window)
        await world.program(ada, bela, wikis={"enwiki": {0}}, start=IN_2020[0], end=IN_2020[1])
        await world.session(first, *IN_2020, ada)
        await world.session(second, LONG_AGO, SOON)
        organization = await world.organization()
        await world.campaign(first, second, organization=organization)
        await world.campaign(second, third, organization=organization)

    async def _editor(self, name: str) -> int:
        registered = counting.registered(self.wikis["enwiki"].database, name)
        number = await self.pool.fetchval(
            "INSERT INTO editor (username, registered_at) VALUES ($1, $2) RETURNING id", name, registered
        )
        self.world.naive.registered[number] = registered
        self.names[number] = name
        return int(number)

    async def rename(self, names: Mapping[str, str]) -> None:
        """Learn of other names, as from a directory of global accounts, which these wikis do not have."""
        self.names = {number: names.get(name, name) for number, name in self.names.items()}
        await self.pool.executemany("UPDATE editor SET username = $2 WHERE id = $1", list(self.names.items()))

    async def backfill(self) -> None:
        """Read everything, some minutes later: what is younger would be left to the stream."""
        self.later += timedelta(minutes=2)
        for program in self.world.naive.programs:
            await backfill(self.reach, program)

    async def reconcile(self) -> Drift:
        """Hold everything against the wikis, some minutes later."""
        self.later += timedelta(minutes=2)
        sum_ = Drift()
        for program in self.world.naive.programs:
            more = await reconcile(self.reach, program) or Drift()
            sum_ = Drift(sum_.added + more.added, sum_.changed + more.changed, sum_.taken_back + more.taken_back)
        return sum_

    async def mistakes(self) -> list[str]:
        """Every number that is not what the wikis' databases say, or not what the stored edits say."""
        databases = {name: wiki.database for name, wiki in self.wikis.items()}
        true = counting.count(databases, self.world.naive, self.names)
        async with self.pool.acquire() as conn:
            kept = {collection: await stored.numbers(conn, collection) for collection in true}
        return [*differences(Measured(kept), Measured(true)), *await drift(self.pool)]


@asynccontextmanager
async def ledger_at(url: str, wikis: Wikis) -> AsyncIterator[Ledger]:
    """A ledger in the database at ``url``, which reads these wikis."""
    pool = await connect(url)
    try:
        async with httpx.AsyncClient() as client:
            api = ActionApi(client, wikis.base + "/w/{dbname}/api.php", AGENT, asyncio.Semaphore(IN_FLIGHT))
            # Each wiki has one database, so no answer is behind.
            history = History(WikimediaContributions(api), lag=timedelta())
            ledger = Ledger(pool, wikis.by_name, Reach(pool, lambda: ledger.now(), history), World(pool))
            yield ledger
    finally:
        await pool.close()


@dataclass
class Wikis:
    base: str
    by_name: dict[str, Wiki]
    story: Story


@pytest.fixture(scope="module")
def wikis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wikis]:
    folder = tmp_path_factory.mktemp("wikis")
    with serving(folder) as base:
        by_name = {name: Wiki(folder, name, base) for name in ("enwiki", "commonswiki")}
        yield Wikis(base, by_name, Story(by_name["enwiki"], by_name["commonswiki"]))


async def test_every_number_is_what_the_wikis_own_databases_say(
    wikis: Wikis, database_url: str, server_url: str, template: str
) -> None:
    wikis.story.first_part()
    async with ledger_at(database_url, wikis) as ledger:
        await ledger.found({})
        await ledger.backfill()
        assert await ledger.mistakes() == []

        wikis.story.second_part()
        await ledger.rename(RENAMED)
        mended = await ledger.reconcile()
        assert await ledger.mistakes() == []
        assert min(mended.added, mended.changed, mended.taken_back) > 0

    with new_database(server_url, template) as empty:
        async with ledger_at(empty, wikis) as again:
            await again.found(RENAMED)
            await again.backfill()
            assert await again.mistakes() == []


async def test_histories_that_are_put_together_or_restored_in_part_are_followed(
    wikis: Wikis, database_url: str, server_url: str, template: str
) -> None:
    names = {} if wikis.story.english.knows("Bela") else RENAMED
    wikis.story.wandering_histories()
    async with ledger_at(database_url, wikis) as ledger:
        await ledger.found(names)
        await ledger.backfill()
        assert await ledger.mistakes() == []

        wikis.story.histories_wander()
        await ledger.reconcile()
        assert await ledger.mistakes() == []

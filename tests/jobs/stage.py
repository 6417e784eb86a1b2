# SPDX-License-Identifier: GPL-3.0-or-later
"""A stand-in for the wikis with a clock of the test's own, programs in a real database, and the jobs between them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import httpx

from graph.db import ledger, queue, updates
from graph.db.pool import Pool
from graph.db.progress import StreamState, save_state
from graph.db.queue import JobKind
from graph.db.updates import ProgramUpdate
from graph.jobs.attended import history_of
from graph.jobs.backfill import Reach
from graph.jobs.dispatch import Dispatcher
from graph.jobs.schedule import enqueue_due
from graph.jobs.worker import handlers
from graph.simulator.app import create_app
from graph.simulator.faults import Faults
from graph.simulator.moderation import Wikimedia
from graph.simulator.server import running
from graph.wikimedia.action_api import ActionApi
from graph.wikimedia.scopes.download import Service
from graph.wikimedia.scopes.pagepile import PagePile
from graph.wikimedia.scopes.petscan import PetScan
from graph.wikimedia.scopes.resolver import WikimediaScopes
from tests.db.rows import NOW, Person, World

AGENT = "ProgramsGraphTests/1.0 (tests@example.org)"
MINUTE = timedelta(minutes=1)


class Clock:
    """The time of the service and of the wikis, which passes when a test says so."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now

    def ms(self) -> int:
        return int(self.now.timestamp() * 1000)

    def passes(self, time: timedelta) -> None:
        self.now += time


@dataclass
class Stage:
    """What a test holds in its hands."""

    pool: Pool
    clock: Clock
    wikis: Wikimedia
    faults: Faults
    reach: Reach
    world: World
    address: str
    people: dict[str, Person] = field(default_factory=dict)
    lists: Any = None

    async def person(self, name: str) -> Person:
        """Somebody with an account on every wiki; the same one each time."""
        if name not in self.people:
            account = self.wikis.create_user(
                name, registered="2020-01-01T00:00:00Z", wikis=["enwiki", "dewiki", "commonswiki"]
            )
            number = await self.pool.fetchval(
                "INSERT INTO editor (central_id, username) VALUES ($1, $2) RETURNING id", account.central_id, name
            )
            self.people[name] = Person(number, name)
        return self.people[name]

    async def program(self, slug: str, *names: str, tracked: tuple[str, ...] = ("enwiki",), **columns: object) -> int:
        """A program from 1 to 30 November with these editors."""
        number = await self.world.program(slug, tracked=dict.fromkeys(tracked, (0,)), **columns)
        for name in names:
            await self.world.enroll(number, await self.person(name))
        return number

    async def enroll(self, program: int, name: str) -> None:
        """Enrol as a mutation does: the rules change, and history is asked for."""
        person = await self.person(name)
        async with self.pool.acquire() as conn, conn.transaction():
            await ledger.lock(conn)
            await conn.execute(
                "INSERT INTO enrollment (program_id, editor_id, role) VALUES ($1, $2, 'EDITOR')", program, person.id
            )
            await queue.enqueue(conn, JobKind.BACKFILL, program)
            await ledger.announce(conn)

    def saves(self, name: str, times: int = 1, *, wiki: str = "enwiki", at: datetime | None = None) -> list[int]:
        """Edits by somebody, a second apart, the first one an hour ago; their revisions."""
        first = at or self.clock.now - timedelta(hours=1)
        return [
            self.wikis.save(wiki, f"Page of {name} {first} {n}", name, at=first + timedelta(seconds=n)).id
            for n in range(times)
        ]

    async def ask(self, kind: JobKind, program: int) -> None:
        async with self.pool.acquire() as conn, conn.transaction():
            await queue.enqueue(conn, kind, program)

    async def schedule(self) -> int:
        async with self.pool.acquire() as conn:
            return await enqueue_due(conn, self.clock())

    async def work(self) -> None:
        """Do every job that can be begun."""
        await Dispatcher(self.pool, handlers(self.reach)).drain()

    async def backfill(self, program: int) -> None:
        await self.ask(JobKind.BACKFILL, program)
        await self.work()

    async def edits(self, collection: int) -> int:
        return int(await self.pool.fetchval("SELECT edits FROM collection WHERE id = $1", collection))

    async def update(self, program: int) -> ProgramUpdate:
        return (await updates.of_programs(self.pool, [program]))[program]

    async def queued(self) -> list[tuple[str, str]]:
        rows = await self.pool.fetch("SELECT payload, status::text FROM jobs.pgqueuer ORDER BY id")
        return [(row[0].decode(), row[1]) for row in rows]

    async def fetched(self, name: str, wiki: str = "enwiki") -> list[tuple[datetime, datetime]]:
        rows = await self.pool.fetch(
            "SELECT from_at, to_at FROM fetched f JOIN wiki w ON w.id = f.wiki_id"
            " WHERE editor_id = $1 AND dbname = $2 ORDER BY from_at",
            self.people[name].id,
            wiki,
        )
        return [(row[0], row[1]) for row in rows]

    async def stream_is_read(self, *, lag: float = 0.5) -> None:
        """As a living consumer says now."""
        async with self.pool.acquire() as conn:
            await save_state(conn, StreamState(True, self.clock.now, lag, 0.01), self.clock.now)

    def questions(self) -> _Questions:
        return _Questions(self)

    async def settle_now(self) -> None:
        """Let the jobs that wait for their time be begun at once."""
        await self.pool.execute(
            "UPDATE jobs.pgqueuer SET execute_after = now() - interval '1 s' WHERE status = 'queued'"
        )


@dataclass
class _Questions:
    """The questions put to the wikis' lists while the block runs: since when, until when, by wiki."""

    stage: Stage
    asked: list[tuple[str, datetime, datetime]] = field(default_factory=list)

    def __enter__(self) -> list[tuple[str, datetime, datetime]]:
        contributions = self.stage.reach.history._contributions
        plain = contributions.listed

        async def listed(wiki, user_ids, since, until, further=""):  # type: ignore[no-untyped-def]
            self.asked.append((wiki.dbname, since, until))
            return await plain(wiki, user_ids, since, until, further)

        contributions.listed = listed  # type: ignore[method-assign]
        return self.asked

    def __exit__(self, *_: object) -> None:
        del self.stage.reach.history._contributions.listed  # type: ignore[method-assign]


@asynccontextmanager
async def set_up(pool: Pool) -> AsyncIterator[Stage]:
    clock = Clock()
    wikis = Wikimedia(clock=clock.ms, seed=7)
    app = create_app(wikis)
    async with running(app) as address, httpx.AsyncClient() as client:
        history = history_of(client, address + "/w/{dbname}/api.php", AGENT, asyncio.Semaphore(3))
        reach = Reach(pool, clock, history, sources(client, address))
        stage = Stage(pool, clock, wikis, app.state.faults, reach, World(pool), address)
        stage.lists = app.state.saved_lists
        yield stage


def sources(client: httpx.AsyncClient, address: str) -> WikimediaScopes:
    """The sources of scopes, asked again at once where they are busy and patient for half a second."""

    async def no_sleep(_seconds: float) -> None:
        return None

    api = ActionApi(client, address + "/w/{dbname}/api.php", AGENT, asyncio.Semaphore(3), sleep=no_sleep)
    found = Service(client, f"{address}/petscan/", AGENT, name="PetScan", patience=0.5)
    piled = Service(client, f"{address}/pagepile/api.php", AGENT, name="PagePile", patience=0.5)
    return WikimediaScopes(api, PetScan(found), PagePile(piled))

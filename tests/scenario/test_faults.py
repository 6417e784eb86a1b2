# SPDX-License-Identifier: GPL-3.0-or-later
"""The fault matrix: three real processes and a real PostgreSQL, and one thing after another goes wrong.

Edits are saved before, meanwhile and afterwards; each fault ends with the numbers of a day on which it did not happen,
and ``service`` tells the truth meanwhile.
"""

from __future__ import annotations

import asyncio
import itertools
import signal
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
import pytest_asyncio

from graph.simulator.app import create_app
from graph.simulator.faults import Faults
from graph.simulator.moderation import Wikimedia
from graph.simulator.server import running
from graph.simulator.stream import StreamEndpoint
from tests.kills.server import Server
from tests.scenario.stage import EDITORS, Stage, people
from tests.scenario.test_from_bytes_to_frame import nothing_differs
from tests.scenario.test_processes import Process, address_of, command, environment

pytestmark = pytest.mark.asyncio(loop_scope="module")

COMMANDS = {"web": "serve", "consumer": "consume", "worker": "work"}
PATIENCE = 60
MORE: dict[str, str] = {}
"""What else is in each process's environment."""
ORGANIZER = {"Authorization": "Bearer dev:Olga Organizer"}
SERVICE = "{ service { connected ownLagSeconds lastEventAt } }"


class Service:
    """The processes, what they stand on, and how many edits there truly are."""

    def __init__(self, stack: AsyncExitStack, server: Server, url: str, wikis: Wikimedia, address: str) -> None:
        self.stack = stack
        self.server = server
        self.url = url
        self.wikis = wikis
        self.upstream = address
        self.processes: dict[str, Process] = {}
        self.truth = 0
        self.titles = itertools.count()
        self.slug = ""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = str(free.getsockname()[1])

    async def start(self, part: str) -> Process:
        chosen = {**environment(self.url, self.upstream), "GRAPH_PORT": self.port, **MORE}
        process = await self.stack.enter_async_context(command(COMMANDS[part], **chosen))
        self.processes[part] = process
        if part == "web":
            address = await address_of(process)
            client = await self.stack.enter_async_context(httpx.AsyncClient(timeout=20))
            self.stage = Stage(self.wikis, self.upstream, address, client)
        return process

    async def kill(self, part: str) -> None:
        self.processes[part].process.send_signal(signal.SIGKILL)
        await self.processes[part].process.wait()

    def ended(self) -> dict[str, list[str]]:
        """The processes that ended, and what they said last."""
        each = self.processes.items()
        return {part: process.lines[-40:] for part, process in each if process.process.returncode is not None}

    def save(self, edits: int = 5) -> None:
        for _ in range(edits):
            number = next(self.titles)
            self.wikis.save("enwiki", f"River {number // 3}", EDITORS[number % len(EDITORS)])
        self.truth += edits

    async def counted(self) -> None:
        """Wait until the program counts what was saved."""
        async with asyncio.timeout(PATIENCE):
            while await self.stage.edits("program", self.slug) != self.truth:
                await asyncio.sleep(0.05)

    async def says(self, **wanted: Any) -> None:
        """Wait until ``service`` says so."""
        async with asyncio.timeout(PATIENCE):
            while (told := (await self.stage.ask(SERVICE))["service"]) | wanted != told:
                await asyncio.sleep(0.05)

    async def post(self, document: str, who: dict[str, str]) -> httpx.Response:
        return await self.stage.client.post(f"{self.stage.address}/graphql", json={"query": document}, headers=who)

    async def ready(self, status: int) -> None:
        async with asyncio.timeout(PATIENCE):
            while (await self.stage.client.get(f"{self.stage.address}/readyz")).status_code != status:
                await asyncio.sleep(0.05)

    async def well(self) -> None:
        """Whatever happened, edits are counted again, and all numbers are what the stored edits say."""
        self.save()
        await self.counted()
        await self.says(connected=True)
        await nothing_differs(self.url)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def started(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[tuple[Service, Faults, StreamEndpoint]]:
    wikis, faults = Wikimedia(), Faults()
    people(wikis)
    folder: Path = tmp_path_factory.mktemp("faults")
    with Server(folder / "postgresql") as server:
        async with AsyncExitStack() as stack:
            app = create_app(wikis, faults)
            address = await stack.enter_async_context(running(app))
            service = Service(stack, server, await server.new_database(), wikis, address)
            for part in COMMANDS:
                await service.start(part)
            stage = service.stage
            await stage.change("createCampaign", "CreateCampaignInput", "campaign { slug }", title="Rivers")
            service.slug = await stage.program("First", "Rivers", {"enwiki": [0]}, list(EDITORS))
            await service.says(connected=True)
            yield service, faults, app.state.streams


@pytest.fixture
def service(started: tuple[Service, Faults, StreamEndpoint]) -> Service:
    return started[0]


@pytest.fixture
def faults(started: tuple[Service, Faults, StreamEndpoint]) -> Faults:
    return started[1]


@pytest.fixture
def streams(started: tuple[Service, Faults, StreamEndpoint]) -> StreamEndpoint:
    return started[2]


@pytest.mark.parametrize("part", list(COMMANDS))
async def test_a_process_that_is_killed_costs_no_edit(service: Service, part: str) -> None:
    service.save()
    await service.kill(part)
    service.save()
    await service.start(part)
    await service.counted()
    await service.well()


async def test_service_says_that_nobody_reads_the_stream_while_there_is_no_consumer(service: Service) -> None:
    await service.kill("consumer")
    await service.says(connected=False, ownLagSeconds=None)
    service.save()
    await service.start("consumer")
    await service.counted()
    await service.well()


@pytest.mark.parametrize("status", [403, 429, 502])
async def test_a_stream_that_refuses_is_read_again_once_it_answers(
    service: Service, faults: Faults, streams: StreamEndpoint, status: int
) -> None:
    faults.set(refusals=[status] * 1_000)
    streams.disconnect()
    await service.says(connected=False)
    service.save(12)
    faults.clear()
    await service.counted()
    await service.well()


async def test_a_stream_that_breaks_off_again_and_again_is_followed(
    service: Service, faults: Faults, streams: StreamEndpoint
) -> None:
    faults.set(cut_bytes=[200, 3_000], cut_times=4)
    streams.disconnect()
    for _ in range(4):
        service.save()
        await service.counted()
    faults.clear()
    await service.well()


async def test_connections_that_the_database_cuts_are_made_again(service: Service) -> None:
    service.save()
    conn = await asyncpg.connect(service.url)
    await conn.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE pid <> pg_backend_pid() AND datname = current_database()"
    )
    await conn.close()
    service.save()
    await service.ready(200)
    await service.counted()
    await service.well()


async def test_a_database_that_crashes_takes_nothing_along(service: Service) -> None:
    service.save()
    await asyncio.to_thread(service.server.restart)
    service.save()
    await service.ready(200)
    await service.counted()
    await service.well()


async def test_while_the_database_is_away_nothing_is_changed_and_everybody_is_told(service: Service) -> None:
    await asyncio.to_thread(service.server.stop)
    await service.ready(503)
    service.save(20)
    query = f'{{ program(slug: "{service.slug}") {{ title }} }}'
    change = 'mutation { createCampaign(input: {title: "Away"}) { userErrors { code } } }'
    for document, who in ((query, {}), (query, ORGANIZER), (change, ORGANIZER)):
        answer = await service.post(document, who)
        [error] = answer.json()["errors"]
        assert error["extensions"] == {"code": "UNAVAILABLE", "retryAfter": 5}
        assert error["message"].startswith("The service's database does not answer at the moment.")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    page = await service.stage.client.get(f"{service.stage.address}/programs/{service.slug}")
    assert page.status_code == 503
    alive = await service.stage.client.get(f"{service.stage.address}/healthz")
    assert (alive.status_code, alive.text) == (200, "alive\n")
    await asyncio.to_thread(service.server.start)
    await service.ready(200)
    await service.counted()
    await service.well()


async def test_a_newer_version_migrates_beside_this_one(service: Service) -> None:
    service.save()
    conn = await asyncpg.connect(service.url)
    await conn.execute("SET lock_timeout = '5s'")
    tables = await conn.fetch(
        "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
    )
    for (table,) in tables:
        await conn.execute(f"ALTER TABLE {table} ADD COLUMN of_the_next_version text")
    await conn.close()
    service.save()
    await service.counted()
    await service.stage.program("Beside", "Rivers", {"enwiki": [0]}, list(EDITORS))
    await service.well()


async def test_every_process_lived_through_it_but_those_that_were_killed(service: Service) -> None:
    assert service.ended() == {}

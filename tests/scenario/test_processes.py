# SPDX-License-Identifier: GPL-3.0-or-later
"""The commands as real processes: many on one PostgreSQL do what one does, and each ends when it is told to."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import asyncpg
import httpx
import psutil
import pytest

from graph.db import embedded
from graph.simulator.app import create_app
from graph.simulator.moderation import Wikimedia
from graph.simulator.server import running
from tests.scenario.stage import EDITORS, ORGANIZER, Stage, people
from tests.scenario.test_from_bytes_to_frame import PROGRAM, EventScreen, nothing_differs, revisions


class Process:
    """One ``programs-graph`` process, and what it said."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.lines: list[str] = []
        self._said = asyncio.Event()
        self._reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            self.lines.append(line.decode().rstrip())
            self._said.set()
        self._said.set()

    async def says(self, text: str) -> str:
        """The first line that holds ``text``."""
        async with asyncio.timeout(40):
            while not (found := [line for line in self.lines if text in line]):
                assert not self._reading.done(), self.lines
                self._said.clear()
                await self._said.wait()
        return found[0]

    async def ends(self) -> int:
        """Wait until it ended by itself; its exit code."""
        async with asyncio.timeout(30):
            await self._reading
            return await self.process.wait()

    async def end(self, how: signal.Signals = signal.SIGTERM) -> float:
        """Tell it to end; the seconds it took."""
        started = time.monotonic()
        self.process.send_signal(how)
        async with asyncio.timeout(15):
            await self.process.wait()
            await self._reading
        return time.monotonic() - started


@asynccontextmanager
async def command(*arguments: str, **environment: str) -> AsyncIterator[Process]:
    """Run ``programs-graph`` while the block does; killed at the end if it still runs."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "graph",
        *arguments,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env={"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), "PYTHONUNBUFFERED": "1", **environment},
    )
    try:
        yield Process(process)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


@asynccontextmanager
async def upstream() -> AsyncIterator[tuple[Wikimedia, str]]:
    wikis = Wikimedia()
    people(wikis)
    async with running(create_app(wikis)) as address:
        yield wikis, address


def environment(database_url: str, address: str) -> dict[str, str]:
    return {
        "GRAPH_DATABASE_URL": database_url,
        "GRAPH_STREAM_URL": address,
        "GRAPH_ACTION_API": address + "/w/{dbname}/api.php",
        "GRAPH_CONTACT": "tests@example.org",
        "GRAPH_ADMINS": ORGANIZER,
        "GRAPH_DEV_SIGN_IN": "1",
        "GRAPH_PORT": "0",
    }


async def address_of(web: Process) -> str:
    return "http://" + (await web.says("listening on")).split("http://")[1]


async def test_two_webs_a_consumer_and_a_worker_do_what_one_process_does(database_url: str) -> None:
    async with upstream() as (wikis, address), httpx.AsyncClient() as client:
        each = environment(database_url, address)
        async with (
            command("serve", **each) as one,
            command("serve", **each) as two,
            command("consume", **each) as consumer,
            command("work", **each) as worker,
        ):
            stages = [Stage(wikis, address, await address_of(web), client) for web in (one, two)]
            await stages[0].change("createCampaign", "CreateCampaignInput", "campaign { slug }", title="Rivers")
            slug = await stages[0].program("First", "Rivers", {"enwiki": [0]}, list(EDITORS))
            start = (await stages[1].ask("query($s: String!) { program(slug: $s) { activityCursor } }", s=slug))[
                "program"
            ]
            await asyncio.sleep(1)  # the promise: an enrollment is known to the consumer within a second
            screens = [
                asyncio.create_task(EventScreen(stage, PROGRAM, slug, start["activityCursor"]).read(6))
                for stage in stages
            ]
            expected = [("enwiki", wikis.save("enwiki", f"River {n}", EDITORS[n % 5]).id) for n in range(6)]
            seen = [revisions(await screen) for screen in screens]
            assert seen == [expected, expected]
            assert [await stage.edits("campaign", "Rivers") for stage in stages] == [6, 6]
            for process in (one, two, consumer, worker):
                assert await process.end() < 10
                assert process.process.returncode == 0
    await nothing_differs(database_url)


async def test_a_second_consumer_waits_and_takes_over_when_the_first_is_killed(database_url: str) -> None:
    async with upstream() as (wikis, address), httpx.AsyncClient() as client:
        each = environment(database_url, address)
        async with command("serve", **each) as web, command("consume", **each) as first:
            stage = Stage(wikis, address, await address_of(web), client)
            await stage.change("createCampaign", "CreateCampaignInput", "campaign { slug }", title="Rivers")
            slug = await stage.program("First", "Rivers", {"enwiki": [0]}, list(EDITORS))
            await asyncio.sleep(1)  # the promise: an enrollment is known to the consumer within a second
            wikis.save("enwiki", "Before", "Ada")
            await stage.counted("program", slug, 1)
            async with command("consume", **each) as second:
                await second.says("standing by")
                first.process.kill()
                wikis.save("enwiki", "After", "Ada")
                async with asyncio.timeout(15):
                    await stage.counted("program", slug, 2)
    await nothing_differs(database_url)


def servers_in(folder: Path) -> list[int]:
    """The processes that keep their data below ``folder``."""
    running = psutil.process_iter(["cmdline"])
    return [process.pid for process in running if str(folder) in " ".join(process.info["cmdline"] or ())]


async def test_the_demo_shows_an_editathon_and_leaves_nothing_behind(tmp_path: Path) -> None:
    async with command("demo", TMPDIR=str(tmp_path), GRAPH_PORT="0") as demo, httpx.AsyncClient() as client:
        live = httpx.URL((await demo.says("Live screen")).split()[-1])
        query = "query($slug: String!) { program(slug: $slug) { metrics { totalEdits } } }"
        request = {"query": query, "variables": {"slug": live.path.rsplit("/", 1)[1]}}
        edits = 0
        async with asyncio.timeout(20):
            while edits < 3:
                answer = await client.post(live.copy_with(path="/graphql"), json=request)
                edits = answer.json()["data"]["program"]["metrics"]["totalEdits"]
                await asyncio.sleep(0.1)
        assert (await client.get(live)).status_code == 200
        assert servers_in(tmp_path) != []
        assert await demo.end(signal.SIGINT) < 10
        assert demo.process.returncode == 0, demo.lines
    assert servers_in(tmp_path) == []
    assert not any(tmp_path.iterdir())  # noqa: ASYNC240 - a folder of this test's own


async def test_a_process_told_to_end_while_it_starts_leaves_no_server_behind(tmp_path: Path) -> None:
    async with command("serve", GRAPH_DATA_DIR=str(tmp_path), GRAPH_PORT="0") as process:
        async with asyncio.timeout(40):
            while not servers_in(tmp_path):
                await asyncio.sleep(0.005)
        assert await process.end() < 10
        assert process.process.returncode == 0
    assert servers_in(tmp_path) == []


class Wire:
    """A way to a database that can fall silent without being cut."""

    def __init__(self, database_url: str) -> None:
        self._url = urlsplit(database_url)
        self._open = asyncio.Event()
        self._open.set()
        self._tasks: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def laid(self) -> AsyncIterator[str]:
        """The address of the database by this wire."""
        async with await asyncio.start_server(self._carry, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            user = self._url.netloc.rpartition("@")[0]
            yield self._url._replace(netloc=f"{user}@127.0.0.1:{port}", query="").geturl()
            for task in self._tasks:
                task.cancel()

    def fall_silent(self) -> None:
        self._open.clear()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if folder := parse_qs(self._url.query).get("host"):
            there = await asyncio.open_unix_connection(f"{folder[0]}/.s.PGSQL.{embedded.PORT}")
        else:
            there = await asyncio.open_connection(self._url.hostname, self._url.port or embedded.PORT)
        for source, sink in ((reader, there[1]), (there[0], writer)):
            self._tasks.add(asyncio.create_task(self._pass_on(source, sink)))

    async def _pass_on(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        try:
            with suppress(OSError):
                while data := await source.read(65536):
                    await self._open.wait()
                    sink.write(data)
        finally:
            sink.close()


async def test_a_process_ends_in_time_although_its_database_does_not_answer(database_url: str) -> None:
    wire = Wire(database_url)
    async with (
        upstream() as (_, address),
        wire.laid() as url,
        httpx.AsyncClient() as client,
        command("up", **environment(url, address)) as process,
    ):
        web = await address_of(process)
        wire.fall_silent()
        with suppress(httpx.ReadTimeout):
            await client.get(f"{web}/graphql", params={"query": "{ programs { totalCount } }"}, timeout=1)
        assert await process.end() < 10
        assert process.process.returncode == 0
    assert "leaving without it" in process.lines[-1]


@pytest.mark.parametrize(
    ("name", "value", "said", "code"),
    [
        ("GRAPH_DATABASE_URL", "postgresql://nobody:secret@127.0.0.1:9/none", "127.0.0.1:9", 1),
        ("GRAPH_PORT", "many", "GRAPH_PORT", 2),
        ("GRAPH_PROT", "8000", "GRAPH_PROT", 2),
        ("GRAPH_STREAM_URL", "ftp://example.org", "GRAPH_STREAM_URL", 2),
        ("GRAPH_ACTION_API", "https://example.org/api.php", "GRAPH_ACTION_API", 2),
    ],
)
async def test_a_wrong_setting_is_one_clear_line_and_a_failure(name: str, value: str, said: str, code: int) -> None:
    async with command("serve", **{name: value}) as process:
        assert await process.ends() == code
    assert len(process.lines) == 1
    assert said in process.lines[0]
    assert "secret" not in process.lines[0]


async def test_a_stream_that_is_not_there_is_one_clear_line_and_a_failure(database_url: str) -> None:
    async with upstream() as (_, address):
        wrong = environment(database_url, address) | {"GRAPH_STREAM_URL": address + "/nowhere"}
        async with command("consume", **wrong) as process:
            assert await process.ends() == 1
    assert process.lines[-1].startswith("programs-graph: ")
    assert "/nowhere" in process.lines[-1]
    assert "404" in process.lines[-1]


async def test_a_port_in_use_is_one_clear_line_and_a_failure(database_url: str) -> None:
    async with running(create_app(Wikimedia())) as taken:
        port = taken.rsplit(":", 1)[1]
        async with command("serve", GRAPH_DATABASE_URL=database_url, GRAPH_PORT=port) as process:
            assert await process.ends() == 1
    assert len(process.lines) == 1
    assert "in use" in process.lines[0]


async def test_a_database_that_is_not_migrated_is_migrated_at_start(empty_database_url: str) -> None:
    async with command("migrate", GRAPH_DATABASE_URL=empty_database_url) as process:
        assert await process.ends() == 0
    connection = await asyncpg.connect(empty_database_url)
    assert await connection.fetchval("SELECT number FROM ledger") == 0
    await connection.close()

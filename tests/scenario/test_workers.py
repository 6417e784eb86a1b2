# SPDX-License-Identifier: GPL-3.0-or-later
"""``serve --workers``: several web processes on one port, and one PostgreSQL, tell everybody the same in one order."""

from __future__ import annotations

import asyncio
import signal
from contextlib import AsyncExitStack

import httpx
import psutil
import pytest

from tests.scenario.stage import EDITORS, Stage
from tests.scenario.test_from_bytes_to_frame import PROGRAM, EventScreen, SocketScreen, revisions
from tests.scenario.test_processes import Process, address_of, command, environment, upstream

SCREENS = 12


def workers_of(web: Process) -> list[psutil.Process]:
    """The processes that serve, without the one that started them."""
    found = psutil.Process(web.process.pid).children(recursive=True)
    return [each for each in found if any("spawn_main" in part for part in each.cmdline())]


def connections(workers: list[psutil.Process]) -> list[int]:
    return [len([each for each in worker.net_connections("tcp") if each.status == "ESTABLISHED"]) for worker in workers]


async def test_two_workers_and_one_consumer_tell_the_same_activity_in_the_same_order(database_url: str) -> None:
    async with AsyncExitStack() as stack:
        wikis, address = await stack.enter_async_context(upstream())
        each = environment(database_url, address)
        web = await stack.enter_async_context(command("serve", "--workers", "2", **each))
        await stack.enter_async_context(command("consume", **each))
        client = await stack.enter_async_context(httpx.AsyncClient())
        stage = Stage(wikis, address, await address_of(web), client)
        while sum("listening on" in line for line in web.lines) < 2:
            await asyncio.sleep(0.05)
        await stage.change("createCampaign", "CreateCampaignInput", "campaign { slug }", title="Rivers")
        slug = await stage.program("First", "Rivers", {"enwiki": [0]}, list(EDITORS))
        start = (await stage.ask("query($s: String!) { program(slug: $s) { activityCursor } }", s=slug))["program"]
        await asyncio.sleep(1)  # the promise: an enrollment is known to the consumer within a second
        screens = [
            asyncio.create_task(kind(stage, PROGRAM, slug, start["activityCursor"]).read(40))
            for _ in range(SCREENS // 2)
            for kind in (EventScreen, SocketScreen)
        ]
        workers = workers_of(web)
        assert len(workers) == 2
        async with asyncio.timeout(30):
            while sum(connections(workers)) < SCREENS:
                await asyncio.sleep(0.05)
        assert min(connections(workers)) > 0
        expected = [("enwiki", wikis.save("enwiki", f"River {n}", EDITORS[n % 5]).id) for n in range(40)]
        told = [revisions(await screen) for screen in screens]
        assert told == [expected] * SCREENS
        assert await web.end() < 12
        assert web.process.returncode == 0
        assert not any(worker.is_running() for worker in workers)


async def test_when_one_worker_dies_all_end_so_that_they_are_started_anew(database_url: str) -> None:
    async with command("serve", "--workers", "2", **environment(database_url, "http://127.0.0.1:9")) as web:
        await web.says("listening on")
        workers = workers_of(web)
        workers[0].send_signal(signal.SIGKILL)
        assert await web.ends() == 1
        assert web.lines[-1] == "programs-graph: a web process ended by itself (with -9)"
        assert not any(worker.is_running() for worker in workers)


async def test_workers_do_not_outlive_who_started_them(database_url: str) -> None:
    async with command("serve", "--workers", "2", **environment(database_url, "http://127.0.0.1:9")) as web:
        await web.says("listening on")
        workers = workers_of(web)
        web.process.kill()
        async with asyncio.timeout(20):
            while any(worker.is_running() and worker.status() != psutil.STATUS_ZOMBIE for worker in workers):
                await asyncio.sleep(0.05)


@pytest.mark.parametrize("number", ["0", "65", "-1", "two", ""])
async def test_a_number_of_workers_that_is_none_is_refused(number: str) -> None:
    async with command("serve", f"--workers={number}") as web:
        assert await web.ends() == 2
        assert "should be a number from 1 to 64" in web.lines[-1]

# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading history as real processes do: killed in the middle, two at once, at somebody's command."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from graph.simulator.app import create_app
from graph.simulator.faults import Faults
from graph.simulator.moderation import Wikimedia
from graph.simulator.server import running
from tests.scenario.stage import Stage, people
from tests.scenario.test_processes import address_of, command, environment

EDITORS = {"Ada": 1_300, "Béla": 700, "Chidi": 5}
ALL = sum(EDITORS.values())
UPDATE = """query($slug: String!) { program(slug: $slug) { metrics { totalEdits }
    update { state done total edits error startedAt finishedAt } } }"""


@dataclass
class Past:
    """Wikis on which much has happened, and a program of those who did it, in a service without a worker."""

    stage: Stage
    faults: Faults
    each: dict[str, str]
    slug: str = ""

    async def update(self) -> dict[str, Any]:
        program = (await self.stage.ask(UPDATE, slug=self.slug))["program"]
        return {"counted": program["metrics"]["totalEdits"], **(program["update"] or {})}

    async def until(self, reached: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        async with asyncio.timeout(60):
            while not reached(update := await self.update()):
                await asyncio.sleep(0.05)
        return update


@asynccontextmanager
async def past(database_url: str) -> AsyncIterator[Past]:
    wikis = Wikimedia()
    people(wikis)
    began = datetime.now(UTC) - timedelta(days=5)
    for name, edits in EDITORS.items():
        for number in range(edits):
            wikis.save("enwiki", f"Page {number % 50}", name, at=began + timedelta(seconds=number))
    app = create_app(wikis)
    async with running(app) as upstream, httpx.AsyncClient() as client:
        each = environment(database_url, upstream)
        async with command("serve", **each) as web:
            stage = Stage(wikis, upstream, await address_of(web), client)
            ready = Past(stage, app.state.faults, each)
            made = await stage.change("createCampaign", "CreateCampaignInput", "campaign { slug }", title="Year")
            ready.slug = await stage.program("Old work", made["campaign"]["slug"], {"enwiki": [0]}, list(EDITORS))
            yield ready


@pytest.fixture
async def history(database_url: str) -> AsyncIterator[Past]:
    async with past(database_url) as ready:
        yield ready


async def test_a_worker_killed_in_the_middle_is_gone_on_from_by_the_next(history: Past) -> None:
    history.faults.set(api_seconds=0.5)
    async with command("work", **history.each) as first:
        half = await history.until(lambda update: update["edits"] > 0)
        await first.end(signal.SIGKILL)
    assert 0 < half["edits"] < ALL
    assert half["state"] == "RUNNING"
    assert half["counted"] <= (still := await history.update())["counted"] == still["edits"] < ALL
    history.faults.clear()
    async with command("work", **history.each):
        done = await history.until(lambda update: update["state"] == "DONE")
    # Each contribution was read once: the second worker went on behind the last batch of the first.
    assert (done["edits"], done["counted"]) == (ALL, ALL)
    assert done["done"] == done["total"]
    assert done["startedAt"] == half["startedAt"]


async def test_two_workers_read_everything_once(history: Past) -> None:
    async with command("work", **history.each), command("work", **history.each):
        done = await history.until(lambda update: update["state"] == "DONE")
    assert (done["edits"], done["counted"]) == (ALL, ALL)


async def test_a_worker_that_is_told_to_end_gives_the_job_back_at_once(history: Past) -> None:
    history.faults.set(api_seconds=0.5)
    async with command("work", **history.each) as first:
        half = await history.until(lambda update: update["edits"] > 0)
        assert await first.end(signal.SIGTERM) < 10
    history.faults.clear()
    async with command("work", **history.each):
        done = await history.until(lambda update: update["state"] == "DONE")
    assert (done["edits"], done["counted"]) == (ALL, ALL)
    assert done["startedAt"] == half["startedAt"]


async def test_the_command_reads_history_and_says_how_far_it_is(history: Past) -> None:
    async with command("backfill", history.slug, **history.each) as process:
        last = await process.says("done")
        assert await process.ends() == 0
    assert last == f"{history.slug}: 6 of 6 editors, {ALL:,} contributions, done"
    assert (await history.update())["counted"] == ALL


async def test_the_command_can_be_interrupted_and_goes_on(history: Past) -> None:
    history.faults.set(api_seconds=0.5)
    async with command("backfill", history.slug, **history.each) as process:
        await history.until(lambda update: update["edits"] > 0)
        process.process.send_signal(signal.SIGINT)
        assert await process.ends() == 130
        assert process.lines[-1] == (
            "programs-graph: interrupted; the same command goes on from here, and so does a worker"
        )
    half = await history.update()
    assert 0 < half["counted"] < ALL
    history.faults.clear()
    async with command("backfill", history.slug, **history.each) as process:
        assert await process.ends() == 0
    done = await history.update()
    assert (done["edits"], done["counted"], done["startedAt"]) == (ALL, ALL, half["startedAt"])


async def test_the_command_says_in_one_line_what_is_wrong(history: Past) -> None:
    async with command("backfill", history.slug, "no such program", **history.each) as process:
        assert await process.ends() == 1
        assert process.lines == [
            "programs-graph: there is no program 'no such program'; its slug is the last part of its address"
        ]
    assert (await history.update())["edits"] == 0
    history.faults.set(api_status=403)
    async with command("backfill", history.slug, **history.each) as process:
        assert await process.ends() == 1
        (line,) = process.lines[-1:]
        assert line.removeprefix("programs-graph: ") in {
            f"{domain} answered 403 and not as an Action API does"
            for domain in ("en.wikipedia.org", "commons.wikimedia.org")
        }
    history.faults.clear()
    async with command("backfill", history.slug, **history.each) as process:
        assert await process.ends() == 0
    assert (await history.update())["counted"] == ALL

# SPDX-License-Identifier: GPL-3.0-or-later
"""``programs-graph tail`` as a real process beside a real service."""

from __future__ import annotations

import asyncio
import json
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Any

import pytest

from graph.tail import Follower
from tests.scenario.stage import EDITORS, Stage, set_up
from tests.scenario.test_processes import command
from tests.streams.stand_in import Script, Visit, stand_in


@dataclass
class World:
    stage: Stage
    program: str
    campaign: str

    async def cursor(self) -> str:
        data = await self.stage.ask("query($s: String!) { program(slug: $s) { activityCursor } }", s=self.program)
        return str(data["program"]["activityCursor"])


@pytest.fixture
async def world(database_url: str) -> AsyncIterator[World]:
    async with set_up(database_url) as stage:
        made = await stage.change("createCampaign", "CreateCampaignInput", "campaign { slug }", title="Waters")
        campaign = made["campaign"]["slug"]
        yield World(stage, await stage.program("Rivers", campaign, {"enwiki": [0]}, list(EDITORS)), campaign)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_it_tells_what_happens_until_it_is_told_to_end(world: World, number: signal.Signals) -> None:
    wikis, start = world.stage.wikis, await world.cursor()
    async with command("tail", world.program, "--url", world.stage.address, "--after", start) as tail:
        wikis.save("enwiki", "Danube", "Béla", change=120)
        wikis.save("enwiki", "Danube", "Stranger One")
        await tail.says("Danube  [enwiki]  +120 bytes  new  (1 edits)")
        wikis.delete("enwiki", "Danube", "Stranger One")
        assert "Béla" in await tail.says("Danube  [enwiki]  retracted: deleted  (0 edits)")
        await tail.end(number)
        assert tail.process.returncode == 0
    assert len(tail.lines) == 2


async def test_a_campaign_is_followed_too_and_json_is_what_the_api_gives(world: World) -> None:
    start = await world.cursor()
    arguments = ("--campaign", "--json", "--after", start, "--url", world.stage.address)
    async with command("tail", world.campaign, *arguments) as tail:
        revision = world.stage.wikis.save("enwiki", "Nile", "ليلى")
        entry = json.loads(await tail.says("Nile"))
    assert entry["__typename"] == "EditCounted"
    assert entry["edit"]["revisionId"] == revision.id
    assert entry["edit"]["editor"] == {"username": "ليلى"}
    assert entry["cursor"] > ""


@pytest.mark.parametrize(("arguments", "kind"), [((), "program"), (("--campaign",), "campaign")])
async def test_an_unknown_program_is_one_clear_line_and_a_failure(
    world: World, arguments: tuple[str, ...], kind: str
) -> None:
    async with command("tail", "Nowhere", *arguments, "--url", world.stage.address) as tail:
        assert await tail.ends() == 1
    assert tail.lines == [f"programs-graph: there is no {kind} 'Nowhere' at {world.stage.address}"]


async def test_a_cursor_that_is_none_is_one_clear_line_and_a_failure(world: World) -> None:
    async with command("tail", world.program, "--after", "yesterday", "--url", world.stage.address) as tail:
        assert await tail.ends() == 1
    assert len(tail.lines) == 1
    assert tail.lines[0].startswith(f"programs-graph: the service at {world.stage.address} answered: ")


async def test_a_service_that_is_not_there_is_one_clear_line_and_a_failure() -> None:
    async with command("tail", "Rivers", "--url", "http://127.0.0.1:9") as tail:
        assert await tail.ends() == 1
    assert len(tail.lines) == 1
    assert tail.lines[0].startswith("programs-graph: cannot reach http://127.0.0.1:9 (")


async def test_another_service_is_one_clear_line_and_a_failure() -> None:
    script = answers(b"<html>", "404 Not Found")
    async with stand_in(script) as server, command("tail", "Rivers", "--url", server.url + "/") as tail:
        assert await tail.ends() == 1
    assert tail.lines == [f"programs-graph: {server.url}/graphql does not answer as Programs Graph does: HTTP 404"]


# A service that breaks, played by a script.


def answers(body: bytes, status: str = "200 OK") -> Script:
    async def script(visit: Visit) -> None:
        await visit.answer(status, body, "Content-Type: application/json", "Connection: close")

    return script


def newest(cursor: str) -> Script:
    return answers(json.dumps({"data": {"it": {"activityCursor": cursor}}}).encode())


def frame(cursor: str, name: str = "HistoryChanged", **more: Any) -> bytes:
    entry = {"__typename": name, "cursor": cursor, "counted": 1, "retracted": 0, "metrics": {"totalEdits": 1}, **more}
    return f"event: next\nid: {cursor}\ndata: {json.dumps({'data': {'activity': entry}})}\n\n".encode()


@dataclass
class Play:
    """What a connection does: chunks, then an orderly end or none."""

    chunks: list[bytes]
    orderly: bool = True

    async def __call__(self, visit: Visit) -> None:
        await visit.start()
        for chunk in self.chunks:
            await visit.chunk(chunk)
        if self.orderly:
            await visit.end()


@asynccontextmanager
async def tailing(*scripts: Script) -> AsyncIterator[tuple[Any, Any]]:
    async with (
        stand_in(newest("c0"), *scripts) as server,
        command("tail", "Rivers", "--json", "--url", server.url) as t,
    ):
        yield server, t


def cursors(lines: list[str]) -> list[str]:
    return [json.loads(line)["cursor"] for line in lines if line.startswith("{")]


async def test_it_comes_back_with_its_last_event_id_after_a_break() -> None:
    async with tailing(Play([frame("c1"), frame("c2")]), Play([frame("c3")])) as (server, tail):
        await tail.says('"c3"')
    assert cursors(tail.lines) == ["c1", "c2", "c3"]
    assert [visit.headers.get("last-event-id") for visit in server.visits][:3] == [None, "c0", "c2"]
    assert [line for line in tail.lines if "the connection broke (the service closed it)" in line]


async def test_any_kind_of_break_costs_a_growing_pause_and_no_entry() -> None:
    half = frame("c3")
    scripts = (
        Play([]),  # before the first entry: the place it began at is not lost
        Play([frame("c1"), frame("c2")]),
        Play([half[: len(half) // 2]], orderly=False),
        answers(b"{}", "503 Service Unavailable"),
        Play([half[: len(half) // 2]]),  # an end that looks well, in the middle of an event
        Play([half + frame("c4")]),
    )
    notices: list[str] = []
    pauses: list[float] = []
    async with stand_in(newest("c0"), *scripts) as server:
        follower = Follower(server.url, "Rivers", False, None, notices.append, pauses.append)
        entries = await asyncio.to_thread(lambda: list(islice(follower.entries(), 4)))
    assert [entry["cursor"] for entry in entries] == ["c1", "c2", "c3", "c4"]
    ids = [visit.headers.get("last-event-id") for visit in server.visits]
    assert ids == [None, "c0", "c0", "c2", "c2", "c2", "c2"]
    assert len(notices) == 5
    bounds = [(1, 3), (1, 3), (2, 6), (4, 12), (8, 24)]  # what came in between begins them anew
    assert all(low <= pause <= high for pause, (low, high) in zip(pauses, bounds, strict=True))


async def test_a_cursor_that_is_too_old_is_told_and_followed_from_the_new_one() -> None:
    end = b"event: complete\ndata:\n\n"
    scripts = (Play([frame("c9", "SnapshotRequired"), end]), Play([frame("c10")]))
    async with tailing(*scripts) as (server, tail):
        await tail.says('"c10"')
    assert cursors(tail.lines) == ["c9", "c10"]
    assert server.visits[2].headers["last-event-id"] == "c9"


async def test_a_stream_that_the_service_completes_is_over() -> None:
    async with tailing(Play([frame("c1"), b"event: complete\ndata: {}\n\n"])) as (server, tail):
        assert await tail.ends() == 1
    assert tail.lines[-1] == f"programs-graph: the service at {server.url} ended the activity of 'Rivers'"


async def test_a_right_that_was_taken_away_ends_it() -> None:
    refusal = b'event: next\ndata: {"errors": [{"message": "Private.", "extensions": {"code": "NOT_ALLOWED"}}]}\n\n'
    async with tailing(Play([refusal])) as (server, tail):
        assert await tail.ends() == 1
    assert tail.lines == [f"programs-graph: the service at {server.url} answered: Private."]

# SPDX-License-Identifier: GPL-3.0-or-later
"""From an edit saved on a wiki to the frame a screen receives, by clients that other people wrote."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
import sseclient
from gql import Client, gql
from gql.transport.websockets import WebsocketsTransport

from graph.db import recounting
from graph.db.pool import connect
from tests.scenario.stage import EDITORS, Stage, set_up

ENTRIES = """__typename
... on EditCounted {
  cursor edit { id revisionId wiki { dbname } editor { username } article { title } byteChange created }
  programs { slug } metrics { totalEdits }
}
... on EditRetracted { cursor editId reason metrics { totalEdits } }
... on EditReverted { cursor editId }
... on HistoryChanged { cursor }
... on MilestoneReached { cursor goal { metric target actual } }"""
PROGRAM = (
    f"subscription($slug: String!, $after: String) {{ it: programActivity(slug: $slug, after: $after) {{{ENTRIES}}} }}"
)
CAMPAIGN = PROGRAM.replace("programActivity", "campaignActivity")


@dataclass
class World:
    """Two overlapping programs in one campaign, of one organization."""

    stage: Stage
    campaign: str
    first: str
    second: str
    expected: list[tuple[str, int]] = field(default_factory=list)

    def save(self, wiki: str, title: str, who: str, **details: Any) -> None:
        """Save an edit that both the first program and the campaign count."""
        revision = self.stage.wikis.save(wiki, title, who, **details)
        self.expected.append((wiki, revision.id))


@pytest.fixture
async def world(database_url: str) -> AsyncIterator[World]:
    async with set_up(database_url) as stage:
        await stage.change("createOrganization", "CreateOrganizationInput", "organization { slug }", name="Chapter")
        made = await stage.change(
            "createCampaign", "CreateCampaignInput", "campaign { slug }", title="Rivers", organizationSlug="Chapter"
        )
        campaign = made["campaign"]["slug"]
        spaces = {"enwiki": [0], "arwiki": [0], "zhwiki": [0, 14]}
        first = await stage.program("First", campaign, spaces, list(EDITORS[:4]))
        second = await stage.program("Second", campaign, {"enwiki": [0], "dewiki": [0]}, list(EDITORS[2:]))
        yield World(stage, campaign, first, second)
    await nothing_differs(database_url)


async def nothing_differs(database_url: str) -> None:
    """Every number of every collection is what the stored edits say."""
    pool = await connect(database_url)
    async with pool.acquire() as conn:
        assert await recounting.check(conn, await recounting.all_collections(conn)) == []
    await pool.close()


class SocketScreen:
    """A screen on a WebSocket, by the ``gql`` library."""

    def __init__(self, stage: Stage, document: str, slug: str, after: str | None = None) -> None:
        url = stage.address.replace("http://", "ws://") + "/graphql"
        self._client = Client(transport=WebsocketsTransport(url=url, subprotocols=["graphql-transport-ws"]))
        self._document = gql(document)
        self._document.variable_values = {"slug": slug, "after": after}

    async def read(self, count: int) -> list[dict[str, Any]]:
        """The next ``count`` entries; then the connection is closed."""
        found: list[dict[str, Any]] = []
        async with asyncio.timeout(20), self._client as session:
            async for data in session.subscribe(self._document):
                found.append(data["it"])
                if len(found) == count:
                    break
        return found


class EventScreen:
    """A screen on Server-Sent Events: an EventSource's request, decoded by ``sseclient``."""

    def __init__(self, stage: Stage, document: str, slug: str, last_event_id: str | None = None) -> None:
        query = urlencode({"query": document, "variables": json.dumps({"slug": slug})})
        self._url = f"{stage.address}/graphql?{query}"
        self._headers = {"Accept": "text/event-stream"}
        if last_event_id is not None:
            self._headers["Last-Event-ID"] = last_event_id
        self.ids: list[str] = []

    async def read(self, count: int) -> list[dict[str, Any]]:
        """The next ``count`` entries; then the connection is closed. ``ids`` has their event ids."""
        return await asyncio.to_thread(self._read, count)

    def _read(self, count: int) -> list[dict[str, Any]]:
        found = []
        with httpx.stream("GET", self._url, headers=self._headers, timeout=20) as answer:
            for event in sseclient.SSEClient(_chunks(answer)).events():
                if event.event == "next":
                    found.append(json.loads(event.data)["data"]["it"])
                    self.ids.append(event.id)
                    if len(found) == count:
                        break
        return found


def _chunks(answer: httpx.Response) -> Iterator[bytes]:
    yield from answer.iter_raw()


def revisions(entries: list[dict[str, Any]]) -> list[tuple[str, int]]:
    """What was counted, in the order it was told."""
    return [
        (entry["edit"]["wiki"]["dbname"], entry["edit"]["revisionId"])
        for entry in entries
        if entry["__typename"] == "EditCounted"
    ]


async def cursor(world: World, kind: str, slug: str) -> str:
    data = await world.stage.ask(f"query($slug: String!) {{ it: {kind}(slug: $slug) {{ activityCursor }} }}", slug=slug)
    return str(data["it"]["activityCursor"])


def a_morning(world: World) -> None:
    """Twelve edits that count in the first program, among others that do not."""
    for number in range(4):
        world.save("enwiki", f"River {number}", "Ada", change=100 + number)
        world.stage.wikis.save("enwiki", f"River {number}", "Stranger One")
        world.save("zhwiki", f"河 {number}", "陈云岫", change=30)
        world.stage.wikis.save("dewiki", f"Fluss {number}", "Ada")  # not tracked by any program of Ada's
        world.save("arwiki", f"نهر {number}", "Béla")
        world.stage.wikis.save("enwiki", f"Own {number}", "Stranger Two")


async def test_both_kinds_of_screen_receive_exactly_the_counted_edits_in_order(world: World) -> None:
    start = await cursor(world, "program", world.first)
    socket = asyncio.create_task(SocketScreen(world.stage, PROGRAM, world.first, start).read(12))
    events = asyncio.create_task(EventScreen(world.stage, PROGRAM, world.first, start).read(12))
    a_morning(world)
    seen_by_socket, seen_by_events = await asyncio.gather(socket, events)
    assert revisions(seen_by_socket) == world.expected
    assert seen_by_events == seen_by_socket
    assert seen_by_socket[-1]["metrics"]["totalEdits"] == 12


async def test_an_edit_in_two_programs_counts_once_in_their_campaign(world: World) -> None:
    start = await cursor(world, "campaign", world.campaign)
    world.save("enwiki", "Danube", "Chidi")  # in both programs
    world.save("enwiki", "Nile", "Ada")  # in the first only
    revision = world.stage.wikis.save("dewiki", "Elbe", "ليلى")  # in the second only
    world.expected.append(("dewiki", revision.id))
    entries = await SocketScreen(world.stage, CAMPAIGN, world.campaign, start).read(3)
    assert revisions(entries) == world.expected
    assert [[program["slug"] for program in entry["programs"]] for entry in entries] == [
        [world.first, world.second],
        [world.first],
        [world.second],
    ]
    data = await world.stage.ask(
        """query($c: String!, $f: String!, $s: String!) {
          campaign(slug: $c) { metrics { totalEdits articlesEdited activeEditors editors } organization {
            metrics { totalEdits articlesEdited activeEditors editors } } }
          first: program(slug: $f) { metrics { totalEdits activeEditors editors } }
          second: program(slug: $s) { metrics { totalEdits activeEditors editors } } }""",
        c=world.campaign,
        f=world.first,
        s=world.second,
    )
    together = {"totalEdits": 3, "articlesEdited": 3, "activeEditors": 3, "editors": 5}
    assert data["campaign"] == {"metrics": together, "organization": {"metrics": together}}
    assert data["first"]["metrics"] == {"totalEdits": 2, "activeEditors": 2, "editors": 4}
    assert data["second"]["metrics"] == {"totalEdits": 2, "activeEditors": 2, "editors": 3}


async def test_a_reconnect_with_the_cursor_misses_nothing_and_repeats_nothing(world: World) -> None:
    start = await cursor(world, "program", world.first)
    screen = EventScreen(world.stage, PROGRAM, world.first, start)
    a_morning(world)
    before = await screen.read(5)
    a_morning(world)
    await world.stage.counted("program", world.first, 24)
    after = await EventScreen(world.stage, PROGRAM, world.first, screen.ids[-1]).read(19)
    assert revisions(before + after) == world.expected
    resumed = await SocketScreen(world.stage, PROGRAM, world.first, before[-1]["cursor"]).read(19)
    assert resumed == after


async def test_what_happens_to_counted_edits_reaches_the_screen(world: World) -> None:
    wikis, start = world.stage.wikis, await cursor(world, "program", world.first)
    world.save("enwiki", "Kept", "Ada")
    world.save("enwiki", "Doomed", "Ada")
    world.save("enwiki", "Kept", "Béla")
    await world.stage.counted("program", world.first, 3)
    wikis.delete("enwiki", "Doomed", "Stranger One")
    await world.stage.counted("program", world.first, 2)
    wikis.undelete("enwiki", "Doomed", "Stranger One")
    await world.stage.counted("program", world.first, 3)
    wikis.hide_revision("enwiki", world.expected[0][1], "Stranger One", text=True)
    await world.stage.counted("program", world.first, 2)
    wikis.revert("enwiki", "Kept", "Stranger One", method="rollback", revision_id=world.expected[2][1])
    entries = await SocketScreen(world.stage, PROGRAM, world.first, start).read(7)
    assert [(entry["__typename"], entry.get("reason")) for entry in entries] == [
        ("EditCounted", None),
        ("EditCounted", None),
        ("EditCounted", None),
        ("EditRetracted", "DELETED"),
        ("EditCounted", None),
        ("EditRetracted", "HIDDEN"),
        ("EditReverted", None),
    ]
    assert entries[3]["editId"] == entries[1]["edit"]["id"] == entries[4]["edit"]["id"]
    assert entries[5]["editId"] == entries[0]["edit"]["id"]
    assert entries[6]["editId"] == entries[2]["edit"]["id"]


async def test_a_goal_is_announced_when_it_is_reached_and_only_then(world: World) -> None:
    data = await world.stage.ask("query($slug: String!) { program(slug: $slug) { id } }", slug=world.first)
    await world.stage.change(
        "setGoals",
        "SetGoalsInput",
        "program { slug }",
        programId=data["program"]["id"],
        goals=[{"metric": "TOTAL_EDITS", "target": 2}],
    )
    start = await cursor(world, "campaign", world.campaign)
    for number in range(3):
        world.save("enwiki", f"Lake {number}", "Ada")
        await world.stage.counted("program", world.first, number + 1)
    entries = await SocketScreen(world.stage, CAMPAIGN, world.campaign, start).read(4)
    assert [entry["__typename"] for entry in entries] == [
        "EditCounted",
        "EditCounted",
        "MilestoneReached",
        "EditCounted",
    ]
    assert entries[2]["goal"] == {"metric": "TOTAL_EDITS", "target": 2, "actual": 2}


async def test_an_edit_by_somebody_enrolled_a_second_ago_counts(world: World) -> None:
    data = await world.stage.ask("query($slug: String!) { program(slug: $slug) { id } }", slug=world.first)
    await world.stage.change(
        "addEditors",
        "AddEditorsInput",
        "added { username }",
        programId=data["program"]["id"],
        usernames=["Stranger One"],
    )
    await asyncio.sleep(1)  # the promise: a mutation is known to the consumer within a second
    world.save("enwiki", "Late", "Stranger One")
    await world.stage.counted("program", world.first, 1)

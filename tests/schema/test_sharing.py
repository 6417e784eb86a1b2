# SPDX-License-Identifier: GPL-3.0-or-later
"""Subscriptions executed once for all who may share them: who may, and that nobody misses or repeats anything."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import aclosing, suppress
from typing import Any

import pytest

from graph.db import ledger
from graph.db.pool import Pool
from graph.resolvers import watching
from graph.resolvers.identity import ANONYMOUS, Actor
from graph.schema.execution import StreamedResult
from graph.schema.hubs import Seat
from graph.streams.relay import Relay
from tests.db.world import World, edit
from tests.schema.asking import Api, Operation

ACTIVITY = """
subscription Follow($slug: String!, $after: String) {
  programActivity(slug: $slug, after: $after) {
    __typename ... on EditCounted { cursor edit { revisionId } } ... on SnapshotRequired { cursor }
  }
}
"""
METRICS = "subscription ($slug: String!) { programMetrics(slug: $slug) { totalEdits version } }"
SOMEBODY = Actor(7_777, "Somebody")


@pytest.fixture
def world(pool: Pool) -> World:
    return World(pool)


@pytest.fixture
async def api(database_url: str, pool: Pool) -> AsyncIterator[Api]:
    """With a relay that runs."""
    made = Api(pool)
    relay = Relay(database_url, pool, made.deps.broker)
    await relay.begin()
    task = asyncio.create_task(relay.run())
    yield made
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


@pytest.fixture
async def program(world: World) -> tuple[str, int]:
    """A public program's slug, and its one editor."""
    ann = await world.editor()
    number = await world.program(ann)
    slug = await world.pool.fetchval("SELECT slug FROM program WHERE id = $1", number)
    return str(slug), ann


async def follow(
    api: Api, query: str, slug: str, actor: Actor = ANONYMOUS, last_event_id: str | None = None, **more: Any
) -> Any:
    found = await api._executor.subscribe(Operation(query, {"slug": slug, **more}), actor, last_event_id=last_event_id)
    assert not hasattr(found, "payload"), found
    return found


async def cursor_of(api: Api, slug: str) -> str:
    return str(
        (await api.ask("query ($s: String!) { program(slug: $s) { activityCursor } }", s=slug))["program"][
            "activityCursor"
        ]
    )


async def take(stream: Any, count: int) -> list[StreamedResult]:
    async with asyncio.timeout(60):
        return [await anext(stream) for _ in range(count)]


def revisions(results: list[StreamedResult]) -> list[int]:
    found = [result.payload["data"]["programActivity"] for result in results]
    return [int(entry["edit"]["revisionId"]) for entry in found if entry["__typename"] == "EditCounted"]


def hubs_of(api: Api) -> int:
    sharing = api._executor.sharing
    assert sharing is not None
    return len(sharing)


async def start(*streams: Any) -> list[asyncio.Task[StreamedResult]]:
    """Begin to read each stream; its hub is known to follow once this returns."""
    tasks = [asyncio.ensure_future(anext(stream)) for stream in streams]
    for stream in streams:
        if isinstance(stream, Seat):
            await stream._hub.begun()
    return tasks


async def test_those_who_follow_the_same_get_the_same_response_encoded_once(
    api: Api, world: World, program: tuple[str, int]
) -> None:
    slug, ann = program
    texts = [
        ACTIVITY,
        ACTIVITY.replace("\n", " "),
        ACTIVITY.replace(", $after: String", "").replace(", after: $after", ""),
    ]
    streams = [await follow(api, text, slug) for text in texts]
    tasks = await start(*streams)
    await world.saw(edit(1, ann))
    results = [await task for task in tasks]
    assert all(result is results[0] for result in results)
    assert results[0].encoded is results[1].encoded
    assert revisions(results) == [1, 1, 1]
    assert hubs_of(api) == 1


async def test_other_variables_or_fields_are_followed_apart(api: Api, world: World, program: tuple[str, int]) -> None:
    slug, ann = program
    other = await world.program(ann)
    other_slug = await world.pool.fetchval("SELECT slug FROM program WHERE id = $1", other)
    streams = [
        await follow(api, METRICS, slug),
        await follow(api, METRICS, other_slug),
        await follow(api, METRICS.replace(" version", ""), slug),
        await follow(api, METRICS, slug, unknown="a variable that nobody asked for"),
    ]
    results = [(await take(stream, 1))[0] for stream in streams]
    assert hubs_of(api) == 3
    assert results[0] is results[3]


async def test_the_last_who_leaves_frees_what_was_shared(api: Api, program: tuple[str, int]) -> None:
    slug, _ = program
    streams = [await follow(api, METRICS, slug) for _ in range(3)]
    await take(streams[0], 1)
    for left, stream in enumerate(streams):
        assert hubs_of(api) == 1, left
        await stream.aclose()
    assert hubs_of(api) == 0
    async with asyncio.timeout(10):
        while api.deps.broker.topics():
            await asyncio.sleep(0)


async def test_a_joiner_is_told_the_newest_numbers_at_once(api: Api, world: World, program: tuple[str, int]) -> None:
    slug, ann = program
    first = await follow(api, METRICS, slug)
    assert (await take(first, 1))[0].payload["data"]["programMetrics"]["totalEdits"] == 0
    await world.saw(edit(1, ann))
    newer = (await take(first, 1))[0]
    second = await follow(api, METRICS, slug)
    assert (await take(second, 1))[0] is newer


async def test_whoever_is_signed_in_shares_what_everybody_is_told(api: Api, program: tuple[str, int]) -> None:
    slug, _ = program
    anybody, somebody = await follow(api, METRICS, slug), await follow(api, METRICS, slug, SOMEBODY)
    assert (await take(anybody, 1))[0] is (await take(somebody, 1))[0]


async def test_what_depends_on_the_viewer_is_executed_for_each_who_is_signed_in(
    api: Api, world: World, program: tuple[str, int]
) -> None:
    slug, ann = program
    query = ACTIVITY.replace("cursor edit { revisionId }", "programs { viewerCan { edit } }")
    admin = Actor(ann, "Editor 1", is_admin=True)
    begin = await cursor_of(api, slug)
    streams = [await follow(api, query, slug, actor, after=begin) for actor in (ANONYMOUS, ANONYMOUS, admin)]
    assert [isinstance(stream, Seat) for stream in streams] == [True, True, False]
    assert hubs_of(api) == 1
    await world.saw(edit(1, ann))
    entries = [(await take(stream, 1))[0].payload["data"]["programActivity"] for stream in streams]
    assert [entry["programs"][0]["viewerCan"]["edit"] for entry in entries] == [False, False, True]


async def test_a_private_program_is_followed_alone_and_strangers_are_told_that_it_is_missing(
    api: Api, world: World, program: tuple[str, int]
) -> None:
    slug, ann = program
    async with world.pool.acquire() as conn, conn.transaction():
        await ledger.lock(conn)
        await conn.execute("UPDATE program SET visibility = 'PRIVATE' WHERE slug = $1", slug)
        await ledger.announce(conn)
    mine = await follow(api, METRICS, slug, Actor(ann, "Editor 1"))
    assert not isinstance(mine, Seat)
    assert "data" in (await take(mine, 1))[0].payload
    (refused,) = await take(await follow(api, METRICS, slug), 1)
    assert refused.failed
    assert refused.payload["errors"][0]["extensions"]["code"] == "NOT_FOUND"
    assert hubs_of(api) == 0


@pytest.mark.parametrize("query", [METRICS, ACTIVITY])
async def test_a_public_program_that_becomes_private_ends_with_the_error_of_a_missing_one(
    api: Api, world: World, program: tuple[str, int], query: str
) -> None:
    slug, ann = program
    streams = [await follow(api, query, slug), await follow(api, query, slug, SOMEBODY)]
    tasks = await start(*streams)
    if query == METRICS:
        await asyncio.gather(*tasks)
        tasks = await start(*streams)
    async with world.pool.acquire() as conn, conn.transaction():
        await ledger.lock(conn)
        await conn.execute("UPDATE program SET visibility = 'PRIVATE' WHERE slug = $1", slug)
        await ledger.announce(conn)
    await world.saw(edit(1, ann))
    async with asyncio.timeout(30):
        results = await asyncio.gather(*tasks)
    assert [result.payload["errors"][0]["extensions"]["code"] for result in results] == ["NOT_FOUND"] * 2
    for stream in streams:
        with pytest.raises(StopAsyncIteration):
            await anext(stream)
    assert hubs_of(api) == 0


# ---------------------------------------------------------------- resuming


async def test_the_last_event_id_wins_over_after_and_neither_tells_hubs_apart(
    api: Api, world: World, program: tuple[str, int]
) -> None:
    slug, ann = program
    begin = await cursor_of(api, slug)
    await world.saw(edit(1, ann), edit(2, ann))
    first = await take(await follow(api, ACTIVITY, slug, after=begin), 2)
    assert revisions(first) == [1, 2]
    again = await follow(api, ACTIVITY, slug, after=begin, last_event_id=first[0].event_id)
    literal = await follow(api, ACTIVITY.replace("$after)", f'"{begin}")').replace(", $after: String", ""), slug)
    assert revisions(await take(again, 1)) == [2]
    assert revisions(await take(literal, 2)) == [1, 2]
    assert hubs_of(api) == 1


async def test_a_cursor_that_was_not_given_out_is_refused(api: Api, program: tuple[str, int]) -> None:
    (refused,) = await take(await follow(api, ACTIVITY, program[0], after="nonsense"), 1)
    assert refused.payload["errors"][0]["extensions"]["code"] == "INVALID"


async def test_a_cursor_too_old_gives_a_snapshot_with_a_cursor_of_its_own(
    api: Api, world: World, program: tuple[str, int]
) -> None:
    slug, ann = program
    begin = await cursor_of(api, slug)
    await world.saw(edit(1, ann))
    await world.pool.execute("UPDATE ledger SET forgotten = number")
    stream = await follow(api, ACTIVITY, slug, after=begin)
    (told,) = await take(stream, 1)
    assert told.payload["data"]["programActivity"] == {"__typename": "SnapshotRequired", "cursor": told.event_id}
    assert told.event_id == await cursor_of(api, slug)
    with pytest.raises(StopAsyncIteration):
        await anext(stream)


async def test_joiners_at_any_moment_miss_nothing_and_repeat_nothing(
    api: Api, world: World, program: tuple[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "PAGE", 3)
    monkeypatch.setattr(watching, "CATCH_UP", 3)
    slug, ann = program
    begin = await cursor_of(api, slug)
    chance = random.Random(4)
    last = 60

    async def write() -> None:
        for first in range(1, last + 1, 3):
            await world.saw(*(edit(n, ann) for n in range(first, first + 3)))

    async def read(backlog: int) -> list[int]:
        """Read to the end, leaving now and then and coming back with the last cursor."""
        found: list[int] = []
        cursor = begin
        while last not in found:
            stream = await follow(api, ACTIVITY, slug, last_event_id=cursor)
            stream._hub.backlog = backlog
            async with aclosing(stream):
                for _ in range(chance.randrange(1, 9)):
                    result = await anext(stream)
                    if result.last:  # too slow: what is said then is that, and where to go on
                        return found
                    found += revisions([result])
                    cursor = result.event_id
                    if last in found:
                        break
        return found

    async with asyncio.timeout(120), asyncio.TaskGroup() as tasks:
        tasks.create_task(write())
        readers = [tasks.create_task(read(256)) for _ in range(12)]
    assert [reader.result() for reader in readers] == [list(range(1, last + 1))] * 12


async def test_those_who_come_back_from_the_same_place_are_told_the_past_by_one_reading(
    api: Api, world: World, program: tuple[str, int]
) -> None:
    slug, ann = program
    begin = await cursor_of(api, slug)
    await world.saw(*(edit(n, ann) for n in range(1, 6)))
    streams = [await follow(api, ACTIVITY, slug, after=begin) for _ in range(20)]
    async with asyncio.timeout(60):
        told = await asyncio.gather(*(take(stream, 5) for stream in streams))
    assert all(revisions(results) == [1, 2, 3, 4, 5] for results in told)
    assert all(results[4] is told[0][4] for results in told)


async def test_the_past_is_pushed_as_far_as_it_is_taken_and_what_comes_then_follows_it(
    api: Api, world: World, program: tuple[str, int]
) -> None:
    slug, ann = program
    begin = await cursor_of(api, slug)
    await world.saw(*(edit(n, ann) for n in range(1, 6)))
    stream = await follow(api, ACTIVITY, slug, after=begin)
    told: list[tuple[str, StreamedResult]] = []

    def push(result: StreamedResult) -> bool:
        told.extend([("pushed", result)] * (len(told) != 3))
        return told[-1][1] is result

    stream.connect(push)
    told.append(("read", (await take(stream, 1))[0]))
    (waiting,) = await start(stream)
    while len(told) < 5:
        await asyncio.sleep(0)
    await world.saw(edit(6, ann))
    while len(told) < 6:
        await asyncio.sleep(0.01)
    waiting.cancel()
    assert revisions([result for _, result in told]) == [1, 2, 3, 4, 5, 6]
    assert [how for how, _ in told] == ["pushed"] * 3 + ["read"] + ["pushed"] * 2


# ---------------------------------------------------------------- slow readers, limits


async def test_a_reader_that_leaves_too_much_unread_gets_a_snapshot_and_delays_nobody(
    api: Api, world: World, program: tuple[str, int]
) -> None:
    slug, ann = program
    slow, quick = await follow(api, ACTIVITY, slug), await follow(api, ACTIVITY, slug)
    slow._hub.backlog = 5
    tasks = await start(quick)
    await world.saw(*(edit(n, ann) for n in range(1, 11)))
    results = [await tasks[0]]
    while len(results) < 10:
        results += await take(quick, 1)
    assert revisions(results) == list(range(1, 11))
    assert len(slow._results) <= 5
    (told,) = await take(slow, 1)
    assert told.payload["data"]["programActivity"] == {"__typename": "SnapshotRequired", "cursor": told.event_id}
    with pytest.raises(StopAsyncIteration):
        await anext(slow)


async def test_who_does_not_read_numbers_finds_the_newest_and_nothing_else(
    api: Api, world: World, program: tuple[str, int]
) -> None:
    slug, ann = program
    slow, quick = await follow(api, METRICS, slug), await follow(api, METRICS, slug)
    newest = (await take(quick, 1))[0]
    for n in range(1, 6):
        await world.saw(edit(n, ann))
        while newest.payload["data"]["programMetrics"]["totalEdits"] < n:
            newest = (await take(quick, 1))[0]
    assert slow._results == [newest]
    assert (await take(slow, 1))[0] is newest


async def test_what_is_pushed_is_not_queued_and_what_cannot_be_pushed_is_not_lost(
    api: Api, world: World, program: tuple[str, int]
) -> None:
    slug, ann = program
    stream, beside = await follow(api, ACTIVITY, slug), await follow(api, ACTIVITY, slug)
    pushed: list[StreamedResult] = []
    stream.connect(lambda result: len(pushed) < 2 and not pushed.append(result))  # type: ignore[func-returns-value]
    tasks = await start(stream, beside)
    await world.saw(*(edit(n, ann) for n in range(1, 6)))
    read = [await tasks[0], *(await take(stream, 2))]
    assert (revisions(pushed), revisions(read)) == ([1, 2], [3, 4, 5])
    assert revisions([await tasks[1], *(await take(beside, 4))]) == [1, 2, 3, 4, 5]


async def test_different_subscriptions_are_bounded_but_for_the_documents_we_know(
    api: Api, program: tuple[str, int]
) -> None:
    sharing = api._executor.sharing
    assert sharing is not None
    sharing._most = 2
    sharing._known = hubs_texts(api, METRICS)
    slug, _ = program
    streams = [await follow(api, METRICS.replace(" version", more), slug) for more in ("", " editors")]
    refused = await api._executor.subscribe(Operation(METRICS.replace(" version", " asOf"), {"slug": slug}), ANONYMOUS)
    assert refused.payload["errors"][0]["extensions"]["code"] == "TOO_MANY"  # type: ignore[union-attr]
    streams.append(await follow(api, METRICS, slug))
    await streams[0].aclose()
    streams.append(await follow(api, METRICS.replace(" version", " asOf"), slug))
    assert hubs_of(api) == 3
    for stream in streams:
        await stream.aclose()


def hubs_texts(api: Api, query: str) -> frozenset[str]:
    understood = api._executor.documents.understand(query)
    found = understood.operations[0].followed  # type: ignore[union-attr]
    assert found is not None
    return frozenset({found.text})

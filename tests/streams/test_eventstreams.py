# SPDX-License-Identifier: GPL-3.0-or-later
"""The live source against a real socket whose other end does what servers and networks do."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from graph.edits import Batch
from graph.streams.connection import Pauses, StreamRefused
from graph.streams.events import NOT_JSON, OVERSIZED, SERVER_ERROR, Kind
from graph.streams.eventstreams import EventStream, Pace
from graph.streams.positions import TOPICS
from graph.streams.transport import StreamTransport
from tests.streams.stand_in import CANARY, NADIA, StandIn, Visit, edit, frame, nowhere, silence, stand_in

NOW = datetime(2026, 3, 8, 10, 15, 33, tzinfo=UTC)
NOW_MS = 1772964933000
MINUTE_MS = 60_000
EQIAD, CODFW = "eqiad.mediawiki.page_change.v1", "codfw.mediawiki.page_change.v1"
USER_AGENT = "ProgramsGraph/0.1 (https://graph.example/; mail@graph.example)"
FAST = Pace(interval=0.001, heartbeat=0.01)


def find(wiki: str, central_id: int | None, username: str) -> int | None:
    return 1 if central_id == NADIA else None


class Stream(EventStream):
    """An EventStream at ``server`` whose pauses are noted instead of waited for."""

    def __init__(self, client: httpx.AsyncClient, server: StandIn, **options: Any) -> None:
        self.pauses: list[float] = []
        options = {"checkpoint": None, "find": find, "pace": FAST, "clock": lambda: NOW} | options
        chances = Pauses(options.pop("chance", lambda: 0.0))
        super().__init__(
            client=client, url=server.url, user_agent=USER_AGENT, sleep=self.note, pauses=chances, **options
        )

    async def note(self, seconds: float) -> None:
        self.pauses.append(seconds)
        await asyncio.sleep(0)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncIterator[Batch]]:
        async with asyncio.timeout(30), aclosing(self.batches()) as batches:
            yield batches


@pytest.fixture(params=[StreamTransport, httpx.AsyncHTTPTransport])
async def client(request: pytest.FixtureRequest) -> AsyncIterator[httpx.AsyncClient]:
    """Our own transport, and httpx's to hold it against."""
    async with httpx.AsyncClient(transport=request.param()) as opened:
        yield opened


async def edits_of(batches: AsyncIterator[Batch], count: int) -> list[int]:
    """The revisions of the next edits, until there are ``count``."""
    revisions: list[int] = []
    async for batch in batches:
        revisions += [seen.edit.revision_id for seen in batch.edits]
        if len(revisions) >= count:
            break
    return revisions


async def first(batches: AsyncIterator[Batch], server: StandIn, visits: int) -> None:
    """Take batches until the server had so many visits."""
    async for _ in batches:
        if len(server.visits) >= visits:
            return


def plays(*frames: bytes, then_end: bool = False) -> Any:
    """A script that sends each frame as a chunk and then is silent, or ends the response."""

    async def script(visit: Visit) -> None:
        await visit.start()
        for one in frames:
            await visit.chunk(one)
        if then_end:
            await visit.end()
        else:
            await visit.gone()

    return script


async def test_edits_of_enrolled_editors_arrive_and_others_do_not(client: httpx.AsyncClient) -> None:
    async with stand_in(plays(edit(1), edit(2, central_id=5), edit(3))) as server:
        stream = Stream(client, server)
        async with stream.reading() as batches:
            assert await edits_of(batches, 2) == [1, 3]
    assert (stream.status.kinds[Kind.EDIT], stream.status.kinds[Kind.STRANGER]) == (2, 1)


async def test_it_asks_as_the_service_wants_to_be_asked(client: httpx.AsyncClient) -> None:
    async with stand_in() as server:
        async with Stream(client, server).reading() as batches:
            await first(batches, server, 1)
        [visit] = server.visits
    assert visit.target == (
        "/v2/stream/mediawiki.page_change.v1,mediawiki.revision-tags-change,mediawiki.revision-visibility-change"
    )
    assert visit.headers["accept"] == "text/event-stream"
    assert visit.headers["user-agent"] == USER_AGENT
    assert visit.asked == dict.fromkeys(TOPICS, NOW_MS - MINUTE_MS)
    assert len(TOPICS) == 6


async def test_a_checkpoint_is_resumed_a_minute_before_and_unknown_topics_where_the_last_stands(
    client: httpx.AsyncClient,
) -> None:
    checkpoint = {EQIAD: NOW_MS - 1000, CODFW: NOW_MS - 5000, "eqiad.somebody.else": 3}
    async with stand_in() as server:
        async with Stream(client, server, checkpoint=checkpoint).reading() as batches:
            await first(batches, server, 1)
        [visit] = server.visits
    expected = dict.fromkeys(TOPICS, NOW_MS - 5000 - MINUTE_MS) | {EQIAD: NOW_MS - 1000 - MINUTE_MS}
    assert visit.asked == expected


async def test_every_byte_may_come_alone(client: httpx.AsyncClient) -> None:
    stream_of_bytes = b"".join([edit(1), frame(json.dumps(CANARY).encode()), edit(2)])
    script = plays(*(stream_of_bytes[i : i + 1] for i in range(len(stream_of_bytes))))
    async with stand_in(script) as server, Stream(client, server).reading() as batches:
        assert await edits_of(batches, 2) == [1, 2]


async def test_a_cut_in_the_middle_of_an_event_loses_nothing(client: httpx.AsyncClient) -> None:
    async def cut(visit: Visit) -> None:
        await visit.start()
        await visit.chunk(edit(1) + edit(2)[:700])

    async with stand_in(cut, plays(edit(1), edit(2))) as server:
        stream = Stream(client, server)
        async with stream.reading() as batches:
            assert await edits_of(batches, 3) == [1, 1, 2]
        second = server.visits[1].asked
        assert server.most_open == 1
    # The event is older than the start, so the position stays.
    assert second == dict.fromkeys(TOPICS, NOW_MS - MINUTE_MS)
    assert stream.status.reconnects == 1


async def test_reconnecting_asks_for_a_minute_before_the_newest_event_of_each_topic(
    client: httpx.AsyncClient,
) -> None:
    start = NOW_MS - 10_000
    newer = edit(1, dt="2026-03-08T10:15:32.500Z") + edit(2, dt="2026-03-08T10:15:32.100Z")
    async with stand_in(plays(newer, then_end=True)) as server:
        async with Stream(client, server, checkpoint={EQIAD: start, CODFW: start}).reading() as batches:
            assert await edits_of(batches, 2) == [1, 2]
            await first(batches, server, 2)
        asked = server.visits[1].asked
    assert asked == dict.fromkeys(TOPICS, start - MINUTE_MS) | {EQIAD: NOW_MS - 500 - MINUTE_MS}


async def test_a_datacenter_switch_during_a_break_loses_nothing(client: httpx.AsyncClient) -> None:
    async def other_datacenter(visit: Visit) -> None:
        await visit.start()
        if visit.asked[CODFW] <= NOW_MS - MINUTE_MS:
            await visit.chunk(edit(2, topic=CODFW))
        await visit.gone()

    scripts = plays(edit(1), then_end=True), other_datacenter
    async with stand_in(*scripts) as server, Stream(client, server).reading() as batches:
        assert await edits_of(batches, 2) == [1, 2]


async def test_the_checkpoint_covers_the_batch_and_all_before(client: httpx.AsyncClient) -> None:
    frames = [edit(1, dt="2026-03-08T10:15:32.500Z"), edit(2, dt="2026-03-08T10:15:32.100Z", topic=CODFW)]
    start = NOW_MS - 10_000
    async with stand_in(plays(*frames)) as server:
        stream = Stream(client, server, checkpoint={EQIAD: start})
        async with stream.reading() as batches:
            seen: list[Batch] = []
            async for batch in batches:
                seen.append(batch)
                if sum(len(one.edits) for one in seen) == 2:
                    break
    assert seen[-1].checkpoint == dict.fromkeys(TOPICS, start) | {EQIAD: NOW_MS - 500, CODFW: NOW_MS - 900}
    assert seen[-1].complete_until == NOW - timedelta(seconds=0.5)
    assert seen[-1].arrived_at == NOW


async def test_an_event_from_the_future_does_not_carry_the_checkpoint_along(client: httpx.AsyncClient) -> None:
    async with stand_in(plays(edit(1, dt="9999-12-31T23:59:59Z"))) as server:
        stream = Stream(client, server, checkpoint={EQIAD: NOW_MS - 10_000})
        async with stream.reading() as batches:
            async for batch in batches:
                if batch.edits:
                    break
    assert batch.checkpoint is not None
    assert max(batch.checkpoint.values()) == NOW_MS
    assert batch.complete_until == NOW


async def test_a_batch_comes_each_heartbeat_even_if_nobody_enrolled_edits(client: httpx.AsyncClient) -> None:
    strangers = edit(1, central_id=5, dt="2026-03-08T10:15:32Z")
    async with stand_in(plays(strangers)) as server:
        stream = Stream(client, server, checkpoint={EQIAD: NOW_MS - 10_000})
        async with stream.reading() as batches:
            async for batch in batches:
                assert batch.edits == []
                assert batch.checkpoint is not None
                if batch.checkpoint[EQIAD] == NOW_MS - 1000:
                    break


async def test_nothing_is_complete_before_the_first_event(client: httpx.AsyncClient) -> None:
    async with stand_in() as server, Stream(client, server).reading() as batches:
        batch = await anext(batches)
    assert (batch.complete_until, batch.arrived_at, batch.edits) == (None, None, [])


async def test_a_silent_connection_is_given_up(client: httpx.AsyncClient) -> None:
    async with stand_in(silence, plays(edit(1))) as server:
        stream = Stream(client, server, read_seconds=0.05)
        async with stream.reading() as batches:
            assert await edits_of(batches, 1) == [1]
        assert server.most_open == 1


async def test_too_many_connections_are_answered_by_the_pause_asked_for(client: httpx.AsyncClient) -> None:
    async def too_many(visit: Visit) -> None:
        await visit.answer("429 Too Many Requests", b"{}", "Retry-After: 7", "Content-Type: application/json")

    async def too_many_for_no_time_said(visit: Visit) -> None:
        await visit.answer("429 Too Many Requests", b"{}", "Content-Type: application/json")

    async with stand_in(too_many, too_many_for_no_time_said, plays(edit(1))) as server:
        stream = Stream(client, server)
        async with stream.reading() as batches:
            assert await edits_of(batches, 1) == [1]
    assert stream.pauses[:2] == [7.0, 30.0]


async def test_a_broken_gateway_is_tried_again_after_growing_pauses(client: httpx.AsyncClient) -> None:
    async def bad_gateway(visit: Visit) -> None:
        await visit.answer("502 Bad Gateway", b"<html>no\n  backend</html>", "Content-Type: text/html")

    problems: list[str | None] = []
    async with stand_in(*[bad_gateway] * 8, plays(edit(1))) as server:
        stream = Stream(client, server, chance=lambda: 0.5)

        async def note(seconds: float) -> None:
            problems.append(stream.status.problem)
            stream.pauses.append(seconds)

        stream._sleep = note
        async with stream.reading() as batches:
            assert await edits_of(batches, 1) == [1]
        url = server.url
    assert stream.pauses == [0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 15.0]
    assert str(problems[0]).startswith(f"{url}/v2/stream/")
    assert str(problems[0]).endswith("answered HTTP 502 Bad Gateway (text/html): <html>no backend</html>")
    assert stream.status.problem is None
    assert stream.status.reconnects == 8


@pytest.mark.parametrize("status", ["400 Bad Request", "403 Forbidden", "301 Moved Permanently"])
async def test_a_refusal_is_named_and_retried_slowly(client: httpx.AsyncClient, status: str) -> None:
    async def refuse(visit: Visit) -> None:
        await visit.answer(
            status, b"Please set a user-agent", "Location: http://127.0.0.1:9/", "Content-Type: text/plain"
        )

    async with stand_in(refuse) as server:
        stream = Stream(client, server)
        async with stream.reading() as batches:
            await first(batches, server, 2)
    assert stream.pauses[0] == 30.0
    assert f"HTTP {status} (text/plain): Please set a user-agent" in str(stream.status.problem)


async def test_an_address_without_such_a_stream_ends_it_unless_there_was_one(client: httpx.AsyncClient) -> None:
    async with stand_in(nowhere) as server, Stream(client, server).reading() as batches:
        with pytest.raises(StreamRefused, match="answered HTTP 404 Not Found"):
            await anext(batches)
    scripts = plays(edit(1), then_end=True), nowhere, plays(edit(2))
    async with stand_in(*scripts) as server, Stream(client, server).reading() as batches:
        assert await edits_of(batches, 2) == [1, 2]


@pytest.mark.parametrize("headers", [["Content-Type: text/html"], ["Content-Type: application/json"], []])
async def test_what_is_no_event_stream_is_not_read_as_one(client: httpx.AsyncClient, headers: list[str]) -> None:
    async def something_else(visit: Visit) -> None:
        await visit.answer("200 OK", edit(66), *headers)

    async with stand_in(something_else, plays(edit(1))) as server:
        stream = Stream(client, server)
        async with stream.reading() as batches:
            assert await edits_of(batches, 1) == [1]


async def test_a_compressed_stream_is_refused(client: httpx.AsyncClient) -> None:
    async def compressed(visit: Visit) -> None:
        await visit.answer("200 OK", b"xx", "Content-Type: text/event-stream", "Content-Encoding: gzip")

    async with stand_in(compressed, plays(edit(1))) as server:
        async with Stream(client, server).reading() as batches:
            assert await edits_of(batches, 1) == [1]
        assert server.visits[0].headers["accept-encoding"] == "identity"


async def test_nobody_there_is_a_problem_and_no_error(client: httpx.AsyncClient) -> None:
    async with stand_in() as server:
        pass
    stream = Stream(client, server)
    tried = asyncio.Event()

    async def note(_seconds: float) -> None:
        tried.set()
        await asyncio.Event().wait()

    stream._sleep = note
    task = asyncio.ensure_future(anext(stream.batches()))
    await tried.wait()
    assert not task.done()
    assert str(stream.status.problem).startswith("ConnectError")
    assert not stream.status.connected
    task.cancel()


async def test_an_error_event_is_kept_and_the_connection_left(client: httpx.AsyncClient) -> None:
    failure = frame(b'{"message":"broker"}', b"error")
    async with stand_in(plays(edit(1), failure, edit(66)), plays(edit(2))) as server:
        stream = Stream(client, server)
        async with stream.reading() as batches:
            assert await edits_of(batches, 2) == [1, 2]
    assert stream.status.rejected == {SERVER_ERROR: 1}


async def test_nonsense_is_kept_as_a_sample_and_the_stream_goes_on(client: httpx.AsyncClient) -> None:
    nonsense = [frame(b"nonsense\0" + b"x" * 9000) for _ in range(50)]
    async with stand_in(plays(b"".join([*nonsense, edit(1)]))) as server:
        stream = Stream(client, server)
        rejected = []
        async with stream.reading() as batches:
            async for batch in batches:
                rejected += batch.rejected
                if batch.edits:
                    break
    assert stream.status.rejected == {NOT_JSON: 50}
    assert {(one.reason, len(one.sample)) for one in rejected} == {(NOT_JSON, 500)}
    assert rejected[0].sample.startswith("nonsense\ufffdxxx")


async def test_the_samples_of_one_batch_are_bounded(client: httpx.AsyncClient) -> None:
    async with stand_in(plays(b"".join([*[frame(b"{")] * 1000, edit(1)]))) as server:
        stream = Stream(client, server, pace=Pace(heartbeat=60.0))
        async with stream.reading() as batches:
            rejected = [len((await anext(batches)).rejected)]
            while not stream.status.kinds:
                rejected.append(len((await anext(batches)).rejected))
    assert max(rejected) == 20
    assert stream.status.rejected[NOT_JSON] == 1000


async def test_an_event_too_large_is_skipped_with_a_reason(client: httpx.AsyncClient) -> None:
    script = plays(edit(1), frame(b"x" * 20_000), edit(2))
    async with stand_in(script) as server:
        stream = Stream(client, server, event_limit=10_000)
        async with stream.reading() as batches:
            assert await edits_of(batches, 2) == [1, 2]
    assert stream.status.rejected == {OVERSIZED: 1}


async def test_canaries_are_counted_and_move_the_checkpoint_of_a_quiet_topic(client: httpx.AsyncClient) -> None:
    canary = json.loads(json.dumps(CANARY))
    canary["meta"]["dt"] = "2026-03-08T10:15:32Z"
    async with stand_in(plays(frame(json.dumps(canary).encode()))) as server:
        stream = Stream(client, server, checkpoint={EQIAD: NOW_MS - 10_000})
        async with stream.reading() as batches:
            async for batch in batches:
                assert batch.checkpoint is not None
                if batch.checkpoint[CODFW] == NOW_MS - 1000:
                    break
    assert (stream.status.canaries, batch.complete_until) == (1, None)


async def test_a_start_beyond_the_stream_s_memory_is_a_gap(client: httpx.AsyncClient) -> None:
    asked = NOW_MS - 20 * 86_400_000
    quiet_topic_remembers_more = edit(66, topic=CODFW, dt="2026-02-20T00:00:00Z", central_id=5)
    frames = [quiet_topic_remembers_more, edit(1, dt="2026-03-01T00:00:00Z"), edit(2)]
    async with stand_in(plays(*frames)) as server:
        stream = Stream(client, server, checkpoint={EQIAD: asked, CODFW: asked - 60_000})
        async with stream.reading() as batches:
            assert await edits_of(batches, 2) == [1, 2]
    assert stream.status.gap == (NOW - timedelta(days=20), datetime(2026, 3, 1, tzinfo=UTC))


async def test_no_gap_where_the_stream_still_remembers(client: httpx.AsyncClient) -> None:
    asked = NOW_MS - 20 * 86_400_000
    frames = [edit(1, dt="2026-02-16T10:15:00Z"), edit(2)]
    async with stand_in(plays(*frames)) as server:
        stream = Stream(client, server, checkpoint={EQIAD: asked})
        async with stream.reading() as batches:
            assert await edits_of(batches, 2) == [1, 2]
    assert stream.status.gap is None


async def test_a_young_checkpoint_is_never_a_gap(client: httpx.AsyncClient) -> None:
    async with stand_in(plays(edit(1))) as server:
        stream = Stream(client, server, checkpoint={EQIAD: NOW_MS - 3_600_000})
        async with stream.reading() as batches:
            assert await edits_of(batches, 1) == [1]
    assert stream.status.gap is None


async def test_who_does_not_store_holds_the_server_back(client: httpx.AsyncClient) -> None:
    total = 8_000
    done = asyncio.Event()

    async def flood(visit: Visit) -> None:
        await visit.start()
        for number in range(total // 20):
            await visit.chunk(b"".join(edit(number * 20 + i) for i in range(1, 21)))
        done.set()
        await visit.gone()

    async with stand_in(flood) as server:
        stream = Stream(client, server, pace=Pace(edits=10, interval=0.001, heartbeat=60.0))
        async with stream.reading() as batches:
            revisions: list[int] = []
            async for batch in batches:
                assert len(batch.edits) <= 10
                revisions += [seen.edit.revision_id for seen in batch.edits]
                if revisions:
                    break
            stored = len(revisions)
            for _ in range(2000):
                await asyncio.sleep(0)
            assert stream.status.events <= stored + 10
            assert not done.is_set()
            revisions += await edits_of(batches, total - stored)
    assert revisions == list(range(1, total + 1))


async def test_an_edit_is_not_held_back_after_a_quiet_time(client: httpx.AsyncClient) -> None:
    async with stand_in(plays(edit(1))) as server:
        stream = Stream(client, server, pace=Pace(interval=0.0, heartbeat=3600.0))
        async with stream.reading() as batches:
            assert await edits_of(batches, 1) == [1]


async def test_the_lag_is_the_median_time_from_edit_to_arrival(client: httpx.AsyncClient) -> None:
    async with stand_in(plays(edit(1) + edit(2) + edit(3))) as server:
        stream = Stream(client, server)
        async with stream.reading() as batches:
            await edits_of(batches, 3)
    assert stream.status.upstream_lag_seconds == 3.0
    assert stream.status.last_event_at == NOW


async def test_two_readers_of_one_stream_are_refused(client: httpx.AsyncClient) -> None:
    async with stand_in() as server:
        stream = Stream(client, server)
        async with stream.reading() as batches:
            await anext(batches)
            with pytest.raises(RuntimeError, match="two connections are one too many"):
                await anext(stream.batches())


async def test_closing_the_iterator_closes_the_connection(client: httpx.AsyncClient) -> None:
    closed = asyncio.Event()

    async def wait_for_it(visit: Visit) -> None:
        await visit.start()
        await visit.gone()
        closed.set()

    async with stand_in(wait_for_it) as server:
        stream = Stream(client, server)
        async with stream.reading() as batches:
            await first(batches, server, 1)
        await asyncio.wait_for(closed.wait(), 10)
        assert not stream.status.connected


async def test_a_mistake_of_ours_is_not_taken_for_the_network_s(client: httpx.AsyncClient) -> None:
    def broken(wiki: str, central_id: int | None, username: str) -> int | None:
        raise ZeroDivisionError

    async with stand_in(plays(edit(1))) as server:
        stream = Stream(client, server, find=broken)
        with pytest.raises(ZeroDivisionError):
            async with stream.reading() as batches:
                await edits_of(batches, 1)

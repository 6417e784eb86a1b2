# SPDX-License-Identifier: GPL-3.0-or-later
"""Each fault, alone."""

from __future__ import annotations

import asyncio
import json

import pytest

from graph.simulator.faults import Faults
from graph.simulator.garbage import KINDS
from graph.simulator.state import NotPossible
from tests.simulator.serving import PAGE_CHANGE, Stand

EQIAD = f"eqiad.{PAGE_CHANGE}"


def written(stand: Stand, count: int) -> list[bytes]:
    """Save so many pages; gives the events' data."""
    for number in range(count):
        stand.wikimedia.save("enwiki", f"Page {number}", "Amara")
    return [message.data for message in stand.wikimedia.log.topics[EQIAD].messages]


async def everything(stand: Stand) -> bytes:
    """The body of a stream from the beginning until it is cut."""
    stand.faults.cut_seconds = 0.05
    async with stand.stream(query="?since=0") as stream:
        return b"".join(await stream.rest())


def data_of(body: bytes) -> list[bytes]:
    return [line.removeprefix(b"data: ") for line in body.split(b"\n") if line.startswith(b"data: ")]


async def test_a_cut_comes_after_exactly_so_many_bytes_and_without_an_end(stand: Stand) -> None:
    written(stand, 3)
    whole = await everything(stand)
    await stand.act("faults", cut_bytes=[1000, 1000])
    async with stand.stream(query="?since=0") as stream:
        assert b"".join(await stream.rest()) == whole[:1000]


async def test_cuts_can_be_counted(stand: Stand) -> None:
    written(stand, 3)
    whole = await everything(stand)
    await stand.act("faults", cut_bytes=[10, 500], cut_times=2)
    lengths = [len(await everything(stand)) for _ in range(3)]
    assert all(10 <= length <= 500 for length in lengths[:2])
    assert lengths[2] == len(whole)


async def test_the_same_seed_cuts_at_the_same_bytes() -> None:
    cuts = []
    for _ in range(2):
        faults = Faults(seed=3, cut_bytes=(0, 10**9))
        cuts.append([faults.take_cut(faults.generator(connection)) for connection in (1, 2)])
    assert cuts[0] == cuts[1]
    assert cuts[0][0] != cuts[0][1]


async def test_a_stall_says_nothing_more_until_it_is_over(stand: Stand) -> None:
    data = written(stand, 3)
    await stand.act("faults", stall_events=[2, 2], stall_seconds=60)
    stand.faults.cut_seconds = 900
    async with stand.stream(query="?since=0") as stream:
        await stream.chunks(7)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await stream.chunk()
    stand.faults.stall_seconds = 0.1
    assert data_of(await everything(stand)) == data


async def test_duplicates_are_whole_frames_with_the_same_id(stand: Stand) -> None:
    data = written(stand, 2)
    await stand.act("faults", duplicate=1)
    body = await everything(stand)
    assert data_of(body) == [data[0], data[0], data[1], data[1]]
    frames = body.split(b"\n\n")
    assert frames[1] == frames[2]


async def test_neighbours_change_places(stand: Stand) -> None:
    data = written(stand, 4)
    await stand.act("faults", reorder=1)
    assert data_of(await everything(stand)) == [data[1], data[0], data[3], data[2]]


async def test_an_event_without_a_neighbour_is_not_held_back(stand: Stand) -> None:
    data = written(stand, 1)
    await stand.act("faults", reorder=1)
    assert data_of(await everything(stand)) == data


@pytest.mark.parametrize("sizes", [(1, 1), (1, 7), (16384, 16384)])
async def test_writes_can_have_any_size_and_the_bytes_stay_the_same(stand: Stand, sizes: tuple[int, int]) -> None:
    written(stand, 12)
    whole = await everything(stand)
    await stand.act("faults", chunk_sizes=sizes)
    async with stand.stream(query="?since=0") as stream:
        chunks = await stream.rest()
    assert b"".join(chunks) == whole
    # The first bytes and the last of what there is are not held back until a chunk is full.
    assert all(sizes[0] <= len(chunk) <= sizes[1] for chunk in chunks[1:-1])


async def test_garbage_stands_between_the_events_and_replaces_none(stand: Stand) -> None:
    data = written(stand, 5)
    await stand.act("faults", garbage=1)
    lines = data_of(await everything(stand))
    assert len(lines) == 10
    assert lines[1::2] == data


@pytest.mark.parametrize("kind", KINDS)
async def test_every_kind_of_garbage_is_one_line(stand: Stand, kind: str) -> None:
    await stand.act("garbage", kind=kind)
    (data,) = data_of(await everything(stand))
    assert data == stand.wikimedia.log.topics[EQIAD].messages[0].data
    if kind == "invalid JSON":
        with pytest.raises(json.JSONDecodeError):
            json.loads(data)
    elif kind == "invalid UTF-8":
        with pytest.raises(UnicodeDecodeError):
            data.decode()
    else:
        json.loads(data)


async def test_an_unknown_kind_of_garbage_is_refused(stand: Stand) -> None:
    answer = await stand.client.post(f"{stand.base}/simulator/garbage", json={"kind": "nuclear"})
    assert answer.status_code == 400
    assert answer.json()["error"].startswith("there is no garbage of kind 'nuclear'; there are: invalid JSON, ")


async def test_an_error_event_ends_the_response_in_order(stand: Stand) -> None:
    written(stand, 1)
    await stand.act("faults", errors=1)
    async with stand.stream(query="?since=0") as stream:
        chunks = await stream.chunks(8)
    assert chunks[4] == b"event: error\n"
    assert chunks[5] == chunks[2]
    assert chunks[6] == b'data: {"message":"broker transport failure","origin":"kafka","code":-195}\n\n'
    assert chunks[7] == b""


@pytest.mark.parametrize(
    ("status", "kind"),
    [(429, "application/json"), (502, "text/html; charset=utf-8"), (403, "text/plain; charset=utf-8")],
)
async def test_requests_are_refused_as_often_as_told(stand: Stand, status: int, kind: str) -> None:
    await stand.act("faults", refusals=[status])
    answer = await stand.client.get(f"{stand.base}/v2/stream/{PAGE_CHANGE}")
    assert (answer.status_code, answer.headers["content-type"]) == (status, kind)
    async with stand.stream() as stream:
        assert stream.status == 200


async def test_the_datacenter_switches_while_nobody_is_connected(stand: Stand) -> None:
    await stand.act("faults", switch_when_idle=1)
    async with stand.stream() as first:
        await first.chunk()
        async with stand.stream() as second:
            await second.chunk()
        while (await stand.act("connections"))["connections"] > 1:
            pass
        assert stand.wikimedia.log.datacenter == "eqiad"
    while (await stand.act("connections"))["connections"] > 0:
        pass
    assert stand.wikimedia.log.datacenter == "codfw"


async def test_everybody_can_be_thrown_out_at_once(stand: Stand) -> None:
    async with stand.stream() as stream:
        await stream.chunk()
        assert await stand.act("disconnect") == {"connections": 1}
        assert await stream.chunk() is None


async def test_a_reader_that_goes_away_frees_its_place(stand: Stand) -> None:
    for _ in range(5):
        async with stand.stream() as stream:
            assert stream.status == 200
        while (await stand.act("connections"))["connections"] > 0:
            pass


def test_faults_are_set_by_name_and_cleared_at_once() -> None:
    faults = Faults(seed=5)
    faults.set(duplicate=0.5, cut_bytes=[1, 2])
    assert (faults.duplicate, faults.cut_bytes) == (0.5, (1, 2))
    with pytest.raises(NotPossible, match="there is no fault 'earthquake'; there are: api_broken, api_errors, "):
        faults.set(earthquake=1)
    faults.clear()
    assert faults == Faults(seed=5)

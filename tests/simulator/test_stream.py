# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json

import pytest

from tests.simulator.serving import PAGE_CHANGE, TAGS_CHANGE, VISIBILITY_CHANGE, Stand

ALL = f"{PAGE_CHANGE},{TAGS_CHANGE},{VISIBILITY_CHANGE}"
EQIAD, CODFW = f"eqiad.{PAGE_CHANGE}", f"codfw.{PAGE_CHANGE}"
UNREAD = b'{"topic":"codfw.mediawiki.page_change.v1","partition":0,"offset":-1}'


async def test_a_frame_is_sent_byte_for_byte_as_the_real_service_sends_it_one_write_a_line(stand: Stand) -> None:
    async with stand.stream() as stream:
        assert (stream.status, stream.headers["content-type"]) == (200, "text/event-stream; charset=utf-8")
        assert await stream.chunk() == b":ok\n\n"
        stand.clock.now += 812
        stand.wikimedia.save("enwiki", "Ein Fluß\u2028", "Amara")
        data = stand.wikimedia.log.topics[EQIAD].messages[0].data
        assert await stream.chunks(3) == [
            b"event: message\n",
            b'id: [{"topic":"eqiad.mediawiki.page_change.v1","partition":0,"timestamp":1790525832813},'
            + UNREAD
            + b"]\n",
            b"data: " + data + b"\n\n",
        ]
        assert "Ein_Fluß".encode() in data
        assert b"\n" not in data


async def test_without_an_accept_header_the_type_has_no_charset(stand: Stand) -> None:
    async with stand.stream(accept="") as stream:
        assert stream.headers["content-type"] == "text/event-stream"


async def test_the_id_has_an_entry_for_each_topic_and_minus_one_for_those_not_read_yet(stand: Stand) -> None:
    async with stand.stream(ALL) as stream:
        await stream.chunk()
        stand.wikimedia.save("enwiki", "A", "Amara", tags=["visualeditor"])
        (first, _), (second, _) = await stream.events(2)
    unread = [
        {"topic": f"{datacenter}.{name}", "partition": 0, "offset": -1}
        for name in (PAGE_CHANGE, TAGS_CHANGE, VISIBILITY_CHANGE)
        for datacenter in ("eqiad", "codfw")
    ]
    stamp = {"partition": 0, "timestamp": 1790525832001}
    assert first == [{"topic": EQIAD, **stamp}, *unread[1:]]
    assert second == [{"topic": EQIAD, **stamp}, unread[1], {"topic": f"eqiad.{TAGS_CHANGE}", **stamp}, *unread[3:]]


async def test_json_readers_get_a_line_an_event_after_a_bare_newline_and_no_ids(stand: Stand) -> None:
    stand.wikimedia.save("enwiki", "A", "Amara")
    async with stand.stream(query="?since=0", accept="application/json") as stream:
        assert stream.headers["content-type"] == "application/json; charset=utf-8"
        assert await stream.chunks(2) == [b"\n", stand.wikimedia.log.topics[EQIAD].messages[0].data + b"\n"]


async def test_a_silent_stream_sends_no_heartbeat_and_is_cut_without_an_end(stand: Stand) -> None:
    stand.faults.cut_seconds = 0.1
    async with stand.stream() as stream:
        assert await stream.rest() == [b":ok\n\n"]


async def test_events_of_other_streams_are_not_sent(stand: Stand) -> None:
    revision = stand.wikimedia.save("enwiki", "A", "Amara")
    stand.wikimedia.tag("enwiki", revision.id, add=["x"])
    async with stand.stream(TAGS_CHANGE, "?since=0") as stream:
        await stream.chunk()
        ((_, event),) = await stream.events(1)
        assert event["meta"]["topic"] == f"eqiad.{TAGS_CHANGE}"


@pytest.mark.parametrize(
    "since", ["1790525832001", "2026-09-27T16:17:12.001Z", "1790525832000.9e0", "2026-09-27T16:17:12.001"]
)
async def test_since_begins_with_the_first_event_at_or_after_it(stand: Stand, since: str) -> None:
    for number in range(3):
        stand.wikimedia.save("enwiki", f"Page {number}", "Amara")
        stand.clock.now += 1
    async with stand.stream(query=f"?since={since}") as stream:
        await stream.chunk()
        ((_, event),) = await stream.events(1)
    assert event["page"]["page_title"] == ("Page_0" if "e0" in since else "Page_1")


async def test_since_beyond_the_newest_event_waits_for_new_ones(stand: Stand) -> None:
    stand.wikimedia.save("enwiki", "Old", "Amara")
    async with stand.stream(query="?since=2026-09-28") as stream:
        await stream.chunk()
        stand.wikimedia.save("enwiki", "New", "Amara")
        ((_, event),) = await stream.events(1)
    assert event["page"]["page_title"] == "New"


async def test_a_since_older_than_the_retention_begins_at_the_oldest_event_in_silence(stand: Stand) -> None:
    stand.wikimedia.log.retention = 1000
    stand.wikimedia.save("enwiki", "Forgotten", "Amara")
    stand.clock.now += 2000
    stand.wikimedia.save("enwiki", "Kept", "Amara")
    stand.wikimedia.log.expire()
    async with stand.stream(query="?since=0") as stream:
        await stream.chunk()
        ((_, event),) = await stream.events(1)
    assert (event["page"]["page_title"], event["meta"]["offset"]) == ("Kept", 1109139116)


async def test_what_cannot_be_read_as_a_date_is_refused(stand: Stand) -> None:
    answer = await stand.client.get(f"{stand.base}/v2/stream/{PAGE_CHANGE}?since=yesterday")
    assert (answer.status_code, answer.json()) == (
        400,
        {
            "status": 400,
            "type": "invalid_timestamp",
            "title": "Invalid timestamp",
            "detail": "since timestamp is not a UTC milliseconds unix epoch and was not parseable: 'yesterday'",
            "method": "GET",
            "uri": f"/v2/stream/{PAGE_CHANGE}?since=yesterday",
        },
    )


async def test_an_unknown_stream_is_refused_by_name(stand: Stand) -> None:
    answer = await stand.client.get(f"{stand.base}/v2/stream/{PAGE_CHANGE},page_change,revision-tags-change")
    assert answer.status_code == 400
    assert answer.json()["title"] == "Stream Not Found"
    assert answer.json()["detail"] == "Invalid streams: page_change,revision-tags-change"


async def test_a_third_connection_is_refused_until_one_has_gone(stand: Stand) -> None:
    async with stand.stream() as first:
        async with stand.stream():
            answer = await stand.client.get(f"{stand.base}/v2/stream/{PAGE_CHANGE}")
            assert answer.status_code == 429
            assert answer.json()["title"] == "Too Many Concurrent Connections From Your Client IP"
        while (await stand.act("connections"))["connections"] > 1:
            pass
        async with stand.stream() as third:
            assert (first.status, third.status) == (200, 200)


@pytest.mark.parametrize(
    "agent", ["", "python-requests/2.32.3", "python-httpx/0.28.1", "okhttp/4.9", "Go-http-client/2.0"]
)
async def test_a_client_that_does_not_say_who_it_is_gets_403(stand: Stand, agent: str) -> None:
    async with stand.stream(user_agent=agent) as stream:
        assert stream.status == 403


async def test_a_client_library_with_an_address_is_let_in(stand: Stand) -> None:
    async with stand.stream(user_agent="python-httpx/0.28.1 (https://tool.example/)") as stream:
        assert stream.status == 200


async def test_canaries_reach_every_topic_of_both_datacenters(stand: Stand) -> None:
    async with stand.stream(ALL) as stream:
        await stream.chunk()
        assert await stand.act("canaries") == {"events": 6}
        events = [event for _, event in await stream.events(6)]
    assert {event["meta"]["domain"] for event in events} == {"canary"}
    assert sorted(event["meta"]["topic"] for event in events) == sorted(
        f"{datacenter}.{name}" for datacenter in ("eqiad", "codfw") for name in ALL.split(",")
    )


async def test_canaries_come_by_themselves_before_the_next_event_once_the_interval_has_passed(stand: Stand) -> None:
    stand.wikimedia.log.canary_interval = 3_600_000
    stand.clock.now += 3_600_000
    stand.wikimedia.save("enwiki", "A", "Amara")
    titles = [json.loads(message.data)["page"]["page_title"] for message in stand.wikimedia.log.topics[EQIAD].messages]
    assert titles == ["example", "A"]


async def test_after_a_switch_events_go_to_the_other_datacenter(stand: Stand) -> None:
    async with stand.stream() as stream:
        await stream.chunk()
        stand.wikimedia.save("enwiki", "A", "Amara")
        assert await stand.act("switch_datacenter") == {"datacenter": "codfw"}
        stand.wikimedia.save("enwiki", "B", "Amara")
        (_, before), (served_id, after) = await stream.events(2)
    assert (before["meta"]["topic"], after["meta"]["topic"]) == (EQIAD, CODFW)
    assert served_id == [
        {"topic": EQIAD, "partition": 0, "timestamp": 1790525832001},
        {"topic": CODFW, "partition": 0, "timestamp": 1790525832001},
    ]


async def test_the_log_keeps_no_more_than_its_cap_and_an_eighth(stand: Stand) -> None:
    stand.wikimedia.log.cap = 80
    for number in range(1000):
        stand.wikimedia.save("enwiki", f"Page {number % 5}", "Amara")
    topic = stand.wikimedia.log.topics[EQIAD]
    assert 80 <= len(topic.messages) <= 90
    assert topic.end == 1109139115 + 1000
    assert topic.messages[-1].offset == topic.end - 1

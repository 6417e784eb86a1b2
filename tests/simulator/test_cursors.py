# SPDX-License-Identifier: GPL-3.0-or-later
"""How a reader resumes, with the traps of the real service."""

from __future__ import annotations

import json
from typing import Any

import pytest

from graph.simulator.cursors import Reader, starting_points, topics_of
from graph.simulator.moderation import Wikimedia
from tests.simulator.serving import PAGE_CHANGE, START, TAGS_CHANGE, Clock, Stand

EQIAD, CODFW = f"eqiad.{PAGE_CHANGE}", f"codfw.{PAGE_CHANGE}"
NOT_AN_ASSIGNMENT = (
    "Must provide either an array topic names, or  an array of objects with topic, partition and offset|timestamp."
)
LATEST = {"topic": CODFW, "partition": 0, "offset": -1}


def write(wikimedia: Wikimedia, clock: Clock, *moments: int) -> None:
    """Save a page at each of these milliseconds after the start."""
    for number, moment in enumerate(moments):
        clock.now = START + moment
        wikimedia.save("enwiki", f"Page {number}", "Amara")


def resume(wikimedia: Wikimedia, *entries: Any, streams: str = PAGE_CHANGE, since: int | None = None) -> Reader:
    header = json.dumps(entries)
    return Reader(starting_points(wikimedia.log, topics_of(streams), last_event_id=header, since=since))


def titles(reader: Reader) -> list[str]:
    found = []
    while message := reader.next():
        found.append(json.loads(message.data)["page"]["page_title"])
    return found


def test_echoing_the_served_id_loses_an_unread_event_of_the_same_millisecond(
    wikimedia: Wikimedia, clock: Clock
) -> None:
    write(wikimedia, clock, 0, 5, 5, 9)
    reader = resume(wikimedia, {"topic": EQIAD, "partition": 0, "timestamp": 0}, LATEST)
    reader.next()
    reader.next()
    served = json.loads(reader.id())
    assert served == [LATEST, {"topic": EQIAD, "partition": 0, "timestamp": START + 6}]
    assert titles(reader) == ["Page_2", "Page_3"]
    assert titles(resume(wikimedia, *served)) == ["Page_3"]


def test_resuming_at_the_event_time_itself_repeats_it_and_loses_nothing(wikimedia: Wikimedia, clock: Clock) -> None:
    write(wikimedia, clock, 0, 5, 5, 9)
    assert titles(resume(wikimedia, {"topic": EQIAD, "partition": 0, "timestamp": START + 5})) == [
        "Page_1",
        "Page_2",
        "Page_3",
    ]


def test_an_event_stamped_earlier_at_a_later_offset_is_skipped_too(wikimedia: Wikimedia, clock: Clock) -> None:
    write(wikimedia, clock, 0, 7, 3, 9)
    assert titles(resume(wikimedia, {"topic": EQIAD, "partition": 0, "timestamp": START + 8})) == ["Page_3"]
    assert titles(resume(wikimedia, {"topic": EQIAD, "partition": 0, "timestamp": START + 4})) == [
        "Page_1",
        "Page_2",
        "Page_3",
    ]


def test_echoing_minus_one_loses_what_the_other_datacenter_wrote_meanwhile(wikimedia: Wikimedia, clock: Clock) -> None:
    write(wikimedia, clock, 0)
    reader = Reader(starting_points(wikimedia.log, topics_of(PAGE_CHANGE), since=0))
    reader.next()
    served = json.loads(reader.id())
    assert served == [{"topic": EQIAD, "partition": 0, "timestamp": START + 1}, LATEST]
    wikimedia.log.switch_datacenter()
    wikimedia.save("enwiki", "During the switch", "Amara")
    assert titles(resume(wikimedia, *served)) == []
    mended = [served[0], {"topic": CODFW, "partition": 0, "timestamp": START}]
    assert titles(resume(wikimedia, *mended)) == ["During_the_switch"]


def test_a_stream_that_the_header_does_not_name_is_never_delivered(wikimedia: Wikimedia) -> None:
    reader = resume(
        wikimedia, {"topic": EQIAD, "partition": 0, "timestamp": START}, streams=f"{PAGE_CHANGE},{TAGS_CHANGE}"
    )
    wikimedia.save("enwiki", "A", "Amara", tags=["x"])
    assert titles(reader) == ["A"]


def test_a_timestamp_without_a_later_event_means_latest(wikimedia: Wikimedia, clock: Clock) -> None:
    write(wikimedia, clock, 0)
    reader = resume(wikimedia, {"topic": EQIAD, "partition": 0, "timestamp": START + 1})
    assert json.loads(reader.id()) == [{"topic": EQIAD, "partition": 0, "offset": -1}]
    assert titles(reader) == []
    wikimedia.save("enwiki", "Next", "Amara")
    assert titles(reader) == ["Next"]


def test_an_offset_begins_there_and_is_shown_until_the_first_event(wikimedia: Wikimedia, clock: Clock) -> None:
    write(wikimedia, clock, 0, 1, 2)
    reader = resume(wikimedia, {"topic": EQIAD, "partition": 0, "offset": 1109139116})
    assert json.loads(reader.id()) == [{"topic": EQIAD, "partition": 0, "offset": 1109139116}]
    assert titles(reader) == ["Page_1", "Page_2"]


@pytest.mark.parametrize("offset", [5, 1109139119, -1])
def test_an_impossible_offset_jumps_to_the_end_in_silence(wikimedia: Wikimedia, clock: Clock, offset: int) -> None:
    write(wikimedia, clock, 0, 1, 2)
    assert titles(resume(wikimedia, {"topic": EQIAD, "partition": 0, "offset": offset})) == []


def test_since_serves_entries_that_are_only_names(wikimedia: Wikimedia, clock: Clock) -> None:
    write(wikimedia, clock, 0, 1, 2)
    assert titles(resume(wikimedia, EQIAD, since=START + 1)) == ["Page_1", "Page_2"]
    assert titles(resume(wikimedia, EQIAD)) == []


def test_an_entry_with_both_offset_and_timestamp_is_lost_beside_a_timestamp_alone(
    wikimedia: Wikimedia, clock: Clock
) -> None:
    write(wikimedia, clock, 0, 1)
    both = {"topic": EQIAD, "partition": 0, "offset": 1109139115, "timestamp": START}
    assert titles(resume(wikimedia, both)) == ["Page_0", "Page_1"]
    assert titles(resume(wikimedia, both, {"topic": CODFW, "partition": 0, "timestamp": START})) == []


def test_topics_are_read_in_bursts_when_a_reader_is_behind(wikimedia: Wikimedia) -> None:
    for title in ("A", "B"):
        wikimedia.save("enwiki", title, "Amara")
        wikimedia.log.switch_datacenter()
        wikimedia.save("enwiki", f"{title} elsewhere", "Amara")
        wikimedia.log.switch_datacenter()
    positions = starting_points(wikimedia.log, topics_of(PAGE_CHANGE), since=0)
    assert titles(Reader(positions, burst=2)) == ["A", "B", "A_elsewhere", "B_elsewhere"]


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ("", "Expecting value: line 1 column 1 (char 0)"),
        ("[]", NOT_AN_ASSIGNMENT),
        ('{"topic":"x","partition":0,"offset":1}', NOT_AN_ASSIGNMENT),
        ('[{"topic":"x","partition":0}]', NOT_AN_ASSIGNMENT),
        ('[{"topic":"x","partition":"0","offset":1}]', NOT_AN_ASSIGNMENT),
        ('[{"topic":"x","partition":0,"timestamp":1.5}]', NOT_AN_ASSIGNMENT),
    ],
)  # fmt: skip
async def test_a_malformed_header_is_a_400(stand: Stand, header: str, message: str) -> None:
    answer = await stand.client.get(f"{stand.base}/v2/stream/{PAGE_CHANGE}", headers={"last-event-id": header})
    assert (answer.status_code, answer.json()) == (
        400,
        {"message": message, "origin": "KafkaSSE", "name": "InvalidAssignmentError", "statusCode": 400},
    )


async def test_a_topic_of_another_stream_is_a_404(stand: Stand) -> None:
    header = json.dumps([{"topic": f"eqiad.{TAGS_CHANGE}", "partition": 0, "offset": -1}])
    answer = await stand.client.get(f"{stand.base}/v2/stream/{PAGE_CHANGE}", headers={"last-event-id": header})
    assert answer.status_code == 404
    assert answer.json()["message"] == "Topics eqiad.mediawiki.revision-tags-change are not available for consumption."


async def test_the_header_wins_over_since(stand: Stand) -> None:
    write(stand.wikimedia, stand.clock, 0, 1, 2)
    header = json.dumps([{"topic": EQIAD, "partition": 0, "timestamp": START + 2}])
    async with stand.stream(query="?since=0", last_event_id=header) as stream:
        await stream.chunk()
        ((_, event),) = await stream.events(1)
    assert event["page"]["page_title"] == "Page_2"

# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from graph.streams.positions import OVERLAP_MS, TOPICS, Positions, instant

NOW = 1_772_964_933_000
DAY = 86_400_000
EQIAD, CODFW = "eqiad.mediawiki.page_change.v1", "codfw.mediawiki.page_change.v1"


def test_the_six_topics() -> None:
    assert TOPICS == (
        "eqiad.mediawiki.page_change.v1",
        "codfw.mediawiki.page_change.v1",
        "eqiad.mediawiki.revision-tags-change",
        "codfw.mediawiki.revision-tags-change",
        "eqiad.mediawiki.revision-visibility-change",
        "codfw.mediawiki.revision-visibility-change",
    )


def test_the_header_names_every_topic_by_time_only() -> None:
    entries = json.loads(Positions({EQIAD: NOW - 5}, NOW).last_event_id(NOW))
    assert entries[0] == {"topic": EQIAD, "partition": 0, "timestamp": NOW - 5 - OVERLAP_MS}
    assert [entry["topic"] for entry in entries] == list(TOPICS)
    assert all("offset" not in entry for entry in entries)


def test_a_checkpoint_is_whole_from_the_start() -> None:
    assert Positions(None, NOW).checkpoint() == dict.fromkeys(TOPICS, NOW)
    assert Positions({}, NOW).checkpoint() == dict.fromkeys(TOPICS, NOW)


def test_times_before_1970_are_not_asked_for() -> None:
    entries = json.loads(Positions({EQIAD: 5}, NOW).last_event_id(NOW))
    assert {entry["timestamp"] for entry in entries} == {0}


def test_a_checkpoint_is_a_copy() -> None:
    positions = Positions(None, NOW - 10)
    taken = positions.checkpoint()
    positions.advance(EQIAD, NOW, NOW)
    assert (taken[EQIAD], positions.checkpoint()[EQIAD]) == (NOW - 10, NOW)


@given(st.lists(st.tuples(st.sampled_from((*TOPICS, "other", "")), st.integers(-(2**53), 2**53)), max_size=30))
def test_positions_never_go_back_nor_beyond_now(events: list[tuple[str, int]]) -> None:
    positions = Positions(None, NOW - 1000)
    for topic, ms in events:
        before = positions.checkpoint()
        assert positions.advance(topic, ms, NOW) is None
        after = positions.checkpoint()
        assert after == before | ({topic: min(max(before[topic], ms), NOW)} if topic in before else {})


def test_a_gap_is_told_once() -> None:
    asked = NOW - 20 * DAY
    positions = Positions({EQIAD: asked}, NOW)
    positions.last_event_id(NOW)
    assert positions.advance(CODFW, NOW - 19 * DAY, NOW) is None
    assert positions.advance(EQIAD, NOW - 7 * DAY, NOW) == (instant(asked), instant(NOW - 7 * DAY))
    assert positions.advance(EQIAD, NOW - 6 * DAY, NOW) is None


def test_an_event_from_within_the_overlap_shows_that_nothing_is_missing() -> None:
    asked = NOW - 20 * DAY
    positions = Positions({EQIAD: asked}, NOW)
    positions.last_event_id(NOW)
    assert positions.advance(EQIAD, asked - OVERLAP_MS + 5, NOW) is None
    assert positions.advance(EQIAD, NOW - 7 * DAY, NOW) is None


def test_the_gap_is_looked_for_after_a_long_break_in_one_run_as_well() -> None:
    positions = Positions(None, NOW - 30 * DAY)
    positions.last_event_id(NOW - 30 * DAY)
    assert positions.advance(EQIAD, NOW - 29 * DAY, NOW - 29 * DAY) is None
    positions.last_event_id(NOW)
    assert positions.advance(EQIAD, NOW - 8 * DAY, NOW) == (instant(NOW - 29 * DAY), instant(NOW - 8 * DAY))

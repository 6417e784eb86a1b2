# SPDX-License-Identifier: GPL-3.0-or-later
"""The demo's editathon: everything happens in the first minute, and it can go on for hours."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from datetime import UTC, datetime

import pytest

from graph.simulator.cast import CLASSROOM, DATA_DAY, OPENING, PEOPLE
from graph.simulator.editathon import Editathon
from graph.simulator.moderation import Wikimedia
from graph.simulator.truth import truth
from tests.simulator.serving import PAGE_CHANGE, START, TAGS_CHANGE, VISIBILITY_CHANGE, Clock, told

NAMES = {person.username for person in PEOPLE}


def play(editathon: Editathon, clock: Clock, seconds: float) -> None:
    """Let it run for so long, on a clock that only follows it."""
    following = editathon.step()
    while following <= seconds:
        clock.now = START + int(following * 1000)
        following = editathon.step()


@pytest.fixture
def editathon(wikimedia: Wikimedia) -> Editathon:
    editathon = Editathon(wikimedia)
    editathon.prepare()
    return editathon


def articles_created(wikimedia: Wikimedia) -> int:
    pages = {
        (row.wiki, row.page_id)
        for row in truth(wikimedia).revisions
        if row.created and not row.redirect and row.namespace == 0
        and row.wiki in OPENING.wikis and row.username in OPENING.participants
    }  # fmt: skip
    return len(pages)


def test_thirty_people_of_four_scripts_take_part_in_three_programs_of_one_campaign(editathon: Editathon) -> None:
    assert len(PEOPLE) == len(NAMES) == 30
    assert editathon.campaign.programs == (OPENING, CLASSROOM, DATA_DAY)
    assert {name for plan in editathon.campaign.programs for name in plan.participants} == NAMES
    text = "".join(NAMES)
    assert all(letter in text for letter in "Aلя月")
    assert set(OPENING.participants) & set(DATA_DAY.participants) & NAMES
    assert editathon.campaign.tracking_start == datetime(2026, 9, 27, 15, 17, 12, tzinfo=UTC)


def test_everybody_has_an_account_on_the_wikis_of_their_programs_and_some_are_new(editathon: Editathon) -> None:
    accounts = editathon.wikimedia.accounts
    for plan in editathon.campaign.programs:
        for name in plan.participants:
            assert set(plan.wikis) <= set(accounts[name].local)
    window = editathon.campaign.tracking_start.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert sum((accounts[name].registered or "") >= window for name in NAMES) == 10


def test_the_first_edit_of_a_participant_comes_within_a_second(editathon: Editathon, clock: Clock) -> None:
    play(editathon, clock, 1.0)
    assert {row.username for row in truth(editathon.wikimedia).revisions} & NAMES


def test_the_goal_of_twenty_articles_is_reached_between_30_and_40_seconds(editathon: Editathon, clock: Clock) -> None:
    play(editathon, clock, 30)
    assert articles_created(editathon.wikimedia) < 20
    play(editathon, clock, 40)
    assert articles_created(editathon.wikimedia) >= 20


def test_in_the_first_minute_everything_happens(editathon: Editathon, clock: Clock) -> None:
    play(editathon, clock, 60)
    wikimedia = editathon.wikimedia
    events = told(wikimedia)
    kinds = Counter(event["page_change_kind"] for event in events)
    assert kinds["delete"] >= 1
    assert kinds["move"] >= 1
    assert any("revert" in event["revision"] for event in events)
    assert any("mw-reverted" in event["tags"] for event in told(wikimedia, TAGS_CHANGE))
    assert len(told(wikimedia, VISIBILITY_CHANGE)) == 1
    uploads = [
        row for row in truth(wikimedia).revisions if row.wiki == "commonswiki" and row.created and row.username in NAMES
    ]
    assert len(uploads) == 2
    wikis = {row.wiki for row in truth(wikimedia).revisions if row.username in NAMES}
    assert wikis >= {"enwiki", "arwiki", "zhwiki", "ruwiki", "dewiki", "eswiki", "commonswiki"}
    strangers = sum(event["performer"]["user_text"] not in NAMES for event in events)
    assert len(events) / 2 < strangers < len(events)
    assert 3 < len(events) / 60 < 8


def test_two_runs_with_one_seed_are_the_same(clock: Clock) -> None:
    def run() -> list[bytes]:
        clock.now = START
        wikimedia = Wikimedia(clock=clock)
        editathon = Editathon(wikimedia, seed=4)
        editathon.prepare()
        play(editathon, clock, 20)
        return [message.data for message in wikimedia.log.topics[f"eqiad.{PAGE_CHANGE}"].messages]

    assert run() == run()


def test_it_goes_on_within_bounds(wikimedia: Wikimedia, clock: Clock) -> None:
    wikimedia.log.cap = 800
    editathon = Editathon(wikimedia)
    editathon.prepare()
    play(editathon, clock, 1800)
    assert {len(topic.messages) <= 900 for topic in wikimedia.log.topics.values()} == {True}
    strangers = [row for row in truth(wikimedia).revisions if row.username not in NAMES]
    assert len(strangers) < 1500
    newest = json.loads(wikimedia.log.topics[f"eqiad.{PAGE_CHANGE}"].messages[-1].data)
    assert newest["dt"] >= "2026-09-27T16:47:10Z"


async def test_it_runs_in_the_event_loop_until_cancelled() -> None:
    wikimedia = Wikimedia()
    editathon = Editathon(wikimedia, pace=1000)
    editathon.prepare()
    written = asyncio.Event()
    wikimedia.log.listeners.add(written)
    running = asyncio.create_task(editathon.run())
    for _ in range(20):
        await written.wait()
        written.clear()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running

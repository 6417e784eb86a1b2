# SPDX-License-Identifier: GPL-3.0-or-later
"""The pure parts of the live screen, run where they run: in a browser."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page

from tests.browser.conftest import looking_at
from tests.browser.stage import Stage, edit, staged

pytestmark = pytest.mark.asyncio(loop_scope="module")

RUN = """
async ({ program, actions, options }) => {
  const { start, reduce } = await import("/static/live-state.js");
  return actions.reduce(reduce, start(program, options));
}
"""
NUMBERS = {"totalEdits": 1, "version": 1}
GOAL = {"metric": "TOTAL_EDITS", "target": 2, "actual": 1, "reachedAt": None}
REACHED = {**GOAL, "actual": 2, "reachedAt": "2026-11-22T18:31:00Z"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def page(browser: Browser) -> AsyncIterator[Page]:
    """A page of the service, whose modules it may import."""
    async with staged(Stage()) as served, looking_at(browser, served.live) as page:
        yield page


def program(*edits: dict[str, Any], **other: Any) -> dict[str, Any]:
    return {
        "activityCursor": "c0", "title": "T", "about": "I", "opens": "2026-01-01T00:00:00Z",
        "closes": "2026-02-01T00:00:00Z", "eventStart": None, "eventEnd": None, "metrics": NUMBERS,
        "trackedWikis": [{"wiki": {"dbname": "enwiki"}, "namespaces": [0, 118]}],
        "goals": [GOAL], "edits": {"nodes": list(edits)}, **other,
    }  # fmt: skip


def told(kind: str, number: int, **what: Any) -> dict[str, Any]:
    """What the stream says: the numberth entry."""
    metrics = {"totalEdits": number + 1, "version": number + 1}
    return {"type": "told", "entry": {"__typename": kind, "cursor": f"c{number}", "metrics": metrics, **what}}


async def after(
    page: Page, *actions: dict[str, Any], first: dict[str, Any] | None = None, **options: Any
) -> dict[str, Any]:
    """The state that these actions lead to."""
    given = {"program": first or program(), "actions": list(actions), "options": options}
    state: dict[str, Any] = await page.evaluate(RUN, given)
    return state


def ids(state: dict[str, Any]) -> list[str]:
    return [edit["id"] for edit in state["edits"]]


async def test_the_event_window_goes_before_the_tracking_window(page: Page) -> None:
    state = await after(page, first=program(eventStart="2026-01-05T00:00:00Z", eventEnd="2026-01-06T00:00:00Z"))
    assert (state["start"], state["end"]) == ("2026-01-05T00:00:00Z", "2026-01-06T00:00:00Z")


async def test_edits_stand_by_time_and_at_most_twenty_four_are_kept(page: Page) -> None:
    entries = [told("EditCounted", n + 1, edit=edit(number)) for n, number in enumerate([5, 9, 7, *range(10, 40)])]
    state = await after(page, *entries)
    assert ids(state) == [f"edit-{number}" for number in range(39, 15, -1)]
    assert (state["cursor"], state["metrics"]["totalEdits"]) == ("c33", 34)


async def test_an_edit_told_twice_is_there_once(page: Page) -> None:
    entry = told("EditCounted", 1, edit=edit(1))
    assert ids(await after(page, entry, entry)) == ["edit-1"]


async def test_numbers_never_go_back_to_an_older_version(page: Page) -> None:
    state = await after(page, told("EditCounted", 5, edit=edit(1)), told("EditRetracted", 3, editId="edit-1"))
    assert state["metrics"] == {"totalEdits": 6, "version": 6}
    assert ids(state) == []


async def test_what_is_told_while_an_answer_is_awaited_is_not_lost(page: Page) -> None:
    older = program(edit(1), edit(0), metrics={"totalEdits": 2, "version": 2})
    state = await after(
        page,
        {"type": "due"},
        {"type": "asked"},
        told("EditCounted", 3, edit=edit(3)),
        told("EditRetracted", 4, editId="edit-1"),
        {"type": "answered", "shown": older},
    )
    assert ids(state) == ["edit-3", "edit-0"]
    assert (state["metrics"]["version"], state["cursor"], state["wants"]) == (5, "c4", None)


async def test_after_a_restart_the_answer_is_right_whatever_it_says(page: Page) -> None:
    anew = program(edit(8), metrics={"totalEdits": 1, "version": 0}, activityCursor="other7", goals=[REACHED])
    state = await after(
        page,
        told("EditCounted", 3, edit=edit(3)),
        {"type": "told", "entry": {"__typename": "SnapshotRequired", "cursor": "other6"}},
        {"type": "asked"},
        {"type": "answered", "shown": anew},
    )
    assert (ids(state), state["cursor"], state["metrics"]["version"]) == (["edit-8"], "other7", 0)
    assert state["celebrations"] == []  # reached while nobody looked
    assert state["celebrated"] == ["TOTAL_EDITS:2"]


async def test_a_question_without_an_answer_is_asked_again(page: Page) -> None:
    state = await after(page, {"type": "ended"}, {"type": "asked"}, {"type": "unanswered"})
    assert (state["wants"], state["asked"], state["journal"]) == ("restart", None, None)


async def test_a_wish_for_a_restart_is_not_weakened(page: Page) -> None:
    state = await after(page, {"type": "ended"}, {"type": "due"}, told("HistoryChanged", 1))
    assert state["wants"] == "restart"


async def test_a_milestone_is_to_be_celebrated_once(page: Page) -> None:
    entry = {"type": "told", "entry": {"__typename": "MilestoneReached", "cursor": "c1", "goal": REACHED}}
    state = await after(page, entry, entry)
    assert (state["celebrations"], state["goals"]) == ([{"goal": REACHED}], [REACHED])
    assert (await after(page, entry, {"type": "celebrated"}, entry))["celebrations"] == []


async def test_a_milestone_that_was_reached_before_is_not_celebrated(page: Page) -> None:
    entry = {"type": "told", "entry": {"__typename": "MilestoneReached", "cursor": "c1", "goal": REACHED}}
    assert (await after(page, entry, first=program(goals=[REACHED])))["celebrations"] == []


async def test_an_entry_of_a_kind_yet_unknown_moves_the_cursor_only(page: Page) -> None:
    state = await after(page, {"type": "told", "entry": {"__typename": "Surprise", "cursor": "c9"}})
    assert (state["cursor"], state["metrics"]) == ("c9", NUMBERS)


async def test_a_flood_during_a_question_keeps_the_journal_bounded(page: Page) -> None:
    entries = [told("EditCounted", n, edit=edit(n)) for n in range(1, 502)]
    state = await after(page, {"type": "due"}, {"type": "asked"}, *entries)
    assert (state["journal"], state["wants"]) == ([], "refresh")


FORMATTED = """
async ([name, values]) => {
  const module = await import("/static/live-format.js");
  return values.map((value) => module[name](...value));
}
"""


async def test_initials_are_found_in_every_script(page: Page) -> None:
    names = [
        "Ada Lovelace",
        "greta_weidenmoos",
        "林溪月白",
        "вера ясноручьёва",
        "ليلى النورسية",
        "99bottles",
        "✿",
        "  ",
    ]
    found = await page.evaluate(FORMATTED, ["initials", [[name] for name in names]])
    assert found == ["AL", "GW", "林", "ВЯ", "ل\u200cا", "9", "✿", " "]


async def test_time_left_is_told_in_days_or_to_the_second(page: Page) -> None:
    second, hour = 1000, 3_600_000
    spans = [[59 * second], [hour + second], [47 * hour], [48 * hour], [167 * hour]]
    assert await page.evaluate(FORMATTED, ["duration", spans]) == ["00:59", "1:00:01", "47:00:00", "2 days", "7 days"]


async def test_big_numbers_take_few_characters_and_fewer_where_there_is_less_room(page: Page) -> None:
    asked = [["totalEdits", 99_999], ["totalEdits", 1_234_567], ["bytesAdded", 999], ["bytesAdded", 2_000_000]]
    found = await page.evaluate(FORMATTED, ["figures", [*asked, ["referencesAdded", None]]])
    assert [["".join(way.values()) for way in ways] for ways in found] == [
        ["99,999", "100k", "100k", "100k"],
        ["1.235m", "1.23m", "1.2m"],
        ["999byte", "999byte", "999byte"],
        ["2.000MB", "2.00MB", "2.0MB"],
        ["–"],
    ]


async def test_only_articles_and_files_make_cards_unless_all_are_wanted(page: Page) -> None:
    places = enumerate([0, 1, 2, 6, 118])
    entries = [told("EditCounted", n + 1, edit=edit(n, article={"title": "T", "namespace": ns})) for n, ns in places]
    assert ids(await after(page, *entries)) == ["edit-4", "edit-3", "edit-0"]
    assert len((await after(page, *entries, all=True))["edits"]) == 5


async def test_a_card_that_was_hidden_does_not_come_back(page: Page) -> None:
    hidden = {"type": "told", "entry": {"__typename": "CardHidden", "cursor": "c2", "editId": "edit-1"}}
    again = {"type": "answered", "shown": program(edit(1), edit(0), hiddenCards=["edit-0"])}
    state = await after(
        page,
        told("EditCounted", 1, edit=edit(1)),
        hidden,
        {"type": "asked"},
        again,
        told("EditCounted", 3, edit=edit(1)),
    )
    assert (ids(state), state["hidden"]) == ([], ["edit-1", "edit-0"])
    assert ids(await after(page, told("EditCounted", 1, edit=edit(7)), hidden=["edit-7"])) == []


async def test_a_card_that_is_shown_again_comes_with_the_list_that_is_fetched_then(page: Page) -> None:
    hidden, shown = (
        {"type": "told", "entry": {"__typename": kind, "cursor": f"c{place}", "editId": "edit-1"}}
        for place, kind in ((2, "CardHidden"), (3, "CardShown"))
    )
    first = [told("EditCounted", 1, edit=edit(1)), hidden, shown]
    state = await after(page, *first)
    assert (ids(state), state["hidden"], state["wants"]) == ([], [], "refresh")
    state = await after(page, *first, {"type": "asked"}, {"type": "answered", "shown": program(edit(1), edit(0))})
    assert ids(state) == ["edit-1", "edit-0"]


async def test_edits_move_the_chart_and_the_wikis_once(page: Page) -> None:
    entry = told("EditCounted", 1, edit=edit(61))
    share = {
        "wiki": {"dbname": "enwiki", "domain": "en.wikipedia.org"},
        "namespace": None,
        "metrics": {"totalEdits": 4},
    }
    timeline = [{"at": "2026-11-22T18:01:00Z", "edits": 2}]
    state = await after(page, entry, entry, first=program(timeline=timeline, metricsByWiki=[share]))
    assert [count for _, count in state["minutes"]] == [3]
    assert state["wikis"] == [{"dbname": "enwiki", "domain": "en.wikipedia.org", "edits": 5}]


async def test_milestones_of_a_campaigns_programs_are_celebrated_with_their_program(page: Page) -> None:
    entries = [
        {"type": "told", "entry": {"__typename": "MilestoneReached", "cursor": "c1", "goal": REACHED, "program": of}}
        for of in ({"slug": "a", "title": "A"}, {"slug": "b", "title": "B"}, {"slug": "a", "title": "A"})
    ]
    state = await after(page, *entries, first=program(goals=[]))
    assert [found["program"] for found in state["celebrations"]] == ["A", "B"]


PACE = 'async (given) => (await import("/static/live-state.js")).paceOf(...given)'


async def test_the_pace_of_a_goal_is_told_while_there_is_one(page: Page) -> None:
    hour = 3_600_000
    assert await page.evaluate(PACE, [30, 0, 4 * hour, hour]) == {"due": 0.25, "forecast": 120}
    for now in (-hour, 60_000, 4 * hour):
        assert await page.evaluate(PACE, [30, 0, 4 * hour, now]) is None


SAID = """
async ([key, values]) => {
  const { given, say } = await import("/static/live-texts.js");
  given.texts.test = key;
  return say("test", ...values);
}
"""


async def test_messages_take_numbers_in_the_form_of_the_language(page: Page) -> None:
    said = [
        await page.evaluate(SAID, ["{{PLURAL:$1|$1 edit|$1 edits}} of $2", values])
        for values in ([1, "x"], [1234, "$1"], [[2, "two"], "{{PLURAL:$1|a|b}}"])
    ]
    assert said == ["1 edit of x", "1,234 edits of $1", "two edits of {{PLURAL:$1|a|b}}"]

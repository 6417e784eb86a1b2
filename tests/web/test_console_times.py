# SPDX-License-Identifier: GPL-3.0-or-later
"""Times of forms in somebody's own zone, wikis a line each, and what two people wrote at once."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from graph.web.asking import Fault
from graph.web.console import my, program_forms, times, tracked
from graph.web.console.meanwhile import CONFLICT
from graph.web.console.program_forms import DETAILS
from graph.web.console.sheets import Sent
from graph.web.texts import LANGUAGES, texts

BRUSSELS, UTC_ZONE = ZoneInfo("Europe/Brussels"), ZoneInfo("UTC")


@pytest.mark.parametrize(
    ("typed", "last", "instant"),
    [
        ("2026-12-03T10:00", False, "2026-12-03T09:00:00Z"),
        ("2026-07-03T10:00", False, "2026-07-03T08:00:00Z"),
        (" 2026-12-3 9:05 ", False, "2026-12-03T08:05:00Z"),
        ("2026-12-03T23:59", True, "2026-12-03T22:59:59Z"),
        ("2026-12-03T10:00:30.5", False, "2026-12-03T09:00:00Z"),
        ("2026-10-25T02:30", False, "2026-10-25T00:30:00Z"),
        ("\u0662\u0660\u0662\u0666-12-03 10:00", False, "2026-12-03T09:00:00Z"),
        ("", False, None),
        ("  ", True, None),
    ],
)
def test_a_time_is_read_in_its_zone_and_the_last_minute_whole(typed: str, last: bool, instant: str | None) -> None:
    assert times.read(typed, BRUSSELS, last=last) == instant


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("tomorrow", "no date and time"),
        ("2026-02-30T10:00", "no date and time"),
        ("2026-12-03T24:01", "no date and time"),
        ("2026-12-03", "no date and time"),
        ("0001-01-01T00:00", "no date and time"),
        ("2026-03-29T02:30", "clocks are put forward"),
    ],
)
def test_what_is_no_time_there_is_said(typed: str, why: str) -> None:
    with pytest.raises(times.Untimely, match=why):
        times.read(typed, BRUSSELS)


def test_what_is_shown_is_read_again_as_it_was() -> None:
    for zone in ("UTC", "Asia/Kathmandu", "America/St_Johns", "Pacific/Kiritimati"):
        shown = times.shown("2026-12-03T09:07:00Z", ZoneInfo(zone))
        assert times.read(shown, ZoneInfo(zone)) == "2026-12-03T09:07:00Z"
    assert times.shown(None, BRUSSELS) == ""


@pytest.mark.parametrize("name", ["Mars/Olympus", "../../etc/passwd", "Europe", "x" * 300, "\0", "", None])
def test_a_zone_that_there_is_not_is_utc(name: str | None) -> None:
    assert times.zone_of(name).key == "UTC"


def test_utc_is_shown_where_it_is_another_time() -> None:
    assert times.in_utc("2026-12-03T10:00", BRUSSELS, texts("en")) == "3 Dec 2026 09:00"
    assert times.in_utc("2026-12-03T10:00", UTC_ZONE, texts("en")) == ""
    assert times.in_utc("soon", BRUSSELS, texts("en")) == ""


@pytest.mark.parametrize("language", LANGUAGES)
def test_zones_are_named_by_their_country_in_every_language(language: str) -> None:
    zones = dict(times.zones(language))
    assert next(iter(zones)) == "UTC"
    assert {"Europe/Brussels", "America/New_York", "Asia/Kolkata", "Africa/Lagos"} <= zones.keys()
    assert len(set(zones.values())) == len(zones)
    assert dict(times.zones("de"))["Europe/Brussels"] == "Belgien"
    assert "New York" in dict(times.zones("en"))["America/New_York"]


def test_a_zone_with_another_name_is_among_those_to_choose_from() -> None:
    assert times.choices(texts("en"), "Asia/Calcutta")[0] == ("Asia/Calcutta", "Asia/Calcutta")
    assert times.choices(texts("en"), "Europe/Brussels") == times.zones("en")


def wiki(domain: str, *namespaces: int) -> dict[str, Any]:
    return {"wiki": {"domain": domain}, "namespaces": list(namespaces)}


def test_wikis_are_a_line_each_and_the_usual_namespaces_are_boxes() -> None:
    shown = tracked.shown([wiki("en.wikipedia.org", 0), wiki("de.wikipedia.org", 0), wiki("commons.wikimedia.org", 6)])
    assert shown == {
        "wikis": "en.wikipedia.org\nde.wikipedia.org\ncommons.wikimedia.org 6", "namespace-0": "yes",
    }  # fmt: skip
    assert tracked.read(shown) == (
        [
            {"wiki": "en.wikipedia.org", "namespaces": [0]},
            {"wiki": "de.wikipedia.org", "namespaces": [0]},
            {"wiki": "commons.wikimedia.org", "namespaces": [6]},
        ],
        (),
    )
    assert tracked.shown([wiki("fr.wiktionary.org", 100)]) == {"wikis": "fr.wiktionary.org 100"}


def test_a_line_that_names_something_else_is_said() -> None:
    found, faults = tracked.read({"wikis": "enwiki, 0, 2\r\n\r\ndewiki main", "namespace-2": "yes"})
    assert found == [{"wiki": "enwiki", "namespaces": [0, 2]}, {"wiki": "dewiki", "namespaces": [2]}]
    assert [(fault.field, fault.message.rpartition(": ")[2]) for fault in faults] == [(("wikis",), "dewiki main")]


PROGRAM: dict[str, Any] = {
    "revision": "r1", "title": "Women in Red", "description": "Bring a laptop.\nCome early.", "type": "EDITATHON",
    "homeWiki": {"domain": "en.wikipedia.org"}, "trackedWikis": [wiki("en.wikipedia.org", 0)],
    "trackingStart": "2026-12-03T00:00:00Z", "trackingEnd": "2026-12-03T23:59:59Z", "eventStart": None,
    "eventEnd": None, "visibility": "PUBLIC", "showNamesByDefault": True,
}  # fmt: skip
TOLD = (Fault(CONFLICT, ("expected",), "Somebody else changed this program meanwhile: read it again."),)


def as_sent(**typed: str) -> dict[str, str]:
    """The form of PROGRAM as a browser sends it, with this typed."""
    sheet, _ = DETAILS.sheet(Sent(), program_forms.shown(PROGRAM, UTC_ZONE))
    sent = {**sheet.values, "do": "details", **typed}
    return {name: value.replace("\n", "\r\n") for name, value in sent.items()}


def test_a_form_that_was_not_touched_changes_nothing() -> None:
    assert program_forms.updated(as_sent()) == ({"expected": "r1"}, ())
    other_zone = as_sent(zone="Europe/Brussels", trackingStart="2026-12-03T01:00", trackingEnd="2026-12-04T00:59")
    assert program_forms.updated(other_zone) == ({"expected": "r1"}, ())


def test_only_what_was_changed_is_sent() -> None:
    typed = as_sent(
        title="Women in Green", private="yes", trackingEnd="2026-12-04T12:00", eventStart="2026-12-03T10:00"
    )
    typed.pop("showNames")
    assert program_forms.updated(typed) == (
        {
            "title": "Women in Green", "visibility": "PRIVATE", "showNamesByDefault": False,
            "trackingEnd": "2026-12-04T12:00:59Z", "eventStart": "2026-12-03T10:00:00Z", "expected": "r1",
        },
        (),
    )  # fmt: skip


def test_of_what_two_people_changed_both_readings_are_shown_and_nothing_is_lost() -> None:
    theirs = {
        **PROGRAM, "revision": "r2", "title": "Women in Blue", "description": "Bring two laptops.",
        "visibility": "PRIVATE",
        "trackedWikis": [wiki("en.wikipedia.org", 0), wiki("fr.wikipedia.org", 0, 2)],
    }  # fmt: skip
    mine = as_sent(title="Women in Green", eventStart="2026-12-03T10:00")

    sheet, taken = DETAILS.sheet(Sent(mine, TOLD), program_forms.shown(theirs, UTC_ZONE))

    assert sheet.value("title") == "Women in Green"
    assert [fault.message for fault in sheet.at("title")] == ["Somebody else wrote here meanwhile: Women in Blue"]
    assert sheet.value("eventStart") == "2026-12-03T10:00"
    assert taken == ("description", "private", "wikis")
    assert sheet.value("description") == "Bring two laptops."
    assert (sheet.ticked("private"), sheet.value("wikis")) == (True, "en.wikipedia.org\nfr.wikipedia.org 0 2")
    assert sheet.value("revision") == "r2"
    # Saving once more is meant: both titles were seen.
    again, _ = program_forms.updated({**sheet.values})
    assert again == {"title": "Women in Green", "eventStart": "2026-12-03T10:00:00Z", "expected": "r2"}


def test_who_wrote_the_same_is_not_bothered_with_it() -> None:
    theirs = {**PROGRAM, "revision": "r2", "title": "Women in Green"}
    sheet, taken = DETAILS.sheet(Sent(as_sent(title="Women in Green"), TOLD), program_forms.shown(theirs, UTC_ZONE))
    assert (sheet.at("title"), taken) == ([], ())
    assert program_forms.updated({**sheet.values})[0] == {"expected": "r2"}


NOW = datetime(2026, 12, 3, 9, 0, tzinfo=UTC)
MINE: dict[str, Any] = {
    "status": "ACTIVE", "withdrawnAt": None, "trackingStart": "2026-12-03T00:00:00Z",
    "trackingEnd": "2026-12-03T23:59:59Z", "eventStart": None, "nothingInScope": False, "viewerCan": {"edit": True},
    "metrics": {"editors": 3}, "scopes": [], "pendingEditors": [], "update": None,
}  # fmt: skip
NOBODY = {"metrics": {"editors": 0}}
GAP = {"from": "2026-12-03T08:00:00Z", "to": "2026-12-03T08:10:00Z", "reconciled": False}


@pytest.mark.parametrize(
    ("program", "expected"),
    [
        ({}, []),
        (NOBODY, ["nobody"]),
        ({**NOBODY, "eventStart": "2026-12-03T10:00:00Z"}, ["nobody"]),
        ({**NOBODY, "eventStart": "2026-12-03T10:00:01Z"}, []),
        ({**NOBODY, "status": "ENDED"}, []),
        ({"nothingInScope": True, "scopes": [{"error": "gone"}, {"error": None}]}, ["no-articles", "scopes"]),
        ({"pendingEditors": [{"unknown": True}, {"unknown": False}]}, ["unknown", "pending"]),
        ({"update": {"state": "FAILED"}}, ["update"]),
        ({"update": {"state": "DONE"}}, []),
        ({**NOBODY, "viewerCan": {"edit": False}}, []),
        ({**NOBODY, "withdrawnAt": "2026-12-03T08:00:00Z"}, []),
    ],
)
def test_what_needs_attention_is_said_to_those_who_can_mend_it(program: dict[str, Any], expected: list[str]) -> None:
    assert [key for key, _, _ in my.needs({**MINE, **program}, [], NOW)] == expected


@pytest.mark.parametrize(
    ("gap", "told"),
    [
        ({}, True),
        ({"reconciled": True}, False),
        ({"from": "2026-12-04T00:00:00Z", "to": "2026-12-04T00:10:00Z"}, False),
        ({"from": "2026-12-02T00:00:00Z", "to": "2026-12-03T00:00:00Z"}, True),
    ],
)
def test_a_gap_concerns_the_programs_in_whose_time_it_lies_until_it_is_filled(gap: dict[str, Any], told: bool) -> None:
    assert bool(my.needs(MINE, [{**GAP, **gap}], NOW)) is told

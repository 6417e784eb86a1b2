# SPDX-License-Identifier: GPL-3.0-or-later
"""What a form of the console shows."""

from __future__ import annotations

from graph.web.asking import Fault
from graph.web.console.desk import Done
from graph.web.console.sheets import Sent

EMPTY = Fault("INVALID", ("trackedWikis", "0", "namespaces"), "Name at least one namespace.")
LONG = Fault("TOO_LONG", ("title",), "This has 230 characters; at most 200 are allowed.")


def test_a_fresh_form_shows_what_there_is() -> None:
    sheet = Sent().form("details", {"title": "Physics", "open": "yes"})
    assert [sheet.value("title"), sheet.value("term"), sheet.value("term", None), sheet.value("depth", 3)] == [
        "Physics", "", "", "3",
    ]  # fmt: skip
    assert (sheet.ticked("open"), sheet.ticked("names"), sheet.id("title")) == (True, False, "details-title")


def test_a_form_that_was_sent_shows_what_was_typed_and_each_fault_at_its_field() -> None:
    sent = Sent({"do": "details", "title": "Chemistry"}, (LONG, EMPTY), {"trackedWikis.0": "wikis"})
    sheet = sent.form("details", {"title": "Physics", "open": "yes"})
    assert (sheet.value("title"), sheet.ticked("open")) == ("Chemistry", False)
    assert sheet.at("title") == [LONG]
    assert [fault.field for fault in sheet.at("wikis")] == [("wikis", "namespaces")]


def test_the_other_forms_of_the_page_are_as_they_were() -> None:
    sent = Sent({"do": "delete", "title": "Chemistry"}, (LONG,))
    sheet = sent.form("details", {"title": "Physics"})
    assert (sheet.value("title"), sheet.faults) == ("Physics", ())


def test_the_longest_path_says_where_a_fault_stands() -> None:
    places = {"trackedWikis": "wikis", "trackedWikis.0.namespaces": "first-namespaces"}
    sheet = Sent({"do": "a"}, (EMPTY,), places).form("a")
    assert [fault.field for fault in sheet.faults] == [("first-namespaces",)]


def test_what_is_done_is_said_on_the_page_one_is_sent_on_to() -> None:
    assert Done("/my").address == "/my"
    assert Done("/my?x=1", "people-added", (3, 0), of="a b").address == "/my?x=1&done=people-added&of=a+b&n=3&n=0"

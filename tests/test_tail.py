# SPDX-License-Identifier: GPL-3.0-or-later
"""How entries look on a terminal."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from graph.tail import Lines

METRICS = {"totalEdits": 12}
COUNTED: dict[str, Any] = {
    "__typename": "EditCounted",
    "cursor": "c1",
    "edit": {
        "id": "e1",
        "revisionId": 7,
        "wiki": {"dbname": "zhwiki"},
        "editor": {"username": "陈云岫"},
        "article": {"title": "河"},
        "at": "2026-03-08T10:15:30+01:00",
        "byteChange": 1234,
        "created": True,
    },
    "metrics": METRICS,
}


def lines(*entries: dict[str, Any]) -> list[str]:
    told = Lines(lambda: datetime(2026, 3, 8, 12, 0, 5, tzinfo=UTC))
    return [told.line(entry) for entry in entries]


def test_an_edit_is_told_with_its_own_time_in_utc() -> None:
    expected = "09:15:30  陈云岫" + " " * 17 + "  河  [zhwiki]  +1,234 bytes  new  (12 edits)"
    assert lines(COUNTED) == [expected]


def test_an_edit_whose_editor_is_hidden_names_nobody() -> None:
    edit = {**COUNTED["edit"], "editor": None, "created": False, "byteChange": -3}
    assert lines({**COUNTED, "edit": edit}) == [
        "09:15:30  (hidden)" + " " * 12 + "  河  [zhwiki]  -3 bytes  (12 edits)"
    ]


def test_what_becomes_of_an_edit_names_it_as_before() -> None:
    retracted = {"__typename": "EditRetracted", "cursor": "c", "editId": "e1", "reason": "DELETED", "metrics": METRICS}
    reverted = {"__typename": "EditReverted", "cursor": "c", "editId": "e1"}
    who = "陈云岫" + " " * 17 + "  河  [zhwiki]"
    assert lines(COUNTED, reverted, retracted)[1:] == [
        f"12:00:05  {who}  reverted",
        f"12:00:05  {who}  retracted: deleted  (12 edits)",
    ]
    assert lines(reverted) == ["12:00:05  edit e1  reverted"]


def test_only_the_latest_edits_are_remembered() -> None:
    many = [{**COUNTED, "edit": {**COUNTED["edit"], "id": f"e{number}"}} for number in range(1, 10_002)]
    reverted = [{"__typename": "EditReverted", "cursor": "c", "editId": name} for name in ("e1", "e2")]
    assert lines(*many, *reverted)[-2:] == [
        "12:00:05  edit e1  reverted",
        "12:00:05  陈云岫" + " " * 17 + "  河  [zhwiki]  reverted",
    ]


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        (
            {"__typename": "HistoryChanged", "counted": 30, "retracted": 2, "metrics": METRICS},
            "history: 30 edits counted, 2 retracted  (12 edits)",
        ),
        (
            {
                "__typename": "MilestoneReached",
                "program": {"title": "Rivers"},
                "goal": {"metric": "EDITS", "target": "10", "actual": "12"},
            },
            "milestone: Rivers reached 10 EDITS: 12",
        ),
        ({"__typename": "SnapshotRequired"}, "the cursor is too old: some of the activity is missing here"),
        ({"__typename": "SomethingNew"}, "SomethingNew"),
    ],
)
def test_everything_else_has_a_line_too(entry: dict[str, Any], expected: str) -> None:
    assert lines(entry) == [f"12:00:05  {expected}"]

# SPDX-License-Identifier: GPL-3.0-or-later
"""Which numbers pages show, and their charts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from graphql import GraphQLEnumType, GraphQLObjectType

from graph.schema.root import schema
from graph.web.numbers import GOALS, HEADLINE, MOST_BARS, bars, bucket
from graph.web.texts import texts

START = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("long", "width"),
    [
        (timedelta(0), "HOUR"),
        (timedelta(hours=MOST_BARS), "HOUR"),
        (timedelta(hours=MOST_BARS, seconds=1), "DAY"),
        (timedelta(days=MOST_BARS + 1), "WEEK"),
        (timedelta(weeks=MOST_BARS + 1), "MONTH"),
        (timedelta(days=3650), "MONTH"),
    ],
)
def test_the_width_of_a_bar_keeps_a_chart_readable(long: timedelta, width: str) -> None:
    assert bucket(START, START + long) == width


def test_the_highest_bar_is_as_high_as_the_chart_and_what_is_above_zero_can_be_seen() -> None:
    points = [
        {"at": f"2026-11-{day:02}T00:00:00Z", "edits": edits} for day, edits in ((1, 0), (2, 1), (3, 400), (4, 200))
    ]
    found = bars(points, "DAY", texts("en"))
    assert [(bar.place, bar.height, bar.edits) for bar in found] == [(0, 0, 0), (1, 2, 1), (2, 100, 400), (3, 50, 200)]
    assert found[0].at == "1 November 2026"


def test_a_chart_of_nothing_is_flat() -> None:
    assert [bar.height for bar in bars([{"at": "2026-11-01T00:00:00Z", "edits": 0}], "HOUR", texts("en"))] == [0]


def test_every_number_and_every_goal_is_the_apis() -> None:
    metrics, goals = schema._schema.type_map["Metrics"], schema._schema.type_map["GoalMetric"]
    assert isinstance(metrics, GraphQLObjectType)
    assert isinstance(goals, GraphQLEnumType)
    assert set(HEADLINE) <= set(metrics.fields)
    assert set(GOALS) == set(goals.values)

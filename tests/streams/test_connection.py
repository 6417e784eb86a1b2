# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from datetime import UTC, datetime

import pytest

from graph.streams.connection import Ending, Pauses, StreamRefused, retry_after_seconds

NOW = datetime(2026, 3, 8, 12, 0, tzinfo=UTC)
FAILED = Ending()


def refused(status: int, retry_after: float | None = None) -> Ending:
    return Ending(StreamRefused(status, retry_after, "no"))


def test_after_the_usual_cut_it_connects_again_at_once() -> None:
    pauses = Pauses(lambda: 0.9)
    assert [pauses.after(Ending(accepted=True, lasted=900.0)) for _ in range(3)] == [0.0, 0.0, 0.0]


def test_a_connection_that_broke_early_waits_a_little() -> None:
    pauses = Pauses(lambda: 0.5)
    assert [pauses.after(Ending(accepted=True, lasted=0.1)) for _ in range(3)] == [0.25, 0.25, 0.25]


def test_failures_double_the_bound_up_to_thirty_seconds() -> None:
    pauses = Pauses(lambda: 1.0)
    assert [pauses.after(FAILED) for _ in range(8)] == [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0]


def test_the_pause_is_anywhere_below_the_bound() -> None:
    assert Pauses(lambda: 0.0).after(FAILED) == 0.0


def test_a_long_connection_without_an_event_does_not_end_the_doubling() -> None:
    pauses = Pauses(lambda: 1.0)
    pauses.after(FAILED)
    assert pauses.after(Ending(accepted=False, lasted=900.0)) == 1.0


def test_an_accepted_event_ends_the_doubling() -> None:
    pauses = Pauses(lambda: 1.0)
    for _ in range(5):
        pauses.after(FAILED)
    assert pauses.after(Ending(accepted=True, lasted=1.0)) == 0.5
    assert pauses.after(FAILED) == 1.0


def test_a_thousand_failures_are_no_overflow() -> None:
    pauses = Pauses(lambda: 1.0)
    assert [pauses.after(FAILED) for _ in range(2000)][-1] == 30.0


@pytest.mark.parametrize(
    ("ending", "seconds"),
    [
        (refused(429, 120.0), 120.0),
        (refused(429), 30.0),
        (refused(403, 1.0), 30.0),
        (refused(404), 30.0),
        (refused(302), 30.0),
        (refused(503, 20.0), 20.0),
        (refused(502), 0.0),
        (refused(200), 0.0),
    ],
)
def test_a_refusal_says_how_long_to_stay_away(ending: Ending, seconds: float) -> None:
    assert Pauses(lambda: 0.0).after(ending) == seconds


def test_those_who_are_told_to_wait_come_back_a_little_apart() -> None:
    assert Pauses(lambda: 1.0).after(refused(429, 100.0)) == 125.0


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7.0),
        (" 7 ", 7.0),
        ("100000", 900.0),
        ("Sun, 08 Mar 2026 12:01:30 GMT", 90.0),
        ("Sun, 08 Mar 2026 12:01:30 -0000", 90.0),
        ("Sun, 08 Mar 2026 11:00:00 GMT", 0.0),
        ("soon", None),
        ("-3", None),
        ("1.5", None),
        ("", None),
        (None, None),
    ],
)
def test_retry_after_is_seconds_or_a_date(header: str | None, seconds: float | None) -> None:
    assert retry_after_seconds(header, NOW) == seconds

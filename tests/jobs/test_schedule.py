# SPDX-License-Identifier: GPL-3.0-or-later
"""When a program is compared with the wikis, and what of it."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from graph.db.progress import StreamState, save_gap, save_state
from graph.db.reconciling import Candidate, Gap, in_trouble
from graph.jobs.schedule import Due, Span, due
from tests.db.rows import END, NOW, START
from tests.jobs.stage import MINUTE, Stage

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SECOND = timedelta(seconds=1)
LONG_AGO = START - 100 * DAY


def program(
    reconciled: datetime | None = NOW, verified: datetime | None = NOW, *gaps: Gap, end: datetime = END
) -> Candidate:
    return Candidate(1, START, end, reconciled, verified, gaps)


@pytest.mark.parametrize(
    ("age", "trouble", "wanted"),
    [(HOUR, False, True), (HOUR - SECOND, False, False), (MINUTE, True, True), (MINUTE - SECOND, True, False)],
)
def test_hourly_while_it_runs_and_each_minute_in_trouble(age: timedelta, trouble: bool, wanted: bool) -> None:
    assert (due(program(NOW - age), NOW, trouble=trouble) is not None) is wanted


def test_a_program_that_was_never_compared_is_compared_from_its_beginning() -> None:
    assert due(program(None, None), NOW, trouble=False) == Due((Span(START, NOW - MINUTE),), True, ())


def test_hourly_the_last_day_is_compared_but_what_is_too_young() -> None:
    found = due(program(NOW - HOUR), NOW, trouble=False)
    assert found == Due((Span(NOW - HOUR - DAY, NOW - MINUTE),), False, ())


def test_in_trouble_what_happened_since_the_last_time_is_compared_up_to_now() -> None:
    found = due(program(NOW - 2 * MINUTE), NOW, trouble=True)
    assert found == Due((Span(NOW - 12 * MINUTE, NOW),), False, ())


def test_everything_is_compared_once_a_day() -> None:
    found = due(program(NOW - MINUTE, NOW - DAY), NOW, trouble=False)
    assert found == Due((Span(START, NOW - MINUTE),), True, ())


@pytest.mark.parametrize(
    ("ended", "verified", "wanted"),
    [
        (HOUR, NOW - 2 * HOUR, True),  # at once after the end
        (HOUR, NOW - MINUTE, False),
        (20 * DAY, NOW - DAY, True),
        (20 * DAY, NOW - DAY + SECOND, False),
        (30 * DAY, NOW - 5 * DAY, True),
        (30 * DAY + SECOND, NOW - 5 * DAY, False),
    ],
)
def test_daily_for_thirty_days_after_the_end(ended: timedelta, verified: datetime, wanted: bool) -> None:
    found = due(Candidate(1, LONG_AGO, NOW - ended, NOW - 10 * DAY, verified, ()), NOW, trouble=True)
    assert found == (Due((Span(LONG_AGO, NOW - ended),), True, ()) if wanted else None)


def test_a_gap_of_the_stream_is_read_with_a_margin_inside_the_programs_time() -> None:
    inside = Gap(1, NOW - 3 * DAY, NOW - 2 * DAY)
    early = Gap(2, START - DAY, START + HOUR)
    found = due(program(NOW, NOW, inside, early), NOW, trouble=False)
    spans = (Span(START, START + HOUR + MINUTE), Span(NOW - 3 * DAY - MINUTE, NOW - 2 * DAY + MINUTE))
    assert found == Due(spans, False, (inside, early))


def test_a_gap_is_read_however_long_ago_the_program_ended() -> None:
    gap = Gap(1, START + DAY, START + 2 * DAY)
    found = due(program(NOW, NOW, gap, end=START + DAY + HOUR), NOW + 100 * DAY, trouble=False)
    assert found is not None
    assert found.gaps == (gap,)


def test_times_that_touch_are_read_at_once() -> None:
    gap = Gap(1, NOW - DAY, NOW - HOUR)
    found = due(program(NOW - HOUR, NOW, gap), NOW, trouble=False)
    assert found == Due((Span(NOW - HOUR - DAY, NOW - MINUTE),), False, (gap,))


@pytest.mark.parametrize(
    ("connected", "heard", "lag", "age", "trouble"),
    [
        (True, 59, 0.5, 1, False),
        (True, 61, 0.5, 1, True),
        (True, 1, 61.0, 1, True),
        (False, 59, 0.5, 59, False),  # a restart, or another connection
        (False, 61, 0.5, 1, True),
        (True, 61, 0.5, 61, True),
    ],
)
async def test_trouble_is_a_stream_that_has_been_silent_for_a_minute_or_is_that_late(
    stage: Stage, connected: bool, heard: float, lag: float, age: float, trouble: bool
) -> None:
    async with stage.pool.acquire() as conn:
        state = StreamState(connected, NOW - heard * SECOND, lag, 0.0)
        await save_state(conn, state, NOW - age * SECOND)
        assert await in_trouble(conn, NOW) is trouble


@pytest.mark.parametrize(("connected", "age", "trouble"), [(True, 1, False), (False, 1, True), (True, 11, True)])
async def test_before_the_first_event_a_connection_is_enough(
    stage: Stage, connected: bool, age: float, trouble: bool
) -> None:
    async with stage.pool.acquire() as conn:
        await save_state(conn, StreamState(connected, None, None, None), NOW - age * SECOND)
        assert await in_trouble(conn, NOW) is trouble


async def test_without_a_consumer_there_is_trouble(stage: Stage) -> None:
    async with stage.pool.acquire() as conn:
        assert await in_trouble(conn, NOW) is True


async def test_only_programs_that_are_due_are_queued_and_each_once(stage: Stage) -> None:
    await stage.stream_is_read()
    fresh = await stage.program("fresh", "Ada")
    await stage.program("nobody")
    await stage.program("later", "Ada", tracking_start=NOW + DAY)
    await stage.program("withdrawn", "Ada", withdrawn_at=NOW)
    assert await stage.schedule() == 1
    assert await stage.schedule() == 0
    assert await stage.pool.fetchval("SELECT array_agg(entrypoint) FROM jobs.pgqueuer") == [str(fresh)]
    await stage.work()
    assert await stage.schedule() == 0
    stage.clock.passes(HOUR)
    await stage.stream_is_read()
    assert await stage.schedule() == 1


async def test_a_backfill_puts_the_next_comparison_off(stage: Stage) -> None:
    await stage.stream_is_read()
    program = await stage.program("rivers", "Ada")
    await stage.backfill(program)
    await stage.stream_is_read()
    assert await stage.schedule() == 0


async def test_a_gap_without_programs_is_closed_at_once(stage: Stage) -> None:
    async with stage.pool.acquire() as conn:
        await save_gap(conn, NOW - DAY, NOW - HOUR)
    await stage.schedule()
    assert await stage.pool.fetchval("SELECT reconciled FROM stream_gap") is True

# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.errors import ErrorCode, UserFault
from graph.resolvers.timelines import TimeBucket, buckets, following, points, start

instants = st.integers(1_000_000_000, 7_000_000_000).map(lambda second: datetime.fromtimestamp(second, UTC))
AT = datetime(2026, 11, 22, 18, 30, 15, 5, tzinfo=UTC)  # a Sunday


@pytest.mark.parametrize(
    ("bucket", "begin", "next_begin"),
    [
        (TimeBucket.MINUTE, datetime(2026, 11, 22, 18, 30, tzinfo=UTC), datetime(2026, 11, 22, 18, 31, tzinfo=UTC)),
        (TimeBucket.HOUR, datetime(2026, 11, 22, 18, tzinfo=UTC), datetime(2026, 11, 22, 19, tzinfo=UTC)),
        (TimeBucket.DAY, datetime(2026, 11, 22, tzinfo=UTC), datetime(2026, 11, 23, tzinfo=UTC)),
        (TimeBucket.WEEK, datetime(2026, 11, 16, tzinfo=UTC), datetime(2026, 11, 23, tzinfo=UTC)),
        (TimeBucket.MONTH, datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)),
    ],
)
def test_buckets_begin_in_utc_and_weeks_on_monday(bucket: TimeBucket, begin: datetime, next_begin: datetime) -> None:
    assert start(bucket, AT) == begin
    assert following(bucket, begin) == next_begin


@given(instants, st.sampled_from(TimeBucket))
def test_every_instant_lies_in_its_bucket_and_in_no_other(at: datetime, bucket: TimeBucket) -> None:
    begin = start(bucket, at)

    assert begin <= at < following(bucket, begin)
    assert start(bucket, begin) == begin
    assert start(bucket, following(bucket, begin)) == following(bucket, begin)


@given(instants, st.integers(0, 1400), st.sampled_from(TimeBucket))
def test_the_points_are_as_many_as_were_counted(at: datetime, steps: int, bucket: TimeBucket) -> None:
    last = start(bucket, at)
    for _ in range(steps):
        last = following(bucket, last)

    assert points(bucket, at, last) == steps + 1
    assert buckets(bucket, at, last)[-1] == last


def test_an_end_before_the_beginning_holds_nothing() -> None:
    assert buckets(TimeBucket.DAY, AT, AT - timedelta(days=40)) == []


def test_fifteen_hundred_points_are_given() -> None:
    assert len(buckets(TimeBucket.MINUTE, AT, AT + timedelta(minutes=1499))) == 1500


@pytest.mark.parametrize(
    ("bucket", "span", "said"),
    [
        (TimeBucket.MINUTE, timedelta(minutes=1500), "MINUTE would give 1,501; the finest bucket that fits is HOUR."),
        (TimeBucket.MINUTE, timedelta(days=365), "MINUTE would give 525,601; the finest bucket that fits is DAY."),
        (TimeBucket.HOUR, timedelta(days=4000), "HOUR would give 96,001; the finest bucket that fits is WEEK."),
        (TimeBucket.DAY, timedelta(days=20_000), "DAY would give 20,001; the finest bucket that fits is MONTH."),
        (TimeBucket.MONTH, timedelta(days=50_000), "MONTH would give 1,644; ask for less time."),
    ],
)
def test_a_finer_request_is_refused_and_the_finest_that_fits_is_named(
    bucket: TimeBucket, span: timedelta, said: str
) -> None:
    with pytest.raises(UserFault) as refused:
        buckets(bucket, AT, AT + span)

    assert (refused.value.code, refused.value.field) == (ErrorCode.INVALID, ("bucket",))
    assert str(refused.value) == f"A timeline has at most 1,500 points and {said}"


@pytest.mark.parametrize("year", [1, 9999])
def test_years_out_of_all_reason_are_refused(year: int) -> None:
    with pytest.raises(UserFault, match="between the years 1990 and 2999"):
        buckets(TimeBucket.MONTH, datetime(year, 1, 1, tzinfo=UTC), AT)

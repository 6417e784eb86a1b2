# SPDX-License-Identifier: GPL-3.0-or-later
"""Buckets of time: where they begin and how many there are. Pure; everything in UTC, weeks begin on Monday."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from enum import StrEnum

from graph.errors import ErrorCode, UserFault

MOST_POINTS = 1_500
_YEARS = range(1990, 3000)


class TimeBucket(StrEnum):
    """The widths of a timeline's points, finest first."""

    MINUTE = "MINUTE"
    HOUR = "HOUR"
    DAY = "DAY"
    WEEK = "WEEK"
    MONTH = "MONTH"


_WIDTHS = {
    TimeBucket.MINUTE: timedelta(minutes=1),
    TimeBucket.HOUR: timedelta(hours=1),
    TimeBucket.DAY: timedelta(days=1),
    TimeBucket.WEEK: timedelta(weeks=1),
}


def start(bucket: TimeBucket, at: datetime) -> datetime:
    """The first instant of the bucket that holds ``at``."""
    at = at.astimezone(UTC)
    if bucket is TimeBucket.MINUTE:
        return at.replace(second=0, microsecond=0)
    if bucket is TimeBucket.HOUR:
        return at.replace(minute=0, second=0, microsecond=0)
    day = at.replace(hour=0, minute=0, second=0, microsecond=0)
    if bucket is TimeBucket.WEEK:
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if bucket is TimeBucket.MONTH else day


def following(bucket: TimeBucket, begin: datetime) -> datetime:
    """The first instant of the bucket after the one that begins at ``begin``."""
    if bucket is TimeBucket.MONTH:
        return start(bucket, begin + timedelta(days=31))
    return begin + _WIDTHS[bucket]


def points(bucket: TimeBucket, first: datetime, last: datetime) -> int:
    """How many buckets lie from the one that holds ``first`` to the one that holds ``last``, both counted."""
    begin, end = start(bucket, first), start(bucket, last)
    if bucket is TimeBucket.MONTH:
        return max(0, (end.year - begin.year) * 12 + end.month - begin.month + 1)
    return max(0, (end - begin) // _WIDTHS[bucket] + 1)


def buckets(bucket: TimeBucket, first: datetime, last: datetime) -> list[datetime]:
    """Where each bucket from ``first``'s to ``last``'s begins; none where ``last`` is earlier.

    Raises UserFault (INVALID) for more than 1,500, naming the finest bucket that fits.
    """
    if not {first.year, last.year} <= set(_YEARS):
        raise UserFault(ErrorCode.INVALID, "A timeline lies between the years 1990 and 2999.", ("from",))
    if (wanted := points(bucket, first, last)) > MOST_POINTS:
        raise UserFault(ErrorCode.INVALID, _refusal(bucket, wanted, first, last), ("bucket",))
    begins = [start(bucket, first)] if wanted else []
    while len(begins) < wanted:
        begins.append(following(bucket, begins[-1]))
    return begins


def _refusal(bucket: TimeBucket, wanted: int, first: datetime, last: datetime) -> str:
    said = f"A timeline has at most {MOST_POINTS:,} points and {bucket} would give {wanted:,}"
    fitting = next((coarser for coarser in TimeBucket if points(coarser, first, last) <= MOST_POINTS), None)
    return f"{said}; the finest bucket that fits is {fitting}." if fitting else f"{said}; ask for less time."

# SPDX-License-Identifier: GPL-3.0-or-later
"""When a program is held against the wikis' own lists.

Hourly while it runs, each minute while the stream is down or more than a minute behind, all of it once a day, and daily
for thirty days after its end; and for every time that the stream could not tell about.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from graph.db import queue, reconciling
from graph.db.pool import Connection
from graph.db.queue import JobKind
from graph.db.reconciling import Candidate, Gap

HOURLY: Final = timedelta(hours=1)
MINUTELY: Final = timedelta(minutes=1)
DAILY: Final = timedelta(days=1)
AFTERWARDS: Final = timedelta(days=30)
RECENTLY: Final = timedelta(days=1)  # what is compared hourly: deletions come hours after the edit
OVERLAP: Final = timedelta(minutes=10)
UNSETTLED: Final = timedelta(seconds=60)  # what is younger may be on its way through the stream
GAP_MARGIN: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Span:
    """A time, both ends included."""

    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Due:
    """What of a program is to be compared now; ``whole`` says that it is everything. ``gaps`` lie in the spans."""

    spans: tuple[Span, ...]
    whole: bool
    gaps: tuple[Gap, ...]


def due(program: Candidate, now: datetime, *, trouble: bool) -> Due | None:
    """What of the program is to be compared now, if anything. ``trouble`` says that the stream cannot be relied on."""
    whole = program.verified_at is None or now - program.verified_at >= DAILY or _just_ended(program, now)
    recent = now <= program.end and _older(program.reconciled_at, now, MINUTELY if trouble else HOURLY)
    if not (program.gaps or recent or program.asked or (whole and now <= program.end + AFTERWARDS)):
        return None
    spans = [Span(gap.start - GAP_MARGIN, min(gap.end + GAP_MARGIN, now)) for gap in program.gaps]
    until = min(program.end, now if trouble else now - UNSETTLED)
    if whole:
        spans.append(Span(program.start, until))
    elif recent:
        spans.append(Span(_since(program, now, trouble=trouble), until))
    return Due(tuple(_joined(spans, program)), whole, program.gaps)


def _just_ended(program: Candidate, now: datetime) -> bool:
    return now > program.end and program.verified_at is not None and program.verified_at <= program.end


def _older(at: datetime | None, now: datetime, interval: timedelta) -> bool:
    return at is None or now - at >= interval


def _since(program: Candidate, now: datetime, *, trouble: bool) -> datetime:
    if trouble and program.reconciled_at is not None:
        return program.reconciled_at - OVERLAP
    return min(now, program.reconciled_at or now) - RECENTLY


def _joined(spans: Iterable[Span], program: Candidate) -> list[Span]:
    """The spans inside the program's time, those that touch made one."""
    joined: list[Span] = []
    for span in sorted(spans, key=lambda span: span.since):
        since, until = max(span.since, program.start), min(span.until, program.end)
        if joined and since <= joined[-1].until:
            joined[-1] = Span(joined[-1].since, max(until, joined[-1].until))
        elif since <= until:
            joined.append(Span(since, until))
    return joined


async def enqueue_due(conn: Connection, now: datetime) -> int:
    """Queue the reconciliation of every program that is due, and close the gaps that were filled.

    Returns how many were queued.
    """
    trouble = await reconciling.in_trouble(conn, now)
    busy = await queue.under_way(conn, JobKind.RECONCILE)
    queued = 0
    for program in await reconciling.candidates(conn, now, AFTERWARDS):
        if program.program_id not in busy and due(program, now, trouble=trouble):
            async with conn.transaction():
                await queue.enqueue(conn, JobKind.RECONCILE, program.program_id)
            queued += 1
    await reconciling.close_gaps(conn)
    return queued

# SPDX-License-Identifier: GPL-3.0-or-later
"""The figures behind ``/metrics``, in the form Prometheus reads, and whether a web process can serve.

All is read when it is asked for: from the tables, where the consumer and worker leave theirs, and from this process.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from typing import Final, Protocol

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    SummaryMetricFamily,
)
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from graph.db import figures
from graph.db.pool import LOST, Pool
from graph.schema.measured import SECONDS, Measured

ANSWER_SECONDS: Final = 2.0
"""A database that takes longer for nothing does not answer."""

_SILENT: tuple[type[Exception], ...] = (TimeoutError, *LOST)

# Of the consumers: gauges and counters by their names in the table, and what they say.
_GAUGES = {
    "connected": ("programs_graph_stream_connected", "1 while the stream is read."),
    "upstream_lag": ("programs_graph_stream_lag_seconds", "From an edit on a wiki to its arrival."),
    "own_lag": ("programs_graph_ingest_lag_seconds", "From an edit's arrival to its being counted."),
    "event_age": ("programs_graph_last_event_age_seconds", "Since the newest event was made."),
    "heartbeat_age": ("programs_graph_consumer_heartbeat_age_seconds", "Since a consumer was last heard of."),
    "gaps": ("programs_graph_stream_gaps", "Times the stream could not tell about and nobody has read since."),
    "due_reassessments": ("programs_graph_due_reassessments", "Programs whose edits are to be decided anew."),
}
_COUNTERS = {
    "events": ("programs_graph_events", "Events read from the stream."),
    "matched": ("programs_graph_matched_edits", "Edits by enrolled editors among them."),
    "rejected": ("programs_graph_rejected_events", "Events that were refused."),
    "batches": ("programs_graph_batches", "Batches ingested."),
    "batch_seconds": ("programs_graph_batch_seconds", "Seconds these took, added up."),
    "ledger_number": ("programs_graph_ledger_numbers", "Numbers given out by the ledger."),
}


class Audience(Protocol):
    """Who follows this process: subscribers now, and messages delivered and dropped since its start."""

    open: int
    waiting: int
    delivered: int
    dropped: int


class Executed(Protocol):
    """What this process executed since its start, and how many answers it had kept."""

    measured: Measured

    @property
    def kept(self) -> int:
        """Answers that were given without being worked out."""


async def trouble(pool: Pool) -> str | None:
    """Why this process cannot serve now; None where it can."""
    try:
        async with asyncio.timeout(ANSWER_SECONDS), pool.acquire() as conn:
            await conn.execute("SELECT 1 FROM ledger")
    except _SILENT:
        return "the database does not answer"
    return None


async def exposition(pool: Pool, audience: Audience, executed: Executed) -> bytes:
    """All figures as text, version 0.0.4. Without a database, those of this process only."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Collected(_of_process(audience)))
    registry.register(_Collected(_of_operations(executed)))
    try:
        async with asyncio.timeout(ANSWER_SECONDS), pool.acquire() as conn:
            registry.register(_Collected(_of_tables(await figures.read(conn))))
    except _SILENT:
        registry.register(_Collected([_gauge("programs_graph_database_up", "1 while the database answers.", 0)]))
    return generate_latest(registry)


class _Collected(Collector):
    def __init__(self, families: Iterable[Metric]) -> None:
        self._families = list(families)

    def collect(self) -> Iterable[Metric]:
        return self._families


def _of_process(audience: Audience) -> Iterator[Metric]:
    yield _gauge("programs_graph_subscribers", "Streams, sockets and subscriptions that are open.", audience.open)
    yield _gauge("programs_graph_waiting_subscribers", "Those that wait to be opened.", audience.waiting)
    yield _counter("programs_graph_delivered_messages", "Messages sent to subscribers.", audience.delivered)
    yield _counter("programs_graph_dropped_subscribers", "Subscribers who did not keep up.", audience.dropped)


def _of_operations(executed: Executed) -> Iterator[Metric]:
    labels = ["kind", "operation"]
    seconds = HistogramMetricFamily(
        "programs_graph_operation_seconds", "How long executing took; of subscriptions, beginning.", labels=labels
    )
    cost = CounterMetricFamily(
        "programs_graph_operation_cost", "Values that the answers might hold, added up.", labels=labels
    )
    for named, taken in executed.measured.taken.items():
        within = [(str(most), float(number)) for most, number in zip(SECONDS, taken.within, strict=True)]
        seconds.add_metric(named, [*within, ("+Inf", float(taken.count))], taken.seconds)
        cost.add_metric(named, taken.cost)
    yield seconds
    yield cost
    yield _counter("programs_graph_kept_answers", "Answers given again without executing anything.", executed.kept)


def _of_tables(read: figures.Figures) -> Iterator[Metric]:
    yield _gauge("programs_graph_database_up", "1 while the database answers.", 1)
    for name, (metric, says) in _GAUGES.items():
        if (value := read.stream[name]) is not None:
            yield _gauge(metric, says, value)
    for name, (metric, says) in _COUNTERS.items():
        yield _counter(metric, says, read.stream[name] or 0)
    yield SummaryMetricFamily(
        "programs_graph_batch_edits",
        "How many edits by enrolled editors a batch had.",
        count_value=int(read.stream["batches"] or 0),
        sum_value=read.stream["matched"] or 0,
    )
    drift = CounterMetricFamily("programs_graph_drift_edits", "What comparisons had to mend.", labels=["how"])
    for how, number in read.drift.items():
        drift.add_metric([how], number)
    yield drift
    jobs = GaugeMetricFamily(
        "programs_graph_jobs", "Jobs by kind; the failed ones are dead.", labels=["kind", "status"]
    )
    for (kind, status), number in read.jobs.items():
        jobs.add_metric([kind, status], number)
    yield jobs


def _gauge(name: str, says: str, value: float) -> Metric:
    return GaugeMetricFamily(name, says, value=value)


def _counter(name: str, says: str, value: float) -> Metric:
    return CounterMetricFamily(name, says, value=value)

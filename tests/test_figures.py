# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

from graph import figures
from graph.db import progress
from graph.db.pool import Pool, connect
from graph.db.queue import JobKind, enqueue
from graph.schema.measured import Measured, Taken


@dataclass
class Audience:
    open: int = 12
    waiting: int = 3
    delivered: int = 4_000
    dropped: int = 2


@dataclass
class Executed:
    measured: Measured = field(default_factory=lambda: Measured(()))
    kept: int = 17


async def told(pool: Pool, executed: Executed | None = None) -> dict[str, float]:
    lines = (await figures.exposition(pool, Audience(), executed or Executed())).decode().splitlines()
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))}


async def test_figures_of_this_process_are_told(pool: Pool) -> None:
    found = await told(pool)
    assert found["programs_graph_subscribers"] == 12
    assert found["programs_graph_waiting_subscribers"] == 3
    assert found["programs_graph_delivered_messages_total"] == 4_000
    assert found["programs_graph_dropped_subscribers_total"] == 2


async def test_what_consumers_did_adds_up(pool: Pool) -> None:
    tally = progress.Tally()
    async with pool.acquire() as conn:
        tally.add(edits=5, seconds=0.25)
        tally.add(edits=2, seconds=0.25)
        await progress.save_tally(conn, tally.since(100))
        tally.add(edits=1, seconds=0.5)
        await progress.save_tally(conn, tally.since(130))
        state = progress.StreamState(True, datetime.now(UTC), 0.75, 0.05)
        await progress.save_state(conn, state, datetime.now(UTC))
    found = await told(pool)
    assert found["programs_graph_events_total"] == 130
    assert found["programs_graph_matched_edits_total"] == 8
    assert found["programs_graph_batches_total"] == 3
    assert found["programs_graph_batch_seconds_total"] == 1
    assert (found["programs_graph_batch_edits_count"], found["programs_graph_batch_edits_sum"]) == (3, 8)
    assert found["programs_graph_stream_connected"] == 1
    assert found["programs_graph_stream_lag_seconds"] == 0.75


async def test_jobs_are_counted_by_kind_and_status_and_name_no_program(pool: Pool) -> None:
    async with pool.acquire() as conn:
        await enqueue(conn, JobKind.REASSESS, 4711)
        await enqueue(conn, JobKind.REASSESS, 4712)
    found = await told(pool)
    assert found['programs_graph_jobs{kind="reassess",status="queued"}'] == 2
    assert "4711" not in (await figures.exposition(pool, Audience(), Executed())).decode()


async def test_operations_are_told_by_name_with_their_cost_and_how_long_they_took(pool: Pool) -> None:
    executed = Executed()
    executed.measured.taken["query", "PageProgram"] = Taken(3, 120, 0.75, [1, 1, 2, 3, 3])
    found = await told(pool, executed)
    labels = 'kind="query",operation="PageProgram"'
    assert found[f"programs_graph_operation_cost_total{{{labels}}}"] == 120
    name = "programs_graph_operation_seconds"
    assert (found[f"{name}_count{{{labels}}}"], found[f"{name}_sum{{{labels}}}"]) == (3, 0.75)
    label = '{kind="query",le="%s",operation="PageProgram"}'
    steps = [found[f"{name}_bucket{label % most}"] for most in ("0.005", "0.02", "0.1", "0.5", "2.0", "+Inf")]
    assert steps == [1, 1, 2, 3, 3, 3]
    assert found["programs_graph_kept_answers_total"] == 17


async def test_everything_that_is_watched_is_told(pool: Pool) -> None:
    now = datetime.now(UTC)
    executed = Executed()
    executed.measured.taken["query", "other"] = Taken()
    async with pool.acquire() as conn:
        await progress.save_state(conn, progress.StreamState(True, now, 0.75, 0.05), now)
        await enqueue(conn, JobKind.REASSESS, 4711)
    found = {name.partition("{")[0].removeprefix("programs_graph_") for name in await told(pool, executed)}
    assert found >= {
        "stream_connected", "stream_lag_seconds", "ingest_lag_seconds", "last_event_age_seconds", "events_total",
        "matched_edits_total", "batch_edits_sum", "batch_edits_count", "batch_seconds_total", "drift_edits_total",
        "stream_gaps", "jobs", "due_reassessments", "subscribers", "delivered_messages_total",
        "dropped_subscribers_total", "operation_cost_total", "operation_seconds_sum", "operation_seconds_count",
    }  # fmt: skip


async def test_without_a_database_the_process_still_tells_of_itself(database_url: str) -> None:
    async with await connect(database_url) as pool:
        pass
    found = await told(pool)
    assert found["programs_graph_database_up"] == 0
    assert found["programs_graph_subscribers"] == 12
    assert await figures.trouble(pool) == "the database does not answer"

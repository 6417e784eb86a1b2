# SPDX-License-Identifier: GPL-3.0-or-later
"""The queue: one of each waits, one per program runs, failures wait longer, and nobody's death loses a job."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from pgqueuer.db import AsyncpgDriver
from pgqueuer.queries import Queries

from graph.db import queue
from graph.db.pool import Connection, Pool
from graph.db.queue import Job, JobKind
from tests.db.world import World

HERE, THERE = uuid4(), uuid4()
NOW = timedelta(0)


@pytest.fixture
async def conn(pool: Pool) -> AsyncIterator[Connection]:
    async with pool.acquire() as taken:
        yield taken


@pytest.fixture
async def program(world: World) -> int:
    return await world.program()


@pytest.fixture
async def other(world: World) -> int:
    return await world.program()


async def begun(conn: Connection, worker: UUID = HERE) -> Job:
    (job,) = await queue.take(conn, worker, 10)
    running = await queue.begin(conn, job)
    assert running is not None
    return running


async def silence(conn: Connection) -> None:
    """As if the worker of every running job had died a while ago."""
    await conn.execute("UPDATE jobs.pgqueuer SET heartbeat = now() - interval '6 seconds' WHERE status = 'picked'")


async def rows(conn: Connection) -> list[tuple[str, str, int]]:
    found = await conn.fetch("SELECT payload, status::text, attempts FROM jobs.pgqueuer ORDER BY id")
    return [(row[0].decode(), row[1], row[2]) for row in found]


async def test_the_library_finds_its_tables_as_it_wants_them(conn: Connection) -> None:
    plan = await Queries(AsyncpgDriver(conn), *queue._BUILDERS).plan_upgrade()
    assert list(plan.statements) == []


async def test_a_job_is_there_when_its_transaction_commits_and_not_before(
    pool: Pool, conn: Connection, program: int
) -> None:
    async with pool.acquire() as writer, writer.transaction():
        await queue.enqueue(writer, JobKind.BACKFILL, program)
        assert await queue.take(conn, HERE, 10) == []
    (job,) = await queue.take(conn, HERE, 10)
    assert (job.kind, job.program_id, job.failures) == (JobKind.BACKFILL, program, 0)


async def test_a_transaction_that_fails_leaves_no_job(conn: Connection, program: int) -> None:
    transaction = conn.transaction()
    await transaction.start()
    await queue.enqueue(conn, JobKind.BACKFILL, program)
    await transaction.rollback()
    assert await rows(conn) == []
    assert await conn.fetchval("SELECT count(*) FROM program_update") == 0


async def test_the_same_job_waits_only_once(conn: Connection, program: int) -> None:
    for _ in range(3):
        await queue.enqueue(conn, JobKind.BACKFILL, program)
    await queue.enqueue(conn, JobKind.REASSESS, program)
    assert await rows(conn) == [("backfill", "queued", 0), ("reassess", "queued", 0)]


async def test_what_is_asked_for_while_a_job_runs_waits_for_its_end(conn: Connection, program: int) -> None:
    await queue.enqueue(conn, JobKind.BACKFILL, program)
    running = await begun(conn)
    await queue.enqueue(conn, JobKind.BACKFILL, program)
    await queue.enqueue(conn, JobKind.BACKFILL, program)
    assert await rows(conn) == [("backfill", "picked", 0), ("backfill", "queued", 0)]
    assert await queue.take(conn, THERE, 10) == []
    await queue.finish(conn, running)
    assert (await begun(conn, THERE)).kind is JobKind.BACKFILL


async def test_a_job_begins_after_a_transaction_whose_request_it_absorbed(
    pool: Pool, conn: Connection, program: int
) -> None:
    await queue.enqueue(conn, JobKind.BACKFILL, program)
    (job,) = await queue.take(conn, HERE, 1)
    async with pool.acquire() as writer:
        transaction = writer.transaction()
        await transaction.start()
        await queue.enqueue(writer, JobKind.BACKFILL, program)
        beginning = asyncio.create_task(queue.begin(conn, job))
        done, _ = await asyncio.wait([beginning], timeout=0.1)
        assert not done
        await transaction.commit()
    assert await beginning == job


async def test_one_job_of_a_program_runs_at_a_time(conn: Connection, program: int, other: int) -> None:
    await queue.enqueue(conn, JobKind.BACKFILL, program)
    await queue.enqueue(conn, JobKind.REASSESS, program)
    await queue.enqueue(conn, JobKind.BACKFILL, other)
    taken = await queue.take(conn, HERE, 10)
    assert [(job.kind, job.program_id) for job in taken] == [(JobKind.BACKFILL, program), (JobKind.BACKFILL, other)]
    assert await queue.take(conn, THERE, 10) == []


async def test_workers_that_take_at_once_never_take_the_same_program(pool: Pool, world: World) -> None:
    programs = [await world.program() for _ in range(10)]
    async with pool.acquire() as conn:
        for number in programs:
            for kind in set(JobKind) - {JobKind.REFRESH}:
                await queue.enqueue(conn, kind, number)

    async def all_of_them(worker: UUID) -> list[int]:
        async with pool.acquire() as conn:
            return [job.program_id for _ in range(20) for job in await queue.take(conn, worker, 3)]

    taken = await asyncio.gather(*(all_of_them(uuid4()) for _ in range(4)))
    assert sorted(number for some in taken for number in some) == sorted(programs)


async def test_a_deferred_job_waits_its_time(conn: Connection, program: int) -> None:
    await queue.enqueue(conn, JobKind.SETTLE, program, after=timedelta(seconds=60))
    assert await queue.take(conn, HERE, 10) == []
    await conn.execute("UPDATE jobs.pgqueuer SET execute_after = execute_after - interval '61 seconds'")
    assert (await begun(conn)).kind is JobKind.SETTLE


async def test_a_job_that_failed_waits_before_it_is_tried_again(conn: Connection, program: int) -> None:
    await queue.enqueue(conn, JobKind.BACKFILL, program)
    await queue.try_again(conn, await begun(conn), timedelta(seconds=30), RuntimeError("no wiki"))
    assert await rows(conn) == [("backfill", "queued", 1)]
    assert await queue.take(conn, HERE, 10) == []
    await conn.execute("UPDATE jobs.pgqueuer SET execute_after = execute_after - interval '31 seconds'")
    assert (await begun(conn)).failures == 1


async def test_a_younger_job_of_its_kind_inherits_the_failures_and_the_wait(conn: Connection, program: int) -> None:
    await queue.enqueue(conn, JobKind.BACKFILL, program)
    running = await begun(conn)
    await queue.enqueue(conn, JobKind.BACKFILL, program)
    await queue.try_again(conn, running, timedelta(seconds=30), RuntimeError("no wiki"))
    assert await rows(conn) == [("backfill", "queued", 1)]
    assert await queue.take(conn, HERE, 10) == []


async def test_an_interrupted_job_waits_again_without_blame(conn: Connection, program: int) -> None:
    await queue.enqueue(conn, JobKind.BACKFILL, program)
    await queue.put_back(conn, await begun(conn))
    await queue.enqueue(conn, JobKind.BACKFILL, program)
    assert await rows(conn) == [("backfill", "queued", 0)]
    assert (await begun(conn, THERE)).failures == 0


async def test_the_job_of_a_dead_worker_is_taken_again_and_counts_as_a_failure(conn: Connection, program: int) -> None:
    await queue.enqueue(conn, JobKind.BACKFILL, program)
    job = await begun(conn)
    await queue.enqueue(conn, JobKind.REASSESS, program)
    assert await queue.take(conn, THERE, 10) == []
    await silence(conn)
    again = await begun(conn, THERE)
    assert (again.id, again.failures) == (job.id, 1)


async def test_a_worker_taken_for_dead_learns_that_its_job_has_gone(conn: Connection, program: int) -> None:
    await queue.enqueue(conn, JobKind.BACKFILL, program)
    job = await begun(conn)
    assert await queue.beat(conn, HERE, [job.id]) == {job.id}
    await silence(conn)
    await queue.take(conn, THERE, 10)
    assert await queue.beat(conn, HERE, [job.id]) == set()
    assert await queue.begin(conn, job) is None


async def test_a_worker_taken_for_dead_ends_nothing_that_another_does(conn: Connection, program: int) -> None:
    await queue.enqueue(conn, JobKind.BACKFILL, program)
    job = await begun(conn)
    await silence(conn)
    again = await begun(conn, THERE)
    error = RuntimeError("late")
    await queue.finish(conn, job)
    await queue.put_back(conn, job)
    await queue.try_again(conn, job, timedelta(0), error)
    await queue.bury(conn, job, error)
    assert await rows(conn) == [("backfill", "picked", 1)]
    await queue.finish(conn, again)
    assert await rows(conn) == []


async def test_a_beating_worker_keeps_its_job(conn: Connection, program: int) -> None:
    await queue.enqueue(conn, JobKind.BACKFILL, program)
    job = await begun(conn)
    await silence(conn)
    await queue.beat(conn, HERE, [job.id])
    assert await queue.take(conn, THERE, 10) == []


async def test_a_buried_job_is_a_dead_letter_with_its_last_error(conn: Connection, program: int) -> None:
    await queue.enqueue(conn, JobKind.BACKFILL, program)
    await queue.bury(conn, await begun(conn), RuntimeError("no wiki"))
    (letter,) = await queue.dead_letters(conn, 10)
    assert (letter.kind, letter.program_id, letter.failures, letter.error) == (JobKind.BACKFILL, program, 1, "no wiki")
    assert letter.asked_at <= letter.failed_at
    assert await queue.take(conn, HERE, 10) == []


async def test_a_second_dead_letter_takes_the_place_of_the_first_and_success_clears_it(
    conn: Connection, program: int
) -> None:
    for problem in ("no wiki", "no network"):
        await queue.enqueue(conn, JobKind.BACKFILL, program)
        await queue.bury(conn, await begun(conn), RuntimeError(problem))
    assert [letter.error for letter in await queue.dead_letters(conn, 10)] == ["no network"]
    await queue.enqueue(conn, JobKind.BACKFILL, program)
    await queue.finish(conn, await begun(conn))
    assert await queue.dead_letters(conn, 10) == []


async def test_a_dead_letter_can_be_revived_or_thrown_away(conn: Connection, program: int, other: int) -> None:
    for number in (program, other):
        await queue.enqueue(conn, JobKind.BACKFILL, number)
        await queue.bury(conn, await begun(conn), RuntimeError("no wiki"))
    second, first = await queue.dead_letters(conn, 10)
    assert await queue.revive(conn, first.id) is True
    assert await queue.discard(conn, second.id) is True
    assert await queue.revive(conn, first.id) is False
    assert await queue.discard(conn, second.id) is False
    job = await begun(conn)
    assert (job.program_id, job.failures) == (program, 0)


async def test_asking_for_a_backfill_is_seen_at_once(conn: Connection, program: int) -> None:
    await queue.enqueue(conn, JobKind.BACKFILL, program)
    assert await conn.fetchval("SELECT state FROM program_update WHERE program_id = $1", program) == "WAITING"


async def test_the_log_of_finished_jobs_is_forgotten_after_a_week(conn: Connection, program: int, other: int) -> None:
    await queue.enqueue(conn, JobKind.BACKFILL, program)
    await queue.finish(conn, await begun(conn))
    await queue.enqueue(conn, JobKind.BACKFILL, other)
    await conn.execute("UPDATE jobs.pgqueuer_log SET created = created - interval '8 days'")
    await queue.forget_log(conn)
    assert await conn.fetchval("SELECT count(DISTINCT entrypoint) FROM jobs.pgqueuer_log") == 1


async def test_scopes_are_read_beside_the_other_jobs_of_a_program(conn: Connection, program: int) -> None:
    for kind in (JobKind.REFRESH, JobKind.REFRESH, JobKind.BACKFILL):
        await queue.enqueue(conn, kind, program)
    taken = await queue.take(conn, HERE, 10)
    assert sorted((job.kind, job.program_id) for job in taken) == [
        (JobKind.BACKFILL, program),
        (JobKind.REFRESH, program),
    ]
    assert await queue.under_way(conn, JobKind.REFRESH) == {program}


async def test_whoever_reads_scopes_may_be_given_nothing_else_and_others_no_scopes(
    conn: Connection, program: int
) -> None:
    await queue.enqueue(conn, JobKind.REFRESH, program)
    assert await queue.take(conn, HERE, 10, kinds=set(JobKind) - {JobKind.REFRESH}) == []
    await queue.enqueue(conn, JobKind.BACKFILL, program)
    (job,) = await queue.take(conn, HERE, 10, only=[program], kinds=[JobKind.REFRESH])
    assert job.kind is JobKind.REFRESH
    (job,) = await queue.take(conn, HERE, 10, only=[program], kinds=[JobKind.BACKFILL])
    assert job.kind is JobKind.BACKFILL

# SPDX-License-Identifier: GPL-3.0-or-later
"""Jobs come to an end: done, tried again, given back, or lost to another worker."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta

import asyncpg
import pytest

from graph.db.queue import Job, JobKind
from graph.errors import UpstreamError
from graph.jobs import dispatch
from graph.jobs.dispatch import AT_ONCE, Dispatcher, delay_after, shown
from tests.jobs.stage import Stage


class Handler:
    """Waits to be told how to end."""

    def __init__(self) -> None:
        self.begun: list[int] = []
        self.most = self._running = 0
        self.may_end = asyncio.Event()
        self.stirred = asyncio.Event()
        self.error: Exception | None = None

    async def __call__(self, job: Job) -> None:
        self.begun.append(job.program_id)
        self._running += 1
        self.most = max(self.most, self._running)
        self.stirred.set()
        try:
            await self.may_end.wait()
        finally:
            self._running -= 1
        if self.error is not None:
            raise self.error


@pytest.fixture
def handler() -> Handler:
    return Handler()


async def begun(handler: Handler, times: int) -> None:
    async with asyncio.timeout(20):
        while len(handler.begun) < times:
            handler.stirred.clear()
            await handler.stirred.wait()


def dispatcher(stage: Stage, handler: Handler, **options: object) -> Dispatcher:
    return Dispatcher(stage.pool, dict.fromkeys(JobKind, handler), **options)


async def test_so_many_jobs_run_at_once_and_no_more(stage: Stage, handler: Handler) -> None:
    programs = [await stage.program(f"program-{n}") for n in range(AT_ONCE + 2)]
    for number in programs:
        await stage.ask(JobKind.SETTLE, number)
    draining = asyncio.create_task(dispatcher(stage, handler).drain())
    await begun(handler, AT_ONCE)
    handler.may_end.set()
    await draining
    assert handler.most == AT_ONCE
    assert sorted(handler.begun) == sorted(programs)
    assert await stage.queued() == []


async def test_a_cancelled_worker_gives_its_jobs_back(stage: Stage, handler: Handler) -> None:
    await stage.ask(JobKind.SETTLE, await stage.program("rivers"))
    running = asyncio.create_task(dispatcher(stage, handler).run())
    await begun(handler, 1)
    running.cancel()
    await asyncio.wait([running])
    assert running.cancelled()
    assert await stage.queued() == [("settle", "queued")]
    assert await stage.pool.fetchval("SELECT attempts FROM jobs.pgqueuer") == 0


async def test_a_worker_stops_working_on_a_job_that_another_has(
    stage: Stage, handler: Handler, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatch, "BEAT_SECONDS", 0.01)
    await stage.ask(JobKind.SETTLE, await stage.program("rivers"))
    draining = asyncio.create_task(dispatcher(stage, handler).drain())
    await begun(handler, 1)
    other = "00000000-0000-0000-0000-000000000001"
    await stage.pool.execute("UPDATE jobs.pgqueuer SET queue_manager_id = $1", other)
    async with asyncio.timeout(10):
        await draining
    assert str(await stage.pool.fetchval("SELECT queue_manager_id FROM jobs.pgqueuer")) == other
    assert await stage.queued() == [("settle", "picked")]


async def test_the_jobs_of_other_programs_are_left_alone(stage: Stage, handler: Handler) -> None:
    ours, theirs = await stage.program("ours"), await stage.program("theirs")
    for number in (ours, theirs):
        await stage.ask(JobKind.SETTLE, number)
    handler.may_end.set()
    await dispatcher(stage, handler, only=[ours]).drain()
    assert handler.begun == [ours]
    assert await stage.queued() == [("settle", "queued")]


async def test_a_failure_nobody_expected_is_logged_whole_and_told_in_general(
    stage: Stage, handler: Handler, caplog: pytest.LogCaptureFixture
) -> None:
    program = await stage.program("rivers")
    await stage.ask(JobKind.BACKFILL, program)
    handler.error = ZeroDivisionError("secret")
    handler.may_end.set()
    with caplog.at_level(logging.ERROR):
        await dispatcher(stage, handler).drain()
    assert "ZeroDivisionError: secret" in caplog.text
    assert (await stage.update(program)).error == "an internal error"


async def test_a_job_whose_workers_died_too_often_is_buried_without_being_begun(stage: Stage, handler: Handler) -> None:
    await stage.ask(JobKind.BACKFILL, await stage.program("rivers"))
    await stage.pool.execute("UPDATE jobs.pgqueuer SET attempts = 8")
    await dispatcher(stage, handler).drain()
    assert handler.begun == []
    assert await stage.queued() == [("backfill", "failed")]


@pytest.mark.parametrize(("failures", "seconds"), [(1, 5), (2, 20), (3, 80), (4, 320), (5, 900), (100, 900)])
def test_each_failure_is_waited_for_longer(failures: int, seconds: int) -> None:
    assert delay_after(failures) == timedelta(seconds=seconds)


def test_only_our_own_words_are_told() -> None:
    assert shown(UpstreamError("the wikis are closed")) == "the wikis are closed"
    assert shown(asyncpg.PostgresConnectionError("host 10.0.0.1")) == "the database could not be reached"
    assert shown(ValueError("secret")) == "an internal error"

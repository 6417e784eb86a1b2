# SPDX-License-Identifier: GPL-3.0-or-later
"""What was never read is read, once, in steps that survive a death, and shown while it goes on."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from graph.db import cohorts, consuming, enrolled, fetched, ledger, queue
from graph.db.queue import JobKind
from graph.db.updates import Drift, UpdateState
from graph.jobs import backfill as backfilling
from tests.db.rows import END, NOW, START
from tests.jobs.stage import MINUTE, Stage

DAY = timedelta(days=1)


async def test_what_an_editor_did_before_they_were_enrolled_counts(stage: Stage) -> None:
    stage.saves((await stage.person("Ada")).username, 3)
    stage.saves("Stranger", 2)
    program = await stage.program("rivers")
    await stage.enroll(program, "Ada")
    await stage.work()
    assert await stage.edits(program) == 3


async def test_the_result_says_what_was_read_and_when(stage: Stage) -> None:
    for name in ("Ada", "Grace"):
        stage.saves((await stage.person(name)).username, 2)
    program = await stage.program("rivers", "Ada", "Grace", tracked=("enwiki", "dewiki"))
    await stage.backfill(program)
    update = await stage.update(program)
    # Two editors on two wikis, and on Commons for their uploads.
    assert (update.state, update.done, update.total, update.edits) == (UpdateState.DONE, 6, 6, 4)
    assert (update.started_at, update.finished_at, update.error) == (NOW, NOW, None)
    assert update.requested_at is not None
    assert (update.reconciled_at, update.drift) == (NOW, Drift())


async def test_only_what_was_never_read_is_asked_for(stage: Stage) -> None:
    program = await stage.program("rivers", "Ada")
    await stage.backfill(program)
    assert await stage.fetched("Ada") == [(START, NOW - MINUTE)]
    stage.clock.passes(DAY)
    with stage.questions() as asked:
        await stage.backfill(program)
    until = NOW + DAY - timedelta(seconds=30)
    assert sorted(asked) == [("commonswiki", NOW - MINUTE, until), ("enwiki", NOW - MINUTE, until)]
    assert await stage.fetched("Ada") == [(START, NOW + DAY - MINUTE)]


async def test_an_earlier_beginning_asks_for_the_earlier_time_alone(stage: Stage) -> None:
    program = await stage.program("rivers", "Ada", tracking_end=NOW - DAY)
    await stage.backfill(program)
    await stage.pool.execute("UPDATE program SET tracking_start = $2 WHERE id = $1", program, START - 5 * DAY)
    old = stage.saves("Ada", at=START - 2 * DAY)
    with stage.questions() as asked:
        await stage.backfill(program)
    assert sorted(asked) == [("commonswiki", START - 5 * DAY, START), ("enwiki", START - 5 * DAY, START)]
    assert await stage.pool.fetchval("SELECT revision_id FROM edit") == old[0]
    assert await stage.fetched("Ada") == [(START - 5 * DAY, NOW - DAY)]


async def test_another_program_asks_for_nothing_that_is_known(stage: Stage) -> None:
    first = await stage.program("rivers", "Ada", tracking_end=NOW - DAY)
    await stage.backfill(first)
    second = await stage.program("lakes", "Ada", tracking_start=START + DAY, tracking_end=NOW - 2 * DAY)
    with stage.questions() as asked:
        await stage.backfill(second)
    assert asked == []
    assert (await stage.update(second)).state is UpdateState.DONE


async def test_an_ended_program_is_read_to_its_end_and_no_further(stage: Stage) -> None:
    program = await stage.program("rivers", "Ada", tracking_end=NOW - DAY)
    with stage.questions() as asked:
        await stage.backfill(program)
    assert {(since, until) for _, since, until in asked} == {(START, NOW - DAY)}
    assert await stage.queued() == []


async def test_a_program_that_is_yet_to_come_asks_for_nothing(stage: Stage) -> None:
    program = await stage.program("rivers", "Ada", tracking_start=NOW + DAY)
    with stage.questions() as asked:
        await stage.backfill(program)
    assert asked == []
    assert (await stage.update(program)).state is UpdateState.DONE


async def test_nothing_is_read_for_a_program_that_is_withdrawn_or_gone(stage: Stage) -> None:
    withdrawn = await stage.program("rivers", "Ada", withdrawn_at=NOW)
    for program in (withdrawn, withdrawn + 1000):
        with stage.questions() as asked:
            await stage.pool.execute("DELETE FROM jobs.pgqueuer")
            await stage.pool.execute(
                "INSERT INTO jobs.pgqueuer (priority, status, entrypoint, dedupe_key, payload)"
                " VALUES (0, 'queued', $1, $1, 'backfill')",
                str(program),
            )
            await stage.settle_now()
            await stage.work()
        assert asked == []
        assert await stage.queued() == []


async def test_uploads_count_where_nobody_tracks_commons_and_all_edits_there_once_somebody_does(stage: Stage) -> None:
    program = await stage.program("rivers", "Ada", tracking_end=NOW - MINUTE)
    at = NOW - timedelta(hours=2)
    stage.wikis.upload("River.jpg", "Ada", at=at)
    stage.saves("Ada", 2, wiki="commonswiki")
    await stage.backfill(program)
    assert await stage.pool.fetchval("SELECT uploads FROM collection WHERE id = $1", program) == 1
    assert await stage.edits(program) == 0
    commons = await stage.world.wiki("commonswiki")
    await stage.pool.execute("INSERT INTO program_wiki VALUES ($1, $2, '{6}')", program, commons)
    async with stage.pool.acquire() as conn, conn.transaction():
        await ledger.lock(conn)
        await cohorts.cover(conn, [program])
        await cohorts.reassess_program(conn, program)
    await stage.backfill(program)
    assert await stage.edits(program) == 3


async def test_what_was_too_young_is_read_again_a_minute_later(stage: Stage) -> None:
    program = await stage.program("rivers", "Ada")
    await stage.backfill(program)
    assert await stage.queued() == [("settle", "queued")]
    await stage.work()
    assert await stage.queued() == [("settle", "queued")]
    # An edit that was under way: it has its time from before, and is listed now.
    late = stage.saves("Ada", at=NOW - timedelta(seconds=20))
    stage.clock.passes(MINUTE)
    await stage.settle_now()
    await stage.work()
    assert await stage.pool.fetchval("SELECT revision_id FROM edit") == late[0]
    assert await stage.queued() == []
    assert await stage.fetched("Ada") == [(START, NOW)]


async def test_reading_begins_when_the_consumer_knows_the_new_editor(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backfilling, "INDEX_PAUSE", 0.01)
    program = await stage.program("rivers")
    await stage.stream_is_read()
    await stage.enroll(program, "Ada")
    stage.saves("Ada", 1)
    working = asyncio.create_task(stage.work())
    while await stage.pool.fetchval("SELECT started_at FROM program_update") is None:
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.1)
    assert await stage.edits(program) == 0
    async with stage.pool.acquire() as conn:
        await consuming.acknowledge(conn, await enrolled.rules_version(conn), NOW)
    await working
    assert await stage.edits(program) == 1


@pytest.mark.parametrize(
    ("known", "until"), [(timedelta(seconds=5), timedelta(seconds=5)), (DAY, timedelta(seconds=30))]
)
async def test_what_the_stream_is_about_to_tell_is_left_to_it_for_half_a_minute(
    stage: Stage, known: timedelta, until: timedelta
) -> None:
    program = await stage.program("rivers", "Ada")
    await stage.stream_is_read()
    async with stage.pool.acquire() as conn:
        await consuming.acknowledge(conn, await enrolled.rules_version(conn), NOW - known)
    with stage.questions() as asked:
        await stage.backfill(program)
    assert sorted(asked) == [("commonswiki", START, NOW - until), ("enwiki", START, NOW - until)]


async def test_a_failure_is_shown_and_tried_again_behind_what_was_ingested(stage: Stage) -> None:
    program = await stage.program("rivers", "Ada", tracking_end=NOW - MINUTE)
    stage.saves("Ada", 3)
    stage.faults.set(api_status=403)
    await stage.backfill(program)
    update = await stage.update(program)
    assert (update.state, update.edits) == (UpdateState.WAITING, 0)
    assert update.error is not None
    assert "403" in update.error
    assert await stage.queued() == [("backfill", "queued")]
    stage.faults.clear()
    await stage.settle_now()
    await stage.work()
    update = await stage.update(program)
    assert (update.state, update.done, update.total, update.error) == (UpdateState.DONE, 2, 2, None)
    assert await stage.edits(program) == 3


async def test_after_eight_failures_it_is_a_dead_letter(stage: Stage) -> None:
    program = await stage.program("rivers", "Ada")
    stage.faults.set(api_status=403)
    await stage.ask(JobKind.BACKFILL, program)
    for _ in range(8):
        await stage.settle_now()
        await stage.work()
    assert (await stage.update(program)).state is UpdateState.FAILED
    async with stage.pool.acquire() as conn:
        (letter,) = await queue.dead_letters(conn, 10)
        assert (letter.kind, letter.program_id, letter.failures) == (JobKind.BACKFILL, program, 8)
        assert "403" in letter.error
        stage.faults.clear()
        await queue.revive(conn, letter.id)
    await stage.work()
    assert (await stage.update(program)).state is UpdateState.DONE


async def test_a_renamed_editor_is_called_by_the_new_name(stage: Stage) -> None:
    program = await stage.program("rivers", "Ada")
    stage.saves("Ada", 1)
    stage.wikis.rename_user("Ada", "Ada Lovelace")
    await stage.backfill(program)
    assert await stage.edits(program) == 1
    assert await stage.pool.fetchval("SELECT username FROM editor") == "Ada Lovelace"


async def test_an_editor_who_left_is_not_marked_as_read(stage: Stage) -> None:
    program = await stage.program("rivers", "Ada", "Grace", tracking_end=END)
    async with stage.pool.acquire() as conn:
        (part, *_) = await fetched.members(conn, program, START, NOW)
        await conn.execute("DELETE FROM enrollment WHERE editor_id = $1", stage.people["Ada"].id)
        await fetched.mark(conn, part, START, NOW)
    assert await stage.fetched("Ada", part.wiki.dbname) == []
    assert await stage.fetched("Grace", part.wiki.dbname) == [(START, NOW)]

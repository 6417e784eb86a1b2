# SPDX-License-Identifier: GPL-3.0-or-later
"""What the stream missed is counted, what is gone is taken back, and all that was mended is written down."""

from __future__ import annotations

from datetime import timedelta

from graph.db.progress import save_gap
from graph.db.queue import JobKind
from graph.db.updates import Drift
from graph.jobs.reconcile import reconcile
from tests.db.rows import NOW, START
from tests.jobs.stage import MINUTE, Stage

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


async def drift(stage: Stage, program: int) -> Drift:
    return (await stage.update(program)).drift


async def an_hour_later(stage: Stage) -> None:
    stage.clock.passes(HOUR)
    await stage.stream_is_read()


async def read_program(stage: Stage, *names: str) -> int:
    program = await stage.program("rivers", *names)
    await stage.stream_is_read()
    await stage.backfill(program)
    return program


async def test_an_edit_the_stream_lost_is_added_and_counted_as_drift(stage: Stage) -> None:
    program = await read_program(stage, "Ada")
    stage.saves("Ada", 2, at=NOW - 3 * HOUR)
    await an_hour_later(stage)
    assert await reconcile(stage.reach, program) == Drift(added=2)
    assert await stage.edits(program) == 2
    assert await drift(stage, program) == Drift(added=2)
    assert (await stage.update(program)).reconciled_at == NOW + HOUR


async def test_a_null_revision_of_a_protection_is_found(stage: Stage) -> None:
    program = await read_program(stage, "Ada")
    (revision,) = stage.saves("Ada", at=NOW - 2 * HOUR)
    await an_hour_later(stage)
    await reconcile(stage.reach, program)
    title = stage.wikis.revision("enwiki", revision).page.title
    stage.wikis.protect("enwiki", title, "Ada")
    stage.clock.passes(2 * HOUR)
    await stage.stream_is_read()
    assert await reconcile(stage.reach, program) == Drift(added=1)
    assert await stage.edits(program) == 2


async def test_a_deleted_page_is_taken_back_and_a_restored_one_counted_again(stage: Stage) -> None:
    (revision,) = [stage.saves((await stage.person("Ada")).username, at=NOW - 2 * HOUR)[0]]
    program = await read_program(stage, "Ada")
    title = stage.wikis.revision("enwiki", revision).page.title
    stage.wikis.delete("enwiki", title, "Admin")
    await an_hour_later(stage)
    assert await reconcile(stage.reach, program) == Drift(taken_back=1)
    assert await stage.edits(program) == 0
    stage.wikis.undelete("enwiki", title, "Admin")
    await an_hour_later(stage)
    found = await reconcile(stage.reach, program)
    assert found == Drift(changed=1)
    assert await stage.edits(program) == 1
    assert await drift(stage, program) == Drift(changed=1, taken_back=1)


async def test_a_revision_whose_editor_was_hidden_is_taken_back(stage: Stage) -> None:
    revision = stage.saves((await stage.person("Ada")).username, at=NOW - 2 * HOUR)[0]
    program = await read_program(stage, "Ada")
    stage.wikis.hide_revision("enwiki", revision, "Admin", user=True)
    await an_hour_later(stage)
    assert await reconcile(stage.reach, program) == Drift(taken_back=1)
    assert await stage.edits(program) == 0


async def test_a_late_tag_is_drift_of_what_changed(stage: Stage) -> None:
    revision = stage.saves((await stage.person("Ada")).username, at=NOW - 2 * HOUR)[0]
    program = await read_program(stage, "Ada")
    stage.wikis.change_tags(
        stage.wikis.revision("enwiki", revision), added=["mw-reverted"], performer=stage.wikis.account("Admin")
    )
    await an_hour_later(stage)
    assert await reconcile(stage.reach, program) == Drift(changed=1)
    assert await stage.pool.fetchval("SELECT reverted FROM collection WHERE id = $1", program) == 1


async def test_where_nothing_differs_nothing_is_written_but_the_time(stage: Stage) -> None:
    stage.saves((await stage.person("Ada")).username, 2, at=NOW - 2 * HOUR)
    program = await read_program(stage, "Ada")
    await an_hour_later(stage)
    entries = await stage.pool.fetchval("SELECT count(*) FROM activity")
    assert await reconcile(stage.reach, program) == Drift()
    assert await stage.pool.fetchval("SELECT count(*) FROM drift") == 0
    assert await stage.pool.fetchval("SELECT count(*) FROM activity") == entries
    assert (await stage.update(program)).reconciled_at == NOW + HOUR


async def test_a_program_that_is_not_due_is_left_alone(stage: Stage) -> None:
    program = await read_program(stage, "Ada")
    with stage.questions() as asked:
        assert await reconcile(stage.reach, program) is None
    assert asked == []


async def test_while_the_stream_is_down_edits_are_counted_within_minutes(stage: Stage) -> None:
    program = await read_program(stage, "Ada")
    stage.clock.passes(2 * MINUTE)
    stage.saves("Ada", at=stage.clock.now - timedelta(seconds=5))
    assert await stage.schedule() == 1
    await stage.work()
    assert await stage.edits(program) == 1


async def test_what_was_never_read_is_no_drift(stage: Stage) -> None:
    stage.saves((await stage.person("Ada")).username, 3, at=NOW - 5 * DAY)
    program = await stage.program("rivers", "Ada")
    await stage.stream_is_read()
    assert await reconcile(stage.reach, program) == Drift()
    assert await stage.edits(program) == 3
    assert await stage.fetched("Ada") == [(START, NOW - MINUTE)]


async def test_a_gap_of_the_stream_is_read_for_every_program_it_concerns_and_then_closed(stage: Stage) -> None:
    first = await read_program(stage, "Ada")
    second = await stage.program("lakes", "Grace")
    await stage.backfill(second)
    stage.saves("Ada", at=NOW - 10 * DAY)
    async with stage.pool.acquire() as conn:
        await save_gap(conn, NOW - 11 * DAY, NOW - 9 * DAY)
    await stage.stream_is_read()
    assert await stage.schedule() == 2
    assert await reconcile(stage.reach, first) == Drift(added=1)
    assert await stage.pool.fetchval("SELECT reconciled FROM stream_gap") is False
    await stage.work()
    assert await stage.pool.fetchval("SELECT reconciled FROM stream_gap") is True
    assert await stage.schedule() == 0
    assert await stage.edits(first) == 1


async def test_a_comparison_that_fails_closes_no_gap_and_keeps_what_it_mended(stage: Stage) -> None:
    program = await stage.program("rivers", "Ada", tracked=("enwiki", "dewiki"))
    await stage.stream_is_read()
    await stage.backfill(program)
    stage.saves("Ada", at=NOW - 10 * DAY)
    async with stage.pool.acquire() as conn:
        await save_gap(conn, NOW - 11 * DAY, NOW - 9 * DAY)
    stage.faults.set(api_status=403)
    await stage.ask(JobKind.RECONCILE, program)
    await stage.work()
    assert await stage.queued() == [("settle", "queued"), ("reconcile", "queued")]
    assert await stage.pool.fetchval("SELECT reconciled FROM stream_gap") is False
    stage.faults.clear()
    await stage.pool.execute("UPDATE jobs.pgqueuer SET execute_after = now() - interval '1 s' WHERE attempts > 0")
    await stage.work()
    assert await stage.pool.fetchval("SELECT reconciled FROM stream_gap") is True
    assert await drift(stage, program) == Drift(added=1)

# SPDX-License-Identifier: GPL-3.0-or-later
"""A job that waits for a program is not undone when the program is deleted: it finds nothing to do, and ends."""

from __future__ import annotations

from uuid import uuid4

import pytest

from graph.db import ledger, organizing_deleting
from graph.db.queue import Job, JobKind
from graph.jobs.worker import handlers
from tests.jobs.stage import Stage


@pytest.mark.parametrize("kind", JobKind)
async def test_a_job_of_a_deleted_program_ends_without_a_trace(stage: Stage, kind: JobKind) -> None:
    program = await stage.program("rivers", "Ada")
    stage.saves("Ada", 2)
    await stage.stream_is_read()
    async with stage.pool.acquire() as conn, conn.transaction():
        await ledger.lock(conn)
        await organizing_deleting.delete_program(conn, program)
        await ledger.announce(conn)

    await handlers(stage.reach)[kind](Job(1, kind, program, 0, uuid4()))

    for table in ("program_update", "edit", "fetching"):
        assert await stage.pool.fetchval(f"SELECT count(*) FROM {table}") == 0, table

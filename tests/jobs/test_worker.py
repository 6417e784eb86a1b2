# SPDX-License-Identifier: GPL-3.0-or-later
"""The worker's own rounds: what fails in one of them keeps nobody from the next, and the heart goes on beating."""

from __future__ import annotations

import asyncio
from typing import cast

import pytest

from graph.db.pool import Pool
from graph.errors import DatabaseUnavailable
from graph.jobs.worker import Worker
from graph.streams.history import History
from tests.resolvers.stage import Stage


@pytest.mark.parametrize("error", [RuntimeError("a fault of ours"), DatabaseUnavailable("away")])
async def test_a_round_that_fails_is_logged_and_tried_again(
    pool: Pool, caplog: pytest.LogCaptureFixture, error: Exception
) -> None:
    beats, done = [], asyncio.Event()
    worker = Worker(Stage(pool).deps, cast("History", None), lambda: beats.append(1))
    rounds = 0

    async def tidy_up() -> None:
        nonlocal rounds
        rounds += 1
        if rounds == 1:
            raise error
        done.set()

    working = asyncio.create_task(worker._every(0.001, tidy_up))
    async with asyncio.timeout(10):
        await done.wait()
    working.cancel()
    await asyncio.wait([working])
    assert (len(beats) >= 1, caplog.messages[0][:32]) == (True, "tidy_up failed and is tried agai")

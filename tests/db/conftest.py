# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from graph.db import due
from graph.db.pool import Pool
from tests.db.world import World

# Changes of rules are carried out at once where they concern few edits, and else by the worker.
AT_ONCE, BY_THE_WORKER = "at once", "by the worker"


@pytest.fixture
def world(pool: Pool, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> World:
    by_the_worker = getattr(request, "param", AT_ONCE) == BY_THE_WORKER
    if by_the_worker:
        monkeypatch.setattr(due, "AT_ONCE", 0)
    return World(pool, by_the_worker=by_the_worker)

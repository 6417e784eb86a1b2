# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from graph.db.pool import Pool
from tests.jobs.stage import Stage, set_up


@pytest.fixture
async def stage(pool: Pool) -> AsyncIterator[Stage]:
    async with set_up(pool) as ready:
        yield ready

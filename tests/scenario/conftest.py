# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from graph.db.pool import connect
from tests.scenario.measuring import drift


@pytest.fixture(autouse=True)
async def _nothing_drifts(request: pytest.FixtureRequest) -> AsyncIterator[None]:
    """After each of these tests every number in its database is what the stored edits say."""
    url = request.getfixturevalue("database_url") if "database_url" in request.fixturenames else None
    yield
    if url is not None:
        pool = await connect(url)
        found = await drift(pool)
        await pool.close()
        assert found == []

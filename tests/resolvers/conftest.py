# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from graph.db.pool import Pool
from graph.resolvers.identity import Actor
from tests.resolvers.stage import Stage


@pytest.fixture
def stage(pool: Pool) -> Stage:
    return Stage(pool)


@pytest.fixture
async def amara(stage: Stage) -> Actor:
    """Somebody who is signed in, and runs what a test creates."""
    return await stage.person("Amara Quill")


@pytest.fixture
async def admin(stage: Stage) -> Actor:
    return await stage.person("The Admin", is_admin=True)


@pytest.fixture
async def stranger(stage: Stage) -> Actor:
    """Somebody who is signed in and has no part in anything."""
    return await stage.person("A Stranger")

# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from graph.db.pool import Pool
from tests.db.rows import World
from tests.schema.asking import Api


@pytest.fixture
def world(pool: Pool) -> World:
    return World(pool)


@pytest.fixture
def api(pool: Pool) -> Api:
    return Api(pool)

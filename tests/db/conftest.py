# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from graph.db.pool import Pool
from tests.db.world import World


@pytest.fixture
def world(pool: Pool) -> World:
    return World(pool)

# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from graph.simulator.moderation import Wikimedia
from tests.simulator.serving import Clock, Stand, new_wikimedia, standing


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def wikimedia(clock: Clock) -> Wikimedia:
    return new_wikimedia(clock)


@pytest.fixture
async def stand() -> AsyncIterator[Stand]:
    async with standing() as stand:
        yield stand

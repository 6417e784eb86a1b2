# SPDX-License-Identifier: GPL-3.0-or-later
"""How the service says it is."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from graph.db.pool import Pool
from graph.db.progress import StreamState, save_gap, save_state
from tests.db.rows import NOW
from tests.schema.asking import Api

SERVICE = "{ service { connected upstreamLagSeconds ownLagSeconds lastEventAt } }"


async def say(pool: Pool, *, connected: bool, age: float) -> None:
    async with pool.acquire() as conn:
        state = StreamState(connected, NOW - timedelta(seconds=30), 0.5, 0.25)
        await save_state(conn, state, NOW - timedelta(seconds=age))


@pytest.mark.parametrize(("connected", "age"), [(True, 0), (True, 9.9)])
async def test_a_living_consumer_tells_its_lags(api: Api, pool: Pool, connected: bool, age: float) -> None:
    await say(pool, connected=connected, age=age)

    assert (await api.ask(SERVICE))["service"] == {
        "connected": True,
        "upstreamLagSeconds": 0.5,
        "ownLagSeconds": 0.25,
        "lastEventAt": "2026-11-22T11:59:30Z",
    }


@pytest.mark.parametrize(("connected", "age"), [(False, 0), (True, 10), (True, 3600)])
async def test_a_silent_or_disconnected_consumer_tells_no_lags(
    api: Api, pool: Pool, connected: bool, age: float
) -> None:
    await say(pool, connected=connected, age=age)

    assert (await api.ask(SERVICE))["service"] == {
        "connected": False,
        "upstreamLagSeconds": None,
        "ownLagSeconds": None,
        "lastEventAt": "2026-11-22T11:59:30Z",
    }


async def test_gaps_are_told_newest_first(api: Api, pool: Pool) -> None:
    async with pool.acquire() as conn:
        for days in (9, 3):
            await save_gap(conn, NOW - timedelta(days=days), NOW - timedelta(days=days - 1))

    found: dict[str, Any] = await api.ask("{ service { gaps { from to reconciled } } }")

    assert found["service"]["gaps"] == [
        {"from": "2026-11-19T12:00:00Z", "to": "2026-11-20T12:00:00Z", "reconciled": False},
        {"from": "2026-11-13T12:00:00Z", "to": "2026-11-14T12:00:00Z", "reconciled": False},
    ]

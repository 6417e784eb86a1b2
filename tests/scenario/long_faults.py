# SPDX-License-Identifier: GPL-3.0-or-later
"""The faults of test_faults.py that last as long as they do in life; ``make long-faults`` runs them (two minutes)."""

from __future__ import annotations

import asyncio

from graph.simulator.faults import Faults
from graph.simulator.stream import StreamEndpoint
from graph.streams.connection import READ_SECONDS
from tests.scenario.test_faults import PATIENCE, Service, faults, pytestmark, service, started, streams

__all__ = ["faults", "pytestmark", "service", "started", "streams"]

AWAY_SECONDS = 30


async def test_a_database_that_is_away_for_half_a_minute_costs_nothing(service: Service) -> None:
    await asyncio.to_thread(service.server.stop)
    for _ in range(AWAY_SECONDS):
        service.save(2)
        await asyncio.sleep(1)
    await service.ready(503)
    await asyncio.to_thread(service.server.start)
    await service.ready(200)
    await service.counted()
    await service.well()


async def test_a_stream_that_stalls_is_given_up_and_read_anew(
    service: Service, faults: Faults, streams: StreamEndpoint
) -> None:
    faults.set(stall_events=[0, 0], stall_seconds=3_600)
    streams.disconnect()
    await asyncio.sleep(2)
    service.save(10)
    await asyncio.sleep(2)
    assert await service.stage.edits("program", service.slug) < service.truth
    faults.set(stall_events=None)
    async with asyncio.timeout(READ_SECONDS + PATIENCE):
        while await service.stage.edits("program", service.slug) != service.truth:
            await asyncio.sleep(0.1)
    await service.well()


async def test_every_process_lived_through_it(service: Service) -> None:
    assert service.ended() == {}

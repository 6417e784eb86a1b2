# SPDX-License-Identifier: GPL-3.0-or-later
"""How far behind the wikis the service is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from graph.db import activity as entries
from graph.db import upstream
from graph.db.upstream import Gap
from graph.resolvers.deps import Deps

# A consumer says every second or so that it lives; one that has been silent this long is taken for dead.
ALIVE = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class ServiceStatus:
    """What the service knows of itself. The lags are in seconds, and None while no stream is connected."""

    upstream_lag: float | None
    own_lag: float | None
    connected: bool
    last_event_at: datetime | None
    gaps: tuple[Gap, ...]
    version: str


async def status(deps: Deps) -> ServiceStatus:
    """How the service is now; gaps newest first, at most a hundred."""
    state = await upstream.state(deps.pool)
    fresh = state.heartbeat is not None and deps.clock() - state.heartbeat < ALIVE
    connected = state.connected and fresh
    return ServiceStatus(
        upstream_lag=state.upstream_lag if connected else None,
        own_lag=state.own_lag if connected else None,
        connected=connected,
        last_event_at=state.last_event_at,
        gaps=state.gaps,
        version=deps.version,
    )


async def position(deps: Deps) -> tuple[str, int]:
    """The newest place in the activity: the ledger's epoch and number."""
    async with deps.pool.acquire() as conn:
        place = await entries.position(conn)
    return place.epoch, place.newest

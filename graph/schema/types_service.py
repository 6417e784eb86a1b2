# SPDX-License-Identifier: GPL-3.0-or-later
"""How the service is, as the API shows it."""

from __future__ import annotations

from datetime import datetime

from graph.resolvers import updating, upstream
from graph.schema.context import Info
from graph.schema.fields import described, resolved, said
from graph.schema.types_update import Drift


@described
class StreamGap:
    """A time the wikis' stream could not tell about."""

    from_: datetime = said("Its first instant.", name="from")
    to: datetime = said("Its last instant.")
    reconciled: bool = said("Whether the wikis' own lists have filled it since.")


@described
class ServiceStatus:
    """How far behind the wikis the service is, honestly."""

    upstream_lag_seconds: float | None = said(
        "Seconds from the edit on the wiki to its arrival here; null while no stream is connected."
    )
    own_lag_seconds: float | None = said(
        "Seconds from its arrival to its being counted; null while no stream is connected."
    )
    connected: bool = said("Whether the wikis' stream is being read.")
    last_event_at: datetime | None = said("When the newest event of the stream was made; null before the first.")
    gaps: list[StreamGap] = said("Times the stream could not tell about, the newest first, at most a hundred.")
    version: str = said("The version of this service.")

    @classmethod
    def of(cls, value: upstream.ServiceStatus) -> ServiceStatus:
        """The status as the API shows it."""
        return cls(
            upstream_lag_seconds=value.upstream_lag,
            own_lag_seconds=value.own_lag,
            connected=value.connected,
            last_event_at=value.last_event_at,
            gaps=[StreamGap(from_=gap.start, to=gap.end, reconciled=gap.reconciled) for gap in value.gaps],
            version=value.version,
        )

    @resolved
    async def drift(self, info: Info) -> Drift:
        """What comparisons with the wikis' own lists ever had to mend, in all programs."""
        return Drift.of(await updating.drift(info.context.deps))

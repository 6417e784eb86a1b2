# SPDX-License-Identifier: GPL-3.0-or-later
"""How much happens in one run of the harness, and how badly the stream behaves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

# Everything at once. A connection breaks after so many bytes, in the middle of an event; a stall outlasts the reader's
# patience; an event of twelve comes twice, one of twelve after its neighbour; nonsense in between; bytes in pieces of
# any size; and when behind, one topic runs ahead of the others, so that news comes before the edit it is about.
FAULTS: Mapping[str, Any] = {
    "cut_bytes": (60_000, 700_000),
    "stall_events": (100, 900),
    "stall_seconds": 0.4,
    "errors": 2,
    "refusals": [502, 503],
    "duplicate": 0.08,
    "reorder": 0.08,
    "garbage": 0.02,
    "chunk_sizes": (1, 6000),
    "burst": 25,
}


@dataclass(frozen=True, slots=True)
class Plan:
    """``neighbours`` changes share a moment of the wikis' time; ``apart`` are the ms between two such moments."""

    edits: int = 5000
    kills: int = 20
    restarts: int = 2
    neighbours: tuple[int, int] = (1, 6)
    apart: tuple[int, int] = (1_000, 15_000)
    faults: Mapping[str, Any] = field(default_factory=lambda: FAULTS)
    seconds: float = 240

    @property
    def lasts(self) -> int:
        """About how long all this takes on the wikis, in ms."""
        # Some changes are no edits, some edits come by twos.
        return int(self.edits / (sum(self.neighbours) / 2) * sum(self.apart) / 2 * 1.1)

    def restart_at(self, life: int) -> bool:
        """Whether PostgreSQL crashes in this life of the consumer."""
        # Even ones: in the others it dies at a point of its own.
        places = {(n + 1) * self.kills // (self.restarts + 1) // 2 * 2 for n in range(self.restarts)}
        return life in places


# A short run, for the designs that are wrong.
SHORT = Plan(
    edits=600,
    kills=6,
    restarts=0,
    faults={**FAULTS, "cut_bytes": (30_000, 300_000), "errors": 0, "refusals": []},
    seconds=90,
)

# The same with changes so far apart that what is lost is not healed by reading the last minute again.
SPARSE = replace(SHORT, neighbours=(1, 3), apart=(40_000, 100_000))

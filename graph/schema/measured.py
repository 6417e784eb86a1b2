# SPDX-License-Identifier: GPL-3.0-or-later
"""How often operations were executed, what they cost and how long they took: our own by name, all others together.

The names are those of documents that are known beforehand: what others call their operations is theirs, without end.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Final

from graph.schema.documents import Operation

SECONDS: Final = (0.005, 0.02, 0.1, 0.5, 2.0)
"""Up to which of these an execution took is counted."""
OTHER: Final = "other"


@dataclass(slots=True)
class Taken:
    """The executions of an operation: how many, their cost and seconds added up, how many within each of SECONDS."""

    count: int = 0
    cost: int = 0
    seconds: float = 0.0
    within: list[int] = field(default_factory=lambda: [0] * len(SECONDS))


class Measured:
    """What one process executed since it began; of subscriptions, how they were begun."""

    def __init__(self, known: Collection[str]) -> None:
        self._known = frozenset(known)
        self.taken: dict[tuple[str, str], Taken] = {}
        """By kind (query, mutation, subscription) and name."""

    def note(self, text: str, operation: Operation, cost: int, seconds: float) -> None:
        """Count one execution of an operation of this document."""
        name = (operation.name if text in self._known else None) or OTHER
        taken = self.taken.setdefault((operation.kind.value, name), Taken())
        taken.count += 1
        taken.cost += cost
        taken.seconds += seconds
        for place, most in enumerate(SECONDS):
            taken.within[place] += seconds <= most

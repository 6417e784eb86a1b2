# SPDX-License-Identifier: GPL-3.0-or-later
"""What can go wrong, and how much of it: every fault can be set while the stand-in runs."""

from __future__ import annotations

import random
from dataclasses import dataclass, field, fields
from typing import Any

from graph.simulator.state import NotPossible

Range = tuple[int, int]


@dataclass(slots=True)
class Faults:
    """The limits and faults in force. Ranges are (low, high), both included, drawn anew for each connection.

    ``cut_bytes``: the connection breaks after so many bytes of the body, ``cut_times`` times (None: always).
    ``cut_seconds``: the edge's limit on a connection's life. ``stall_events``: after so many events nothing more
    is said for ``stall_seconds``. ``errors``: so many connections end with ``event: error`` after an event.
    ``duplicate``, ``reorder``, ``garbage``: the share (0 to 1) of events sent twice, after their neighbour, behind
    nonsense; ``reorder_ms``: neighbours further apart in time stay in order, as on brokers that keep it but for their
    clocks. ``chunk_sizes``: bytes of a write, instead of a write a line. ``burst``: events read from one topic
    before another has its turn, when behind. ``refusals``: statuses (429, 502, 403, 503) for the next requests.
    ``switch_when_idle``: so many times the datacenter is switched when the last connection has gone.
    ``api_status``: what the Action API answers instead (None: it works), ``api_errors``: codes of its next
    errors, ``api_refusals``: statuses of its next answers, ``api_retry_after``: the seconds it asks to wait then,
    ``api_broken``: so many answers end in the middle, ``api_seconds``: how long it thinks, ``api_lag``: its
    replication lag in seconds, for ``maxlag``. ``oauth_status``: what the log-in's addresses answer instead,
    ``oauth_garbage``: no JSON for a code, ``oauth_hidden``: profiles are those of hidden accounts.
    ``lists_status``: what PetScan and PagePile answer instead, ``lists_error``: PetScan's error for every query,
    ``lists_html``: a page instead of JSON, ``lists_seconds``: how long they think, ``lists_broken``: so many answers
    end in the middle, ``lists_wiki``: the wiki they say it is, ``lists_more``: so many more pages are made up.
    """

    seed: int = 0
    cut_bytes: Range | None = None
    cut_times: int | None = None
    cut_seconds: float = 900
    stall_events: Range | None = None
    stall_seconds: float = 60
    errors: int = 0
    duplicate: float = 0
    reorder: float = 0
    reorder_ms: int = 10_000
    garbage: float = 0
    chunk_sizes: Range | None = None
    burst: int = 1
    refusals: list[int] = field(default_factory=list)
    switch_when_idle: int = 0
    connection_limit: int = 2
    check_user_agent: bool = True
    api_status: int | None = None
    api_errors: list[str] = field(default_factory=list)
    api_refusals: list[int] = field(default_factory=list)
    api_retry_after: int | None = None
    api_broken: int = 0
    api_seconds: float = 0
    api_lag: float = 0
    oauth_status: int | None = None
    oauth_garbage: bool = False
    oauth_hidden: bool = False
    lists_status: int | None = None
    lists_error: str | None = None
    lists_html: bool = False
    lists_seconds: float = 0
    lists_broken: int = 0
    lists_wiki: str | None = None
    lists_more: int = 0

    def set(self, **changes: Any) -> None:
        """Change some of them; a list is taken for a range. Raises NotPossible for an unknown name."""
        known = {known.name for known in fields(self)}
        for name, value in changes.items():
            if name not in known:
                raise NotPossible(f"there is no fault {name!r}; there are: {', '.join(sorted(known))}")
            ranged = name in ("cut_bytes", "stall_events", "chunk_sizes") and value is not None
            setattr(self, name, tuple(value) if ranged else value)

    def clear(self) -> None:
        """Let everything work again."""
        fresh = Faults(seed=self.seed)
        for known in fields(self):
            setattr(self, known.name, getattr(fresh, known.name))

    def generator(self, connection: int) -> random.Random:
        """The chances of one connection, the same in each run with the same seed."""
        return random.Random(f"{self.seed}/{connection}")

    def take_cut(self, chances: random.Random) -> int | None:
        """After how many bytes this connection breaks, if it does."""
        if self.cut_bytes is None or self.cut_times == 0:
            return None
        if self.cut_times is not None:
            self.cut_times -= 1
        return chances.randint(*self.cut_bytes)

    def take_refusal(self) -> int | None:
        """The status with which this request is refused, if it is."""
        return self.refusals.pop(0) if self.refusals else None

    def take_api_refusal(self) -> int | None:
        """The status with which the Action API answers this request, if it does not work."""
        if self.api_status is not None:
            return self.api_status
        return self.api_refusals.pop(0) if self.api_refusals else None

    def take_broken_answer(self) -> bool:
        """Whether the Action API's answer ends in the middle."""
        if not self.api_broken:
            return False
        self.api_broken -= 1
        return True

    def take_broken_list(self) -> bool:
        """Whether PetScan's or PagePile's answer ends in the middle."""
        if not self.lists_broken:
            return False
        self.lists_broken -= 1
        return True

    def take_error(self) -> bool:
        """Whether this connection ends with an ``error`` event."""
        if not self.errors:
            return False
        self.errors -= 1
        return True

    def take_switch(self) -> bool:
        """Whether to switch the datacenter now that nobody is connected."""
        if not self.switch_when_idle:
            return False
        self.switch_when_idle -= 1
        return True

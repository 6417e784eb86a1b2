# SPDX-License-Identifier: GPL-3.0-or-later
"""How figures are taken and printed, the same for every benchmark."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass
class Stopwatch:
    """Seconds on the wall, one entry a lap."""

    laps: list[float] = field(default_factory=list)

    @contextmanager
    def lap(self) -> Iterator[None]:
        """Time what happens inside."""
        start = time.perf_counter()
        yield
        self.laps.append(time.perf_counter() - start)

    def rate(self, things: int, laps: slice = slice(None)) -> float:
        """Things a second where each lap did ``things``, over all laps or some of them."""
        chosen = self.laps[laps]
        return things * len(chosen) / sum(chosen)


def share(values: Sequence[float], part: float) -> float:
    """The value that ``part`` (0 to 1) of all do not exceed: 0.5 is the median, 0.99 the p99."""
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * part), len(ordered) - 1)]


def cpu_seconds(pid: int) -> float:
    """Processor time another process has used; it does not grow while somebody else has the processor."""
    fields = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def tell(what: str, figure: str, note: str = "") -> None:
    """One line of the report."""
    print(f"{what:<44} {figure:>14}  {note}".rstrip(), flush=True)


def load() -> str:
    """How busy the machine is, so that a figure can be judged: processors and the load of the last minute."""
    return f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}"

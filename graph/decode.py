# SPDX-License-Identifier: GPL-3.0-or-later
"""Behind ``programs-graph decode``: a line for each event of a capture, and a summary."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import BinaryIO

from graph.errors import GraphError
from graph.streams.decoding import Verdict, explain_capture, line
from graph.terminal import harmless


def decode(names: Sequence[str], show: Callable[[str], None]) -> bool:
    """Show how each event in these files (``-``: standard input) is understood; whether all of them are well formed.

    Raises GraphError where a file holds no event, and OSError where it cannot be read.
    """
    verdicts: Counter[Verdict] = Counter()
    reasons: Counter[str] = Counter()
    for name in names:
        before = verdicts.total()
        for explained in explain_capture(_chunks(name)):
            verdicts[explained.verdict] += 1
            if explained.verdict is not Verdict.UNDERSTOOD:
                reasons[explained.reason.partition(":")[0]] += 1
            show(f"{verdicts.total():>4}  {harmless(line(explained))}")
        if verdicts.total() == before:
            raise GraphError(f"there is no event in {name}: an event stream or JSON is expected")
    counts = ", ".join(f"{verdicts[verdict]:,} {verdict.value}" for verdict in Verdict)
    why = "; ".join(f"{count:,} {reason}" for reason, count in reasons.most_common())
    show(f"events: {verdicts.total():,}; {counts}{f' ({why})' if why else ''}")
    return not verdicts[Verdict.MALFORMED]


def _chunks(name: str) -> Iterator[bytes]:
    def read(file: BinaryIO) -> Iterator[bytes]:
        # What is there is shown at once: standard input may be a live stream.
        return iter(partial(os.read, file.fileno(), 65536), b"")

    if name == "-":
        yield from read(sys.stdin.buffer)
    else:
        with Path(name).open("rb") as file:
            yield from read(file)

# SPDX-License-Identifier: GPL-3.0-or-later
"""The places inside a batch's transaction, and around it, where the process may be made to die."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from graph.db import changes, incoming, ledger, progress
from graph.edits import Batch
from graph.streams import consumer

BEFORE_CHECKPOINT, AFTER_CHECKPOINT = "before the checkpoint", "after the checkpoint"
POINTS = (
    AFTER_CHECKPOINT,
    BEFORE_CHECKPOINT,
    "after the edits",
    "after the commit",
    "after the lock",
    "after the changes",
    "before the transaction",
)


class Fate(msgspec.Struct, frozen=True):
    """Die at ``point`` of the ``nth`` batch that has at least so many ``edits``."""

    point: str
    nth: int
    edits: int


def watch(fate: Fate | None, report: Callable[[str], None]) -> None:
    """Wrap the steps of a batch: each may be the last, and what came again is reported."""
    seen = 0
    armed = False

    def reach(point: str) -> None:
        if armed and fate is not None and point == fate.point:
            report(f"died {point}")
            os.kill(os.getpid(), signal.SIGKILL)

    def around(module: Any, name: str, before: str | None, after: str | None) -> None:
        step = getattr(module, name)

        async def passed(*arguments: Any, **options: Any) -> Any:
            if before:
                reach(before)
            result = await step(*arguments, **options)
            if after:
                reach(after)
            return result

        setattr(module, name, passed)

    around(ledger, "lock", None, "after the lock")
    around(incoming, "add", None, "after the edits")
    around(changes, "apply", None, "after the changes")
    around(progress, "save_checkpoint", BEFORE_CHECKPOINT, AFTER_CHECKPOINT)
    ingest = consumer.ingest

    async def counting(conn: Any, batch: Batch) -> Any:
        nonlocal seen, armed
        seen += fate is not None and len(batch.edits) >= fate.edits
        armed = fate is not None and seen >= fate.nth
        reach("before the transaction")
        counted = await ingest(conn, batch)
        reach("after the commit")
        return counted

    consumer.ingest = counting


def report_repeats(report: Callable[[str], None]) -> None:
    """Report how many edits came that were stored already."""
    store = incoming.store

    async def counting(conn: Any, edits: Sequence[Any], *, live: bool) -> Any:
        new = await store(conn, edits, live=live)
        if len(edits) > len(new):
            report(f"repeated {len(edits) - len(new)}")
        return new

    incoming.store = counting

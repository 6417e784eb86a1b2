# SPDX-License-Identifier: GPL-3.0-or-later
"""The right design, and four that look right, work all day, and lose or double edits: a few lines each.

They exist to prove that the harness would notice. Each is put in place of the right code inside the process that is
killed, never in the service.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any

import msgspec

from graph.db import counting, progress
from graph.edits import Batch
from graph.streams import consumer, eventstreams, positions
from graph.streams import ingest as ingesting
from graph.streams.positions import TOPICS, Positions

RIGHT = "right"
SERVED_ID = "the served id sent back"
CHECKPOINT_FIRST = "the checkpoint before the edits"
CHECKPOINT_LAST = "the checkpoint after the edits, counted blindly"
COUNTED_BLINDLY = "counted whether it was new or not"


class ServedId(Positions):
    """Keeps and sends back the id the server sends: after the last event of a topic, or "from the end" of it."""

    def __init__(self, checkpoint: Mapping[str, int] | None, *settings: Any) -> None:
        super().__init__(checkpoint, *settings)
        self._served = dict.fromkeys(TOPICS, -1) | dict(checkpoint or {})

    def checkpoint(self) -> dict[str, int]:
        return dict(self._served)

    def last_event_id(self, now_ms: int) -> str:  # noqa: ARG002
        entries = [
            {"topic": topic, "partition": 0, ("offset" if ms < 0 else "timestamp"): ms}
            for topic, ms in self._served.items()
        ]
        return msgspec.json.encode(entries).decode()

    def advance(self, topic: str, dt_ms: int, now_ms: int) -> None:  # noqa: ARG002
        if topic in self._served:
            self._served[topic] = dt_ms + 1


def send_the_served_id_back() -> None:
    eventstreams.Positions = ServedId


def checkpoint_first() -> None:
    right = consumer.ingest

    async def ingest(conn: Any, batch: Batch) -> Any:
        await progress.save_checkpoint(conn, batch.checkpoint or {}, batch.complete_until)
        return await right(conn, batch)

    consumer.ingest = ingest


def checkpoint_last() -> None:
    count_blindly()
    positions.OVERLAP_MS = 0  # it trusts its checkpoint, so that nothing but the late one can double an edit
    right = consumer.ingest

    async def later(*_: object) -> None:
        """Leave the checkpoint to the transaction after this one."""

    async def ingest(conn: Any, batch: Batch) -> Any:
        counted = await right(conn, batch)
        await progress.save_checkpoint(conn, batch.checkpoint or {}, batch.complete_until)
        return counted

    ingesting.progress = SimpleNamespace(save_rejected=progress.save_rejected, save_checkpoint=later)
    consumer.ingest = ingest


def count_blindly() -> None:
    right = counting._COUNT_STORED
    counting._COUNT_STORED = right.replace("DO NOTHING", "(wiki_id, revision_id) DO UPDATE SET minor = excluded.minor")
    assert right != counting._COUNT_STORED


DESIGNS: Mapping[str, Callable[[], None]] = {
    RIGHT: lambda: None,
    SERVED_ID: send_the_served_id_back,
    CHECKPOINT_FIRST: checkpoint_first,
    CHECKPOINT_LAST: checkpoint_last,
    COUNTED_BLINDLY: count_blindly,
}

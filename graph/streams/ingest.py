# SPDX-License-Identifier: GPL-3.0-or-later
"""The one place that counts: a batch, live or from history, becomes numbers in one transaction.

Facts, sets, tallies, activity, goals and the checkpoint are written together or not at all, and every batch may come
again: what is stored already is neither stored nor counted a second time.
"""

from __future__ import annotations

from dataclasses import dataclass

from graph.db import changes, goals, incoming, ledger, progress, rehoming
from graph.db.pool import Connection
from graph.edits import Batch


@dataclass(frozen=True, slots=True)
class Counted:
    """What a batch came to: edits stored that were not known, and stored edits whose numbers moved."""

    new: int
    moved: int


async def ingest(conn: Connection, batch: Batch) -> Counted:
    """Take in ``batch``; when this returns it is durable. Safe to repeat."""
    async with conn.transaction():
        await ledger.lock(conn)
        added = await incoming.add(conn, batch.edits, live=batch.checkpoint is not None)
        early = await changes.take_early(conn, added.pages, added.revisions) if added.new else []
        shifts = await rehoming.rehome(conn, batch.edits) if batch.checkpoint is None else []
        shifts += await changes.apply(conn, [*batch.changes, *added.news, *early])
        touched = {shift.after.set_id: None for shift in shifts if shift.after.set_id} | added.newest
        if touched:
            await goals.reach_by_sets(conn, touched)
        if batch.rejected:
            await progress.save_rejected(conn, batch.rejected)
        if batch.checkpoint is not None:
            await progress.save_checkpoint(conn, batch.checkpoint, batch.complete_until)
        if added.new or shifts:
            await ledger.publish(conn)
    return Counted(added.new, len(shifts))

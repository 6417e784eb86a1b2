# SPDX-License-Identifier: GPL-3.0-or-later
"""The queue of jobs: what a transaction leaves for the worker to do."""

from __future__ import annotations

from enum import StrEnum

from graph.db.pool import Connection


class JobKind(StrEnum):
    """What is to be done for a program."""

    BACKFILL = "backfill"
    REASSESS = "reassess"
    RECONCILE = "reconcile"


async def enqueue(conn: Connection, kind: JobKind, program_id: int) -> None:
    """Leave a job for the worker, in the caller's transaction; absorbed where the same one waits already."""

# SPDX-License-Identifier: GPL-3.0-or-later
"""The tables of history: what was fetched, what is being fetched, what had to be mended. See graph/db/tables.py.

The queue of jobs has a schema of its own, ``jobs``, whose tables are pgqueuer's (see graph/db/queue.py).
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Boolean, Index, SmallInteger
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import SQLModel

from graph.db.columns import col, count, key, ref, serial, text_, time, wiki


class FetchedRow(SQLModel, table=True):
    """A time of which all contributions of an editor to a wiki were read; rows of the same kind never overlap.

    Not ``whole``: of what was read only uploads were kept, because nobody tracked Commons for the editor.
    """

    __tablename__ = "fetched"
    editor_id: int = ref("editor.id", primary_key=True)
    wiki_id: int = wiki(primary_key=True)
    whole: bool = col(Boolean, primary_key=True)
    from_at: datetime = time(primary_key=True)
    to_at: datetime = time()


class FetchingRow(SQLModel, table=True):
    """A part of a program's history that is being read.

    ``resume`` says where to go on after what was ingested, ``done`` how many of its editors were read to the end.
    """

    __tablename__ = "fetching"
    id: int = serial()
    program_id: int = ref("program.id", index=True)
    wiki_id: int = wiki()
    whole: bool = col(Boolean)
    editors: list[int] = col(ARRAY(BigInteger))
    from_at: datetime = time()
    to_at: datetime = time()
    resume: str | None = text_(nullable=True)
    done: int = count()


class ProgramUpdateRow(SQLModel, table=True):
    """How the newest update of a program's history is getting on; ``done`` and ``total`` count editors × wikis.

    ``reconciled_at`` is when its recent contributions were last compared with the wikis' own lists, ``verified_at``
    when all were.
    """

    __tablename__ = "program_update"
    program_id: int = ref("program.id", primary_key=True)
    state: str = text_()
    done: int = count()
    total: int = count()
    edits: int = count()
    requested_at: datetime | None = time(nullable=True)
    started_at: datetime | None = time(nullable=True)
    finished_at: datetime | None = time(nullable=True)
    error: str | None = text_(nullable=True)
    reconciled_at: datetime | None = time(nullable=True)
    verified_at: datetime | None = time(nullable=True)


class DriftRow(SQLModel, table=True):
    """What one reconciliation had to mend; one that found nothing leaves no row."""

    __tablename__ = "drift"
    __table_args__ = (Index("drift_program", "program_id", "at"),)
    id: int = serial()
    program_id: int = ref("program.id")
    at: datetime = time()
    added: int = count()
    changed: int = count()
    taken_back: int = count()


class GapFilledRow(SQLModel, table=True):
    """A program that was read again for a time the stream could not tell about."""

    __tablename__ = "gap_filled"
    gap_id: int = ref("stream_gap.id", primary_key=True)
    program_id: int = ref("program.id", primary_key=True)


class ConsumerIndexRow(SQLModel, table=True):
    """One row: the version of the rules by which the consumer has matched since ``at``."""

    __tablename__ = "consumer_index"
    id: int = key(SmallInteger)
    rules_version: int = count(BigInteger)
    at: datetime | None = time(nullable=True)

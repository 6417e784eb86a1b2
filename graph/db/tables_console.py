# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of forms that were sent, so that none is taken twice. See tables.py."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index
from sqlmodel import SQLModel

from graph.db.columns import ref, text_, time


class SubmissionRow(SQLModel, table=True):
    """A form that somebody sent, by the random name it was given when it was shown.

    ``answer`` is the path it led to; null while it is being taken.
    """

    __tablename__ = "submission"
    __table_args__ = (Index("submission_age", "at"),)
    editor_id: int = ref("editor.id", primary_key=True)
    name: str = text_(primary_key=True)
    at: datetime = time(default="now()")
    answer: str | None = text_(nullable=True)

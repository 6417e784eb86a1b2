# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of what whoever runs a program took off its live screens. See tables.py."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Index
from sqlmodel import SQLModel

from graph.db.columns import col, key, ref, time, wiki


class HiddenCardRow(SQLModel, table=True):
    """An edit that counts and is not shown as a card on the screens of a program; ``editor_id`` says who hid it."""

    __tablename__ = "hidden_card"
    __table_args__ = (Index("hidden_card_newest", "program_id", "at"),)
    program_id: int = ref("program.id", primary_key=True)
    wiki_id: int = wiki(primary_key=True)
    revision_id: int = key()
    editor_id: int | None = col(BigInteger, nullable=True)
    at: datetime = time(default="now()")

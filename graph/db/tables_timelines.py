# SPDX-License-Identifier: GPL-3.0-or-later
"""The tables that timelines are read from. See tables.py."""

from __future__ import annotations

from datetime import date

from sqlalchemy import BigInteger, Date, SmallInteger
from sqlalchemy import Integer as _Integer
from sqlmodel import SQLModel

from graph.db.columns import HOT, count, key


class EditorDayTallyRow(SQLModel, table=True):
    """One editor's edits on one day (of UTC), by the set they are in: who was active when."""

    __tablename__ = "editor_day_tally"
    __table_args__ = (HOT,)
    editor_id: int = key()
    day: date = key(Date)
    set_id: int = key(_Integer)
    edits: int = count()


class TimelineTallyRow(SQLModel, table=True):
    """One day (``width`` 1), week (2) or month (3) of a collection, by the day it begins on in UTC."""

    __tablename__ = "timeline_tally"
    __table_args__ = (HOT,)
    generation: int = key()
    width: int = key(SmallInteger)
    begins: date = key(Date)
    edits: int = count()
    active_editors: int = count()
    bytes_added: int = count(BigInteger)
    articles_created: int = count()

# SPDX-License-Identifier: GPL-3.0-or-later
"""The tables of cohorts beside enrollment: consent, erasing, guesses of passcodes. See graph/db/tables.py."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger
from sqlmodel import SQLModel

from graph.db.columns import HOT, col, count, ref, time


class AdditionRow(SQLModel, table=True):
    """Somebody whom another person enrolled, and who has not said yet whether that is well; ``added_by`` says who."""

    __tablename__ = "addition"
    program_id: int = ref("program.id", primary_key=True)
    editor_id: int = ref("editor.id", primary_key=True, index=True)
    added_by: int | None = col(BigInteger, nullable=True)
    added_at: datetime = time(default="now()")


class ErasureRow(SQLModel, table=True):
    """Somebody who left a program and wants no trace: kept until the last of their edits here could be let go."""

    __tablename__ = "erasure"
    program_id: int = ref("program.id", primary_key=True)
    editor_id: int = ref("editor.id", primary_key=True)
    asked_at: datetime = time(default="now()")


class PasscodeGuessRow(SQLModel, table=True):
    """How often somebody guessed a passcode wrong of late, whatever program it was for; ``last_at`` is our clock."""

    __tablename__ = "passcode_guess"
    __table_args__ = (HOT,)
    editor_id: int = ref("editor.id", primary_key=True)
    wrong: int = count()
    last_at: datetime = time()

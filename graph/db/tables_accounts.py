# SPDX-License-Identifier: GPL-3.0-or-later
"""The tables of accounts: who signed in, and with what somebody proves to be who they are. See graph/db/tables.py.

Of every secret only its hash is here (SHA-256 of 256 random bits): whoever reads the database can be nobody with it.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import LargeBinary
from sqlmodel import SQLModel

from graph.db.columns import col, ref, serial, text_, time


class AccountRow(SQLModel, table=True):
    """Who has signed in here, at first and most recently."""

    __tablename__ = "account"
    editor_id: int = ref("editor.id", primary_key=True)
    signed_in_at: datetime = time()
    seen_at: datetime = time()


class SignInRow(SQLModel, table=True):
    """A browser in which somebody is signed in."""

    __tablename__ = "sign_in"
    id: int = serial()
    secret: bytes = col(LargeBinary, unique=True)
    editor_id: int = ref("editor.id", index=True)
    created_at: datetime = time()
    expires_at: datetime = time(index=True)


class AccessTokenRow(SQLModel, table=True):
    """With this an app acts for somebody."""

    __tablename__ = "access_token"
    id: int = serial()
    secret: bytes = col(LargeBinary, unique=True)
    editor_id: int = ref("editor.id", index=True)
    name: str = text_()
    created_at: datetime = time()
    expires_at: datetime | None = time(nullable=True)
    last_used_at: datetime | None = time(nullable=True)


class ScreenTokenRow(SQLModel, table=True):
    """With this a screen shows one program; ``editor_id`` made it."""

    __tablename__ = "screen_token"
    id: int = serial()
    secret: bytes = col(LargeBinary, unique=True)
    program_id: int = ref("program.id", index=True)
    editor_id: int = ref("editor.id", index=True)
    name: str = text_()
    created_at: datetime = time()
    last_used_at: datetime | None = time(nullable=True)

# SPDX-License-Identifier: GPL-3.0-or-later
"""The kinds of columns our tables are made of."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Column, DateTime, ForeignKey, Identity, SmallInteger, Text, text
from sqlalchemy import Integer as _Integer
from sqlmodel import Field

# Rows that change all the time leave room on their page, so that updates stay on it and need no index work.
HOT: Any = {"postgresql_with": {"fillfactor": "80"}}


def col(kind: Any, *, default: str | None = None, **options: Any) -> Any:
    """A column; not null unless said otherwise."""
    options.setdefault("nullable", False)
    server = None if default is None else text(default)
    return Field(sa_column=Column(kind, server_default=server, **options))


def text_(**options: Any) -> Any:
    """Text of any length."""
    return col(Text, **options)


def time(**options: Any) -> Any:
    """An instant."""
    return col(DateTime(timezone=True), **options)


def count(kind: Any = _Integer) -> Any:
    """A number that begins at zero."""
    return col(kind, default="0")


def flag(default: str = "false") -> Any:
    """True or false."""
    return Field(sa_column_kwargs={"server_default": text(default)})


def key(kind: Any = BigInteger) -> Any:
    """A part of the primary key, given by us."""
    return col(kind, primary_key=True, autoincrement=False)


def serial(kind: Any = BigInteger) -> Any:
    """A primary key that counts up by itself."""
    return Field(sa_column=Column(kind, Identity(), primary_key=True))


def ref(target: str, **options: Any) -> Any:
    """The number of a row elsewhere, deleted with it."""
    options.setdefault("nullable", False)
    return Field(sa_column=Column(BigInteger, ForeignKey(target, ondelete="CASCADE"), **options))


def wiki(**options: Any) -> Any:
    """The number of a wiki."""
    options.setdefault("nullable", False)
    return Field(sa_column=Column(SmallInteger, ForeignKey("wiki.id"), **options))

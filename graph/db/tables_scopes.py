# SPDX-License-Identifier: GPL-3.0-or-later
"""The tables of scopes: where an article-scoped program's articles come from, and which they are. See tables.py."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, SmallInteger, text
from sqlmodel import Field, SQLModel

from graph.db.columns import HOT, col, count, key, serial, text_, time, wiki


class ScopeRow(SQLModel, table=True):
    """A scope of a program, what its last readings came to, and its ``edition``: which of its pages count now.

    ``size`` counts the pages of the last good reading, ``found`` those of the one under way or of the last.
    A scope that was removed, or whose program was, belongs to no program, and is swept away by the worker.
    """

    __tablename__ = "scope"
    __table_args__ = (
        Index("scope_of_program", "program_id", "kind", "wiki_id", "value", "depth", unique=True),
        HOT,
    )
    id: int = serial()
    program_id: int | None = Field(sa_column=Column(BigInteger, ForeignKey("program.id", ondelete="SET NULL")))
    kind: str = text_()
    wiki_id: int = wiki()
    value: str = text_()
    depth: int = count(SmallInteger)
    added_at: datetime = time(default="now()")
    added_by: int | None = col(BigInteger, nullable=True)
    edition: int = count()
    state: str = text_(default="'WAITING'")
    size: int = count()
    found: int = count()
    skipped: int = count()
    refreshed_at: datetime | None = time(nullable=True)
    tried_at: datetime | None = time(nullable=True)
    error_reason: str | None = text_(nullable=True)
    error: str | None = text_(nullable=True)
    digest: str | None = text_(nullable=True)


class ScopePageRow(SQLModel, table=True):
    """A page of a scope, in the editions from ``enters`` up to, not including, ``leaves``.

    Without ``page_id`` there was no such page when it was read, or it was deleted since: then the title names it.
    No reference to the scope: a check for each of a million rows would cost more than the rows.
    """

    __tablename__ = "scope_page"
    __table_args__ = (
        Index("scope_page_by_id", "wiki_id", "page_id", "scope_id", postgresql_where=text("page_id IS NOT NULL")),
    )
    scope_id: int = key()
    wiki_id: int = key(SmallInteger)
    namespace: int = key(Integer)
    title: str = text_(primary_key=True)
    enters: int = key(Integer)
    leaves: int = col(Integer)
    page_id: int | None = col(BigInteger, nullable=True)

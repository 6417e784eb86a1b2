# SPDX-License-Identifier: GPL-3.0-or-later
"""The tables of what is to be written: the articles a program wants, and who writes or reviews them. See tables.py."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Index, Integer
from sqlmodel import SQLModel

from graph.db.columns import col, flag, ref, serial, text_, time, wiki


class WantedArticleRow(SQLModel, table=True):
    """An article that a program wants: it is assigned to somebody, or offered to all (since ``offered_at``), or both.

    ``title`` is the full one as its wiki writes it. ``page_id`` is the page it led to when the wiki was last asked, at
    ``located_at``; None where there was none.
    """

    __tablename__ = "wanted_article"
    __table_args__ = (
        Index("wanted_article_title", "program_id", "wiki_id", "title", unique=True),
        Index("wanted_article_located", "located_at"),
    )
    id: int = serial()
    program_id: int = ref("program.id")
    wiki_id: int = wiki()
    namespace: int = col(Integer)
    title: str = text_()
    offered_at: datetime | None = time(nullable=True)
    page_id: int | None = col(BigInteger, nullable=True)
    located_at: datetime | None = time(nullable=True)


class AssignmentRow(SQLModel, table=True):
    """Somebody who writes or reviews an article of a program in which they are an editor.

    ``claimed``: they took it themselves.
    """

    __tablename__ = "assignment"
    __table_args__ = (
        Index("assignment_once", "article_id", "editor_id", "role", unique=True),
        Index("assignment_of_editor", "editor_id", "program_id"),
    )
    id: int = serial()
    article_id: int = ref("wanted_article.id")
    program_id: int = ref("program.id", index=True)
    editor_id: int = ref("editor.id")
    role: str = text_()
    claimed: bool = flag()
    at: datetime = time(default="now()")

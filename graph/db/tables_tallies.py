# SPDX-License-Identifier: GPL-3.0-or-later
"""The tables of numbers: a collection's wide row, and its parts by article, editor and wiki. See tables.py."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Column, Computed, ForeignKey, Index, Integer, SmallInteger
from sqlmodel import Field, SQLModel

from graph.db.columns import HOT, col, count, flag, key, serial, time
from graph.db.keyset import doublings


class CollectionRow(SQLModel, table=True):
    """The numbers of a program, session, campaign or organization: one wide row.

    ``version`` is the ledger's number of the last change. ``words_bytes`` are the bytes added on wikis that
    ``words`` may be estimated for, ``has_words`` whether any such wiki is tracked. ``generation`` is the number under
    which its tallies are found: its own at first, another each time they were built anew beside those in use.
    """

    __tablename__ = "collection"
    __table_args__ = (HOT,)
    id: int = serial()
    kind: int = col(SmallInteger)
    generation: int = col(BigInteger, index=True)
    version: int = count(BigInteger)
    created_at: datetime = time(default="now()")
    edits: int = count()
    articles_edited: int = count()
    articles_created: int = count()
    editors: int = count()
    active_editors: int = count()
    new_editors: int = count()
    bytes_added: int = count(BigInteger)
    bytes_removed: int = count(BigInteger)
    words_bytes: int = count(BigInteger)
    has_words: bool = flag()
    uploads: int = count()
    reverted: int = count()


class GenerationRow(SQLModel, table=True):
    """Tallies that are being built for a collection beside those in use; without a collection: waste to be swept.

    ``id`` is the number of the tallies built from the facts of one moment, ``changes`` that of what was counted since.
    """

    __tablename__ = "generation"
    id: int = key()
    collection_id: int | None = Field(
        sa_column=Column(BigInteger, ForeignKey("collection.id", ondelete="SET NULL"), unique=True)
    )
    changes: int | None = col(BigInteger, nullable=True)
    active_editors: int = count()


class ArticleTallyRow(SQLModel, table=True):
    """One page's part of a collection; ``tracked`` counts the edits made to it as an article of ``namespace``.

    ``bytes_rank`` says how often one byte doubles to the bytes added: lists by bytes begin with the highest.
    """

    __tablename__ = "article_tally"
    __table_args__ = (Index("article_tally_by_bytes", "generation", "bytes_rank"), HOT)
    generation: int = key()
    page_key: int = key()
    namespace: int = count()
    edits: int = count()
    tracked: int = count()
    creations: int = count()
    bytes_added: int = count(BigInteger)
    bytes_rank: int = Field(sa_column=Column(SmallInteger, Computed(doublings("bytes_added"), persisted=True)))


class ArticleEditorTallyRow(SQLModel, table=True):
    """One editor's edits to one page, by the set they are in; ``set_coverage`` says whose numbers they are part of."""

    __tablename__ = "article_editor_tally"
    __table_args__ = (HOT,)
    page_key: int = key()
    editor_id: int = key()
    set_id: int = key(Integer)
    edits: int = count()


class EditorTallyRow(SQLModel, table=True):
    """One editor's part of a collection. ``enrolled`` and ``fresh`` count the programs that make it so."""

    __tablename__ = "editor_tally"
    __table_args__ = (HOT,)
    generation: int = key()
    editor_id: int = key()
    enrolled: int = count()
    fresh: int = count()
    edits: int = count()
    bytes_added: int = count(BigInteger)
    bytes_userspace: int = count(BigInteger)
    bytes_draft: int = count(BigInteger)
    articles_edited: int = count()
    articles_created: int = count()
    uploads: int = count()


class WikiTallyRow(SQLModel, table=True):
    """One namespace of one wiki in a collection."""

    __tablename__ = "wiki_tally"
    __table_args__ = (HOT,)
    generation: int = key()
    wiki_id: int = key(SmallInteger)
    namespace: int = key(Integer)
    edits: int = count()
    articles_edited: int = count()
    articles_created: int = count()
    bytes_added: int = count(BigInteger)
    bytes_removed: int = count(BigInteger)
    uploads: int = count()
    reverted: int = count()


class WikiEditorTallyRow(SQLModel, table=True):
    """One editor's edits in one namespace of one wiki, by the set they are in."""

    __tablename__ = "wiki_editor_tally"
    __table_args__ = (HOT,)
    set_id: int = key(Integer)
    wiki_id: int = key(SmallInteger)
    namespace: int = key(Integer)
    editor_id: int = key()
    edits: int = count()

# SPDX-License-Identifier: GPL-3.0-or-later
"""The tables of the ledger: pages, edits, what counts them and was told of them, the stream's place. See tables.py."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Double, Index, Integer, SmallInteger, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field, SQLModel

from graph.db.columns import HOT, col, count, flag, key, serial, text_, time, wiki


class PageRow(SQLModel, table=True):
    """A page with a stored edit. ``as_of`` orders the news: what is older never overwrites what is newer."""

    __tablename__ = "page"
    __table_args__ = (
        Index("page_wiki_page", "wiki_id", "page_id", unique=True),
        Index("page_title", "wiki_id", "title"),
        HOT,
    )
    id: int = serial()
    wiki_id: int = wiki()
    page_id: int = col(BigInteger)
    namespace: int = col(Integer)
    title: str | None = text_(nullable=True)
    deleted: bool = flag()
    as_of: datetime = time()


class EditRow(SQLModel, table=True):
    """A revision by an enrolled editor: the fact everything is counted from.

    ``set_id`` names the set of programs and sessions the edit counts for now (0: none).
    """

    __tablename__ = "edit"
    __table_args__ = (
        Index("edit_by_page", "page_key", "editor_id"),
        Index("edit_by_editor", "editor_id", "at"),
        Index("edit_by_set", "set_id", "at", "revision_id"),
        HOT,
    )
    wiki_id: int = key(SmallInteger)
    revision_id: int = key()
    page_key: int = col(BigInteger)
    editor_id: int = col(BigInteger)
    at: datetime = time()
    byte_change: int = col(Integer)
    set_id: int = count()
    created: bool = flag()
    redirect: bool = flag()
    minor: bool = flag()
    reverted: bool = flag()
    revert_named: bool = flag()
    hidden: bool = flag()
    editor_hidden: bool = flag()
    tags_as_of: datetime | None = time(nullable=True)
    visibility_as_of: datetime | None = time(nullable=True)
    summary: str | None = text_(nullable=True)


class EditSetRow(SQLModel, table=True):
    """A set of programs and sessions, interned; a negative member counts the edit as an upload only."""

    __tablename__ = "edit_set"
    id: int = serial(Integer)
    members: list[int] = col(ARRAY(BigInteger), unique=True)


class SetCoverageRow(SQLModel, table=True):
    """Which collections count the edits of a set, or which generation still in the making counts its changes.

    ``tracked`` holds wiki · 65536 + namespace for each namespace whose pages are articles there.
    """

    __tablename__ = "set_coverage"
    __table_args__ = (Index("set_coverage_collection", "collection_id"),)
    set_id: int = key(Integer)
    collection_id: int = key()
    uploads_only: bool = flag()
    tracked: list[int] = col(ARRAY(BigInteger))


class ActivityRow(SQLModel, table=True):
    """What happened, in commit order, for screens to follow.

    Addressed to the collections that ``set_id`` covers and ``except_set`` does not, or to ``collection_id`` alone.
    """

    __tablename__ = "activity"
    __table_args__ = (
        Index("activity_set", "set_id", "id"),
        Index("activity_collection", "collection_id", "id", postgresql_where=text("collection_id IS NOT NULL")),
        Index("activity_at", "at"),
    )
    id: int = key()
    at: datetime = time(default="now()")
    kind: int = col(SmallInteger)
    wiki_id: int | None = col(SmallInteger, nullable=True)
    revision_id: int | None = col(BigInteger, nullable=True)
    set_id: int = count()
    except_set: int = count()
    collection_id: int | None = col(BigInteger, nullable=True)
    reason: str | None = text_(nullable=True)
    counted: int = count()
    retracted: int = count()
    target: int | None = col(BigInteger, nullable=True)
    actual: int | None = col(BigInteger, nullable=True)


class EarlyChangeRow(SQLModel, table=True):
    """A change to a page or revision we hold no edit of yet: kept a while, applied when the edit comes."""

    __tablename__ = "early_change"
    wiki: str = text_(primary_key=True)
    kind: str = text_(primary_key=True)
    key: int = key()
    as_of: datetime = time()
    body: dict[str, Any] = col(JSONB)


class LedgerRow(SQLModel, table=True):
    """One row. Locking it makes one writer at a time; ``number`` is the last number given out under that lock.

    ``forgotten`` is the newest number whose activity was dropped for its age; ``epoch`` tells one ledger from another.
    """

    __tablename__ = "ledger"
    __table_args__ = (HOT,)
    id: int = key(SmallInteger)
    number: int = count(BigInteger)
    checkpoint: dict[str, Any] = col(JSONB, default="'{}'")
    complete_until: datetime | None = time(nullable=True)
    rules_version: int = count(BigInteger)
    forgotten: int = count(BigInteger)
    epoch: str = text_(default="md5(random()::text)")


class StreamStateRow(SQLModel, table=True):
    """One row: what the consumer last said of its stream. ``heartbeat`` is its own clock."""

    __tablename__ = "stream_state"
    __table_args__ = (HOT,)
    id: int = key(SmallInteger)
    connected: bool = flag()
    heartbeat: datetime | None = time(nullable=True)
    last_event_at: datetime | None = time(nullable=True)
    upstream_lag: float | None = Field(default=None)
    own_lag: float | None = Field(default=None)
    events: int = count(BigInteger)
    matched: int = count(BigInteger)
    batches: int = count(BigInteger)
    batch_seconds: float = count(Double)


class StreamGapRow(SQLModel, table=True):
    """A time the stream could not tell us about."""

    __tablename__ = "stream_gap"
    id: int = serial()
    from_at: datetime = time()
    to_at: datetime = time()
    reconciled: bool = flag()


class RejectedEventRow(SQLModel, table=True):
    """How often events were refused for one reason, and the newest sample."""

    __tablename__ = "rejected_event"
    reason: str = text_(primary_key=True)
    times: int = count(BigInteger)
    sample: str = text_(default="''")
    last_at: datetime = time(default="now()")

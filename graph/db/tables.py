# SPDX-License-Identifier: GPL-3.0-or-later
"""The tables, and nothing else: SQLModel declares them, Alembic creates them, SQL written by hand works on them.

They are not types of the domain (see graph/programs.py) and never leave graph/db. Instants are ``timestamptz``.
A *collection* is whatever owns a set of counted edits: its number is also the number of the program, session,
campaign or organization it belongs to. docs/decisions explains the set numbers that edits carry.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Column, DateTime, ForeignKey, Identity, Index, Integer, SmallInteger, Text, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field, SQLModel

# Rows that change all the time leave room on their page, so that updates stay on it and need no index work.
HOT: Any = {"postgresql_with": {"fillfactor": "80"}}


def _col(kind: Any, *, default: str | None = None, **options: Any) -> Any:
    options.setdefault("nullable", False)
    server = None if default is None else text(default)
    return Field(sa_column=Column(kind, server_default=server, **options))


def _text(**options: Any) -> Any:
    return _col(Text, **options)


def _time(**options: Any) -> Any:
    return _col(DateTime(timezone=True), **options)


def _count(kind: Any = Integer) -> Any:
    return _col(kind, default="0")


def _flag(default: str = "false") -> Any:
    return Field(sa_column_kwargs={"server_default": text(default)})


def _key(kind: Any = BigInteger) -> Any:
    return _col(kind, primary_key=True, autoincrement=False)


def _serial(kind: Any = BigInteger) -> Any:
    return Field(sa_column=Column(kind, Identity(), primary_key=True))


def _ref(target: str, **options: Any) -> Any:
    options.setdefault("nullable", False)
    return Field(sa_column=Column(BigInteger, ForeignKey(target, ondelete="CASCADE"), **options))


def _wiki(**options: Any) -> Any:
    options.setdefault("nullable", False)
    return Field(sa_column=Column(SmallInteger, ForeignKey("wiki.id"), **options))


class WikiRow(SQLModel, table=True):
    """A wiki somebody tracks. ``words``: its bytes can be read as words (Latin script, not Wikidata)."""

    __tablename__ = "wiki"
    id: int = _serial(SmallInteger)
    dbname: str = _text(unique=True)
    domain: str = _text()
    project: str = _text()
    language: str | None = _text(nullable=True)
    words: bool = _flag()


class EditorRow(SQLModel, table=True):
    """A person on the wikis; the central id is the key where known, the name a label."""

    __tablename__ = "editor"
    __table_args__ = (Index("editor_username", "username"),)
    id: int = _serial()
    central_id: int | None = _col(BigInteger, nullable=True, unique=True)
    username: str = _text()
    registered_at: datetime | None = _time(nullable=True)


class CollectionRow(SQLModel, table=True):
    """The numbers of a program, session, campaign or organization: one wide row.

    ``version`` is the ledger's number of the last change. ``words_bytes`` are the bytes added on wikis that
    ``words`` may be estimated for, ``has_words`` whether any such wiki is tracked.
    """

    __tablename__ = "collection"
    __table_args__ = (HOT,)
    id: int = _serial()
    kind: int = _col(SmallInteger)
    version: int = _count(BigInteger)
    created_at: datetime = _time(default="now()")
    edits: int = _count()
    articles_edited: int = _count()
    articles_created: int = _count()
    editors: int = _count()
    active_editors: int = _count()
    new_editors: int = _count()
    bytes_added: int = _count(BigInteger)
    bytes_removed: int = _count(BigInteger)
    words_bytes: int = _count(BigInteger)
    has_words: bool = _flag()
    uploads: int = _count()
    reverted: int = _count()


class OrganizationRow(SQLModel, table=True):
    """A chapter, affiliate or institution that runs campaigns."""

    __tablename__ = "organization"
    id: int = _ref("collection.id", primary_key=True)
    slug: str = _text(unique=True)
    name: str = _text()
    description: str = _text(default="''")


class OrganizationCoordinatorRow(SQLModel, table=True):
    """Who coordinates an organization."""

    __tablename__ = "organization_coordinator"
    organization_id: int = _ref("organization.id", primary_key=True)
    editor_id: int = _ref("editor.id", primary_key=True)


class CampaignRow(SQLModel, table=True):
    """A gathering of programs, with defaults for those created in it."""

    __tablename__ = "campaign"
    id: int = _ref("collection.id", primary_key=True)
    slug: str = _text(unique=True)
    title: str = _text()
    description: str = _text(default="''")
    starts_at: datetime | None = _time(nullable=True)
    ends_at: datetime | None = _time(nullable=True)
    organization_id: int | None = Field(
        sa_column=Column(BigInteger, ForeignKey("organization.id", ondelete="SET NULL"), index=True)
    )
    default_program_type: str = _text(default="'BASIC'")
    default_passcode_policy: str = _text(default="'RANDOM'")
    default_passcode: str | None = _text(nullable=True)
    template_description: str = _text(default="''")


class CampaignOrganizerRow(SQLModel, table=True):
    """Who organizes a campaign."""

    __tablename__ = "campaign_organizer"
    campaign_id: int = _ref("campaign.id", primary_key=True)
    editor_id: int = _ref("editor.id", primary_key=True)


class ProgramRow(SQLModel, table=True):
    """A cohort, a window and wikis."""

    __tablename__ = "program"
    __table_args__ = (Index("program_tracking_start", "tracking_start"), Index("program_title", "title", "id"))
    id: int = _ref("collection.id", primary_key=True)
    slug: str = _text(unique=True)
    title: str = _text()
    institution: str = _text()
    term: str | None = _text(nullable=True)
    description: str = _text(default="''")
    type: str = _text(default="'BASIC'")
    visibility: str = _text(default="'PUBLIC'")
    tracking_start: datetime = _time()
    tracking_end: datetime = _time()
    event_start: datetime | None = _time(nullable=True)
    event_end: datetime | None = _time(nullable=True)
    home_wiki_id: int = _wiki()
    passcode_policy: str = _text()
    passcode: str | None = _text(nullable=True)
    registration_open: bool = _flag("true")
    invitation: str = _text(unique=True)
    show_names_by_default: bool = _flag("true")


class ProgramWikiRow(SQLModel, table=True):
    """A tracked wiki of a program, and the namespaces whose pages count as articles."""

    __tablename__ = "program_wiki"
    program_id: int = _ref("program.id", primary_key=True)
    wiki_id: int = _wiki(primary_key=True)
    namespaces: list[int] = _col(ARRAY(Integer))


class CampaignProgramRow(SQLModel, table=True):
    """Which programs a campaign gathers."""

    __tablename__ = "campaign_program"
    campaign_id: int = _ref("campaign.id", primary_key=True)
    program_id: int = _ref("program.id", primary_key=True, index=True)
    added_at: datetime = _time(default="now()")


class SessionRow(SQLModel, table=True):
    """A dated event inside a program, with its own window."""

    __tablename__ = "session"
    id: int = _ref("collection.id", primary_key=True)
    program_id: int = _ref("program.id", index=True)
    slug: str = _text()
    title: str = _text()
    venue: str | None = _text(nullable=True)
    starts_at: datetime = _time()
    ends_at: datetime = _time()


class SessionCoordinatorRow(SQLModel, table=True):
    """Who coordinates a session."""

    __tablename__ = "session_coordinator"
    session_id: int = _ref("session.id", primary_key=True)
    editor_id: int = _ref("editor.id", primary_key=True)


class SessionEditorRow(SQLModel, table=True):
    """A session's own participants; where there are none, the program's editors take part."""

    __tablename__ = "session_editor"
    session_id: int = _ref("session.id", primary_key=True)
    editor_id: int = _ref("editor.id", primary_key=True)


class EnrollmentRow(SQLModel, table=True):
    """What somebody is in a program. The edits of an editor without ``show_name`` are held out of all numbers."""

    __tablename__ = "enrollment"
    __table_args__ = (Index("enrollment_editor", "editor_id"),)
    program_id: int = _ref("program.id", primary_key=True)
    editor_id: int = _ref("editor.id", primary_key=True)
    role: str = _text(primary_key=True)
    joined_at: datetime = _time(default="now()")
    show_name: bool = _flag("true")


class PendingEnrollmentRow(SQLModel, table=True):
    """A pasted name that the wikis have not been asked about yet; the worker finishes it."""

    __tablename__ = "pending_enrollment"
    program_id: int = _ref("program.id", primary_key=True)
    username: str = _text(primary_key=True)
    session_id: int | None = _ref("session.id", nullable=True)
    show_name: bool = _flag("true")
    added_at: datetime = _time(default="now()")


class GoalRow(SQLModel, table=True):
    """A number a program wants to reach."""

    __tablename__ = "goal"
    program_id: int = _ref("program.id", primary_key=True)
    metric: str = _text(primary_key=True)
    target: int = _col(BigInteger)
    reached_at: datetime | None = _time(nullable=True)


class PageRow(SQLModel, table=True):
    """A page with a stored edit. ``as_of`` orders the news: what is older never overwrites what is newer."""

    __tablename__ = "page"
    __table_args__ = (Index("page_wiki_page", "wiki_id", "page_id", unique=True), HOT)
    id: int = _serial()
    wiki_id: int = _wiki()
    page_id: int = _col(BigInteger)
    namespace: int = _col(Integer)
    title: str | None = _text(nullable=True)
    deleted: bool = _flag()
    as_of: datetime = _time()


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
    wiki_id: int = _key(SmallInteger)
    revision_id: int = _key()
    page_key: int = _col(BigInteger)
    editor_id: int = _col(BigInteger)
    at: datetime = _time()
    byte_change: int = _col(Integer)
    set_id: int = _count()
    created: bool = _flag()
    redirect: bool = _flag()
    minor: bool = _flag()
    reverted: bool = _flag()
    revert_named: bool = _flag()
    hidden: bool = _flag()
    editor_hidden: bool = _flag()
    tags_as_of: datetime | None = _time(nullable=True)
    visibility_as_of: datetime | None = _time(nullable=True)
    summary: str | None = _text(nullable=True)


class EditSetRow(SQLModel, table=True):
    """A set of programs and sessions, interned; a negative member counts the edit as an upload only."""

    __tablename__ = "edit_set"
    id: int = _serial(Integer)
    members: list[int] = _col(ARRAY(BigInteger), unique=True)


class SetCoverageRow(SQLModel, table=True):
    """Which collections count the edits of a set.

    ``tracked`` holds wiki · 65536 + namespace for each namespace whose pages are articles there.
    """

    __tablename__ = "set_coverage"
    __table_args__ = (Index("set_coverage_collection", "collection_id"),)
    set_id: int = _key(Integer)
    collection_id: int = _ref("collection.id", primary_key=True)
    uploads_only: bool = _flag()
    tracked: list[int] = _col(ARRAY(BigInteger))


class ArticleTallyRow(SQLModel, table=True):
    """One page's part of a collection; ``tracked`` counts the edits made to it as an article."""

    __tablename__ = "article_tally"
    __table_args__ = (HOT,)
    collection_id: int = _key()
    page_key: int = _key()
    edits: int = _count()
    tracked: int = _count()
    creations: int = _count()
    bytes_added: int = _count(BigInteger)


class ArticleEditorTallyRow(SQLModel, table=True):
    """One editor's edits to one page, by the set they are in; ``set_coverage`` says whose numbers they are part of."""

    __tablename__ = "article_editor_tally"
    __table_args__ = (HOT,)
    page_key: int = _key()
    editor_id: int = _key()
    set_id: int = _key(Integer)
    edits: int = _count()


class EditorTallyRow(SQLModel, table=True):
    """One editor's part of a collection. ``enrolled`` and ``fresh`` count the programs that make it so."""

    __tablename__ = "editor_tally"
    __table_args__ = (HOT,)
    collection_id: int = _key()
    editor_id: int = _key()
    enrolled: int = _count()
    fresh: int = _count()
    edits: int = _count()
    bytes_added: int = _count(BigInteger)
    bytes_userspace: int = _count(BigInteger)
    bytes_draft: int = _count(BigInteger)
    articles_edited: int = _count()
    articles_created: int = _count()
    uploads: int = _count()


class WikiTallyRow(SQLModel, table=True):
    """One namespace of one wiki in a collection."""

    __tablename__ = "wiki_tally"
    __table_args__ = (HOT,)
    collection_id: int = _key()
    wiki_id: int = _key(SmallInteger)
    namespace: int = _key(Integer)
    edits: int = _count()
    articles_edited: int = _count()
    articles_created: int = _count()
    bytes_added: int = _count(BigInteger)
    bytes_removed: int = _count(BigInteger)
    uploads: int = _count()
    reverted: int = _count()


class WikiEditorTallyRow(SQLModel, table=True):
    """One editor's edits in one namespace of one wiki, by the set they are in."""

    __tablename__ = "wiki_editor_tally"
    __table_args__ = (HOT,)
    set_id: int = _key(Integer)
    wiki_id: int = _key(SmallInteger)
    namespace: int = _key(Integer)
    editor_id: int = _key()
    edits: int = _count()


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
    id: int = _key()
    at: datetime = _time(default="now()")
    kind: int = _col(SmallInteger)
    wiki_id: int | None = _col(SmallInteger, nullable=True)
    revision_id: int | None = _col(BigInteger, nullable=True)
    set_id: int = _count()
    except_set: int = _count()
    collection_id: int | None = _col(BigInteger, nullable=True)
    reason: str | None = _text(nullable=True)
    counted: int = _count()
    retracted: int = _count()
    target: int | None = _col(BigInteger, nullable=True)
    actual: int | None = _col(BigInteger, nullable=True)


class EarlyChangeRow(SQLModel, table=True):
    """A change to a page or revision we hold no edit of yet: kept a while, applied when the edit comes."""

    __tablename__ = "early_change"
    wiki: str = _text(primary_key=True)
    kind: str = _text(primary_key=True)
    key: int = _key()
    as_of: datetime = _time()
    body: dict[str, Any] = _col(JSONB)


class LedgerRow(SQLModel, table=True):
    """One row. Locking it makes one writer at a time; ``number`` is the last number given out under that lock.

    ``forgotten`` is the newest number whose activity was dropped for its age; ``epoch`` tells one ledger from another.
    """

    __tablename__ = "ledger"
    __table_args__ = (HOT,)
    id: int = _key(SmallInteger)
    number: int = _count(BigInteger)
    checkpoint: dict[str, Any] = _col(JSONB, default="'{}'")
    complete_until: datetime | None = _time(nullable=True)
    rules_version: int = _count(BigInteger)
    forgotten: int = _count(BigInteger)
    epoch: str = _text(default="md5(random()::text)")


class StreamStateRow(SQLModel, table=True):
    """One row: what the consumer last said of its stream. ``heartbeat`` is its own clock."""

    __tablename__ = "stream_state"
    __table_args__ = (HOT,)
    id: int = _key(SmallInteger)
    connected: bool = _flag()
    heartbeat: datetime | None = _time(nullable=True)
    last_event_at: datetime | None = _time(nullable=True)
    upstream_lag: float | None = Field(default=None)
    own_lag: float | None = Field(default=None)


class StreamGapRow(SQLModel, table=True):
    """A time the stream could not tell us about."""

    __tablename__ = "stream_gap"
    id: int = _serial()
    from_at: datetime = _time()
    to_at: datetime = _time()
    reconciled: bool = _flag()


class RejectedEventRow(SQLModel, table=True):
    """How often events were refused for one reason, and the newest sample."""

    __tablename__ = "rejected_event"
    reason: str = _text(primary_key=True)
    times: int = _count(BigInteger)
    sample: str = _text(default="''")
    last_at: datetime = _time(default="now()")

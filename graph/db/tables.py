# SPDX-License-Identifier: GPL-3.0-or-later
"""The tables, and nothing else: SQLModel declares them, Alembic creates them, SQL written by hand works on them.

They are not types of the domain (see graph/programs.py) and never leave graph/db. Instants are ``timestamptz``.
A *collection* is whatever owns a set of counted edits: its number is also the number of the program, session,
campaign or organization it belongs to. docs/decisions explains the set numbers that edits carry.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Column, Computed, Double, ForeignKey, Index, Integer, SmallInteger, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field, SQLModel

from graph.db.columns import HOT, col, count, doublings, flag, key, ref, serial, text_, time, wiki


class WikiRow(SQLModel, table=True):
    """A wiki somebody tracks. ``words``: its bytes can be read as words (Latin script, not Wikidata)."""

    __tablename__ = "wiki"
    id: int = serial(SmallInteger)
    dbname: str = text_(unique=True)
    domain: str = text_()
    project: str = text_()
    language: str | None = text_(nullable=True)
    words: bool = flag()


class EditorRow(SQLModel, table=True):
    """A person on the wikis; the central id is the key where known, the name a label."""

    __tablename__ = "editor"
    __table_args__ = (Index("editor_username", "username"),)
    id: int = serial()
    central_id: int | None = col(BigInteger, nullable=True, unique=True)
    username: str = text_()
    registered_at: datetime | None = time(nullable=True)


class AdminRow(SQLModel, table=True):
    """Who administers this service beside those that the settings name; ``granted_by`` says who made them."""

    __tablename__ = "admin"
    editor_id: int = ref("editor.id", primary_key=True)
    granted_by: int | None = col(BigInteger, nullable=True)
    at: datetime = time(default="now()")


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


class OrganizationRow(SQLModel, table=True):
    """A chapter, affiliate or institution that runs campaigns."""

    __tablename__ = "organization"
    id: int = ref("collection.id", primary_key=True)
    slug: str = text_(unique=True)
    name: str = text_()
    description: str = text_(default="''")


class OrganizationCoordinatorRow(SQLModel, table=True):
    """Who coordinates an organization."""

    __tablename__ = "organization_coordinator"
    organization_id: int = ref("organization.id", primary_key=True)
    editor_id: int = ref("editor.id", primary_key=True)


class CampaignRow(SQLModel, table=True):
    """A gathering of programs, with defaults for those created in it."""

    __tablename__ = "campaign"
    id: int = ref("collection.id", primary_key=True)
    slug: str = text_(unique=True)
    title: str = text_()
    description: str = text_(default="''")
    starts_at: datetime | None = time(nullable=True)
    ends_at: datetime | None = time(nullable=True)
    organization_id: int | None = Field(
        sa_column=Column(BigInteger, ForeignKey("organization.id", ondelete="SET NULL"), index=True)
    )
    default_program_type: str = text_(default="'BASIC'")
    default_passcode_policy: str = text_(default="'RANDOM'")
    default_passcode: str | None = text_(nullable=True)
    template_description: str = text_(default="''")


class CampaignOrganizerRow(SQLModel, table=True):
    """Who organizes a campaign."""

    __tablename__ = "campaign_organizer"
    campaign_id: int = ref("campaign.id", primary_key=True)
    editor_id: int = ref("editor.id", primary_key=True)


class ProgramRow(SQLModel, table=True):
    """A cohort, a window and wikis. Withdrawn, it is private, and ``restored_visibility`` is what it was before.

    Where some participants are nameless, ``everybody_id`` is a second collection that counts theirs, too, for those who
    may know; ``nameless_counted`` says that after the end the program's own numbers do so as well.
    """

    __tablename__ = "program"
    __table_args__ = (Index("program_tracking_start", "tracking_start"), Index("program_title", "title", "id"))
    id: int = ref("collection.id", primary_key=True)
    slug: str = text_(unique=True)
    title: str = text_()
    institution: str = text_()
    term: str | None = text_(nullable=True)
    description: str = text_(default="''")
    type: str = text_(default="'BASIC'")
    visibility: str = text_(default="'PUBLIC'")
    tracking_start: datetime = time()
    tracking_end: datetime = time()
    event_start: datetime | None = time(nullable=True)
    event_end: datetime | None = time(nullable=True)
    home_wiki_id: int = wiki()
    passcode_policy: str = text_()
    passcode: str | None = text_(nullable=True)
    registration_open: bool = flag("true")
    invitation: str = text_(unique=True)
    show_names_by_default: bool = flag("true")
    everybody_id: int | None = Field(sa_column=Column(BigInteger, ForeignKey("collection.id"), unique=True))
    nameless_counted: bool = flag()
    withdrawn_at: datetime | None = time(nullable=True)
    restored_visibility: str | None = text_(nullable=True)


class RetiredSlugRow(SQLModel, table=True):
    """A slug that a deleted program had: it is given to nobody again."""

    __tablename__ = "retired_slug"
    slug: str = text_(primary_key=True)


class ProgramWikiRow(SQLModel, table=True):
    """A tracked wiki of a program, and the namespaces whose pages count as articles."""

    __tablename__ = "program_wiki"
    program_id: int = ref("program.id", primary_key=True)
    wiki_id: int = wiki(primary_key=True)
    namespaces: list[int] = col(ARRAY(Integer))


class CampaignProgramRow(SQLModel, table=True):
    """Which programs a campaign gathers."""

    __tablename__ = "campaign_program"
    campaign_id: int = ref("campaign.id", primary_key=True)
    program_id: int = ref("program.id", primary_key=True, index=True)
    added_at: datetime = time(default="now()")


class SessionRow(SQLModel, table=True):
    """A dated event inside a program, with its own window; ``everybody_id`` as in the program."""

    __tablename__ = "session"
    id: int = ref("collection.id", primary_key=True)
    program_id: int = ref("program.id", index=True)
    slug: str = text_()
    title: str = text_()
    venue: str | None = text_(nullable=True)
    starts_at: datetime = time()
    ends_at: datetime = time()
    everybody_id: int | None = Field(sa_column=Column(BigInteger, ForeignKey("collection.id"), unique=True))


class SessionCoordinatorRow(SQLModel, table=True):
    """Who coordinates a session."""

    __tablename__ = "session_coordinator"
    session_id: int = ref("session.id", primary_key=True)
    editor_id: int = ref("editor.id", primary_key=True)


class SessionEditorRow(SQLModel, table=True):
    """A session's own participants; where there are none, the program's editors take part."""

    __tablename__ = "session_editor"
    session_id: int = ref("session.id", primary_key=True)
    editor_id: int = ref("editor.id", primary_key=True)


class EnrollmentRow(SQLModel, table=True):
    """What somebody is in a program. The edits of an editor without ``show_name`` are held out of all numbers."""

    __tablename__ = "enrollment"
    __table_args__ = (
        Index("enrollment_editor", "editor_id"),
        Index("enrollment_nameless", "program_id", postgresql_where=text("NOT show_name")),
    )
    program_id: int = ref("program.id", primary_key=True)
    editor_id: int = ref("editor.id", primary_key=True)
    role: str = text_(primary_key=True)
    joined_at: datetime = time(default="now()")
    show_name: bool = flag("true")


class PendingEnrollmentRow(SQLModel, table=True):
    """A pasted name that the wikis have not been asked about yet; the worker finishes it.

    ``added_by`` says who pasted it; ``unknown_at``, when the wikis said that nobody has it: then it is kept for a while
    so that those who facilitate can see what became of it.
    """

    __tablename__ = "pending_enrollment"
    program_id: int = ref("program.id", primary_key=True)
    username: str = text_(primary_key=True)
    session_id: int | None = ref("session.id", nullable=True)
    show_name: bool = flag("true")
    added_at: datetime = time(default="now()")
    added_by: int | None = col(BigInteger, nullable=True)
    unknown_at: datetime | None = time(nullable=True)


class ExclusionRow(SQLModel, table=True):
    """An article that an organizer took out of a program; ``editor_id`` says who."""

    __tablename__ = "exclusion"
    program_id: int = ref("program.id", primary_key=True)
    page_key: int = ref("page.id", primary_key=True, index=True)
    editor_id: int | None = col(BigInteger, nullable=True)
    at: datetime = time(default="now()")


class DueReassessmentRow(SQLModel, table=True):
    """A program whose stored edits must be decided anew; no reference, as the program may be gone by then."""

    __tablename__ = "due_reassessment"
    program_id: int = key()
    since: datetime = time(default="clock_timestamp()")


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


class GoalRow(SQLModel, table=True):
    """A number a program wants to reach."""

    __tablename__ = "goal"
    program_id: int = ref("program.id", primary_key=True)
    metric: str = text_(primary_key=True)
    target: int = col(BigInteger)
    reached_at: datetime | None = time(nullable=True)


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

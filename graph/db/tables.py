# SPDX-License-Identifier: GPL-3.0-or-later
"""The tables, and nothing else: SQLModel declares them, Alembic creates them, SQL written by hand works on them.

They are not types of the domain (see graph/programs.py) and never leave graph/db. Instants are ``timestamptz``.
A *collection* is whatever owns a set of counted edits: its number is also the number of the program, session,
campaign or organization it belongs to. docs/decisions explains the set numbers that edits carry.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, SmallInteger, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field, SQLModel

from graph.db.columns import col, flag, key, ref, serial, text_, time, wiki


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


class GoalRow(SQLModel, table=True):
    """A number a program wants to reach."""

    __tablename__ = "goal"
    program_id: int = ref("program.id", primary_key=True)
    metric: str = text_(primary_key=True)
    target: int = col(BigInteger)
    reached_at: datetime | None = time(nullable=True)

# SPDX-License-Identifier: GPL-3.0-or-later
"""What a live screen is told: counted edits, edits taken back, history changed, milestones.

Pure. Each entry carries ``number``, its place in the ledger; numbers grow in commit order, so "everything after
number N" is a complete answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from graph.programs import Editor, Goal


class RetractionReason(StrEnum):
    """Why an edit no longer counts."""

    DELETED = "DELETED"
    HIDDEN = "HIDDEN"
    EXCLUDED = "EXCLUDED"
    OUT_OF_SCOPE = "OUT_OF_SCOPE"
    EDITOR_REMOVED = "EDITOR_REMOVED"


@dataclass(frozen=True, slots=True)
class Article:
    """A page with a counted edit. ``id`` is our number; ``title`` is None where the page is suppressed."""

    id: int
    wiki: str
    page_id: int
    namespace: int
    title: str | None
    deleted: bool


@dataclass(frozen=True, slots=True)
class LedgerEdit:
    """A stored edit as it may be shown; ``editor`` is None where the name is hidden or not to be shown."""

    wiki: str
    revision_id: int
    article: Article
    editor: Editor | None
    at: datetime
    byte_change: int
    created: bool
    minor: bool
    reverted: bool
    summary: str | None
    upload: bool


@dataclass(frozen=True, slots=True)
class EditCounted:
    """An edit began to count; ``program_ids`` are the public programs that count it, and the one that is followed."""

    number: int
    edit: LedgerEdit
    program_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class EditRetracted:
    """An edit no longer counts, or may no longer be shown."""

    number: int
    wiki: str
    revision_id: int
    reason: RetractionReason


@dataclass(frozen=True, slots=True)
class EditReverted:
    """A counted edit was reverted on its wiki: mark its card. It stays counted."""

    number: int
    wiki: str
    revision_id: int


@dataclass(frozen=True, slots=True)
class CardHidden:
    """Whoever runs a program took an edit off its screens. It stays counted."""

    number: int
    wiki: str
    revision_id: int


@dataclass(frozen=True, slots=True)
class CardShown:
    """Whoever runs a program put an edit that was hidden on its screens again."""

    number: int
    wiki: str
    revision_id: int


@dataclass(frozen=True, slots=True)
class HistoryChanged:
    """So many edits were counted or taken back at once."""

    number: int
    counted: int
    retracted: int


@dataclass(frozen=True, slots=True)
class MilestoneReached:
    """A program reached a goal, perhaps by this edit."""

    number: int
    program_id: int
    goal: Goal
    edit: LedgerEdit | None


@dataclass(frozen=True, slots=True)
class SnapshotRequired:
    """The reader fell behind what can be replayed: fetch everything anew, then follow from ``number``."""

    number: int


Activity = (
    EditCounted
    | EditRetracted
    | EditReverted
    | CardHidden
    | CardShown
    | HistoryChanged
    | MilestoneReached
    | SnapshotRequired
)

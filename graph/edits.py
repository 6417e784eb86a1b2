# SPDX-License-Identifier: GPL-3.0-or-later
"""Edits and what happens to them: the words in which every source speaks.

Pure: no I/O, no clock. ``Edit`` holds only what the live stream and the wikis' lists of contributions both give,
so that one revision is the same value wherever it came from. All instants are aware and in UTC.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Edit:
    """One revision by one editor.

    ``title`` is the full page title with spaces and the namespace's local name (``File:A b.jpg``). ``at`` is the
    revision's own time in whole seconds. ``byte_change`` is its size minus its parent's (the whole size for a first
    revision). ``created`` says the revision has no parent, ``redirect`` that it was a redirect when it was created
    (always False for later revisions). ``summary`` is None where it is hidden.
    """

    wiki: str
    revision_id: int
    page_id: int
    namespace: int
    title: str
    username: str
    central_id: int | None
    at: datetime
    byte_change: int
    created: bool
    redirect: bool
    minor: bool
    summary: str | None


@dataclass(frozen=True, slots=True)
class SeenEdit:
    """An edit by an enrolled editor, and the moment for which its source vouches.

    ``editor_id`` is our own number of the editor. ``as_of`` (stream: the event's ``meta.dt``; history: a little
    before the request) orders what is known of the page: older news never overwrites newer.
    """

    edit: Edit
    editor_id: int
    as_of: datetime


@dataclass(frozen=True, slots=True)
class PageDeleted:
    """A page was deleted; a suppressed one may not even be named any more."""

    wiki: str
    page_id: int
    as_of: datetime
    suppressed: bool = False


@dataclass(frozen=True, slots=True)
class PageUndeleted:
    """A page was restored, under this title."""

    wiki: str
    page_id: int
    namespace: int
    title: str
    as_of: datetime


@dataclass(frozen=True, slots=True)
class PageMoved:
    """A page has a new title, perhaps in another namespace."""

    wiki: str
    page_id: int
    namespace: int
    title: str
    as_of: datetime


@dataclass(frozen=True, slots=True)
class RevisionVisibility:
    """What of a revision may be shown now. A hidden text or editor takes the edit back."""

    wiki: str
    revision_id: int
    text: bool
    editor: bool
    summary: bool
    as_of: datetime


@dataclass(frozen=True, slots=True)
class RevisionTagged:
    """The tag ``mw-reverted`` came to a revision or left it."""

    wiki: str
    revision_id: int
    reverted: bool
    as_of: datetime


@dataclass(frozen=True, slots=True)
class RevisionsReverted:
    """A later revision says it reverts this range (both ends included) of its page."""

    wiki: str
    page_id: int
    oldest: int
    newest: int
    as_of: datetime


Change = PageDeleted | PageUndeleted | PageMoved | RevisionVisibility | RevisionTagged | RevisionsReverted


@dataclass(frozen=True, slots=True)
class Rejected:
    """An event that was not understood: why, and its first bytes."""

    reason: str
    sample: str


@dataclass(slots=True)
class Batch:
    """What one transaction takes in; the order of its members does not matter.

    ``checkpoint`` maps each stream topic to the newest event time seen on it (ms since 1970), or is None for
    history. ``complete_until`` is the moment up to which the source has told everything. ``arrived_at`` is when the
    oldest of ``edits`` reached us.
    """

    edits: list[SeenEdit] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    checkpoint: dict[str, int] | None = None
    complete_until: datetime | None = None
    arrived_at: datetime | None = None

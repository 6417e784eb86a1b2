# SPDX-License-Identifier: GPL-3.0-or-later
"""The shapes of the streams' events, as far as anybody reads them.

Fields nobody reads may be missing or new. The bounds on those that are read keep what the database could not hold
out of every batch, so that one absurd event cannot stop all others.
"""

from __future__ import annotations

from msgspec import Struct

from graph.bounds import Instant, Namespace, Number, NumberOrNone, Size, Title, Username, WikiName, storable


class EventMeta(Struct, gc=False):
    """What every event says of itself; ``topic`` is missing where it did not come over the public service."""

    dt: Instant
    stream: str = ""
    topic: str = ""
    domain: str = ""


class Editor(Struct, gc=False):
    """A user, as ``performer`` or as ``revision.editor``; ``{}`` where a wiki strips identities."""

    user_text: Username | None = None
    user_central_id: Number | None = None
    is_temp: bool = False


class Revert(Struct, gc=False):
    """The range of revisions an edit took back, both ends included."""

    rev_reverted_oldest_id: Number | None = None
    rev_reverted_newest_id: Number | None = None


class SlimRevision(Struct, gc=False):
    """The part of a revision that tells whether the rest matters."""

    editor: Editor | None = None
    revert: Revert | None = None
    is_content_visible: bool = True
    is_editor_visible: bool = True
    is_comment_visible: bool = True

    @property
    def all_visible(self) -> bool:
        """Whether nothing of it is hidden."""
        return self.is_content_visible and self.is_editor_visible and self.is_comment_visible


class Slim(Struct, gc=False):
    """The few fields that tell whether the rest matters."""

    meta: EventMeta
    page_change_kind: str = ""
    wiki_id: str = ""
    database: str = ""
    dt: Instant | None = None
    revision: SlimRevision | None = None


class Page(Struct, gc=False):
    """A page; its title has underscores and the namespace's local name."""

    page_id: Number
    page_title: Title
    namespace_id: Namespace
    is_redirect: bool = False

    @property
    def title(self) -> str:
        """The title with spaces."""
        return storable(self.page_title.replace("_", " "))


class Revision(SlimRevision, gc=False, kw_only=True):
    """A revision in full; a parent of 0 is none, as is a missing one."""

    rev_id: Number
    rev_dt: Instant
    rev_size: Size | None = None
    rev_parent_id: NumberOrNone | None = None
    is_minor_edit: bool = False
    comment: str | None = None


class PriorRevision(Struct, gc=False):
    """The revision that was current before."""

    rev_id: Number | None = None
    rev_size: Size | None = None


class PriorState(Struct, gc=False):
    """What was before the event."""

    revision: PriorRevision | None = None


class PageChange(Struct, gc=False):
    """A page change in full, as far as it has a visible page and revision."""

    wiki_id: WikiName
    page: Page
    revision: Revision
    prior_state: PriorState | None = None


class PageGone(Struct, gc=False):
    """A deletion or suppression, whose revision may be stripped to nothing."""

    wiki_id: WikiName
    page: Page
    performer: Editor | None = None


class Tags(Struct, gc=False):
    """A revision's tags before the event."""

    tags: list[str] = []


class TagsChange(Struct, gc=False):
    """One event of ``mediawiki.revision-tags-change``."""

    database: WikiName
    rev_id: Number
    tags: list[str] = []
    prior_state: Tags | None = None


class Visibility(Struct, gc=False):
    """What of a revision is shown."""

    text: bool
    user: bool
    comment: bool


class VisibilityChange(Struct, gc=False):
    """One event of ``mediawiki.revision-visibility-change``."""

    database: WikiName
    rev_id: Number
    visibility: Visibility

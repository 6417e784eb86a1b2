# SPDX-License-Identifier: GPL-3.0-or-later
"""What one event of the stream means: the edits of enrolled editors, and what befell pages and revisions.

Pure: no I/O, no clock. Nearly every event is by a stranger, so a slim decode of the few fields that tell comes first
and the rest is read only where it matters. Three streams are understood: ``mediawiki.page_change.v1``,
``mediawiki.revision-tags-change`` and ``mediawiki.revision-visibility-change``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, TypeVar

from msgspec import DecodeError, ValidationError
from msgspec.json import Decoder

from graph.bounds import storable
from graph.edits import (
    Change,
    Edit,
    PageDeleted,
    PageMoved,
    PageUndeleted,
    RevisionsReverted,
    RevisionTagged,
    RevisionVisibility,
    SeenEdit,
)
from graph.errors import MalformedEvent
from graph.streams.payloads import (
    Editor,
    PageChange,
    PageGone,
    PriorState,
    Revision,
    Slim,
    SlimRevision,
    TagsChange,
    VisibilityChange,
)

PAGE_CHANGE: Final = "mediawiki.page_change.v1"
TAGS_CHANGE: Final = "mediawiki.revision-tags-change"
VISIBILITY_CHANGE: Final = "mediawiki.revision-visibility-change"
STREAMS: Final = (PAGE_CHANGE, TAGS_CHANGE, VISIBILITY_CHANGE)

REVERTED_TAG: Final = "mw-reverted"

# The reasons of MalformedEvent; they are counted by, so there are only these and the two below.
NOT_JSON: Final = "not JSON"
WRONG_FIELD: Final = "a field is missing or wrong"
UNKNOWN_STREAM: Final = "unknown stream"
UNKNOWN_KIND: Final = "unknown kind of page change"
SIZE_UNKNOWN: Final = "size of the parent unknown"

# Why the connection's reader refuses an event before its data is looked at.
OVERSIZED: Final = "event too large"
SERVER_ERROR: Final = "the server reported an error"

Find = Callable[[str, int | None, str], int | None]


class Kind:
    """What an event turned out to be; a label to count by and to show.

    Plain strings: looked up for each event, the members of an enumeration cost more than all else here.
    """

    CANARY: Final = "canary"
    EDIT: Final = "edit by an enrolled editor"
    STRANGER: Final = "edit by a stranger"
    TEMPORARY: Final = "edit by a temporary account"
    NAMELESS: Final = "edit whose editor is hidden or not named"
    DELETE: Final = "page deleted"
    UNDELETE: Final = "page undeleted"
    VISIBILITY: Final = "revision's visibility changed"
    REVERTED_TAG: Final = "mw-reverted came or went"
    OTHER_TAGS: Final = "other tags changed"


@dataclass(slots=True)
class Understood:
    """One event's meaning.

    ``dt_ms`` is its ``meta.dt``, the time by which the stream resumes, in milliseconds since 1970; ``topic`` is ""
    where the event names none. ``happened`` is when the edit or action took place, as far as the event says.
    """

    kind: str
    topic: str
    dt_ms: int
    happened: datetime | None
    edits: Sequence[SeenEdit] = ()
    changes: Sequence[Change] = ()

    @property
    def canary(self) -> bool:
        """Whether this is one of the hourly artificial events, which mean nothing."""
        return self.kind == Kind.CANARY


_slim = Decoder(Slim)
_page_change = Decoder(PageChange)
_page_gone = Decoder(PageGone)
_tags_change = Decoder(TagsChange)
_visibility_change = Decoder(VisibilityChange)

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)

_T = TypeVar("_T")


def understand(data: bytes, find: Find) -> Understood:
    """Say what an event's data (one JSON object) means.

    ``find`` gives our number of an editor by wiki, central id and name, or None for a stranger. Changes of pages and
    revisions are told whoever made them. Raises MalformedEvent, with one of the reasons above.
    """
    slim = _decode(_slim, data)
    meta = slim.meta
    seen = Understood(Kind.CANARY, meta.topic, (meta.dt - _EPOCH) // _MILLISECOND, slim.dt)
    if meta.domain == "canary" or slim.wiki_id == "examplewiki" or slim.database == "examplewiki":
        return seen
    if meta.stream == PAGE_CHANGE:
        reader = _PAGE_CHANGES.get(slim.page_change_kind)
        if reader is None:
            raise MalformedEvent(UNKNOWN_KIND, slim.page_change_kind[:64])
        reader(seen, data, slim, find)
    elif meta.stream == TAGS_CHANGE:
        _read_tags(seen, data, slim)
    elif meta.stream == VISIBILITY_CHANGE:
        _read_visibility(seen, data, slim)
    else:
        raise MalformedEvent(UNKNOWN_STREAM, meta.stream[:64])
    return seen


def _decode(decoder: Decoder[_T], data: bytes) -> _T:
    try:
        return decoder.decode(data)
    except ValidationError as error:
        raise MalformedEvent(WRONG_FIELD, str(error)) from None
    except (DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise MalformedEvent(NOT_JSON, str(error)) from None


def _read_saved(seen: Understood, data: bytes, slim: Slim, find: Find) -> None:
    """A page was created, edited or moved: perhaps an edit that counts."""
    revision = slim.revision
    if revision is None:
        raise MalformedEvent(WRONG_FIELD, "no revision")
    seen.kind, editor_id = _author(revision, slim.wiki_id, find)
    moved = slim.page_change_kind == "move"
    if editor_id is None and not moved and revision.revert is None and revision.all_visible:
        return
    event, as_of = _decode(_page_change, data), _utc(slim.meta.dt)
    if editor_id is not None:
        seen.edits = (SeenEdit(_edit(event, moved), editor_id, as_of),)
    seen.changes = _changes(event, moved, as_of)


def _author(revision: SlimRevision, wiki: str, find: Find) -> tuple[str, int | None]:
    # The author is the revision's editor: the performer of an import is somebody else.
    editor = revision.editor
    if editor is None or editor.user_text is None or not revision.is_editor_visible:
        return Kind.NAMELESS, None
    if editor.is_temp:
        return Kind.TEMPORARY, None
    editor_id = find(wiki, editor.user_central_id, editor.user_text)
    return (Kind.STRANGER if editor_id is None else Kind.EDIT), editor_id


def _edit(event: PageChange, moved: bool) -> Edit:
    page, revision = event.page, event.revision
    editor = revision.editor or Editor()
    created = not (moved or revision.rev_parent_id)
    return Edit(
        wiki=event.wiki_id,
        revision_id=revision.rev_id,
        page_id=page.page_id,
        namespace=page.namespace_id,
        title=page.title,
        username=storable(editor.user_text or ""),
        central_id=editor.user_central_id,
        at=_utc(revision.rev_dt).replace(microsecond=0),
        byte_change=0 if moved else _byte_change(revision, event.prior_state),
        created=created,
        redirect=created and page.is_redirect,
        minor=revision.is_minor_edit,
        summary=storable(revision.comment or "") if revision.is_comment_visible else None,
    )


def _byte_change(revision: Revision, prior_state: PriorState | None) -> int:
    """The size minus the parent's; refuses to guess, because a stored edit is never corrected from the stream."""
    if revision.rev_size is None:
        raise MalformedEvent(SIZE_UNKNOWN, "no rev_size")
    if not revision.rev_parent_id:
        return revision.rev_size
    prior = prior_state.revision if prior_state else None
    # An import may put a revision on top of another one than its parent.
    if prior is None or prior.rev_size is None or prior.rev_id not in (None, revision.rev_parent_id):
        raise MalformedEvent(SIZE_UNKNOWN, f"revision {revision.rev_id}")
    return revision.rev_size - prior.rev_size


def _changes(event: PageChange, moved: bool, as_of: datetime) -> list[Change]:
    wiki, page, revision = event.wiki_id, event.page, event.revision
    changes: list[Change] = []
    if moved:
        changes.append(PageMoved(wiki, page.page_id, page.namespace_id, page.title, as_of))
    if not revision.all_visible:
        changes.append(_visibility(event, as_of))
    revert = revision.revert
    if revert and revert.rev_reverted_oldest_id and revert.rev_reverted_newest_id:
        oldest, newest = revert.rev_reverted_oldest_id, revert.rev_reverted_newest_id
        changes.append(RevisionsReverted(wiki, page.page_id, oldest, newest, as_of))
    return changes


def _visibility(event: PageChange, as_of: datetime) -> RevisionVisibility:
    revision = event.revision
    return RevisionVisibility(
        event.wiki_id,
        revision.rev_id,
        text=revision.is_content_visible,
        editor=revision.is_editor_visible,
        summary=revision.is_comment_visible,
        as_of=as_of,
    )


def _read_delete(seen: Understood, data: bytes, slim: Slim, _find: Find) -> None:
    event, revision = _decode(_page_gone, data), slim.revision or SlimRevision()
    # A suppression names no performer and hides all of the last revision.
    hidden = not (revision.is_content_visible or revision.is_editor_visible or revision.is_comment_visible)
    suppressed = hidden and event.performer is None
    seen.kind = Kind.DELETE
    seen.changes = (PageDeleted(event.wiki_id, event.page.page_id, _utc(slim.meta.dt), suppressed),)


def _read_undelete(seen: Understood, data: bytes, slim: Slim, _find: Find) -> None:
    event, as_of = _decode(_page_change, data), _utc(slim.meta.dt)
    page = event.page
    seen.kind = Kind.UNDELETE
    # What a suppression hid of the last revision may be back as well.
    seen.changes = (
        PageUndeleted(event.wiki_id, page.page_id, page.namespace_id, page.title, as_of),
        _visibility(event, as_of),
    )


def _read_page_visibility(seen: Understood, data: bytes, slim: Slim, _find: Find) -> None:
    seen.kind = Kind.VISIBILITY
    seen.changes = (_visibility(_decode(_page_change, data), _utc(slim.meta.dt)),)


_PAGE_CHANGES: Final[dict[str, Callable[[Understood, bytes, Slim, Find], None]]] = {
    "create": _read_saved,
    "edit": _read_saved,
    "move": _read_saved,
    "delete": _read_delete,
    "undelete": _read_undelete,
    "visibility_change": _read_page_visibility,
}


def _read_tags(seen: Understood, data: bytes, slim: Slim) -> None:
    event = _decode(_tags_change, data)
    now = REVERTED_TAG in event.tags
    before = event.prior_state is not None and REVERTED_TAG in event.prior_state.tags
    seen.kind = Kind.OTHER_TAGS if now == before else Kind.REVERTED_TAG
    if now != before:
        seen.changes = (RevisionTagged(event.database, event.rev_id, now, _utc(slim.meta.dt)),)


def _read_visibility(seen: Understood, data: bytes, slim: Slim) -> None:
    event = _decode(_visibility_change, data)
    shown = event.visibility
    seen.kind = Kind.VISIBILITY
    seen.changes = (
        RevisionVisibility(
            event.database,
            event.rev_id,
            text=shown.text,
            editor=shown.user,
            summary=shown.comment,
            as_of=_utc(slim.meta.dt),
        ),
    )


def _utc(instant: datetime) -> datetime:
    try:
        return instant.astimezone(UTC)
    except OverflowError as error:
        raise MalformedEvent(WRONG_FIELD, str(error)) from None

# SPDX-License-Identifier: GPL-3.0-or-later
"""How each event of a capture is understood, or why it is refused: the consumer's reading, laid open.

Pure: no I/O, no clock. The same decoder and the same ``understand`` as the consumer's are at work; only who is
enrolled is not asked: everybody counts as enrolled here, so that every edit shows what it would do.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from datetime import datetime
from enum import Enum
from itertools import chain
from typing import Final

import msgspec

from graph.edits import Change, SeenEdit
from graph.errors import MalformedEvent
from graph.streams.events import OVERSIZED, SERVER_ERROR, SIZE_UNKNOWN, Kind, Understood, understand
from graph.streams.sse import Decoder, ServerSentEvent

# What an event may be that nothing is wrong with, and that is not counted nevertheless.
REFUSED_KINDS: Final = frozenset({Kind.CANARY, Kind.TEMPORARY, Kind.NAMELESS})

_BLANK: Final = b" \t\r\n\xef\xbb\xbf"


class Verdict(Enum):
    """What became of an event. REFUSED: on purpose, because of what it says; MALFORMED: it could not be read."""

    UNDERSTOOD = "understood"
    REFUSED = "refused"
    MALFORMED = "malformed"


@dataclass(frozen=True, slots=True)
class Explained:
    """One event: what it is about, the verdict with its reason or kind, and what it would do, a phrase each.

    What the event does not say is "" (or None). Nothing is made fit for a terminal.
    """

    verdict: Verdict
    reason: str
    stream: str = ""
    kind: str = ""
    wiki: str = ""
    page: str = ""
    revision: int | None = None
    effects: tuple[str, ...] = ()


def explain_capture(chunks: Iterable[bytes]) -> Iterator[Explained]:
    """Explain each event of a capture as it comes: an event stream, JSON lines, or one JSON document.

    A document may be one event or an array of events, on one line or on many. An event that the capture's end cut
    off is no event, as for the consumer.
    """
    rest = iter(chunks)
    head = b""
    for chunk in rest:
        head += chunk
        if head.strip(_BLANK):
            break
    whole = chain([head], rest)
    is_json = head.strip(_BLANK)[:1] in (b"{", b"[")
    yield from _explain_json(whole) if is_json else _explain_event_stream(whole)


def _explain_event_stream(chunks: Iterable[bytes]) -> Iterator[Explained]:
    decoder = Decoder()
    for chunk in chunks:
        oversized = decoder.oversized
        yield from map(_explain_frame, decoder.feed(chunk))
        for _ in range(decoder.oversized - oversized):
            yield Explained(Verdict.MALFORMED, OVERSIZED)


def _explain_frame(event: ServerSentEvent) -> Explained:
    if event.event == "error":
        return Explained(Verdict.MALFORMED, f"{SERVER_ERROR}: {event.text[:200]}")
    return explain(event.data)


def _explain_json(chunks: Iterable[bytes]) -> Iterator[Explained]:
    lines = (line for line in map(bytes.strip, _lines(chunks)) if line.strip(_BLANK))
    first = next(lines).lstrip(_BLANK)
    if _is_json(first):
        for line in chain([first], lines):
            yield from map(explain, _members(line))
        return
    # Not one document a line, so one on many lines; if it is none either, the lines say what is wrong.
    everything = [first, *lines]
    document = b"\n".join(everything)
    for part in [document] if _is_json(document) else everything:
        yield from map(explain, _members(part))


def _lines(chunks: Iterable[bytes]) -> Iterator[bytes]:
    rest = b""
    for chunk in chunks:
        *lines, rest = (rest + chunk).split(b"\n")
        yield from lines
    if rest:
        yield rest


def _is_json(text: bytes) -> bool:
    try:
        msgspec.json.decode(text, type=msgspec.Raw)
    except (msgspec.DecodeError, RecursionError):
        return False
    return True


def _members(document: bytes) -> Iterable[bytes]:
    if document[:1] != b"[":
        return (document,)
    try:
        return tuple(map(bytes, msgspec.json.decode(document, type=list[msgspec.Raw])))
    except (msgspec.DecodeError, RecursionError):
        return (document,)


def explain(data: bytes) -> Explained:
    """Explain one event's data, a JSON object."""
    said = _said(data)
    try:
        seen = understand(data, _everybody)
    except MalformedEvent as error:
        # A size that cannot be known is refused on purpose: nothing is wrong with the event.
        if error.reason == SIZE_UNKNOWN:
            return _about(said, Verdict.REFUSED, error.reason)
        return _about(said, Verdict.MALFORMED, str(error))
    verdict = Verdict.REFUSED if seen.kind in REFUSED_KINDS else Verdict.UNDERSTOOD
    return _about(said, verdict, seen.kind, tuple(_effects(seen)))


def line(explained: Explained) -> str:
    """The event in one line: what it is about, the verdict, why, and what it would do."""
    stream = explained.stream.removeprefix("mediawiki.") or "?"
    about = [f"{stream}/{explained.kind}" if explained.kind else stream, explained.wiki or "?"]
    if explained.page:
        about.append(explained.page)
    if explained.revision is not None:
        about.append(f"revision {explained.revision}")
    told = "; ".join([f"{explained.verdict.value}: {explained.reason}", *explained.effects])
    return f"{' | '.join(about)}  {told}"


def _everybody(_wiki: str, _central_id: int | None, _username: str) -> int:
    return 1


class _Said(msgspec.Struct):
    """What an event says it is about, of whatever types, for a line that names it."""

    meta: object = None
    page: object = None
    revision: object = None
    page_change_kind: object = ""
    page_title: object = ""
    rev_id: object = None
    wiki_id: object = ""
    database: object = ""


def _said(data: bytes) -> _Said:
    try:
        return msgspec.json.decode(data, type=_Said)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _Said()


def _about(said: _Said, verdict: Verdict, reason: str, effects: tuple[str, ...] = ()) -> Explained:
    meta, page, revision = _part(said.meta), _part(said.page), _part(said.revision)
    number = revision.get("rev_id", said.rev_id)
    return Explained(
        verdict,
        reason,
        stream=_text(meta.get("stream")),
        kind=_text(said.page_change_kind),
        wiki=_text(said.wiki_id) or _text(said.database),
        page=(_text(page.get("page_title")) or _text(said.page_title)).replace("_", " "),
        revision=number if isinstance(number, int) else None,
        effects=effects,
    )


def _part(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str:
    return value[:300] if isinstance(value, str) else ""


def _effects(seen: Understood) -> Iterator[str]:
    for edit in seen.edits:
        yield _edit(edit)
    for change in seen.changes:
        yield _change(change)


def _edit(seen: SeenEdit) -> str:
    edit = seen.edit
    marks = [name for name in ("created", "redirect", "minor") if getattr(edit, name)]
    words = (f"{edit.byte_change:+d} bytes", f"namespace {edit.namespace}", f"at {_instant(edit.at)}", *marks)
    return f"Edit by {edit.username}: {', '.join(words)}"


def _change(change: Change) -> str:
    # The wiki is named for the whole event, and its time is when the news is from.
    told = [
        f"{field.name}={_value(getattr(change, field.name))}"
        for field in fields(change)
        if field.name not in ("wiki", "as_of")
    ]
    return f"{type(change).__name__}({', '.join(told)})"


def _value(value: object) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def _instant(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")

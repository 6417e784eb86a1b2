# SPDX-License-Identifier: GPL-3.0-or-later
"""Whose edits count: the definition, and the fast filter in front of it.

Pure: no I/O, no clock. ``matches`` is the definition of docs/metrics.md in the plainest words; the ledger decides the
same in SQL, and tests hold one against the other. ``Index`` only answers, for each event of the stream, whether it can
concern anybody: it may let through what the ledger then refuses, never the reverse.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Final

from graph.edits import Edit
from graph.programs import ProgramType

COMMONS: Final = "commonswiki"
FILE_NAMESPACE: Final = 6

# Marks of writing direction, which MediaWiki drops from titles; people paste them unseen with names.
_INVISIBLE: Final = dict.fromkeys(map(ord, "\u200e\u200f\u202a\u202b\u202c\u202d\u202e"))


def canonical_username(username: str) -> str:
    """The form of a username in which MediaWiki stores it: ``" alan_turing"`` is ``"Alan turing"``.

    Underscores are spaces, runs of spaces are one, the ends are trimmed, marks of writing direction are dropped and
    the first letter is upper case. A letter whose upper case is several letters (ß) and the Georgian ones stay as
    they are, as on Wikimedia's wikis. A ``User:`` prefix is not taken off.
    """
    name = " ".join(username.translate(_INVISIBLE).replace("_", " ").split())
    first = name[:1]
    upper = first.upper()
    if len(upper) != 1 or "\u10d0" <= first <= "\u10ff":
        return name
    return upper + name[1:]


@dataclass(frozen=True, slots=True)
class Enrolled:
    """An editor some program tracks, and the hull of those programs' tracking windows (both ends included)."""

    editor_id: int
    central_id: int | None
    username: str
    earliest: datetime
    latest: datetime


class Index:
    """Every enrolled editor, to be found in constant time by central id or by name. Not for several threads."""

    def __init__(self, enrolled: Iterable[Enrolled] = ()) -> None:
        self._editors: dict[int, Enrolled] = {}
        self._by_central_id: dict[int, int] = {}
        self._by_name: dict[str, int] = {}
        self._unidentified: dict[str, int] = {}
        self.replace(enrolled)

    def __len__(self) -> int:
        return len(self._editors)

    def replace(self, enrolled: Iterable[Enrolled]) -> None:
        """Forget everything and hold ``enrolled`` instead."""
        everybody = list(enrolled)
        for known in (self._editors, self._by_central_id, self._by_name, self._unidentified):
            known.clear()
        for one in everybody:
            self.put(one)

    def put(self, enrolled: Enrolled) -> None:
        """Hold this editor, in place of what was known by the same ``editor_id``."""
        self.remove(enrolled.editor_id)
        name = canonical_username(enrolled.username)
        self._editors[enrolled.editor_id] = enrolled
        self._by_name[name] = enrolled.editor_id
        if enrolled.central_id is None:
            self._unidentified[name] = enrolled.editor_id
        else:
            self._by_central_id[enrolled.central_id] = enrolled.editor_id

    def remove(self, editor_id: int) -> None:
        """Forget an editor; an unknown one is no error."""
        enrolled = self._editors.pop(editor_id, None)
        if enrolled is None:
            return
        name = canonical_username(enrolled.username)
        for names in (self._by_name, self._unidentified):
            if names.get(name) == editor_id:
                del names[name]
        central_id = enrolled.central_id
        if central_id is not None and self._by_central_id.get(central_id) == editor_id:
            del self._by_central_id[central_id]

    def find(self, wiki: str, central_id: int | None, username: str) -> int | None:  # noqa: ARG002
        """The editor's id, or None for a stranger.

        The central id decides; the name only where one of the two sides has no central id, because a name given
        up in a rename may belong to somebody else by now. Names are global on Wikimedia's wikis, so ``wiki`` has no
        say; it is a parameter for the sources, whose names are those of one wiki.
        """
        if central_id is None:
            names = self._by_name
        else:
            editor_id = self._by_central_id.get(central_id)
            if editor_id is not None:
                return editor_id
            names = self._unidentified
        return names.get(canonical_username(username)) if names else None

    def covers(self, editor_id: int, at: datetime) -> bool:
        """Whether any program that tracks the editor may count an edit of that time."""
        enrolled = self._editors.get(editor_id)
        return enrolled is not None and enrolled.earliest <= at <= enrolled.latest


@dataclass(frozen=True, slots=True)
class Rules:
    """All that decides what a program counts.

    ``wikis`` maps each tracked wiki to the namespaces whose pages count as articles there. ``editors`` are those
    enrolled with role EDITOR. ``excluded`` and ``scope`` hold pages as (wiki, page id).
    """

    program_id: int
    tracking_start: datetime
    tracking_end: datetime
    wikis: Mapping[str, frozenset[int]]
    type: ProgramType
    editors: frozenset[int]
    excluded: frozenset[tuple[str, int]]
    scope: frozenset[tuple[str, int]]


class Match(Enum):
    """How an edit belongs to a program. UPLOAD_ONLY: a file uploaded to a Commons that is not tracked."""

    NO = "NO"
    UPLOAD_ONLY = "UPLOAD_ONLY"
    COUNTS = "COUNTS"


def is_upload(edit: Edit) -> bool:
    """Whether the edit brought a new file to Commons (a new version of a file is none)."""
    return edit.wiki == COMMONS and edit.namespace == FILE_NAMESPACE and edit.created and not edit.redirect


def matches(rules: Rules, edit: Edit, editor_id: int) -> Match:
    """Whether a live, visible edit by this editor counts for the program.

    Deleted pages and hidden revisions are not the edit's own properties: whoever asks leaves them out.
    """
    page = (edit.wiki, edit.page_id)
    if editor_id not in rules.editors or not rules.tracking_start <= edit.at <= rules.tracking_end:
        return Match.NO
    if page in rules.excluded:
        return Match.NO
    if rules.type is ProgramType.ARTICLE_SCOPED and page not in rules.scope:
        return Match.NO
    if edit.wiki in rules.wikis:
        return Match.COUNTS
    return Match.UPLOAD_ONLY if is_upload(edit) else Match.NO

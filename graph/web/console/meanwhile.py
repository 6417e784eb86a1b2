# SPDX-License-Identifier: GPL-3.0-or-later
"""Two people who edit the same thing at once: whoever saves second is told, and nothing either wrote is lost.

A form of something that is there already brings along which revision it shows, and of each of its entries a mark of
what stood there. Only what was changed is sent. Where somebody else was quicker, what they changed and this person did
not is taken over; where both did, what was typed stays, with what the other wrote beside it, and saving it once more is
meant. Pure.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from graph.web.asking import Fault
from graph.web.console.sheets import DO, Fields, Sent, Sheet

REVISION: Final = "revision"
CONFLICT: Final = "CONFLICT"
_MARK: Final = "was-"
_BYTES: Final = 8

Entries = Mapping[str, str]
"""What a form says, by the names of its entries: the same text where it says the same, as people can read it."""


@dataclass(frozen=True, slots=True)
class Form:
    """A form of something that is there. ``parts`` are the fields of an entry that has others than that of its name."""

    name: str
    entries: Callable[[Fields], Entries]
    parts: Mapping[str, Sequence[str]]

    def changed(self, fields: Fields) -> set[str]:
        """The entries that say something else than when the form was shown."""
        return {name for name, text in self.entries(fields).items() if fields.get(_MARK + name) != _mark(text)}

    def moved(self, fields: Fields, now: Fields) -> set[str]:
        """The entries that somebody else changed since the form was shown; ``now`` is how it would be shown now."""
        return {name for name, text in self.entries(now).items() if fields.get(_MARK + name) != _mark(text)}

    def sheet(self, sent: Sent, now: Fields) -> tuple[Sheet, tuple[str, ...]]:
        """The form to show, and the entries in which what somebody else wrote meanwhile was taken over.

        ``now`` holds the fields for what there is, and its revision.
        """
        marks = {_MARK + name: _mark(text) for name, text in self.entries(now).items()}
        if sent.fields.get(DO) != self.name:
            return Sheet(self.name, {**now, **marks}), ()
        if not any(fault.code == CONFLICT for fault in sent.faults):
            return sent.form(self.name), ()
        mine, theirs = self.entries(sent.fields), self.entries(now)
        moved, changed = self.moved(sent.fields, now), self.changed(sent.fields)
        taken = tuple(name for name in theirs if name in moved - changed)
        values = {**sent.fields, **marks, REVISION: now[REVISION]}
        for name in taken:
            values = self._taken(values, now, name)
        both = [name for name in theirs if name in moved & changed and mine[name] != theirs[name]]
        return Sheet(self.name, values, (_TOLD, *(_beside(name, theirs[name]) for name in both))), taken

    def _taken(self, values: Mapping[str, str], now: Fields, name: str) -> dict[str, str]:
        parts = self.parts.get(name, (name,))
        kept = {field: text for field, text in values.items() if field not in parts}
        return {**kept, **{field: now[field] for field in parts if field in now}}


_TOLD: Final = Fault(
    CONFLICT, (), "Somebody else changed this meanwhile. What you typed is kept: look, and save again."
)


def _beside(name: str, theirs: str) -> Fault:
    text = theirs or "–"
    return Fault(CONFLICT, (name,), f"Somebody else wrote here meanwhile: {text}")


def marked(sheet: Sheet) -> dict[str, str]:
    """The hidden fields that such a form brings along."""
    return {name: text for name, text in sheet.values.items() if name == REVISION or name.startswith(_MARK)}


def _mark(text: str) -> str:
    return hashlib.blake2b(text.encode(errors="surrogatepass"), digest_size=_BYTES).hexdigest()

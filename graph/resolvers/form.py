# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading what a mutation was given: every fault is noted with its field, and all of them are told at once.

Pure. A form is a mapping from the API's field names to values; a field that is not in it was left out, None is null.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import Enum
from typing import Any, TypeVar

from graph import wikis
from graph.errors import ErrorCode, GraphError, UserFault
from graph.programs import TrackedWiki, Wiki

TITLE = 200  # characters; so for institutions, venues and names
TERM = 100
DESCRIPTION = 20_000
PASSCODE = 100
LONGEST_WINDOW = timedelta(days=3653)  # ten years
MOST_WIKIS = 500
MOST_NAMESPACES = 100
HIGHEST_NAMESPACE = 65_535

# Marks of writing direction and the byte order mark: unseen companions of pasted text, which MediaWiki drops as well.
_UNSEEN = dict.fromkeys(map(ord, "\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff"))
_LINES = {"\n", "\t"}

E = TypeVar("E", bound=Enum)
Path = tuple[str, ...]


class Refused(GraphError):
    """Faults of a user, all that were found; nothing was changed."""

    def __init__(self, faults: Sequence[UserFault]) -> None:
        self.faults = tuple(faults)
        super().__init__("; ".join(str(fault) for fault in faults))


class Form:
    """The fields of one input. Each method reads one field; ``check`` ends the reading."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        self.given = given
        self.faults: list[UserFault] = []

    def has(self, name: str) -> bool:
        """Whether the field was given, be it null."""
        return name in self.given

    def note(self, code: ErrorCode, message: str, *field: str) -> None:
        """Note a fault of ``field``."""
        self.faults.append(UserFault(code, message, field or None))

    def check(self) -> None:
        """Raise Refused with all faults noted so far, if there are any."""
        if self.faults:
            raise Refused(self.faults)

    def line(self, name: str, longest: int = TITLE) -> str:
        """A text of one line that must say something, at most ``longest`` characters."""
        text = self._text(name, self.given.get(name), longest, lines=False)
        if text is not None and not visible(text):
            self.note(ErrorCode.INVALID, "This must not be empty.", name)
        return text or ""

    def line_or_none(self, name: str, longest: int = TITLE) -> str | None:
        """A text of one line; absent, null and empty are None."""
        value = self.given.get(name)
        text = None if value is None else self._text(name, value, longest, lines=False)
        return text if text and visible(text) else None

    def prose(self, name: str, longest: int = DESCRIPTION) -> str:
        """A text of several lines; absent and null are empty."""
        value = self.given.get(name)
        return "" if value is None else self._text(name, value, longest, lines=True) or ""

    def choice(self, name: str, default: E) -> E:
        """One of an enum's values."""
        value = self.given.get(name, default)
        return type(default)(value) if self._present(name, value) else default

    def flag(self, name: str, *, default: bool) -> bool:
        """True or false."""
        value = self.given.get(name, default)
        return bool(value) if self._present(name, value) else default

    def instant(self, name: str, default: datetime) -> datetime:
        """An instant that must be there where it is given at all."""
        value = self.given.get(name, default)
        return value if self._present(name, value) else default

    def window(self, first: str, last: str) -> tuple[datetime, datetime]:
        """Two instants that must be there, in order, at most ten years apart. Only to be used after ``check``."""
        start, end = self.given.get(first), self.given.get(last)
        present = [self._present(first, start), self._present(last, end)]
        if all(present):
            self.check_window(start, end, last)
        return start, end  # type: ignore[return-value] # null was noted, and nobody reads on after `check`

    def window_or_none(self, first: str, last: str) -> tuple[datetime | None, datetime | None]:
        """Two instants that may be absent."""
        start, end = self.given.get(first), self.given.get(last)
        self.check_window(start, end, last)
        return start, end

    def check_window(self, start: datetime | None, end: datetime | None, field: str) -> None:
        """Note a window whose end is before its start, or more than ten years after it."""
        if start is None or end is None:
            return
        if end < start:
            self.note(ErrorCode.INVALID, "The end must not be before the start.", field)
        elif end - start > LONGEST_WINDOW:
            self.note(ErrorCode.INVALID, "At most ten years may lie between start and end.", field)

    def wiki(self, name: str) -> Wiki | None:
        """A wiki that must be there; None only with a fault."""
        value = self.given.get(name)
        return self._wiki(value, name) if self._present(name, value) else None

    def tracked_wikis(self, name: str) -> tuple[TrackedWiki, ...]:
        """Wikis with their namespaces, each wiki once (namespaces given apart are put together); at least one."""
        values = self.given.get(name)
        if not values:
            self.note(ErrorCode.INVALID, "Name at least one wiki.", name)
            return ()
        if len(values) > MOST_WIKIS:
            self.note(ErrorCode.TOO_MANY, f"At most {MOST_WIKIS} wikis can be tracked.", name)
            return ()
        together: dict[Wiki, set[int]] = {}
        for index, value in enumerate(values):
            wiki = self._wiki(value.get("wiki"), name, str(index), "wiki")
            namespaces = self._namespaces(value.get("namespaces", [0]), name, str(index), "namespaces")
            if wiki is not None:
                together.setdefault(wiki, set()).update(namespaces)
        return tuple(TrackedWiki(wiki, tuple(sorted(namespaces))) for wiki, namespaces in together.items())

    def names(self, name: str, most: int) -> list[str]:
        """A list of texts; absent and null are empty."""
        values = self.given.get(name) or []
        if len(values) > most:
            self.note(ErrorCode.TOO_MANY, f"At most {most} may be named.", name)
            return []
        return list(values)

    def _present(self, name: str, value: object) -> bool:
        if value is None:
            self.note(ErrorCode.INVALID, "This may not be null.", name)
        return value is not None

    def _text(self, name: str, value: str | None, longest: int, *, lines: bool) -> str | None:
        if value is None:
            self._present(name, value)
            return None
        text = cleaned(value, lines=lines)
        if text is None:
            self.note(ErrorCode.INVALID, "This holds control characters or halves of characters.", name)
        elif len(text) > longest:
            self.note(ErrorCode.TOO_LONG, f"This has {len(text)} characters; at most {longest} are allowed.", name)
            return None
        return text

    def _wiki(self, value: str | None, *field: str) -> Wiki | None:
        found = wikis.find(value or "")
        if found is None:
            shown = (value or "")[:60].encode("utf-8", "replace").decode()
            self.note(ErrorCode.UNKNOWN_WIKI, f"No wiki of Wikimedia is called {shown!r}.", *field)
        return found

    def _namespaces(self, values: Sequence[int] | None, *field: str) -> Sequence[int]:
        if not values:
            self.note(ErrorCode.INVALID, "Name at least one namespace.", *field)
        elif len(set(values)) > MOST_NAMESPACES:
            self.note(ErrorCode.TOO_MANY, f"At most {MOST_NAMESPACES} namespaces can be tracked on a wiki.", *field)
        elif not all(0 <= value <= HIGHEST_NAMESPACE for value in values):
            self.note(ErrorCode.INVALID, f"A namespace is a number from 0 to {HIGHEST_NAMESPACE}.", *field)
        else:
            return values
        return ()


def cleaned(text: str, *, lines: bool = False) -> str | None:
    """``text`` as it is stored: composed (NFC), trimmed, without marks of writing direction.

    With ``lines``, newlines and tabs stay; otherwise runs of space are one. None where it holds control characters or
    halves of characters.
    """
    if lines:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    allowed = _LINES if lines else set()
    if any(unicodedata.category(letter) in ("Cc", "Cs") and letter not in allowed for letter in text):
        return None
    text = unicodedata.normalize("NFC", text.translate(_UNSEEN))
    return text.strip() if lines else " ".join(text.split())


def visible(text: str) -> bool:
    """Whether there is anything to see in it."""
    return any(unicodedata.category(letter)[0] in "LMNPS" for letter in text)


def slug(*parts: str | None) -> str:
    """A name for addresses: one path segment of letters (of any script, with their marks), digits, ``-`` and ``_``.

    Spaces become ``_``, everything else is left out, the parts are joined by ``-``. May be empty.
    """
    return "-".join(filter(None, (_segment(part or "") for part in parts)))


def _segment(text: str) -> str:
    words = "".join(letter if _in_slug(letter) else " " for letter in unicodedata.normalize("NFC", text)).split()
    # What is left of punctuation alone (" - ") is no word.
    return "_".join(word for word in words if word.strip("-_"))


def _in_slug(letter: str) -> bool:
    category = unicodedata.category(letter)
    return category[0] in "LM" or category == "Nd" or letter in "-_"

# SPDX-License-Identifier: GPL-3.0-or-later
"""Names as people paste them into a field, and what becomes of them. Pure.

They are a column, a list with marks or numbers, or one line with commas; what a single name looks like (``User:``,
underscores, links, any script) is the API's to read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from graph.web.asking import Fault
from graph.web.console.desk import Refusal
from graph.web.console.sheets import Fields, text_or_none

# Marks before the items of a list. A name may begin like this as well, so they go only where every line has one.
_MARK: Final = re.compile(r"\s*(?:[*#•‣▪–—·-]+|\(?\d{1,4}[.)])\s+")
_BETWEEN: Final = re.compile(r"[,;،؛、，；]")
_LINES: Final = re.compile(r"[\n\r\t\v\f\x85\u2028\u2029]+")
_ONE_LINK: Final = re.compile(r"\s*\[\[[^\[\]]*\]\]\s*")


def names_in(text: str) -> list[str]:
    """The names in a pasted text, in their order, as they are written there; blank ones are left out.

    Each line is one name. A single line is divided at its commas and semicolons, unless it is one link.
    """
    lines = [line for line in _LINES.split(text) if line.strip()]
    if lines and all(_MARK.match(line) for line in lines) and (len(lines) > 1 or not lines[0].strip()[0].isdigit()):
        lines = [_MARK.sub("", line, count=1) for line in lines]
    if len(lines) == 1 and not _ONE_LINK.fullmatch(lines[0]):
        lines = _BETWEEN.split(lines[0])
    return [line.strip() for line in lines if line.strip()]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of names, or would: who is new, who has to wait, who is there already, who is refused and why.

    ``changed``: it is done, and not only looked at.
    """

    changed: bool
    added: tuple[str, ...]
    pending: tuple[str, ...]
    there: tuple[str, ...]
    refused: tuple[tuple[str, Fault], ...]


@dataclass(frozen=True, slots=True)
class Pasted:
    """Names that were pasted for a program (its id), and the session whose participants they are to be (its id)."""

    program: str
    names: tuple[str, ...]
    session: str | None

    @classmethod
    def of(cls, program: str, fields: Fields) -> Pasted:
        """What a form brings."""
        return cls(program, tuple(names_in(fields.get("names", ""))), text_or_none(fields, "session"))

    def given(self, *, show: bool) -> dict[str, object]:
        """What addEditors is given."""
        given: dict[str, object] = {"programId": self.program, "usernames": list(self.names), "showNames": show}
        return given if self.session is None else {**given, "sessionId": self.session}

    def refusal(self, faults: Iterable[Fault]) -> Refusal | None:
        """Why nothing can be said of any name: the faults that are not those of single ones."""
        whole = tuple(fault for fault in faults if len(fault.field) < 2 or fault.field[0] != "usernames")
        return Refusal(whole, {"usernames": "names", "sessionId": "session"}) if whole else None

    def became(
        self, added: Iterable[str], pending: Iterable[str], faults: Iterable[Fault], *, changed: bool
    ) -> Outcome:
        """What became of them; each fault is that of one name."""
        named = [(self.names[int(fault.field[1])], fault) for fault in faults]
        there = tuple(name for name, fault in named if fault.code == "ALREADY_ENROLLED")
        refused = tuple((name, fault) for name, fault in named if fault.code != "ALREADY_ENROLLED")
        return Outcome(changed, tuple(added), tuple(pending), there, refused)

# SPDX-License-Identifier: GPL-3.0-or-later
"""What a form shows: what was typed or what there is, and what is said beside each field."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from graph.web.asking import Fault

Fields = Mapping[str, str]
"""What a form brings: texts by the names of its fields; a box that is not ticked is not there."""

DO: Final = "do"
"""The field that says which of a page's forms was sent: the value of its button, or a hidden one."""
_NONE: Final[Fields] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Sheet:
    """One form. ``name`` is its ``do``; it begins the ids of its fields, so that several can stand on one page."""

    name: str
    values: Fields = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()

    def value(self, name: str, default: object = "") -> str:
        """What stands in a field."""
        found = self.values.get(name)
        return str("" if default is None else default) if found is None else found

    def ticked(self, name: str, value: str = "yes") -> bool:
        """Whether a box is ticked, or this one of several is chosen."""
        return self.values.get(name) == value

    def id(self, name: str) -> str:
        """The id of a field."""
        return f"{self.name}-{name}"

    def at(self, name: str) -> list[Fault]:
        """The faults of a field."""
        return [fault for fault in self.faults if fault.field and fault.field[0] == name]


@dataclass(frozen=True, slots=True)
class Sent:
    """What a page was sent, if anything: the form it was, and why it was refused."""

    fields: Fields = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()
    places: Mapping[str, str] = field(default_factory=dict)

    def form(self, name: str, shown: Fields = _NONE) -> Sheet:
        """The form of this name: as it was typed where it was sent, otherwise with what is ``shown``."""
        if self.fields.get(DO) != name:
            return Sheet(name, shown)
        return Sheet(name, self.fields, tuple(placed(self.faults, self.places)))


def placed(faults: Iterable[Fault], places: Mapping[str, str]) -> list[Fault]:
    """The faults with the form's names of fields, where those are other than the API's.

    ``places`` maps paths of the API, or their beginnings, joined by dots, to fields of the form: the longest fits.
    """
    return [Fault(fault.code, _place(fault.field, places), fault.message) for fault in faults]


def _place(path: Sequence[str], places: Mapping[str, str]) -> tuple[str, ...]:
    for length in range(len(path), 0, -1):
        if (found := places.get(".".join(path[:length]))) is not None:
            return (found, *path[length:])
    return tuple(path)


def text_or_none(fields: Fields, name: str) -> str | None:
    """A field, or None where it is empty or not there."""
    return fields.get(name, "").strip() or None

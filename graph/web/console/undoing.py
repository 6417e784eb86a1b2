# SPDX-License-Identifier: GPL-3.0-or-later
"""Forms that are nothing but a button, and what one needs to undo what another did. Pure.

It travels in the address of the page that says what was done, and is shown in a form that somebody still has to send:
an address made up by others changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final
from urllib.parse import parse_qsl, urlencode

from graph.web.asking import Fault
from graph.web.console.desk import Refusal
from graph.web.console.sheets import Fields

_LONGEST: Final = 2_000


def packed(fields: Fields, names: Sequence[str]) -> str:
    """The fields of these names as one text; empty where it would be too long for an address."""
    text = urlencode({name: fields.get(name, "") for name in names})
    return text if len(text) <= _LONGEST else ""


def unpacked(text: str, names: Sequence[str]) -> dict[str, str]:
    """The fields of these names in such a text; none at all where one is missing."""
    try:
        found = dict(parse_qsl(text[:_LONGEST], keep_blank_values=True, max_num_fields=len(names)))
    except ValueError:
        return {}
    return {name: found[name] for name in names} if set(names) <= set(found) else {}


def refusal(faults: Iterable[Fault]) -> Refusal:
    """Why a button did nothing: it has no fields that a fault could stand beside."""
    return Refusal(tuple(Fault(fault.code, (), fault.message) for fault in faults))

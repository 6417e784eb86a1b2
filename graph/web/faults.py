# SPDX-License-Identifier: GPL-3.0-or-later
"""What the API says of a fault, in the reader's language: its English text is found among our messages.

The messages ``console-fault-…`` are the API's own texts, with places for what is in them. One that is not there is said
by its code alone, and in English as the API says it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Final

from graph.web.asking import Fault
from graph.web.texts import Texts, texts

BEGINNING: Final = "console-fault-"
BY_CODE: Final = "console-fault-code-"
_PLACE: Final = re.compile(r"\\\$([1-9])")


def said(speak: Texts, fault: Fault) -> str:
    """A fault in the reader's language."""
    for pattern, key, places in _known():
        if (found := pattern.fullmatch(fault.message)) is not None:
            given = dict(zip(places, found.groups(), strict=True))
            return speak.say(key, *(given.get(place, "") for place in range(1, max(places, default=0) + 1)))
    if speak.language == "en":
        return fault.message
    key = BY_CODE + fault.code.lower().replace("_", "-")
    return speak.say(key) if key in _codes() else fault.message


@cache
def _known() -> tuple[tuple[re.Pattern[str], str, tuple[int, ...]], ...]:
    """How to recognise each text: its pattern, its key, and which place each of its groups is."""
    english = texts("en").bundle(BEGINNING)
    return tuple(_recognised(key, text) for key, text in english.items() if not key.startswith(BY_CODE))


def _recognised(key: str, text: str) -> tuple[re.Pattern[str], str, tuple[int, ...]]:
    parts = _PLACE.split(re.escape(text))
    places = tuple(int(part) for part in parts[1::2])
    return re.compile("(.+?)".join(parts[::2]), re.DOTALL), key, places


@cache
def _codes() -> Mapping[str, str]:
    return texts("en").bundle(BY_CODE)

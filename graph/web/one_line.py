# SPDX-License-Identifier: GPL-3.0-or-later
"""What others wrote, as one line for places without markup: an image, a badge, an attribute, a snippet to paste.

Nothing in it turns the direction of what stands beside it, breaks a line, cannot be seen or cannot stand in XML.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

LONGEST: Final = 200
_MOST_MARKS: Final = 4  # on one letter; what the world's scripts need, and no tower through the lines above
_GONE: Final = re.compile(
    "[\u0000-\u0008\u000e-\u001f\u007f-\u0084\u0086-\u009f\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e"
    "\u2060-\u206f\ufdd0-\ufdef\ufeff\ufff9-\ufffb\ufffe\uffff\ud800-\udfff\U000e0000-\U000e007f]"
)
_JOINERS: Final = "\u200c\u200d"
_FROM_THE_RIGHT: Final = ("R", "AL")


def one_line(text: str, longest: int = LONGEST) -> str:
    """``text`` without what is said above, at most ``longest`` characters of it; an ellipsis stands for the rest."""
    words = " ".join(_GONE.sub("", text).split())
    kept: list[str] = []
    length = 0
    for letter in _letters(words):
        length += len(letter)
        if length > longest:
            return "".join(kept).rstrip() + "…"
        kept.append(letter)
    return "".join(kept)


def direction(text: str) -> str:
    """The side that text begins from, ``ltr`` or ``rtl``, by its first letter that has one."""
    for character in text:
        kind = unicodedata.bidirectional(character)
        if kind == "L" or kind in _FROM_THE_RIGHT:
            return "ltr" if kind == "L" else "rtl"
    return "ltr"


def width(text: str) -> float:
    """About how wide it is set in bold, in ems: rather too much than too little."""
    return sum(map(_width, text))


def lines(text: str, widest: float, most: int) -> list[str]:
    """``text`` in at most ``most`` lines, each at most ``widest`` ems wide; an ellipsis stands for the rest."""
    found: list[str] = []
    line = ""
    for word in _pieces(text, widest):
        longer = f"{line} {word}".strip()
        if width(longer) <= widest:
            line = longer
            continue
        found.append(line)
        line = word
    found.append(line)
    if len(found) <= most:
        return found
    last = list(_letters(found[most - 1]))
    while last and width("".join(last)) > widest - 1:
        last.pop()
    return [*found[: most - 1], "".join(last).rstrip() + "…"]


def _letters(text: str) -> Iterator[str]:
    """The letters, each with its marks, of which there are not too many, and with what is joined to it."""
    letter, marks = "", 0
    for character in text:
        mark = unicodedata.category(character) in ("Mn", "Me")
        if mark and letter:
            marks += 1
            letter += character if marks <= _MOST_MARKS else ""
        elif letter and (character in _JOINERS or letter[-1] == _JOINERS[1]) and len(letter) < 16:
            letter, marks = letter + character, 0
        else:
            if letter:
                yield letter
            letter, marks = character, 0
    if letter:
        yield letter


def _pieces(text: str, widest: float) -> Iterator[str]:
    """The words, those that are wider than a line in several pieces."""
    for word in text.split():
        piece = ""
        for letter in _letters(word):
            if piece and width(piece + letter) > widest:
                yield piece
                piece = ""
            piece += letter
        yield piece


def _width(character: str) -> float:
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0.0
    if unicodedata.east_asian_width(character) in "WF" or character in "@MWmw%…":
        return 1.0
    return 0.75 if character.isupper() else 0.65

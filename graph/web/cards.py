# SPDX-License-Identifier: GPL-3.0-or-later
"""Cards: numbers as an SVG image for any page, and as the picture that a link to a program is shown with.

Texts are placed by what they are at most as wide as, because nobody knows the fonts; nothing leaves the card. Each is
wrapped into an isolate of its own direction, and set from the side where the language begins.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from graph.web.one_line import direction, lines, width
from graph.web.shown import NAMES, Shown, as_of, written
from graph.web.texts import Texts

THEMES: Final = ("auto", "light", "dark")
"""A card's colours; ``auto`` are those the reader's system asks for."""

_LIGHT: Final = ".ground{fill:#fff;stroke:#c8ccd1}.ink{fill:#202122}.quiet{fill:#54595d}.accent{fill:#36c}"
_DARK: Final = ".ground{fill:#101418;stroke:#54595d}.ink{fill:#eaecf0}.quiet{fill:#a2a9b1}.accent{fill:#88a3e8}"
_STYLES: Final = {
    "light": _LIGHT,
    "dark": _DARK,
    "auto": f"{_LIGHT}@media(prefers-color-scheme:dark){{{_DARK}}}",
}
POLICY: Final = "default-src 'none'; style-src {}; frame-ancestors 'none'".format(
    " ".join(f"'sha256-{b64encode(sha256(style.encode()).digest()).decode()}'" for style in _STYLES.values())
)
"""A card that is opened by itself does nothing either, and its only styles are these."""

_SETTINGS: Final = {"ltr": "\u2066{}\u2069", "rtl": "\u2067{}\u2069"}
_COVERED: Final = re.compile(
    "[\u0020-\u052f\u0531-\u05f4\u0600-\u06ff\u0750-\u077f\u10d0-\u10ff\u1e00-\u1fff\u2000-\u206f\u20a0-\u20bf"
    "\u2100-\u22ff]*"
)
_NAME: Final = "Programs Graph"


@dataclass(frozen=True, slots=True)
class Words:
    """A text in its place: ``anchor`` is ``start`` for what begins, and ``end`` for what ends there, from the left."""

    x: float
    y: float
    size: float
    look: str
    anchor: str
    bold: bool
    words: str


@dataclass(frozen=True, slots=True)
class Layout:
    """Sizes of an image, in its units; ``height`` is what it has at least."""

    width: int
    height: int
    margin: int
    title: float
    number: float
    label: float
    columns: int


CARD: Final = Layout(width=480, height=170, margin=20, title=19, number=27, label=12.5, columns=4)
PICTURE: Final = Layout(width=1200, height=630, margin=70, title=58, number=80, label=30, columns=4)

_environment = Environment(loader=FileSystemLoader(Path(__file__).with_name("templates")), undefined=StrictUndefined)
_environment.autoescape = True


def card(shown: Shown, names: Sequence[str], speak: Texts, theme: str) -> str:
    """The card as SVG."""
    return _drawn(CARD, shown, shown.title, names, speak, theme)


def picture(shown: Shown, names: Sequence[str], speak: Texts) -> str:
    """The picture as SVG, to be painted in our own fonts: a title that they lack letters for is left to the link."""
    title = shown.title if _COVERED.fullmatch(shown.title) else ""
    return _drawn(PICTURE, shown, title, names, speak, "light")


def _drawn(layout: Layout, shown: Shown, title: str, names: Sequence[str], speak: Texts, theme: str) -> str:
    drawing = Drawing(layout, speak)
    drawing.head(title)
    drawing.figures([(speak.say(NAMES[name]), written(shown, name, speak)) for name in names])
    height = drawing.foot(as_of(shown, speak))
    told = [f"{speak.say(NAMES[name])}: {written(shown, name, speak)}" for name in names]
    return _environment.get_template("card.svg").render(
        width=layout.width,
        height=height,
        language=speak.language,
        title=shown.title,
        told=f"{speak.listed(told)} ({as_of(shown, speak)})",
        style=Markup(_STYLES[theme]),
        strip=layout.margin / 5,
        texts=drawing.texts,
    )


class Drawing:
    """Sets texts from the top down, on the side where the language begins."""

    def __init__(self, layout: Layout, speak: Texts) -> None:
        self._layout = layout
        self._direction = speak.direction
        self._y = layout.margin * 1.4
        self.texts: list[Words] = []

    def head(self, title: str) -> None:
        """The title, in at most two lines."""
        size = self._layout.title
        for line in lines(title, self._inner / size, 2) if title else ():
            self._y += size
            self._set(0, self._y, size, "ink", line, bold=True)
            self._y += size * 0.3

    def figures(self, figures: Sequence[tuple[str, str]]) -> None:
        """The numbers in columns, in rows of equal length, each above what it is."""
        layout = self._layout
        rows = -(-len(figures) // layout.columns)
        columns = -(-len(figures) // rows)
        wide = self._inner / columns
        for row in range(rows):
            self._row(figures[row * columns : (row + 1) * columns], wide, 1.0 if rows == 1 else 0.8)

    def foot(self, moment: str) -> float:
        """As of when, and whose it is; returns the height of the whole."""
        layout = self._layout
        height = max(layout.height, self._y + layout.label * 2.6 + layout.margin * 0.6)
        baseline = height - layout.margin
        size = min(layout.label, self._inner * 0.65 / width(moment))
        self._set(0, baseline, size, "quiet", moment)
        self._set(self._inner, baseline, layout.label, "accent", _NAME, ends=True)
        return round(height)

    @property
    def _inner(self) -> float:
        return self._layout.width - 2 * self._layout.margin

    def _row(self, figures: Sequence[tuple[str, str]], wide: float, scale: float) -> None:
        layout = self._layout
        space = wide * 0.88
        top = self._y + layout.number * scale * 1.25
        deep = 0.0
        for column, (label, number) in enumerate(figures):
            size = min(layout.number * scale, space / max(width(number), 0.1))
            self._set(column * wide, top, size, "ink", number, bold=True)
            below = top
            for line in lines(label, space / layout.label, 2):
                below += layout.label * 1.3
                self._set(column * wide, below, layout.label, "quiet", line)
            deep = max(deep, below)
        self._y = deep

    def _set(
        self, x: float, y: float, size: float, look: str, words: str, *, bold: bool = False, ends: bool = False
    ) -> None:
        """Set words ``x`` from the side where the language begins."""
        left = self._direction == "ltr"
        place = self._layout.margin + x if left else self._layout.width - self._layout.margin - x
        anchor = "start" if left != ends else "end"
        turned = _SETTINGS[direction(words)].format(words)
        self.texts.append(Words(round(place, 1), round(y, 1), round(size, 1), look, anchor, bold, turned))

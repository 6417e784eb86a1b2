# SPDX-License-Identifier: GPL-3.0-or-later
"""What organizers copy to show numbers elsewhere: HTML, Markdown, wikitext and addresses."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup, escape

from graph.web.oembed import HEIGHT, discovery, frame
from graph.web.shown import NAMES, Shown, as_of, written
from graph.web.texts import Texts

_MARKDOWN: Final = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|&~:])")


@dataclass(frozen=True, slots=True)
class Codes:
    """Makes the codes for one program or campaign; ``names`` are the numbers chosen, ``theme`` the colours."""

    shown: Shown
    speak: Texts
    theme: str
    names: Sequence[str]
    public_url: str
    script: str

    @property
    def page(self) -> str:
        """The address of its own page."""
        return f"{self.public_url}{self.shown.path}"

    def path(self, form: str, ending: str = "") -> str:
        """The address of a form with all that was chosen, from the slash on."""
        metrics = ",".join(self.names)
        return self.shown.at(form, ending, lang=self.speak.language, theme=self.theme, metrics=metrics)

    def frame(self) -> str:
        """An iframe as wide as there is room."""
        title = self.speak.say("embed-frame-title", self.shown.title)
        return str(frame(self.public_url + self.path("embed"), title, "100%", HEIGHT))

    def element(self) -> str:
        """The element with its script, and a link for where there is no JavaScript."""
        return str(
            Markup(
                '<script async src="{}"></script>\n'
                '<programs-graph-stats src="{}"><a href="{}">{}</a></programs-graph-stats>'
            ).format(self.public_url + self.script, self.public_url + self.path("embed"), self.page, self.shown.title)
        )

    def card(self) -> str:
        """The image as a link to the page, in HTML."""
        image = self.public_url + self.path("card", ".svg")
        return str(Markup('<a href="{}"><img src="{}" alt="{}"></a>').format(self.page, image, self._told()))

    def card_markdown(self) -> str:
        """The image as a link to the page, in Markdown."""
        told = _MARKDOWN.sub(r"\\\1", self._told())
        return f"[![{told}]({self.public_url}{self.path('card', '.svg')})]({self.page})"

    def badge(self) -> str:
        """The address that draws a badge asks."""
        path = self.shown.at("badge", ".json", lang=self.speak.language, metric=self.names[0])
        return f"{self.public_url}{path}"

    def oembed(self) -> str:
        """The address of the oEmbed."""
        return discovery(self.shown, self.public_url)

    def wikitext(self) -> str:
        """A table of the numbers as of now. What others wrote means nothing in it."""
        title = f"<nowiki>{escape(self.shown.title)}</nowiki>"
        rows = [
            f'|-\n! scope="row" | {self.speak.say(NAMES[name])}\n| {written(self.shown, name, self.speak)}'
            for name in self.names
        ]
        caption = f"|+ [{self.page} {title}] ({as_of(self.shown, self.speak)})"
        return "\n".join(['{| class="wikitable"', caption, *rows, "|}"])

    def _told(self) -> str:
        return self.speak.say("embed-frame-title", self.shown.title)

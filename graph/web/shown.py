# SPDX-License-Identifier: GPL-3.0-or-later
"""What an embed, a card or a badge shows: the public numbers of a program or a campaign, whoever asks."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote, urlencode

from graph.resolvers.identity import ANONYMOUS
from graph.web.asking import Asking
from graph.web.numbers import HEADLINE
from graph.web.one_line import one_line
from graph.web.texts import Texts

KINDS: Final = {"program": "programs", "campaign": "campaigns"}
"""What can be shown, and how the addresses of its own pages begin."""

NAMES: Final = {
    **HEADLINE,
    "editors": "page-number-editors",
    "newEditors": "page-number-new-editors",
    "bytesRemoved": "page-number-bytes-removed",
    "wordsAdded": "page-number-words-added",
    "uploadsInUse": "page-number-uploads-in-use",
}
"""The numbers that can be chosen: the API's names and what they are called."""

USUAL: Final = ("totalEdits", "articlesCreated", "articlesEdited", "activeEditors")
"""The numbers where none are chosen."""
MOST: Final = 6
"""How many numbers are shown at most."""


class Trouble(Exception):
    """The numbers cannot be read at the moment."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A program or a campaign with its numbers, null where not known yet, and up to when they are complete."""

    kind: str
    slug: str
    title: str
    numbers: Mapping[str, int | None]
    as_of: datetime
    version: int

    @property
    def path(self) -> str:
        """The address of its own page, from the slash on."""
        return f"/{KINDS[self.kind]}/{quote(self.slug, safe='')}"

    def at(self, form: str, ending: str = "", **options: str | None) -> str:
        """The address of one of its forms (``embed``, ``card``, ``badge``), from the slash on; options may be None."""
        query = urlencode({name: value for name, value in options.items() if value is not None}, safe=",")
        return f"/{form}/{self.kind}/{quote(self.slug, safe='')}{ending}" + (f"?{query}" if query else "")


class Showing:
    """Reads what is shown, as somebody whom nobody knows."""

    def __init__(self, asking: Asking) -> None:
        self._asking = asking

    async def read(self, kind: str, slug: str) -> Shown | None:
        """What is shown; None for what is not there or not public. Raises Trouble where it cannot be read."""
        if kind not in KINDS:
            return None
        data = await self._asking.ask(ANONYMOUS, f"embed_{kind}", {"slug": slug})
        if data is None:
            raise Trouble
        found = data.get(kind)
        return None if found is None else _shown(kind, found)

    def stream(self, shown: Shown) -> str:
        """The address of the stream of its numbers, from the slash on: the same for everybody who follows it."""
        document = self._asking.documents[f"embed_{shown.kind}_numbers"]
        query = " ".join(line.strip() for line in document.splitlines() if not line.startswith("#"))
        variables = json.dumps({"slug": shown.slug}, ensure_ascii=False)
        return "/graphql?" + urlencode({"query": query, "variables": variables})


def chosen(names: str | None, usual: tuple[str, ...] = USUAL, most: int = MOST) -> tuple[str, ...]:
    """The numbers that an address asks for, separated by commas, each once; the usual ones where it names none."""
    found = dict.fromkeys(name for name in (names or "").split(",") if name in NAMES)
    return tuple(found)[:most] or usual


def written(shown: Shown, name: str, speak: Texts) -> str:
    """One of its numbers as the language writes it; a dash where it is not known yet."""
    value = shown.numbers.get(name)
    return "–" if value is None else speak.number(value)


def as_of(shown: Shown, speak: Texts) -> str:
    """Up to when its numbers are complete, in words."""
    return speak.say("page-as-of", speak.moment(shown.as_of))


def _shown(kind: str, found: Mapping[str, Any]) -> Shown:
    """To the minute: it is said no finer, and what says the same is the same to the byte."""
    numbers = found["metrics"]
    moment = datetime.fromisoformat(numbers["asOf"]).replace(second=0, microsecond=0)
    slug = found["slug"]
    kept = {name: numbers.get(name) for name in NAMES}
    return Shown(kind, slug, one_line(found["title"]) or slug, kept, moment, numbers["version"])

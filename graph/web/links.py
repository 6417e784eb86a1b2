# SPDX-License-Identifier: GPL-3.0-or-later
"""Addresses on the wikis, and names that stand in plain text: what others wrote leads nowhere but where it says."""

from __future__ import annotations

import re
import unicodedata
from typing import Final
from urllib.parse import quote, urlsplit

PROJECTS: Final = (
    "wikipedia.org", "wiktionary.org", "wikibooks.org", "wikinews.org", "wikiquote.org", "wikisource.org",
    "wikiversity.org", "wikivoyage.org", "wikimedia.org", "wikidata.org", "mediawiki.org", "wikifunctions.org",
    "toolforge.org",
)  # fmt: skip
"""The domains that pages link to; hosts below them count."""
_HOST: Final = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+")
_FIRST_STRONG_ISOLATE: Final = "\u2068"
_POP: Final = "\u2069"
_TURNING: Final = {"R", "AL", "AN", "LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}


def outside(url: str | None) -> str | None:
    """``url`` if it leads to a wiki, over https; else None."""
    if url is None:
        return None
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    plain = parts.scheme == "https" and parts.username is None and port is None
    return url if plain and is_project(parts.hostname or "") else None


def is_project(host: str) -> bool:
    """Whether it is the host of a wiki."""
    known = any(host == project or host.endswith(f".{project}") for project in PROJECTS)
    return known and _HOST.fullmatch(host) is not None


def contributions(domain: str, username: str) -> str | None:
    """Where a wiki lists what somebody edited."""
    return outside(f"https://{domain}/wiki/Special:Contributions/{quote(username.replace(' ', '_'), safe='')}")


def isolated(text: str) -> str:
    """Text for places where there is no ``<bdi>``: what is written from the right, or turns it, ends with it."""
    if not any(unicodedata.bidirectional(character) in _TURNING for character in text):
        return text
    return f"{_FIRST_STRONG_ISOLATE}{text}{_POP}"

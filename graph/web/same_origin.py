# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether one of our own pages sent a request: a cookie alone says only whose browser it was.

Browsers name the page's origin (``Origin``) on every POST and every socket, and how it stands to us
(``Sec-Fetch-Site``) on every request to https or to this machine. A page cannot change either.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

LIVE: Final = "/live/"
_USUAL_PORTS: Final = {"http": 80, "https": 443}
_LONGEST_RETURN: Final = 2_000


class OwnPages:
    """Knows our own origin: that of the public address."""

    def __init__(self, public_url: str) -> None:
        parts = urlsplit(public_url)
        host = parts.hostname or ""
        shown = f"[{host}]" if ":" in host else host
        port = "" if parts.port in (None, _USUAL_PORTS.get(parts.scheme)) else f":{parts.port}"
        self.origin: Final = f"{parts.scheme}://{shown}{port}"
        self.host: Final = f"{shown}{port}"
        self.secure: Final = parts.scheme == "https"

    def sent(self, headers: Mapping[str, str]) -> bool:
        """Whether one of our pages sent this POST, or opened this socket: the origin is named and exactly ours."""
        return headers.get("origin") == self.origin and headers.get("sec-fetch-site", "same-origin") == "same-origin"

    def fetched(self, headers: Mapping[str, str]) -> bool:
        """Whether a script of one of our pages sent this GET, which names no origin."""
        return headers.get("sec-fetch-site") == "same-origin" and headers.get("origin", self.origin) == self.origin

    def is_live_screen(self, headers: Mapping[str, str]) -> bool:
        """Whether a live screen of ours sent this, which others may look at."""
        return headers.get("referer", "").startswith(f"{self.origin}{LIVE}")


def own_path(text: str | None) -> str | None:
    """``text`` if it is the address of a page of ours, from the slash on; None for every way to lead elsewhere.

    Browsers take ``//host``, and a backslash for a slash, and drop tabs and line breaks: only what cannot be read in
    two ways is a path.
    """
    if text is None or not text.startswith("/") or text.startswith("//") or len(text) > _LONGEST_RETURN:
        return None
    plain = text.isascii() and text.isprintable() and not set(text) & set(' \\"<>^`{|}')
    return text if plain else None

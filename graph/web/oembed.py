# SPDX-License-Identifier: GPL-3.0-or-later
"""oEmbed 1.0 (https://oembed.com/): from the address of a page to the frame that shows its numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

from markupsafe import Markup

from graph.web.same_origin import OwnPages
from graph.web.shown import KINDS, Shown
from graph.web.texts import LANGUAGES, texts

WIDTH: Final = 480
HEIGHT: Final = 220
PICTURE: Final = (1200, 630)
SANDBOX: Final = "allow-scripts allow-popups allow-popups-to-escape-sandbox"
"""What a frame of ours needs: its script, and links that open in a window of their own."""
_CACHE_SECONDS: Final = 3_600
_LONGEST: Final = 2_000


class Refusal(Exception):
    """There is no answer; the message says why, ``status`` is the HTTP answer's."""

    def __init__(self, status: int, message: str) -> None:
        self.status = status
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class Wish:
    """What to describe, and into what space it is to fit, in pixels."""

    kind: str
    slug: str
    language: str | None
    width: int
    height: int

    @staticmethod
    def of(given: Mapping[str, str], public_url: str) -> Wish:
        """Read a request. Raises Refusal: 400 without an address, 404 for one that is not ours, 501 for XML."""
        if given.get("format", "json") != "json":
            raise Refusal(501, "The format is json.")
        url = given.get("url", "")
        if not url:
            raise Refusal(400, "The parameter 'url' is the address of a page.")
        kind, slug = _named(url, public_url)
        width, height = _most(given.get("maxwidth"), WIDTH), _most(given.get("maxheight"), HEIGHT)
        return Wish(kind, slug, _language(url), width, height)


def discovery(shown: Shown, public_url: str) -> str:
    """The address that a page names, so that software finds its oEmbed."""
    return f"{public_url}/oembed?" + urlencode({"url": f"{public_url}{shown.path}", "format": "json"})


def frame(address: str, title: str, width: int | str = WIDTH, height: int = HEIGHT) -> Markup:
    """The HTML of a frame at ``address``: without styles, which pages with a strict policy would not apply."""
    return Markup(
        '<iframe src="{}" width="{}" height="{}" title="{}" loading="lazy" sandbox="{}" frameborder="0"></iframe>'
    ).format(address, width, height, title, SANDBOX)


def described(shown: Shown, wish: Wish, public_url: str) -> dict[str, Any]:
    """The answer, of the type ``rich``."""
    language = wish.language
    title = texts(language or LANGUAGES[0]).say("embed-frame-title", shown.title)
    return {
        "version": "1.0",
        "type": "rich",
        "title": shown.title,
        "provider_name": "Programs Graph",
        "provider_url": f"{public_url}/",
        "cache_age": _CACHE_SECONDS,
        "html": str(frame(public_url + shown.at("embed", lang=language), title, wish.width, wish.height)),
        "width": wish.width,
        "height": wish.height,
        "thumbnail_url": public_url + shown.at("card", ".png", lang=language),
        "thumbnail_width": PICTURE[0],
        "thumbnail_height": PICTURE[1],
    }


def _named(url: str, public_url: str) -> tuple[str, str]:
    path = [unquote(part) for part in urlsplit(url).path.split("/")[1:]] if _is_ours(url, public_url) else []
    kinds = {plural: kind for kind, plural in KINDS.items()}
    if len(path) >= 2 and path[0] in kinds:
        return kinds[path[0]], path[1]
    if len(path) == 3 and path[0] in ("embed", "live") and path[1] in KINDS:
        return path[1], path[2]
    raise Refusal(404, "This is not the address of a page of a program or a campaign.")


def _is_ours(url: str, public_url: str) -> bool:
    try:
        is_plain = len(url) <= _LONGEST and urlsplit(url).username is None
        return is_plain and OwnPages(url).origin == OwnPages(public_url).origin
    except ValueError:
        return False


def _language(url: str) -> str | None:
    try:
        named = parse_qs(urlsplit(url).query, max_num_fields=50).get("lang", [""])[0]
    except ValueError:
        return None
    return named if named in LANGUAGES else None


def _most(given: str | None, usual: int) -> int:
    """The usual, or less where less is wished; what is no number is no wish."""
    wished = int(given) if given is not None and given.isdecimal() and len(given) < 6 else 0
    return min(usual, wished) if wished > 0 else usual

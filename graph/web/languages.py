# SPDX-License-Identifier: GPL-3.0-or-later
"""Which language a page is in: that of ``?lang=``, else the one chosen here before, else what the browser asks for."""

from __future__ import annotations

from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from graph.web.same_origin import own_path
from graph.web.texts import LANGUAGES, Texts, texts

COOKIE: Final = "programs-graph-language"
"""What a reader chose; it says nothing else about them."""
KEPT_SECONDS: Final = 365 * 24 * 3600
CHANGING: Final = "/language"
_LONGEST_HEADER: Final = 1_000


def language_of(request: Request, *, remembered: bool = True) -> str:
    """One of LANGUAGES; not ``remembered``: whatever the reader chose before, for pages that read no cookies."""
    asked = request.query_params.get("lang", "")
    if asked in LANGUAGES:
        return asked
    if remembered and (chosen := request.cookies.get(COOKIE, "")) in LANGUAGES:
        return chosen
    return preferred(request.headers.get("accept-language", ""))


def texts_of(request: Request, *, remembered: bool = True) -> Texts:
    """What to say to this reader."""
    return texts(language_of(request, remembered=remembered))


def preferred(header: str) -> str:
    """The first of LANGUAGES in the order of ``Accept-Language`` (RFC 9110, 12.5.4); English where there is none."""
    wanted: list[tuple[float, str]] = []
    for part in header[:_LONGEST_HEADER].split(","):
        tag, _, parameter = part.partition(";")
        name = tag.strip().lower().partition("-")[0]
        if name in LANGUAGES:
            wanted.append((_quality(parameter), name))
    best = max(wanted, key=lambda each: each[0], default=(0.0, LANGUAGES[0]))
    return best[1] if best[0] > 0 else LANGUAGES[0]


def choices(request: Request, back: str | None = None) -> list[tuple[Texts, str]]:
    """Every language with the address that changes to it and comes back to this page, or to ``back``."""
    query = urlencode([(name, value) for name, value in request.query_params.multi_items() if name != "lang"])
    here = own_path(back or request.url.path + (f"?{query}" if query else "")) or "/"
    return [(texts(name), f"{CHANGING}?{urlencode({'to': name, 'return': here})}") for name in LANGUAGES]


def choices_anywhere() -> list[tuple[Texts, str]]:
    """Every language with an address that changes to it and comes back to whichever page it was followed from."""
    return [(texts(name), f"{CHANGING}?{urlencode({'to': name})}") for name in LANGUAGES]


def language_routes() -> list[BaseRoute]:
    """Return the route that remembers a language and goes back to where its reader was."""

    async def change(request: Request) -> Response:
        """Set the cookie: it changes nothing but what language pages are in."""
        back = own_path(request.query_params.get("return")) or _page_before(request) or "/"
        response = RedirectResponse(back, 303, {"cache-control": "no-store", "referrer-policy": "same-origin"})
        chosen = request.query_params.get("to", "")
        if chosen in LANGUAGES:
            secure = request.url.scheme == "https"
            response.set_cookie(COOKIE, chosen, KEPT_SECONDS, path="/", secure=secure, httponly=True, samesite="lax")
        return response

    return [Route(CHANGING, change)]


def _page_before(request: Request) -> str | None:
    """The page of ours that a link was followed from, without its ``lang``; None where that is not told."""
    try:
        parts = urlsplit(request.headers.get("referer", ""))
    except ValueError:
        return None
    if parts.netloc != request.headers.get("host"):
        return None
    query = urlencode([(name, value) for name, value in parse_qsl(parts.query) if name != "lang"])
    return own_path(parts.path + (f"?{query}" if query else ""))


def _quality(parameter: str) -> float:
    name, _, value = parameter.strip().partition("=")
    if name.strip().lower() != "q":
        return 1.0
    try:
        return min(1.0, max(0.0, float(value)))
    except ValueError:
        return 0.0

# SPDX-License-Identifier: GPL-3.0-or-later
"""How pages become answers: the templates, and the headers that shut every page against the outside."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from functools import cache
from http import HTTPStatus
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse

from graph.errors import UserFault
from graph.web.languages import choices_anywhere, texts_of
from graph.web.links import contributions, is_project, isolated, outside
from graph.web.texts import LANGUAGES, Texts, texts

TEMPLATES: Final = Path(__file__).with_name("templates")

POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
)
"""Scripts and styles are our own files, nothing is loaded from or sent elsewhere, and no page is shown in a frame."""

# Other sites are not told where somebody came from; our own are, because without a referrer browsers name no origin
# with a form, and a form without an origin is not believed.
SAFE: Final = {"x-content-type-options": "nosniff", "referrer-policy": "same-origin"}
HEADERS: Final = {**SAFE, "content-security-policy": POLICY, "cache-control": "no-store"}

AGAIN_SECONDS: Final = 5

log = logging.getLogger(__name__)

_environment = Environment(
    loader=FileSystemLoader(TEMPLATES),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_environment.filters["grouped"] = lambda number: f"{number:,}"
_environment.filters["isolated"] = isolated
_environment.filters["outside"] = outside
_environment.globals |= {
    "contributions": contributions,
    "is_project": is_project,
    "bdi": lambda text: Markup("<bdi>{}</bdi>").format(text),
    "link": lambda address, text: Markup('<a href="{}" rel="noreferrer">{}</a>').format(address, text),
}


def page(
    name: str,
    status: int = 200,
    /,
    *,
    speak: Texts | None = None,
    kept: Mapping[str, str] = MappingProxyType({}),
    **values: Any,
) -> HTMLResponse:
    """Render a template with these values, in the language of ``speak``; in English where it is not given.

    ``kept`` are the headers that say who may keep the answer, and for how long; nobody, unless they are given.
    """
    speak = speak or texts(LANGUAGES[0])
    headers = {**HEADERS, "content-language": speak.language, **kept}
    return HTMLResponse(_environment.get_template(name).render(values, speak=speak), status, headers)


def rendered(name: str, /, **values: Any) -> str:
    """A template with these values, for whoever answers with headers of their own."""
    return _environment.get_template(name).render(values)


def missing(speak: Texts | None = None) -> HTMLResponse:
    """Say that there is no such page."""
    return _said(404, "page-missing", speak)


def trouble(speak: Texts | None = None) -> HTMLResponse:
    """Say that the service could not find out what the page shows."""
    return _said(503, "page-trouble", speak)


async def refused(request: Request, error: Exception) -> HTMLResponse:
    """Say why a request was not answered."""
    assert isinstance(error, HTTPException)
    if error.status_code == 404:
        return missing(texts_of(request))
    response = _refused(error.status_code, texts_of(request), error.detail)
    response.headers.update(error.headers or {})
    return response


async def unknown(request: Request, fault: Exception) -> HTMLResponse:
    """Say that a token is worth nothing here."""
    return _refused(401, texts_of(request), str(fault))


async def away(request: Request, error: Exception) -> HTMLResponse:
    """Say that the database cannot answer now, and when to come again."""
    log.warning("a page could not be made, the database cannot answer: %s: %s", type(error).__name__, error)
    response = trouble(texts_of(request))
    response.headers["retry-after"] = str(AGAIN_SECONDS)
    return response


async def broken(request: Request, _error: Exception) -> HTMLResponse:
    """Say that it is not the reader's fault; the log has the rest."""
    return _said(500, "page-broken", texts_of(request))


def _refused(status: int, speak: Texts, english: str) -> HTMLResponse:
    """Say why; a reason that is not among our messages is said as it is."""
    key = "page-refused-method" if status == HTTPStatus.METHOD_NOT_ALLOWED else _reasons().get(english)
    return _said(status, "page-refused", speak, english if key is None else speak.say(key))


@cache
def _reasons() -> Mapping[str, str]:
    """The key of each reason, by its English text, which is what is raised."""
    return {text: key for key, text in texts(LANGUAGES[0]).bundle("page-refused-").items()}


def _said(status: int, key: str, speak: Texts | None, text: str | None = None) -> HTMLResponse:
    """A page of nothing but a heading and a text. It does not say at which address: what is missing looks alike."""
    speak = speak or texts(LANGUAGES[0])
    said = speak.say(f"{key}-text") if text is None else text
    menu, heading = choices_anywhere(), speak.say(f"{key}-heading")
    return page("missing.html", status, speak=speak, menu=menu, heading=heading, text=said)


HANDLERS: Final[Mapping[Any, Any]] = {HTTPException: refused, UserFault: unknown, Exception: broken}
"""What answers for pages that could not be made."""

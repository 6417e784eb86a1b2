# SPDX-License-Identifier: GPL-3.0-or-later
"""How pages become answers: the templates, and the headers that shut every page against the outside."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse

from graph.errors import UserFault
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

_environment = Environment(
    loader=FileSystemLoader(TEMPLATES),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_environment.filters["grouped"] = lambda number: f"{number:,}"


def page(name: str, status: int = 200, /, *, speak: Texts | None = None, **values: Any) -> HTMLResponse:
    """Render a template with these values, in the language of ``speak``; in English where it is not given."""
    speak = speak or texts(LANGUAGES[0])
    headers = {**HEADERS, "content-language": speak.language}
    return HTMLResponse(_environment.get_template(name).render(values, speak=speak), status, headers)


def missing() -> HTMLResponse:
    """Say that there is no such page."""
    text = "The address may be misspelt, or what it showed is gone or not public."
    return page("missing.html", 404, heading="There is nothing here", text=text)


async def refused(_request: Request, error: Exception) -> HTMLResponse:
    """Say why a request was not answered."""
    assert isinstance(error, HTTPException)
    if error.status_code == 404:
        return missing()
    response = page("missing.html", error.status_code, heading="This did not work", text=error.detail)
    response.headers.update(error.headers or {})
    return response


async def unknown(_request: Request, fault: Exception) -> HTMLResponse:
    """Say that a token is worth nothing here."""
    return page("missing.html", 401, heading="This did not work", text=str(fault))


async def broken(_request: Request, _error: Exception) -> HTMLResponse:
    """Say that it is not the reader's fault; the log has the rest."""
    text = "It has been written down. Please try again in a minute."
    return page("missing.html", 500, heading="Something went wrong here", text=text)


HANDLERS: Final[Mapping[Any, Any]] = {HTTPException: refused, UserFault: unknown, Exception: broken}
"""What answers for pages that could not be made."""

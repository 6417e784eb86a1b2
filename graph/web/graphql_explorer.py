# SPDX-License-Identifier: GPL-3.0-or-later
"""The page at ``/graphql`` for people: write a query, run or follow it, read the schema. Nothing of it is foreign."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse, Response

TEMPLATES: Final = Path(__file__).with_name("templates")
STATIC: Final = Path(__file__).with_name("static")

POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""The page runs no script but its own file, loads nothing from elsewhere, and is shown in no frame."""

_HEADERS: Final = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-cache",
    "vary": "Accept",
}


@dataclass(frozen=True, slots=True)
class Example:
    """A query offered to start from; ``variables`` is JSON, or empty.

    ``slug_of`` is a list of the API whose first thing the page puts into ``variables`` as ``slug``.
    """

    title: str
    query: str
    variables: str = ""
    slug_of: str = ""


def explorer(examples: Sequence[Example]) -> Callable[[], Response]:
    """Render the page once; return what answers with it. The first example is shown at the start."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    page = environment.get_template("explorer.html").render(examples=examples)
    return lambda: HTMLResponse(page, headers=_HEADERS)

# SPDX-License-Identifier: GPL-3.0-or-later
"""The pages for people: those that everybody reads and the live screens, and the files they load.

A page asks the API for what it shows, as every other client does, and is first rendered with the answer; the live
screen then follows the activity from the answer's cursor on. Nothing on a page comes from another origin.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from graph.web.asking import DOCUMENTS, Asking
from graph.web.graphql_request import Executor, Identify
from graph.web.languages import language_routes
from graph.web.live_screens import live_routes
from graph.web.public_pages import PublicPages
from graph.web.reading import ShowCorner
from graph.web.rendering import SAFE

HERE: Final = Path(__file__).parent
STATIC: Final = HERE / "static"


def page_routes(
    executor: Executor, identify: Identify, corner: ShowCorner | None = None, public_url: str = ""
) -> list[BaseRoute]:
    """Return the routes of the pages and of ``/static``; ``corner`` tells what the pages' corner shows to a reader."""
    asking = Asking(executor, documents())
    return [
        *PublicPages(asking, identify, corner, public_url).routes(),
        *language_routes(),
        *live_routes(executor, identify),
        Mount("/static", GZipMiddleware(Files(directory=STATIC), minimum_size=500), name="static"),
    ]


class Files(StaticFiles):
    """The files that pages load: revalidated at each use, so that a new version is never mixed with an old one."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Return the file, or 304 where the client has it already."""
        response = await super().get_response(path, scope)
        response.headers.update({**SAFE, "cache-control": "no-cache"})
        return response


def documents() -> dict[str, str]:
    """Return the operations that pages execute, by name; those of live screens are in ``live_documents``."""
    return {path.stem: path.read_text("utf-8") for path in DOCUMENTS.glob("*.graphql")}

# SPDX-License-Identifier: GPL-3.0-or-later
"""The pages for people: those that everybody reads and the live screen, and the files they load.

A page asks the API for what it shows, as every other client does, and is first rendered with the answer; the live
screen then follows the activity from the answer's cursor on. Nothing on a page comes from another origin.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from graph.resolvers.identity import Actor
from graph.web.asking import DOCUMENTS, Asking
from graph.web.graphql_request import Executor, Identify
from graph.web.languages import language_routes
from graph.web.public_pages import PublicPages, ShowCorner
from graph.web.rendering import SAFE, missing, page, trouble

HERE: Final = Path(__file__).parent
STATIC: Final = HERE / "static"

NAMES: Final = ("initials", "full", "none")
"""How a live screen shows who edited; the first is the default."""
THEMES: Final = ("dark", "light")
"""A live screen's colours; the first is the default."""


def page_routes(
    executor: Executor, identify: Identify, corner: ShowCorner | None = None, public_url: str = ""
) -> list[BaseRoute]:
    """Return the routes of the pages and of ``/static``; ``corner`` tells what the pages' corner shows to a reader."""
    asking = Asking(executor, documents())
    return [
        *PublicPages(asking, identify, corner, public_url).routes(),
        *language_routes(),
        Route("/live/program/{slug}", Pages(asking, identify).live_program),
        Mount("/static", Files(directory=STATIC), name="static"),
    ]


class Files(StaticFiles):
    """The files that pages load: revalidated at each use, so that a new version is never mixed with an old one."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Return the file, or 304 where the client has it already."""
        response = await super().get_response(path, scope)
        response.headers.update({**SAFE, "cache-control": "no-cache"})
        return response


class Pages:
    """What answers each page's address."""

    def __init__(self, asking: Asking, identify: Identify) -> None:
        self._asking = asking
        self._identify = identify

    async def live_program(self, request: Request) -> Response:
        """Show a program's live screen; one that is not there and one that the reader may not see look the same.

        Others look on: it shows what everybody may see who may see the program, whoever opened it.
        ``?names=`` is initials, full or none; ``?theme=`` is dark or light.
        """
        slug: str = request.path_params["slug"]
        names = _choice(request, "names", NAMES)
        identity = await self._identify(request.headers, None)
        if isinstance(identity, Actor):
            identity = replace(identity, on_screen=True)
        data = await self._asking.ask(identity, "live_snapshot", {"slug": slug, "names": names != "none"})
        if data is None:
            return trouble()
        if data.get("program") is None:
            return missing()
        following = {
            "slug": slug,
            "names": names,
            "documents": {name: self._asking.documents[f"live_{name}"] for name in ("snapshot", "activity", "service")},
            "program": data["program"],
        }
        theme = _choice(request, "theme", THEMES)
        return page("live.html", program=data["program"], following=following, theme=theme)


def documents() -> dict[str, str]:
    """Return the operations that pages execute, by name; what a live screen is told has the same fields each time."""
    found = {path.stem: path.read_text("utf-8") for path in DOCUMENTS.glob("*.graphql")}
    fragments = found.pop("live_fragments")
    for name in ("live_snapshot", "live_activity"):
        found[name] += fragments
    return found


def _choice(request: Request, name: str, choices: tuple[str, ...]) -> str:
    chosen = request.query_params.get(name)
    return chosen if chosen in choices else choices[0]

# SPDX-License-Identifier: GPL-3.0-or-later
"""The pages for people: the landing page and the live screen, and the files they load.

A page asks the API for what it shows, as every other client does, and is first rendered with the answer; the live
screen then follows the activity from the answer's cursor on. Nothing on a page comes from another origin.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from graph.resolvers.identity import Actor
from graph.web.graphql_request import Executor, GraphQLRequest, Identify
from graph.web.rendering import SAFE, missing, page
from graph.web.sign_in import Corner

HERE: Final = Path(__file__).parent
STATIC: Final = HERE / "static"

_OURS: Final = "INTERNAL_ERROR"

ShowCorner = Callable[[Mapping[str, str], Any], Corner]

NAMES: Final = ("initials", "full", "none")
"""How a live screen shows who edited; the first is the default."""
THEMES: Final = ("dark", "light")
"""A live screen's colours; the first is the default."""


def page_routes(executor: Executor, identify: Identify, corner: ShowCorner | None = None) -> list[BaseRoute]:
    """Return the routes of the pages and of ``/static``; ``corner`` tells what the pages' corner shows to a reader."""
    pages = Pages(executor, identify, corner)
    return [
        Route("/", pages.home),
        Route("/live/program/{slug}", pages.live_program),
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

    def __init__(self, executor: Executor, identify: Identify, corner: ShowCorner | None = None) -> None:
        self._executor = executor
        self._identify = identify
        self._corner = corner
        self._documents = documents()

    async def home(self, request: Request) -> Response:
        """List the programs and campaigns that the reader may see, with the way to their screens."""
        identity = await self._identify(request.headers, None)
        data = await self._ask(identity, "home", {})
        if data is None:
            return self._trouble()
        corner = self._corner and self._corner(request.headers, identity)
        lists = {name: data[name]["nodes"] for name in ("campaigns", "programs")}
        return page("home.html", corner=corner, **lists)

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
        data = await self._ask(identity, "live_snapshot", {"slug": slug, "names": names != "none"})
        if data is None:
            return self._trouble()
        if data["program"] is None:
            return missing()
        following = {
            "slug": slug,
            "names": names,
            "documents": {name: self._documents[f"live_{name}"] for name in ("snapshot", "activity", "service")},
            "program": data["program"],
        }
        theme = _choice(request, "theme", THEMES)
        return page("live.html", program=data["program"], following=following, theme=theme)

    def _trouble(self) -> Response:
        return page(
            "missing.html",
            503,
            heading="The numbers cannot be read at the moment",
            text="Please load this page again in a minute.",
        )

    async def _ask(self, identity: object, document: str, variables: dict[str, Any]) -> dict[str, Any] | None:
        """Return the data of an answer, or None where the service failed to give it.

        A reader's own fault (a slug that can be none) leaves null where the thing would be: that is an answer.
        """
        asked = GraphQLRequest(self._documents[document], variables)
        payload = (await self._executor.execute(asked, identity, allow_mutations=False)).payload
        codes = {error.get("extensions", {}).get("code") for error in payload.get("errors", ())}
        data = payload.get("data")
        return None if _OURS in codes or not isinstance(data, dict) else data


def documents() -> dict[str, str]:
    """Return the operations that pages execute, by name; what a live screen is told has the same fields each time."""
    found = {path.stem: path.read_text("utf-8") for path in (HERE / "documents").glob("*.graphql")}
    fragments = found.pop("live_fragments")
    for name in ("live_snapshot", "live_activity"):
        found[name] += fragments
    return found


def _choice(request: Request, name: str, choices: tuple[str, ...]) -> str:
    chosen = request.query_params.get(name)
    return chosen if chosen in choices else choices[0]

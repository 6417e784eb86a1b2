# SPDX-License-Identifier: GPL-3.0-or-later
"""The pages for people: the landing page and the live screen, and the files they load.

A page asks the API for what it shows, as every other client does, and is first rendered with the answer; the live
screen then follows the activity from the answer's cursor on. Nothing on a page comes from another origin.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from graph.errors import UserFault
from graph.web.graphql_request import Executor, GraphQLRequest, Identify

HERE: Final = Path(__file__).parent
STATIC: Final = HERE / "static"

POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
"""Scripts and styles are our own files, nothing is loaded from elsewhere, and no page is shown in a frame."""

_SAFE: Final = {"x-content-type-options": "nosniff", "referrer-policy": "no-referrer"}
_HEADERS: Final = {**_SAFE, "content-security-policy": POLICY, "cache-control": "no-store"}
_OURS: Final = "INTERNAL_ERROR"

NAMES: Final = ("initials", "full", "none")
"""How a live screen shows who edited; the first is the default."""
THEMES: Final = ("dark", "light")
"""A live screen's colours; the first is the default."""


def page_routes(executor: Executor, identify: Identify) -> list[BaseRoute]:
    """Return the routes of the pages and of ``/static``."""
    pages = Pages(executor, identify)
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
        response.headers.update({**_SAFE, "cache-control": "no-cache"})
        return response


class Pages:
    """What answers each page's address."""

    def __init__(self, executor: Executor, identify: Identify) -> None:
        self._executor = executor
        self._identify = identify
        self._documents = documents()
        self._templates = Environment(
            loader=FileSystemLoader(HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.filters["grouped"] = lambda number: f"{number:,}"

    async def home(self, request: Request) -> Response:
        """List the programs and campaigns that the reader may see, with the way to their screens."""
        data = await self._ask(request, "home", {})
        if data is None:
            return self._trouble()
        return self._page("home.html", campaigns=data["campaigns"]["nodes"], programs=data["programs"]["nodes"])

    async def live_program(self, request: Request) -> Response:
        """Show a program's live screen; one that is not there and one that the reader may not see look the same.

        ``?names=`` is initials, full or none; ``?theme=`` is dark or light.
        """
        slug: str = request.path_params["slug"]
        names = _choice(request, "names", NAMES)
        data = await self._ask(request, "live_snapshot", {"slug": slug, "names": names != "none"})
        if data is None:
            return self._trouble()
        if data["program"] is None:
            return self.missing()
        following = {
            "slug": slug,
            "names": names,
            "documents": {name: self._documents[f"live_{name}"] for name in ("snapshot", "activity", "service")},
            "program": data["program"],
        }
        theme = _choice(request, "theme", THEMES)
        return self._page("live.html", program=data["program"], following=following, theme=theme)

    def missing(self) -> Response:
        """Say that there is no such page."""
        return self._page(
            "missing.html",
            404,
            heading="There is nothing here",
            text="The address may be misspelt, or what it showed is gone or not public.",
        )

    def _trouble(self) -> Response:
        return self._page(
            "missing.html",
            503,
            heading="The numbers cannot be read at the moment",
            text="Please load this page again in a minute.",
        )

    def _page(self, name: str, status: int = 200, /, **values: Any) -> Response:
        return HTMLResponse(self._templates.get_template(name).render(values), status, _HEADERS)

    async def _ask(self, request: Request, document: str, variables: dict[str, Any]) -> dict[str, Any] | None:
        """Return the data of an answer, or None where the service failed to give it.

        A reader's own fault (a slug that can be none) leaves null where the thing would be: that is an answer.
        """
        try:
            identity = await self._identify(request.headers, None)
        except UserFault as fault:
            raise HTTPException(401, str(fault)) from fault
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

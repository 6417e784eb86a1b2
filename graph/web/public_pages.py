# SPDX-License-Identifier: GPL-3.0-or-later
"""The pages that everybody reads: what there is, each program and each campaign.

They are whole without JavaScript; with it the numbers and the latest edits follow what happens, over one connection.
One that is not there, and one that the reader may not see, look the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Final
from urllib.parse import quote, urlencode

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from graph.web.asking import Asking
from graph.web.graphql_request import Identify
from graph.web.markdown import described
from graph.web.numbers import GOALS, HEADLINE, bars, bucket
from graph.web.reading import Reader, ShowCorner
from graph.web.rendering import missing, trouble
from graph.web.texts import Texts

TABS: Final = ("overview", "editors", "articles", "uploads", "activity")
"""The parts of a program's page; the first has the address of the program itself."""
STATUSES: Final = ("active", "upcoming", "ended")
ORDERS: Final = ("recent_activity", "title", "start", "newest")
EDITOR_ORDERS: Final = ("edits", "bytes_added", "username", "joined")
ARTICLE_ORDERS: Final = ("title", "bytes_added", "edits", "views", "newest")
LONGEST_SEARCH: Final = 200
_LIVE_EDITS: Final = ("overview", "activity")


class PublicPages:
    """What answers each address. ``public_url`` is where others find the service, without a slash at the end."""

    def __init__(self, asking: Asking, identify: Identify, corner: ShowCorner | None, public_url: str) -> None:
        self._asking = asking
        self._identify = identify
        self._corner = corner
        self._public_url = public_url

    def routes(self) -> list[BaseRoute]:
        """The routes of these pages."""
        return [
            Route("/", self.home),
            Route("/programs/{slug}", self.program),
            *(Route(f"/programs/{{slug}}/{tab}", partial(self.program, tab=tab)) for tab in TABS[1:]),
            Route("/campaigns/{slug}", self.campaign),
            Route("/organizations/{slug}", self.organization),
        ]

    async def home(self, request: Request) -> Response:
        """List and search the programs and campaigns that the reader may see.

        ``?q=`` searches; ``?status=`` is one of STATUSES, ``?order=`` one of ORDERS.
        """
        reader = await self._reader(request)
        given = request.query_params
        status, order = _chosen(request, "status", ("", *STATUSES)), _chosen(request, "order", ORDERS)
        search = given.get("q", "").strip()[:LONGEST_SEARCH]
        variables = {
            "search": search or None,
            "status": status.upper() or None,
            "order": order.upper(),
            "after": given.get("after"),
            "campaignsAfter": given.get("campaigns_after"),
        }
        data = await self._asking.ask(reader.identity, "page_home", variables)
        if data is None:
            return trouble(reader.speak)
        if not data.get("programs") or not data.get("campaigns"):
            return missing(reader.speak)
        return reader.page(
            "home.html",
            programs=data["programs"],
            campaigns=data["campaigns"],
            search=search,
            status=status,
            order=order,
            way=Way("/", {"q": search, "status": status, "order": "" if order == ORDERS[0] else order}),
            shared=Shared("website", f"{self._public_url}/"),
        )

    async def program(self, request: Request, tab: str = TABS[0]) -> Response:
        """Show one part of a program, one of TABS."""
        reader = await self._reader(request)
        slug: str = request.path_params["slug"]
        head = await self._asking.ask(reader.identity, "page_program", {"slug": slug})
        if head is None:
            return trouble(reader.speak)
        program = head.get("program")
        if program is None:
            return missing(reader.speak)
        part = await self._part(reader, tab, program)
        if part is None:
            return trouble(reader.speak)
        if part.get("program") is None:
            return missing(reader.speak)
        return reader.page(
            f"program_{tab}.html",
            program=program,
            part=part["program"],
            headline=HEADLINE,
            tab=tab,
            tabs=TABS,
            way=Way(_tab_address(slug, tab), {name: request.query_params.get(name, "") for name in _KEPT[tab]}),
            following=self._following(reader, "program", program, edits=tab in _LIVE_EDITS and not _paged(request)),
            shared=self._shared(reader, "program", program, _tab_address(slug, tab)),
            **self._views(reader.speak, tab, program, part["program"]),
        )

    async def _part(self, reader: Reader, tab: str, program: Mapping[str, Any]) -> dict[str, Any] | None:
        variables = {"slug": program["slug"], **_VARIABLES[tab](reader.request, program)}
        return await self._asking.ask(reader.identity, f"page_program_{tab}", variables)

    def _views(self, speak: Texts, tab: str, program: Mapping[str, Any], part: Mapping[str, Any]) -> dict[str, Any]:
        """What the overview shows in another form than the API has it."""
        if tab != "overview":
            return {}
        width = bucket(_instant(program["trackingStart"]), _chart_end(program))
        return {
            "description": described(part["description"]),
            "goal_names": GOALS,
            "bars": bars(part["timeline"], width, speak),
        }

    async def campaign(self, request: Request) -> Response:
        """Show a campaign: its numbers and its programs."""
        reader = await self._reader(request)
        search = request.query_params.get("q", "").strip()[:LONGEST_SEARCH]
        slug: str = request.path_params["slug"]
        variables = {"slug": slug, "after": request.query_params.get("after"), "search": search or None}
        data = await self._asking.ask(reader.identity, "page_campaign", variables)
        if data is None:
            return trouble(reader.speak)
        campaign = data.get("campaign")
        if campaign is None:
            return missing(reader.speak)
        return reader.page(
            "campaign.html",
            campaign=campaign,
            description=described(campaign["description"]),
            headline=HEADLINE,
            search=search,
            way=Way(f"/campaigns/{quote(slug, safe='')}", {"q": search}),
            following=self._following(reader, "campaign", campaign, edits=False),
            shared=self._shared(reader, "campaign", campaign, f"/campaigns/{quote(slug, safe='')}"),
        )

    async def organization(self, request: Request) -> Response:
        """Show an organization: the numbers of all its campaigns together, and the campaigns."""
        reader = await self._reader(request)
        slug: str = request.path_params["slug"]
        data = await self._asking.ask(reader.identity, "page_organization", {"slug": slug, **_after(request)})
        if data is None:
            return trouble(reader.speak)
        organization = data.get("organization")
        if organization is None:
            return missing(reader.speak)
        address = f"/organizations/{quote(slug, safe='')}"
        return reader.page(
            "organization.html",
            organization=organization,
            description=described(organization["description"]),
            headline=HEADLINE,
            way=Way(address, {}),
            following=self._following(reader, "organization", organization, edits=False),
            shared=Shared("article", f"{self._public_url}{address}"),
        )

    def _following(self, reader: Reader, kind: str, shown: Mapping[str, Any], *, edits: bool) -> dict[str, Any]:
        """What the page's script needs to follow what happens; over one connection."""
        documents = {"numbers": self._asking.documents[f"page_live_{kind}"]}
        if edits:
            documents["edits"] = self._asking.documents["page_live_edits"]
        return {
            "slug": shown["slug"],
            "cursor": shown.get("activityCursor"),
            "version": shown["metrics"]["version"],
            "documents": documents,
            "language": reader.speak.tag,
            "texts": reader.speak.bundle("page-live", "page-reconnecting", "page-as-of", "page-number-of"),
        }

    def _shared(self, reader: Reader, kind: str, shown: Mapping[str, Any], path: str) -> Shared:
        """With a picture and an oEmbed where everybody may see it."""
        address = f"{self._public_url}{path}"
        if shown.get("visibility") == "PRIVATE":
            return Shared("article", address)
        picture = f"{self._public_url}/card/{kind}/{quote(shown['slug'], safe='')}.png?lang={reader.speak.language}"
        oembed = f"{self._public_url}/oembed?" + urlencode({"url": address, "format": "json"})
        return Shared("article", address, picture, oembed)

    async def _reader(self, request: Request) -> Reader:
        return await Reader.of(request, self._identify, self._corner)


@dataclass(frozen=True, slots=True)
class Way:
    """The address of a list, with what was chosen in it."""

    path: str
    chosen: Mapping[str, str]

    def to(self, **changed: str) -> str:
        """The address with something changed; an empty value is none. A change begins the list anew."""
        query = {name: value for name, value in {**self.chosen, **changed}.items() if value}
        return self.path + (f"?{urlencode(query)}" if query else "")


@dataclass(frozen=True, slots=True)
class Shared:
    """How a page presents itself where its address is shared (Open Graph)."""

    kind: str
    address: str
    image: str | None = None
    oembed: str | None = None


_KEPT: Final[Mapping[str, tuple[str, ...]]] = {
    "overview": (),
    "editors": ("q", "order"),
    "articles": ("order", "created", "wiki"),
    "uploads": (),
    "activity": ("editor",),
}


def _overview(_request: Request, program: Mapping[str, Any]) -> dict[str, Any]:
    end = _chart_end(program)
    return {"bucket": bucket(_instant(program["trackingStart"]), end), "to": end.isoformat()}


def _editors(request: Request, _program: Mapping[str, Any]) -> dict[str, Any]:
    search = request.query_params.get("q", "").strip()[:LONGEST_SEARCH]
    order = _chosen(request, "order", EDITOR_ORDERS)
    return {**_after(request), "search": search or None, "order": order.upper()}


def _articles(request: Request, _program: Mapping[str, Any]) -> dict[str, Any]:
    created = True if request.query_params.get("created") else None
    order = _chosen(request, "order", ARTICLE_ORDERS)
    wiki = request.query_params.get("wiki") or None
    return {**_after(request), "created": created, "wiki": wiki, "order": order.upper()}


def _uploads(request: Request, _program: Mapping[str, Any]) -> dict[str, Any]:
    return _after(request)


def _activity(request: Request, _program: Mapping[str, Any]) -> dict[str, Any]:
    return {**_after(request), "editor": request.query_params.get("editor") or None}


_VARIABLES: Final[Mapping[str, Callable[[Request, Mapping[str, Any]], dict[str, Any]]]] = {
    "overview": _overview,
    "editors": _editors,
    "articles": _articles,
    "uploads": _uploads,
    "activity": _activity,
}


def _after(request: Request) -> dict[str, Any]:
    return {"after": request.query_params.get("after")}


def _paged(request: Request) -> bool:
    """Whether the list on the page does not begin at its beginning, or is not whole."""
    return bool(request.query_params.get("after") or request.query_params.get("editor"))


def _chosen(request: Request, name: str, among: tuple[str, ...]) -> str:
    """One of these; the first where another is asked for."""
    given = request.query_params.get(name, "")
    return given if given in among else among[0]


def _chart_end(program: Mapping[str, Any]) -> datetime:
    """Where a chart ends: with the tracking window, or with the newest of what is counted."""
    known = [program["metrics"]["asOf"], *(edit["at"] for edit in program["newest"]["nodes"])]
    end = min(_instant(program["trackingEnd"]), max(_instant(at) for at in known))
    return max(end, _instant(program["trackingStart"]))


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _tab_address(slug: str, tab: str) -> str:
    address = f"/programs/{quote(slug, safe='')}"
    return address if tab == TABS[0] else f"{address}/{tab}"

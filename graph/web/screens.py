# SPDX-License-Identifier: GPL-3.0-or-later
"""How a screen gets to show a program, by a token that becomes its cookie; and where the addresses on screens lead."""

from __future__ import annotations

from typing import Final
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from graph.resolvers import reading, short_addresses
from graph.resolvers.deps import Deps
from graph.resolvers.signing_in import actor_of_screen
from graph.web.cookies import Cookie
from graph.web.forms import read_form
from graph.web.languages import choices, texts_of
from graph.web.rendering import SAFE, missing, page
from graph.web.sign_in import SignIn

KEPT_SECONDS: Final = 400 * 24 * 3600  # as long as browsers keep anything; it ends when the token is revoked


def screen_routes(deps: Deps, identify: SignIn) -> list[BaseRoute]:
    """Return the route at which a screen's token is exchanged, and those of short addresses."""

    async def screen(request: Request) -> Response:
        """Ask for the token, or take it: never from an address, and only from this page."""
        if request.method == "GET":
            return _asking(request, 200)
        if not identify.own.sent(request.headers):
            return _asking(request, 403)
        token = (await read_form(request)).get("token", "").strip()
        actor = await actor_of_screen(deps, token)
        if actor is None or actor.screen is None:
            return _asking(request, 403)
        program = (await reading.programs_by_id(deps, actor, [actor.screen])).get(actor.screen)
        if program is None:
            return _asking(request, 403)
        headers = {**SAFE, "cache-control": "no-store"}
        response = RedirectResponse(f"/live/program/{quote(program.slug, safe='')}", 303, headers)
        identify.cookies.give(response, Cookie.SCREEN, token, KEPT_SECONDS)
        return response

    async def program(request: Request) -> Response:
        """Lead from a program's short address to its page."""
        actor = await identify.reader(request.headers)
        slug = await short_addresses.program_at(deps, actor, request.path_params["code"])
        return _onward("/programs/", slug, request)

    async def campaign(request: Request) -> Response:
        """Lead from a campaign's short address to its page."""
        slug = await short_addresses.campaign_at(deps, request.path_params["code"])
        return _onward("/campaigns/", slug, request)

    return [
        Route("/live/screen", screen, methods=["GET", "POST"]),
        Route("/p/{code}", program),
        Route("/c/{code}", campaign),
    ]


def _asking(request: Request, status: int) -> Response:
    """The page that asks for the token; 403 where what it was given is none."""
    return page("screen.html", status, speak=texts_of(request), menu=choices(request), refused=status != 200)


def _onward(folder: str, slug: str | None, request: Request) -> Response:
    if slug is None:
        return missing(texts_of(request))
    return RedirectResponse(f"{folder}{quote(slug, safe='')}", 302, {**SAFE, "cache-control": "no-store"})

# SPDX-License-Identifier: GPL-3.0-or-later
"""How a screen gets to show a program: its token is typed or pasted once, and becomes a cookie of that screen."""

from __future__ import annotations

from typing import Final
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from graph.resolvers import reading
from graph.resolvers.deps import Deps
from graph.resolvers.signing_in import actor_of_screen
from graph.web.cookies import Cookie
from graph.web.forms import read_form
from graph.web.rendering import SAFE, page
from graph.web.sign_in import SignIn

KEPT_SECONDS: Final = 400 * 24 * 3600  # as long as browsers keep anything; it ends when the token is revoked


def screen_routes(deps: Deps, identify: SignIn) -> list[BaseRoute]:
    """Return the route at which a screen's token is exchanged."""

    async def screen(request: Request) -> Response:
        """Ask for the token, or take it: never from an address, and only from this page."""
        if request.method == "GET":
            return page("screen.html", refused=False)
        if not identify.own.sent(request.headers):
            return page("screen.html", 403, refused=True)
        token = (await read_form(request)).get("token", "").strip()
        actor = await actor_of_screen(deps, token)
        if actor is None or actor.screen is None:
            return page("screen.html", 403, refused=True)
        program = (await reading.programs_by_id(deps, actor, [actor.screen])).get(actor.screen)
        if program is None:
            return page("screen.html", 403, refused=True)
        headers = {**SAFE, "cache-control": "no-store"}
        response = RedirectResponse(f"/live/program/{quote(program.slug, safe='')}", 303, headers)
        identify.cookies.give(response, Cookie.SCREEN, token, KEPT_SECONDS)
        return response

    return [Route("/live/screen", screen, methods=["GET", "POST"])]

# SPDX-License-Identifier: GPL-3.0-or-later
"""The stand-in as one web application."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

from graph.simulator.administration import Administration
from graph.simulator.api import ActionApi
from graph.simulator.api_contributions import usercontribs
from graph.simulator.api_lists import categorymembers, embeddedin, links, templates
from graph.simulator.api_revisions import info, revisions
from graph.simulator.api_siteinfo import siteinfo
from graph.simulator.api_users import globaluserinfo, users
from graph.simulator.faults import Faults
from graph.simulator.moderation import Wikimedia
from graph.simulator.oauth import OAuthProvider
from graph.simulator.saved_lists import SavedLists
from graph.simulator.stream import StreamEndpoint

_PROPS = {"revisions": revisions, "info": info, "templates": templates, "links": links}
_LISTS = {
    "users": users, "usercontribs": usercontribs, "categorymembers": categorymembers, "embeddedin": embeddedin,
}  # fmt: skip
_METAS = {"globaluserinfo": globaluserinfo, "siteinfo": siteinfo}
_FRONT = """<!DOCTYPE html><html lang=en><meta charset=utf-8><title>A stand-in for Wikimedia</title>
<h1>A stand-in for Wikimedia</h1><p>Streams at <code>/v2/stream/{names}</code>, the wikis' Action API at
<code>/w/{dbname}/api.php</code>, the log-in at <code>/w/rest.php/oauth2</code>, PetScan at <code>/petscan/</code>,
PagePile at <code>/pagepile/api.php</code>, what happens at
<code>POST /simulator/{action}</code>.</html>
"""


def create_app(wikimedia: Wikimedia, faults: Faults | None = None) -> Starlette:
    """Put streams, Action API, log-in and administration around a ``Wikimedia``.

    ``app.state`` has ``wikimedia``, ``faults``, ``streams`` (the endpoint: connections, close), ``api``, ``oauth``
    (where applications are registered) and ``saved_lists`` (PetScan's queries and PagePile's piles).
    """
    faults = faults or Faults()
    streams = StreamEndpoint(wikimedia, faults)
    api = ActionApi(wikimedia, faults, props=_PROPS, lists=_LISTS, metas=_METAS)
    oauth = OAuthProvider(wikimedia, faults)
    saved = SavedLists(wikimedia, faults)
    administration = Administration(wikimedia, faults, streams, api.replica, saved)

    async def action_api(request: Request) -> object:
        return await api(request)

    async def front(_request: Request) -> HTMLResponse:
        return HTMLResponse(_FRONT)

    app = Starlette(
        routes=[
            Route("/", front),
            Route("/v2/stream/{names}", streams),
            Route("/w/{dbname}/api.php", action_api, methods=["GET", "POST"]),
            Route("/w/rest.php/oauth2/authorize", oauth.authorize),
            Route("/w/rest.php/oauth2/access_token", oauth.access_token, methods=["POST"]),
            Route("/w/rest.php/oauth2/resource/profile", oauth.profile),
            Route("/petscan/", saved.petscan),
            Route("/pagepile/api.php", saved.pagepile),
            Route("/simulator/truth", administration.truth),
            Route("/simulator/{action}", administration.act, methods=["POST"]),
        ]
    )
    app.state.wikimedia, app.state.faults, app.state.streams, app.state.api = wikimedia, faults, streams, api
    app.state.oauth, app.state.saved_lists = oauth, saved
    return app

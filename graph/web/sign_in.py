# SPDX-License-Identifier: GPL-3.0-or-later
"""Who asks, by what a request or a socket brings.

A token says so wherever it comes from: ``Authorization: Bearer …``, in a header or in the payload of
``connection_init``. A cookie comes along with everything a browser sends us, whoever made it send that. It counts only
where our own page did: for JSON sent by POST, for event streams, for sockets, for the forms and the pages themselves.
To everybody else's pages we are open without cookies: they read as anybody, or bring a token.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from starlette.exceptions import HTTPException
from starlette.requests import Request

from graph.errors import ErrorCode, UserFault
from graph.resolvers.deps import Deps
from graph.resolvers.identity import ANONYMOUS, Actor
from graph.resolvers.signing_in import actor_of_screen, actor_signed_in, actor_with_token, development_actor
from graph.web.cookies import Cookie, Cookies
from graph.web.forms import FORM_BYTES, form_token, is_token, read_form
from graph.web.same_origin import OwnPages

DEVELOPER: Final = "dev:"
_LONGEST_CLAIM: Final = 1_024


@dataclass(frozen=True, slots=True)
class Corner:
    """What the corner of a page shows: whether one can sign in here, who is signed in, and the token of their forms."""

    offered: bool
    username: str | None
    form_token: str


class SignIn:
    """Turns headers, or the payload of ``connection_init``, into an actor. ``offered``: people can sign in here."""

    def __init__(self, deps: Deps, admins: frozenset[str], *, development: bool = False, offered: bool = False) -> None:
        self._deps = deps
        self._admins = admins
        self._development = development
        self._offered = offered
        self.own = OwnPages(deps.public_url)
        self.cookies = Cookies(secure=self.own.secure)

    async def __call__(self, headers: Mapping[str, str], params: Mapping[str, Any] | None, /) -> Actor:
        """The actor; anonymous where nothing is claimed. Raises UserFault for a claim that does not hold."""
        claim = _claim(params or {}) or headers.get("authorization")
        if claim is not None:
            return await self._claimed(claim)
        return await self._by_cookie(headers) if self._counts(headers) else ANONYMOUS

    async def reader(self, headers: Mapping[str, str], _params: Mapping[str, Any] | None = None, /) -> Actor:
        """Who looks at a page: nobody else sees what it shows, so their cookie counts however they came here.

        Raises UserFault for a token that does not hold.
        """
        return await self(headers, None) if "authorization" in headers else await self._by_cookie(headers)

    async def form(self, request: Request) -> tuple[Actor, dict[str, str]]:
        """Who sent a form of our own pages, and its fields.

        Raises HTTPException (403) for one that another page sent, or that is older than the sign-in.
        """
        actor, fields, believed = await self.long_form(request, FORM_BYTES)
        if not believed:
            raise HTTPException(403, "You are not signed in any more, or in another way than when the page was loaded.")
        return actor, fields

    async def long_form(self, request: Request, limit: int) -> tuple[Actor, dict[str, str], bool]:
        """Who is signed in now, the fields of a form of our own pages, and whether that person sent it.

        They did not where they signed in only after the form was loaded, or are not signed in any more: it must change
        nothing then. Raises HTTPException (403) for a form that another page sent.
        """
        if not self.own.sent(request.headers):
            raise HTTPException(403, "This form was not sent by a page of ours.")
        fields = await read_form(request, limit)
        secret = self.cookies.read(request.headers, Cookie.SIGN_IN)
        actor = None if secret is None else await actor_signed_in(self._deps, secret, self._admins)
        if secret is None or actor is None:
            return ANONYMOUS, fields, False
        return actor, fields, is_token(fields, secret, self._deps.session_key)

    def corner(self, headers: Mapping[str, str], actor: Actor) -> Corner:
        """What the corner of a page shows to this reader."""
        secret = self.cookies.read(headers, Cookie.SIGN_IN)
        token = form_token(secret, self._deps.session_key) if secret is not None and actor.signed_in else ""
        return Corner(self._offered, actor.username, token)

    def _counts(self, headers: Mapping[str, str]) -> bool:
        """Whether our own page sent this, as our pages do."""
        if "cookie" not in headers:
            return False
        media_type = headers.get("content-type", "").partition(";")[0].strip().lower()
        if media_type == "application/json" or headers.get("upgrade", "").lower() == "websocket":
            return self.own.sent(headers)
        return "text/event-stream" in headers.get("accept", "") and self.own.fetched(headers)

    async def _by_cookie(self, headers: Mapping[str, str]) -> Actor:
        """The actor of the cookies; one that is worthless says nothing, it is not a claim of whoever sent it."""
        actor = None
        if (secret := self.cookies.read(headers, Cookie.SIGN_IN)) is not None:
            actor = await actor_signed_in(self._deps, secret, self._admins)
        if actor is None and (screen := self.cookies.read(headers, Cookie.SCREEN)) is not None:
            actor = await actor_of_screen(self._deps, screen)
        if actor is not None and self.own.is_live_screen(headers):
            return replace(actor, on_screen=True)
        return actor or ANONYMOUS

    async def _claimed(self, claim: str) -> Actor:
        kind, _, token = claim.partition(" ")
        if kind.lower() == "bearer" and len(claim) <= _LONGEST_CLAIM:
            if self._development and token.startswith(DEVELOPER):
                return await development_actor(self._deps, token.removeprefix(DEVELOPER).strip(), self._admins)
            actor = await actor_with_token(self._deps, token.strip(), self._admins)
            if actor is not None:
                return actor
        raise UserFault(ErrorCode.NOT_SIGNED_IN, "This sign-in is not known here. Leave it out to read as anybody.")


def _claim(params: Mapping[str, Any]) -> str | None:
    """What a socket's ``connection_init`` claims: by itself, or among ``headers``, as some clients have it."""
    nested = params.get("headers")
    for place in (params, nested if isinstance(nested, Mapping) else {}):
        for name in ("Authorization", "authorization"):
            if isinstance(value := place.get(name), str):
                return value
    return None

# SPDX-License-Identifier: GPL-3.0-or-later
"""The way to Wikimedia's log-in and back, and out again: pages that need no JavaScript.

Who goes to the log-in takes a cookie along with what is needed at the return: the ``state`` that must come back, the
verifier that the code needs, and the page they came from. It works once, for ten minutes.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import logging
import secrets
from dataclasses import dataclass
from typing import Final, Protocol
from urllib.parse import quote, urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from graph.errors import SignInRefused, UpstreamError
from graph.resolvers.deps import Deps
from graph.resolvers.identity import Actor
from graph.resolvers.joining import additions
from graph.resolvers.signing_in import SIGNED_IN_FOR, sign_in, sign_out, sign_out_everywhere
from graph.web.cookies import Cookie
from graph.web.joining import answering_first
from graph.web.languages import choices, texts_of
from graph.web.reading import Reader
from graph.web.rendering import SAFE, missing, page
from graph.web.same_origin import own_path
from graph.web.sign_in import SignIn
from graph.wikis import KnownUser

log = logging.getLogger(__name__)

SAYING: Final = "/sign-in/told"
LEAVING_SECONDS: Final = 600
_LONGEST_CODE: Final = 4_096
_LOOPBACK: Final = {"localhost", "127.0.0.1", "[::1]"}
_NO_STORE: Final = {**SAFE, "cache-control": "no-store"}
# What the log-in's `error` may say (RFC 6749, 4.1.2.1); everything else is not repeated in the log.
_KNOWN_ERRORS: Final = {
    "access_denied", "invalid_request", "invalid_scope", "server_error", "temporarily_unavailable",
    "unauthorized_client", "unsupported_response_type",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Message:
    """What a page says: ``page-sign-in-{name}-heading`` and ``…-text``; ``again``: signing in can be begun anew."""

    name: str
    status: int
    again: bool = True


NOT_REGISTERED: Final = Message("not-registered", 503, again=False)
CANCELLED: Final = Message("cancelled", 200)
STRANGE: Final = Message("strange", 400)
NOT_CONFIRMED: Final = Message("not-confirmed", 400)
NOT_ASKED_WELL: Final = Message("failed", 400)
OUT_OF_ORDER: Final = Message("out-of-order", 503)
MESSAGES: Final = {
    message.name: message
    for message in (NOT_REGISTERED, CANCELLED, STRANGE, NOT_CONFIRMED, NOT_ASKED_WELL, OUT_OF_ORDER)
}


class Provider(Protocol):
    """The log-in, elsewhere."""

    async def log_in_address(self, state: str, verifier: str, /) -> str:
        """Where to send a browser."""

    async def who(self, code: str, verifier: str, /) -> KnownUser:
        """Whose log-in gave this code. Raises SignInRefused and UpstreamError."""


@dataclass(frozen=True, slots=True)
class Leaving:
    """What somebody took along to the log-in."""

    state: str
    verifier: str
    return_to: str

    @classmethod
    def now(cls, return_to: str) -> Leaving:
        """A new one."""
        return cls(secrets.token_urlsafe(32), secrets.token_urlsafe(32), return_to)

    def packed(self) -> str:
        """As it stands in the cookie."""
        path = base64.urlsafe_b64encode(self.return_to.encode("ascii")).decode("ascii").rstrip("=")
        return f"{self.state}.{self.verifier}.{path}"

    @classmethod
    def unpacked(cls, text: str | None) -> Leaving | None:
        """What a browser brought back; None for what is none."""
        parts = (text or "").split(".")
        if len(parts) != 3 or not all(parts):
            return None
        try:
            path = base64.urlsafe_b64decode(parts[2] + "=" * (-len(parts[2]) % 4)).decode("ascii")
        except (binascii.Error, ValueError):
            return None
        return cls(parts[0], parts[1], _page_to_return_to(path))


def sign_in_routes(deps: Deps, identify: SignIn, provider: Provider | None) -> list[BaseRoute]:
    """Return the routes of signing in and out; without a ``provider`` they say that nobody can."""
    pages = SignInPages(deps, identify, provider)
    return [
        Route("/sign-in", pages.leave),
        Route("/sign-in/callback", pages.arrive),
        Route(f"{SAYING}/{{name}}", pages.say),
        Route("/sign-out", pages.sign_out, methods=["GET", "POST"]),
    ]


class SignInPages:
    """What answers each address."""

    def __init__(self, deps: Deps, identify: SignIn, provider: Provider | None) -> None:
        self._deps = deps
        self._identify = identify
        self._provider = provider

    async def leave(self, request: Request) -> Response:
        """Send a browser to the log-in. ``?return=`` is the page of ours to come back to."""
        return_to = _page_to_return_to(request.query_params.get("return"))
        if self._provider is None:
            return _said(request, NOT_REGISTERED, return_to)
        if self._is_elsewhere(request):
            # The cookie must be where the log-in comes back to.
            return _redirect(f"{self._deps.public_url}/sign-in?return={quote(return_to, safe='')}")
        leaving = Leaving.now(return_to)
        response = _redirect(await self._provider.log_in_address(leaving.state, leaving.verifier))
        self._identify.cookies.give(response, Cookie.LEAVING, leaving.packed(), LEAVING_SECONDS)
        return response

    async def arrive(self, request: Request) -> Response:
        """Receive somebody from the log-in; whatever comes of it, it works once."""
        leaving = Leaving.unpacked(self._identify.cookies.read(request.headers, Cookie.LEAVING))
        response = await self._received(request, leaving)
        self._identify.cookies.take(response, Cookie.LEAVING)
        return response

    async def _received(self, request: Request, leaving: Leaving | None) -> Response:
        given = request.query_params
        if "error" in given:
            return _not_let_in(request, given["error"], leaving)
        code, state = given.get("code", ""), given.get("state", "")
        if self._provider is None or leaving is None or not _same(state, leaving.state) or not _is_code(code):
            log.warning("a sign-in came back that was not begun in that browser, or more than ten minutes ago")
            return _said(request, STRANGE, "/" if leaving is None else leaving.return_to)
        try:
            who = await self._provider.who(code, leaving.verifier)
        except SignInRefused as refused:
            log.warning("a sign-in was refused: %s", refused)
            return _said(request, NOT_CONFIRMED, leaving.return_to)
        except UpstreamError as error:
            log.warning("a sign-in failed: %s", error)
            return _said(request, OUT_OF_ORDER, leaving.return_to)
        return await self._let_in(request, who, leaving.return_to)

    async def _let_in(self, request: Request, who: KnownUser, return_to: str) -> Response:
        cookies = self._identify.cookies
        before = cookies.read(request.headers, Cookie.SIGN_IN)
        signed_in = await sign_in(self._deps, who.central_id, who.username, replacing=before)
        asked = await additions(self._deps, Actor(signed_in.editor.id, signed_in.editor.username))
        response = _redirect(answering_first(return_to) if asked else return_to)
        cookies.give(response, Cookie.SIGN_IN, signed_in.secret, int(SIGNED_IN_FOR.total_seconds()))
        return response

    async def say(self, request: Request) -> Response:
        """Say once more what came of a sign-in. ``?return=`` is the page of ours that somebody came from."""
        message = MESSAGES.get(request.path_params["name"])
        if message is None:
            return missing(texts_of(request))
        return _said(request, message, _page_to_return_to(request.query_params.get("return")))

    async def sign_out(self, request: Request) -> Response:
        """Ask whether to sign out, or do it."""
        cookies = self._identify.cookies
        secret = cookies.read(request.headers, Cookie.SIGN_IN)
        reader = await Reader.of(request, self._identify.reader, self._identify.corner)
        if request.method == "GET":
            return reader.page("sign_out.html", kept=False)
        fields = (await self._identify.form(request))[1] if reader.identity.signed_in else {}
        if reader.identity.editor_id is not None and "everywhere" in fields:
            await sign_out_everywhere(self._deps, reader.identity.editor_id)
        elif secret is not None:
            await sign_out(self._deps, secret)
        response = _redirect("/")
        cookies.take(response, Cookie.SIGN_IN)
        return response

    def _is_elsewhere(self, request: Request) -> bool:
        """Whether this machine was called by another of its names than the public address has."""
        asked, own = request.headers.get("host", ""), self._identify.own.host
        names = {host.removesuffix(f":{host.rpartition(':')[2]}") for host in (asked, own)}
        return asked != own and names <= _LOOPBACK


def _not_let_in(request: Request, error: str, leaving: Leaving | None) -> Response:
    return_to = "/" if leaving is None else leaving.return_to
    log.info("the log-in sent somebody back: %s", error if error in _KNOWN_ERRORS else "an error it does not explain")
    if error in ("server_error", "temporarily_unavailable"):
        return _said(request, OUT_OF_ORDER, return_to)
    return _said(request, CANCELLED if error == "access_denied" else NOT_ASKED_WELL, return_to)


def _said(request: Request, message: Message, return_to: str) -> Response:
    # Another language is chosen where this can be said again: the way back from the log-in works once.
    again = f"{SAYING}/{message.name}?{urlencode({'return': return_to})}"
    return page(
        "sign_in.html",
        message.status,
        speak=texts_of(request),
        menu=choices(request, again),
        message=message,
        return_to=return_to,
    )


def _redirect(address: str) -> Response:
    return RedirectResponse(address, 303, _NO_STORE)


def _page_to_return_to(text: str | None) -> str:
    path = own_path(text)
    return "/" if path is None or path.startswith(("/sign-in", "/sign-out")) else path


def _same(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode(), expected.encode())


def _is_code(code: str) -> bool:
    return 0 < len(code) <= _LONGEST_CODE and code.isascii() and code.isprintable()

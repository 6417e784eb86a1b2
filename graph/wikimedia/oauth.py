# SPDX-License-Identifier: GPL-3.0-or-later
"""Wikimedia's OAuth 2.0, for nothing but who somebody is.

Authorization code with PKCE (S256). The tokens that a sign-in brings are used once, to ask for the profile, and then
forgotten: nothing is ever done in anybody's name, so nothing has to be kept or refreshed.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
from collections.abc import AsyncIterator
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any

import httpx
from httpx_oauth.oauth2 import BaseOAuth2, GetAccessTokenError

from graph.errors import SignInRefused, UpstreamError
from graph.matching import canonical_username
from graph.wikis import KnownUser

TIMEOUT = 10.0  # seconds for one request


def without_cookies() -> httpx.AsyncClient:
    """A client that keeps no cookies: what one person's log-in sets must not go along with the next one's."""
    return httpx.AsyncClient(timeout=TIMEOUT, cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])))


class WikimediaOAuth:
    """Sends browsers to the log-in and learns who came back.

    ``place`` is where the log-in is (``…/w/rest.php/oauth2``), ``callback`` our address that it comes back to: exactly
    the one that was registered.
    """

    def __init__(
        self, client: httpx.AsyncClient, place: str, client_id: str, client_secret: str, callback: str, user_agent: str
    ) -> None:
        self._client = client
        self._place = place
        self._callback = callback
        self._user_agent = user_agent
        self._oauth = _Client(client, place, client_id, client_secret)
        self._oauth.request_headers["User-Agent"] = user_agent

    async def log_in_address(self, state: str, verifier: str) -> str:
        """Where to send a browser; it comes back with ``state`` and a code that needs the verifier."""
        return await self._oauth.get_authorization_url(
            self._callback, state=state, code_challenge=_challenge(verifier), code_challenge_method="S256"
        )

    async def who(self, code: str, verifier: str) -> KnownUser:
        """Whose log-in gave this code. What is in the answer about the registration is one wiki's, and not used.

        Raises SignInRefused for a code that is wrong, late or used up and for an account that is hidden, and
        UpstreamError where the provider does not answer as it should.
        """
        return _account(await self._profile(await self._token(code, verifier)))

    async def _token(self, code: str, verifier: str) -> str:
        try:
            granted = await self._oauth.get_access_token(code, self._callback, verifier)
        except GetAccessTokenError as error:
            # Never the library's own words: they may hold what was sent.
            raise _token_fault(error.response) from None
        except (ValueError, httpx.InvalidURL, OSError) as error:
            raise UpstreamError(f"the log-in's token address cannot be asked: {type(error).__name__}") from None
        token = granted.get("access_token")
        if not isinstance(token, str) or not token.isascii() or not token.isprintable():
            raise UpstreamError("the log-in gave no token")
        return token

    async def _profile(self, token: str) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/json", "User-Agent": self._user_agent}
        try:
            answer = await self._client.get(f"{self._place}/resource/profile", headers=headers, timeout=TIMEOUT)
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            raise UpstreamError(f"the log-in's profile address cannot be asked: {type(error).__name__}") from None
        try:
            profile = answer.json() if answer.status_code == httpx.codes.OK else None
        except ValueError:
            profile = None
        if not isinstance(profile, dict):
            raise UpstreamError(f"the log-in answered {answer.status_code} and no profile")
        return profile


class _Client(BaseOAuth2[dict[str, Any]]):
    """The library's client, on our own connections."""

    def __init__(self, client: httpx.AsyncClient, place: str, client_id: str, client_secret: str) -> None:
        super().__init__(client_id, client_secret, f"{place}/authorize", f"{place}/access_token")
        self._client = client

    @contextlib.asynccontextmanager
    async def get_httpx_client(self) -> AsyncIterator[httpx.AsyncClient]:
        """Lend the client without closing it."""
        yield self._client


def _challenge(verifier: str) -> str:
    digest = hashlib.sha256(verifier.encode("ascii")).digest()
    return base64.urlsafe_b64encode(digest).decode("ascii").rstrip("=")


def _token_fault(answer: httpx.Response | None) -> SignInRefused | UpstreamError:
    """What an exchange that failed means: a code that will not do, or a log-in that is out of order."""
    if answer is None:
        return UpstreamError("the log-in's token address does not answer")
    try:
        body = answer.json()
    except ValueError:
        body = None
    error = body.get("error") if isinstance(body, dict) else None
    if error in ("invalid_grant", "invalid_request") and answer.status_code in (400, 401):
        return SignInRefused(f"the code was refused ({error})")
    if error == "invalid_client":
        return UpstreamError("the log-in does not know this client: look at GRAPH_OAUTH_CLIENT_ID and its secret")
    return UpstreamError(f"the log-in's token address answered {answer.status_code} and no token")


def _account(profile: dict[str, Any]) -> KnownUser:
    sub, username = str(profile.get("sub", "")), profile.get("username")
    if not (sub.isascii() and sub.isdigit() and len(sub) < 19 and int(sub) > 0):
        raise UpstreamError("the log-in gave a profile without a central id")
    name = canonical_username(username) if isinstance(username, str) else ""
    if not name:
        raise SignInRefused("the account is hidden")
    return KnownUser(name, int(sub), None)

# SPDX-License-Identifier: GPL-3.0-or-later
"""Wikimedia's OAuth 2.0 provider: somebody says who they are, a code is given, exchanged, and tells who it was.

As the real one: authorization code with PKCE, codes and refresh tokens that work once, ``application/x-www-form-
urlencoded`` at the token's address, and a log-in that is cancelled comes back without its ``state``.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Any
from urllib.parse import parse_qsl, urlencode

import msgspec
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from graph.simulator.faults import Faults
from graph.simulator.moderation import Wikimedia
from graph.simulator.pages import Account

CODE_SECONDS, TOKEN_SECONDS = 600, 4 * 3600
NAMES_SHOWN = 40
_PASSED_ON = ("response_type", "client_id", "redirect_uri", "state", "code_challenge", "code_challenge_method")


@dataclass(frozen=True, slots=True)
class Client:
    """An application that was registered: ``callback`` is what its redirect address begins with."""

    id: str
    secret: str
    callback: str


@dataclass(frozen=True, slots=True)
class _Code:
    client: Client
    redirect_uri: str
    challenge: str | None
    account: Account
    expires_at: int


class _Refused(Exception):
    def __init__(self, status: int, error: str, description: str) -> None:
        self.status, self.error, self.description = status, error, description
        super().__init__(error)


class OAuthProvider:
    """The addresses under ``/w/rest.php/oauth2``. ``first`` are the names that the log-in page offers before others."""

    def __init__(self, wikimedia: Wikimedia, faults: Faults) -> None:
        self._wikimedia = wikimedia
        self._faults = faults
        self._clients: dict[str, Client] = {}
        self._codes: dict[str, _Code] = {}
        self._access: dict[str, tuple[Account, int]] = {}
        self._refresh: dict[str, tuple[Client, Account]] = {}
        self.first: list[str] = []

    def register(self, client_id: str, secret: str, callback: str) -> Client:
        """Register an application."""
        client = self._clients[client_id] = Client(client_id, secret, callback)
        return client

    # Where a browser goes

    async def authorize(self, request: Request) -> Response:
        """Ask who somebody is; with ``username`` or ``cancel`` in the address, send them back with the answer."""
        if self._faults.oauth_status is not None:
            return HTMLResponse("<h1>Wikimedia Error</h1>", self._faults.oauth_status)
        asked = dict(request.query_params)
        client = self._clients.get(asked.get("client_id", ""))
        redirect_uri = asked.get("redirect_uri", "")
        if client is None or not redirect_uri.startswith(client.callback) or asked.get("response_type") != "code":
            return HTMLResponse("<h1>OAuth error</h1><p>Unknown application or wrong callback (E006).", 400)
        if asked.get("code_challenge") and asked.get("code_challenge_method") != "S256":
            return HTMLResponse("<h1>OAuth error</h1><p>Only S256 here.", 400)
        if "cancel" in asked:
            denied = {"error": "access_denied", "error_description": "The resource owner denied the request."}
            return _back(redirect_uri, denied)
        name = asked.get("username", "").strip()
        if not name:
            return HTMLResponse(self._page(asked))
        code = self._give_code(client, redirect_uri, asked.get("code_challenge"), self._wikimedia.account(name))
        return _back(redirect_uri, {"code": code, **({"state": asked["state"]} if "state" in asked else {})})

    def _give_code(self, client: Client, redirect_uri: str, challenge: str | None, account: Account) -> str:
        code = secrets.token_hex(32)
        expires_at = self._wikimedia.now() + CODE_SECONDS * 1000
        self._codes[code] = _Code(client, redirect_uri, challenge, account, expires_at)
        return code

    def _page(self, asked: Mapping[str, str]) -> str:
        hidden = "".join(
            f'<input type="hidden" name="{name}" value="{escape(asked[name])}">' for name in _PASSED_ON if name in asked
        )
        known = [name for name, account in self._wikimedia.accounts.items() if not account.temporary]
        names = list(dict.fromkeys([*self.first, *known]))[:NAMES_SHOWN]
        buttons = "".join(
            f'<li><button name="username" value="{escape(name)}">{escape(name)}</button>' for name in names
        )
        return (
            "<!DOCTYPE html><html lang=en><meta charset=utf-8><title>Log in (a stand-in for Wikimedia)</title>"
            "<h1>Who are you?</h1><p>This is a stand-in for Wikimedia: be whom you like.</p>"
            f"<form>{hidden}<ul>{buttons}</ul></form>"
            f'<form>{hidden}<label>Somebody else <input name="username" required></label> <button>Log in</button>'
            "</form>"
            f'<form>{hidden}<button name="cancel" value="1">Cancel</button></form></html>'
        )

    # Where an application goes

    async def access_token(self, request: Request) -> Response:
        """Exchange a code, or a refresh token, for tokens."""
        if self._faults.oauth_status is not None:
            return HTMLResponse("<h1>Wikimedia Error</h1>", self._faults.oauth_status)
        if self._faults.oauth_garbage:
            return HTMLResponse("<h1>Our servers are currently under maintenance</h1>")
        form = dict(parse_qsl((await request.body()).decode("utf-8", "replace")))
        try:
            if not request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
                raise _Refused(400, "invalid_request", "The body must be form-encoded.")
            return _json(self._tokens(*self._granted(form)))
        except _Refused as refused:
            told = {"error": refused.error, "error_description": refused.description, "message": refused.description}
            return _json(told, refused.status)

    def _granted(self, form: Mapping[str, str]) -> tuple[Client, Account]:
        client = self._clients.get(form.get("client_id", ""))
        if client is None or not secrets.compare_digest(client.secret, form.get("client_secret", "")):
            raise _Refused(401, "invalid_client", "Client authentication failed")
        match form.get("grant_type"):
            case "authorization_code":
                return client, self._redeem(client, form)
            case "refresh_token":
                found = self._refresh.pop(form.get("refresh_token", ""), None)
                if found is None or found[0] is not client:
                    raise _Refused(400, "invalid_grant", "The refresh token is invalid.")
                return found
        raise _Refused(400, "unsupported_grant_type", "The authorization grant type is not supported.")

    def _redeem(self, client: Client, form: Mapping[str, str]) -> Account:
        code = self._codes.pop(form.get("code", ""), None)
        if code is None or code.client is not client or code.expires_at < self._wikimedia.now():
            raise _Refused(400, "invalid_grant", "Authorization code has been revoked or has expired.")
        if code.redirect_uri != form.get("redirect_uri"):
            raise _Refused(400, "invalid_grant", "Invalid redirect URI")
        if code.challenge is not None and code.challenge != _challenge(form.get("code_verifier", "")):
            raise _Refused(400, "invalid_grant", "Failed to verify `code_verifier`.")
        return code.account

    def _tokens(self, client: Client, account: Account) -> dict[str, Any]:
        access, refresh = secrets.token_hex(32), secrets.token_hex(32)
        self._access[access] = account, self._wikimedia.now() + TOKEN_SECONDS * 1000
        self._refresh[refresh] = client, account
        return {
            "token_type": "Bearer", "expires_in": TOKEN_SECONDS, "access_token": access, "refresh_token": refresh,
        }  # fmt: skip

    async def profile(self, request: Request) -> Response:
        """Tell who somebody is."""
        if self._faults.oauth_status is not None:
            return HTMLResponse("<h1>Wikimedia Error</h1>", self._faults.oauth_status)
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        account, expires_at = self._access.get(token, (None, 0))
        if kind != "Bearer" or account is None or expires_at < self._wikimedia.now():
            return _json({"error": "mwoauth-invalid-authorization", "message": "The access token is invalid."}, 401)
        if self._faults.oauth_hidden:
            return _json({"sub": str(account.central_id), "blocked": True})
        return _json(
            {
                "sub": str(account.central_id),
                "username": account.name,
                "editcount": account.edit_count,
                "confirmed_email": True,
                "blocked": False,
                "registered": "".join(letter for letter in account.registered or "" if letter.isdigit()),
                "groups": account.effective_groups(),
                "rights": ["read", "edit"],
                "grants": ["mwoauth-authonly"],
            }
        )


def _challenge(verifier: str) -> str:
    digest = hashlib.sha256(verifier.encode("ascii", "replace")).digest()
    return base64.urlsafe_b64encode(digest).decode("ascii").rstrip("=")


def _back(redirect_uri: str, answer: Mapping[str, str]) -> Response:
    return RedirectResponse(f"{redirect_uri}{'&' if '?' in redirect_uri else '?'}{urlencode(answer)}", 302)


def _json(answer: object, status: int = 200) -> Response:
    return Response(msgspec.json.encode(answer), status, media_type="application/json")

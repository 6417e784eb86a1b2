# SPDX-License-Identifier: GPL-3.0-or-later
"""Our client of the log-in, against the stand-in's, and against answers that no provider should give."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from graph.errors import SignInRefused, UpstreamError
from graph.simulator.app import create_app
from graph.simulator.faults import Faults
from graph.simulator.server import running
from graph.wikimedia.oauth import WikimediaOAuth, without_cookies
from tests.simulator.serving import new_wikimedia

CALLBACK = "https://programs.example.org/sign-in/callback"
STATE, VERIFIER, OTHER = "s" * 43, "v" * 43, "w" * 43
AGENT = "ProgramsGraph/1 (tests@example.org) httpx/0"


@dataclass
class LogIn:
    oauth: WikimediaOAuth
    client: httpx.AsyncClient
    faults: Faults
    place: str

    async def code(self, username: str = "Ada") -> str:
        address = await self.oauth.log_in_address(STATE, VERIFIER)
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        back = await self.client.get(address, params=asked | {"username": username})
        return parse_qs(urlsplit(back.headers["location"]).query)["code"][0]

    def client_of(self, client_id: str, secret: str) -> WikimediaOAuth:
        return WikimediaOAuth(self.client, self.place, client_id, secret, CALLBACK, AGENT)


@pytest.fixture
async def log_in() -> AsyncIterator[LogIn]:
    app = create_app(new_wikimedia())
    app.state.oauth.register("app", "s3cret", CALLBACK)
    async with running(app) as base, without_cookies() as client:
        place = f"{base}/w/rest.php/oauth2"
        yield LogIn(WikimediaOAuth(client, place, "app", "s3cret", CALLBACK, AGENT), client, app.state.faults, place)


async def test_the_browser_is_sent_with_a_state_and_the_hash_of_the_verifier(log_in: LogIn) -> None:
    address = await log_in.oauth.log_in_address(STATE, "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")
    assert address.startswith(log_in.place + "/authorize?")
    assert parse_qs(urlsplit(address).query) == {
        "response_type": ["code"],
        "client_id": ["app"],
        "redirect_uri": [CALLBACK],
        "state": [STATE],
        "code_challenge": ["E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"],
        "code_challenge_method": ["S256"],
    }


async def test_a_code_tells_who_it_was(log_in: LogIn) -> None:
    who = await log_in.oauth.who(await log_in.code("ليلى"), VERIFIER)
    assert (who.username, who.central_id, who.registered_at) == ("ليلى", 70_000_001, None)


async def test_a_code_that_is_replayed_is_refused(log_in: LogIn) -> None:
    code = await log_in.code()
    await log_in.oauth.who(code, VERIFIER)
    with pytest.raises(SignInRefused):
        await log_in.oauth.who(code, VERIFIER)


@pytest.mark.parametrize(("code", "verifier"), [(None, OTHER), ("made up", VERIFIER)])
async def test_a_code_of_another_browser_or_of_nobody_is_refused(
    log_in: LogIn, code: str | None, verifier: str
) -> None:
    with pytest.raises(SignInRefused):
        await log_in.oauth.who(code or await log_in.code(), verifier)


async def test_a_hidden_account_is_refused(log_in: LogIn) -> None:
    log_in.faults.oauth_hidden = True
    with pytest.raises(SignInRefused, match="hidden"):
        await log_in.oauth.who(await log_in.code(), VERIFIER)


@pytest.mark.parametrize("fault", [{"oauth_status": 503}, {"oauth_status": 429}, {"oauth_garbage": True}])
async def test_a_provider_that_does_not_work_is_no_fault_of_the_visitor(log_in: LogIn, fault: dict[str, Any]) -> None:
    code = await log_in.code()
    log_in.faults.set(**fault)
    with pytest.raises(UpstreamError):
        await log_in.oauth.who(code, VERIFIER)


async def test_a_provider_that_is_away_is_said_to_be(log_in: LogIn) -> None:
    away = WikimediaOAuth(log_in.client, "http://127.0.0.1:9", "app", "s3cret", CALLBACK, AGENT)
    with pytest.raises(UpstreamError, match="does not answer"):
        await away.who("code", VERIFIER)


async def test_a_client_that_is_not_registered_is_told_which_settings_to_look_at(log_in: LogIn) -> None:
    with pytest.raises(UpstreamError, match="GRAPH_OAUTH_CLIENT_ID") as failed:
        await log_in.client_of("app", "wr0ng").who(await log_in.code(), VERIFIER)
    assert "wr0ng" not in str(failed.value)


Answer = Callable[[httpx.Request], httpx.Response]


def scripted(token: Any, profile: Any) -> WikimediaOAuth:
    """A client of a provider that answers just so: JSON, or bytes as they are."""

    def answer(request: httpx.Request) -> httpx.Response:
        body = token if request.url.path.endswith("/access_token") else profile
        return httpx.Response(200, content=body if isinstance(body, bytes) else json.dumps(body).encode())

    client = httpx.AsyncClient(transport=httpx.MockTransport(answer))
    return WikimediaOAuth(client, "https://meta.example/oauth2", "app", "s3cret", CALLBACK, AGENT)


TOKEN = {"access_token": "the-token", "expires_in": 14_400}


@pytest.mark.parametrize(
    "token",
    [b"", b"\xff\xfe", [], {}, {"access_token": 7}, {"access_token": "a\r\nb"}, {**TOKEN, "expires_in": "soon"}, b"[]"],
)
async def test_a_token_that_is_none_is_an_error_of_the_provider(token: Any) -> None:
    with pytest.raises(UpstreamError):
        await scripted(token, {"sub": "7", "username": "Ada"}).who("code", VERIFIER)


@pytest.mark.parametrize(
    "profile",
    [
        b"", b"\xff", [], "Ada", {}, {"username": "Ada"}, {"sub": "", "username": "Ada"},
        {"sub": "-7", "username": "A"},
        {"sub": "7.5", "username": "A"}, {"sub": "0", "username": "A"}, {"sub": "9" * 40, "username": "A"},
        {"sub": "٧", "username": "A"}, {"sub": True, "username": "A"},
    ],
)  # fmt: skip
async def test_a_profile_without_a_central_id_is_an_error_of_the_provider(profile: Any) -> None:
    with pytest.raises(UpstreamError):
        await scripted(TOKEN, profile).who("code", VERIFIER)


@pytest.mark.parametrize(
    "profile", [{"sub": "7", "blocked": True}, {"sub": "7", "username": ""}, {"sub": "7", "username": 5}]
)
async def test_a_profile_without_a_name_is_of_a_hidden_account(profile: Any) -> None:
    with pytest.raises(SignInRefused):
        await scripted(TOKEN, profile).who("code", VERIFIER)


@pytest.mark.parametrize("sub", ["7", 7])
async def test_the_central_id_may_come_as_text_or_number(sub: Any) -> None:
    who = await scripted(TOKEN, {"sub": sub, "username": "ada_Lovelace"}).who("code", VERIFIER)
    assert (who.central_id, who.username) == (7, "Ada Lovelace")


async def test_what_one_log_in_sets_does_not_go_along_with_the_next() -> None:
    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, headers={"set-cookie": "s=1; Path=/"})

    client = without_cookies()
    client._transport = httpx.MockTransport(answer)
    await client.get("https://meta.example/a")
    assert list(client.cookies.jar) == []
    await client.aclose()

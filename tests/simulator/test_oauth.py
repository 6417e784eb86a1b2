# SPDX-License-Identifier: GPL-3.0-or-later
"""The stand-in's log-in keeps the rules of the real one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from graph.simulator.app import create_app
from graph.simulator.oauth import CODE_SECONDS, OAuthProvider
from graph.simulator.server import running
from tests.simulator.serving import Clock, new_wikimedia

CALLBACK = "https://programs.example.org/sign-in/callback"
# RFC 7636, appendix B.
VERIFIER, CHALLENGE = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
ASKED = {
    "response_type": "code", "client_id": "app", "redirect_uri": CALLBACK, "state": "a state",
    "code_challenge": CHALLENGE, "code_challenge_method": "S256",
}  # fmt: skip
EXCHANGE = {
    "grant_type": "authorization_code", "client_id": "app", "client_secret": "s3cret", "redirect_uri": CALLBACK,
    "code_verifier": VERIFIER,
}  # fmt: skip


@dataclass
class Place:
    client: httpx.AsyncClient
    clock: Clock

    async def back(self, **changes: str) -> dict[str, str]:
        answer = await self.client.get("authorize", params=ASKED | changes)
        assert answer.status_code == 302
        address = urlsplit(answer.headers["location"])
        assert f"{address.scheme}://{address.netloc}{address.path}" == CALLBACK
        return {name: values[0] for name, values in parse_qs(address.query).items()}

    async def exchange(self, **changes: str) -> httpx.Response:
        return await self.client.post("access_token", data=EXCHANGE | changes)


@pytest.fixture
async def place() -> AsyncIterator[Place]:
    clock = Clock()
    app = create_app(new_wikimedia(clock))
    oauth: OAuthProvider = app.state.oauth
    oauth.register("app", "s3cret", "https://programs.example.org/")
    oauth.register("other", "0ther", "https://programs.example.org/")
    async with running(app) as base, httpx.AsyncClient(base_url=f"{base}/w/rest.php/oauth2/") as client:
        yield Place(client, clock)


async def test_whoever_says_who_they_are_comes_back_with_a_code_and_the_state(place: Place) -> None:
    back = await place.back(username="ada Lovelace")
    assert (back["state"], len(back["code"])) == ("a state", 64)


async def test_a_code_gives_tokens_and_a_token_a_profile(place: Place) -> None:
    code = (await place.back(username="ada Lovelace"))["code"]
    tokens = (await place.exchange(code=code)).json()
    assert (tokens["token_type"], tokens["expires_in"]) == ("Bearer", 14_400)
    asked = {"Authorization": f"Bearer {tokens['access_token']}"}
    profile = (await place.client.get("resource/profile", headers=asked)).json()
    assert (profile["sub"], profile["username"], profile["blocked"]) == ("70000001", "Ada Lovelace", False)


async def test_who_cancels_comes_back_with_an_error_and_no_state(place: Place) -> None:
    back = await place.back(cancel="1")
    assert (back["error"], "state" in back, "code" in back) == ("access_denied", False, False)


@pytest.mark.parametrize(
    ("changes", "status", "error"),
    [
        ({"code_verifier": "x" * 43}, 400, "invalid_grant"),
        ({"code_verifier": ""}, 400, "invalid_grant"),
        ({"redirect_uri": "https://programs.example.org/other"}, 400, "invalid_grant"),
        ({"code": "0" * 64}, 400, "invalid_grant"),
        ({"client_id": "other", "client_secret": "0ther"}, 400, "invalid_grant"),
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
    ],
)
async def test_an_exchange_that_is_not_right_is_refused(
    place: Place, changes: dict[str, str], status: int, error: str
) -> None:
    code = (await place.back(username="Ada"))["code"]
    answer = await place.exchange(**{"code": code} | changes)
    assert (answer.status_code, answer.json()["error"]) == (status, error)


async def test_a_code_works_once_and_not_for_long(place: Place) -> None:
    first, second = [(await place.back(username="Ada"))["code"] for _ in range(2)]
    assert (await place.exchange(code=first)).status_code == 200
    assert (await place.exchange(code=first)).json()["error"] == "invalid_grant"
    place.clock.now += CODE_SECONDS * 1000 + 1
    assert (await place.exchange(code=second)).json()["error"] == "invalid_grant"


async def test_a_refresh_token_works_once(place: Place) -> None:
    code = (await place.back(username="Ada"))["code"]
    tokens = (await place.exchange(code=code)).json()
    refresh = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    renewed = (await place.exchange(**refresh)).json()
    assert renewed["access_token"] != tokens["access_token"]
    assert (await place.exchange(**refresh)).json()["error"] == "invalid_grant"
    again = {"grant_type": "refresh_token", "refresh_token": renewed["refresh_token"]}
    assert (await place.exchange(**again)).status_code == 200


async def test_a_token_that_is_none_gives_no_profile(place: Place) -> None:
    answer = await place.client.get("resource/profile", headers={"Authorization": "Bearer nothing"})
    assert answer.status_code == 401


@pytest.mark.parametrize(
    "changes",
    [
        {"client_id": "unknown"},
        {"redirect_uri": "https://evil.example/"},
        {"response_type": "token"},
        {"code_challenge_method": "plain"},
    ],
)
async def test_an_application_that_asks_wrongly_is_told_on_the_page(place: Place, changes: dict[str, str]) -> None:
    answer = await place.client.get("authorize", params=ASKED | changes | {"username": "Ada"})
    assert (answer.status_code, "location" in answer.headers) == (400, False)


async def test_the_page_lists_people_and_passes_the_question_on(place: Place) -> None:
    await place.back(username="<b>Bold</b>")
    page = (await place.client.get("authorize", params=ASKED)).text
    assert '<button name="username" value="&lt;b&gt;Bold&lt;/b&gt;">' in page
    assert f'<input type="hidden" name="code_challenge" value="{CHALLENGE}">' in page

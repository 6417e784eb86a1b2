# SPDX-License-Identifier: GPL-3.0-or-later
"""What says who one is, and when: cookies only with our own pages, tokens from anywhere."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from tests.web.signing import SESSION, House, house
from tests.web.wire import wired

ASK = json.dumps({"query": "{ viewer { username } }"})
FOLLOW = "subscription { service { connected } }"
WHO = "query { viewer { username } }"


@pytest.fixture
async def home(database_url: str) -> AsyncIterator[House]:
    async with house(database_url, dev_sign_in=True) as running:
        yield running


@pytest.fixture
async def ada(home: House) -> AsyncIterator[httpx.AsyncClient]:
    async with home.browser() as browser:
        await home.sign_in(browser, "Ada")
        yield browser


def told(answer: httpx.Response) -> Any:
    """Who an answer says one is."""
    viewer = answer.json()["data"]["viewer"]
    return viewer and viewer["username"]


async def asked(browser: httpx.AsyncClient, headers: dict[str, str], body: str = ASK) -> httpx.Response:
    return await browser.post("/graphql", content=body, headers={"content-type": "application/json"} | headers)


# ---------------------------------------------------------------- cookies and POST


async def test_a_script_of_our_page_is_whoever_is_signed_in(home: House, ada: httpx.AsyncClient) -> None:
    for headers in ({"origin": home.url}, {"origin": home.url, "sec-fetch-site": "same-origin"}):
        assert told(await asked(ada, headers)) == "Ada"


ELSEWHERE: tuple[dict[str, str], ...] = (
    {},
    {"origin": "null"},
    {"origin": "https://evil.example"},
    {"origin": "http://127.0.0.1:1"},
    {"origin": "http://localhost", "sec-fetch-site": "same-site"},
    {"origin": "HERE", "sec-fetch-site": "cross-site"},
    {"origin": "HERE.evil.example"},
    {"sec-fetch-site": "same-origin"},
    {"referer": "HERE/"},
)


async def test_another_page_reads_as_anybody(home: House, ada: httpx.AsyncClient) -> None:
    for headers in ELSEWHERE:
        sent = {name: value.replace("HERE", home.url) for name, value in headers.items()}
        answer = await asked(ada, sent)
        assert told(answer) is None, sent
        assert answer.headers["access-control-allow-origin"] == "*"
        assert "access-control-allow-credentials" not in answer.headers


async def test_another_page_changes_nothing(home: House, ada: httpx.AsyncClient) -> None:
    mutation = 'mutation { createAccessToken(input: {name: "x"}) { secret userErrors { code } } }'
    answer = await asked(ada, {"origin": "https://evil.example"}, json.dumps({"query": mutation}))
    assert answer.json()["data"]["createAccessToken"] == {"secret": None, "userErrors": [{"code": "NOT_SIGNED_IN"}]}
    assert await home.service.deps.pool.fetchval("SELECT count(*) FROM access_token") == 0


async def test_what_a_form_can_send_is_no_request_at_all(home: House, ada: httpx.AsyncClient) -> None:
    for media_type in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""):
        answer = await asked(ada, {"origin": home.url, "content-type": media_type})
        assert answer.status_code == 415


async def test_a_get_is_anybodys_unless_our_page_follows_a_stream(home: House, ada: httpx.AsyncClient) -> None:
    plain = await ada.get("/graphql", params={"query": WHO}, headers={"sec-fetch-site": "same-origin"})
    assert told(plain) is None
    streams = {"sec-fetch-site": "same-origin", "accept": "text/event-stream"}
    ours = await ada.get("/graphql", params={"query": WHO}, headers=streams)
    assert '"username":"Ada"' in ours.text
    for site in ("cross-site", "same-site", "none", ""):
        theirs = await ada.get("/graphql", params={"query": WHO}, headers=streams | {"sec-fetch-site": site})
        assert '"viewer":null' in theirs.text


async def test_a_preflight_lets_foreign_pages_bring_a_token_and_no_cookie(home: House, ada: httpx.AsyncClient) -> None:
    headers = {"origin": "https://app.example", "access-control-request-method": "POST"}
    headers["access-control-request-headers"] = "authorization, content-type"
    answer = await ada.options("/graphql", headers=headers)
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (204, "*")
    assert "authorization" in answer.headers["access-control-allow-headers"].lower()
    assert "access-control-allow-credentials" not in answer.headers


# ---------------------------------------------------------------- tokens


async def token_of(home: House, browser: httpx.AsyncClient) -> str:
    return str((await home.change(browser, "createAccessToken", "secret", name="app"))["secret"])


async def test_a_token_counts_from_every_page(home: House, ada: httpx.AsyncClient) -> None:
    bearer = {"authorization": f"Bearer {await token_of(home, ada)}"}
    async with home.browser() as elsewhere:
        for origin in ({}, {"origin": "https://app.example", "sec-fetch-site": "cross-site"}):
            assert await home.viewer(elsewhere, bearer | origin) == "Ada"
        assert told(await elsewhere.get("/graphql", params={"query": WHO}, headers=bearer)) == "Ada"


async def test_a_token_wins_over_a_cookie(home: House, ada: httpx.AsyncClient) -> None:
    bearer = {"authorization": f"bearer {await token_of(home, ada)}", "origin": home.url}
    async with home.browser() as other:
        await home.sign_in(other, "Bo")
        assert await home.viewer(other, bearer) == "Ada"
        assert await home.viewer(other) == "Bo"


CLAIMS = (
    b"Bearer",
    b"bearer",
    b"Bearer nothing",
    b"Basic YWRhOnNlY3JldA==",
    b"Token something",
    b"Bearer pga_" + b"a" * 43,
    b"Bearer pgi_" + b"a" * 43,
    b"Bearer pga_" + b"a" * 60_000,
    b"Bearer " + b"\xe9" * 43,
    b"Bearer \xff\xfe",
)


async def test_a_token_that_is_none_is_refused_and_not_repeated(home: House) -> None:
    async with home.browser() as browser:
        for claim in CLAIMS:
            headers = [(b"authorization", claim), (b"content-type", b"application/json")]
            answer = await browser.post("/graphql", content=ASK, headers=headers)
            assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
            (error,) = answer.json()["errors"]
            assert error["extensions"]["code"] == "NOT_SIGNED_IN"
            assert error["message"] == "This sign-in is not known here. Leave it out to read as anybody."


async def test_the_secret_of_a_cookie_is_no_token(home: House, ada: httpx.AsyncClient) -> None:
    async with home.browser() as elsewhere:
        answer = await asked(elsewhere, {"authorization": f"Bearer {ada.cookies[SESSION]}"})
    assert answer.status_code == 401


async def test_a_token_of_a_million_letters_is_refused_and_the_service_lives(home: House) -> None:
    async with home.browser() as browser:
        try:
            answer = await asked(browser, {"authorization": "Bearer pga_" + "a" * 1_000_000})
            assert answer.status_code in (400, 401, 431)
        except httpx.HTTPError:
            pass  # the server hung up on it
        assert await home.viewer(browser) is None


async def test_a_huge_cookie_is_nobodys_and_the_service_lives(home: House, ada: httpx.AsyncClient) -> None:
    async with home.browser() as browser:
        for size, viewer in ((5_000, "Ada"), (60_000, None), (1_000_000, None)):
            header = f"{SESSION}={ada.cookies[SESSION]}; x={'a' * size}"
            try:
                answer = await asked(browser, {"origin": home.url, "cookie": header})
                assert answer.status_code != 200 or told(answer) == viewer
            except httpx.HTTPError:
                assert viewer is None  # the server hung up on it
        assert await home.viewer(browser) is None


async def test_the_developers_word_is_still_believed_where_it_may_be(home: House) -> None:
    async with home.browser() as browser:
        assert await home.viewer(browser, {"authorization": "Bearer dev:Olga"}) == "Olga"


async def test_elsewhere_the_developers_word_is_worth_nothing(database_url: str) -> None:
    async with house(database_url) as home, home.browser() as browser:
        assert (await asked(browser, {"authorization": "Bearer dev:Olga"})).status_code == 401
        assert await home.service.deps.pool.fetchval("SELECT count(*) FROM editor") == 0


# ---------------------------------------------------------------- sockets


async def socket_viewer(home: House, init: Any = None, **handshake: Any) -> Any:
    async with wired(home.socket_url, **handshake) as wire:
        await wire.init(init)
        await wire.subscribe("1", WHO)
        (answer, _) = await wire.receive_until("complete")
        viewer = answer["payload"]["data"]["viewer"]
        return viewer and viewer["username"]


async def test_a_socket_of_our_page_is_whoever_is_signed_in(home: House, ada: httpx.AsyncClient) -> None:
    cookie = {"cookie": f"{SESSION}={ada.cookies[SESSION]}"}
    assert await socket_viewer(home, headers=cookie, origin=home.url) == "Ada"


async def test_a_socket_of_another_page_is_nobodys(home: House, ada: httpx.AsyncClient) -> None:
    cookie = {"cookie": f"{SESSION}={ada.cookies[SESSION]}"}
    for origin in (None, "null", "https://evil.example", "http://localhost"):
        assert await socket_viewer(home, headers=cookie, origin=origin) is None


async def test_a_socket_may_bring_a_token(home: House, ada: httpx.AsyncClient) -> None:
    token = await token_of(home, ada)
    for init in ({"Authorization": token}, {"authorization": token}, {"headers": {"Authorization": token}}):
        claimed = json.loads(json.dumps(init).replace(token, f"Bearer {token}"))
        assert await socket_viewer(home, claimed, origin="https://app.example") == "Ada"
    assert await socket_viewer(home, headers={"authorization": f"Bearer {token}"}) == "Ada"


async def test_a_socket_with_a_token_that_is_none_is_closed(home: House) -> None:
    async with wired(home.socket_url) as wire:
        await wire.send({"type": "connection_init", "payload": {"Authorization": "Bearer pga_" + "a" * 43}})
        code, reason = await wire.closed()
    assert (code, "pga_" in reason) == (4403, False)


# ---------------------------------------------------------------- pages


async def test_a_page_shows_who_is_signed_in_however_one_came_to_it(home: House, ada: httpx.AsyncClient) -> None:
    for headers in ({}, {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}):
        assert "Signed in as <bdi>Ada</bdi>" in (await ada.get("/", headers=headers)).text
    async with home.browser() as other:
        assert '<a class="button" href="/sign-in?return=/">Sign in</a>' in (await other.get("/")).text


async def test_a_private_programs_screen_is_shown_to_who_may_see_it(home: House, ada: httpx.AsyncClient) -> None:
    program = await home.program(ada, visibility="PRIVATE")
    address = f"/live/program/{program['slug']}"
    async with home.browser() as other:
        assert [(await browser.get(address)).status_code for browser in (ada, other)] == [200, 404]
        await home.sign_in(other, "Bo")
        assert (await other.get(address)).status_code == 404

# SPDX-License-Identifier: GPL-3.0-or-later
"""The way to the log-in and back, as a browser without JavaScript goes it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest

from graph.web.rendering import POLICY
from tests.web.signing import LEAVING, SESSION, House, house, query


@pytest.fixture
async def home(database_url: str) -> AsyncIterator[House]:
    async with house(database_url) as running:
        yield running


@pytest.fixture
async def browser(home: House) -> AsyncIterator[httpx.AsyncClient]:
    async with home.browser() as browser:
        yield browser


async def sign_ins(home: House) -> int:
    return int(await home.service.deps.pool.fetchval("SELECT count(*) FROM sign_in"))


async def nobody_came_in(home: House, browser: httpx.AsyncClient) -> None:
    """Nothing is left of an attempt: no sign-in, no person, no cookie."""
    assert SESSION not in browser.cookies
    assert LEAVING not in browser.cookies
    assert await sign_ins(home) == 0
    assert await home.service.deps.pool.fetchval("SELECT count(*) FROM editor") == 0


def heading(answer: httpx.Response) -> str:
    found = re.search(r"<h1>(.*?)</h1>", answer.text)
    assert found is not None
    assert answer.headers["content-security-policy"] == POLICY
    assert answer.headers["cache-control"] == "no-store"
    assert "<script" not in answer.text
    return found[1].replace("&#39;", "'")


def changed(address: str, **parameters: str | None) -> str:
    """The address with other parameters; None takes one away."""
    parts = urlsplit(address)
    kept = {name: values[0] for name, values in parse_qs(parts.query).items()} | parameters
    return parts._replace(query=urlencode({name: value for name, value in kept.items() if value is not None})).geturl()


# ---------------------------------------------------------------- there and back


async def test_one_comes_back_signed_in_to_where_one_was(home: House, browser: httpx.AsyncClient) -> None:
    arrived = await home.sign_in(browser, "ليلى", "/sign-in?return=/live/program/spring%3Fnames%3Dfull")
    assert arrived.headers["location"] == "/live/program/spring?names=full"
    assert LEAVING not in browser.cookies
    assert await home.viewer(browser) == "ليلى"
    (person,) = await home.service.deps.pool.fetch("SELECT central_id, username FROM editor")
    assert tuple(person) == (home.wikimedia.accounts["ليلى"].central_id, "ليلى")


async def test_the_log_in_is_not_told_where_one_was(home: House, browser: httpx.AsyncClient) -> None:
    there = await browser.get("/sign-in?return=/join/the-code-of-an-invitation")
    assert "the-code" not in there.headers["location"]
    assert there.headers["referrer-policy"] == "same-origin"
    asked = query(there)
    assert sorted(asked) == [
        "client_id", "code_challenge", "code_challenge_method", "redirect_uri", "response_type", "state",
    ]  # fmt: skip
    assert (asked["code_challenge_method"], len(asked["code_challenge"]), len(asked["state"])) == ("S256", 43, 43)
    assert asked["redirect_uri"] == f"{home.url}/sign-in/callback"
    arrived = await home.sign_in(browser, "Ada", "/sign-in?return=/join/the-code-of-an-invitation")
    assert arrived.headers["location"] == "/join/the-code-of-an-invitation"


async def test_no_way_leads_elsewhere(home: House, browser: httpx.AsyncClient) -> None:
    for elsewhere in ("//evil.example", "/%5Cevil.example", "https://evil.example", "javascript:alert(1)",
                      "/%09/evil.example", "/sign-in", "/sign-out", ""):  # fmt: skip
        arrived = await home.sign_in(browser, "Ada", f"/sign-in?return={elsewhere}")
        assert arrived.headers["location"] == "/"


async def test_a_cookie_that_was_changed_leads_nowhere_else(home: House, browser: httpx.AsyncClient) -> None:
    back = await home.sent_back(browser)
    state, verifier, _ = browser.cookies[LEAVING].split(".")
    browser.cookies.clear()
    browser.cookies.set(LEAVING, f"{state}.{verifier}.Ly9ldmlsLmV4YW1wbGU")  # //evil.example
    assert (await browser.get(back)).headers["location"] == "/"


async def test_signing_in_gives_a_new_secret_each_time(home: House, browser: httpx.AsyncClient) -> None:
    browser.cookies.set(SESSION, "pgi_" + "a" * 43, domain="127.0.0.1")  # planted
    await home.sign_in(browser, "Ada")
    first = browser.cookies[SESSION]
    await home.sign_in(browser, "Bo")
    second = browser.cookies[SESSION]
    assert len({first, second, "pgi_" + "a" * 43}) == 3
    assert await sign_ins(home) == 1
    assert await home.viewer(browser) == "Bo"


async def test_a_renamed_person_is_shown_by_the_new_name_from_the_next_sign_in_on(
    home: House, browser: httpx.AsyncClient
) -> None:
    await home.sign_in(browser, "Ada")
    home.wikimedia.rename_user("Ada", "Ada Lovelace")
    await home.sign_in(browser, "Ada Lovelace")
    assert await home.viewer(browser) == "Ada Lovelace"
    assert await home.service.deps.pool.fetchval("SELECT count(*) FROM editor") == 1


# ---------------------------------------------------------------- what goes wrong


async def test_who_cancels_is_told_so(home: House, browser: httpx.AsyncClient) -> None:
    there = await browser.get("/sign-in?return=/live/program/spring")
    back = await browser.get(there.headers["location"], params=query(there) | {"cancel": "1"})
    assert "state" not in parse_qs(urlsplit(back.headers["location"]).query)
    answer = await browser.get(back.headers["location"])
    assert (answer.status_code, heading(answer)) == (200, "You are not signed in")
    assert 'href="/sign-in?return=/live/program/spring"' in answer.text
    assert 'href="/live/program/spring"' in answer.text
    await nobody_came_in(home, browser)


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        ("temporarily_unavailable", 503, "Wikimedia’s log-in does not answer"),
        ("server_error", 503, "Wikimedia’s log-in does not answer"),
        ("invalid_scope", 400, "The log-in did not work"),
        ("<script>alert(1)</script>", 400, "The log-in did not work"),
        ("", 400, "The log-in did not work"),
    ],
)
async def test_other_errors_of_the_log_in_are_explained(
    home: House, browser: httpx.AsyncClient, error: str, status: int, said: str
) -> None:
    answer = await browser.get("/sign-in/callback", params={"error": error, "error_description": "<b>x</b>"})
    assert (answer.status_code, heading(answer)) == (status, said)
    assert "<b>x</b>" not in answer.text
    await nobody_came_in(home, browser)


async def test_what_came_of_a_sign_in_is_said_again_in_another_language(
    home: House, browser: httpx.AsyncClient
) -> None:
    there = await browser.get("/sign-in?return=/live/screen")
    back = await browser.get(there.headers["location"], params=query(there) | {"cancel": "1"})
    answer = await browser.get(back.headers["location"])
    (german,) = re.findall(r'href="(/language\?to=de[^"]*)"', answer.text)
    chosen = await browser.get(german.replace("&amp;", "&"))
    assert chosen.headers["location"] == "/sign-in/told/cancelled?return=%2Flive%2Fscreen"
    again = await browser.get(chosen.headers["location"])
    assert (again.status_code, heading(again)) == (200, "Du bist nicht angemeldet")
    assert 'href="/live/screen"' in again.text
    assert (await browser.get("/sign-in/told/nothing")).status_code == 404
    assert 'href="/"' in (await browser.get("/sign-in/told/strange?return=//evil.example")).text


async def test_a_way_back_that_was_not_begun_here_leads_nowhere(home: House, browser: httpx.AsyncClient) -> None:
    for parameters in ({"state": "x" * 43}, {"state": None}, {"state": ""}, {"code": None}, {"code": ""},
                       {"state": "é"}, {"code": "a" * 5_000}, {"code": "a\r\nb"}, {"state": "a" * 60_000}):  # fmt: skip
        answer = await browser.get(changed(await home.sent_back(browser), **parameters))
        assert (answer.status_code, heading(answer)) == (400, "This sign-in was not begun here")
        await nobody_came_in(home, browser)


async def test_the_way_back_of_another_browser_signs_nobody_in(home: House, browser: httpx.AsyncClient) -> None:
    theirs = await home.sent_back(browser, "Mallory")
    async with home.browser() as victim:
        assert heading(await victim.get(theirs)) == "This sign-in was not begun here"
        await victim.get("/sign-in")
        assert heading(await victim.get(theirs)) == "This sign-in was not begun here"
        await nobody_came_in(home, victim)


async def test_another_browsers_code_does_not_fit_ones_own_verifier(home: House, browser: httpx.AsyncClient) -> None:
    async with home.browser() as other:
        stolen = parse_qs(urlsplit(await home.sent_back(other, "Victim")).query)["code"][0]
    answer = await browser.get(changed(await home.sent_back(browser, "Mallory"), code=stolen))
    assert (answer.status_code, heading(answer)) == (400, "Wikimedia did not confirm who you are")
    await nobody_came_in(home, browser)


async def test_the_way_back_works_once(home: House, browser: httpx.AsyncClient) -> None:
    back = await home.sent_back(browser)
    leaving = browser.cookies[LEAVING]
    assert (await browser.get(back)).status_code == 303
    assert heading(await browser.get(back)) == "This sign-in was not begun here"
    browser.cookies.set(LEAVING, leaving)
    replayed = await browser.get(back)
    assert (replayed.status_code, heading(replayed)) == (400, "Wikimedia did not confirm who you are")
    assert (await sign_ins(home), await home.viewer(browser)) == (1, "Ada")


@pytest.mark.parametrize("fault", [{"oauth_status": 502}, {"oauth_garbage": True}])
async def test_a_log_in_that_is_down_is_said_to_be(
    home: House, browser: httpx.AsyncClient, fault: dict[str, object]
) -> None:
    back = await home.sent_back(browser)
    home.faults.set(**fault)
    answer = await browser.get(back)
    assert (answer.status_code, heading(answer)) == (503, "Wikimedia’s log-in does not answer")
    await nobody_came_in(home, browser)
    home.faults.clear()
    assert (await home.sign_in(browser)).headers["location"] == "/"


async def test_a_hidden_account_is_not_let_in(home: House, browser: httpx.AsyncClient) -> None:
    home.faults.oauth_hidden = True
    answer = await browser.get(await home.sent_back(browser))
    assert (answer.status_code, heading(answer)) == (400, "Wikimedia did not confirm who you are")
    await nobody_came_in(home, browser)


async def test_a_cookie_of_nonsense_is_no_attempt(home: House, browser: httpx.AsyncClient) -> None:
    for nonsense in ("x", "a.b", "a.b.c.d", "..", "a.b.*", "a.b.w7w"):
        back = await home.sent_back(browser)
        browser.cookies.clear()
        browser.cookies.set(LEAVING, nonsense)
        answer = await browser.get(back)
        assert heading(answer) == "This sign-in was not begun here"


async def test_without_a_registration_nobody_can_sign_in(database_url: str) -> None:
    async with house(database_url, oauth_client_id=None, oauth_client_secret=None) as home, home.browser() as browser:
        answer = await browser.get("/sign-in")
        assert (answer.status_code, heading(answer)) == (503, "Nobody can sign in here yet")
        assert "Sign in</a>" not in (await browser.get("/")).text
        assert (await browser.get("/sign-in/callback?code=x&state=y")).status_code == 400


async def test_another_name_of_this_machine_is_led_to_the_public_one(home: House, browser: httpx.AsyncClient) -> None:
    port = urlsplit(home.url).port
    answer = await browser.get("/sign-in?return=/a%3Fb%3Dc", headers={"host": f"localhost:{port}"})
    assert answer.headers["location"] == f"{home.url}/sign-in?return=%2Fa%3Fb%3Dc"
    assert LEAVING not in browser.cookies
    # Behind a proxy that does not pass our name on, nobody is sent in circles.
    assert "code_challenge" in (await browser.get("/sign-in", headers={"host": "10.0.0.7:8000"})).headers["location"]


async def test_under_https_the_cookies_are_this_hosts_alone(database_url: str) -> None:
    async with house(database_url, public_url="https://programs.example.org") as home, home.browser() as browser:
        there = await browser.get("/sign-in")
        assert query(there)["redirect_uri"] == "https://programs.example.org/sign-in/callback"
        assert there.headers["set-cookie"].startswith("__Host-programs-graph-leaving=")
        assert there.headers["set-cookie"].endswith("; HttpOnly; Max-Age=600; Path=/; SameSite=lax; Secure")


# ---------------------------------------------------------------- out


def token_in(answer: httpx.Response) -> str:
    found = re.search(r'name="form_token" value="([0-9a-f]{64})"', answer.text)
    assert found is not None
    return found[1]


async def test_who_signs_out_is_nobody_again(home: House, browser: httpx.AsyncClient) -> None:
    await home.sign_in(browser)
    secret = browser.cookies[SESSION]
    page = await browser.get("/sign-out")
    out = await browser.post("/sign-out", data={"form_token": token_in(page)}, headers={"origin": home.url})
    assert (out.status_code, out.headers["location"], SESSION in browser.cookies) == (303, "/", False)
    browser.cookies.set(SESSION, secret)
    assert (await home.viewer(browser), await sign_ins(home)) == (None, 0)
    assert heading(await browser.get("/sign-out")) == "You are not signed in"
    # A second tab still shows the button.
    again = await browser.post("/sign-out", data={"form_token": token_in(page)}, headers={"origin": home.url})
    assert (again.status_code, again.headers["location"]) == (303, "/")


async def test_who_signs_out_in_all_browsers_is_signed_out_in_all_and_nobody_else_is(
    home: House, browser: httpx.AsyncClient
) -> None:
    async with home.browser() as second, home.browser() as other:
        for one, name in ((browser, "Ada"), (second, "Ada"), (other, "Bo")):
            await home.sign_in(one, name)
        fields = {"form_token": token_in(await second.get("/sign-out")), "everywhere": "yes"}
        out = await second.post("/sign-out", data=fields, headers={"origin": home.url})
        assert (out.status_code, SESSION in second.cookies) == (303, False)
        assert [await home.viewer(one) for one in (browser, second, other)] == [None, None, "Bo"]


async def test_a_token_that_is_none_is_refused_by_pages_as_well(home: House, browser: httpx.AsyncClient) -> None:
    for path in ("/", "/live/program/spring", "/sign-out"):
        answer = await browser.get(path, headers={"authorization": "Bearer nothing"})
        assert (answer.status_code, heading(answer)) == (401, "This did not work")


async def test_nobody_is_signed_out_by_another_page(home: House, browser: httpx.AsyncClient) -> None:
    await home.sign_in(browser)
    token = token_in(await browser.get("/"))
    async with home.browser() as other:
        await home.sign_in(other, "Mallory")
        another_token = token_in(await other.get("/"))
    own, foreign = {"origin": home.url}, {"origin": "https://evil.example"}
    for headers, fields in (
        (foreign, {"form_token": token}),
        ({}, {"form_token": token}),
        ({"origin": "null"}, {"form_token": token}),
        (own | {"sec-fetch-site": "cross-site"}, {"form_token": token}),
        (own, {"other": "field"}),
        (own, {"form_token": ""}),
        (own, {"form_token": another_token}),
        (own, {"form_token": "é" * 64}),
    ):
        answer = await browser.post("/sign-out", data=fields, headers=headers)
        assert (answer.status_code, heading(answer)) == (403, "This did not work")
    assert await home.viewer(browser) == "Ada"


async def test_a_form_of_nonsense_is_refused(home: House, browser: httpx.AsyncClient) -> None:
    await home.sign_in(browser)
    form = {"origin": home.url, "content-type": "application/x-www-form-urlencoded"}
    for status, content, headers in (
        (415, b"{}", form | {"content-type": "application/json"}),
        (413, b"a=" + b"b" * 70_000, form),
        (400, b"a=\xff\xfe", form),
        (400, b"a=b&" * 500, form),
    ):
        answer = await browser.post("/sign-out", content=content, headers=headers)
        assert (answer.status_code, heading(answer)) == (status, "This did not work")
    assert await home.viewer(browser) == "Ada"


async def test_an_address_that_is_none_has_a_page_as_well(home: House, browser: httpx.AsyncClient) -> None:
    answer = await browser.get("/nothing/here")
    assert (answer.status_code, heading(answer)) == (404, "There is nothing here")


async def test_what_breaks_is_not_shown(home: House, browser: httpx.AsyncClient) -> None:
    back = await home.sent_back(browser)
    await home.service.deps.pool.execute("ALTER TABLE sign_in ADD CONSTRAINT never CHECK (false) NOT VALID")
    answer = await browser.get(back)
    assert (answer.status_code, heading(answer)) == (500, "Something went wrong here")
    assert "Violation" not in answer.text

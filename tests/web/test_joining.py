# SPDX-License-Identifier: GPL-3.0-or-later
"""Where invitations lead, and where people answer for what others did: plain pages, for any browser."""

from __future__ import annotations

import html
import logging
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest
from starlette.applications import Starlette
from starlette.exceptions import HTTPException

from graph.db.pool import Pool
from graph.resolvers.identity import Actor
from graph.resolvers.signing_in import sign_in
from graph.web.joining import joining_routes
from graph.web.rendering import refused
from graph.web.sign_in import SignIn
from graph.web.sign_in_pages import sign_in_routes
from graph.wikis import KnownUser
from tests.resolvers.stage import END, START, Stage
from tests.web.serving import serving

ORIGIN = "https://graph.example"


@dataclass
class Browser:
    """Somebody's browser: it keeps the sign-in, and sends forms as pages of ours do."""

    http: httpx.AsyncClient
    cookie: str = ""

    async def get(self, address: str, status: int = 200) -> str:
        response = await self.http.get(address, headers={"cookie": self.cookie})
        assert response.status_code == status, response.text
        return words(response.text)

    async def post(self, address: str, *, origin: str = ORIGIN, token: str | None = None, **fields: str) -> Any:
        if token is None:
            page = await self.http.get(address, headers={"cookie": self.cookie})
            found = re.search(r'name="form_token" value="(\w*)"', page.text)
            token = found[1] if found else ""
        form = {"form_token": token, **fields}
        return await self.http.post(address, data=form, headers={"cookie": self.cookie, "origin": origin})


class Door:
    """A log-in that believes whoever comes."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    async def log_in_address(self, state: str, _verifier: str, /) -> str:
        return f"https://login.example/?{urlencode({'state': state})}"

    async def who(self, code: str, _verifier: str, /) -> KnownUser:
        return self._stage.users.accounts[code]


def words(page: str) -> str:
    """What a page says, without its tags."""
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", page)).split())


@pytest.fixture
def stage(pool: Pool) -> Stage:
    return Stage(pool)


@pytest.fixture
async def amara(stage: Stage) -> Actor:
    return await stage.person("Amara Quill")


@pytest.fixture
async def stranger(stage: Stage) -> Actor:
    return await stage.person("A Stranger")


@pytest.fixture
async def nobody(stage: Stage) -> AsyncIterator[Browser]:
    identify = SignIn(stage.deps, frozenset())
    routes = [*joining_routes(stage.deps, identify), *sign_in_routes(stage.deps, identify, Door(stage))]
    app = Starlette(routes=routes, exception_handlers={HTTPException: refused})
    async with serving(app) as base, httpx.AsyncClient(base_url=base) as http:
        yield Browser(http)


@pytest.fixture
async def browser(stage: Stage, stranger: Actor, nobody: Browser) -> Browser:
    """The browser of A Stranger, who is signed in."""
    assert stranger.username is not None
    signed_in = await sign_in(stage.deps, stage.users.accounts[stranger.username].central_id, stranger.username)
    return Browser(nobody.http, f"__Host-programs-graph={signed_in.secret}")


async def enrolled(stage: Stage) -> list[tuple[str, bool]]:
    rows = await stage.pool.fetch(
        "SELECT e.username, n.show_name FROM enrollment n JOIN editor e ON e.id = n.editor_id WHERE n.role = 'EDITOR'"
    )
    return [tuple(row) for row in rows]


def way(program: dict[str, Any]) -> str:
    return str(program["invitationUrl"].removeprefix(ORIGIN))


async def test_an_invitation_says_where_it_leads_and_asks_for_a_sign_in_that_comes_back(
    stage: Stage, amara: Actor, nobody: Browser
) -> None:
    program = await stage.program(amara, visibility="PRIVATE", title="<Women> in Red")
    response = await nobody.http.get(way(program))
    assert response.status_code == 200
    said = words(response.text)
    assert "You are invited to <Women> in Red" in said
    # What becomes public is said before anybody signs in, and what to do without an account.
    assert "This program is private: only those who take part in it" in said
    assert "from one network the wikis accept 6 new accounts a day" in said
    assert 'href="https://en.wikipedia.org/wiki/Special:CreateAccount"' in response.text
    assert 'href="https://meta.wikimedia.org/wiki/Mass_account_creation"' in response.text
    (link,) = re.findall(r'href="(/sign-in[^"]*)"', response.text)
    assert link == f"/sign-in?return={way(program).replace('/', '%2F')}"
    assert response.headers["cache-control"] == "no-store"
    assert "form-action 'self'" in response.headers["content-security-policy"]


async def signed_in_on_the_way(browser: Browser, address: str, username: str) -> str:
    """Go through the sign-in from a page of ours; where it leads afterwards."""
    left = await browser.http.get("/sign-in", params={"return": address})
    state = parse_qs(urlsplit(left.headers["location"]).query)["state"][0]
    cookie = left.headers["set-cookie"].partition(";")[0]
    arrived = await browser.http.get(
        "/sign-in/callback", params={"code": username, "state": state}, headers={"cookie": cookie}
    )
    cookies = [value.partition(";")[0] for value in arrived.headers.get_list("set-cookie")]
    (browser.cookie,) = [value for value in cookies if value.startswith("__Host-programs-graph=")]
    return str(arrived.headers["location"])


async def test_the_invitation_survives_the_sign_in(
    stage: Stage, amara: Actor, stranger: Actor, nobody: Browser
) -> None:
    program = await stage.program(amara)
    address = f"{way(program)}?session=evening"
    assert await signed_in_on_the_way(nobody, address, "A Stranger") == address
    assert (await nobody.post(address, do="join")).status_code == 303
    assert await enrolled(stage) == [("A Stranger", True)]


async def test_whom_others_enrolled_is_asked_at_the_next_sign_in(
    stage: Stage, amara: Actor, stranger: Actor, nobody: Browser
) -> None:
    program = await stage.program(amara)
    await stage.done("addEditors", amara, programId=program["id"], usernames=["A Stranger"])
    asked = await signed_in_on_the_way(nobody, "/live/program/x", "A Stranger")
    assert asked == "/enrollments?return=%2Flive%2Fprogram%2Fx"
    assert "enrolled by Amara Quill" in await nobody.get(asked)
    number = str(await stage.pool.fetchval("SELECT id FROM program"))
    assert (await nobody.post(asked, do="agree", program=number)).headers["location"] == "/live/program/x"
    assert await signed_in_on_the_way(nobody, "/live/program/x", "A Stranger") == "/live/program/x"


async def test_a_worthless_code_leads_nowhere(stage: Stage, amara: Actor, nobody: Browser, browser: Browser) -> None:
    await stage.program(amara)
    for address in ("/join/x", "/join/%00", "/join/%ff", "/join/" + "x" * 3_000, "/join/a%2Fb"):
        assert "There is nothing here" in await nobody.get(address, 404)
        assert "There is nothing here" in await browser.get(address, 404)
    page = await browser.http.get("/enrollments", headers={"cookie": browser.cookie})
    (token,) = set(re.findall(r'name="form_token" value="(\w+)"', page.text))
    assert (await browser.post("/join/x", token=token, do="join")).status_code == 404


async def test_only_the_form_joins_and_as_it_says(stage: Stage, amara: Actor, browser: Browser) -> None:
    program = await stage.program(amara, showNamesByDefault=False)
    page = await browser.http.get(way(program), headers={"cookie": browser.cookie})
    said = words(page.text)
    assert "Your edits of 1 Nov 2026 00:00 – 30 Nov 2026 23:59 (UTC) on en.wikipedia.org, also those from" in said
    assert "Everybody can see that you take part" in said
    assert "and the administrators of this service, see that you take part" in said
    assert re.search(r'value="no" checked', page.text)
    assert await enrolled(stage) == []

    response = await browser.post(way(program), do="join", show_name="yes")
    assert (response.status_code, response.headers["location"]) == (303, way(program))
    assert await enrolled(stage) == [("A Stranger", True)]
    assert "You take part in Women in Red" in await browser.get(way(program))


async def test_a_form_of_another_page_or_without_its_token_changes_nothing(
    stage: Stage, amara: Actor, browser: Browser, nobody: Browser
) -> None:
    program = await stage.program(amara)
    before = await stage.dump()
    assert (await browser.post(way(program), do="join", origin="https://elsewhere.example")).status_code == 403
    assert (await browser.post(way(program), do="join", token="0" * 64)).status_code == 403
    assert (await nobody.post(way(program), do="join")).status_code == 403
    assert (await browser.post(way(program), do="dance")).status_code == 400
    json = await browser.http.post(way(program), json={"do": "join"}, headers={"origin": ORIGIN})
    assert json.status_code == 415
    assert await stage.dump() == before


async def test_whoever_takes_part_changes_their_mind_on_the_same_page(
    stage: Stage, amara: Actor, browser: Browser
) -> None:
    program = await stage.program(amara)
    await browser.post(way(program), do="join", show_name="yes")
    again = await browser.post(way(program), do="join", show_name="yes")
    assert again.status_code == 409
    assert "You take part in Women in Red already. Have fun!" in words(again.text)
    assert (await browser.post(way(program), do="agree", show_name="no")).status_code == 303
    assert await enrolled(stage) == [("A Stranger", False)]
    assert (await browser.post(way(program), do="leave", erase="yes")).status_code == 303
    assert await enrolled(stage) == []
    assert "You are invited to" in await browser.get(way(program))


async def test_a_session_is_joined_with_the_program(stage: Stage, amara: Actor, browser: Browser) -> None:
    program = await stage.program(amara)
    fields = {"programId": program["id"], "start": START, "end": END}
    await stage.done("createSession", amara, **fields, title="Morning")
    await stage.done("createSession", amara, **fields, title="Evening")
    number = await stage.pool.fetchval("SELECT id FROM session WHERE title = 'Evening'")
    slug = await stage.pool.fetchval("SELECT slug FROM session WHERE title = 'Evening'")
    address = f"{way(program)}?session={slug}"
    page = await browser.http.get(address, headers={"cookie": browser.cookie})
    assert re.findall(r'<option value="(\d+)" selected>', page.text) == [str(number)]
    response = await browser.post(address, do="join", session=str(number))
    assert response.headers["location"] == address
    assert [row[0] for row in await stage.pool.fetch("SELECT session_id FROM session_editor")] == [number]


async def test_an_invitation_speaks_the_language_of_its_link_on_the_whole_way(
    stage: Stage, amara: Actor, browser: Browser, nobody: Browser
) -> None:
    program = await stage.program(amara, title="Fern")
    address = f"{way(program)}?lang=ar"
    response = await nobody.http.get(address)
    assert '<html lang="ar" dir="rtl"' in response.text
    assert "دعوة إلى Fern" in words(response.text)
    assert (
        f'href="/sign-in?return={address.replace("/", "%2F").replace("?", "%3F").replace("=", "%3D")}"' in response.text
    )
    assert f'href="/language?to=de&amp;return={way(program).replace("/", "%2F")}"' in response.text
    assert (await browser.post(address, do="join")).headers["location"] == address
    assert "أنت مشارك في Fern" in await browser.get(address)
    again = await browser.post(address, do="join")
    assert (again.status_code, "Fern already" in again.text, 'role="alert"' in again.text) == (409, False, True)


async def test_what_is_over_or_closed_says_so(stage: Stage, amara: Actor, browser: Browser, nobody: Browser) -> None:
    program = await stage.program(amara)
    await stage.pool.execute("UPDATE program SET registration_open = false")
    assert "takes nobody in at the moment" in await nobody.get(way(program))
    await stage.pool.execute("UPDATE program SET registration_open = true, tracking_end = '2026-11-21'")
    assert "This program is over" in await browser.get(way(program))


async def test_the_code_of_an_invitation_is_in_no_log(
    stage: Stage, amara: Actor, browser: Browser, nobody: Browser, caplog: pytest.LogCaptureFixture
) -> None:
    program = await stage.program(amara)
    code = way(program).rpartition("/")[2]
    ours = [name for name in logging.root.manager.loggerDict if not name.startswith(("httpx", "httpcore", "asyncio"))]
    for name in ours:
        caplog.set_level(logging.DEBUG, name)
    await nobody.get(way(program))
    await nobody.http.get(f"/sign-in?return={way(program)}")
    await browser.post(way(program), do="join")
    await browser.post(way(program), do="leave")
    await browser.post(way(program), do="join", origin="https://elsewhere.example")
    # The client of this test logs what it asks for; the server's own access log is off where the server is ours.
    said = [record.getMessage() for record in caplog.records if record.name in ours and record.name != "uvicorn.access"]
    assert [message for message in said if code in message] == []


async def test_those_whom_others_enrolled_are_asked_and_go_on_where_they_wanted(
    stage: Stage, amara: Actor, browser: Browser, nobody: Browser
) -> None:
    first = await stage.program(amara)
    second = await stage.program(amara, title="Other", visibility="PRIVATE")
    for program in (first, second):
        await stage.done("addEditors", amara, programId=program["id"], usernames=["A Stranger"])
    assert "Women" not in await nobody.get("/enrollments")
    said = await browser.get("/enrollments?return=/live/program/x")
    assert "Women in Red Wikimedia Belgium · enrolled by Amara Quill" in said
    numbers = dict(await stage.pool.fetch("SELECT title, id FROM program"))

    address = "/enrollments?return=%2Flive%2Fprogram%2Fx"
    response = await browser.post(address, do="agree", program=str(numbers["Women in Red"]), show_name="no")
    assert response.headers["location"] == address
    assert "Women" not in await browser.get(address)
    response = await browser.post(address, do="leave", program=str(numbers["Other"]))
    assert response.headers["location"] == "/live/program/x"
    assert await enrolled(stage) == [("A Stranger", False)]
    assert "There is nothing to answer" in await browser.get(address)
    # Elsewhere nobody is led, and what is not there is said to be missing.
    response = await browser.http.get("/enrollments?return=//evil.example", headers={"cookie": browser.cookie})
    assert "evil" not in response.text

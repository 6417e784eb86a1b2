# SPDX-License-Identifier: GPL-3.0-or-later
"""The live screens of a campaign and of a session, and hiding a card at one: a real Chromium, the whole service."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from graph.edits import PageDeleted
from graph.schema import ids
from tests.browser.accessible import violations
from tests.browser.cable import cable_to
from tests.browser.conftest import looking_at
from tests.browser.gallery import Streamed
from tests.conftest import new_database
from tests.db.rows import NOW, Person
from tests.web.signing import SESSION, House, house

pytestmark = pytest.mark.asyncio(loop_scope="module")

PATIENCE = 20_000
HOUR = timedelta(hours=1)
OPENS, CLOSES = NOW - 2 * HOUR, NOW + 2 * HOUR
# Nobody reads the wikis' stream here, so that a screen says that it waits for them once it follows.
FOLLOWING = '#badge:is([data-state="live"], [data-state="waiting"])'


@dataclass
class Spring:
    """Ada's campaign: two programs that everybody sees, one of them with a session, and one that nobody sees."""

    home: House
    ada: httpx.AsyncClient
    world: Streamed
    person: Person
    programs: dict[str, Any]
    wikis: dict[str, str]

    async def edit(self, program: str, title: str, **fields: Any) -> int:
        """An edit that one of the programs counts: each has a wiki of its own."""
        return await self.world.edit(self.person, title, 100, wiki=self.wikis[program], **{"at": NOW, **fields})

    async def delete(self, program: str, title: str) -> None:
        wiki = self.wikis[program]
        gone = PageDeleted(wiki, self.world.page_id(title, wiki), as_of=NOW + HOUR)
        await self.world.take_in(changes=[gone])

    def cookie(self) -> dict[str, Any]:
        """What makes a browser Ada's."""
        return {"name": SESSION, "value": self.ada.cookies[SESSION], "url": self.home.url}

    @property
    def campaign(self) -> str:
        return "/live/campaign/Spring"

    @property
    def session(self) -> str:
        return f"/live/session/evening?program={self.programs['Rivers']['slug']}"

    @property
    def program(self) -> str:
        return f"/live/program/{self.programs['Rivers']['slug']}"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def spring(server_url: str, template: str) -> AsyncIterator[Spring]:
    """The service with this campaign in it, once for all that look at it."""
    with new_database(server_url, template) as url:
        async with house(url) as home, home.browser() as ada:
            yield await made(home, ada)


async def made(home: House, ada: httpx.AsyncClient) -> Spring:
    await home.sign_in(ada, "Ada")
    await home.change(ada, "createCampaign", "campaign { slug }", title="Spring")
    wikis = {"Rivers": "enwiki", "Lakes": "arwiki", "Secret": "frwiki"}
    programs = {}
    for title, wiki in wikis.items():
        programs[title] = await home.program(
            ada, title=title, campaignSlug="Spring", trackedWikis=[{"wiki": wiki, "namespaces": [0]}],
            visibility="PRIVATE" if title == "Secret" else "PUBLIC",
        )  # fmt: skip
    pool = home.service.deps.pool
    world = Streamed(pool)
    person = Person(*await pool.fetchrow("SELECT id, username FROM editor"))
    for program in programs.values():
        await world.enroll(ids.number(program["id"], ids.Kind.PROGRAM), person)
    rivers = ids.number(programs["Rivers"]["id"], ids.Kind.PROGRAM)
    await world.session(rivers, "evening", OPENS, CLOSES)
    await world.goal(rivers, "ARTICLES_CREATED", 2)
    world.live = True
    return Spring(home, ada, world, person, programs, wikis)


@asynccontextmanager
async def screens(browser: Browser, spring: Spring, *addresses: str, **context: Any) -> AsyncIterator[list[Page]]:
    """A screen of each address, all of them following."""
    async with AsyncExitStack() as stack:
        pages = [
            await stack.enter_async_context(looking_at(browser, spring.home.url + address, **context))
            for address in addresses
        ]
        for page in pages:
            await expect(page.locator(FOLLOWING)).to_have_count(1, timeout=PATIENCE)
        yield pages


async def expect_titles(page: Page, *wanted: str) -> None:
    await expect(page.locator(".card .title")).to_have_text(list(wanted))


def total(page: Page) -> Any:
    return page.locator('[data-counter="totalEdits"] .figure')


async def test_a_campaigns_screen_shows_what_its_programs_count_and_celebrates_for_them(
    browser: Browser, spring: Spring
) -> None:
    async with (
        cable_to(spring.home.url) as (cable, url),
        looking_at(browser, f"{url}{spring.campaign}") as page,
    ):
        await expect(page.locator("h1")).to_have_text("Spring")
        await expect(page.locator(FOLLOWING)).to_have_count(1)
        await expect(page.locator("#waiting")).to_have_text("Waiting for the first edit")
        assert await page.locator("#goals").count() == 0  # a campaign has none of its own
        await spring.edit("Rivers", "Loire", created=True)
        await spring.edit("Secret", "Nobody may read this")
        await spring.edit("Lakes", "بحيرة")
        await expect_titles(page, "بحيرة", "Loire")
        await expect(total(page)).to_have_text("2")
        await expect(page.locator("#wikis li")).to_have_text(["ar.wikipedia1", "en.wikipedia1"])
        await spring.edit("Rivers", "Rhône", created=True)
        await expect(page.get_by_role("status")).to_have_text("Rivers reached a goal: 2 new articles")

        await spring.delete("Rivers", "Loire")
        await expect_titles(page, "Rhône", "بحيرة")
        cable.pull_out()
        await expect(page.locator('#badge[data-state="lost"]')).to_be_visible()
        await spring.edit("Lakes", "Meanwhile")
        cable.plug_in()
        await expect(page.locator(".card .title")).to_have_text(["Meanwhile", "Rhône", "بحيرة"], timeout=PATIENCE)
        await expect(total(page)).to_have_text("3")
        assert "Nobody may read this" not in await page.content()


async def test_a_sessions_screen_shows_what_falls_into_its_time(browser: Browser, spring: Spring) -> None:
    async with screens(browser, spring, spring.session, spring.program) as (session, program):
        await expect(session.locator("h1")).to_have_text("Evening")
        await expect(session.locator(".name p")).to_have_text("Rivers")
        before = int(await total(session).inner_text())
        await spring.edit("Rivers", "Of the evening", at=CLOSES - HOUR)
        await expect(session.locator(".card .title").first).to_have_text("Of the evening")
        await spring.edit("Rivers", "Too late", at=CLOSES + HOUR)
        await expect(program.locator(".card .title").first).to_have_text("Too late")
        await spring.edit("Rivers", "The last of the evening", at=CLOSES - HOUR / 2)
        await expect(session.locator(".card .title").first).to_have_text("The last of the evening")
        await expect(total(session)).to_have_text(str(before + 2))
        assert "Too late" not in await session.locator("#cards").inner_text()


async def test_a_session_of_a_program_that_counts_no_article_says_why_nothing_comes(
    browser: Browser, spring: Spring
) -> None:
    program = await spring.home.program(spring.ada, title="Desert", type="ARTICLE_SCOPED")
    await spring.world.session(ids.number(program["id"], ids.Kind.PROGRAM), "dry", OPENS, CLOSES)
    async with screens(browser, spring, "/live/session/dry") as (page,):
        await expect(page.locator("#waiting")).to_contain_text("The program's list of articles is empty")


async def test_whoever_runs_the_program_hides_a_card_on_every_screen_and_shows_it_again(
    browser: Browser, spring: Spring
) -> None:
    await spring.edit("Rivers", "Kept", at=NOW + timedelta(minutes=1))
    await spring.edit("Rivers", "Rude words", at=NOW + timedelta(minutes=2))
    async with screens(browser, spring, spring.campaign, spring.program, spring.session) as everybodys:
        for page in everybodys:
            await expect(page.locator(".title", has_text="Rude words")).to_be_visible()
        async with looking_at(browser, spring.home.url + "/privacy") as own:
            await own.context.add_cookies([spring.cookie()])
            await own.goto(f"{spring.home.url}{spring.session}&moderate=1")
            await expect(own.locator(FOLLOWING)).to_have_count(1)
            edits = await total(own).inner_text()
            card = own.locator(".card", has_text="Rude words")
            await card.get_by_role("button", name="Hide on all screens").click()
            for page in (own, *everybodys):
                await expect(page.locator(".title", has_text="Rude words")).to_have_count(0)
                await expect(page.locator(".title", has_text="Kept")).to_be_visible()
            await expect(total(own)).to_have_text(edits)
            hidden = await spring.home.service.deps.pool.fetchval("SELECT revision_id FROM hidden_card")
            await spring.home.change(
                spring.ada, "showCard", "program { id }",
                programId=spring.programs["Rivers"]["id"], editId=ids.encode_edit("enwiki", hidden),
            )  # fmt: skip
            for page in (own, *everybodys):
                await expect(page.locator(".title", has_text="Rude words")).to_be_visible(timeout=PATIENCE)


async def test_whoever_does_not_run_it_hides_a_card_at_their_own_screen_only(browser: Browser, spring: Spring) -> None:
    newest = CLOSES + 2 * HOUR  # later than what other tests made
    await spring.edit("Lakes", "Newest", at=newest)
    async with screens(browser, spring, f"{spring.campaign}?moderate=1", spring.campaign) as (own, other):
        await expect(own.locator(".title", has_text="Newest")).to_be_visible()
        assert await own.locator(".card button").count() == 0
        await own.keyboard.press("h")
        await expect(own.locator(".title", has_text="Newest")).to_have_count(0)
        await spring.edit("Lakes", "And on it goes", at=newest)
        await expect(other.locator(".title", has_text="And on it goes")).to_be_visible()
        await expect(other.locator(".title", has_text="Newest")).to_be_visible()
        assert await spring.home.service.deps.pool.fetchval("SELECT count(*) FROM hidden_card") == 0


@pytest.mark.parametrize("language", ["en", "ar"])
@pytest.mark.parametrize("kind", ["campaign", "session"])
async def test_axe_finds_nothing_and_everything_fits(
    browser: Browser, spring: Spring, kind: str, language: str
) -> None:
    await spring.edit("Rivers", f"Seen {kind} {language}", at=NOW + timedelta(minutes=4))
    address = getattr(spring, kind)
    joint = "&" if "?" in address else "?"
    seen = f"{address}{joint}lang={language}&names=full"
    async with screens(browser, spring, seen, reduced_motion="reduce") as (page,):
        await expect(page.locator(".card").first).to_be_visible()
        assert await violations(page) == []
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert await page.evaluate("document.dir") == ("rtl" if language == "ar" else "ltr")

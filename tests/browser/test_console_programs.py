# SPDX-License-Identifier: GPL-3.0-or-later
"""Creating and changing programs in a real Chromium, as an organizer does on the morning of the event."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Locator, Page, expect

from tests.browser.accessible import violations
from tests.browser.conftest import looking_at
from tests.conftest import new_database
from tests.web.visiting import Place, Visitor, visited

pytestmark = pytest.mark.asyncio(loop_scope="module")

PHONE: Any = {"viewport": {"width": 360, "height": 740}}
PEOPLE = [f"Editor {number}" for number in range(1, 11)]
MOST_INTERACTIONS, MOST_SECONDS = 25, 90


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def place(server_url: str, template: str) -> AsyncIterator[Place]:
    with new_database(server_url, template) as url:
        async with visited(url) as running:
            for name in ("Noor Amari", *PEOPLE):
                running.home.wikimedia.account(name)
            yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def amara(place: Place) -> AsyncIterator[Visitor]:
    async with place.visitor("Amara Quill") as visitor:
        yield visitor


@asynccontextmanager
async def window(browser: Browser, visitor: Visitor, path: str, **context: Any) -> AsyncIterator[Page]:
    """A page in the browser of somebody who is signed in."""
    name, value = visitor.sign_in
    state = {"cookies": [{"name": name, "value": value, "url": visitor.home.url}], "origins": []}
    options = {"storage_state": state, "expecting": ("net::ERR_", "422"), **context}
    async with looking_at(browser, visitor.home.url + path, **options) as page:
        yield page


class Hand:
    """Somebody who presses and types, and whose every press and every field is counted."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.count = 0

    async def press(self, what: Locator) -> None:
        self.count += 1
        await what.click()

    async def type(self, label: str, text: str) -> None:
        self.count += 1
        await self.page.get_by_label(label).fill(text)

    async def button(self, name: str) -> None:
        await self.press(self.page.get_by_role("button", name=name))

    async def link(self, name: str) -> None:
        await self.press(self.page.get_by_role("link", name=name).first)


async def test_from_signing_in_to_ten_editors_and_the_live_screen_it_takes_little(
    browser: Browser, place: Place
) -> None:
    begun = time.monotonic()
    async with await browser.new_context(locale="en-GB", timezone_id="Europe/Brussels") as context:
        page = await context.new_page()
        await page.goto(place.home.url)
        hand = Hand(page)
        await hand.link("Sign in")
        await hand.button("Noor Amari")
        await hand.link("My programs")
        await hand.link("Create a program")
        await hand.type("Title", "Night of Moss")
        await hand.type("Institution", "City Library")
        await hand.button("Next")
        await hand.button("Next")
        await hand.button("Create the program")
        await hand.type("Usernames", "\n".join(PEOPLE))
        await hand.press(page.get_by_role("button", name="Add them"))
        await expect(page.locator("main bdi", has_text="Editor 10").first).to_be_visible(timeout=30_000)
        await hand.link("On the day")
        await hand.press(page.locator('main a[href^="/live/program/"]').first)
        await page.wait_for_url("**/live/program/City_Library-Night_of_Moss")
        await expect(page.locator("h1")).to_contain_text("Night of Moss")
        seconds = time.monotonic() - begun
        assert (hand.count <= MOST_INTERACTIONS, seconds <= MOST_SECONDS) == (True, True), (hand.count, seconds)
    enrolled = await place.pool.fetch(
        "SELECT u.username FROM enrollment n JOIN editor u ON u.id = n.editor_id JOIN program p ON p.id = n.program_id"
        " WHERE p.slug = 'City_Library-Night_of_Moss' AND n.role = 'EDITOR'"
    )
    assert {row["username"] for row in enrolled} == set(PEOPLE)


async def test_step_by_step_in_the_time_zone_of_the_browser_and_back_without_losing_anything(
    browser: Browser, place: Place, amara: Visitor
) -> None:
    async with window(browser, amara, "/create/program", timezone_id="Asia/Kolkata", **PHONE) as page:
        await page.get_by_role("button", name="Next").click()
        await expect(page.get_by_label("Title")).to_be_focused()
        await page.get_by_label("Title").fill("Step by Step")
        await page.get_by_label("Institution").fill("School")
        await page.get_by_label("Institution").press("Enter")
        await expect(page.get_by_role("heading", name="When")).to_be_focused()
        await expect(page.get_by_label("Time zone")).to_have_value("Asia/Kolkata")
        await page.get_by_label("Edits count from").fill("2026-12-03T10:00")
        await page.get_by_label("Edits count until").fill("2026-12-03T18:00")
        await expect(page.get_by_text("3 Dec 2026, 04:30 in UTC")).to_be_visible()
        await page.get_by_role("button", name="Next").click()
        await expect(page.get_by_role("button", name="Create the program")).to_be_visible()
        await page.go_back()
        await page.go_back()
        await expect(page.get_by_label("Title")).to_have_value("Step by Step")
        await page.go_forward()
        await expect(page.get_by_label("Edits count from")).to_have_value("2026-12-03T10:00")
        await page.get_by_role("button", name="Next").click()
        await page.get_by_label("Wikis whose edits count").fill("nowiki2")
        await page.get_by_role("button", name="Create the program").click()
        await expect(page.get_by_text("No wiki of Wikimedia is called 'nowiki2'.").last).to_be_visible()
        await page.get_by_label("Wikis whose edits count").fill("hi.wikipedia.org")
        await page.get_by_role("button", name="Create the program").click()
        await expect(page.get_by_text("Your program is there.")).to_be_visible()
    row = await place.pool.fetchrow("SELECT * FROM program WHERE title = 'Step by Step'")
    assert row is not None
    assert row["tracking_start"].isoformat() == "2026-12-03T04:30:00+00:00"
    assert row["tracking_end"].isoformat() == "2026-12-03T12:30:59+00:00"


async def test_without_javascript_on_a_phone_in_arabic_all_steps_are_one_form(
    browser: Browser, place: Place, amara: Visitor
) -> None:
    path = "/create/program?lang=ar"
    async with window(browser, amara, path, java_script_enabled=False, locale="ar", **PHONE) as page:
        await page.locator("#create-title").fill("ليلة الطحالب")
        await page.locator("#create-institution").fill("مكتبة المدينة")
        await page.locator("#create-zone").select_option("Africa/Cairo")
        await page.locator("#create-trackingStart").fill("2026-12-03T10:00")
        await page.locator("button[name=_look]").click()
        await expect(page.locator("output.utc").first).to_contain_text("8:00")
        await expect(page.locator("#create-title")).to_have_value("ليلة الطحالب")
        await page.locator("#create-trackingEnd").fill("2026-12-03T18:00")
        await page.locator("button[data-step='0']").click()
        await expect(page.get_by_role("status")).to_be_visible()
    made = await place.pool.fetchval("SELECT tracking_start FROM program WHERE title = 'ليلة الطحالب'")
    assert made.isoformat() == "2026-12-03T08:00:00+00:00"


async def test_two_who_edit_at_once_lose_nothing(browser: Browser, place: Place, amara: Visitor) -> None:
    dates = {"trackingStart": "2026-12-03T09:00:00Z", "trackingEnd": "2026-12-04T09:00:00Z"}
    program = await amara.program(title="Both", description="Before.", **dates)
    path = f"/programs/{program['slug']}/manage/details"
    context = {"timezone_id": "Europe/Brussels"}
    async with window(browser, amara, path, **context) as mine, window(browser, amara, path, **context) as theirs:
        await theirs.locator("#details-title").fill("Theirs")
        await theirs.get_by_label("Edits count from").fill("2026-12-03T12:00")
        await theirs.get_by_role("button", name="Save").click()
        await expect(theirs.locator(".notice")).to_have_text("The program is saved.")
        await mine.locator("#details-title").fill("Mine")
        await mine.get_by_role("button", name="Save").click()
        await expect(mine.get_by_role("alert")).to_be_focused()
        await expect(mine.locator("#details-title-fault")).to_have_text("Somebody else wrote here meanwhile: Theirs")
        await expect(mine.locator("#details-title")).to_have_value("Mine")
        await expect(mine.get_by_label("Edits count from")).to_have_value("2026-12-03T12:00")
        await mine.get_by_role("button", name="Save").click()
        await expect(mine.locator(".notice")).to_have_text("The program is saved.")
        await mine.reload()
    row = await place.pool.fetchrow("SELECT title, tracking_start FROM program WHERE slug = $1", program["slug"])
    assert row is not None
    assert (row["title"], row["tracking_start"].isoformat()) == ("Mine", "2026-12-03T11:00:00+00:00")


@pytest.mark.parametrize(("language", "size"), [("en", {}), ("ar", PHONE)], ids=["desktop", "phone from the right"])
async def test_axe_finds_nothing_and_everything_fits(
    browser: Browser, place: Place, amara: Visitor, language: str, size: Any
) -> None:
    program = await amara.program(title=f"<b>{language}</b> " + "W" * 150, type="ARTICLE_SCOPED")
    window_of = {"start": "2026-12-01T10:00:00Z", "end": "2026-12-01T12:00:00Z"}
    await amara.change("createSession", programId=program["id"], title="M" * 120, venue="W" * 120, **window_of)
    here = f"/programs/{program['slug']}/manage"
    session = await place.pool.fetchval("SELECT slug FROM session WHERE title = $1 ORDER BY id DESC", "M" * 120)
    parts = ("/details", "/clone", "/sessions", f"/sessions/{session}")
    wrong = []
    async with window(browser, amara, f"/my?lang={language}", **size) as page:
        for path in ("/my", "/create/program", *(here + part for part in parts)):
            await page.goto(f"{amara.home.url}{path}?lang={language}")
            await page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
            width = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            wrong += [(path, width)] * (width > 0) + [(path, each) for each in await violations(page)]
    assert wrong == []

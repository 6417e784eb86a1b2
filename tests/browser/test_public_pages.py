# SPDX-License-Identifier: GPL-3.0-or-later
"""The public pages in a real Chromium, against the whole service on a real database."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from tests.browser.accessible import violations
from tests.browser.conftest import looking_at
from tests.browser.gallery import Gallery
from tests.db.rows import NOW

pytestmark = pytest.mark.asyncio(loop_scope="module")

MUSEUM = "/programs/night_at_the_museum"
ADDRESSES = (
    "/", "/?q=%3Cscript%3Ealert(1)%3C%2Fscript%3E", MUSEUM, f"{MUSEUM}/editors", f"{MUSEUM}/articles",
    f"{MUSEUM}/uploads", f"{MUSEUM}/activity", "/programs/hostile", "/programs/hostile/editors",
    "/programs/hostile/articles", "/programs/hostile/activity", "/programs/uni-later", "/campaigns/women_2026",
    "/campaigns/hostile",
)  # fmt: skip
LIVE = '[data-live][data-state="live"]'


def figure(page: Page, name: str) -> Any:
    return page.locator(f'[data-number="{name}"]')


async def wide(page: Page) -> int:
    """By how many pixels the page is wider than its window."""
    return int(await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


async def test_everything_can_be_read_without_javascript(browser: Browser, shown: Gallery) -> None:
    async with looking_at(browser, shown.url, java_script_enabled=False) as page:
        await page.get_by_role("link", name="Night at the Museum").click()
        await expect(page.get_by_role("heading", level=1)).to_have_text("Night at the Museum")
        await expect(page.get_by_role("heading", name="Women of the museum")).to_be_visible()
        await expect(figure(page, "articlesCreated")).to_have_text("3")
        for tab, heading in (("Editors", "10 editors"), ("Articles", "articles"), ("Uploads", "0 files")):
            await page.get_by_role("navigation", name="Parts of this program").get_by_text(tab).click()
            await expect(page.get_by_role("heading", level=2).first).to_contain_text(heading)
        await page.get_by_role("link", name="Activity").click()
        await expect(page.locator(".edits li")).to_have_count(50)
        await page.get_by_role("link", name="Next").click()
        await expect(page.get_by_role("link", name="Back to the beginning")).to_be_visible()
        await page.get_by_role("link", name="Women in culture 2026").click()
        await expect(page.locator(".tile h3")).to_have_count(2)


async def test_an_edit_moves_the_numbers_and_comes_into_the_list_by_itself(browser: Browser, shown: Gallery) -> None:
    async with looking_at(browser, shown.url + MUSEUM) as page:
        await expect(page.locator(LIVE)).to_contain_text("live · as of")
        before = int(await figure(page, "totalEdits").inner_text())
        await shown.edit("Sofonisba Anguissola", 4321, wiki="frwiki", created=True, summary="<b>first</b>")
        row = page.locator(".edits li").first
        await expect(row.locator(".article a")).to_have_text("Sofonisba Anguissola")
        await expect(row.locator(".article a")).to_have_attribute("lang", "fr")
        await expect(row.locator(".article a")).to_have_attribute(
            "href", "https://fr.wikipedia.org/wiki/Sofonisba_Anguissola"
        )
        await expect(row.locator(".created")).to_be_visible()
        await expect(row.locator(".undone")).to_be_hidden()
        await expect(row.locator(".summary")).to_have_text("<b>first</b>")
        await expect(row.locator(".change")).to_have_text("+4,321")
        await expect(row.locator("time")).to_have_text("22 Nov 2026 11:59")
        await expect(figure(page, "totalEdits")).to_have_text(str(before + 1))
        await expect(page.locator(".edits li")).to_have_count(8)


async def test_a_page_nobody_looks_at_follows_nothing_and_is_taken_up_again(browser: Browser, shown: Gallery) -> None:
    async with looking_at(browser, f"{shown.url}{MUSEUM}/activity") as page:
        await expect(page.locator(LIVE)).to_be_visible()
        hide = "hidden => { Object.defineProperty(document, 'hidden', { value: hidden, configurable: true });"
        await page.evaluate(f"{hide} document.dispatchEvent(new Event('visibilitychange')); }}", True)
        await expect(page.locator('[data-live][data-state="lost"]')).to_contain_text("reconnecting · as of")
        await shown.edit("Missed meanwhile")
        await page.evaluate(f"{hide} document.dispatchEvent(new Event('visibilitychange')); }}", False)
        await expect(page.locator(LIVE)).to_be_visible()
        await expect(page.locator(".edits li").first).to_contain_text("Missed meanwhile")


async def test_what_is_read_of_the_past_comes_into_the_lists_and_the_chart(browser: Browser, shown: Gallery) -> None:
    async with looking_at(browser, shown.url + MUSEUM) as page:
        await expect(page.locator(LIVE)).to_be_visible()
        most = await page.locator(".chart .most").inner_text()
        shown.world.live = False
        for number in range(30):
            await shown.edit(f"Found later {number}")
        shown.world.live = True
        await expect(page.locator(".edits li").first).to_contain_text("Found later")
        await expect(page.locator(".chart .most")).not_to_have_text(most)


async def test_a_campaigns_numbers_are_live(browser: Browser, shown: Gallery) -> None:
    async with looking_at(browser, f"{shown.url}/campaigns/women_2026") as page:
        await expect(page.locator(LIVE)).to_be_visible()
        before = int(await figure(page, "totalEdits").inner_text())
        await shown.edit("Hypatia")
        await expect(figure(page, "totalEdits")).to_have_text(str(before + 1))


@pytest.mark.parametrize("address", ADDRESSES)
async def test_axe_finds_nothing_nothing_people_wrote_runs_and_everything_fits(
    browser: Browser, shown: Gallery, address: str
) -> None:
    async with looking_at(browser, shown.url + address) as page:
        dialogs: list[str] = []
        page.on("dialog", lambda dialog: dialogs.append(dialog.message))
        assert await violations(page) == []
        assert await page.locator("main script:not([type]), main img, main iframe").count() == 0
        await page.emulate_media(color_scheme="dark")
        assert await violations(page) == []
        assert await wide(page) <= 0
        assert dialogs == []


@pytest.mark.parametrize("address", ADDRESSES)
async def test_pages_fit_a_small_telephone_written_from_the_right(
    browser: Browser, shown: Gallery, address: str
) -> None:
    joint = "&" if "?" in address else "?"
    window = {"viewport": {"width": 360, "height": 640}}
    async with looking_at(browser, f"{shown.url}{address}{joint}lang=ar", **window) as page:
        assert await page.evaluate("[document.dir, document.documentElement.lang]") == ["rtl", "ar"]
        assert await wide(page) <= 0
        assert await violations(page) == []


async def test_the_menu_changes_the_language_and_keeps_it(browser: Browser, shown: Gallery) -> None:
    async with looking_at(browser, f"{shown.url}{MUSEUM}/editors?order=username") as page:
        await page.locator(".languages summary").click()
        await page.get_by_role("link", name="Deutsch").click()
        await expect(page).to_have_url(f"{shown.url}{MUSEUM}/editors?order=username")
        await expect(page.get_by_role("heading", level=2).first).to_have_text("10 Bearbeitende")
        await page.goto(shown.url)
        await expect(page.get_by_role("button", name="Suchen")).to_be_visible()


async def test_what_changes_is_written_in_the_language_of_the_page(browser: Browser, shown: Gallery) -> None:
    async with looking_at(browser, f"{shown.url}{MUSEUM}/activity?lang=ar") as page:
        await expect(page.locator(LIVE)).to_contain_text("مباشر · حتى")
        written = await page.locator(".edits time").first.inner_text()
        await shown.edit("كاتبة", -12, at=NOW - timedelta(seconds=30))
        row = page.locator(".edits li").first
        await expect(row).to_contain_text("كاتبة")
        assert written.partition(" ")[2].partition(" ")[0] == "نوفمبر"
        await expect(row.locator("time")).to_contain_text("22 نوفمبر 2026")

# SPDX-License-Identifier: GPL-3.0-or-later
"""What one can do at a live screen, and what its address says."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser, expect

from tests.browser.conftest import looking_at
from tests.browser.stage import Served, edit
from tests.browser.test_live_screen import LIVE, counter, expect_titles, titles

pytestmark = pytest.mark.asyncio(loop_scope="module")

PAUSED = '#badge[data-state="paused"]'


async def test_paused_it_stands_still_but_for_what_may_not_be_shown(browser: Browser, served: Served) -> None:
    stage = served.stage
    stage.edits = [edit(2, "Two"), edit(1, "One")]
    async with looking_at(browser, served.live) as page:
        await expect(page.locator(LIVE)).to_be_visible()
        await page.keyboard.press("p")
        await expect(page.locator(PAUSED)).to_have_text("paused")
        stage.count(edit(3, "Three"))
        stage.reach("ARTICLES_CREATED")
        stage.retract("edit-2")
        await expect_titles(page, "One")
        await expect(counter(page, "totalEdits")).to_have_text("1,204")
        await expect(page.get_by_role("status")).to_be_empty()
        await page.get_by_role("button", name="Go on").click()
        await expect_titles(page, "Three", "One")
        await expect(page.get_by_role("status")).to_have_text("Goal reached: 20 new articles")
        await expect(page.locator(LIVE)).to_be_visible()


async def test_the_newest_card_is_hidden_by_a_key_and_stays_hidden(browser: Browser, served: Served) -> None:
    stage = served.stage
    stage.edits = [edit(3, "Rude words"), edit(2, "Two"), edit(1, "One")]
    async with looking_at(browser, served.live) as page:
        await expect_titles(page, "Rude words", "Two", "One")
        await page.keyboard.press("h")
        await expect_titles(page, "Two", "One")
        stage.change_history(stage.edits, totalEdits=1300)
        await expect(counter(page, "totalEdits")).to_have_text("1,300")
        await expect_titles(page, "Two", "One")
        await page.reload()
        await expect_titles(page, "Two", "One")
        stage.hide("edit-3")
        stage.show("edit-3")
        await expect_titles(page, "Rude words", "Two", "One")
        await page.reload()
        await expect_titles(page, "Rude words", "Two", "One")
        assert all("hide" not in str(each) for each in stage.asked)  # nobody may hide it elsewhere


async def test_a_card_hidden_by_whoever_runs_the_program_leaves_every_screen(browser: Browser, served: Served) -> None:
    stage = served.stage
    stage.edits = [edit(2, "Two"), edit(1, "One")]
    async with looking_at(browser, served.live) as page, looking_at(browser, served.live + "?names=none") as other:
        await expect_titles(page, "Two", "One")
        await expect_titles(other, "Two", "One")
        stage.hide("edit-2")
        await expect_titles(page, "One")
        await expect_titles(other, "One")
        await expect(counter(page, "totalEdits")).to_have_text("1,204")
        await page.reload()
        await expect_titles(page, "One")
        stage.show("edit-2")
        await expect_titles(page, "Two", "One")
        await expect_titles(other, "Two", "One")


async def test_held_cards_come_late_and_what_was_taken_back_meanwhile_never(browser: Browser, served: Served) -> None:
    stage = served.stage
    async with looking_at(browser, f"{served.live}?hold=30") as page:
        await page.clock.install()
        await page.reload()
        await expect(page.locator(LIVE)).to_be_visible()
        stage.count(edit(1, "Kept"))
        stage.count(edit(2, "Deleted"))
        await expect(counter(page, "totalEdits")).to_have_text("1,206")
        assert await titles(page) == []
        stage.retract("edit-2")
        await expect(counter(page, "totalEdits")).to_have_text("1,205")
        for _ in range(4):
            await page.clock.run_for(8_000)
        await expect_titles(page, "Kept")


@pytest.mark.parametrize(("address", "shown"), [("", ["Rose"]), ("?ns=all", ["Talk:Rose", "Rose"])])
async def test_talk_makes_no_card_unless_all_is_wanted(
    browser: Browser, served: Served, address: str, shown: list[str]
) -> None:
    talk = {"title": "Talk:Rose", "namespace": 1}
    served.stage.edits = [edit(2, article=talk), edit(1, "Rose")]
    async with looking_at(browser, served.live + address) as page:
        await expect_titles(page, *shown)


async def test_the_address_chooses_the_counters(browser: Browser, served: Served) -> None:
    chosen = "wordsAdded,totalEdits,nonsense,articleViews,wordsAdded"
    async with looking_at(browser, f"{served.live}?metrics={chosen}") as page:
        await expect(page.locator(".counter dt")).to_have_text(["Words added", "Edits", "Article views"])
        await expect(page.locator(".figure")).to_have_text(["96,000", "1,204", "–"])


async def test_the_way_to_the_programs_page_is_on_the_wall(browser: Browser, served: Served) -> None:
    async with looking_at(browser, served.live) as page:
        await expect(page.locator(".way bdi")).to_have_text("programs.example.org/p/7k")
        await expect(page.get_by_role("img", name="QR code of programs.example.org/p/7k")).to_be_visible()


async def test_a_program_without_articles_says_why_nothing_comes(browser: Browser, served: Served) -> None:
    served.stage.about = {"nothingInScope": True}
    async with looking_at(browser, served.live) as page:
        await expect(page.locator("#waiting")).to_contain_text("list of articles is empty")


async def test_edits_move_the_chart_and_the_wikis(browser: Browser, served: Served) -> None:
    stage = served.stage
    stage.wikis = {"en.wikipedia.org": 8, "de.wikipedia.org": 2}
    async with looking_at(browser, served.live) as page:
        await expect(page.locator("#wikis li")).to_have_text(["en.wikipedia8", "de.wikipedia2"])
        now = await page.evaluate("new Date().toISOString()")
        stage.count(edit(1, at=now))
        stage.count(edit(2, at=now, wiki={"dbname": "frwiki", "domain": "fr.wikipedia.org", "language": "fr"}))
        await expect(page.locator("#wikis li")).to_have_text(["en.wikipedia9", "de.wikipedia2", "fr.wikipedia1"])
        await expect(page.locator("#rate .peak")).to_have_text("now 2 · most 2")


async def test_an_idle_screen_hides_what_only_a_hand_needs(browser: Browser, served: Served) -> None:
    async with looking_at(browser, served.live) as page:
        await page.clock.install()
        await page.reload()
        await expect(page.locator(LIVE)).to_be_visible()
        await page.clock.run_for(5_000)
        await expect(page.locator("body.idle")).to_have_count(1)
        await page.mouse.move(100, 100)
        await expect(page.locator("body.idle")).to_have_count(0)


async def test_it_asks_the_machine_to_stay_awake(browser: Browser, served: Served) -> None:
    async with looking_at(browser, served.live) as page:
        await page.add_init_script(
            "window.asked = []; navigator.wakeLock.request = async (kind) => { window.asked.push(kind); };"
        )
        await page.reload()
        await expect(page.locator(LIVE)).to_be_visible()
        assert await page.evaluate("window.asked") == ["screen"]

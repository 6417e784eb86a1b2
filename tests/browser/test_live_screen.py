# SPDX-License-Identifier: GPL-3.0-or-later
"""The live screen in a real Chromium, against a service whose every word is scripted."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from tests.browser.cable import cable_to
from tests.browser.conftest import eventually, looking_at
from tests.browser.stage import SLUG, Served, edit

pytestmark = pytest.mark.asyncio(loop_scope="module")

LIVE = '#badge[data-state="live"]'


async def titles(page: Page) -> list[str]:
    return await page.locator(".card .title").all_inner_texts()


async def expect_titles(page: Page, *wanted: str) -> None:
    await expect(page.locator(".card .title")).to_have_text(list(wanted))


def counter(page: Page, name: str) -> Any:
    return page.locator(f'[data-counter="{name}"] dd')


async def test_numbers_goals_and_latest_edits_are_there_at_once(browser: Browser, served: Served) -> None:
    for number in range(9):
        served.stage.edits.insert(0, edit(number))
    async with looking_at(browser, served.live) as page:
        await expect(page.locator("h1")).to_have_text("Night at the Museum")
        await expect(page.locator(".name p")).to_have_text("City Museum")
        await expect(counter(page, "activeEditors")).to_have_text("23 of 30")
        await expect(counter(page, "totalEdits")).to_have_text("1,204")
        await expect(counter(page, "bytesAdded")).to_have_text("1.285 MB")
        await expect(page.locator(".goal p")).to_have_text("18 of 20 new articles 90%")
        await expect_titles(page, *(f"Article {number}" for number in (8, 7, 6, 5, 4, 3)))
        await expect(page.locator(LIVE)).to_contain_text("live · 0.4 s")
        await expect(page.locator("#left")).to_have_text("ended")


async def test_a_counted_edit_comes_in_as_a_card_and_moves_the_numbers(browser: Browser, served: Served) -> None:
    async with looking_at(browser, served.live) as page:
        await expect(page.locator("#waiting")).to_be_visible()
        await expect(page.locator(LIVE)).to_be_visible()
        served.stage.count(edit(1, "Hypatia", created=True, byteChange=-1234), totalEdits=1205, articlesCreated=19)
        await expect_titles(page, "Hypatia")
        card = page.locator(".card")
        await expect(card.locator(".change")).to_have_text("-1,234")
        await expect(card.locator(".mark")).to_have_text("AL")
        await expect(card.locator(".pill")).to_have_text("new article")
        await expect(card.locator(".wiki")).to_have_text("en.wikipedia")
        await expect(card.locator("time")).to_have_text("18:00")
        await expect(counter(page, "totalEdits")).to_have_text("1,205")
        await expect(page.locator(".goal .share")).to_have_text("95%")
        await expect(page.locator("#waiting")).to_be_hidden()


async def test_a_retracted_edit_leaves_and_an_older_one_takes_its_place(browser: Browser, served: Served) -> None:
    for number in range(8):
        served.stage.edits.insert(0, edit(number))
    async with looking_at(browser, served.live) as page:
        await expect(page.locator(LIVE)).to_be_visible()
        served.stage.retract("edit-6")
        await expect_titles(page, *(f"Article {number}" for number in (7, 5, 4, 3, 2, 1)))
        await expect(counter(page, "totalEdits")).to_have_text("1,203")


async def test_a_reverted_edit_is_marked_and_stays(browser: Browser, served: Served) -> None:
    served.stage.edits = [edit(2), edit(1)]
    async with looking_at(browser, served.live) as page:
        await expect(page.locator(LIVE)).to_be_visible()
        served.stage.revert("edit-1")
        await expect(page.locator(".card.reverted")).to_have_count(1)
        await expect(page.locator(".card.reverted .title")).to_have_text("Article 1")
        await expect(page.locator(".card.reverted .pill")).to_have_text("reverted")


async def test_a_milestone_is_celebrated_once_and_not_again_after_a_reload(browser: Browser, served: Served) -> None:
    async with looking_at(browser, served.live) as page:
        await expect(page.locator(LIVE)).to_be_visible()
        served.stage.reach("ARTICLES_CREATED")
        served.stage.reach("ARTICLES_CREATED")
        await expect(page.get_by_role("status")).to_have_text("Goal reached: 20 new articles")
        await expect(page.locator(".goal .share")).to_have_text("reached")
        await page.reload()
        await expect(page.locator(LIVE)).to_be_visible()
        await expect(page.locator(".goal .share")).to_have_text("reached")
        await expect(page.get_by_role("status")).to_be_empty()


async def test_a_changed_history_has_the_list_fetched_anew(browser: Browser, served: Served) -> None:
    served.stage.edits = [edit(1)]
    async with looking_at(browser, served.live) as page:
        await expect(page.locator(LIVE)).to_be_visible()
        served.stage.change_history([edit(9, "From the backfill"), edit(8)], totalEdits=1300)
        await expect(counter(page, "totalEdits")).to_have_text("1,300")
        await expect_titles(page, "From the backfill", "Article 8")


async def test_a_cut_stream_is_taken_up_where_it_was(browser: Browser, served: Served) -> None:
    stage = served.stage
    async with looking_at(browser, served.live) as page:
        await expect(page.locator(LIVE)).to_be_visible()
        stage.count(edit(1, "Before the cut"))
        await expect_titles(page, "Before the cut")
        stage.end_streams()
        stage.count(edit(2, "During the cut"))
        await expect_titles(page, "During the cut", "Before the cut")
        assert stage.begun == ["c0", "c1"]


async def test_without_a_network_it_says_so_and_catches_up_without_repeating(browser: Browser, served: Served) -> None:
    stage = served.stage
    async with cable_to(served.url) as (cable, url), looking_at(browser, f"{url}/live/program/{SLUG}") as page:
        await expect(page.locator(LIVE)).to_be_visible()
        stage.reach("ARTICLES_CREATED")
        stage.count(edit(1, "Before"))
        await expect_titles(page, "Before")
        await page.evaluate("document.getElementById('celebration').replaceChildren()")
        cable.pull_out()
        await expect(page.locator('#badge[data-state="lost"]')).to_contain_text("reconnecting · as of ")
        stage.count(edit(2, "Meanwhile"))
        stage.retract("edit-1")
        cable.plug_in()
        await expect(page.locator(LIVE)).to_be_visible()
        await expect_titles(page, "Meanwhile")
        await expect(counter(page, "totalEdits")).to_have_text("1,205")
        await expect(page.get_by_role("status")).to_be_empty()
        assert set(stage.begun) == {"c0", "c2"}


async def test_half_a_minute_of_a_proxys_error_pages_is_survived_on_one_connection(
    browser: Browser, served: Served
) -> None:
    stage = served.stage
    async with (
        cable_to(served.url) as (cable, url),
        # The screen's own patience may end before the answer comes: its clock runs faster than the world's.
        looking_at(browser, f"{url}/live/program/{SLUG}", expecting=("502", "closed before the connection")) as page,
    ):
        sockets: list[str] = []
        page.on("websocket", lambda socket: sockets.append(socket.url))
        page.on("framenavigated", lambda _: sockets.clear())
        await page.clock.install()
        await page.reload()
        await expect(page.locator(LIVE)).to_be_visible()
        assert len(sockets) == 1
        cable.fail()
        await expect(page.locator('#badge[data-state="lost"]')).to_be_visible()
        for _ in range(30):
            await page.clock.run_for(1_000)
            await eventually(lambda: cable.turned_away >= len(sockets) - 1)
        stage.count(edit(1, "Meanwhile"))
        assert 3 <= len(sockets) <= 12
        cable.plug_in()
        for _ in range(20):
            await page.clock.run_for(1_000)
        await expect_titles(page, "Meanwhile")
        await expect(page.locator(LIVE)).to_be_visible()


async def test_a_cursor_too_old_has_everything_fetched_anew(browser: Browser, served: Served) -> None:
    stage = served.stage
    stage.edits = [edit(1)]
    async with looking_at(browser, served.live) as page:
        await expect(page.locator(LIVE)).to_be_visible()
        stage.edits = [edit(5, "After the gap")]
        # A restored database: another ledger, whose versions are lower.
        stage.metrics = {**stage.metrics, "totalEdits": 7, "version": 3}
        stage.start_over()
        await expect_titles(page, "After the gap")
        await expect(counter(page, "totalEdits")).to_have_text("7")
        await eventually(lambda: len(stage.begun) == 2)
        stage.count(edit(6, "And on it goes"))
        await expect_titles(page, "And on it goes", "After the gap")


async def test_silence_is_taken_for_a_dead_connection(browser: Browser, served: Served) -> None:
    async with looking_at(browser, served.live) as page:
        await page.clock.install()
        await page.reload()
        await expect(page.locator(LIVE)).to_be_visible()
        begun = len(served.stage.begun)
        await page.clock.fast_forward("01:00")  # the machine slept
        await eventually(lambda: len(served.stage.begun) > begun)
        await expect(page.locator(LIVE)).to_be_visible()


async def test_who_enrols_is_counted_without_an_edit(browser: Browser, served: Served) -> None:
    async with looking_at(browser, served.live) as page:
        await page.clock.install()
        await page.reload()
        await expect(counter(page, "activeEditors")).to_have_text("23 of 30")
        served.stage.metrics = {**served.stage.metrics, "editors": 31, "version": 101}
        await page.clock.fast_forward("00:40")
        await expect(counter(page, "activeEditors")).to_have_text("23 of 31")


async def test_titles_have_the_language_of_their_wiki(browser: Browser, served: Served) -> None:
    served.stage.edits = [edit(1, "河", wiki={"domain": "zh.wikipedia.org", "language": "zh"})]
    async with looking_at(browser, served.live) as page:
        await expect(page.locator('.title bdi[lang="zh"]')).to_have_text("河")


async def test_a_stream_of_the_wikis_that_is_lost_is_told(browser: Browser, served: Served) -> None:
    served.stage.connected = False
    async with looking_at(browser, served.live) as page:
        await expect(page.locator("#badge")).to_have_text("waiting for the wikis · as of 18:30:00")


async def test_a_program_that_goes_away_takes_its_screen_with_it(browser: Browser, served: Served) -> None:
    served.stage.edits = [edit(1, "Nobody may read this")]
    async with looking_at(browser, served.live, expecting="status of 404") as page:
        await expect(page.locator(LIVE)).to_be_visible()
        served.stage.there = False
        served.stage.start_over()
        await expect(page.locator("h1")).to_have_text("There is nothing here")
        assert "Nobody may read this" not in await page.content()


@pytest.mark.parametrize(
    ("names", "marks", "editors"), [("initials", ["ЯЛ"], []), ("full", [], ["яна лес"]), ("none", [], [])]
)
async def test_who_edited_is_shown_as_the_address_says(
    browser: Browser, served: Served, names: str, marks: list[str], editors: list[str]
) -> None:
    served.stage.edits = [edit(1, editor={"username": "яна лес"})]
    async with looking_at(browser, f"{served.live}?names={names}") as page:
        await expect_titles(page, "Article 1")
        assert await page.locator(".card .mark").all_inner_texts() == marks
        assert await page.locator(".card .editor").all_inner_texts() == editors


async def test_what_people_write_is_text_whatever_it_holds(browser: Browser, served: Served) -> None:
    markup = "</script><img src=x onerror=alert(1)>\u202eevil"
    served.stage.edits = [edit(1, markup, editor={"username": markup})]
    async with looking_at(browser, f"{served.live}?names=full") as page:
        await expect_titles(page, markup)
        await expect(page.locator(".card .editor")).to_have_text(markup)
        assert await page.locator("img, .card script").count() == 0


async def test_hidden_titles_and_names_leave_no_gap(browser: Browser, served: Served) -> None:
    served.stage.edits = [edit(1, article={"title": None}, editor=None)]
    async with looking_at(browser, served.live) as page:
        await expect_titles(page, "hidden title")
        await expect(page.locator(".card .mark")).to_have_count(0)


async def test_whoever_wants_no_motion_sees_none(browser: Browser, served: Served) -> None:
    async with looking_at(browser, served.live, reduced_motion="reduce") as page:
        await expect(page.locator(LIVE)).to_be_visible()
        served.stage.count(edit(1))
        served.stage.count(edit(2))
        served.stage.reach("ARTICLES_CREATED")
        await expect(page.get_by_role("status")).to_have_text("Goal reached: 20 new articles")
        assert await page.evaluate("document.getAnimations().length") == 0
        assert await page.locator("#celebration i").count() == 0


async def test_many_edits_leave_six_cards_and_no_more_nodes(browser: Browser, served: Served) -> None:
    async with looking_at(browser, served.live, reduced_motion="reduce") as page:
        await expect(page.locator(LIVE)).to_be_visible()
        for number in range(20):
            served.stage.count(edit(number))
        await expect(page.locator(".card .title").first).to_have_text("Article 19")
        nodes = await page.evaluate("document.querySelectorAll('*').length")
        for number in range(20, 400):
            served.stage.count(edit(number))
        await expect(page.locator(".card .title").first).to_have_text("Article 399")
        assert await titles(page) == [f"Article {number}" for number in range(399, 393, -1)]
        assert await page.evaluate("document.querySelectorAll('*').length") == nodes


async def test_the_locale_of_the_browser_writes_the_numbers(browser: Browser, served: Served) -> None:
    served.stage.edits = [edit(1, byteChange=12_345)]
    async with looking_at(browser, served.live, locale="de-DE") as page:
        await expect(counter(page, "totalEdits")).to_have_text("1.204")
        await expect(counter(page, "bytesAdded")).to_have_text("1,285 MB")
        await expect(page.locator(".change")).to_have_text("+12.345")

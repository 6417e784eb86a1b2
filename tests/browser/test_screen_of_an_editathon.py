# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole way, to the pixel: people edit on the wikis' stand-in, and a real browser shows what became of it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from urllib.parse import quote

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from graph import demo
from graph.settings import Settings
from tests.browser.cable import cable_to
from tests.browser.conftest import looking_at
from tests.scenario.stage import Stage, set_up

pytestmark = pytest.mark.asyncio(loop_scope="module")

LIVE = '#badge[data-state="live"]'
PATIENCE = 20_000

# Notes each card that comes into the list, by its title; a card that came twice would be noted twice.
NOTE = """
() => {
  window.noted = [];
  new MutationObserver((changes) => {
    const cards = changes.flatMap((change) => [...change.addedNodes]);
    window.noted.push(...cards.map((card) => card.querySelector(".title").innerText));
  }).observe(document.getElementById("cards"), { childList: true });
}
"""


@pytest_asyncio.fixture(loop_scope="module")
async def stage(database_url: str) -> AsyncIterator[Stage]:
    """The stand-in and the service, with one program of everybody on two wikis."""
    async with set_up(database_url) as stage:
        yield stage


async def test_what_happens_on_the_wikis_is_seen_and_nothing_is_seen_twice(browser: Browser, stage: Stage) -> None:
    wikis = stage.wikis
    made = await stage.change("createCampaign", "CreateCampaignInput", "campaign { slug }", title="Rivers")
    slug = await stage.program(
        "Women & <rivers>", made["campaign"]["slug"], {"enwiki": [0], "arwiki": [0]}, ["Ada", "ليلى"]
    )
    async with (
        cable_to(stage.address) as (cable, url),
        looking_at(browser, f"{url}/live/program/{quote(slug)}") as page,
    ):
        edits = page.locator('[data-counter="totalEdits"] .figure')
        titles = page.locator(".card .title")
        await expect(page.locator("h1")).to_have_text("Women & <rivers>")
        await expect(page.locator(LIVE)).to_be_visible(timeout=PATIENCE)
        await page.evaluate(NOTE)

        wikis.create("enwiki", "Loire", "Ada", size=1200)
        wikis.save("enwiki", "Loire", "Stranger One", change=50)
        wikis.create("arwiki", "نهر النيل", "ليلى", size=800)
        await expect(titles).to_have_text(["نهر النيل", "Loire"], timeout=PATIENCE)
        await expect(edits).to_have_text("2")
        await expect(page.locator('[data-counter="activeEditors"] dd')).to_have_text("2 of 2")

        wikis.delete("enwiki", "Loire", "Stranger One")
        await expect(titles).to_have_text(["نهر النيل"], timeout=PATIENCE)
        await expect(edits).to_have_text("1")

        wikis.save("arwiki", "نهر النيل", "Ada", change=77)
        await expect(edits).to_have_text("2", timeout=PATIENCE)
        wikis.revert("arwiki", "نهر النيل", "Stranger Two")
        await expect(page.locator(".card.reverted .change")).to_have_text("+77", timeout=PATIENCE)

        cable.pull_out()
        await expect(page.locator('#badge[data-state="lost"]')).to_be_visible(timeout=PATIENCE)
        wikis.create("enwiki", "Rhône", "Ada", size=300)
        await stage.counted("program", slug, 3)
        cable.plug_in()
        await expect(titles.first).to_have_text("Rhône", timeout=PATIENCE)
        await expect(page.locator(LIVE)).to_be_visible(timeout=PATIENCE)
        await expect(edits).to_have_text("3")
        assert sorted(await page.evaluate("window.noted")) == ["Loire", "Rhône", "نهر النيل", "نهر النيل"]


async def test_the_demo_shows_the_product_at_work(browser: Browser, database_url: str) -> None:
    async with (
        demo.staged(Settings(port=0), database_url, pace=4) as (scene, _),
        looking_at(browser, scene.live_screen()) as page,
    ):
        await expect(page.locator(LIVE)).to_contain_text(re.compile(r"live · \d+\.\d s"), timeout=PATIENCE)
        await expect(page.locator(".card")).to_have_count(6, timeout=PATIENCE)
        first = await page.locator('[data-counter="totalEdits"] .figure').inner_text()
        await expect(page.locator('[data-counter="totalEdits"] .figure')).not_to_have_text(first, timeout=PATIENCE)
        await expect(page.locator(".goal.reached").first).to_contain_text("of 20 new articles", timeout=PATIENCE)

# SPDX-License-Identifier: GPL-3.0-or-later
"""The explorer's examples on the real service: each is about something that is there, and works as it stands."""

from __future__ import annotations

import asyncio
import json

import pytest
from playwright.async_api import Browser, Page, Route, expect

from graph.web.examples import examples
from tests.browser.conftest import looking_at
from tests.scenario.stage import set_up

pytestmark = pytest.mark.asyncio(loop_scope="module")

PATIENCE = 20_000


async def chosen(page: Page, title: str, slug: str | None) -> None:
    await page.select_option("#example", label=title)
    if slug is not None:
        await expect(page.locator("#variables")).to_have_value(json.dumps({"slug": slug}, separators=(",", ":")))


async def test_each_example_runs_as_it_stands(browser: Browser, database_url: str) -> None:
    async with set_up(database_url) as stage:
        made = await stage.change("createCampaign", "CreateCampaignInput", "campaign { slug }", title="Rivers")
        campaign = made["campaign"]["slug"]
        program = await stage.program("Loire", campaign, {"enwiki": [0]}, ["Ada"])
        slugs = {"": None, "campaigns": campaign, "programs": program}
        async with looking_at(browser, f"{stage.address}/graphql") as page:
            for number, example in enumerate(examples()):
                await chosen(page, example.title, slugs[example.slug_of])
                await page.click("#run")
                if "campaignActivity" in example.query:
                    await expect(page.locator("#status")).to_have_text("Following\u2026", timeout=PATIENCE)
                    stage.wikis.create("enwiki", f"Loire {number}", "Ada", size=100)
                answer = page.locator("#results li").first
                await expect(answer).to_contain_text('"data"', timeout=PATIENCE)
                await expect(page.locator("#results .fault")).to_have_count(0)
                assert None not in json.loads(await answer.inner_text())["data"].values()
                await page.keyboard.press("Escape")


async def test_what_a_reader_wrote_meanwhile_is_kept(browser: Browser, database_url: str) -> None:
    async with set_up(database_url) as stage:
        made = await stage.change("createCampaign", "CreateCampaignInput", "campaign { slug }", title="Rivers")
        await stage.program("Loire", made["campaign"]["slug"], {"enwiki": [0]}, ["Ada"])
        written = asyncio.Event()

        async def wait(route: Route) -> None:
            await written.wait()
            await route.continue_()

        async with looking_at(browser, f"{stage.address}/graphql") as page:
            await page.wait_for_load_state("networkidle")
            await page.route("**/graphql", wait)
            async with page.expect_response("**/graphql") as answer:
                await chosen(page, "A program's numbers, live", None)
                await page.fill("#variables", '{ "slug": "mine" }')
                written.set()
            await (await answer.value).finished()
            await page.evaluate("new Promise((done) => setTimeout(done))")
            await expect(page.locator("#variables")).to_have_value('{ "slug": "mine" }')

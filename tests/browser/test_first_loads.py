# SPDX-License-Identifier: GPL-3.0-or-later
"""How fast, how still and how light every page comes to somebody who was never here: as the browser measures it."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass

import pytest
from playwright.async_api import Browser, expect

from tests.browser.conftest import looking_at
from tests.browser.gallery import Gallery

pytestmark = pytest.mark.asyncio(loop_scope="module")

PAINTED_WITHIN = 1_000  # milliseconds until the largest content is painted
CALM = "GRAPH_TEST_PAINT" in os.environ  # set by `make loads`: on a busy machine a paint says nothing of the page
SHIFTS_LESS_THAN = 0.05
HEAVIEST = 60_000  # bytes over the wire, heads of answers counted, sockets not

MUSEUM = "/programs/night_at_the_museum"
PAGES = (
    "/", "/?q=museum", MUSEUM, f"{MUSEUM}/editors", f"{MUSEUM}/articles", f"{MUSEUM}/uploads", f"{MUSEUM}/activity",
    f"{MUSEUM}/embed", "/programs/hostile", "/campaigns/women_2026", "/campaigns/women_2026/embed",
    "/live/program/night_at_the_museum", "/live/campaign/women_2026",
    "/embed/program/night_at_the_museum", "/embed/campaign/women_2026",
)  # fmt: skip
LIVE = "[data-live], #badge"
FOLLOWING = re.compile("live|waiting")  # for the wikis, which nobody reads here

# All that was seen since the page began is told to whoever observes it later.
MEASURED = """() => new Promise((resolve) => {
  const came = [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")];
  let paint = 0, shift = 0;
  new PerformanceObserver((list) => { paint = list.getEntries().at(-1).startTime; })
    .observe({ type: "largest-contentful-paint", buffered: true });
  new PerformanceObserver((list) => { for (const entry of list.getEntries()) shift += entry.value; })
    .observe({ type: "layout-shift", buffered: true });
  setTimeout(() => resolve([paint, shift, came.reduce((sum, { transferSize }) => sum + transferSize, 0)]), 200);
})"""


@dataclass(frozen=True)
class Load:
    """One load of a page: milliseconds, a share of the window, and bytes."""

    paint: float
    shift: float
    weight: int


async def load(browser: Browser, url: str) -> Load:
    """Load a page as somebody who has nothing of it yet, and stay until it is live, where it becomes so."""
    async with looking_at(browser, url) as page:
        if not url.endswith("/embed") and await page.locator(LIVE).count():  # what is to be copied stands still
            await expect(page.locator(LIVE)).to_have_attribute("data-state", FOLLOWING, timeout=15_000)
        return Load(*await page.evaluate(MEASURED))


@pytest.mark.parametrize("address", PAGES)
async def test_a_page_is_painted_within_a_second_stands_still_and_is_light(
    browser: Browser, shown: Gallery, address: str
) -> None:
    found = await load(browser, shown.url + address)
    assert found.shift < SHIFTS_LESS_THAN
    assert 0 < found.weight <= HEAVIEST
    assert found.paint > 0
    if CALM:
        assert found.paint < PAINTED_WITHIN


async def test_a_live_screen_stands_still_also_where_its_script_comes_late(browser: Browser, shown: Gallery) -> None:
    url = f"{shown.url}/live/program/night_at_the_museum"
    async with looking_at(browser, url) as page:
        session = await page.context.new_cdp_session(page)
        await session.send("Emulation.setCPUThrottlingRate", {"rate": 6})
        await page.reload()
        await expect(page.locator(LIVE)).to_have_attribute("data-state", FOLLOWING, timeout=15_000)
        assert Load(*await page.evaluate(MEASURED)).shift < SHIFTS_LESS_THAN / 2

# SPDX-License-Identifier: GPL-3.0-or-later
"""A live screen that nobody touches for eight hours, in a minute or two: it needs no more at the end than at first."""

from __future__ import annotations

import asyncio

import pytest
from playwright.async_api import Browser, CDPSession, Page, expect

from tests.browser.conftest import looking_at
from tests.browser.stage import Served, Stage, edit
from tests.browser.test_live_screen import LIVE

pytestmark = pytest.mark.asyncio(loop_scope="module")

STEP = 9  # seconds, less than the silence after which a connection counts as dead
HOUR = 3600
FIRST = 600  # seconds after which it is measured first
EDITS_A_STEP = 2


async def needed(page: Page, session: CDPSession) -> tuple[int, ...]:
    """The bytes of its heap, the nodes of its document, and all nodes that are kept: the least of some collections.

    What was replaced just now is let go of a frame later.
    """
    looks = []
    for _ in range(4):
        await asyncio.sleep(0.2)
        await session.send("HeapProfiler.collectGarbage")
        heap = await session.send("Runtime.getHeapUsage")
        counters = await session.send("Memory.getDOMCounters")
        nodes = await page.evaluate("document.querySelectorAll('*').length")
        looks.append((int(heap["usedSize"]), int(nodes), int(counters["nodes"])))
    return tuple(map(min, zip(*looks, strict=True)))


def live_on(stage: Stage, step: int) -> None:
    """What happens in a step: edits, and sometimes one is taken back, one is reverted, a goal is set and reached."""
    for number in range(step * EDITS_A_STEP, (step + 1) * EDITS_A_STEP):
        wiki = f"{chr(97 + number % 26)}{chr(97 + number // 26 % 26)}"
        domain = {"dbname": f"{wiki}wiki", "domain": f"{wiki}.wikipedia.org", "language": "en"}
        stage.count(edit(number, f"Article {number}", at=at(number), wiki=domain), totalEdits=2_000 + number)
    if step % 7 == 3:
        stage.retract(stage.edits[1]["id"])
    if step % 11 == 5:
        stage.revert(stage.edits[0]["id"])
    if step % 400 == 200:
        stage.goals = [{"metric": "TOTAL_EDITS", "target": 2_000 + step, "actual": 2_000 + step, "reachedAt": None}]
        stage.reach("TOTAL_EDITS")
    del stage.edits[30:]


def newest(step: int) -> int:
    """The number of the last edit of a step."""
    return (step + 1) * EDITS_A_STEP - 1


def at(number: int) -> str:
    """When the edit was made."""
    hour, second = divmod(number * STEP // EDITS_A_STEP, HOUR)
    return f"2026-11-22T{8 + hour:02}:{second // 60:02}:{second % 60:02}Z"


async def pass_by(page: Page, now: int) -> None:
    """Let a step's time pass: later on at a stroke, but the first minutes second by second, as they are lived.

    What runs often is compiled, and what was compiled is part of the heap: a screen that had ticked only once a step by
    then would be compared with one that has not begun to work.
    """
    if now <= FIRST:
        await page.clock.run_for(STEP * 1_000)
    else:
        await page.clock.fast_forward(STEP * 1_000)


async def test_eight_hours_need_no_more_than_ten_minutes(browser: Browser, served: Served) -> None:
    stage = served.stage
    stage.pulse = 0.004
    # Its clock runs faster than the world: a connection may be given up before it is made.
    expected = "closed before the connection"
    async with looking_at(browser, served.live, expecting=expected, reduced_motion="reduce") as page:
        await page.clock.install(time="2026-11-22T08:00:00Z")
        await page.reload()
        await expect(page.locator(LIVE)).to_be_visible()
        session = await page.context.new_cdp_session(page)
        first = None
        for step in range(8 * HOUR // STEP):
            live_on(stage, step)
            await pass_by(page, step * STEP)
            if step == FIRST // STEP:
                await expect(page.locator(".card .title").first).to_have_text(f"Article {newest(step)}")
                first = await needed(page, session)
        await expect(page.locator(".card .title").first).to_have_text(f"Article {newest(8 * HOUR // STEP - 1)}")
        await expect(page.locator(LIVE)).to_be_visible()
        last = await needed(page, session)
        assert first is not None
        assert [after <= 1.2 * before for before, after in zip(first, last, strict=True)] == [True] * 3, (first, last)

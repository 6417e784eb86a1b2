# SPDX-License-Identifier: GPL-3.0-or-later
"""The pages that ask or tell one thing, in a real Chromium: joining, answering, signing in and out, privacy, errors."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from tests.browser.accessible import violations
from tests.browser.conftest import looking_at
from tests.conftest import new_database
from tests.web.signing import SESSION, House, house

pytestmark = pytest.mark.asyncio(loop_scope="module")

PATIENCE = 20_000


@dataclass
class Door:
    """The service with a program of Ada's; Bo was invited, Cy enrolled by Ada, and both can sign in by a cookie."""

    home: House
    invitation: str
    cookies: dict[str, str]

    def cookie(self, name: str) -> dict[str, Any]:
        return {"name": SESSION, "value": self.cookies[name], "url": self.home.url}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def door(server_url: str, template: str) -> AsyncIterator[Door]:
    """The service, once for all the tests here."""
    with new_database(server_url, template) as url:
        async with house(url, contact="graph@example.org") as home:
            cookies = {}
            for name in ("Bo", "Cy", "Ada"):
                async with home.browser() as browser:
                    await home.sign_in(browser, name)
                    cookies[name] = browser.cookies[SESSION]
                    if name != "Ada":
                        continue
                    program = await home.program(browser, title="Rivers & <Lakes>", showNamesByDefault=False)
                    found = await home.ask(browser, f'{{ program(slug: "{program["slug"]}") {{ invitationUrl }} }}')
                    await home.change(
                        browser, "addEditors", "added { username }", programId=program["id"], usernames=["Cy"]
                    )
            yield Door(home, found["data"]["program"]["invitationUrl"].removeprefix(home.url), cookies)


@asynccontextmanager
async def reading(
    browser: Browser, door: Door, address: str, name: str | None = None, **context: Any
) -> AsyncIterator[Page]:
    """One of the pages, as somebody who is signed in if a name is given; statuses of errors are no complaint."""
    async with looking_at(browser, door.home.url + "/readyz", expecting=("status of",), **context) as page:
        if name is not None:
            await page.context.add_cookies([door.cookie(name)])
        await page.goto(door.home.url + address)
        yield page


def addresses(door: Door) -> dict[str, tuple[str, str | None]]:
    return {
        "invited": (door.invitation, None),
        "joining": (door.invitation, "Bo"),
        "asked": ("/enrollments", "Cy"),
        "privacy": ("/privacy", None),
        "screen": ("/live/screen", None),
        "sign in": ("/sign-in/told/strange?return=/privacy", None),
        "sign out": ("/sign-out", "Bo"),
        "missing": ("/nowhere", None),
    }


async def wide(page: Page) -> int:
    return int(await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


@pytest.mark.parametrize("which", sorted(addresses(Door(None, "", {}))))  # type: ignore[arg-type]
async def test_axe_finds_nothing_in_light_and_dark_wide_and_narrow_from_left_and_right(
    browser: Browser, door: Door, which: str
) -> None:
    address, name = addresses(door)[which]
    async with reading(browser, door, address, name) as page:
        assert await violations(page) == []
        assert await page.evaluate("document.dir") == "ltr"
        await page.emulate_media(color_scheme="dark")
        await page.set_viewport_size({"width": 360, "height": 640})
        assert await wide(page) <= 0
        # The page is the same in Arabic, by its own menu.
        await page.locator(".languages summary").click()
        await page.get_by_role("link", name="العربية").click()
        await expect(page.locator('html[lang="ar"][dir="rtl"]')).to_have_count(1, timeout=PATIENCE)
        assert await wide(page) <= 0
        assert await violations(page) == []


@pytest.mark.parametrize("scripts", [True, False])
async def test_somebody_joins_without_being_shown_and_changes_their_mind(
    browser: Browser, door: Door, scripts: bool
) -> None:
    async with reading(browser, door, door.invitation, java_script_enabled=scripts) as page:
        await expect(page.locator("h1")).to_have_text("Rivers & <Lakes>")
        await expect(page.get_by_role("link", name="Create an account at en.wikipedia.org")).to_have_attribute(
            "href", "https://en.wikipedia.org/wiki/Special:CreateAccount"
        )
        await expect(page.get_by_role("heading", name="What becomes public")).to_be_visible()
        await page.context.add_cookies([door.cookie("Bo")])
        await page.reload()
        await expect(page.get_by_role("radio", name="Do not show it.")).to_be_checked()
        await page.get_by_role("button", name="Join as Bo").click()
        await expect(page.get_by_text("You take part in")).to_be_visible(timeout=PATIENCE)
        await page.get_by_role("radio", name="Show it.", exact=False).first.check()
        await page.get_by_role("button", name="Save").click()
        await expect(page.get_by_role("radio", name="Show it.", exact=False).first).to_be_checked(timeout=PATIENCE)
        await page.get_by_role("button", name="Leave the program").click()
        await expect(page.get_by_role("button", name="Join as Bo")).to_be_visible(timeout=PATIENCE)


async def test_whoever_was_enrolled_by_others_answers_in_their_own_language(browser: Browser, door: Door) -> None:
    async with reading(browser, door, "/enrollments?return=/privacy", "Cy", locale="pl-PL") as page:
        await expect(page.locator("h1")).to_have_text("Ktoś cię zapisał")
        await expect(page.locator(".tile .by")).to_contain_text("Library · zapis: Ada, ")
        await page.get_by_role("button", name="Biorę udział").click()
        await page.wait_for_url(door.home.url + "/privacy", timeout=PATIENCE)
        await expect(page.locator("h1")).to_have_text("Prywatność")

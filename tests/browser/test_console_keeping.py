# SPDX-License-Identifier: GPL-3.0-or-later
"""Nothing typed is lost and nothing is sent twice: a sign-in that ended, back, and reload, in a real Chromium."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from tests.browser.conftest import looking_at
from tests.conftest import new_database
from tests.web.visiting import Place, visited

pytestmark = pytest.mark.asyncio(loop_scope="module")

CREATE = "/create/campaign"
EXPECTED = ("status of 401", "status of 409", "status of 422", "net::ERR_")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def place(server_url: str, template: str) -> AsyncIterator[Place]:
    with new_database(server_url, template) as url:
        async with visited(url) as running:
            yield running


async def fill(page: Page, title: str) -> None:
    await page.locator('[name="title"]').fill(title)
    await page.locator('[name="description"]').fill("Bring a laptop.\nAnd a source.")


async def create(page: Page) -> None:
    await page.locator('form:has([name="title"]) button.main').click()


async def made(place: Place, title: str) -> int:
    return int(await place.pool.fetchval("SELECT count(*) FROM campaign WHERE title = $1", title))


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
async def test_back_and_reload_never_make_a_second_campaign(browser: Browser, place: Place, scripts: bool) -> None:
    title = f"Once {scripts}"
    async with place.visitor("Amara Quill") as amara:
        name, value = amara.sign_in
        state = {"cookies": [{"name": name, "value": value, "url": amara.home.url}], "origins": []}
        options = {"storage_state": state, "java_script_enabled": scripts, "expecting": EXPECTED}
        async with looking_at(browser, amara.home.url + CREATE, **options) as page:
            page.on("dialog", lambda dialog: dialog.accept())
            await fill(page, title)
            await create(page)
            await page.wait_for_url("**/campaigns/**")
            await page.reload()
            assert await made(place, title) == 1
            await page.go_back()
            await create(page)  # as it stands there: as it was typed, or empty
            await page.wait_for_timeout(500)
            assert await made(place, title) == 1


async def test_a_refused_form_that_is_reloaded_is_refused_again_and_then_taken_once(
    browser: Browser, place: Place
) -> None:
    async with place.visitor("Amara Quill") as amara:
        name, value = amara.sign_in
        state = {"cookies": [{"name": name, "value": value, "url": amara.home.url}], "origins": []}
        async with looking_at(browser, amara.home.url + CREATE, storage_state=state, expecting=EXPECTED) as page:
            page.on("dialog", lambda dialog: dialog.accept())
            await fill(page, " ")
            await create(page)
            await expect(page.get_by_role("alert")).to_be_visible()
            await page.reload()
            await expect(page.get_by_role("alert")).to_be_visible()
            await expect(page.locator('[name="description"]')).to_have_value("Bring a laptop.\nAnd a source.")
            await fill(page, "Reloaded")
            await create(page)
            await page.wait_for_url("**/campaigns/**")
            await page.reload()
            assert await made(place, "Reloaded") == 1


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
async def test_a_sign_in_that_ended_while_typing_is_made_anew_and_the_form_is_still_filled(
    browser: Browser, place: Place, scripts: bool
) -> None:
    title = f"Kept {scripts}"
    async with place.visitor("Amara Quill") as amara:
        name, value = amara.sign_in
        state = {"cookies": [{"name": name, "value": value, "url": amara.home.url}], "origins": []}
        options = {"storage_state": state, "java_script_enabled": scripts, "expecting": EXPECTED}
        async with looking_at(browser, amara.home.url + CREATE, **options) as page:
            page.on("dialog", lambda dialog: dialog.accept())
            await fill(page, title)
            await place.pool.execute("DELETE FROM sign_in")
            await create(page)
            await expect(page.get_by_role("heading", name="You were signed out meanwhile")).to_be_visible()
            await expect(page.locator(".typed")).to_contain_text(title)
            async with page.context.expect_page() as opened:
                await page.get_by_role("link", name="Sign in again (new tab)").click()
            tab = await opened.value
            await tab.get_by_role("button", name="Amara Quill").click()
            await tab.wait_for_url(f"{amara.home.url}/my")
            await tab.close()
            await page.get_by_role("button", name="Back to the form").click()
            await expect(page.get_by_text("You are signed in as Amara Quill now.")).to_be_visible()
            await page.get_by_role("button", name="Back to the form").click()
            await expect(page.locator('[name="title"]')).to_have_value(title)
            await expect(page.locator('[name="description"]')).to_have_value("Bring a laptop.\nAnd a source.")
            assert await made(place, title) == 0
            await create(page)
            await page.wait_for_url("**/campaigns/**")
            assert await made(place, title) == 1

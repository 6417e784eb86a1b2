# SPDX-License-Identifier: GPL-3.0-or-later
"""Running a program on the day in a real Chromium: everything live over one connection, and nothing lost without it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from graph.db import queue
from graph.db.queue import JobKind
from graph.edits import PageDeleted, RevisionTagged
from tests.browser.accessible import violations
from tests.browser.conftest import looking_at
from tests.conftest import new_database
from tests.web.visiting import NOW, Place, Visitor, number_of, visited

pytestmark = pytest.mark.asyncio(loop_scope="module")

expect.set_options(timeout=15_000)
PHONE = {"viewport": {"width": 360, "height": 740}}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def place(server_url: str, template: str) -> AsyncIterator[Place]:
    with new_database(server_url, template) as url:
        async with visited(url, admins=frozenset({"Amara Quill"})) as running:
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
    async with looking_at(browser, visitor.home.url + path, storage_state=state, **context) as page:
        yield page


async def event(place: Place, amara: Visitor, title: str, edits: int = 3) -> tuple[Any, Any, str]:
    """A program under way with some edits by one editor: program, editor, and where it is run."""
    program = await amara.program(title=title)
    bo = await place.enroll(program, f"Bo of {title}")
    for number in range(edits):
        page = f"Moss {number} of {program['slug']}"
        await place.edit(bo, page, 100 + number, created=number == 0, summary="/* Life */ sources added")
    return program, bo, f"/programs/{program['slug']}/manage"


def row(page: Page, title: str) -> Any:
    return page.locator(".edits li", has_text=title)


async def fits(page: Page) -> bool:
    return bool(await page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"))


async def test_an_edit_comes_with_its_buttons_by_the_one_connection_that_the_page_has(
    browser: Browser, place: Place, amara: Visitor
) -> None:
    _, bo, path = await event(place, amara, "Streaming")
    async with window(browser, amara, path) as page:
        await expect(page.locator('[data-live][data-state="live"]')).to_be_visible()
        sockets: list[str] = []
        page.on("websocket", lambda socket: sockets.append(socket.url))
        await page.reload()
        await expect(page.locator('[data-live][data-state="live"]')).to_be_visible()
        await place.edit(bo, "Just written", 4321, created=True)
        await expect(row(page, "Just written").locator(".change")).to_have_text("+4,321")
        await expect(page.locator('[data-number="totalEdits"]')).to_have_text("4")
        await row(page, "Just written").get_by_role("button", name="Leave the article out: Just written").click()
        await expect(page.get_by_role("status").filter(has_text="The article is left out")).to_be_focused()
        await expect(row(page, "Just written")).to_have_count(0)
        await expect(page.locator('[data-number="totalEdits"]')).to_have_text("3")
        await page.get_by_role("button", name="Undo").click()
        await expect(row(page, "Just written")).to_be_visible()
        await expect(page.locator('[data-number="totalEdits"]')).to_have_text("4")
        assert len(sockets) == 1


async def test_a_card_hidden_elsewhere_is_marked_here_and_one_hidden_here_is_off_the_screen(
    browser: Browser, place: Place, amara: Visitor
) -> None:
    program, _, path = await event(place, amara, "Hiding")
    screen_path = f"/live/program/{program['slug']}"
    async with window(browser, amara, path) as page, window(browser, amara, screen_path) as screen:
        await expect(screen.locator("#cards")).to_contain_text("Moss 1")
        await row(page, "Moss 1").get_by_role("button", name="Hide the card: Moss 1").click()
        await expect(page.get_by_role("status").filter(has_text="The card is off all live screens")).to_be_focused()
        await expect(row(page, "Moss 1").locator(".off")).to_be_visible()
        await expect(screen.locator("#cards")).not_to_contain_text("Moss 1")
        hide = await row(page, "Moss 2").locator('button[name="hide"]').get_attribute("value")
        await amara.change("hideCard", programId=program["id"], editId=hide)
        await expect(row(page, "Moss 2").locator(".off")).to_be_visible()
        await expect(row(page, "Moss 2").locator('button[name="show"]')).to_have_text("Show the card again")


async def test_what_the_wikis_revert_and_delete_is_to_be_looked_at_without_loading_the_page_again(
    browser: Browser, place: Place, amara: Visitor
) -> None:
    _, bo, path = await event(place, amara, "Alerts")
    revision = await place.edit(bo, "Reverted soon")
    async with window(browser, amara, path) as page:
        await expect(page.locator('[data-live][data-state="live"]')).to_be_visible()
        await expect(page.get_by_text("Nothing since yesterday")).to_be_visible()
        soon = NOW + timedelta(seconds=1)
        await place.world.take_in(changes=[RevisionTagged("enwiki", revision, True, soon)])
        await expect(page.locator(".alerts")).to_contain_text("An edit to Reverted soon was reverted.")
        await expect(row(page, "Reverted soon").locator(".undone")).to_be_visible()
        await place.world.take_in(
            changes=[PageDeleted("enwiki", place.world.page_id("Moss 1 of Library-Alerts"), soon)]
        )
        await expect(page.locator(".alerts")).to_contain_text(
            "The page Moss 1 of Library-Alerts was deleted: 1 edit counts no more."
        )
        await expect(page.locator(".edits")).not_to_contain_text("Moss 1")


async def test_the_list_stands_still_under_the_hand(browser: Browser, place: Place, amara: Visitor) -> None:
    _, bo, path = await event(place, amara, "Aiming")
    async with window(browser, amara, path) as page:
        await expect(page.locator('[data-live][data-state="live"]')).to_be_visible()
        await row(page, "Moss 2").locator('button[name="hide"]').hover()
        await expect(page.get_by_text("New edits wait while you are at this list.")).to_be_visible()
        await place.edit(bo, "Waiting")
        await expect(page.locator('[data-number="totalEdits"]')).to_have_text("4")
        await expect(row(page, "Waiting")).to_have_count(0)
        await page.get_by_role("heading", level=1).hover()
        await expect(row(page, "Waiting")).to_be_visible()


async def test_an_update_shows_how_far_it_is(browser: Browser, place: Place, amara: Visitor) -> None:
    program, _, path = await event(place, amara, "Updating")
    async with window(browser, amara, path) as page:
        await expect(page.get_by_text("Nothing needed to be read again yet.")).to_be_visible()
        await page.get_by_role("button", name="Request an update").click()
        await expect(page.get_by_role("status").filter(has_text="The update is requested")).to_be_focused()
        await expect(page.get_by_text("An update waits for its turn.")).to_be_visible()
        await expect(page.locator("progress")).to_be_visible()
        number = number_of(program)
        await place.pool.execute("DELETE FROM jobs.pgqueuer")
        await place.pool.execute(
            "UPDATE program_update SET state = 'DONE', finished_at = now() WHERE program_id = $1", number
        )
        await expect(page.get_by_text("Last update:")).to_be_visible()
        await expect(page.locator("progress")).to_be_hidden()


async def test_a_screens_token_is_made_copied_and_revoked_without_javascript_too(
    browser: Browser, place: Place, amara: Visitor
) -> None:
    _, _, path = await event(place, amara, "Tokens")
    for scripts in (True, False):
        async with window(browser, amara, path, java_script_enabled=scripts) as page:
            await page.get_by_label("What the screen is called").fill(f"Hall {scripts}")
            await page.get_by_role("button", name="Make a token").click()
            await expect(page.get_by_text(f"The token of Hall {scripts}")).to_be_visible()
            await expect(page.locator("#secret")).not_to_be_empty()
            await page.goto(amara.home.url + path)
            await expect(page.locator("#secret")).to_have_count(0)
            await page.get_by_role("button", name=f"Revoke: Hall {scripts}").click()
            await expect(page.get_by_text("The token is worthless now")).to_be_visible()
            await expect(page.locator(".tokens li")).to_have_count(0)


async def test_everything_is_done_without_javascript_on_a_phone(browser: Browser, place: Place, amara: Visitor) -> None:
    _, _, path = await event(place, amara, "Plainly")
    async with window(browser, amara, path, java_script_enabled=False, **PHONE) as page:
        await expect(page.get_by_text("This page is as of when it was loaded")).to_be_visible()
        await row(page, "Moss 1").get_by_role("button", name="Leave the article out").click()
        await expect(page.get_by_text("The article is left out")).to_be_visible()
        await page.reload()
        await expect(row(page, "Moss 1")).to_have_count(0)
        await page.get_by_role("button", name="Undo").click()
        await expect(row(page, "Moss 1")).to_be_visible()
        await page.go_back()
        await row(page, "Moss 2").get_by_role("button", name="Hide the card").click()
        await expect(row(page, "Moss 2").locator(".off")).to_be_visible()
        await page.get_by_role("button", name="Request an update").click()
        await expect(page.get_by_text("An update waits for its turn.")).to_be_visible()


async def test_when_the_service_is_away_the_page_says_that_nothing_was_done(
    browser: Browser, place: Place, amara: Visitor
) -> None:
    _, _, path = await event(place, amara, "Offline")
    async with window(browser, amara, path) as page:
        await expect(page.locator('[data-live][data-state="live"]')).to_be_visible()
        await page.context.set_offline(True)
        await row(page, "Moss 1").get_by_role("button", name="Hide the card").click()
        await expect(page.get_by_text("That was not done: the service could not be reached.")).to_be_focused()
        await page.context.set_offline(False)
        await row(page, "Moss 1").get_by_role("button", name="Hide the card").click()
        await expect(row(page, "Moss 1").locator(".off")).to_be_visible()


@pytest.mark.parametrize("language", ["en", "ar"])
@pytest.mark.parametrize("size", [{}, PHONE], ids=["desktop", "phone"])
async def test_axe_finds_nothing_and_everything_fits(
    browser: Browser, place: Place, amara: Visitor, language: str, size: Any
) -> None:
    title = f"<b>Night</b> at the museum {language} {len(size)}"
    program, bo, path = await event(place, amara, title, 8)
    await place.edit(bo, "W" * 120, -5, summary="W" * 200)
    gone = place.world.page_id(f"Moss 1 of {program['slug']}")
    await place.world.take_in(changes=[PageDeleted("enwiki", gone, NOW + timedelta(seconds=1))])
    await amara.change("createScreenToken", "secret", programId=program["id"], name="Entrance hall " + "W" * 60)
    async with place.pool.acquire() as conn, conn.transaction():
        await queue.enqueue(conn, JobKind.RECONCILE, number_of(program))
        await conn.execute("UPDATE jobs.pgqueuer SET status = 'failed'")
    for address in (f"{path}?lang={language}&done=day-hidden&of=x", f"/admin?lang={language}&done=admin-revoked&of=Bo"):
        async with window(browser, amara, address, **size) as page:
            assert await violations(page) == []
            assert await fits(page)
            await page.emulate_media(color_scheme="dark")
            assert await violations(page) == []

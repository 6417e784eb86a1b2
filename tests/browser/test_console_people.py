# SPDX-License-Identifier: GPL-3.0-or-later
"""The people of a program and one's own account in a real Chromium: with and without JavaScript, small, in Arabic."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from tests.browser.accessible import violations
from tests.browser.conftest import looking_at
from tests.conftest import new_database
from tests.web.visiting import Place, Visitor, number_of, visited

pytestmark = pytest.mark.asyncio(loop_scope="module")

PHONE: dict[str, Any] = {"viewport": {"width": 360, "height": 740}}
PLAIN: dict[str, Any] = {"java_script_enabled": False}
LOOKS = {
    "with JavaScript": {},
    "without JavaScript, on a phone": {**PLAIN, **PHONE},
}
each_look = pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def place(server_url: str, template: str) -> AsyncIterator[Place]:
    with new_database(server_url, template) as url:
        async with visited(url) as running:
            for name in ("Ada", "Ben Okri", "清少納言", "أمارا"):
                running.home.wikimedia.account(name)
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
    expecting = ("net::ERR_", "status of 422")
    url = visitor.home.url + path
    async with looking_at(browser, url, storage_state=state, expecting=expecting, **context) as page:
        yield page


async def manage(place: Place, amara: Visitor, title: str) -> tuple[Any, str]:
    """A program with somebody who edited, somebody who did not, and somebody nameless; and where they are managed."""
    program = await amara.program(title=title)
    busy = await place.enroll(program, f"Busy in {title}")
    await place.enroll(program, f"Quiet in {title}")
    place.home.wikimedia.account(f"Shy in {title}")
    await amara.change("addEditors", programId=program["id"], usernames=[f"Shy in {title}"], showNames=False)
    await place.edit(busy, "Hypatia")
    return program, f"/programs/{program['slug']}/manage/people"


async def fits(page: Page) -> bool:
    return bool(await page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"))


def person(page: Page, name: str) -> Any:
    return page.locator("li", has_text=name).filter(has=page.locator("form"))


@each_look
async def test_names_are_pasted_checked_mended_and_added(
    browser: Browser, place: Place, amara: Visitor, look: dict[str, Any]
) -> None:
    _, path = await manage(place, amara, f"Pasting {len(look)}")
    async with window(browser, amara, path, **look) as page:
        await page.get_by_label("Usernames").fill("User:Ada\nben_Okri\n[[User:清少納言]]\nAdaa")
        await page.get_by_role("button", name="Check the names").click()
        outcome = page.get_by_role("status").filter(has_text="Nothing has changed yet.")
        await expect(outcome).to_contain_text("3 people would be added")
        await expect(outcome).to_contain_text("No account on the wikis is called Adaa.")
        await expect(page.get_by_role("heading", name="3 people take part")).to_be_visible()
        await page.get_by_role("button", name="Add 3 people").click()
        await expect(page.get_by_role("status").filter(has_text="What became of the names")).to_contain_text("Adaa")
        await expect(page.get_by_label("Usernames")).to_have_value("Adaa")
        await expect(page.get_by_role("heading", name="6 people take part")).to_be_visible()
        await page.get_by_label("Usernames").fill("أمارا")
        await page.get_by_role("button", name="Add them").click()
        await expect(page.get_by_role("status")).to_contain_text("1 person was added.")
        await expect(page.get_by_role("heading", name="7 people take part")).to_be_visible()
        assert await page.get_by_label("Usernames").input_value() == ""


@each_look
async def test_somebody_is_removed_and_taken_back_from_the_list_of_those_who_have_not_edited(
    browser: Browser, place: Place, amara: Visitor, look: dict[str, Any]
) -> None:
    title = f"Removing {len(look)}"
    _, path = await manage(place, amara, title)
    async with window(browser, amara, path, **look) as page:
        await expect(person(page, f"Shy in {title}")).to_contain_text("not shown by name")
        await page.get_by_role("link", name="Not edited yet: 2").click()
        await expect(page.get_by_text(f"Busy in {title}")).to_have_count(0)
        await person(page, f"Shy in {title}").get_by_role("button", name="Remove").click()
        notice = page.get_by_role("status").filter(has_text="The person was removed")
        await expect(notice).to_be_visible()
        await expect(page.get_by_role("link", name="Not edited yet: 1")).to_be_visible()
        await notice.get_by_role("button", name=f"Undo: take Shy in {title} back").click()
        await expect(page.get_by_role("status")).to_contain_text("Taken back: their edits count again.")
        await expect(person(page, f"Shy in {title}")).to_contain_text("not shown by name")


@each_look
async def test_the_way_in_is_closed_opened_replaced_and_given_a_passcode(
    browser: Browser, place: Place, amara: Visitor, look: dict[str, Any]
) -> None:
    program, path = await manage(place, amara, f"Entering {len(look)}")
    async with window(browser, amara, path, **look) as page:
        await page.get_by_role("button", name="Close registration").click()
        await expect(page.get_by_role("status")).to_contain_text("Registration is closed now.")
        await page.get_by_role("button", name="Open registration").click()
        await expect(page.get_by_role("status")).to_contain_text("Registration is open now.")
        old = await page.get_by_label("Invitation link").input_value()
        await page.locator("summary", has_text="Replace the link").click()
        await page.get_by_role("button", name="Replace the link").click()
        await expect(page.get_by_role("status")).to_contain_text("There is a new link.")
        new = await page.get_by_label("Invitation link").input_value()
        assert new != old
        await page.locator("summary", has_text="Change the passcode").click()
        await page.get_by_label("With a passcode of your own").check()
        await page.get_by_role("button", name="Save").click()
        await expect(page.get_by_role("alert")).to_be_visible()
        await page.get_by_label("Your own passcode").fill("museum")
        await page.get_by_role("button", name="Save").click()
        await expect(page.get_by_text("Passcode: museum")).to_be_visible()
        await page.get_by_role("link", name="Print it, or show it large").click()
        await expect(page.locator(".address")).to_have_text(new)
        await expect(page.get_by_role("img", name=f"QR code of {new}")).to_be_visible()
        assert await fits(page)
    assert await place.pool.fetchval("SELECT passcode FROM program WHERE id = $1", number_of(program)) == "museum"


async def test_the_link_is_copied_by_one_press_and_the_sheet_is_printed_alone(
    browser: Browser, place: Place, amara: Visitor
) -> None:
    _, path = await manage(place, amara, "Copying")
    async with window(browser, amara, path, permissions=["clipboard-read", "clipboard-write"]) as page:
        link = await page.get_by_label("Invitation link").input_value()
        await page.get_by_role("button", name="Copy", exact=True).click()
        await expect(page.get_by_role("button", name="Copied")).to_be_visible()
        assert await page.evaluate("navigator.clipboard.readText()") == link
        await page.goto(f"{amara.home.url}{path}/invitation")
        await page.evaluate("window.print = () => { document.title = 'printed' }")
        await page.get_by_role("button", name="Print").click()
        await expect(page).to_have_title("printed")
        await page.emulate_media(media="print")
        await expect(page.locator("header.site")).to_be_hidden()
        await expect(page.locator(".unprinted")).to_be_hidden()
        await expect(page.locator(".address")).to_be_visible()


@each_look
async def test_a_token_is_made_shown_once_and_revoked_and_a_program_left(
    browser: Browser, place: Place, look: dict[str, Any]
) -> None:
    async with place.visitor(f"Bo {len(look)}") as bo, place.visitor(f"Lead {len(look)}") as lead:
        program = await lead.program(title=f"Leaving {len(look)}")
        await place.enroll(program, bo.username)
        async with window(browser, bo, "/my/account", **look) as page:
            await page.get_by_label("What it is for").fill("statistics")
            await page.get_by_label("For how long it works").select_option("30")
            await page.get_by_role("button", name="Make the token").click()
            secret = await page.get_by_label("The token itself").input_value()
            assert len(secret) > 20
            await page.goto(f"{bo.home.url}/my/account")
            assert secret not in await page.content()
            await page.locator("summary", has_text="Revoke").click()
            await page.get_by_role("button", name="Revoke").click()
            await expect(page.get_by_role("status")).to_contain_text("The token is worthless now.")
            await page.get_by_role("button", name="Do not show my name").click()
            await expect(page.get_by_text("Only the facilitators see your name there.")).to_be_visible()
            await page.locator("summary", has_text="Leave and be erased").click()
            await page.get_by_role("button", name="Leave and be erased").click()
            await expect(page.get_by_role("alert")).to_contain_text("Tick the box")
            await page.get_by_label("I mean it: this cannot be undone.").check()
            await page.get_by_role("button", name="Leave and be erased").click()
            await expect(page.get_by_role("status")).to_contain_text("nothing here about it names you any more")
            await expect(page.get_by_text("You have no part in any program.")).to_be_visible()


PASTED = (("", "add"), ("Ada\nW" + "w" * 200 + "\nbad|name", "look"), ("Ada\nNobody Here", "add"))


@pytest.mark.parametrize(("language", "pasted"), [("en", PASTED[1:2]), ("ar", PASTED)])
async def test_the_pages_are_accessible_and_fit_a_phone_in_every_state(
    browser: Browser, place: Place, amara: Visitor, language: str, pasted: tuple[tuple[str, str], ...]
) -> None:
    program, path = await manage(place, amara, f"Looks {language}")
    await place.world.session(number_of(program), "evening")
    await place.pool.execute(
        "INSERT INTO pending_enrollment (program_id, username, unknown_at) VALUES ($1, 'Nobody', now())",
        number_of(program),
    )
    query = f"?lang={language}"
    async with window(browser, amara, path + query, **PHONE) as page:
        assert await page.evaluate("document.documentElement.dir") == ("rtl" if language == "ar" else "ltr")
        for summary in await page.locator("main summary").all():
            await summary.click()
        assert (await fits(page), await violations(page)) == (True, [])
        for names, act in pasted:
            await page.goto(amara.home.url + path + query)
            await page.evaluate("for (const form of document.forms) form.noValidate = true")
            await page.locator("#adding textarea").fill(names)
            await page.locator(f'#adding button[value="{act}"]').click()
            await expect(page.locator(".outcome, .faults")).to_be_focused()
            assert (await fits(page), await violations(page)) == (True, [])
        for other in (f"{path}/invitation", "/my/account"):
            await page.goto(amara.home.url + other + query)
            for summary in await page.locator("main summary").all():
                await summary.click()
            assert (await fits(page), await violations(page)) == (True, [])


async def test_everything_is_reached_and_done_with_the_keyboard(browser: Browser, place: Place, amara: Visitor) -> None:
    _, path = await manage(place, amara, "Keyboard")
    async with window(browser, amara, path) as page:
        await page.get_by_label("Usernames").focus()
        await page.keyboard.type("Ada")
        for _ in range(20):
            await page.keyboard.press("Tab")
            if await page.evaluate("document.activeElement.value") == "look":
                break
        await page.keyboard.press("Enter")
        await expect(page.locator(".outcome")).to_be_focused()
        await page.keyboard.press("Tab")
        await expect(page.get_by_role("button", name="Add 1 person")).to_be_focused()
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("status").filter(has_text="1 person was added.")).to_be_focused()

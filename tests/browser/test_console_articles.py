# SPDX-License-Identifier: GPL-3.0-or-later
"""Articles, campaigns and organizations at the console in a real Chromium, as people go about it."""

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

PHONE = {"viewport": {"width": 360, "height": 740}}
PLAIN = {"java_script_enabled": False}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def place(server_url: str, template: str) -> AsyncIterator[Place]:
    with new_database(server_url, template) as url:
        async with visited(url, admins=frozenset({"Amara Quill"})) as running:
            wikimedia = running.home.wikimedia
            wikimedia.account("Botanist")
            for title in ("Peat moss", "Fire moss", "Star moss"):
                wikimedia.save("enwiki", title, "Botanist")
                wikimedia.put_in("enwiki", title, categories=["Mosses"])
            yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def amara(place: Place) -> AsyncIterator[Visitor]:
    async with place.visitor("Amara Quill") as visitor:
        yield visitor


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def ada(place: Place) -> AsyncIterator[Visitor]:
    async with place.visitor("Ada") as visitor:
        yield visitor


@asynccontextmanager
async def window(browser: Browser, visitor: Visitor, path: str, **context: Any) -> AsyncIterator[Page]:
    """A page in the browser of somebody who is signed in."""
    name, value = visitor.sign_in
    state = {"cookies": [{"name": name, "value": value, "url": visitor.home.url}], "origins": []}
    async with looking_at(browser, visitor.home.url + path, storage_state=state, **context) as page:
        yield page


def at(program: Any, part: str = "") -> str:
    return f"/programs/{program['slug']}/manage/articles{part}"


async def fits(page: Page) -> bool:
    return bool(await page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"))


@pytest.mark.parametrize("context", [{}, {**PHONE, **PLAIN}], ids=["desktop", "phone without JavaScript"])
async def test_a_list_is_looked_at_added_removed_and_back_again(
    browser: Browser, place: Place, amara: Visitor, context: dict[str, Any]
) -> None:
    program = await amara.program(title=f"Lists {len(context)}", type="ARTICLE_SCOPED")
    async with window(browser, amara, at(program), **context) as page:
        await page.get_by_label("Title, number or address").fill("mosses")
        await page.get_by_label("Levels of subcategories").fill("2")
        await page.get_by_role("button", name="Look at it first").click()
        await expect(page.locator(".found")).to_contain_text("3 articles")
        await page.get_by_role("button", name="Add this list").click()
        await expect(page.locator(".notice")).to_contain_text("The list was added and is being read.")
        await expect(page.locator(".entries h3")).to_have_text("Category:Mosses")
        await page.get_by_role("button", name="Remove: Category Category:Mosses").click()
        await expect(page.locator(".entries h3")).to_have_count(0)
        await page.get_by_role("button", name="Undo").click()
        await expect(page.locator(".entries")).to_contain_text("and 2 levels of subcategories")
        await page.reload()
        await page.go_back()
        assert await place.pool.fetchval("SELECT count(*) FROM scope WHERE program_id = $1", number_of(program)) == 1


async def test_what_is_wrong_is_said_beside_the_field_and_read_first(
    browser: Browser, place: Place, amara: Visitor
) -> None:
    program = await amara.program(title="Wrong")
    async with window(browser, amara, at(program)) as page:
        await page.get_by_label("PetScan query").check()
        await page.get_by_label("Title, number or address").fill("mosses")
        await page.get_by_role("button", name="Look at it first").click()
        await expect(page.locator("#found")).to_be_focused()
        await expect(page.locator("#found").get_by_role("alert")).to_be_visible()
        field = page.get_by_label("Title, number or address")
        await expect(field).to_have_value("mosses")
        await expect(field).to_have_attribute("aria-invalid", "true")
        await expect(page.get_by_label("PetScan query")).to_be_checked()
        described = str(await field.get_attribute("aria-describedby"))
        await expect(page.locator(f"#{described.split()[-1]}")).to_contain_text("neither a number (psid)")


async def test_the_reading_of_a_list_is_followed_without_loading_the_page_again(
    browser: Browser, place: Place, amara: Visitor
) -> None:
    program = await amara.program(title="Progress", type="ARTICLE_SCOPED")
    given = {"programId": program["id"], "kind": "CATEGORY", "wiki": "enwiki", "value": "Mosses"}
    await amara.change("addScope", **given)
    write = "UPDATE scope SET state = $2, found = $3, size = $4, refreshed_at = now() WHERE program_id = $1"
    async with window(browser, amara, at(program)) as page:
        await expect(page.locator(".state-of")).to_have_text("waiting to be read")
        await page.get_by_label("Title, number or address").fill("being typed meanwhile")
        await place.pool.execute(write, number_of(program), "READING", 1204, 0)
        await expect(page.locator(".state-of")).to_have_text("being read: 1,204 articles so far", timeout=15_000)
        await place.pool.execute(write, number_of(program), "READY", 1300, 1300)
        await expect(page.locator(".entries")).to_contain_text("1,300 articles · read on", timeout=15_000)
        await expect(page.locator("[data-under-way]")).to_have_count(0)
        await expect(page.get_by_label("Title, number or address")).to_have_value("being typed meanwhile")


@pytest.mark.parametrize("context", [{}, {**PHONE, **PLAIN}], ids=["desktop", "phone without JavaScript"])
async def test_articles_are_offered_and_an_editor_chooses_one_and_changes_their_mind(
    browser: Browser, place: Place, amara: Visitor, ada: Visitor, context: dict[str, Any]
) -> None:
    program = await amara.program(title=f"Offers {len(context)}")
    await place.enroll(program, "Ada")
    async with window(browser, amara, at(program, "/assigned"), expecting=("net::ERR_", "422"), **context) as page:
        await page.get_by_label("Titles or addresses, one a line").fill("Moss garden\nTalk:Moss\nLichen")
        await page.get_by_role("button", name="Offer", exact=True).click()
        await expect(page.get_by_role("alert")).to_contain_text("1 line could not be taken.")
        await expect(page.get_by_label("Titles or addresses, one a line")).to_have_value("Talk:Moss")
        await page.get_by_label("Who", exact=True).fill("Ada")
        await page.get_by_label("Article", exact=True).fill("Cedar")
        await page.get_by_role("button", name="Assign", exact=True).click()
        await expect(page.locator(".notice")).to_contain_text("The article was assigned.")
        await expect(page.locator(".entries").first).to_contain_text("Ada · Write")
    async with window(browser, ada, f"/programs/{program['slug']}/claim", **context) as page:
        await page.get_by_role("button", name="Choose: Lichen").click()
        await expect(page.locator(".notice")).to_contain_text("The article is yours.")
        await expect(page.get_by_role("button", name="Choose: Lichen")).to_have_count(0)
        await page.get_by_role("button", name="Undo").click()
        await expect(page.get_by_role("button", name="Choose: Lichen")).to_be_visible()
        await page.locator("summary", has_text="Give back").click()
        await page.get_by_role("button", name="Give back: Cedar").click()
        await expect(page.get_by_text("You have none yet.")).to_be_visible()


@pytest.mark.parametrize("context", [{}, {**PHONE, **PLAIN}], ids=["desktop", "phone without JavaScript"])
async def test_a_campaign_is_created_gathers_a_program_and_is_deleted(
    browser: Browser, place: Place, amara: Visitor, context: dict[str, Any]
) -> None:
    program = await amara.program(title=f"Gathered {len(context)}")
    title = f"Culture {len(context)}"
    async with window(browser, amara, "/create/campaign", expecting=("net::ERR_", "422"), **context) as page:
        await page.get_by_label("Title", exact=True).fill(title)
        await page.get_by_label("All have the same passcode").check()
        await page.get_by_role("button", name="Create a campaign").click()
        await expect(page.locator(".fault")).to_have_text("The policy FIXED needs a passcode.")
        await expect(page.get_by_label("Title", exact=True)).to_have_value(title)
        await page.get_by_label("The passcode of all").fill("sesame")
        await page.get_by_role("button", name="Create a campaign").click()
        await expect(page.locator(".notice")).to_contain_text("The campaign was created.")
        await page.locator("#add-program-program").select_option(program["id"])
        await page.get_by_role("button", name="Add", exact=True).first.click()
        await expect(page.locator(".entries").first).to_contain_text(f"Gathered {len(context)}")
        await page.get_by_label("Type the title of the campaign to confirm").fill(title)
        await page.get_by_role("button", name="Delete the campaign").click()
        deleted = page.get_by_role("status").filter(has_text="The campaign was deleted. Its programs stay.")
        await expect(deleted).to_be_visible()


async def test_an_organizations_numbers_follow_what_happens(
    browser: Browser, place: Place, amara: Visitor, ada: Visitor
) -> None:
    await furnished(place, amara, "Living")
    person = await place.person("Ada")
    async with window(browser, ada, "/organizations/House_of_Living") as page:
        await expect(page.locator('[data-live][data-state="live"]')).to_be_visible()
        await expect(page.locator('[data-number="totalEdits"]')).to_have_text("3")
        await place.edit(person, "A new painting", created=True)
        await expect(page.locator('[data-number="totalEdits"]')).to_have_text("4")
        assert await violations(page) == []


async def furnished(place: Place, amara: Visitor, title: str) -> tuple[Any, str]:
    """A program with some of everything, in a campaign of an organization; the campaign's path."""
    program = await amara.program(title=title, type="ARTICLE_SCOPED" if title == "Furnished" else "BASIC")
    person = await place.enroll(program, "Ada")
    for number in range(3):
        await place.edit(person, f"Painting {number} of {title}", created=number == 0)
    for kind, value in (("CATEGORY", "Mosses"), ("PETSCAN", "4711")):
        await amara.change("addScope", programId=program["id"], kind=kind, wiki="enwiki", value=value)
    await place.pool.execute(
        """UPDATE scope SET state = 'FAILED', error = 'PetScan took longer than 30 minutes.', error_reason = 'SLOW',
        tried_at = now() WHERE kind = 'PETSCAN' AND program_id = $1""",
        number_of(program),
    )
    await amara.change("assignArticle", programId=program["id"], username="Ada", title="Cedar")
    await amara.change("addAvailableArticles", programId=program["id"], articles="Lichen\nمكتبة الإسكندرية")
    house = f"House of {title}"
    await amara.change("createOrganization", name=house, description="*Art*", coordinators=["Amara Quill"])
    made = await amara.change(
        "createCampaign", "campaign { id slug }", title=f"Campaign of {title}", organizationSlug=house.replace(" ", "_")
    )
    campaign = f"/campaigns/{made['campaign']['slug']}"
    await amara.done(f"{campaign}/manage", "add-program", program=program["id"])
    return program, campaign


async def test_every_page_fits_and_can_be_used_by_everybody(browser: Browser, place: Place, amara: Visitor) -> None:
    program, campaign = await furnished(place, amara, "Furnished")
    looked = "?look=1&kind=CATEGORY&wiki=enwiki&value=Mosses&depth=1"
    broken = "?look=1&kind=PETSCAN&wiki=enwiki&value=moss&depth=0"
    paths = (
        at(program), at(program) + looked, at(program) + broken, at(program, "/assigned"), at(program, "/counted"),
        f"/programs/{program['slug']}/claim", "/create/campaign", f"{campaign}/manage", "/create/organization",
        "/organizations/House_of_Furnished/manage", "/organizations/House_of_Furnished",
    )  # fmt: skip
    for context, language in (({}, "en"), (PHONE, "ar")):
        async with window(browser, amara, f"/my?lang={language}", **context) as page:
            for path in paths:
                sign = "&" if "?" in path else "?"
                await page.goto(f"{amara.home.url}{path}{sign}lang={language}")
                assert await page.locator("html").get_attribute("dir") == ("rtl" if language == "ar" else "ltr")
                assert await fits(page), path
                assert await violations(page) == [], path

# SPDX-License-Identifier: GPL-3.0-or-later
"""Running a program on the day, without JavaScript: what the page shows to whom, and what its forms do."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from graph.edits import PageDeleted, PageUndeleted, RevisionTagged
from tests.web.visiting import NOW, Place, Visitor, forms, words

pytestmark = pytest.mark.asyncio(loop_scope="module")


def at(program: Any) -> str:
    return f"/programs/{program['slug']}/manage"


def buttons(page: str, name: str) -> list[str]:
    """The values of the buttons of this name."""
    return [value for form in forms(page) for known, value in form.buttons if known == name]


async def shown(visitor: Visitor, program: Any) -> str:
    return words(await visitor.get(at(program)))


def in_three_hours() -> str:
    return (datetime.now(UTC) + timedelta(hours=3, minutes=20, seconds=30)).replace(microsecond=0).isoformat()


async def test_it_shows_the_numbers_the_newest_edits_with_their_links_and_the_time_that_is_left(
    place: Place, amara: Visitor
) -> None:
    program = await amara.program(title="Numbers", eventEnd=in_three_hours())
    bo = await place.enroll(program, f"Bo of {program['slug']}")
    revision = await place.edit(bo, "Hypatia", 2140, created=True, summary="<i>new</i>")
    page = await amara.get(at(program))
    said = words(page)
    assert "Edits 1 " in said
    assert "Hypatia" in said
    assert "new article" in said
    assert "<i>new</i>" in said
    assert "+2,140" in said
    assert re.search(r"Ends .* \(UTC\) 3 hours and (20|21) minutes left", said)
    assert 'href="https://en.wikipedia.org/wiki/Hypatia"' in page
    assert f"diff={revision}" in page
    assert f'href="/live/program/{program["slug"]}"' in page
    assert f'href="/programs/{program["slug"]}/embed"' in page


async def test_an_article_is_left_out_and_one_press_takes_it_in_again(place: Place, amara: Visitor) -> None:
    program = await amara.program(title="Leaving out")
    bo = await place.enroll(program, f"Bo of {program['slug']}")
    await place.edit(bo, "Moss")
    await place.edit(bo, "Fern")
    page = await amara.get(at(program))
    fern, moss = buttons(page, "exclude")
    page = await amara.done(at(program), "newest", exclude=fern)
    assert "The article is left out: its edits count no more." in words(page)
    assert buttons(page, "exclude") == [moss]
    (undo,) = buttons(page, "include")
    assert undo == fern
    form = next(form for form in forms(page) if ("include", undo) in form.buttons)
    response = await amara.send(at(program), form, include=undo)
    page = await amara.get(response.headers["location"])
    assert "The article counts again." in words(page)
    assert buttons(page, "exclude") == [fern, moss]


async def test_a_hidden_card_is_marked_and_the_edit_goes_on_counting(place: Place, amara: Visitor) -> None:
    program = await amara.program(title="Hiding")
    bo = await place.enroll(program, f"Bo of {program['slug']}")
    await place.edit(bo, "Lichen")
    (card,) = buttons(await amara.get(at(program)), "hide")
    page = await amara.done(at(program), "newest", hide=card)
    assert "The card is off all live screens." in words(page)
    assert "not on the screens" in words(page)
    assert buttons(page, "hide") == []
    assert buttons(page, "show") == [card, card]  # beside the edit, and to undo it
    assert len(buttons(page, "exclude")) == 1
    page = await amara.done(at(program), "newest", show=card)
    assert "The card is shown on live screens again." in words(page)
    assert buttons(page, "hide") == [card]
    assert "not on the screens" not in words(page)


async def test_what_the_wikis_reverted_and_deleted_is_to_be_looked_at_and_what_is_restored_no_more(
    place: Place, amara: Visitor
) -> None:
    program = await amara.program(title="Alerts")
    bo = await place.enroll(program, f"Bo of {program['slug']}")
    first = await place.edit(bo, "Saltmarsh")
    await place.edit(bo, "Dune")
    await place.edit(bo, "Dune", 200)
    assert "Nothing since yesterday" in await shown(amara, program)
    soon = NOW + timedelta(seconds=1)
    dune = place.world.page_id("Dune")
    await place.world.take_in(changes=[RevisionTagged("enwiki", first, True, soon)])
    await place.world.take_in(changes=[PageDeleted("enwiki", dune, soon)])
    said = await shown(amara, program)
    assert "The page Dune was deleted: 2 edits count no more." in said
    assert "An edit to Saltmarsh was reverted. It goes on counting, with a mark." in said
    assert said.index("The page Dune") < said.index("An edit to Saltmarsh")
    await place.world.take_in(changes=[PageUndeleted("enwiki", dune, 0, "Dune", soon + timedelta(seconds=1))])
    said = await shown(amara, program)
    assert "The page Dune" not in said
    assert "An edit to Saltmarsh was reverted." in said


async def test_a_screens_token_is_shown_once_and_revoked(place: Place, amara: Visitor) -> None:
    program = await amara.program(title="Screens", visibility="PRIVATE")
    form = await amara.form(at(program), "make-token")
    response = await amara.send(at(program), form, name="Hall <1>")
    assert response.status_code == 200
    (secret,) = re.findall(r'<code id="secret">(\S+)</code>', response.text)
    assert "The token of Hall <1>" in words(response.text)
    async with place.home.browser() as screen:
        told = await screen.post("/live/screen", data={"token": secret}, headers={"origin": place.home.url})
        assert told.headers["location"] == f"/live/program/{program['slug']}"
        again = await amara.send(at(program), form, name="Hall <1>")
        assert (again.status_code, again.headers["location"]) == (303, at(program))
        page = await amara.get(at(program))
        assert secret not in page
        assert "Hall <1> last used" in words(page)
        assert page.count('name="token"') == 1
        page = await amara.done(at(program), "revoke-token")
        assert "The token is worthless now" in words(page)
        assert "Hall" not in words(page).replace("Entrance hall", "")
        assert (await screen.get(f"/live/program/{program['slug']}")).status_code == 404


async def test_a_screen_without_a_name_is_refused_beside_the_field(amara: Visitor) -> None:
    program = await amara.program(title="Nameless screens")
    page = await amara.refused(at(program), "make-token", name=" " * 3)
    assert 'aria-invalid="true"' in page
    page = await amara.refused(at(program), "make-token", name="W" * 101)
    assert "W" * 101 in page


async def test_an_update_is_asked_for_and_its_progress_shown(place: Place, amara: Visitor) -> None:
    program = await amara.program(title="Updates")
    said = words(await amara.done(at(program), "request-update"))
    assert "The update is requested; this page shows how it gets on." in said
    assert "An update waits for its turn." in said


async def test_who_takes_part_looks_on_and_may_ask_for_an_update_only(place: Place, amara: Visitor) -> None:
    program = await amara.program(title="Looking on")
    async with place.visitor("Ngozi") as ngozi, place.visitor("Helper") as helper, place.visitor("Other") as other:
        person = await place.enroll(program, "Ngozi")
        await place.enroll(program, "Helper", "ONLINE_VOLUNTEER")
        await place.edit(person, "Kelp")
        page = await ngozi.get(at(program))
        assert "Kelp" in words(page)
        assert {form.do for form in forms(page)} == {"", "request-update"}
        assert buttons(page, "exclude") == buttons(page, "hide") == []
        assert "/join/" not in page
        assert "/join/" in await helper.get(at(program))
        assert "The update is requested" in words(await ngozi.done(at(program), "request-update"))
        await other.get(at(program), 403)


async def test_whoever_is_not_signed_in_is_asked_to_and_comes_back(place: Place, amara: Visitor) -> None:
    program = await amara.program(title="Signing in first")
    async with place.home.browser() as nobody:
        response = await nobody.get(at(program))
        assert (response.status_code, response.headers["location"]) == (
            303, f"/sign-in?return={at(program).replace('/', '%2F')}",
        )  # fmt: skip


@pytest.mark.parametrize("language", ["ar", "de", "es", "fr", "nl", "pl", "pt"])
async def test_it_is_said_in_every_language(place: Place, amara: Visitor, language: str) -> None:
    program = await amara.program(title=f"In {language}")
    bo = await place.enroll(program, f"Bo of {program['slug']}")
    await place.edit(bo, "Reed")
    page = await amara.get(f"{at(program)}?lang={language}&done=day-hidden")
    assert f'<html lang="{language}"' in page
    for said in ("On the day", "Newest edits", "Leave the article out", "Request an update", "left", "Undo"):
        assert said not in words(page)

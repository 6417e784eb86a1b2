# SPDX-License-Identifier: GPL-3.0-or-later
"""Which articles of a program count, in the browser over HTTP: lists looked at, added, removed; articles left out."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlencode

import pytest
import pytest_asyncio

from tests.conftest import new_database
from tests.web.visiting import Place, Visitor, forms, number_of, visited, words

pytestmark = pytest.mark.asyncio(loop_scope="module")
MOSSES = "Category:Mosses"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def place(server_url: str, template: str) -> AsyncIterator[Place]:
    with new_database(server_url, template) as url:
        async with visited(url) as running:
            wikimedia = running.home.wikimedia
            wikimedia.account("Botanist")
            for title in ("Peat moss", "Fire moss", "Star moss"):
                wikimedia.save("enwiki", title, "Botanist")
                wikimedia.put_in("enwiki", title, categories=["Mosses"])
            yield running


def at(program: Any, part: str = "") -> str:
    return f"/programs/{program['slug']}/manage/articles{part}"


def looked(program: Any, **fields: str) -> str:
    return f"{at(program)}?{urlencode({'look': '1', 'kind': 'CATEGORY', 'wiki': 'enwiki', **fields})}"


async def scopes(place: Place, program: Any) -> list[tuple[str, str, int]]:
    rows = await place.pool.fetch(
        "SELECT kind, value, depth FROM scope WHERE program_id = $1 ORDER BY id", number_of(program)
    )
    return [tuple(row) for row in rows]


async def excluded(place: Place, program: Any) -> int:
    return int(await place.pool.fetchval("SELECT count(*) FROM exclusion WHERE program_id = $1", number_of(program)))


async def test_a_list_is_looked_at_before_it_is_added_and_nothing_changes_by_that(place: Place, amara: Visitor) -> None:
    program = await amara.program(title="Looked at", type="ARTICLE_SCOPED")
    assert "There is no list yet. Until there is one, no edit counts." in words(await amara.get(at(program)))
    page = await amara.get(looked(program, value=MOSSES, depth="2"))
    assert (
        "What it would come to Category Category:Mosses · en.wikipedia.org 3 articles · 0 edits so far are on them"
        in words(page)
    )
    assert await scopes(place, program) == []
    form = next(form for form in forms(page) if form.do == "add")
    response = await amara.send(at(program), form)
    assert response.status_code == 303
    assert "The list was added and is being read." in words(await amara.get(response.headers["location"]))
    assert await scopes(place, program) == [("CATEGORY", MOSSES, 2)]


async def test_what_cannot_be_a_list_is_said_beside_the_field_with_everything_typed_kept(
    place: Place, amara: Visitor
) -> None:
    program = await amara.program(title="Mistyped")
    for fields, said in (
        ({"value": "Moss|cup"}, "A title cannot have"),
        ({"value": MOSSES, "depth": "deep"}, "This is no whole number."),
        ({"value": MOSSES, "depth": "11"}, "The depth is a number from 0 to 10."),
        ({"kind": "PETSCAN", "value": "mosses"}, "This is neither a number (psid) nor an address of PetScan."),
        ({"kind": "PETSCAN", "value": "4711"}, "PetScan has no query 4711."),
        ({"kind": "nonsense", "value": "1"}, "This cannot be taken as it is."),
        ({"wiki": "nonsense", "value": MOSSES}, "No wiki of Wikimedia is called"),
    ):
        page = await amara.get(looked(program, **fields))
        assert said in words(page), words(page)
        assert f'value="{fields["value"]}"' in page
        assert not [form for form in forms(page) if form.do == "add"]
    response = await amara.send(
        at(program), **await sealed(amara, program), do="add", kind="CATEGORY", value="", wiki="enwiki"
    )
    assert response.status_code == 422
    assert 'aria-invalid="true"' in response.text
    assert await scopes(place, program) == []


async def sealed(visitor: Visitor, program: Any) -> dict[str, str]:
    """What makes a hand-made form believed."""
    page = await visitor.get(looked(program, value=MOSSES))
    return {"form_token": next(form.fields["form_token"] for form in forms(page) if form.do == "add")}


async def test_each_kind_of_list_can_be_looked_at_and_added(place: Place, amara: Visitor) -> None:
    wikimedia, saved = place.home.wikimedia, place.home.saved_lists
    wikimedia.put_in("enwiki", "Star moss", templates=["Moss box"])
    saved.save_query(77, "enwiki", ["Peat moss", "Fire moss"])
    saved.save_pile(88, "enwiki", ["Peat moss"])
    program = await amara.program(title="All kinds", type="ARTICLE_SCOPED")
    for kind, value, articles in (
        ("CATEGORY", "https://en.wikipedia.org/wiki/Category:Mosses", "3 articles"),
        ("TEMPLATE", "Moss box", "1 article"),
        ("PETSCAN", "https://petscan.wmcloud.org/?psid=77", "2 articles"),
        ("PAGEPILE", "88", "1 article"),
        ("ASSIGNED_ARTICLES", "left over from another kind", "There is no article in it now."),
    ):
        page = await amara.get(looked(program, kind=kind, value=value, depth="0"))
        assert articles in words(page), words(page)
        form = next(form for form in forms(page) if form.do == "add")
        assert (await amara.send(at(program), form)).status_code == 303
    assert await scopes(place, program) == [
        ("CATEGORY", MOSSES, 0), ("TEMPLATE", "Template:Moss box", 0), ("PETSCAN", "77", 0), ("PAGEPILE", "88", 0),
        ("ASSIGNED_ARTICLES", "", 0),
    ]  # fmt: skip
    page = await amara.get(at(program))
    assert words(page).count("waiting to be read") == 5
    assert "data-under-way" in page


async def test_a_list_is_removed_and_that_is_undone_by_one_button(place: Place, amara: Visitor) -> None:
    program = await amara.program(title="Removing")
    given = {"programId": program["id"], "kind": "CATEGORY", "wiki": "enwiki", "value": MOSSES, "depth": 1}
    await amara.change("addScope", **given)
    said = await amara.done(at(program), "remove")
    assert "The list was removed." in words(said)
    assert await scopes(place, program) == []
    undo = next(form for form in forms(said) if form.do == "add")
    assert (await amara.send(at(program), undo)).status_code == 303
    assert await scopes(place, program) == [("CATEGORY", MOSSES, 1)]


async def test_how_a_list_was_read_and_what_to_do_about_its_error_is_told(place: Place, amara: Visitor) -> None:
    program = await amara.program(title="Telling", type="ARTICLE_SCOPED")
    for value in ("1", "2"):
        await amara.change("addScope", programId=program["id"], kind="PETSCAN", wiki="enwiki", value=value)
    await place.pool.execute(
        """UPDATE scope SET state = 'FAILED', error_reason = 'SLOW', error = 'too slow', tried_at = '2026-11-22 10:00Z',
        refreshed_at = '2026-11-22 09:00Z', size = 12, skipped = 1 WHERE program_id = $1 AND value = '1'""",
        number_of(program),
    )
    await place.pool.execute(
        """UPDATE scope SET state = 'READING', found = 1200 WHERE program_id = $1 AND value = '2'""",
        number_of(program),
    )
    said = words(await amara.get(at(program)))
    assert "12 articles · could not be read on 22 Nov 2026 10:00 UTC" in said
    assert "The service took too long." in said
    assert "What it had before goes on counting." in said
    assert "1 entry can be no page of this wiki and was left out" in said
    assert "being read: 1,200 articles so far" in said


async def test_lists_are_read_again_when_asked_and_not_twice_a_minute(place: Place, amara: Visitor) -> None:
    program = await amara.program(title="Again", type="ARTICLE_SCOPED")
    await amara.change("addScope", programId=program["id"], kind="PETSCAN", wiki="enwiki", value="77")
    read = "UPDATE scope SET state = 'READY', tried_at = now() - make_interval(secs => $2) WHERE program_id = $1"
    await place.pool.execute(read, number_of(program), 3600)
    assert "The lists are being read again." in words(await amara.done(at(program), "refresh"))
    assert "waiting to be read" in words(await amara.get(at(program)))
    await place.pool.execute(read, number_of(program), 1)
    page = await amara.refused(at(program), "refresh")
    assert "The scopes were read less than a minute ago." in words(page)


async def test_an_article_is_left_out_and_taken_in_again_by_one_button(place: Place, amara: Visitor) -> None:
    program = await amara.program(title="Leaving out")
    ada = await place.enroll(program, "Ada")
    for title in ("Peat moss", "Lichen 50%", "Fern"):
        await place.edit(ada, title)
    counted = at(program, "/counted")
    page = await amara.get(f"{counted}?q=50%25")
    assert "Lichen 50%" in words(page)
    assert "Fern" not in words(page)
    form = next(form for form in forms(page) if form.do == "exclude")
    response = await amara.send(form.action, form)
    assert response.status_code == 303
    said = await amara.get(response.headers["location"])
    assert "The article does not count any more." in words(said)
    assert "Fern" not in words(said)  # the search is kept
    assert await excluded(place, program) == 1
    assert "Lichen 50%" in words(await amara.get(f"{counted}?excluded=1"))
    undo = next(form for form in forms(said) if form.do == "include")
    assert (await amara.send(undo.action, undo)).status_code == 303
    assert await excluded(place, program) == 0
    assert "No article is left out." in words(await amara.get(f"{counted}?excluded=1"))


async def test_whoever_may_not_edit_sees_none_of_it_and_changes_nothing_by_a_forged_form(
    place: Place, amara: Visitor
) -> None:
    program = await amara.program(title="Forged")
    hidden = await amara.program(title="Hidden", visibility="PRIVATE")
    ada = await place.enroll(program, "Ada")
    await place.edit(ada, "Peat moss")
    await amara.change("addScope", programId=program["id"], kind="CATEGORY", wiki="enwiki", value=MOSSES)
    async with place.visitor("Ada") as visitor:
        own = await visitor.program(title="Her own")
        token = await sealed(visitor, own)
        for part in ("", "/counted", "/assigned"):
            await visitor.get(at(program, part), 403)
            await visitor.get(at(hidden, part), 404)
        page = await amara.get(at(program, "/counted"))
        article = next(form.fields["article"] for form in forms(page) if form.do == "exclude")
        scope = (await amara.form(at(program), "remove")).fields["id"]
        for part, fields in (
            ("", {"do": "add", "kind": "PETSCAN", "value": "1", "wiki": "enwiki"}),
            ("", {"do": "remove", "id": scope}),
            ("", {"do": "refresh"}),
            ("/counted", {"do": "exclude", "article": article}),
            ("/assigned", {"do": "assign", "username": "Ada", "title": "Fern"}),
            ("/assigned", {"do": "offer", "articles": "Fern"}),
        ):
            assert (await visitor.send(at(program, part), **token, **fields)).status_code == 403, fields
            assert (await visitor.send(at(hidden, part), **token, **fields)).status_code == 404, fields
        # Through a page of one's own, too, nothing of others can be removed.
        response = await visitor.send(at(own), **token, do="remove", id=scope)
        assert response.status_code == 422
    assert await scopes(place, program) == [("CATEGORY", MOSSES, 0)]
    assert await excluded(place, program) == 0
    assert await place.pool.fetchval("SELECT count(*) FROM wanted_article") == 0


async def test_nobody_is_shown_it_without_signing_in(place: Place, amara: Visitor) -> None:
    program = await amara.program(title="Signing in")
    async with place.home.browser() as browser:
        for part in ("", "/counted", "/assigned"):
            response = await browser.get(at(program, part))
            assert response.status_code == 303
            assert response.headers["location"].startswith("/sign-in?return=")


async def test_an_address_made_up_by_others_shows_no_button_that_was_not_meant(place: Place, amara: Visitor) -> None:
    program = await amara.program(title="Made up")
    page = await amara.get(f"{at(program)}?done=scope-removed&of=" + "%3D" * 3000)
    assert not [form for form in forms(page) if form.do == "add"]
    page = await amara.get(
        f"{at(program)}?" + urlencode({"done": "scope-removed", "of": "kind=<script>&wiki=&value=%22&depth=x"})
    )
    form = next(form for form in forms(page) if form.do == "add")
    assert form.fields["kind"] == "<script>"
    assert "<script>&" not in page
    assert (await amara.send(at(program), form)).status_code == 422
    assert await scopes(place, program) == []

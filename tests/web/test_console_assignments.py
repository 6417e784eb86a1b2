# SPDX-License-Identifier: GPL-3.0-or-later
"""Who writes what, in the browser over HTTP: assigning, offering, choosing and giving back."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from tests.web.visiting import Place, Visitor, forms, number_of, words

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def ada(place: Place) -> AsyncIterator[Visitor]:
    async with place.visitor("Ada") as visitor:
        yield visitor


def at(program: Any) -> str:
    return f"/programs/{program['slug']}/manage/articles/assigned"


def choosing(program: Any) -> str:
    return f"/programs/{program['slug']}/claim"


async def assigned(place: Place, program: Any) -> set[tuple[str, str, str]]:
    rows = await place.pool.fetch(
        """SELECT u.username, w.title, a.role FROM assignment a JOIN wanted_article w ON w.id = a.article_id
        JOIN editor u ON u.id = a.editor_id WHERE w.program_id = $1""",
        number_of(program),
    )
    return {tuple(row) for row in rows}


async def offered(place: Place, program: Any) -> set[str]:
    rows = await place.pool.fetch(
        "SELECT title FROM wanted_article WHERE program_id = $1 AND offered_at IS NOT NULL", number_of(program)
    )
    return {row["title"] for row in rows}


async def test_an_article_is_assigned_taken_away_and_that_is_undone(place: Place, amara: Visitor, ada: Visitor) -> None:
    program = await amara.program(title="Assigning")
    await place.enroll(program, "Ada")
    page = await amara.get(at(program))
    assert "Nobody has an article yet." in words(page)
    assert '<option value="Ada">' in page
    title = "https://en.wikipedia.org/wiki/Moss_garden"
    said = await amara.done(at(program), "assign", username="ada", title=title, role="REVIEW")
    assert "The article was assigned." in words(said)
    assert "Moss garden en.wikipedia.org Ada · Review" in words(said)
    said = await amara.done(at(program), "unassign")
    assert await assigned(place, program) == set()
    undo = next(form for form in forms(said) if form.do == "assign" and form.fields["username"])
    assert (await amara.send(at(program), undo)).status_code == 303
    assert await assigned(place, program) == {("Ada", "Moss garden", "REVIEW")}


async def test_what_cannot_be_assigned_is_said_beside_the_field(place: Place, amara: Visitor) -> None:
    program = await amara.program(title="Not assigning")
    await place.enroll(program, "Ada")
    for fields, said in (
        ({"username": "Nobody Here", "title": "Moss"}, "Nobody Here has not been here yet."),
        ({"username": "Amara Quill", "title": "Moss"}, "Amara Quill is no editor of this program."),
        ({"username": "Ada", "title": "Talk:Moss"}, "“Talk:Moss” is a discussion, and no article."),
        ({"username": "Ada", "title": "https://de.wikipedia.org/wiki/Moos"}, "The program does not track de.wikipedia"),
        ({"username": "Ada", "title": ""}, "A title is missing."),
    ):
        page = await amara.refused(at(program), "assign", **fields)
        assert said in words(page), words(page)
        form = next(form for form in forms(page) if form.do == "assign")
        assert {name: form.fields[name] for name in fields} == fields
        assert 'aria-invalid="true"' in page
    assert await assigned(place, program) == set()


async def test_pasted_articles_are_offered_and_lines_at_fault_stay_with_the_reason(
    place: Place, amara: Visitor
) -> None:
    program = await amara.program(title="Offering")
    said = await amara.done(at(program), "offer", articles="Moss\nmoss\n\nFern\r\n")
    assert "2 articles more are offered now, 1 was offered already." in words(said)
    page = await amara.refused(at(program), "offer", status=200, articles="Lichen\nTalk:Moss\nMoss|cup\nFern")
    assert "1 article was added, 1 was offered already. 2 lines could not be taken." in words(page)
    assert "Talk:Moss : “Talk:Moss” is a discussion, and no article." in words(page)
    form = next(form for form in forms(page) if form.do == "offer")
    assert form.fields["articles"] == "Talk:Moss\nMoss|cup"
    assert await offered(place, program) == {"Moss", "Fern", "Lichen"}
    page = await amara.refused(at(program), "offer", articles=" \n ")
    assert "Paste at least one article." in words(page)


async def test_an_article_is_offered_no_more_and_that_is_undone(place: Place, amara: Visitor) -> None:
    program = await amara.program(title="Taking back")
    await amara.done(at(program), "offer", articles="Moss")
    said = await amara.done(at(program), "take-back")
    assert "The article is not offered any more." in words(said)
    assert await offered(place, program) == set()
    undo = next(form for form in forms(said) if form.do == "offer" and form.fields["articles"])
    assert (await amara.send(at(program), undo)).status_code == 303
    assert await offered(place, program) == {"Moss"}


async def test_editors_choose_an_article_undo_it_and_give_back_what_they_were_assigned(
    place: Place, amara: Visitor, ada: Visitor
) -> None:
    program = await amara.program(title="Choosing")
    await place.enroll(program, "Ada", show_name=False)
    await amara.done(at(program), "offer", articles="Moss\nFern\nÄpfel")
    for path in (f"/programs/{program['slug']}", "/my"):
        assert f'href="{choosing(program)}"' in await ada.get(path)
        assert f'href="{choosing(program)}"' not in await amara.get(path)
    page = await ada.get(f"{choosing(program)}?q=fer")
    assert "Fern" in words(page)
    assert "Moss" not in words(page)
    claim = next(form for form in forms(page) if form.do == "claim")
    said = await ada.send(choosing(program), claim)
    page = await ada.get(said.headers["location"])
    assert "The article is yours. Undo" in words(page)
    assert await assigned(place, program) == {("Ada", "Fern", "WRITE")}
    again = await ada.send(choosing(program), claim)  # a second press of the same button
    assert again.headers["location"] == said.headers["location"]
    undo = next(form for form in forms(page) if form.do == "release")
    assert (await ada.send(choosing(program), undo)).status_code == 303
    assert await assigned(place, program) == set()
    await amara.done(at(program), "assign", username="Ada", title="Cedar", role="WRITE")
    page = await ada.get(choosing(program))
    assert "you cannot take it back yourself" in words(page)
    assert "You gave the article back." in words(await ada.done(choosing(program), "release"))
    assert await assigned(place, program) == set()


async def test_of_two_who_want_an_article_the_second_is_told(place: Place, amara: Visitor, ada: Visitor) -> None:
    program = await amara.program(title="Both want it")
    await place.enroll(program, "Ada")
    await place.enroll(program, "Amara Quill")
    await amara.done(at(program), "offer", articles="Moss")
    wanted = await amara.form(choosing(program), "claim")
    await ada.done(choosing(program), "claim")
    response = await amara.send(choosing(program), wanted)
    assert response.status_code == 422
    assert "Somebody else has “Moss” already." in words(response.text)
    assert await assigned(place, program) == {("Ada", "Moss", "WRITE")}


async def test_others_than_editors_are_shown_no_button_and_change_nothing_by_a_forged_form(
    place: Place, amara: Visitor, ada: Visitor
) -> None:
    program = await amara.program(title="For editors")
    hidden = await amara.program(title="For nobody", visibility="PRIVATE")
    await place.enroll(program, "Ada")
    await amara.done(at(program), "offer", articles="Moss")
    claim = await ada.form(choosing(program), "claim")
    async with place.visitor("Bo") as bo:
        page = await bo.get(choosing(program))
        assert "Only those who take part in this program as editors can choose." in words(page)
        assert not [form for form in forms(page) if form.do == "claim"]
        await bo.get(choosing(hidden), 404)
        token = (await bo.form("/create/campaign", "create")).fields["form_token"]
        response = await bo.send(choosing(program), form_token=token, do="claim", id=claim.fields["id"])
        assert response.status_code == 422
    await ada.done(choosing(program), "claim")
    mine = (await ada.form(choosing(program), "release")).fields["id"]
    token = (await amara.form("/create/campaign", "create")).fields["form_token"]
    response = await amara.send(choosing(program), form_token=token, do="release", id=mine)
    assert response.status_code == 422
    assert await assigned(place, program) == {("Ada", "Moss", "WRITE")}


async def test_after_the_end_nothing_can_be_chosen(place: Place, amara: Visitor, ada: Visitor) -> None:
    program = await amara.program(title="Over")
    await place.enroll(program, "Ada")
    await amara.done(at(program), "offer", articles="Moss")
    await place.pool.execute(
        "UPDATE program SET tracking_end = now() - interval '1 hour' WHERE id = $1", number_of(program)
    )
    page = await ada.get(choosing(program))
    assert "This program is over: nothing can be chosen any more." in words(page)
    assert not [form for form in forms(page) if form.do == "claim"]

# SPDX-License-Identifier: GPL-3.0-or-later
"""The people of a program in the browser, over HTTP: forms that are sent, refused, and undone."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.web.visiting import Place, Visitor, forms, number_of, words

pytestmark = pytest.mark.asyncio(loop_scope="module")
LISTED = (
    "SELECT u.username FROM enrollment n JOIN editor u ON u.id = n.editor_id WHERE n.program_id = $1 AND n.role = $2"
)
ACCOUNTS = ("Ada", "Ben Okri", "Chloé", "清少納言", "أمارا", "Dora")


def at(program: Any) -> str:
    return f"/programs/{program['slug']}/manage/people"


async def people(place: Place, program: Any, role: str = "EDITOR") -> set[str]:
    return {row["username"] for row in await place.pool.fetch(LISTED, number_of(program), role)}


async def column(place: Place, program: Any, name: str) -> Any:
    return await place.pool.fetchval(f"SELECT {name} FROM program WHERE id = $1", number_of(program))


def typed(page: str, do: str, field: str) -> str:
    return next(form for form in forms(page) if form.do == do).fields[field]


async def paste(visitor: Visitor, program: Any, act: str, status: int, **fields: str) -> str:
    """Fill in the field for names and press the button ``act``; the page that follows."""
    form = await visitor.form(at(program), "look")
    response = await visitor.send(at(program), form, **fields, do=act)
    assert response.status_code == status, words(response.text)
    return await visitor.get(response.headers["location"]) if status == 303 else response.text


async def test_pasted_names_are_checked_before_anything_changes(place: Place, amara: Visitor) -> None:
    program = await amara.program(title="Checked")
    await place.enroll(program, "Known Already")
    pasted = "* User:Ada\n* ben_Okri\n* [[User:清少納言]]\n* Nobody Here\n* 192.0.2.1\n* Ada"
    form = await amara.form(at(program), "look")
    response = await amara.send(at(program), form, names=pasted, do="look")
    assert response.status_code == 200
    said = words(response.text)
    assert "Nothing has changed yet" in said
    assert "3 people would be added Ada Ben Okri 清少納言" in said
    assert "2 names cannot be added" in said
    assert "Nobody Here No account on the wikis is called Nobody Here." in said
    assert "192.0.2.1 An IP address is not an account." in said
    assert "Add 3 people" in said
    assert typed(response.text, "look", "names") == pasted
    assert await people(place, program) == {"Known Already"}
    # Looking is nothing that happened: the same page may be loaded again.
    again = await amara.send(at(program), form, names=pasted, do="look")
    assert (again.status_code, "Add 3 people" in again.text) == (200, True)


async def test_names_are_added_and_those_that_can_be_mended_stay_in_the_field(place: Place, amara: Visitor) -> None:
    program = await amara.program(title="Added")
    page = await paste(amara, program, "add", 303, names="Ada, Chloé", show="yes")
    assert "2 people were added." in words(page)
    assert "2 people take part" in words(page)
    form = await amara.form(at(program), "look")
    response = await amara.send(at(program), form, names="Chloé\nBen Okri\nDoraa", do="add", show="yes")
    assert response.status_code == 422
    said = words(response.text)
    assert "1 person was added Ben Okri" in said
    assert "1 person takes part already Chloé" in said
    assert "Doraa No account on the wikis is called Doraa." in said
    assert typed(response.text, "look", "names") == "Doraa"
    assert await people(place, program) == {"Ada", "Chloé", "Ben Okri"}
    again = await amara.send(at(program), form, names="Chloé\nBen Okri\nDoraa", do="add", show="yes")
    assert (again.status_code, again.headers["location"]) == (303, at(program))


@pytest.mark.parametrize("names", ["", " \n\t\n"])
async def test_an_empty_field_is_refused_beside_it(place: Place, amara: Visitor, names: str) -> None:
    program = await amara.program(title=f"Empty {len(names)}")
    for act in ("look", "add"):
        page = await paste(amara, program, act, 422, names=names)
        assert "Paste at least one name." in words(page)
        assert 'aria-invalid="true"' in page


async def test_too_many_names_are_refused_at_once_and_kept(place: Place, amara: Visitor) -> None:
    program = await amara.program(title="Too many")
    pasted = "\n".join(f"Person {number}" for number in range(1_001))
    for act in ("look", "add"):
        page = await paste(amara, program, act, 422, names=pasted)
        assert "At most 1000 names can be added at once." in words(page)
        assert typed(page, "look", "names") == pasted
    assert await people(place, program) == set()


async def test_names_wait_while_the_wikis_do_not_answer_and_can_be_removed(place: Place, amara: Visitor) -> None:
    program = await amara.program(title="Waiting")
    place.home.faults.set(api_status=503)
    try:
        page = await paste(amara, program, "add", 303, names="Ada")
    finally:
        place.home.faults.set(api_status=None)
    assert "0 people were added. 1 name waits until the wikis answer." in words(page)
    assert "Waits until the wikis answer; it is added by itself then." in words(page)
    await place.pool.execute("UPDATE pending_enrollment SET unknown_at = now()")
    assert "Nobody on the wikis has this name." in words(await amara.get(at(program)))
    page = await amara.done(at(program), "drop")
    assert "The name is not listed any more. Undo: take Ada back" in words(page)
    assert "Names that are not added yet" not in words(page)
    back = next(form for form in forms(page) if form.do == "restore")
    assert (await amara.send(at(program), back)).status_code == 303
    assert await people(place, program) == {"Ada"}


async def test_a_removed_person_is_taken_back_as_they_were_by_one_press(place: Place, amara: Visitor) -> None:
    program = await amara.program(title="Removed")
    place.home.wikimedia.account("Shy Person")
    await amara.change("addEditors", programId=program["id"], usernames=["Shy Person"], showNames=False)
    page = await amara.get(at(program))
    assert "Shy Person not shown by name" in words(page)
    page = await amara.done(at(program), "remove")
    assert "The person was removed" in words(page)
    assert await people(place, program) == set()
    back = next(form for form in forms(page) if form.do == "restore")
    response = await amara.send(at(program), back)
    assert response.status_code == 303
    page = await amara.get(response.headers["location"])
    assert "Taken back: their edits count again." in words(page)
    assert "Shy Person not shown by name" in words(page)


async def test_who_has_not_edited_yet_is_listed_alone_and_found_by_name(place: Place, amara: Visitor) -> None:
    program = await amara.program(title="Quiet")
    busy = await place.enroll(program, "Busy Bee")
    await place.enroll(program, "Quiet Quoll")
    await place.edit(busy, "Hypatia")
    page = words(await amara.get(at(program)))
    assert "All: 2 Not edited yet: 1" in page
    assert "Busy Bee 1 edit · Last edit (UTC)" in page
    quiet = words(await amara.get(f"{at(program)}?only=quiet"))
    assert ("Quiet Quoll" in quiet, "Busy Bee" in quiet) == (True, False)
    found = words(await amara.get(f"{at(program)}?q=bee"))
    assert ("Quiet Quoll" in found, "Busy Bee" in found) == (False, True)
    assert "Nothing matches" in words(await amara.get(f"{at(program)}?q=%3Cscript%3E"))
    form = next(each for each in forms(await amara.get(f"{at(program)}?only=quiet")) if each.do == "remove")
    assert (await amara.send(at(program), form)).headers["location"].startswith(f"{at(program)}?only=quiet&done=")


async def test_registration_is_closed_and_opened_by_one_press(place: Place, amara: Visitor) -> None:
    program = await amara.program(title="Registration")
    assert "Registration is open: whoever has the link can join." in words(await amara.get(at(program)))
    assert "Registration is closed now." in words(await amara.done(at(program), "close"))
    assert await column(place, program, "registration_open") is False
    assert "Registration is open now." in words(await amara.done(at(program), "open"))
    assert await column(place, program, "registration_open") is True


async def test_a_replaced_invitation_is_worthless_and_the_new_one_is_shown_with_its_code(
    place: Place, amara: Visitor
) -> None:
    program = await amara.program(title="Invitation")
    old = await column(place, program, "invitation")
    page = await amara.get(at(program))
    assert f'value="{place.home.url}/join/{old}"' in page
    assert f'aria-label="QR code of {place.home.url}/join/{old}"><svg' in page
    page = await amara.done(at(program), "renew")
    new = await column(place, program, "invitation")
    assert new != old
    assert "There is a new link." in words(page)
    assert f'value="{place.home.url}/join/{new}"' in page
    await amara.get(f"/join/{old}", 404)
    assert "Invitation" in await amara.get(f"/join/{new}")


async def test_the_invitation_has_a_sheet_of_its_own_for_the_program_and_for_each_session(
    place: Place, amara: Visitor
) -> None:
    program = await amara.program(title="Sheet")
    await place.world.session(number_of(program), "afternoon")
    invitation = await column(place, program, "invitation")
    page = await amara.get(f"{at(program)}/invitation")
    assert f'<p class="address" dir="ltr">{place.home.url}/join/{invitation}</p>' in page
    assert "<svg" in page
    page = await amara.get(f"{at(program)}/invitation?session=afternoon")
    assert f"{place.home.url}/join/{invitation}?session=afternoon</p>" in page
    assert "Afternoon ·" in words(page)
    assert f"/join/{invitation}</p>" in await amara.get(f"{at(program)}/invitation?session=none")


async def test_the_passcode_is_made_by_chance_chosen_or_none(place: Place, amara: Visitor) -> None:
    program = await amara.program(title="Passcode")
    first = await column(place, program, "passcode")
    assert f"Passcode: {first}" in words(await amara.get(at(program)))
    page = await amara.refused(at(program), "passcode", policy="FIXED", passcode="")
    assert 'id="passcode-passcode-fault"' in page
    assert await column(place, program, "passcode") == first
    page = await amara.done(at(program), "passcode", policy="FIXED", passcode=" amsterdam <b> ")
    assert "Passcode: amsterdam <b>" in words(page)
    page = await amara.done(at(program), "passcode", policy="NONE", passcode="left over")
    assert "There is no passcode: whoever finds the program can join." in words(page)
    await amara.done(at(program), "passcode", policy="RANDOM")
    assert re.fullmatch(r"\w+", await column(place, program, "passcode"))
    page = await amara.refused(at(program), "passcode", policy="GUESSED")
    assert await column(place, program, "passcode_policy") == "RANDOM"


async def test_facilitators_are_made_and_unmade_and_the_last_one_stays(place: Place, amara: Visitor) -> None:
    program = await amara.program(title="Leading")
    assert "A program keeps its last facilitator." in words(await amara.get(at(program)))
    page = await amara.refused(at(program), "lead", name="Never Here")
    assert "Never Here has not been here yet." in words(page)
    assert typed(page, "lead", "name") == "Never Here"
    async with place.visitor("Bo Lind") as bo:
        assert "There is one facilitator more." in words(await amara.done(at(program), "lead", name="bo_Lind"))
        page = await amara.done(at(program), "unlead", name="Bo Lind")
        assert "There is one facilitator less. Undo: take Bo Lind back" in words(page)
        back = next(form for form in forms(page) if form.do == "lead" and form.fields["name"] == "Bo Lind")
        assert (await amara.send(at(program), back)).status_code == 303
        assert await people(place, program, "FACILITATOR") == {"Amara Quill", "Bo Lind"}
        own = next(form for form in forms(await bo.get(at(program))) if form.fields.get("sure") == "yes")
        page = (await bo.send(at(program), own, sure="no")).text
        assert "Say that you mean it: you cannot undo this yourself." in words(page)
        assert (await bo.send(at(program), own)).headers["location"] == "/my?done=facilitator-left"
    assert await people(place, program, "FACILITATOR") == {"Amara Quill"}
    response = await amara.send(
        at(program), await amara.form(at(program), "lead"), do="unlead", name="Amara Quill", sure="yes"
    )
    assert (response.status_code, "A program keeps its last facilitator." in words(response.text)) == (422, True)


async def test_volunteers_are_made_and_unmade_with_their_role(place: Place, amara: Visitor) -> None:
    program = await amara.program(title="Helping")
    async with place.visitor("Vera Vane"):
        page = await amara.done(at(program), "help", name="Vera Vane", role="CAMPUS_VOLUNTEER")
        assert "There is one volunteer more." in words(page)
        assert "Vera Vane Volunteer on site" in words(page)
        page = await amara.done(at(program), "unhelp")
        assert await people(place, program, "CAMPUS_VOLUNTEER") == set()
        back = next(form for form in forms(page) if form.do == "help" and form.fields["name"] == "Vera Vane")
        assert (await amara.send(at(program), back)).status_code == 303
        assert await people(place, program, "CAMPUS_VOLUNTEER") == {"Vera Vane"}
        await amara.refused(at(program), "help", name="Vera Vane", role="FACILITATOR")
        assert await people(place, program, "FACILITATOR") == {"Amara Quill"}


async def test_it_speaks_the_reader_s_language_reasons_too(place: Place, amara: Visitor) -> None:
    program = await amara.program(title="Sprache")
    form = await amara.form(at(program), "look")
    page = (await amara.send(f"{at(program)}?lang=de", form, names="Niemand Da", do="look")).text
    assert 'lang="de"' in page
    assert "1 Name geht nicht" in words(page)
    assert "No account" not in page

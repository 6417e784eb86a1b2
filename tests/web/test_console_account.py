# SPDX-License-Identifier: GPL-3.0-or-later
"""One's own account in the browser, over HTTP: tokens, names, leaving and erasing."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio

from tests.web.visiting import Place, Visitor, forms, number_of, words

pytestmark = pytest.mark.asyncio(loop_scope="module")
HERE = "/my/account"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def bo(place: Place) -> AsyncIterator[Visitor]:
    async with place.visitor("Bo Lind") as visitor:
        yield visitor


async def viewer(place: Place, token: str) -> str | None:
    async with httpx.AsyncClient(base_url=place.home.url) as http:
        headers = {"authorization": f"Bearer {token}"}
        answer = (await http.post("/graphql", json={"query": "{ viewer { username } }"}, headers=headers)).json()
    return None if not answer.get("data") else str(answer["data"]["viewer"]["username"])


async def press(visitor: Visitor, do: str, program: object = None, **fields: str) -> str:
    """Press the button of this form, of one program where there are several; the page that follows."""
    found = forms(await visitor.get(HERE))
    form = next(each for each in found if each.do == do and program in (None, each.fields.get("program")))
    response = await visitor.send(HERE, form, **fields)
    assert response.status_code == 303, words(response.text)
    return await visitor.get(response.headers["location"])


async def test_whoever_is_not_signed_in_is_sent_to_sign_in_and_comes_back(place: Place) -> None:
    async with place.home.browser() as http:
        response = await http.get(HERE)
    assert (response.status_code, response.headers["location"]) == (303, "/sign-in?return=%2Fmy%2Faccount")


async def test_a_token_is_shown_once_works_and_is_worthless_when_revoked(place: Place, amara: Visitor) -> None:
    form = await amara.form(HERE, "token")
    response = await amara.send(HERE, form, name="script of <b>statistics</b>", days="30")
    assert response.status_code == 200
    assert response.headers["cache-control"] == "no-store"
    assert "Your new token: script of <b>statistics</b>" in words(response.text)
    (secret,) = re.findall(r'<input id="secret" value="([^"]+)" readonly', response.text)
    assert await viewer(place, secret) == "Amara Quill"
    again = await amara.send(HERE, form, name="script of <b>statistics</b>", days="30")
    assert (again.status_code, again.headers["location"]) == (303, HERE)
    page = await amara.get(HERE)
    assert secret not in page
    assert words(page).count("script of <b>statistics</b>") == 1
    days = await place.pool.fetchval("SELECT expires_at - created_at FROM access_token")
    assert days.days == 29 or days.days == 30
    assert "The token is worthless now." in words(await press(amara, "revoke"))
    assert await viewer(place, secret) is None
    assert await place.pool.fetchval("SELECT count(*) FROM access_token") == 0


async def test_a_token_without_a_name_is_refused_beside_the_field(place: Place, amara: Visitor) -> None:
    page = await amara.refused(HERE, "token", name="  ", days="")
    assert 'id="token-name-fault"' in page
    assert await place.pool.fetchval("SELECT count(*) FROM access_token") == 0


async def test_a_token_without_an_end_works_until_it_is_revoked(place: Place, amara: Visitor) -> None:
    await amara.send(HERE, await amara.form(HERE, "token"), name="for ever", days="")
    assert "Stops working: never" in words(await amara.get(HERE))
    assert await place.pool.fetchval("SELECT expires_at FROM access_token WHERE name = 'for ever'") is None
    await press(amara, "revoke")


async def test_nobody_revokes_another_s_token(place: Place, amara: Visitor, bo: Visitor) -> None:
    await amara.send(HERE, await amara.form(HERE, "token"), name="hers", days="")
    hers = await amara.form(HERE, "revoke")
    await bo.send(HERE, await bo.form(HERE, "token"), name="his", days="")
    response = await bo.send(HERE, await bo.form(HERE, "revoke"), token=hers.fields["token"])
    assert response.status_code == 422
    assert await place.pool.fetchval("SELECT count(*) FROM access_token WHERE name = 'hers'") == 1
    await press(amara, "revoke")


async def test_one_s_parts_are_listed_and_the_name_is_shown_or_not(place: Place, amara: Visitor, bo: Visitor) -> None:
    program = await amara.program(title="Shown")
    await place.enroll(program, "Bo Lind")
    page = words(await bo.get(HERE))
    assert "Shown Library" in page
    assert "Editor since 1 November 2026" in page
    assert "Everybody sees your name there." in page
    assert "You are not shown by name there any more." in words(await press(bo, "hide"))
    assert await place.pool.fetchval("SELECT show_name FROM enrollment WHERE role = 'EDITOR'") is False
    page = words(await press(bo, "show"))
    assert "You are shown by name there now." in page
    assert "Everybody sees your name there." in page
    assert "Facilitator since" in words(await amara.get(HERE))
    await press(bo, "leave")


async def test_whoever_leaves_is_gone_and_told_so(place: Place, amara: Visitor, bo: Visitor) -> None:
    program = await amara.program(title="Left")
    await place.enroll(program, "Bo Lind")
    assert "You left the program." in words(await press(bo, "leave", program["id"]))
    assert await place.pool.fetchval("SELECT count(*) FROM enrollment WHERE program_id = $1", number_of(program)) == 1
    response = await bo.send(HERE, await bo.form(HERE, "token"), do="leave", program=program["id"])
    assert (response.status_code, "You do not take part in this program." in words(response.text)) == (422, True)


async def test_nobody_is_erased_without_having_said_that_they_mean_it(
    place: Place, amara: Visitor, bo: Visitor
) -> None:
    program = await amara.program(title="Erased")
    person = await place.enroll(program, "Bo Lind")
    await place.edit(person, "Hypatia")
    erase = next(
        form for form in forms(await bo.get(HERE)) if form.do == "erase" and form.fields["program"] == program["id"]
    )
    response = await bo.send(HERE, erase)
    assert response.status_code == 422
    assert "Tick the box if you mean it: this cannot be undone." in words(response.text)
    assert '<details class="confirm" open>' in response.text
    assert await place.pool.fetchval("SELECT count(*) FROM edit WHERE editor_id = $1", person.id) == 1
    page = await press(bo, "erase", program["id"], sure="yes")
    assert "nothing here about it names you any more" in words(page)
    assert await place.pool.fetchval("SELECT count(*) FROM edit WHERE editor_id = $1", person.id) == 0
    assert "Erased" not in words(page)


async def test_the_last_facilitator_is_not_erased(place: Place, amara: Visitor) -> None:
    program = await amara.program(title="Kept")
    erase = next(
        form for form in forms(await amara.get(HERE)) if form.do == "erase" and form.fields["program"] == program["id"]
    )
    response = await amara.send(HERE, erase, sure="yes")
    assert response.status_code == 422
    assert "A program keeps its last facilitator." in words(response.text)
    assert "You facilitate" not in words(response.text)


async def test_what_others_enrolled_one_in_is_asked_about(place: Place, amara: Visitor) -> None:
    program = await amara.program(title="Asked")
    async with place.visitor("Cleo Young") as cleo:
        await amara.change("addEditors", programId=program["id"], usernames=["Cleo Young"])
        assert "Others added you to 1 program. Answer" in words(await cleo.get(HERE))


async def test_a_forged_form_changes_nothing(place: Place, amara: Visitor) -> None:
    form = await amara.form(HERE, "token")
    for fields, origin, status in (
        ({"form_token": "0" * 64}, place.home.url, 409),
        ({}, "https://evil.example", 403),
    ):
        sent = {**form.fields, "name": "forged", **fields}
        response = await amara.http.post(HERE, data=sent, headers={"origin": origin})
        assert response.status_code == status
    assert await place.pool.fetchval("SELECT count(*) FROM access_token WHERE name = 'forged'") == 0

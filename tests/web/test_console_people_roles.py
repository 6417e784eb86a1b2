# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may do what with the people of a program, through the page: shown to nobody else, and possible to nobody else."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from tests.web.visiting import Place, Visitor, forms, number_of, words

pytestmark = pytest.mark.asyncio(loop_scope="module")

FORGED: list[dict[str, str]] = [
    {"do": "look", "names": "Ada"},
    {"do": "add", "names": "Ada"},
    {"do": "restore", "name": "Ada"},
    {"do": "remove", "name": "Known Already"},
    {"do": "drop", "name": "Pending Name"},
    {"do": "open"},
    {"do": "close"},
    {"do": "passcode", "policy": "NONE"},
    {"do": "renew"},
    {"do": "lead", "name": "Known Already"},
    {"do": "unlead", "name": "Amara Quill"},
    {"do": "help", "name": "Known Already", "role": "STAFF"},
    {"do": "unhelp", "name": "Vera Vane", "role": "STAFF"},
]
TABLES = ("enrollment", "pending_enrollment", "program", "session_editor", "addition")
ACCOUNTS = ("Ada",)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def vera(place: Place) -> AsyncIterator[Visitor]:
    async with place.visitor("Vera Vane") as visitor:
        yield visitor


def at(program: Any) -> str:
    return f"/programs/{program['slug']}/manage/people"


async def filled(place: Place, amara: Visitor, **fields: Any) -> Any:
    """A program with a participant, one without a name, and a name that waits."""
    program = await amara.program(**fields)
    await place.enroll(program, "Known Already")
    await place.enroll(program, "Shy Person", show_name=False)
    await place.pool.execute(
        "INSERT INTO pending_enrollment (program_id, username, show_name) VALUES ($1, 'Pending Name', true)",
        number_of(program),
    )
    return program


async def stored(place: Place) -> list[list[Any]]:
    return [[tuple(row) for row in await place.pool.fetch(f"SELECT * FROM {table} ORDER BY 1, 2")] for table in TABLES]


async def forge(place: Place, visitor: Visitor, program: Any) -> set[int]:
    """Send every form by hand; the statuses, after seeing that nothing changed."""
    token = forms(await visitor.get("/my/account"))[0].fields["form_token"]
    before, statuses = await stored(place), set()
    for fields in FORGED:
        response = await visitor.send(at(program), None, form_token=token, **fields)
        statuses.add(response.status_code)
        assert await stored(place) == before, fields
    return statuses


def shown(page: str) -> set[str]:
    """The forms on a page that change something."""
    return {form.do for form in forms(page) if form.do}


async def test_a_facilitator_is_shown_everything(place: Place, amara: Visitor) -> None:
    program = await filled(place, amara, title="Everything")
    page = await amara.get(at(program))
    assert shown(page) == {"look", "drop", "remove", "close", "renew", "passcode", "lead", "help"}
    assert "Shy Person not shown by name" in words(page)


async def test_a_volunteer_sees_the_way_in_and_changes_nothing(place: Place, amara: Visitor, vera: Visitor) -> None:
    program = await filled(place, amara, title="Volunteer")
    await place.enroll(program, vera.username, role="STAFF")
    page = await vera.get(at(program))
    assert shown(page) == set()
    assert "/join/" in page
    said = words(page)
    assert "Passcode: " in said
    assert "Known Already" in said
    assert "Shy Person" not in said
    assert "Pending Name" not in said
    assert "/join/" in await vera.get(f"{at(program)}/invitation")
    assert await forge(place, vera, program) == {422}


@pytest.mark.parametrize("role", ["EDITOR", None])
async def test_others_are_not_shown_the_page_and_change_nothing(
    place: Place, amara: Visitor, vera: Visitor, role: str | None
) -> None:
    program = await filled(place, amara, title=f"Others {role}")
    if role is not None:
        await place.enroll(program, vera.username, role=role)
    for path in (at(program), f"{at(program)}/invitation"):
        page = await vera.get(path, 403)
        assert "/join/" not in page
        assert "This page is for others" in words(page)
    assert await forge(place, vera, program) == {403}


async def test_a_private_program_is_missing_in_every_word(place: Place, amara: Visitor, vera: Visitor) -> None:
    program = await filled(place, amara, title="Private", visibility="PRIVATE")
    private = await vera.get(at(program), 404)
    missing = await vera.get("/programs/there_is_none/manage/people", 404)
    assert words(private) == words(missing)
    assert await forge(place, vera, program) == {404}


async def test_a_campaign_s_organizer_manages_but_sees_no_nameless_participant(
    place: Place, amara: Visitor, vera: Visitor
) -> None:
    program = await filled(place, amara, title="Organized")
    campaign = await place.world.campaign("organized", await place.person(vera.username))
    await place.pool.execute(
        "INSERT INTO campaign_program (campaign_id, program_id) VALUES ($1, $2)", campaign, number_of(program)
    )
    page = await vera.get(at(program))
    assert shown(page) == {"look", "drop", "remove", "close", "renew", "passcode", "lead", "help"}
    assert "Shy Person" not in page
    assert "Those who do not want to be shown by name are listed for facilitators only." in words(page)


async def test_a_session_s_coordinator_gives_it_participants_and_does_nothing_else(
    place: Place, amara: Visitor, vera: Visitor
) -> None:
    program = await filled(place, amara, title="Coordinated")
    own = await place.world.session(number_of(program), "own", coordinators=[await place.person(vera.username)])
    await place.world.session(number_of(program), "another")
    page = await vera.get(at(program))
    assert shown(page) == {"look"}
    assert "/join/" not in page
    assert "Another" not in page
    form = await vera.form(at(program), "look")
    response = await vera.send(at(program), form, names="Ada", do="add")
    assert response.status_code == 303, words(response.text)
    found = "SELECT u.username FROM session_editor x JOIN editor u ON u.id = x.editor_id WHERE x.session_id = $1"
    assert [row[0] for row in await place.pool.fetch(found, own)] == ["Ada"]
    response = await vera.send(at(program), form, names="Ada", session="", do="add", once="x" * 12)
    assert response.status_code == 422
    assert await forge(place, vera, program) == {422}


async def test_whoever_is_not_signed_in_is_sent_to_sign_in(place: Place, amara: Visitor) -> None:
    program = await filled(place, amara, title="Anonymous")
    async with place.home.browser() as http:
        before = await stored(place)
        response = await http.get(at(program))
        assert response.status_code == 303
        assert response.headers["location"].startswith("/sign-in?return=")
        for fields in FORGED:
            sent = await http.post(at(program), data=fields, headers={"origin": place.home.url})
            assert sent.status_code == 401
        assert await stored(place) == before

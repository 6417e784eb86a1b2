# SPDX-License-Identifier: GPL-3.0-or-later
"""Campaigns and organizations in the browser, over HTTP: created, changed by several people, gathered, deleted."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from tests.web.visiting import Place, Visitor, forms, words

pytestmark = pytest.mark.asyncio(loop_scope="module")
ADMIN = "Root Quill"
ADMINS = frozenset({ADMIN})


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def ben(place: Place) -> AsyncIterator[Visitor]:
    async with place.visitor("Ben Okri") as visitor:
        yield visitor


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def root(place: Place) -> AsyncIterator[Visitor]:
    async with place.visitor(ADMIN) as visitor:
        yield visitor


async def created(visitor: Visitor, title: str, **fields: str) -> str:
    """The path of a new campaign's page."""
    form = await visitor.form("/create/campaign", "create")
    response = await visitor.send("/create/campaign", form, title=title, **fields)
    assert response.status_code == 303, words(response.text)
    return response.headers["location"].partition("?")[0].removesuffix("/manage")


async def stored(place: Place, campaign: str) -> dict[str, Any]:
    row = await place.pool.fetchrow("SELECT * FROM campaign WHERE slug = $1", campaign.rpartition("/")[2])
    return dict(row or {})


async def gathered(place: Place, campaign: str) -> set[str]:
    rows = await place.pool.fetch(
        """SELECT p.title FROM campaign_program l JOIN campaign c ON c.id = l.campaign_id
        JOIN program p ON p.id = l.program_id WHERE c.slug = $1""",
        campaign.rpartition("/")[2],
    )
    return {row["title"] for row in rows}


async def test_a_campaign_is_created_with_what_new_programs_begin_with(place: Place, amara: Visitor) -> None:
    campaign = await created(
        amara, "Women in culture", description="Painters\r\nand patrons", start="2026-11-01", end="2026-11-30",
        type="ARTICLE_SCOPED", policy="FIXED", passcode="open sesame", template="Bring a laptop.",
    )  # fmt: skip
    row = await stored(place, campaign)
    assert (row["title"], row["description"]) == ("Women in culture", "Painters\nand patrons")
    assert (row["starts_at"].isoformat(), row["ends_at"].isoformat()) == (
        "2026-11-01T00:00:00+00:00", "2026-11-30T23:59:59+00:00",
    )  # fmt: skip
    form = await amara.form(f"{campaign}/manage", "details")
    assert form.fields["passcode"] == "open sesame"
    assert form.fields["type"] == "ARTICLE_SCOPED"
    assert (form.fields["start"], form.fields["end"]) == ("2026-11-01", "2026-11-30")
    new = await amara.form(f"/create/program?campaign={campaign.rpartition('/')[2]}", "create")
    assert "Bring a laptop." in new.fields["description"]


async def test_what_is_no_campaign_is_said_beside_the_fields_with_all_that_was_typed(
    place: Place, amara: Visitor
) -> None:
    before = await place.pool.fetchval("SELECT count(*) FROM campaign")
    for fields, said in (
        ({"title": " "}, "This must not be empty."),
        ({"title": "Moss", "start": "soon"}, "This is no day."),
        ({"title": "Moss", "start": "2026-11-30", "end": "2026-11-01"}, "The end must not be before the start."),
        ({"title": "Moss", "policy": "FIXED"}, "The policy FIXED needs a passcode."),
        ({"title": "?!"}, "This needs a letter or a digit."),
        ({"title": "Moss", "organization": "no-such"}, "There is no such organization."),
    ):
        page = await amara.refused("/create/campaign", "create", description="Kept", **fields)
        assert said in words(page), words(page)
        form = next(form for form in forms(page) if form.do == "create")
        assert form.fields["description"] == "Kept"
        assert {name: form.fields.get(name, "no-such") for name in fields} == fields
    assert await place.pool.fetchval("SELECT count(*) FROM campaign") == before


async def test_only_what_was_changed_is_saved_and_who_is_second_is_told(
    place: Place, amara: Visitor, ben: Visitor
) -> None:
    campaign = await created(amara, "Changed by two", description="First")
    await amara.done(f"{campaign}/manage", "add-organizer", username="Ben Okri")
    hers, his = [await visitor.form(f"{campaign}/manage", "details") for visitor in (amara, ben)]
    done = await amara.send(f"{campaign}/manage", hers, description="Hers")
    assert done.status_code == 303
    assert (await ben.send(f"{campaign}/manage", his, title="His title")).status_code == 303
    row = await stored(place, campaign)
    assert (row["title"], row["description"]) == ("His title", "Hers")
    stale = await ben.send(f"{campaign}/manage", his, description="His", once="another")
    assert stale.status_code == 422
    assert "Somebody else wrote here meanwhile: Hers" in words(stale.text)
    assert (await stored(place, campaign))["description"] == "Hers"
    again = next(form for form in forms(stale.text) if form.do == "details")
    assert again.fields["description"] == "His"
    assert (await ben.send(f"{campaign}/manage", again)).status_code == 303
    assert (await stored(place, campaign))["description"] == "His"


async def test_programs_are_gathered_and_let_go(place: Place, amara: Visitor, ben: Visitor, root: Visitor) -> None:
    campaign = await created(amara, "Gathering")
    own, other = await amara.program(title="Own"), await ben.program(title="Of another")
    page = await amara.get(f"{campaign}/manage")
    assert "Own · Library" in words(page)
    assert "Of another" not in words(page)
    assert 'name="address"' not in page
    said = await amara.done(f"{campaign}/manage", "add-program", program=own["id"])
    assert "The program is in the campaign now." in words(said)
    page = await amara.refused(f"{campaign}/manage", "add-organizer", username="Nobody")
    assert "Nobody has not been here yet." in words(page)
    token = (await amara.form(f"{campaign}/manage", "add-organizer")).fields["form_token"]
    forged = await amara.send(f"{campaign}/manage", form_token=token, do="add-program", program=other["id"])
    assert forged.status_code == 422
    assert await gathered(place, campaign) == {"Own"}
    page = await root.refused(f"{campaign}/manage", "add-program")
    assert "Choose a program, or give its address." in words(page)
    address = f"https://graph.example/programs/{other['slug']}/editors"
    await root.done(f"{campaign}/manage", "add-program", address=address)
    assert await gathered(place, campaign) == {"Own", "Of another"}
    page = await root.refused(f"{campaign}/manage", "add-program", address="no-such")
    assert "There is no such program." in words(page)
    page = await amara.get(f"{campaign}/manage")
    form = next(form for form in forms(page) if form.fields.get("program") == other["id"])
    assert (await amara.send(f"{campaign}/manage", form)).status_code == 303
    assert await gathered(place, campaign) == {"Own"}


async def test_organizers_are_made_and_whoever_leaves_is_led_to_the_public_page(
    place: Place, amara: Visitor, ben: Visitor
) -> None:
    campaign = await created(amara, "Organizing")
    await ben.get(f"{campaign}/manage", 403)
    assert f"{campaign}/manage" not in await ben.get(campaign)
    await amara.done(f"{campaign}/manage", "add-organizer", username="ben_Okri")
    assert f"{campaign}/manage" in await ben.get(campaign)
    page = await ben.get(f"{campaign}/manage")
    mine = next(form for form in forms(page) if form.do == "remove-organizer" and form.fields["username"] == "Ben Okri")
    left = await ben.send(f"{campaign}/manage", mine)
    assert left.headers["location"] == campaign
    await ben.get(f"{campaign}/manage", 403)
    page = await amara.get(f"{campaign}/manage")
    assert not [form for form in forms(page) if form.do == "remove-organizer"]  # the last one stays


async def test_a_campaign_is_deleted_by_its_title_and_its_programs_stay(place: Place, amara: Visitor) -> None:
    campaign = await created(amara, "To be deleted")
    program = await amara.program(title="Staying")
    await amara.done(f"{campaign}/manage", "add-program", program=program["id"])
    page = await amara.refused(f"{campaign}/manage", "delete", title="To be")
    assert "This is not the title." in words(page)
    assert await stored(place, campaign)
    said = await amara.done(f"{campaign}/manage", "delete", title=" To be  deleted ")
    assert "The campaign was deleted. Its programs stay." in words(said)
    await amara.get(campaign, 404)
    await amara.get(f"/programs/{program['slug']}")


async def test_a_forged_form_of_somebody_without_a_part_changes_nothing(
    place: Place, amara: Visitor, ben: Visitor
) -> None:
    campaign = await created(amara, "Not theirs")
    token = (await ben.form("/create/campaign", "create")).fields["form_token"]
    for fields in (
        {"do": "details", "title": "Mine now"},
        {"do": "add-organizer", "username": "Ben Okri"},
        {"do": "remove-organizer", "username": "Amara Quill"},
        {"do": "delete", "title": "Not theirs"},
        {"do": "add-program", "program": (await ben.program(title="Pushed in"))["id"]},
    ):
        assert (await ben.send(f"{campaign}/manage", form_token=token, **fields)).status_code == 403, fields
    assert (await ben.send("/create/organization", form_token=token, do="create", name="Mine")).status_code == 403
    assert (await stored(place, campaign))["title"] == "Not theirs"
    assert await gathered(place, campaign) == set()
    assert await place.pool.fetchval("SELECT count(*) FROM organization WHERE name = 'Mine'") == 0


async def test_an_organization_is_created_by_an_admin_and_run_by_its_coordinators(
    place: Place, amara: Visitor, ben: Visitor, root: Visitor
) -> None:
    await amara.get("/create/organization", 403)
    page = await root.refused("/create/organization", "create", name="Moss lovers", coordinators="Amara Quill\nNo such")
    assert "No account on the wikis is called No such." in words(page)
    said = await root.done(
        "/create/organization", "create", name="Moss lovers", description="*Bryology*", coordinators="amara_Quill\n\n"
    )
    assert "The organization was created." in words(said)
    page = await amara.get("/organizations/Moss_lovers")
    assert "Coordinated by Amara Quill" in words(page)
    assert "/organizations/Moss_lovers/manage" in page
    assert "/organizations/Moss_lovers/manage" not in await ben.get("/organizations/Moss_lovers")
    await ben.get("/organizations/Moss_lovers/manage", 403)
    form = await amara.form("/create/campaign?organization=Moss_lovers", "create")
    assert form.fields["organization"] == "Moss_lovers"
    await created(amara, "Mossy", organization="Moss_lovers")
    assert "1 campaign" in words(await ben.get("/organizations/Moss_lovers"))
    said = await amara.done("/organizations/Moss_lovers/manage", "details", description="Lichens, too")
    assert "The organization was saved." in words(said)
    handed = await amara.form("/organizations/Moss_lovers/manage", "details")
    response = await amara.send("/organizations/Moss_lovers/manage", handed, coordinators="Ben Okri")
    assert response.headers["location"].startswith("/organizations/Moss_lovers?done=")
    await amara.get("/organizations/Moss_lovers/manage", 403)
    await ben.get("/organizations/Moss_lovers/manage")


async def test_an_organizations_page_counts_what_is_public_and_nothing_else(
    place: Place, amara: Visitor, ben: Visitor, root: Visitor
) -> None:
    await root.done("/create/organization", "create", name="Museum", coordinators="Amara Quill")
    campaign = await created(amara, "Night", organization="Museum")
    public, private = await amara.program(title="Seen"), await amara.program(title="Unseen", visibility="PRIVATE")
    ada = await place.enroll(public, "Ada")
    await place.enroll(private, "Bea")
    for program in (public, private):
        await amara.done(f"{campaign}/manage", "add-program", program=program["id"])
    await place.edit(ada, "Painting", created=True)
    bea = await place.person("Bea")
    await place.edit(bea, "Hidden painting")
    page = words(await ben.get("/organizations/Museum"))
    assert "1 edit" in page or "Edits 1" in page
    assert "Hidden" not in page
    async with place.home.browser() as browser:
        response = await browser.get("/organizations/Museum")
        assert response.headers["cache-control"] == "public, max-age=10"
        assert (await browser.get("/organizations/no-such")).status_code == 404

# SPDX-License-Identifier: GPL-3.0-or-later
"""Creating, changing and ending programs in a browser without JavaScript: the pages and what their forms do."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from tests.web.visiting import Place, Visitor, forms, number_of, words

pytestmark = pytest.mark.asyncio(loop_scope="module")
CREATE = "/create/program"
ACCOUNTS = ("Bo Lind",)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stranger(place: Place) -> AsyncIterator[Visitor]:
    async with place.visitor("A Stranger") as visitor:
        yield visitor


def at(program: Any, part: str = "/details") -> str:
    return f"/programs/{program['slug']}/manage{part}"


async def row(place: Place, program: Any) -> dict[str, Any]:
    return dict(await place.pool.fetchrow("SELECT * FROM program WHERE id = $1", number_of(program)))


async def called(place: Place, title: str) -> list[dict[str, Any]]:
    return [dict(each) for each in await place.pool.fetch("SELECT * FROM program WHERE title = $1", title)]


async def test_whoever_is_not_signed_in_is_sent_to_sign_in_and_comes_back(place: Place) -> None:
    async with place.home.browser() as http:
        for path in ("/my", "/create/program?campaign=Spring"):
            sent = await http.get(path)
            assert sent.status_code == 303
            assert sent.headers["location"].startswith("/sign-in?return=%2F")


async def test_a_program_is_created_in_ones_own_time_zone_and_leads_to_its_people(place: Place, amara: Visitor) -> None:
    page = await amara.done(
        CREATE, "create", title="Night of Moss", institution="City Library", zone="Europe/Brussels",
        description="Bring a laptop.", trackingStart="2026-12-03T10:00", trackingEnd="2026-12-03T23:59",
        eventStart="2026-12-03T18:00", eventEnd="2026-12-03T20:00", wikis="fr.wikipedia.org\r\ncommonswiki 0 6",
    )  # fmt: skip
    assert "Your program is there." in words(page)
    (made,) = await called(place, "Night of Moss")
    assert (made["slug"], made["type"], made["visibility"]) == ("City_Library-Night_of_Moss", "EDITATHON", "PUBLIC")
    moments = [made[name].isoformat()[:19] for name in ("tracking_start", "tracking_end", "event_start", "event_end")]
    assert moments == ["2026-12-03T09:00:00", "2026-12-03T22:59:59", "2026-12-03T17:00:00", "2026-12-03T19:00:00"]
    tracked = await place.pool.fetch(
        "SELECT w.dbname, t.namespaces FROM program_wiki t JOIN wiki w ON w.id = t.wiki_id WHERE program_id = $1"
        " ORDER BY 1",
        made["id"],
    )
    assert [tuple(each) for each in tracked] == [("commonswiki", [0, 6]), ("frwiki", [0])]
    home = await place.pool.fetchval("SELECT dbname FROM wiki WHERE id = $1", made["home_wiki_id"])
    assert home == "frwiki"


async def test_what_is_refused_stays_in_the_form_with_the_reason_beside_each_field(
    place: Place, amara: Visitor
) -> None:
    typed = {"title": " ", "institution": "Library <3", "description": "Kept\nlines", "wikis": "xx.wikipedia.org"}
    page = await amara.refused(CREATE, "create", **typed)
    assert "2 things are not right yet. Nothing was lost." in words(page)
    assert 'id="create-title-fault">This must not be empty.' in page
    assert "No wiki of Wikimedia is called &#39;xx.wikipedia.org&#39;." in page
    assert "Library &lt;3" in page
    assert "\nKept\nlines</textarea>" in page
    skipped = {"title": "Skipped", "institution": "L", "zone": "Europe/Brussels", "trackingStart": "2026-03-29T02:30"}
    page = await amara.refused(CREATE, "create", **skipped, trackingEnd="soon", eventEnd="")
    assert "There is no such time on that day: clocks are put forward then." in page
    assert "This is no date and time, such as 2026-12-03 10:00." in page
    assert 'value="soon"' in page
    assert await called(place, "Skipped") == []


async def test_the_times_can_be_seen_in_utc_before_anything_is_created(place: Place, amara: Visitor) -> None:
    form = await amara.form(CREATE, "create")
    typed = {"title": "Looked at", "zone": "Asia/Kolkata", "trackingStart": "2026-12-03T10:00"}
    response = await amara.send(CREATE, form, **typed, _look="yes")
    assert response.status_code == 200
    assert "3 Dec 2026 04:30 in UTC" in words(response.text)
    assert 'value="Looked at"' in response.text
    assert await called(place, "Looked at") == []


async def test_a_form_sent_twice_makes_one_program(place: Place, amara: Visitor) -> None:
    form = await amara.form(CREATE, "create")
    sent = [await amara.send(CREATE, form, title="Twice", institution="Library") for _ in range(2)]
    assert [response.status_code for response in sent] == [303, 303]
    assert sent[0].headers["location"] == sent[1].headers["location"]
    assert len(await called(place, "Twice")) == 1


async def test_inside_a_campaign_the_form_begins_with_what_the_campaign_gives(place: Place, amara: Visitor) -> None:
    await amara.change(
        "createCampaign", "campaign { slug }", title="Spring", templateDescription="Made in spring.",
        defaultProgramType="CLASSROOM", defaultPasscodePolicy="NONE",
    )  # fmt: skip
    path = f"{CREATE}?campaign=Spring"
    form = await amara.form(path, "create")
    assert (form.fields["description"], form.fields["type"]) == ("Made in spring.", "CLASSROOM")
    assert "In the campaign Spring" in words(await amara.get(path))
    page = await amara.refused(path, "create", title="", institution="School")
    assert "In the campaign Spring" in words(page)
    await amara.done(path, "create", title="In Spring", institution="School")
    (made,) = await called(place, "In Spring")
    assert (made["description"], made["type"], made["passcode_policy"]) == ("Made in spring.", "CLASSROOM", "NONE")
    gathered = await place.pool.fetchval("SELECT count(*) FROM campaign_program WHERE program_id = $1", made["id"])
    assert gathered == 1
    await amara.get(f"{CREATE}?campaign=Nowhere", 404)


async def test_a_program_is_cloned_with_dates_of_its_own(place: Place, amara: Visitor) -> None:
    program = await amara.program(title="Model", description="The same.", eventStart=None)
    page = await amara.refused(at(program, "/clone"), "clone", title="Model")
    assert "There is a program Library-Model already: change title or term." in words(page)
    typed = {"term": "2027", "trackingStart": "2027-05-01T09:00", "trackingEnd": "2027-05-02T18:00"}
    page = await amara.done(at(program, "/clone"), "clone", **typed)
    assert "The new program is there." in words(page)
    clone = next(each for each in await called(place, "Model") if each["term"] == "2027")
    assert (clone["description"], clone["tracking_end"].isoformat()[:19]) == ("The same.", "2027-05-02T18:00:59")


async def test_details_are_changed_and_what_was_not_touched_stays_to_the_second(place: Place, amara: Visitor) -> None:
    program = await amara.program(title="Details", trackingStart="2026-11-01T00:00:07Z")
    page = await amara.done(at(program), "details", title="Better Details", private="yes")
    assert "The program is saved." in words(page)
    now = await row(place, program)
    assert (now["title"], now["visibility"], now["slug"]) == ("Better Details", "PRIVATE", program["slug"])
    assert now["tracking_start"].second == 7
    page = await amara.refused(at(program), "details", trackingStart="2035-01-01T00:00")
    assert "The end must not be before the start." in page
    assert (await row(place, program))["tracking_start"] == now["tracking_start"]


async def test_of_two_who_edit_at_once_the_second_is_told_and_nothing_is_lost(place: Place, amara: Visitor) -> None:
    program = await amara.program(title="Both", description="Before.")
    mine, theirs = await amara.form(at(program), "details"), await amara.form(at(program), "details")
    assert (await amara.send(at(program), theirs, title="Theirs", description="By them.")).status_code == 303
    response = await amara.send(at(program), mine, title="Mine", eventStart="2026-12-03T10:00")
    assert response.status_code == 422
    page = response.text
    assert "Somebody else changed this meanwhile." in words(page)
    assert 'id="details-title-fault">Somebody else wrote here meanwhile: Theirs' in page
    assert 'value="Mine"' in page
    assert "\nBy them.</textarea>" in page
    now = await row(place, program)
    assert (now["title"], now["description"], now["event_start"]) == ("Theirs", "By them.", None)
    again = next(form for form in forms(page) if form.do == "details")
    assert (await amara.send(at(program), again)).status_code == 303
    now = await row(place, program)
    assert (now["title"], now["description"]) == ("Mine", "By them.")
    assert now["event_start"].isoformat()[:19] == "2026-12-03T10:00:00"


async def test_what_was_changed_on_other_pages_keeps_nobody_from_saving(place: Place, amara: Visitor) -> None:
    program = await amara.program(title="Elsewhere")
    form = await amara.form(at(program), "details")
    await amara.change("updateProgram", id=program["id"], registrationOpen=False, passcodePolicy="NONE")
    assert (await amara.send(at(program), form, title="Saved all the same")).status_code == 303
    assert (await row(place, program))["title"] == "Saved all the same"


async def test_a_program_is_withdrawn_and_restored_by_one_press_each(place: Place, amara: Visitor) -> None:
    program = await amara.program(title="Withdrawn")
    page = await amara.done(at(program), "withdraw")
    assert "only its own people see it now" in words(page)
    assert 'name="title"' not in page
    page = await amara.done(at(program), "restore")
    assert "The program is what it was." in words(page)
    assert (await row(place, program))["withdrawn_at"] is None


async def test_a_program_is_taken_out_of_a_campaign_by_whoever_runs_it(place: Place, amara: Visitor) -> None:
    form = await amara.form("/create/campaign", "create")
    campaign = (await amara.send("/create/campaign", form, title="Left again")).headers["location"].partition("?")[0]
    program = await amara.program(title="On its own again")
    await amara.done(campaign, "add-program", program=program["id"])
    assert "Left again" in words(await amara.get(at(program)))
    page = await amara.done(at(program), "leave-campaign")
    assert "The program is not in the campaign any more." in words(page)
    assert "Left again" not in words(page)
    memberships = "SELECT count(*) FROM campaign_program WHERE program_id = $1"
    assert await place.pool.fetchval(memberships, number_of(program)) == 0


async def test_a_program_is_deleted_by_its_title_while_nobody_takes_part(place: Place, amara: Visitor) -> None:
    program = await amara.program(title="Gone Soon")
    page = await amara.refused(at(program), "delete", confirmTitle="Gone")
    assert "This is not the title of the program." in page
    page = await amara.done(at(program), "delete", confirmTitle="Gone Soon")
    assert "The program is deleted." in words(page)
    assert await called(place, "Gone Soon") == []
    kept = await amara.program(title="Kept")
    form = await amara.form(at(kept), "delete")
    await place.enroll(kept, "Bo Lind")
    page = await amara.get(at(kept))
    assert 'name="confirmTitle"' not in page
    assert "People take part in this program" in words(page)
    assert (await amara.send(at(kept), form, confirmTitle="Kept")).status_code == 422
    assert len(await called(place, "Kept")) == 1


PARTS = ("/details", "/clone", "/sessions")


async def test_others_neither_see_nor_send_any_of_it(place: Place, amara: Visitor, stranger: Visitor) -> None:
    program = await amara.program(title="Not Theirs")
    form = await stranger.form("/my/account", "token")
    before = await row(place, program)
    for part in PARTS:
        assert "This page is for others" in await stranger.get(at(program, part), 403)
    for part, do in (("/details", "details"), ("/details", "withdraw"), ("/clone", "clone"), ("/sessions", "goals")):
        sent = {"form_token": form.fields["form_token"], "do": do, "title": "Taken Over", "goal-TOTAL_EDITS": "1"}
        assert (await stranger.send(at(program, part), None, **sent)).status_code in (403, 422), (part, do)
    assert await row(place, program) == before
    assert await called(place, "Taken Over") == []
    secret = await amara.program(title="Secret", visibility="PRIVATE")
    for part in PARTS:
        await stranger.get(at(secret, part), 404)

# SPDX-License-Identifier: GPL-3.0-or-later
"""One's programs, their sessions and goals in a browser without JavaScript."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.web.visiting import NOW, Place, Visitor, forms, number_of, words

pytestmark = pytest.mark.asyncio(loop_scope="module")
ACCOUNTS = ("Bo Lind",)


def at(program: Any, part: str = "/sessions") -> str:
    return f"/programs/{program['slug']}/manage{part}"


def day(days: int) -> str:
    return (NOW + timedelta(days=days)).isoformat()


async def sessions(place: Place, program: Any) -> list[dict[str, Any]]:
    rows = await place.pool.fetch("SELECT * FROM session WHERE program_id = $1 ORDER BY id", number_of(program))
    return [dict(row) for row in rows]


async def test_ones_programs_are_under_way_to_come_or_over(place: Place) -> None:
    async with place.visitor("Cleo Marsh") as cleo:
        assert words(await cleo.get("/my")).count("None.") == 2
        await cleo.program(title="Now")
        await cleo.program(title="Later", trackingStart=day(2), trackingEnd=day(3))
        await cleo.program(title="Before", trackingStart=day(-3), trackingEnd=day(-2))
        said = words(await cleo.get("/my"))
        assert said.index("Running now") < said.index(" Now ") < said.index("To come") < said.index(" Later ")
        assert said.index(" Later ") < said.index("Past") < said.index(" Before ")
        assert "One program needs your attention." in said  # the one that runs without anybody


async def test_what_needs_attention_leads_to_where_it_is_mended(place: Place, amara: Visitor) -> None:
    program = await amara.program(title="In Need", type="ARTICLE_SCOPED")
    number = number_of(program)
    await place.pool.execute(
        "INSERT INTO pending_enrollment (program_id, username, unknown_at) VALUES ($1, 'Nobody', now())", number
    )
    await place.pool.execute("INSERT INTO stream_gap (from_at, to_at) VALUES (now() - interval '5 minutes', now())")
    page = await amara.get("/my")
    said = words(page)
    assert "Nobody is enrolled yet. Add people, or give them the link." in said
    assert "Its lists have no articles: no edit counts." in said
    assert "Nobody on the wikis has a name that was pasted" in said
    assert "Wikimedia’s stream was interrupted in its time." in said
    assert f'href="{at(program, "/people")}"' in page
    assert f'href="{at(program, "/articles")}"' in page
    await place.pool.execute("UPDATE stream_gap SET reconciled = true")
    assert "Wikimedia’s stream" not in words(await amara.get("/my"))


async def test_whoever_only_takes_part_is_led_to_the_public_page(place: Place, amara: Visitor) -> None:
    program = await amara.program(title="Somebody's Own")
    async with place.visitor("Bo Lind") as bo:
        await place.enroll(program, "Bo Lind")
        page = await bo.get("/my")
        assert f'href="/programs/{program["slug"]}"' in page
        assert at(program, "") not in page
        assert "needs your attention" not in words(page)


async def test_a_session_is_created_changed_and_deleted(place: Place, amara: Visitor) -> None:
    program = await amara.program(title="With Sessions")
    window = {"zone": "Europe/Brussels", "start": "2026-12-03T10:00", "end": "2026-12-03T12:00"}
    page = await amara.refused(at(program), "create", title="", **window, coordinators="Nobody Here")
    assert "This must not be empty." in page
    assert "No account on the wikis is called Nobody Here." in page
    page = await amara.done(at(program), "create", title="Monday", venue="Room 2", coordinators="Bo Lind", **window)
    assert "The session is created." in words(page)
    (made,) = await sessions(place, program)
    assert (made["starts_at"].isoformat()[:19], made["ends_at"].isoformat()[:19]) == (
        "2026-12-03T09:00:00", "2026-12-03T11:00:59",
    )  # fmt: skip
    one = f"{at(program)}/{made['slug']}"
    page = await amara.done(one, "session", title="Tuesday", venue="")
    assert "The session is saved." in words(page)
    (now,) = await sessions(place, program)
    assert now == {**made, "title": "Tuesday", "venue": None}
    page = await amara.done(one, "delete")
    assert "The session is deleted; the program" in words(page)
    assert await sessions(place, program) == []
    await amara.get(one, 404)


async def test_of_two_who_change_a_session_at_once_the_second_is_told(place: Place, amara: Visitor) -> None:
    program = await amara.program(title="Two At A Session")
    window = {"start": "2026-12-03T10:00", "end": "2026-12-03T12:00"}
    await amara.done(at(program), "create", title="Monday", **window)
    one = f"{at(program)}/Monday"
    mine, theirs = await amara.form(one, "session"), await amara.form(one, "session")
    assert (await amara.send(one, theirs, venue="Room 3")).status_code == 303
    response = await amara.send(one, mine, title="Tuesday")
    assert response.status_code == 422
    assert "it is shown as it is now: Place" in words(response.text)
    again = next(form for form in forms(response.text) if form.do == "session")
    assert (again.fields["title"], again.fields["venue"]) == ("Tuesday", "Room 3")
    assert (await amara.send(one, again)).status_code == 303
    (now,) = await sessions(place, program)
    assert (now["title"], now["venue"]) == ("Tuesday", "Room 3")


async def test_a_coordinator_changes_their_own_session_and_nothing_else(place: Place, amara: Visitor) -> None:
    program = await amara.program(title="Coordinated")
    window = {"start": "2026-12-03T10:00", "end": "2026-12-03T12:00"}
    async with place.visitor("Bo Lind") as bo:
        await amara.done(at(program), "create", title="Own", coordinators="Bo Lind", **window)
        await amara.done(at(program), "create", title="Other", **window)
        page = await bo.done(f"{at(program)}/Own", "session", venue="Bo's room")
        assert 'value="delete"' not in page
        await bo.get(at(program), 403)
        await bo.get(f"{at(program)}/Other", 403)
        form = await bo.form(f"{at(program)}/Own", "session")
        assert (await bo.send(f"{at(program)}/Other", form, title="Taken")).status_code == 403
        assert (await bo.send(f"{at(program)}/Own", form, do="delete", once="")).status_code == 422
    assert [(each["title"], each["venue"]) for each in await sessions(place, program)] == [
        ("Own", "Bo's room"), ("Other", None),
    ]  # fmt: skip


async def test_goals_are_numbers_and_an_empty_field_is_none(place: Place, amara: Visitor) -> None:
    program = await amara.program(title="With Goals")
    goals = "SELECT metric, target FROM goal WHERE program_id = $1 ORDER BY metric"
    page = await amara.refused(at(program), "goals", **{"goal-TOTAL_EDITS": "many", "goal-BYTES_ADDED": "0"})
    assert "A goal is a whole number, such as 100." in page
    page = await amara.refused(at(program), "goals", **{"goal-BYTES_ADDED": "0"})
    assert "A target is from 1 to" in page
    assert 'id="goals-goal-BYTES_ADDED-fault"' in page
    await amara.done(at(program), "goals", **{"goal-TOTAL_EDITS": "1 000", "goal-ARTICLES_CREATED": "\u0665"})
    assert [tuple(row) for row in await place.pool.fetch(goals, number_of(program))] == [
        ("ARTICLES_CREATED", 5), ("TOTAL_EDITS", 1000),
    ]  # fmt: skip
    page = await amara.done(at(program), "goals", **{"goal-TOTAL_EDITS": ""})
    assert "The goals are set." in words(page)
    assert "0 of 5" in words(page)
    assert [row["metric"] for row in await place.pool.fetch(goals, number_of(program))] == ["ARTICLES_CREATED"]

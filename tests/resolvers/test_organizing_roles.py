# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from graph.db import organizing
from graph.resolvers.identity import ANONYMOUS, Actor
from graph.resolvers.signing_in import development_actor
from graph.schema import ids
from tests.resolvers.stage import Stage


async def never_signed_in(stage: Stage, username: str) -> None:
    """Somebody who edits in a program and has never been here."""
    stage.users.add(username)
    async with stage.pool.acquire() as conn:
        await organizing.write_editors(conn, [stage.users.accounts[username]])


async def test_volunteers_are_given_roles_and_lose_them(stage: Stage, amara: Actor, stranger: Actor) -> None:
    program = await stage.program(amara)
    bo = {"programId": program["id"], "username": "A Stranger"}
    asked = "query($slug: String!) { program(slug: $slug) { passcode } }"
    assert await stage.api.ask(asked, stranger, slug=program["slug"]) == {"program": {"passcode": None}}

    await stage.done("giveVolunteerRole", amara, **bo, role="ONLINE_VOLUNTEER")
    given = await stage.done("giveVolunteerRole", amara, **bo, role="STAFF")

    assert given["program"]["volunteers"] == [
        {"editor": {"username": "A Stranger"}, "role": "ONLINE_VOLUNTEER"},
        {"editor": {"username": "A Stranger"}, "role": "STAFF"},
    ]
    assert await stage.done("giveVolunteerRole", amara, **bo, role="STAFF") == given
    assert (await stage.api.ask(asked, stranger, slug=program["slug"]))["program"]["passcode"]
    taken = await stage.done("takeVolunteerRole", amara, **bo, role="ONLINE_VOLUNTEER")
    assert taken["program"]["volunteers"] == [{"editor": {"username": "A Stranger"}, "role": "STAFF"}]
    assert await stage.refused("takeVolunteerRole", amara, **bo, role="ONLINE_VOLUNTEER") == [
        ("NOT_ENROLLED", "username")
    ]


async def test_only_volunteers_roles_are_given_and_only_to_who_has_signed_in_once(stage: Stage, amara: Actor) -> None:
    program = await stage.program(amara)
    await never_signed_in(stage, "Grace")
    for mutation in ("giveVolunteerRole", "takeVolunteerRole"):
        for role in ("EDITOR", "FACILITATOR"):
            fields = {"programId": program["id"], "username": "Amara Quill", "role": role}
            assert await stage.refused(mutation, amara, **fields) == [("INVALID", "role")]
        fields = {"programId": program["id"], "username": "Nobody", "role": "STAFF"}
        assert await stage.refused(mutation, amara, **fields) == [("UNKNOWN_USER", "username")]
    fields = {"programId": program["id"], "username": "Grace"}
    assert await stage.refused("giveVolunteerRole", amara, **fields, role="STAFF") == [("UNKNOWN_USER", "username")]
    assert await stage.refused("addFacilitator", amara, **fields) == [("UNKNOWN_USER", "username")]


async def test_an_admin_is_made_and_unmade_by_admins(stage: Stage, admin: Actor, amara: Actor) -> None:
    assert await stage.refused("grantAdmin", ANONYMOUS, username="Amara Quill") == [("NOT_SIGNED_IN", None)]
    assert await stage.refused("grantAdmin", amara, username="Amara Quill") == [("NOT_ALLOWED", None)]
    assert not (await development_actor(stage.deps, "Amara Quill")).is_admin

    made = await stage.done("grantAdmin", admin, username="amara_Quill")

    assert made["admins"] == [{"username": "Amara Quill"}]
    assert await stage.done("grantAdmin", admin, username="Amara Quill") == made
    now_admin = await development_actor(stage.deps, "Amara Quill")
    assert now_admin.is_admin
    assert await stage.refused("revokeAdmin", admin, username="The Admin") == [("NOT_FOUND", "username")]
    assert await stage.refused("revokeAdmin", amara, username="Amara Quill") == [("NOT_ALLOWED", None)]
    assert (await stage.done("revokeAdmin", now_admin, username="Amara Quill"))["admins"] == []
    assert not (await development_actor(stage.deps, "Amara Quill")).is_admin


async def test_nobody_is_made_an_admin_who_has_not_signed_in_once(stage: Stage, admin: Actor) -> None:
    await never_signed_in(stage, "Grace")
    for name in ("Grace", "Nobody", "127.0.0.1"):
        found = await stage.refused("grantAdmin", admin, username=name)
        assert [field for _, field in found] == ["username"]


async def test_a_hundred_people_can_hold_a_role_and_no_more(stage: Stage, amara: Actor, stranger: Actor) -> None:
    program = await stage.program(amara)
    campaign = (await stage.done("createCampaign", amara, title="Spring"))["campaign"]["id"]
    number, of_campaign = (found.number for each in (program["id"], campaign) if (found := ids.parse(each)))
    await stage.pool.execute("INSERT INTO editor (username) SELECT 'Editor ' || n FROM generate_series(1, 100) n")
    for role in ("STAFF", "FACILITATOR"):
        await stage.pool.execute(
            "INSERT INTO enrollment (program_id, editor_id, role)"
            " SELECT $1, id, $2 FROM editor WHERE username LIKE 'Editor %' ORDER BY id LIMIT $3",
            number, role, 100 if role == "STAFF" else 99,
        )  # fmt: skip
    await stage.pool.execute(
        "INSERT INTO campaign_organizer SELECT $1, id FROM editor WHERE username LIKE 'Editor %' ORDER BY id LIMIT 99",
        of_campaign,
    )
    too_many = [("TOO_MANY", "username")]
    person = {"programId": program["id"], "username": "A Stranger"}
    assert await stage.refused("giveVolunteerRole", amara, **person, role="STAFF") == too_many
    assert await stage.refused("addFacilitator", amara, **person) == too_many
    assert await stage.refused("addCampaignOrganizer", amara, campaignId=campaign, username="A Stranger") == too_many
    await stage.done("addFacilitator", amara, programId=program["id"], username="Amara Quill")
    await stage.done("giveVolunteerRole", amara, **person, role="ONLINE_VOLUNTEER")

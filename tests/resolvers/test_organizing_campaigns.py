# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

from graph.resolvers.identity import ANONYMOUS, Actor
from graph.schema import ids
from tests.db.rows import World
from tests.resolvers.stage import END, START, Stage

NO_CAMPAIGNS: list[tuple[dict[str, Any], list[tuple[str, str | None]]]] = [
    ({"title": ""}, [("INVALID", "title")]),
    ({"title": "!!!"}, [("INVALID", "title")]),
    ({"title": "x" * 201}, [("TOO_LONG", "title")]),
    ({"description": "x" * 20_001}, [("TOO_LONG", "description")]),
    ({"templateDescription": "\x07"}, [("INVALID", "templateDescription")]),
    ({"start": END, "end": START}, [("INVALID", "end")]),
    ({"defaultProgramType": None}, [("INVALID", "defaultProgramType")]),
    ({"defaultPasscodePolicy": None}, [("INVALID", "defaultPasscodePolicy")]),
    ({"defaultPasscodePolicy": "FIXED"}, [("INVALID", "defaultPasscode")]),
    ({"defaultPasscode": "x"}, [("INVALID", "defaultPasscode")]),
    ({"organizationSlug": "nowhere"}, [("NOT_FOUND", "organizationSlug")]),
    ({"organizationSlug": "a\0"}, [("NOT_FOUND", "organizationSlug")]),
]


async def test_admins_create_organizations_and_their_coordinators_run_them(
    stage: Stage, admin: Actor, amara: Actor, stranger: Actor
) -> None:
    fields = {"name": "ويكيميديا مصر", "description": "A chapter.", "coordinators": ["amara_Quill"]}
    assert await stage.refused("createOrganization", ANONYMOUS, **fields) == [("NOT_SIGNED_IN", None)]
    assert await stage.refused("createOrganization", amara, **fields) == [("NOT_ALLOWED", None)]
    made = (await stage.done("createOrganization", admin, **fields))["organization"]
    assert made == {
        "id": made["id"],
        "slug": "ويكيميديا_مصر",
        "name": "ويكيميديا مصر",
        "description": "A chapter.",
        "coordinators": [{"username": "Amara Quill"}],
    }
    assert stage.users.asked == [("metawiki", ("Amara Quill",))]
    assert await stage.refused("createOrganization", admin, **fields) == [("TAKEN", "name")]
    assert await stage.refused("updateOrganization", stranger, id=made["id"], name="x") == [("NOT_ALLOWED", None)]
    assert await stage.refused("updateOrganization", ANONYMOUS, id=made["id"]) == [("NOT_SIGNED_IN", None)]
    changed = await stage.done("updateOrganization", amara, id=made["id"], name="New", description=None)
    assert changed["organization"] == made | {"name": "New", "description": ""}
    changed = await stage.done("updateOrganization", amara, id=made["id"], coordinators=None)
    assert changed["organization"]["coordinators"] == []


async def test_what_an_organization_cannot_be_is_refused_by_field(stage: Stage, admin: Actor) -> None:
    cases: list[tuple[dict[str, Any], list[tuple[str, str | None]]]] = [
        ({"name": " "}, [("INVALID", "name")]),
        ({"name": "?"}, [("INVALID", "name")]),
        ({"name": "x" * 201}, [("TOO_LONG", "name")]),
        ({"name": "", "coordinators": ["Nobody"]}, [("INVALID", "name"), ("UNKNOWN_USER", "coordinators.0")]),
        ({"coordinators": ["~2025-1-2"]}, [("INVALID", "coordinators.0")]),
    ]
    for fields, faults in cases:
        assert await stage.refused("createOrganization", admin, **({"name": "Affiliate"} | fields)) == faults, fields
    assert await stage.refused("updateOrganization", admin, id="x", name="y") == [("NOT_FOUND", "id")]


async def test_whoever_creates_a_campaign_organizes_it(stage: Stage, amara: Actor) -> None:
    made = (await stage.done("createCampaign", amara, title="Spring 2026", start=START, end=END))["campaign"]
    assert made == {
        "id": made["id"],
        "slug": "Spring_2026",
        "title": "Spring 2026",
        "description": "",
        "start": START,
        "end": END,
        "defaultProgramType": "BASIC",
        "defaultPasscodePolicy": "RANDOM",
        "templateDescription": "",
        "organization": None,
        "organizers": [{"username": "Amara Quill"}],
    }
    assert await stage.refused("createCampaign", amara, title="Spring 2026!") == [("TAKEN", "title")]
    assert await stage.refused("createCampaign", ANONYMOUS, title="x") == [("NOT_SIGNED_IN", None)]


async def test_what_a_campaign_cannot_be_is_refused_by_field(stage: Stage, amara: Actor) -> None:
    for fields, faults in NO_CAMPAIGNS:
        assert await stage.refused("createCampaign", amara, **({"title": "Spring"} | fields)) == faults, fields


async def test_a_campaign_in_the_name_of_an_organization_is_for_its_coordinators(
    stage: Stage, admin: Actor, amara: Actor, stranger: Actor
) -> None:
    await stage.done("createOrganization", admin, name="Affiliate", coordinators=["Amara Quill"])
    fields = {"title": "Spring", "organizationSlug": "Affiliate"}
    assert await stage.refused("createCampaign", stranger, **fields) == [("NOT_ALLOWED", "organizationSlug")]
    made = await stage.done("createCampaign", amara, **fields)
    assert made["campaign"]["organization"] == {"slug": "Affiliate"}


async def test_a_program_is_gathered_by_who_facilitates_it_and_organizes_the_campaign(
    stage: Stage, admin: Actor, amara: Actor, stranger: Actor
) -> None:
    program = await stage.program(amara)
    stage.users.add("Bo")
    await stage.done("addEditors", amara, programId=program["id"], usernames=["Bo"])
    mine = (await stage.done("createCampaign", amara, title="Mine"))["campaign"]
    theirs = (await stage.done("createCampaign", stranger, title="Theirs"))["campaign"]
    here = {"programId": program["id"]}
    refused = {"addProgramToCampaign": [(stranger, mine), (stranger, theirs), (amara, theirs)]}
    for mutation, cases in refused.items():
        for actor, campaign in cases:
            fields = here | {"campaignId": campaign["id"]}
            assert await stage.refused(mutation, actor, **fields) == [("NOT_ALLOWED", None)]
    anonymous = await stage.refused("addProgramToCampaign", ANONYMOUS, **here, campaignId=mine["id"])
    assert anonymous == [("NOT_SIGNED_IN", None)]
    assert await stage.refused("addProgramToCampaign", amara, **here, campaignId=program["id"]) == [
        ("NOT_FOUND", "campaignId")
    ]
    for _ in range(2):
        made = await stage.done("addProgramToCampaign", amara, **here, campaignId=mine["id"])
        assert made["campaign"] == {"programs": {"nodes": [{"slug": program["slug"]}]}}
        assert made["program"] == {"campaigns": {"nodes": [{"slug": "Mine"}]}}
    await stage.done("addProgramToCampaign", admin, **here, campaignId=theirs["id"])
    query = '{ campaign(slug: "Mine") { metrics { editors } } }'
    assert (await stage.api.ask(query))["campaign"]["metrics"] == {"editors": 1}
    # To organize one of its campaigns is not to organize the other.
    other = (await stage.done("createCampaign", amara, title="Other"))["campaign"]
    assert await stage.refused("addProgramToCampaign", stranger, **here, campaignId=other["id"]) == [
        ("NOT_ALLOWED", None)
    ]


async def test_a_private_program_cannot_be_gathered_by_who_may_not_know_of_it(
    stage: Stage, amara: Actor, stranger: Actor
) -> None:
    program = await stage.program(amara, visibility="PRIVATE")
    campaign = (await stage.done("createCampaign", stranger, title="Theirs"))["campaign"]
    for actor in (stranger, ANONYMOUS):
        fields = {"programId": program["id"], "campaignId": campaign["id"]}
        assert await stage.refused("addProgramToCampaign", actor, **fields) == [("NOT_FOUND", "programId")]


async def test_a_campaign_keeps_its_last_organizer(stage: Stage, amara: Actor, stranger: Actor) -> None:
    campaign = (await stage.done("createCampaign", amara, title="Spring"))["campaign"]
    fields = {"campaignId": campaign["id"]}
    assert await stage.refused("addCampaignOrganizer", stranger, **fields, username="A Stranger") == [
        ("NOT_ALLOWED", None)
    ]
    last = await stage.refused("removeCampaignOrganizer", amara, **fields, username="Amara Quill")
    assert last == [("NOT_ALLOWED", "username")]
    made = await stage.done("addCampaignOrganizer", amara, **fields, username="a_Stranger")
    assert len(made["campaign"]["organizers"]) == 2
    made = await stage.done("removeCampaignOrganizer", stranger, **fields, username="Amara Quill")
    assert made["campaign"]["organizers"] == [{"username": "A Stranger"}]
    assert await stage.refused("removeCampaignOrganizer", stranger, **fields, username="Amara Quill") == [
        ("NOT_FOUND", "username")
    ]


async def test_a_program_is_taken_out_by_who_runs_either(
    stage: Stage, admin: Actor, amara: Actor, stranger: Actor
) -> None:
    other = await stage.person("Other One")
    await stage.done("createOrganization", admin, name="Affiliate", coordinators=["Amara Quill"])
    campaign = (await stage.done("createCampaign", amara, title="Spring", organizationSlug="Affiliate"))["campaign"]
    program = await stage.program(stranger, campaignSlug="Spring", passcodePolicy="NONE")
    await stage.done("joinProgram", other, programId=program["id"])
    numbers = """{ campaign(slug: "Spring") { metrics { editors wordsAdded } }
        organization(slug: "Affiliate") { metrics { editors wordsAdded } } }"""
    full, empty = {"metrics": {"editors": 1, "wordsAdded": 0}}, {"metrics": {"editors": 0, "wordsAdded": None}}
    assert await stage.api.ask(numbers) == {"campaign": full, "organization": full}
    fields = {"campaignId": campaign["id"], "programId": program["id"]}
    assert await stage.refused("removeProgramFromCampaign", other, **fields) == [("NOT_ALLOWED", None)]
    for actor in (amara, stranger, amara):
        made = await stage.done("removeProgramFromCampaign", actor, **fields)
        assert made["campaign"] == {"programs": {"nodes": []}}
        assert made["program"] == {"campaigns": {"nodes": []}}
    assert await stage.api.ask(numbers) == {"campaign": empty, "organization": empty}


async def test_a_campaign_is_changed_by_its_organizers_field_by_field(
    stage: Stage, admin: Actor, amara: Actor, stranger: Actor
) -> None:
    for name in ("First", "Second"):
        await stage.done("createOrganization", admin, name=name, coordinators=["Amara Quill"])
    campaign = (
        await stage.done(
            "createCampaign",
            amara,
            title="Spring",
            description="Old.",
            start=START,
            end=END,
            defaultPasscodePolicy="FIXED",
            defaultPasscode="tulip",
            organizationSlug="First",
        )
    )["campaign"]
    program = await stage.program(amara, campaignSlug="Spring")
    await stage.done("joinProgram", stranger, programId=program["id"], passcode="tulip")
    here = {"id": campaign["id"]}
    assert await stage.refused("updateCampaign", stranger, **here, title="x") == [("NOT_ALLOWED", None)]
    assert await stage.refused("updateCampaign", ANONYMOUS, **here, title="x") == [("NOT_SIGNED_IN", None)]
    assert await stage.refused("updateCampaign", amara, id=program["id"], title="x") == [("NOT_FOUND", "id")]
    no_changes: list[tuple[dict[str, Any], list[tuple[str, str | None]]]] = [
        ({"title": None}, [("INVALID", "title")]),
        ({"title": ""}, [("INVALID", "title")]),
        ({"defaultProgramType": None}, [("INVALID", "defaultProgramType")]),
        ({"defaultPasscode": None}, [("INVALID", "defaultPasscode")]),
        ({"start": "2027-01-01T00:00:00Z"}, [("INVALID", "start")]),
        ({"end": "2020-01-01T00:00:00Z"}, [("INVALID", "end")]),
        ({"organizationSlug": "nowhere"}, [("NOT_FOUND", "organizationSlug")]),
    ]
    for fields, faults in no_changes:
        assert await stage.refused("updateCampaign", amara, **here, **fields) == faults, fields
    changed = (await stage.done("updateCampaign", amara, **here, description=None, end=None))["campaign"]
    assert changed == {name: value for name, value in campaign.items() if name not in ("id", "organizers")} | {
        "description": "",
        "end": None,
    }
    changed = (
        await stage.done(
            "updateCampaign", amara, **here, title="Autumn", defaultPasscodePolicy="NONE", organizationSlug="Second"
        )
    )["campaign"]
    assert (changed["slug"], changed["title"], changed["defaultPasscodePolicy"]) == ("Spring", "Autumn", "NONE")
    numbers = """{ first: organization(slug: "First") { metrics { editors } }
        second: organization(slug: "Second") { metrics { editors } } }"""
    assert await stage.api.ask(numbers) == {
        "first": {"metrics": {"editors": 0}},
        "second": {"metrics": {"editors": 1}},
    }
    await stage.done("updateCampaign", amara, **here, organizationSlug=None)
    assert (await stage.api.ask(numbers))["second"] == {"metrics": {"editors": 0}}


async def test_a_deleted_campaign_leaves_its_programs_and_its_organization_counts_them_no_more(
    stage: Stage, admin: Actor, amara: Actor, stranger: Actor
) -> None:
    world = World(stage.pool)
    grace = await world.editor("Grace")
    await stage.done("createOrganization", admin, name="Affiliate", coordinators=["Amara Quill"])
    spring, autumn = [
        (await stage.done("createCampaign", amara, title=title, organizationSlug="Affiliate"))["campaign"]
        for title in ("Spring", "Autumn")
    ]
    programs = [
        await stage.program(amara, title="Both", campaignSlug="Spring"),
        await stage.program(amara, title="One", campaignSlug="Spring"),
    ]
    await stage.done("addProgramToCampaign", amara, campaignId=autumn["id"], programId=programs[0]["id"])
    numbers = [found.number for each in (*programs, spring) if (found := ids.parse(each["id"]))]
    for number, title in zip(numbers, ("Moss", "Fern"), strict=False):
        person = grace if title == "Moss" else await world.editor("Ada")
        await world.enroll(number, person)
        await world.edit(person, title, 10)
    of_organization = '{ organization(slug: "Affiliate") { metrics { totalEdits editors } } }'
    assert await stage.api.ask(of_organization) == {"organization": {"metrics": {"totalEdits": 2, "editors": 2}}}
    assert await stage.refused("deleteCampaign", stranger, id=spring["id"]) == [("NOT_ALLOWED", None)]
    assert await stage.refused("deleteCampaign", ANONYMOUS, id=spring["id"]) == [("NOT_SIGNED_IN", None)]

    assert (await stage.done("deleteCampaign", amara, id=spring["id"]))["deletedId"] == spring["id"]

    assert await stage.api.ask(of_organization) == {"organization": {"metrics": {"totalEdits": 1, "editors": 1}}}
    for slug, names in (("Both", [{"slug": "Autumn"}]), ("One", [])):
        query = "query($slug: String!) { program(slug: $slug) { metrics { totalEdits } campaigns { nodes { slug } } } }"
        found = await stage.api.ask(query, slug=f"Wikimedia_Belgium-{slug}")
        assert found == {"program": {"metrics": {"totalEdits": 1}, "campaigns": {"nodes": names}}}
    assert await stage.proved()
    for table, column in (("set_coverage", "collection_id"), ("article_tally", "generation"), ("collection", "id")):
        assert await stage.pool.fetchval(f"SELECT count(*) FROM {table} WHERE {column} = $1", numbers[2]) == 0
    assert await stage.refused("deleteCampaign", amara, id=spring["id"]) == [("NOT_FOUND", "id")]

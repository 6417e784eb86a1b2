# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading through the schema: what is shown, to whom, in how many statements."""

from __future__ import annotations

from datetime import timedelta

from tests.db.rows import NOW, START, World
from tests.schema.asking import Api, signed_in


async def test_an_empty_database_answers_every_root_field(api: Api) -> None:
    found = await api.ask(
        """{ viewer { username } organization(slug: "o") { name } campaign(slug: "c") { title }
        program(slug: "p") { title } editor(username: "E") { username } node(id: "x") { id } nodes(ids: ["x"]) { id }
        organizations { totalCount nodes { name } } campaigns { totalCount nodes { title } }
        programs { totalCount nodes { title } } wiki(dbname: "enwiki") { domain project language }
        service { connected upstreamLagSeconds ownLagSeconds lastEventAt version gaps { from } } }"""
    )

    nothing = {"totalCount": 0, "nodes": []}
    assert found == {
        "viewer": None,
        "organization": None,
        "campaign": None,
        "program": None,
        "editor": None,
        "node": None,
        "nodes": [None],
        "organizations": nothing,
        "campaigns": nothing,
        "programs": nothing,
        "wiki": {"domain": "en.wikipedia.org", "project": "wikipedia", "language": "en"},
        "service": {
            "connected": False,
            "upstreamLagSeconds": None,
            "ownLagSeconds": None,
            "lastEventAt": None,
            "version": "1.2.3",
            "gaps": [],
        },
    }


async def test_a_program_shows_its_details(api: Api, world: World) -> None:
    ada = await world.editor("Ada")
    organization = await world.organization("wmxx", ada)
    campaign = await world.campaign("spring", ada, organization_id=organization)
    program = await world.program(
        "botany",
        tracked={"enwiki": (0, 118), "dewiki": (0,)},
        campaigns=[campaign],
        facilitators=[ada],
        event_start=START + timedelta(days=1),
    )
    await world.session(program, "evening", NOW, NOW + timedelta(hours=2), coordinators=[ada])
    await world.goal(program, "TOTAL_EDITS", 10)

    found = await api.ask(
        """{ program(slug: "botany") { slug title institution term description type status visibility
        trackingStart trackingEnd eventStart eventEnd homeWiki { dbname } passcode passcodePolicy registrationOpen
        invitationUrl showNamesByDefault trackedWikis { wiki { dbname } namespaces } facilitators { username }
        scopes { id } goals { metric target actual reachedAt }
        campaigns { nodes { slug organizers { username } organization { slug coordinators { username } } } }
        sessions { slug title venue start end coordinators { username } program { slug } metrics { totalEdits } }
        } }"""
    )

    assert found["program"] == {
        "slug": "botany",
        "title": "Botany",
        "institution": "University",
        "term": None,
        "description": "",
        "type": "BASIC",
        "status": "ACTIVE",
        "visibility": "PUBLIC",
        "trackingStart": "2026-11-01T00:00:00Z",
        "trackingEnd": "2026-11-30T23:59:59Z",
        "eventStart": "2026-11-02T00:00:00Z",
        "eventEnd": None,
        "homeWiki": {"dbname": "enwiki"},
        "passcode": None,
        "passcodePolicy": "FIXED",
        "registrationOpen": True,
        "invitationUrl": None,
        "showNamesByDefault": True,
        "trackedWikis": [
            {"wiki": {"dbname": "dewiki"}, "namespaces": [0]},
            {"wiki": {"dbname": "enwiki"}, "namespaces": [0, 118]},
        ],
        "facilitators": [{"username": "Ada"}],
        "scopes": [],
        "goals": [{"metric": "TOTAL_EDITS", "target": 10, "actual": 0, "reachedAt": None}],
        "campaigns": {
            "nodes": [
                {
                    "slug": "spring",
                    "organizers": [{"username": "Ada"}],
                    "organization": {"slug": "wmxx", "coordinators": [{"username": "Ada"}]},
                }
            ]
        },
        "sessions": [
            {
                "slug": "evening",
                "title": "Evening",
                "venue": None,
                "start": "2026-11-22T12:00:00Z",
                "end": "2026-11-22T14:00:00Z",
                "coordinators": [{"username": "Ada"}],
                "program": {"slug": "botany"},
                "metrics": {"totalEdits": 0},
            }
        ],
    }


async def test_a_nested_query_costs_one_statement_a_level(api: Api, world: World) -> None:
    campaign = await world.campaign("spring")
    people = [await world.editor(f"Editor {number}") for number in range(4)]
    for number in range(3):
        program = await world.program(f"program-{number}", campaigns=[campaign])
        await world.enroll(program, *people)
    for person in people:
        await world.edit(person, f"Page of {person.username}", 100, created=True)

    found = await api.ask(
        """{ campaign(slug: "spring") { programs(first: 10, orderBy: TITLE) { nodes {
            slug metrics { totalEdits }
            editors(first: 10) { edges { node { username } metrics { edits bytesAdded lastEditAt } } }
        } } } }"""
    )

    edges = [
        {
            "node": {"username": person.username},
            "metrics": {"edits": 1, "bytesAdded": 100, "lastEditAt": "2026-11-22T11:00:00Z"},
        }
        for person in people
    ]
    assert found["campaign"]["programs"]["nodes"] == [
        {"slug": f"program-{number}", "metrics": {"totalEdits": 4}, "editors": {"edges": edges}} for number in range(3)
    ]
    # The campaign; its programs; their numbers, their editors; the editors' last edits.
    assert len(api.counting.statements) == 5


async def test_every_nested_field_of_many_programs_is_asked_for_together(api: Api, world: World) -> None:
    ada = await world.editor("Ada")
    campaign = await world.campaign("spring")
    for number in range(3):
        program = await world.program(f"program-{number}", campaigns=[campaign], facilitators=[ada])
        await world.session(program, "evening")
        await world.goal(program, "TOTAL_EDITS", 5)
        await world.enroll(program, ada)
    await world.edit(ada, "Rose", 10, created=True)

    await api.ask(
        """{ programs { totalCount nodes { trackedWikis { namespaces } goals { target } sessions { slug }
            facilitators { username } campaigns { totalCount nodes { slug } } viewerCan { edit }
            editors { totalCount } articles { totalCount edges { editors { username } } }
            edits { totalCount nodes { id } } uploads { totalCount nodes { id } } metricsByWiki { namespace }
            metrics(wiki: "enwiki") { totalEdits } timeline(bucket: DAY) { edits } } } }"""
    )

    # programs and their count; then trackedWikis, goals, sessions, facilitators, campaigns, viewerCan, editors,
    # articles, edits, uploads, metricsByWiki, metrics, and for the timeline the windows and the points; then five
    # counts and the articles' editors.
    assert len(api.counting.statements) == 2 + 14 + 6


async def test_the_count_is_not_asked_for_unless_it_is_wanted(api: Api, world: World) -> None:
    await world.program("botany")

    await api.ask("{ programs { nodes { slug } } }")

    assert len(api.counting.statements) == 1


async def test_the_activity_cursor_is_read_before_everything_else(api: Api, world: World) -> None:
    await world.program("botany")

    found = await api.ask('{ program(slug: "botany") { metrics { version } activityCursor } }')

    assert "FROM ledger" in api.counting.statements[0]
    assert isinstance(found["program"]["activityCursor"], str)


async def test_what_the_viewer_may_do_depends_on_the_viewer(api: Api, world: World) -> None:
    ada, bob = await world.editor("Ada"), await world.editor("Bob")
    program = await world.program("botany", facilitators=[ada])
    await world.enroll(program, bob)
    query = """{ program(slug: "botany") { passcode invitationUrl
        viewerCan { view edit manageEditors delete seePasscode join } } }"""

    facilitator = (await api.ask(query, signed_in(ada)))["program"]
    participant = (await api.ask(query, signed_in(bob)))["program"]
    stranger = (await api.ask(query))["program"]

    assert facilitator == {
        "passcode": "letmein",
        "invitationUrl": "https://graph.example/join/invitation-botany",
        "viewerCan": {
            "view": True,
            "edit": True,
            "manageEditors": True,
            "delete": False,
            "seePasscode": True,
            "join": True,
        },
    }
    nothing = {"view": True, "edit": False, "manageEditors": False, "delete": False, "seePasscode": False}
    assert participant == {"passcode": None, "invitationUrl": None, "viewerCan": {**nothing, "join": False}}
    assert stranger == {"passcode": None, "invitationUrl": None, "viewerCan": {**nothing, "join": False}}


async def test_the_viewer_sees_their_own_programs_and_campaigns(api: Api, world: World) -> None:
    ada = await world.editor("Ada")
    await world.campaign("spring", ada)
    await world.campaign("autumn")
    await world.program("botany", facilitators=[ada])
    await world.program("zoology")

    found = await api.ask(
        """{ viewer { id username isAdmin accessTokens { id } programs { totalCount nodes { slug } }
        campaigns { totalCount nodes { slug } } } editor(username: "Ada") { id } }""",
        signed_in(ada, is_admin=True),
    )

    assert found["viewer"] == {
        "id": found["editor"]["id"],
        "username": "Ada",
        "isAdmin": True,
        "accessTokens": [],
        "programs": {"totalCount": 1, "nodes": [{"slug": "botany"}]},
        "campaigns": {"totalCount": 1, "nodes": [{"slug": "spring"}]},
    }


async def test_an_editors_programs_are_those_shared_with_the_viewer(api: Api, world: World) -> None:
    ada, bob = await world.editor("Ada"), await world.editor("Bob")
    await world.enroll(await world.program("botany"), ada, bob)
    await world.enroll(await world.program("zoology"), ada)
    query = '{ editor(username: "Ada") { programs { totalCount nodes { slug } } } }'

    own = await api.ask(query, signed_in(ada))
    shared = await api.ask(query, signed_in(bob))
    strange = await api.ask(query)

    assert {node["slug"] for node in own["editor"]["programs"]["nodes"]} == {"botany", "zoology"}
    assert shared["editor"]["programs"] == {"totalCount": 1, "nodes": [{"slug": "botany"}]}
    assert strange["editor"]["programs"] == {"totalCount": 0, "nodes": []}

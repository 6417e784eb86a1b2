# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import re
from typing import Any

import pytest

from graph.resolvers.identity import ANONYMOUS, Actor
from tests.resolvers.stage import END, START, Stage

READABLE = re.compile(r"[a-hjkmnp-z2-9]{8}")
NO_SUCH = "UHJvZ3JhbTo5OTk"  # Program:999
FIELDS: dict[str, Any] = {
    "title": "Women in Red",
    "institution": "Wikimedia Belgium",
    "homeWiki": "enwiki",
    "trackingStart": START,
    "trackingEnd": END,
}


async def test_a_program_has_its_defaults_and_its_creator_as_facilitator(stage: Stage, amara: Actor) -> None:
    program = await stage.program(amara)
    assert READABLE.fullmatch(program.pop("passcode"))
    assert re.fullmatch(r"https://graph\.example/join/[\w-]{22}", program.pop("invitationUrl"))
    program.pop("id")
    assert program == {
        "slug": "Wikimedia_Belgium-Women_in_Red",
        "title": "Women in Red",
        "institution": "Wikimedia Belgium",
        "term": None,
        "description": "",
        "type": "BASIC",
        "visibility": "PUBLIC",
        "trackingStart": START,
        "trackingEnd": END,
        "eventStart": None,
        "eventEnd": None,
        "homeWiki": {"dbname": "enwiki"},
        "trackedWikis": [{"wiki": {"dbname": "enwiki"}, "namespaces": [0]}],
        "passcodePolicy": "RANDOM",
        "registrationOpen": True,
        "showNamesByDefault": True,
        "facilitators": [{"username": "Amara Quill"}],
        "campaigns": {"nodes": []},
    }


async def test_a_program_is_as_it_was_given(stage: Stage, amara: Actor) -> None:
    program = await stage.program(
        amara,
        title=" تحرير \u200fويكيبيديا",
        institution="جامعة القاهرة",
        term="2026",
        description="سطر\r\nسطر",
        type="EDITATHON",
        eventStart="2026-11-20T10:00:00+02:00",
        eventEnd="2026-11-20T18:00:00+02:00",
        homeWiki="ar.wikipedia.org",
        trackedWikis=[{"wiki": "arwiki", "namespaces": [2, 0]}, {"wiki": "wikidata.org"}],
        passcodePolicy="FIXED",
        passcode="  نهر  النيل ",
        visibility="PRIVATE",
        showNamesByDefault=False,
    )
    assert re.fullmatch("جامعة_القاهرة-تحرير_ويكيبيديا-2026-[a-z0-9]{8}", program["slug"])
    assert program["title"] == "تحرير ويكيبيديا"
    assert program["description"] == "سطر\nسطر"
    assert (program["type"], program["visibility"], program["showNamesByDefault"]) == ("EDITATHON", "PRIVATE", False)
    assert (program["eventStart"], program["eventEnd"]) == ("2026-11-20T08:00:00Z", "2026-11-20T16:00:00Z")
    assert program["homeWiki"] == {"dbname": "arwiki"}
    assert program["trackedWikis"] == [
        {"wiki": {"dbname": "arwiki"}, "namespaces": [0, 2]},
        {"wiki": {"dbname": "wikidatawiki"}, "namespaces": [0]},
    ]
    assert (program["passcodePolicy"], program["passcode"]) == ("FIXED", "نهر النيل")


async def test_wikis_are_written_down_once_with_what_their_bytes_mean(stage: Stage, amara: Actor) -> None:
    await stage.program(amara, homeWiki="frwiki", trackedWikis=[{"wiki": "frwiki"}, {"wiki": "ruwiki"}])
    await stage.program(amara, title="Again", homeWiki="frwiki")
    rows = await stage.pool.fetch("SELECT dbname, domain, project, language, words FROM wiki ORDER BY 1")
    assert [tuple(row) for row in rows if row["dbname"] != "commonswiki"] == [
        ("frwiki", "fr.wikipedia.org", "wikipedia", "fr", True),
        ("ruwiki", "ru.wikipedia.org", "wikipedia", "ru", False),
    ]


async def test_words_are_known_of_from_the_start(stage: Stage, amara: Actor) -> None:
    await stage.program(amara)
    await stage.program(amara, title="Другая", homeWiki="ruwiki")
    words = "query($slug: String!) { program(slug: $slug) { metrics { wordsAdded } } }"
    latin = await stage.api.ask(words, slug="Wikimedia_Belgium-Women_in_Red")
    cyrillic = await stage.api.ask(words, slug="Wikimedia_Belgium-Другая")
    assert latin["program"]["metrics"]["wordsAdded"] == 0
    assert cyrillic["program"]["metrics"]["wordsAdded"] is None


async def test_two_programs_may_not_have_one_slug(stage: Stage, amara: Actor) -> None:
    await stage.program(amara)
    assert await stage.refused("createProgram", amara, **FIELDS) == [("TAKEN", "title")]
    assert (await stage.program(amara, term="2"))["slug"] == "Wikimedia_Belgium-Women_in_Red-2"


async def test_a_private_program_keeps_no_name_from_strangers(stage: Stage, amara: Actor, stranger: Actor) -> None:
    private = await stage.program(amara, visibility="PRIVATE")
    assert private["slug"].startswith("Wikimedia_Belgium-Women_in_Red-")
    assert len(private["slug"]) == len("Wikimedia_Belgium-Women_in_Red-") + 8
    assert (await stage.program(stranger))["slug"] == "Wikimedia_Belgium-Women_in_Red"


async def test_nobody_creates_without_signing_in(stage: Stage) -> None:
    assert await stage.refused("createProgram", ANONYMOUS, **FIELDS) == [("NOT_SIGNED_IN", None)]


NO_PROGRAMS: list[tuple[Any, list[tuple[str, str | None]]]] = [
    ({"title": "x" * 201}, [("TOO_LONG", "title")]),
    ({"title": "x" * 10_000}, [("TOO_LONG", "title")]),
    ({"title": " "}, [("INVALID", "title")]),
    ({"title": "🎉"}, [("INVALID", "title")]),
    ({"title": "a\x07b"}, [("INVALID", "title")]),
    ({"title": "a\ud800"}, [("INVALID", "title")]),
    ({"institution": "x" * 201}, [("TOO_LONG", "institution")]),
    ({"institution": ""}, [("INVALID", "institution")]),
    ({"term": "x" * 101}, [("TOO_LONG", "term")]),
    ({"description": "x" * 20_001}, [("TOO_LONG", "description")]),
    ({"description": "a\0b"}, [("INVALID", "description")]),
    ({"type": None}, [("INVALID", "type")]),
    ({"visibility": None}, [("INVALID", "visibility")]),
    ({"showNamesByDefault": None}, [("INVALID", "showNamesByDefault")]),
    ({"passcodePolicy": None}, [("INVALID", "passcodePolicy")]),
    ({"trackingEnd": "2026-10-31T23:59:59Z"}, [("INVALID", "trackingEnd")]),
    ({"trackingEnd": "2036-11-30T00:00:00Z"}, [("INVALID", "trackingEnd")]),
    ({"eventStart": END, "eventEnd": START}, [("INVALID", "eventEnd")]),
    ({"homeWiki": "xxwiki"}, [("UNKNOWN_WIKI", "homeWiki")]),
    ({"trackedWikis": None}, [("INVALID", "trackedWikis")]),
    ({"trackedWikis": []}, [("INVALID", "trackedWikis")]),
    ({"trackedWikis": [{"wiki": "xx"}]}, [("UNKNOWN_WIKI", "trackedWikis.0.wiki")]),
    (
        {"trackedWikis": [{"wiki": "enwiki", "namespaces": [-1]}]},
        [("INVALID", "trackedWikis.0.namespaces")],
    ),
    ({"trackedWikis": [{"wiki": "enwiki"}] * 501}, [("TOO_MANY", "trackedWikis")]),
    ({"passcodePolicy": "FIXED"}, [("INVALID", "passcode")]),
    ({"passcodePolicy": "FIXED", "passcode": " "}, [("INVALID", "passcode")]),
    ({"passcodePolicy": "FIXED", "passcode": "x" * 101}, [("TOO_LONG", "passcode"), ("INVALID", "passcode")]),
    ({"passcodePolicy": "NONE", "passcode": "x"}, [("INVALID", "passcode")]),
    ({"passcode": "x"}, [("INVALID", "passcode")]),
    ({"campaignSlug": "nowhere"}, [("NOT_FOUND", "campaignSlug")]),
    ({"campaignSlug": "a\0"}, [("NOT_FOUND", "campaignSlug")]),
    (
        {"title": "", "homeWiki": "xx", "trackingEnd": "2020-01-01T00:00:00Z"},
        [("INVALID", "title"), ("INVALID", "trackingEnd"), ("UNKNOWN_WIKI", "homeWiki")],
    ),
]


async def test_what_a_program_cannot_be_is_refused_by_field(stage: Stage, amara: Actor) -> None:
    for fields, faults in NO_PROGRAMS:
        assert await stage.refused("createProgram", amara, **(FIELDS | fields)) == faults, fields


async def test_null_clears_what_may_be_absent(stage: Stage, amara: Actor) -> None:
    program = await stage.program(
        amara, term=None, description=None, eventStart=None, eventEnd=None, passcode=None, campaignSlug=None
    )
    assert (program["term"], program["description"], program["eventStart"]) == (None, "", None)


@pytest.mark.parametrize(
    "title", ["A/B? #1 & <b>", "../../etc", "O'Brien; DROP TABLE program;--", "{{7*7}}", "100 % 🎉 ا\u202eب"]
)
async def test_a_hostile_title_is_kept_and_its_slug_is_one_segment(stage: Stage, amara: Actor, title: str) -> None:
    program = await stage.program(amara, title=title)
    assert program["title"] == title.replace("\u202e", "")
    assert re.fullmatch(r"[\w-]+", program["slug"])
    found = await stage.api.ask("query($s: String!) { program(slug: $s) { title } }", s=program["slug"])
    assert found["program"]["title"] == program["title"]


async def test_a_program_takes_what_it_does_not_say_from_its_campaign(stage: Stage, amara: Actor) -> None:
    await stage.done(
        "createCampaign",
        amara,
        title="Spring",
        defaultProgramType="EDITATHON",
        defaultPasscodePolicy="FIXED",
        defaultPasscode="tulip",
        templateDescription="Bring a laptop.",
    )
    program = await stage.program(amara, campaignSlug="Spring")
    assert program["campaigns"] == {"nodes": [{"slug": "Spring"}]}
    assert (program["type"], program["description"]) == ("EDITATHON", "Bring a laptop.")
    assert (program["passcodePolicy"], program["passcode"]) == ("FIXED", "tulip")


async def test_what_a_program_says_wins_over_its_campaign_even_where_it_is_the_default(
    stage: Stage, amara: Actor
) -> None:
    await stage.done(
        "createCampaign",
        amara,
        title="Spring",
        defaultProgramType="EDITATHON",
        defaultPasscodePolicy="NONE",
        templateDescription="Bring a laptop.",
    )
    program = await stage.program(amara, campaignSlug="Spring", type="BASIC", passcodePolicy="RANDOM", description=None)
    assert (program["type"], program["description"], program["passcodePolicy"]) == ("BASIC", "", "RANDOM")
    assert READABLE.fullmatch(program["passcode"])


async def test_anybody_signed_in_may_create_a_program_in_a_campaign(
    stage: Stage, amara: Actor, stranger: Actor
) -> None:
    await stage.done("createCampaign", amara, title="Spring")
    program = await stage.program(stranger, campaignSlug="Spring")
    assert program["facilitators"] == [{"username": "A Stranger"}]
    assert program["campaigns"] == {"nodes": [{"slug": "Spring"}]}


async def test_the_passcode_is_shown_to_who_may_hand_it_out(stage: Stage, amara: Actor, stranger: Actor) -> None:
    program = await stage.program(amara)
    query = "query($s: String!) { program(slug: $s) { passcode invitationUrl viewerCan { edit } } }"
    for actor, may in ((amara, True), (stranger, False), (ANONYMOUS, False)):
        found = (await stage.api.ask(query, actor, s=program["slug"]))["program"]
        assert found["viewerCan"]["edit"] is may
        assert (found["passcode"] is not None) is may
        assert (found["invitationUrl"] is not None) is may


async def test_a_new_invitation_makes_the_old_one_worthless(stage: Stage, amara: Actor, stranger: Actor) -> None:
    program = await stage.program(amara)
    old = program["invitationUrl"].rpartition("/")[2]
    assert await stage.refused("renewInvitation", stranger, programId=program["id"]) == [("NOT_ALLOWED", None)]
    renewed = await stage.done("renewInvitation", amara, programId=program["id"])
    new = renewed["program"]["invitationUrl"].rpartition("/")[2]
    assert await stage.refused("joinProgram", stranger, invitation=old) == [("NOT_FOUND", "invitation")]
    await stage.done("joinProgram", stranger, invitation=new)


async def test_a_clone_has_everything_but_people_dates_and_secrets(stage: Stage, amara: Actor, stranger: Actor) -> None:
    await stage.done("createCampaign", amara, title="Spring")
    wikis = [{"wiki": "enwiki", "namespaces": [0, 2]}, {"wiki": "dewiki"}]
    model = await stage.program(
        amara, description="Old.", type="EDITATHON", eventStart=START, trackedWikis=wikis, campaignSlug="Spring"
    )
    await stage.done("joinProgram", stranger, programId=model["id"], passcode=model["passcode"])
    await stage.done("setGoals", amara, programId=model["id"], goals=[{"metric": "TOTAL_EDITS", "target": 9}])
    dates = {"trackingStart": "2027-01-01T00:00:00Z", "trackingEnd": "2027-02-01T00:00:00Z"}
    fields = {"id": model["id"], "title": "Women in Red", "term": "2027", **dates}
    assert await stage.refused("cloneProgram", stranger, **fields) == [("NOT_ALLOWED", None)]
    assert await stage.refused("cloneProgram", ANONYMOUS, **fields) == [("NOT_SIGNED_IN", None)]
    assert await stage.refused("cloneProgram", amara, **(fields | {"id": NO_SUCH})) == [("NOT_FOUND", "id")]
    assert await stage.refused("cloneProgram", amara, **(fields | {"term": None})) == [("TAKEN", "title")]
    assert await stage.refused("cloneProgram", amara, **(fields | {"title": ""})) == [("INVALID", "title")]
    clone = (await stage.done("cloneProgram", amara, **fields))["program"]
    assert clone.pop("id") != model["id"]
    assert READABLE.fullmatch(clone["passcode"])
    assert clone.pop("passcode") != model["passcode"]
    assert clone == {
        "slug": "Wikimedia_Belgium-Women_in_Red-2027",
        "title": "Women in Red",
        "institution": "Wikimedia Belgium",
        "term": "2027",
        "description": "Old.",
        "type": "EDITATHON",
        **dates,
        "eventStart": None,
        "trackedWikis": [
            {"wiki": {"dbname": "dewiki"}, "namespaces": [0]},
            {"wiki": {"dbname": "enwiki"}, "namespaces": [0, 2]},
        ],
        "passcodePolicy": "RANDOM",
        "facilitators": [{"username": "Amara Quill"}],
        "goals": [{"metric": "TOTAL_EDITS", "target": 9, "reachedAt": None}],
        "campaigns": {"nodes": [{"slug": "Spring"}]},
        "editors": {"totalCount": 0},
    }


# Sessions


async def test_a_session_is_created_with_its_coordinators(stage: Stage, amara: Actor) -> None:
    program = await stage.program(amara)
    stage.users.add("Bo")
    made = await stage.done(
        "createSession",
        amara,
        programId=program["id"],
        title="Kick-off",
        venue="Library",
        start="2026-11-20T10:00:00Z",
        end="2026-11-20T12:00:00Z",
        coordinators=["User:bo", "Amara_Quill", ""],
    )
    session = made["session"]
    session.pop("id")
    assert session == {
        "slug": "Kick-off",
        "title": "Kick-off",
        "venue": "Library",
        "start": "2026-11-20T10:00:00Z",
        "end": "2026-11-20T12:00:00Z",
        "coordinators": [{"username": "Amara Quill"}, {"username": "Bo"}],
    }
    assert made["program"] == {"slug": program["slug"]}


async def test_sessions_of_one_title_have_slugs_of_their_own(stage: Stage, amara: Actor) -> None:
    program = await stage.program(amara)
    weekly = {"programId": program["id"], "title": "Weekly", "start": START, "end": END}
    slugs = [(await stage.done("createSession", amara, **weekly))["session"]["slug"] for _ in range(3)]
    assert slugs == ["Weekly", "Weekly-2", "Weekly-3"]


NO_SESSIONS: list[tuple[Any, list[tuple[str, str | None]]]] = [
    ({"title": ""}, [("INVALID", "title")]),
    ({"venue": "x" * 201}, [("TOO_LONG", "venue")]),
    ({"start": END, "end": START}, [("INVALID", "end")]),
    ({"coordinators": ["Nobody"]}, [("UNKNOWN_USER", "coordinators.0")]),
    ({"coordinators": ["Amara Quill", "192.0.2.1"]}, [("INVALID", "coordinators.1")]),
    ({"coordinators": ["x"] * 101}, [("TOO_MANY", "coordinators")]),
    ({"programId": "nonsense"}, [("NOT_FOUND", "programId")]),
]


async def test_what_a_session_cannot_be_is_refused_by_field(stage: Stage, amara: Actor) -> None:
    program = await stage.program(amara)
    usual = {"programId": program["id"], "title": "Kick-off", "start": START, "end": END}
    for fields, faults in NO_SESSIONS:
        assert await stage.refused("createSession", amara, **(usual | fields)) == faults, fields


async def test_a_session_whose_coordinators_cannot_be_asked_about_waits(stage: Stage, amara: Actor) -> None:
    program = await stage.program(amara)
    stage.users.down = True
    usual = {"programId": program["id"], "title": "Kick-off", "start": START, "end": END}
    assert await stage.refused("createSession", amara, **usual, coordinators=["Bo"]) == [
        ("UNAVAILABLE", "coordinators")
    ]
    await stage.done("createSession", amara, **usual)


# Goals


async def test_goals_are_replaced_as_a_whole(stage: Stage, amara: Actor) -> None:
    program = await stage.program(amara)
    first = [{"metric": "TOTAL_EDITS", "target": 10}, {"metric": "BYTES_ADDED", "target": 2**40}]
    made = await stage.done("setGoals", amara, programId=program["id"], goals=first)
    assert {(goal["metric"], goal["target"]) for goal in made["program"]["goals"]} == {
        ("TOTAL_EDITS", 10),
        ("BYTES_ADDED", 2**40),
    }
    made = await stage.done(
        "setGoals", amara, programId=program["id"], goals=[{"metric": "ARTICLES_CREATED", "target": 5}]
    )
    assert made["program"]["goals"] == [{"metric": "ARTICLES_CREATED", "target": 5, "actual": 0, "reachedAt": None}]
    made = await stage.done("setGoals", amara, programId=program["id"], goals=[])
    assert made["program"]["goals"] == []


async def test_a_reached_goal_stays_reached_unless_its_target_rises(stage: Stage, amara: Actor) -> None:
    program = await stage.program(amara)
    number = await stage.pool.fetchval("UPDATE collection SET edits = 20 WHERE kind = 1 RETURNING id")

    async def reached(target: int) -> Any:
        goals = [{"metric": "TOTAL_EDITS", "target": target}]
        made = await stage.done("setGoals", amara, programId=program["id"], goals=goals)
        return made["program"]["goals"][0]["reachedAt"]

    at_once = await reached(15)
    assert at_once is not None
    assert await reached(10) == at_once
    assert await reached(10) == at_once
    assert await reached(30) is None
    await stage.pool.execute("UPDATE collection SET edits = 5 WHERE id = $1", number)
    assert await reached(20) is None


NO_GOALS: list[tuple[Any, list[tuple[str, str | None]]]] = [
    ([{"metric": "TOTAL_EDITS", "target": 0}], [("INVALID", "goals.0.target")]),
    ([{"metric": "TOTAL_EDITS", "target": -5}], [("INVALID", "goals.0.target")]),
    ([{"metric": "TOTAL_EDITS", "target": 2**53}], [("INVALID", "goals.0.target")]),
    (
        [{"metric": "TOTAL_EDITS", "target": 1}, {"metric": "TOTAL_EDITS", "target": 0}],
        [("INVALID", "goals.1.metric"), ("INVALID", "goals.1.target")],
    ),
    ([{"metric": "TOTAL_EDITS", "target": 1}] * 101, [("TOO_MANY", "goals")]),
]


async def test_what_a_goal_cannot_be_is_refused_by_field(stage: Stage, amara: Actor) -> None:
    program = await stage.program(amara)
    for goals, faults in NO_GOALS:
        assert await stage.refused("setGoals", amara, programId=program["id"], goals=goals) == faults, goals


# Who may


FOR_FACILITATORS: list[tuple[str, dict[str, Any]]] = [
    ("setGoals", {"goals": []}),
    ("createSession", {"title": "x", "start": START, "end": END}),
    ("renewInvitation", {}),
    ("addEditors", {"usernames": ["Bo"]}),
    ("removeEditor", {"username": "Bo"}),
    ("addFacilitator", {"username": "Bo"}),
    ("removeFacilitator", {"username": "Amara Quill"}),
]


async def test_a_program_is_changed_by_who_runs_it_and_a_private_one_does_not_exist_for_others(
    stage: Stage, amara: Actor, stranger: Actor
) -> None:
    public = await stage.program(amara)
    private = await stage.program(amara, title="Secret", visibility="PRIVATE")
    missing = [("NOT_FOUND", "programId")]
    for mutation, fields in FOR_FACILITATORS:
        cases = [
            (stranger, public["id"], [("NOT_ALLOWED", None)]),
            (ANONYMOUS, public["id"], [("NOT_SIGNED_IN", None)]),
            *((actor, number, missing) for actor in (stranger, ANONYMOUS) for number in (private["id"], NO_SUCH)),
        ]
        for actor, number, faults in cases:
            assert await stage.refused(mutation, actor, programId=number, **fields) == faults, mutation

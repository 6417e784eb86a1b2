# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from graph.db.ledger import Kind
from graph.resolvers.identity import ANONYMOUS, Actor
from graph.schema import ids
from tests.db.rows import Person, World
from tests.resolvers.stage import END, START, Stage

NUMBERS = "query($slug: String!) { program(slug: $slug) { metrics { totalEdits articlesEdited editors } } }"
OF_CAMPAIGN = (
    "query($slug: String!) { campaign(slug: $slug) { metrics { totalEdits editors } programs { totalCount } } }"
)


def number(global_id: str) -> int:
    found = ids.parse(global_id)
    assert found is not None
    return found.number


async def total(stage: Stage, slug: str, actor: Actor = ANONYMOUS) -> int:
    return int((await stage.api.ask(NUMBERS, actor, slug=slug))["program"]["metrics"]["totalEdits"])


async def campaign_numbers(stage: Stage, slug: str) -> tuple[int, int, int]:
    found = (await stage.api.ask(OF_CAMPAIGN, slug=slug))["campaign"]
    return found["metrics"]["totalEdits"], found["metrics"]["editors"], found["programs"]["totalCount"]


async def history(stage: Stage, collection: str) -> list[tuple[int, int]]:
    """The changes of history that a collection was told, after those of the three edits: counted and retracted."""
    rows = await stage.pool.fetch(
        "SELECT counted, retracted FROM activity WHERE kind = $1 AND collection_id = $2 ORDER BY id",
        Kind.HISTORY,
        number(collection),
    )
    return [tuple(row) for row in rows[3:]]


async def waiting(stage: Stage) -> list[str]:
    """The jobs that wait, by their kind."""
    rows = await stage.pool.fetch("SELECT convert_from(payload, 'UTF8') FROM jobs.pgqueuer ORDER BY id")
    return [row[0] for row in rows]


@pytest.fixture
def world(stage: Stage) -> World:
    return World(stage.pool)


@pytest.fixture
async def grace(world: World) -> Person:
    return await world.editor("Grace", datetime(2026, 11, 10, tzinfo=UTC))


@pytest.fixture
async def program(stage: Stage, world: World, amara: Actor, grace: Person) -> dict[str, Any]:
    """A program in a campaign, with an editor and three edits: two in November's first half, one on another wiki."""
    await stage.done("createCampaign", amara, title="Spring")
    made = await stage.program(
        amara, campaignSlug="Spring", trackedWikis=[{"wiki": "enwiki"}, {"wiki": "dewiki"}], passcodePolicy="NONE"
    )
    await world.enroll(number(made["id"]), grace)
    await world.edit(grace, "Moss", 10, created=True, at=datetime(2026, 11, 2, tzinfo=UTC))
    await world.edit(grace, "Fern", 20, at=datetime(2026, 11, 20, tzinfo=UTC))
    await world.edit(grace, "Moos", 30, wiki="dewiki", at=datetime(2026, 11, 20, tzinfo=UTC))
    return made


async def test_a_program_is_changed_field_by_field_and_keeps_its_slug_and_institution(
    stage: Stage, amara: Actor, program: dict[str, Any]
) -> None:
    fields: dict[str, Any] = {
        "title": "Women  in Green",
        "description": "New.\nLines.",
        "type": "EDITATHON",
        "trackingEnd": "2026-12-01T00:00:00Z",
        "eventStart": "2026-11-05T10:00:00Z",
        "eventEnd": "2026-11-05T12:00:00Z",
        "registrationOpen": False,
        "showNamesByDefault": False,
    }

    changed = (await stage.done("updateProgram", amara, id=program["id"], **fields))["program"]

    assert changed == program | fields | {"title": "Women in Green"}
    cleared = (await stage.done("updateProgram", amara, id=program["id"], description=None, eventEnd=None))["program"]
    assert cleared == changed | {"description": "", "eventEnd": None}
    assert await stage.proved()


async def test_what_is_not_said_stays_and_what_says_nothing_new_changes_no_number(
    stage: Stage, amara: Actor, program: dict[str, Any]
) -> None:
    before = await stage.pool.fetch("SELECT id, version FROM collection ORDER BY id")
    same = {"title": program["title"], "trackingStart": START, "trackingEnd": END, "visibility": "PUBLIC"}
    same |= {"trackedWikis": [{"wiki": "dewiki"}, {"wiki": "enwiki", "namespaces": [0]}, {"wiki": "dewiki"}]}

    assert (await stage.done("updateProgram", amara, id=program["id"]))["program"] == program
    assert (await stage.done("updateProgram", amara, id=program["id"], **same))["program"] == program

    assert await stage.pool.fetch("SELECT id, version FROM collection ORDER BY id") == before
    assert await waiting(stage) == []


NO_UPDATES: list[tuple[dict[str, Any], list[tuple[str, str | None]]]] = [
    ({"title": None}, [("INVALID", "title")]),
    ({"title": " "}, [("INVALID", "title")]),
    ({"title": "x" * 201}, [("TOO_LONG", "title")]),
    ({"description": "\x07"}, [("INVALID", "description")]),
    ({"type": None}, [("INVALID", "type")]),
    ({"trackingStart": None}, [("INVALID", "trackingStart")]),
    ({"trackingEnd": None}, [("INVALID", "trackingEnd")]),
    ({"trackingStart": "2026-12-24T00:00:00Z"}, [("INVALID", "trackingStart")]),
    ({"trackingEnd": "2026-10-24T00:00:00Z"}, [("INVALID", "trackingEnd")]),
    ({"trackingEnd": "2036-12-24T00:00:00Z"}, [("INVALID", "trackingEnd")]),
    ({"trackingStart": END, "trackingEnd": START}, [("INVALID", "trackingEnd")]),
    ({"eventStart": END, "eventEnd": START}, [("INVALID", "eventEnd")]),
    ({"homeWiki": None}, [("INVALID", "homeWiki")]),
    ({"homeWiki": "nowiki2"}, [("UNKNOWN_WIKI", "homeWiki")]),
    ({"trackedWikis": None}, [("INVALID", "trackedWikis")]),
    ({"trackedWikis": []}, [("INVALID", "trackedWikis")]),
    ({"trackedWikis": [{"wiki": "x"}]}, [("UNKNOWN_WIKI", "trackedWikis.0.wiki")]),
    ({"trackedWikis": [{"wiki": "enwiki", "namespaces": [-1]}]}, [("INVALID", "trackedWikis.0.namespaces")]),
    ({"passcodePolicy": None}, [("INVALID", "passcodePolicy")]),
    ({"passcodePolicy": "FIXED"}, [("INVALID", "passcode")]),
    ({"passcode": "x"}, [("INVALID", "passcode")]),
    ({"passcodePolicy": "FIXED", "passcode": "x" * 101}, [("TOO_LONG", "passcode"), ("INVALID", "passcode")]),
    ({"registrationOpen": None}, [("INVALID", "registrationOpen")]),
    ({"visibility": None}, [("INVALID", "visibility")]),
    ({"showNamesByDefault": None}, [("INVALID", "showNamesByDefault")]),
    ({"title": "", "homeWiki": "x", "visibility": None},
     [("INVALID", "title"), ("INVALID", "visibility"), ("UNKNOWN_WIKI", "homeWiki")]),
    ({"id": "Q2FtcGFpZ246MQ"}, [("NOT_FOUND", "id")]),
    ({"id": ids.encode(ids.Kind.PROGRAM, 999_999)}, [("NOT_FOUND", "id")]),
]  # fmt: skip


async def test_what_a_program_cannot_become_is_refused_by_field(
    stage: Stage, amara: Actor, program: dict[str, Any]
) -> None:
    for fields, faults in NO_UPDATES:
        assert await stage.refused("updateProgram", amara, **({"id": program["id"]} | fields)) == faults, fields


async def test_a_passcode_is_kept_replaced_or_made_anew(stage: Stage, amara: Actor) -> None:
    async def passcode(**fields: Any) -> tuple[str, str | None]:
        changed = (await stage.done("updateProgram", amara, id=made["id"], **fields))["program"]
        return changed["passcodePolicy"], changed["passcode"]

    made = await stage.program(amara)
    assert await passcode(title="Other") == ("RANDOM", made["passcode"])
    random = [made["passcode"], (await passcode(passcodePolicy="RANDOM"))[1], (await passcode(passcode=None))[1]]
    assert len({*random}) == 3
    assert all(random)
    assert await passcode(passcodePolicy="FIXED", passcode="fern") == ("FIXED", "fern")
    assert await passcode(passcodePolicy="FIXED") == ("FIXED", "fern")
    assert await passcode(passcode="moss") == ("FIXED", "moss")
    assert await stage.refused("updateProgram", amara, id=made["id"], passcode=None) == [("INVALID", "passcode")]
    assert await passcode(passcodePolicy="NONE") == ("NONE", None)
    policy, again = await passcode(passcodePolicy="RANDOM")
    assert policy == "RANDOM"
    assert again not in {*random, None}


async def test_new_dates_are_counted_anew_and_what_was_never_read_is_asked_for(
    stage: Stage, amara: Actor, program: dict[str, Any]
) -> None:
    assert await total(stage, program["slug"]) == 3

    await stage.done("updateProgram", amara, id=program["id"], trackingStart="2026-11-03T00:00:00Z")

    assert await total(stage, program["slug"]) == 2
    assert await campaign_numbers(stage, "Spring") == (2, 1, 1)
    assert await history(stage, program["id"]) == [(0, 1)]
    assert await waiting(stage) == ["backfill"]
    await stage.done("updateProgram", amara, id=program["id"], trackingStart=START)
    assert await total(stage, program["slug"]) == 3
    assert await history(stage, program["id"]) == [(0, 1), (1, 0)]
    assert await waiting(stage) == ["backfill"]  # one job a program waits
    assert await stage.proved()


async def test_other_wikis_and_namespaces_are_counted_anew(stage: Stage, amara: Actor, program: dict[str, Any]) -> None:
    await stage.done("updateProgram", amara, id=program["id"], trackedWikis=[{"wiki": "enwiki", "namespaces": [1]}])
    found = (await stage.api.ask(NUMBERS, slug=program["slug"]))["program"]["metrics"]
    assert found == {"totalEdits": 2, "articlesEdited": 0, "editors": 1}
    assert await waiting(stage) == ["backfill"]
    assert await stage.proved()

    await stage.done("updateProgram", amara, id=program["id"], trackedWikis=[{"wiki": "enwiki"}, {"wiki": "dewiki"}])
    found = (await stage.api.ask(NUMBERS, slug=program["slug"]))["program"]["metrics"]
    assert found == {"totalEdits": 3, "articlesEdited": 3, "editors": 1}
    assert await stage.proved()


async def test_a_program_of_scopes_that_are_not_there_yet_counts_nothing(
    stage: Stage, amara: Actor, program: dict[str, Any]
) -> None:
    await stage.done("updateProgram", amara, id=program["id"], type="ARTICLE_SCOPED")
    assert await total(stage, program["slug"]) == 0
    await stage.done("updateProgram", amara, id=program["id"], type="BASIC")
    assert await total(stage, program["slug"]) == 3
    assert await stage.proved()


async def test_a_program_that_becomes_private_leaves_the_campaigns_numbers_and_keeps_its_slug(
    stage: Stage, amara: Actor, stranger: Actor, program: dict[str, Any]
) -> None:
    assert await campaign_numbers(stage, "Spring") == (3, 1, 1)

    changed = await stage.done("updateProgram", amara, id=program["id"], visibility="PRIVATE")

    assert changed["program"]["slug"] == program["slug"]
    assert await campaign_numbers(stage, "Spring") == (0, 0, 0)
    assert await history(stage, await campaign_id(stage)) == [(0, 3)]
    assert await total(stage, program["slug"], amara) == 3
    query = "query($slug: String!) { program(slug: $slug) { id } }"
    for slug in (program["slug"], "missing"):
        assert await stage.api.ask(query, stranger, slug=slug) == {"program": None}
    await stage.done("updateProgram", amara, id=program["id"], visibility="PUBLIC")
    assert await campaign_numbers(stage, "Spring") == (3, 1, 1)
    assert await stage.proved()


async def campaign_id(stage: Stage) -> str:
    return str((await stage.api.ask('{ campaign(slug: "Spring") { id } }'))["campaign"]["id"])


async def test_whoever_wants_a_hidden_programs_slug_gets_one_that_a_deleted_program_would_leave_as_well(
    stage: Stage, amara: Actor, stranger: Actor, program: dict[str, Any]
) -> None:
    assert await stage.refused("createProgram", stranger, **_like(program)) == [("TAKEN", "title")]
    await stage.done("updateProgram", amara, id=program["id"], visibility="PRIVATE")

    hidden = await stage.program(stranger)

    assert await stage.refused("createProgram", amara, **_like(program)) == [("TAKEN", "title")]
    gone = await stage.program(stranger, title="Gone")
    await stage.done("deleteProgram", stranger, id=gone["id"], confirmTitle="Gone")
    deleted = await stage.program(stranger, title="Gone")
    assert gone["slug"] == "Wikimedia_Belgium-Gone"
    ends = [hidden["slug"].removeprefix(program["slug"]), deleted["slug"].removeprefix(gone["slug"])]
    assert [len(end) for end in ends] == [9, 9]
    assert ends[0][0] == ends[1][0] == "-"


def _like(program: dict[str, Any]) -> dict[str, Any]:
    fields = {name: program[name] for name in ("title", "institution", "trackingStart", "trackingEnd")}
    return {**fields, "homeWiki": "enwiki"}


async def test_a_withdrawn_program_is_its_own_peoples_only_until_it_is_restored(
    stage: Stage, amara: Actor, stranger: Actor, program: dict[str, Any]
) -> None:
    slug = program["slug"]
    withdrawn = (await stage.done("withdrawProgram", amara, id=program["id"]))["program"]
    assert withdrawn["withdrawnAt"]
    assert withdrawn | {"withdrawnAt": ""} == {
        "slug": slug, "visibility": "PRIVATE", "withdrawnAt": "", "registrationOpen": False,
    }  # fmt: skip
    assert (await stage.done("withdrawProgram", amara, id=program["id"]))["program"] == withdrawn
    assert await campaign_numbers(stage, "Spring") == (0, 0, 0)
    assert await stage.refused("joinProgram", stranger, programId=program["id"]) == [("NOT_FOUND", "programId")]
    invitation = program["invitationUrl"].rpartition("/")[2]
    assert await stage.refused("joinProgram", stranger, invitation=invitation) == [("REGISTRATION_CLOSED", None)]
    assert await stage.refused("updateProgram", amara, id=program["id"], title="x") == [("NOT_ALLOWED", "id")]
    await stage.done("renewInvitation", amara, programId=program["id"])

    restored = (await stage.done("restoreProgram", amara, id=program["id"]))["program"]

    assert restored == {"slug": slug, "visibility": "PUBLIC", "withdrawnAt": None, "registrationOpen": True}
    assert (await stage.done("restoreProgram", amara, id=program["id"]))["program"] == restored
    assert await campaign_numbers(stage, "Spring") == (3, 1, 1)
    assert await waiting(stage) == ["backfill"]
    assert await stage.proved()


async def test_a_clone_of_a_withdrawn_program_is_not_withdrawn(
    stage: Stage, amara: Actor, program: dict[str, Any]
) -> None:
    await stage.done("withdrawProgram", amara, id=program["id"])
    dates = {"trackingStart": START, "trackingEnd": END}

    clone = (await stage.done("cloneProgram", amara, id=program["id"], title="Again", **dates))["program"]

    query = "query($slug: String!) { program(slug: $slug) { visibility withdrawnAt registrationOpen } }"
    assert (await stage.api.ask(query, slug=clone["slug"]))["program"] == {
        "visibility": "PUBLIC", "withdrawnAt": None, "registrationOpen": True,
    }  # fmt: skip


async def test_a_program_is_deleted_by_typing_its_title_and_only_without_participants(
    stage: Stage, world: World, amara: Actor, admin: Actor, grace: Person, program: dict[str, Any]
) -> None:
    other = await world.program("other", tracked={"enwiki": (0,)}, campaigns=[number(await campaign_id(stage))])
    await world.enroll(other, grace)
    session = await world.session(number(program["id"]), "evening", participants=[grace])
    await stage.done("setGoals", amara, programId=program["id"], goals=[{"metric": "TOTAL_EDITS", "target": 2}])
    assert await campaign_numbers(stage, "Spring") == (3, 1, 2)
    fields = {"id": program["id"], "confirmTitle": " women in red"}
    assert await stage.refused("deleteProgram", amara, **fields) == [("INVALID", "confirmTitle")]
    fields["confirmTitle"] = " Women in  Red"
    assert await stage.refused("deleteProgram", amara, **fields) == [("HAS_PARTICIPANTS", "id")]

    assert (await stage.done("deleteProgram", admin, **fields))["deletedId"] == program["id"]

    assert await campaign_numbers(stage, "Spring") == (2, 1, 1)
    assert await total(stage, "other") == 2
    assert await stage.proved()
    assert await traces(stage, number(program["id"]), session) == []
    assert await stage.refused("deleteProgram", admin, **fields) == [("NOT_FOUND", "id")]


async def test_a_program_nobody_takes_part_in_is_deleted_by_its_facilitator(
    stage: Stage, world: World, amara: Actor, grace: Person, program: dict[str, Any]
) -> None:
    await stage.done("removeEditor", amara, programId=program["id"], username="Grace")

    await stage.done("deleteProgram", amara, id=program["id"], confirmTitle="Women in Red")

    assert await traces(stage, number(program["id"])) == []
    assert await campaign_numbers(stage, "Spring") == (0, 0, 0)
    assert await stage.proved()


async def test_what_was_counted_for_nameless_participants_goes_with_the_program_and_the_session(
    stage: Stage, world: World, amara: Actor, admin: Actor, program: dict[str, Any]
) -> None:
    shy = await world.editor("Shy")
    fields = {"programId": program["id"], "title": "Day", "start": START, "end": END}
    session = (await stage.done("createSession", amara, **fields))["session"]["id"]
    await world.enroll(number(program["id"]), shy, show_name=False)
    await world.edit(shy, "Lichen", 10, at=datetime(2026, 11, 20, tzinfo=UTC))
    assert await total(stage, program["slug"], amara) == 4
    assert await total(stage, program["slug"]) == 3
    collections = "SELECT count(*) FROM collection"
    assert await stage.pool.fetchval(collections) == 5  # the campaign, and two for the program and for the session

    await stage.done("deleteSession", amara, id=session)

    assert await stage.pool.fetchval(collections) == 3
    assert await total(stage, program["slug"], amara) == 4
    assert await stage.proved()
    await stage.done("deleteProgram", admin, id=program["id"], confirmTitle="Women in Red")
    assert await stage.pool.fetchval(collections) == 1
    for table in ("set_coverage", "article_tally", "editor_tally"):
        kept = f"SELECT count(*) FROM {table}" + (" WHERE edits > 0" if table != "set_coverage" else "")
        assert await stage.pool.fetchval(kept) == 0, table
    assert await stage.proved()


async def traces(stage: Stage, *collections: int) -> list[str]:
    """The tables in which a row still names one of these collections."""
    names = ("program_id", "collection_id", "generation", "session_id", "campaign_id")
    columns = await stage.pool.fetch(
        "SELECT table_name, column_name FROM information_schema.columns"
        " WHERE table_schema = 'public' AND column_name = ANY($1::text[])",
        names,
    )
    found = []
    for table, column in [*columns, ("collection", "id"), ("program", "id"), ("session", "id")]:
        query = f'SELECT count(*) FROM "{table}" WHERE "{column}" = ANY($1::bigint[])'
        if await stage.pool.fetchval(query, list(collections)):
            found.append(f"{table}.{column}")
    return found

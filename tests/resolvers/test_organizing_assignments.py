# SPDX-License-Identifier: GPL-3.0-or-later
"""Assigning, offering, claiming and releasing articles."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from graph.db import assignments
from graph.resolvers.identity import ANONYMOUS, Actor
from graph.schema import ids
from tests.db.rows import Person, World
from tests.resolvers.stage import Stage, told

LISTED = """query($slug: String!) { program(slug: $slug) {
    assignments { totalCount nodes { id editor { username } article { title } role claimed } }
    availableArticles { totalCount nodes { id article { wiki { dbname } title } } } } }"""


@pytest.fixture
async def program(stage: Stage, amara: Actor) -> dict[str, Any]:
    wikis = [{"wiki": "enwiki"}, {"wiki": "dewiki"}]
    return await stage.program(amara, passcodePolicy="NONE", trackedWikis=wikis)


async def joined(stage: Stage, program: dict[str, Any], *names: str, **fields: Any) -> list[Actor]:
    people = [await stage.person(name) for name in names]
    for person in people:
        await stage.done("joinProgram", person, programId=program["id"], **fields)
    return people


async def listed(stage: Stage, program: dict[str, Any], actor: Actor = ANONYMOUS) -> tuple[list[Any], list[Any]]:
    """Who has what, and what is available."""
    found = (await stage.api.ask(LISTED, actor, slug=program["slug"]))["program"]
    for part in ("assignments", "availableArticles"):
        assert found[part]["totalCount"] == len(found[part]["nodes"])
    had = [
        (each["editor"]["username"], each["article"]["title"], each["role"]) for each in found["assignments"]["nodes"]
    ]
    return had, [each["article"]["title"] for each in found["availableArticles"]["nodes"]]


async def offer(stage: Stage, program: dict[str, Any], actor: Actor, *titles: str) -> list[str]:
    """Offer articles; their ids in the order of the titles."""
    await stage.done("addAvailableArticles", actor, programId=program["id"], articles="\n".join(titles))
    found = (await stage.api.ask(LISTED, slug=program["slug"]))["program"]["availableArticles"]["nodes"]
    known = {each["article"]["title"]: each["id"] for each in found}
    return [known[title] for title in titles]


async def test_an_article_is_assigned_to_write_or_to_review_by_title_or_address(
    stage: Stage, amara: Actor, program: dict[str, Any]
) -> None:
    await joined(stage, program, "Bo", "Cy")
    fields = {"programId": program["id"]}

    made = await stage.done("assignArticle", amara, **fields, username="Bo", title="moss_garden")
    await stage.done("assignArticle", amara, **fields, username="Cy", title="moss garden", role="REVIEW")
    address = "https://de.wikipedia.org/wiki/Benutzerin:Cy/Moos#Abschnitt"
    german = await stage.done("assignArticle", amara, **fields, username="Cy", title=address)
    await stage.done("assignArticle", amara, **fields, username="Bo", title="elbe", wiki="de.wikipedia.org")

    assert made["assignment"]["article"] == {
        "wiki": {"dbname": "enwiki"},
        "namespace": 0,
        "title": "Moss garden",
        "url": "https://en.wikipedia.org/wiki/Moss_garden",
    }
    assert (made["assignment"]["role"], made["assignment"]["claimed"]) == ("WRITE", False)
    assert german["assignment"]["article"]["title"] == "Benutzer:Cy/Moos"
    assert german["assignment"]["article"]["namespace"] == 2
    assert await listed(stage, program) == (
        [
            ("Cy", "Benutzer:Cy/Moos", "WRITE"),
            ("Bo", "Elbe", "WRITE"),
            ("Bo", "Moss garden", "WRITE"),
            ("Cy", "Moss garden", "REVIEW"),
        ],
        [],
    )


async def test_to_assign_again_changes_nothing(stage: Stage, amara: Actor, program: dict[str, Any]) -> None:
    await joined(stage, program, "Bo")
    fields = {"programId": program["id"], "username": "Bo", "title": "Moss"}
    first = await stage.done("assignArticle", amara, **fields)
    rows = "SELECT * FROM assignment", "SELECT * FROM wanted_article"
    before = [await stage.pool.fetch(row) for row in rows]
    assert await stage.done("assignArticle", amara, **fields) == first
    assert [await stage.pool.fetch(row) for row in rows] == before


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"username": "Nobody"}, ("UNKNOWN_USER", "username")),
        ({"username": "Amara Quill"}, ("NOT_ENROLLED", "username")),
        ({"title": "a|b"}, ("INVALID", "title")),
        ({"title": "Moss<"}, ("INVALID", "title")),
        ({"title": ""}, ("INVALID", "title")),
        ({"title": "x" * 256}, ("TOO_LONG", "title")),
        ({"title": "x" * 20_000}, ("TOO_LONG", "title")),
        ({"title": "M%FFss"}, ("INVALID", "title")),
        ({"title": "Moss\0"}, ("INVALID", "title")),
        ({"title": "Talk:Moss"}, ("INVALID", "title")),
        ({"title": "fr:Mousse"}, ("INVALID", "title")),
        ({"title": "https://fr.wikipedia.org/wiki/Mousse"}, ("INVALID", "title")),
        ({"title": "https://evil.example/wiki/Moss"}, ("UNKNOWN_WIKI", "title")),
        ({"title": "Moss", "wiki": "frwiki"}, ("INVALID", "wiki")),
        ({"title": "Moss", "wiki": "xxwiki"}, ("UNKNOWN_WIKI", "wiki")),
        ({"title": "Moss", "wiki": "\0"}, ("UNKNOWN_WIKI", "wiki")),
    ],
)
async def test_what_is_no_editor_or_no_article_is_refused(
    stage: Stage, amara: Actor, program: dict[str, Any], fields: dict[str, Any], fault: tuple[str, str | None]
) -> None:
    await joined(stage, program, "Bo")
    usual = {"programId": program["id"], "username": "Bo", "title": "Moss"}
    assert await stage.refused("assignArticle", amara, **(usual | fields)) == [fault]


async def test_while_a_wiki_is_away_no_title_is_taken(stage: Stage, amara: Actor, program: dict[str, Any]) -> None:
    await joined(stage, program, "Bo")
    stage.wikis.down = {"enwiki"}
    fields = {"programId": program["id"]}
    assert await stage.refused("assignArticle", amara, **fields, username="Bo", title="Moss") == [("UNAVAILABLE", None)]
    assert await stage.refused("addAvailableArticles", amara, **fields, articles="Moss") == [("UNAVAILABLE", None)]


async def test_each_pasted_line_is_told_of_and_keeps_no_other_from_being_added(
    stage: Stage, amara: Actor, program: dict[str, Any]
) -> None:
    fields = {"programId": program["id"]}
    await stage.done("addAvailableArticles", amara, **fields, articles="Fern")
    stage.wikis.asked.clear()
    pasted = (
        "moss\r\n\n  [[lichen|Lichens]] \nMoss\nFern\nTalk:Moss\na|b\nhttps://de.wikipedia.org/wiki/Elbe\n"
        "https://fr.wikipedia.org/wiki/Mousse\nhttps://evil.example/wiki/Moss\n\u200eMoss\u200f\nmoss\n"
    )

    answer = await stage.done("addAvailableArticles", amara, **fields, articles=pasted)

    assert [(each["pasted"], each["outcome"], each["title"]) for each in answer["lines"]] == [
        ("moss", "ADDED", "Moss"),
        ("[[lichen|Lichens]]", "ADDED", "Lichen"),
        ("Moss", "KNOWN", "Moss"),
        ("Fern", "KNOWN", "Fern"),
        ("Talk:Moss", "REFUSED", None),
        ("a|b", "REFUSED", None),
        ("https://de.wikipedia.org/wiki/Elbe", "ADDED", "Elbe"),
        ("https://fr.wikipedia.org/wiki/Mousse", "REFUSED", None),
        ("https://evil.example/wiki/Moss", "REFUSED", None),
        ("\u200eMoss\u200f", "KNOWN", "Moss"),
    ]
    assert [each["message"] for each in answer["lines"] if each["outcome"] == "REFUSED"] == [
        "“Talk:Moss” is a discussion, and no article.",
        "A title cannot have | in it; none has any of | # < > [ ] { }",
        "The program does not track fr.wikipedia.org.",
        "This address is of no wiki of Wikimedia.",
    ]
    assert await listed(stage, program) == ([], ["Elbe", "Fern", "Lichen", "Moss"])
    assert sorted(stage.wikis.asked) == ["dewiki", "enwiki"]  # once each


async def test_nothing_and_too_much_cannot_be_offered(
    stage: Stage, amara: Actor, program: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    fields = {"programId": program["id"]}
    assert await stage.refused("addAvailableArticles", amara, **fields, articles=" \n\n") == [("INVALID", "articles")]
    found = await stage.refused("addAvailableArticles", amara, **fields, articles="A", wiki="frwiki")
    assert found == [("INVALID", "wiki")]
    many = "\n".join(f"Moss {number}" for number in range(5_001))
    assert await stage.refused("addAvailableArticles", amara, **fields, articles=many) == [("TOO_MANY", "articles")]
    monkeypatch.setattr(assignments, "MOST", 2)
    await stage.done("addAvailableArticles", amara, **fields, articles="A\nB")
    assert await stage.refused("addAvailableArticles", amara, **fields, articles="B\nC") == [("TOO_MANY", "articles")]
    await stage.done("addAvailableArticles", amara, **fields, articles="A\nB")
    await joined(stage, program, "Bo")
    found = await stage.refused("assignArticle", amara, **fields, username="Bo", title="C")
    assert found == [("TOO_MANY", "title")]
    await stage.done("assignArticle", amara, **fields, username="Bo", title="A")


async def test_an_article_is_claimed_and_released_and_can_be_claimed_again(
    stage: Stage, amara: Actor, program: dict[str, Any]
) -> None:
    bo, cy = await joined(stage, program, "Bo", "Cy")
    moss, _ = await offer(stage, program, amara, "Moss", "Fern")

    claimed = (await stage.done("claimArticle", bo, id=moss))["assignment"]

    assert (claimed["editor"], claimed["role"], claimed["claimed"]) == ({"username": "Bo"}, "WRITE", True)
    assert await listed(stage, program) == ([("Bo", "Moss", "WRITE")], ["Fern"])
    assert (await stage.done("claimArticle", bo, id=moss))["assignment"] == claimed
    assert await stage.refused("claimArticle", cy, id=moss) == [("TAKEN", "id")]
    assert await stage.refused("releaseArticle", cy, id=claimed["id"]) == [("NOT_FOUND", "id")]

    await stage.done("releaseArticle", bo, id=claimed["id"])

    assert await listed(stage, program) == ([], ["Fern", "Moss"])
    assert await stage.refused("releaseArticle", bo, id=claimed["id"]) == [("NOT_FOUND", "id")]
    await stage.done("claimArticle", cy, id=moss)
    assert await listed(stage, program) == ([("Cy", "Moss", "WRITE")], ["Fern"])


async def test_of_many_who_claim_an_article_at_once_exactly_one_gets_it(
    stage: Stage, amara: Actor, program: dict[str, Any]
) -> None:
    people = await joined(stage, program, *(f"Editor {number}" for number in range(8)))
    (moss,) = await offer(stage, program, amara, "Moss")

    answers = await asyncio.gather(*(stage.change("claimArticle", person, id=moss) for person in people))

    winners = [answer["assignment"]["editor"]["username"] for answer in answers if answer["assignment"]]
    assert len(winners) == 1
    assert [told(answer) for answer in answers if not answer["assignment"]] == [[("TAKEN", "id")]] * 7
    assert await listed(stage, program) == ([(winners[0], "Moss", "WRITE")], [])


async def test_what_is_assigned_to_be_written_is_not_available_and_what_is_reviewed_is(
    stage: Stage, amara: Actor, program: dict[str, Any]
) -> None:
    bo, cy = await joined(stage, program, "Bo", "Cy")
    moss, fern = await offer(stage, program, amara, "Moss", "Fern")
    fields = {"programId": program["id"], "username": "Bo"}
    made = await stage.done("assignArticle", amara, **fields, title="Moss")
    await stage.done("assignArticle", amara, **fields, title="Fern", role="REVIEW")
    assert (await listed(stage, program))[1] == ["Fern"]
    assert await stage.refused("claimArticle", cy, id=moss) == [("TAKEN", "id")]
    await stage.done("claimArticle", cy, id=fern)

    await stage.done("unassignArticle", amara, id=made["assignment"]["id"])
    await stage.done("removeAvailableArticle", amara, id=fern)

    assert await listed(stage, program) == ([("Bo", "Fern", "REVIEW"), ("Cy", "Fern", "WRITE")], ["Moss"])
    assert await stage.refused("claimArticle", bo, id=fern) == [("NOT_FOUND", "id")]
    assert await stage.refused("removeAvailableArticle", amara, id=fern) == [("NOT_FOUND", "id")]


async def test_an_article_that_nobody_has_and_that_is_not_offered_is_forgotten(
    stage: Stage, amara: Actor, program: dict[str, Any]
) -> None:
    (bo,) = await joined(stage, program, "Bo")
    fields = {"programId": program["id"], "username": "Bo", "title": "Moss"}
    made = await stage.done("assignArticle", amara, **fields)
    (fern,) = await offer(stage, program, amara, "Fern")
    await stage.done("releaseArticle", bo, id=made["assignment"]["id"])
    await stage.done("removeAvailableArticle", amara, id=fern)
    assert await stage.pool.fetch("SELECT * FROM wanted_article") == []


async def test_after_the_end_nothing_can_be_claimed(stage: Stage, amara: Actor, program: dict[str, Any]) -> None:
    (bo,) = await joined(stage, program, "Bo")
    (moss,) = await offer(stage, program, amara, "Moss")
    await stage.done("updateProgram", amara, id=program["id"], trackingEnd="2026-11-20T00:00:00Z")
    assert await stage.refused("claimArticle", bo, id=moss) == [("PROGRAM_ENDED", "id")]


@pytest.mark.parametrize("mutation", ["unassignArticle", "releaseArticle", "claimArticle", "removeAvailableArticle"])
async def test_ids_of_nothing_are_not_found(stage: Stage, amara: Actor, program: dict[str, Any], mutation: str) -> None:
    for bad in (*(ids.encode(kind, 999) for kind in ids.Kind), program["id"], "x"):
        assert await stage.refused(mutation, amara, id=bad) == [("NOT_FOUND", "id")]


async def test_whoever_leaves_or_is_removed_has_nothing_any_more(
    stage: Stage, amara: Actor, program: dict[str, Any]
) -> None:
    bo, cy = await joined(stage, program, "Bo", "Cy")
    moss, fern = await offer(stage, program, amara, "Moss", "Fern")
    await stage.done("claimArticle", bo, id=moss)
    await stage.done("claimArticle", cy, id=fern)
    await stage.done("assignArticle", amara, programId=program["id"], username="Cy", title="Lichen")

    await stage.done("leaveProgram", bo, programId=program["id"])
    await stage.done("removeEditor", amara, programId=program["id"], username="Cy")

    assert await listed(stage, program) == ([], ["Fern", "Moss"])
    assert [row["title"] for row in await stage.pool.fetch("SELECT title FROM wanted_article ORDER BY 1")] == [
        "Fern",
        "Moss",
    ]


async def test_a_deleted_program_takes_its_assignments_along_and_a_clone_has_none(
    stage: Stage, amara: Actor, admin: Actor, program: dict[str, Any]
) -> None:
    await joined(stage, program, "Bo")
    await offer(stage, program, amara, "Moss")
    await stage.done("assignArticle", amara, programId=program["id"], username="Bo", title="Fern")
    dates = {"trackingStart": program["trackingStart"], "trackingEnd": program["trackingEnd"]}
    clone = (await stage.done("cloneProgram", amara, id=program["id"], title="Again", **dates))["program"]
    assert await listed(stage, clone) == ([], [])
    await stage.done("deleteProgram", admin, id=program["id"], confirmTitle=program["title"])
    for table in ("wanted_article", "assignment"):
        assert await stage.pool.fetch(f"SELECT * FROM {table}") == []


async def test_no_number_depends_on_what_is_assigned(stage: Stage, amara: Actor, program: dict[str, Any]) -> None:
    (bo,) = await joined(stage, program, "Bo")
    world = World(stage.pool)
    await world.edit(Person(bo.editor_id or 0, "Bo"), "Moss", 10)
    jobs = "SELECT count(*) FROM jobs.pgqueuer"
    before = await stage.pool.fetchval(jobs)
    (moss,) = await offer(stage, program, amara, "Moss")
    await stage.done("claimArticle", bo, id=moss)
    assert await stage.proved()
    assert await stage.pool.fetchval(jobs) == before


async def waiting(stage: Stage) -> list[str]:
    """The kinds of the jobs that wait; they are forgotten."""
    rows = await stage.pool.fetch("DELETE FROM jobs.pgqueuer RETURNING convert_from(payload, 'UTF8') AS kind")
    return sorted(row["kind"] for row in rows)


async def test_where_assigned_articles_are_the_scope_it_is_read_again_when_there_are_others(
    stage: Stage, amara: Actor
) -> None:
    program = await stage.program(amara, passcodePolicy="NONE", type="ARTICLE_SCOPED")
    fields = {"programId": program["id"]}
    (bo,) = await joined(stage, program, "Bo")
    await waiting(stage)
    await stage.done("assignArticle", amara, **fields, username="Bo", title="Alga")
    assert await waiting(stage) == []  # it has no such scope yet
    await stage.done("addScope", amara, **fields, kind="ASSIGNED_ARTICLES", wiki="enwiki", value="")
    await waiting(stage)

    moss, _ = await offer(stage, program, amara, "Moss", "Fern")
    assert await waiting(stage) == ["refresh"]
    made = await stage.done("assignArticle", amara, **fields, username="Bo", title="Lichen")
    assert await waiting(stage) == ["refresh"]
    claimed = await stage.done("claimArticle", bo, id=moss)
    await stage.done("addAvailableArticles", amara, **fields, articles="Moss\nFern")
    await stage.done("assignArticle", amara, **fields, username="Bo", title="Fern", role="REVIEW")
    await stage.done("releaseArticle", bo, id=claimed["assignment"]["id"])
    assert await waiting(stage) == []  # the same articles as before
    await stage.done("unassignArticle", amara, id=made["assignment"]["id"])
    assert await waiting(stage) == ["refresh"]
    await stage.done("removeAvailableArticle", amara, id=moss)
    assert await waiting(stage) == ["refresh"]
    await stage.done("leaveProgram", bo, **fields)
    assert await waiting(stage) == ["refresh"]  # Alga is nobody's any more
    async with stage.pool.acquire() as conn:
        number = ids.number(program["id"], ids.Kind.PROGRAM)
        wiki = await conn.fetchval("SELECT id FROM wiki WHERE dbname = 'enwiki'")
        assert await assignments.titles(conn, number) == [(wiki, "Fern")]

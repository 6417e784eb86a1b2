# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

import pytest

from graph.db.ledger import Kind
from graph.edits import PageDeleted
from graph.resolvers.identity import ANONYMOUS, Actor
from graph.schema import ids
from tests.db.rows import NOW, Person, World
from tests.resolvers.stage import Stage

LISTED = """query($slug: String!) { program(slug: $slug) {
    articles { totalCount edges { node { id title deleted } excluded edits bytesAdded created editors { username } } }
    edits { totalCount nodes { article { title } } } editors { edges { metrics { edits articlesEdited } } }
    metrics { totalEdits articlesEdited articlesCreated bytesAdded } } }"""
OF_CAMPAIGN = (
    """{ campaign(slug: "Spring") { metrics { totalEdits } articles { edges { excluded node { title } } } } }"""
)


def number(global_id: str) -> int:
    found = ids.parse(global_id)
    assert found is not None
    return found.number


@pytest.fixture
def world(stage: Stage) -> World:
    return World(stage.pool)


@pytest.fixture
async def grace(world: World) -> Person:
    return await world.editor("Grace")


@pytest.fixture
async def program(stage: Stage, world: World, amara: Actor, grace: Person) -> dict[str, Any]:
    """A program in a campaign with two articles: two edits to Moss, which they created, and one to Fern."""
    await stage.done("createCampaign", amara, title="Spring")
    made = await stage.program(amara, campaignSlug="Spring")
    await world.enroll(number(made["id"]), grace)
    await world.edit(grace, "Moss", 10, created=True)
    await world.edit(grace, "Moss", 20)
    await world.edit(grace, "Fern", 5)
    return made


async def listed(stage: Stage, program: dict[str, Any], actor: Actor = ANONYMOUS) -> dict[str, Any]:
    return dict((await stage.api.ask(LISTED, actor, slug=program["slug"]))["program"])


async def article(stage: Stage, program: dict[str, Any], title: str) -> str:
    edges = (await listed(stage, program))["articles"]["edges"]
    return str(next(edge["node"]["id"] for edge in edges if edge["node"]["title"] == title))


async def test_an_excluded_article_counts_nowhere_and_stays_listed(
    stage: Stage, amara: Actor, program: dict[str, Any]
) -> None:
    moss = await article(stage, program, "Moss")
    before = await listed(stage, program)

    answer = await stage.done("excludeArticle", amara, programId=program["id"], articleId=moss)

    assert answer["program"] == {
        "articles": {"edges": [
            {"node": {"title": "Fern"}, "excluded": False, "edits": 1},
            {"node": {"title": "Moss"}, "excluded": True, "edits": 0},
        ]},
        "metrics": {"totalEdits": 1, "articlesEdited": 1},
    }  # fmt: skip
    after = await listed(stage, program)
    assert after["metrics"] == {"totalEdits": 1, "articlesEdited": 1, "articlesCreated": 0, "bytesAdded": 5}
    assert after["edits"] == {"totalCount": 1, "nodes": [{"article": {"title": "Fern"}}]}
    assert after["editors"]["edges"] == [{"metrics": {"edits": 1, "articlesEdited": 1}}]
    assert after["articles"]["totalCount"] == 2
    assert after["articles"]["edges"][1] == {
        "node": {"id": moss, "title": "Moss", "deleted": False},
        "excluded": True, "edits": 0, "bytesAdded": 0, "created": False, "editors": [],
    }  # fmt: skip
    assert await stage.api.ask(OF_CAMPAIGN) == {
        "campaign": {
            "metrics": {"totalEdits": 1},
            "articles": {"edges": [{"excluded": False, "node": {"title": "Fern"}}]},
        }
    }
    assert await stage.proved()
    node = await stage.api.ask("query($id: ID!) { node(id: $id) { id } }", id=moss)
    assert node == {"node": {"id": moss}}

    await stage.done("includeArticle", amara, programId=program["id"], articleId=moss)

    assert await listed(stage, program) == before
    assert await stage.proved()


async def test_screens_are_told_that_an_article_is_excluded_and_in_again(
    stage: Stage, amara: Actor, program: dict[str, Any]
) -> None:
    moss = await article(stage, program, "Moss")
    newest = await stage.pool.fetchval("SELECT number FROM ledger")
    await stage.done("excludeArticle", amara, programId=program["id"], articleId=moss)
    await stage.done("includeArticle", amara, programId=program["id"], articleId=moss)

    rows = await stage.pool.fetch(
        "SELECT kind, reason, collection_id, counted FROM activity WHERE id > $1 ORDER BY id", newest
    )

    history = [tuple(row) for row in rows if row["kind"] == Kind.HISTORY]
    assert [tuple(row)[:2] for row in rows if row["kind"] == Kind.RETRACTED] == [(Kind.RETRACTED, "EXCLUDED")] * 2
    assert (Kind.HISTORY, None, number(program["id"]), 2) in history
    assert len(history) == 2  # the program and its campaign


async def test_to_exclude_or_include_again_changes_nothing(
    stage: Stage, amara: Actor, admin: Actor, program: dict[str, Any]
) -> None:
    fields = {"programId": program["id"], "articleId": await article(stage, program, "Moss")}
    kept = "SELECT page_key, editor_id, at FROM exclusion"
    versions = "SELECT id, version FROM collection ORDER BY id"
    for mutation in ("excludeArticle", "includeArticle"):
        await stage.done(mutation, amara, **fields)
        before = await stage.pool.fetch(kept), await stage.pool.fetch(versions)
        await stage.done(mutation, admin, **fields)
        assert (await stage.pool.fetch(kept), await stage.pool.fetch(versions)) == before


async def test_an_article_excluded_from_one_program_counts_in_another(
    stage: Stage, world: World, amara: Actor, grace: Person, program: dict[str, Any]
) -> None:
    other = await stage.program(amara, title="Other", campaignSlug="Spring")
    await world.enroll(number(other["id"]), grace)
    moss = await article(stage, program, "Moss")

    await stage.done("excludeArticle", amara, programId=program["id"], articleId=moss)

    assert (await listed(stage, other))["metrics"]["totalEdits"] == 3
    assert (await stage.api.ask(OF_CAMPAIGN))["campaign"] == {
        "metrics": {"totalEdits": 3},
        "articles": {
            "edges": [{"excluded": False, "node": {"title": "Fern"}}, {"excluded": False, "node": {"title": "Moss"}}]
        },
    }
    assert await stage.proved()


async def test_later_edits_to_an_excluded_article_do_not_count(
    stage: Stage, world: World, amara: Actor, grace: Person, program: dict[str, Any]
) -> None:
    moss = await article(stage, program, "Moss")
    await stage.done("excludeArticle", amara, programId=program["id"], articleId=moss)

    await world.edit(grace, "Moss", 100)

    assert (await listed(stage, program))["metrics"]["totalEdits"] == 1
    await stage.done("includeArticle", amara, programId=program["id"], articleId=moss)
    assert (await listed(stage, program))["metrics"]["totalEdits"] == 4
    assert await stage.proved()


async def test_a_deleted_article_can_be_excluded(
    stage: Stage, world: World, amara: Actor, program: dict[str, Any]
) -> None:
    moss = await article(stage, program, "Moss")
    await world.take_in(changes=[PageDeleted("enwiki", world.page_id("Moss"), as_of=NOW)])

    await stage.done("excludeArticle", amara, programId=program["id"], articleId=moss)

    edges = (await listed(stage, program))["articles"]["edges"]
    assert [(edge["node"]["title"], edge["node"]["deleted"], edge["excluded"]) for edge in edges] == [
        ("Fern", False, False),
        ("Moss", True, True),
    ]


async def test_what_nameless_participants_alone_edited_is_not_betrayed_by_excluding_it(
    stage: Stage, world: World, amara: Actor, program: dict[str, Any]
) -> None:
    shy = await world.editor("Shy")
    await world.enroll(number(program["id"]), shy, show_name=False)
    await world.edit(shy, "Secret", 7)
    page = await stage.pool.fetchval("SELECT id FROM page WHERE title = 'Secret'")
    secret = ids.encode(ids.Kind.ARTICLE, page)

    await stage.done("excludeArticle", amara, programId=program["id"], articleId=secret)

    ask = "query($id: ID!) { node(id: $id) { id } }"
    for actor, seen in ((ANONYMOUS, False), (amara, True), (Actor(shy.id, "Shy"), True)):
        edges = (await listed(stage, program, actor))["articles"]["edges"]
        assert ("Secret" in [edge["node"]["title"] for edge in edges]) is seen
        assert (await stage.api.ask(ask, actor, id=secret))["node"] == ({"id": secret} if seen else None)


async def test_what_is_no_article_of_the_program_is_not_found(
    stage: Stage, world: World, amara: Actor, program: dict[str, Any]
) -> None:
    elsewhere = await world.editor("Elsewhere")
    await world.enroll(await world.program("other"), elsewhere)
    await world.edit(elsewhere, "Lichen", 1)
    lichen = ids.encode(ids.Kind.ARTICLE, await stage.pool.fetchval("SELECT id FROM page WHERE title = 'Lichen'"))
    for mutation in ("excludeArticle", "includeArticle"):
        for bad in (lichen, ids.encode(ids.Kind.ARTICLE, 999_999), program["id"], "x"):
            found = await stage.refused(mutation, amara, programId=program["id"], articleId=bad)
            assert found == [("NOT_FOUND", "articleId")]

# SPDX-License-Identifier: GPL-3.0-or-later
"""Participants who count without being findable: nothing public has a row of theirs; for facilitators all adds up."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from graph.jobs.nameless import count_nameless
from graph.resolvers.identity import ANONYMOUS, Actor
from tests.db.rows import NOW, START, Person, World
from tests.schema.asking import Api, signed_in

# What has ended is decided by the database's clock as well: one window is over long since, one is not for long.
LONG_AGO = {"tracking_start": datetime(2023, 11, 1, tzinfo=UTC), "tracking_end": datetime(2023, 11, 30, tzinfo=UTC)}
GOING_ON = {"tracking_start": START, "tracking_end": datetime(2099, 11, 30, tzinfo=UTC)}
LISTS = """{
    program(slug: "botany") {
        metrics { totalEdits articlesEdited articlesCreated bytesAdded activeEditors editors commonsUploads }
        edits { totalCount nodes { byteChange editor { username } article { title } } }
        articles { totalCount edges { edits bytesAdded created node { title } editors { username } } }
        uploads { totalCount }
        editors { totalCount edges { node { username } metrics { edits bytesAdded lastEditAt } } }
        timeline(bucket: DAY) { edits bytesAdded }
        metricsByWiki { metrics { totalEdits } }
        sessions { metrics { totalEdits } editors { totalCount } }
    }
    campaign(slug: "spring") {
        metrics { totalEdits bytesAdded }
        articles { totalCount edges { edits bytesAdded editors { username } } }
        editors { totalCount }
        timeline(bucket: DAY) { edits }
    }
}"""


class Garden:
    """A program in a campaign: Ada is shown by name, three others are not, and all of them edit."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.revisions: dict[str, int] = {}

    async def grow(self, window: dict[str, datetime]) -> None:
        at = window["tracking_start"] + timedelta(days=10)
        self.ada, self.facilitator = await self.world.editor("Ada"), await self.world.editor("Facilitator")
        self.shy: list[Person] = [await self.world.editor(f"Shy {number}") for number in (1, 2, 3)]
        campaign = await self.world.campaign("spring")
        self.program = await self.world.program(
            "botany", facilitators=[self.facilitator], campaigns=[campaign], **window
        )
        await self.world.session(self.program, "evening", window["tracking_start"], window["tracking_end"])
        await self.world.enroll(self.program, self.ada)
        await self.world.enroll(self.program, *self.shy, show_name=False)
        self.revisions["ada"] = await self.world.edit(self.ada, "Rose", 10, created=True, at=at)
        for number, person in enumerate(self.shy, 1):
            self.revisions[person.username] = await self.world.edit(person, "Rose", 100 * number, at=at)
        self.revisions["secret"] = await self.world.edit(self.shy[0], "Thistle", 1234, created=True, at=at)


@pytest.fixture
async def garden(world: World) -> Garden:
    """While the program runs."""
    made = Garden(world)
    await made.grow(GOING_ON)
    return made


@pytest.fixture
async def ended(world: World) -> Garden:
    """After its end, when the worker has looked at it."""
    made = Garden(world)
    await made.grow(LONG_AGO)
    assert await count_nameless(world.pool, NOW) == [made.program]
    return made


async def seen(api: Api, actor: Actor = ANONYMOUS) -> Any:
    found = await api.ask(LISTS, actor)
    return found["program"], found["campaign"]


def sums(program: Any) -> dict[str, int]:
    """The headline numbers as the lists give them."""
    return {
        "edits": len(program["edits"]["nodes"]),
        "of articles": sum(edge["edits"] for edge in program["articles"]["edges"]),
        "of editors": sum(edge["metrics"]["edits"] for edge in program["editors"]["edges"]),
        "over time": sum(point["edits"] for point in program["timeline"]),
        "of wikis": sum(wiki["metrics"]["totalEdits"] for wiki in program["metricsByWiki"][:1]),
    }


async def test_while_the_program_runs_the_public_sees_neither_rows_nor_numbers(api: Api, garden: Garden) -> None:
    for actor in (ANONYMOUS, signed_in(garden.ada), signed_in(await garden.world.editor("Stranger"))):
        program, campaign = await seen(api, actor)
        assert program["metrics"]["totalEdits"] == campaign["metrics"]["totalEdits"] == 1
        assert program["metrics"]["bytesAdded"] == campaign["metrics"]["bytesAdded"] == 10
        assert set(sums(program).values()) == {1}
        assert program["articles"] == {
            "totalCount": 1,
            "edges": [
                {
                    "edits": 1,
                    "bytesAdded": 10,
                    "created": True,
                    "node": {"title": "Rose"},
                    "editors": [{"username": "Ada"}],
                }
            ],
        }
        assert program["sessions"] == [{"metrics": {"totalEdits": 1}, "editors": {"totalCount": 1}}]
        assert campaign["articles"]["totalCount"] == 1


async def test_facilitators_see_everything_and_for_them_everything_adds_up(api: Api, garden: Garden) -> None:
    admin = await garden.world.editor("Admin")
    for actor in (signed_in(garden.facilitator), signed_in(admin, is_admin=True)):
        program, campaign = await seen(api, actor)
        assert program["metrics"]["totalEdits"] == 5
        assert program["metrics"]["bytesAdded"] == 10 + 100 + 200 + 300 + 1234
        assert (program["metrics"]["articlesEdited"], program["metrics"]["activeEditors"]) == (2, 4)
        assert set(sums(program).values()) == {5}
        assert program["edits"]["totalCount"] == 5
        assert program["articles"]["totalCount"] == 2
        assert program["editors"]["totalCount"] == program["metrics"]["editors"] == 4
        assert program["sessions"] == [{"metrics": {"totalEdits": 5}, "editors": {"totalCount": 4}}]
        # A campaign is the same for everybody.
        assert campaign["metrics"]["totalEdits"] == 1


async def test_on_a_screen_a_facilitator_is_shown_what_everybody_is(api: Api, garden: Garden) -> None:
    actor = Actor(garden.facilitator.id, "Facilitator", on_screen=True)
    program, _ = await seen(api, actor)
    assert program["metrics"]["totalEdits"] == program["edits"]["totalCount"] == 1


async def test_after_the_end_numbers_hold_three_nameless_participants_and_lists_do_not(api: Api, ended: Garden) -> None:
    program, campaign = await seen(api)
    assert program["metrics"] == {
        "totalEdits": 5,
        "articlesEdited": 2,
        "articlesCreated": 2,
        "bytesAdded": 1844,
        "activeEditors": 4,
        "editors": 4,
        "commonsUploads": 0,
    }
    assert campaign["metrics"] == {"totalEdits": 5, "bytesAdded": 1844}
    assert program["edits"] == {
        "totalCount": 1,
        "nodes": [{"byteChange": 10, "editor": {"username": "Ada"}, "article": {"title": "Rose"}}],
    }
    (rose,) = program["articles"]["edges"]
    assert (rose["node"], rose["edits"], rose["bytesAdded"]) == ({"title": "Rose"}, 1, 10)
    assert rose["editors"] == [{"username": "Ada"}]
    assert program["articles"]["totalCount"] == campaign["articles"]["totalCount"] == 1
    assert campaign["articles"]["edges"][0]["editors"] == [{"username": "Ada"}]
    assert [edge["node"]["username"] for edge in program["editors"]["edges"]] == ["Ada"]
    assert sum(point["edits"] for point in program["timeline"]) == 1
    assert sum(point["edits"] for point in campaign["timeline"]) == 1
    # In the parts of the numbers single edits could be told apart.
    assert sums(program)["of wikis"] == 1
    narrowed = """{ program(slug: "botany") { metrics(wiki: "enwiki", namespace: 0) { totalEdits articlesEdited
        articlesCreated bytesAdded bytesRemoved activeEditors } } }"""
    assert (await api.ask(narrowed))["program"]["metrics"] == {
        "totalEdits": 1,
        "articlesEdited": 1,
        "articlesCreated": 1,
        "bytesAdded": 10,
        "bytesRemoved": 0,
        "activeEditors": 1,
    }

    program, _ = await seen(api, signed_in(ended.facilitator))
    assert program["metrics"]["totalEdits"] == 5
    assert set(sums(program).values()) == {5}


@pytest.mark.parametrize("window", [GOING_ON, LONG_AGO], ids=["going on", "ended"])
async def test_nodes_of_nameless_participants_are_for_those_who_may_know(
    api: Api, world: World, window: dict[str, datetime]
) -> None:
    garden = Garden(world)
    await garden.grow(window)
    await count_nameless(world.pool, NOW)
    found = await api.ask(
        """{ program(slug: "botany") { edits { nodes { id byteChange article { id title } editor { id } } } } }""",
        signed_in(garden.facilitator),
    )
    edits = {edit["byteChange"]: edit for edit in found["program"]["edits"]["nodes"]}
    ids = {
        "edit": edits[1234]["id"],
        "article": edits[1234]["article"]["id"],
        "editor": edits[1234]["editor"]["id"],
    }
    query = """query ($edit: ID!, $article: ID!, $editor: ID!) {
        edit: node(id: $edit) { id } article: node(id: $article) { id } editor: node(id: $editor) { id } }"""
    everything = {name: {"id": value} for name, value in ids.items()}
    nothing: dict[str, None] = dict.fromkeys(ids)

    assert await api.ask(query, **ids) == nothing
    assert await api.ask(query, signed_in(garden.ada), **ids) == nothing
    assert await api.ask(query, signed_in(garden.facilitator), **ids) == everything
    assert await api.ask(query, signed_in(garden.shy[0]), **ids) == everything
    assert await api.ask(query, signed_in(garden.shy[1]), **ids) == nothing


async def test_whoever_is_nameless_sees_their_own_part(api: Api, garden: Garden) -> None:
    program, _ = await seen(api, signed_in(garden.shy[0]))
    own = {edge["node"]["username"]: edge["metrics"] for edge in program["editors"]["edges"]}
    assert own["Shy 1"]["edits"] == 2
    assert own["Shy 1"]["lastEditAt"] is not None
    assert sorted(own) == ["Ada", "Shy 1"]


async def test_a_name_shown_in_one_program_betrays_no_part_in_another(api: Api, world: World) -> None:
    ada, *others = [await world.editor(name) for name in ("Ada", "Bo", "Cy", "Di")]
    campaign = await world.campaign("spring")
    first = LONG_AGO | {"tracking_end": datetime(2023, 11, 10, tzinfo=UTC)}
    shown = await world.program("shown", campaigns=[campaign], **first)
    hidden = await world.program("hidden", campaigns=[campaign], **LONG_AGO)
    await world.enroll(shown, ada)
    await world.enroll(hidden, ada, *others[:2], show_name=False)
    await world.enroll(hidden, others[2])
    for person in (ada, *others):
        await world.edit(person, f"Page of {person.username}", 7, at=datetime(2023, 11, 20, tzinfo=UTC))
    early = await world.edit(ada, "Early", 5, at=datetime(2023, 11, 5, tzinfo=UTC))
    await count_nameless(world.pool, NOW)

    found = await api.ask(
        """{ shown: program(slug: "shown") { edits { nodes { revisionId } } }
             hidden: program(slug: "hidden") { metrics { totalEdits } edits { nodes { editor { username } } } }
             campaign(slug: "spring") { articles { edges { node { title } editors { username } } }
                editors { edges { node { username } metrics { edits bytesAdded articlesEdited lastEditAt } } } } }"""
    )
    part = {"bytesAdded": 5, "edits": 1, "articlesEdited": 1, "lastEditAt": "2023-11-05T00:00:00Z"}
    assert found["campaign"]["editors"]["edges"][0] == {"node": {"username": "Ada"}, "metrics": part}
    assert found["shown"]["edits"]["nodes"] == [{"revisionId": early}]
    assert found["hidden"]["metrics"]["totalEdits"] == 5
    assert [edit["editor"]["username"] for edit in found["hidden"]["edits"]["nodes"]] == ["Di"]
    assert [edge["node"]["title"] for edge in found["campaign"]["articles"]["edges"]] == ["Early", "Page of Di"]


async def test_uploads_and_deleted_articles_of_nameless_participants_are_not_listed(api: Api, ended: Garden) -> None:
    from graph.edits import PageDeleted

    await ended.world.edit(
        ended.shy[1],
        "File:A.jpg",
        50,
        wiki="commonswiki",
        namespace=6,
        created=True,
        at=datetime(2023, 11, 20, tzinfo=UTC),
    )
    await ended.world.take_in(changes=[PageDeleted("enwiki", ended.world.page_id("Thistle"), as_of=NOW)])
    query = """{ program(slug: "botany") { metrics { commonsUploads } uploads { totalCount nodes { fileName } }
        articles { nodes { title deleted } } } }"""

    public = (await api.ask(query))["program"]
    assert public == {
        "metrics": {"commonsUploads": 1},
        "uploads": {"totalCount": 0, "nodes": []},
        "articles": {"nodes": [{"title": "Rose", "deleted": False}]},
    }
    whole = (await api.ask(query, signed_in(ended.facilitator)))["program"]
    assert whole["uploads"] == {"totalCount": 1, "nodes": [{"fileName": "A.jpg"}]}
    assert whole["articles"]["nodes"] == [
        {"title": "Rose", "deleted": False},
        {"title": "Thistle", "deleted": True},
    ]


async def test_how_much_was_read_from_the_wikis_is_told_to_those_who_may_know(api: Api, garden: Garden) -> None:
    await garden.world.pool.execute(
        "INSERT INTO program_update (program_id, state, edits) VALUES ($1, 'DONE', 5)", garden.program
    )
    await garden.world.pool.execute("INSERT INTO drift (program_id, at, added) VALUES ($1, $2, 4)", garden.program, NOW)
    other = await garden.world.program("other")
    await garden.world.pool.execute(
        "INSERT INTO program_update (program_id, state, edits) VALUES ($1, 'DONE', 6)", other
    )
    query = """{ botany: program(slug: "botany") { update { state edits drift { added } } }
        other: program(slug: "other") { update { edits } } }"""

    found = await api.ask(query)
    assert found["botany"]["update"] == {"state": "DONE", "edits": None, "drift": None}
    assert found["other"]["update"] == {"edits": 6}
    found = await api.ask(query, signed_in(garden.facilitator))
    assert found["botany"]["update"] == {"state": "DONE", "edits": 5, "drift": {"added": 4}}

# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading assignments and available articles: page by page, with the state of each, and nothing that is hidden."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from graph.db import assignments
from graph.edits import PageDeleted
from graph.programs import AssignmentRole
from graph.resolvers.identity import ANONYMOUS, Actor
from graph.schema import ids
from graph.titles import Title
from tests.db.rows import NOW, Person, World
from tests.schema.asking import Api, signed_in
from tests.schema.outsider import Outsider

STATE = "state { exists checkedAt createdBy { username } createdAt lastEditBy { username } lastEditAt }"
LISTED = f"""query($slug: String!, $first: Int, $after: String) {{ program(slug: $slug) {{
    assignments(first: $first, after: $after) {{
        totalCount nodes {{ editor {{ username }} article {{ title {STATE} }} role }}
        pageInfo {{ hasNextPage endCursor }} }}
    availableArticles {{ totalCount nodes {{ article {{ title {STATE} }} }} }} }} }}"""
UNKNOWN = dict.fromkeys(("exists", "checkedAt", "createdBy", "createdAt", "lastEditBy", "lastEditAt"))


class Scene:
    """A program with a facilitator, Ada who is shown by name, and Shy who is not."""

    def __init__(self, world: World) -> None:
        self.world = world

    async def build(self) -> None:
        world = self.world
        self.lead, self.ada, self.shy = [await world.editor(name) for name in ("Lead", "Ada", "Shy")]
        self.program = await world.program("botany", facilitators=[self.lead])
        await world.enroll(self.program, self.ada)
        await world.enroll(self.program, self.shy, show_name=False)
        self.wiki = await world.wiki("enwiki")

    async def assign(self, person: Person, *titles: str, role: AssignmentRole = AssignmentRole.WRITE) -> None:
        async with self.world.pool.acquire() as conn, conn.transaction():
            for title in titles:
                listed = self.wiki, Title(0, title, title)
                await assignments.assign(conn, self.program, listed, person.id, role)

    async def offer(self, *titles: str) -> None:
        async with self.world.pool.acquire() as conn, conn.transaction():
            await assignments.offer(conn, self.program, [(self.wiki, Title(0, title, title)) for title in titles])

    async def locate(self, at: Any = NOW, **pages: int | None) -> None:
        async with self.world.pool.acquire() as conn:
            rows = await conn.fetch("SELECT id, title FROM wanted_article")
            known = {row["id"]: pages[row["title"]] for row in rows if row["title"] in pages}
            await assignments.located(conn, known, at)


@pytest.fixture
async def scene(world: World) -> Scene:
    made = Scene(world)
    await made.build()
    return made


async def listed(api: Api, actor: Actor = ANONYMOUS, **variables: Any) -> dict[str, Any]:
    return dict((await api.ask(LISTED, actor, slug="botany", **variables))["program"])


async def states(api: Api, actor: Actor = ANONYMOUS) -> dict[str, dict[str, Any]]:
    found = await listed(api, actor)
    nodes = found["assignments"]["nodes"] + found["availableArticles"]["nodes"]
    return {node["article"]["title"]: node["article"]["state"] for node in nodes}


async def test_assignments_come_by_title_page_by_page(api: Api, scene: Scene) -> None:
    await scene.assign(scene.ada, "moss", "Fern", "Äpfel", "Lichen", "Algae")
    await scene.assign(scene.ada, "Fern", role=AssignmentRole.REVIEW)
    titles, after = [], None
    for size in (2, 2, 2):
        part = (await listed(api, first=2, after=after))["assignments"]
        assert (len(part["nodes"]), part["totalCount"]) == (size, 6)
        titles += [(node["article"]["title"], node["role"]) for node in part["nodes"]]
        after = part["pageInfo"]["endCursor"]
    assert not part["pageInfo"]["hasNextPage"]
    assert titles == [
        ("Algae", "WRITE"), ("Fern", "WRITE"), ("Fern", "REVIEW"), ("Lichen", "WRITE"), ("moss", "WRITE"),
        ("Äpfel", "WRITE"),
    ]  # fmt: skip


async def test_lists_are_narrowed_by_role_editor_wiki_and_search(api: Api, scene: Scene) -> None:
    bo = await scene.world.editor("Bo")
    await scene.world.enroll(scene.program, bo)
    await scene.assign(scene.ada, "Fern")
    await scene.assign(bo, "Fern", role=AssignmentRole.REVIEW)
    await scene.offer("Moss", "100%", "Mosses")
    found = await api.ask("""{ program(slug: "botany") {
        reviews: assignments(role: REVIEW) { nodes { editor { username } } }
        adas: assignments(editor: "Ada") { totalCount nodes { role } }
        mosses: availableArticles(search: "mOSS") { totalCount nodes { article { title } } }
        percent: availableArticles(search: "%") { nodes { article { title } } }
        german: availableArticles(wiki: "dewiki") { totalCount } } }""")
    assert found["program"] == {
        "reviews": {"nodes": [{"editor": {"username": "Bo"}}]},
        "adas": {"totalCount": 1, "nodes": [{"role": "WRITE"}]},
        "mosses": {"totalCount": 2, "nodes": [{"article": {"title": "Moss"}}, {"article": {"title": "Mosses"}}]},
        "percent": {"nodes": [{"article": {"title": "100%"}}]},
        "german": {"totalCount": 0},
    }


async def test_the_state_tells_what_the_wiki_said_and_what_the_programs_editors_did(api: Api, scene: Scene) -> None:
    await scene.assign(scene.ada, "Moss", "Fern", "Lichen", "Alga")
    assert await states(api) == dict.fromkeys(("Alga", "Fern", "Lichen", "Moss"), UNKNOWN)
    await scene.locate(Moss=None, Fern=77, Lichen=None)
    checked = UNKNOWN | {"checkedAt": "2026-11-22T12:00:00Z"}
    assert await states(api) == {
        "Alga": UNKNOWN,
        "Fern": checked | {"exists": True},
        "Lichen": checked | {"exists": False},
        "Moss": checked | {"exists": False},
    }
    began, went_on = NOW + timedelta(minutes=1), NOW + timedelta(minutes=2)
    bo = await scene.world.editor("Bo")
    await scene.world.enroll(scene.program, bo)
    await scene.world.edit(scene.ada, "Moss", 10, created=True, at=began)
    await scene.world.edit(bo, "Moss", 10, at=went_on)
    assert (await states(api))["Moss"] == {
        "exists": True,
        "checkedAt": "2026-11-22T12:00:00Z",
        "createdBy": {"username": "Ada"},
        "createdAt": "2026-11-22T12:01:00Z",
        "lastEditBy": {"username": "Bo"},
        "lastEditAt": "2026-11-22T12:02:00Z",
    }
    gone = PageDeleted("enwiki", scene.world.page_id("Moss"), as_of=NOW + timedelta(minutes=3))
    await scene.world.take_in(changes=[gone])
    assert (await states(api))["Moss"] == checked | {"exists": False}
    await scene.locate(NOW + timedelta(hours=1), Moss=78)
    assert (await states(api))["Moss"]["exists"] is True


async def test_a_page_that_moved_is_known_by_its_number(api: Api, scene: Scene) -> None:
    await scene.assign(scene.ada, "Mosses")
    await scene.world.edit(scene.ada, "Moss", 10, created=True)
    await scene.locate(Mosses=scene.world.page_id("Moss"))
    assert (await states(api))["Mosses"]["createdBy"] == {"username": "Ada"}


async def test_the_state_is_not_told_by_edits_outside_of_the_program(api: Api, scene: Scene) -> None:
    await scene.assign(scene.ada, "Moss")
    other = await scene.world.program("zoology")
    bo = await scene.world.editor("Bo")
    await scene.world.enroll(other, bo)
    await scene.world.edit(bo, "Moss", 10, created=True)
    assert await states(api) == {"Moss": UNKNOWN}


async def test_what_the_nameless_have_and_do_is_for_facilitators_and_themselves(api: Api, scene: Scene) -> None:
    await scene.offer("Orchid", "Rose", "Moss")
    await scene.assign(scene.ada, "Rose")
    before = await Outsider(api).collect(["botany"], ["Ada", "Shy"], ["o"])
    await scene.assign(scene.shy, "Orchid", "Hidden", "Rose")
    await scene.world.edit(scene.shy, "Orchid", 10, created=True)
    await scene.world.edit(scene.shy, "Rose", 10, created=True)

    assert await Outsider(api).collect(["botany"], ["Ada", "Shy"], ["o"]) == before

    for viewer in (scene.lead, scene.shy):
        found = await listed(api, signed_in(viewer))
        had = [(node["editor"]["username"], node["article"]["title"]) for node in found["assignments"]["nodes"]]
        assert had == [("Shy", "Hidden"), ("Shy", "Orchid"), ("Ada", "Rose"), ("Shy", "Rose")]
        assert [node["article"]["title"] for node in found["availableArticles"]["nodes"]] == ["Moss"]
        assert (await states(api, signed_in(viewer)))["Orchid"]["createdBy"] == {"username": "Shy"}
    for stranger in (ANONYMOUS, signed_in(scene.ada)):
        found = await listed(api, stranger)
        assert found["assignments"]["totalCount"] == 1
        assert [node["article"]["title"] for node in found["availableArticles"]["nodes"]] == ["Moss", "Orchid"]


async def test_an_editors_assignments_in_a_program_are_asked_for_together(api: Api, scene: Scene) -> None:
    await scene.assign(scene.ada, "Moss", "Fern")
    bo = await scene.world.editor("Bo")
    await scene.world.enroll(scene.program, bo)
    await scene.assign(bo, "Moss", role=AssignmentRole.REVIEW)
    query = """query($id: ID!) { program(slug: "botany") { editors { nodes { username
        assignments(programId: $id, first: 1) { totalCount nodes { article { title } role } } } } } }"""
    variables = {"id": ids.encode(ids.Kind.PROGRAM, scene.program)}
    found = await api.ask(query, **variables)
    assert found["program"]["editors"]["nodes"] == [
        {
            "username": "Ada",
            "assignments": {"totalCount": 2, "nodes": [{"article": {"title": "Fern"}, "role": "WRITE"}]},
        },
        {
            "username": "Bo",
            "assignments": {"totalCount": 1, "nodes": [{"article": {"title": "Moss"}, "role": "REVIEW"}]},
        },
    ]
    asked = [statement for statement in api.counting.statements if "assignment" in statement]
    assert len(asked) == 2  # a page and a count for all of them


async def test_an_editors_assignments_in_a_private_program_are_nobodys_business(api: Api, scene: Scene) -> None:
    world = scene.world
    public = scene.program
    scene.program = await world.program("secret", visibility="PRIVATE")
    await world.enroll(scene.program, scene.ada)
    await scene.assign(scene.ada, "Moss")
    query = """query($editor: ID!, $id: ID!) { node(id: $editor) { ... on Editor {
        assignments(programId: $id) { totalCount nodes { id } } } } }"""
    variables = {"editor": ids.encode(ids.Kind.EDITOR, scene.ada.id), "id": ids.encode(ids.Kind.PROGRAM, scene.program)}
    hidden = await api.ask(query, **variables)
    assert hidden["node"]["assignments"] == {"totalCount": 0, "nodes": []}
    assert (await api.ask(query, signed_in(scene.ada), **variables))["node"]["assignments"]["totalCount"] == 1
    assert public != scene.program

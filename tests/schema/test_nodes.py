# SPDX-License-Identifier: GPL-3.0-or-later
"""Anything by its id."""

from __future__ import annotations

from datetime import timedelta

import pytest

from graph.schema import ids
from graph.schema.ids import Kind
from tests.db.rows import NOW, World
from tests.schema.asking import Api

NODES = """query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id
    ... on Program { slug } ... on Campaign { slug } ... on Organization { slug } ... on Session { slug }
    ... on Editor { username } ... on Article { title } ... on Upload { fileName } ... on Edit { byteChange } } }"""


async def test_everything_with_an_id_is_found_by_it(api: Api, world: World) -> None:
    ada = await world.editor("Ada")
    await world.wiki("commonswiki")
    organization = await world.organization("wmxx")
    campaign = await world.campaign("spring", organization_id=organization)
    program = await world.program("botany", campaigns=[campaign])
    session = await world.session(program, "evening")
    await world.enroll(program, ada)
    await world.edit(ada, "Rose", 12, created=True)
    await world.edit(ada, "File:A.jpg", 34, wiki="commonswiki", namespace=6, created=True)
    shown = await api.ask(
        """{ program(slug: "botany") { id edits { nodes { id article { id } } } uploads { nodes { id } }
        sessions { id } } campaign(slug: "spring") { id } organization(slug: "wmxx") { id }
        editor(username: "Ada") { id } }"""
    )
    (edit,), (upload,) = shown["program"]["edits"]["nodes"], shown["program"]["uploads"]["nodes"]
    wanted: list[tuple[str, str, dict[str, object]]] = [
        (shown["program"]["id"], "Program", {"slug": "botany"}),
        (shown["campaign"]["id"], "Campaign", {"slug": "spring"}),
        (shown["organization"]["id"], "Organization", {"slug": "wmxx"}),
        (shown["program"]["sessions"][0]["id"], "Session", {"slug": "evening"}),
        (shown["editor"]["id"], "Editor", {"username": "Ada"}),
        (edit["id"], "Edit", {"byteChange": 12}),
        (edit["article"]["id"], "Article", {"title": "Rose"}),
        (upload["id"], "Upload", {"fileName": "A.jpg"}),
    ]

    found = await api.ask(NODES, ids=[identity for identity, _, _ in wanted])

    assert found["nodes"] == [{"__typename": kind, "id": identity, **leaf} for identity, kind, leaf in wanted]
    assert shown["program"]["sessions"][0]["id"] == ids.encode(Kind.SESSION, session)


async def test_many_of_a_kind_are_asked_for_together(api: Api, world: World) -> None:
    programs = [await world.program(f"program-{number}") for number in range(5)]

    found = await api.ask(NODES, ids=[ids.encode(Kind.PROGRAM, number) for number in programs])

    assert [node["slug"] for node in found["nodes"]] == [f"program-{number}" for number in range(5)]
    assert len(api.counting.statements) == 1


async def test_what_is_not_there_is_null_and_the_rest_is_given(api: Api, world: World) -> None:
    program = await world.program("botany")
    wanted: list[str] = [ids.encode(kind, 999) for kind in Kind if kind is not Kind.EDIT]
    wanted += [ids.encode_edit("enwiki", 999), "rubbish", "", ids.encode(Kind.PROGRAM, program)]

    found = await api.ask(NODES, ids=wanted)

    assert found["nodes"][-1]["slug"] == "botany"
    assert found["nodes"][:-1] == [None] * (len(wanted) - 1)


async def test_an_edit_that_counts_nowhere_is_not_shown(api: Api, world: World) -> None:
    ada = await world.editor("Ada")
    program = await world.program("botany", tracking_end=NOW - timedelta(days=9))
    await world.enroll(program, ada)
    revision = await world.edit(ada, "Rose", 12)

    found = await api.ask(NODES, ids=[ids.encode_edit("enwiki", revision)])

    assert found["nodes"] == [None]


@pytest.mark.parametrize(("count", "refused"), [(100, False), (101, True)])
async def test_at_most_a_hundred_ids_are_taken_at_once(api: Api, count: int, refused: bool) -> None:
    payload = await api.answer(NODES, ids=["x"] * count)

    assert ("errors" in payload) == refused
    if refused:
        assert payload["errors"][0]["extensions"] == {"code": "TOO_MANY", "field": ["ids"]}

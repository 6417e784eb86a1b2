# SPDX-License-Identifier: GPL-3.0-or-later
"""What every list keeps: places while others come and go, counts only when asked for, nothing of what is private."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from graph.resolvers.identity import ANONYMOUS
from tests.db.rows import NOW, START, Person, World
from tests.schema.asking import Api, signed_in

CONNECTIONS = {
    "programs": "{ programs(LIMIT) { COUNT pageInfo { hasNextPage } } }",
    "campaigns": "{ campaigns(LIMIT) { COUNT pageInfo { hasNextPage } } }",
    "organizations": "{ organizations(LIMIT) { COUNT pageInfo { hasNextPage } } }",
    "campaign.programs": '{ campaign(slug: "spring") { programs(LIMIT) { COUNT pageInfo { hasNextPage } } } }',
    "campaign.editors": '{ campaign(slug: "spring") { editors(LIMIT) { COUNT pageInfo { hasNextPage } } } }',
    "campaign.articles": '{ campaign(slug: "spring") { articles(LIMIT) { COUNT pageInfo { hasNextPage } } } }',
    "organization.campaigns": '{ organization(slug: "wm") { campaigns(LIMIT) { COUNT pageInfo { hasNextPage } } } }',
    "program.campaigns": '{ program(slug: "botany") { campaigns(LIMIT) { COUNT pageInfo { hasNextPage } } } }',
    "program.editors": '{ program(slug: "botany") { editors(LIMIT) { COUNT pageInfo { hasNextPage } } } }',
    "program.articles": '{ program(slug: "botany") { articles(LIMIT) { COUNT pageInfo { hasNextPage } } } }',
    "program.edits": '{ program(slug: "botany") { edits(LIMIT) { COUNT pageInfo { hasNextPage } } } }',
    "program.uploads": '{ program(slug: "botany") { uploads(LIMIT) { COUNT pageInfo { hasNextPage } } } }',
    "session.editors": '{ program(slug: "botany") { sessions { editors(LIMIT) { COUNT pageInfo { hasNextPage } } } } }',
    "editor.programs": '{ editor(username: "Ada") { programs(LIMIT) { COUNT pageInfo { hasNextPage } } } }',
    "viewer.programs": "{ viewer { programs(LIMIT) { COUNT pageInfo { hasNextPage } } } }",
    "viewer.campaigns": "{ viewer { campaigns(LIMIT) { COUNT pageInfo { hasNextPage } } } }",
}
every_connection = pytest.mark.parametrize("query", CONNECTIONS.values(), ids=CONNECTIONS)


@pytest.fixture
async def ada(world: World) -> Person:
    """Somebody with a part in everything that has a list."""
    ada = await world.editor("Ada")
    campaign = await world.campaign("spring", ada, organization_id=await world.organization("wm"))
    program = await world.program("botany", campaigns=[campaign], facilitators=[ada])
    await world.session(program, "evening")
    await world.enroll(program, ada)
    await world.edit(ada, "Moss", 1)
    return ada


def filled(query: str, *, limit: str = "first: 1", count: str = "totalCount") -> str:
    return query.replace("LIMIT", limit).replace("COUNT", count)


@every_connection
async def test_a_count_costs_one_statement_where_it_is_asked_for_and_none_where_not(
    api: Api, ada: Person, query: str
) -> None:
    await api.ask(filled(query, count="__typename"), signed_in(ada))
    without = list(api.counting.statements)
    api.counting.statements.clear()

    await api.ask(filled(query), signed_in(ada))

    assert [each for each in without if "AS total" in each] == []
    assert len([each for each in api.counting.statements if "AS total" in each]) == 1
    assert len(api.counting.statements) == len(without) + 1


@every_connection
@pytest.mark.parametrize("first", [-1, 101])
async def test_no_list_gives_more_than_a_hundred(api: Api, ada: Person, query: str, first: int) -> None:
    error = await api.refusal(filled(query, limit=f"first: {first}"), signed_in(ada))

    assert error["extensions"] == {"code": "INVALID", "field": ["first"]}


PROGRAMS = """query ($after: String, $order: ProgramOrder, $first: Int) {
    programs(first: $first, after: $after, orderBy: $order) {
        nodes { slug } pageInfo { endCursor hasNextPage } } }"""


async def page(api: Api, order: str, first: int, after: str | None = None) -> tuple[list[str], str]:
    found = (await api.ask(PROGRAMS, order=order, first=first, after=after))["programs"]
    return [node["slug"] for node in found["nodes"]], found["pageInfo"]["endCursor"]


async def three_of(world: World) -> None:
    """Programs a2, b4 and c6 with the first, second and third place in every order."""
    for title, day in (("c6", 2), ("b4", 4), ("a2", 6)):
        await world.program(title, title=title, tracking_start=START + timedelta(days=day))


@pytest.mark.parametrize("order", ["TITLE", "START", "NEWEST", "RECENT_ACTIVITY"])
async def test_a_page_goes_on_where_the_last_one_ended_whatever_came_meanwhile(
    api: Api, world: World, order: str
) -> None:
    await three_of(world)
    seen, cursor = await page(api, order, 2)
    assert seen == ["a2", "b4"]

    await world.program("a1", title="a1", tracking_start=START + timedelta(days=7))
    rest, _ = await page(api, order, 10, cursor)

    assert rest == ["c6"]
    whole, _ = await page(api, order, 10)
    assert whole == ["a1", "a2", "b4", "c6"]


@pytest.mark.parametrize("order", ["TITLE", "START", "NEWEST", "RECENT_ACTIVITY"])
async def test_a_page_goes_on_even_where_the_program_it_ended_with_is_gone(api: Api, world: World, order: str) -> None:
    await three_of(world)
    _, cursor = await page(api, order, 2)

    await world.pool.execute("DELETE FROM collection WHERE id = (SELECT id FROM program WHERE slug = 'b4')")

    assert (await page(api, order, 10, cursor))[0] == ["c6"]


FILTERED = "query ($filter: ProgramFilter) { programs(filter: $filter) { totalCount nodes { slug } } }"


@pytest.mark.parametrize(
    "chosen",
    [
        {},
        {"search": "Botany"},
        {"search": "Zoo"},
        {"search": "secret-slug"},
        {"type": "FELLOWS"},
        {"status": "ACTIVE"},
        {"campaignSlug": "spring"},
        {"wiki": "dewiki"},
        {"facilitator": "Ada"},
    ],
)
async def test_no_filter_finds_a_private_program_for_a_stranger(api: Api, world: World, chosen: dict[str, Any]) -> None:
    ada, bob = await world.editor("Ada"), await world.editor("Bob")
    await world.program(
        "secret-slug", title="Botany", institution="Zoo", type="FELLOWS", visibility="PRIVATE", facilitators=[ada],
        campaigns=[await world.campaign("spring")], tracked={"dewiki": (0,)},
    )  # fmt: skip

    for stranger in (ANONYMOUS, signed_in(bob)):
        found = await api.ask(FILTERED, stranger, filter=chosen)
        assert found == {"programs": {"totalCount": 0, "nodes": []}}
    assert (await api.ask(FILTERED, signed_in(ada), filter=chosen))["programs"]["totalCount"] == 1


@pytest.mark.parametrize("typed", ["Ada Lovelace", "ada_Lovelace", " User:Ada  Lovelace "])
async def test_a_facilitator_is_found_however_the_name_is_typed(api: Api, world: World, typed: str) -> None:
    await world.program("botany", facilitators=[await world.editor("Ada Lovelace")])

    found = await api.ask(FILTERED, filter={"facilitator": typed})

    assert found["programs"]["nodes"] == [{"slug": "botany"}]


async def test_the_viewers_programs_are_all_they_have_a_role_in_the_private_and_withdrawn_ones_too(
    api: Api, world: World
) -> None:
    ada = await world.editor("Ada")
    roles = ("EDITOR", "FACILITATOR", "ONLINE_VOLUNTEER", "CAMPUS_VOLUNTEER", "STAFF")
    for place, role in enumerate(roles):
        program = await world.program(f"p{place}", visibility="PRIVATE" if place % 2 else "PUBLIC")
        await world.enroll(program, ada, role=role)
    await world.enroll(await world.program("gone", visibility="PRIVATE", withdrawn_at=NOW), ada, role="FACILITATOR")
    await world.program("strange")

    found = await api.ask("{ viewer { programs(first: 100) { totalCount nodes { slug } } } }", signed_in(ada))

    assert sorted(node["slug"] for node in found["viewer"]["programs"]["nodes"]) == [
        "gone",
        "p0",
        "p1",
        "p2",
        "p3",
        "p4",
    ]
    assert found["viewer"]["programs"]["totalCount"] == 6


async def test_the_viewers_own_lists_are_narrowed_and_ordered_like_all_others(api: Api, world: World) -> None:
    ada = await world.editor("Ada")
    for slug in ("bees", "ants", "bats"):
        await world.program(slug, facilitators=[ada], type="FELLOWS" if slug == "ants" else "BASIC")
        await world.campaign(slug, ada)

    found = await api.ask(
        """{ viewer { programs(filter: {type: BASIC}, orderBy: TITLE) { nodes { slug } }
        campaigns(search: "B", orderBy: NEWEST) { nodes { slug } } } }""",
        signed_in(ada),
    )

    assert [node["slug"] for node in found["viewer"]["programs"]["nodes"]] == ["bats", "bees"]
    assert [node["slug"] for node in found["viewer"]["campaigns"]["nodes"]] == ["bats", "bees"]

# SPDX-License-Identifier: GPL-3.0-or-later
"""Lists, page by page: orders, filters, cursors, counts."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.db.rows import NOW, START, World
from tests.schema.asking import Api

PAGE = "totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor }"


async def walk(api: Api, query: str, path: list[str], leaf: str, **variables: Any) -> list[Any]:
    """Every item of a list, read two at a time; the count must agree on each page."""
    found: list[Any] = []
    after = None
    while True:
        connection = await api.ask(query, after=after, **variables)
        for name in path:
            connection = connection[name]
        found += [node[leaf] for node in connection["nodes"]]
        info = connection["pageInfo"]
        assert info["hasPreviousPage"] == (after is not None)
        if not info["hasNextPage"]:
            assert connection["totalCount"] == len(found)
            return found
        assert len(connection["nodes"]) == 2
        after = info["endCursor"]


async def three_programs(world: World) -> None:
    """Programs by title a, B, c; begun in the order c, a, B; made in the order B, c, a; last active: c, a, B."""
    bob = await world.editor("Bob")
    second = await world.program("second", title="Birds", tracking_start=START + timedelta(days=2), institution="Zoo")
    third = await world.program(
        "third", title="cats", tracking_end=NOW - timedelta(days=1), type="CLASSROOM", facilitators=[bob]
    )
    first = await world.program(
        "first",
        title="ants_1",
        tracking_start=START + timedelta(days=1),
        tracked={"dewiki": (0,)},
        campaigns=[await world.campaign("spring")],
    )
    for program, wiki in ((second, "enwiki"), (first, "dewiki"), (third, "enwiki")):
        person = await world.editor(f"Editor of {program}")
        await world.enroll(program, person)
        await world.edit(person, "Page", 1, at=NOW - timedelta(days=2), wiki=wiki)


@pytest.mark.parametrize(
    ("order", "slugs"),
    [
        ("TITLE", ["first", "second", "third"]),
        ("START", ["second", "first", "third"]),
        ("NEWEST", ["first", "third", "second"]),
        ("RECENT_ACTIVITY", ["third", "first", "second"]),
        (None, ["third", "first", "second"]),
    ],
)
async def test_programs_come_in_the_order_asked_for(
    api: Api, world: World, order: str | None, slugs: list[str]
) -> None:
    await three_programs(world)
    query = f"""query ($after: String, $order: ProgramOrder) {{
        programs(first: 2, after: $after, orderBy: $order) {{ {PAGE} nodes {{ slug }} }} }}"""

    assert await walk(api, query, ["programs"], "slug", order=order) == slugs


async def test_what_happens_in_one_program_does_not_make_another_look_active(api: Api, world: World) -> None:
    ada = await world.editor("Ada")
    programs = [await world.program(slug) for slug in ("first", "second", "third")]
    await world.enroll(programs[0], ada)
    await world.edit(ada, "Moss", 1)
    bob = await world.editor("Bob")
    await world.enroll(programs[1], bob)
    await world.edit(bob, "Fern", 1)

    await world.enroll(programs[2], ada)

    found = await api.ask("{ programs(orderBy: RECENT_ACTIVITY) { nodes { slug metrics { totalEdits } } } }")
    assert found["programs"]["nodes"] == [
        {"slug": "third", "metrics": {"totalEdits": 1}},
        {"slug": "second", "metrics": {"totalEdits": 1}},
        {"slug": "first", "metrics": {"totalEdits": 1}},
    ]


@pytest.mark.parametrize(
    ("chosen", "slugs"),
    [
        ({}, {"first", "second", "third"}),
        ({"search": "ANT"}, {"first"}),
        ({"search": "s_1"}, {"first"}),
        ({"search": "%"}, set()),
        ({"search": "\\"}, set()),
        ({"search": "zoo"}, {"second"}),
        ({"type": "CLASSROOM"}, {"third"}),
        ({"status": "ENDED"}, {"third"}),
        ({"status": "ACTIVE"}, {"first", "second"}),
        ({"status": "UPCOMING"}, set()),
        ({"campaignSlug": "spring"}, {"first"}),
        ({"campaignSlug": "autumn"}, set()),
        ({"wiki": "dewiki"}, {"first"}),
        ({"facilitator": "Bob"}, {"third"}),
        ({"facilitator": "Ada"}, set()),
        ({"wiki": "enwiki", "status": "ACTIVE"}, {"second"}),
    ],
)
async def test_programs_are_narrowed_by_every_filter(
    api: Api, world: World, chosen: dict[str, Any], slugs: set[str]
) -> None:
    await three_programs(world)

    found = await api.ask(
        "query ($filter: ProgramFilter) { programs(filter: $filter) { totalCount nodes { slug } } }", filter=chosen
    )

    assert {node["slug"] for node in found["programs"]["nodes"]} == slugs
    assert found["programs"]["totalCount"] == len(slugs)


@pytest.mark.parametrize(
    ("order", "slugs"),
    [
        ("TITLE", ["alpha", "beta", "gamma"]),
        ("NEWEST", ["alpha", "gamma", "beta"]),
        ("START", ["gamma", "alpha", "beta"]),
    ],
)
async def test_campaigns_come_in_the_order_asked_for(api: Api, world: World, order: str, slugs: list[str]) -> None:
    await world.campaign("beta")
    await world.campaign("gamma", starts_at=START + timedelta(days=1))
    await world.campaign("alpha", starts_at=START)
    query = f"""query ($after: String, $order: CampaignOrder) {{
        campaigns(first: 2, after: $after, orderBy: $order) {{ {PAGE} nodes {{ slug }} }} }}"""

    assert await walk(api, query, ["campaigns"], "slug", order=order) == slugs


async def test_campaigns_and_organizations_can_be_searched(api: Api, world: World) -> None:
    organization = await world.organization("wmxx", name="Wikimedia Exxland")
    await world.organization("wmyy", name="Wikimedia Whyland")
    await world.campaign("alpha", organization_id=organization)
    await world.campaign("beta")

    found = await api.ask(
        """{ campaigns(search: "LPH") { nodes { slug } } organizations(search: "exx") {
        totalCount edges { cursor node { slug campaigns { totalCount nodes { slug } } metrics { totalEdits } } } } }"""
    )

    assert found["campaigns"]["nodes"] == [{"slug": "alpha"}]
    (edge,) = found["organizations"]["edges"]
    assert edge["node"] == {
        "slug": "wmxx",
        "campaigns": {"totalCount": 1, "nodes": [{"slug": "alpha"}]},
        "metrics": {"totalEdits": 0},
    }


@pytest.mark.parametrize(
    ("order", "names"),
    [
        ("USERNAME", ["ada", "Bob", "Cleo"]),
        ("EDITS", ["Cleo", "Bob", "ada"]),
        ("BYTES_ADDED", ["Bob", "Cleo", "ada"]),
        ("JOINED", ["ada", "Bob", "Cleo"]),
    ],
)
@pytest.mark.parametrize("place", ["program", "campaign"])
async def test_editors_come_in_the_order_asked_for(
    api: Api, world: World, place: str, order: str, names: list[str]
) -> None:
    cleo, ada, bob = [await world.editor(name) for name in ("Cleo", "ada", "Bob")]
    program = await world.program("botany", campaigns=[await world.campaign("spring")])
    for day, person in enumerate((cleo, bob, ada)):
        await world.enroll(program, person, joined_at=START + timedelta(days=day))
    await world.edit(cleo, "Rose", 10)
    await world.edit(cleo, "Rose", 10)
    await world.edit(bob, "Rose", 50)
    slug = {"program": "botany", "campaign": "spring"}[place]
    query = f"""query ($after: String, $order: EditorOrder) {{ {place}(slug: "{slug}") {{
        editors(first: 2, after: $after, orderBy: $order) {{ {PAGE} nodes {{ username }} }} }} }}"""

    assert await walk(api, query, [place, "editors"], "username", order=order) == names


async def test_editors_can_be_searched(api: Api, world: World) -> None:
    program = await world.program("botany")
    await world.enroll(program, await world.editor("Ada L"), await world.editor("Bob"))

    found = await api.ask('{ program(slug: "botany") { editors(search: "da l") { totalCount nodes { username } } } }')

    assert found["program"]["editors"] == {"totalCount": 1, "nodes": [{"username": "Ada L"}]}


@pytest.mark.parametrize(
    ("order", "titles"),
    [
        ("TITLE", ["apple", "Birch", "Cedar"]),
        ("BYTES_ADDED", ["Cedar", "apple", "Birch"]),
        ("EDITS", ["Birch", "apple", "Cedar"]),
        ("NEWEST", ["Cedar", "apple", "Birch"]),
        ("VIEWS", ["apple", "Birch", "Cedar"]),
    ],
)
async def test_articles_come_in_the_order_asked_for(api: Api, world: World, order: str, titles: list[str]) -> None:
    ada = await world.editor("Ada")
    await world.enroll(await world.program("botany"), ada)
    await world.edit(ada, "Birch", 1)
    await world.edit(ada, "Birch", 1)
    await world.edit(ada, "apple", 5)
    await world.edit(ada, "Cedar", 9)
    await world.edit(ada, "User:Ada", 9, namespace=2)
    query = f"""query ($after: String, $order: ArticleOrder) {{ program(slug: "botany") {{
        articles(first: 2, after: $after, orderBy: $order) {{ {PAGE} nodes {{ title }} }} }} }}"""

    assert await walk(api, query, ["program", "articles"], "title", order=order) == titles


async def test_edits_come_newest_first_and_can_be_narrowed(api: Api, world: World) -> None:
    ada, bob = await world.editor("Ada"), await world.editor("Bob")
    await world.enroll(await world.program("botany", tracked={"enwiki": (0,), "dewiki": (0,)}), ada, bob)
    at = NOW - timedelta(hours=2)
    await world.edit(ada, "Rose", 1, at=at, summary="first")
    await world.edit(bob, "Rose", 2, at=at, summary="second, in the same second")
    await world.edit(ada, "Rose", 3, at=at + timedelta(seconds=1), wiki="dewiki", summary="third")
    await world.edit(ada, "Talk:Rose", 4, namespace=1, at=at + timedelta(hours=1), summary="fourth")
    query = f"""query ($after: String, $wiki: String, $editor: String) {{ program(slug: "botany") {{
        edits(first: 2, after: $after, wiki: $wiki, editor: $editor) {{ {PAGE} nodes {{ summary }} }} }} }}"""

    async def summaries(**chosen: str) -> list[str]:
        return [text.partition(",")[0] for text in await walk(api, query, ["program", "edits"], "summary", **chosen)]

    assert await summaries() == ["fourth", "third", "second", "first"]
    assert await summaries(wiki="enwiki") == ["fourth", "second", "first"]
    assert await summaries(editor="Ada") == ["fourth", "third", "first"]
    assert await summaries(editor="Ada", wiki="enwiki") == ["fourth", "first"]
    assert await summaries(editor="Cleo") == []


async def test_uploads_are_new_files_on_commons(api: Api, world: World) -> None:
    ada, bob = await world.editor("Ada"), await world.editor("Bob")
    await world.wiki("commonswiki")
    await world.enroll(await world.program("botany"), ada, bob)
    at = NOW - timedelta(hours=2)
    for person, title, created in (
        (ada, "File:A.jpg", True),
        (ada, "File:Old.jpg", False),
        (bob, "File:B c.jpg", True),
        (ada, "File:D.jpg", True),
    ):
        at += timedelta(seconds=1)
        await world.edit(person, title, 9, wiki="commonswiki", namespace=6, created=created, at=at)
    await world.edit(ada, "Rose", 9, created=True, at=at)
    query = f"""query ($after: String, $editor: String) {{ program(slug: "botany") {{
        uploads(first: 2, after: $after, editor: $editor) {{ {PAGE}
            nodes {{ fileName pageUrl thumbnailUrl editor {{ username }} at usages deleted }} }}
        metrics {{ commonsUploads totalEdits }} edits {{ totalCount }} }} }}"""

    found = await api.ask(query)

    assert found["program"]["uploads"]["nodes"][1] == {
        "fileName": "B c.jpg",
        "pageUrl": "https://commons.wikimedia.org/wiki/File:B_c.jpg",
        "thumbnailUrl": "https://commons.wikimedia.org/wiki/Special:FilePath/B_c.jpg?width=320",
        "editor": {"username": "Bob"},
        "at": "2026-11-22T10:00:03Z",
        "usages": None,
        "deleted": False,
    }
    assert await walk(api, query, ["program", "uploads"], "fileName") == ["D.jpg", "B c.jpg", "A.jpg"]
    assert await walk(api, query, ["program", "uploads"], "fileName", editor="Ada") == ["D.jpg", "A.jpg"]
    # On untracked Commons an upload is an upload and nothing else.
    assert found["program"]["metrics"] == {"commonsUploads": 3, "totalEdits": 1}
    assert found["program"]["edits"] == {"totalCount": 1}


@pytest.mark.parametrize("first", [-1, 101, 2_000_000_000])
async def test_more_than_a_hundred_or_less_than_nothing_is_refused(api: Api, first: int) -> None:
    error = await api.refusal("query ($first: Int) { programs(first: $first) { totalCount } }", first=first)

    assert error["extensions"] == {"code": "INVALID", "field": ["first"]}
    assert error["message"] == "`first` is 0 to 100; for more, continue with `after`."


async def test_no_first_is_twenty_five_and_none_at_all_is_allowed(api: Api, world: World) -> None:
    for number in range(26):
        await world.campaign(f"campaign-{number}")

    found = await api.ask(
        """{ usual: campaigns { nodes { slug } pageInfo { hasNextPage } }
        null: campaigns(first: null) { nodes { slug } }
        none: campaigns(first: 0) { totalCount nodes { slug } pageInfo { hasNextPage startCursor endCursor } } }"""
    )

    assert len(found["usual"]["nodes"]) == len(found["null"]["nodes"]) == 25
    assert found["usual"]["pageInfo"] == {"hasNextPage": True}
    assert found["none"] == {
        "totalCount": 26,
        "nodes": [],
        "pageInfo": {"hasNextPage": True, "startCursor": None, "endCursor": None},
    }


async def test_a_cursor_of_another_list_or_order_is_refused(api: Api, world: World) -> None:
    await world.campaign("alpha")
    given = (await api.ask("{ campaigns(orderBy: TITLE) { pageInfo { endCursor } } }"))["campaigns"]["pageInfo"]

    for query in (
        "query ($after: String) { campaigns(orderBy: START, after: $after) { totalCount } }",
        "query ($after: String) { programs(orderBy: TITLE, after: $after) { totalCount } }",
    ):
        error = await api.refusal(query, after=given["endCursor"])
        assert error["extensions"] == {"code": "INVALID", "field": ["after"]}


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("query ($text: String!) { program(slug: $text) { id } }", "slug"),
        ("query ($text: String!) { campaign(slug: $text) { id } }", "slug"),
        ("query ($text: String!) { editor(username: $text) { id } }", "username"),
        ("query ($text: String!) { programs(filter: {search: $text}) { totalCount } }", "search"),
        ("query ($text: String!) { campaigns(search: $text) { totalCount } }", "search"),
    ],
)
@pytest.mark.parametrize("text", ["a\0b", "\ud800"])
async def test_text_that_no_database_can_hold_is_refused(api: Api, query: str, field: str, text: str) -> None:
    error = await api.refusal(query, text=text)

    assert error["extensions"] == {"code": "INVALID", "field": [field]}


async def test_a_page_stays_in_place_while_the_list_grows(api: Api, world: World) -> None:
    for title in ("b", "d", "f"):
        await world.program(title, title=title)
    query = f"""query ($after: String) {{
        programs(first: 2, orderBy: TITLE, after: $after) {{ {PAGE} nodes {{ slug }} }} }}"""
    first = (await api.ask(query))["programs"]

    for title in ("a", "c", "e"):
        await world.program(title, title=title)
    second = (await api.ask(query, after=first["pageInfo"]["endCursor"]))["programs"]

    assert [node["slug"] for node in first["nodes"]] == ["b", "d"]
    assert [node["slug"] for node in second["nodes"]] == ["e", "f"]

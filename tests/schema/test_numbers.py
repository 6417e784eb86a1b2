# SPDX-License-Identifier: GPL-3.0-or-later
"""Numbers through the schema: whole, by wiki and namespace, over time, and what lies behind them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from graph.edits import PageDeleted, RevisionTagged
from tests.db.rows import NOW, START, Person, World
from tests.schema.asking import Api

METRICS = """totalEdits articlesCreated articlesEdited editors activeEditors newEditors bytesAdded bytesRemoved
    wordsAdded commonsUploads revertedEdits referencesAdded articleViews uploadsInUse uploadUsages enrichedAsOf"""
UNKNOWN = dict.fromkeys(("referencesAdded", "articleViews", "uploadsInUse", "uploadUsages", "enrichedAsOf"))


def numbers(**given: Any) -> dict[str, Any]:
    names = [name for name in METRICS.split() if name not in UNKNOWN]
    return {**dict.fromkeys(names, 0), **UNKNOWN, **given}


@pytest.fixture
async def ada(world: World) -> Person:
    """Three edits on English Wikipedia, one of them to a talk page, and one on Chinese Wikipedia."""
    ada = await world.editor("Ada", registered_at=START + timedelta(days=1))
    campaign = await world.campaign("spring")
    program = await world.program("botany", tracked={"enwiki": (0,), "zhwiki": (0,)}, campaigns=[campaign])
    await world.enroll(program, ada, await world.editor("Bob"))
    await world.edit(ada, "Rose", 1035, created=True, at=NOW - timedelta(days=3))
    await world.edit(ada, "Rose", -35, at=NOW - timedelta(days=3) + timedelta(minutes=1))
    await world.edit(ada, "Talk:Rose", 99, namespace=1, at=NOW - timedelta(days=1))
    await world.edit(ada, "玫瑰", 300, wiki="zhwiki", at=NOW - timedelta(days=1))
    return ada


EXPECTED = numbers(
    totalEdits=4,
    articlesCreated=1,
    articlesEdited=2,
    editors=2,
    activeEditors=1,
    newEditors=1,
    bytesAdded=1335,
    bytesRemoved=35,
    wordsAdded=200,
)


@pytest.mark.parametrize(("place", "slug"), [("program", "botany"), ("campaign", "spring")])
@pytest.mark.usefixtures("ada")
async def test_the_headline_numbers_of_a_program_and_of_its_campaign(api: Api, place: str, slug: str) -> None:
    found = await api.ask(f'{{ {place}(slug: "{slug}") {{ metrics {{ {METRICS} }} }} }}')

    assert found[place]["metrics"] == EXPECTED


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        (
            'wiki: "enwiki"',
            {"totalEdits": 3, "articlesCreated": 1, "articlesEdited": 1, "activeEditors": 1, "bytesAdded": 1035}
            | {"bytesRemoved": 35, "wordsAdded": 200},
        ),
        (
            'wiki: "zhwiki"',
            {"totalEdits": 1, "articlesEdited": 1, "activeEditors": 1, "bytesAdded": 300, "wordsAdded": None},
        ),
        ('wiki: "enwiki", namespace: 1', {"totalEdits": 1, "activeEditors": 1}),
        (
            "namespace: 0",
            {"totalEdits": 3, "articlesCreated": 1, "articlesEdited": 2, "activeEditors": 1, "bytesAdded": 1335}
            | {"bytesRemoved": 35, "wordsAdded": 200},
        ),
        ('wiki: "enwiki", namespace: 118', {}),
        ('wiki: "dewiki"', {"wordsAdded": None}),
        ('wiki: "no such wiki"', {"wordsAdded": None}),
    ],
)
@pytest.mark.usefixtures("ada")
async def test_the_numbers_of_a_wiki_or_namespace(api: Api, chosen: str, expected: dict[str, Any]) -> None:
    found = await api.ask(f'{{ program(slug: "botany") {{ metrics({chosen}) {{ {METRICS} }} }} }}')

    assert found["program"]["metrics"] == numbers(editors=2, newEditors=1, **expected)


@pytest.mark.parametrize(("place", "slug"), [("program", "botany"), ("campaign", "spring")])
@pytest.mark.usefixtures("ada")
async def test_each_wiki_comes_whole_and_then_by_namespace(api: Api, place: str, slug: str) -> None:
    found = await api.ask(
        f"""{{ {place}(slug: "{slug}") {{ metricsByWiki {{ wiki {{ dbname }} namespace
        metrics {{ totalEdits activeEditors bytesAdded wordsAdded }} }} }} }}"""
    )

    rows = [
        (part["wiki"]["dbname"], part["namespace"], *part["metrics"].values()) for part in found[place]["metricsByWiki"]
    ]
    assert rows == [
        ("enwiki", None, 3, 1, 1035, 200),
        ("enwiki", 0, 2, 1, 1035, 200),
        ("enwiki", 1, 1, 1, 0, 0),
        ("zhwiki", None, 1, 1, 300, None),
        ("zhwiki", 0, 1, 1, 300, None),
    ]


async def test_a_tracked_wiki_without_edits_is_there_with_zeros(api: Api, world: World) -> None:
    await world.program("botany")

    found = await api.ask(
        '{ program(slug: "botany") { metricsByWiki { wiki { dbname } namespace metrics { totalEdits wordsAdded } } } }'
    )

    assert found["program"]["metricsByWiki"] == [
        {"wiki": {"dbname": "enwiki"}, "namespace": None, "metrics": {"totalEdits": 0, "wordsAdded": 0}}
    ]


async def test_numbers_are_as_of_their_beginning_until_the_stream_has_told_something(api: Api, world: World) -> None:
    await world.program("botany")
    query = '{ program(slug: "botany") { metrics { asOf version } m: metrics(wiki: "enwiki") { asOf version } } }'
    before = (await api.ask(query))["program"]

    await api.pool.execute("UPDATE ledger SET complete_until = $1", NOW)
    after = (await api.ask(query))["program"]

    assert before["metrics"]["asOf"] == before["m"]["asOf"] == "2026-11-01T00:00:00Z"
    assert after["metrics"]["asOf"] == after["m"]["asOf"] == "2026-11-22T12:00:00Z"
    assert before["metrics"]["version"] == after["m"]["version"] > 0


@pytest.mark.usefixtures("ada")
async def test_a_timeline_has_a_point_for_every_bucket(api: Api) -> None:
    found = await api.ask(
        """{ program(slug: "botany") { timeline(bucket: DAY, from: "2026-11-18T23:00:00Z") {
        at edits bytesAdded activeEditors articlesCreated } } }"""
    )

    assert [tuple(point.values()) for point in found["program"]["timeline"]] == [
        ("2026-11-18T00:00:00Z", 0, 0, 0, 0),
        ("2026-11-19T00:00:00Z", 2, 1035, 1, 1),
        ("2026-11-20T00:00:00Z", 0, 0, 0, 0),
        ("2026-11-21T00:00:00Z", 2, 300, 1, 0),
        ("2026-11-22T00:00:00Z", 0, 0, 0, 0),
    ]


@pytest.mark.parametrize(
    ("bucket", "first", "count"),
    [
        ("HOUR", "2026-11-01T00:00:00Z", 21 * 24 + 13),
        ("WEEK", "2026-10-26T00:00:00Z", 4),
        ("MONTH", "2026-11-01T00:00:00Z", 1),
    ],
)
@pytest.mark.parametrize(("place", "slug"), [("program", "botany"), ("campaign", "spring")])
@pytest.mark.usefixtures("ada")
async def test_a_timeline_runs_from_the_beginning_of_tracking_until_now(
    api: Api, place: str, slug: str, bucket: str, first: str, count: int
) -> None:
    found = await api.ask(f'{{ {place}(slug: "{slug}") {{ timeline(bucket: {bucket}) {{ at edits }} }} }}')

    points = found[place]["timeline"]
    assert (points[0]["at"], len(points), sum(point["edits"] for point in points)) == (first, count, 4)


@pytest.mark.usefixtures("ada")
async def test_a_timeline_of_too_many_points_is_refused_with_the_bucket_that_fits(api: Api) -> None:
    error = await api.refusal('{ program(slug: "botany") { timeline(bucket: MINUTE) { at } } }')

    assert error["extensions"] == {"code": "INVALID", "field": ["bucket"]}
    assert error["message"].endswith("the finest bucket that fits is HOUR.")


@pytest.mark.usefixtures("ada")
async def test_a_timeline_that_ends_before_it_begins_is_refused(api: Api) -> None:
    error = await api.refusal(
        """{ program(slug: "botany") {
        timeline(bucket: DAY, from: "2026-11-20T00:00:00Z", to: "2026-11-19T00:00:00Z") { at } } }"""
    )

    assert error["extensions"] == {"code": "INVALID", "field": ["to"]}


async def test_a_program_that_has_not_begun_has_an_empty_timeline(api: Api, world: World) -> None:
    await world.program("botany", tracking_start=NOW + timedelta(days=1), tracking_end=NOW + timedelta(days=9))
    await world.campaign("empty")

    found = await api.ask(
        """{ program(slug: "botany") { status timeline(bucket: MINUTE) { at } }
        campaign(slug: "empty") { timeline(bucket: MINUTE) { at } } }"""
    )

    assert found == {"program": {"status": "UPCOMING", "timeline": []}, "campaign": {"timeline": []}}


@pytest.mark.usefixtures("ada")
async def test_an_editors_part_of_the_numbers(api: Api) -> None:
    found = await api.ask(
        """{ program(slug: "botany") { editors { edges { cursor role joinedAt showName node { username }
        metrics { edits bytesAdded bytesAddedUserspace bytesAddedDraft articlesEdited articlesCreated referencesAdded
            uploads lastEditAt } } } } }"""
    )

    ada, bob = found["program"]["editors"]["edges"]
    assert (ada["role"], ada["joinedAt"], ada["showName"]) == ("EDITOR", "2026-11-01T00:00:00Z", True)
    assert ada["metrics"] == {
        "edits": 4,
        "bytesAdded": 1335,
        "bytesAddedUserspace": 0,
        "bytesAddedDraft": 0,
        "articlesEdited": 2,
        "articlesCreated": 1,
        "referencesAdded": None,
        "uploads": 0,
        "lastEditAt": "2026-11-21T12:00:00Z",
    }
    assert (bob["metrics"]["edits"], bob["metrics"]["lastEditAt"]) == (0, None)


async def test_a_deleted_article_stays_listed_as_deleted(api: Api, world: World, ada: Person) -> None:
    page = world.page_id("Rose")
    talk = world.page_id("Talk:Rose")

    await world.take_in(changes=[PageDeleted("enwiki", page, as_of=NOW), PageDeleted("enwiki", talk, as_of=NOW)])
    found = await api.ask(
        """{ program(slug: "botany") { articles(wiki: "enwiki") { totalCount edges { created excluded edits bytesAdded
        referencesAdded views editors { username } node { id title deleted url pageId namespace } } }
        metrics { articlesEdited } } }"""
    )

    (edge,) = found["program"]["articles"]["edges"]
    identity = edge["node"].pop("id")
    assert edge == {
        "created": False,
        "excluded": False,
        "edits": 0,
        "bytesAdded": 0,
        "referencesAdded": None,
        "views": None,
        "editors": [],
        "node": {
            "title": "Rose",
            "deleted": True,
            "url": "https://en.wikipedia.org/wiki/Rose",
            "pageId": page,
            "namespace": 0,
        },
    }
    assert found["program"]["metrics"] == {"articlesEdited": 1}
    again = await api.ask("query ($id: ID!) { node(id: $id) { ... on Article { title deleted } } }", id=identity)
    assert again["node"] == {"title": "Rose", "deleted": True}


async def test_an_article_names_at_most_ten_editors_by_edits(api: Api, world: World) -> None:
    program = await world.program("botany")
    people = [await world.editor(f"Editor {number:02}") for number in range(12)]
    await world.enroll(program, *people)
    for person in people:
        await world.edit(person, "Rose", 1)
    await world.edit(people[11], "Rose", 1)

    found = await api.ask(
        '{ program(slug: "botany") { articles(created: false) { edges { edits editors { username } } } } }'
    )

    (edge,) = found["program"]["articles"]["edges"]
    assert edge["edits"] == 13
    assert [editor["username"] for editor in edge["editors"]] == [
        "Editor 11",
        *(f"Editor {number:02}" for number in range(9)),
    ]


async def test_an_edit_shows_what_was_done(api: Api, world: World) -> None:
    ada = await world.editor("Ada")
    await world.enroll(await world.program("botany"), ada)
    revision = await world.edit(ada, "Rosa canina", 42, created=True, minor=True, summary="→ new")
    await world.take_in(changes=[RevisionTagged("enwiki", revision, reverted=True, as_of=NOW)])
    query = """{ id wiki { dbname } revisionId article { title pageId url } editor { username } at byteChange created
        minor reverted summary diffUrl }"""

    (edit,) = (await api.ask(f'{{ program(slug: "botany") {{ edits {{ nodes {query} }} }} }}'))["program"]["edits"][
        "nodes"
    ]

    assert edit == {
        "id": edit["id"],
        "wiki": {"dbname": "enwiki"},
        "revisionId": revision,
        "article": {
            "title": "Rosa canina",
            "pageId": world.page_id("Rosa canina"),
            "url": "https://en.wikipedia.org/wiki/Rosa_canina",
        },
        "editor": {"username": "Ada"},
        "at": "2026-11-22T11:00:00Z",
        "byteChange": 42,
        "created": True,
        "minor": True,
        "reverted": True,
        "summary": "→ new",
        "diffUrl": f"https://en.wikipedia.org/w/index.php?diff={revision}",
    }
    again = await api.ask(f"query ($id: ID!) {{ node(id: $id) {{ ... on Edit {query} }} }}", id=edit["id"])
    assert again["node"] == edit


async def test_a_session_has_its_own_numbers_and_editors(api: Api, world: World) -> None:
    ada, bob = await world.editor("Ada"), await world.editor("Bob")
    program = await world.program("botany")
    await world.enroll(program, ada, bob)
    window = (NOW - timedelta(hours=2), NOW)
    await world.session(program, "all", *window)
    await world.session(program, "own", *window, participants=[bob])
    await world.edit(ada, "Rose", 1, at=NOW - timedelta(hours=1))
    await world.edit(bob, "Rose", 2, at=NOW - timedelta(hours=1))
    await world.edit(bob, "Rose", 4, at=NOW - timedelta(hours=3))

    found = await api.ask(
        """{ program(slug: "botany") { sessions { slug activityCursor metrics { totalEdits bytesAdded editors }
        editors { totalCount edges { node { username } metrics { edits } } } } activityCursor } }"""
    )

    everybody, own = found["program"]["sessions"]
    assert everybody["metrics"] == {"totalEdits": 2, "bytesAdded": 3, "editors": 2}
    assert own["metrics"] == {"totalEdits": 1, "bytesAdded": 2, "editors": 1}
    assert own["editors"] == {"totalCount": 1, "edges": [{"node": {"username": "Bob"}, "metrics": {"edits": 1}}]}
    assert everybody["activityCursor"] == own["activityCursor"] == found["program"]["activityCursor"]

# SPDX-License-Identifier: GPL-3.0-or-later
"""How many statements an answer costs: so many a level, whatever its breadth."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest

from graph.db.generating import Sizes, generate
from graph.db.pool import connect
from graph.resolvers.identity import ANONYMOUS, Actor
from tests.conftest import new_database
from tests.db.rows import NOW
from tests.schema.asking import Api

NARROW, WIDE = 1, 8

# What can be asked of each thing, and in how many statements.
NUMBERS = {
    "metrics { totalEdits }": 1,
    'metrics(wiki: "enwiki") { totalEdits }': 1,
    "metricsByWiki { wiki { dbname } namespace metrics { totalEdits } }": 1,
    "timeline(bucket: MONTH) { at edits }": 2,
}
LISTS = {
    "editors(first: $first, orderBy: EDITS) { nodes { username } }": 1,
    "editors(first: $first) { totalCount edges { metrics { edits } } }": 2,
    "editors(first: $first) { edges { metrics { lastEditAt } } }": 2,
    "articles(first: $first, orderBy: BYTES_ADDED) { nodes { title wiki { dbname } } }": 1,
    "articles(first: $first) { totalCount edges { edits editors { username } } }": 3,
    "edits(first: $first) { nodes { article { title } editor { username } } }": 1,
    "edits(first: $first) { totalCount }": 2,
}
CAMPAIGN = {
    **NUMBERS,
    **LISTS,
    "organization { name }": 1,
    "organizers { username }": 1,
    "programs(first: $first) { nodes { title } }": 1,
    "programs(first: $first, orderBy: RECENT_ACTIVITY) { totalCount }": 2,
    "programs(first: $first) { nodes { metrics { totalEdits } } }": 2,
    "programs(first: $first) { nodes { editors(first: $first) { edges { metrics { edits } } } } }": 2,
    "programs(first: $first) { nodes { articles(first: $first) { edges { editors { username } } } } }": 3,
    "programs(first: $first) { nodes { sessions { editors(first: $first) { totalCount } } } }": 4,
    "activityCursor": 1,
}
PROGRAM = {
    **NUMBERS,
    **LISTS,
    "status trackedWikis { wiki { dbname } }": 1,
    "campaigns(first: $first) { nodes { title } }": 1,
    "campaigns(first: $first) { totalCount nodes { organization { name metrics { totalEdits } } } }": 4,
    "sessions { title }": 1,
    "sessions { program { title } coordinators { username } }": 3,
    "facilitators { username }": 1,
    "volunteers { editor { username } }": 1,
    "goals { actual }": 1,
    "uploads(first: $first) { nodes { fileName editor { username } } }": 1,
    "uploads(first: $first) { totalCount }": 2,
    "viewerCan { edit }": 1,
    "update { state }": 1,
}
SESSION = {
    "metrics { totalEdits }": 1,
    "metricsByWiki { namespace }": 1,
    "timeline(bucket: MONTH) { edits }": 2,
    "editors(first: $first) { totalCount edges { metrics { edits lastEditAt } } }": 3,
    "edits(first: $first) { totalCount nodes { summary } }": 2,
}
ORGANIZATION = {
    "coordinators { username }": 1,
    "campaigns(first: $first) { nodes { title } }": 1,
    "campaigns(first: $first) { totalCount nodes { metrics { totalEdits } } }": 3,
    "metrics { totalEdits }": 1,
}
EDITOR = {
    "programs(first: $first) { nodes { title } }": 1,
    "programs(first: $first) { totalCount }": 2,
}
CASES = [
    *((f"campaigns(first: $first) {{ nodes {{ {asked} }} }}", 1 + n) for asked, n in CAMPAIGN.items()),
    *((f"programs(first: $first) {{ nodes {{ {asked} }} }}", 1 + n) for asked, n in PROGRAM.items()),
    *((f"programs(first: $first) {{ nodes {{ sessions {{ {asked} }} }} }}", 2 + n) for asked, n in SESSION.items()),
    *((f"organizations(first: $first) {{ nodes {{ {asked} }} }}", 1 + n) for asked, n in ORGANIZATION.items()),
    *(
        (f"programs(first: $first) {{ nodes {{ editors(first: $first) {{ nodes {{ {asked} }} }} }} }}", 2 + n)
        for asked, n in EDITOR.items()
    ),
]


@pytest.fixture(scope="module")
def many(server_url: str, template: str) -> Iterator[str]:
    """The DSN of a database with many of everything."""
    with new_database(server_url, template) as url:
        asyncio.run(generate(url, Sizes(programs=80, editors=400, edits=4_000), NOW, 1, lambda _: None))
        yield url


@pytest.fixture
async def wide(many: str) -> AsyncIterator[Api]:
    pool = await connect(many)
    yield Api(pool)
    await pool.close()


@pytest.mark.parametrize(("asked", "statements"), CASES)
async def test_a_level_costs_the_same_whatever_its_breadth(wide: Api, asked: str, statements: int) -> None:
    counted = {first: await run(wide, asked, first, ANONYMOUS) for first in (NARROW, WIDE)}
    assert counted == {NARROW: statements, WIDE: statements}


@pytest.mark.parametrize("asked", [asked for asked, _ in CASES])
async def test_whoever_is_signed_in_costs_at_most_one_statement_a_level_more(wide: Api, asked: str) -> None:
    reader = Actor(1, "Editor 1", False)
    narrow, broad = [await run(wide, asked, first, reader) for first in (NARROW, WIDE)]
    assert narrow == broad
    assert broad <= dict(CASES)[asked] + asked.count("{")


async def run(api: Api, asked: str, first: int, actor: Actor) -> int:
    api.counting.statements.clear()
    await api.ask(f"query ($first: Int = {first}) {{ {asked} }}", actor)
    return len(api.counting.statements)

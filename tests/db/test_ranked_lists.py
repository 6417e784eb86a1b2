# SPDX-License-Identifier: GPL-3.0-or-later
"""Lists by a number, of which only so much is looked at as a page needs, and timelines from buckets: as if all was."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from graph.db import articles, people, timelines
from graph.db.generating import Sizes, generate
from graph.db.pool import Pool, connect
from graph.db.visibility import Viewer
from graph.paging import ArticleOrder, ArticleQuery, EditorOrder, EditorQuery, Slice, Within
from tests.conftest import new_database
from tests.db.rows import NOW

ANYBODY = Viewer(None)


@pytest.fixture(scope="module")
def full(server_url: str, template: str) -> Iterator[str]:
    with new_database(server_url, template) as url:
        asyncio.run(generate(url, Sizes(programs=12, editors=150, edits=4_000), NOW, 2, lambda _: None))
        yield url


@pytest.fixture
async def pool(full: str) -> AsyncIterator[Pool]:
    pool = await connect(full)
    yield pool
    await pool.close()


async def collections(pool: Pool) -> list[int]:
    rows = await pool.fetch("SELECT id FROM program UNION ALL SELECT id FROM campaign ORDER BY 1")
    return [row["id"] for row in rows]


async def paged(read: Any, parent: int, first: int) -> list[Any]:
    found: list[Any] = []
    part, more = Slice(first, None), True
    while more:
        page = (await read([parent], part))[parent]
        found += [item.key for item in page.items]
        more = page.more
        if more:
            assert len(page.items) == first
            part = Slice(first, page.items[-1].key)
    return found


@pytest.mark.parametrize("created", [None, True, False])
async def test_articles_by_bytes_come_page_by_page_as_from_the_whole_list(pool: Pool, created: bool | None) -> None:
    query = ArticleQuery(order=ArticleOrder.BYTES_ADDED, created=created)
    extra = articles._extra(query)
    lengths = []
    for collection in await collections(pool):
        whole = await articles._ARTICLES.page(pool, ANYBODY, [collection], Slice(10_000), extra, articles._listed)
        expected = [item.key for item in whole[collection].items]
        lengths.append(len(expected))

        async def read(parents: list[int], part: Slice) -> Any:
            return await articles.articles(pool, ANYBODY, parents, query, part)

        assert await paged(read, collection, 100) == expected
        assert await paged(read, collection, 13) == expected
    assert max(lengths) > 100


async def test_an_excluded_article_takes_no_place_on_the_page(pool: Pool) -> None:
    program = await pool.fetchval("SELECT min(id) FROM program")
    query = ArticleQuery(order=ArticleOrder.BYTES_ADDED)
    top = (await articles.articles(pool, ANYBODY, [program], query, Slice(5)))[program].items
    keys = [item.value.article.id for item in top[:3]]
    await pool.executemany(
        "INSERT INTO exclusion (program_id, page_key) VALUES ($1, $2)", [(program, key) for key in keys]
    )
    try:
        left = (await articles.articles(pool, ANYBODY, [program], replace(query, excluded=False), Slice(5)))[program]
        assert [item.key for item in left.items][:2] == [item.key for item in top[3:]]
        assert len(left.items) == 5
    finally:
        await pool.execute("DELETE FROM exclusion")


@pytest.mark.parametrize("order", [EditorOrder.EDITS, EditorOrder.BYTES_ADDED, EditorOrder.JOINED])
@pytest.mark.parametrize("edited", [None, False])
async def test_editors_by_a_number_come_page_by_page_as_from_the_whole_list(
    pool: Pool, order: EditorOrder, edited: bool | None
) -> None:
    query = EditorQuery(Within.PROGRAM, order=order, edited=edited)
    for row in await pool.fetch("SELECT id FROM program ORDER BY id LIMIT 5"):
        program = row["id"]
        listing = people._LISTS[Within.PROGRAM]
        whole = await listing.page(pool, ANYBODY, [program], Slice(10_000), people._extra(query), people._participant)

        async def read(parents: list[int], part: Slice) -> Any:
            return await people.participants(pool, ANYBODY, parents, query, part)

        assert await paged(read, program, 4) == [item.key for item in whole[program].items]


@pytest.mark.parametrize("order", [EditorOrder.EDITS, EditorOrder.BYTES_ADDED])
async def test_a_campaigns_editors_come_likewise(pool: Pool, order: EditorOrder) -> None:
    query = EditorQuery(Within.CAMPAIGN, order=order)
    campaign = await pool.fetchval("SELECT min(id) FROM campaign")
    listing = people._LISTS[Within.CAMPAIGN]

    async def read(parents: list[int], part: Slice) -> Any:
        return await people.participants(pool, ANYBODY, parents, query, part)

    async def compare() -> None:
        whole = await listing.page(pool, ANYBODY, [campaign], Slice(10_000), people._extra(query), people._participant)
        assert len(whole[campaign].items) > 50
        assert await paged(read, campaign, 7) == [item.key for item in whole[campaign].items]

    await compare()
    await pool.execute("UPDATE enrollment SET show_name = false WHERE editor_id % 3 = 0")
    try:
        await compare()
    finally:
        await pool.execute("UPDATE enrollment SET show_name = true")


@pytest.mark.parametrize("width", ["day", "week", "month"])
async def test_buckets_are_what_the_edits_say(pool: Pool, width: str) -> None:
    everything = await collections(pool)
    start, end = NOW.replace(day=1, month=1) - timedelta(days=365), NOW.replace(day=1) + timedelta(days=62)
    start -= timedelta(days=start.weekday()) if width == "week" else timedelta()
    kept = await timelines.timeline(pool, everything, width, start, end)
    rows = await pool.fetch(timelines._FROM_EDITS, everything, width, start, end)
    assert {
        (collection, point.at): (point.edits, point.active_editors, point.bytes_added, point.articles_created)
        for collection, points in kept.items()
        for point in points.values()
    } == {
        (row["collection_id"], row["begin"]): (
            row["edits"],
            row["active_editors"],
            row["bytes_added"],
            row["articles_created"],
        )
        for row in rows
    }
    assert len(rows) > len(everything)


async def test_what_is_veiled_is_in_no_bucket(pool: Pool) -> None:
    program = await pool.fetchval("SELECT id FROM program WHERE visibility = 'PUBLIC' ORDER BY id LIMIT 1")
    start, end = NOW - timedelta(days=500), NOW + timedelta(days=1)
    start = start.replace(hour=0, minute=0, second=0, microsecond=0)
    before = (await timelines.timeline(pool, [program], "day", start, end))[program]
    await pool.execute("UPDATE enrollment SET show_name = false WHERE program_id = $1", program)
    try:
        assert before
        assert (await timelines.timeline(pool, [program], "day", start, end))[program] == {}
    finally:
        await pool.execute("UPDATE enrollment SET show_name = true")

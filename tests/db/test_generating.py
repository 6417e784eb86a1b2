# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from datetime import UTC, datetime

import pytest

from graph.db import recounting
from graph.db.generating import Sizes, generate
from graph.db.pool import connect_alone
from graph.errors import GraphError

NOW = datetime(2026, 11, 25, tzinfo=UTC)
SMALL = Sizes(programs=40, editors=400, edits=8_000)


def silent(_: str) -> None:
    pass


async def rows(url: str, query: str) -> list[tuple[object, ...]]:
    conn = await connect_alone(url)
    try:
        return [tuple(row) for row in await conn.fetch(query)]
    finally:
        conn.terminate()


async def test_generated_numbers_are_what_the_generated_edits_say(database_url: str) -> None:
    await generate(database_url, SMALL, NOW, 1, silent)
    conn = await connect_alone(database_url, patient=True)
    try:
        assert await recounting.check(conn, await recounting.all_collections(conn)) == []
    finally:
        conn.terminate()
    assert await rows(
        database_url,
        "SELECT (SELECT count(*) FROM program), (SELECT count(*) FROM editor), (SELECT count(*) FROM edit),"
        " (SELECT count(*) FROM campaign_program JOIN campaign k ON k.id = campaign_id WHERE k.slug = 'campaign-1')",
    ) == [(40, 400, 8_000, 40)]


async def test_few_people_and_few_programs_have_most_of_the_edits(database_url: str) -> None:
    await generate(database_url, SMALL, NOW, 1, silent)
    [(busiest, largest)] = await rows(
        database_url,
        "SELECT (SELECT sum(n) FROM (SELECT count(*) AS n FROM edit GROUP BY editor_id ORDER BY 1 DESC LIMIT 80) e),"
        " (SELECT sum(edits) FROM (SELECT edits FROM collection JOIN program USING (id) ORDER BY 1 DESC LIMIT 8) p)",
    )
    assert busiest > 8_000 * 0.4  # type: ignore[operator]
    assert largest > 8_000 * 0.3  # type: ignore[operator]


async def test_tables_keep_their_keys_and_indexes(database_url: str) -> None:
    indexes = "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1, 2"
    before = await rows(database_url, indexes)
    await generate(database_url, SMALL, NOW, 1, silent)
    assert await rows(database_url, indexes) == before


async def test_what_is_numbered_next_is_numbered_after_the_generated(database_url: str) -> None:
    await generate(database_url, SMALL, NOW, 1, silent)
    [(newest, following)] = await rows(
        database_url,
        "SELECT (SELECT max(id) FROM page), nextval(pg_get_serial_sequence('page', 'id'))",
    )
    assert following == newest + 1  # type: ignore[operator]


async def test_only_an_empty_database_is_filled(database_url: str) -> None:
    await generate(database_url, Sizes(1, 1, 1), NOW, 1, silent)
    with pytest.raises(GraphError, match="the database is not empty"):
        await generate(database_url, SMALL, NOW, 1, silent)
    assert await rows(database_url, "SELECT count(*) FROM edit") == [(1,)]

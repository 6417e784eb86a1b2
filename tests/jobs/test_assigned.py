# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import httpx
import pytest

from graph.db import assignments
from graph.db.pool import Pool
from graph.jobs.assigned import locate
from graph.titles import Title
from graph.wikimedia.scopes.articles import Articles
from tests.db.rows import END, NOW, World
from tests.simulator.serving import Stand, standing
from tests.wikimedia.scopes.stage import answering, api, noted


@pytest.fixture
async def stand() -> AsyncIterator[Stand]:
    async with standing() as stand:
        yield stand


@pytest.fixture
async def program(pool: Pool) -> int:
    return await World(pool).program("botany", tracked={"enwiki": (0,), "dewiki": (0,)})


async def want(pool: Pool, program: int, *titles: str, wiki: str = "enwiki") -> None:
    async with pool.acquire() as conn, conn.transaction():
        number = await conn.fetchval("SELECT id FROM wiki WHERE dbname = $1", wiki)
        await assignments.offer(conn, program, [(number, Title(0, title, title)) for title in titles])


async def wanted(pool: Pool) -> list[tuple[str, int | None, datetime | None]]:
    return [tuple(row) for row in await pool.fetch("SELECT title, page_id, located_at FROM wanted_article ORDER BY 1")]


async def test_the_wikis_are_asked_once_an_hour_where_titles_lead(pool: Pool, program: int, stand: Stand) -> None:
    stand.wikimedia.save("enwiki", "Moss", "Amara")
    stand.wikimedia.save("enwiki", "Mosses", "Amara", redirect_to="Moss")
    stand.wikimedia.save("dewiki", "Moos", "Greta")
    await want(pool, program, "Moss", "Mosses", "Nowhere")
    await want(pool, program, "Moos", wiki="dewiki")

    assert await locate(pool, Articles(api(stand)), NOW) == 4

    moss, moos = 50000001, 50000001  # each wiki counts its own pages
    assert await wanted(pool) == [
        ("Moos", moos, NOW),
        ("Moss", moss, NOW),
        ("Mosses", moss, NOW),
        ("Nowhere", None, NOW),
    ]
    asked = noted(stand)
    assert await locate(pool, Articles(api(stand)), NOW + timedelta(minutes=59)) == 0
    assert asked == []
    stand.wikimedia.save("enwiki", "Nowhere", "Amara")
    later = NOW + timedelta(minutes=61)
    assert await locate(pool, Articles(api(stand)), later) == 4
    assert (await wanted(pool))[3] == ("Nowhere", 50000003, later)


async def test_many_are_asked_for_fifty_at_a_time(pool: Pool, program: int, stand: Stand) -> None:
    await want(pool, program, *(f"Moss {number}" for number in range(120)))
    asked = noted(stand)
    assert await locate(pool, Articles(api(stand)), NOW) == 120
    assert len(asked) == 3


async def test_a_wiki_that_is_away_keeps_no_other_waiting(
    pool: Pool, program: int, stand: Stand, caplog: pytest.LogCaptureFixture
) -> None:
    await want(pool, program, "Moss")
    await want(pool, program, "Moos", wiki="dewiki")
    there = api(stand)

    async def respond(request: httpx.Request) -> httpx.Response:
        if request.url.host.startswith("en."):
            return httpx.Response(403)
        sent = await stand.client.post(f"{stand.base}/w/dewiki/api.php", content=request.content, headers={
            "Content-Type": request.headers["Content-Type"]})  # fmt: skip
        return httpx.Response(sent.status_code, content=sent.content)

    assert await locate(pool, Articles(answering(respond)), NOW) == 1  # type: ignore[arg-type] # may answer later

    assert await wanted(pool) == [("Moos", None, NOW), ("Moss", None, None)]
    assert "1 assigned articles of enwiki are looked for later" in caplog.text
    assert await locate(pool, Articles(there), NOW) == 1


async def test_programs_that_are_over_or_withdrawn_ask_nothing(pool: Pool, program: int, stand: Stand) -> None:
    await want(pool, program, "Moss")
    assert await locate(pool, Articles(api(stand)), END + timedelta(seconds=1)) == 0
    await pool.execute("UPDATE program SET withdrawn_at = now()")
    assert await locate(pool, Articles(api(stand)), NOW) == 0

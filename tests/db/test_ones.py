# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from graph.db.ones import Statement
from graph.db.pool import Pool

SQUARES = Statement("SELECT k.id, k.id * k.id + $2::int AS square FROM unnest($1::bigint[]) AS k(id) ORDER BY 1")
FIRST = Statement("SELECT n FROM generate_series(1, 9) AS n WHERE n = ANY($1::bigint[]) AND NOT n = ANY($1) ORDER BY 1")


async def test_one_and_many_are_asked_the_same(pool: Pool) -> None:
    assert [tuple(row) for row in await SQUARES.fetch(pool, [3], 1)] == [(3, 10)]
    assert [tuple(row) for row in await SQUARES.fetch(pool, [4, 3], 1)] == [(3, 10), (4, 17)]
    assert await SQUARES.fetch(pool, [], 1) == []
    assert await FIRST.fetch(pool, [3]) == await FIRST.fetch(pool, [3, 4]) == []


async def test_the_plan_of_a_statement_about_one_is_kept(pool: Pool) -> None:
    async with pool.acquire() as conn:
        for number in range(8):
            await conn.fetch(SQUARES.one, number, 0)
        plans = "SELECT generic_plans FROM pg_prepared_statements WHERE statement = $1"
        assert await conn.fetchval(plans, SQUARES.one) == 3


@pytest.mark.parametrize("other", ["SELECT 1 FROM t WHERE id = any($1::bigint[])", "SELECT $1::bigint[]", "SELECT 1"])
def test_a_statement_in_other_words_is_refused(other: str) -> None:
    with pytest.raises(ValueError, match="in other words"):
        Statement(other)

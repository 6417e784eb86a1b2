# SPDX-License-Identifier: GPL-3.0-or-later
"""How quickly one account may change things, and how long one answer may take to read."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from graph.db.pool import Pool
from graph.programs import Program
from graph.rates import Buckets
from graph.resolvers import reading
from graph.resolvers.deps import MUTATIONS_A_MINUTE, Deps
from graph.resolvers.identity import ANONYMOUS, Actor
from graph.schema.execution import Executor
from graph.schema.limits import Limits
from graph.schema.root import schema
from tests.db.rows import World
from tests.schema.asking import Api, Operation, signed_in

CREATE = """mutation ($title: String!) {
    createCampaign(input: {title: $title}) { campaign { slug } userErrors { code message field } }
}"""
LIMITED = {
    "campaign": None,
    "userErrors": [
        {
            "code": "RATE_LIMITED",
            "message": "These are more than 120 changes a minute. Try again in 20 s.",
            "field": None,
        }
    ],
}


@pytest.fixture
def api(pool: Pool) -> Api:
    """The API, where three changes are free and the next ones come every twenty seconds."""
    api = Api(pool)
    api.deps = replace(api.deps, pool=pool, paces=Buckets(3, 1 / 20))
    return api


@pytest.fixture
def world(pool: Pool) -> World:
    return World(pool)


async def create(api: Api, actor: Actor, title: str) -> Any:
    return (await api.ask(CREATE, actor, title=title))["createCampaign"]


async def test_too_many_changes_of_one_account_are_refused_and_change_nothing(api: Api, world: World) -> None:
    ada = signed_in(await world.editor("Ada"))
    for number in range(3):
        assert (await create(api, ada, f"Spring {number}"))["userErrors"] == []
    assert await create(api, ada, "Summer") == LIMITED
    assert await api.pool.fetchval("SELECT count(*) FROM campaign") == 3


async def test_another_account_goes_on_and_waiting_helps(api: Api, world: World) -> None:
    ada, bob = signed_in(await world.editor("Ada")), signed_in(await world.editor("Bob"))
    for number in range(4):
        limited = await create(api, ada, f"Spring {number}")
    assert limited == LIMITED
    assert (await create(api, bob, "Autumn"))["userErrors"] == []
    api.now += timedelta(seconds=20)
    assert (await create(api, ada, "Winter"))["userErrors"] == []
    assert await create(api, ada, "Winter again") == LIMITED


async def test_each_change_of_a_request_counts(api: Api, world: World) -> None:
    ada = signed_in(await world.editor("Ada"))
    fields = " ".join(
        f'm{number}: createCampaign(input: {{title: "Campaign {number}"}}) {{ userErrors {{ code }} }}'
        for number in range(5)
    )
    done = await api.ask(f"mutation {{ {fields} }}", ada)
    codes = [[error["code"] for error in done[f"m{number}"]["userErrors"]] for number in range(5)]
    assert codes == [[], [], [], ["RATE_LIMITED"], ["RATE_LIMITED"]]


async def test_whoever_is_not_signed_in_is_told_that_and_takes_nobodys_turn(api: Api) -> None:
    for _ in range(5):
        (error,) = (await create(api, ANONYMOUS, "Spring"))["userErrors"]
        assert error["code"] == "NOT_SIGNED_IN"
    assert len(api.deps.paces) == 0


def test_the_limit_is_the_one_that_is_told(api: Api) -> None:
    paces = Api(api.pool).deps.paces
    assert [paces.take("Ada", 0.0) for _ in range(MUTATIONS_A_MINUTE)] == [0.0] * 120
    assert paces.take("Ada", 0.0) == 0.5


async def test_a_query_that_takes_too_long_ends_its_statement_and_its_connection_serves_on(
    api: Api, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.program("museum", title="Museum")

    async def slow(deps: Deps, actor: Actor, slugs: list[str]) -> dict[str, Program]:
        await deps.pool.fetch("SELECT pg_sleep(600)")
        raise AssertionError("it is ended before")

    with monkeypatch.context() as patch:
        patch.setattr(reading, "programs_by_slug", slow)
        executor = Executor(schema, api._context, limits=Limits(seconds=0.1))
        query = '{ a: program(slug: "museum") { title } b: program(slug: "other") { title } }'
        answer = await executor.execute(Operation(query), ANONYMOUS, allow_mutations=True)
    assert answer.payload["data"] is None
    assert [error["extensions"]["code"] for error in answer.payload["errors"]] == ["TIMEOUT"]
    async with asyncio.timeout(10):
        while await sleeping(api.pool):
            await asyncio.sleep(0.01)
    assert await api.ask('{ program(slug: "museum") { title } }') == {"program": {"title": "Museum"}}


async def sleeping(pool: Pool) -> int:
    """How many statements of this database still sleep."""
    return await pool.fetchval(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'active'"
        " AND query LIKE '%pg_sleep%' AND pid <> pg_backend_pid()"
    )

# SPDX-License-Identifier: GPL-3.0-or-later
"""Public answers over HTTP, kept while they are exact; nothing private ever."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from dataclasses import dataclass

import httpx
import pytest
from starlette.applications import Starlette

from graph.answers import Answers
from graph.broker import Broker
from graph.db.pool import Pool
from graph.resolvers.deps import Deps
from graph.resolvers.identity import ANONYMOUS, Actor
from graph.schema.access import Everybody
from graph.schema.context import Context
from graph.schema.execution import Answer, Executor, PublicAnswer
from graph.schema.root import schema
from graph.streams.relay import Relay
from graph.web.graphql_routes import graphql_routes
from tests.db.world import NOON, World, edit
from tests.schema.asking import Nobody
from tests.web.serving import serving


@dataclass
class Site:
    client: httpx.AsyncClient
    answers: Answers[Answer | PublicAnswer]
    world: World
    editor: int
    query: str

    async def get(self, query: str, **headers: str) -> httpx.Response:
        return await self.client.get("/graphql", params={"query": query}, headers=headers)


@pytest.fixture
async def site(database_url: str, pool: Pool) -> AsyncIterator[Site]:
    world = World(pool)
    program = await world.program()
    editor = await world.editor()
    await world.enroll(program, editor)
    broker = Broker()
    deps = Deps(pool=pool, broker=broker, clock=lambda: NOON, public_url="https://x", users=Nobody(), version="1")
    answers: Answers[Answer | PublicAnswer] = Answers(clock=asyncio.get_running_loop().time)
    relay = Relay(database_url, pool, broker, answers)
    await relay.begin()
    following = asyncio.create_task(relay.run())
    while not answers.awake:
        await asyncio.sleep(0.01)

    def make_context(identity: Actor, *, last_event_id: str | None) -> Context:
        return Context(deps, identity, last_event_id=last_event_id)

    async def identify(headers: Mapping[str, str], params: object) -> Actor:
        return Actor(editor, "Ada", False) if headers.get("authorization") else ANONYMOUS

    executor = Executor(schema, make_context, policy=Everybody(), answers=answers)
    closing = asyncio.Event()
    app = Starlette(routes=graphql_routes(executor, identify, closing=closing))
    async with serving(app, closing=closing) as url, httpx.AsyncClient(base_url=url) as client:
        slug = await pool.fetchval("SELECT slug FROM program WHERE id = $1", program)
        query = f'{{ program(slug: "{slug}") {{ metrics {{ totalEdits }} }} }}'
        yield Site(client, answers, world, editor, query)
    following.cancel()
    with suppress(asyncio.CancelledError):
        await following


def counted(response: httpx.Response) -> int:
    return int(response.json()["data"]["program"]["metrics"]["totalEdits"])


async def test_an_answer_is_given_again_until_an_edit_is_counted(site: Site) -> None:
    assert [counted(await site.get(site.query)) for _ in range(3)] == [0, 0, 0]
    assert (site.answers.hits, site.answers.misses) == (2, 1)
    await site.world.saw(edit(1, site.editor))
    async with asyncio.timeout(10):
        while counted(await site.get(site.query)) == 0:
            await asyncio.sleep(0.01)


async def test_a_cache_outside_asks_whether_an_answer_still_holds(site: Site) -> None:
    first = await site.get(site.query)
    assert first.headers["cache-control"] == "public, no-cache"
    assert first.headers["vary"] == "Accept, Authorization"
    again = await site.get(site.query, **{"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    assert (await site.get(site.query, **{"if-none-match": '"other"'})).status_code == 200


async def test_what_a_clock_decides_may_be_kept_for_a_second(site: Site) -> None:
    found = await site.get(site.query.replace("totalEdits", "totalEdits asOf"))
    assert found.headers["cache-control"] == "public, max-age=1"


async def test_nothing_of_whoever_is_signed_in_is_kept_or_given(site: Site) -> None:
    await site.get(site.query)
    found = await site.get("{ viewer { editor { username } } }", authorization="Bearer x")
    mine = await site.get(site.query, authorization="Bearer x")
    assert [each.headers["cache-control"] for each in (found, mine)] == ["no-store", "no-store"]
    assert not {"etag"} & {*found.headers, *mine.headers}
    assert (len(site.answers), site.answers.hits) == (1, 0)


async def test_an_answer_with_errors_is_kept_by_nobody(site: Site) -> None:
    found = await site.get("{ programs(first: 101) { totalCount } }")
    assert "errors" in found.json()
    assert found.headers["cache-control"] == "no-store"
    assert len(site.answers) == 0


async def test_a_posted_query_is_answered_the_same_and_kept_by_no_cache_outside(site: Site) -> None:
    got, posted = await site.get(site.query), await site.client.post("/graphql", json={"query": site.query})
    assert posted.content == got.content
    assert posted.headers["cache-control"] == "no-store"
    assert site.answers.hits == 1

# SPDX-License-Identifier: GPL-3.0-or-later
"""Pages hide what the API hides, and a live screen shows a facilitator what it shows everybody."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator

import httpx
import pytest
from starlette.applications import Starlette
from starlette.exceptions import HTTPException

from graph.db.pool import Pool
from graph.resolvers.signing_in import sign_in
from graph.schema.execution import Executor
from graph.schema.root import schema
from graph.web.graphql_routes import graphql_routes
from graph.web.pages import page_routes
from graph.web.rendering import refused
from graph.web.sign_in import SignIn
from tests.db.rows import START, Person, World
from tests.resolvers.stage import Stage
from tests.web.serving import serving

ORIGIN = "https://graph.example"


@pytest.fixture
def stage(pool: Pool) -> Stage:
    return Stage(pool)


@pytest.fixture
async def client(stage: Stage) -> AsyncIterator[httpx.AsyncClient]:
    identify = SignIn(stage.deps, frozenset())
    executor = Executor(schema, stage.api._context)
    routes = [
        *graphql_routes(executor, identify, closing=asyncio.Event()),
        *page_routes(executor, identify.reader, identify.corner),
    ]
    app = Starlette(routes=routes, exception_handlers={HTTPException: refused})
    async with serving(app) as base, httpx.AsyncClient(base_url=base) as client:
        yield client


async def test_the_live_screen_of_a_private_program_is_the_one_of_a_missing_program(
    stage: Stage, client: httpx.AsyncClient
) -> None:
    world = World(stage.pool)
    await world.program("botany")
    before = await client.get("/")
    await world.program("secret", visibility="PRIVATE")
    secret, missing = await client.get("/live/program/secret"), await client.get("/live/program/nothing")
    assert (secret.status_code, secret.content) == (missing.status_code, missing.content) == (404, missing.content)
    assert secret.headers.keys() == missing.headers.keys()
    assert (await client.get("/")).content == before.content


async def test_a_live_screen_shows_a_facilitator_what_it_shows_everybody(
    stage: Stage, client: httpx.AsyncClient
) -> None:
    lead = await stage.person("Amara Quill")
    program = await stage.program(lead, passcodePolicy="NONE", trackingEnd="2029-01-01T00:00:00Z")
    shy = await stage.person("Shy")
    await stage.done("joinProgram", shy, programId=program["id"], showName=False)
    world = World(stage.pool)
    person = await stage.pool.fetchrow("SELECT id, username FROM editor WHERE username = 'Shy'")
    assert person is not None
    await world.edit(Person(person["id"], "Shy"), "Rose", 1234, at=START)
    secret = (await sign_in(stage.deps, stage.users.accounts["Amara Quill"].central_id, "Amara Quill")).secret
    headers = {"cookie": f"__Host-programs-graph={secret}", "origin": ORIGIN}
    page = await client.get(f"/live/program/{program['slug']}", headers=headers)
    found = re.search(r'id="following">(.*?)</script>', page.text, re.DOTALL)
    assert found is not None
    assert json.loads(found[1])["shown"]["metrics"]["totalEdits"] == 0
    assert "1,234" not in page.text

    query = {"query": f'{{ program(slug: "{program["slug"]}") {{ metrics {{ totalEdits }} }} }}'}
    for referer, total in ((f"{ORIGIN}/graphql", 1), (f"{ORIGIN}/live/program/{program['slug']}", 0)):
        answer = await client.post("/graphql", json=query, headers={**headers, "referer": referer})
        assert answer.json()["data"]["program"]["metrics"]["totalEdits"] == total

# SPDX-License-Identifier: GPL-3.0-or-later
"""What a page of a program says where its address is shared: its picture and its oEmbed, if everybody may see it."""

from __future__ import annotations

import asyncio
import html
import re
from collections.abc import AsyncIterator

import httpx
import pytest
from starlette.applications import Starlette

from graph.db.pool import Pool
from graph.schema.execution import Executor
from graph.schema.root import schema
from graph.web.embedding import embed_routes
from graph.web.graphql_routes import graphql_routes
from graph.web.pages import page_routes
from graph.web.rendering import HANDLERS
from graph.web.sign_in import SignIn
from tests.db.rows import World
from tests.resolvers.stage import Stage
from tests.web.publics import ORIGIN
from tests.web.serving import serving

ADDRESSES = (
    "/embed/program/{}",
    "/embed/program/{}.json",
    "/card/program/{}.svg",
    "/card/program/{}.png",
    "/badge/program/{}.json",
    f"/oembed?url={ORIGIN}/programs/{{}}",
    "/programs/{}/embed",
)


@pytest.fixture
async def client(pool: Pool) -> AsyncIterator[httpx.AsyncClient]:
    stage = Stage(pool)
    identify = SignIn(stage.deps, frozenset())
    executor = Executor(schema, stage.api._context)
    routes = [
        *graphql_routes(executor, identify, closing=asyncio.Event()),
        *embed_routes(executor, ORIGIN),
        *page_routes(executor, identify.reader, identify.corner, ORIGIN),
    ]
    app = Starlette(routes=routes, exception_handlers=HANDLERS)
    async with serving(app) as base, httpx.AsyncClient(base_url=base) as client:
        yield client


def named(text: str, pattern: str) -> str:
    """What a page names in its head."""
    found = re.search(pattern, text)
    assert found is not None
    return html.unescape(found[1])


async def test_a_page_names_its_picture_and_its_oembed_which_are_there(pool: Pool, client: httpx.AsyncClient) -> None:
    world = World(pool)
    await world.program("botany")
    await world.campaign("spring")
    for page in ("/programs/botany?lang=fr", "/campaigns/spring?lang=fr"):
        text = (await client.get(page)).text
        picture = named(text, r'<meta property="og:image" content="([^"]*)">').removeprefix(ORIGIN)
        assert picture.endswith(".png?lang=fr")
        assert (await client.get(picture)).headers["content-type"] == "image/png"
        oembed = named(text, r'<link rel="alternate" type="application/json\+oembed" href="([^"]*)"')
        told = (await client.get(oembed.removeprefix(ORIGIN))).json()
        assert told["type"] == "rich"
        frame = named(told["html"], r'src="([^"]*)"').removeprefix(ORIGIN)
        assert (await client.get(frame)).status_code == 200


async def test_a_private_program_has_no_form_that_others_may_show(pool: Pool, client: httpx.AsyncClient) -> None:
    world = World(pool)
    await world.program("secret", visibility="PRIVATE")
    await world.program("botany")
    for address in ADDRESSES:
        there, secret, missing = [await client.get(address.format(slug)) for slug in ("botany", "secret", "nothing")]
        assert there.status_code == 200
        assert (secret.status_code, secret.content) == (404, missing.content)
        assert {k: v for k, v in secret.headers.items() if k != "date"} == {
            k: v for k, v in missing.headers.items() if k != "date"
        }


async def test_the_numbers_are_followed_at_the_address_that_the_data_name(
    pool: Pool, client: httpx.AsyncClient
) -> None:
    await World(pool).program("botany")
    stream = (await client.get("/embed/program/botany.json")).json()["stream"]
    async with client.stream("GET", stream, headers={"accept": "text/event-stream"}) as response:
        assert response.status_code == 200
        async for line in response.aiter_lines():
            if line.startswith("data:"):
                assert '"programMetrics":{"totalEdits":0' in line
                break

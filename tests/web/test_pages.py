# SPDX-License-Identifier: GPL-3.0-or-later
"""The pages as they are sent: what they show, to whom, and with which headers."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from typing import Any

import graphql
import httpx
import pytest

from graph.schema.root import schema
from graph.web.live_screens import live_documents
from graph.web.pages import documents
from tests.browser.stage import SLUG, Stage, edit, staged

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
)


@pytest.fixture
def stage() -> Stage:
    return Stage()


@pytest.fixture
async def client(stage: Stage) -> AsyncIterator[httpx.AsyncClient]:
    async with staged(stage) as served, httpx.AsyncClient(base_url=served.url) as client:
        yield client


def following(response: httpx.Response) -> dict[str, Any]:
    """What the page tells its script."""
    found = re.search(r'<script type="application/json" id="following">(.*?)</script>', response.text, re.DOTALL)
    assert found is not None
    told: dict[str, Any] = json.loads(found[1])
    return told


@pytest.mark.parametrize(("name", "text"), sorted({**documents(), **live_documents()}.items()))
def test_what_the_pages_ask_is_in_the_schema(name: str, text: str) -> None:
    document = graphql.parse(text)
    assert graphql.validate(schema._schema, document) == []


async def test_the_live_screen_shows_the_numbers_before_any_script_runs(client: httpx.AsyncClient) -> None:
    response = await client.get(f"/live/program/{SLUG}")
    assert response.status_code == 200
    assert "<title>Night at the Museum · live</title>" in response.text
    assert '<span class="figure">1,204</span>' in response.text
    assert re.search(r"they are as of 22 Nov 2026 18:30 UTC", response.text)


async def test_the_live_screen_is_told_what_to_follow(client: httpx.AsyncClient, stage: Stage) -> None:
    stage.count(edit(1))
    told = following(await client.get(f"/live/program/{SLUG}"))
    assert (told["key"], told["names"], told["shown"]["activityCursor"]) == (SLUG, "initials", "c1")
    assert [found["id"] for found in told["shown"]["edits"]["nodes"]] == ["edit-1"]
    assert sorted(told["documents"]) == ["activity", "service", "snapshot"]


@pytest.mark.parametrize(
    ("address", "names", "theme"),
    [
        ("", "initials", "dark"),
        ("?names=full&theme=light", "full", "light"),
        ("?names=all&theme=x", "initials", "dark"),
    ],
)
async def test_the_address_chooses_names_and_theme(
    client: httpx.AsyncClient, address: str, names: str, theme: str
) -> None:
    response = await client.get(f"/live/program/{SLUG}{address}")
    assert following(response)["names"] == names
    assert f'data-theme="{theme}"' in response.text


@pytest.mark.parametrize(("names", "asked"), [("initials", True), ("full", True), ("none", False)])
async def test_names_that_are_not_shown_are_not_asked_for(
    client: httpx.AsyncClient, stage: Stage, names: str, asked: bool
) -> None:
    await client.get(f"/live/program/{SLUG}?names={names}")
    assert [(given["key"], given["names"]) for given in stage.asked] == [(SLUG, asked)]


async def test_a_program_that_may_not_be_seen_looks_like_none(client: httpx.AsyncClient, stage: Stage) -> None:
    missing = await client.get("/live/program/never_was")
    stage.there = False
    private = await client.get(f"/live/program/{SLUG}")
    assert (missing.status_code, private.status_code) == (404, 404)
    assert missing.content == private.content
    assert {k: v for k, v in missing.headers.items() if k != "date"} == {
        k: v for k, v in private.headers.items() if k != "date"
    }


@pytest.mark.parametrize("address", ["/", f"/live/program/{SLUG}"])
async def test_a_service_in_trouble_says_so(client: httpx.AsyncClient, stage: Stage, address: str) -> None:
    stage.broken = True
    response = await client.get(address)
    assert response.status_code == 503
    assert "cannot be read at the moment" in response.text


async def test_the_landing_page_leads_to_the_programs_and_the_explorer(client: httpx.AsyncClient) -> None:
    response = await client.get("/")
    assert response.status_code == 200
    assert f'<a href="/programs/{SLUG}"><bdi>Night at the Museum</bdi></a>' in response.text
    assert '<a href="/graphql">' in response.text


async def test_an_empty_landing_page_says_that_there_is_nothing(client: httpx.AsyncClient, stage: Stage) -> None:
    stage.there = False
    response = await client.get("/")
    assert "There is no public program yet." in response.text
    assert "There is no campaign yet." in response.text


async def test_markup_in_a_title_is_text_everywhere(client: httpx.AsyncClient, stage: Stage) -> None:
    title = "</script><script>alert('x')</script>"
    stage.edits = [edit(1, title)]
    response = await client.get(f"/live/program/{SLUG}")
    assert "<script>alert" not in response.text
    assert following(response)["shown"]["edits"]["nodes"][0]["article"]["title"] == title


@pytest.mark.parametrize("address", ["/", f"/live/program/{SLUG}", "/live/program/never_was"])
async def test_every_page_is_shut_against_the_outside(client: httpx.AsyncClient, address: str) -> None:
    response = await client.get(address)
    assert response.headers["content-security-policy"] == POLICY
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["referrer-policy"] == "same-origin"
    kept = "public, max-age=10" if address == "/" else "no-store"
    assert response.headers["cache-control"] == kept
    assert "set-cookie" not in response.headers
    assert not re.search(r'src="(?!/)|<link rel="(stylesheet|modulepreload|icon)" href="(?!/)', response.text)
    assert not re.search(r"<script(?! type)|<style| style=| on\w+=", response.text)


async def test_the_files_of_the_pages_are_revalidated(client: httpx.AsyncClient) -> None:
    response = await client.get("/static/live.js")
    assert response.headers["content-type"].startswith("text/javascript")
    assert (response.headers["cache-control"], response.headers["x-content-type-options"]) == ("no-cache", "nosniff")
    again = await client.get("/static/live.js", headers={"if-none-match": response.headers["etag"]})
    assert (again.status_code, again.headers["cache-control"]) == (304, "no-cache")


async def test_the_first_load_of_a_live_screen_is_light(client: httpx.AsyncClient) -> None:
    page = await client.get(f"/live/program/{SLUG}")
    files = set(re.findall(r'"(/static/[^"]+)"', page.text))
    assert "/static/live-celebration.js" in files
    sizes = [(await client.get(file)).num_bytes_downloaded for file in files]
    assert sum(sizes) + page.num_bytes_downloaded <= 60_000

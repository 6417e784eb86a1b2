# SPDX-License-Identifier: GPL-3.0-or-later
"""The public pages as they are sent, from the whole service: what they show, to whom, and what may be kept."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from html.parser import HTMLParser

import httpx
import pytest
import pytest_asyncio

from graph.db.pool import connect
from graph.resolvers.signing_in import sign_in
from tests.browser.gallery import HOSTILE, Gallery, gallery
from tests.conftest import new_database
from tests.db.rows import NOW

MUSEUM = "/programs/night_at_the_museum"
TABS = ("", "/editors", "/articles", "/uploads", "/activity")


pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shown(server_url: str, template: str) -> AsyncIterator[Gallery]:
    """The gallery, once for all that ask it."""
    with new_database(server_url, template) as url:
        pool = await connect(url)
        async with gallery(pool, url) as built:
            yield built
        await pool.close()


@pytest_asyncio.fixture(loop_scope="module")
async def client(shown: Gallery) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=shown.url, timeout=60) as client:
        yield client


class Tags(HTMLParser):
    """The tags of a page as a browser finds them."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.attributes: set[str] = set()
        self.links: list[str] = []
        self.scripts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.names.add(tag)
        self.attributes.update(given)
        self.links += [given[name] or "" for name in ("href", "action") if name in given]
        if tag == "script":
            self.scripts.append(given.get("src") or given.get("type") or "")


def headers_of(response: httpx.Response) -> dict[str, str]:
    return {name: value for name, value in response.headers.items() if name not in ("date", "content-length")}


async def test_each_page_says_what_it_is_about_to_whom_it_is_shared(client: httpx.AsyncClient) -> None:
    page = (await client.get(MUSEUM)).text
    assert "<title>Night at the Museum · Programs Graph</title>" in page
    assert '<meta property="og:title" content="Night at the Museum">' in page
    assert '<meta property="og:description" content="108 edits · 3 new articles · 10 active editors">' in page
    assert f'<meta property="og:url" content="https://graph.example{MUSEUM}">' in page
    assert f'<link rel="canonical" href="https://graph.example{MUSEUM}">' in page
    assert "Bytes cannot be compared between scripts" in page
    assert 'href="https://en.wikipedia.org/wiki/Hypatia"' in (await client.get(f"{MUSEUM}/articles")).text
    assert 'href="https://en.wikipedia.org/w/index.php?diff=' in (await client.get(f"{MUSEUM}/activity")).text


async def test_a_private_program_is_missing_for_all_but_those_in_it(shown: Gallery, client: httpx.AsyncClient) -> None:
    lead = shown.people[0]
    central = await shown.pool.fetchval("SELECT central_id FROM editor WHERE id = $1", lead.id)
    secret = (await sign_in(shown.stage.deps, central, lead.username)).secret
    cookie = {"cookie": f"__Host-programs-graph={secret}"}
    for tab in TABS:
        private, missing = await client.get(f"/programs/secret{tab}"), await client.get(f"/programs/nothing{tab}")
        assert (private.status_code, private.content) == (404, missing.content)
        assert headers_of(private) == headers_of(missing)
        seen = await client.get(f"/programs/secret{tab}", headers=cookie)
        assert seen.status_code == 200
        assert seen.headers["cache-control"] == "no-store"
        assert '<meta name="robots" content="noindex">' in seen.text
    assert "Secret circle" not in (await client.get("/?q=secret")).text
    assert "Secret circle" in (await client.get("/?q=secret", headers=cookie)).text


@pytest.mark.parametrize("address", ["/", MUSEUM, f"{MUSEUM}/editors", "/campaigns/women_2026"])
async def test_what_anybody_sees_may_be_kept_for_seconds_by_language(client: httpx.AsyncClient, address: str) -> None:
    response = await client.get(address, headers={"accept-language": "fr"})
    assert response.headers["cache-control"] == "public, max-age=10"
    assert response.headers["vary"] == "Cookie, Accept-Language"
    assert response.headers["content-language"] == "fr"
    assert "set-cookie" not in response.headers
    assert "frame-ancestors 'none'" in response.headers["content-security-policy"]
    assert "unsafe" not in response.headers["content-security-policy"]
    mine = await client.get(address, headers={"cookie": "x=y"})
    assert mine.headers["cache-control"] == "no-store"


async def test_lists_are_searched_ordered_and_paged(client: httpx.AsyncClient) -> None:
    assert re.findall(r"<h3><a[^>]*><bdi>(.*?)</bdi>", (await client.get("/?q=botany")).text) == ["Botany 101"]
    assert 'lang="ar"' in (await client.get("/?status=upcoming&order=title")).text
    upcoming = (await client.get("/?status=upcoming")).text
    assert "ويكي الجامعة" in upcoming
    assert "Botany 101" not in upcoming
    found = (await client.get(f"{MUSEUM}/editors?q=ngozi")).text
    assert "1 editor<" in found
    first = (await client.get(f"{MUSEUM}/activity")).text
    way = re.search(r'rel="next" href="([^"]+)"', first)
    assert way is not None
    second = (await client.get(way[1].replace("&amp;", "&"))).text
    assert set(re.findall(r'data-edit="(\w+)"', first)) & set(re.findall(r'data-edit="(\w+)"', second)) == set()
    assert '"edits":' not in second  # a later part of the list does not move


@pytest.mark.parametrize("query", ["after=x", "after=%00", "campaigns_after=x", "order=x&status=x"])
async def test_a_cursor_that_is_none_is_no_fault_of_ours(client: httpx.AsyncClient, query: str) -> None:
    assert (await client.get(f"/?{query}")).status_code in (200, 404)
    assert (await client.get(f"{MUSEUM}/articles?{query}")).status_code in (200, 404)


@pytest.mark.parametrize("slug", ["%00", "a%2Fb", "..%2F..", "x" * 3000, "%ff", "__proto__"])
async def test_no_slug_breaks_anything(client: httpx.AsyncClient, slug: str) -> None:
    for kind in ("programs", "campaigns"):
        assert (await client.get(f"/{kind}/{slug}")).status_code == 404


async def test_what_hostile_people_write_is_text_on_every_page(client: httpx.AsyncClient) -> None:
    for address in (
        *(f"/programs/hostile{tab}" for tab in TABS),
        "/campaigns/hostile",
        "/?q=%22%3E%3Csvg%2Fonload%3D1%3E",
    ):
        found = Tags()
        found.feed((await client.get(address)).text)
        assert found.names.isdisjoint({"img", "iframe", "object", "embed", "base", "style"}), address
        assert not [name for name in found.attributes if name.startswith("on") or name == "style"], address
        assert all(link.startswith(("/", "https://", "http", "#")) for link in found.links), address
        assert all(script.startswith("/static/") or script == "application/json" for script in found.scripts), address
    following = re.search(r'id="following">(.*?)</script>', (await client.get("/programs/hostile")).text, re.DOTALL)
    assert following is not None
    assert json.loads(following[1])["slug"] == "hostile"
    assert HOSTILE[0] not in following[1]


async def test_a_program_none_of_whose_articles_count_says_so(shown: Gallery, client: httpx.AsyncClient) -> None:
    program = await shown.world.program("scoped", type="ARTICLE_SCOPED")
    page = (await client.get("/programs/scoped")).text
    assert "No article counts at the moment" in page
    assert "it has no list yet" in page
    await shown.pool.execute(
        "INSERT INTO scope (program_id, kind, wiki_id, value, depth, added_at, state)"
        " SELECT $1, 'CATEGORY', id, 'Painters', 0, $2, 'WAITING' FROM wiki WHERE dbname = 'enwiki'",
        program,
        NOW,
    )
    page = (await client.get("/programs/scoped?lang=de")).text
    assert "Zurzeit zählt kein Artikel" in page
    assert "noch nicht gelesen" in page
    # Lists that nothing asks for make no such program.
    await shown.pool.execute("UPDATE program SET type = 'BASIC' WHERE id = $1", program)
    assert "Zurzeit zählt kein Artikel" not in (await client.get("/programs/scoped?lang=de")).text

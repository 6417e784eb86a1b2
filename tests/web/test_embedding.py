# SPDX-License-Identifier: GPL-3.0-or-later
"""Embeds, cards and badges as they are sent: what they say, to whom, and with which headers."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree

import graphql
import httpx
import pytest

from graph.resolvers.identity import ANONYMOUS
from graph.schema.root import schema
from graph.web.embedding import FRAME_POLICY, SCRIPT, element_script, embed_documents
from graph.web.painting import Painter, PaintingFailed
from tests.web.publics import ORIGIN, SLUG, Public, serving_public

FRAME, DATA = f"/embed/program/{SLUG}", f"/embed/program/{SLUG}.json"
CARD, PICTURE, BADGE = f"/card/program/{SLUG}.svg", f"/card/program/{SLUG}.png", f"/badge/program/{SLUG}.json"
OEMBED = f"/oembed?url={ORIGIN}/programs/{SLUG}"
ALL = [FRAME, DATA, CARD, PICTURE, BADGE, OEMBED]
SVG = "{http://www.w3.org/2000/svg}"
COOKIES = {"cookie": "__Host-programs-graph=secret; programs-graph-language=pl", "authorization": "Bearer dev:Ada"}


@pytest.fixture
def public() -> Public:
    return Public()


@pytest.fixture
async def client(public: Public) -> AsyncIterator[httpx.AsyncClient]:
    async with serving_public(public) as url, httpx.AsyncClient(base_url=url) as client:
        yield client


@pytest.mark.parametrize("name", sorted(embed_documents()))
def test_what_embeds_ask_is_in_the_schema(name: str) -> None:
    assert graphql.validate(schema._schema, graphql.parse(embed_documents()[name])) == []


async def test_a_frame_is_whole_without_a_script(client: httpx.AsyncClient) -> None:
    response = await client.get(FRAME)
    assert response.status_code == 200
    assert f'<a href="{ORIGIN}/programs/{SLUG}" target="_blank" rel="noopener"><bdi>Night at the Museum</bdi></a>' in (
        response.text
    )
    assert re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", response.text) == [
        ("Edits", "1,204"),
        ("New articles", "18"),
        ("Articles edited", "311"),
        ("Active editors", "23"),
    ]
    assert '<span class="as-of">as of 22 Nov 2026 18:30 UTC</span>' in response.text


async def test_the_address_chooses_numbers_theme_and_language(client: httpx.AsyncClient) -> None:
    address = f"{FRAME}?lang=de&theme=dark&metrics=bytesAdded,wordsAdded,nothing,bytesAdded"
    response = await client.get(address)
    assert '<html lang="de" dir="ltr">' in response.text
    assert 'data-theme="dark"' in response.text
    assert re.findall(r'data-number="(\w+)">.*?<dd>(.*?)</dd>', response.text) == [
        ("bytesAdded", "1.284.500"),
        ("wordsAdded", "–"),
    ]


async def test_a_frame_may_be_from_right_to_left(client: httpx.AsyncClient) -> None:
    response = await client.get(f"{FRAME}?lang=ar")
    assert '<html lang="ar" dir="rtl">' in response.text


async def test_what_cannot_be_chosen_is_what_there_is_without_a_choice(client: httpx.AsyncClient) -> None:
    plain = await client.get(FRAME)
    odd = await client.get(f"{FRAME}?lang=xx&theme=%22%3E%3Cscript%3E&metrics=,,x")
    assert odd.content == plain.content


async def test_the_browser_chooses_a_language_where_the_address_does_not(
    client: httpx.AsyncClient,
) -> None:
    response = await client.get(FRAME, headers={"accept-language": "fr;q=0.8, pl"})
    assert '<html lang="pl"' in response.text
    assert response.headers["vary"] == "Accept-Language"


async def test_a_campaign_is_shown_as_a_program_is(client: httpx.AsyncClient, public: Public) -> None:
    response = await client.get(f"/embed/campaign/{SLUG}")
    assert f'href="{ORIGIN}/campaigns/{SLUG}"' in response.text
    assert [kind for kind, _, _ in public.asked] == ["campaign"]


@pytest.mark.parametrize("address", ALL)
async def test_who_asks_makes_no_difference_and_no_cookie_is_set(
    client: httpx.AsyncClient, public: Public, address: str
) -> None:
    plain = await client.get(address)
    cookied = await client.get(address, headers=COOKIES)
    assert (plain.status_code, plain.content) == (200, cookied.content)
    assert "set-cookie" not in cookied.headers
    assert "cookie" not in cookied.headers.get("vary", "").lower()
    assert {identity for _, _, identity in public.asked} == {ANONYMOUS}


@pytest.mark.parametrize("address", ALL)
async def test_what_is_not_public_is_what_is_not_there(client: httpx.AsyncClient, public: Public, address: str) -> None:
    missing = await client.get(address.replace(SLUG, "never_was"))
    public.there = False
    private = await client.get(address)
    assert (private.status_code, private.content) == (404, missing.content)
    assert {k: v for k, v in missing.headers.items() if k != "date"} == {
        k: v for k, v in private.headers.items() if k != "date"
    }
    assert private.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("address", ["/embed/session/x", "/embed/x/y.json", "/card/x/y.svg", "/badge/x/y.json"])
async def test_there_are_no_other_kinds(client: httpx.AsyncClient, public: Public, address: str) -> None:
    assert (await client.get(address)).status_code == 404
    assert public.asked == []


@pytest.mark.parametrize("address", ALL)
async def test_a_service_in_trouble_says_so(client: httpx.AsyncClient, public: Public, address: str) -> None:
    public.broken = True
    response = await client.get(address)
    assert (response.status_code, response.headers["cache-control"]) == (503, "no-store")


@pytest.mark.parametrize("address", [*ALL, SCRIPT])
async def test_what_did_not_change_is_not_sent_again(client: httpx.AsyncClient, public: Public, address: str) -> None:
    first = await client.get(address)
    again = await client.get(address, headers={"if-none-match": f'"other", W/{first.headers["etag"]}'})
    assert (again.status_code, again.content) == (304, b"")
    for header in ("etag", "cache-control", "content-security-policy"):
        assert again.headers[header] == first.headers[header]
    if address not in (SCRIPT, OEMBED, PICTURE):
        public.count(totalEdits=1205)
        changed = await client.get(address, headers={"if-none-match": first.headers["etag"]})
        assert changed.status_code == 200
        assert changed.headers["etag"] != first.headers["etag"]


async def test_seconds_that_nobody_is_told_change_nothing(client: httpx.AsyncClient, public: Public) -> None:
    first = await client.get(FRAME)
    public.numbers["asOf"] = "2026-11-22T18:30:59Z"
    assert (await client.get(FRAME, headers={"if-none-match": first.headers["etag"]})).status_code == 304
    public.numbers["asOf"] = "2026-11-22T18:31:00Z"
    assert (await client.get(FRAME, headers={"if-none-match": first.headers["etag"]})).status_code == 200


@pytest.mark.parametrize(
    ("address", "seconds"), [(FRAME, 15), (DATA, 15), (CARD, 15), (PICTURE, 300), (BADGE, 300), (SCRIPT, 3600)]
)
async def test_everybody_may_keep_an_answer_for_a_while(client: httpx.AsyncClient, address: str, seconds: int) -> None:
    response = await client.get(address)
    assert response.headers["cache-control"] == f"public, max-age={seconds}, stale-while-revalidate=60"


async def test_only_frames_may_be_framed(client: httpx.AsyncClient) -> None:
    for address in (FRAME, f"/embed/program/never_was?lang={'x' * 9}"):
        policy = (await client.get(address)).headers["content-security-policy"]
        assert policy == FRAME_POLICY
        assert "frame-ancestors *;" in policy
        assert "form-action 'none'" in policy
    for address in [*ALL[1:], SCRIPT]:
        response = await client.get(address)
        assert "frame-ancestors 'none'" in response.headers["content-security-policy"]
        assert response.headers["access-control-allow-origin"] == "*"
        assert response.headers["cross-origin-resource-policy"] == "cross-origin"
    for address in [*ALL, SCRIPT]:
        headers = (await client.get(address)).headers
        assert "unsafe" not in headers["content-security-policy"]
        assert (headers["x-content-type-options"], headers["referrer-policy"]) == ("nosniff", "no-referrer")
        assert "x-frame-options" not in headers


async def test_a_frame_has_nothing_inline_and_nothing_foreign(client: httpx.AsyncClient) -> None:
    text = (await client.get(FRAME)).text
    assert not re.search(r"<script(?! defer src=\"/embed/)|<style| style=| on\w+=", text)
    assert re.findall(r'(?:src|<link rel="stylesheet" href)="(?!/)', text) == []


async def test_the_data_tell_what_the_element_draws_and_where_it_follows(client: httpx.AsyncClient) -> None:
    told = (await client.get(f"{DATA}?lang=ar&metrics=totalEdits,referencesAdded")).json()
    assert (told["title"], told["url"]) == ("Night at the Museum", f"{ORIGIN}/programs/{SLUG}")
    assert (told["direction"], told["asOf"], told["version"]) == ("rtl", "2026-11-22T18:30:00Z", 100)
    assert [(each["name"], each["value"]) for each in told["numbers"]] == [
        ("totalEdits", 1204),
        ("referencesAdded", None),
    ]
    address = urlsplit(told["stream"])
    query = parse_qs(address.query)
    assert address.path == "/graphql"
    assert json.loads(query["variables"][0]) == {"slug": SLUG}
    assert graphql.print_ast(graphql.parse(query["query"][0])) == graphql.print_ast(
        graphql.parse(embed_documents()["embed_program_numbers"])
    )


async def test_the_script_of_the_element_is_small_and_whole() -> None:
    script = element_script()
    assert len(script) <= 15_000
    assert b'"STYLE_SHEET"' not in script
    assert b"container-type" in script
    assert b"innerHTML" not in script
    assert b'addEventListener("message"' not in script


async def test_a_card_is_well_formed_and_says_as_of_when(client: httpx.AsyncClient) -> None:
    response = await client.get(f"{CARD}?theme=dark")
    assert response.headers["content-type"].startswith("image/svg+xml")
    drawn = ElementTree.fromstring(response.text)
    texts = [element.text for element in drawn.iter(f"{SVG}text")]
    assert texts[0] == "\u2066Night at the Museum\u2069"
    assert "\u20661,204\u2069" in texts
    assert "\u2066as of 22 Nov 2026 18:30 UTC\u2069" in texts
    assert drawn.findtext(f"{SVG}title") == "Night at the Museum"
    assert "Edits: 1,204" in (drawn.findtext(f"{SVG}desc") or "")


async def test_a_card_from_right_to_left_begins_at_the_right(client: httpx.AsyncClient, public: Public) -> None:
    public.title = "ليلة في المتحف"
    drawn = ElementTree.fromstring((await client.get(f"{CARD}?lang=ar")).text)
    first = next(drawn.iter(f"{SVG}text"))
    assert (first.text, first.get("x"), first.get("text-anchor")) == ("\u2067ليلة في المتحف\u2069", "460", "end")


async def test_a_picture_is_a_png_of_the_size_that_previews_have(client: httpx.AsyncClient) -> None:
    response = await client.get(PICTURE)
    assert response.headers["content-type"] == "image/png"
    assert response.content[:8] == b"\x89PNG\r\n\x1a\n"
    assert [int.from_bytes(response.content[at : at + 4], "big") for at in (16, 20)] == [1200, 630]
    assert len(response.content) < 100_000


async def test_a_picture_is_painted_anew_at_most_once_a_minute(
    client: httpx.AsyncClient, public: Public, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = await client.get(PICTURE)
    public.count(totalEdits=1205)
    assert (await client.get(f"{PICTURE}?metrics=bytesAdded&theme=dark")).content == first.content
    assert (await client.get(f"{PICTURE}?lang=pl")).content != first.content
    monkeypatch.setattr("graph.web.painting.FRESH_SECONDS", 0.0)
    assert (await client.get(PICTURE)).content != first.content


async def test_only_so_many_wait_for_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("graph.web.painting.MOST_WAITING", 1)
    painter = Painter()
    svg = '<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>'
    first = asyncio.create_task(painter.paint("first", svg))
    await asyncio.sleep(0)
    with pytest.raises(PaintingFailed, match="too many"):
        await painter.paint("second", svg)
    assert (await first)[:4] == b"\x89PNG"
    assert await painter.paint("second", svg) == await first


async def test_a_picture_that_cannot_be_painted_is_said_to_be_missing_for_now(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("graph.web.painting.sys.executable", "/bin/false")
    response = await client.get(PICTURE)
    assert (response.status_code, response.headers["cache-control"]) == (503, "no-store")


async def test_a_badge_is_what_shields_io_expects(client: httpx.AsyncClient) -> None:
    assert (await client.get(f"{BADGE}?metric=articlesCreated&lang=nl")).json() == {
        "schemaVersion": 1,
        "label": "Nieuwe artikelen",
        "message": "18 (22 november 2026)",
        "color": "36c",
        "cacheSeconds": 300,
    }
    assert (await client.get(f"{BADGE}?metric=x")).json()["label"] == "Edits"


@pytest.mark.parametrize("address", [*ALL, SCRIPT])
async def test_nothing_is_changed_by_an_embed(client: httpx.AsyncClient, address: str) -> None:
    assert (await client.post(address)).status_code == 405
    assert (await client.head(address)).status_code == 200

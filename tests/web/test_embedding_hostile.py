# SPDX-License-Identifier: GPL-3.0-or-later
"""Titles full of markup, control characters and turned directions are text on every embed, card and badge."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from html.parser import HTMLParser
from xml.etree import ElementTree

import httpx
import pytest

from graph.web.one_line import direction, lines, one_line, width
from tests.web.hostile_texts import HOSTILE
from tests.web.publics import ORIGIN, SLUG, Public, serving_public

SVG = "{http://www.w3.org/2000/svg}"
BAD = re.compile("[\x00-\x1f\x7f-\x9f\u200b\u200e\u200f\u2028-\u202e\u2060\ufdd0\ufeff\ufffe\uffff]")
ISOLATES = re.compile("[\u2066-\u2069]")


class Elements(HTMLParser):
    """The elements of a page, and the text in its ``bdi``."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.title = ""
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._inside = self._inside or tag == "bdi"

    def handle_endtag(self, tag: str) -> None:
        self._inside = self._inside and tag != "bdi"

    def handle_data(self, data: str) -> None:
        self.title += data if self._inside else ""


def elements(text: str) -> Elements:
    parser = Elements()
    parser.feed(text)
    return parser


@pytest.fixture
def public() -> Public:
    return Public()


@pytest.fixture
async def client(public: Public) -> AsyncIterator[httpx.AsyncClient]:
    async with serving_public(public) as url, httpx.AsyncClient(base_url=url) as client:
        yield client


async def test_a_title_is_text_in_a_frame(client: httpx.AsyncClient, public: Public) -> None:
    plain = elements((await client.get(f"/embed/program/{SLUG}")).text)
    for title in HOSTILE:
        public.title = title
        hostile = elements((await client.get(f"/embed/program/{SLUG}")).text)
        assert [tag for tag, _ in hostile.tags] == [tag for tag, _ in plain.tags]
        assert [sorted(attributes) for _, attributes in hostile.tags] == [sorted(each) for _, each in plain.tags]
        assert hostile.title == one_line(title)
        assert not BAD.search(hostile.title)
        assert not ISOLATES.search(hostile.title)


async def test_a_title_is_text_on_a_card_and_stays_on_it(client: httpx.AsyncClient, public: Public) -> None:
    for title in HOSTILE:
        public.title = title
        check_card((await client.get(f"/card/program/{SLUG}.svg")).content)


def check_card(content: bytes) -> None:
    drawn = ElementTree.fromstring(content)
    names = {element.tag.removeprefix(SVG) for element in drawn.iter()}
    assert names == {"svg", "title", "desc", "style", "rect", "g", "text"}
    assert not {name for element in drawn.iter() for name in element.attrib if name.lower().startswith("on")}
    for element in drawn.iter(f"{SVG}text"):
        inner = (element.text or "")[1:-1]
        assert ISOLATES.fullmatch((element.text or "")[0])
        assert not BAD.search(inner)
        assert not ISOLATES.search(inner)
        assert width(inner) * float(element.attrib["font-size"]) <= 440
    assert 0 < float(drawn.attrib["height"]) <= 260


async def test_a_title_is_text_in_json(client: httpx.AsyncClient, public: Public) -> None:
    for title in HOSTILE:
        public.title = title
        response = await client.get(f"/embed/program/{SLUG}.json")
        assert response.headers["content-type"] == "application/json"
        assert response.json()["title"] == one_line(title)
        assert not BAD.search(response.text)
    assert (await client.get(f"/badge/program/{SLUG}.json")).json()["label"] == "Edits"


async def test_a_title_is_text_in_the_html_of_an_oembed(client: httpx.AsyncClient, public: Public) -> None:
    for title in HOSTILE:
        public.title = title
        frame = elements((await client.get(f"/oembed?url={ORIGIN}/programs/{SLUG}")).json()["html"])
        assert [tag for tag, _ in frame.tags] == ["iframe"]
        assert frame.tags[0][1] == {
            "src": f"{ORIGIN}/embed/program/{SLUG}",
            "width": "480",
            "height": "220",
            "title": f"{one_line(title)}: live numbers",
            "loading": "lazy",
            "sandbox": "allow-scripts allow-popups allow-popups-to-escape-sandbox",
            "frameborder": "0",
        }


async def test_a_title_of_nothing_to_see_is_the_slug(client: httpx.AsyncClient, public: Public) -> None:
    public.title = "\u200b\u202e\x00 "
    assert (await client.get(f"/embed/program/{SLUG}.json")).json()["title"] == SLUG


async def test_hostile_pictures_are_pictures(client: httpx.AsyncClient, public: Public) -> None:
    for title in HOSTILE[::4]:
        public.title = title
        response = await client.get(f"/card/program/{SLUG}.png")
        assert response.content[:8] == b"\x89PNG\r\n\x1a\n"


@pytest.mark.parametrize("slug", ["%2e%2e%2fx", "%00", "%3Cscript%3E", "a%2Fb", "%E2%80%AE", "x" * 4_000])
async def test_addresses_of_nothing_are_not_repeated(client: httpx.AsyncClient, slug: str) -> None:
    response = await client.get(f"/embed/program/{slug}")
    assert response.status_code == 404
    assert "script>" not in response.text
    assert "x" * 4_000 not in response.text


async def test_what_is_asked_for_is_not_repeated(client: httpx.AsyncClient) -> None:
    for query in ("theme", "lang", "metrics"):
        text = (await client.get(f"/embed/program/{SLUG}", params={query: '"><script>alert(1)</script>'})).text
        assert "alert" not in text


@pytest.mark.parametrize(
    ("text", "longest", "line"),
    [
        ("  two\n words ", 200, "two words"),
        ("a\u202eb\u2066c", 200, "abc"),
        ("e" + "\u0301" * 9, 200, "e" + "\u0301" * 4),
        ("abcdef", 3, "abc…"),
        ("ab👩‍👧cd", 3, "ab…"),
        ("می‌خواهم", 200, "می‌خواهم"),
    ],
)
def test_text_is_made_one_line(text: str, longest: int, line: str) -> None:
    assert one_line(text, longest) == line


@pytest.mark.parametrize(("text", "side"), [("(a) ب", "ltr"), ("«ب» a", "rtl"), ("123", "ltr"), ("", "ltr")])
def test_a_text_begins_where_its_first_letter_does(text: str, side: str) -> None:
    assert direction(text) == side


def test_text_is_broken_into_lines_that_fit() -> None:
    for text in (*HOSTILE, "Donaudampfschifffahrtsgesellschaft"):
        found = lines(one_line(text), 12, 2)
        assert len(found) <= 2
        assert all(width(line) <= 12 for line in found)
    assert lines("one two", 12, 2) == ["one two"]
    assert lines("one two three four five six seven", 8, 2) == ["one two", "three four…"]

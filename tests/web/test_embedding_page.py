# SPDX-License-Identifier: GPL-3.0-or-later
"""The page with codes to copy, and the codes."""

from __future__ import annotations

import html
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import httpx
import pytest

from graph.web.codes import Codes
from graph.web.embedding import SCRIPT
from graph.web.shown import Shown
from graph.web.texts import texts
from tests.web.hostile_texts import HOSTILE
from tests.web.publics import NUMBERS, ORIGIN, SLUG, Public, serving_public
from tests.web.test_embedding_hostile import elements

PAGE = f"/programs/{SLUG}/embed"
QUERY = "lang=en&theme=auto&metrics=totalEdits,articlesCreated"


@pytest.fixture
def public() -> Public:
    return Public()


@pytest.fixture
async def client(public: Public) -> AsyncIterator[httpx.AsyncClient]:
    async with serving_public(public) as url, httpx.AsyncClient(base_url=url) as client:
        yield client


def codes(title: str = "Night at the Museum", language: str = "en") -> Codes:
    shown = Shown("program", SLUG, title, NUMBERS, datetime(2026, 11, 22, 18, 30, tzinfo=UTC), 100)
    return Codes(shown, texts(language), "auto", ("totalEdits", "articlesCreated"), ORIGIN, SCRIPT)


def test_the_codes_are_what_one_pastes() -> None:
    made = codes()
    assert made.frame() == (
        f'<iframe src="{ORIGIN}/embed/program/{SLUG}?{html.escape(QUERY)}" width="100%" height="220" '
        'title="Night at the Museum: live numbers" loading="lazy" '
        'sandbox="allow-scripts allow-popups allow-popups-to-escape-sandbox" frameborder="0"></iframe>'
    )
    assert made.element() == (
        f'<script async src="{ORIGIN}/embed/programs-graph-stats.js"></script>\n'
        f'<programs-graph-stats src="{ORIGIN}/embed/program/{SLUG}?{html.escape(QUERY)}">'
        f'<a href="{ORIGIN}/programs/{SLUG}">Night at the Museum</a></programs-graph-stats>'
    )
    assert made.card() == (
        f'<a href="{ORIGIN}/programs/{SLUG}"><img src="{ORIGIN}/card/program/{SLUG}.svg?{html.escape(QUERY)}" '
        'alt="Night at the Museum: live numbers"></a>'
    )
    assert made.card_markdown() == (
        rf"[![Night at the Museum\: live numbers]({ORIGIN}/card/program/{SLUG}.svg?{QUERY})]({ORIGIN}/programs/{SLUG})"
    )
    assert made.badge() == f"{ORIGIN}/badge/program/{SLUG}.json?lang=en&metric=totalEdits"
    assert made.oembed() == f"{ORIGIN}/oembed?url=https%3A%2F%2Fgraph.example%2Fprograms%2F{SLUG}&format=json"


def test_wikitext_has_the_numbers_with_their_date() -> None:
    assert codes(language="de").wikitext() == (
        '{| class="wikitable"\n'
        f"|+ [{ORIGIN}/programs/{SLUG} <nowiki>Night at the Museum</nowiki>] (Stand: 22. Nov. 2026 18:30 UTC)\n"
        '|-\n! scope="row" | Bearbeitungen\n| 1.204\n'
        '|-\n! scope="row" | Neue Artikel\n| 18\n'
        "|}"
    )


@pytest.mark.parametrize("title", HOSTILE)
def test_a_title_means_nothing_in_a_code(title: str) -> None:
    made = codes(title)
    assert [tag for tag, _ in elements(made.frame()).tags] == ["iframe"]
    assert [tag for tag, _ in elements(made.element()).tags] == ["script", "programs-graph-stats", "a"]
    assert [tag for tag, _ in elements(made.card()).tags] == ["a", "img"]
    inner = re.fullmatch(r".*?<nowiki>(.*)</nowiki>.*", made.wikitext(), re.DOTALL)
    assert inner is not None
    assert not re.search("[<>]", inner[1])
    label = re.fullmatch(r"\[!\[(.*)\]\(https://graph\.example/card/.*", made.card_markdown(), re.DOTALL)
    assert label is not None
    assert not re.search(r"(?<!\\)[\[\]`<]", label[1].replace(r"\\", ""))


async def test_the_page_shows_every_code(client: httpx.AsyncClient) -> None:
    response = await client.get(f"{PAGE}?metrics=totalEdits&metrics=articlesCreated")
    assert response.status_code == 200
    shown = [html.unescape(code) for code in re.findall(r"<pre[^>]*><code>(.*?)</code>", response.text, re.DOTALL)]
    made = codes()
    assert shown == [
        made.frame(),
        made.element(),
        made.card(),
        made.card_markdown(),
        made.wikitext(),
        made.badge(),
        made.oembed(),
    ]
    assert re.findall(r'value="(\w+)" checked', response.text) == ["totalEdits", "articlesCreated", "auto"]
    assert f'<link rel="alternate" type="application/json+oembed" href="{html.escape(made.oembed())}">' in response.text


async def test_the_page_is_no_frame_and_frames_nothing_but_ours(client: httpx.AsyncClient) -> None:
    policy = (await client.get(PAGE)).headers["content-security-policy"]
    assert "frame-ancestors 'none'" in policy
    assert policy.endswith("; frame-src 'self'")
    assert "unsafe" not in policy


async def test_a_title_is_text_on_the_page(client: httpx.AsyncClient, public: Public) -> None:
    plain = [tag for tag, _ in elements((await client.get(PAGE)).text).tags]
    for title in HOSTILE:
        public.title = title
        text = (await client.get(PAGE)).text
        assert [tag for tag, _ in elements(text).tags] == plain
        assert not re.search(r"<script(?! defer src=)|<style| on\w+=", re.sub("&[^;]+;[^<]*", "", text))


async def test_nothing_that_is_not_public_can_be_embedded(client: httpx.AsyncClient, public: Public) -> None:
    missing = await client.get("/programs/never_was/embed")
    public.there = False
    private = await client.get(PAGE)
    assert (private.status_code, private.content) == (404, missing.content)
    public.broken = True
    assert (await client.get(PAGE)).status_code == 503


async def test_campaigns_have_the_page_as_well(client: httpx.AsyncClient) -> None:
    response = await client.get(f"/campaigns/{SLUG}/embed?lang=pl")
    assert f"{ORIGIN}/embed/campaign/{SLUG}?lang=pl&amp;amp;theme=auto" in response.text

# SPDX-License-Identifier: GPL-3.0-or-later
"""Descriptions: what of Markdown they may use, and what never comes out of them."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.web.markdown import TAGS, described
from tests.browser.gallery import HOSTILE


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("**Bold** and *light*", "<p><strong>Bold</strong> and <em>light</em></p>\n"),
        ("# One\n## Two\n### Three", "<h3>One</h3>\n<h4>Two</h4>\n<h5>Three</h5>\n"),
        ("- a\n- b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>\n"),
        ("> said", "<blockquote>\n<p>said</p>\n</blockquote>\n"),
        ("`x < y`", "<p><code>x &lt; y</code></p>\n"),
        ("a & b", "<p>a &amp; b</p>\n"),
        ("", ""),
    ],
)
def test_a_description_may_be_marked_up(text: str, made: str) -> None:
    assert described(text) == made


def test_links_lead_away_without_telling_or_vouching() -> None:
    made = described("[here](https://en.wikipedia.org/wiki/A)")
    assert made == '<p><a href="https://en.wikipedia.org/wiki/A" rel="nofollow noopener noreferrer ugc">here</a></p>\n'


@pytest.mark.parametrize(
    "scheme", ["javascript:alert(1)", "data:text/html,x", "vbscript:x", "JaVaScRiPt:alert(1)", "file:///x"]
)
def test_links_that_run_something_are_none(scheme: str) -> None:
    for text in (f"[x]({scheme})", f"<{scheme}>", f"[x][1]\n\n[1]: {scheme}"):
        assert "href" not in described(text)


def test_html_is_text_and_pictures_are_not_shown() -> None:
    made = described("<b onclick=x>bold</b>\n\n<script>alert(1)</script>\n\n![x](https://evil.example/x.png)")
    assert "<b" not in made
    assert "<script" not in made
    assert "<img" not in made
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in made


@pytest.mark.parametrize("text", HOSTILE)
def test_what_hostile_people_write_is_text(text: str) -> None:
    found = re.findall(r"<\s*/?\s*([a-z0-9]+)([^>]*)>", described(text))
    assert {name for name, _ in found} <= TAGS
    assert all(not rest or rest.startswith(' href="http') for _, rest in found)


@given(st.text("<>[]()!`*_#-\"'=&;:/\\ \nahrefonclickjavscript", max_size=300))
def test_no_text_makes_a_tag_or_an_attribute_that_is_not_on_the_list(text: str) -> None:
    for name, rest in re.findall(r"<\s*/?\s*([a-z0-9]+)([^>]*)>", described(text)):
        assert name in TAGS
        assert re.fullmatch(r'( href="[^"]*")?( rel="[^"]*")?\s*/?', rest), rest
        assert "javascript:" not in rest


def test_what_is_too_long_is_cut() -> None:
    assert len(described("a" * 100_000)) < 20_100

# SPDX-License-Identifier: GPL-3.0-or-later
"""Where links may lead, and names in plain text (bad input, rows 30 and 31)."""

from __future__ import annotations

import pytest

from graph.web.links import contributions, is_project, isolated, outside


@pytest.mark.parametrize(
    "url",
    [
        "https://en.wikipedia.org/wiki/Hypatia",
        "https://commons.wikimedia.org/wiki/File:A.jpg",
        "https://www.wikidata.org/wiki/Q1",
        "https://zh-min-nan.wikipedia.org/w/index.php?diff=1",
    ],
)
def test_links_lead_to_wikis(url: str) -> None:
    assert outside(url) == url


@pytest.mark.parametrize(
    "url",
    [
        None,
        "",
        "javascript:alert(1)",
        "http://en.wikipedia.org/",
        "https://evil.example/en.wikipedia.org",
        "https://en.wikipedia.org.evil.example/",
        "https://evilwikipedia.org/",
        "https://x@en.wikipedia.org/",
        "https://en.wikipedia.org:8443/",
        "https://en.wikipedia.org:x/",
        "//en.wikipedia.org/",
        "https://[::1",
        "https:///wiki",
    ],
)
def test_links_lead_nowhere_else(url: str | None) -> None:
    assert outside(url) is None


@pytest.mark.parametrize(
    ("name", "end"),
    [
        ("Ada Lovelace", "Ada_Lovelace"),
        ("a/b?c#d&e", "a%2Fb%3Fc%23d%26e"),
        ('"><svg/onload=alert(1)>', "%22%3E%3Csvg%2Fonload%3Dalert%281%29%3E"),
        ("مريم", "%D9%85%D8%B1%D9%8A%D9%85"),
    ],
)
def test_names_in_addresses_are_encoded(name: str, end: str) -> None:
    assert contributions("fr.wikipedia.org", name) == f"https://fr.wikipedia.org/wiki/Special:Contributions/{end}"


def test_a_domain_that_is_no_wikis_is_not_linked_to() -> None:
    assert contributions("evil.example", "Ada") is None
    assert not is_project('wikipedia.org" onclick="x')


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Ada", "Ada"),
        ("清少納言", "清少納言"),
        ("مريم", "\u2068مريم\u2069"),
        ("\u202eexe.fdp", "\u2068\u202eexe.fdp\u2069"),
    ],
)
def test_only_what_turns_the_text_is_isolated(text: str, shown: str) -> None:
    assert isolated(text) == shown

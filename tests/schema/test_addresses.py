# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from graph.schema import addresses


@pytest.mark.parametrize(
    ("title", "address"),
    [
        ("Rosa canina", "https://en.wikipedia.org/wiki/Rosa_canina"),
        ("User:Ada/draft", "https://en.wikipedia.org/wiki/User:Ada/draft"),
        ("AC/DC?", "https://en.wikipedia.org/wiki/AC/DC%3F"),
        ("100% & more", "https://en.wikipedia.org/wiki/100%25_%26_more"),
        ("C#", "https://en.wikipedia.org/wiki/C%23"),
        ("Müller (Begriffsklärung)", "https://en.wikipedia.org/wiki/M%C3%BCller_(Begriffskl%C3%A4rung)"),
        ("玫瑰", "https://en.wikipedia.org/wiki/%E7%8E%AB%E7%91%B0"),
        ('"Quoted" <b>', "https://en.wikipedia.org/wiki/%22Quoted%22_%3Cb%3E"),
    ],
)
def test_a_page_is_addressed_as_mediawiki_does(title: str, address: str) -> None:
    assert addresses.page("en.wikipedia.org", title) == address


def test_a_diff_needs_no_title() -> None:
    assert addresses.diff("de.wikipedia.org", 7) == "https://de.wikipedia.org/w/index.php?diff=7"


def test_a_file_has_a_page_and_a_thumbnail_on_commons() -> None:
    assert addresses.file_page("A b.jpg") == "https://commons.wikimedia.org/wiki/File:A_b.jpg"
    assert addresses.thumbnail("A b.jpg") == "https://commons.wikimedia.org/wiki/Special:FilePath/A_b.jpg?width=320"

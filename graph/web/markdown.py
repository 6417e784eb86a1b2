# SPDX-License-Identifier: GPL-3.0-or-later
"""Descriptions: a subset of Markdown that can do nothing but look well.

Headings, lists, emphasis, quotations, code and links; no HTML, no pictures. What markdown-it makes is HTML that nh3
lets through only where it is in the list below: two libraries would have to fail at once.
"""

from __future__ import annotations

from typing import Final

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

TAGS: Final = frozenset(
    {"p", "br", "strong", "em", "ul", "ol", "li", "a", "h3", "h4", "h5", "blockquote", "code", "pre", "hr"}
)
SCHEMES: Final = frozenset({"http", "https", "mailto"})
LONGEST: Final = 20_000
# Descriptions stand under the headings of a page, and do not begin anew.
_HEADINGS: Final = {"h1": "h3", "h2": "h4"}

_parser = MarkdownIt("commonmark", {"html": False}).disable(["image", "html_inline", "html_block"])


def described(text: str) -> Markup:
    """The description as HTML; every link is marked as not ours."""
    tokens = _parser.parse(text[:LONGEST])
    for token in tokens:
        _lower(token)
    made = _parser.renderer.render(tokens, _parser.options, {})
    clean = nh3.clean(
        made,
        tags=set(TAGS),
        attributes={"a": {"href"}},
        url_schemes=set(SCHEMES),
        link_rel="nofollow noopener noreferrer ugc",
    )
    return Markup(clean)


def _lower(token: Token) -> None:
    if token.type in ("heading_open", "heading_close"):
        token.tag = _HEADINGS.get(token.tag, "h5")

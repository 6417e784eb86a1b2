# SPDX-License-Identifier: GPL-3.0-or-later
"""Addresses on the wikis, written as MediaWiki writes them. Pure."""

from __future__ import annotations

from urllib.parse import quote

# What MediaWiki leaves as it is in the title part of an address.
_PLAIN = "/;@$!*(),~:"
_COMMONS = "commons.wikimedia.org"
_THUMBNAIL_WIDTH = 320


def page(domain: str, title: str) -> str:
    """Where to read the page with this full title."""
    return f"https://{domain}/wiki/{_written(title)}"


def diff(domain: str, revision_id: int) -> str:
    """Where to see what a revision changed; its page's title is not needed."""
    return f"https://{domain}/w/index.php?diff={revision_id}"


def file_page(name: str) -> str:
    """The page of a file on Commons; ``name`` is without namespace."""
    return page(_COMMONS, f"File:{name}")


def thumbnail(name: str) -> str:
    """The picture of a file on Commons, 320 pixels wide."""
    return f"{page(_COMMONS, f'Special:FilePath/{name}')}?width={_THUMBNAIL_WIDTH}"


def _written(title: str) -> str:
    return quote(title.replace(" ", "_"), safe=_PLAIN)

# SPDX-License-Identifier: GPL-3.0-or-later
"""The pages of a category and of those below it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from typing import Final

from msgspec import Struct
from msgspec.json import Decoder

from graph.bounds import Namespace, Number, NumberOrNone, Title
from graph.errors import UpstreamError
from graph.programs import Wiki
from graph.titles import CATEGORY
from graph.wikimedia.action_api import ActionApi, Refused
from graph.wikimedia.scopes.reading import Batch, Reason, ScopedPage, Unresolved

ROWS: Final = 500  # members in one answer, the API's limit for everybody
MOST_CATEGORIES: Final = 50_000  # of one scope: as many questions at least
_HOPS: Final = 5  # redirects from category to category
# A category that was given up says so by this template, under this name on all wikis that have it.
_SOFT_REDIRECT: Final = "Template:Category redirect"
_GONE: Final = frozenset({"nosuchpageid", "invalidcategory"})


class _Member(Struct, gc=False):
    pageid: Number
    ns: Namespace
    title: Title


class _Members(Struct):
    categorymembers: list[_Member] = []


class _Linked(Struct):
    title: str


class _Page(Struct):
    pageid: NumberOrNone = 0
    ns: Namespace = 0
    title: str = ""
    templates: list[_Linked] = []
    links: list[_Linked] = []


class _Pages(Struct):
    pages: list[_Page] = []


_members = Decoder(_Members)
_pages = Decoder(_Pages)


class Categories:
    """Asks the wikis' Action API, category by category, 500 members at once."""

    def __init__(self, api: ActionApi) -> None:
        self._api = api

    async def pages(self, wiki: Wiki, title: str, depth: int) -> AsyncGenerator[Batch, None]:
        """The members of the category (its full title) and of those up to ``depth`` levels below, level by level.

        Subcategories themselves are not among them; talk pages are, as what they are. A page in several categories
        comes several times, no category is read twice. A category that leads to another one, by a redirect or by the
        template for that, is that one, and its own members count as well: after a move they stay behind for days.
        Raises Unresolved MISSING where there is neither page nor member, TOO_MANY for
        too many subcategories, and UpstreamError where the wiki cannot be asked.
        """
        root, passed = await self._root(wiki, title)
        seen = {root.pageid}
        level: list[Mapping[str, str]] = [{"cmtitle": each} for each in dict.fromkeys([*passed, root.title])]
        empty = True
        for left in range(depth, -1, -1):
            below: list[Mapping[str, str]] = []
            for category in level:
                async for rows in self._members(wiki, category, deeper=left > 0):
                    empty = empty and not rows
                    below += [{"cmpageid": str(row.pageid)} for row in _unseen(rows, seen)]
                    if len(seen) > MOST_CATEGORIES:
                        message = f"It has more than {MOST_CATEGORIES:,} subcategories to a depth of {depth}."
                        raise Unresolved(Reason.TOO_MANY, message)
                    yield Batch([ScopedPage(row.pageid, row.ns, row.title) for row in rows if row.ns != CATEGORY])
            level = below
        if empty and not root.pageid:
            raise Unresolved(Reason.MISSING, f"{wiki.domain} has no “{root.title}”.")

    async def _members(
        self, wiki: Wiki, category: Mapping[str, str], *, deeper: bool
    ) -> AsyncGenerator[list[_Member], None]:
        parameters = {
            "list": "categorymembers",
            **category,
            "cmprop": "ids|title",
            "cmtype": "page|subcat|file" if deeper else "page|file",
            "cmlimit": str(ROWS),
        }
        further: Mapping[str, str] = {}
        while True:
            try:
                answer = await self._api.ask(wiki, _members, {**parameters, **further})
            except Refused as refused:
                if refused.code in _GONE and "cmpageid" in category:  # deleted or moved away since it was listed
                    return
                raise
            yield answer.query.categorymembers
            if not answer.further:
                return
            if answer.further == further:
                raise UpstreamError(f"{wiki.domain} does not go on with its list")
            further = answer.further

    async def _root(self, wiki: Wiki, title: str) -> tuple[_Page, list[str]]:
        """Where the category leads, and the titles on the way."""
        passed: list[str] = []
        for _ in range(_HOPS):
            passed.append(title)
            parameters = {
                "prop": "info|templates|links",
                "titles": title,
                "redirects": "1",
                "tltemplates": _SOFT_REDIRECT,
                "plnamespace": str(CATEGORY),
                "pllimit": str(ROWS),
            }
            found = (await self._api.ask(wiki, _pages, parameters)).query.pages
            page = found[0] if found else _Page(title=title, ns=CATEGORY)
            if page.ns != CATEGORY:
                raise Unresolved(Reason.MISSING, f"“{title}” leads to “{page.title}”, which is no category.")
            if not page.templates or not page.links:
                return page, passed
            passed.append(page.title)
            title = page.links[0].title
        raise Unresolved(Reason.MISSING, f"“{title}” leads from category to category and to no end.")


def _unseen(rows: list[_Member], seen: set[int]) -> list[_Member]:
    """The subcategories that come for the first time; they are noted."""
    fresh = [row for row in rows if row.ns == CATEGORY and row.pageid not in seen]
    seen.update(row.pageid for row in fresh)
    return fresh

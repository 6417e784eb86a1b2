# SPDX-License-Identifier: GPL-3.0-or-later
"""Any scope's pages, wherever they come from."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from graph.programs import ScopeKind, Wiki
from graph.scopes import MOST_PAGES, Source
from graph.wikimedia.action_api import ActionApi
from graph.wikimedia.scopes.articles import Articles
from graph.wikimedia.scopes.categories import Categories
from graph.wikimedia.scopes.pagepile import PagePile
from graph.wikimedia.scopes.petscan import PetScan
from graph.wikimedia.scopes.reading import Batch, Reading, ScopedPage
from graph.wikimedia.scopes.sites import Sites
from graph.wikimedia.scopes.templates import Templates


class WikimediaScopes:
    """Asks the wikis, PetScan and PagePile. ``sites`` has the wikis' namespaces, ``articles`` finds single pages."""

    def __init__(self, api: ActionApi, petscan: PetScan, pagepile: PagePile) -> None:
        self.sites = Sites(api)
        self.articles = Articles(api)
        self._categories = Categories(api)
        self._templates = Templates(api)
        self._petscan = petscan
        self._pagepile = pagepile

    def read(self, source: Source, most: int = MOST_PAGES) -> Reading:
        """The pages of a scope, to be read once. Assigned articles are no pages of anybody else's: ValueError.

        A category's, a template's and a query's pages are as listed; the titles in a pile are followed where they
        lead, fifty a question.
        """
        if source.kind is ScopeKind.ASSIGNED_ARTICLES:
            raise ValueError("assigned articles are not to be read elsewhere")
        return Reading(self._batches(source), most)

    def assigned(self, wiki: Wiki, titles: Sequence[str], most: int = MOST_PAGES) -> Reading:
        """The pages with these full titles on the wiki, followed where they lead; also those that are not there."""
        return Reading(self.articles.followed(wiki, _in_one(titles)), most)

    def listed(self, source: Source, most: int = MOST_PAGES) -> Reading:
        """As ``read``, but a pile's titles as they are in it: its digest tells cheaply whether the pile is the same."""
        return Reading(self._piled(source), most) if source.kind is ScopeKind.PAGEPILE else self.read(source, most)

    def _batches(self, source: Source) -> AsyncGenerator[Batch, None]:
        if source.kind is ScopeKind.CATEGORY:
            return self._categories.pages(source.wiki, source.value, source.depth)
        if source.kind is ScopeKind.TEMPLATE:
            return self._templates.pages(source.wiki, source.value)
        if source.kind is ScopeKind.PETSCAN:
            return self._found(source)
        return self.articles.followed(source.wiki, self._piled(source))

    async def _found(self, source: Source) -> AsyncGenerator[Batch, None]:
        namespaces = await self.sites.namespaces(source.wiki)
        async with aclosing(self._petscan.pages(int(source.value), namespaces)) as batches:
            async for batch in batches:
                yield batch

    async def _piled(self, source: Source) -> AsyncGenerator[Batch, None]:
        namespaces = await self.sites.namespaces(source.wiki)
        async with aclosing(self._pagepile.pages(int(source.value), namespaces)) as batches:
            async for batch in batches:
                yield batch


async def _in_one(titles: Sequence[str]) -> AsyncGenerator[Batch, None]:
    if titles:
        yield Batch([ScopedPage(None, 0, title) for title in titles])

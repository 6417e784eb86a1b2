# SPDX-License-Identifier: GPL-3.0-or-later
"""Which pages are in which categories, transclude which templates and link where."""

from __future__ import annotations

from collections.abc import Iterable

from graph.simulator.pages import Page
from graph.simulator.writing import Writing


class Belonging(Writing):
    """The changes of a page's links. With a ``username`` they come with an edit; else as by a template's edit, unseen.

    Categories and templates may be named without their namespace.
    """

    def put_in(
        self, wiki: str, title: str, *, categories: Iterable[str] = (), templates: Iterable[str] = (),
        links: Iterable[str] = (), username: str | None = None,
    ) -> Page:  # fmt: skip
        """Let a page be in categories, transclude templates and link to pages, besides those it has."""
        page = self.page(wiki, title)
        for key in self._keys(wiki, categories, 14):
            page.categories.add(key)
            self.members.setdefault((wiki, key), {})[page] = None
        for key in self._template_keys(wiki, templates):
            page.templates.add(key)
            self.transclusions.setdefault((wiki, key), {})[page] = None
        page.links.update(self._keys(wiki, links, 0))
        if username is not None:
            self.save(wiki, page.key, username)
        return page

    def take_out(
        self, wiki: str, title: str, *, categories: Iterable[str] = (), templates: Iterable[str] = (),
        links: Iterable[str] = (), username: str | None = None,
    ) -> Page:  # fmt: skip
        """Take a page out of categories and templates and links out of it."""
        page = self.page(wiki, title)
        for key in self._keys(wiki, categories, 14):
            page.categories.discard(key)
            self.members.get((wiki, key), {}).pop(page, None)
        for key in self._template_keys(wiki, templates):
            page.templates.discard(key)
            self.transclusions.get((wiki, key), {}).pop(page, None)
        page.links.difference_update(self._keys(wiki, links, 0))
        if username is not None:
            self.save(wiki, page.key, username)
        return page

    def _keys(self, wiki: str, titles: Iterable[str], namespace: int) -> list[str]:
        site = self.wiki(wiki)
        keys = [site.key(title) for title in titles]
        home = site.namespaces[namespace]
        return [key if number or not home else site.key(f"{home}:{key}")[1] for number, key in keys]

    def _template_keys(self, wiki: str, titles: Iterable[str]) -> list[str]:
        # A template that is a redirect counts as its target, too.
        keys = []
        for key in self._keys(wiki, titles, 10):
            template = self.pages.get((wiki, key))
            keys += [key] if template is None or template.redirect_to is None else [key, template.redirect_to]
        return keys

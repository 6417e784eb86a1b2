# SPDX-License-Identifier: GPL-3.0-or-later
"""The pages that transclude a template."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from typing import Final

from msgspec import Struct
from msgspec.json import Decoder

from graph.bounds import Namespace, Number, Title
from graph.errors import UpstreamError
from graph.programs import Wiki
from graph.wikimedia.action_api import ActionApi
from graph.wikimedia.scopes.articles import Articles
from graph.wikimedia.scopes.reading import Batch, Reason, ScopedPage, Unresolved

ROWS: Final = 500  # pages in one answer, the API's limit for everybody


class _Page(Struct, gc=False):
    pageid: Number
    ns: Namespace
    title: Title


class _Pages(Struct):
    embeddedin: list[_Page] = []


_pages = Decoder(_Pages)


class Templates:
    """Asks the wikis' Action API, 500 pages at once."""

    def __init__(self, api: ActionApi) -> None:
        self._api = api
        self._articles = Articles(api)

    async def pages(self, wiki: Wiki, title: str) -> AsyncGenerator[Batch, None]:
        """The pages that transclude the template (its full title), under its name or that of a redirect to it.

        Of all namespaces; talk pages are what they are. Raises Unresolved MISSING where there is neither the
        template nor a page with it, and UpstreamError where the wiki cannot be asked.
        """
        template = (await self._articles.located(wiki, [title])).get(title)
        if template is None:
            raise Unresolved(Reason.MISSING, f"{wiki.domain} has no “{title}”.")
        parameters = {"list": "embeddedin", "eititle": template.title, "eilimit": str(ROWS)}
        further: Mapping[str, str] = {}
        empty = True
        while empty or further:
            answer = await self._api.ask(wiki, _pages, {**parameters, **further})
            rows = answer.query.embeddedin
            if not rows and empty and not answer.further:
                break
            empty = False
            yield Batch([ScopedPage(row.pageid, row.ns, row.title) for row in rows])
            if answer.further and answer.further == further:
                raise UpstreamError(f"{wiki.domain} does not go on with its list")
            further = answer.further
        if empty and template.page_id is None:
            raise Unresolved(Reason.MISSING, f"{wiki.domain} has no “{template.title}”.")

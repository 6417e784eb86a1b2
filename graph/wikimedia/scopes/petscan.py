# SPDX-License-Identifier: GPL-3.0-or-later
"""The pages that a saved query of PetScan finds."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from graph import wikis
from graph.bounds import Namespace, storable
from graph.errors import UserFault
from graph.programs import Wiki
from graph.scopes import MOST_PAGES
from graph.titles import Namespaces
from graph.wikimedia.scopes.download import Service
from graph.wikimedia.scopes.json_list import JsonList
from graph.wikimedia.scopes.reading import Batch, Reason, ScopedPage, Unresolved, too_many

_NO_SUCH = "No such PSID"


class _Page(Struct, gc=False):
    page_title: Annotated[str, Meta(min_length=1, max_length=1024)]
    page_namespace: Namespace = 0
    page_id: Annotated[int, Meta(ge=0, le=2**53)] = 0


# A query that was saved with "sparse" lists full titles.
_page = msgspec.json.Decoder(_Page | str)


class PetScan:
    """Runs saved queries, each anew: they take minutes, up to half an hour."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def pages(self, psid: int, namespaces: Namespaces) -> AsyncGenerator[Batch, None]:
        """What the query finds, on the wiki that has these ``namespaces``.

        The service may say which wiki it is after all pages: OTHER_WIKI can come at the end. Raises Unresolved,
        MISSING where the number is nobody's and REFUSED where the query failed.
        """
        parameters = {
            "psid": str(psid),
            "format": "json",
            "output_compatability": "quick-intersection",  # the only shape that tells the wiki; so spelled there
            "doit": "1",
        }
        foreign = False
        told: JsonList | None = None
        async with aclosing(self._service.listed(parameters, "pages")) as answer:
            async for told, items in answer:
                self._check(told, psid, namespaces.wiki)
                batch, unknown = self._read(items, namespaces)
                foreign = foreign or unknown
                if batch.pages or batch.skipped:
                    yield batch
        if told is None or not told.begun or "wiki" not in told.members:
            raise self._service.unreadable("it told no pages or no wiki")
        if foreign:
            raise self._service.unreadable(f"it told of namespaces that {namespaces.wiki.domain} does not have")

    def _check(self, told: JsonList, psid: int, wiki: Wiki) -> None:
        error = told.members.get("error")
        if error is not None:
            text = storable(str(error))[:300]
            if text.startswith(_NO_SUCH):
                raise Unresolved(Reason.MISSING, f"PetScan has no query {psid}.")
            raise Unresolved(Reason.REFUSED, f"PetScan could not run query {psid}: {text}")
        count = told.members.get("pagecount", 0)
        if isinstance(count, int) and count > MOST_PAGES:
            raise too_many()
        said = told.members.get("wiki", wiki.dbname)
        if said != wiki.dbname and wikis.wiki(str(said).replace("-", "_")) != wiki:
            message = f"PetScan's query {psid} is about {storable(str(said))[:64]}, not about {wiki.dbname}."
            raise Unresolved(Reason.OTHER_WIKI, message)

    def _read(self, items: Sequence[bytes], namespaces: Namespaces) -> tuple[Batch, bool]:
        pages: list[ScopedPage] = []
        skipped, foreign = 0, False
        for item in items:
            try:
                row = _page.decode(item)
                title = namespaces.listed(row) if isinstance(row, str) else None
            except (msgspec.DecodeError, UnicodeDecodeError, UserFault):
                skipped += 1
                continue
            if isinstance(row, _Page):
                title = namespaces.title(row.page_namespace, storable(row.page_title))
            if title is None:
                foreign = True
            else:
                number = row.page_id if isinstance(row, _Page) else 0
                pages.append(ScopedPage(number or None, title.namespace, title.prefixed))
        return Batch(pages, skipped), foreign

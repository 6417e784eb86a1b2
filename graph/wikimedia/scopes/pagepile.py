# SPDX-License-Identifier: GPL-3.0-or-later
"""The titles in a pile of PagePile."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Final

import msgspec

from graph import wikis
from graph.bounds import storable
from graph.errors import UserFault
from graph.programs import Wiki
from graph.scopes import MOST_PAGES
from graph.titles import Namespaces
from graph.wikimedia.scopes.download import Service
from graph.wikimedia.scopes.json_list import JsonList
from graph.wikimedia.scopes.reading import Batch, Reason, ScopedPage, Unresolved, too_many

PATIENCE: Final = 300.0  # seconds; a pile is stored, nothing is computed

_title = msgspec.json.Decoder(str)


class PagePile:
    """Reads piles. They never change; what their titles lead to does."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def pages(self, pile: int, namespaces: Namespaces) -> AsyncGenerator[Batch, None]:
        """The titles in the pile, as the wiki with these ``namespaces`` writes them; without numbers of pages.

        Raises Unresolved; MISSING also for any answer that is no JSON, as the service's errors are.
        """
        parameters = {"id": str(pile), "action": "get_data", "format": "json", "doit": "1"}
        told: JsonList | None = None
        try:
            async with aclosing(self._service.listed(parameters, "pages")) as answer:
                async for told, items in answer:
                    self._check(told, pile, namespaces.wiki)
                    batch = _read(items, namespaces)
                    if batch.pages or batch.skipped:
                        yield batch
        except Unresolved as unresolved:
            if unresolved.reason is not Reason.FORM or told is not None:
                raise
            raise Unresolved(Reason.MISSING, f"PagePile has no pile {pile}, or is out of order.") from unresolved
        if told is None or not told.begun or "wiki" not in told.members:
            raise self._service.unreadable("it told no pages or no wiki")

    def _check(self, told: JsonList, pile: int, wiki: Wiki) -> None:
        error = told.members.get("error")
        if error is not None:
            raise Unresolved(Reason.REFUSED, f"PagePile could not give pile {pile}: {storable(str(error))[:300]}")
        count = told.members.get("pages_total", 0)
        if isinstance(count, int) and count > MOST_PAGES:
            raise too_many()
        said = told.members.get("wiki", wiki.dbname)
        if said != wiki.dbname and wikis.wiki(str(said).replace("-", "_")) != wiki:
            message = f"Pile {pile} is about {storable(str(said))[:64]}, not about {wiki.dbname}."
            raise Unresolved(Reason.OTHER_WIKI, message)


def _read(items: Sequence[bytes], namespaces: Namespaces) -> Batch:
    pages: list[ScopedPage] = []
    for item in items:
        try:
            title = namespaces.listed(_title.decode(item))
        except (msgspec.DecodeError, UnicodeDecodeError, UserFault):
            continue
        pages.append(ScopedPage(None, title.namespace, title.prefixed))
    return Batch(pages, len(items) - len(pages))

# SPDX-License-Identifier: GPL-3.0-or-later
"""Pages by title: which number each has, and where redirects lead."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import aclosing
from itertools import islice
from typing import Final

from msgspec import Struct
from msgspec.json import Decoder

from graph.bounds import Namespace, NumberOrNone
from graph.programs import Wiki
from graph.wikimedia.action_api import IN_FLIGHT, ActionApi
from graph.wikimedia.scopes.reading import Batch, ScopedPage

VALUES: Final = 50  # titles in one question, the API's limit for everybody
_SEPARATOR: Final = "\x1f"


class _Page(Struct, gc=False):
    pageid: NumberOrNone = 0
    ns: Namespace = 0
    title: str = ""
    invalid: bool = False


class _Step(Struct, rename={"source": "from"}, gc=False):
    source: str = ""
    to: str = ""


class _Found(Struct):
    pages: list[_Page] = []
    normalized: list[_Step] = []
    redirects: list[_Step] = []


_found = Decoder(_Found)


class Articles:
    """Asks the wikis' Action API. Every method raises UpstreamError where it cannot be asked."""

    def __init__(self, api: ActionApi) -> None:
        self._api = api

    async def located(self, wiki: Wiki, titles: Sequence[str]) -> dict[str, ScopedPage]:
        """For each title (at most 50) the page it is now, redirects followed; what can be no title is left out.

        A page that does not exist has no number.
        """
        parameters = {"prop": "info", "redirects": "1", "titles": _SEPARATOR + _SEPARATOR.join(titles)}
        found = (await self._api.ask(wiki, _found, parameters, post=True)).query
        pages = {page.title: page for page in found.pages if not page.invalid}
        normalized = {step.source: step.to for step in found.normalized}
        redirects = {step.source: step.to for step in found.redirects}
        located: dict[str, ScopedPage] = {}
        for title in titles:
            page = pages.get(_end(normalized.get(title, title), redirects))
            if page is not None:
                located[title] = ScopedPage(page.pageid or None, page.ns, page.title)
        return located

    async def followed(self, wiki: Wiki, batches: AsyncGenerator[Batch, None]) -> AsyncGenerator[Batch, None]:
        """The same pages with their numbers as they are now, in the place of redirects what these lead to."""
        async with aclosing(batches):
            async for pages, skipped in batches:
                titles = iter(dict.fromkeys(page.title for page in pages))
                while questions := [part for _ in range(IN_FLIGHT) if (part := list(islice(titles, VALUES)))]:
                    answers = await asyncio.gather(*(self.located(wiki, part) for part in questions))
                    yield _together(answers, sum(map(len, questions)))
                if skipped:
                    yield Batch([], skipped)


def _together(answers: Iterable[dict[str, ScopedPage]], asked: int) -> Batch:
    located = [page for answer in answers for page in answer.values()]
    return Batch(list(dict.fromkeys(located)), asked - len(located))


def _end(title: str, redirects: dict[str, str]) -> str:
    """Where redirects lead; in a circle, anywhere in it."""
    passed: set[str] = set()
    while title in redirects and title not in passed:
        passed.add(title)
        title = redirects[title]
    return title

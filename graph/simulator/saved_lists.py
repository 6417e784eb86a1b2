# SPDX-License-Identifier: GPL-3.0-or-later
"""PetScan at ``/petscan/`` and PagePile at ``/pagepile/api.php``: lists of pages that somebody saved under a number."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response, StreamingResponse

from graph.simulator.faults import Faults
from graph.simulator.pages import Page
from graph.simulator.state import State
from graph.simulator.visitors import refusal, user_agent_problem

_CHUNK = 1000  # pages in one write
_PETSCAN_PAGE = "<!DOCTYPE html><html dir='ltr' lang='en'><title>PetScan</title><form id='main_form'></form></html>"
_PILE_PAGE = "<br />\n<b>Fatal error</b>:  Uncaught Exception: Pile does not exist in api.php on line 17<br />\n"


@dataclass(frozen=True, slots=True)
class SavedList:
    """A wiki and the titles that were found or piled up, as they are written there.

    A query may be about a category, too (its key), and so many levels below it.
    """

    wiki: str
    titles: tuple[str, ...]
    category: str | None = None
    depth: int = 0


class SavedLists:
    """Both services. Titles are those of pages; PetScan tells only of those that exist now."""

    def __init__(self, state: State, faults: Faults) -> None:
        self._state = state
        self._faults = faults
        self.queries: dict[int, SavedList] = {}
        self.piles: dict[int, SavedList] = {}
        self.requests = 0

    def save_query(
        self, psid: int, wiki: str, titles: list[str] | None = None, *, category: str | None = None, depth: int = 0
    ) -> None:
        """Let a query find these pages from now on, and those of a category (a full title) as they are then."""
        site = self._state.wiki(wiki)
        key = None if category is None else site.key(category)[1]
        self.queries[psid] = SavedList(site.dbname, tuple(titles or ()), key, depth)

    def save_pile(self, pile: int, wiki: str, titles: list[str]) -> None:
        """Pile up these titles. Real piles never change."""
        self.piles[pile] = SavedList(self._state.wiki(wiki).dbname, tuple(titles))

    def forget_list(self, number: int) -> None:
        """Lose the query and the pile of this number."""
        self.queries.pop(number, None)
        self.piles.pop(number, None)

    async def petscan(self, request: Request) -> Response:
        """Answer ``psid`` with ``format=json``, in the shape of ``output_compatability``; all else is a page."""
        refused = await self._refused(request)
        if refused is not None:
            return refused
        given = request.query_params
        if self._faults.lists_html or given.get("format", "html") != "json":
            return HTMLResponse(_PETSCAN_PAGE)
        number = given.get("psid", "")
        saved = self.queries.get(int(number)) if number.isdigit() else None
        error = self._faults.lists_error or ("No such PSID in the database" if saved is None else None)
        if error is not None or saved is None:
            return Response(_encode({"error": error}), 500, media_type="application/json")
        return self._streamed(self._found(saved, dict(given)))

    async def pagepile(self, request: Request) -> Response:
        """Answer ``action=get_data``; what is wrong is said in HTML, with status 200."""
        refused = await self._refused(request)
        if refused is not None:
            return refused
        given = request.query_params
        number = given.get("id", "")
        saved = self.piles.get(int(number)) if number.isdigit() else None
        if self._faults.lists_html or given.get("action") != "get_data" or saved is None:
            return HTMLResponse(_PILE_PAGE)
        return self._streamed(self._piled(int(number), saved))

    async def _refused(self, request: Request) -> Response | None:
        self.requests += 1
        if self._faults.lists_seconds:
            await asyncio.sleep(self._faults.lists_seconds)
        if self._faults.lists_status is not None:
            return refusal(self._faults.lists_status)
        if self._faults.check_user_agent and user_agent_problem(request.headers.get("user-agent")):
            return refusal(403)
        return None

    def _streamed(self, parts: Iterator[bytes]) -> Response:
        broken = self._faults.take_broken_list()

        async def body() -> AsyncIterator[bytes]:
            for part in parts:
                yield part[: len(part) // 2] if broken else part
                if broken:
                    return
                await asyncio.sleep(0)  # whoever has gone is noticed

        return StreamingResponse(body(), media_type="application/json")

    # PetScan. Its encoder writes members in alphabetical order: the wiki comes after the pages.

    def _found(self, saved: SavedList, given: dict[str, str]) -> Iterator[bytes]:
        listed = [self._state.find_page(saved.wiki, title) for title in saved.titles]
        pages = list(dict.fromkeys([*(page for page in listed if page is not None), *self._categorized(saved)]))
        if given.get("output_compatability") == "quick-intersection":
            return self._quick_intersection(saved.wiki, pages, sparse=bool(given.get("sparse")))
        rows = [
            {"id": page.id, "len": page.latest.size, "n": "page", "namespace": page.namespace, "nstext": "",
             "title": _text(page), "touched": _touched(page)}
            for page in pages
        ]  # fmt: skip
        told: list[object] = [page.key for page in pages] if given.get("sparse") else list(rows)
        combined = {"a": {"*": told, "type": "subset"}, "n": "combination"}
        query = {"query": "https://petscan.wmflabs.org/?", "querytime_sec": 0.25}
        return iter([_encode({"*": [combined], "a": query, "n": "result"})])

    def _categorized(self, saved: SavedList) -> Iterator[Page]:
        """The pages of the query's category, level by level."""
        level = [] if saved.category is None else [saved.category]
        seen = set(level)
        for _ in range(saved.depth + 1):
            listed = [page for key in level for page in self._state.members.get((saved.wiki, key), {})]
            members = [page for page in listed if not page.deleted]
            yield from (page for page in members if page.namespace != 14)
            level = [page.key for page in members if page.namespace == 14 and page.key not in seen]
            seen.update(level)

    def _quick_intersection(self, wiki: str, pages: list[Page], *, sparse: bool) -> Iterator[bytes]:
        count = len(pages) + self._faults.lists_more
        names = {str(number): name for number, name in self._state.wiki(wiki).namespaces.items()}
        head = {"max": count + 1, "namespaces": names, "pagecount": count}
        told = (page.key if sparse else _row(page) for page in pages)
        made_up = (_made_up(number) for number in range(self._faults.lists_more))
        rest = {
            "query": "https://petscan.wmflabs.org/?", "querytime": 0.25, "start": 0, "status": "OK",
            "wiki": self._faults.lists_wiki or wiki,
        }  # fmt: skip
        return _with_list(head, "pages", _both(told, made_up), rest)

    # PagePile

    def _piled(self, number: int, saved: SavedList) -> Iterator[bytes]:
        site = self._state.wiki(saved.wiki)
        more = (f"Made up {made}" for made in range(self._faults.lists_more))
        head = {"id": number, "wiki": self._faults.lists_wiki or saved.wiki}
        rest = {"language": site.language, "project": "wikipedia"}
        return _with_list(head, "pages", _both(iter(saved.titles), more), rest)


def _both(first: Iterator[object], second: Iterator[object]) -> Iterator[object]:
    yield from first
    yield from second


def _with_list(head: dict[str, Any], name: str, items: Iterator[object], rest: dict[str, Any]) -> Iterator[bytes]:
    """One JSON object, in pieces: the members before a list, the list, and those after it."""
    yield _encode(head)[:-1] + b',"' + name.encode() + b'":['
    piece: list[bytes] = []
    begun = False
    for item in items:
        piece.append(_encode(item))
        if len(piece) == _CHUNK:
            yield (b"," if begun else b"") + b",".join(piece)
            piece, begun = [], True
    yield (b"," if begun and piece else b"") + b",".join(piece)
    yield b"]," + _encode(rest)[1:]


def _row(page: Page) -> dict[str, Any]:
    return {
        "page_id": page.id,
        "page_latest": _touched(page),
        "page_len": page.latest.size,
        "page_namespace": page.namespace,
        "page_title": _text(page),
    }


def _made_up(number: int) -> dict[str, Any]:
    return {
        "page_id": 90_000_001 + number,
        "page_latest": "20260101000000",
        "page_len": 1000,
        "page_namespace": 0,
        "page_title": f"Made_up_{number}",
    }


def _text(page: Page) -> str:
    return page.key.partition(":")[2] if page.namespace else page.key


def _touched(page: Page) -> str:
    return "".join(letter for letter in page.latest.at if letter.isdigit())


def _encode(value: object) -> bytes:
    return msgspec.json.encode(value)

# SPDX-License-Identifier: GPL-3.0-or-later
"""What is common to all sources of a scope's pages: how they come, how many may come, and why they do not."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncGenerator
from contextlib import aclosing
from enum import StrEnum
from typing import Final, NamedTuple

from graph.errors import UpstreamError
from graph.scopes import MOST_PAGES

_RANGE: Final = 8192  # page numbers that share a kilobyte of marks
_BEYOND: Final = 2**31  # no wiki has numbers like that
_SUM: Final = 2**128


class ScopedPage(NamedTuple):
    """A page in a scope. ``page_id`` is None where there is no such page (yet); ``title`` is full, with spaces."""

    page_id: int | None
    namespace: int
    title: str


class Batch(NamedTuple):
    """Pages that came together; ``skipped`` were listed and can be none of the wiki's."""

    pages: list[ScopedPage]
    skipped: int = 0


class Reason(StrEnum):
    """Why a scope has no pages; stable, to count by."""

    MISSING = "MISSING"  # no such category, template, query or pile
    OTHER_WIKI = "OTHER_WIKI"
    TOO_MANY = "TOO_MANY"
    DOWN = "DOWN"
    SLOW = "SLOW"
    FORM = "FORM"  # not what the service's protocol says, such as HTML
    REFUSED = "REFUSED"  # the service ran it and says that it failed


class Unresolved(UpstreamError):
    """A scope's pages cannot be had now; the message is for those who made the scope."""

    def __init__(self, reason: Reason, message: str) -> None:
        self.reason = reason
        super().__init__(message)


class Reading:
    """A scope's pages, to be read once, batch by batch; nothing of it counts before it came to its end.

    A page that is listed twice comes once; memory stays some ten megabytes. ``count`` and ``skipped`` grow with it.
    Raises Unresolved, TOO_MANY as soon as more than ``most`` came, and UpstreamError where a wiki cannot be asked.
    """

    def __init__(self, batches: AsyncGenerator[Batch, None], most: int = MOST_PAGES) -> None:
        self._batches = batches
        self._most = most
        self._seen = _Marks()
        self._sum = 0
        self.count = 0
        self.skipped = 0

    @property
    def digest(self) -> str:
        """What was read so far, whatever its order, in 32 hexadecimal digits and the count: the same if unchanged."""
        return f"{self._sum:032x}-{self.count}"

    async def __aiter__(self) -> AsyncGenerator[list[ScopedPage], None]:
        """The pages, as many at once as the source tells at once."""
        async with aclosing(self._batches) as batches:
            async for pages, skipped in batches:
                self.skipped += skipped
                fresh = [page for page in pages if page.page_id is None or self._seen.mark(page.page_id)]
                self.count += len(fresh)
                if self.count > self._most:
                    raise too_many(self._most)
                for page in fresh:
                    self._sum = (self._sum + _hash(page)) % _SUM
                if fresh:
                    yield fresh


def too_many(most: int = MOST_PAGES) -> Unresolved:
    """The refusal of what has more pages than a program may have."""
    return Unresolved(Reason.TOO_MANY, f"It has more than {most:,} articles.")


class _Marks:
    """Which page numbers came already: bits, in the ranges where there are any."""

    def __init__(self) -> None:
        self._ranges: dict[int, bytearray] = {}

    def mark(self, number: int) -> bool:
        """Whether it comes for the first time."""
        if number >= _BEYOND:
            return True
        place, rest = divmod(number, _RANGE)
        marks = self._ranges.get(place)
        if marks is None:
            marks = self._ranges[place] = bytearray(_RANGE // 8)
        byte, bit = rest >> 3, 1 << (rest & 7)
        if marks[byte] & bit:
            return False
        marks[byte] |= bit
        return True


def _hash(page: ScopedPage) -> int:
    told = f"{page.page_id or 0}\n{page.namespace}\n{page.title}".encode(errors="surrogatepass")
    return int.from_bytes(hashlib.blake2b(told, digest_size=16).digest())

# SPDX-License-Identifier: GPL-3.0-or-later
"""What other types are made of: nodes, pages, wikis."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar

import strawberry

from graph import programs as nouns
from graph.paging import Page, Slice
from graph.schema import cursors
from graph.schema.arguments import how_many
from graph.schema.fields import described, interface, resolved, said
from graph.wikis import wiki as known_wiki

# The places in a list ordered by a number and then a name, and in a list ordered by time.
RANKED = (int, str, int)
TIMED = (int, int, int)

T = TypeVar("T")

_MOST_NAMED = 2_000  # more than there are


@interface
class Node:
    """Anything that can be fetched by its id alone."""

    id: strawberry.ID = said("A global id. Opaque: do not take it apart.")


@described
class PageInfo:
    """Where a page lies in its list."""

    has_next_page: bool = said("Whether the list goes on after this page.")
    has_previous_page: bool = said("Whether this page does not begin the list: true where `after` was given.")
    start_cursor: str | None = said("The cursor of the first item; null for an empty page.")
    end_cursor: str | None = said("The cursor of the last item, to be given as `after`; null for an empty page.")


class Edge(Protocol):
    """What every edge has."""

    cursor: str


@described
class Connection:
    """What every connection has."""

    counted: strawberry.Private[Callable[[], Awaitable[int]]]
    page_info: PageInfo = said("Where this page lies in the list.")

    @resolved
    async def total_count(self) -> int:
        """How many items the whole list has."""
        return await self.counted()


@described
class Wiki:
    """One of Wikimedia's wikis."""

    dbname: str = said("Its database name, for example enwiki.")
    domain: str = said("Its domain, for example en.wikipedia.org.")
    project: str = said("The project it belongs to, for example wikipedia.")
    language: str | None = said("Its language's code; null for a wiki of all languages.")

    @classmethod
    def of(cls, value: nouns.Wiki) -> Wiki:
        """The wiki as the API shows it."""
        return cls(dbname=value.dbname, domain=value.domain, project=value.project, language=value.language)

    @classmethod
    def named(cls, dbname: str) -> Wiki:
        """The wiki of a stored edit: it was known when the edit was stored."""
        found = _NAMED.get(dbname)
        if found is None:
            found = cls.of(known_wiki(dbname) or nouns.Wiki(dbname, f"{dbname}.invalid", "unknown", None))
            if len(_NAMED) < _MOST_NAMED:
                _NAMED[dbname] = found
        return found


_NAMED: dict[str, Wiki] = {}
"""The wikis as the API shows them: the same for everybody and always."""


def cut(listing: str, shape: tuple[type, ...], first: int | None, after: str | None) -> Slice:
    """The part of the list that the arguments ask for. Raises UserFault (INVALID)."""
    return Slice(how_many(first), None if after is None else cursors.decode(listing, after, shape))


def cursors_of(listing: str, page: Page[T]) -> list[str]:
    """One cursor for each item of the page."""
    return [cursors.encode(listing, item.key) for item in page.items]


def page_info(page: Page[T], places: list[str], part: Slice) -> PageInfo:
    """Where ``page``, whose items have the cursors ``places``, lies in its list."""
    return PageInfo(
        has_next_page=page.more,
        has_previous_page=part.after is not None,
        start_cursor=places[0] if places else None,
        end_cursor=places[-1] if places else None,
    )

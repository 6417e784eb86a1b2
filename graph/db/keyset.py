# SPDX-License-Identifier: GPL-3.0-or-later
"""Lists page by page, for any number of parents in one statement.

Every list is ordered by a number (largest first), then a name, then an id, and a page is read from just after a place
in that order: what comes and goes elsewhere in the list moves nothing. The pieces of SQL are fixed, and are put
together once, when the module that holds them is imported; values are parameters only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from graph.db.pool import Pool
from graph.db.visibility import Viewer, bound
from graph.paging import Item, Key, Page, Slice

T = TypeVar("T")
Row = Mapping[str, Any]

# $1 parents, $2–$5 the place and the limit, $6 and $7 the viewer; a list's own parameters begin at $8.
_PAGE = """
SELECT parent.id AS parent, listed.*
FROM unnest($1::bigint[]) AS parent(id) CROSS JOIN LATERAL (
    SELECT * FROM (SELECT /*COLUMNS*/, (/*RANK*/)::bigint AS key_rank, /*NAME*/ AS key_name, /*NUMBER*/ AS key_number
                   /*SOURCE*/) AS candidate
    WHERE $2::bigint IS NULL OR (-key_rank, key_name, key_number) > (-$2::bigint, $3::text, $4::bigint)
    ORDER BY -key_rank, key_name, key_number LIMIT $5::bigint
) AS listed
WHERE /*NAMED*/
ORDER BY parent.id, -key_rank, key_name, key_number
"""
_COUNT = """
SELECT parent.id AS parent, (SELECT count(*) /*SOURCE*/) AS total
FROM unnest($1::bigint[]) AS parent(id)
WHERE ($2::bigint, $3::text, $4::bigint, $5::bigint) IS NULL AND /*NAMED*/
"""


class Listing:
    """A list of one kind of thing under one kind of parent.

    ``source`` is FROM … WHERE …, in terms of ``parent.id``; ``rank``, ``name`` and ``number`` are the order; ``extra``
    names the types of the list's own parameters, from $8 on.
    """

    def __init__(self, columns: str, source: str, *, rank: str, name: str, number: str, extra: Sequence[str]) -> None:
        # A parameter that a statement does not need has to be named in it all the same: PostgreSQL must know its type.
        types = ["bigint", "bool", *extra]
        named = " AND ".join(f"(${6 + place}::{kind} IS NULL OR true)" for place, kind in enumerate(types))
        pieces = {"NAMED": named, "COLUMNS": columns, "SOURCE": source, "RANK": rank, "NAME": name, "NUMBER": number}
        page, count = _PAGE, _COUNT
        for piece, sql in pieces.items():
            page, count = page.replace(f"/*{piece}*/", sql), count.replace(f"/*{piece}*/", sql)
        self._page = bound(page, 6, 7)
        self._count = bound(count, 6, 7)

    async def page(
        self,
        pool: Pool,
        viewer: Viewer,
        parents: Sequence[int],
        part: Slice,
        extra: Sequence[Any],
        read: Callable[[Row], T],
    ) -> dict[int, Page[T]]:
        """A page for each parent, in one statement."""
        rank, name, number = part.after or (None, None, None)
        rows = await pool.fetch(
            self._page, parents, rank, name, number, part.first + 1, viewer.editor_id, viewer.is_admin, *extra
        )
        return pages(parents, rows, part, read, lambda row: (row["key_rank"], row["key_name"], row["key_number"]))

    async def count(self, pool: Pool, viewer: Viewer, parents: Sequence[int], extra: Sequence[Any]) -> dict[int, int]:
        """How many each parent has, in one statement."""
        rows = await pool.fetch(self._count, parents, None, None, None, None, viewer.editor_id, viewer.is_admin, *extra)
        return {row["parent"]: row["total"] for row in rows}


def pages(
    parents: Iterable[int], rows: Iterable[Row], part: Slice, read: Callable[[Row], T], key: Callable[[Row], Key]
) -> dict[int, Page[T]]:
    """Rows (with ``parent``, in order, one more than asked for where there are more) as a page for each parent."""
    found: dict[int, list[Row]] = {parent: [] for parent in parents}
    for row in rows:
        found[row["parent"]].append(row)
    return {
        parent: Page(tuple(Item(read(row), key(row)) for row in mine[: part.first]), len(mine) > part.first)
        for parent, mine in found.items()
    }


def containing(text: str | None) -> str | None:
    """``text`` as a pattern for ILIKE that finds it anywhere."""
    if text is None:
        return None
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"


def doublings(number: str) -> str:
    """How often one doubles to reach the column ``number``, as SQL.

    An index of it orders rows roughly, and changes with every doubling only: rows that grow all the time stay HOT.
    """
    return f"floor(ln(greatest({number}, 0)::float8 + 1) * 1.4426950408889634)::smallint"

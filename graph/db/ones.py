# SPDX-License-Identifier: GPL-3.0-or-later
"""Statements about many collections, and the same about one, of which PostgreSQL keeps the plan.

It plans a statement about an array anew each time, since it thinks that the next array might be longer; where tallies
are shown without what nameless participants did, that takes longer than all the rest. Most questions are about one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from graph.db.pool import Pool


class Statement:
    """A statement whose first parameter is an array of collections, in the words below and no others.

    Raises ValueError where it says it in other words.
    """

    def __init__(self, many: str) -> None:
        self.many = many
        self.one = (
            many.replace("= ANY($1::bigint[])", "= $1::bigint")
            .replace("= ANY($1)", "= $1")
            .replace("unnest($1::bigint[])", "(VALUES ($1::bigint))")
        )
        if "$1::bigint[]" in self.one or self.one == many:
            raise ValueError(f"this is about its first parameter in other words: {many}")

    async def fetch(self, pool: Pool, collections: Sequence[int], *rest: Any) -> list[Any]:
        """Its rows for these collections."""
        if len(collections) == 1:
            return list(await pool.fetch(self.one, collections[0], *rest))
        return list(await pool.fetch(self.many, collections, *rest))

# SPDX-License-Identifier: GPL-3.0-or-later
"""Asking the wikis whether the articles that programs want exist, and where their titles lead."""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final

from graph import wikis
from graph.db import assignments
from graph.db.assignments import Unlocated
from graph.db.pool import Pool
from graph.errors import UpstreamError
from graph.wikimedia.scopes.articles import VALUES, Articles

AGAIN: Final = timedelta(hours=1)  # as long as the program runs
MOST: Final = 1_000  # articles read at a time
SECONDS: Final = 120.0  # for one question; then it is asked again in the next pass

_log = logging.getLogger(__name__)


async def locate(pool: Pool, articles: Articles, now: datetime) -> int:
    """One pass over the articles that were not looked for within the hour; returns how many were.

    Those of a wiki that cannot be asked stay what they are, and keep no others waiting.
    """
    done, seen = 0, set[int]()
    while rows := await _due(pool, now, seen):
        seen.update(row.id for row in rows)
        for batch in _batches(rows):
            done += await _locate(pool, articles, batch, now)
    return done


async def _due(pool: Pool, now: datetime, seen: set[int]) -> list[Unlocated]:
    async with pool.acquire() as conn:
        return await assignments.unlocated(conn, now, now - AGAIN, but=seen, most=MOST)


def _batches(rows: Iterable[Unlocated]) -> list[list[Unlocated]]:
    """Articles that are asked for together: of one wiki, fifty at most."""
    by_wiki: dict[str, list[Unlocated]] = defaultdict(list)
    for row in rows:
        by_wiki[row.dbname].append(row)
    return [rows[start : start + VALUES] for rows in by_wiki.values() for start in range(0, len(rows), VALUES)]


async def _locate(pool: Pool, articles: Articles, batch: Sequence[Unlocated], now: datetime) -> int:
    wiki = wikis.wiki(batch[0].dbname)
    if wiki is None:
        return 0
    try:
        async with asyncio.timeout(SECONDS):
            found = await articles.located(wiki, list(dict.fromkeys(row.title for row in batch)))
    except (UpstreamError, TimeoutError) as error:
        _log.warning("%d assigned articles of %s are looked for later: %s", len(batch), wiki.dbname, error)
        return 0
    pages = {row.id: found[row.title].page_id if row.title in found else None for row in batch}
    async with pool.acquire() as conn:
        await assignments.located(conn, pages, now)
    return len(batch)

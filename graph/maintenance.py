# SPDX-License-Identifier: GPL-3.0-or-later
"""What an operator does to the database now and then: bring it to the newest schema, count its numbers anew."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from graph import app
from graph.db import migrate as migrations
from graph.db import recounting
from graph.db.pool import Connection, connect, connect_alone
from graph.errors import GraphError
from graph.settings import Settings


def migrate(settings: Settings) -> None:
    """Bring the database to the newest schema and return."""
    with app.database(settings) as url:
        asyncio.run(migrations.migrate(url))


def recount(settings: Settings, slugs: Sequence[str], check: bool) -> list[str]:
    """Count these programs (all where none is named) anew; with ``check`` only compare.

    Returns the differences found, one line each. Raises GraphError for a program that does not exist.
    """
    with app.database(settings) as url:
        return asyncio.run(_recount(url, slugs, check))


async def _recount(url: str, slugs: Sequence[str], check: bool) -> list[str]:
    await migrations.migrate(url)
    conn = await connect_alone(url, patient=True)  # millions of edits are counted in one statement
    try:
        collections = await _collections(conn, slugs)
        differences = await recounting.check(conn, collections)
    finally:
        conn.terminate()
    if not check:
        pool = await connect(url, largest=3)
        async with pool:
            await recounting.rebuild(pool, collections)
    return [str(difference) for difference in differences]


async def _collections(conn: Connection, slugs: Sequence[str]) -> list[int]:
    if not slugs:
        return await recounting.all_collections(conn)
    found: set[int] = set()
    for slug in slugs:
        collections = await recounting.collections_of(conn, slug)
        if not collections:
            raise GraphError(f"there is no program {slug!r}; its slug is the last part of its address")
        found.update(collections)
    return sorted(found)

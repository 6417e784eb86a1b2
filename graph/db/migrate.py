# SPDX-License-Identifier: GPL-3.0-or-later
"""Bring a database to the newest schema, one process at a time."""

from __future__ import annotations

from pathlib import Path

import asyncpg

from graph.db.pool import connect_alone

VERSIONS = Path(__file__).parent / "migrations" / "versions"


def newest() -> str:
    """The number of the newest migration, with which its file's name begins."""
    return max(path.name.partition("_")[0] for path in VERSIONS.glob("[0-9]*.py"))


async def migrate(url: str) -> None:
    """Run every migration that the database at ``url`` (a PostgreSQL DSN) has not seen, under an advisory lock.

    Raises DatabaseUnavailable where there is no such database, and where a table stays in use by others for too long:
    then nothing has changed, and the same is to be tried again.
    """
    if await _version(url) != newest():
        from graph.db import upgrading  # Alembic and SQLAlchemy, which a process needs for nothing else

        await upgrading.upgrade(url)


async def _version(url: str) -> str | None:
    """The number of the last migration the database has seen, or None."""
    conn = await connect_alone(url)
    try:
        found = await conn.fetchval("SELECT version_num FROM alembic_version")
    except asyncpg.UndefinedTableError:
        return None
    finally:
        await conn.close()
    return None if found is None else str(found)

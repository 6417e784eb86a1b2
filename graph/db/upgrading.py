# SPDX-License-Identifier: GPL-3.0-or-later
"""Running the migrations, by Alembic. See graph/db/migrate.py, which loads this only where there is one to run."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from graph.errors import DatabaseUnavailable

MIGRATIONS = Path(__file__).parent / "migrations"
# Any number will do as long as every process of ours uses it: whoever holds it migrates, the others wait.
LOCK = 7_166_001
LOCK_NOT_AVAILABLE = "55P03"


def config() -> Config:
    """Alembic's configuration, without a file: the place of the migrations is all there is."""
    made = Config()
    made.set_main_option("script_location", str(MIGRATIONS))
    return made


async def upgrade(url: str) -> None:
    """Run every migration that the database at ``url`` has not seen, under an advisory lock.

    Raises DatabaseUnavailable where a table stays in use by others for too long: then nothing has changed.
    """
    engine = create_async_engine(make_url(url).set(drivername="postgresql+asyncpg"), poolclass=NullPool)
    try:
        async with engine.begin() as connection:
            await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
            await connection.run_sync(_upgrade)
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) != LOCK_NOT_AVAILABLE:
            raise
        raise DatabaseUnavailable(
            "a migration waited five seconds for a table that others use, and gave up: nothing has changed; "
            "start again, or end what uses it for so long (pg_stat_activity shows it)"
        ) from error
    finally:
        await engine.dispose()


def _upgrade(connection: Connection) -> None:
    settings = config()
    settings.attributes["connection"] = connection
    command.upgrade(settings, "head")

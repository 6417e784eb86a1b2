# SPDX-License-Identifier: GPL-3.0-or-later
"""Migrations from nothing give the tables that the modules graph/db/tables*.py declare."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import asyncpg
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool
from sqlmodel import SQLModel

from graph.db import migrate, tables_ledger, upgrading
from graph.errors import DatabaseUnavailable


def _differences(connection: Connection) -> list[Any]:
    options = {"compare_type": True, "compare_server_default": True}
    found = compare_metadata(MigrationContext.configure(connection, opts=options), SQLModel.metadata)
    return [each for each in found if not _is_random(each)]


def _is_random(difference: Any) -> bool:
    """Alembic asks the server whether two defaults give the same value, which these never do."""
    kind, _, table, column, *_ = difference[0] if isinstance(difference, list) else (None, *[""] * 3)
    return (kind, table, column) == ("modify_default", "ledger", "epoch")


async def differences(url: str) -> list[Any]:
    engine = create_async_engine(make_url(url).set(drivername="postgresql+asyncpg"), poolclass=NullPool)
    async with engine.connect() as connection:
        found = await connection.run_sync(_differences)
    await engine.dispose()
    return found


async def upgrade(url: str, revision: str) -> None:
    """Bring it to an older schema."""

    def run(connection: Connection) -> None:
        settings = upgrading.config()
        settings.attributes["connection"] = connection
        command.upgrade(settings, revision)

    engine = create_async_engine(make_url(url).set(drivername="postgresql+asyncpg"), poolclass=NullPool)
    async with engine.begin() as connection:
        await connection.run_sync(run)
    await engine.dispose()


async def test_migrations_from_empty_equal_the_tables(empty_database_url: str) -> None:
    await migrate.migrate(empty_database_url)
    assert await differences(empty_database_url) == []


async def test_a_table_that_differs_would_be_noticed(empty_database_url: str) -> None:
    await migrate.migrate(empty_database_url)
    conn = await asyncpg.connect(empty_database_url)
    await conn.execute("ALTER TABLE page DROP COLUMN deleted")
    await conn.execute("DROP INDEX edit_by_set")
    await conn.execute("ALTER TABLE goal ALTER target TYPE int")
    await conn.execute("ALTER TABLE program ALTER type SET DEFAULT 'FELLOWS'")
    await conn.close()
    assert len(await differences(empty_database_url)) == 4


async def test_every_ledger_has_an_epoch_of_its_own(database_url: str) -> None:
    conn = await asyncpg.connect(database_url)
    default = await conn.fetchval(
        "SELECT column_default FROM information_schema.columns WHERE table_name = 'ledger' AND column_name = 'epoch'"
    )
    assert default == "md5((random())::text)"
    await conn.close()


async def test_hot_tables_leave_room_on_their_pages(database_url: str) -> None:
    conn = await asyncpg.connect(database_url)
    rows = await conn.fetch("SELECT relname FROM pg_class WHERE reloptions @> '{fillfactor=80}' ORDER BY 1")
    await conn.close()
    declared = [
        name
        for name, table in SQLModel.metadata.tables.items()
        if table.dialect_options["postgresql"]["with"] == {"fillfactor": "80"}
    ]
    assert [row[0] for row in rows] == sorted(declared)
    assert tables_ledger.EditRow.__tablename__ in declared


async def test_a_migrated_database_is_left_as_it_is(database_url: str) -> None:
    conn = await asyncpg.connect(database_url)
    epoch = await conn.fetchval("SELECT epoch FROM ledger")
    await migrate.migrate(database_url)
    assert await conn.fetchval("SELECT epoch FROM ledger") == epoch
    await conn.close()


def test_the_newest_migration_is_known_without_its_library() -> None:
    assert [migrate.newest()] == ScriptDirectory.from_config(upgrading.config()).get_heads()


async def test_two_processes_that_migrate_at_once_do_it_once(empty_database_url: str) -> None:
    await asyncio.gather(migrate.migrate(empty_database_url), migrate.migrate(empty_database_url))
    conn = await asyncpg.connect(empty_database_url)
    heads = ScriptDirectory.from_config(upgrading.config()).get_heads()
    assert [row[0] for row in await conn.fetch("SELECT version_num FROM alembic_version")] == list(heads)
    await conn.close()


def test_every_migration_waits_for_a_lock_only_so_long() -> None:
    texts = {path.name: path.read_text("utf-8") for path in sorted(migrate.VERSIONS.glob("*.py"))}
    first = {name: re.search(r"def upgrade\(\) -> None:\n(?: +#.*\n)* +(\w.*)", text) for name, text in texts.items()}
    assert len(texts) >= 9
    waits = """op.execute("SET LOCAL lock_timeout = '5s'")"""
    assert [name for name, found in first.items() if found is None or found[1] != waits] == []


async def test_a_table_in_use_is_waited_for_only_so_long_and_nothing_changes(empty_database_url: str) -> None:
    await upgrade(empty_database_url, "0008")
    conn = await asyncpg.connect(empty_database_url)
    async with conn.transaction():
        await conn.execute("LOCK TABLE program IN ROW EXCLUSIVE MODE")  # an older version in a long transaction
        with pytest.raises(DatabaseUnavailable, match="waited five seconds for a table that others use"):
            await migrate.migrate(empty_database_url)
        assert await conn.fetchval("SELECT version_num FROM alembic_version") == "0008"
    await migrate.migrate(empty_database_url)
    assert await conn.fetchval("SELECT count(*) FROM hidden_card") == 0
    await conn.close()


async def test_a_new_database_knows_commons_and_the_empty_set(database_url: str) -> None:
    conn = await asyncpg.connect(database_url)
    wikis = await conn.fetch("SELECT dbname, domain, project, language, words FROM wiki")
    assert [tuple(row) for row in wikis] == [("commonswiki", "commons.wikimedia.org", "commons", None, False)]
    sets = await conn.fetch("SELECT id, members FROM edit_set")
    assert [tuple(row) for row in sets] == [(0, [])]
    await conn.close()

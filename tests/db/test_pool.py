# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import asyncio

import asyncpg
import pytest

from graph.db.pool import LOST, Connection, Pool, connect, connect_alone, shown
from graph.errors import DatabaseUnavailable


async def test_whenever_the_server_ends_a_connection_it_counts_as_lost(pool: Pool, database_url: str) -> None:
    for turns in range(12):
        conn = await connect_alone(database_url)
        await pool.execute("SELECT pg_terminate_backend($1)", conn.get_server_pid())
        for _ in range(turns):  # the farewell, the end of the stream: the loop learns of them one by one
            await asyncio.sleep(0)
        with pytest.raises(LOST):
            await use(conn)
        conn.terminate()


async def use(conn: Connection) -> None:
    while True:
        async with conn.transaction():
            await conn.execute("SELECT 1")


def test_a_statement_between_the_servers_farewell_and_its_hanging_up_is_lost_too() -> None:
    assert isinstance(asyncpg.InternalClientError("cannot switch to state 15"), LOST)


async def test_a_server_that_is_not_there_is_named_without_its_password() -> None:
    url = "postgresql://ann:secret@127.0.0.1:1/graph"
    for opening in (connect(url), connect_alone(url)):
        with pytest.raises(DatabaseUnavailable, match=r"postgresql://ann@127\.0\.0\.1:1/graph") as raised:
            await opening
        assert "secret" not in str(raised.value)


@pytest.mark.parametrize(
    ("url", "fit"),
    [
        ("postgresql://a:b@host/db", "postgresql://a@host/db"),
        ("postgresql://a@host/db", "postgresql://a@host/db"),
        ("postgresql://host/db", "postgresql://host/db"),
        ("postgresql://a:b@c@host/db", "postgresql://a@host/db"),
    ],
)
def test_an_address_is_shown_without_its_password(url: str, fit: str) -> None:
    assert shown(url) == fit

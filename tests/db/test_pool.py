# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import asyncio

import asyncpg
import pytest

from graph.db import pool as pools
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


async def test_a_server_that_does_not_answer_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pools, "CONNECT_SECONDS", 0.05)
    async with await asyncio.start_server(lambda *_: None, "127.0.0.1", 0) as silent:
        url = f"postgresql://ann@127.0.0.1:{silent.sockets[0].getsockname()[1]}/graph"
        for opening in (connect(url), connect_alone(url)):
            with pytest.raises(DatabaseUnavailable, match="does not answer"):
                await opening


async def test_a_full_server_and_a_lost_fight_for_rows_are_no_fault_of_the_statement(pool: Pool) -> None:
    assert isinstance(asyncpg.TooManyConnectionsError("sorry, too many clients already"), LOST)
    assert isinstance(asyncpg.DiskFullError("no space left on device"), LOST)
    await pool.execute("CREATE TABLE number (n int PRIMARY KEY); INSERT INTO number VALUES (1), (2)")
    at_once = asyncio.Barrier(2)

    async def take(first: int, second: int) -> None:
        async with pool.acquire() as conn, conn.transaction():
            await conn.execute("UPDATE number SET n = n WHERE n = $1", first)
            await at_once.wait()
            await conn.execute("UPDATE number SET n = n WHERE n = $1", second)

    ended = await asyncio.gather(take(1, 2), take(2, 1), return_exceptions=True)
    assert sorted(isinstance(one, LOST) for one in ended) == [False, True]
    assert None in ended


async def test_a_patient_connection_waits_for_a_long_statement(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pools, "STATEMENT_SECONDS", 0.05)
    hasty, patient = await connect_alone(database_url), await connect_alone(database_url, patient=True)
    with pytest.raises(TimeoutError):
        await hasty.execute("SELECT pg_sleep(0.2)")
    await patient.execute("SELECT pg_sleep(0.2)")
    hasty.terminate()
    patient.terminate()

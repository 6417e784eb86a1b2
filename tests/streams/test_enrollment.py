# SPDX-License-Identifier: GPL-3.0-or-later
"""Who is enrolled, kept in mind: whatever changes in the database is known after a refresh, and read only then."""

from __future__ import annotations

from collections.abc import Collection

import asyncpg
import pytest

from graph.db import enrolled, ledger
from graph.db.pool import Pool
from graph.streams.enrollment import Enrollment
from tests.db.world import World


@pytest.fixture
def world(pool: Pool) -> World:
    return World(pool)


@pytest.fixture
def enrollment() -> Enrollment:
    return Enrollment()


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[list[int]]:
    """The buckets of each reading of editors."""
    readings: list[list[int]] = []
    plain = enrolled.of_buckets

    def of_buckets(conn: ledger.Connection, buckets: Collection[int]) -> object:
        readings.append(sorted(buckets))
        return plain(conn, buckets)

    monkeypatch.setattr(enrolled, "of_buckets", of_buckets)
    return readings


async def known(enrollment: Enrollment, pool: Pool, *editors: int) -> list[int]:
    """Which of the editors are found after a refresh."""
    async with pool.acquire() as conn:
        await enrollment.refresh(conn)
    numbers = await pool.fetch("SELECT id, central_id, username FROM editor WHERE id = ANY($1::bigint[])", editors)
    found = {row["id"]: enrollment.index.find("enwiki", row["central_id"], row["username"]) for row in numbers}
    return [editor for editor in editors if found[editor] == editor]


async def test_who_comes_and_who_goes_is_known_after_a_refresh(world: World, enrollment: Enrollment) -> None:
    ann, bob = await world.editor(), await world.editor()
    program = await world.program(ann)
    assert await known(enrollment, world.pool, ann, bob) == [ann]
    await world.enroll(program, bob)
    assert await known(enrollment, world.pool, ann, bob) == [ann, bob]
    await world.withdraw(program, ann)
    assert await known(enrollment, world.pool, ann, bob) == [bob]
    await world.withdraw(program, bob)
    assert await known(enrollment, world.pool, ann, bob) == []
    assert len(enrollment.index) == 0


async def test_a_window_that_moves_and_a_new_name_are_known_after_a_refresh(
    world: World, enrollment: Enrollment
) -> None:
    ann = await world.editor()
    program = await world.program(ann)
    assert await known(enrollment, world.pool, ann) == [ann]
    async with world.pool.acquire() as conn, conn.transaction():
        await ledger.lock(conn)
        await conn.execute("UPDATE program SET tracking_end = tracking_start + interval '1 hour'")
        await conn.execute("UPDATE editor SET username = 'Ann, renamed', central_id = NULL")
        await ledger.announce(conn)
    start = await world.pool.fetchval("SELECT tracking_start FROM program WHERE id = $1", program)
    assert await known(enrollment, world.pool, ann) == [ann]
    assert enrollment.index.find("enwiki", None, "Ann, renamed") == ann
    assert enrollment.index.covers(ann, start)
    assert not enrollment.index.covers(ann, start.replace(day=start.day + 1))


async def test_only_what_changed_is_read_again(world: World, enrollment: Enrollment, read: list[list[int]]) -> None:
    editors = [await world.editor() for _ in range(5)]
    program = await world.program(*editors[:3])
    assert await known(enrollment, world.pool, *editors) == editors[:3]
    await world.enroll(program, editors[4])
    assert await known(enrollment, world.pool, *editors) == [*editors[:3], editors[4]]
    await world.program(wikis={"dewiki": {0}})
    assert await known(enrollment, world.pool, *editors) == [*editors[:3], editors[4]]
    assert read == [
        sorted(editor % enrolled.BUCKETS for editor in editors[:3]),
        [editors[4] % enrolled.BUCKETS],
    ]


async def test_a_refresh_that_failed_is_made_up_for_by_the_next(
    world: World, enrollment: Enrollment, monkeypatch: pytest.MonkeyPatch
) -> None:
    editors = [await world.editor() for _ in range(4)]
    program = await world.program(*editors)
    monkeypatch.setattr(enrolled, "AT_ONCE", 2)
    put, seen = enrollment.index.put, []

    def lose_the_database(one: enrolled.Enrolled) -> None:
        put(one)
        seen.append(one.editor_id)
        if len(seen) == 3:
            raise asyncpg.ConnectionDoesNotExistError

    monkeypatch.setattr(enrollment.index, "put", lose_the_database, raising=False)
    with pytest.raises(asyncpg.ConnectionDoesNotExistError):
        await known(enrollment, world.pool, *editors)
    await world.withdraw(program, seen[0])
    assert await known(enrollment, world.pool, *editors) == [editor for editor in editors if editor != seen[0]]
    assert len(enrollment.index) == 3

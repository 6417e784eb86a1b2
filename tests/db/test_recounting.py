# SPDX-License-Identifier: GPL-3.0-or-later
"""The recount finds every number that is not what the facts say, and puts it in its place."""

from __future__ import annotations

import asyncio

import pytest

from graph.db import ledger, recounting
from graph.db.recounting import Difference
from graph.edits import RevisionTagged
from tests.db.world import MINUTE, NOON, START, World, edit


async def staged(world: World) -> tuple[int, int, int, int]:
    """A program with a session, a campaign, an organization, and some edits of every sort."""
    ann, bob = await world.editor(registered=START), await world.editor()
    program = await world.program(ann, bob, wikis={"enwiki": {0}, "arwiki": {0}})
    session = await world.session(program, NOON, NOON + MINUTE)
    organization = await world.organization()
    campaign = await world.campaign(program, organization=organization)
    await world.saw(
        edit(1, ann, created=True),
        edit(2, bob, size=-5),
        edit(3, bob, page=2, wiki="arwiki"),
        edit(4, ann, page=3, namespace=2),
        edit(5, ann, wiki="commonswiki", namespace=6, created=True),
        changes=[RevisionTagged("enwiki", 2, True, NOON + MINUTE)],
    )
    return program, session, campaign, organization


async def check(world: World, *collections: int) -> list[Difference]:
    async with world.pool.acquire() as conn:
        return await recounting.check(conn, collections or await recounting.all_collections(conn))


async def test_numbers_that_are_what_the_facts_say_are_without_difference(world: World) -> None:
    await staged(world)
    assert await check(world) == []


SPOILT = [
    ("UPDATE collection SET edits = edits + 1", "collection", "edits"),
    ("UPDATE collection SET new_editors = 0", "collection", "new_editors"),
    ("UPDATE article_tally SET bytes_added = bytes_added + 1", "article_tally", "bytes_added"),
    ("DELETE FROM article_editor_tally", "article_editor_tally", "edits"),
    ("UPDATE editor_tally SET uploads = 7", "editor_tally", "uploads"),
    ("UPDATE wiki_tally SET reverted = 9", "wiki_tally", "reverted"),
    ("UPDATE wiki_editor_tally SET edits = edits + 1", "wiki_editor_tally", "edits"),
    ("DELETE FROM editor_day_tally", "editor_day_tally", "edits"),
    ("UPDATE timeline_tally SET active_editors = active_editors + 1", "timeline_tally", "active_editors"),
]


@pytest.mark.parametrize(("spoil", "table", "number"), SPOILT, ids=[number for _, _, number in SPOILT])
async def test_a_wrong_number_is_found_and_put_right(world: World, spoil: str, table: str, number: str) -> None:
    collections = await staged(world)
    await world.pool.execute(spoil)
    found = await check(world)
    assert {(each.table, each.number) for each in found} == {(table, number)}
    await recounting.rebuild(world.pool, collections)
    await world.agree()


async def test_a_difference_reads_as_a_sentence(world: World) -> None:
    program, *_ = await staged(world)
    await world.pool.execute("UPDATE collection SET edits = 7 WHERE id = $1", program)
    (found,) = await check(world)
    assert str(found) == f"collection {program}: edits is 7, the facts say 4"


async def test_an_edit_in_the_wrong_set_is_found_and_put_right(world: World) -> None:
    collections = await staged(world)
    await world.pool.execute("UPDATE edit SET set_id = 0 WHERE revision_id = 1")
    assert ("edit", "set_id") in {(each.table, each.number) for each in await check(world)}
    await recounting.rebuild(world.pool, collections)
    await world.agree()


@pytest.mark.parametrize("level", [0, 1, 2, 3], ids=["program", "session", "campaign", "organization"])
async def test_lost_coverage_is_found_when_only_that_collection_is_checked(world: World, level: int) -> None:
    collection = (await staged(world))[level]
    await world.pool.execute("DELETE FROM set_coverage WHERE collection_id = $1", collection)
    found = await check(world, collection)
    assert {each.table for each in found} == {"set_coverage"}
    assert {each.key[1] for each in found} == {str(collection)}
    await recounting.rebuild(world.pool, [collection])
    await world.agree()


async def test_everything_can_be_counted_from_nothing(world: World) -> None:
    collections = await staged(world)
    for table in (
        "article_tally",
        "article_editor_tally",
        "editor_tally",
        "wiki_tally",
        "wiki_editor_tally",
        "editor_day_tally",
        "timeline_tally",
    ):
        await world.pool.execute(f"TRUNCATE {table}")
    await world.pool.execute("UPDATE collection SET edits = 0, uploads = 99, has_words = NOT has_words")
    await recounting.rebuild(world.pool, collections)
    await world.agree()


async def test_a_rebuilt_collection_is_published(world: World) -> None:
    program = await world.program()
    await world.pool.execute("UPDATE collection SET edits = 3")
    before = await world.pool.fetchval("SELECT version FROM collection WHERE id = $1", program)
    await recounting.rebuild(world.pool, [program])
    assert (await world.headline(program)).edits == 0
    assert await world.pool.fetchval("SELECT version FROM collection WHERE id = $1", program) > before


async def test_a_check_changes_nothing_and_its_connection_is_as_before(world: World) -> None:
    program, *_ = await staged(world)
    before = await world.headline(program)
    async with world.pool.acquire() as conn:
        await conn.fetchval("SELECT edits FROM collection WHERE id = $1", program)
        assert await recounting.check(conn, [program]) == []
        assert await conn.fetchval("SELECT edits FROM collection WHERE id = $1", program) == before.edits
        assert await conn.fetchval("SELECT count(*) FROM pg_class WHERE relpersistence = 't' AND relkind = 'r'") == 0
        assert await recounting.check(conn, [program]) == []
    assert await world.headline(program) == before


async def test_a_check_does_not_wait_for_a_writer(world: World) -> None:
    program, *_ = await staged(world)
    async with world.pool.acquire() as writer, writer.transaction():
        await ledger.lock(writer)
        await writer.execute("UPDATE collection SET edits = edits + 1")
        async with asyncio.timeout(30):
            assert await check(world, program) == []


async def test_a_program_is_found_by_its_slug_with_all_it_counts_into(world: World) -> None:
    collections = await staged(world)
    await world.program()
    async with world.pool.acquire() as conn:
        assert sorted(await recounting.collections_of(conn, f"program-{collections[0]}")) == sorted(collections)
        assert await recounting.collections_of(conn, "nothing-of-that-name") == []

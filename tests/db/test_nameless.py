# SPDX-License-Identifier: GPL-3.0-or-later
"""Participants who count without being findable: held out of every public number, and taken in together at the end."""

from __future__ import annotations

from datetime import datetime

from graph.activity import HistoryChanged
from graph.db import cohorts
from graph.jobs.nameless import count_nameless
from tests.db.naive import Headline
from tests.db.world import DAY, END, MINUTE, NOON, SECOND, START, World, edit

END_TO_COME = END.replace(year=9998)


async def second(world: World, collection: int) -> int:
    """The collection that counts everybody of a program or session."""
    return int(
        await world.pool.fetchval(
            "SELECT everybody_id FROM program WHERE id = $1 UNION ALL SELECT everybody_id FROM session WHERE id = $1",
            collection,
        )
    )


async def cohort(world: World, nameless: int, end: datetime = END) -> tuple[int, list[int]]:
    """A program with one named participant who edited, and so many nameless ones, each with two edits."""
    ann = await world.editor()
    hidden = [await world.editor() for _ in range(nameless)]
    program = await world.program(ann, end=end)
    await world.enroll(program, *hidden, named=False)
    await world.saw(edit(1, ann))
    for n, editor in enumerate(hidden):
        await world.saw(edit(10 + 2 * n, editor, page=50), edit(11 + 2 * n, editor, page=60 + n, created=True))
    return program, hidden


async def counts(world: World, program: int) -> None:
    """The naive model decides as the worker just did."""
    world.naive.programs[program].nameless_counted = world.naive.nameless_count(program, END + DAY)


async def test_before_the_end_only_the_second_collection_counts_them(world: World) -> None:
    program, _ = await cohort(world, 3, END_TO_COME)
    session = await world.session(program, NOON, NOON + MINUTE)
    campaign = await world.campaign(program)
    assert await count_nameless(world.pool, END_TO_COME) == []
    assert await world.edits(program, session, campaign) == [1, 1, 1]
    assert await world.edits(await second(world, program), await second(world, session)) == [7, 7]
    assert await world.headline(await second(world, program)) == Headline(
        edits=7, articles_edited=5, articles_created=3, editors=4, active_editors=4, bytes_added=700, words=135
    )
    await world.agree()


async def test_after_the_end_three_are_taken_in_at_once_and_in_every_collection(world: World) -> None:
    program, _ = await cohort(world, 3)
    campaign = await world.campaign(program)
    number = await world.number()
    assert await count_nameless(world.pool, END + SECOND) == [program]
    await counts(world, program)
    assert await world.edits(program, campaign, await second(world, program)) == [7, 7, 7]
    for collection in (program, campaign):
        (told,) = await world.activity(collection, after=number)
        assert isinstance(told, HistoryChanged)
        assert (told.counted, told.retracted) == (6, 0)
    assert await count_nameless(world.pool, END + DAY) == []
    await world.agree()


async def test_two_are_never_taken_in(world: World) -> None:
    program, _ = await cohort(world, 2)
    assert await count_nameless(world.pool, END + DAY) == []
    assert await world.edits(program) == [1]
    await world.agree()


async def test_a_third_without_an_edit_that_counts_does_not_make_them_enough(world: World) -> None:
    program, _ = await cohort(world, 2)
    idle = await world.editor()
    await world.enroll(program, idle, named=False)
    await world.saw(edit(90, idle, at=END + SECOND))
    assert await count_nameless(world.pool, END + DAY) == []
    assert await world.edits(program) == [1]


async def test_when_one_of_three_leaves_the_others_are_left_out_again(world: World) -> None:
    program, hidden = await cohort(world, 3)
    await count_nameless(world.pool, END + DAY)
    await counts(world, program)
    await world.withdraw(program, hidden[0])
    assert await count_nameless(world.pool, END + DAY) == [program]
    await counts(world, program)
    assert await world.edits(program, await second(world, program)) == [1, 5]
    await world.agree()


async def test_an_end_that_is_moved_into_the_future_holds_them_out_again(world: World) -> None:
    program, _ = await cohort(world, 3)
    await count_nameless(world.pool, END + DAY)
    await world.move_window(program, START, END_TO_COME)
    assert await world.edits(program, await second(world, program)) == [1, 7]
    await world.agree()


async def test_somebody_who_is_shown_by_name_after_all_counts_openly(world: World) -> None:
    program, hidden = await cohort(world, 1)
    async with world.changing() as conn:
        await conn.execute("UPDATE enrollment SET show_name = true WHERE editor_id = $1", hidden[0])
        await cohorts.reassess_program(conn, program)
    world.naive.programs[program].editors[hidden[0]] = True
    assert await world.edits(program, await second(world, program)) == [3, 3]
    await world.agree()


async def test_a_session_made_later_has_a_second_collection_too(world: World) -> None:
    program, hidden = await cohort(world, 1)
    session = await world.session(program, NOON, NOON + 10 * SECOND, hidden[0])
    assert await world.edits(session, await second(world, session)) == [0, 1]
    await world.agree()

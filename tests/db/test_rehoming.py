# SPDX-License-Identifier: GPL-3.0-or-later
"""Revisions that the wikis list on another page than before: restored under a title that was taken, or merged."""

from __future__ import annotations

from dataclasses import replace

from graph.activity import HistoryChanged
from graph.edits import PageDeleted, PageUndeleted, SeenEdit
from tests.db.world import MINUTE, NOON, World, edit


def on_page(seen: SeenEdit, page: int, at: object) -> SeenEdit:
    """The same revision as a list tells of it that was asked for at this time."""
    return replace(seen, edit=replace(seen.edit, page_id=page, title="Twice"), as_of=at)  # type: ignore[arg-type]


async def test_what_is_restored_under_a_title_that_was_taken_counts_on_the_page_that_took_it(world: World) -> None:
    ann, bob = await world.editor(), await world.editor()
    program = await world.program(ann, bob)
    session = await world.session(program, NOON, NOON + MINUTE)
    first = [edit(1, ann, page=1, title="Twice", created=True), edit(2, bob, page=1, title="Twice", size=30)]
    await world.saw(*first, edit(3, bob, page=2, title="Twice", created=True, at=NOON + 2 * MINUTE))
    await world.saw(changes=[PageDeleted("enwiki", 1, NOON + 1 * MINUTE)])
    assert await world.edits(program, session) == [1, 0]

    await world.saw(changes=[PageUndeleted("enwiki", 2, 0, "Twice", NOON + 5 * MINUTE)])
    number = await world.number()
    counted = await world.saw(*(on_page(each, 2, NOON + 6 * MINUTE) for each in first), live=False)
    assert (counted.new, counted.moved) == (0, 2)
    assert await world.edits(program, session) == [3, 2]
    assert (await world.headline(program)).articles_edited == 1
    (told,) = await world.activity(program, after=number)
    assert isinstance(told, HistoryChanged)
    assert (told.counted, told.retracted) == (2, 0)
    await world.agree()

    again = await world.saw(*(on_page(each, 2, NOON + 7 * MINUTE) for each in first), live=False)
    assert (again.new, again.moved) == (0, 0)


async def test_merged_histories_are_one_article(world: World) -> None:
    ann = await world.editor()
    program = await world.program(ann)
    merged = edit(1, ann, page=1, created=True)
    await world.saw(merged, edit(2, ann, page=2, size=7))
    await world.saw(on_page(merged, 2, NOON + MINUTE), live=False)
    headline = await world.headline(program)
    assert (headline.edits, headline.articles_edited, headline.articles_created) == (2, 1, 1)
    await world.agree()


async def test_news_of_the_page_it_was_on_is_not_overruled_by_an_older_list(world: World) -> None:
    ann = await world.editor()
    program = await world.program(ann)
    known = edit(1, ann, page=1, created=True)
    await world.saw(known, edit(2, ann, page=2, created=True))
    await world.saw(changes=[PageDeleted("enwiki", 1, NOON + 2 * MINUTE)])
    await world.saw(on_page(known, 2, NOON + MINUTE), live=False)
    assert await world.edits(program) == [1]


async def test_the_stream_does_not_move_what_is_stored(world: World) -> None:
    ann = await world.editor()
    program = await world.program(ann)
    known = edit(1, ann, page=1, created=True)
    await world.saw(known)
    await world.saw(on_page(known, 2, NOON + MINUTE))
    assert await world.pool.fetchval("SELECT p.page_id FROM edit e JOIN page p ON p.id = e.page_key") == 1
    assert await world.edits(program) == [1]

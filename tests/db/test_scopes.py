# SPDX-License-Identifier: GPL-3.0-or-later
"""Scopes: which stored edits count by them, live and by refresh, and what a reading leaves behind."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from graph.activity import EditRetracted, HistoryChanged, RetractionReason
from graph.db import ledger, recounting, scoped, scopes
from graph.db.pool import Pool
from graph.edits import PageDeleted, PageMoved, PageUndeleted
from graph.programs import ScopeKind
from graph.scopes import Source
from graph.wikis import find
from tests.db.conftest import AT_ONCE, BY_THE_WORKER
from tests.db.world import NOON, SECOND, World, edit

BOTH_WAYS = pytest.mark.parametrize("world", [AT_ONCE, BY_THE_WORKER], indirect=True)
LATER = NOON + 1_000 * SECOND


class Scoped:
    """An article-scoped program of one editor, and its scopes."""

    def __init__(self, world: World, editor: int, program: int) -> None:
        self.world = world
        self.editor = editor
        self.program = program

    async def scope(self, value: str = "Category:Bridges") -> int:
        wiki = find("enwiki")
        assert wiki is not None
        async with self.world.pool.acquire() as conn:
            number = await scopes.add(conn, self.program, Source(ScopeKind.CATEGORY, wiki, value), None)
        assert number is not None
        return number

    async def read(self, scope: int, *pages: scopes.Page) -> scopes.Refreshed:
        async with self.world.pool.acquire() as conn:
            await scopes.begin(conn, scope)
            row = await scopes.get(conn, scope)
            assert row is not None
            await scopes.took(conn, scope, row.wiki_id, pages)
            refreshed = await scopes.finish(conn, scope, digest_of(pages), 0)
        await self._carry_out()
        return refreshed

    async def remove(self, scope: int) -> None:
        async with self.world.changing() as conn:
            assert await scopes.remove(conn, scope)

    async def _carry_out(self) -> None:
        async with self.world.changing():
            pass

    async def edits(self) -> int:
        """What the program counts, once it was compared with a count from nothing."""
        async with self.world.pool.acquire() as conn:
            assert await recounting.check(conn, [self.program]) == []
        return (await self.world.edits(self.program))[0]

    async def pages(self) -> list[tuple[str, int | None, int, int]]:
        rows = await self.world.pool.fetch("SELECT title, page_id, enters, leaves FROM scope_page ORDER BY 1, 3")
        return [tuple(row) for row in rows]


def digest_of(pages: Iterable[scopes.Page]) -> str:
    return str(sorted(map(str, pages)))


@pytest.fixture
async def stage(world: World) -> Scoped:
    ann = await world.editor()
    return Scoped(world, ann, await world.program(ann, article_scoped=True, wikis={"enwiki": {0, 1}}))


@BOTH_WAYS
async def test_edits_before_the_first_reading_count_after_it(stage: Scoped) -> None:
    await stage.world.saw(edit(1, stage.editor, page=1), edit(2, stage.editor, page=2), edit(3, stage.editor, page=1))
    scope = await stage.scope()
    assert await stage.edits() == 0
    assert await stage.read(scope, (1, 0, "Page 1 of 0")) == scopes.Refreshed(1, 0)
    assert await stage.edits() == 2


@BOTH_WAYS
async def test_a_page_that_left_takes_its_edits_and_cards_along(stage: Scoped) -> None:
    scope = await stage.scope()
    await stage.read(scope, (1, 0, "Page 1 of 0"), (2, 0, "Page 2 of 0"))
    await stage.world.saw(edit(1, stage.editor, page=1), edit(2, stage.editor, page=2))
    before = await stage.world.number()
    assert await stage.read(scope, (2, 0, "Page 2 of 0")) == scopes.Refreshed(0, 1)
    assert await stage.edits() == 1
    told = await stage.world.activity(stage.program, before)
    # Those of the last day would have a card; these were saved in March.
    assert [type(each) for each in told] == [HistoryChanged if stage.world.by_the_worker else EditRetracted]


async def test_the_card_of_an_edit_that_left_says_why(stage: Scoped) -> None:
    scope = await stage.scope()
    await stage.read(scope, (1, 0, "Page 1 of 0"))
    await stage.world.saw(edit(1, stage.editor, page=1))
    before = await stage.world.number()
    await stage.read(scope)
    [card] = await stage.world.activity(stage.program, before)
    assert isinstance(card, EditRetracted)
    assert (card.revision_id, card.reason) == (1, RetractionReason.OUT_OF_SCOPE)


async def test_edits_that_come_in_by_a_refresh_are_told_of_as_history(stage: Scoped) -> None:
    await stage.world.saw(edit(1, stage.editor, page=1))
    before = await stage.world.number()
    await stage.read(await stage.scope(), (1, 0, "Page 1 of 0"))
    [told] = await stage.world.activity(stage.program, before)
    assert isinstance(told, HistoryChanged)
    assert told.counted == 1


async def test_live_edits_count_at_once_where_a_scope_has_the_page(stage: Scoped) -> None:
    await stage.read(await stage.scope(), (1, 0, "Page 1 of 0"), (None, 0, "To be written"))
    await stage.world.saw(edit(1, stage.editor, page=1), edit(2, stage.editor, page=2))
    assert await stage.edits() == 1
    await stage.world.saw(edit(3, stage.editor, page=3, title="To be written", created=True))
    assert await stage.edits() == 2


async def test_a_known_page_stays_in_scope_under_another_title(stage: Scoped) -> None:
    await stage.read(await stage.scope(), (1, 0, "Page 1 of 0"))
    await stage.world.saw(edit(1, stage.editor, page=1))
    await stage.world.saw(changes=[PageMoved("enwiki", 1, 0, "Elsewhere", LATER)])
    assert await stage.edits() == 1


async def test_a_page_enters_by_a_move_onto_a_scoped_title_and_leaves_by_one_away(stage: Scoped) -> None:
    await stage.read(await stage.scope(), (None, 0, "Wanted"))
    await stage.world.saw(edit(1, stage.editor, page=1, title="Draft"))
    assert await stage.edits() == 0
    await stage.world.saw(changes=[PageMoved("enwiki", 1, 0, "Wanted", LATER)])
    assert await stage.edits() == 1
    await stage.world.saw(changes=[PageMoved("enwiki", 1, 0, "Draft", LATER + SECOND)])
    assert await stage.edits() == 0


async def test_what_is_written_where_a_scoped_page_was_deleted_is_in_scope(stage: Scoped) -> None:
    await stage.read(await stage.scope(), (1, 0, "Page 1 of 0"))
    await stage.world.saw(edit(1, stage.editor, page=1))
    await stage.world.saw(changes=[PageDeleted("enwiki", 1, LATER, False)])
    assert await stage.edits() == 0
    await stage.world.saw(edit(2, stage.editor, page=9, title="Page 1 of 0", created=True))
    assert await stage.edits() == 1


async def test_what_was_written_there_counts_even_if_the_news_of_the_deletion_comes_later(stage: Scoped) -> None:
    await stage.read(await stage.scope(), (1, 0, "Page 1 of 0"), (7, 0, "Gone"))
    await stage.world.saw(edit(1, stage.editor, page=1))
    await stage.world.saw(edit(2, stage.editor, page=9, title="Page 1 of 0", created=True))
    await stage.world.saw(edit(3, stage.editor, page=8, title="Gone", created=True))
    assert await stage.edits() == 1
    await stage.world.saw(changes=[PageDeleted("enwiki", 1, LATER, False), PageDeleted("enwiki", 7, NOON, False)])
    assert await stage.edits() == 2


async def test_a_page_that_was_deleted_and_restored_is_in_scope_again(stage: Scoped) -> None:
    await stage.read(await stage.scope(), (1, 0, "Page 1 of 0"))
    await stage.world.saw(edit(1, stage.editor, page=1))
    await stage.world.saw(changes=[PageDeleted("enwiki", 1, LATER, False)])
    await stage.world.saw(changes=[PageUndeleted("enwiki", 1, 0, "Page 1 of 0", LATER + SECOND)])
    assert await stage.edits() == 1


async def test_a_deletion_that_nobody_has_an_edit_of_is_heeded_as_well(stage: Scoped) -> None:
    await stage.read(await stage.scope(), (7, 0, "Gone"))
    await stage.world.saw(changes=[PageDeleted("enwiki", 7, NOON, False)])
    await stage.world.saw(edit(1, stage.editor, page=8, title="Gone", created=True))
    assert await stage.edits() == 1


async def test_a_talk_page_is_not_its_article(stage: Scoped) -> None:
    await stage.read(await stage.scope(), (None, 0, "Bridge"))
    await stage.world.saw(edit(1, stage.editor, page=5, namespace=1, title="Talk:Bridge"))
    assert await stage.edits() == 0


@BOTH_WAYS
async def test_excluded_articles_stay_excluded_whatever_the_scopes_say(stage: Scoped) -> None:
    scope = await stage.scope()
    await stage.world.saw(edit(1, stage.editor, page=1), edit(2, stage.editor, page=2))
    await stage.world.exclude(stage.program, "enwiki", 1)
    await stage.read(scope, (1, 0, "Page 1 of 0"), (2, 0, "Page 2 of 0"))
    assert await stage.edits() == 1


@BOTH_WAYS
async def test_what_one_of_several_scopes_has_counts_once(stage: Scoped) -> None:
    first, second = await stage.scope("Category:Bridges"), await stage.scope("Category:Rivers")
    await stage.world.saw(*(edit(number, stage.editor, page=number) for number in (1, 2, 3)))
    await stage.read(first, (1, 0, "Page 1 of 0"), (2, 0, "Page 2 of 0"))
    await stage.read(second, (2, 0, "Page 2 of 0"), (3, 0, "Page 3 of 0"))
    assert await stage.edits() == 3
    await stage.remove(first)
    assert await stage.edits() == 2


async def test_scopes_do_nothing_in_other_programs(world: World) -> None:
    ann = await world.editor()
    stage = Scoped(world, ann, await world.program(ann))
    await world.saw(edit(1, ann, page=1))
    await stage.read(await stage.scope(), (2, 0, "Page 2 of 0"))
    assert await stage.edits() == 1


async def test_only_what_differs_is_written_by_a_refresh(stage: Scoped) -> None:
    scope = await stage.scope()
    await stage.read(scope, (1, 0, "A"), (None, 0, "B"), (3, 0, "C"))
    assert await stage.read(scope, (1, 0, "A"), (2, 0, "B")) == scopes.Refreshed(1, 2)
    assert await stage.pages() == [("A", 1, 1, scopes.FOREVER), ("B", 2, 2, scopes.FOREVER)]


async def test_what_a_reading_that_never_ended_prepared_is_dropped_by_the_next(
    stage: Scoped, monkeypatch: pytest.MonkeyPatch
) -> None:
    scope = await stage.scope()
    await stage.read(scope, (1, 0, "A"), (2, 0, "B"))

    async def die(*_: object) -> None:
        raise ConnectionResetError

    with monkeypatch.context() as broken:
        broken.setattr(scopes, "decide", die)
        with pytest.raises(ConnectionResetError):
            await stage.read(scope, (2, 0, "B"), (3, 0, "C"))
    await stage.world.saw(edit(1, stage.editor, page=1, title="A"), edit(2, stage.editor, page=3, title="C"))
    assert await stage.edits() == 1
    assert await stage.read(scope, (1, 0, "A")) == scopes.Refreshed(0, 1)
    assert await stage.pages() == [("A", 1, 1, scopes.FOREVER)]
    assert await stage.edits() == 1


async def test_a_failed_reading_keeps_the_last_good_one(stage: Scoped, pool: Pool) -> None:
    scope = await stage.scope()
    await stage.world.saw(edit(1, stage.editor, page=1))
    await stage.read(scope, (1, 0, "Page 1 of 0"))
    async with pool.acquire() as conn:
        await scopes.begin(conn, scope)
        await scopes.failed(conn, scope, "DOWN", "PetScan does not answer.")
        row = await scopes.get(conn, scope)
    assert row is not None
    assert (row.state, row.size, row.error_reason, row.error) == ("FAILED", 1, "DOWN", "PetScan does not answer.")
    assert await stage.edits() == 1


async def test_a_page_beyond_what_can_be_looked_for_leaves_the_program_to_the_worker(
    stage: Scoped, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scoped, "PAGES_AT_ONCE", 1)
    await stage.read(await stage.scope(), (1, 0, "A"), (2, 0, "B"))
    assert await stage.world.pool.fetchval("SELECT program_id FROM due_reassessment") == stage.program


async def test_a_preview_changes_nothing(stage: Scoped, pool: Pool) -> None:
    await stage.world.saw(*(edit(number, stage.editor, page=number % 2 + 1) for number in (1, 2, 3)))
    async with pool.acquire() as conn:
        wiki_id = await conn.fetchval("SELECT id FROM wiki WHERE dbname = 'enwiki'")
        await scopes.stage(conn)
        await scopes.put_aside(conn, wiki_id, [(2, 0, "Page 2 of 0"), (None, 0, "Nobody's"), (None, 0, "Nobody's")])
        assert await scopes.preview(conn, stage.program) == (2, 2)
    assert await stage.edits() == 0
    assert await pool.fetchval("SELECT count(*) FROM scope_page") == 0


async def test_programs_leave_no_pages_behind_when_they_are_deleted(stage: Scoped, pool: Pool) -> None:
    await stage.read(await stage.scope(), (1, 0, "A"))
    async with pool.acquire() as conn, conn.transaction():
        await ledger.lock(conn)
        await conn.execute("DELETE FROM program WHERE id = $1", stage.program)
    async with pool.acquire() as conn:
        await scopes.sweep(conn)
    assert await stage.pages() == []
    assert await pool.fetchval("SELECT count(*) FROM scope") == 0


async def test_the_same_scope_is_not_had_twice(stage: Scoped) -> None:
    await stage.scope()
    wiki = find("enwiki")
    assert wiki is not None
    async with stage.world.pool.acquire() as conn:
        again = await scopes.add(conn, stage.program, Source(ScopeKind.CATEGORY, wiki, "Category:Bridges"), None)
        assert again is None
        assert len((await scopes.of_programs(conn, [stage.program]))[stage.program]) == 1


async def test_a_program_may_have_a_million_pages_in_all(stage: Scoped, pool: Pool) -> None:
    first, second = await stage.scope("Category:A"), await stage.scope("Category:B")
    await stage.read(first, (1, 0, "A"), (2, 0, "B"))
    async with pool.acquire() as conn:
        assert await scopes.room(conn, second) == 999_998
        assert await scopes.room(conn, first) == 1_000_000


async def test_a_page_that_was_deleted_and_restored_gets_its_number_back_by_the_next_reading(stage: Scoped) -> None:
    scope = await stage.scope()
    await stage.read(scope, (1, 0, "Page 1 of 0"))
    await stage.world.saw(edit(1, stage.editor, page=1))
    gone, back = PageDeleted("enwiki", 1, LATER), PageUndeleted("enwiki", 1, 0, "Page 1 of 0", LATER + SECOND)
    await stage.world.saw(changes=[gone, back])
    assert await stage.edits() == 1
    async with stage.world.pool.acquire() as conn:
        row = await scopes.get(conn, scope)
    assert row is not None
    assert row.digest is None  # so that the same pages are not held for the same scope
    await stage.read(scope, (1, 0, "Page 1 of 0"))
    await stage.world.saw(changes=[PageMoved("enwiki", 1, 0, "Elsewhere", LATER + 2 * SECOND)])
    assert await stage.edits() == 1

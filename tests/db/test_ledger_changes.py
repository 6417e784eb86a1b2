# SPDX-License-Identifier: GPL-3.0-or-later
"""What happens to counted edits when something happens to their pages and revisions."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from itertools import permutations

from graph.activity import Activity, EditCounted, EditRetracted, EditReverted
from graph.db.progress import forget_early_news
from graph.edits import (
    Change,
    PageDeleted,
    PageMoved,
    PageUndeleted,
    RevisionsReverted,
    RevisionTagged,
    RevisionVisibility,
)
from graph.streams.ingest import Counted
from tests.db.naive import Headline
from tests.db.world import MINUTE, NOON, SECOND, World, edit


def told(entries: list[Activity]) -> list[tuple[str, int]]:
    """Each entry's kind (and reason), and the revision it is about."""
    found = []
    for each in entries:
        if isinstance(each, EditCounted):
            found.append(("counted", each.edit.revision_id))
        elif isinstance(each, EditRetracted):
            found.append((each.reason.value, each.revision_id))
        elif isinstance(each, EditReverted):
            found.append(("reverted", each.revision_id))
        else:
            raise AssertionError(f"unexpected {each}")
    return found


def later(minutes: int) -> datetime:
    return NOON + minutes * MINUTE


def deleted(minutes: int, page: int = 1, *, suppressed: bool = False) -> PageDeleted:
    return PageDeleted("enwiki", page, later(minutes), suppressed)


def undeleted(minutes: int, page: int = 1, namespace: int = 0, title: str = "Back") -> PageUndeleted:
    return PageUndeleted("enwiki", page, namespace, title, later(minutes))


def moved(minutes: int, namespace: int, page: int = 1, title: str = "Moved") -> PageMoved:
    return PageMoved("enwiki", page, namespace, title, later(minutes))


def shown(minutes: int, revision: int, *, text: bool = True, editor: bool = True, summary: bool = True) -> Change:
    return RevisionVisibility("enwiki", revision, text, editor, summary, later(minutes))


def tagged(minutes: int, revision: int, reverted: bool = True) -> Change:
    return RevisionTagged("enwiki", revision, reverted, later(minutes))


async def test_a_deleted_page_takes_its_edits_back_and_a_restored_one_counts_them_again(world: World) -> None:
    ann, bob = await world.editor(), await world.editor()
    program = await world.program(ann, bob)
    campaign = await world.campaign(program)
    await world.saw(edit(1, ann, created=True), edit(2, bob), edit(3, ann, page=2))
    before = await world.headline(campaign)

    assert await world.saw(changes=[deleted(1)]) == Counted(new=0, moved=2)
    for collection in (program, campaign):
        assert await world.headline(collection) == Headline(
            edits=1, articles_edited=1, editors=2, active_editors=1, bytes_added=100, words=19
        )
    await world.agree()

    await world.saw(changes=[undeleted(2)])
    assert await world.headline(campaign) == before
    await world.agree()
    assert told(await world.activity(campaign)) == [
        ("counted", 1),
        ("counted", 2),
        ("counted", 3),
        ("DELETED", 1),
        ("DELETED", 2),
        ("counted", 1),
        ("counted", 2),
    ]


async def test_a_deletion_told_twice_takes_back_once(world: World) -> None:
    ann = await world.editor()
    program = await world.program(ann)
    await world.saw(edit(1, ann))
    await world.saw(changes=[deleted(1)])
    assert await world.saw(changes=[deleted(1), deleted(1)]) == Counted(0, 0)
    assert told(await world.activity(program)) == [("counted", 1), ("DELETED", 1)]


async def test_a_suppressed_page_is_nameless(world: World) -> None:
    ann = await world.editor()
    program = await world.program(ann)
    await world.saw(edit(1, ann, title="A secret"))
    await world.saw(changes=[deleted(1, suppressed=True)])
    assert await world.edits(program) == [0]
    assert await world.pool.fetchval("SELECT count(*) FROM page WHERE title IS NOT NULL") == 0


async def test_a_recreated_page_is_another_page(world: World) -> None:
    ann = await world.editor()
    program = await world.program(ann)
    await world.saw(edit(1, ann, page=1, title="A", created=True))
    await world.saw(changes=[deleted(1)])
    await world.saw(edit(2, ann, page=2, title="A", created=True, at=later(2)))
    found = await world.headline(program)
    assert (found.edits, found.articles_edited, found.articles_created) == (1, 1, 1)
    await world.agree()


async def test_a_page_moved_to_a_tracked_namespace_brings_its_bytes_and_its_creation(world: World) -> None:
    ann = await world.editor()
    program = await world.program(ann)
    await world.saw(edit(1, ann, namespace=2, created=True, size=300), edit(2, ann, namespace=2, size=-50))
    assert await world.headline(program) == Headline(edits=2, editors=1, active_editors=1, words=0)

    await world.saw(changes=[moved(1, namespace=0)])
    assert await world.headline(program) == Headline(
        edits=2,
        articles_edited=1,
        articles_created=1,
        editors=1,
        active_editors=1,
        bytes_added=300,
        bytes_removed=50,
        words=57,
    )
    assert [told(await world.activity(program))] == [[("counted", 1), ("counted", 2)]]
    await world.agree()

    await world.saw(changes=[moved(2, namespace=118)])
    assert await world.headline(program) == Headline(edits=2, editors=1, active_editors=1, words=0)
    await world.agree()


async def test_an_edit_that_shows_a_new_title_moves_the_page(world: World) -> None:
    ann = await world.editor()
    program = await world.program(ann)
    await world.saw(edit(1, ann, namespace=2, created=True))
    await world.saw(edit(2, ann, namespace=0, title="An article", at=later(1)))
    found = await world.headline(program)
    assert (found.edits, found.articles_edited, found.articles_created, found.bytes_added) == (2, 1, 1, 200)
    await world.agree()


async def test_an_edit_older_than_what_is_known_of_its_page_leaves_the_page_alone(world: World) -> None:
    ann = await world.editor()
    program = await world.program(ann)
    await world.saw(edit(2, ann, namespace=0, title="An article", at=later(1)))
    await world.saw(edit(1, ann, namespace=2, created=True))
    found = await world.headline(program)
    assert (found.edits, found.articles_edited, found.articles_created, found.bytes_added) == (2, 1, 1, 200)
    await world.agree()


async def test_an_edit_to_a_page_known_as_deleted_is_kept_and_counts_when_the_page_is_back(world: World) -> None:
    ann = await world.editor()
    program = await world.program(ann)
    await world.saw(edit(1, ann))
    await world.saw(changes=[deleted(5)])
    assert await world.saw(edit(2, ann)) == Counted(new=1, moved=0)
    assert await world.edits(program) == [0]
    await world.agree()
    await world.saw(changes=[undeleted(6)])
    assert await world.edits(program) == [2]
    await world.agree()


async def test_a_newer_edit_proves_that_a_deleted_page_is_back(world: World) -> None:
    ann = await world.editor()
    program = await world.program(ann)
    await world.saw(edit(1, ann))
    await world.saw(changes=[deleted(1)])
    await world.saw(edit(2, ann, at=later(2)))
    assert await world.edits(program) == [2]
    assert told(await world.activity(program)) == [("counted", 1), ("DELETED", 1), ("counted", 1), ("counted", 2)]
    await world.agree()


async def test_news_of_a_deletion_older_than_the_newest_edit_is_old(world: World) -> None:
    ann = await world.editor()
    program = await world.program(ann)
    await world.saw(edit(1, ann))
    await world.saw(edit(2, ann, at=later(2)))
    await world.saw(changes=[deleted(1)])
    assert await world.edits(program) == [2]
    await world.agree()


async def test_a_page_ends_as_its_newest_news_says_in_whatever_order_it_comes(world: World) -> None:
    ann = await world.editor()
    program = await world.program(ann)
    orders = list(permutations(range(4)))
    for page, order in enumerate(orders, start=1):
        changes = [deleted(1, page), undeleted(2, page, namespace=2), moved(3, namespace=0, page=page, title="Final")]
        for n in order:
            if n == 3:
                await world.saw(edit(page, ann, page=page, created=True))
            else:
                await world.saw(changes=[changes[n]])
    rows = await world.pool.fetch("SELECT page_id, namespace, title, deleted FROM page ORDER BY page_id")
    assert [tuple(row) for row in rows] == [(page, 0, "Final", False) for page in range(1, len(orders) + 1)]
    assert (await world.headline(program)).articles_created == len(orders)
    await world.agree()


async def test_news_that_comes_before_its_edit_waits_for_it(world: World) -> None:
    ann = await world.editor()
    program = await world.program(ann)
    await world.saw(changes=[deleted(1, page=1), moved(1, namespace=2, page=2), shown(1, 3, text=False), tagged(1, 4)])
    await world.saw(edit(1, ann, page=1), edit(2, ann, page=2), edit(3, ann, page=3), edit(4, ann, page=4))
    found = await world.headline(program)
    assert (found.edits, found.articles_edited, found.reverted) == (2, 1, 1)
    assert await world.pool.fetchval("SELECT count(*) FROM early_change") == 0
    await world.agree()


async def test_news_in_the_same_batch_as_its_edit_holds(world: World) -> None:
    ann = await world.editor()
    program = await world.program(ann)
    await world.saw(
        edit(1, ann, page=1), edit(2, ann, page=2), edit(3, ann, page=2), changes=[deleted(1), tagged(1, 2)]
    )
    found = await world.headline(program)
    assert (found.edits, found.reverted) == (2, 1)
    await world.agree()


async def test_a_hidden_text_takes_the_edit_back_until_it_is_shown_again(world: World) -> None:
    ann = await world.editor()
    program = await world.program(ann)
    await world.saw(edit(1, ann), edit(2, ann))
    await world.saw(changes=[shown(1, 1, text=False)])
    assert await world.edits(program) == [1]
    await world.agree()
    await world.saw(changes=[shown(2, 1)])
    assert await world.edits(program) == [2]
    assert told(await world.activity(program)) == [("counted", 1), ("counted", 2), ("HIDDEN", 1), ("counted", 1)]
    await world.agree()


async def test_a_hidden_editor_takes_the_edit_back_and_is_not_named_in_what_was_told_before(world: World) -> None:
    ann = await world.editor()
    program = await world.program(ann)
    await world.saw(edit(1, ann))
    await world.saw(changes=[shown(1, 1, editor=False)])
    assert await world.edits(program) == [0]
    counted = (await world.activity(program))[0]
    assert isinstance(counted, EditCounted)
    assert counted.edit.editor is None
    await world.agree()


async def test_a_hidden_summary_is_erased_and_the_edit_still_counts(world: World) -> None:
    ann = await world.editor()
    program = await world.program(ann)
    await world.saw(edit(1, ann, summary="a name and an address"))
    await world.saw(changes=[shown(1, 1, summary=False)])
    assert await world.edits(program) == [1]
    assert await world.pool.fetchval("SELECT summary FROM edit") is None
    await world.saw(changes=[shown(2, 1)])
    await world.saw(edit(1, ann, summary="a name and an address"))
    assert await world.pool.fetchval("SELECT summary FROM edit") is None


async def test_older_news_of_visibility_and_of_tags_does_not_overwrite_newer(world: World) -> None:
    ann = await world.editor()
    program = await world.program(ann)
    await world.saw(edit(1, ann))
    await world.saw(changes=[shown(5, 1), tagged(5, 1, reverted=False)])
    await world.saw(changes=[shown(1, 1, text=False), tagged(1, 1)])
    found = await world.headline(program)
    assert (found.edits, found.reverted) == (1, 0)
    await world.agree()


async def test_a_hidden_edit_of_a_deleted_page_stays_out_until_both_are_undone(world: World) -> None:
    ann = await world.editor()
    program = await world.program(ann)
    await world.saw(edit(1, ann))
    await world.saw(changes=[shown(1, 1, text=False)])
    await world.saw(changes=[deleted(2)])
    await world.saw(changes=[shown(3, 1)])
    assert await world.edits(program) == [0]
    await world.agree()
    await world.saw(changes=[undeleted(4)])
    assert await world.edits(program) == [1]
    await world.agree()


async def test_a_tag_marks_a_reverted_edit_once_which_stays_counted(world: World) -> None:
    ann = await world.editor()
    program = await world.program(ann)
    campaign = await world.campaign(program)
    await world.saw(edit(1, ann), edit(2, ann))
    await world.saw(changes=[tagged(1, 1)])
    await world.saw(changes=[tagged(1, 1), tagged(2, 1)])
    found = await world.headline(campaign)
    assert (found.edits, found.reverted) == (2, 1)
    assert told(await world.activity(campaign)) == [("counted", 1), ("counted", 2), ("reverted", 1)]
    await world.agree()
    await world.saw(changes=[tagged(3, 1, reverted=False)])
    assert (await world.headline(campaign)).reverted == 0
    await world.agree()


async def test_many_tags_in_one_batch_are_each_held_against_what_is_known(world: World) -> None:
    ann = await world.editor()
    program = await world.program(ann)
    await world.saw(*(edit(number, ann) for number in range(1, 7)))
    await world.saw(changes=[tagged(5, 1, reverted=False), tagged(5, 2)])
    news = [tagged(4, 1), tagged(4, 2, reverted=False), tagged(6, 3), tagged(7, 4), tagged(8, 4, reverted=False)]
    counted = await world.saw(changes=[*news, tagged(9, 5), tagged(3, 5, reverted=False), tagged(9, 77)])
    assert counted == Counted(new=0, moved=2)
    rows = await world.pool.fetch("SELECT revision_id FROM edit WHERE reverted ORDER BY 1")
    assert [row["revision_id"] for row in rows] == [2, 3, 5]
    assert (await world.headline(program)).reverted == 3
    reverted = [revision for kind, revision in told(await world.activity(program)) if kind == "reverted"]
    assert sorted(reverted) == [2, 3, 4, 5]
    await world.agree()


async def test_a_revert_marks_the_cards_of_its_range_at_once_and_the_number_waits_for_the_tag(world: World) -> None:
    ann = await world.editor()
    program = await world.program(ann)
    await world.saw(*(edit(n, ann) for n in (1, 2, 3, 4)), edit(5, ann, page=2))
    number = await world.number()
    await world.saw(changes=[RevisionsReverted("enwiki", 1, 2, 3, later(1))])
    assert (await world.headline(program)).reverted == 0
    assert told(await world.activity(program, after=number)) == [("reverted", 2), ("reverted", 3)]
    await world.saw(changes=[tagged(2, 2), tagged(2, 3)])
    assert (await world.headline(program)).reverted == 2
    assert told(await world.activity(program, after=number)) == [("reverted", 2), ("reverted", 3)]
    await world.agree()


async def test_an_upload_that_is_deleted_is_taken_back(world: World) -> None:
    ann = await world.editor()
    program = await world.program(ann)
    await world.saw(edit(1, ann, wiki="commonswiki", namespace=6, created=True))
    await world.saw(changes=[PageDeleted("commonswiki", 1, later(1))])
    assert (await world.headline(program)).uploads == 0
    await world.agree()
    await world.saw(changes=[PageUndeleted("commonswiki", 1, 6, "File:A.jpg", later(2))])
    assert (await world.headline(program)).uploads == 1
    await world.agree()


async def test_news_of_pages_nobody_edited_is_forgotten_after_two_days(world: World) -> None:
    await world.saw(changes=[deleted(1)])
    await world.pool.execute("UPDATE early_change SET as_of = now() - interval '47 hours'")
    async with world.pool.acquire() as conn:
        await forget_early_news(conn)
        assert await conn.fetchval("SELECT count(*) FROM early_change") == 1
        await conn.execute("UPDATE early_change SET as_of = now() - interval '49 hours'")
        await forget_early_news(conn)
        assert await conn.fetchval("SELECT count(*) FROM early_change") == 0


async def test_a_page_that_was_named_by_an_older_listing_keeps_its_newer_name(world: World) -> None:
    ann = await world.editor()
    await world.program(ann)
    await world.saw(edit(1, ann, title="Old"))
    await world.saw(changes=[moved(5, namespace=0, title="New")])
    await world.saw(edit(1, ann, title="Old", as_of=later(4)), edit(2, ann, title="Old", as_of=later(4)), live=False)
    assert await world.pool.fetchval("SELECT title FROM page") == "New"
    await world.saw(edit(2, ann, title="Newest", as_of=later(5) + SECOND), live=False)
    assert await world.pool.fetchval("SELECT title FROM page") == "Newest"


async def test_a_move_that_is_stamped_a_moment_before_its_own_revision_moves_the_page(world: World) -> None:
    ann = await world.editor()
    program = await world.program(ann)
    await world.saw(edit(1, ann, title="Old"))
    stamped = NOON + 60 * SECOND - SECOND / 5
    await world.saw(
        edit(60, ann, size=0, namespace=2, title="New", as_of=stamped),
        changes=[PageMoved("enwiki", 1, 2, "New", stamped)],
    )
    assert await world.pool.fetchval("SELECT title FROM page") == "New"
    assert (await world.headline(program)).articles_edited == 0
    await world.agree()


async def test_forgetting_early_news_waits_for_nobody(world: World) -> None:
    await world.saw(changes=[PageDeleted("enwiki", page, NOON) for page in (1, 2)])
    await world.pool.execute("UPDATE early_change SET as_of = now() - interval '49 hours'")
    count = "SELECT array_agg(key) FROM early_change"
    async with world.pool.acquire() as held, held.transaction(), world.pool.acquire() as conn:
        await held.execute("UPDATE early_change SET as_of = as_of WHERE key = 1")
        await conn.execute("SET lock_timeout = '1s'")
        await forget_early_news(conn)
        assert await conn.fetchval(count) == [1]
    async with world.pool.acquire() as conn:
        await forget_early_news(conn)
    assert await world.pool.fetchval(count) is None


async def test_somebody_renamed_is_called_by_the_new_name_from_their_next_edit_on(world: World) -> None:
    ann, bob = await world.editor(), await world.editor()
    program = await world.program(ann, bob)
    first, second = edit(1, ann), edit(2, ann)
    renamed = replace(second, edit=replace(second.edit, username="Ann, renamed"))
    await world.saw(first, edit(3, bob), renamed)
    await world.saw(first, live=False)
    await world.saw(first)  # told again, and no news
    rows = await world.pool.fetch("SELECT username FROM editor ORDER BY id")
    assert [row["username"] for row in rows] == ["Ann, renamed", f"Editor {bob}"]
    assert await world.edits(program) == [3]


async def test_a_name_without_the_account_s_number_renames_nobody(world: World) -> None:
    ann = await world.editor()
    await world.program(ann)
    seen = edit(1, ann)
    for central_id in (None, 999):
        stranger = replace(seen.edit, central_id=central_id, username="Somebody", revision_id=7 + (central_id or 0))
        await world.saw(replace(seen, edit=stranger))
    assert await world.pool.fetchval("SELECT username FROM editor") == f"Editor {ann}"

# SPDX-License-Identifier: GPL-3.0-or-later
"""What one edit adds, and where."""

from __future__ import annotations

from datetime import timedelta

import pytest

from graph.activity import EditCounted, HistoryChanged
from graph.edits import Batch, Rejected
from graph.streams.ingest import Counted, ingest
from tests.db import stored
from tests.db.naive import Headline, OfArticle, OfEditor, OfNamespace
from tests.db.world import END, LIVE, NOON, SECOND, START, World, edit


async def test_an_edit_counts_once_in_its_program_campaign_and_organization(world: World) -> None:
    ann = await world.editor()
    program = await world.program(ann)
    organization = await world.organization()
    campaign = await world.campaign(program, organization=organization)

    assert await world.saw(edit(1, ann, size=518, created=True)) == Counted(new=1, moved=0)

    expected = Headline(
        edits=1, articles_edited=1, articles_created=1, editors=1, active_editors=1, bytes_added=518, words=100
    )
    for collection in (program, campaign, organization):
        assert await world.headline(collection) == expected
    await world.agree()


async def test_an_edit_of_two_programs_of_a_campaign_counts_once_in_it(world: World) -> None:
    ann, bob = await world.editor(), await world.editor()
    first, second = await world.program(ann, bob), await world.program(ann)
    organization = await world.organization()
    campaign = await world.campaign(first, second, organization=organization)
    other = await world.campaign(second, organization=organization)

    await world.saw(edit(1, ann), edit(2, ann), edit(3, bob, page=2))

    assert await world.edits(first, second, campaign, other, organization) == [3, 2, 3, 2, 3]
    assert (await world.headline(campaign)).editors == 2
    assert (await world.headline(organization)).articles_edited == 2
    await world.agree()


async def test_a_batch_that_comes_again_changes_nothing(world: World) -> None:
    ann = await world.editor()
    program = await world.program(ann)
    batch = [edit(1, ann), edit(2, ann, size=-30), edit(3, ann, page=2)]
    await world.saw(*batch)
    before, number = await world.headline(program), await world.number()

    assert await world.saw(*batch) == Counted(new=0, moved=0)
    assert await world.saw(*batch, live=False) == Counted(new=0, moved=0)

    assert await world.headline(program) == before
    assert await world.activity(program, after=number) == []
    await world.agree()


async def test_an_edit_that_is_twice_in_one_batch_counts_once(world: World) -> None:
    ann = await world.editor()
    program = await world.program(ann)
    assert await world.saw(edit(1, ann), edit(1, ann)) == Counted(new=1, moved=0)
    assert (await world.headline(program)).edits == 1


@pytest.mark.parametrize("newest_first", [True, False])
async def test_of_an_edit_that_is_twice_in_one_batch_the_newer_news_of_its_page_holds(
    world: World, newest_first: bool
) -> None:
    ann = await world.editor()
    program = await world.program(ann)
    later = NOON + timedelta(hours=1)
    both = [edit(1, ann, namespace=2), edit(1, ann, namespace=0, as_of=later)]
    await world.saw(*reversed(both) if newest_first else both)
    assert (await world.headline(program)).articles_edited == 1


async def test_the_same_revision_number_on_another_wiki_is_another_edit(world: World) -> None:
    ann = await world.editor()
    program = await world.program(ann, wikis={"enwiki": {0}, "dewiki": {0}})
    await world.saw(edit(1, ann), edit(1, ann, wiki="dewiki"))
    found = await world.headline(program)
    assert (found.edits, found.articles_edited) == (2, 2)
    await world.agree()


async def test_both_ends_of_the_window_count_and_a_second_beyond_does_not(world: World) -> None:
    ann = await world.editor()
    program = await world.program(ann)
    times = [START - SECOND, START, END, END + SECOND]
    counted = await world.saw(*(edit(n, ann, at=at) for n, at in enumerate(times, start=1)))
    assert counted.new == 2
    assert (await world.headline(program)).edits == 2
    await world.agree()


async def test_an_edit_on_a_wiki_nobody_tracks_is_not_even_stored(world: World) -> None:
    ann, bob = await world.editor(), await world.editor()
    program = await world.program(ann)
    await world.program(bob, wikis={"dewiki": {0}})
    assert await world.saw(edit(1, ann, wiki="dewiki"), edit(2, ann, wiki="frwiki")) == Counted(0, 0)
    assert (await world.headline(program)).edits == 0


async def test_only_pages_of_tracked_namespaces_are_articles_and_only_their_bytes_count(world: World) -> None:
    ann = await world.editor()
    program = await world.program(ann)
    await world.saw(
        edit(1, ann, page=1, size=100, created=True),
        edit(2, ann, page=1, size=-40),
        edit(3, ann, page=2, namespace=2, size=1000, created=True),
        edit(4, ann, page=3, namespace=118, size=500),
        edit(5, ann, page=4, namespace=1, size=-7),
    )
    assert await world.headline(program) == Headline(
        edits=5,
        articles_edited=1,
        articles_created=1,
        editors=1,
        active_editors=1,
        bytes_added=100,
        bytes_removed=40,
        words=19,
    )
    async with world.pool.acquire() as conn:
        found = await stored.numbers(conn, program)
    assert found.editors == {
        ann: OfEditor(
            edits=5, bytes_added=100, bytes_userspace=1000, bytes_draft=500, articles_edited=1, articles_created=1
        )
    }
    assert found.namespaces["enwiki", 2] == OfNamespace(edits=1, active_editors=1)
    assert found.articles["enwiki", 2] == OfArticle(edits=1)
    assert found.articles["enwiki", 1] == OfArticle(edits=2, tracked=2, created=True, bytes_added=100)
    await world.agree()


async def test_a_campaign_tracks_a_namespace_only_for_edits_of_a_program_that_tracks_it(world: World) -> None:
    ann, bob = await world.editor(), await world.editor()
    articles = await world.program(ann)
    drafts = await world.program(bob, wikis={"enwiki": {118}})
    both = await world.campaign(articles, drafts)
    await world.saw(edit(1, ann, page=1, namespace=118), edit(2, bob, page=1, namespace=118), edit(3, bob, page=2))
    found = await world.headline(both)
    assert (found.edits, found.articles_edited, found.bytes_added) == (3, 1, 100)
    await world.agree()


async def test_a_redirect_left_by_a_move_counts_as_an_edit_and_creates_no_article(world: World) -> None:
    ann = await world.editor()
    program = await world.program(ann)
    await world.saw(edit(1, ann, created=True, redirect=True))
    found = await world.headline(program)
    assert (found.edits, found.articles_edited, found.articles_created) == (1, 1, 0)
    await world.agree()


async def test_words_are_estimated_on_wikis_in_latin_script_alone(world: World) -> None:
    ann = await world.editor()
    program = await world.program(ann, wikis={"enwiki": {0}, "arwiki": {0}, "wikidatawiki": {0}})
    arabic = await world.program(ann, wikis={"arwiki": {0}})
    await world.saw(
        edit(1, ann, size=1035), edit(2, ann, wiki="arwiki", size=5000), edit(3, ann, wiki="wikidatawiki", size=700)
    )
    found = await world.headline(program)
    assert (found.bytes_added, found.words) == (6735, 200)
    assert (await world.headline(arabic)).words is None
    await world.agree()


async def test_a_campaign_estimates_words_as_soon_as_one_of_its_programs_does(world: World) -> None:
    ann = await world.editor()
    arabic, english = await world.program(ann, wikis={"arwiki": {0}}), await world.program(ann)
    campaign = await world.campaign(arabic)
    assert (await world.headline(campaign)).words is None
    await world.gather(campaign, english)
    assert (await world.headline(campaign)).words == 0
    await world.release(campaign, english)
    assert (await world.headline(campaign)).words is None


async def test_a_new_file_on_an_untracked_commons_counts_as_an_upload_and_nothing_else(world: World) -> None:
    ann = await world.editor()
    program = await world.program(ann)
    organization = await world.organization()
    campaign = await world.campaign(program, organization=organization)
    await world.saw(
        edit(1, ann, wiki="commonswiki", namespace=6, created=True, size=900),
        edit(2, ann, wiki="commonswiki", namespace=6, size=10),
        edit(3, ann, wiki="commonswiki", namespace=6, page=2, created=True, redirect=True),
        edit(4, ann, wiki="commonswiki", namespace=2, page=3, created=True),
    )
    for collection in (program, campaign, organization):
        assert await world.headline(collection) == Headline(editors=1, words=0, uploads=1)
    assert await world.activity(program) == []
    async with world.pool.acquire() as conn:
        found = await stored.numbers(conn, program)
    assert found.editors == {ann: OfEditor(uploads=1)}
    assert found.articles == {}
    await world.agree()


async def test_an_upload_to_a_commons_that_one_program_tracks_is_whole_there_and_above(world: World) -> None:
    ann = await world.editor()
    plain = await world.program(ann)
    commons = await world.program(ann, wikis={"commonswiki": {6}})
    campaign = await world.campaign(plain, commons)
    await world.saw(edit(1, ann, wiki="commonswiki", namespace=6, created=True, size=900))
    assert await world.edits(plain, commons, campaign) == [0, 1, 1]
    assert [(await world.headline(c)).uploads for c in (plain, commons, campaign)] == [1, 1, 1]
    assert (await world.headline(campaign)).articles_created == 1
    await world.agree()


async def test_an_article_scoped_program_without_a_scope_counts_nothing(world: World) -> None:
    ann = await world.editor()
    program = await world.program(ann, article_scoped=True)
    await world.saw(edit(1, ann), edit(2, ann, wiki="commonswiki", namespace=6, created=True))
    assert await world.headline(program) == Headline(editors=1, words=0)
    await world.agree()


async def test_a_session_counts_the_edits_of_its_window(world: World) -> None:
    ann, bob = await world.editor(), await world.editor()
    program = await world.program(ann, bob)
    session = await world.session(program, NOON, NOON + 10 * SECOND)
    await world.saw(*(edit(n, ann if n % 2 else bob, at=NOON + n * SECOND) for n in (-1, 0, 5, 10, 11)))
    assert await world.edits(program, session) == [5, 3]
    assert (await world.headline(session)).editors == 2
    await world.agree()


async def test_a_session_with_participants_of_its_own_counts_only_theirs(world: World) -> None:
    ann, bob, eve = await world.editor(), await world.editor(), await world.editor()
    program = await world.program(ann, bob)
    session = await world.session(program, NOON, NOON + 10 * SECOND, ann, eve)
    await world.saw(edit(1, ann), edit(2, bob), edit(3, eve), edit(4, ann))
    found = await world.headline(session)
    assert (found.edits, found.editors, found.active_editors) == (2, 1, 1)
    await world.agree()


async def test_an_upload_during_a_session_counts_in_it(world: World) -> None:
    ann = await world.editor()
    program = await world.program(ann)
    session = await world.session(program, NOON, NOON + 10 * SECOND)
    await world.saw(edit(1, ann, wiki="commonswiki", namespace=6, created=True))
    assert await world.headline(session) == Headline(editors=1, words=0, uploads=1)
    await world.agree()


async def test_an_editor_is_new_where_the_account_was_made_in_the_window_of_any_program(world: World) -> None:
    ann = await world.editor(registered=NOON)
    bob = await world.editor(registered=START - SECOND)
    eve = await world.editor(registered=None)
    early = await world.program(ann, bob, eve, end=NOON - SECOND)
    late = await world.program(ann, bob, eve)
    campaign = await world.campaign(early, late)
    assert [(await world.headline(c)).new_editors for c in (early, late, campaign)] == [0, 1, 1]
    await world.agree()


async def test_a_nameless_participant_is_enrolled_and_their_edits_count_nowhere_for_now(world: World) -> None:
    ann = await world.editor()
    named, nameless = await world.program(ann), await world.program()
    await world.enroll(nameless, ann, named=False)
    hidden = await world.campaign(nameless)
    both = await world.campaign(named, nameless)
    await world.saw(edit(1, ann), edit(2, ann, wiki="commonswiki", namespace=6, created=True))
    assert await world.headline(nameless) == Headline(editors=1, words=0)
    assert await world.headline(hidden) == Headline(editors=1, words=0)
    assert (await world.headline(both)).edits == 1
    assert await world.activity(nameless) == []
    assert [entry.program_ids for entry in await world.activity(both) if isinstance(entry, EditCounted)] == [(named,)]
    await world.agree()


async def test_a_private_program_counts_for_itself_and_not_above(world: World) -> None:
    ann = await world.editor()
    public, private = await world.program(ann), await world.program(ann, public=False)
    organization = await world.organization()
    campaign = await world.campaign(private, organization=organization)
    both = await world.campaign(public, private, organization=organization)
    await world.saw(edit(1, ann))
    assert await world.edits(private, campaign, both, organization) == [1, 0, 1, 1]
    assert [entry.program_ids for entry in await world.activity(both) if isinstance(entry, EditCounted)] == [(public,)]
    assert (await world.headline(campaign)).editors == 0
    await world.agree()


async def test_live_edits_are_announced_one_by_one_and_history_as_one_change(world: World) -> None:
    ann = await world.editor()
    program = await world.program(ann)
    campaign = await world.campaign(program)
    await world.saw(edit(1, ann), edit(2, ann))
    number = await world.number()
    await world.saw(edit(3, ann), edit(4, ann), edit(5, ann, wiki="commonswiki", namespace=6, created=True), live=False)
    for collection in (program, campaign):
        live = await world.activity(collection)
        assert [each.edit.revision_id for each in live if isinstance(each, EditCounted)] == [1, 2]
        (change,) = await world.activity(collection, after=number)
        assert isinstance(change, HistoryChanged)
        assert (change.counted, change.retracted) == (2, 0)


async def test_a_version_grows_with_every_change_of_a_collection_and_only_then(world: World) -> None:
    ann = await world.editor()
    program, other = await world.program(ann), await world.program()

    async def versions() -> list[int]:
        statement = "SELECT version FROM collection WHERE id = ANY($1::bigint[]) ORDER BY id"
        return [row[0] for row in await world.pool.fetch(statement, [program, other])]

    before = await versions()
    await world.saw(edit(1, ann))
    after = await versions()
    assert after[0] > before[0]
    assert after[1] == before[1]
    await world.saw(edit(1, ann))
    assert await versions() == after


async def test_a_batch_that_fails_leaves_nothing_behind(world: World) -> None:
    ann = await world.editor()
    program = await world.program(ann)
    number = await world.number()
    too_large = edit(2, ann, size=2**40)
    async with world.pool.acquire() as conn:
        with pytest.raises(Exception, match="out of"):
            await ingest(conn, Batch(edits=[edit(1, ann), too_large], checkpoint=dict(LIVE)))
    assert (await world.headline(program)).edits == 0
    assert await world.number() == number
    assert await world.pool.fetchval("SELECT checkpoint FROM ledger") == "{}"


async def test_the_checkpoint_the_moment_and_the_refused_are_saved_with_the_batch(world: World) -> None:
    ann = await world.editor()
    program = await world.program(ann)
    batch = Batch(
        edits=[edit(1, ann)],
        rejected=[Rejected("not JSON", "{\x00"), Rejected("not JSON", "["), Rejected("no wiki", "{}")],
        checkpoint={"a": 5, "b": 6},
        complete_until=NOON,
    )
    async with world.pool.acquire() as conn:
        await ingest(conn, batch)
        await ingest(conn, Batch(checkpoint={"a": 7, "b": 6}, complete_until=NOON - SECOND))
    row = await world.pool.fetchrow("SELECT checkpoint::text, complete_until FROM ledger")
    assert tuple(row) == ('{"a": 7, "b": 6}', NOON)
    refused = await world.pool.fetch("SELECT reason, times, sample FROM rejected_event ORDER BY reason")
    assert [tuple(each) for each in refused] == [("no wiki", 1, "{}"), ("not JSON", 2, "[")]
    assert (await world.headline(program)).edits == 1

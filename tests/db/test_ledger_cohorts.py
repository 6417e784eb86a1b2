# SPDX-License-Identifier: GPL-3.0-or-later
"""What a change of the rules does to what is counted."""

from __future__ import annotations

import pytest

from graph.activity import EditRetracted, HistoryChanged, RetractionReason
from graph.edits import PageDeleted
from tests.db.conftest import AT_ONCE, BY_THE_WORKER
from tests.db.naive import Headline
from tests.db.world import DAY, END, MINUTE, NOON, SECOND, START, World, edit

pytestmark = pytest.mark.parametrize("world", [AT_ONCE, BY_THE_WORKER], indirect=True)


async def histories(world: World, collection: int, after: int) -> list[tuple[int, int]]:
    """The (counted, retracted) of each change of history; nothing else may have been told."""
    found = []
    for each in await world.activity(collection, after=after):
        assert isinstance(each, HistoryChanged)
        found.append((each.counted, each.retracted))
    return found


async def test_a_program_gathered_later_brings_its_edits_once(world: World) -> None:
    ann, bob = await world.editor(registered=NOON), await world.editor()
    first, second = await world.program(ann), await world.program(ann, bob)
    organization = await world.organization()
    campaign = await world.campaign(first, organization=organization)
    await world.saw(edit(1, ann), edit(2, bob, page=2), edit(3, bob, page=2))
    number = await world.number()
    assert await world.edits(campaign, organization) == [1, 1]

    await world.gather(campaign, second)

    expected = Headline(
        edits=3, articles_edited=2, editors=2, active_editors=2, new_editors=1, bytes_added=300, words=57
    )
    assert await world.headline(campaign) == await world.headline(organization) == expected
    assert await histories(world, campaign, number) == [(2, 0)]
    assert await histories(world, organization, number) == [(2, 0)]
    assert await world.activity(second, after=number) == []
    await world.agree()


async def test_a_program_gathered_twice_changes_nothing(world: World) -> None:
    ann = await world.editor()
    program = await world.program(ann)
    campaign = await world.campaign(program)
    await world.saw(edit(1, ann))
    number = await world.number()
    await world.gather(campaign, program)
    assert await world.edits(campaign) == [1]
    assert await world.activity(campaign, after=number) == []
    await world.agree()


async def test_a_program_that_leaves_takes_only_what_no_other_program_counts(world: World) -> None:
    ann, bob = await world.editor(), await world.editor()
    first, second = await world.program(ann), await world.program(ann, bob)
    organization = await world.organization()
    campaign = await world.campaign(first, second, organization=organization)
    await world.saw(edit(1, ann), edit(2, bob))
    number = await world.number()
    await world.release(campaign, second)
    assert await world.edits(second, campaign, organization) == [2, 1, 1]
    assert await histories(world, campaign, number) == [(0, 1)]
    await world.agree()
    await world.release(campaign, first)
    assert await world.headline(campaign) == await world.headline(organization) == Headline()
    await world.agree()


async def test_a_program_without_edits_that_leaves_takes_its_editors_along(world: World) -> None:
    ann = await world.editor(registered=NOON)
    program = await world.program(ann)
    organization = await world.organization()
    campaign = await world.campaign(program, organization=organization)
    assert (await world.headline(organization)).new_editors == 1
    await world.release(campaign, program)
    assert await world.headline(campaign) == await world.headline(organization) == Headline()
    await world.agree()


async def test_a_campaign_that_changes_its_organization_takes_its_numbers_along(world: World) -> None:
    ann = await world.editor()
    program = await world.program(ann)
    old, new = await world.organization(), await world.organization()
    campaign = await world.campaign(program, organization=old)
    await world.saw(edit(1, ann))
    await world.hand_over(campaign, new)
    assert await world.edits(campaign, old, new) == [1, 0, 1]
    assert await world.headline(old) == Headline()
    await world.agree()
    await world.hand_over(campaign, None)
    assert await world.headline(new) == Headline()
    await world.agree()


async def test_an_organization_counts_an_edit_once_until_the_last_campaign_lets_go(world: World) -> None:
    ann = await world.editor()
    program = await world.program(ann)
    organization = await world.organization()
    first = await world.campaign(program, organization=organization)
    second = await world.campaign(program, organization=organization)
    await world.saw(edit(1, ann))
    assert await world.edits(organization) == [1]
    await world.release(first, program)
    assert await world.edits(organization) == [1]
    await world.release(second, program)
    assert await world.edits(organization) == [0]
    await world.agree()


async def test_a_program_made_private_leaves_what_is_above_and_comes_back(world: World) -> None:
    ann, bob = await world.editor(), await world.editor()
    program, other = await world.program(ann, bob), await world.program(ann)
    session = await world.session(program, NOON, NOON + MINUTE)
    organization = await world.organization()
    campaign = await world.campaign(program, other, organization=organization)
    await world.saw(edit(1, ann), edit(2, bob))
    await world.show(program, public=False)
    assert await world.edits(program, session, campaign, organization) == [2, 2, 1, 1]
    assert (await world.headline(campaign)).editors == 1
    await world.agree()
    await world.show(program, public=True)
    assert await world.edits(program, session, campaign, organization) == [2, 2, 2, 2]
    await world.agree()


async def test_an_editor_enrolled_late_brings_what_is_stored_already_and_the_rest_by_backfill(world: World) -> None:
    ann = await world.editor()
    first = await world.program(ann)
    second = await world.program(wikis={"enwiki": {0}, "dewiki": {0}})
    campaign = await world.campaign(first, second)
    await world.saw(edit(1, ann), edit(2, ann, wiki="dewiki"))
    number = await world.number()
    await world.enroll(second, ann)
    assert await world.edits(first, second, campaign) == [1, 1, 1]
    assert await histories(world, second, number) == [(1, 0)]
    await world.backfill(ann)
    assert await world.edits(first, second, campaign) == [1, 2, 2]
    assert await histories(world, second, number) == [(1, 0), (1, 0)]
    await world.agree()


async def test_a_withdrawn_editor_takes_their_edits_out_and_the_cards_off(world: World) -> None:
    ann, bob = await world.editor(), await world.editor()
    first, second = await world.program(ann, bob), await world.program(ann)
    session = await world.session(first, NOON, NOON + MINUTE)
    campaign = await world.campaign(first, second)
    await world.saw(edit(1, ann), edit(2, bob))
    number = await world.number()
    await world.withdraw(first, ann)
    assert await world.edits(first, session, second, campaign) == [1, 1, 1, 2]
    (entry,) = await world.activity(first, after=number)
    if world.by_the_worker:  # which names edits of the last day only: screens show no older ones
        assert isinstance(entry, HistoryChanged)
        assert (entry.counted, entry.retracted) == (0, 1)
    else:
        assert isinstance(entry, EditRetracted)
        assert (entry.wiki, entry.revision_id, entry.reason) == ("enwiki", 1, RetractionReason.EDITOR_REMOVED)
    assert await world.activity(campaign, after=number) == []
    await world.agree()
    await world.withdraw(second, ann)
    assert await world.edits(second, campaign) == [0, 1]
    assert (await world.headline(campaign)).editors == 1
    await world.agree()


async def test_an_editor_who_comes_back_counts_again(world: World) -> None:
    ann = await world.editor(registered=NOON)
    program = await world.program(ann)
    await world.saw(edit(1, ann))
    before = await world.headline(program)
    await world.withdraw(program, ann)
    assert await world.headline(program) == Headline(words=0)
    await world.enroll(program, ann)
    assert await world.headline(program) == before
    await world.agree()


async def test_edits_of_somebody_no_longer_enrolled_do_not_count(world: World) -> None:
    ann = await world.editor()
    program = await world.program(ann)
    await world.withdraw(program, ann)
    await world.saw(edit(1, ann))
    assert await world.headline(program) == Headline(words=0)
    await world.agree()


async def test_a_session_created_later_finds_its_edits(world: World) -> None:
    ann, bob = await world.editor(registered=NOON), await world.editor()
    program = await world.program(ann, bob)
    await world.saw(*(edit(n, ann if n % 2 else bob) for n in range(1, 6)))
    number = await world.number()
    everybody = await world.session(program, NOON + 2 * SECOND, NOON + 4 * SECOND)
    only_bob = await world.session(program, NOON, END, bob)
    assert await world.edits(everybody, only_bob) == [3, 2]
    assert (await world.headline(everybody)).new_editors == 1
    assert (await world.headline(only_bob)).editors == 1
    assert await histories(world, everybody, number) == [(3, 0)]
    assert await world.activity(program, after=number) == []
    await world.agree()


async def test_a_moved_window_lets_edits_go_and_takes_them_back_in(world: World) -> None:
    ann = await world.editor(registered=START)
    program = await world.program(ann)
    campaign = await world.campaign(program)
    await world.saw(edit(1, ann), edit(2, ann, at=NOON + DAY))
    await world.move_window(program, NOON + DAY, END)
    assert await world.edits(program, campaign) == [1, 1]
    assert (await world.headline(campaign)).new_editors == 0
    await world.agree()
    await world.move_window(program, START, END)
    assert await world.edits(program, campaign) == [2, 2]
    assert (await world.headline(campaign)).new_editors == 1
    await world.agree()


async def test_a_moved_window_leaves_other_programs_of_the_same_editors_alone(world: World) -> None:
    ann = await world.editor()
    first, second = await world.program(ann), await world.program(ann)
    await world.saw(edit(1, ann))
    await world.move_window(first, NOON + DAY, END)
    assert await world.edits(first, second) == [0, 1]
    await world.agree()


async def test_other_tracked_namespaces_change_what_is_an_article(world: World) -> None:
    ann = await world.editor()
    program = await world.program(ann)
    campaign = await world.campaign(program)
    await world.saw(edit(1, ann, namespace=0, size=10), edit(2, ann, page=2, namespace=118, size=1000, created=True))
    await world.track(program, {"enwiki": {118}})
    found = await world.headline(campaign)
    assert (found.edits, found.articles_edited, found.articles_created, found.bytes_added) == (2, 1, 1, 1000)
    await world.agree()


async def test_a_wiki_no_longer_tracked_takes_its_edits_along(world: World) -> None:
    ann = await world.editor()
    program = await world.program(ann, wikis={"enwiki": {0}, "arwiki": {0}})
    campaign = await world.campaign(program)
    await world.saw(edit(1, ann), edit(2, ann, wiki="arwiki"))
    await world.track(program, {"arwiki": {0}})
    assert await world.headline(campaign) == Headline(
        edits=1, articles_edited=1, editors=1, active_editors=1, bytes_added=100, words=None
    )
    await world.agree()
    await world.track(program, {"enwiki": {0}, "arwiki": {0}})
    assert await world.edits(program, campaign) == [2, 2]
    await world.agree()


async def test_commons_tracked_later_makes_whole_edits_of_uploads(world: World) -> None:
    ann = await world.editor()
    program = await world.program(ann)
    await world.saw(edit(1, ann, wiki="commonswiki", namespace=6, created=True, size=800))
    number = await world.number()
    await world.track(program, {"enwiki": {0}, "commonswiki": {6}})
    found = await world.headline(program)
    assert (found.edits, found.uploads, found.bytes_added, found.articles_created) == (1, 1, 800, 1)
    assert await histories(world, program, number) == [(1, 0)]
    await world.agree()
    await world.track(program, {"enwiki": {0}})
    assert await world.headline(program) == Headline(editors=1, uploads=1, words=0)
    await world.agree()


async def test_a_deleted_page_stays_out_whatever_rules_change(world: World) -> None:
    ann = await world.editor()
    first, second = await world.program(ann), await world.program()
    await world.saw(edit(1, ann))
    await world.saw(changes=[PageDeleted("enwiki", 1, NOON + MINUTE)])
    await world.enroll(second, ann)
    await world.session(first, START, END)
    await world.campaign(first, second)
    await world.move_window(first, NOON, END)
    assert await world.edits(*world.naive.collections()) == [0] * 4
    await world.agree()


async def test_a_change_of_rules_is_numbered_for_the_index(world: World) -> None:
    before = await world.pool.fetchval("SELECT rules_version FROM ledger")
    await world.program()
    assert await world.pool.fetchval("SELECT rules_version FROM ledger") == before + 1

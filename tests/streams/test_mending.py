# SPDX-License-Identifier: GPL-3.0-or-later
"""Stored edits held against the wiki."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from graph.edits import PageDeleted, PageUndeleted, RevisionTagged, RevisionVisibility
from graph.simulator.moderation import Wikimedia
from graph.simulator.pages import Revision
from graph.streams.events import understand
from graph.streams.history import LAG, Stored
from tests.streams.listing_wikis import Lists, lists


@pytest.fixture
async def wikis() -> AsyncIterator[Lists]:
    async with lists() as found:
        yield found


def save(wikis: Lists, *titles: str) -> list[Revision]:
    """Save one edit to each, and let a minute go by."""
    saved = [wikis.stand.wikimedia.save("enwiki", title, "Amara") for title in titles]
    wikis.wait(60)
    return saved


def stored(revision: Revision, **known: bool) -> Stored:
    facts = {"deleted": False, "hidden": False, "editor_hidden": False, "reverted": False} | known
    return Stored(revision.id, revision.page.id, datetime.fromisoformat(revision.at), **facts)


async def test_nothing_is_told_of_what_is_as_it_is_stored(wikis: Lists) -> None:
    (one,) = save(wikis, "A")
    assert await wikis.verify(stored(one)) == []
    assert wikis.modules() == ["revisions"]


async def test_a_page_that_is_deleted_is_told_once(wikis: Lists) -> None:
    first, second, other = save(wikis, "A", "A", "B")
    wikis.stand.wikimedia.delete("enwiki", "A", "Béla")
    told = await wikis.verify(*map(stored, (first, second, other)))
    assert told == [PageDeleted("enwiki", first.page.id, wikis.now() - LAG)]


async def test_what_is_stored_as_deleted_is_not_told_again(wikis: Lists) -> None:
    (one,) = save(wikis, "A")
    wikis.stand.wikimedia.delete("enwiki", "A", "Béla")
    assert await wikis.verify(stored(one, deleted=True)) == []


async def test_a_restored_page_is_told_with_the_title_it_has(wikis: Lists) -> None:
    first, second = save(wikis, "A b", "A b")
    wikis.stand.wikimedia.move("enwiki", "A b", "Draft:A c", "Béla")
    told = await wikis.verify(stored(first, deleted=True), stored(second, deleted=True))
    assert told == [PageUndeleted("enwiki", first.page.id, 118, "Draft:A c", wikis.now() - LAG)]


async def test_a_page_created_again_does_not_bring_the_old_one_back(wikis: Lists) -> None:
    (old,) = save(wikis, "A")
    wikis.stand.wikimedia.delete("enwiki", "A", "Béla")
    (new,) = save(wikis, "A")
    told = await wikis.verify(stored(old), stored(new))
    assert told == [PageDeleted("enwiki", old.page.id, wikis.now() - LAG)]
    assert await wikis.verify(stored(old, deleted=True), stored(new)) == []


@pytest.mark.parametrize("hidden", [{"text": True}, {"user": True}, {"text": True, "user": True, "comment": True}])
async def test_hidden_parts_are_told_and_shown_ones_too(wikis: Lists, hidden: dict[str, bool]) -> None:
    (one,) = save(wikis, "A")
    wikis.stand.wikimedia.hide_revision("enwiki", one.id, "Béla", suppressed=True, **hidden)
    parts = [not hidden.get(name, False) for name in ("text", "user", "comment")]
    as_of = wikis.now() - LAG
    assert await wikis.verify(stored(one)) == [RevisionVisibility("enwiki", one.id, *parts, as_of)]
    known = stored(one, hidden=not parts[0], editor_hidden=not parts[1])
    assert await wikis.verify(known) == []
    wikis.stand.wikimedia.hide_revision("enwiki", one.id, "Béla", text=False, user=False, comment=False)
    assert await wikis.verify(known) == [RevisionVisibility("enwiki", one.id, True, True, True, as_of)]


async def test_the_tag_that_came_late_or_went_is_told(wikis: Lists) -> None:
    first, second = save(wikis, "A", "B")
    wikis.stand.wikimedia.tag("enwiki", first.id, add=["mw-reverted"])
    as_of = wikis.now() - LAG
    assert await wikis.verify(stored(first), stored(second, reverted=True)) == [
        RevisionTagged("enwiki", first.id, True, as_of),
        RevisionTagged("enwiki", second.id, False, as_of),
    ]
    assert await wikis.verify(stored(first, reverted=True), stored(second)) == []


async def test_what_was_not_restored_with_its_page_counts_as_hidden(wikis: Lists) -> None:
    first, second = save(wikis, "A", "A")
    # Restored in part: the page lives, and one revision is missing.
    del wikis.stand.wikimedia.revisions["enwiki", second.id]
    hidden = RevisionVisibility("enwiki", second.id, False, True, True, wikis.now() - LAG)
    assert await wikis.verify(stored(first), stored(second)) == [hidden]
    assert await wikis.verify(stored(second, hidden=True)) == []


async def test_of_an_edit_younger_than_the_answer_nothing_is_said(wikis: Lists) -> None:
    (one,) = save(wikis, "A")
    wikis.stand.wikimedia.delete("enwiki", "A", "Béla")
    young = stored(one)
    wikis.stand.clock.now = int(young.at.timestamp() * 1000) + 9_000
    assert await wikis.verify(young) == []
    wikis.wait(1)
    assert await wikis.verify(young) == [PageDeleted("enwiki", one.page.id, young.at)]


async def test_an_answer_from_a_replica_that_is_behind_is_older_than_what_the_stream_told(wikis: Lists) -> None:
    (one,) = save(wikis, "A")
    wikis.stand.wikimedia.delete("enwiki", "A", "Béla")
    await wikis.stand.act("stop_replication")
    wikis.wait(3)
    restored_at = wikis.now()
    wikis.stand.wikimedia.undelete("enwiki", "A", "Béla")
    wikis.wait(2)
    (told,) = await wikis.verify(stored(one))
    assert told == PageDeleted("enwiki", one.page.id, wikis.now() - LAG)
    assert told.as_of < restored_at


async def test_fifty_are_asked_about_at_once(wikis: Lists) -> None:
    saved = save(wikis, *(f"Page {number}" for number in range(120)))
    for number in range(0, 120, 40):
        wikis.stand.wikimedia.delete("enwiki", f"Page {number}", "Béla")
    told = await wikis.verify(*map(stored, saved))
    assert [change.page_id for change in told if isinstance(change, PageDeleted)] == [
        saved[number].page.id for number in (0, 40, 80)
    ]
    assert wikis.modules() == ["revisions", "info", "revisions", "info", "revisions"]


async def test_a_wiki_with_one_database_is_never_behind() -> None:
    async with lists(lag=timedelta(0)) as wikis:
        (one,) = save(wikis, "A")
        wikis.stand.wikimedia.delete("enwiki", "A", "Béla")
        assert await wikis.verify(stored(one)) == [PageDeleted("enwiki", one.page.id, wikis.now())]


Act = Callable[[Wikimedia, Revision], object]
EARLIER = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("before", "act", "known"),
    [
        (None, lambda on, _: on.delete("enwiki", "A", "Béla"), {}),
        (
            lambda on, _: on.delete("enwiki", "A", "Béla"),
            lambda on, _: on.undelete("enwiki", "A", "Béla"),
            {"deleted": True},
        ),
        (None, lambda on, of: on.hide_revision("enwiki", of.id, "Béla", text=True), {}),
        (None, lambda on, of: on.hide_revision("enwiki", of.id, "Béla", user=True, comment=True), {}),
        (
            lambda on, of: on.hide_revision("enwiki", of.id, "Béla", text=True, user=True),
            lambda on, of: on.hide_revision("enwiki", of.id, "Béla", text=False, user=False),
            {"hidden": True, "editor_hidden": True},
        ),
        (None, lambda on, of: on.tag("enwiki", of.id, add=["mw-reverted"]), {}),
        (
            lambda on, of: on.tag("enwiki", of.id, add=["mw-reverted"]),
            lambda on, of: on.tag("enwiki", of.id, remove=["mw-reverted"]),
            {"reverted": True},
        ),
    ],
    ids=[
        "deleted",
        "restored",
        "text hidden",
        "editor and summary hidden",
        "shown",
        "reverted",
        "not reverted any more",
    ],
)
async def test_both_sources_tell_the_same_of_what_becomes_of_an_edit(
    wikis: Lists, before: Act | None, act: Act, known: dict[str, bool]
) -> None:
    wikimedia = wikis.stand.wikimedia
    one = wikimedia.save("enwiki", "A", "Amara")
    wikimedia.save("enwiki", "A", "Béla")
    if before:
        before(wikimedia, one)
    events = sum(len(topic.messages) for topic in wikimedia.log.topics.values())
    act(wikimedia, one)
    wikis.wait(60)
    messages = sorted((m for topic in wikimedia.log.topics.values() for m in topic.messages), key=lambda m: m.sequence)
    streamed = [change for message in messages[events:] for change in understand(message.data, lambda *_: None).changes]
    # A restoration says of the page's newest revision that it can be seen; that is not the edit we hold.
    about = [change for change in streamed if getattr(change, "revision_id", one.id) == one.id]
    verified = await wikis.verify(stored(one, **known))
    assert [replace(change, as_of=EARLIER) for change in verified] == [
        replace(change, as_of=EARLIER) for change in about
    ]
    assert len(verified) == 1

# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from graph.wikimedia.scopes.articles import Articles
from graph.wikimedia.scopes.reading import Batch, ScopedPage
from tests.simulator.serving import Stand
from tests.wikimedia.scopes.stage import DE, EN, api, batches, noted, pages_of


async def test_titles_in_any_writing_are_found_with_their_numbers(stand: Stand) -> None:
    stand.wikimedia.save("dewiki", "Elbe bei Dresden", "Greta")
    stand.wikimedia.save("dewiki", "Kategorie:Flüsse", "Greta")
    found = await Articles(api(stand)).located(DE, ["elbe_bei_Dresden", "Category:flüsse", "Nirgends"])
    assert found == {
        "elbe_bei_Dresden": ScopedPage(50000001, 0, "Elbe bei Dresden"),
        "Category:flüsse": ScopedPage(50000002, 14, "Kategorie:Flüsse"),
        "Nirgends": ScopedPage(None, 0, "Nirgends"),
    }


async def test_redirects_are_followed_to_their_end_or_round_a_circle(stand: Stand) -> None:
    stand.wikimedia.save("enwiki", "C", "Amara")
    for title, to in (("B", "C"), ("A", "B"), ("Lost", "Nowhere"), ("Ring", "Gnir"), ("Gnir", "Ring")):
        stand.wikimedia.save("enwiki", title, "Amara", redirect_to=to)
    found = await Articles(api(stand)).located(EN, ["a", "B", "C", "Lost", "Ring"])
    target = ScopedPage(50000001, 0, "C")
    assert found == {
        "a": target,
        "B": target,
        "C": target,
        "Lost": ScopedPage(None, 0, "Nowhere"),
        "Ring": ScopedPage(50000005, 0, "Ring"),
    }


async def test_many_titles_are_asked_fifty_at_once_and_each_target_comes_once(stand: Stand) -> None:
    stand.wikimedia.save("enwiki", "Target", "Amara")
    stand.wikimedia.save("enwiki", "Other", "Amara", redirect_to="Target")
    names = ["Target", "Other", *(f"Page {number}" for number in range(148))]
    asked = noted(stand)
    given = batches([ScopedPage(None, 0, name) for name in names])
    found = await pages_of(Articles(api(stand)).followed(EN, given))
    assert len(asked) == 3
    assert found[0] == ScopedPage(50000001, 0, "Target")
    assert len(found) == len(set(found)) == 149


async def test_what_was_skipped_before_stays_counted(stand: Stand) -> None:
    async def some():  # type: ignore[no-untyped-def]
        yield Batch([ScopedPage(None, 0, "A")], 3)

    told = [batch async for batch in Articles(api(stand)).followed(EN, some())]
    assert [(len(batch.pages), batch.skipped) for batch in told] == [(1, 0), (0, 3)]

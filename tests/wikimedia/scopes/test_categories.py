# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import httpx
import pytest

from graph.errors import UpstreamError
from graph.wikimedia.scopes import categories
from graph.wikimedia.scopes.categories import Categories
from graph.wikimedia.scopes.reading import Reading, Reason, ScopedPage, Unresolved
from tests.simulator.serving import Stand
from tests.wikimedia.scopes.stage import EN, all_of, answering, api, noted, pages_of, titles_of


def tree(stand: Stand, levels: int) -> None:
    """Level 0 is in level 1, and so on; each has an article of its own, and the last is in level 0 again."""
    for level in range(levels):
        stand.wikimedia.save("enwiki", f"Category:Level {level}", "Amara")
        stand.wikimedia.save("enwiki", f"Article {level}", "Amara")
        stand.wikimedia.put_in("enwiki", f"Article {level}", categories=[f"Level {level}"])
    for level in range(levels):
        stand.wikimedia.put_in("enwiki", f"Category:Level {(level + 1) % levels}", categories=[f"Level {level}"])


async def titles(stand: Stand, title: str, depth: int = 0) -> list[str]:
    return await titles_of(Categories(api(stand)).pages(EN, title, depth))


@pytest.mark.parametrize("depth", range(4))
async def test_a_depth_is_so_many_levels_below(stand: Stand, depth: int) -> None:
    tree(stand, 12)
    assert await titles(stand, "Category:Level 0", depth) == [f"Article {level}" for level in range(depth + 1)]


async def test_a_circle_of_categories_is_walked_once(stand: Stand) -> None:
    tree(stand, 3)
    asked = noted(stand)
    assert await titles(stand, "Category:Level 0", 10) == ["Article 0", "Article 1", "Article 2"]
    assert len(asked) == 4  # where it leads, and each category


async def test_a_category_in_itself_is_read_once(stand: Stand) -> None:
    tree(stand, 1)
    assert await titles(stand, "Category:Level 0", 10) == ["Article 0"]


async def test_pages_of_all_namespaces_come_as_what_they_are_and_subcategories_do_not(stand: Stand) -> None:
    for title in ("Category:Rivers", "Elbe", "Talk:Elbe", "File:Elbe.jpg", "Category:Below"):
        stand.wikimedia.save("enwiki", title, "Amara")
        stand.wikimedia.put_in("enwiki", title, categories=["Rivers"])
    assert await pages_of(Categories(api(stand)).pages(EN, "Category:Rivers", 0)) == [
        ScopedPage(50000002, 0, "Elbe"),
        ScopedPage(50000003, 1, "Talk:Elbe"),
        ScopedPage(50000004, 6, "File:Elbe.jpg"),
    ]


async def test_a_long_category_is_continued(stand: Stand) -> None:
    stand.wikimedia.save("enwiki", "Category:Long", "Amara")
    for number in range(1001):
        stand.wikimedia.save("enwiki", f"Page {number:04}", "Amara")
        stand.wikimedia.put_in("enwiki", f"Page {number:04}", categories=["Long"])
    told = [len(batch.pages) async for batch in Categories(api(stand)).pages(EN, "Category:Long", 0)]
    assert told == [500, 500, 1]
    assert await titles(stand, "Category:Long") == [f"Page {number:04}" for number in range(1001)]


async def test_an_article_in_two_of_them_is_read_as_one(stand: Stand) -> None:
    tree(stand, 3)
    stand.wikimedia.put_in("enwiki", "Article 0", categories=["Level 1", "Level 2"])
    reading = Reading(Categories(api(stand)).pages(EN, "Category:Level 0", 2))
    assert [page.title for page in await all_of(reading)] == ["Article 0", "Article 1", "Article 2"]
    assert reading.count == 3


async def test_a_redirect_to_a_category_is_that_category(stand: Stand) -> None:
    tree(stand, 1)
    stand.wikimedia.save("enwiki", "Category:Old", "Amara", redirect_to="Category:Level 0")
    assert await titles(stand, "Category:Old") == ["Article 0"]


async def test_a_category_that_says_by_a_template_where_it_went_is_the_other_one(stand: Stand) -> None:
    tree(stand, 1)
    stand.wikimedia.save("enwiki", "Category:Old", "Amara")
    stand.wikimedia.put_in(
        "enwiki", "Category:Old", templates=["Category redirect"], links=["Category:Level 0", "Help:Category"]
    )
    assert await titles(stand, "Category:Old") == ["Article 0"]


async def test_members_that_stay_behind_when_their_category_is_moved_count(stand: Stand) -> None:
    tree(stand, 2)
    stand.wikimedia.move("enwiki", "Category:Level 0", "Category:Ground", "Amara")
    assert await titles(stand, "Category:Level 0") == ["Article 0"]
    stand.wikimedia.save("enwiki", "Article", "Amara")
    stand.wikimedia.put_in("enwiki", "Article", categories=["Ground"])
    assert await titles(stand, "Category:Level 0") == ["Article 0", "Article"]
    stand.wikimedia.take_out("enwiki", "Article 0", categories=["Level 0"])
    assert await titles(stand, "Category:Level 0") == ["Article"]


async def test_categories_that_lead_to_one_another_come_to_an_end(stand: Stand) -> None:
    for title, to in (("Category:A", "Category:B"), ("Category:B", "Category:A")):
        stand.wikimedia.save("enwiki", title, "Amara")
        stand.wikimedia.put_in("enwiki", title, templates=["Category redirect"], links=[to])
    with pytest.raises(Unresolved, match="from category to category") as raised:
        await titles(stand, "Category:A")
    assert raised.value.reason is Reason.MISSING


async def test_a_redirect_out_of_the_categories_is_none(stand: Stand) -> None:
    stand.wikimedia.save("enwiki", "Category:A", "Amara", redirect_to="Elbe")
    with pytest.raises(Unresolved, match="“Category:A” leads to “Elbe”, which is no category"):
        await titles(stand, "Category:A")


async def test_a_category_that_is_not_there_is_an_error_but_one_without_a_page_is_none(stand: Stand) -> None:
    with pytest.raises(Unresolved) as raised:
        await titles(stand, "Category:Nothing", 3)
    assert (raised.value.reason, str(raised.value)) == (
        Reason.MISSING,
        "en.wikipedia.org has no “Category:Nothing”.",
    )
    stand.wikimedia.save("enwiki", "Elbe", "Amara")
    stand.wikimedia.put_in("enwiki", "Elbe", categories=["Red"])
    assert await titles(stand, "Category:Red") == ["Elbe"]


async def test_an_empty_category_has_no_pages(stand: Stand) -> None:
    stand.wikimedia.save("enwiki", "Category:Empty", "Amara")
    assert await titles(stand, "Category:Empty", 2) == []


async def test_a_subcategory_that_vanishes_meanwhile_is_left_out(stand: Stand) -> None:
    tree(stand, 3)
    walked = Categories(api(stand)).pages(EN, "Category:Level 0", 2)
    found = (await anext(walked)).pages
    stand.wikimedia.delete("enwiki", "Category:Level 1", "Amara")
    found += await pages_of(walked)
    assert [page.title for page in found] == ["Article 0"]


async def test_too_many_subcategories_are_refused(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    tree(stand, 5)
    monkeypatch.setattr(categories, "MOST_CATEGORIES", 3)
    assert len(await titles(stand, "Category:Level 0", 2)) == 3
    with pytest.raises(Unresolved, match="more than 3 subcategories to a depth of 9") as raised:
        await titles(stand, "Category:Level 0", 9)
    assert raised.value.reason is Reason.TOO_MANY


async def test_a_wiki_that_is_down_is_an_upstream_error(stand: Stand) -> None:
    stand.faults.api_status = 502
    with pytest.raises(UpstreamError, match=r"en\.wikipedia\.org cannot be asked now: HTTP 502"):
        await titles(stand, "Category:A")


async def test_a_list_that_goes_on_at_the_same_place_is_given_up() -> None:
    def respond(request: httpx.Request) -> httpx.Response:
        rows = [{"pageid": 1, "ns": 0, "title": "A"}]
        told: dict[str, object] = {"query": {"pages": []}}
        if "list" in request.url.params:
            told = {"query": {"categorymembers": rows}, "continue": {"cmcontinue": "x"}}
        return httpx.Response(200, json={"curtimestamp": "2026-09-27T16:17:12Z", **told})

    with pytest.raises(UpstreamError, match="does not go on"):
        await pages_of(Categories(answering(respond)).pages(EN, "Category:A", 0))

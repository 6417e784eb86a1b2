# SPDX-License-Identifier: GPL-3.0-or-later
"""Categories with depth, circles and redirects, and templates, as a real MediaWiki tells of them.

What is true is asked by SQL of the wiki's own tables of links.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass

import httpx
import pytest

from graph import wikis as known_wikis
from graph.programs import ScopeKind
from graph.scopes import Source, source
from graph.wikimedia.action_api import IN_FLIGHT, ActionApi
from graph.wikimedia.scopes.download import Service
from graph.wikimedia.scopes.pagepile import PagePile
from graph.wikimedia.scopes.petscan import PetScan
from graph.wikimedia.scopes.reading import Reason, ScopedPage, Unresolved
from graph.wikimedia.scopes.resolver import WikimediaScopes
from tests.mediawiki.mediawiki import Account, Wiki, serving
from tests.mediawiki.story import PAGE, revision
from tests.wikimedia.scopes.stage import all_of, wiki

AGENT = "ProgramsGraphTests/1.0 (tests@example.org)"
EN = wiki("enwiki")
MANY = 1_100  # two whole answers, and some

# Downwards from a category, level by level; a category without a page has members all the same.
_IN_CATEGORY = """
WITH RECURSIVE tree (title, level) AS (
    SELECT ?1, 0
    UNION
    SELECT CAST(p.page_title AS TEXT), t.level + 1
    FROM tree t JOIN categorylinks l ON CAST(l.cl_to AS TEXT) = t.title JOIN page p ON p.page_id = l.cl_from
    WHERE p.page_namespace = 14 AND t.level < ?2
)
SELECT DISTINCT p.page_id, p.page_namespace FROM tree t
JOIN categorylinks l ON CAST(l.cl_to AS TEXT) = t.title JOIN page p ON p.page_id = l.cl_from
WHERE p.page_namespace <> 14 ORDER BY 1
"""
_WITH_TEMPLATE = """
SELECT p.page_id, p.page_namespace FROM templatelinks l JOIN page p ON p.page_id = l.tl_from
JOIN linktarget t ON t.lt_id = l.tl_target_id
WHERE t.lt_namespace = 10 AND CAST(t.lt_title AS TEXT) = ?1 ORDER BY 1
"""


@dataclass
class Stand:
    """A wiki, somebody at work on it, and the reader of scopes beside it."""

    wiki: Wiki
    base: str
    ada: Account
    patroller: Account

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[WikimediaScopes]:
        async with httpx.AsyncClient() as client:
            api = ActionApi(client, self.base + "/w/{dbname}/api.php", AGENT, asyncio.Semaphore(IN_FLIGHT))
            nobody = Service(client, "http://127.0.0.1:9/", AGENT, name="Nobody")
            yield WikimediaScopes(api, PetScan(nobody), PagePile(nobody))

    async def pages(self, kind: ScopeKind, value: str, depth: int = 0) -> list[ScopedPage]:
        """The pages of a scope, given as somebody types it."""
        async with self.reading() as reader:
            given = source(kind, value, depth, await reader.sites.namespaces(EN))
            reading = reader.read(given)
            pages = await all_of(reading)
            assert reading.count == len({page.page_id for page in pages}) == len(pages)
            return sorted(pages, key=lambda page: page.page_id or 0)

    async def category(self, title: str, depth: int = 0) -> list[str]:
        return [page.title for page in await self.pages(ScopeKind.CATEGORY, title, depth)]

    def true(self, query: str, *given: object) -> list[tuple[int, int]]:
        with closing(sqlite3.connect(self.wiki.database)) as db:
            return [(number, namespace) for number, namespace in db.execute(query, given)]


@pytest.fixture(scope="module")
def stand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    folder = tmp_path_factory.mktemp("wikis")
    with serving(folder) as base:
        english = Wiki(folder, "enwiki", base)
        made = Stand(english, base, english.account("Ada"), english.patroller())
        build(made)
        yield made


def build(stand: Stand) -> None:
    """Four levels of rivers in a circle, ways that lead into them, and templates within templates."""
    save = stand.ada.save
    for level in range(4):
        below = f"[[Category:Level {level - 1}]]" if level else "[[Category:Level 3]]"
        save(f"Category:Level {level}", f"Rivers. {below} [[Category:Level {level}]]")
        save(f"River {level}", f"A river. [[Category:Level {level}]]")
        save(f"Talk:River {level}", f"A question. [[Category:Level {level}|*]]")
    save("River of two", "[[category:level_1]] [[Category: Level 3 |Two]]")
    save("User:Ada/Draft", "[[Category:Level 2]]")
    save("Category:Streams", "#REDIRECT [[Category:Level 2]]")
    save("Template:Category redirect", "This category has moved to [[:Category:{{{1}}}]].")
    save("Category:Brooks", "{{Category redirect|Level 1}}")
    save("Category:Empty", "Nothing is in it")
    save("Without a page", "[[Category:Nobody described it]]")
    save("Template:Box", "A box.<includeonly>[[Category:Boxed]]</includeonly>")
    save("Template:River box", "{{Box}} about rivers")
    save("Template:Old box", "#REDIRECT [[Template:River box]]")
    save("Boxed", "{{Box}}")
    save("Twice boxed", "{{River box}} {{Box}}")
    save("Boxed by an old name", "{{old box}}")
    save("Talk:Boxed", "{{Box}}")
    rivers = [PAGE.format(title=f"Brook {n:04}", revisions=brook(n)) for n in range(MANY)]
    for start in range(0, MANY, 550):
        stand.patroller.bring_in("".join(rivers[start : start + 550]))
    stand.wiki.run_jobs()


def brook(number: int) -> str:
    return revision("2020-01-01T10:00:00Z", "Ada", f"Brook {number} [[Category:Many]] {{{{Many}}}}")


@pytest.mark.parametrize("level", range(4))
@pytest.mark.parametrize("depth", [0, 1, 2, 3, 10])
async def test_a_category_has_what_the_wikis_own_tables_say_to_every_depth(
    stand: Stand, level: int, depth: int
) -> None:
    pages = await stand.pages(ScopeKind.CATEGORY, f"level {level}", depth)
    assert [(page.page_id, page.namespace) for page in pages] == stand.true(_IN_CATEGORY, f"Level_{level}", depth)
    assert len(pages) >= 2 * min(depth + 1, 4)


async def test_pages_of_all_namespaces_come_with_their_full_titles(stand: Stand) -> None:
    found = {(page.namespace, page.title) for page in await stand.pages(ScopeKind.CATEGORY, "Category:Level 2")}
    assert found == {(0, "River 2"), (1, "Talk:River 2"), (2, "User:Ada/Draft")}
    deep = await stand.category("Level 1", 10)
    assert sorted(set(deep)) == sorted(deep)
    assert "River of two" in deep


async def test_redirects_of_both_kinds_lead_to_the_other_category(stand: Stand) -> None:
    assert await stand.category("Streams", 1) == await stand.category("Level 2", 1)
    assert await stand.category("Brooks") == await stand.category("Level 1")


async def test_one_that_is_empty_one_without_a_page_and_one_that_is_not_there(stand: Stand) -> None:
    assert await stand.category("Empty", 3) == []
    assert await stand.category("Nobody described it") == ["Without a page"]
    with pytest.raises(Unresolved) as raised:
        await stand.category("Nobody has it", 3)
    assert raised.value.reason is Reason.MISSING


async def test_a_template_counts_where_it_is_used_directly_by_another_or_by_an_old_name(stand: Stand) -> None:
    for given, title in (("Box", "Box"), ("template:river_box", "River_box"), ("Old box", "River_box")):
        pages = await stand.pages(ScopeKind.TEMPLATE, given)
        assert [(page.page_id, page.namespace) for page in pages] == stand.true(_WITH_TEMPLATE, title)
    boxed = {page.title for page in await stand.pages(ScopeKind.TEMPLATE, "Box")}
    assert boxed >= {"Boxed", "Twice boxed", "Boxed by an old name", "Talk:Boxed", "Template:River box"}
    assert set(await stand.category("Boxed")) >= {"Boxed", "Twice boxed", "Boxed by an old name", "Talk:Boxed"}
    with pytest.raises(Unresolved) as raised:
        await stand.pages(ScopeKind.TEMPLATE, "No such box")
    assert raised.value.reason is Reason.MISSING


async def test_long_lists_are_read_to_their_end(stand: Stand) -> None:
    expected = [f"Brook {number:04}" for number in range(MANY)]
    assert sorted(await stand.category("Many", 10)) == expected
    assert sorted(page.title for page in await stand.pages(ScopeKind.TEMPLATE, "Many")) == expected


async def test_the_digest_changes_with_the_pages_and_not_by_itself(stand: Stand) -> None:
    given = Source(ScopeKind.CATEGORY, EN, "Category:Changing", 1)

    async def digest() -> str:
        async with stand.reading() as reader:
            reading = reader.read(given)
            await all_of(reading)
            return reading.digest

    stand.ada.save("Category:Changing", "It changes")
    stand.ada.save("First", "[[Category:Changing]]")
    first = await digest()
    assert await digest() == first
    stand.ada.save("First", "Another text [[Category:Changing]]")
    assert await digest() == first
    stand.ada.save("Second", "[[Category:Changing]]")
    second = await digest()
    assert second != first
    stand.ada.save("Second", "Gone from it")
    assert await digest() == first


async def test_what_is_done_to_pages_is_followed(stand: Stand) -> None:
    ada, patroller = stand.ada, stand.patroller
    ada.save("Category:Lively", "[[Category:Livelier]]")
    for title in ("Deleted", "Restored", "Moved", "Made a redirect"):
        ada.save(title, "[[Category:Lively]]")
    patroller.delete("Deleted")
    patroller.delete("Restored")
    patroller.move("Moved", "Draft:Moved")
    ada.save("Made a redirect", "#REDIRECT [[Nowhere]] [[Category:Lively]]")
    stand.wiki.run_jobs()
    assert set(await stand.category("Livelier", 1)) == {"Draft:Moved", "Made a redirect"}
    patroller.undelete("Restored")
    patroller.move("Category:Lively", "Category:Calm")
    stand.wiki.run_jobs()
    found = {(page.page_id, page.namespace) for page in await stand.pages(ScopeKind.CATEGORY, "Livelier", 2)}
    assert found == set(stand.true(_IN_CATEGORY, "Livelier", 2))
    assert set(await stand.category("Lively")) == {"Draft:Moved", "Made a redirect", "Restored"}


async def test_titles_are_followed_where_they_lead(stand: Stand) -> None:
    ada = stand.ada
    ada.save("Elbe", "A river")
    ada.save("Labe", "#REDIRECT [[Elbe]]")
    ada.save("Laba", "#REDIRECT [[Labe]]")
    ada.save("Round", "#REDIRECT [[And round]]")
    ada.save("And round", "#REDIRECT [[Round]]")
    ada.save("To nowhere", "#REDIRECT [[Not written yet]]")
    titles = ["elbe", "Labe", "Laba", "Talk:Elbe", "To nowhere", "Round", "Never heard of", "<no title>"]
    async with stand.reading() as reader:
        found = await reader.articles.located(EN, titles)
    assert {title: page.title for title, page in found.items()} | {"Round": ""} == {
        "elbe": "Elbe",
        "Labe": "Elbe",
        "Laba": "Elbe",
        "Talk:Elbe": "Talk:Elbe",
        "To nowhere": "Not written yet",
        "Round": "",
        "Never heard of": "Never heard of",
    }
    assert found["elbe"] == found["Labe"] == found["Laba"]
    assert found["elbe"].page_id is not None
    assert {title for title, page in found.items() if page.page_id is None} >= {"Talk:Elbe", "To nowhere"}


def test_the_wiki_is_one_that_is_known() -> None:
    assert known_wikis.wiki("enwiki") == EN

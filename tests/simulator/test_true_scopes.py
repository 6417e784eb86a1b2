# SPDX-License-Identifier: GPL-3.0-or-later
"""Which pages are truly in a scope, and that whoever asks the stand-in's services finds the same."""

from __future__ import annotations

import random

import pytest

from graph.programs import ScopeKind
from graph.scopes import Source
from graph.simulator.app import create_app
from graph.simulator.moderation import Wikimedia
from graph.simulator.saved_lists import SavedLists
from graph.simulator.truth import TruePages, in_category, with_template, with_titles
from graph.wikimedia.scopes.resolver import WikimediaScopes
from tests.simulator.serving import Stand
from tests.wikimedia.scopes.stage import DE, all_of, scopes

LEVELS = 4


def ids(wikimedia: Wikimedia, *titles: str, wiki: str = "enwiki") -> TruePages:
    return {(wiki, wikimedia.page(wiki, title).id) for title in titles}


def rivers(wikimedia: Wikimedia) -> None:
    for title in ("Elbe", "Talk:Elbe", "Saale", "Category:Rivers", "Category:Tributaries"):
        wikimedia.save("enwiki", title, "Amara")
    wikimedia.put_in("enwiki", "Elbe", categories=["Rivers"], templates=["Infobox river"])
    wikimedia.put_in("enwiki", "Saale", categories=["Tributaries"])
    wikimedia.put_in("enwiki", "Category:Tributaries", categories=["Rivers"])
    wikimedia.put_in("enwiki", "Category:Rivers", categories=["Tributaries"])  # a circle


def test_a_page_is_in_a_category_as_deep_as_it_is_looked_for(wikimedia: Wikimedia) -> None:
    rivers(wikimedia)
    assert in_category(wikimedia, "enwiki", "Category:Rivers") == ids(wikimedia, "Elbe")
    assert in_category(wikimedia, "enwiki", "Category:Rivers", 9) == ids(wikimedia, "Elbe", "Saale")
    assert in_category(wikimedia, "enwiki", "Category:Tributaries", 1) == ids(wikimedia, "Elbe", "Saale")
    assert in_category(wikimedia, "dewiki", "Kategorie:Rivers", 9) == set()


def test_pages_leave_and_come_back_with_what_happens_to_them(wikimedia: Wikimedia) -> None:
    rivers(wikimedia)
    deleted = ids(wikimedia, "Elbe")
    wikimedia.delete("enwiki", "Elbe", "Amara")
    assert in_category(wikimedia, "enwiki", "Category:Rivers", 1) == ids(wikimedia, "Saale")
    wikimedia.create("enwiki", "Elbe", "Amara")  # another page of that title, in no category
    assert in_category(wikimedia, "enwiki", "Category:Rivers", 1) == ids(wikimedia, "Saale")
    wikimedia.move("enwiki", "Elbe", "Elbe (ship)", "Amara", leave_redirect=False)
    wikimedia.undelete("enwiki", "Elbe", "Amara")
    assert in_category(wikimedia, "enwiki", "Category:Rivers") == ids(wikimedia, "Elbe") == deleted
    wikimedia.move("enwiki", "Elbe", "Labe", "Amara")
    assert in_category(wikimedia, "enwiki", "Category:Rivers") == ids(wikimedia, "Labe") == deleted
    wikimedia.move("enwiki", "Category:Tributaries", "Category:Confluents", "Amara", leave_redirect=False)
    assert in_category(wikimedia, "enwiki", "Category:Rivers", 9) == deleted  # nobody put Saale into the new one
    wikimedia.put_in("enwiki", "Saale", categories=["Confluents"])
    assert in_category(wikimedia, "enwiki", "Category:Rivers", 9) == deleted | ids(wikimedia, "Saale")
    wikimedia.take_out("enwiki", "Labe", categories=["Rivers"], username="Amara")
    assert in_category(wikimedia, "enwiki", "Category:Rivers") == set()


def test_templates_and_titles_are_followed_where_they_lead(wikimedia: Wikimedia) -> None:
    rivers(wikimedia)
    wikimedia.save("enwiki", "Template:Infobox river", "Amara")
    wikimedia.save("enwiki", "Template:River box", "Amara", redirect_to="Template:Infobox river")
    wikimedia.put_in("enwiki", "Saale", templates=["River box"])
    both = ids(wikimedia, "Elbe", "Saale")
    assert with_template(wikimedia, "enwiki", "Template:River box") == both
    assert with_template(wikimedia, "enwiki", "Template:Infobox river") == both
    wikimedia.save("enwiki", "Labe", "Amara", redirect_to="Elbe")
    titles = ["labe", "Talk:Elbe", "Nowhere"]
    assert with_titles(wikimedia, "enwiki", titles) == ids(wikimedia, "Elbe", "Talk:Elbe")
    assert with_titles(wikimedia, "enwiki", titles, followed=False) == ids(wikimedia, "Labe", "Talk:Elbe")


async def test_a_saved_query_of_a_category_finds_what_is_in_it_then(stand: Stand) -> None:
    rivers(stand.wikimedia)
    await stand.act("save_query", psid=3, wiki="enwiki", titles=["Talk:Elbe"], category="Category:Rivers", depth=1)
    asked = {"psid": "3", "format": "json", "output_compatability": "quick-intersection"}

    async def found() -> list[str]:
        answer = await stand.client.get(f"{stand.base}/petscan/", params=asked)
        return [page["page_title"] for page in answer.json()["pages"]]

    assert await found() == ["Elbe", "Elbe", "Saale"]  # the first in the namespace of talk pages
    await stand.act("take_out", wiki="enwiki", title="Saale", categories=["Tributaries"])
    await stand.act("delete", wiki="enwiki", title="Talk:Elbe", username="Amara")
    assert await found() == ["Elbe"]


def change(wikimedia: Wikimedia, chances: random.Random) -> None:
    """Anything that may happen to pages, categories and templates on dewiki."""
    page = chances.choice([page for page in wikimedia.pages.values() if page.wiki.dbname == "dewiki"])
    level, name = f"Ebene {chances.randrange(LEVELS)}", f"Seite {len(wikimedia.revisions)}"
    gone = [each for each in wikimedia.deleted.values() if ("dewiki", each.key) not in wikimedia.pages]

    def delete() -> None:
        wikimedia.delete("dewiki", page.key, "Greta")
        wikimedia.save("dewiki", name, "Greta")

    chances.choice(
        [
            lambda: wikimedia.put_in("dewiki", page.key, categories=[level]),
            lambda: wikimedia.put_in("dewiki", page.key, categories=[level], username="Greta"),
            lambda: wikimedia.put_in("dewiki", page.key, templates=[level], username="Greta"),
            lambda: wikimedia.take_out("dewiki", page.key, categories=[level], templates=[level]),
            lambda: wikimedia.move("dewiki", page.key, f"Kategorie:{name}" if page.namespace else name, "Greta"),
            delete,
            lambda: gone and wikimedia.undelete("dewiki", chances.choice(gone).key, "Greta"),
            lambda: wikimedia.save("dewiki", f"Weiter {name}", "Greta", redirect_to=page.key),
        ]
    )()


async def found_by(reader: WikimediaScopes, kind: ScopeKind, value: str, depth: int = 0) -> TruePages:
    pages = await all_of(reader.read(Source(kind, DE, value, depth)))
    return {("dewiki", page.page_id) for page in pages if page.page_id is not None}


@pytest.mark.parametrize("seed", range(6))
async def test_whoever_asks_the_services_finds_the_truth_whatever_happened(stand: Stand, seed: int) -> None:
    chances, wikimedia = random.Random(seed), stand.wikimedia
    for number in range(12):
        wikimedia.save("dewiki", f"Kategorie:Ebene {number}" if number < LEVELS else f"Seite {number}", "Greta")
    titles = [f"Seite {number}" for number in range(4, 24)]
    reader = scopes(stand)
    for _ in range(4):
        for _ in range(20):
            change(wikimedia, chances)
        wikimedia.find_page("dewiki", "Kategorie:Ebene 0") or wikimedia.save("dewiki", "Kategorie:Ebene 0", "Greta")
        wikimedia.find_page("dewiki", "Vorlage:Ebene 0") or wikimedia.save("dewiki", "Vorlage:Ebene 0", "Greta")
        top = wikimedia.page("dewiki", "Kategorie:Ebene 0")
        top.redirect_to = None
        await stand.act("save_query", psid=1, wiki="dewiki", titles=titles, category="Kategorie:Ebene 0", depth=1)
        await stand.act("save_pile", pile=1, wiki="dewiki", titles=titles)
        for depth in range(3):
            found = await found_by(reader, ScopeKind.CATEGORY, "Kategorie:Ebene 0", depth)
            assert found == in_category(wikimedia, "dewiki", "Kategorie:Ebene 0", depth)
        template = await found_by(reader, ScopeKind.TEMPLATE, "Vorlage:Ebene 0")
        assert template == with_template(wikimedia, "dewiki", "Vorlage:Ebene 0")
        listed = with_titles(wikimedia, "dewiki", titles, followed=False)
        queried = listed | in_category(wikimedia, "dewiki", "Kategorie:Ebene 0", 1)
        assert await found_by(reader, ScopeKind.PETSCAN, "1") == queried
        piled = await found_by(reader, ScopeKind.PAGEPILE, "1")
        assert piled == with_titles(wikimedia, "dewiki", titles)
    assert piled
    assert queried


def test_the_two_services_are_part_of_the_stand_in(wikimedia: Wikimedia) -> None:
    assert isinstance(create_app(wikimedia).state.saved_lists, SavedLists)

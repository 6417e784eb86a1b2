# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from graph import scopes as given
from graph.errors import UpstreamError
from graph.programs import ScopeKind
from graph.scopes import Source
from graph.wikimedia.scopes.reading import ScopedPage
from tests.simulator.serving import Stand
from tests.wikimedia.scopes.stage import DE, EN, all_of, noted, scopes


async def test_what_a_user_gives_becomes_pages_for_every_kind(stand: Stand) -> None:
    for title in ("Kategorie:Flüsse", "Kategorie:Flüsse in Sachsen", "Vorlage:Fluss", "Elbe", "Saale"):
        stand.wikimedia.save("dewiki", title, "Greta")
    stand.wikimedia.put_in("dewiki", "Kategorie:Flüsse in Sachsen", categories=["Flüsse"])
    stand.wikimedia.put_in("dewiki", "Elbe", categories=["Flüsse in Sachsen"])
    stand.wikimedia.put_in("dewiki", "Saale", templates=["Fluss"])
    await stand.act("save_query", psid=7, wiki="dewiki", titles=["Saale"])
    await stand.act("save_pile", pile=9, wiki="dewiki", titles=["Elbe"])
    resolver = scopes(stand)
    german = await resolver.sites.namespaces(DE)
    elbe, saale = ScopedPage(50000004, 0, "Elbe"), ScopedPage(50000005, 0, "Saale")
    for kind, value, depth, pages in (
        (ScopeKind.CATEGORY, "category:flüsse", 1, [elbe]),
        (ScopeKind.CATEGORY, "https://de.wikipedia.org/wiki/Kategorie:Fl%C3%BCsse", 0, []),
        (ScopeKind.TEMPLATE, "fluss", 0, [saale]),
        (ScopeKind.PETSCAN, "https://petscan.wmcloud.org/?psid=7", 0, [saale]),
        (ScopeKind.PAGEPILE, "https://pagepile.toolforge.org/api.php?id=9", 0, [elbe]),
    ):
        assert await all_of(resolver.read(given.source(kind, value, depth, german))) == pages


async def test_only_the_wiki_and_the_two_services_are_ever_asked(stand: Stand) -> None:
    await stand.act("save_query", psid=7, wiki="dewiki", titles=[])
    resolver, asked = scopes(stand), noted(stand)
    german = await resolver.sites.namespaces(DE)
    await all_of(resolver.read(given.source(ScopeKind.PETSCAN, "https://petscan.wmflabs.org/?psid=7", 0, german)))
    assert {str(request.url).partition("?")[0] for request in asked} == {
        f"{stand.base}/w/dewiki/api.php",
        f"{stand.base}/petscan/",
    }


async def test_assigned_articles_are_read_from_nobody(stand: Stand) -> None:
    with pytest.raises(ValueError, match="not to be read elsewhere"):
        scopes(stand).read(Source(ScopeKind.ASSIGNED_ARTICLES, EN, ""))


async def test_a_reading_bounds_what_may_come(stand: Stand) -> None:
    stand.wikimedia.save("enwiki", "Category:Rivers", "Amara")
    for title in ("A", "B"):
        stand.wikimedia.save("enwiki", title, "Amara")
        stand.wikimedia.put_in("enwiki", title, categories=["Rivers"])
    source = Source(ScopeKind.CATEGORY, EN, "Category:Rivers")
    assert len(await all_of(scopes(stand).read(source, most=2))) == 2
    with pytest.raises(UpstreamError, match="more than 1 articles"):
        await all_of(scopes(stand).read(source, most=1))


async def test_one_source_that_is_down_leaves_the_others(stand: Stand) -> None:
    stand.wikimedia.save("enwiki", "Category:Rivers", "Amara")
    await stand.act("faults", lists_status=503)
    resolver = scopes(stand)
    with pytest.raises(UpstreamError, match="PagePile cannot be asked now: it answered 503"):
        await all_of(resolver.read(Source(ScopeKind.PAGEPILE, EN, "9")))
    assert await all_of(resolver.read(Source(ScopeKind.CATEGORY, EN, "Category:Rivers"))) == []

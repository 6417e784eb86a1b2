# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import httpx
import pytest

from graph.errors import UpstreamError
from graph.titles import Title
from graph.wikimedia.scopes.sites import BELIEVED, Sites
from tests.simulator.serving import Stand
from tests.wikimedia.scopes.stage import DE, answering, api, noted, wiki


async def test_a_wiki_names_its_namespaces_in_its_own_language_and_in_english_and_by_aliases(stand: Stand) -> None:
    german = await Sites(api(stand)).namespaces(DE)
    for pasted in ("Kategorie:flüsse", "category:Flüsse", "https://de.wikipedia.org/wiki/Kategorie:Fl%C3%BCsse"):
        assert german.pasted(pasted) == Title(14, "Flüsse", "Kategorie:Flüsse")
    assert german.pasted("Bild:a.jpg") == Title(6, "A.jpg", "Datei:A.jpg")
    assert german.pasted("Image:a.jpg") == Title(6, "A.jpg", "Datei:A.jpg")
    assert german.pasted("Benutzerin:Greta") == Title(2, "Greta", "Benutzer:Greta")
    assert german.number("Spezial") is None
    assert german.number("Special") == -1


@pytest.mark.parametrize(
    ("dbname", "pasted", "prefixed"),
    [
        ("arwiki", "صورة:A.jpg", "ملف:A.jpg"),
        ("ruwiki", "к:Реки", "Категория:Реки"),
        ("eswiki", "category:ríos", "Categoría:Ríos"),
        ("enwiki", "WP:Sandbox", "Wikipedia:Sandbox"),
        ("wikidatawiki", "property:P31", "Property:P31"),
        ("wikidatawiki", "q42", "Q42"),
    ],
)
async def test_so_does_every_wiki(stand: Stand, dbname: str, pasted: str, prefixed: str) -> None:
    assert (await Sites(api(stand)).namespaces(wiki(dbname))).pasted(pasted).prefixed == prefixed


async def test_a_wiki_is_asked_once_a_day(stand: Stand) -> None:
    now = [0.0]
    sites, asked = Sites(api(stand), timer=lambda: now[0]), noted(stand)
    first = await sites.namespaces(DE)
    now[0] = BELIEVED - 1
    assert await sites.namespaces(DE) is first
    assert len(asked) == 1
    now[0] = BELIEVED
    await sites.namespaces(DE)
    assert len(asked) == 2


async def test_small_letters_count_where_the_wiki_says_so() -> None:
    site = {"namespaces": {"0": {"id": 0, "name": "", "case": "case-sensitive"}}}
    told = {"curtimestamp": "2026-09-27T16:17:12Z", "query": site}
    words = await Sites(answering(lambda _: httpx.Response(200, json=told))).namespaces(wiki("enwiktionary"))
    assert words.pasted("river").prefixed == "river"


async def test_a_wiki_that_cannot_be_asked_is_an_upstream_error(stand: Stand) -> None:
    stand.faults.api_status = 503
    with pytest.raises(UpstreamError):
        await Sites(api(stand)).namespaces(DE)

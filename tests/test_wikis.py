# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from graph.programs import Wiki
from graph.wikis import LANGUAGES, counts_words, find, wiki


@pytest.mark.parametrize(
    ("dbname", "domain", "project", "language"),
    [
        ("enwiki", "en.wikipedia.org", "wikipedia", "en"),
        ("nowiki", "no.wikipedia.org", "wikipedia", "no"),
        ("simplewiki", "simple.wikipedia.org", "wikipedia", "simple"),
        ("be_x_oldwiki", "be-tarask.wikipedia.org", "wikipedia", "be-tarask"),
        ("zh_min_nanwiki", "zh-min-nan.wikipedia.org", "wikipedia", "zh-min-nan"),
        ("zh_yuewiki", "zh-yue.wikipedia.org", "wikipedia", "zh-yue"),
        ("zh_classicalwiki", "zh-classical.wikipedia.org", "wikipedia", "zh-classical"),
        ("map_bmswiki", "map-bms.wikipedia.org", "wikipedia", "map-bms"),
        ("frwiktionary", "fr.wiktionary.org", "wiktionary", "fr"),
        ("zh_min_nanwikisource", "zh-min-nan.wikisource.org", "wikisource", "zh-min-nan"),
        ("dewikivoyage", "de.wikivoyage.org", "wikivoyage", "de"),
        ("arwikiversity", "ar.wikiversity.org", "wikiversity", "ar"),
        ("commonswiki", "commons.wikimedia.org", "commons", None),
        ("wikidatawiki", "www.wikidata.org", "wikidata", None),
        ("metawiki", "meta.wikimedia.org", "meta", None),
        ("specieswiki", "species.wikimedia.org", "species", None),
        ("mediawikiwiki", "www.mediawiki.org", "mediawiki", None),
        ("incubatorwiki", "incubator.wikimedia.org", "incubator", None),
        ("sourceswiki", "wikisource.org", "wikisource", None),
        ("wikimaniawiki", "wikimania.wikimedia.org", "wikimania", None),
        ("testwiki", "test.wikipedia.org", "wikipedia", None),
        ("test2wiki", "test2.wikipedia.org", "wikipedia", None),
        ("testwikidatawiki", "test.wikidata.org", "wikidata", None),
        ("foundationwiki", "foundation.wikimedia.org", "foundation", None),
        ("outreachwiki", "outreach.wikimedia.org", "outreach", None),
    ],
)
def test_a_database_name_means_one_wiki(dbname: str, domain: str, project: str, language: str | None) -> None:
    assert wiki(dbname) == Wiki(dbname, domain, project, language)


@pytest.mark.parametrize(
    "dbname", ["", "wiki", "xxwiki", "be_taraskwiki", "zh-yuewiki", "ENWIKI", "en_wiki", "enwikivoyag", "wikisource"]
)
def test_what_is_no_database_name_means_none(dbname: str) -> None:
    assert wiki(dbname) is None


def test_a_project_that_a_language_does_not_have_is_unknown() -> None:
    assert wiki("abwikivoyage") is None
    assert wiki("abwikinews") is None
    assert wiki("abwikiversity") is None


def test_every_language_has_a_wikipedia_whose_domain_leads_back_to_it() -> None:
    for language in LANGUAGES:
        found = find(f"{language}.wikipedia.org")
        assert found is not None
        assert wiki(found.dbname) == found


@pytest.mark.parametrize(
    ("text", "dbname"),
    [
        ("enwiki", "enwiki"),
        (" EN.Wikipedia.org ", "enwiki"),
        ("en.wikipedia", "enwiki"),
        ("en.m.wikipedia.org", "enwiki"),
        ("https://be-tarask.wikipedia.org/wiki/Мова", "be_x_oldwiki"),
        ("//fr.wiktionary.org/", "frwiktionary"),
        ("wikidata.org", "wikidatawiki"),
        ("www.wikidata.org", "wikidatawiki"),
        ("commons.wikimedia", "commonswiki"),
        ("wikisource.org", "sourceswiki"),
    ],
)
def test_an_organizer_may_write_a_wiki_in_many_ways(text: str, dbname: str) -> None:
    found = find(text)
    assert found is not None
    assert found.dbname == dbname


@pytest.mark.parametrize(
    "text",
    ["", "en", "wikipedia", "en.wikipedia.org.evil.example", "evil.org", "http://127.0.0.1/", "en.wikipedia.net", "\0",
     "a" * 5_000, "‮en.wikipedia.org"],
)  # fmt: skip
def test_what_is_no_wiki_is_not_found(text: str) -> None:
    assert find(text) is None


@pytest.mark.parametrize(
    ("dbname", "words"),
    [
        ("enwiki", True), ("viwiki", True), ("frwikisource", True), ("trwiki", True), ("arwiki", False),
        ("zhwiki", False), ("ruwiki", False), ("srwiki", False), ("hiwiki", False), ("wikidatawiki", False),
        ("testwikidatawiki", False), ("commonswiki", False),
    ],
)  # fmt: skip
def test_words_are_estimated_for_one_language_in_latin_letters(dbname: str, words: bool) -> None:
    found = wiki(dbname)
    assert found is not None
    assert counts_words(found) is words

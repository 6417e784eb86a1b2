# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from graph import wikis
from graph.errors import ErrorCode, UserFault
from graph.programs import Wiki
from graph.titles import CATEGORY, TEMPLATE, Namespace, Namespaces, Title, wiki_of


def wiki(dbname: str) -> Wiki:
    found = wikis.wiki(dbname)
    assert found is not None
    return found


GERMAN = Namespaces(
    wiki("dewiki"),
    [
        Namespace(-1, "Spezial", "Special"),
        Namespace(0, ""),
        Namespace(1, "Diskussion", "Talk"),
        Namespace(2, "Benutzer", "User", ("Benutzerin",)),
        Namespace(4, "Wikipedia", "Project", ("WP",)),
        Namespace(6, "Datei", "File", ("Bild", "Image")),
        Namespace(10, "Vorlage", "Template"),
        Namespace(14, "Kategorie", "Category"),
    ],
)
ARABIC = Namespaces(
    wiki("arwiki"), [Namespace(0, ""), Namespace(1, "نقاش", "Talk"), Namespace(14, "تصنيف", "Category")]
)
WORDS = Namespaces(
    wiki("enwiktionary"),
    [Namespace(0, "", first_letter=False), Namespace(2, "User", "User"), Namespace(14, "Category", "Category")],
)


@pytest.mark.parametrize(
    ("pasted", "namespace", "prefixed"),
    [
        ("Elbe", 0, "Elbe"),
        ("  elbe__bei  Dresden_ ", 0, "Elbe bei Dresden"),
        ("\u200eelbe\u2003bei\u00a0Dresden\u200f", 0, "Elbe bei Dresden"),
        ("Kategorie:flüsse", 14, "Kategorie:Flüsse"),
        ("category : flüsse", 14, "Kategorie:Flüsse"),
        ("CATEGORY:Flüsse", 14, "Kategorie:Flüsse"),
        ("bild:a.jpg", 6, "Datei:A.jpg"),
        ("Benutzerin:Greta", 2, "Benutzer:Greta"),
        ("project:Spielwiese", 4, "Wikipedia:Spielwiese"),
        ("wp:Spielwiese", 4, "Wikipedia:Spielwiese"),
        (":Elbe", 0, "Elbe"),
        (":Kategorie:Flüsse", 14, "Kategorie:Flüsse"),
        ("de:Elbe", 0, "Elbe"),
        (":de:Kategorie:Flüsse", 14, "Kategorie:Flüsse"),
        ("Star Trek: Voyager", 0, "Star Trek: Voyager"),
        ("Fl%C3%BCsse_in_Sachsen", 0, "Flüsse in Sachsen"),
        ("100%", 0, "100%"),
        ("AT&amp;T", 0, "AT&T"),
        ("Cafe\u0301", 0, "Café"),
        ("ßteiner", 0, "ßteiner"),
        ("[[Elbe]]", 0, "Elbe"),
        ("[[:Kategorie:Flüsse|Wasser]]", 14, "Kategorie:Flüsse"),
        ("[[Elbe#Quelle]]", 0, "Elbe"),
        ("https://de.wikipedia.org/wiki/Elbe", 0, "Elbe"),
        ("https://de.wikipedia.org/wiki/Elbe#Quelle", 0, "Elbe"),
        ("https://de.m.wikipedia.org/wiki/Kategorie:Fl%C3%BCsse?uselang=en", 14, "Kategorie:Flüsse"),
        ("//de.wikipedia.org/wiki/Elbe_(Fluss)", 0, "Elbe (Fluss)"),
        ("de.wikipedia.org/wiki/AC/DC", 0, "AC/DC"),
        ("HTTP://DE.wikipedia.org/w/index.php?title=Fl%C3%BCsse+a//b&oldid=7", 0, "Flüsse a//b"),
        ("https://de.wikipedia.org/wiki/C%2B%2B", 0, "C++"),
        ("https://de.wikipedia.org/wiki/100%25", 0, "100%"),
        ("Diskussion:Elbe", 1, "Diskussion:Elbe"),
        ("x" * 255, 0, "X" + "x" * 254),
    ],
)
def test_a_title_is_read_in_every_writing(pasted: str, namespace: int, prefixed: str) -> None:
    title = GERMAN.pasted(pasted)
    assert (title.namespace, title.prefixed) == (namespace, prefixed)


@pytest.mark.parametrize(
    ("pasted", "code", "message"),
    [
        ("", "INVALID", "A title is missing."),
        (" _ ", "INVALID", "A title is missing."),
        ("Kategorie:", "INVALID", "A title is missing."),
        ("::Elbe", "INVALID", "A title is missing."),
        ("a|b", "INVALID", "A title cannot have | in it; none has any of | # < > [ ] { }"),
        ("C#", "INVALID", "A title cannot have # in it; none has any of | # < > [ ] { }"),
        ("a<b", "INVALID", "A title cannot have < in it; none has any of | # < > [ ] { }"),
        ("a>b", "INVALID", "A title cannot have > in it; none has any of | # < > [ ] { }"),
        ("a[b", "INVALID", "A title cannot have [ in it; none has any of | # < > [ ] { }"),
        ("a]b", "INVALID", "A title cannot have ] in it; none has any of | # < > [ ] { }"),
        ("{{Fluss}}", "INVALID", "A title cannot have { in it; none has any of | # < > [ ] { }"),
        ("a}b", "INVALID", "A title cannot have } in it; none has any of | # < > [ ] { }"),
        ("a%7Cb", "INVALID", "A title cannot have | in it; none has any of | # < > [ ] { }"),
        ("a&lt;b", "INVALID", "A title cannot have < in it; none has any of | # < > [ ] { }"),
        ("a\x00b", "INVALID", "A title cannot have control characters in it; none has any of | # < > [ ] { }"),
        ("Fl%FCsse", "INVALID", "The title is not in UTF-8."),
        ("Fl\ufffdsse", "INVALID", "The title is not in UTF-8."),
        ("https://de.wikipedia.org/wiki/Fl%FCsse", "INVALID", "The title is not in UTF-8."),
        ("https://de.wikipedia.org/w/index.php?title=Fl%FCsse", "INVALID", "The address is not in UTF-8."),
        ("a%2541", "INVALID", "No page can have the title “a%41”."),
        ("..", "INVALID", "No page can have the title “..”."),
        ("./a", "INVALID", "No page can have the title “./a”."),
        ("a/../b", "INVALID", "No page can have the title “a/../b”."),
        ("a~~~", "INVALID", "No page can have the title “a~~~”."),
        ("x" * 256, "TOO_LONG", "A title has at most 255 bytes."),
        ("ü" * 128, "TOO_LONG", "A title has at most 255 bytes."),
        ("x" * 10_001, "TOO_LONG", "A title has at most 255 bytes."),
        ("Spezial:Suche", "INVALID", "A special page is no page that can be edited."),
        ("Talk:Bild:a", "INVALID", "A title cannot name two namespaces."),
        ("fr:Elbe", "INVALID", "“fr:” leads to another wiki than de.wikipedia.org."),
        ("d:Q42", "INVALID", "“d:” leads to another wiki than de.wikipedia.org."),
        (
            "https://fr.wikipedia.org/wiki/Elbe",
            "INVALID",
            "This address is on fr.wikipedia.org, not on de.wikipedia.org.",
        ),
        ("https://example.org/wiki/Elbe", "UNKNOWN_WIKI", "This address is of no wiki of Wikimedia."),
        ("https://de.wikipedia.org.example.com/wiki/Elbe", "UNKNOWN_WIKI", "This address is of no wiki of Wikimedia."),
        ("https://de.wikipedia/wiki/Elbe", "UNKNOWN_WIKI", "This address is of no wiki of Wikimedia."),
        ("https://dewiki/wiki/Elbe", "UNKNOWN_WIKI", "This address is of no wiki of Wikimedia."),
        ("https://de.wikipedia.org@127.0.0.1/wiki/Elbe", "UNKNOWN_WIKI", "This address is of no wiki of Wikimedia."),
        ("https://me@de.wikipedia.org/wiki/Elbe", "UNKNOWN_WIKI", "This address is of no wiki of Wikimedia."),
        ("https://de.wikipedia.org:8080/wiki/Elbe", "UNKNOWN_WIKI", "This address is of no wiki of Wikimedia."),
        ("https://[::1/wiki/Elbe", "INVALID", "This is no address."),
        ("https://de.wikipedia.org/", "INVALID", "The address has no title in it."),
        ("https://de.wikipedia.org/wiki/", "INVALID", "The address has no title in it."),
        ("https://de.wikipedia.org/w/index.php?curid=7", "INVALID", "The address has no title in it."),
    ],
)
def test_what_can_be_no_title_is_refused_with_a_reason(pasted: str, code: str, message: str) -> None:
    with pytest.raises(UserFault) as raised:
        GERMAN.pasted(pasted, "value")
    fault = raised.value
    assert (fault.code, str(fault), fault.field) == (ErrorCode(code), message, ("value",))


def test_half_a_character_is_no_text() -> None:
    with pytest.raises(UserFault, match="not in UTF-8"):
        GERMAN.pasted("Fl\ud83dsse")


def test_a_title_without_a_namespace_is_of_the_one_that_is_meant() -> None:
    assert GERMAN.pasted("flüsse", namespace=CATEGORY) == Title(14, "Flüsse", "Kategorie:Flüsse")
    assert GERMAN.pasted("Datei:a", namespace=TEMPLATE) == Title(6, "A", "Datei:A")
    assert GERMAN.pasted(":Elbe", namespace=TEMPLATE) == Title(0, "Elbe", "Elbe")
    # An address says all of it.
    assert GERMAN.pasted("https://de.wikipedia.org/wiki/Elbe", namespace=CATEGORY) == Title(0, "Elbe", "Elbe")


def test_names_in_other_scripts_are_read_and_english_ones_too() -> None:
    wanted = Title(14, "أنهار", "تصنيف:أنهار")
    for pasted in (
        "تصنيف:أنهار",
        "Category:أنهار",
        "https://ar.wikipedia.org/wiki/%D8%AA%D8%B5%D9%86%D9%8A%D9%81:أنهار",
    ):
        assert ARABIC.pasted(pasted) == wanted


def test_a_dictionary_keeps_small_letters_but_not_in_names_of_users() -> None:
    assert WORDS.pasted("river").prefixed == "river"
    assert WORDS.pasted("user:amara").prefixed == "User:Amara"


def test_a_wiki_in_two_scripts_has_addresses_for_each() -> None:
    chinese = Namespaces(wiki("zhwiki"), [Namespace(0, "")])
    assert chinese.pasted("https://zh.wikipedia.org/zh-tw/%E9%95%BF%E6%B1%9F").prefixed == "长江"


def test_a_discussion_is_not_its_article() -> None:
    article, talk = GERMAN.pasted("Elbe"), GERMAN.pasted("Diskussion:Elbe")
    assert (article.is_talk, talk.is_talk, article == talk, talk.text) == (False, True, False, "Elbe")


def test_a_listed_title_is_not_decoded_a_second_time() -> None:
    assert GERMAN.listed("Elbe_&_Saale").prefixed == "Elbe & Saale"
    with pytest.raises(UserFault, match="No page"):
        GERMAN.listed("Fl%C3%BCsse")


def test_a_number_and_a_text_are_a_title_where_the_wiki_has_that_namespace() -> None:
    assert GERMAN.title(14, "flüsse_in_Sachsen") == Title(14, "Flüsse in Sachsen", "Kategorie:Flüsse in Sachsen")
    assert GERMAN.title(146, "L1") is None


def test_a_local_name_wins_over_an_alias_of_another_namespace() -> None:
    names = Namespaces(wiki("ruwiki"), [Namespace(2, "У"), Namespace(10, "Ш", aliases=("у",)), Namespace(0, "")])
    assert names.number("у") == 2
    assert names.number("") is None


def test_the_wiki_of_an_address_is_found_and_a_plain_title_has_none() -> None:
    assert wiki_of("https://ar.m.wikipedia.org/wiki/A") == wiki("arwiki")
    assert wiki_of("www.wikidata.org/wiki/Q42") == wiki("wikidatawiki")
    assert wiki_of("Elbe") is None
    with pytest.raises(UserFault, match="no wiki of Wikimedia"):
        wiki_of("https://127.0.0.1/wiki/A")

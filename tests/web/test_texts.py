# SPDX-License-Identifier: GPL-3.0-or-later
"""The messages, and how they are said."""

from __future__ import annotations

import json
import re
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from markupsafe import Markup

from graph.web import texts as module
from graph.web.texts import I18N, LANGUAGES, PLURALS, Texts, texts

OTHERS = [language for language in LANGUAGES if language != "en"]
AREAS = ("page", "live", "embed", "console", "a11y")
TEMPLATE = re.compile(r"\{\{(\w+):(\$\d)\|([^{}]*)\}\}")
WEB = Path(module.__file__).parent


def messages(language: str) -> dict[str, str]:
    return {
        key: text for key, text in json.loads((I18N / f"{language}.json").read_text("utf-8")).items() if key[0] != "@"
    }


def places(text: str) -> set[str]:
    return set(re.findall(r"\$\d", text))


def test_every_language_has_every_message_and_no_other() -> None:
    expected = set(messages("en"))
    assert {name for name in (*OTHERS, "qqq") if set(messages(name)) != expected} == set()


def test_every_message_is_named_by_its_area_and_explained() -> None:
    assert [key for key in messages("en") if not re.fullmatch(rf"({'|'.join(AREAS)})(-[a-z0-9]+)+", key)] == []
    assert [key for key, text in messages("qqq").items() if len(text) < 5] == []


@pytest.mark.parametrize("language", OTHERS)
def test_a_translation_has_the_places_of_the_english_message(language: str) -> None:
    english = messages("en")
    # What is counted may be in words: Arabic has one for "two edits".
    assert {
        key: places(text) ^ places(english[key])
        for key, text in messages(language).items()
        if places(text) != places(english[key])
    } == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_templates_are_known_closed_and_have_no_more_forms_than_the_language(language: str) -> None:
    most = len(texts(language)._forms)
    for key, text in messages(language).items():
        found = TEMPLATE.findall(text)
        assert "{{" not in TEMPLATE.sub("", text), key
        assert "}}" not in TEMPLATE.sub("", text), key
        for kind, _, forms in found:
            assert kind in ("PLURAL", "GENDER"), key
            assert kind != "PLURAL" or 2 <= len(forms.split("|")) <= most, key


@pytest.mark.parametrize("language", OTHERS)
def test_translations_are_no_copies_of_the_english_text(language: str) -> None:
    english = messages("en")
    same = Counter(
        text == english[key] and len(re.findall(r"[a-z]{2,}", text)) > 2 for key, text in messages(language).items()
    )
    assert same[True] == 0


@pytest.mark.parametrize("language", LANGUAGES)
def test_messages_hold_no_markup_and_no_control_characters(language: str) -> None:
    bad = re.compile("[<>\x00-\x1f\u202a-\u202e\u2066-\u2069]")
    assert {key: text for key, text in messages(language).items() if bad.search(text)} == {}


def test_every_key_that_a_page_says_is_a_message() -> None:
    used: set[str] = set()
    for path in [*WEB.rglob("*.html"), *WEB.rglob("*.py")]:
        used.update(re.findall(rf"\"((?:{'|'.join(AREAS)})(?:-[a-z0-9]+)+)\"", path.read_text("utf-8")))
    said = set(messages("en"))
    begun = {key.rpartition("-")[0] for key in said}  # of which a page chooses the rest
    assert {key for key in used if key.startswith("page-")} - said - begun == set()


@pytest.mark.parametrize(
    ("language", "number", "said"),
    [
        ("en", 1, "1 edit"),
        ("en", 0, "0 edits"),
        ("en", 12_345, "12,345 edits"),
        ("de", 12_345, "12.345 Bearbeitungen"),
        ("fr", 0, "0 modification"),
        ("fr", 2, "2 modifications"),
        ("pl", 1, "1 edycja"),
        ("pl", 3, "3 edycje"),
        ("pl", 12, "12 edycji"),
        ("pl", 22, "22 edycje"),
        ("ar", 0, "لا تعديلات"),
        ("ar", 2, "تعديلان"),
        ("ar", 7, "7 تعديلات"),
        ("ar", 11, "11 تعديلًا"),
        ("ar", 100, "100 تعديل"),
    ],
)
def test_a_count_takes_the_form_that_its_language_has_for_it(language: str, number: int, said: str) -> None:
    assert texts(language).say("page-count-edits", number) == said


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_form_of_a_plural_is_reached_without_an_error(language: str) -> None:
    speak = texts(language)
    for key, text in messages(language).items():
        if "{{PLURAL:$1" in text and places(text) <= {"$1"}:
            assert all(speak.say(key, number) for number in (0, 1, 2, 3, 5, 11, 21, 100, 1_000_000))
    assert set(speak._forms) <= set(PLURALS)


@pytest.fixture
def odd(monkeypatch: pytest.MonkeyPatch) -> Texts:
    said = {"x": "$2 before $1", "g": "{{GENDER:$1|his|her|their}} edit", "h": "{{GENDER:$1|his|her}} edit"}
    monkeypatch.setattr(module, "_read", lambda _: said)
    return Texts("en")


def test_what_is_given_stands_where_the_message_has_it_and_is_not_read_again(odd: Texts) -> None:
    assert odd.say("x", "$2 {{PLURAL:$1|a|b}}", "<b>") == "<b> before $2 {{PLURAL:$1|a|b}}"


def test_with_markup_the_rest_is_escaped(odd: Texts) -> None:
    assert odd.say("x", Markup("<bdi>Ada</bdi>"), "<script>") == Markup("&lt;script&gt; before <bdi>Ada</bdi>")


@pytest.mark.parametrize(("gender", "said"), [("male", "his"), ("female", "her"), ("unknown", "their")])
def test_gender_chooses_a_form_and_nobodys_is_supposed(odd: Texts, gender: str, said: str) -> None:
    assert odd.say("g", gender) == f"{said} edit"
    assert odd.say("h", "unknown") == "his edit"


def test_a_message_that_a_language_lacks_is_said_in_english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_read", lambda language: {"page-x": "here"} if language == "en" else {})
    assert Texts("pl").say("page-x") == "here"


def test_a_message_that_is_nowhere_is_an_error() -> None:
    with pytest.raises(KeyError):
        texts("en").say("page-nowhere")


def test_numbers_dates_and_shares_are_written_as_the_language_has_them() -> None:
    at = "2026-11-22T18:05:09+01:00"
    assert texts("en").moment(at) == "22 Nov 2026 17:05"
    assert texts("en").span(at, "2026-11-22T20:00:00Z") == "22 Nov 2026, 17:05–20:00"
    assert texts("en").span(at, "2026-11-23T20:00:00Z") == "22 Nov 2026 17:05 – 23 Nov 2026 20:00"
    assert texts("en").clock(at) == "17:05:09"
    assert texts("de").date(at) == "22. November 2026"
    assert texts("en").days("2026-11-01T00:00:00Z", "2026-11-30T23:59:59Z") == "1–30 Nov 2026"
    assert texts("en").days("2026-11-01T00:00:00Z", "2027-01-02T23:59:59Z") == "1 Nov 2026\u2009–\u20092 Jan 2027"
    assert texts("pl").days("2026-11-01T00:00:00Z", "2026-11-30T23:59:59Z") == "1–30 lis 2026"
    assert texts("en").days("2026-11-01T00:00:00Z", "2026-11-01T23:59:59Z") == "1 Nov 2026"
    assert texts("de").number(-1234.5) == "-1.234,5"
    assert texts("en").number(1234, signed=True) == "+1,234"
    assert texts("en").percent(0.951) == "95%"
    assert texts("en").listed(["a", "b", "c"]) == "a, b and c"
    assert texts("en").listed([Markup("<i>a</i>"), Markup("<i>b</i>")]) == Markup("<i>a</i> and <i>b</i>")
    assert texts("en").month(at) == "November 2026"
    assert texts("ar").month(at) == "نوفمبر 2026"


def test_only_arabic_is_written_from_the_right() -> None:
    assert {name: texts(name).direction for name in LANGUAGES if texts(name).direction == "rtl"} == {"ar": "rtl"}


def test_every_language_is_named_in_itself() -> None:
    assert [texts(name).name for name in LANGUAGES] == [
        "English", "العربية", "Deutsch", "Español", "Français", "Nederlands", "Polski", "Português",
    ]  # fmt: skip


def test_scripts_get_the_messages_of_their_areas_with_the_digits_to_use() -> None:
    bundle = texts("fr").bundle("page-count-")
    assert bundle["page-count-edits"] == "{{PLURAL:$1|$1 modification|$1 modifications}}"
    assert all(key.startswith("page-count-") for key in bundle)
    assert texts("en").tag == "en-GB-u-nu-latn"
    assert texts("ar").tag == "ar-u-nu-latn"


@pytest.mark.parametrize(
    ("language", "length", "said"),
    [
        ("en", {"seconds": 1}, "1 minute"),
        ("en", {"hours": 3, "minutes": 19, "seconds": 1}, "3 hours and 20 minutes"),
        ("en", {"minutes": 120}, "2 hours"),
        ("en", {"days": 2, "hours": 23}, "2 days"),
        ("en", {"seconds": -5}, "0 minutes"),
        ("pl", {"hours": 3, "minutes": 20}, "3 godziny i 20 minut"),
        ("ar", {"days": 5}, "5 أيام"),
    ],
)
def test_a_length_of_time_is_said_in_days_or_in_hours_and_minutes(
    language: str, length: dict[str, int], said: str
) -> None:
    assert texts(language).lasting(timedelta(**length)) == said

# SPDX-License-Identifier: GPL-3.0-or-later
"""What the API says of a fault, in the reader's language."""

from __future__ import annotations

from graph.web.asking import Fault
from graph.web.faults import said
from graph.web.texts import texts


def test_a_text_of_the_api_is_said_in_the_readers_language_with_what_is_in_it() -> None:
    fault = Fault("TOO_LONG", ("title",), "This has 230 characters; at most 200 are allowed.")
    assert said(texts("de"), fault) == "Das sind 230 Zeichen; höchstens 200 sind erlaubt."
    assert said(texts("en"), fault) == fault.message


def test_what_was_typed_is_part_of_the_text_whatever_it_is() -> None:
    fault = Fault("UNKNOWN_USER", ("username",), "No account on the wikis is called $1 <b>.\nX.")
    assert said(texts("fr"), fault) == "Aucun compte des wikis ne s’appelle $1 <b>.\nX."


def test_a_text_that_is_not_known_is_said_by_its_code_and_in_english_word_for_word() -> None:
    fault = Fault("TAKEN", ("title",), "There is a program X already: change title or term.")
    assert said(texts("pl"), fault) == "Taka nazwa już istnieje: wybierz inną."
    assert said(texts("en"), fault) == fault.message


def test_a_code_that_is_not_known_leaves_the_text_as_it_is() -> None:
    assert said(texts("ar"), Fault("NEWER", (), "Something new.")) == "Something new."

# SPDX-License-Identifier: GPL-3.0-or-later
"""Names as people paste them."""

from __future__ import annotations

import pytest

from graph.web.asking import Fault
from graph.web.console.pasting import Pasted, names_in


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("", []),
        (" \n\t\r\n \u2028", []),
        ("Ada", ["Ada"]),
        ("Ada\nBen Okri\r\nChloé", ["Ada", "Ben Okri", "Chloé"]),
        ("Ada\tBen\u2028Chloé", ["Ada", "Ben", "Chloé"]),
        ("Ada, Ben Okri;Chloé,", ["Ada", "Ben Okri", "Chloé"]),
        ("أمارا، بن؛ كلوي", ["أمارا", "بن", "كلوي"]),
        ("清少納言、紫式部", ["清少納言", "紫式部"]),
        ("Smith, John\nDoe, Jane", ["Smith, John", "Doe, Jane"]),
        ("[[User:Smith, John]]", ["[[User:Smith, John]]"]),
        ("[[User:Ada]], [[User:Ben]]", ["[[User:Ada]]", "[[User:Ben]]"]),
        ("* Ada\n* Ben\n", ["Ada", "Ben"]),
        ("- Ada\n– Ben\n• Chloé", ["Ada", "Ben", "Chloé"]),
        ("# [[User:Ada]]\n# [[User:Ben]]", ["[[User:Ada]]", "[[User:Ben]]"]),
        ("1. Ada\n2. Ben", ["Ada", "Ben"]),
        ("1) Ada\n(2) Ben", ["Ada", "Ben"]),
        ("1. Ada\nBen", ["1. Ada", "Ben"]),
        ("1. FC Köln fan", ["1. FC Köln fan"]),
        ("* Ada", ["Ada"]),
        ("*Ada\n*Ben", ["*Ada", "*Ben"]),
        ("User:Ada_Lovelace\nUser talk:Ben", ["User:Ada_Lovelace", "User talk:Ben"]),
    ],
)
def test_each_line_is_a_name_and_a_single_line_is_divided(text: str, names: list[str]) -> None:
    assert names_in(text) == names


def test_what_became_of_names_is_told_by_the_place_where_each_stood() -> None:
    pasted = Pasted.of("P1", {"names": "Ada\nBen\nChloé\nDora", "session": "S1"})
    faults = (Fault("UNKNOWN_USER", ("usernames", "2"), "unknown"), Fault("ALREADY_ENROLLED", ("usernames", "1"), "in"))
    outcome = pasted.became(["Ada"], ["Dora"], faults, changed=True)
    assert (outcome.added, outcome.pending, outcome.there) == (("Ada",), ("Dora",), ("Ben",))
    assert [(name, fault.code) for name, fault in outcome.refused] == [("Chloé", "UNKNOWN_USER")]
    assert pasted.given(show=False) == {
        "programId": "P1",
        "usernames": ["Ada", "Ben", "Chloé", "Dora"],
        "showNames": False,
        "sessionId": "S1",
    }


def test_a_fault_that_is_not_that_of_one_name_refuses_them_all() -> None:
    pasted = Pasted.of("P1", {"names": "Ada"})
    assert pasted.refusal([Fault("UNKNOWN_USER", ("usernames", "0"), "unknown")]) is None
    refusal = pasted.refusal(
        [Fault("TOO_MANY", ("usernames",), "too many"), Fault("UNKNOWN_USER", ("usernames", "0"), "")]
    )
    assert refusal is not None
    assert [(fault.code, fault.field) for fault in refusal.faults] == [("TOO_MANY", ("usernames",))]
    assert refusal.places["usernames"] == "names"

# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from graph.errors import ErrorCode
from graph.programs import PasscodePolicy
from graph.resolvers.form import LONGEST_WINDOW, Form, Refused, cleaned, slug

DAY = datetime(2026, 5, 1, tzinfo=UTC)


def faults(form: Form) -> list[tuple[ErrorCode, tuple[str, ...] | None]]:
    return [(fault.code, fault.field) for fault in form.faults]


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("  Women   in Red ", "Women in Red"),
        ("نساء\u200f بالأحمر", "نساء بالأحمر"),
        ("a\u202eb\u2066c\ufeff", "abc"),
        ("Cafe\u0301", "Café"),
        ("می‌خواهم", "می‌خواهم"),  # a zero-width non-joiner is spelling
        ("👩‍🔬 day", "👩‍🔬 day"),
        ("one\u2028two", "one two"),
    ],
)
def test_a_line_is_stored_without_what_nobody_sees(text: str, stored: str) -> None:
    assert cleaned(text) == stored


@pytest.mark.parametrize("text", ["a\0b", "a\nb", "a\tb", "\x1b[31m", "a\ud800", "\x85"])
def test_a_line_has_no_control_characters_and_no_halves(text: str) -> None:
    assert cleaned(text) is None


def test_prose_keeps_its_lines() -> None:
    assert cleaned(" one\r\ntwo\rthree\tfour ", lines=True) == "one\ntwo\nthree\tfour"


@pytest.mark.parametrize("text", ["", "   ", "\u200e", "\u200b", "\u200d"])
def test_a_line_must_say_something(text: str) -> None:
    form = Form({"title": text})
    form.line("title")
    assert faults(form) == [(ErrorCode.INVALID, ("title",))]


def test_a_line_may_be_as_long_as_allowed_and_no_longer() -> None:
    form = Form({"fits": "ж" * 200, "long": "ж" * 201})
    assert form.line("fits") == "ж" * 200
    form.line("long")
    assert faults(form) == [(ErrorCode.TOO_LONG, ("long",))]


def test_all_faults_are_told_together() -> None:
    form = Form({"title": None, "description": "\0"})
    form.line("title")
    form.prose("description")
    form.choice("policy", PasscodePolicy.NONE)
    with pytest.raises(Refused) as refused:
        form.check()
    assert [fault.field for fault in refused.value.faults] == [("title",), ("description",)]


def test_null_is_refused_where_a_value_is_needed_and_absent_is_the_default() -> None:
    form = Form({"policy": None, "flag": None})
    assert form.choice("other", PasscodePolicy.RANDOM) is PasscodePolicy.RANDOM
    assert form.flag("another", default=True) is True
    form.choice("policy", PasscodePolicy.RANDOM)
    form.flag("flag", default=True)
    assert faults(form) == [(ErrorCode.INVALID, ("policy",)), (ErrorCode.INVALID, ("flag",))]


@pytest.mark.parametrize(
    ("end", "code"),
    [
        (DAY, None),
        (DAY + LONGEST_WINDOW, None),
        (DAY - timedelta(seconds=1), ErrorCode.INVALID),
        (DAY + LONGEST_WINDOW + timedelta(seconds=1), ErrorCode.INVALID),
    ],
)
def test_a_window_is_in_order_and_at_most_ten_years(end: datetime, code: ErrorCode | None) -> None:
    form = Form({"start": DAY, "end": end})
    form.window("start", "end")
    assert faults(form) == ([] if code is None else [(code, ("end",))])


def test_half_a_window_is_fine_where_both_ends_may_be_absent() -> None:
    form = Form({"end": DAY})
    assert form.window_or_none("start", "end") == (None, DAY)
    assert faults(form) == []


@pytest.mark.parametrize(
    ("wikis", "fault"),
    [
        (None, (ErrorCode.INVALID, ("wikis",))),
        ([], (ErrorCode.INVALID, ("wikis",))),
        ([{"wiki": "enwiki"}] * 501, (ErrorCode.TOO_MANY, ("wikis",))),
        ([{"wiki": "enwiki"}, {"wiki": "nowhere"}], (ErrorCode.UNKNOWN_WIKI, ("wikis", "1", "wiki"))),
        ([{"wiki": "en\ud800"}], (ErrorCode.UNKNOWN_WIKI, ("wikis", "0", "wiki"))),
        ([{"wiki": "enwiki", "namespaces": None}], (ErrorCode.INVALID, ("wikis", "0", "namespaces"))),
        ([{"wiki": "enwiki", "namespaces": []}], (ErrorCode.INVALID, ("wikis", "0", "namespaces"))),
        ([{"wiki": "enwiki", "namespaces": [0, -1]}], (ErrorCode.INVALID, ("wikis", "0", "namespaces"))),
        ([{"wiki": "enwiki", "namespaces": [65_536]}], (ErrorCode.INVALID, ("wikis", "0", "namespaces"))),
        ([{"wiki": "enwiki", "namespaces": list(range(101))}], (ErrorCode.TOO_MANY, ("wikis", "0", "namespaces"))),
    ],
)
def test_tracked_wikis_are_known_and_have_namespaces(wikis: Any, fault: tuple[ErrorCode, tuple[str, ...]]) -> None:
    form = Form({"wikis": wikis})
    form.tracked_wikis("wikis")
    assert faults(form) == [fault]


def test_a_wiki_named_twice_is_tracked_once_with_all_its_namespaces() -> None:
    form = Form({"wikis": [{"wiki": "enwiki", "namespaces": [2]}, {"wiki": "en.wikipedia.org", "namespaces": [0, 2]}]})
    (tracked,) = form.tracked_wikis("wikis")
    assert (tracked.wiki.dbname, tracked.namespaces) == ("enwiki", (0, 2))


@pytest.mark.parametrize(
    ("parts", "made"),
    [
        (("Wikimedia Belgium", "Edit-a-thon!", "Spring 2026"), "Wikimedia_Belgium-Edit-a-thon-Spring_2026"),
        (("جامعة القاهرة", "تحرير", None), "جامعة_القاهرة-تحرير"),
        (("दिल्ली", "हिन्दी 2026", None), "दिल्ली-हिन्दी_2026"),
        (("北京", "編輯松", None), "北京-編輯松"),
        (("A/B", "..", "C#/?"), "A_B-C"),
        (("AC - DC", "🎉", None), "AC_DC"),
        (("🎉", "!!", None), ""),
    ],
)
def test_a_slug_is_one_path_segment_in_any_script(parts: tuple[str | None, ...], made: str) -> None:
    assert slug(*parts) == made

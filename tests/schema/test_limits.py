# SPDX-License-Identifier: GPL-3.0-or-later
"""What a document may ask, and that measuring it never takes longer than reading it."""

from __future__ import annotations

import pytest
from graphql import build_schema, get_introspection_query, parse

from graph.schema import limits
from graph.schema.limits import Limits, Measure, measure, refusal

SCHEMA = build_schema("type Query { hello: String viewer: String missing: String nested: Query }")


def measured(text: str) -> Measure:
    return measure(parse(text), SCHEMA)


def chain(length: int, *, twice: str) -> str:
    """Fragments of which each spreads the next twice: two to the power of ``length`` when written out."""
    links = " ".join(f"fragment F{n} on Query {{ {twice.replace('NEXT', f'...F{n + 1}')} }}" for n in range(length))
    return f"{{ ...F0 }} {links} fragment F{length} on Query {{ hello }}"


@pytest.mark.parametrize(
    ("text", "depth"),
    [
        ("{ hello }", 1),
        ("{ nested { hello } hello }", 2),
        ("{ ... { ... on Query { nested { hello } } } }", 2),
        ("{ nested { ...F } } fragment F on Query { nested { nested { hello } } }", 4),
        ("query A { hello } query B { nested { hello } }", 2),
        ("{ ...A } fragment A on Query { nested { ...B } } fragment B on Query { nested { ...A } }", 2),
        ("{ ...Unknown }", 0),
        ("fragment F on Query { hello }", 0),
    ],
)
def test_depth_counts_fields_through_fragments(text: str, depth: int) -> None:
    assert measured(text).depth == depth


def test_introspection_is_as_deep_as_it_needs_to_be() -> None:
    assert measured(get_introspection_query()).depth == 1


@pytest.mark.parametrize(
    ("text", "aliases"),
    [
        ("{ hello }", 0),
        ("{ a: hello b: hello }", 2),
        ("{ a: nested { b: hello } }", 2),
        ("{ x: nested { ...F } y: nested { ...F } } fragment F on Query { a: hello b: hello }", 6),
        ("query A { a: hello } query B { a: hello b: hello }", 2),
    ],
)
def test_aliases_count_wherever_a_fragment_is_spread(text: str, aliases: int) -> None:
    assert measured(text).aliases == aliases


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("{ hello viewer }", 2),
        ("{ nested { hello viewer } }", 3),
        ("{ nested { ...F } ...F } fragment F on Query { hello viewer }", 5),
    ],
)
def test_fields_count_with_fragments_written_out(text: str, fields: int) -> None:
    assert measured(text).fields == fields


@pytest.mark.parametrize(
    ("text", "directives"),
    [
        ("{ hello }", 0),
        ("query @a { hello @b ... @c { hello @d } ...F @e } fragment F on Query @f { hello @g }", 7),
        ("{ ...F nested { ...F } } fragment F on Query { hello @a @b }", 4),
        ("query ($n: Int @a) { hello }", 1),
        ("{ hello " + "@a " * 51 + "}", 51),
    ],
)
def test_directives_count_wherever_they_stand(text: str, directives: int) -> None:
    assert measured(text).directives == directives


@pytest.mark.parametrize(
    ("text", "comparisons"),
    [
        ("{ hello viewer missing }", 0),
        ("{ hello hello hello }", 3),
        ("{ a: hello a: viewer }", 1),
        ("{ hello ... { hello } ...F } fragment F on Query { hello }", 3),
        ("{ ...F ...F } fragment F on Query { hello }", 0),
        ("{ ...A ...B } fragment A on Query { ...C } fragment B on Query { ...C } fragment C on Query { hello }", 0),
        ("{ nested { hello viewer } nested { hello viewer } }", 4),
    ],
)
def test_comparisons_are_the_pairs_of_one_name_weighted_by_what_hangs_below(text: str, comparisons: int) -> None:
    assert measured(text).comparisons == comparisons


@pytest.mark.parametrize("length", [18, 25, 60])
@pytest.mark.parametrize(("twice", "sets"), [("NEXT NEXT", 1), ("a: nested { NEXT } b: nested { NEXT }", 3)])
def test_a_fragment_bomb_is_visited_once_per_selection_set(
    length: int, twice: str, sets: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    visited = []
    part = limits._part
    monkeypatch.setattr(limits, "_part", lambda selection_set: visited.append(selection_set) or part(selection_set))
    assert measured(chain(length, twice=twice)).fields >= 2**18
    assert len(visited) == sets * length + 2


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        (Measure(depth=15, aliases=30, fields=5_000, comparisons=5_000, directives=50), None),
        (
            Measure(directives=51),
            "The query is too large: 51 directives, fragments written out, at most 50 are allowed.",
        ),
        (Measure(depth=16), "The query is too large: 16 levels of nesting, at most 15 are allowed."),
        (Measure(aliases=31), "The query is too large: 31 aliases, at most 30 are allowed."),
        (
            Measure(fields=5_001),
            "The query is too large: 5001 fields, fragments written out, at most 5000 are allowed.",
        ),
        (
            Measure(comparisons=5_001),
            "The query is too large: 5001 comparisons of fields of one name, at most 5000 are allowed.",
        ),
    ],
)
def test_the_limit_exceeded_is_named_with_both_numbers(found: Measure, reason: str | None) -> None:
    assert refusal(found, Limits()) == reason

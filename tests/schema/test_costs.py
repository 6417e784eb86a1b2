# SPDX-License-Identifier: GPL-3.0-or-later
"""What a query costs: the values its answer may hold, with its variables, before anything is read."""

from __future__ import annotations

from typing import Any

import pytest
from graphql import build_schema, get_introspection_query, parse

from graph.schema import costs
from graph.schema.documents import Document, Documents, Refusal
from graph.schema.limits import Limits, measure
from graph.schema.root import sdl

SCHEMA = build_schema("""
    enum TimeBucket { MINUTE HOUR DAY WEEK MONTH }
    union Thing = Program | Point
    type Point { at: String edits: Int }
    type Editor { name: String programs(first: Int = 25, after: String): ProgramConnection }
    type ProgramEdge { cursor: String node: Program }
    type ProgramConnection { totalCount: Int edges: [ProgramEdge!]! nodes: [Program!]! }
    type Program {
        id: ID!
        tags: [String!]!
        facilitators: [Editor!]!
        parts(first: Int): ProgramConnection!
        timeline(bucket: TimeBucket!, from: String, to: String): [Point!]!
    }
    type Query {
        hello: String
        program(slug: String): Program
        programs(first: Int = 25): ProgramConnection!
        nodes(ids: [ID!]!): [Program]!
        things: [Thing!]!
    }
    type Mutation { rename(title: String): Program }
    type Subscription { program: Program }
""")


def cost(text: str, name: str | None = None, **variables: Any) -> int:
    document = Documents(SCHEMA, Limits()).understand(text)
    assert isinstance(document, Document), document
    operation = document.operation(name)
    assert operation is not None
    return operation.cost_of(variables)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{ hello }", 1),
        ("{ hello again: hello }", 2),
        ('{ program(slug: "x") { id tags } }', 3),
        # A connection has as many of everything below it as its `first` says; the list inside it is not longer still.
        ("{ programs(first: 2) { nodes { id } } }", 1 + 2 * (1 + 1)),
        ("{ programs(first: 2) { totalCount edges { cursor node { id } } } }", 1 + 2 * (1 + 1 + 1 + 1 + 1)),
        ("{ programs { nodes { id } } }", 1 + 25 * 2),
        ("{ programs(first: null) { nodes { id } } }", 1 + 25 * 2),
        ("{ programs(first: 0) { nodes { id } } }", 1),
        ("{ programs(first: 2) { nodes { parts(first: 3) { nodes { id } } } } }", 1 + 2 * (1 + 1 + 3 * 2)),
        # What is refused when it is read costs no more than the most that is allowed.
        ("{ programs(first: 99999999) { nodes { id } } }", 1 + 100 * 2),
        ("{ programs(first: -1) { nodes { id } } }", 1),
        # A list without `first` counts ten.
        ("{ program { facilitators { name } } }", 2 + 10),
        ("{ things { ... on Program { id } ... on Point { at edits } } }", 1 + 10 * 3),
        ('{ nodes(ids: ["a", "b", "c"]) { id } }', 1 + 3),
        # A timeline has the points that lie between its instants, or those of a year.
        (
            '{ program { timeline(bucket: DAY, from: "2026-01-01T00:00:00Z", to: "2026-01-30T23:00:00Z") { at } } }',
            2 + 30,
        ),
        ('{ program { timeline(bucket: DAY, from: "2026-01-01T00:00:00Z") { at } } }', 2 + 366),
        ("{ program { timeline(bucket: MONTH) { at } } }", 2 + 12),
        ('{ program { timeline(bucket: HOUR, from: "9", to: "2026-01-01T00:00:00Z") { at } } }', 2 + 1_500),
        ("mutation { rename { id } }", 2),
        ("subscription { program { id } }", 2),
        ("{ __typename }", 1),
        ("{ __schema { types { name } } }", 20_000),
        ('{ __type(name: "Query") { name } }', 500),
    ],
)
def test_a_query_costs_the_values_its_answer_may_hold(text: str, expected: int) -> None:
    assert cost(text) == expected


SPREAD = "query ($n: Int) { programs(first: $n) { ...F } } fragment F on ProgramConnection { nodes { id } }"
TIMELINE = """query ($b: TimeBucket!, $f: String, $t: String) {
    program { timeline(bucket: $b, from: $f, to: $t) { at } }
}"""


@pytest.mark.parametrize(
    ("text", "variables", "expected"),
    [
        (SPREAD, {"n": 7}, 1 + 7 * 2),
        (SPREAD, {}, 1 + 25 * 2),
        (SPREAD, {"n": None}, 1 + 25 * 2),
        (SPREAD, {"n": 10**30}, 1 + 100 * 2),
        (SPREAD, {"n": "many"}, 1 + 25 * 2),
        (SPREAD.replace("$n: Int", "$n: Int = 4"), {}, 1 + 4 * 2),
        (SPREAD.replace("$n: Int", "$n: Int = 4"), {"n": 5}, 1 + 5 * 2),
        ("query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", {"ids": ["a", "b"]}, 1 + 2),
        ("query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", {"ids": "a"}, 1 + 100),
        ('query ($id: ID!) { nodes(ids: ["a", $id]) { id } }', {"id": "b"}, 1 + 2),
        (TIMELINE, {"b": "WEEK", "f": "2026-01-01T00:00:00Z", "t": "2026-01-20T00:00:00Z"}, 2 + 4),
        (TIMELINE, {"b": "WEEK"}, 2 + 53),
        (TIMELINE, {"b": ["WEEK"]}, 2 + 1_500),
        (TIMELINE, {"b": "MONTH", "f": "2026-02-01T00:00:00Z", "t": "2026-01-01T00:00:00Z"}, 2),
    ],
)
def test_variables_decide_where_they_are_asked(text: str, variables: dict[str, Any], expected: int) -> None:
    assert cost(text, **variables) == expected


def test_each_operation_has_a_cost_of_its_own() -> None:
    text = """query A($n: Int = 2) { ...F } query B($n: Int = 3) { hello ...F }
        fragment F on Query { programs(first: $n) { nodes { id } } }"""
    assert (cost(text, "A"), cost(text, "B")) == (1 + 2 * 2, 1 + 1 + 3 * 2)


def test_a_number_of_many_digits_is_a_fault_of_the_document_and_no_accident() -> None:
    refused = Documents(SCHEMA, Limits()).understand(f"{{ programs(first: {'9' * 10_000}) {{ nodes {{ id }} }} }}")
    assert isinstance(refused, Refusal)
    assert refused.code == "GRAPHQL_VALIDATION_FAILED"


@pytest.mark.parametrize("length", [25, 60])
def test_the_cost_of_a_fragment_bomb_is_worked_out_once_a_fragment(
    length: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    links = "".join(
        f"fragment F{n} on Program {{ parts(first: $n) {{ nodes {{ ...F{n + 1} ...F{n + 1} }} }} ...F{n + 1} }}"
        for n in range(length)
    )
    text = f"query ($n: Int) {{ program {{ ...F0 }} }} {links} fragment F{length} on Program {{ id }}"
    asked = []
    monkeypatch.setitem(costs._RULES, "first", lambda given: asked.append(given) or 3)
    (found,) = measure(parse(text), SCHEMA).costs
    assert found.of({"n": 3}) == costs.SATURATED
    assert 0 < len(asked) <= length


def test_the_standard_introspection_may_be_asked_twice_in_a_document_and_not_more() -> None:
    assert cost(get_introspection_query()) == 20_000
    assert 2 * 20_000 <= Limits().cost < 3 * 20_000


WHOLE = build_schema(sdl())
NUMBERS, THEIRS = (" ".join(WHOLE.type_map[name].fields) for name in ("Metrics", "EditorMetrics"))  # type: ignore[attr-defined]
LARGE = {
    "a campaign's 100 programs and their numbers": (
        f'{{ campaign(slug: "x") {{ programs(first: 100) {{ nodes {{ id slug title metrics {{ {NUMBERS} }} }} }} }} }}'
    ),
    "25 programs and 20 editors of each, and all their numbers": (
        f"""{{ campaign(slug: "x") {{ programs(first: 25) {{ nodes {{ id title metrics {{ {NUMBERS} }}
            editors(first: 20) {{ edges {{ node {{ username }} metrics {{ {THEIRS} }} }} }} }} }} }} }}"""
    ),
    "a program's 100 articles with their editors": (
        """{ program(slug: "x") { articles(first: 100) { edges { node { id title url wiki { domain } } created
            bytesAdded editors { id username } } } } }"""
    ),
    "a campaign's numbers by wiki and 30 days of a timeline": (
        f"""{{ campaign(slug: "x") {{ metricsByWiki {{ wiki {{ dbname }} namespace metrics {{ {NUMBERS} }} }}
            timeline(bucket: DAY, from: "2026-11-01T00:00:00Z", to: "2026-11-30T00:00:00Z") {{ at edits }} }} }}"""
    ),
}


@pytest.mark.parametrize("query", LARGE.values(), ids=LARGE.keys())
def test_what_a_campaigns_page_asks_at_once_costs_at_most_half_of_what_it_may(query: str) -> None:
    document = Documents(WHOLE, Limits()).understand(query)
    assert isinstance(document, Document), document
    (operation,) = document.operations
    assert operation.cost_of(None) <= Limits().cost / 2

# SPDX-License-Identifier: GPL-3.0-or-later
"""How long answers hold, by what they select."""

from __future__ import annotations

import pytest
from graphql import GraphQLInterfaceType, GraphQLObjectType

from graph.schema.documents import Document, Documents
from graph.schema.lasting import FLEETING, LASTING, UNTIL_CHANGED
from graph.schema.limits import Limits
from graph.schema.root import schema

DAYS = 'from: "2026-01-01T00:00:00Z", to: "2026-01-31T00:00:00Z"'


def seconds(text: str) -> float:
    found = Documents(schema._schema, Limits()).understand(text)
    assert isinstance(found, Document), found
    return found.operations[0].seconds


def test_every_field_said_to_last_is_there() -> None:
    for name, fields in LASTING.items():
        kind = schema._schema.type_map[name]
        assert isinstance(kind, GraphQLObjectType | GraphQLInterfaceType)
        assert fields <= set(kind.fields), name


@pytest.mark.parametrize(
    "asked",
    [
        '{ campaign(slug: "a") { title programs(orderBy: TITLE) { nodes { slug metrics { totalEdits } } } } }',
        '{ program(slug: "a") { editors(orderBy: EDITS) { edges { node { id } metrics { edits } } } } }',
        '{ campaign(slug: "a") { programs(orderBy: NEWEST, filter: {search: "x"}) { totalCount } } }',
        f'{{ campaign(slug: "a") {{ timeline(bucket: DAY, {DAYS}) {{ at edits }} }} }}',
        'query ($a: DateTime!, $b: DateTime!) { campaign(slug: "a") {'
        " timeline(bucket: DAY, from: $a, to: $b) { at } } }",
    ],
)
def test_what_follows_from_numbers_and_rules_holds_until_they_change(asked: str) -> None:
    assert seconds(asked) == UNTIL_CHANGED


@pytest.mark.parametrize(
    "asked",
    [
        '{ program(slug: "a") { status } }',
        '{ program(slug: "a") { metrics { asOf } } }',
        '{ program(slug: "a") { ...part } } fragment part on Program { metrics { ... on Metrics { asOf } } }',
        '{ program(slug: "a") { editors { nodes { username } } } }',
        '{ program(slug: "a") { articles { nodes { title } } } }',
        '{ program(slug: "a") { activityCursor } }',
        '{ program(slug: "a") { timeline(bucket: DAY) { edits } } }',
        'query ($a: DateTime) { program(slug: "a") { timeline(bucket: DAY, from: $a, to: $a) { edits } } }',
        "{ programs(orderBy: RECENT_ACTIVITY) { totalCount } }",
        "{ programs { totalCount } }",
        "{ programs(filter: {status: ACTIVE}) { totalCount } }",
        "query ($f: ProgramFilter) { programs(filter: $f) { totalCount } }",
        "query ($o: ProgramOrder) { programs(orderBy: $o) { totalCount } }",
        "{ __schema { description } }",
    ],
)
def test_what_a_clock_or_a_wiki_may_change_unseen_holds_for_a_second(asked: str) -> None:
    assert seconds(asked) == FLEETING


def test_a_mutation_is_never_kept() -> None:
    assert seconds('mutation { leaveProgram(input: {programId: "x"}) { userErrors { code } } }') == 0

# SPDX-License-Identifier: GPL-3.0-or-later
"""Which fields say that everybody is told the same; what says nothing depends on the viewer."""

from __future__ import annotations

import inspect

import pytest
from graphql import GraphQLObjectType

from graph.schema.documents import Document, Documents
from graph.schema.fields import VIEWERS
from graph.schema.following import Followed
from graph.schema.limits import Limits
from graph.schema.root import schema

# Each of them was looked at: its value is read without asking who asks. Be sure of that before adding one.
EVERYBODYS = {
    "Campaign.shortUrl",
    "Program.facilitators",
    "Program.goals",
    "Program.nothingInScope",
    "Program.scopes",
    "Program.sessions",
    "Program.shortUrl",
    "Program.status",
    "Program.trackedWikis",
    "Program.update",
    "Program.volunteers",
    "Session.revision",
}


def test_no_field_that_knows_who_asks_is_everybodys_but_those_that_were_looked_at() -> None:
    found = set()
    for kind in schema._schema.type_map.values():
        if not isinstance(kind, GraphQLObjectType) or kind.name in ("Query", "Mutation", "Subscription"):
            continue
        for name, field in kind.fields.items():
            declared = field.extensions.get("strawberry-definition")
            if declared is None or declared.base_resolver is None:
                continue
            knows = "info" in inspect.signature(declared.base_resolver.wrapped_func).parameters
            if knows and not declared.metadata.get(VIEWERS, True):
                found.add(f"{kind.name}.{name}")
    assert found <= EVERYBODYS


def followed(selection: str, field: str = 'programActivity(slug: "s")') -> Followed:
    understood = Documents(schema._schema, Limits()).understand(f"subscription {{ {field} {{ {selection} }} }}")
    assert isinstance(understood, Document), understood
    found = understood.operations[0].followed
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("selection", "viewers"),
    [
        ("... on EditCounted { cursor edit { editor { username } article { title } } metrics { totalEdits } }", False),
        ("... on MilestoneReached { program { title goals { target } } goal { target } }", False),
        ("... on EditCounted { programs { title } }", True),
        ("... on MilestoneReached { program { viewerCan { edit } } }", True),
        ("... on MilestoneReached { program { passcode } }", True),
        ("... on MilestoneReached { program { invitationUrl } }", True),
        ("... on MilestoneReached { program { metrics { totalEdits } } }", True),
        ("... on EditCounted { edit { editor { programs { totalCount } } } }", True),
    ],
)
def test_a_selection_depends_on_the_viewer_if_one_field_in_it_does(selection: str, viewers: bool) -> None:
    assert followed(selection).viewers is viewers


def test_what_takes_a_cursor_is_a_log_and_the_cursor_is_no_part_of_it() -> None:
    plain = followed("__typename")
    resumed = followed("__typename", 'programActivity(slug: "s", after: "c")')
    assert plain.resumable
    assert plain.text == resumed.text
    assert not followed("version", 'programMetrics(slug: "s")').resumable
    assert plain.text != followed("__typename", 'programActivity(slug: "t")').text


@pytest.mark.parametrize(
    "query",
    [
        'subscription { ...Root } fragment Root on Subscription { programMetrics(slug: "s") { version } }',
        "subscription ($after: String!) { programActivity(slug: $after, after: $after) { __typename } }",
    ],
)
def test_what_cannot_be_told_from_the_text_alone_is_executed_alone(query: str) -> None:
    understood = Documents(schema._schema, Limits()).understand(query)
    assert isinstance(understood, Document), understood
    assert understood.operations[0].followed is None


def test_where_a_subscription_begins_is_read_from_its_text_or_variables_or_left_to_coercion() -> None:
    literal = followed("__typename", 'programActivity(slug: "s", after: "c")')
    nothing = followed("__typename")
    assert (literal.begins_at(None), nothing.begins_at(None)) == ("c", None)
    understood = Documents(schema._schema, Limits()).understand(
        'subscription ($after: String) { programActivity(slug: "s", after: $after) { __typename } }'
    )
    assert isinstance(understood, Document), understood
    found = understood.operations[0].followed
    assert found is not None
    assert (found.begins_at({"after": "d"}), found.begins_at({"after": None})) == ("d", None)
    odd: list[dict[str, object] | None] = [None, {}, {"after": 7}]
    for given in odd:
        with pytest.raises(LookupError):
            found.begins_at(given)

# SPDX-License-Identifier: GPL-3.0-or-later
"""Documents are understood once, and what is remembered is bounded."""

from __future__ import annotations

import pytest
from graphql import GraphQLSchema, OperationType, build_schema, get_introspection_query, validate

from graph.schema import documents as understanding
from graph.schema.documents import RULES, Document, Documents, Refusal
from graph.schema.limits import Limits


@pytest.fixture
def schema() -> GraphQLSchema:
    return build_schema("type Query { hello: String nested: Query } type Mutation { hello: String }")


@pytest.fixture
def documents(schema: GraphQLSchema) -> Documents:
    return Documents(schema, Limits(tokens=500), entries=3, characters=100)


def test_a_document_is_understood_once(documents: Documents) -> None:
    assert documents.understand("{ hello }") is documents.understand("{ hello }")
    assert documents.hits == 1


def test_the_least_recently_used_is_forgotten_first(documents: Documents) -> None:
    first = documents.understand("query A { hello }")
    for name in ("B", "C"):
        documents.understand(f"query {name} {{ hello }}")
    documents.understand("query A { hello }")
    documents.understand("query D { hello }")
    assert documents.understand("query A { hello }") is first
    assert len(documents) == 3
    hits = documents.hits
    documents.understand("query B { hello }")
    assert documents.hits == hits


def test_long_documents_leave_room_for_fewer(documents: Documents) -> None:
    for name in ("A", "B", "C"):
        documents.understand(f"query {name} {{ hello }}" + " " * 40)
    assert len(documents) == 1


def test_a_document_longer_than_all_room_is_executed_and_not_kept(documents: Documents) -> None:
    assert isinstance(documents.understand("{ hello }" + " " * 200), Document)
    assert len(documents) == 0


def test_a_refusal_is_not_kept(documents: Documents) -> None:
    assert isinstance(documents.understand("{ nope }"), Refusal)
    assert len(documents) == 0


@pytest.mark.parametrize(
    ("text", "name", "kind"),
    [
        ("{ hello }", None, OperationType.QUERY),
        ("mutation M { hello }", "M", OperationType.MUTATION),
        ("query A { hello } mutation B { hello }", "B", OperationType.MUTATION),
        ("query A { hello } mutation B { hello }", None, None),
        ("query A { hello }", "B", None),
        ("{ hello }", "", None),
    ],
)
def test_the_kind_is_that_of_the_operation_that_would_run(
    documents: Documents, text: str, name: str | None, kind: OperationType | None
) -> None:
    document = documents.understand(text)
    assert isinstance(document, Document)
    operation = document.operation(name)
    assert (None if operation is None else operation.kind) is kind


@pytest.mark.parametrize(
    ("text", "code", "errors"),
    [
        ("{", "GRAPHQL_PARSE_FAILED", 1),
        ("{" * 100_000, "GRAPHQL_PARSE_FAILED", 1),
        ("{ hello " * 100 + "}" * 100, "QUERY_TOO_LARGE", 1),
        ("{ nested " * 20 + "{ hello }" + "}" * 20, "QUERY_TOO_LARGE", 1),
        ("{" + "hello " * 200 + "}", "QUERY_TOO_LARGE", 1),
        ("{" + "hello " * 600 + "}", "GRAPHQL_PARSE_FAILED", 1),
        ("{ hello " + "@unknown " * 50 + "}", "GRAPHQL_VALIDATION_FAILED", 21),
        ("{ hello " + "@unknown " * 51 + "}", "QUERY_TOO_LARGE", 1),
        ("{ hello " + "@unknown " * 2_000 + "}", "GRAPHQL_PARSE_FAILED", 1),
        ("{ nope }", "GRAPHQL_VALIDATION_FAILED", 1),
    ],
)
def test_a_refusal_says_of_which_kind_it_is_and_lists_at_most_twenty_reasons(
    documents: Documents, text: str, code: str, errors: int
) -> None:
    refused = documents.understand(text)
    assert isinstance(refused, Refusal)
    assert (refused.code, len(refused.errors)) == (code, errors)


def test_a_document_is_read_and_validated_once_for_any_number_of_requests(
    schema: GraphQLSchema, monkeypatch: pytest.MonkeyPatch
) -> None:
    validated = []
    monkeypatch.setattr(understanding, "validate", lambda *a, **k: validated.append(a[2]) or validate(*a, **k))
    documents = Documents(schema, Limits())
    for _ in range(5):
        assert isinstance(documents.understand("{ a: hello nested { hello } }"), Document)
    assert (len(validated), documents.hits) == (1, 4)
    assert isinstance(documents.understand("{ hello }"), Document)
    # The same classes each time: a rule made for one request is what makes other caches miss.
    assert validated == [RULES, RULES]


def test_the_standard_introspection_is_within_the_limits(schema: GraphQLSchema) -> None:
    assert isinstance(Documents(schema, Limits()).understand(get_introspection_query()), Document)

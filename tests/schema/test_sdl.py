# SPDX-License-Identifier: GPL-3.0-or-later
"""What the API promises: the committed schema, the contract, and a description of everything."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from graphql import (
    BreakingChange,
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    ast_from_value,
    build_schema,
    find_breaking_changes,
    find_dangerous_changes,
    print_ast,
)

import graph.schema
from graph.schema.root import schema, sdl

COMMITTED = Path(graph.schema.__file__).parent / "schema.graphql"
CONTRACT = Path(__file__).parent / "contract.graphql"


def report(old: GraphQLSchema, new: GraphQLSchema) -> list[str]:
    """The changes from one schema to another, each with what it means for clients."""
    breaking = [f"breaking: {change.description}" for change in find_breaking_changes(old, new)]
    dangerous = [f"dangerous: {change.description}" for change in find_dangerous_changes(old, new)]
    reverse = find_breaking_changes(new, old)
    added = [f"additive: {_as_added(change)}" for change in reverse if "REMOVED" in change.type.name]
    return breaking + dangerous + added


def _as_added(change: BreakingChange) -> str:
    return change.description.replace("was removed", "was added")


def test_the_committed_schema_is_the_schema() -> None:
    committed = COMMITTED.read_text()

    if committed != sdl():
        changes = report(build_schema(committed), build_schema(sdl())) or ["additive: descriptions only"]
        changes.append("Commit the new schema: python -m graph schema > graph/schema/schema.graphql")
        pytest.fail("\n".join(changes))


def promises(promised: GraphQLSchema) -> Iterator[tuple[str, str]]:
    """Every name of a schema with what is promised of it."""
    for name, kind in promised.type_map.items():
        if isinstance(kind, GraphQLEnumType):
            yield from ((f"{name}.{value}", "value") for value in kind.values)
        if isinstance(kind, GraphQLUnionType):
            yield from ((f"{name} = {member.name}", "member") for member in kind.types)
        if isinstance(kind, GraphQLObjectType):
            yield from ((f"{name} implements {each.name}", "interface") for each in kind.interfaces)
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType):
            for field_name, field in kind.fields.items():
                yield f"{name}.{field_name}", f"{field.type}{_default(field)}"
                for argument_name, argument in getattr(field, "args", {}).items():
                    yield f"{name}.{field_name}({argument_name})", f"{argument.type}{_default(argument)}"


def _default(given: Any) -> str:
    literal = ast_from_value(given.default_value, given.type) if hasattr(given, "default_value") else None
    return "" if literal is None else f" = {print_ast(literal)}"


def test_the_whole_contract_is_in_the_schema_as_it_stands() -> None:
    ours = dict(promises(build_schema(sdl())))
    contract = dict(promises(build_schema(CONTRACT.read_text())))

    broken = {name: (promise, ours.get(name)) for name, promise in contract.items() if ours.get(name) != promise}
    assert broken == {}


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("type Query { a: Int b: Int }", "type Query { a: Int }", "breaking: Field Query.b was removed."),
        ("type Query { a: Int! }", "type Query { a: Int }", "breaking: Field Query.a changed type from Int! to Int."),
        ("type Query { a: Int }", "type Query { a: Int b: Int }", "additive: Field Query.b was added."),
        (
            "type Query { a: E } enum E { X }",
            "type Query { a: E } enum E { X Y }",
            "dangerous: Enum value E.Y was added.",
        ),
    ],
)  # fmt: skip
def test_a_change_is_called_breaking_dangerous_or_additive(old: str, new: str, expected: str) -> None:
    assert expected in report(build_schema(old), build_schema(new))


def described() -> Iterator[tuple[str, str | None]]:
    """Everything of the schema that can have a description."""
    for name, kind in schema._schema.type_map.items():
        if name.startswith("__"):
            continue
        yield name, kind.description
        if isinstance(kind, GraphQLEnumType):
            yield from ((f"{name}.{value}", found.description) for value, found in kind.values.items())
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType):
            for field_name, field in kind.fields.items():
                yield f"{name}.{field_name}", field.description
                for argument_name, argument in getattr(field, "args", {}).items():
                    yield f"{name}.{field_name}({argument_name})", argument.description


def test_everything_is_described() -> None:
    standard = {"Boolean", "Float", "ID", "Int", "String"}

    assert [name for name, text in described() if not text and name not in standard] == []


def test_no_description_is_left_in_the_form_of_the_source() -> None:
    assert [name for name, text in described() if text and ("``" in text or "\n " in text)] == []

# SPDX-License-Identifier: GPL-3.0-or-later
"""The common case of executing a field, quickly: a value that an object holds already and that has no parts.

Nine of ten fields of a wide answer are such. For each of them graphql-core and Strawberry build what resolvers are told
and look whether something is to be awaited. Here the value is read and coerced. Whatever is not as expected is left to
the usual way, which then says what is wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from operator import attrgetter
from typing import Any, Final

import strawberry
from graphql import (
    GraphQLBoolean,
    GraphQLField,
    GraphQLInt,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLString,
    get_nullable_type,
    is_leaf_type,
    is_non_null_type,
)
from graphql.pyutils import Path

_DECLARED: Final = "strawberry-definition"
_LARGEST: Final = 2**31

Read = Callable[[Any], Any]
Plain = Mapping[str, Mapping[str, Read]]


def quickened(schema: strawberry.Schema) -> type[Any]:
    """The schema's executor, reading plain fields by itself."""
    usual = schema.execution_context_class
    plain = plain_fields(schema._schema)

    class Quick(usual):  # type: ignore[misc, valid-type]
        def build_per_event_executor(self, payload: Any) -> Any:
            # What the parts of a field come to is remembered by the identity of lists that are made for each event:
            # remembered for as long as somebody follows, it would only grow.
            event = super().build_per_event_executor(payload)
            event._relevant_sub_fields = {}
            return event

        def execute_fields(
            self, parent_type: GraphQLObjectType, source_value: Any, path: Path | None, grouped: Any, position: Any
        ) -> Any:
            known = plain.get(parent_type.name)
            if not known:
                return super().execute_fields(parent_type, source_value, path, grouped, position)
            found: dict[str, Any] = dict.fromkeys(grouped)
            left = {}
            for name, details in grouped.items():
                read = known.get(details[0].node.name.value)
                try:
                    if read is None:
                        left[name] = details
                    else:
                        found[name] = read(source_value)
                except Exception:
                    left[name] = details
            if not left:
                return found
            return _merged(found, left, super().execute_fields(parent_type, source_value, path, left, position), self)

    return Quick


def _merged(found: dict[str, Any], left: Mapping[str, Any], rest: Any, execution: Any) -> Any:
    """All fields in the order they were asked for; ``rest`` may still be on its way."""
    if execution.is_awaitable(rest):

        async def later() -> dict[str, Any]:
            return _together(found, left, await rest)

        return later()
    return _together(found, left, rest)


def _together(found: dict[str, Any], left: Mapping[str, Any], rest: Mapping[str, Any]) -> dict[str, Any]:
    found.update(rest)
    for name in left.keys() - rest.keys():
        del found[name]
    return found


def plain_fields(schema: GraphQLSchema) -> Plain:
    """Of each object type, how to read those of its fields that are values given when the object is made."""
    kinds = (kind for kind in schema.type_map.values() if isinstance(kind, GraphQLObjectType))
    return {
        kind.name: {name: read for name, field in kind.fields.items() if (read := _read(field)) is not None}
        for kind in kinds
        if not kind.name.startswith("__")
    }


def _read(field: GraphQLField) -> Read | None:
    declared = field.extensions.get(_DECLARED) if field.extensions else None
    leaf = get_nullable_type(field.type)
    if declared is None or not declared.is_basic_field or field.args or not is_leaf_type(leaf):
        return None
    get, coerce, required = attrgetter(declared.python_name), _coerced(leaf), is_non_null_type(field.type)

    def read(source: Any) -> Any:
        value = get(source)
        if value is None:
            if required:
                raise TypeError
            return None
        coerced = coerce(value)
        if coerced is None or isinstance(value, Exception):
            raise TypeError
        return coerced

    return read


def _coerced(leaf: Any) -> Read:
    coerce: Read = leaf.coerce_output_value
    if leaf is GraphQLInt:
        return lambda value: value if type(value) is int and -_LARGEST <= value < _LARGEST else coerce(value)
    as_it_is = {GraphQLString: str, GraphQLBoolean: bool}.get(leaf)
    if as_it_is is None:
        return coerce
    return lambda value: value if type(value) is as_it_is else coerce(value)

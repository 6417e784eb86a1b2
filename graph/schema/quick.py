# SPDX-License-Identifier: GPL-3.0-or-later
"""Executing selections breadth first: each field once for all the objects of a level.

graphql-core completes one value after the other; for each it builds what resolvers are told, looks whether something is
to be awaited, and makes a task. A wide answer has thousands of values and a dozen fields. Here a field is prepared once
and then read, or its resolver called, for all objects that are together: those of a list, and of all lists of a level.

What is below a root field is executed so. Whatever is not as expected, an error above all, is left to graphql-core:
it executes that part again from its beginning, in the usual way, and says what is wrong. Below the root nothing is
changed by reading it twice.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain, islice
from operator import attrgetter
from typing import Any, Final

import strawberry
from graphql import (
    GraphQLField,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    is_leaf_type,
)
from graphql.execution.values import get_argument_values
from graphql.pyutils import Path, gather_with_cancel
from strawberry.schema.schema_converter import get_arguments

from graph.schema.columns import Coerce, Column, Unusual, coerced
from graph.schema.stepping import settled

_DECLARED: Final = "strawberry-definition"

Later = Callable[[], Awaitable[Column]]
"""A column that has to be waited for; nothing is begun before it is called."""


@dataclass(frozen=True, slots=True)
class Complete:
    """How values of a declared type are completed.

    ``coerce`` for scalars and enums, ``origin`` for objects: the class they all must be of, ``item`` for lists.
    """

    required: bool
    coerce: Coerce | None = None
    kind: GraphQLObjectType | None = None
    origin: type | None = None
    item: Complete | None = None


@dataclass(frozen=True, slots=True)
class Way:
    """How a field is read: by an attribute (``get``), or by calling its resolver with arguments made once."""

    field: GraphQLField
    complete: Complete
    get: Callable[[Any], Any] | None = None
    declared: Any = None


Ways = Mapping[str, Mapping[str, Way]]


def quickened(schema: strawberry.Schema) -> type[Any]:
    """The schema's executor, executing breadth first what is below its root fields."""
    usual = schema.execution_context_class
    all_ways = ways(schema)

    class Quick(usual):  # type: ignore[misc, valid-type]
        failed = False

        def build_per_event_executor(self, payload: Any) -> Any:
            # What the parts of a field come to is remembered by the identity of lists that are made for each event:
            # remembered for as long as somebody follows, it would only grow.
            event = super().build_per_event_executor(payload)
            event._relevant_sub_fields = {}
            event.failed = False
            return event

        def execute_fields(
            self, parent_type: GraphQLObjectType, source_value: Any, path: Path | None, grouped: Any, position: Any
        ) -> Any:
            if path is None or self.failed:
                return super().execute_fields(parent_type, source_value, path, grouped, position)
            try:
                rows = Breadth(self, schema, all_ways).rows(parent_type, [source_value], grouped, path)
            except Exception:
                self.failed = True
                return super().execute_fields(parent_type, source_value, path, grouped, position)
            return rows[0] if isinstance(rows, list) else self.later(rows, parent_type, source_value, path, grouped)

        async def later(self, rows: Later, parent_type: Any, source_value: Any, path: Path, grouped: Any) -> Any:
            try:
                return (await rows())[0]
            except Exception:
                self.failed = True
            found = super().execute_fields(parent_type, source_value, path, grouped, None)
            return await found if self.is_awaitable(found) else found

    return Quick


def ways(schema: strawberry.Schema) -> Ways:
    """Of each object type, how to read those of its fields that can be read for many objects at once."""
    kinds = (kind for kind in schema._schema.type_map.values() if isinstance(kind, GraphQLObjectType))
    return {
        kind.name: {name: way for name, field in kind.fields.items() if (way := _way(field)) is not None}
        for kind in kinds
        if not kind.name.startswith("__")
    }


def _way(field: GraphQLField) -> Way | None:
    declared = (field.extensions or {}).get(_DECLARED)
    complete = _complete(field.type)
    if declared is None or complete is None or declared.extensions or declared.permission_classes:
        return None
    if declared.is_basic_field:
        return None if field.args else Way(field, complete, get=attrgetter(declared.python_name))
    base = declared.base_resolver
    if not base.self_parameter or base.parent_parameter or base.root_parameter:
        return None
    return Way(field, complete, declared=declared)


def _complete(declared: GraphQLOutputType) -> Complete | None:
    """None for what only graphql-core completes: interfaces and unions."""
    required = isinstance(declared, GraphQLNonNull)
    named: Any = declared.of_type if isinstance(declared, GraphQLNonNull) else declared
    if is_leaf_type(named):
        return Complete(required, coerce=coerced(named, required=required))
    if isinstance(named, GraphQLList):
        item = _complete(named.of_type)
        return None if item is None else Complete(required, item=item)
    if isinstance(named, GraphQLObjectType):
        return Complete(required, kind=named, origin=named.extensions[_DECLARED].origin)
    return None


class Breadth:
    """One execution's selections, level by level."""

    def __init__(self, execution: Any, schema: strawberry.Schema, all_ways: Ways) -> None:
        self._execution = execution
        self._schema = schema
        self._ways = all_ways

    def rows(
        self, kind: GraphQLObjectType, sources: Sequence[Any], grouped: Mapping[str, Any], path: Path | None
    ) -> Column | Later:
        """The response map of each source, or how to wait for them.

        Raises Unusual, or what a resolver raised.
        """
        known = self._ways.get(kind.name, {})
        columns: dict[str, Any] = {}
        later: dict[str, Later] = {}
        for name, details in grouped.items():
            column = columns[name] = self._column(kind, known, sources, details, path)
            if not isinstance(column, list):
                later[name] = column
        if later:
            return partial(_awaited, sources, columns, later)
        return _together(sources, columns)

    def _column(
        self,
        kind: GraphQLObjectType,
        known: Mapping[str, Way],
        sources: Sequence[Any],
        details: Any,
        path: Path | None,
    ) -> Column | Later:
        node = details[0].node
        way = known.get(node.name.value)
        if way is None:
            if node.name.value == "__typename":
                return [kind.name] * len(sources)
            raise Unusual
        if way.get is not None:
            return self._completed(way.complete, list(map(way.get, sources)), details, path)
        if way.declared.is_async:
            return partial(self._resolved, kind, way, sources, details, path)
        return self._completed(way.complete, self._started(kind, way, sources, details, path), details, path)

    def _started(
        self, kind: GraphQLObjectType, way: Way, sources: Sequence[Any], details: Any, path: Path | None
    ) -> Column:
        """What the resolver returns for each source: a coroutine where it is asynchronous."""
        execution, field, declared = self._execution, way.field, way.declared
        node = details[0].node
        given = {}
        if field.args or node.arguments:
            given = get_argument_values(
                field, node, execution.variable_values, details[0].fragment_variable_values, execution.hide_suggestions
            )
        nodes = [each.node for each in details]
        raw = execution.build_resolve_info(field, nodes, kind, Path(path, node.name.value, kind.name))
        config = self._schema.config
        _, named = get_arguments(
            field=declared,
            source=None,
            info=config.info_class(_raw_info=raw, _field=declared),
            kwargs=given,
            config=config,
            scalar_registry=self._schema.schema_converter.scalar_registry,
        )
        call = declared.base_resolver.wrapped_func
        return [call(source, **named) for source in sources]

    async def _resolved(
        self, kind: GraphQLObjectType, way: Way, sources: Sequence[Any], details: Any, path: Path | None
    ) -> Column:
        values = await settled(self._started(kind, way, sources, details, path))
        found = self._completed(way.complete, values, details, path)
        return found if isinstance(found, list) else await found()

    def _completed(self, complete: Complete, values: Column, details: Any, path: Path | None) -> Column | Later:
        if complete.coerce is not None:
            return complete.coerce(values)
        there = [value for value in values if value is not None]
        if complete.required and len(there) < len(values):
            raise Unusual
        if complete.item is not None:
            return self._lists(complete.item, values, there, details, path)
        return self._objects(complete, values, there, details, path)

    def _objects(
        self, complete: Complete, values: Column, there: Column, details: Any, path: Path | None
    ) -> Column | Later:
        kind, origin = complete.kind, complete.origin
        if kind is None or any(each is not origin for each in set(map(type, there))):
            raise Unusual
        if not there:
            return values
        grouped = self._execution.collect_subfields(kind, details)[0]
        rows = self.rows(kind, there, grouped, path)
        if len(there) == len(values):
            return rows
        if isinstance(rows, list):
            return _spread(values, rows)
        return partial(_then, rows, partial(_spread, values))

    def _lists(self, item: Complete, values: Column, there: Column, details: Any, path: Path | None) -> Column | Later:
        if any(each is not list and each is not tuple for each in set(map(type, there))):
            raise Unusual
        items = self._completed(item, list(chain.from_iterable(there)), details, path)
        if isinstance(items, list):
            return _parted(values, items)
        return partial(_then, items, partial(_parted, values))


def _spread(values: Column, rows: Column) -> Column:
    """The rows where there is a value, in order; null elsewhere."""
    left = iter(rows)
    return [None if value is None else next(left) for value in values]


def _parted(values: Column, items: Column) -> Column:
    """The items as the lists they came from; null where there was none."""
    left = iter(items)
    return [None if value is None else list(islice(left, len(value))) for value in values]


def _together(sources: Sequence[Any], columns: Mapping[str, Column]) -> Column:
    if not columns:
        return [{} for _ in sources]
    return [dict(zip(columns, row, strict=False)) for row in zip(*columns.values(), strict=True)]


async def _then(items: Later, shape: Callable[[Column], Column]) -> Column:
    return shape(await items())


async def _awaited(sources: Sequence[Any], columns: dict[str, Any], later: Mapping[str, Later]) -> Column:
    if len(later) == 1:
        name = next(iter(later))
        columns[name] = await later[name]()
    else:
        found = await gather_with_cancel(*(wait() for wait in later.values()))
        columns.update(zip(later, found, strict=True))
    return _together(sources, columns)

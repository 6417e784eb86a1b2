# SPDX-License-Identifier: GPL-3.0-or-later
"""What a query costs: how many values its answer may hold, known before anything is read.

Every field costs one, once for each object it is asked of; a list has as many as its arguments allow. What depends on
variables is kept as a sum to be worked out when they are known, and shared between the places that spread a fragment,
so that it never grows beyond the document.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from graphql import (
    FieldNode,
    GraphQLError,
    GraphQLField,
    ListValueNode,
    ValueNode,
    VariableNode,
    get_named_type,
    get_nullable_type,
    is_composite_type,
    is_list_type,
    value_from_ast_untyped,
)

from graph.resolvers.timelines import MOST_POINTS, TimeBucket, points
from graph.schema.arguments import MOST, USUAL
from graph.schema.scalars import read_instant

SATURATED: Final = 1_000_000
"""No number about a document grows beyond this."""
UNPAGED: Final = 10
"""What a list counts that has no ``first``."""
FLAT: Final = {"__schema": 20_000, "__type": 500}
"""What introspection costs, whatever is asked of it: the schema is as large as it is."""
A_YEAR: Final = {TimeBucket.DAY: 366, TimeBucket.WEEK: 53, TimeBucket.MONTH: 12}
"""The points of a timeline whose ends are not told: most programs last less."""
_CONNECTION: Final = "Connection"

Values = dict[str, Any]
Size = Callable[[Values], int]


@dataclass(frozen=True, slots=True, eq=False)
class Cost:
    """A sum: what is known, and for each part its size times what one of it costs."""

    fixed: int = 0
    parts: tuple[tuple[Size, Cost], ...] = ()

    def of(self, values: Values) -> int:
        """The cost with these variables; a million where it is more. Each shared part is worked out once."""
        return self._of(values, {})

    def _of(self, values: Values, known: dict[int, int]) -> int:
        if not self.parts:
            return self.fixed
        if id(self) not in known:
            parts = sum(size(values) * cost._of(values, known) for size, cost in self.parts)
            known[id(self)] = min(SATURATED, self.fixed + parts)
        return known[id(self)]


NOTHING: Final = Cost()


def total(costs: Iterable[Cost]) -> Cost:
    """The sum of what stands at one level."""
    fixed, parts = 0, []
    for cost in costs:
        if cost.parts:
            parts.append((_once, cost))
        else:
            fixed = min(SATURATED, fixed + cost.fixed)
    return Cost(fixed, tuple(parts))


def field_cost(field: FieldNode, definition: GraphQLField | None, parent: str, below: Cost) -> Cost:
    """One field and what is asked below it. An unknown field costs one: validation will name it."""
    if flat := FLAT.get(field.name.value):
        return Cost(flat)
    size = _size(field, definition, parent)
    if isinstance(size, int):
        if not below.parts:
            return Cost(min(SATURATED, 1 + size * below.fixed))
        return Cost(1, ((lambda _: size, below),))
    return Cost(1, ((size, below),))


def _size(field: FieldNode, definition: GraphQLField | None, parent: str) -> int | Size:
    """How many objects the field leads to, at most; a function where variables decide."""
    if definition is None:
        return 1
    for argument, rule in _RULES.items():
        if argument in definition.args:
            return _ruled(rule, {given.name.value: given.value for given in field.arguments or ()})
    is_list = is_list_type(get_nullable_type(definition.type)) and is_composite_type(get_named_type(definition.type))
    # The list inside a connection is as long as the connection's own `first` says.
    return UNPAGED if is_list and not parent.endswith(_CONNECTION) else 1


def _ruled(rule: Callable[[Values], int], given: Mapping[str, ValueNode]) -> int | Size:
    if any(_varies(value) for value in given.values()):
        return lambda values: rule(_read(given, values))
    return rule(_read(given, {}))


def _varies(node: ValueNode) -> bool:
    return isinstance(node, VariableNode) or (isinstance(node, ListValueNode) and any(map(_varies, node.values)))


def _read(given: Mapping[str, ValueNode], values: Values) -> Values:
    return {name: _value(node, values) for name, node in given.items()}


def _value(node: ValueNode, values: Values) -> object:
    try:
        return value_from_ast_untyped(node, values)
    except ValueError:  # more digits than a number may have
        return None


def _page(given: Values) -> int:
    first = given.get("first")
    return min(max(first, 0), MOST) if isinstance(first, int) else USUAL


def _several(given: Values) -> int:
    ids = given.get("ids")
    return min(len(ids), MOST) if isinstance(ids, list) else MOST


def _points(given: Values) -> int:
    named = given.get("bucket")
    if not isinstance(named, str) or named not in TimeBucket.__members__:
        return MOST_POINTS
    bucket = TimeBucket[named]
    try:
        begin, end = read_instant(given.get("from")), read_instant(given.get("to"))
    except GraphQLError:
        return A_YEAR.get(bucket, MOST_POINTS)
    return min(points(bucket, begin, end), MOST_POINTS)


def _once(_: Values) -> int:
    return 1


_RULES: Final[Mapping[str, Callable[[Values], int]]] = {"first": _page, "ids": _several, "bucket": _points}

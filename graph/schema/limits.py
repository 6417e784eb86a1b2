# SPDX-License-Identifier: GPL-3.0-or-later
"""How much one document may ask, measured before it is validated.

The stock limiters walk a fragment again at every spread, which doubles with each fragment that is spread twice;
and the standard's rule on overlapping fields compares every pair of equal names. Here each selection set is
visited once, what a fragment holds is remembered, and the pairs are counted before anybody compares them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import chain

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLField,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    get_named_type,
    is_composite_type,
)

from graph.schema.costs import NOTHING, SATURATED, Cost, field_cost, total

_INTROSPECTION = frozenset({"__schema", "__type"})


@dataclass(frozen=True, slots=True)
class Limits:
    """What one document may hold; ``fields``, ``depth`` and ``aliases`` count with all fragments written out.

    ``comparisons`` bounds the work of checking that equal names can be merged, ``cost`` the values that an answer may
    hold, and ``seconds`` the time that reading it may take.
    """

    tokens: int = 2_000
    directives: int = 50
    depth: int = 15
    aliases: int = 30
    fields: int = 5_000
    comparisons: int = 5_000
    cost: int = 50_000
    seconds: float = 5.0


@dataclass(frozen=True, slots=True)
class Measure:
    """What was found; every number stops growing at a million. ``costs`` are those of the operations, in order."""

    depth: int = 0
    aliases: int = 0
    fields: int = 0
    comparisons: int = 0
    directives: int = 0
    costs: tuple[Cost, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class _Found:
    """What hangs under one place of the document."""

    depth: int = 0
    aliases: int = 0
    fields: int = 0
    directives: int = 0
    cost: Cost = NOTHING


_Placed = tuple[FieldNode, str | None]
"""A field, and the type that an inline fragment around it names."""


class _Survey:
    """One pass over one document. A circular fragment measures nothing here: validation names it."""

    def __init__(self, document: DocumentNode, schema: GraphQLSchema) -> None:
        self._schema = schema
        self._fragments = {
            definition.name.value: definition
            for definition in document.definitions
            if isinstance(definition, FragmentDefinitionNode)
        }
        self._measured: dict[str, _Found] = {}
        self._reached: dict[str, frozenset[str]] = {}
        self._below: dict[int, int] = {}
        self._parted: dict[int, tuple[list[_Placed], list[str], int]] = {}
        self._levels: list[SelectionSetNode] = []

    def level(self, selection_set: SelectionSetNode | None, kind: str) -> _Found:
        """Measure what hangs under one field, operation or fragment; ``kind`` is the type it is asked of."""
        if selection_set is None:
            return _Found()
        self._levels.append(selection_set)
        depth = aliases = fields = 0
        directives = self._direct(selection_set)[2]
        costs = []
        for part in self._parts(selection_set, kind):
            depth = max(depth, part.depth)
            aliases = min(aliases + part.aliases, SATURATED)
            fields = min(fields + part.fields, SATURATED)
            directives = min(directives + part.directives, SATURATED)
            costs.append(part.cost)
        return _Found(depth, aliases, fields, directives, total(costs))

    def _parts(self, selection_set: SelectionSetNode, kind: str) -> Iterator[_Found]:
        fields, spreads, _ = self._direct(selection_set)
        for node, narrowed in fields:
            yield self._field(node, narrowed or kind)
        for name in spreads:
            yield self._fragment(name)

    def _field(self, node: FieldNode, parent: str) -> _Found:
        definition = self._definition(node, parent)
        below = self.level(node.selection_set, "" if definition is None else get_named_type(definition.type).name)
        self._below[id(node)] = max(1, below.fields)
        return _Found(
            depth=1 if node.name.value in _INTROSPECTION else below.depth + 1,
            aliases=below.aliases + (node.alias is not None),
            fields=below.fields + 1,
            directives=below.directives,
            cost=field_cost(node, definition, parent, below.cost),
        )

    def _definition(self, node: FieldNode, parent: str) -> GraphQLField | None:
        kind = self._schema.type_map.get(parent)
        return self._schema.get_field(kind, node.name.value) if is_composite_type(kind) else None

    def _fragment(self, name: str) -> _Found:
        known = self._measured.get(name)
        if known is None:
            self._measured[name] = _Found()
            if fragment := self._fragments.get(name):
                found = self.level(fragment.selection_set, fragment.type_condition.name.value)
                known = replace(found, directives=found.directives + len(fragment.directives or ()))
                self._measured[name] = known
        return known or _Found()

    def comparisons(self) -> int:
        """Bound the pairs of equally named fields, each weighted by what would be compared below the two."""
        work = 0
        for selection_set in self._levels:
            work += self._pairs(selection_set)
            if work >= SATURATED:
                return SATURATED
        return work

    def _pairs(self, selection_set: SelectionSetNode) -> int:
        fields, spreads, _ = self._direct(selection_set)
        reached = frozenset[str]().union(*(self._reach(name) for name in spreads))
        merged = (self._direct(self._fragments[name].selection_set)[0] for name in reached)
        totals: dict[str, tuple[int, int]] = defaultdict(lambda: (0, 0))
        for node, _ in chain(fields, *merged):
            key = node.alias.value if node.alias else node.name.value
            size = self._below.get(id(node), 1)
            total, squares = totals[key]
            totals[key] = (total + size, squares + size * size)
        return sum((total * total - squares) // 2 for total, squares in totals.values())

    def _reach(self, name: str) -> frozenset[str]:
        """Name all fragments whose fields merge into the place where ``name`` is spread."""
        known = self._reached.get(name)
        if known is None:
            self._reached[name] = frozenset()
            fragment = self._fragments.get(name)
            if fragment is None:
                return frozenset()
            spreads = self._direct(fragment.selection_set)[1]
            known = frozenset({name}).union(*(self._reach(spread) for spread in spreads))
            self._reached[name] = known
        return known

    def _direct(self, selection_set: SelectionSetNode) -> tuple[list[_Placed], list[str], int]:
        known = self._parted.get(id(selection_set))
        if known is None:
            known = self._parted[id(selection_set)] = _part(selection_set)
        return known


def _part(selection_set: SelectionSetNode) -> tuple[list[_Placed], list[str], int]:
    """List the fields and the fragments spread at one level, through inline fragments; count their directives."""
    fields: list[_Placed] = []
    spreads: list[str] = []
    directives = 0
    pending: list[tuple[SelectionSetNode, str | None]] = [(selection_set, None)]
    while pending:
        inner, narrowed = pending.pop()
        for selection in inner.selections:
            directives += len(selection.directives or ())
            if isinstance(selection, FieldNode):
                fields.append((selection, narrowed))
            elif isinstance(selection, FragmentSpreadNode):
                spreads.append(selection.name.value)
            elif isinstance(selection, InlineFragmentNode):
                condition = selection.type_condition
                pending.append((selection.selection_set, condition.name.value if condition else narrowed))
    return fields, spreads, directives


def measure(document: DocumentNode, schema: GraphQLSchema) -> Measure:
    """Measure a document: the greatest of its operations, and the comparisons of the whole.

    Raises GraphQLError where it is nested beyond what can be followed at all.
    """
    survey = _Survey(document, schema)
    try:
        operations = [
            _operation(survey, definition, schema)
            for definition in document.definitions
            if isinstance(definition, OperationDefinitionNode)
        ]
        comparisons = survey.comparisons()
    except RecursionError:
        raise GraphQLError("The query is nested too deeply.") from None
    return Measure(
        depth=max((found.depth for found in operations), default=0),
        aliases=max((found.aliases for found in operations), default=0),
        fields=max((found.fields for found in operations), default=0),
        comparisons=comparisons,
        directives=max((found.directives for found in operations), default=0),
        costs=tuple(found.cost for found in operations),
    )


def _operation(survey: _Survey, definition: OperationDefinitionNode, schema: GraphQLSchema) -> _Found:
    root = schema.get_root_type(definition.operation)
    found = survey.level(definition.selection_set, root.name if root else "")
    variables = (variable.directives or () for variable in definition.variable_definitions or ())
    own = len(definition.directives or ()) + sum(map(len, variables))
    return replace(found, directives=found.directives + own)


def refusal(found: Measure, limits: Limits) -> str | None:
    """Say in one sentence which limit a document exceeds, or None."""
    for name, unit in (
        ("depth", "levels of nesting"),
        ("aliases", "aliases"),
        ("fields", "fields, fragments written out"),
        ("directives", "directives, fragments written out"),
        ("comparisons", "comparisons of fields of one name"),
    ):
        have, allowed = getattr(found, name), getattr(limits, name)
        if have > allowed:
            return too_large(have, unit, allowed)
    return None


def too_large(have: int, unit: str, allowed: int) -> str:
    """The sentence that refuses a document."""
    return f"The query is too large: {have} {unit}, at most {allowed} are allowed."

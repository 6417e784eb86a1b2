# SPDX-License-Identifier: GPL-3.0-or-later
"""How much one document may ask, measured before it is validated.

The stock limiters walk a fragment again at every spread, which doubles with each fragment that is spread twice;
and the standard's rule on overlapping fields compares every pair of equal names. Here each selection set is
visited once, what a fragment holds is remembered, and the pairs are counted before anybody compares them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
)

_SATURATED = 1_000_000
_INTROSPECTION = frozenset({"__schema", "__type"})


@dataclass(frozen=True, slots=True)
class Limits:
    """What one document may hold; ``fields``, ``depth`` and ``aliases`` count with all fragments written out.

    ``comparisons`` bounds the work of checking that equal names can be merged.
    """

    tokens: int = 2_000
    depth: int = 15
    aliases: int = 30
    fields: int = 5_000
    comparisons: int = 5_000


@dataclass(frozen=True, slots=True)
class Measure:
    """What was found; every number stops growing at a million."""

    depth: int = 0
    aliases: int = 0
    fields: int = 0
    comparisons: int = 0


class _Survey:
    """One pass over one document. A circular fragment measures nothing here: validation names it."""

    def __init__(self, document: DocumentNode) -> None:
        self._fragments = {
            definition.name.value: definition
            for definition in document.definitions
            if isinstance(definition, FragmentDefinitionNode)
        }
        self._measured: dict[str, Measure] = {}
        self._reached: dict[str, frozenset[str]] = {}
        self._below: dict[int, int] = {}
        self._parted: dict[int, tuple[list[FieldNode], list[str]]] = {}
        self._levels: list[SelectionSetNode] = []

    def level(self, selection_set: SelectionSetNode | None) -> Measure:
        """Measure what hangs under one field, operation or fragment."""
        if selection_set is None:
            return Measure()
        self._levels.append(selection_set)
        depth = aliases = fields = 0
        for measure in self._parts(selection_set):
            depth = max(depth, measure.depth)
            aliases = min(aliases + measure.aliases, _SATURATED)
            fields = min(fields + measure.fields, _SATURATED)
        return Measure(depth, aliases, fields)

    def _parts(self, selection_set: SelectionSetNode) -> Iterator[Measure]:
        fields, spreads = self._direct(selection_set)
        for field in fields:
            yield self._field(field)
        for name in spreads:
            yield self._fragment(name)

    def _field(self, field: FieldNode) -> Measure:
        below = self.level(field.selection_set)
        self._below[id(field)] = max(1, below.fields)
        depth = 1 if field.name.value in _INTROSPECTION else below.depth + 1
        return Measure(depth, below.aliases + (field.alias is not None), below.fields + 1)

    def _fragment(self, name: str) -> Measure:
        known = self._measured.get(name)
        if known is None:
            self._measured[name] = Measure()
            fragment = self._fragments.get(name)
            known = self.level(fragment.selection_set) if fragment else Measure()
            self._measured[name] = known
        return known

    def comparisons(self) -> int:
        """Bound the pairs of equally named fields, each weighted by what would be compared below the two."""
        work = 0
        for selection_set in self._levels:
            work += self._pairs(selection_set)
            if work >= _SATURATED:
                return _SATURATED
        return work

    def _pairs(self, selection_set: SelectionSetNode) -> int:
        fields, spreads = self._direct(selection_set)
        reached = frozenset[str]().union(*(self._reach(name) for name in spreads))
        merged = (self._direct(self._fragments[name].selection_set)[0] for name in reached)
        totals: dict[str, tuple[int, int]] = defaultdict(lambda: (0, 0))
        for field in chain(fields, *merged):
            key = field.alias.value if field.alias else field.name.value
            size = self._below.get(id(field), 1)
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

    def _direct(self, selection_set: SelectionSetNode) -> tuple[list[FieldNode], list[str]]:
        known = self._parted.get(id(selection_set))
        if known is None:
            known = self._parted[id(selection_set)] = _part(selection_set)
        return known


def _part(selection_set: SelectionSetNode) -> tuple[list[FieldNode], list[str]]:
    """List the fields and the fragments spread at one level, looking through inline fragments."""
    fields: list[FieldNode] = []
    spreads: list[str] = []
    pending = [selection_set]
    while pending:
        for selection in pending.pop().selections:
            if isinstance(selection, FieldNode):
                fields.append(selection)
            elif isinstance(selection, FragmentSpreadNode):
                spreads.append(selection.name.value)
            elif isinstance(selection, InlineFragmentNode):
                pending.append(selection.selection_set)
    return fields, spreads


def measure(document: DocumentNode) -> Measure:
    """Measure a document: the greatest of its operations, and the comparisons of the whole.

    Raises GraphQLError where it is nested beyond what can be followed at all.
    """
    survey = _Survey(document)
    try:
        operations = [
            survey.level(definition.selection_set)
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
    )


def refusal(found: Measure, limits: Limits) -> str | None:
    """Say in one sentence which limit a document exceeds, or None."""
    for name, unit in (
        ("depth", "levels of nesting"),
        ("aliases", "aliases"),
        ("fields", "fields, fragments written out"),
        ("comparisons", "comparisons of fields of one name"),
    ):
        have, allowed = getattr(found, name), getattr(limits, name)
        if have > allowed:
            return f"The query is too large: {have} {unit}, at most {allowed} are allowed."
    return None

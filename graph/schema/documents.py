# SPDX-License-Identifier: GPL-3.0-or-later
"""Documents understood once: parsed, measured, validated, and kept by their text.

The rules are the standard's own classes, made once: a rule built for each request would make every look-up miss.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from graphql import (
    ASTValidationRule,
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    parse,
    specified_rules,
    validate,
    value_from_ast_untyped,
)

from graph.schema import lasting
from graph.schema.costs import Cost
from graph.schema.following import Followed, followed
from graph.schema.limits import Limits, Measure, measure, refusal

RULES: Final[tuple[type[ASTValidationRule], ...]] = tuple(specified_rules)
_MAX_ERRORS = 20


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of a document: what it costs depends on its variables; ``followed`` is what others may share.

    ``seconds`` is how long a public answer may be kept while nothing is published that it was read from.
    """

    name: str | None
    kind: OperationType
    cost: Cost
    defaults: dict[str, Any]
    followed: Followed | None = None
    seconds: float = 0.0

    def cost_of(self, variables: Mapping[str, Any] | None) -> int:
        """What it costs with these variables, or with its own defaults where they are not given."""
        return self.cost.of({**self.defaults, **(variables or {})}) if self.cost.parts else self.cost.fixed


@dataclass(frozen=True, slots=True)
class Document:
    """A valid document: its tree, its operations, and how much it asks."""

    tree: DocumentNode
    operations: tuple[Operation, ...]
    measure: Measure

    def operation(self, name: str | None) -> Operation | None:
        """The operation that would run; None where none or several fit."""
        fitting = [operation for operation in self.operations if name in (None, operation.name)]
        return fitting[0] if len(fitting) == 1 else None


@dataclass(frozen=True, slots=True)
class Refusal:
    """A document that cannot be executed, and why; ``code`` is one of a few stable words."""

    code: str
    errors: tuple[GraphQLError, ...]


class Documents:
    """Understands documents, remembering the last valid ones.

    At most ``entries`` documents of together ``characters`` characters are kept: a tree takes some hundred times
    the memory of its text. What is refused is not remembered.
    """

    def __init__(
        self, schema: GraphQLSchema, limits: Limits, *, entries: int = 1_000, characters: int = 512 * 1024
    ) -> None:
        self._schema = schema
        self._limits = limits
        self._entries = entries
        self._characters = characters
        self._held = 0
        self._known: OrderedDict[str, Document] = OrderedDict()
        self.hits = 0

    def __len__(self) -> int:
        return len(self._known)

    def understand(self, text: str) -> Document | Refusal:
        """Return the document, or the refusal with every reason found (at most twenty)."""
        known = self._known.get(text)
        if known is not None:
            self.hits += 1
            self._known.move_to_end(text)
            return known
        understood = self._read(text)
        if isinstance(understood, Document):
            self._keep(text, understood)
        return understood

    def _read(self, text: str) -> Document | Refusal:
        try:
            tree = parse(text, max_lexical_tokens=self._limits.tokens)
        except GraphQLError as error:
            return Refusal("GRAPHQL_PARSE_FAILED", (error,))
        try:
            found = measure(tree, self._schema)
        except GraphQLError as error:
            return Refusal("QUERY_TOO_LARGE", (error,))
        if reason := refusal(found, self._limits):
            return Refusal("QUERY_TOO_LARGE", (GraphQLError(reason),))
        if errors := validate(self._schema, tree, RULES, max_errors=_MAX_ERRORS):
            return Refusal("GRAPHQL_VALIDATION_FAILED", tuple(errors))
        return Document(tree, _operations(tree, found, self._schema), found)

    def _keep(self, text: str, document: Document) -> None:
        self._known[text] = document
        self._held += len(text)
        while len(self._known) > self._entries or self._held > self._characters:
            forgotten, _ = self._known.popitem(last=False)
            self._held -= len(forgotten)


def _operations(tree: DocumentNode, found: Measure, schema: GraphQLSchema) -> tuple[Operation, ...]:
    definitions = [each for each in tree.definitions if isinstance(each, OperationDefinitionNode)]
    return tuple(
        Operation(
            name=each.name.value if each.name else None,
            kind=each.operation,
            cost=cost,
            defaults=_defaults(each),
            followed=followed(tree, each, schema),
            seconds=lasting.seconds(tree, each, schema),
        )
        for each, cost in zip(definitions, found.costs, strict=True)
    )


def _defaults(definition: OperationDefinitionNode) -> dict[str, Any]:
    return {
        variable.variable.name.value: value_from_ast_untyped(variable.default_value)
        for variable in definition.variable_definitions or ()
        if variable.default_value is not None
    }

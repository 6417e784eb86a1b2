# SPDX-License-Identifier: GPL-3.0-or-later
"""What a subscription follows, apart from where it begins: two that follow the same can be told by one execution.

Found once for a document. The cursor from which a client resumes (the argument ``after``) is taken out, white space is
made one, and variables that are not asked for do not count.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from graphql import (
    ArgumentNode,
    DocumentNode,
    FieldNode,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    StringValueNode,
    TypeInfo,
    TypeInfoVisitor,
    VariableNode,
    Visitor,
    parse,
    print_ast,
    separate_operations,
    visit,
)

from graph.schema.fields import VIEWERS

_encode: Final = msgspec.json.Encoder(order="sorted").encode
CURSOR: Final = "after"
"""The argument of a subscription from which it resumes; one without it tells the newest only."""


@dataclass(frozen=True, slots=True)
class Followed:
    """A subscription without its beginning.

    ``root`` is the field that is followed and ``node`` where it stands, ``tree`` what is executed for all, ``text`` the
    same to compare, ``variables`` the names that matter. ``resumable``: its events are a log, to be told each once.
    ``viewers``: the answer depends on who asks.
    """

    root: str
    node: FieldNode
    tree: DocumentNode
    text: str
    variables: tuple[str, ...]
    resumable: bool
    viewers: bool

    def begins_at(self, variables: Mapping[str, Any] | None) -> str | None:
        """The cursor from which the subscription resumes. Raises LookupError where that takes coercion to find out."""
        given = next((each.value for each in self.node.arguments or () if each.name.value == CURSOR), None)
        found = None
        if isinstance(given, VariableNode):
            found = (variables or {})[given.name.value]
        elif isinstance(given, StringValueNode):
            found = given.value
        elif given is not None:
            raise LookupError
        if not isinstance(found, str | None):
            raise LookupError
        return found

    def key(self, variables: Mapping[str, Any] | None) -> tuple[str, bytes]:
        """What is equal for all who follow the same."""
        return self.text, _encode(self.values(variables))

    def values(self, variables: Mapping[str, Any] | None) -> dict[str, Any]:
        """The variables that matter, as far as they are given."""
        given = variables or {}
        return {name: given[name] for name in self.variables if name in given}


def followed(document: DocumentNode, operation: OperationDefinitionNode, schema: GraphQLSchema) -> Followed | None:
    """What a valid subscription follows; None where that cannot be told from its text alone."""
    if operation.operation is not OperationType.SUBSCRIPTION or (node := _root(operation)) is None:
        return None
    own = separate_operations(document)[operation.name.value if operation.name else ""]
    subscriptions = schema.subscription_type
    assert subscriptions is not None, "the document is valid"
    field = subscriptions.fields.get(node.name.value)
    tree = _without_cursor(own, operation, node)
    if field is None or tree is None:
        return None
    return Followed(
        root=node.name.value,
        node=node,
        tree=tree,
        text=print_ast(tree),
        variables=tuple(sorted(_variables(tree))),
        resumable=CURSOR in field.args,
        viewers=_depends_on_viewer(tree, schema),
    )


def texts_of(documents: Iterable[str], schema: GraphQLSchema) -> frozenset[str]:
    """The comparable texts of the subscriptions in these documents."""
    trees = [parse(text) for text in documents]
    found = (
        followed(tree, each, schema)
        for tree in trees
        for each in tree.definitions
        if isinstance(each, OperationDefinitionNode)
    )
    return frozenset(each.text for each in found if each is not None)


def _root(operation: OperationDefinitionNode) -> FieldNode | None:
    """The one field that is followed, where it stands there by itself, without conditions."""
    selections = operation.selection_set.selections
    if len(selections) == 1 and isinstance(selections[0], FieldNode) and not selections[0].directives:
        return selections[0]
    return None


def _without_cursor(tree: DocumentNode, operation: OperationDefinitionNode, node: FieldNode) -> DocumentNode | None:
    """The document without its cursor and the cursor's variable; None where that is used for something else too."""
    given = [argument for argument in node.arguments or () if argument.name.value == CURSOR]
    if not given:
        return tree
    field = _replace(node, arguments=tuple(each for each in node.arguments or () if each not in given))
    variables = operation.variable_definitions or ()
    if isinstance(value := given[0].value, VariableNode):
        variables = tuple(each for each in variables if each.variable.name.value != value.name.value)
    stripped = _replace(
        operation,
        selection_set=SelectionSetNode(selections=(field,)),
        variable_definitions=variables,
    )
    made = DocumentNode(definitions=tuple(stripped if each is operation else each for each in tree.definitions))
    return made if _used(made) <= _variables(made) else None


def _replace(node: Any, **parts: Any) -> Any:
    """A copy of a node with other parts; nodes are shared between requests and never changed."""
    return type(node)(**{**{key: getattr(node, key, None) for key in node.keys}, **parts})


def _variables(tree: DocumentNode) -> set[str]:
    return {
        each.variable.name.value
        for definition in tree.definitions
        if isinstance(definition, OperationDefinitionNode)
        for each in definition.variable_definitions or ()
    }


def _used(tree: DocumentNode) -> set[str]:
    found: set[str] = set()

    class Uses(Visitor):
        def enter_variable(self, node: VariableNode, *_: Any) -> None:
            found.add(node.name.value)

        def enter_variable_definition(self, *_: Any) -> Any:
            return self.SKIP

    visit(tree, Uses())
    return found


def _depends_on_viewer(tree: DocumentNode, schema: GraphQLSchema) -> bool:
    types = TypeInfo(schema)
    found: list[bool] = []

    class Fields(Visitor):
        def enter_field(self, *_: Any) -> None:
            field = types.get_field_def()
            declared = None if field is None else field.extensions.get("strawberry-definition")
            found.append(declared is not None and declared.metadata.get(VIEWERS, False))

        def enter_argument(self, _node: ArgumentNode, *_: Any) -> Any:
            return self.SKIP

    visit(tree, TypeInfoVisitor(types, Fields()))
    return any(found)

# SPDX-License-Identifier: GPL-3.0-or-later
"""How long an answer to a document holds while nothing is published: known from what the document selects.

What is listed here follows from the numbers of collections and from the rules, and of both the relay tells when they
change. Everything else may change unseen (the clock, a name on a wiki, a job's progress) and is told anew each second:
a field nobody thought of is never kept too long.
"""

from __future__ import annotations

from typing import Any, Final

from graphql import (
    DocumentNode,
    EnumValueNode,
    FieldNode,
    GraphQLSchema,
    NonNullTypeNode,
    NullValueNode,
    ObjectValueNode,
    OperationDefinitionNode,
    OperationType,
    TypeInfo,
    TypeInfoVisitor,
    ValueNode,
    VariableNode,
    Visitor,
    separate_operations,
    visit,
)

UNTIL_CHANGED: Final = 60.0
FLEETING: Final = 1.0

_LIST: Final = "edges nodes pageInfo totalCount"
LASTING: Final[dict[str, frozenset[str]]] = {
    name: frozenset(fields.split())
    for name, fields in {
        "Query": "campaign campaigns node nodes organization organizations program programs session wiki",
        "Organization": "id slug name description coordinators campaigns metrics",
        "Campaign": "id slug title description start end defaultProgramType defaultPasscodePolicy templateDescription"
        " organization organizers programs metrics metricsByWiki timeline editors articles edits shortUrl",
        "Program": "id slug title institution term description type visibility trackingStart trackingEnd eventStart"
        " eventEnd homeWiki passcodePolicy registrationOpen showNamesByDefault withdrawnAt trackedWikis campaigns"
        " sessions facilitators volunteers goals shortUrl metrics metricsByWiki timeline editors articles edits"
        " uploads",
        "Session": "id slug title program coordinators metrics metricsByWiki timeline editors edits",
        "Metrics": "totalEdits articlesCreated articlesEdited editors activeEditors newEditors bytesAdded bytesRemoved"
        " wordsAdded commonsUploads revertedEdits version",
        "WikiMetrics": "wiki namespace metrics",
        "TimelinePoint": "at edits bytesAdded activeEditors articlesCreated",
        "Goal": "metric target actual reachedAt",
        "Wiki": "dbname domain project language",
        "TrackedWiki": "wiki namespaces",
        "PageInfo": "hasNextPage hasPreviousPage startCursor endCursor",
        "Editor": "id",
        "EditorMetrics": "edits bytesAdded bytesAddedUserspace bytesAddedDraft articlesEdited articlesCreated uploads"
        " lastEditAt",
        "Article": "id wiki pageId",
        "Volunteer": "editor role",
        "ProgramConnection": _LIST,
        "CampaignConnection": _LIST,
        "OrganizationConnection": _LIST,
        "ProgramEditorConnection": _LIST,
        "ProgramArticleConnection": _LIST,
        "ProgramEdge": "cursor node",
        "CampaignEdge": "cursor node",
        "OrganizationEdge": "cursor node",
        "ProgramEditorEdge": "cursor node role joinedAt showName metrics",
        "ProgramArticleEdge": "cursor node created excluded edits bytesAdded editors",
    }.items()
}
"""The fields of each type whose values only a change of rules, or of a collection that was read, can change."""

_CLOCKED: Final = frozenset({"status"})
_RESTLESS: Final = "RECENT_ACTIVITY"


def seconds(document: DocumentNode, operation: OperationDefinitionNode, schema: GraphQLSchema) -> float:
    """For how many seconds an answer may be kept at most; 0 for what is no query."""
    if operation.operation is not OperationType.QUERY:
        return 0.0
    own = separate_operations(document)[operation.name.value if operation.name else ""]
    types = TypeInfo(schema)
    seen = _Seen(types, operation)
    visit(own, TypeInfoVisitor(types, seen))
    return FLEETING if seen.fleeting else UNTIL_CHANGED


class _Seen(Visitor):
    def __init__(self, types: TypeInfo, operation: OperationDefinitionNode) -> None:
        super().__init__()
        self.fleeting = False
        self._types = types
        self._sure = {
            each.variable.name.value
            for each in operation.variable_definitions or ()
            if isinstance(each.type, NonNullTypeNode)
        }

    def enter_field(self, node: FieldNode, *_: Any) -> None:
        parent, name = self._types.get_parent_type(), node.name.value
        if name == "__typename" or parent is None:
            return
        if name not in LASTING.get(parent.name, frozenset()) or not self._holds(name, node):
            self.fleeting = True

    def _holds(self, name: str, node: FieldNode) -> bool:
        given = {argument.name.value: argument.value for argument in node.arguments or ()}
        if name == "timeline":  # it ends now where its end is not given
            return all(self._is_given(given.get(edge)) for edge in ("from", "to"))
        if name == "programs":
            return _still(given.get("orderBy")) and _without_status(given.get("filter"))
        return True

    def _is_given(self, value: ValueNode | None) -> bool:
        if isinstance(value, VariableNode):
            return value.name.value in self._sure
        return value is not None and not isinstance(value, NullValueNode)


def _still(order: ValueNode | None) -> bool:
    """Whether only a change of rules changes the order; where none is given it is that of recent activity."""
    return isinstance(order, EnumValueNode) and order.value != _RESTLESS


def _without_status(given: ValueNode | None) -> bool:
    if given is None or isinstance(given, NullValueNode):
        return True
    return isinstance(given, ObjectValueNode) and not any(part.name.value in _CLOCKED for part in given.fields)

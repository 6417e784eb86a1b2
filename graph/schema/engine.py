# SPDX-License-Identifier: GPL-3.0-or-later
"""graphql-core on Strawberry's schema, in the steps that a subscription needs apart: its source, and each event."""

from __future__ import annotations

import inspect
from collections.abc import AsyncGenerator, AsyncIterable, Callable, Mapping
from typing import Any, cast

import strawberry
from graphql import (
    DocumentNode,
    ExecutionResult,
    FieldNode,
    GraphQLError,
    create_source_event_stream,
    execute_root_selection_set,
    execute_subscription_event,
)
from graphql import Executor as GraphQLExecutor
from graphql.execution.values import get_argument_values

from graph.errors import UserFault
from graph.resolvers.watching import Reached
from graph.schema.cursors import decode_activity
from graph.schema.masking import Masking
from graph.schema.quick import quickened
from graph.schema.responses import StreamedResult

Execution = GraphQLExecutor[Any]
NewContext = Callable[[], object]


class Engine:
    """Builds executions of one schema and runs them."""

    def __init__(self, schema: strawberry.Schema, masking: Masking) -> None:
        self.schema = schema._schema
        self.masking = masking
        self._execution = cast("type[Execution]", quickened(schema))

    def build(
        self,
        tree: DocumentNode,
        context: object,
        variables: Mapping[str, Any] | None,
        operation_name: str | None = None,
        extensions: Mapping[str, Any] | None = None,
    ) -> Execution | list[GraphQLError]:
        """An execution of a valid document, or why its variables do not fit."""
        return self._execution.build(
            self.schema,
            tree,
            context_value=context,
            raw_variable_values=dict(variables or {}),
            operation_name=operation_name,
            operation_extensions=dict(extensions or {}),
        )

    async def execute(self, execution: Execution) -> dict[str, Any]:
        """The response map of a query or a mutation."""
        return self._payload(await _settled(execute_root_selection_set(execution)))

    async def source(self, execution: Execution) -> AsyncIterable[Any] | list[GraphQLError]:
        """The events of a subscription, or why there are none."""
        source = await _settled(create_source_event_stream(execution))
        return list(source.errors or ()) if isinstance(source, ExecutionResult) else source

    def arguments(self, execution: Execution, node: FieldNode) -> dict[str, Any]:
        """The arguments of a subscription's field. Raises GraphQLError for those that do not fit."""
        root = self.schema.subscription_type
        assert root is not None
        return get_argument_values(root.fields[node.name.value], node, execution.variable_values)

    async def responses(
        self, execution: Execution, source: AsyncIterable[Any], new_context: NewContext
    ) -> AsyncGenerator[StreamedResult | Reached, None]:
        """The response to each event, in a context of its own; marks between them are handed on.

        A source that breaks ends with a failed response. The source is closed at the end.
        """
        try:
            async for event in source:
                if isinstance(event, Reached):
                    yield event
                    continue
                step = execution.build_per_event_executor(event)
                step.context_value = new_context()
                result = await _settled(execute_subscription_event(step))
                yield _response(self._payload(result), event)
        except Exception as error:
            yield self.failure(error)
        finally:
            await _close(source)

    def failure(self, error: Exception) -> StreamedResult:
        """The last response of a subscription that broke."""
        located = error if isinstance(error, GraphQLError) else GraphQLError(str(error), original_error=error)
        return StreamedResult({"errors": self.masking.describe_all([located])}, failed=True, last=True)

    def _payload(self, result: ExecutionResult) -> dict[str, Any]:
        """Order the response map as the specification recommends: errors before data."""
        payload: dict[str, Any] = {}
        if result.errors:
            payload["errors"] = self.masking.describe_all(result.errors)
        payload["data"] = result.data
        return payload


def _response(payload: dict[str, Any], event: Any) -> StreamedResult:
    cursor = getattr(event, "cursor", None)
    if not isinstance(cursor, str):
        return StreamedResult(payload)
    return StreamedResult(payload, cursor, number=_number(cursor), last=getattr(event, "ENDS", False) is True)


def _number(cursor: str) -> int:
    """An event's place in the activity; 0 for the cursor of something else."""
    try:
        return decode_activity(cursor)[1]
    except UserFault:
        return 0


async def _settled(result: Any) -> Any:
    return await result if inspect.isawaitable(result) else result


async def _close(source: AsyncIterable[Any]) -> None:
    close = getattr(source, "aclose", None)
    if close is not None:
        await close()

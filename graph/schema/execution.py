# SPDX-License-Identifier: GPL-3.0-or-later
"""Executing operations: one context an execution, documents understood once, subscriptions event by event.

It runs graphql-core on Strawberry's schema and not Strawberry's own entry points, so that a subscription's source and
the execution of each of its events stay two steps. Extensions registered on the Strawberry schema are not run.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncGenerator, AsyncIterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol, cast

import strawberry
from graphql import (
    ExecutionResult,
    GraphQLError,
    OperationType,
    create_source_event_stream,
    execute_root_selection_set,
    execute_subscription_event,
)
from graphql import Executor as GraphQLExecutor

from graph.schema.documents import Document, Documents, Operation
from graph.schema.limits import Limits, too_large
from graph.schema.masking import describe_all, describe_refusal, masked

Execution = GraphQLExecutor[Any]
_NO_LIMITS_GIVEN: Final = Limits()


class Request(Protocol):
    """An operation as a transport received it."""

    @property
    def query(self) -> str:
        """The document's text."""

    @property
    def variables(self) -> Mapping[str, Any] | None:
        """The variables' values, as JSON has them."""

    @property
    def operation_name(self) -> str | None:
        """Which of the document's operations is meant; None where there is but one."""

    @property
    def extensions(self) -> Mapping[str, Any] | None:
        """What goes beyond the specification; resolvers find it in ``info.operation_extensions``."""


class MakeContext(Protocol):
    """Builds what resolvers read as ``info.context``: called once for every execution."""

    def __call__(self, identity: Any, *, last_event_id: str | None) -> object:
        """Return a context of its own; ``last_event_id`` is given to a resumed subscription's source only."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A response map. ``refused`` says that it is a request error: nothing was executed, there is no ``data``."""

    payload: dict[str, Any]
    refused: bool = False


@dataclass(frozen=True, slots=True)
class StreamedResult:
    """One response of a subscription.

    ``event_id`` is the source event's cursor, if it has one. ``failed`` marks the last response of a source that
    broke: it holds errors only.
    """

    payload: dict[str, Any]
    event_id: str | None = None
    failed: bool = False


class Executor:
    """Executes what transports receive; safe to share between any number of them."""

    def __init__(
        self, schema: strawberry.Schema, make_context: MakeContext, *, limits: Limits = _NO_LIMITS_GIVEN
    ) -> None:
        self._schema = schema._schema
        self._execution = cast("type[Execution]", schema.execution_context_class)
        self._make_context = make_context
        self._limits = limits
        self.documents = Documents(self._schema, limits)

    def kind_of(self, request: Request) -> str | Answer:
        """Return ``query``, ``mutation`` or ``subscription``, or the answer to a document that cannot be executed."""
        asked = self._asked(request)
        return asked if isinstance(asked, Answer) else asked.kind.value

    async def execute(self, request: Request, identity: Any, *, allow_mutations: bool) -> Answer:
        """Execute a query or a mutation and return its response; raises nothing but cancellation."""
        asked = self._asked(request)
        if isinstance(asked, Answer):
            return asked
        if asked.kind is OperationType.SUBSCRIPTION:
            return _refuse("A subscription is streamed: it has no single response.")
        if asked.kind is OperationType.MUTATION and not allow_mutations:
            return _refuse("Mutations are not executed here.")
        try:
            execution = self._build(request, self._make_context(identity, last_event_id=None))
            if isinstance(execution, Answer):
                return execution
            payload = await self._executed(asked, execution)
        except Exception as error:
            return self.unexpected(error)
        return Answer({**payload, "extensions": self._cost(asked.cost_of(request.variables))})

    async def subscribe(
        self, request: Request, identity: Any, *, last_event_id: str | None = None
    ) -> AsyncGenerator[StreamedResult, None] | Answer:
        """Start a subscription and return its responses, or the answer that says why it did not start.

        Close the iterator (or cancel who awaits it) to end it: the source is closed before that returns.
        """
        asked = self._asked(request)
        if isinstance(asked, Answer):
            return asked
        if asked.kind is not OperationType.SUBSCRIPTION:
            return _refuse("Only a subscription can be subscribed to.")
        try:
            execution = self._build(request, self._make_context(identity, last_event_id=last_event_id))
            if isinstance(execution, Answer):
                return execution
            source = await _settled(create_source_event_stream(execution))
        except Exception as error:
            return self.unexpected(error)
        if isinstance(source, ExecutionResult):
            return Answer({"errors": describe_all(source.errors or ())}, refused=True)
        return self._follow(execution, source, identity)

    def unexpected(self, error: Exception) -> Answer:
        """Log an error nobody foresaw and return the answer that tells the client only its reference."""
        return Answer({"errors": [masked(error)]})

    async def _executed(self, asked: Operation, execution: Execution) -> dict[str, Any]:
        """The response map. A reader may wait only so long; a change is carried through."""
        allowed = self._limits.seconds if asked.kind is OperationType.QUERY else None
        deadline = asyncio.timeout(allowed)
        try:
            async with deadline:
                return _payload(await _settled(execute_root_selection_set(execution)))
        except TimeoutError:
            if not deadline.expired():
                raise
            reason = f"The answer was not there within {allowed:g} seconds: ask for less, or later."
            return {"errors": describe_refusal([GraphQLError(reason)], "TIMEOUT"), "data": None}

    def _asked(self, request: Request) -> Operation | Answer:
        """The operation that a request names, or the answer to one that cannot be executed."""
        document = self.documents.understand(request.query)
        if not isinstance(document, Document):
            return Answer({"errors": describe_refusal(document.errors, document.code)}, refused=True)
        operation = document.operation(request.operation_name)
        if operation is None:
            return _refuse(_no_operation(document, request.operation_name))
        cost, most = operation.cost_of(request.variables), self._limits.cost
        if cost > most:
            reason = too_large(cost, "values its answer may hold", most)
            errors = describe_refusal([GraphQLError(reason)], "QUERY_TOO_LARGE")
            return Answer({"errors": errors, "extensions": self._cost(cost)}, refused=True)
        return operation

    def _cost(self, requested: int) -> dict[str, Any]:
        return {"cost": {"requestedQueryCost": requested, "maximumQueryCost": self._limits.cost}}

    def _build(self, request: Request, context: object) -> Execution | Answer:
        document = self.documents.understand(request.query)
        assert isinstance(document, Document), "the kind was asked first"
        built = self._execution.build(
            self._schema,
            document.tree,
            context_value=context,
            raw_variable_values=dict(request.variables or {}),
            operation_name=request.operation_name,
            operation_extensions=dict(request.extensions or {}),
        )
        if isinstance(built, list):
            return Answer({"errors": describe_refusal(built, "BAD_USER_INPUT")}, refused=True)
        return built

    async def _follow(
        self, execution: Execution, source: AsyncIterable[Any], identity: Any
    ) -> AsyncGenerator[StreamedResult, None]:
        try:
            async for event in source:
                step = execution.build_per_event_executor(event)
                step.context_value = self._make_context(identity, last_event_id=None)
                result = await _settled(execute_subscription_event(step))
                yield StreamedResult(_payload(result), _cursor(event))
        except Exception as error:
            yield StreamedResult({"errors": describe_all([_located(error)])}, failed=True)
        finally:
            await _close(source)


def _no_operation(document: Document, name: str | None) -> str:
    if name is not None:
        return f"Unknown operation named '{name}'."
    if document.operations:
        return "Must provide operation name if query contains multiple operations."
    return "Must provide an operation."


def _refuse(message: str, code: str = "BAD_REQUEST") -> Answer:
    return Answer({"errors": describe_refusal([GraphQLError(message)], code)}, refused=True)


async def _settled(result: Any) -> Any:
    return await result if inspect.isawaitable(result) else result


def _payload(result: ExecutionResult) -> dict[str, Any]:
    """Order the response map as the specification recommends: errors before data."""
    payload: dict[str, Any] = {}
    if result.errors:
        payload["errors"] = describe_all(result.errors)
    payload["data"] = result.data
    return payload


def _cursor(event: Any) -> str | None:
    cursor = getattr(event, "cursor", None)
    return cursor if isinstance(cursor, str) else None


def _located(error: Exception) -> GraphQLError:
    return error if isinstance(error, GraphQLError) else GraphQLError(str(error), original_error=error)


async def _close(source: AsyncIterable[Any]) -> None:
    close = getattr(source, "aclose", None)
    if close is not None:
        await close()

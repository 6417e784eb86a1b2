# SPDX-License-Identifier: GPL-3.0-or-later
"""Executing operations: one context an execution, documents understood once, subscriptions event by event.

It runs graphql-core on Strawberry's schema and not Strawberry's own entry points, so that a subscription's source and
the execution of each of its events stay two steps, and many subscribers share both where they may. Extensions
registered on the Strawberry schema are not run.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Collection, Mapping
from functools import partial
from hashlib import sha256
from time import perf_counter
from typing import Any, Final, Protocol, cast

import msgspec
import strawberry
from graphql import GraphQLError, OperationType

from graph.answers import Answers, Made
from graph.errors import ErrorCode
from graph.schema.documents import Document, Documents, Operation
from graph.schema.engine import Engine, Execution
from graph.schema.limits import Limits, too_large
from graph.schema.masking import Masking, describe_refusal
from graph.schema.measured import Measured
from graph.schema.responses import Answer, PublicAnswer, StreamedResult, public
from graph.schema.sharing import Policy, Sharing, TooMany

__all__ = ["Answer", "PublicAnswer", "StreamedResult"]

_NO_LIMITS_GIVEN: Final = Limits()
_encode: Final = msgspec.json.Encoder(order="sorted").encode


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


class Executor:
    """Executes what transports receive; safe to share between any number of them.

    With a ``policy`` subscriptions of the same are executed once for all who may share; those of the documents
    ``known`` are followed however many others are. ``away`` tells the errors of a database that cannot answer now.
    """

    def __init__(
        self,
        schema: strawberry.Schema,
        make_context: MakeContext,
        *,
        limits: Limits = _NO_LIMITS_GIVEN,
        policy: Policy | None = None,
        known: Collection[str] = (),
        answers: Answers[Answer | PublicAnswer] | None = None,
        away: Callable[[BaseException], bool] | None = None,
    ) -> None:
        self._masking = Masking(away)
        self._engine = Engine(schema, self._masking)
        self._make_context = make_context
        self._limits = limits
        self._answers = answers
        self._anyone = None if policy is None else policy.anyone
        self.measured = Measured(known)
        self.documents = Documents(self._engine.schema, limits)
        self.sharing = None if policy is None else Sharing(self._engine, make_context, policy, known)

    @property
    def kept(self) -> int:
        """How many answers were given without being worked out."""
        return 0 if self._answers is None else self._answers.hits

    def kind_of(self, request: Request) -> str | Answer:
        """Return ``query``, ``mutation`` or ``subscription``, or the answer to a document that cannot be executed."""
        asked = self._asked(request)
        return asked if isinstance(asked, Answer) else asked.kind.value

    async def execute(self, request: Request, identity: Any, *, allow_mutations: bool) -> Answer | PublicAnswer:
        """Execute a query or a mutation and return its response; raises nothing but cancellation.

        What is public may be an answer that was given before, while that is exact.
        """
        asked = self._asked(request)
        if isinstance(asked, Answer):
            return asked
        if asked.kind is OperationType.SUBSCRIPTION:
            return _refuse("A subscription is streamed: it has no single response.")
        if asked.kind is OperationType.MUTATION and not allow_mutations:
            return _refuse("Mutations are not executed here.")
        if asked.kind is OperationType.QUERY and self._answers is not None and identity == self._anyone:
            return await self._answers.get(_key_of(request), partial(self._publicly, asked, request, identity))
        return (await self._answer(asked, request, identity))[0]

    async def _publicly(self, asked: Operation, request: Request, identity: Any) -> Made[Answer | PublicAnswer]:
        """An answer for everybody; what went wrong is kept for nobody."""
        answer, read = await self._answer(asked, request, identity)
        if answer.refused or "errors" in answer.payload or read is None:
            return Made(answer)
        made = public(answer.payload, asked.seconds)
        return Made(made, frozenset(read), len(made.encoded), asked.seconds)

    async def _answer(self, asked: Operation, request: Request, identity: Any) -> tuple[Answer, set[int] | None]:
        """The response, and the collections it was read from, where the context knows."""
        cost, begun = asked.cost_of(request.variables), perf_counter()
        try:
            context = self._make_context(identity, last_event_id=None)
            execution = self._build(request, context)
            if isinstance(execution, Answer):
                return execution, None
            payload = await self._executed(asked, execution)
        except Exception as error:
            return self.unexpected(error), None
        finally:
            self.measured.note(request.query, asked, cost, perf_counter() - begun)
        answer = Answer({**payload, "extensions": self._cost(cost)})
        return answer, getattr(context, "read", None)

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
        begun, seat = perf_counter(), None
        if self.sharing is not None and asked.followed is not None:
            seat = self.sharing.join_others(asked.followed, request.variables, identity, last_event_id)
        results = seat or await self._begin(asked, request, identity, last_event_id)
        self.measured.note(request.query, asked, asked.cost_of(request.variables), perf_counter() - begun)
        return results

    async def _begin(
        self, asked: Operation, request: Request, identity: Any, last_event_id: str | None
    ) -> AsyncGenerator[StreamedResult, None] | Answer:
        try:
            execution = self._build(request, self._make_context(identity, last_event_id=last_event_id))
            if isinstance(execution, Answer):
                return execution
            seat = await self._seat(asked, request, execution, identity, last_event_id)
            if seat is not None:
                return seat
            source = await self._engine.source(execution)
        except GraphQLError as error:
            return Answer({"errors": self._masking.describe_all([error])}, refused=True)
        except Exception as error:
            return self.unexpected(error)
        if isinstance(source, list):
            return Answer({"errors": self._masking.describe_all(source)}, refused=True)
        told = self._engine.responses(execution, source, lambda: self._make_context(identity, last_event_id=None))
        return cast("AsyncGenerator[StreamedResult, None]", told)

    async def _seat(
        self, asked: Operation, request: Request, execution: Execution, identity: Any, last_event_id: str | None
    ) -> AsyncGenerator[StreamedResult, None] | Answer | None:
        """A place among those who are told the same, where there may be some."""
        if self.sharing is None or asked.followed is None:
            return None
        try:
            return await self.sharing.join(asked.followed, request.variables, execution, identity, last_event_id)
        except TooMany:
            reason = "Too many different subscriptions are followed already: ask by query, and try again later."
            return _refuse(reason, ErrorCode.TOO_MANY.value)

    def unexpected(self, error: Exception) -> Answer:
        """Log an error nobody foresaw and return the answer that tells the client its reference, or to come again."""
        return Answer({"errors": [self._masking.masked(error)]})

    async def _executed(self, asked: Operation, execution: Execution) -> dict[str, Any]:
        """The response map. A reader may wait only so long; a change is carried through."""
        allowed = self._limits.seconds if asked.kind is OperationType.QUERY else None
        deadline = asyncio.timeout(allowed)
        try:
            async with deadline:
                execution.context_value.deadline = deadline
                return await self._engine.execute(execution)
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
        built = self._engine.build(
            document.tree, context, request.variables, request.operation_name, request.extensions
        )
        if isinstance(built, list):
            return Answer({"errors": describe_refusal(built, "BAD_USER_INPUT")}, refused=True)
        return built


def _key_of(request: Request) -> bytes:
    """What two requests have in common that are answered alike, as 32 bytes."""
    parts = (request.query, request.operation_name, request.variables or {}, request.extensions or {})
    return sha256(_encode(parts)).digest()


def _no_operation(document: Document, name: str | None) -> str:
    if name is not None:
        return f"Unknown operation named '{name}'."
    if document.operations:
        return "Must provide operation name if query contains multiple operations."
    return "Must provide an operation."


def _refuse(message: str, code: str = "BAD_REQUEST") -> Answer:
    return Answer({"errors": describe_refusal([GraphQLError(message)], code)}, refused=True)

# SPDX-License-Identifier: GPL-3.0-or-later
"""What GraphQL's transports share: the request they read, and the executor and the sign-in they are given."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, cast

import msgspec

from graph.errors import ErrorCode

MESSAGE_LIMIT = 256 * 1024
"""The bytes a request's body or a socket's message may have."""

encode = msgspec.json.Encoder().encode


class InvalidRequest(Exception):
    """What arrived is no GraphQL request; the message says why, ``status`` is the HTTP answer's."""

    def __init__(self, message: str, status: int = 400, headers: Mapping[str, str] | None = None) -> None:
        self.status = status
        self.headers = dict(headers or {})
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class GraphQLRequest:
    """An operation as it was received: well formed, not yet understood."""

    query: str
    variables: dict[str, Any] | None = None
    operation_name: str | None = None
    extensions: dict[str, Any] | None = None


class Answer(Protocol):
    """A response map; ``refused`` where nothing was executed."""

    @property
    def payload(self) -> dict[str, Any]:
        """The response map: ``errors``, ``data``, ``extensions``."""

    @property
    def refused(self) -> bool:
        """Whether it is a request error, which has no ``data``."""


class PublicAnswer(Protocol):
    """A response map that everybody is given."""

    @property
    def encoded(self) -> bytes:
        """The response map as JSON."""

    @property
    def seconds(self) -> float:
        """For how long it holds at most while nothing changes."""

    @property
    def etag(self) -> str:
        """What tells it from every other answer, quoted."""


def public(answer: object) -> PublicAnswer | None:
    """The answer, where everybody is given it."""
    # Asked of every request: to hold it to the Protocol would take as long as to find the answer.
    return cast("PublicAnswer", answer) if hasattr(answer, "etag") else None


class StreamedResult(Protocol):
    """One response of a subscription."""

    @property
    def payload(self) -> dict[str, Any]:
        """The response map."""

    @property
    def event_id(self) -> str | None:
        """From where to resume after this response."""

    @property
    def failed(self) -> bool:
        """Whether the source broke: the response holds errors only and is the last one."""

    @property
    def encoded(self) -> bytes:
        """The response map as JSON, encoded once for all who get it."""

    @property
    def frames(self) -> dict[str, bytes]:
        """Where a transport keeps what it made of the response, for the others who get it."""


Push = Callable[[StreamedResult], bool]


def connect(results: object, push: Push) -> None:
    """Have responses that many get pushed as soon as they are there, while their reader waits.

    ``push`` returns False for what cannot be sent at once, which the reader gets instead.
    """
    found = getattr(results, "connect", None)  # asked of every subscriber: a Protocol would take far longer to tell
    if found is not None:
        found(push)


class Executor(Protocol):
    """What executes operations; the application gives it."""

    def kind_of(self, request: GraphQLRequest, /) -> str | Answer:
        """Return ``query``, ``mutation`` or ``subscription``, or the answer to what cannot be executed."""

    async def execute(self, request: GraphQLRequest, identity: Any, /, *, allow_mutations: bool) -> Answer:
        """Execute a query or a mutation."""

    async def subscribe(
        self, request: GraphQLRequest, identity: Any, /, *, last_event_id: str | None = None
    ) -> AsyncGenerator[StreamedResult, None] | Answer:
        """Start a subscription."""

    def unexpected(self, error: Exception, /) -> Answer:
        """Log an error nobody foresaw; the answer holds its reference."""


class Identify(Protocol):
    """Tells who asks, by the request's headers and by a socket's ``connection_init`` payload.

    Raises UserFault where somebody claims to be who they are not; whoever claims nothing is anonymous.
    """

    async def __call__(self, headers: Mapping[str, str], params: Mapping[str, Any] | None, /) -> object:
        """Return the identity that resolvers will see."""


def is_unavailable(payload: Mapping[str, Any]) -> bool:
    """Whether nothing could be told, and may be told to whoever asks again."""
    codes = {error.get("extensions", {}).get("code") for error in payload.get("errors", ())}
    return ErrorCode.UNAVAILABLE.value in codes and payload.get("data") is None


def end_of(identity: object) -> asyncio.Event | None:
    """What is set when this identity ends while a socket or a stream lasts (signed out, token revoked), if it can."""
    ended = getattr(identity, "ended", None)
    return ended if isinstance(ended, asyncio.Event) else None


def decode(text: str | bytes) -> Any:
    """Read JSON. Raises InvalidRequest for what is none, or is nested beyond reason."""
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise InvalidRequest(f"This is not valid JSON: {error}") from None


def request_of(params: object) -> GraphQLRequest:
    """Make a request of decoded parameters. Raises InvalidRequest naming the parameter at fault."""
    if not isinstance(params, dict):
        raise InvalidRequest("A GraphQL request is a JSON object.")
    query = params.get("query")
    if not isinstance(query, str) or not query.strip():
        raise InvalidRequest("The parameter 'query' must be a string that holds a GraphQL document.")
    operation_name = params.get("operationName")
    if not isinstance(operation_name, str | None):
        raise InvalidRequest("The parameter 'operationName' must be a string or null.")
    return GraphQLRequest(query, _map(params, "variables"), operation_name, _map(params, "extensions"))


def _map(params: dict[str, Any], name: str) -> dict[str, Any] | None:
    value = params.get(name)
    if isinstance(value, dict | None):
        return value
    raise InvalidRequest(f"The parameter '{name}' must be an object or null.")

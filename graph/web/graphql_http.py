# SPDX-License-Identifier: GPL-3.0-or-later
"""GraphQL over HTTP: POST and GET, negotiated as JSON or as an event stream.

A document that cannot be executed is answered with 400; only a client that names ``application/json`` as the type
it wants gets 200 for it, as the specification's rules for old clients say. Every error has a JSON body.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import suppress
from typing import Any, Final

from starlette.datastructures import QueryParams
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from graph.errors import UserFault
from graph.web.graphql_accept import EVENT_STREAM, HTML, JSON, Accept, accepted
from graph.web.graphql_beats import Beats
from graph.web.graphql_body import EarlyAnswer, read_body
from graph.web.graphql_request import (
    Answer,
    Executor,
    GraphQLRequest,
    Identify,
    InvalidRequest,
    PublicAnswer,
    decode,
    encode,
    end_of,
    is_unavailable,
    public,
)
from graph.web.graphql_sse import ComeBack, EventStream, Footing, SingleEvent
from graph.web.graphql_streams import BUSY_SECONDS, POLL_SECONDS, STALLED_SECONDS, Busy, Full, Streams, goes_first
from graph.web.persisted import Persisted, UnknownDocument

METHODS: Final = "GET, POST, OPTIONS"
OPEN_TO_ALL: Final = {
    "access-control-allow-origin": "*",
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
}
"""Foreign pages may read: an answer never depends on a cookie they could borrow. It is data, and nothing else."""
_PREFLIGHT: Final = {
    **OPEN_TO_ALL,
    "access-control-allow-methods": METHODS,
    "access-control-allow-headers": "*, Authorization",
    "access-control-max-age": "86400",
}
_PARAMETERS: Final = ("query", "documentId", "variables", "operationName", "extensions", "lastEventId")


class GraphQLHTTP:
    """The ASGI application at ``/graphql`` for HTTP.

    ``explorer`` answers browsers that come without a query; ``streams`` bounds those of the process; ``heartbeat`` and
    ``stalled`` are in seconds; once ``closing`` is set all streams end within a second.
    """

    def __init__(
        self,
        executor: Executor,
        identify: Identify,
        *,
        closing: asyncio.Event,
        streams: Streams,
        explorer: Callable[[], Response] | None = None,
        heartbeat: float = 20.0,
        stalled: float = STALLED_SECONDS,
        persisted: Persisted | None = None,
    ) -> None:
        self._executor = executor
        self._identify = identify
        self._streams = streams
        self._explorer = explorer
        self._persisted = persisted or Persisted()
        self._footing = Footing(Beats(heartbeat, closing), executor.unexpected, OPEN_TO_ALL, streams, stalled)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        with suppress(ClientDisconnect):
            response = await self._response(Request(scope, receive))
            await response(scope, receive, send)

    async def _response(self, request: Request) -> ASGIApp:
        """What to answer; nothing of the request is kept for as long as that takes."""
        accept = accepted(request.headers.get("accept"))
        try:
            return await self._respond(request, accept)
        except ClientDisconnect:
            raise
        except UnknownDocument as unknown:
            return _failure(str(unknown), unknown.code, unknown.status, accept, {})
        except InvalidRequest as error:
            refusal = _failure(str(error), "BAD_REQUEST", error.status, accept, error.headers)
            return EarlyAnswer(refusal) if error.status == 413 else refusal
        except UserFault as fault:
            challenge = {"www-authenticate": "Bearer"}
            return _failure(str(fault), fault.code.value, 401, accept, challenge)
        except Full as full:
            return _full(full, accept)
        except Busy:
            return ComeBack(BUSY_SECONDS, headers=OPEN_TO_ALL)
        except Exception as error:
            return _broken(self._executor.unexpected(error), accept)

    async def _respond(self, request: Request, accept: Accept) -> ASGIApp:
        if request.method == "OPTIONS":
            return Response(status_code=204, headers=_PREFLIGHT)
        if request.method not in ("GET", "POST"):
            raise InvalidRequest("Use GET or POST.", 405, {"allow": METHODS})
        if self._explorer is not None and _wants_explorer(request, accept):
            return self._explorer()
        received = self._persisted.request(await _read(request))
        kind = self._executor.kind_of(received)
        if not isinstance(kind, str):
            return self._single(kind, accept)
        if kind == "mutation" and request.method == "GET":
            raise InvalidRequest("A mutation cannot be sent by GET: use POST.", 405, {"allow": "POST"})
        identity = await self._identify(request.headers, None)
        if kind == "subscription":
            return await self._stream(received, identity, accept, _last_event_id(request))
        if accept.json is None and not accept.allows(EVENT_STREAM):
            raise InvalidRequest("Answers are application/json or text/event-stream.", 406)
        answer = await self._executor.execute(received, identity, allow_mutations=request.method == "POST")
        return self._single(answer, accept, request if request.method == "GET" else None)

    def _single(self, answer: Answer, accept: Accept, got: Request | None = None) -> ASGIApp:
        """Answer with one response map: as JSON wherever it is acceptable, since some clients name streams too."""
        if accept.json is None and accept.names(EVENT_STREAM):
            return SingleEvent(answer.payload, headers=OPEN_TO_ALL)
        if (kept := public(answer)) is not None:
            if got is not None:
                return _public(kept, accept, got.headers.get("if-none-match", ""))
            return _encoded(kept.encoded, 200, accept)
        if is_unavailable(answer.payload):
            return _broken(answer, accept)
        return _json(answer.payload, _status(answer, accept), accept)

    async def _stream(
        self, received: GraphQLRequest, identity: object, accept: Accept, last_event_id: str | None
    ) -> ASGIApp:
        if not accept.allows(EVENT_STREAM):
            raise InvalidRequest("A subscription is answered as text/event-stream, which must be accepted.", 406)
        held = self._streams.one(first=goes_first(identity))
        stream: EventStream | None = None
        try:
            async with self._streams.turn():
                results = await self._executor.subscribe(received, identity, last_event_id=last_event_id)
            if not isinstance(results, AsyncGenerator):
                if is_unavailable(results.payload):
                    return ComeBack(BUSY_SECONDS, results.payload, headers=OPEN_TO_ALL)
                return SingleEvent(results.payload, headers=OPEN_TO_ALL)
            stream = EventStream(results, self._footing, held=held, ended=end_of(identity))
            return stream
        finally:
            if stream is None:
                with held:
                    pass


def _full(full: Full, accept: Accept) -> ASGIApp:
    """Send whoever finds no stream away to poll. An EventSource takes all but a stream as final: it is to come back."""
    if accept.names(EVENT_STREAM):
        return ComeBack(POLL_SECONDS, full.payload, headers=OPEN_TO_ALL)
    return _json(full.payload, 503, accept, {"retry-after": str(POLL_SECONDS)})


def _broken(answer: Answer, accept: Accept) -> ASGIApp:
    """Tell that nobody was answered, for whatever reason; an EventSource comes back only from a stream."""
    if not is_unavailable(answer.payload):
        return _json(answer.payload, 500, accept)
    if accept.json is None and accept.names(EVENT_STREAM):
        return ComeBack(BUSY_SECONDS, answer.payload, headers=OPEN_TO_ALL)
    return _json(answer.payload, 503, accept, {"retry-after": str(BUSY_SECONDS)})


def _wants_explorer(request: Request, accept: Accept) -> bool:
    asked = {"query", "documentId", "extensions"} & request.query_params.keys()
    return request.method == "GET" and accept.names(HTML) and not asked


async def _read(request: Request) -> Any:
    return _from_address(request.query_params) if request.method == "GET" else await _from_body(request)


def _from_address(params: QueryParams) -> dict[str, Any]:
    """Read the parameters of a GET; an empty one counts as absent. Raises InvalidRequest for one given twice."""
    for name in _PARAMETERS:
        if len(params.getlist(name)) > 1:
            raise InvalidRequest(f"The parameter '{name}' is given more than once.")
    given = {name: value for name, value in params.items() if name in _PARAMETERS and value}
    for name in ("variables", "extensions"):
        if name in given:
            given[name] = decode(given[name])
    return given


async def _from_body(request: Request) -> Any:
    media_type, _, parameters = request.headers.get("content-type", "").lower().partition(";")
    if media_type.strip() != JSON:
        raise InvalidRequest("The Content-Type of a POST must be application/json.", 415)
    charset = parameters.replace(" ", "").replace('"', "")
    if charset not in ("", "charset=utf-8", "charset=utf8"):
        raise InvalidRequest("JSON is sent in UTF-8.", 415)
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise InvalidRequest("Send the body as it is: no encoding is understood.", 415)
    return decode(await read_body(request))


def _last_event_id(request: Request) -> str | None:
    """Where to resume: the header of a reconnecting EventSource, or the address of one made anew."""
    return request.headers.get("last-event-id") or request.query_params.get("lastEventId") or None


def _status(answer: Answer, accept: Accept) -> int:
    if answer.refused:
        return 200 if accept.names(JSON) and accept.json == JSON else 400
    return 200 if "data" in answer.payload else 500


def _failure(message: str, code: str, status: int, accept: Accept, headers: dict[str, str]) -> Response:
    return _json({"errors": [{"message": message, "extensions": {"code": code}}]}, status, accept, headers)


def _public(answer: PublicAnswer, accept: Accept, known: str) -> Response:
    """An answer that caches may keep: for a second where a clock decides, else only to ask whether it still holds."""
    fresh = f"max-age={answer.seconds:.0f}" if answer.seconds <= 1 else "no-cache"
    # Weak, as the same data may come as either of two media types, and compressed on the way.
    headers = {
        "cache-control": f"public, {fresh}",
        "etag": f"W/{answer.etag}",
        "vary": "Accept, Authorization",
    }
    if any(tag.strip().removeprefix("W/") in (answer.etag, "*") for tag in known.split(",")):
        return Response(status_code=304, headers={**OPEN_TO_ALL, **headers})
    return _encoded(answer.encoded, 200, accept, headers)


def _json(payload: dict[str, Any], status: int, accept: Accept, headers: dict[str, str] | None = None) -> Response:
    return _encoded(encode(payload), status, accept, headers)


def _encoded(body: bytes, status: int, accept: Accept, headers: dict[str, str] | None = None) -> Response:
    return Response(
        body,
        status,
        {**OPEN_TO_ALL, "cache-control": "no-store", "vary": "Accept", **(headers or {})},
        f"{accept.json or JSON}; charset=utf-8",
    )

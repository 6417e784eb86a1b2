# SPDX-License-Identifier: GPL-3.0-or-later
"""GraphQL over WebSocket: the protocol ``graphql-transport-ws``, every close code of it.

A message that is no message of the protocol closes the socket; an operation that cannot be executed is answered
with ``error`` under its own id and harms no other. Each operation is a task of its own, and none outlives its socket.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Mapping
from contextlib import aclosing
from typing import Any, ClassVar, Final

from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketDisconnected

from graph.errors import ErrorCode, UserFault
from graph.rates import Bucket
from graph.web.graphql_beats import Beats
from graph.web.graphql_messages import (
    BAD_MESSAGE,
    FORBIDDEN,
    GOING_AWAY,
    ID_IN_USE,
    INIT_TIMEOUT,
    INTERNAL,
    SUBPROTOCOL,
    TOO_MANY_INITS,
    TRY_LATER,
    UNAUTHORIZED,
    WRONG_SUBPROTOCOL,
    CloseSocket,
    message_of,
    operation_id_of,
    payload_of,
)
from graph.web.graphql_request import (
    Answer,
    Executor,
    GraphQLRequest,
    Identify,
    InvalidRequest,
    StreamedResult,
    connect,
    encode,
    end_of,
    is_unavailable,
    request_of,
)
from graph.web.graphql_streams import BUSY_SECONDS, Busy, Full, SocketLimits, Streams, goes_first
from graph.web.graphql_ws_outlet import Outlet

_LAST_WORD_SECONDS: Final = 1.0


_DEFAULTS: Final = SocketLimits()


class GraphQLSockets:
    """The ASGI application at ``/graphql`` for WebSockets, of any origin.

    Who asks is found at ``connection_init``, from its payload and the handshake's headers. Once ``closing`` is set
    all sockets are closed with 1012 within a second.
    """

    def __init__(
        self,
        executor: Executor,
        identify: Identify,
        *,
        closing: asyncio.Event,
        streams: Streams,
        limits: SocketLimits = _DEFAULTS,
    ) -> None:
        self._executor = executor
        self._identify = identify
        self._beats = Beats(limits.ping_interval, closing)
        self._streams = streams
        self._limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one socket until it is closed; all its operations have ended when this returns."""
        socket = WebSocket(scope, receive, send)
        offered = SUBPROTOCOL in socket.scope.get("subprotocols", ())
        await socket.accept(SUBPROTOCOL if offered else None)
        connection = _Connection(socket, self._executor, self._identify, self._beats, self._streams, self._limits)
        if not offered:
            await connection.refuse(WRONG_SUBPROTOCOL, "Subprotocol not acceptable")
            return
        try:
            with self._streams.one():  # who goes first is known at ``connection_init``
                await connection.serve()
        except Full as full:
            await connection.refuse(TRY_LATER, str(full))


class _Connection:
    """One socket: its state of initialisation and its running operations by id."""

    def __init__(
        self,
        socket: WebSocket,
        executor: Executor,
        identify: Identify,
        beats: Beats,
        streams: Streams,
        limits: SocketLimits,
    ) -> None:
        self._socket = socket
        self._out = Outlet(socket, limits.stalled, self._leave_soon, streams)
        self._executor = executor
        self._identify = identify
        self._beats = beats
        self._streams = streams
        self._limits = limits
        self._pace = Bucket(limits.burst, limits.per_second)
        self._late: asyncio.TimerHandle | None = None
        self._initialised = False
        self._acknowledged = False
        self._identity: object = None
        self._deadline: asyncio.Timeout | None = None
        self._operations: dict[str, asyncio.Task[None]] = {}
        self._ending: set[asyncio.Task[None]] = set()

    async def serve(self) -> None:
        """Read messages until the socket is closed by either side."""
        slot = self._beats.join(self)
        self._late = asyncio.get_running_loop().call_later(self._limits.init_timeout, self._too_late)
        try:
            async with asyncio.timeout(None) as deadline:
                self._deadline = deadline
                await self._read()
        except CloseSocket as close:
            await self._out.close(close.code, close.reason)
        except (WebSocketDisconnect, TimeoutError):
            pass
        except Exception as error:
            if is_unavailable(self._executor.unexpected(error).payload):
                await self._out.close(TRY_LATER, f"The database does not answer: try again in {BUSY_SECONDS} seconds")
            else:
                await self._out.close(INTERNAL, "Internal error")
        finally:
            self._out.closed = True
            self._late.cancel()
            self._beats.leave(self, slot)
            await self._end_all()

    async def refuse(self, code: int, reason: str) -> None:
        """Close a socket that is not served."""
        await self._out.close(code, reason)

    # -------------------------------------------------------------- reading

    async def _read(self) -> None:
        while True:
            received = await self._socket.receive()
            if received["type"] == "websocket.disconnect":
                self._out.closed = True
                return
            if self._out.closed:
                continue
            await self._rest()
            message = message_of(received.get("text"))
            handler = self._HANDLERS.get(message["type"])
            if handler is None:
                raise CloseSocket(BAD_MESSAGE, "Invalid message type")
            await handler(self, message)

    async def _rest(self) -> None:
        """Wait where messages come too fast: what is not read waits at the sender's."""
        if (wait := self._pace.borrow(asyncio.get_running_loop().time())) > 0:
            await asyncio.sleep(wait)

    async def _on_init(self, message: dict[str, Any]) -> None:
        payload = payload_of(message)
        if self._initialised:
            raise CloseSocket(TOO_MANY_INITS, "Too many initialisation requests")
        self._initialised = True
        try:
            async with self._streams.turn():
                self._identity = await self._identify(self._socket.headers, payload)
        except UserFault as fault:
            raise CloseSocket(FORBIDDEN, f"Forbidden: {fault}") from None
        except Busy as busy:
            raise CloseSocket(TRY_LATER, str(busy)) from None
        if not goes_first(self._identity) and (full := self._streams.only_for_first()) is not None:
            raise CloseSocket(TRY_LATER, str(full))
        ended = end_of(self._identity)
        if ended is not None:
            self._start(self._leave(ended))
        self._acknowledged = True
        self._forget()
        await self._out.send({"type": "connection_ack"})

    def _forget(self) -> None:
        """Keep nothing of the handshake for as long as the socket lasts."""
        if self._late is not None:
            self._late.cancel()
        self._socket.scope["headers"] = []
        self._socket.__dict__.pop("_headers", None)

    async def _on_ping(self, message: dict[str, Any]) -> None:
        payload = payload_of(message)
        await self._out.send({"type": "pong"} if payload is None else {"type": "pong", "payload": payload})

    async def _on_pong(self, message: dict[str, Any]) -> None:
        payload_of(message)

    async def _on_subscribe(self, message: dict[str, Any]) -> None:
        operation_id = operation_id_of(message)
        try:
            request = request_of(message.get("payload"))
        except InvalidRequest as error:
            raise CloseSocket(BAD_MESSAGE, str(error)) from None
        if not self._acknowledged:
            raise CloseSocket(UNAUTHORIZED, "Unauthorized")
        if operation_id in self._operations:
            raise CloseSocket(ID_IN_USE, f"Subscriber for {operation_id} already exists")
        if len(self._operations) >= self._limits.operations:
            await self._out.error(operation_id, [_too_many(self._limits.operations)])
            return
        self._operations[operation_id] = self._start(self._run(operation_id, request))

    async def _on_complete(self, message: dict[str, Any]) -> None:
        task = self._operations.pop(operation_id_of(message), None)
        if task is not None:
            task.cancel()

    _HANDLERS: ClassVar[Mapping[str, Callable[[_Connection, dict[str, Any]], Awaitable[None]]]] = {
        "connection_init": _on_init,
        "ping": _on_ping,
        "pong": _on_pong,
        "subscribe": _on_subscribe,
        "complete": _on_complete,
    }

    # -------------------------------------------------------------- operations

    async def _run(self, operation_id: str, request: GraphQLRequest) -> None:
        try:
            errors = await self._respond(operation_id, request)
        except (WebSocketDisconnect, WebSocketDisconnected, OSError):
            return
        except CloseSocket as close:
            await self._part(close.code, close.reason)
            return
        except Exception as error:
            errors = self._executor.unexpected(error).payload["errors"]
        if self._operations.get(operation_id) is not asyncio.current_task():
            return  # The client completed it meanwhile, and may use the id again.
        # The id is free before the client can read that it is.
        del self._operations[operation_id]
        if errors is None:
            await self._out.send({"id": operation_id, "type": "complete"})
        else:
            await self._out.error(operation_id, errors)

    async def _respond(self, operation_id: str, request: GraphQLRequest) -> list[Any] | None:
        """Send the responses of an operation; return the errors that ended it, if any did."""
        kind = self._executor.kind_of(request)
        if not isinstance(kind, str):
            return _errors(kind)
        if kind == "subscription":
            return await self._follow(operation_id, request)
        answer = await self._executor.execute(request, self._identity, allow_mutations=True)
        if "data" not in answer.payload:
            return _errors(answer)
        await self._out.next(operation_id, encode(answer.payload))
        return None

    async def _follow(self, operation_id: str, request: GraphQLRequest) -> list[Any] | None:
        try:
            with self._streams.one(first=goes_first(self._identity)):
                async with self._streams.turn():
                    results = await self._executor.subscribe(request, self._identity)
                if isinstance(results, AsyncGenerator):
                    return await self._stream(operation_id, results)
                return _errors(results)
        except Full as full:
            return list(full.payload["errors"])
        except Busy as busy:
            raise CloseSocket(TRY_LATER, str(busy)) from None

    async def _stream(self, operation_id: str, results: AsyncGenerator[StreamedResult, None]) -> list[Any] | None:
        async with aclosing(results):
            if (push := self._out.pusher(operation_id)) is not None:
                connect(results, push)
            async for result in results:
                if result.failed:
                    return _errors(result)
                await self._out.next(operation_id, result.encoded)
                self._streams.delivered += 1
        return None

    def _start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)
        return task

    async def _end_all(self) -> None:
        """Cancel every operation and wait for it, so that its source is closed when the socket is gone."""
        ending = list(self._ending)
        for task in ending:
            task.cancel()
        await asyncio.gather(*ending, return_exceptions=True)
        # Nothing goes round in a circle from here, so that all of the connection is forgotten at once.
        self._operations.clear()
        self._out.end()

    # -------------------------------------------------------------- keeping and leaving

    def beat(self) -> None:
        """Ping."""
        if self._acknowledged and not self._out.ping():
            self._start(self._out.send({"type": "ping"}))

    def close(self) -> None:
        """Close the socket, since the process closes."""
        self._start(self._part(GOING_AWAY, "Service restart"))

    def _too_late(self) -> None:
        if not self._initialised:
            self._start(self._part(INIT_TIMEOUT, "Connection initialisation timeout"))

    async def _leave(self, ended: asyncio.Event) -> None:
        """Close the socket when whoever opened it is not signed in any more."""
        await ended.wait()
        await self._part(FORBIDDEN, "Forbidden: signed out")

    async def _part(self, code: int, reason: str) -> None:
        """Close the socket from our side; a client that does not answer keeps nobody waiting."""
        self._leave_soon()
        await self._out.close(code, reason)

    def _leave_soon(self) -> None:
        assert self._deadline is not None
        self._deadline.reschedule(asyncio.get_running_loop().time() + _LAST_WORD_SECONDS)


def _errors(answer: Answer | StreamedResult) -> list[Any]:
    return list(answer.payload["errors"])


def _too_many(allowed: int) -> dict[str, Any]:
    return {
        "message": f"At most {allowed} operations run on one socket at a time.",
        "extensions": {"code": ErrorCode.TOO_MANY.value},
    }

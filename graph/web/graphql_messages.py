# SPDX-License-Identifier: GPL-3.0-or-later
"""The messages of ``graphql-transport-ws`` and the codes it closes sockets with. Pure."""

from __future__ import annotations

from typing import Any, Final

from graph.web.graphql_request import MESSAGE_LIMIT, InvalidRequest, decode

SUBPROTOCOL: Final = "graphql-transport-ws"

TOO_BIG: Final = 1009
GOING_AWAY: Final = 1012
TRY_LATER: Final = 1013
BAD_MESSAGE: Final = 4400
UNAUTHORIZED: Final = 4401
FORBIDDEN: Final = 4403
WRONG_SUBPROTOCOL: Final = 4406
INIT_TIMEOUT: Final = 4408
ID_IN_USE: Final = 4409
TOO_MANY_INITS: Final = 4429
INTERNAL: Final = 4500
SLOW: Final = 4508

_REASON_BYTES: Final = 123
_ID_LENGTH: Final = 255


class CloseSocket(Exception):
    """The socket must be closed with this code."""

    def __init__(self, code: int, reason: str) -> None:
        self.code = code
        self.reason = reason
        super().__init__(reason)


def message_of(text: str | None) -> dict[str, Any]:
    """Read a message: an object with a type. Raises CloseSocket for what is none, or is too big."""
    if text is None:
        raise CloseSocket(BAD_MESSAGE, "Messages are text")
    if len(text) > MESSAGE_LIMIT:
        raise CloseSocket(TOO_BIG, "Message too big")
    try:
        message = decode(text)
    except InvalidRequest:
        raise CloseSocket(BAD_MESSAGE, "Messages are JSON") from None
    if not isinstance(message, dict) or not isinstance(message.get("type"), str):
        raise CloseSocket(BAD_MESSAGE, "Messages are objects with a type")
    return message


def payload_of(message: dict[str, Any]) -> dict[str, Any] | None:
    """Return the payload of an init, a ping or a pong. Raises CloseSocket unless it is an object or null."""
    payload = message.get("payload")
    if isinstance(payload, dict | None):
        return payload
    raise CloseSocket(BAD_MESSAGE, f"The payload of {message['type']} must be an object or null")


def operation_id_of(message: dict[str, Any]) -> str:
    """Return the id of a subscribe or a complete. Raises CloseSocket for one that is no proper string."""
    operation_id = message.get("id")
    if isinstance(operation_id, str) and 0 < len(operation_id) <= _ID_LENGTH:
        return operation_id
    raise CloseSocket(BAD_MESSAGE, f"The id of {message['type']} must be a string of 1 to {_ID_LENGTH} characters")


def fitting(reason: str) -> str:
    """Cut a reason to what a close frame holds, between two characters."""
    return reason.encode()[:_REASON_BYTES].decode(errors="ignore")

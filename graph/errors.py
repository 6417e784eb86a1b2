# SPDX-License-Identifier: GPL-3.0-or-later
"""Every error of the project: a small tree with stable codes.

Below the command line nothing prints and nothing exits; it raises one of these. Whoever meets a person
(the command line, the API, a page) turns it into one clear line, a ``userError`` or an answer.
"""

from __future__ import annotations

from enum import StrEnum


class ErrorCode(StrEnum):
    """The codes of ``userErrors``: a promise to client apps."""

    NOT_SIGNED_IN = "NOT_SIGNED_IN"
    NOT_ALLOWED = "NOT_ALLOWED"
    NOT_FOUND = "NOT_FOUND"
    INVALID = "INVALID"
    TAKEN = "TAKEN"
    CONFLICT = "CONFLICT"
    TOO_LONG = "TOO_LONG"
    TOO_MANY = "TOO_MANY"
    WRONG_PASSCODE = "WRONG_PASSCODE"
    ALREADY_ENROLLED = "ALREADY_ENROLLED"
    NOT_ENROLLED = "NOT_ENROLLED"
    PROGRAM_ENDED = "PROGRAM_ENDED"
    HAS_PARTICIPANTS = "HAS_PARTICIPANTS"
    REGISTRATION_CLOSED = "REGISTRATION_CLOSED"
    RATE_LIMITED = "RATE_LIMITED"
    UNKNOWN_USER = "UNKNOWN_USER"
    UNKNOWN_WIKI = "UNKNOWN_WIKI"
    UNAVAILABLE = "UNAVAILABLE"


class GraphError(Exception):
    """The root of all errors this project raises on purpose."""


class SettingsError(GraphError):
    """A setting is unknown, malformed or missing; the message names it."""


class DatabaseUnavailable(GraphError):
    """PostgreSQL cannot be reached or refuses us; the message says which address."""


class UpstreamError(GraphError):
    """Wikimedia (or its stand-in) did not answer as its protocol says."""


class SignInRefused(GraphError):
    """Wikimedia's log-in did not let somebody in: a code that is wrong, late or used up, or an account it hides."""


class MalformedEvent(GraphError):
    """An event cannot be understood.

    ``reason`` is a short stable phrase to count by; the message may say more.
    """

    def __init__(self, reason: str, detail: str = "") -> None:
        self.reason = reason
        super().__init__(f"{reason}: {detail}" if detail else reason)


class UserFault(GraphError):
    """Something a user can mend: becomes a ``userError``; nothing was changed.

    ``field`` is the path of the input field at fault, for example ``("usernames", "3")``, or None.
    """

    def __init__(self, code: ErrorCode, message: str, field: tuple[str, ...] | None = None) -> None:
        self.code = code
        self.field = field
        super().__init__(message)

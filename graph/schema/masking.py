# SPDX-License-Identifier: GPL-3.0-or-later
"""Which errors a client may read: its own faults as they are, ours as an id that the log has.

That the database is away is neither: whoever asks is told so, and asks again.
"""

from __future__ import annotations

import logging
import secrets
import traceback
from collections.abc import Callable, Iterable
from typing import Any, Final

from graphql import GraphQLError

from graph.errors import DatabaseUnavailable, ErrorCode, UserFault

UNAVAILABLE: Final = "The service's database does not answer at the moment. Please try again in a few seconds."
AGAIN_SECONDS: Final = 5

_log = logging.getLogger(__name__)
_MESSAGE_LENGTH = 300
_REASON_LENGTH = 500


class Masking:
    """Describes what went wrong while executing; ``away`` tells the errors that say nothing but: not now."""

    def __init__(self, away: Callable[[BaseException], bool] | None = None) -> None:
        self._away = away or (lambda error: isinstance(error, DatabaseUnavailable))

    def describe_all(self, errors: Iterable[GraphQLError]) -> list[dict[str, Any]]:
        """Put errors into the response's form, masking the unexpected ones."""
        return [self._describe(error) for error in errors]

    def masked(self, error: BaseException, path: str = "") -> dict[str, Any]:
        """Log an unexpected error in one line and return what the client is told of it: an id, or to come again."""
        message = " ".join(str(error).split())[:_MESSAGE_LENGTH]
        said = f"{type(error).__name__}: {message}"
        if self._away(error):
            _log.warning("the database cannot answer at %s: %s", path or "-", said)
            extensions = {"code": ErrorCode.UNAVAILABLE.value, "retryAfter": AGAIN_SECONDS}
            return {"message": UNAVAILABLE, "extensions": extensions}
        reference = secrets.token_hex(6)
        _log.error("error %s at %s: %s (%s)", reference, path or "-", said, _place(error))
        return {
            "message": f"Internal error. Its reference is {reference}.",
            "extensions": {"code": "INTERNAL_ERROR", "reference": reference},
        }

    def _describe(self, error: GraphQLError) -> dict[str, Any]:
        origin = _origin(error)
        if isinstance(origin, UserFault):
            extensions: dict[str, Any] = {"code": origin.code.value}
            if origin.field is not None:
                extensions["field"] = list(origin.field)
            return _with_extensions(error, extensions)
        if isinstance(origin, GraphQLError):
            return dict(error.formatted)
        path = ".".join(str(part) for part in error.path or ())
        described = dict(error.formatted)
        described.update(self.masked(origin, path))
        return described


def describe_refusal(errors: Iterable[GraphQLError], code: str) -> list[dict[str, Any]]:
    """Put the reasons for not executing at all into the response's form: nothing is masked, long reasons are cut.

    A reason repeats what it is about, which may be all of the request.
    """
    described = [_with_extensions(error, {"code": code}) for error in errors]
    return [{**each, "message": _cut(each["message"])} for each in described]


def _with_extensions(error: GraphQLError, extensions: dict[str, Any]) -> dict[str, Any]:
    described = dict(error.formatted)
    described["extensions"] = {**extensions, **(error.extensions or {})}
    return described


def _cut(message: str) -> str:
    return message if len(message) <= _REASON_LENGTH else f"{message[:_REASON_LENGTH]}…"


def _origin(error: GraphQLError) -> Exception:
    """Look through the errors that only say where: what was raised in the first place."""
    origin: Exception = error
    while isinstance(origin, GraphQLError) and origin.original_error is not None:
        origin = origin.original_error
    return origin


def _place(error: BaseException) -> str:
    """Name where it was raised: file, line and function of the innermost frame, no source text."""
    frames = traceback.extract_tb(error.__traceback__)
    if not frames:
        return "no traceback"
    last = frames[-1]
    return f"{last.filename}:{last.lineno} in {last.name}"

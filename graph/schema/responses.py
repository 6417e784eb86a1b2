# SPDX-License-Identifier: GPL-3.0-or-later
"""What executing gives: single answers, and the responses of subscriptions, encoded once however many get them."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any, Final

import msgspec

_encode: Final = msgspec.json.Encoder().encode
_ENCODED: Final = "json"


@dataclass(frozen=True, slots=True)
class Answer:
    """A response map. ``refused`` says that it is a request error: nothing was executed, there is no ``data``."""

    payload: dict[str, Any]
    refused: bool = False


@dataclass(frozen=True, slots=True)
class PublicAnswer:
    """An answer that everybody is given, as JSON; it may be given again for ``seconds`` while nothing changes."""

    encoded: bytes
    seconds: float
    etag: str
    refused: bool = False

    @property
    def payload(self) -> dict[str, Any]:
        """The response map."""
        found: dict[str, Any] = msgspec.json.decode(self.encoded)
        return found


def public(payload: dict[str, Any], seconds: float) -> PublicAnswer:
    """The response map for everybody."""
    encoded = _encode(payload)
    return PublicAnswer(encoded, seconds, f'"{blake2b(encoded, digest_size=12).hexdigest()}"')


@dataclass(frozen=True, slots=True)
class StreamedResult:
    """One response of a subscription.

    ``event_id`` is the source event's cursor, if it has one, and ``number`` its place in the log, 0 where it has none.
    ``failed`` marks the last response of a source that broke: it holds errors only. ``last``: no other follows.
    ``frames`` is where transports keep what they made of it, for all who get the same.
    """

    payload: dict[str, Any]
    event_id: str | None = None
    failed: bool = False
    number: int = field(default=0, compare=False)
    last: bool = field(default=False, compare=False)
    frames: dict[str, bytes] = field(default_factory=dict, compare=False, repr=False)

    @property
    def encoded(self) -> bytes:
        """The response map as JSON."""
        known = self.frames.get(_ENCODED)
        if known is None:
            known = self.frames[_ENCODED] = _encode(self.payload)
        return known

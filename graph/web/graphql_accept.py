# SPDX-License-Identifier: GPL-3.0-or-later
"""Content negotiation of GraphQL over HTTP: which of our media types a client likes best."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

RESPONSE_JSON: Final = "application/graphql-response+json"
JSON: Final = "application/json"
EVENT_STREAM: Final = "text/event-stream"
HTML: Final = "text/html"
_SHORT: Final = 200


@dataclass(frozen=True, slots=True)
class _Range:
    type: str
    quality: float
    place: int


class Accept:
    """An ``Accept`` header; a missing or empty one accepts everything.

    ``json`` is the JSON type liked best: by quality, then by order, then plain ``application/json``; or None.
    """

    def __init__(self, header: str | None) -> None:
        parts = [part for part in (header or "").split(",") if part.strip()] or ["*/*"]
        self._ranges = [_range(part, place) for place, part in enumerate(parts)]
        ranked = [(rank, media) for media in (JSON, RESPONSE_JSON) if (rank := self._rank(media)) is not None]
        self.json = min(ranked, key=lambda found: found[0])[1] if ranked else None

    def names(self, media_type: str) -> bool:
        """Whether the very type is asked for, not only something that covers it."""
        return any(found.type == media_type and found.quality > 0 for found in self._ranges)

    def allows(self, media_type: str) -> bool:
        """Whether the type is acceptable, by name or by a wildcard."""
        return self._rank(media_type) is not None

    def _rank(self, media_type: str) -> tuple[float, int] | None:
        """Sort key of a type by the most specific range that covers it; None where it is not acceptable."""
        family = media_type.split("/", 1)[0] + "/*"
        for wanted in (media_type, family, "*/*"):
            for found in self._ranges:
                if found.type == wanted:
                    return (-found.quality, found.place) if found.quality > 0 else None
        return None


def accepted(header: str | None) -> Accept:
    """The header understood; clients send the same few again and again, and those are remembered."""
    return _remembered(header) if header is None or len(header) <= _SHORT else Accept(header)


@lru_cache(maxsize=256)
def _remembered(header: str | None) -> Accept:
    return Accept(header)


def _range(part: str, place: int) -> _Range:
    media_type, *parameters = (piece.strip().lower() for piece in part.split(";"))
    quality = 1.0
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            quality = _quality(value.strip())
    return _Range(media_type, quality, place)


def _quality(value: str) -> float:
    try:
        quality = float(value)
    except ValueError:
        return 1.0
    return quality if 0 <= quality <= 1 else 1.0

# SPDX-License-Identifier: GPL-3.0-or-later
"""Which numbers a page shows, in which order and under which names, and how they run over time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from graph.web.texts import Texts

HEADLINE: Final = {
    "totalEdits": "page-number-edits",
    "articlesCreated": "page-number-articles-created",
    "articlesEdited": "page-number-articles-edited",
    "activeEditors": "page-number-active-editors",
    "bytesAdded": "page-number-bytes-added",
    "referencesAdded": "page-number-references-added",
    "commonsUploads": "page-number-uploads",
    "articleViews": "page-number-views",
}
"""The numbers at the head of a program and of a campaign: the API's names and what they are called."""

GOALS: Final = {
    "TOTAL_EDITS": "page-number-edits",
    "ARTICLES_CREATED": "page-number-articles-created",
    "ARTICLES_EDITED": "page-number-articles-edited",
    "ACTIVE_EDITORS": "page-number-active-editors",
    "BYTES_ADDED": "page-number-bytes-added",
    "COMMONS_UPLOADS": "page-number-uploads",
    "REFERENCES_ADDED": "page-number-references-added",
}
"""What a goal is about, as ``HEADLINE``."""

MOST_BARS: Final = 130


@dataclass(frozen=True, slots=True)
class Bar:
    """One bucket of a chart: its place from the left, its height of 100, and what it says."""

    place: int
    height: float
    at: str
    edits: int


def bucket(start: datetime, end: datetime) -> str:
    """The finest width of a chart's points with at most MOST_BARS of them."""
    long = end - start
    for name, width in (("HOUR", timedelta(hours=1)), ("DAY", timedelta(days=1)), ("WEEK", timedelta(weeks=1))):
        if long <= width * MOST_BARS:
            return name
    return "MONTH"


def bars(points: Sequence[Mapping[str, Any]], width: str, speak: Texts) -> list[Bar]:
    """The bars of a timeline, the highest of them 100 high; what is above zero can be seen."""
    most = max((point["edits"] for point in points), default=0) or 1
    written = {"HOUR": speak.moment, "MONTH": speak.month}.get(width, speak.date)
    return [
        Bar(place, max(100 * point["edits"] / most, 2 if point["edits"] else 0), written(point["at"]), point["edits"])
        for place, point in enumerate(points)
    ]

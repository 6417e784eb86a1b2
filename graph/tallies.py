# SPDX-License-Identifier: GPL-3.0-or-later
"""What each number is, and the values in which numbers travel.

Pure: no I/O, no clock. docs/metrics.md defines every field; graph/db/ledger.py is the one place that adds them up.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

# The incumbent's estimate, kept so that years can be compared: 5.175 bytes of Latin-script wikitext a word.
BYTES_PER_WORD = Fraction(5175, 1000)


def words(latin_bytes: int) -> int:
    """Words estimated from bytes added on wikis in Latin script: floor(bytes ÷ 5.175)."""
    return latin_bytes * BYTES_PER_WORD.denominator // BYTES_PER_WORD.numerator


@dataclass(frozen=True, slots=True)
class Metrics:
    """The headline numbers of one collection, or of one wiki or namespace of it.

    Fields that wait for enrichment are None until known. ``version`` grows with every change of the collection.
    """

    total_edits: int
    articles_created: int
    articles_edited: int
    editors: int
    active_editors: int
    new_editors: int
    bytes_added: int
    bytes_removed: int
    words_added: int | None
    commons_uploads: int
    reverted_edits: int
    as_of: datetime
    version: int
    references_added: int | None = None
    article_views: int | None = None
    uploads_in_use: int | None = None
    upload_usages: int | None = None
    enriched_as_of: datetime | None = None


@dataclass(frozen=True, slots=True)
class WikiMetrics:
    """One wiki's numbers, and those of one namespace where ``namespace`` is given."""

    wiki: str
    namespace: int | None
    metrics: Metrics


@dataclass(frozen=True, slots=True)
class EditorMetrics:
    """One editor's part of a collection."""

    edits: int
    bytes_added: int
    bytes_added_userspace: int
    bytes_added_draft: int
    articles_edited: int
    articles_created: int
    uploads: int
    last_edit_at: datetime | None
    references_added: int | None = None


@dataclass(frozen=True, slots=True)
class TimelinePoint:
    """The counted edits of one bucket of time, which starts at ``at``."""

    at: datetime
    edits: int
    bytes_added: int
    active_editors: int
    articles_created: int

# SPDX-License-Identifier: GPL-3.0-or-later
"""The historical source: what the wikis' own lists of contributions tell, as the same batches as the stream's.

The list is the truth and the stream its fast forerunner, but an answer may come from a replica some seconds behind
the stream. Each batch is therefore true *as of* a moment a little before the request (``LAG``), and older news never
overwrites newer: what the stream told in those seconds stands.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

from graph.edits import Batch
from graph.programs import Editor, Wiki

# How far an answer may be behind: the lag up to which the wikis answer at all (maxlag=5), and as much for the clocks.
LAG: Final = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Whose contributions to one wiki are read, and from when to when (both included).

    ``editors`` are recognised by central id, under whatever name they have on the wiki now; by name where they have
    none. ``reverted`` are revisions known as ``mw-reverted`` already, which need not be told again.
    """

    wiki: Wiki
    editors: Sequence[Editor]
    since: datetime
    until: datetime
    reverted: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Read:
    """One answer of the wiki: at most 500 edits, and what else it tells of them.

    ``batch`` has no checkpoint; its edits are those of one editor after another, each one's oldest first. When it is
    ingested, ``resume`` continues behind it (None: nothing is left). ``editors_done`` of the wanted editors have been
    read to the end.
    """

    batch: Batch
    resume: str | None
    editors_done: int


@dataclass(frozen=True, slots=True)
class Stored:
    """What the ledger holds of one revision, to be held against the wiki."""

    revision_id: int
    page_id: int
    at: datetime
    deleted: bool
    hidden: bool
    editor_hidden: bool
    reverted: bool


class Contributions(Protocol):
    """What is asked of the wikis; ``graph.wikimedia.contributions`` asks their Action API."""


class History:
    """Reads lists of contributions, and says what became of revisions that are not listed any more."""

    def __init__(self, contributions: Contributions, *, lag: timedelta = LAG) -> None:
        self._contributions = contributions
        self._lag = lag

    async def read(self, wanted: Wanted, resume: str | None = None) -> AsyncIterator[Read]:
        """Read what the editors contributed, an answer at a time, the next one fetched while one is ingested.

        ``resume`` is that of the last ingested ``Read`` for the same wiki, editors and times; with any other one
        reading starts over, which costs requests and nothing else. Raises UpstreamError when the wiki cannot be asked.
        """
        raise NotImplementedError
        yield

    async def verify(self, wiki: Wiki, stored: Sequence[Stored]) -> AsyncIterator[Batch]:
        """Ask the wiki for these revisions, fifty at a time, and tell as changes what the ledger has otherwise.

        For stored edits that ``read`` did not list in a window it read, and for those stored as deleted, hidden or
        reverted. Tells deleted and restored pages, hidden and shown parts, ``mw-reverted`` that came or went; a
        revision that is gone from a page that lives counts as hidden. Of revisions younger than the answer nothing
        is said. Raises UpstreamError.
        """
        raise NotImplementedError
        yield

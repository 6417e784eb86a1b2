# SPDX-License-Identifier: GPL-3.0-or-later
"""The historical source: what the wikis' own lists of contributions tell, as the same batches as the stream's.

The list is the truth and the stream its fast forerunner, but an answer may come from a replica some seconds behind
the stream. Each batch is therefore true *as of* a moment a little before the request (``LAG``), and older news never
overwrites newer: what the stream told in those seconds stands.
"""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from graph.edits import Batch, Rejected, SeenEdit
from graph.matching import canonical_username
from graph.programs import Editor, Wiki
from graph.streams import listing
from graph.streams.events import SIZE_UNKNOWN, WRONG_FIELD
from graph.streams.mending import Stored as Stored
from graph.streams.mending import find_redirects, measure, mend
from graph.streams.people import People, Person
from graph.wikimedia.action_api import Refused
from graph.wikimedia.contributions import VALUES, Listed, WikimediaContributions

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
    read to the end. ``renamed`` has the wiki's names of editors we call otherwise, by their number.
    """

    batch: Batch
    resume: str | None
    editors_done: int
    renamed: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Course:
    """The order in which the wanted editors are read, and the place reached, written down as ``resume``."""

    digest: str
    editors: Sequence[Editor]

    @classmethod
    def of(cls, wanted: Wanted) -> _Course:
        editors = sorted(wanted.editors, key=lambda editor: editor.id)
        ids = ",".join(str(editor.id) for editor in editors)
        text = f"{wanted.wiki.dbname} {wanted.since.isoformat()} {wanted.until.isoformat()} {ids}"
        return cls(f"{zlib.crc32(text.encode()):08x}", editors)

    def begin(self, resume: str | None) -> tuple[int, str]:
        """The first editor to read, and where to go on within the group."""
        digest, _, rest = (resume or "").partition(":")
        first, _, further = rest.partition(":")
        return (int(first), further) if digest == self.digest else (0, "")

    def resume(self, first: int, further: str = "") -> str | None:
        return f"{self.digest}:{first}:{further}" if first < len(self.editors) else None


class History:
    """Reads lists of contributions, and says what became of revisions that are not listed any more.

    ``lag`` is how far an answer may be behind; zero for a wiki with one database.
    """

    def __init__(self, contributions: WikimediaContributions, *, lag: timedelta = LAG) -> None:
        self._contributions = contributions
        self._people = People(contributions)
        self._lag = lag

    async def read(self, wanted: Wanted, resume: str | None = None) -> AsyncGenerator[Read, None]:
        """Read what the editors contributed, an answer at a time; the next one is fetched while one is ingested.

        ``resume`` is that of the last ingested ``Read`` for the same wiki, editors and times; with any other one
        reading starts over, which costs requests and nothing else. Raises UpstreamError when the wiki cannot be asked.
        """
        course = _Course.of(wanted)
        async with aclosing(self._groups(wanted, course, resume)) as source:
            following = asyncio.create_task(_next(source))
            try:
                while (read := await following) is not None:
                    following = asyncio.create_task(_next(source))
                    yield read
            finally:
                following.cancel()
                with suppress(asyncio.CancelledError, Exception):
                    await following

    async def verify(self, wiki: Wiki, stored: Sequence[Stored]) -> AsyncGenerator[Batch, None]:
        """Ask the wiki for these revisions, fifty at a time, and tell as changes what the ledger has otherwise.

        For stored edits that ``read`` did not list in a window it read, and for those stored as deleted, hidden or
        reverted. Tells deleted and restored pages, hidden and shown parts, ``mw-reverted`` that came or went; a
        revision that is gone from a page that lives counts as hidden. Of revisions younger than the answer nothing
        is said. Raises UpstreamError.
        """
        for start in range(0, len(stored), VALUES):
            changes = await mend(self._contributions, wiki, stored[start : start + VALUES], self._lag)
            yield Batch(changes=changes)

    async def _groups(self, wanted: Wanted, course: _Course, resume: str | None) -> AsyncGenerator[Read, None]:
        begin, further = course.begin(resume)
        for first in range(begin, len(course.editors), VALUES):
            group = course.editors[first : first + VALUES]
            people = await self._people.of(wanted.wiki, group)
            if people:
                async with aclosing(self._group(wanted, course, first, people, further)) as reads:
                    async for read in reads:
                        yield read
            else:
                yield Read(Batch(), course.resume(first + len(group)), first + len(group))
            further = ""

    async def _group(
        self, wanted: Wanted, course: _Course, first: int, people: Mapping[int, Person], further: str
    ) -> AsyncGenerator[Read, None]:
        group = course.editors[first : first + VALUES]
        seen: set[int] = set()
        while True:
            answer = await self._listed(wanted, people, further)
            batch = await self._batch(wanted, people, answer)
            if not answer.further:
                break
            further = answer.further
            seen.update(edit.editor_id for edit in batch.edits)
            yield Read(batch, course.resume(first, further), first + max(len(seen) - 1, 0))
        done = first + len(group)
        yield Read(batch, course.resume(done), done, _renamed(group, people))

    async def _listed(self, wanted: Wanted, people: Mapping[int, Person], further: str) -> Listed:
        ask = self._contributions.listed
        try:
            return await ask(wanted.wiki, sorted(people), wanted.since, wanted.until, further)
        except Refused as refused:
            # The list is another one than when we stopped: an account was made here, or attached.
            if refused.code != "badcontinue" or not further:
                raise
        return await ask(wanted.wiki, sorted(people), wanted.since, wanted.until)

    async def _batch(self, wanted: Wanted, people: Mapping[int, Person], answer: Listed) -> Batch:
        as_of = answer.asked_at - self._lag
        batch = Batch(rejected=[Rejected(WRONG_FIELD, f"{why}: {sample}") for why, sample in answer.malformed])
        await measure(self._contributions, wanted.wiki, answer.rows)
        redirects = await find_redirects(self._contributions, wanted.wiki, answer.rows)
        for row in answer.rows:
            person = people.get(row.userid)
            if person is None:
                continue
            if not listing.is_measured(row):
                batch.rejected.append(Rejected(SIZE_UNKNOWN, f"{wanted.wiki.dbname} revision {row.revid}"))
                continue
            edit = listing.edit(wanted.wiki.dbname, row, person.account, redirect=row.revid in redirects)
            batch.edits.append(SeenEdit(edit, person.editor_id, as_of))
            known = row.revid in wanted.reverted
            batch.changes.extend(listing.changes(wanted.wiki.dbname, row, as_of, known_reverted=known))
        return batch


def _renamed(group: Sequence[Editor], people: Mapping[int, Person]) -> dict[int, str]:
    names = {person.editor_id: person.account.username for person in people.values()}
    return {
        editor.id: names[editor.id]
        for editor in group
        if editor.id in names and names[editor.id] != canonical_username(editor.username)
    }


async def _next(source: AsyncGenerator[Read, None]) -> Read | None:
    return await anext(source, None)

# SPDX-License-Identifier: GPL-3.0-or-later
"""History and the stream in one ledger: the newer news stands, wherever it is from."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from graph.db.pool import Pool
from graph.edits import Batch
from graph.matching import Enrolled, Index
from graph.programs import Editor
from graph.streams.events import understand
from graph.streams.history import Stored
from graph.streams.ingest import Counted, ingest
from tests.db.naive import Headline
from tests.db.world import World
from tests.streams.listing_wikis import SINCE, UNTIL, WIKI, Lists, lists


@dataclass
class Beside:
    """One editor in one program of the English Wikipedia's articles."""

    wikis: Lists
    world: World
    editor: Editor
    program: int
    _read: int = 0

    async def stream(self) -> list[Counted]:
        """Ingest what the stream has told since the last time."""
        index = Index([Enrolled(self.editor.id, self.editor.central_id, self.editor.username, SINCE, UNTIL)])
        topics = self.wikis.stand.wikimedia.log.topics.values()
        messages = sorted((m for topic in topics for m in topic.messages), key=lambda m: m.sequence)
        batches = []
        for message in messages[self._read :]:
            seen = understand(message.data, index.find)
            batches.append(Batch(list(seen.edits), list(seen.changes), checkpoint={seen.topic: seen.dt_ms}))
        self._read = len(messages)
        return [await self._ingest(batch) for batch in batches]

    async def answers(self) -> list[Batch]:
        """What the list says now, not ingested yet."""
        return [read.batch for read in await self.wikis.read(self.editor)]

    async def history(self) -> list[Counted]:
        return [await self._ingest(batch) for batch in await self.answers()]

    async def verify(self) -> list[Counted]:
        rows = await self.world.pool.fetch(
            "SELECT e.revision_id, p.page_id, e.at, p.deleted, e.hidden, e.editor_hidden, e.reverted"
            " FROM edit e JOIN page p ON p.id = e.page_key"
        )
        stored = [Stored(*row) for row in rows]
        return [await self._ingest(batch) async for batch in self.wikis.history.verify(WIKI, stored)]

    async def _ingest(self, batch: Batch) -> Counted:
        async with self.world.pool.acquire() as conn:
            return await ingest(conn, batch)

    async def headline(self) -> Headline:
        return await self.world.headline(self.program)

    async def titles(self) -> list[str]:
        return [row[0] for row in await self.world.pool.fetch("SELECT title FROM page ORDER BY page_id")]


@pytest.fixture
async def beside(pool: Pool) -> AsyncIterator[Beside]:
    world = World(pool)
    number = await world.editor()
    program = await world.program(number, start=SINCE, end=UNTIL)
    async with lists() as wikis:
        wikimedia = wikis.stand.wikimedia
        wikimedia._next["", "central"] = number
        account = wikimedia.create_user(f"Editor {number}")
        wikis.stand.clock.now = int(datetime(2026, 9, 20, 12, tzinfo=UTC).timestamp() * 1000)
        yield Beside(wikis, world, Editor(number, account.name, account.central_id, None), program)


async def test_an_edit_from_both_counts_once_whichever_comes_first(beside: Beside) -> None:
    wikimedia = beside.wikis.stand.wikimedia
    for _ in range(2):
        wikimedia.save("enwiki", "A", beside.editor.username, change=100)
    assert await beside.stream() == [Counted(1, 0), Counted(1, 0)]
    assert await beside.history() == [Counted(0, 0)]
    wikimedia.save("enwiki", "B", beside.editor.username, size=50)
    assert await beside.history() == [Counted(1, 0)]
    assert await beside.stream() == [Counted(0, 0)]
    assert await beside.headline() == Headline(
        edits=3, articles_edited=2, articles_created=2, editors=1, active_editors=1, bytes_added=250, words=48
    )


async def test_an_answer_that_is_behind_does_not_bring_a_deleted_page_back(beside: Beside) -> None:
    wikimedia = beside.wikis.stand.wikimedia
    wikimedia.save("enwiki", "A", beside.editor.username)
    await beside.stream()
    beside.wikis.wait(60)
    await beside.wikis.stand.act("stop_replication")
    wikimedia.delete("enwiki", "A", "Béla")
    await beside.stream()
    beside.wikis.wait(4)
    assert await beside.history() == [Counted(0, 0)]
    assert (await beside.headline()).edits == 0
    await beside.wikis.stand.act("start_replication")
    wikimedia.undelete("enwiki", "A", "Béla")
    beside.wikis.wait(60)
    assert await beside.history() == [Counted(0, 1)]
    assert (await beside.headline()).edits == 1


async def test_an_answer_that_is_behind_does_not_move_a_page_back_or_show_what_is_hidden(beside: Beside) -> None:
    wikimedia = beside.wikis.stand.wikimedia
    one = wikimedia.save("enwiki", "A", beside.editor.username)
    wikimedia.save("enwiki", "B", beside.editor.username)
    await beside.stream()
    beside.wikis.wait(60)
    await beside.wikis.stand.act("stop_replication")
    wikimedia.move("enwiki", "B", "Draft:B", "Béla", leave_redirect=False)
    wikimedia.hide_revision("enwiki", one.id, "Béla", text=True)
    await beside.stream()
    beside.wikis.wait(4)
    await beside.history()
    assert await beside.verify() == [Counted(0, 0)]
    assert await beside.titles() == ["A", "Draft:B"]
    assert (await beside.headline()).edits == 1


async def test_an_edit_the_answer_does_not_know_yet_is_not_taken_back(beside: Beside) -> None:
    wikimedia = beside.wikis.stand.wikimedia
    wikimedia.save("enwiki", "A", "Béla")
    await beside.wikis.stand.act("stop_replication")
    beside.wikis.wait(4)
    wikimedia.save("enwiki", "A", beside.editor.username)
    wikimedia.save("enwiki", "New", beside.editor.username)
    await beside.stream()
    assert await beside.verify() == [Counted(0, 0)]
    assert (await beside.headline()).edits == 2


async def test_what_the_stream_lost_is_mended(beside: Beside) -> None:
    wikimedia = beside.wikis.stand.wikimedia
    name = beside.editor.username
    for title in ("Deleted", "Hidden", "Reverted", "Moved", "Protected"):
        wikimedia.save("enwiki", title, name, size=100)
    hidden, reverted = (wikimedia.page("enwiki", title).latest.id for title in ("Hidden", "Reverted"))
    await beside.stream()
    assert (await beside.headline()).edits == 5
    wikimedia.delete("enwiki", "Deleted", "Béla")
    wikimedia.hide_revision("enwiki", hidden, "Béla", user=True)
    wikimedia.tag("enwiki", reverted, add=["mw-reverted"])
    wikimedia.move("enwiki", "Moved", "Draft:Moved", "Béla")
    wikimedia.protect("enwiki", "Protected", name)
    beside.wikis.wait(60)
    assert await beside.history() == [Counted(1, 2)]
    assert await beside.verify() == [Counted(0, 2)]
    assert await beside.headline() == Headline(
        edits=4, articles_edited=2, articles_created=2, editors=1, active_editors=1, bytes_added=200, words=38,
        reverted=1,
    )  # fmt: skip
    assert await beside.verify() == [Counted(0, 0)]


async def test_what_is_undone_is_mended_too(beside: Beside) -> None:
    wikimedia = beside.wikis.stand.wikimedia
    for title in ("A", "B", "C"):
        wikimedia.save("enwiki", title, beside.editor.username, size=100)
    hidden, reverted = (wikimedia.page("enwiki", title).latest.id for title in ("B", "C"))
    wikimedia.delete("enwiki", "A", "Béla")
    wikimedia.hide_revision("enwiki", hidden, "Béla", text=True, user=True)
    wikimedia.tag("enwiki", reverted, add=["mw-reverted"])
    await beside.stream()
    found = await beside.headline()
    assert (found.edits, found.reverted) == (1, 1)
    wikimedia.undelete("enwiki", "A", "Béla")
    wikimedia.hide_revision("enwiki", hidden, "Béla", text=False, user=False)
    wikimedia.tag("enwiki", reverted, remove=["mw-reverted"])
    beside.wikis.wait(60)
    assert await beside.verify() == [Counted(0, 3)]
    found = await beside.headline()
    assert (found.edits, found.reverted) == (3, 0)

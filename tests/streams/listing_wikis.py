# SPDX-License-Identifier: GPL-3.0-or-later
"""A stand-in whose lists of contributions are read, and the editors who write there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from graph.edits import Batch, Change, Edit
from graph.programs import Editor, Wiki
from graph.simulator.pages import Account
from graph.streams.history import LAG, History, Read, Stored, Wanted
from graph.wikimedia.action_api import IN_FLIGHT, ActionApi
from graph.wikimedia.contributions import WikimediaContributions
from tests.simulator.serving import AGENT, Stand, standing

WIKI = Wiki("enwiki", "en.wikipedia.org", "wikipedia", "en")
SINCE = datetime(2026, 9, 1, tzinfo=UTC)
UNTIL = datetime(2026, 10, 1, tzinfo=UTC)


@dataclass
class Lists:
    """The stand-in, a ``History`` that reads it, and what was asked."""

    stand: Stand
    history: History
    asked: list[httpx.Request] = field(default_factory=list)

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.stand.clock.now / 1000, UTC)

    def wait(self, seconds: float) -> None:
        self.stand.clock.now += int(seconds * 1000)

    def modules(self) -> list[str]:
        """Which modules were asked, in order."""
        return [next(iter(_asked(request) & MODULES)) for request in self.asked]

    async def read(self, *editors: Editor, resume: str | None = None, **wanted: Any) -> list[Read]:
        return [read async for read in self.history.read(want(*editors, **wanted), resume)]

    async def edits(self, *editors: Editor, **wanted: Any) -> list[Edit]:
        return [seen.edit for read in await self.read(*editors, **wanted) for seen in read.batch.edits]

    async def verify(self, *stored: Stored) -> list[Change]:
        batches: list[Batch] = [batch async for batch in self.history.verify(WIKI, stored)]
        return [change for batch in batches for change in batch.changes]


MODULES = {"users", "usercontribs", "revisions", "info", "globaluserinfo"}


def _asked(request: httpx.Request) -> set[str]:
    form: Mapping[str, str] = request.url.params
    if request.method == "POST":
        form = httpx.QueryParams(request.content.decode())
    return {form.get(name, "") for name in ("list", "prop", "meta")}


def want(*editors: Editor, **wanted: Any) -> Wanted:
    return Wanted(**{"wiki": WIKI, "editors": editors, "since": SINCE, "until": UNTIL} | wanted)


def editor(number: int, account: Account) -> Editor:
    return Editor(number, account.name, account.central_id, None)


@asynccontextmanager
async def lists(lag: timedelta = LAG) -> AsyncIterator[Lists]:
    async with standing() as stand:

        async def note(request: httpx.Request) -> None:
            await request.aread()
            found.asked.append(request)

        async def sleep(_: float) -> None:
            pass

        stand.client.event_hooks["request"] = [note]
        slots = asyncio.Semaphore(IN_FLIGHT)
        address = stand.base + "/w/{dbname}/api.php"
        api = ActionApi(stand.client, address, AGENT, slots, sleep=sleep, timer=lambda: 0.0)
        found = Lists(stand, History(WikimediaContributions(api), lag=lag))
        yield found

# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole service on a real database: a campaign, an editathon under way, and everything hostile people write."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from starlette.applications import Starlette

from graph.db.pool import Pool
from graph.edits import Batch, Change, SeenEdit
from graph.schema.access import Everybody
from graph.schema.execution import Executor
from graph.schema.root import schema
from graph.streams.ingest import ingest
from graph.streams.relay import Relay
from graph.web.embedding import embed_routes
from graph.web.graphql_routes import graphql_routes
from graph.web.pages import page_routes
from graph.web.rendering import HANDLERS
from graph.web.sign_in import SignIn
from tests.db.rows import NOW, Person, World
from tests.resolvers.stage import Stage
from tests.web.serving import serving

HOME: Final = "https://graph.example"
HOSTILE: Final = (
    "<script>alert(1)</script>",
    '"><svg/onload=alert(1)>',
    "<img src=x onerror=alert(1)>",
    "</script><script>alert(1)</script>",
    "javascript:alert(1)",
    "{{7*7}} ${7*7} {% raw %}",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "\u202egnp.exe\u202d \u2066open",
    "zero\u200bwidth\u200dand\ufeffmore\u2060",
    "line\u2028separator\u2029here",
    "Z" + "\u0310\u0323\u031b\u0341" * 12 + "algo",
    "W" * 250,
    "👩‍👩‍👧‍👦 🏳️‍🌈",
    "__proto__",
    "constructor",
    "'; DROP TABLE program; --",
)
"""What people may call themselves and their pages (bad input, rows 30 to 32)."""

DESCRIPTION: Final = """\
# Women of the museum

Write about the women in the museum's **collection**: painters, patrons and restorers.

- Bring a laptop
- Bring a [source](https://en.wikipedia.org/wiki/Wikipedia:Reliable_sources)

> Every article counts.

<script>alert(1)</script> ![x](https://evil.example/x.png) [bad](javascript:alert(1))
"""

ARTICLES: Final = (
    ("Hypatia", "enwiki", 2140, True), ("Clara Peeters", "nlwiki", 860, False), ("هيباتيا", "arwiki", 1930, True),
    ("Судья, Ольга", "ruwiki", -140, False), ("清少納言", "jawiki", 3010, True), ("Beale", "enwiki", 412, False),
    ("Rosa Bonheur", "frwiki", 77, False), ("Mary Beale", "enwiki", 0, False),
)  # fmt: skip


@dataclass
class Gallery:
    """What there is to see, and what can be done to it."""

    url: str
    pool: Pool
    world: World
    stage: Stage
    people: list[Person]

    async def edit(self, title: str, size: int = 120, person: int = 0, **fields: object) -> int:
        """An edit that the editathon counts, told to those who follow it."""
        fields.setdefault("at", NOW - timedelta(minutes=1))
        return await self.world.edit(self.people[person], title, size, **fields)  # type: ignore[arg-type]


class Streamed(World):
    """A world whose edits come by the stream once ``live``: told one by one, and not as history."""

    live = False

    async def take_in(self, edits: Sequence[SeenEdit] = (), changes: Sequence[Change] = ()) -> None:
        checkpoint = {"edits": int(NOW.timestamp() * 1000)} if self.live else None
        batch = Batch(list(edits), list(changes), checkpoint=checkpoint, complete_until=NOW if self.live else None)
        async with self.pool.acquire() as conn:
            await ingest(conn, batch)


async def fill(world: World) -> list[Person]:
    """A campaign with an editathon under way, others before and after it, and a program of hostile names."""
    campaign = await world.campaign("women_2026", title="Women in culture 2026", description=DESCRIPTION)
    lead = await world.editor("Amara Quill")
    people = [lead, *[await world.editor(name) for name in ("Bo Lind", "مريم", "Ngozi", *HOSTILE[:6])]]
    tracked = dict.fromkeys(("enwiki", "nlwiki", "arwiki", "ruwiki", "jawiki", "frwiki", "commonswiki"), (0,))
    program = await world.program(
        "night_at_the_museum", tracked=tracked, campaigns=[campaign], facilitators=[lead],
        title="Night at the Museum", institution="City Museum", term="Autumn 2026", description=DESCRIPTION,
    )  # fmt: skip
    await world.enroll(program, *people)
    await world.goal(program, "ARTICLES_CREATED", 5)
    await world.goal(program, "TOTAL_EDITS", 400)
    await world.session(program, "opening", NOW - timedelta(hours=2), NOW + timedelta(hours=2))
    for day in range(18):
        for index in range((day * 7) % 11):
            title, wiki, size, created = ARTICLES[(index + day) % len(ARTICLES)]
            at = NOW - timedelta(days=day, minutes=13 * index)
            await world.edit(
                people[(index + day) % len(people)], title, size, wiki=wiki, created=created and day == 17, at=at,
                summary="/* Life */ sources added" if index % 3 == 0 else None,
            )  # fmt: skip
    await world.program("uni-later", title="ويكي الجامعة", institution="جامعة القاهرة", campaigns=[campaign],
        tracking_start=NOW + timedelta(days=40), tracking_end=NOW + timedelta(days=60))  # fmt: skip
    await world.program("uni-before", title="Botany 101", institution="University of Ghent",
        tracking_start=NOW - timedelta(days=90), tracking_end=NOW - timedelta(days=30))  # fmt: skip
    await world.program("secret", title="Secret circle", visibility="PRIVATE", facilitators=[lead])
    hostile = await world.program("hostile", title=HOSTILE[1], institution=HOSTILE[0], term=HOSTILE[7],
        description="\n\n".join(HOSTILE) + "\n\n[x](javascript:alert(1))")  # fmt: skip
    await world.enroll(hostile, *people)
    for index, text in enumerate(HOSTILE):
        await world.edit(people[index % len(people)], text[:200], 10 + index, summary=text)
    await world.campaign("hostile", title=HOSTILE[3], description=HOSTILE[2])
    return people


@asynccontextmanager
async def gallery(pool: Pool, database_url: str) -> AsyncIterator[Gallery]:
    """Serve it on a real socket."""
    world, stage = Streamed(pool), Stage(pool)
    people = await fill(world)
    world.live = True
    relay = Relay(database_url, pool, stage.deps.broker)
    await relay.begin()
    identify, closing = SignIn(stage.deps, frozenset()), asyncio.Event()
    executor = Executor(schema, stage.api._context, policy=Everybody())
    routes = [
        *graphql_routes(executor, identify, closing=closing),
        *embed_routes(executor, HOME),
        *page_routes(executor, identify.reader, identify.corner, HOME),
    ]
    async with serving(Starlette(routes=routes, exception_handlers=HANDLERS), closing=closing) as url:
        following = asyncio.create_task(relay.run())
        yield Gallery(url, pool, world, stage, people)
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)

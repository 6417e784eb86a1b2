# SPDX-License-Identifier: GPL-3.0-or-later
"""A public and a private program with somebody of every part, and one connection whose every change is undone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from graph.db import queue
from graph.db.pool import connect
from graph.db.queue import JobKind
from graph.permissions import Part
from graph.programs import Visibility
from graph.resolvers.identity import ANONYMOUS, Actor
from graph.schema import ids
from tests.db.rows import Person, World
from tests.resolvers.stage import Stage

ROLES = {
    Part.EDITOR: "EDITOR",
    Part.VOLUNTEER: "ONLINE_VOLUNTEER",
    Part.FACILITATOR: "FACILITATOR",
}


@dataclass(frozen=True)
class Place:
    """A program of the scene with what belongs to it, by global id."""

    program: str
    title: str
    invitation: str
    session: str
    article: str
    edit: str
    excluded: str
    screen_token: str
    available: str
    assignments: Mapping[Actor, str]
    scope: str


@dataclass(frozen=True)
class Scene:
    """Who is there and what; ``both`` facilitates the programs and organizes the campaigns."""

    actors: Mapping[Part, Actor]
    both: Actor
    places: Mapping[Visibility, Place]
    campaign: str
    other_campaign: str
    organization: str
    access_tokens: Mapping[Actor, str]
    dead_letter: str


class OneConnection:
    """One connection as if it were a pool: transactions are savepoints, and statements wait for each other."""

    def __init__(self, conn: Any) -> None:
        self._conn = conn
        self._turn = asyncio.Lock()

    @asynccontextmanager
    async def acquire(self) -> AsyncIterator[OneConnection]:
        yield self

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[None]:
        async with self._conn.transaction():
            yield

    async def fetch(self, *call: Any, **options: Any) -> Any:
        async with self._turn:
            return await self._conn.fetch(*call, **options)

    async def fetchrow(self, *call: Any, **options: Any) -> Any:
        async with self._turn:
            return await self._conn.fetchrow(*call, **options)

    async def fetchval(self, *call: Any, **options: Any) -> Any:
        async with self._turn:
            return await self._conn.fetchval(*call, **options)

    async def execute(self, *call: Any, **options: Any) -> Any:
        async with self._turn:
            return await self._conn.execute(*call, **options)

    async def executemany(self, *call: Any, **options: Any) -> Any:
        async with self._turn:
            return await self._conn.executemany(*call, **options)

    def is_in_transaction(self) -> bool:
        return True


async def build(url: str) -> Scene:
    """The scene in this database."""
    pool = await connect(url)
    try:
        stage = Stage(pool)
        owner = await stage.person("Amara Quill")
        actors = {part: await stage.person(f"The {part}", is_admin=part is Part.ADMIN) for part in Part}
        actors[Part.ANONYMOUS] = ANONYMOUS
        both = await stage.person("The facilitator and organizer")
        return await _furnish(stage, owner, actors, both)
    finally:
        await pool.close()


async def _furnish(stage: Stage, owner: Actor, actors: Mapping[Part, Actor], both: Actor) -> Scene:
    admin = actors[Part.ADMIN]
    made = await stage.done(
        "createOrganization", admin, name="Affiliate", coordinators=[f"The {Part.ORGANIZATION_COORDINATOR}"]
    )
    campaigns = []
    for title in ("Spring", "Autumn"):
        campaign = (await stage.done("createCampaign", owner, title=title))["campaign"]["id"]
        for organizer in (actors[Part.CAMPAIGN_ORGANIZER], both):
            await stage.done("addCampaignOrganizer", owner, campaignId=campaign, username=organizer.username)
        campaigns.append(campaign)
    helper = await stage.person("A Helper")
    await stage.done("grantAdmin", admin, username="A Helper")
    world, places = World(stage.pool), {}
    for visibility in Visibility:
        place = await _place(stage, world, owner, actors, both, helper, visibility)
        await stage.done("addProgramToCampaign", admin, campaignId=campaigns[0], programId=place.program)
        places[visibility] = place
    tokens = {
        actor: (await stage.done("createAccessToken", actor, name="App"))["accessToken"]["id"]
        for actor in (*actors.values(), both)
        if actor.signed_in
    }
    letter = await _dead_letter(stage, numbered(places[Visibility.PUBLIC].program))
    return Scene(actors, both, places, *campaigns, made["organization"]["id"], tokens, letter)


async def _dead_letter(stage: Stage, program: int) -> str:
    """A job that failed too often."""
    async with stage.pool.acquire() as conn, conn.transaction():
        await queue.enqueue(conn, JobKind.RECONCILE, program)
        number = await conn.fetchval("UPDATE jobs.pgqueuer SET status = 'failed' RETURNING id")
    return ids.encode(ids.Kind.JOB, number)


async def _place(
    stage: Stage,
    world: World,
    owner: Actor,
    actors: Mapping[Part, Actor],
    both: Actor,
    helper: Actor,
    visibility: Visibility,
) -> Place:
    program = await stage.program(owner, title=f"The {visibility.lower()} one", visibility=visibility)
    number = numbered(program["id"])
    target = await world.editor(f"Target of {number}")
    await world.enroll(number, target)
    await world.edit(target, f"Moss {number}", 10)
    await world.edit(target, f"Fern {number}", 10)
    pages = await stage.pool.fetch("SELECT id FROM page ORDER BY id DESC LIMIT 2")
    article, excluded = (ids.encode(ids.Kind.ARTICLE, row["id"]) for row in pages)
    revision = await stage.pool.fetchval("SELECT revision_id FROM edit WHERE page_key = $1", pages[0]["id"])
    await stage.done("excludeArticle", owner, programId=program["id"], articleId=excluded)
    for part, role in ROLES.items():
        await world.enroll(number, _person(actors[part]), role=role)
    await world.enroll(number, _person(both), role="FACILITATOR")
    await world.enroll(number, _person(helper), role="STAFF")
    session = await stage.done(
        "createSession", owner, programId=program["id"], title="Evening", start=program["trackingStart"],
        end=program["trackingEnd"], coordinators=[actors[Part.SESSION_COORDINATOR].username],
    )  # fmt: skip
    token = await stage.done("createScreenToken", owner, programId=program["id"], name="Hall")
    scope = await stage.done("addScope", owner, programId=program["id"], kind="PETSCAN", wiki="enwiki", value="4711")
    await stage.pool.execute("UPDATE scope SET state = 'READY'")
    await stage.done("addAvailableArticles", owner, programId=program["id"], articles="Lichen")
    assigned = {
        actor: (await stage.done("assignArticle", owner, programId=program["id"], username=name, title="Liverwort"))
        for actor, name in ((actors[Part.EDITOR], "The editor"), (owner, target.username))
    }
    return Place(
        available=ids.encode(ids.Kind.AVAILABLE_ARTICLE, await _offered(stage, number)),
        assignments={actor: made["assignment"]["id"] for actor, made in assigned.items()},
        program=program["id"],
        title=program["title"],
        invitation=program["invitationUrl"].rpartition("/")[2],
        session=session["session"]["id"],
        article=article,
        edit=ids.encode_edit("enwiki", revision),
        excluded=excluded,
        screen_token=token["screenToken"]["id"],
        scope=scope["scope"]["id"],
    )


async def _offered(stage: Stage, program: int) -> int:
    return int(await stage.pool.fetchval("SELECT id FROM wanted_article WHERE program_id = $1", program))


def numbered(global_id: str) -> int:
    found = ids.parse(global_id)
    assert found is not None
    return found.number


def _person(actor: Actor) -> Person:
    assert actor.editor_id is not None
    assert actor.username is not None
    return Person(actor.editor_id, actor.username)

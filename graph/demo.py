# SPDX-License-Identifier: GPL-3.0-or-later
"""The demo: an editathon in a stand-in for Wikimedia, and everything this project does with it, in one process.

It goes the way of every real program: the programs are created through the API, their editors enrolled by name, and
from then on the only thing that connects the two sides is the stream.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import json
import secrets
import tempfile
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import uvloop

from graph import app
from graph.db import embedded, migrate, recounting
from graph.db.pool import connect_alone
from graph.errors import GraphError
from graph.resolvers.signing_in import development_actor
from graph.settings import Settings
from graph.signals import Told
from graph.simulator.app import create_app
from graph.simulator.cast import CampaignPlan, ProgramPlan
from graph.simulator.editathon import Editathon
from graph.simulator.moderation import Wikimedia
from graph.simulator.server import running
from graph.web.graphql_request import GraphQLRequest

ORGANIZER = "Amara Quillfeather"
# Under this name, which is no secret, the demo is registered with the stand-in's log-in.
LOG_IN = "programs-graph-demo"
# The demo's data is gone when it ends: nothing has to survive a power cut, and it starts and stops faster.
THROWN_AWAY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}

_ORGANIZATION = "mutation M($input: CreateOrganizationInput!) { done: createOrganization(input: $input) \
{ organization { slug } userErrors { message } } }"
_CAMPAIGN = "mutation M($input: CreateCampaignInput!) { done: createCampaign(input: $input) \
{ campaign { slug } userErrors { message } } }"
_PROGRAM = "mutation M($input: CreateProgramInput!) { done: createProgram(input: $input) \
{ program { id slug } userErrors { message } } }"
_EDITORS = "mutation M($input: AddEditorsInput!) { done: addEditors(input: $input) \
{ added { username } userErrors { message } } }"
_GOALS = "mutation M($input: SetGoalsInput!) { done: setGoals(input: $input) \
{ program { slug } userErrors { message } } }"


@dataclass(frozen=True, slots=True)
class Scene:
    """What the demo set up, by slug."""

    address: str
    campaign: str
    programs: tuple[str, ...]

    def live_screen(self) -> str:
        """The address of the first program's live screen."""
        return f"{self.address}/live/program/{quote(self.programs[0])}"


def demo(settings: Settings, say: Callable[[Scene], None]) -> None:
    """Run the demo until SIGINT or SIGTERM; ``say`` is called once everything runs. Leaves nothing behind.

    A database that the settings name keeps what the demo writes: raises GraphError unless it is empty before.
    """

    told = Told()

    async def until_told(url: str, own: Settings) -> None:
        await _require_empty(url)
        async with staged(own, url) as (scene, service):
            say(scene)
            await service.stop.wait()

    if settings.database_url is not None:
        with told.heard():
            uvloop.run(told.interrupts(until_told(settings.database_url, settings)))
        return
    with (
        told.heard(),
        tempfile.TemporaryDirectory(prefix="programs-graph-demo-") as folder,
        embedded.start(Path(folder), THROWN_AWAY) as server,
    ):
        own = dataclasses.replace(settings, run_dir=Path(folder))
        uvloop.run(told.interrupts(until_told(server.url, own)))


async def _require_empty(url: str) -> None:
    await migrate.migrate(url)
    conn = await connect_alone(url)
    try:
        if await recounting.all_collections(conn):
            raise GraphError(
                "GRAPH_DATABASE_URL holds programs or campaigns already, and the demo would mix made-up ones with "
                "them: unset it, or name an empty database"
            )
    finally:
        await conn.close()


@contextlib.asynccontextmanager
async def staged(settings: Settings, url: str, *, pace: float = 1.0) -> AsyncIterator[tuple[Scene, app.Running]]:
    """The stand-in, the service and the editathon, running while the block does."""
    editathon = Editathon(Wikimedia(), pace=pace)
    editathon.prepare()
    stand_in = create_app(editathon.wikimedia)
    stand_in.state.oauth.register(LOG_IN, LOG_IN, callback="http://")
    stand_in.state.oauth.first.append(editathon.wikimedia.account(ORGANIZER).name)
    async with running(stand_in) as wikis:
        own = dataclasses.replace(
            settings,
            stream_url=wikis,
            action_api=wikis + "/w/{dbname}/api.php",
            petscan_url=wikis + "/petscan",
            pagepile_url=wikis + "/pagepile",
            oauth_url=wikis + "/w/rest.php/oauth2",
            oauth_client_id=LOG_IN,
            oauth_client_secret=LOG_IN,
            session_key=secrets.token_hex(),
            dev_sign_in=True,
            admins=frozenset({ORGANIZER}),
        )
        async with app.started(own, url, app.Parts(web=True, consumer=True, worker=True)) as service:
            scene = await _set_up(service, editathon.campaign)
            editing = asyncio.create_task(editathon.run())
            editing.add_done_callback(lambda _: service.stop.set())
            try:
                yield scene, service
            finally:
                editing.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await editing


async def _set_up(service: app.Running, plan: CampaignPlan) -> Scene:
    organization = await _do(
        service, _ORGANIZATION, name=plan.organization, description="A made-up affiliate that loves rivers."
    )
    campaign = await _do(
        service,
        _CAMPAIGN,
        title=plan.title,
        description=plan.description,
        start=_text(plan.tracking_start),
        end=_text(plan.tracking_end),
        organizationSlug=organization["organization"]["slug"],
    )
    slug = campaign["campaign"]["slug"]
    programs = [await _set_up_program(service, plan, program, slug) for program in plan.programs]
    assert service.address is not None
    return Scene(service.address, slug, tuple(programs))


async def _set_up_program(service: app.Running, plan: CampaignPlan, program: ProgramPlan, campaign: str) -> str:
    made = await _do(
        service,
        _PROGRAM,
        title=program.title,
        institution=program.institution,
        type=program.type,
        trackingStart=_text(plan.tracking_start),
        trackingEnd=_text(plan.tracking_end),
        homeWiki=program.home_wiki,
        trackedWikis=[{"wiki": wiki, "namespaces": list(spaces)} for wiki, spaces in program.wikis.items()],
        campaignSlug=campaign,
    )
    program_id = made["program"]["id"]
    await _do(service, _EDITORS, programId=program_id, usernames=list(program.participants))
    goals = [{"metric": goal.metric, "target": goal.target} for goal in program.goals]
    await _do(service, _GOALS, programId=program_id, goals=goals)
    return str(made["program"]["slug"])


async def _do(service: app.Running, mutation: str, **fields: Any) -> dict[str, Any]:
    """Run a mutation as the organizer. Raises GraphError where it is refused."""
    actor = await development_actor(service.deps, ORGANIZER, frozenset({ORGANIZER}))
    request = GraphQLRequest(mutation, {"input": fields})
    assert service.web is not None
    answer = await service.web.executor.execute(request, actor, allow_mutations=True)
    done = (answer.payload.get("data") or {}).get("done")
    faults = answer.payload.get("errors") or (done or {}).get("userErrors")
    if faults or done is None:
        raise GraphError(f"the demo could not be set up: {faults[0]['message'] if faults else answer.payload}")
    return dict(done)


def _text(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


def introduction(scene: Scene) -> str:
    """What there is to see, and where: the lines that the demo begins with."""
    query = f'{{ program(slug: "{scene.programs[0]}") {{ title metrics {{ totalEdits activeEditors }} }} }}'
    request = json.dumps({"query": query}, ensure_ascii=False)
    lines = (
        "",
        "An editathon is running. Nothing of it leaves this machine.",
        "",
        f"  Live screen  {scene.live_screen()}",
        f"  Sign in      {scene.address}/sign-in",
        f"  Explorer     {scene.address}/graphql",
        f"  A query      curl -s {scene.address}/graphql -H 'Content-Type: application/json' -d '{request}'",
        "",
        "Ctrl-C ends it and leaves nothing behind.",
    )
    return "\n".join(lines)

# SPDX-License-Identifier: GPL-3.0-or-later
"""Asking for an update, seeing how it gets on, and what is left of jobs that failed too often."""

from __future__ import annotations

from uuid import uuid4

import pytest

from graph.db import queue, reconciling, updates
from graph.db.queue import JobKind
from graph.db.updates import Drift
from graph.errors import UpstreamError
from graph.resolvers.identity import ANONYMOUS, Actor
from graph.schema import ids
from tests.resolvers.stage import Stage

UPDATE = """query($id: ID!) { node(id: $id) { ... on Program { update {
    state done total edits startedAt finishedAt error reconciledAt drift { added changed takenBack } } } } }"""
DEAD = "{ viewer { deadLetters { id kind programId failures error } } service { drift { added changed takenBack } } }"


@pytest.fixture
async def program(stage: Stage, amara: Actor) -> str:
    return str((await stage.program(amara))["id"])


def number(program: str) -> int:
    return ids.number(program, ids.Kind.PROGRAM, "id")


async def jobs(stage: Stage) -> list[str]:
    return [row[0].decode() for row in await stage.pool.fetch("SELECT payload FROM jobs.pgqueuer ORDER BY id")]


async def says(stage: Stage, program: str, statement: str) -> None:
    await stage.pool.execute(f"UPDATE program_update SET {statement} WHERE program_id = $1", number(program))


async def bury(stage: Stage, program: str) -> None:
    async with stage.pool.acquire() as conn:
        await queue.enqueue(conn, JobKind.BACKFILL, number(program))
        worker = uuid4()
        (job,) = await queue.take(conn, worker, 1)
        begun = await queue.begin(conn, job)
        assert begun is not None
        await queue.bury(conn, begun, UpstreamError("the wikis are away"))


async def test_an_update_is_asked_for_and_waits(stage: Stage, amara: Actor, program: str) -> None:
    payload = await stage.done("requestUpdate", amara, programId=program)
    assert payload["program"] == {"update": {"state": "WAITING", "done": 0, "total": 0}}
    assert await jobs(stage) == ["backfill", "reconcile"]


async def test_asking_again_while_it_waits_or_runs_begins_nothing_more(
    stage: Stage, amara: Actor, program: str
) -> None:
    await stage.done("requestUpdate", amara, programId=program)
    await stage.done("requestUpdate", amara, programId=program)
    await says(stage, program, "state = 'RUNNING', done = 3, total = 7, requested_at = now() - interval '1 hour'")
    before = await stage.dump()
    payload = await stage.done("requestUpdate", amara, programId=program)
    assert payload["program"] == {"update": {"state": "RUNNING", "done": 3, "total": 7}}
    after = await stage.dump()
    del before["ledger"], after["ledger"]
    assert after == before


async def test_a_minute_passes_between_two_updates(stage: Stage, amara: Actor, program: str) -> None:
    await stage.done("requestUpdate", amara, programId=program)
    await says(stage, program, "state = 'DONE'")
    assert await stage.refused("requestUpdate", amara, programId=program) == [("RATE_LIMITED", "programId")]
    await says(stage, program, "requested_at = now() - interval '61 seconds'")
    await stage.done("requestUpdate", amara, programId=program)
    assert await jobs(stage) == ["backfill", "reconcile"]


async def test_who_takes_part_may_ask_and_others_may_not(
    stage: Stage, amara: Actor, stranger: Actor, program: str
) -> None:
    assert await stage.refused("requestUpdate", stranger, programId=program) == [("NOT_ALLOWED", None)]
    assert await stage.refused("requestUpdate", ANONYMOUS, programId=program) == [("NOT_SIGNED_IN", None)]
    await stage.done("addEditors", amara, programId=program, usernames=["A Stranger"])
    await says(stage, program, "state = 'DONE', requested_at = now() - interval '2 minutes'")
    await stage.done("requestUpdate", stranger, programId=program)


async def test_a_withdrawn_program_is_not_updated(stage: Stage, amara: Actor, program: str) -> None:
    await stage.done("withdrawProgram", amara, id=program)
    assert await stage.refused("requestUpdate", amara, programId=program) == [("NOT_ALLOWED", "programId")]


async def test_the_program_tells_how_its_update_gets_on(stage: Stage, amara: Actor, program: str) -> None:
    assert (await stage.api.ask(UPDATE, amara, id=program))["node"] == {"update": None}
    now = stage.api.now
    async with stage.pool.acquire() as conn:
        await updates.start(conn, number(program), now)
        await updates.add_work(conn, number(program), 4)
        await updates.advance(conn, number(program), 1, 250)
        run = await reconciling.begin(conn, number(program), now)
        await reconciling.mended(conn, run, Drift(3, 2, 1))
    assert (await stage.api.ask(UPDATE, amara, id=program))["node"]["update"] == {
        "state": "RUNNING",
        "done": 1,
        "total": 4,
        "edits": 250,
        "startedAt": "2026-11-22T12:00:00Z",
        "finishedAt": None,
        "error": None,
        "reconciledAt": None,
        "drift": {"added": 3, "changed": 2, "takenBack": 1},
    }
    assert (await stage.api.ask(DEAD))["service"] == {"drift": {"added": 3, "changed": 2, "takenBack": 1}}


async def test_enrolling_somebody_asks_for_their_history(stage: Stage, amara: Actor, program: str) -> None:
    await stage.person("Bruno")
    await stage.done("addEditors", amara, programId=program, usernames=["Bruno"])
    assert await jobs(stage) == ["backfill"]


async def test_dead_letters_are_shown_to_admins_alone(stage: Stage, amara: Actor, admin: Actor, program: str) -> None:
    await bury(stage, program)
    (letter,) = (await stage.api.ask(DEAD, admin))["viewer"]["deadLetters"]
    assert letter.pop("id")
    assert letter == {"kind": "BACKFILL", "programId": program, "failures": 1, "error": "the wikis are away"}
    assert (await stage.api.ask(DEAD, amara))["viewer"]["deadLetters"] is None
    assert (await stage.api.ask(DEAD))["viewer"] is None


async def test_an_admin_has_a_job_tried_again_or_gives_it_up(
    stage: Stage, amara: Actor, admin: Actor, program: str
) -> None:
    for mutation, left in (("retryJob", ["backfill"]), ("discardJob", [])):
        await stage.pool.execute("DELETE FROM jobs.pgqueuer")
        await bury(stage, program)
        (letter,) = (await stage.api.ask(DEAD, admin))["viewer"]["deadLetters"]
        assert await stage.refused(mutation, amara, id=letter["id"]) == [("NOT_ALLOWED", None)]
        assert await stage.refused(mutation, id=letter["id"]) == [("NOT_SIGNED_IN", None)]
        assert (await stage.done(mutation, admin, id=letter["id"]))["deadLetters"] == []
        assert await jobs(stage) == left
        assert await stage.refused(mutation, admin, id=letter["id"]) == [("NOT_FOUND", "id")]

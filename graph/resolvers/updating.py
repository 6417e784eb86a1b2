# SPDX-License-Identifier: GPL-3.0-or-later
"""Asking for a program's history to be read again, how that gets on, and the jobs that failed too often."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graph.db import people, queue, reconciling, updates
from graph.db.queue import DeadLetter, JobKind
from graph.db.updates import Drift, ProgramUpdate, UpdateState
from graph.errors import ErrorCode, UserFault
from graph.permissions import Action
from graph.programs import Program
from graph.resolvers import organizing
from graph.resolvers.deps import Deps
from graph.resolvers.identity import Actor
from graph.resolvers.reading import Reader

__all__ = ["DeadLetter", "Drift", "JobKind", "ProgramUpdate", "UpdateState"]

PAUSE_SECONDS = 60  # between two updates of a program that somebody asks for
MOST_DEAD_LETTERS = 100


@dataclass(frozen=True, slots=True)
class ShownUpdate:
    """An update; ``counts``: how many edits were read or mended may be told, since that betrays nobody nameless."""

    update: ProgramUpdate
    counts: bool


async def request_update(deps: Deps, actor: Actor, given: Mapping[str, Any]) -> Program:
    """Have what was never read of the program read, and all of it compared with the wikis' own lists.

    Where one waits or runs already nothing more is asked for. Raises UserFault (RATE_LIMITED within a minute).
    """
    async with deps.pool.acquire() as conn:
        await organizing.program_to(conn, actor, Action.REQUEST_UPDATE, given["programId"], "programId")
    async with organizing.change(deps) as conn:
        program = await organizing.program_to(conn, actor, Action.REQUEST_UPDATE, given["programId"], "programId")
        if program.withdrawn_at is not None:
            raise UserFault(ErrorCode.NOT_ALLOWED, "This program is withdrawn: restore it first.", ("programId",))
        state = await updates.state(conn, program.id)
        lately = await updates.asked_lately(conn, program.id, PAUSE_SECONDS)
        if state is UpdateState.RUNNING or (lately and state is UpdateState.WAITING):
            return program
        if lately:
            message = "The program was updated less than a minute ago; its numbers are live anyway."
            raise UserFault(ErrorCode.RATE_LIMITED, message, ("programId",))
        await queue.enqueue(conn, JobKind.BACKFILL, program.id)
        await queue.hasten(conn, JobKind.BACKFILL, program.id)
        await reconciling.compare_all(conn, program.id)
        await queue.enqueue(conn, JobKind.RECONCILE, program.id)
        return program


async def of_programs(deps: Deps, reader: Reader, program_ids: Sequence[int]) -> dict[int, ShownUpdate]:
    """The newest update of each program that had any."""
    found = await updates.of_programs(deps.pool, program_ids)
    counted = await reader.counted_for(found)
    untold = [number for number, collection in counted.items() if collection == number]
    secret = await people.with_nameless(deps.pool, untold) if untold else set()
    return {number: ShownUpdate(update, counts=number not in secret) for number, update in found.items()}


async def drift(deps: Deps) -> Drift:
    """What reconciliations ever had to mend, in all programs."""
    return await reconciling.drift_of_all(deps.pool)


async def dead_letters(deps: Deps, actor: Actor) -> list[DeadLetter] | None:
    """The jobs that failed too often, the newest first, at most a hundred; None for whoever is no admin."""
    if not actor.is_admin:
        return None
    async with deps.pool.acquire() as conn:
        return await queue.dead_letters(conn, MOST_DEAD_LETTERS)


async def retry_job(deps: Deps, actor: Actor, given: Mapping[str, Any]) -> list[DeadLetter]:
    """Have a job tried again as if it were new; the dead letters that are left. Raises UserFault."""
    _check_admin(actor)
    async with organizing.change(deps) as conn:
        if not await queue.revive(conn, given["id"]):
            raise organizing.missing("job", "id")
        return await queue.dead_letters(conn, MOST_DEAD_LETTERS)


async def discard_job(deps: Deps, actor: Actor, given: Mapping[str, Any]) -> list[DeadLetter]:
    """Give a job up; the dead letters that are left. Raises UserFault."""
    _check_admin(actor)
    async with organizing.change(deps) as conn:
        if not await queue.discard(conn, given["id"]):
            raise organizing.missing("job", "id")
        return await queue.dead_letters(conn, MOST_DEAD_LETTERS)


def _check_admin(actor: Actor) -> None:
    organizing.signed_in(actor)
    if not actor.is_admin:
        raise UserFault(ErrorCode.NOT_ALLOWED, "Only admins may do this.")

# SPDX-License-Identifier: GPL-3.0-or-later
"""Who takes part: adding pasted names, removing, and who facilitates. Joining and leaving are in joining.py."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from graph.db import leaving, organizing_cohorts, organizing_programs
from graph.db.organizing_cohorts import Enrolled, PendingName, Terms
from graph.db.pool import Connection
from graph.errors import ErrorCode, UpstreamError, UserFault
from graph.permissions import Action, may
from graph.programs import Editor, Program, Role, Visibility
from graph.resolvers import organizing, reading, usernames
from graph.resolvers.deps import Deps
from graph.resolvers.identity import Actor
from graph.resolvers.pace import count_change
from graph.wikis import KnownUser

__all__ = ["PendingName"]

MOST_NAMES = 1_000  # different ones, at once
MOST_LINES = 10_000  # with blank lines and repetitions
BATCH = 50  # names looked up together


@dataclass(frozen=True, slots=True)
class Added:
    """What became of pasted names: each is added, pending, or named in a fault."""

    program: Program
    added: tuple[Editor, ...]
    pending: tuple[str, ...]
    faults: tuple[UserFault, ...]


@dataclass(frozen=True, slots=True)
class Previewed:
    """What adding pasted names would come to: each would be added or stay pending, or is named in a fault."""

    added: tuple[str, ...] = ()
    pending: tuple[str, ...] = ()
    faults: tuple[UserFault, ...] = ()


@dataclass(slots=True)
class _Names:
    """Pasted names, cleaned: each with the place where it first stood."""

    places: dict[str, int] = field(default_factory=dict)
    faults: list[UserFault] = field(default_factory=list)

    def fault(self, code: ErrorCode, message: str, name: str) -> None:
        self.faults.append(UserFault(code, message, ("usernames", str(self.places[name]))))

    def in_order(self) -> tuple[UserFault, ...]:
        """The faults, as the names stood."""
        return tuple(sorted(self.faults, key=lambda fault: int((fault.field or ("", "0"))[-1])))


async def add_editors(deps: Deps, actor: Actor, given: Mapping[str, Any]) -> Added:
    """Enrol up to 1,000 people by pasted names.

    What the wikis cannot tell within ten seconds is kept for the worker. A name at fault keeps no other from being
    added. Raises UserFault where nothing can be added at all.
    """
    async with deps.pool.acquire() as conn:
        program = await _program_to_fill(conn, actor, given)
    names = _read_names(given["usernames"])
    known, unasked = await _look_up(deps, list(names.places), program)
    users = _name_the_unknown(names, known)
    async with organizing.change(deps) as conn:
        program = await _program_to_fill(conn, actor, given)
        terms = Terms(
            show_name=choice(given.get("showNames"), program),
            session_id=given.get("sessionId"),
            added_by=actor.editor_id,
            late=program.tracking_start <= deps.clock(),
        )
        enrolled = Enrolled((), ())
        if users:
            enrolled = await organizing_cohorts.enroll_accounts(conn, program.id, users.values(), terms)
        await organizing_cohorts.forget_pending(conn, program.id, list(known))
        await organizing_cohorts.add_pending(conn, program.id, unasked, terms)
    _name_the_known(names, users, {editor.central_id for editor in enrolled.known})
    return Added(program, enrolled.added, tuple(unasked), names.in_order())


async def preview_editors(deps: Deps, actor: Actor, given: Mapping[str, Any]) -> Previewed:
    """Tell whoever may add people what adding these names would come to now, and change nothing. Raises UserFault."""
    count_change(deps, actor)
    async with deps.pool.acquire() as conn:
        program = await _program_to_fill(conn, actor, given)
    names = _read_names(given["usernames"])
    known, unasked = await _look_up(deps, list(names.places), program)
    users = _name_the_unknown(names, known)
    numbers = [user.central_id for user in users.values()]
    async with deps.pool.acquire() as conn:
        there = await organizing_cohorts.enrolled_accounts(conn, program.id, given.get("sessionId"), numbers)
    _name_the_known(names, users, there)
    added = dict.fromkeys(user.username for user in users.values() if user.central_id not in there)
    return Previewed(tuple(added), tuple(unasked), names.in_order())


async def _program_to_fill(conn: Connection, actor: Actor, given: Mapping[str, Any]) -> Program:
    program, parts = await organizing.visible_program(conn, actor, given["programId"], "programId")
    session_id = given.get("sessionId")
    allowed = may(parts, Action.MANAGE_EDITORS, private=program.visibility is Visibility.PRIVATE)
    if session_id is not None:
        session = await organizing.session_of(conn, program.id, session_id)
        coordinators = await organizing_programs.session_coordinators(conn, session.id)
        allowed = allowed or (actor.editor_id in coordinators and may(parts, Action.EDIT_SESSION))
    if not allowed:
        organizing.refuse(actor, Action.MANAGE_EDITORS)
    return program


def _read_names(pasted: Sequence[str]) -> _Names:
    names = _Names()
    if len(pasted) > MOST_LINES:
        raise UserFault(ErrorCode.TOO_MANY, f"At most {MOST_NAMES} names can be added at once.", ("usernames",))
    refused: set[str] = set()
    for index, text in enumerate(pasted):
        name = usernames.pasted(text)
        if not name or name in names.places or name in refused:
            continue
        fault = usernames.fault(name, "usernames", str(index))
        if fault is None:
            names.places[name] = index
        else:
            refused.add(name)
            names.faults.append(fault)
    if len(names.places) + len(refused) > MOST_NAMES:
        raise UserFault(ErrorCode.TOO_MANY, f"At most {MOST_NAMES} names can be added at once.", ("usernames",))
    return names


async def _look_up(deps: Deps, names: Sequence[str], program: Program) -> tuple[dict[str, KnownUser | None], list[str]]:
    """The names the wikis told about in time, and those they did not."""
    wiki = program.home_wiki
    batches = [names[start : start + BATCH] for start in range(0, len(names), BATCH)]
    tasks = [asyncio.create_task(deps.users.look_up(batch, wiki.domain, wiki.dbname)) for batch in batches]
    try:
        if tasks:
            await asyncio.wait(tasks, timeout=organizing.LOOK_UP_SECONDS)
    finally:
        for task in tasks:
            task.cancel()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    known: dict[str, KnownUser | None] = {}
    unasked: list[str] = []
    for batch, result in zip(batches, results, strict=True):
        if isinstance(result, dict):
            known.update(result)
        elif isinstance(result, UpstreamError | asyncio.CancelledError):
            unasked.extend(batch)
        else:
            raise result
    return known, unasked


def _name_the_unknown(names: _Names, known: Mapping[str, KnownUser | None]) -> dict[str, KnownUser]:
    """Name those that nobody has; who the others are."""
    for name, user in known.items():
        if user is None:
            names.faults.append(organizing.unknown_user(name, "usernames", str(names.places[name])))
    return {name: user for name, user in known.items() if user is not None}


def _name_the_known(names: _Names, users: Mapping[str, KnownUser], there: Collection[int | None]) -> None:
    """Name those who were enrolled already; two names of one account are one person."""
    for name, user in users.items():
        if user.central_id in there:
            names.fault(ErrorCode.ALREADY_ENROLLED, f"{user.username} takes part already.", name)


def choice(wish: bool | None, program: Program) -> bool:
    """Whether somebody is shown by name: as they wish, else as the program has it."""
    return program.show_names_by_default if wish is None else wish


async def pending_names(
    deps: Deps, actor: Actor, programs: Sequence[Program]
) -> dict[Program, list[PendingName] | None]:
    """The names of each program that are nobody's here yet; None where the actor may not add editors."""
    allowed = await reading.permissions(deps, actor, programs)
    found = await organizing_cohorts.pending_names(
        deps.pool, [program.id for program in programs if allowed[program].manage_editors]
    )
    return {program: found.get(program.id) for program in programs}


async def remove_editor(deps: Deps, actor: Actor, given: Mapping[str, Any]) -> Program:
    """Remove an editor and take their edits out of the numbers, or a name that is still pending. Raises UserFault."""
    async with organizing.change(deps) as conn:
        program = await organizing.program_to(conn, actor, Action.MANAGE_EDITORS, given["programId"], "programId")
        name = usernames.pasted(given["username"])
        if organizing.storable(name) and await organizing_cohorts.forget_pending(conn, program.id, [name]):
            return program
        person = await organizing.known_here(conn, given["username"])
        if not await leaving.expel(conn, program.id, person.id):
            raise UserFault(ErrorCode.NOT_ENROLLED, f"{person.username} does not take part.", ("username",))
        return program


async def add_facilitator(deps: Deps, actor: Actor, given: Mapping[str, Any]) -> Program:
    """Make somebody who has signed in here once a facilitator; harmless when repeated. Raises UserFault."""
    async with organizing.change(deps) as conn:
        program = await organizing.program_to(conn, actor, Action.MANAGE_FACILITATORS, given["programId"], "programId")
        person = await organizing.signed_in_once(conn, given["username"])
        organizing.check_room(await organizing_programs.holders(conn, program.id, Role.FACILITATOR), person)
        await organizing_programs.give_role(conn, program.id, [person.id], Role.FACILITATOR)
        return program


async def remove_facilitator(deps: Deps, actor: Actor, given: Mapping[str, Any]) -> Program:
    """Make somebody a facilitator no more; never the last. Raises UserFault."""
    async with organizing.change(deps) as conn:
        program = await organizing.program_to(conn, actor, Action.MANAGE_FACILITATORS, given["programId"], "programId")
        person = await organizing.known_here(conn, given["username"])
        facilitators = await organizing_programs.holders(conn, program.id, Role.FACILITATOR)
        if person.id not in facilitators:
            raise UserFault(ErrorCode.NOT_ENROLLED, f"{person.username} is no facilitator here.", ("username",))
        if len(facilitators) == 1:
            raise UserFault(ErrorCode.NOT_ALLOWED, "A program keeps its last facilitator.", ("username",))
        await organizing_programs.take_role(conn, program.id, person.id, Role.FACILITATOR)
        return program

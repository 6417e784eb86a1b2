# SPDX-License-Identifier: GPL-3.0-or-later
"""Taking part by one's own will: joining, being shown by name or not, agreeing to what others did, leaving, leaving."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from graph.db import consent, leaving, organizing_cohorts, organizing_programs
from graph.db import organizing as people
from graph.db.consent import Addition
from graph.db.organizing_cohorts import Terms
from graph.db.pool import Connection
from graph.errors import ErrorCode, UserFault
from graph.permissions import Action, Part, may
from graph.programs import PasscodePolicy, Program, ProgramStatus, Session, Visibility
from graph.resolvers import organizing, passcodes
from graph.resolvers.deps import Deps
from graph.resolvers.form import Form
from graph.resolvers.identity import Actor
from graph.resolvers.organizing_cohorts import choice

__all__ = ["Addition"]

_NOT_ENROLLED = "You do not take part in this program."


@dataclass(frozen=True, slots=True)
class Invitation:
    """What the holder of an invitation may know: the program, its wikis by domain, its sessions, how they stand to it.

    ``shown`` is whether the holder, who takes part already, is shown by name; None where they do not take part.
    """

    program: Program
    wikis: tuple[str, ...]
    sessions: tuple[Session, ...]
    status: ProgramStatus
    shown: bool | None


async def invitation(deps: Deps, actor: Actor, code: str) -> Invitation | None:
    """What an invitation's code leads to; None where it is worthless."""
    async with deps.pool.acquire() as conn:
        program = await _invited(conn, code)
        if program is None:
            return None
        shown = None
        if actor.editor_id is not None:
            shown = await organizing_cohorts.shows_name(conn, program.id, actor.editor_id)
        sessions = await organizing_programs.sessions(conn, program.id)
        tracked = await organizing_programs.tracked_wikis(conn, program.id)
    wikis = tuple(each.wiki.domain for each in tracked)
    return Invitation(program, wikis, tuple(sessions), program.status(deps.clock()), shown)


async def join_program(deps: Deps, actor: Actor, given: Mapping[str, Any]) -> Program:
    """Enrol the actor as an editor, by an invitation or by program and passcode. Raises UserFault or Refused.

    Whoever takes part already may join a session, or change whether they are shown by name.
    """
    joiner = organizing.signed_in(actor)
    _check_way_in(given)
    if given.get("invitation") is None:
        await _knock(deps, actor, given)
    async with organizing.change(deps) as conn:
        program = await _entered(conn, actor, given)
        wish = given.get("showName")
        shown = await organizing_cohorts.shows_name(conn, program.id, joiner)
        if shown is None or given.get("sessionId") is not None:
            await _enrol(deps, conn, joiner, program, given)
        elif wish is None or wish == shown:
            raise UserFault(ErrorCode.ALREADY_ENROLLED, f"You take part in {program.title} already. Have fun!")
        if shown is not None and wish is not None and wish != shown:
            await leaving.show_name(conn, program.id, joiner, show=wish)
        return program


async def _enrol(deps: Deps, conn: Connection, joiner: int, program: Program, given: Mapping[str, Any]) -> None:
    session_id = given.get("sessionId")
    if session_id is not None:
        await organizing.session_of(conn, program.id, session_id)
    now = deps.clock()
    if program.status(now) is ProgramStatus.ENDED:
        raise UserFault(ErrorCode.PROGRAM_ENDED, "This program is over; it takes nobody in any more.")
    if not program.registration_open:
        raise UserFault(ErrorCode.REGISTRATION_CLOSED, "This program takes nobody in at the moment.")
    person = await people.editor(conn, joiner)
    assert person is not None, "an actor is an editor"
    terms = Terms(choice(given.get("showName"), program), session_id, late=program.tracking_start <= now)
    enrolled = await organizing_cohorts.enroll(conn, program.id, [person], terms)
    if not enrolled.added:
        raise UserFault(ErrorCode.ALREADY_ENROLLED, f"You take part in this session of {program.title} already.")


def _check_way_in(given: Mapping[str, Any]) -> None:
    form = Form(given)
    ways = [name for name in ("invitation", "programId") if given.get(name) is not None]
    if not ways:
        form.note(ErrorCode.INVALID, "Give an invitation's code, or a program.", "programId")
    elif len(ways) > 1:
        form.note(ErrorCode.INVALID, "Give an invitation's code or a program, not both.", "invitation")
    form.check()


async def _knock(deps: Deps, actor: Actor, given: Mapping[str, Any]) -> None:
    """Try the door before anybody is kept waiting, and remember a wrong guess. Raises UserFault."""
    guesser = organizing.signed_in(actor)
    refused: UserFault | None = None
    async with deps.pool.acquire() as conn, conn.transaction():
        if given.get("passcode"):
            await passcodes.check_pace(conn, guesser, deps.clock())
        try:
            await _entered(conn, actor, given)
        except UserFault as fault:
            refused = fault
            if given.get("passcode"):
                await passcodes.note_wrong(conn, guesser, deps.clock())
    if refused is not None:
        raise refused


async def _entered(conn: Connection, actor: Actor, given: Mapping[str, Any]) -> Program:
    """The program whose door the actor has the key to. Raises UserFault.

    A private program whose passcode is not known is missing, in every word.
    """
    code = given.get("invitation")
    if code is not None:
        invited = await _invited(conn, code)
        if invited is None:
            raise organizing.missing("invitation", "invitation")
        return invited
    program = await organizing_programs.program(conn, given["programId"])
    parts = await organizing.parts_towards(conn, actor, given["programId"])
    right = passcodes.opens(program, given.get("passcode"))
    if program is None or parts is None:
        raise organizing.missing("program", "programId")
    private = program.visibility is Visibility.PRIVATE
    if right or _needs_no_passcode(program, parts, private=private):
        return program
    if private and not may(parts, Action.VIEW_PRIVATE_PROGRAM):
        raise organizing.missing("program", "programId")
    raise UserFault(ErrorCode.WRONG_PASSCODE, "This is not the program's passcode.", ("passcode",))


def _needs_no_passcode(program: Program, parts: frozenset[Part], *, private: bool) -> bool:
    # Who takes part already goes to a session without it, and who may see the passcode need not type it.
    if Part.EDITOR in parts or may(parts, Action.SEE_PASSCODE, private=private):
        return True
    return program.passcode_policy is PasscodePolicy.NONE and (not private or may(parts, Action.VIEW_PRIVATE_PROGRAM))


async def _invited(conn: Connection, code: str) -> Program | None:
    return await organizing_programs.invited_to(conn, code) if organizing.storable(code) else None


async def set_show_name(deps: Deps, actor: Actor, given: Mapping[str, Any]) -> Program:
    """Show the actor by name in a program, or no more; harmless when repeated. Raises UserFault."""
    async with organizing.change(deps) as conn:
        program, editor_id = await _own(conn, actor, given)
        shown = await organizing_cohorts.shows_name(conn, program.id, editor_id)
        if shown is None:
            raise UserFault(ErrorCode.NOT_ENROLLED, _NOT_ENROLLED, ("programId",))
        if shown != given["showName"]:
            await leaving.show_name(conn, program.id, editor_id, show=given["showName"])
        return program


async def additions(deps: Deps, actor: Actor) -> list[Addition]:
    """The programs that others enrolled the actor in, and that the actor has not answered for, the newest first."""
    if actor.editor_id is None:
        return []
    async with deps.pool.acquire() as conn:
        return await consent.additions(conn, actor.editor_id)


async def acknowledge(deps: Deps, actor: Actor, given: Mapping[str, Any]) -> Program:
    """Agree to take part in a program that others enrolled the actor in, shown by name or not. Raises UserFault."""
    async with organizing.change(deps) as conn:
        program, editor_id = await _own(conn, actor, given)
        shown = await organizing_cohorts.shows_name(conn, program.id, editor_id)
        if shown is None:
            raise UserFault(ErrorCode.NOT_ENROLLED, _NOT_ENROLLED, ("programId",))
        await consent.agree(conn, program.id, editor_id)
        wish = given.get("showName")
        if wish is not None and wish != shown:
            await leaving.show_name(conn, program.id, editor_id, show=wish)
        return program


async def leave_program(deps: Deps, actor: Actor, given: Mapping[str, Any]) -> Program:
    """Take the actor out of a program, as an editor and a volunteer; with ``erase``, without leaving a trace.

    Only leaving takes a facilitator's part as well, and never the last one's. Raises UserFault.
    """
    async with organizing.change(deps) as conn:
        program, editor_id = await _own(conn, actor, given)
        erase = bool(given.get("erase"))
        roles = await leaving.roles(conn, program.id, editor_id)
        if erase and await leaving.is_last_facilitator(conn, program.id, editor_id):
            raise UserFault(
                ErrorCode.NOT_ALLOWED,
                "A program keeps its last facilitator. Make somebody else one first, or delete the program.",
                ("erase",),
            )
        if erase:
            left = await leaving.leave_without_trace(conn, program.id, editor_id)
        else:
            left = await leaving.leave(conn, program.id, editor_id)
        if not left:
            message = "You facilitate this program; that is given up separately." if roles else _NOT_ENROLLED
            raise UserFault(ErrorCode.NOT_ENROLLED, message, ("programId",))
        return program


async def _own(conn: Connection, actor: Actor, given: Mapping[str, Any]) -> tuple[Program, int]:
    """A program that concerns the actor, and the actor's number. Raises UserFault."""
    program, _ = await organizing.visible_program(conn, actor, given["programId"], "programId")
    return program, organizing.signed_in(actor)

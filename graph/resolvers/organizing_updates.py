# SPDX-License-Identifier: GPL-3.0-or-later
"""Changing, withdrawing, restoring and deleting programs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from graph.db import cohorts, organizing_deleting, organizing_programs, organizing_scopes, queue
from graph.db.pool import Connection
from graph.db.queue import JobKind
from graph.errors import ErrorCode, UserFault
from graph.permissions import Action, may
from graph.programs import PasscodePolicy, Program, ProgramType, TrackedWiki, Visibility
from graph.resolvers import organizing, revisions
from graph.resolvers.deps import Deps
from graph.resolvers.form import PASSCODE, Form, cleaned
from graph.resolvers.identity import Actor
from graph.resolvers.organizing_programs import check_passcode, new_passcode

Wikis = Sequence[TrackedWiki]


async def update_program(deps: Deps, actor: Actor, given: Mapping[str, Any]) -> Program:
    """Change a program field by field, and count anew what depends on it.

    Neither slug nor institution ever change. With ``expected``, nothing changes where the program is not the one that
    was read (CONFLICT). What new dates or wikis let in that was never read is read by the worker.
    Raises UserFault or Refused.
    """
    form = Form(given)
    tracked = _read_wikis(form)
    async with deps.pool.acquire() as conn:
        _changed(form, await _to_update(conn, actor, given))
    form.check()
    async with organizing.change(deps) as conn:
        old = await _to_update(conn, actor, given)
        new = _changed(form, old)
        form.check()
        await organizing_programs.update_program(conn, new)
        rewired = await _rewire(conn, new.id, tracked)
        await _count_anew(conn, old, new, rewired=rewired)
        return new


async def _to_update(conn: Connection, actor: Actor, given: Mapping[str, Any]) -> Program:
    program = await organizing.program_to(conn, actor, Action.EDIT_PROGRAM, given["id"])
    if program.withdrawn_at is not None:
        raise UserFault(ErrorCode.NOT_ALLOWED, "This program is withdrawn: restore it first.", ("id",))
    if given.get(revisions.EXPECTED) is not None:
        tracked = await organizing_programs.tracked_wikis(conn, program.id)
        revisions.check(given, revisions.of_program(program, tracked), "program")
    return program


def _read_wikis(form: Form) -> Wikis | None:
    return form.tracked_wikis("trackedWikis") if form.has("trackedWikis") else None


def _changed(form: Form, program: Program) -> Program:
    """The program with what was given; faults are noted."""
    readers: dict[str, tuple[str, Callable[[], Any]]] = {
        "title": ("title", lambda: form.line("title")),
        "description": ("description", lambda: form.prose("description")),
        "type": ("type", lambda: form.choice("type", program.type)),
        "visibility": ("visibility", lambda: form.choice("visibility", program.visibility)),
        "trackingStart": ("tracking_start", lambda: form.instant("trackingStart", program.tracking_start)),
        "trackingEnd": ("tracking_end", lambda: form.instant("trackingEnd", program.tracking_end)),
        "eventStart": ("event_start", lambda: form.given["eventStart"]),
        "eventEnd": ("event_end", lambda: form.given["eventEnd"]),
        "homeWiki": ("home_wiki", lambda: form.wiki("homeWiki") or program.home_wiki),
        "registrationOpen": ("registration_open", lambda: form.flag("registrationOpen", default=True)),
        "showNamesByDefault": ("show_names_by_default", lambda: form.flag("showNamesByDefault", default=True)),
    }
    found = {attribute: read() for name, (attribute, read) in readers.items() if form.has(name)}
    changed: Program = replace(program, **found)
    for start, end, first, last in (
        (changed.tracking_start, changed.tracking_end, "trackingStart", "trackingEnd"),
        (changed.event_start, changed.event_end, "eventStart", "eventEnd"),
    ):
        form.check_window(start, end, first if form.has(first) and not form.has(last) else last)
    policy, passcode = _read_passcode(form, program)
    return replace(changed, passcode_policy=policy, passcode=passcode)


def _read_passcode(form: Form, program: Program) -> tuple[PasscodePolicy, str | None]:
    """How people get in from now on. To ask for RANDOM, or to clear a random passcode, makes a new one."""
    policy = form.choice("passcodePolicy", program.passcode_policy)
    passcode = form.line_or_none("passcode", PASSCODE)
    if policy is PasscodePolicy.RANDOM and passcode is None:
        again = form.has("passcodePolicy") or form.has("passcode") or program.passcode is None
        return policy, new_passcode() if again else program.passcode
    if policy is PasscodePolicy.FIXED is program.passcode_policy and not form.has("passcode"):
        return policy, program.passcode
    check_passcode(form, policy, passcode, "passcode")
    return policy, passcode


async def _rewire(conn: Connection, program_id: int, tracked: Wikis | None) -> bool:
    """Track these wikis (None: those that are tracked already); whether that changed anything."""
    if tracked is None or set(tracked) == set(await organizing_programs.tracked_wikis(conn, program_id)):
        return False
    await organizing_programs.replace_wikis(conn, program_id, tracked)
    return True


async def _count_anew(conn: Connection, old: Program, new: Program, *, rewired: bool) -> None:
    moved = (old.tracking_start, old.tracking_end) != (new.tracking_start, new.tracking_end)
    if rewired or old.visibility is not new.visibility:
        await cohorts.cover(conn, [new.id])
    if rewired or moved or old.type is not new.type:
        await cohorts.reassess_program(conn, new.id)
    if new.type is ProgramType.ARTICLE_SCOPED and old.type is not new.type:
        await organizing_scopes.ask(conn, new.id)
    if rewired or moved:
        await queue.enqueue(conn, JobKind.BACKFILL, new.id)


async def withdraw_program(deps: Deps, actor: Actor, given: Mapping[str, Any]) -> Program:
    """Take a program away from everybody but its own people, until it is restored; harmless when repeated.

    It is private, takes nobody in, counts for no campaign, and nothing is read from the wikis for it. Raises UserFault.
    """
    async with organizing.change(deps) as conn:
        program = await organizing.program_to(conn, actor, Action.WITHDRAW_PROGRAM, given["id"])
        await organizing_programs.withdraw(conn, program.id)
        return await _shown_anew(conn, program)


async def restore_program(deps: Deps, actor: Actor, given: Mapping[str, Any]) -> Program:
    """Make a withdrawn program what it was; harmless when repeated. Raises UserFault."""
    async with organizing.change(deps) as conn:
        program = await organizing.program_to(conn, actor, Action.WITHDRAW_PROGRAM, given["id"])
        await organizing_programs.restore(conn, program.id)
        if program.withdrawn_at is not None:
            await queue.enqueue(conn, JobKind.BACKFILL, program.id)
        return await _shown_anew(conn, program)


async def _shown_anew(conn: Connection, old: Program) -> Program:
    new = await organizing_programs.program(conn, old.id)
    assert new is not None, "nobody else writes meanwhile"
    if new.visibility is not old.visibility:
        await cohorts.cover(conn, [new.id])
    return new


async def delete_program(deps: Deps, actor: Actor, given: Mapping[str, Any]) -> int:
    """Delete a program and everything that is its own; its number. Only without participants, unless by an admin.

    Raises UserFault.
    """
    async with deps.pool.acquire() as conn:
        await _to_delete(conn, actor, given)
    async with organizing.change(deps) as conn:
        program = await _to_delete(conn, actor, given)
        await organizing_deleting.delete_program(conn, program.id)
        return program.id


async def _to_delete(conn: Connection, actor: Actor, given: Mapping[str, Any]) -> Program:
    program, parts = await organizing.visible_program(conn, actor, given["id"], "id")
    private = program.visibility is Visibility.PRIVATE
    if not may(parts, Action.DELETE_PROGRAM, private=private):
        organizing.refuse(actor, Action.DELETE_PROGRAM)
    if cleaned(given["confirmTitle"]) != program.title:
        raise UserFault(ErrorCode.INVALID, "This is not the title of the program.", ("confirmTitle",))
    participants = await organizing_programs.has_participants(conn, program.id)
    if not may(parts, Action.DELETE_PROGRAM, private=private, participants=participants):
        message = "People take part in this program: only an admin can delete it. It can be withdrawn."
        raise UserFault(ErrorCode.HAS_PARTICIPANTS, message, ("id",))
    return program

# SPDX-License-Identifier: GPL-3.0-or-later
"""Creating, changing and deleting the sessions of programs."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import Any

from graph.db import cohorts, ledger, organizing_deleting, organizing_programs
from graph.db.pool import Connection
from graph.errors import ErrorCode, UserFault
from graph.permissions import Action, Part, may
from graph.programs import CollectionKind, Program, Session, Visibility
from graph.resolvers import organizing, revisions
from graph.resolvers.deps import Deps
from graph.resolvers.form import Form, slug
from graph.resolvers.identity import Actor
from graph.wikis import KnownUser

MOST_COORDINATORS = 100
MOST_SESSIONS = 500


async def create_session(deps: Deps, actor: Actor, given: Mapping[str, Any]) -> tuple[Session, Program]:
    """Create a session and count the program's edits in its window. Raises UserFault or Refused."""
    field = "programId"
    async with deps.pool.acquire() as conn:
        program = await organizing.program_to(conn, actor, Action.EDIT_PROGRAM, given[field], field)
    form = Form(given)
    new = _read_session(form, program)
    users = await _coordinators(deps, form, program)
    form.check()
    async with organizing.change(deps) as conn:
        program = await organizing.program_to(conn, actor, Action.EDIT_PROGRAM, given[field], field)
        taken = await organizing_programs.session_slugs(conn, program.id)
        if len(taken) >= MOST_SESSIONS:
            raise UserFault(ErrorCode.TOO_MANY, f"A program has at most {MOST_SESSIONS} sessions.", (field,))
        number = await ledger.create_collection(conn, CollectionKind.SESSION)
        new = replace(new, id=number, slug=_free(new.slug, taken))
        await organizing_programs.insert_session(conn, new, await organizing.numbers_of(conn, users))
        await cohorts.reassess_program(conn, program.id)
        return new, program


def _read_session(form: Form, program: Program) -> Session:
    title, venue = form.line("title"), form.line_or_none("venue")
    start, end = form.window("start", "end")
    return Session(0, program.id, slug(title) or "session", title, venue, start, end)


def _free(wanted: str, taken: Collection[str]) -> str:
    """A slug that no other session of the program has: the same title may come again each week."""
    number, free = 1, wanted
    while free in taken:
        number += 1
        free = f"{wanted}-{number}"
    return free


async def _coordinators(deps: Deps, form: Form, program: Program) -> list[KnownUser]:
    named = form.names("coordinators", MOST_COORDINATORS)
    return await organizing.accounts(deps, form, "coordinators", named, program.home_wiki)


async def update_session(deps: Deps, actor: Actor, given: Mapping[str, Any]) -> tuple[Session, Program]:
    """Change a session; for its coordinators, too. A new window is counted anew.

    With ``expected``, nothing changes where the session is not the one that was read (CONFLICT). Raises UserFault or
    Refused.
    """
    async with deps.pool.acquire() as conn:
        session, program = await _to_update(conn, actor, given)
    form = Form(given)
    _changed(form, session)
    users = await _coordinators(deps, form, program)
    form.check()
    async with organizing.change(deps) as conn:
        old, program = await _to_update(conn, actor, given)
        new = _changed(form, old)
        form.check()
        await organizing_programs.update_session(conn, new)
        if form.has("coordinators"):
            numbers = await organizing.numbers_of(conn, users)
            await organizing_programs.replace_session_coordinators(conn, new.id, numbers)
        if (new.start, new.end) != (old.start, old.end):
            await cohorts.reassess_program(conn, program.id)
        return new, program


async def _to_update(conn: Connection, actor: Actor, given: Mapping[str, Any]) -> tuple[Session, Program]:
    session, program = await _session_to(conn, actor, Action.EDIT_SESSION, given["id"])
    if given.get(revisions.EXPECTED) is not None:
        coordinators = await organizing_programs.session_coordinators(conn, session.id)
        revisions.check(given, revisions.of_session(session, coordinators), "session")
    return session, program


def _changed(form: Form, session: Session) -> Session:
    """The session with what was given; its slug stays as it is."""
    readers: dict[str, Callable[[], Any]] = {
        "title": lambda: form.line("title"),
        "venue": lambda: form.line_or_none("venue"),
        "start": lambda: form.instant("start", session.start),
        "end": lambda: form.instant("end", session.end),
    }
    changed: Session = replace(session, **{name: read() for name, read in readers.items() if form.has(name)})
    form.check_window(changed.start, changed.end, "end" if form.has("end") else "start")
    return changed


async def delete_session(deps: Deps, actor: Actor, given: Mapping[str, Any]) -> Program:
    """Delete a session; the program's edits and editors stay. Raises UserFault."""
    async with organizing.change(deps) as conn:
        session, program = await _session_to(conn, actor, Action.EDIT_PROGRAM, given["id"])
        await organizing_deleting.delete_session(conn, program.id, session.id)
        return program


async def _session_to(conn: Connection, actor: Actor, action: Action, session_id: int) -> tuple[Session, Program]:
    """The session and its program, for an actor who may do this with it. Raises UserFault."""
    session = await organizing_programs.session(conn, session_id)
    if session is None:
        raise organizing.missing("session", "id")
    try:
        program, parts = await organizing.visible_program(conn, actor, session.program_id, "id")
    except UserFault:  # not even the program is to be known of
        raise organizing.missing("session", "id") from None
    # To coordinate another session of the program does not count here.
    if actor.editor_id not in await organizing_programs.session_coordinators(conn, session.id):
        parts -= {Part.SESSION_COORDINATOR}
    if not may(parts, action, private=program.visibility is Visibility.PRIVATE):
        organizing.refuse(actor, action)
    return session, program

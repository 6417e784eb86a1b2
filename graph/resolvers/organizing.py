# SPDX-License-Identifier: GPL-3.0-or-later
"""What every change has in common: who may make it, the one transaction it is made in, and whom names mean.

A change is checked twice: first without any lock, so that nobody keeps others waiting with what is refused anyway, and
again under the ledger's lock, where it holds.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import NoReturn

from graph.db import ledger, organizing, organizing_campaigns, organizing_programs
from graph.db.accounts import signed_in_before
from graph.db.pool import Connection
from graph.errors import ErrorCode, UpstreamError, UserFault
from graph.permissions import Action, Part, may, may_view, parts_of
from graph.programs import Campaign, Editor, Organization, Program, Session, Visibility, Wiki
from graph.resolvers import usernames
from graph.resolvers.deps import Deps
from graph.resolvers.form import Form
from graph.resolvers.identity import Actor
from graph.wikis import KnownUser

LOOK_UP_SECONDS = 10.0
MOST_IN_CHARGE = 100  # facilitators of a program, organizers of a campaign, volunteers of one role
Parts = frozenset[Part]


@asynccontextmanager
async def change(deps: Deps) -> AsyncIterator[Connection]:
    """The transaction of one change: one writer at a time, everything or nothing, told to everybody at its end."""
    async with deps.pool.acquire() as conn, conn.transaction():
        await ledger.lock(conn)
        yield conn
        await ledger.announce(conn)


def signed_in(actor: Actor) -> int:
    """The actor's number. Raises UserFault (NOT_SIGNED_IN)."""
    if actor.editor_id is None:
        raise UserFault(ErrorCode.NOT_SIGNED_IN, "Sign in first.")
    return actor.editor_id


def missing(what: str, *field: str) -> UserFault:
    """What is said of a thing that does not exist, and of one that may not be known of."""
    return UserFault(ErrorCode.NOT_FOUND, f"There is no such {what}.", field or None)


def refuse(actor: Actor, action: Action) -> NoReturn:
    """Raise UserFault: NOT_SIGNED_IN or NOT_ALLOWED."""
    signed_in(actor)
    raise UserFault(ErrorCode.NOT_ALLOWED, f"You may not do this: {action}.")


async def parts_towards(conn: Connection, actor: Actor, program_id: int) -> Parts | None:
    """What the actor is towards a program; None where there is no such program."""
    found = await organizing.parts_in_programs(conn, [program_id], actor.editor_id, is_admin=actor.is_admin)
    return found.get(program_id)


async def is_visible(conn: Connection, actor: Actor, program_id: int) -> bool:
    """Whether the actor may know of the program."""
    program, parts = await organizing_programs.program(conn, program_id), await parts_towards(conn, actor, program_id)
    return program is not None and parts is not None and may_view(parts, program.visibility)


async def visible_program(conn: Connection, actor: Actor, program_id: int, *field: str) -> tuple[Program, Parts]:
    """A program the actor may know of. Raises UserFault (NOT_FOUND)."""
    program = await organizing_programs.program(conn, program_id)
    parts = await parts_towards(conn, actor, program_id)
    if program is None or parts is None or not may_view(parts, program.visibility):
        raise missing("program", *field)
    return program, parts


async def program_to(conn: Connection, actor: Actor, action: Action, program_id: int, field: str = "id") -> Program:
    """The program, for an actor who may do this with it. Raises UserFault."""
    program, parts = await visible_program(conn, actor, program_id, field)
    if not may(parts, action, private=program.visibility is Visibility.PRIVATE):
        refuse(actor, action)
    return program


async def session_of(conn: Connection, program_id: int, session_id: int, field: str = "sessionId") -> Session:
    """A session of the program. Raises UserFault (NOT_FOUND)."""
    session = await organizing_programs.session(conn, session_id)
    if session is None or session.program_id != program_id:
        raise missing("session", field)
    return session


async def campaign_to(conn: Connection, actor: Actor, action: Action, campaign_id: int, field: str = "id") -> Campaign:
    """The campaign, for an actor who may do this with it. Raises UserFault."""
    campaign = await organizing_campaigns.campaign(conn, campaign_id)
    if campaign is None:
        raise missing("campaign", field)
    if not may(await parts_towards_campaign(conn, actor, campaign_id), action):
        refuse(actor, action)
    return campaign


async def parts_towards_campaign(conn: Connection, actor: Actor, campaign_id: int) -> Parts:
    """What the actor is towards a campaign."""
    parts = parts_of(signed_in=actor.signed_in, is_admin=actor.is_admin)
    organizes = await organizing.organizes(conn, campaign_id, actor.editor_id)
    return parts | {Part.CAMPAIGN_ORGANIZER} if organizes else parts


async def may_edit_organization(conn: Connection, actor: Actor, organization_id: int) -> bool:
    """Whether the actor may edit the organization, or run a campaign in its name."""
    parts = parts_of(signed_in=actor.signed_in, is_admin=actor.is_admin)
    if await organizing.coordinates(conn, organization_id, actor.editor_id):
        parts |= {Part.ORGANIZATION_COORDINATOR}
    return may(parts, Action.EDIT_ORGANIZATION)


async def organization_called(conn: Connection, actor: Actor, slug: str, field: str) -> Organization:
    """The organization, for an actor who may act in its name. Raises UserFault."""
    organization = await organizing_campaigns.organization_called(conn, slug) if storable(slug) else None
    if organization is None:
        raise missing("organization", field)
    if not await may_edit_organization(conn, actor, organization.id):
        raise UserFault(ErrorCode.NOT_ALLOWED, "Only its coordinators may act for an organization.", (field,))
    return organization


def storable(text: str) -> bool:
    """Whether a database can hold the text: no NUL, no halves of characters."""
    return "\0" not in text and not any("\ud800" <= letter <= "\udfff" for letter in text)


async def accounts(deps: Deps, form: Form, field: str, given: Sequence[str], wiki: Wiki) -> list[KnownUser]:
    """The accounts these usernames name on the wikis; every name that is none is noted as a fault.

    Raises UserFault (UNAVAILABLE) where the wikis cannot be asked.
    """
    names = [usernames.pasted(text) for text in given]
    for index, name in enumerate(names):
        found = usernames.fault(name, field, str(index)) if name else None
        if found is not None:
            form.faults.append(found)
    wanted = list(dict.fromkeys(name for name in names if name and usernames.fault(name) is None))
    if not wanted:
        return []
    try:
        async with asyncio.timeout(LOOK_UP_SECONDS):
            known = await deps.users.look_up(wanted, wiki.domain, wiki.dbname)
    except (UpstreamError, TimeoutError) as error:
        raise UserFault(ErrorCode.UNAVAILABLE, "The wikis cannot be asked about accounts now.", (field,)) from error
    for index, name in enumerate(names):
        if name in wanted and known.get(name) is None:
            form.faults.append(unknown_user(name, field, str(index)))
    return [user for user in (known.get(name) for name in wanted) if user is not None]


def unknown_user(name: str, *field: str) -> UserFault:
    """What is said of a name that nobody has."""
    return UserFault(ErrorCode.UNKNOWN_USER, f"No account on the wikis is called {name}.", field)


async def numbers_of(conn: Connection, users: Iterable[KnownUser]) -> set[int]:
    """The numbers of these accounts here; who is new is written down."""
    return {editor.id for editor in (await organizing.write_editors(conn, users)).values()}


async def known_here(conn: Connection, username: str, field: str = "username") -> Editor:
    """Somebody who has been here before. Raises UserFault (UNKNOWN_USER)."""
    name = usernames.pasted(username)
    fault = usernames.fault(name, field) if name else unknown_user("", field)
    if fault is not None:
        raise fault
    found = (await organizing.editors_named(conn, [name])).get(name)
    if found is None:
        raise UserFault(ErrorCode.UNKNOWN_USER, f"{name} has not been here yet.", (field,))
    return found


async def signed_in_once(conn: Connection, username: str, field: str = "username") -> Editor:
    """Somebody who has signed in here, and not only edited in a program. Raises UserFault (UNKNOWN_USER)."""
    person = await known_here(conn, username, field)
    if not await signed_in_before(conn, [person.id]):
        raise UserFault(ErrorCode.UNKNOWN_USER, f"{person.username} has to sign in here once first.", (field,))
    return person


def check_room(holders: Collection[int], person: Editor) -> None:
    """Raise UserFault (TOO_MANY) where nobody else can be given what these people hold."""
    if person.id not in holders and len(holders) >= MOST_IN_CHARGE:
        raise UserFault(ErrorCode.TOO_MANY, f"At most {MOST_IN_CHARGE} people can be that.", ("username",))

# SPDX-License-Identifier: GPL-3.0-or-later
"""Giving and taking roles: volunteers of a program, admins of the service."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graph.db import admins, organizing_programs
from graph.errors import ErrorCode, UserFault
from graph.permissions import Action, may, parts_of
from graph.programs import Editor, Program, Role
from graph.resolvers import organizing
from graph.resolvers.deps import Deps
from graph.resolvers.identity import Actor

VOLUNTEERS = frozenset({Role.ONLINE_VOLUNTEER, Role.CAMPUS_VOLUNTEER, Role.STAFF})


async def give_volunteer_role(deps: Deps, actor: Actor, given: Mapping[str, Any]) -> Program:
    """Give somebody who has signed in here once a volunteer's role; harmless when repeated. Raises UserFault."""
    role = _volunteer(given)
    async with organizing.change(deps) as conn:
        program = await organizing.program_to(conn, actor, Action.MANAGE_EDITORS, given["programId"], "programId")
        person = await organizing.signed_in_once(conn, given["username"])
        organizing.check_room(await organizing_programs.holders(conn, program.id, role), person)
        await organizing_programs.give_role(conn, program.id, [person.id], role)
        return program


async def take_volunteer_role(deps: Deps, actor: Actor, given: Mapping[str, Any]) -> Program:
    """Take a volunteer's role away. Raises UserFault."""
    role = _volunteer(given)
    async with organizing.change(deps) as conn:
        program = await organizing.program_to(conn, actor, Action.MANAGE_EDITORS, given["programId"], "programId")
        person = await organizing.known_here(conn, given["username"])
        if not await organizing_programs.take_role(conn, program.id, person.id, role):
            raise UserFault(ErrorCode.NOT_ENROLLED, f"{person.username} does not have this role here.", ("username",))
        return program


def _volunteer(given: Mapping[str, Any]) -> Role:
    role = Role(given["role"])
    if role not in VOLUNTEERS:
        raise UserFault(ErrorCode.INVALID, f"{role} is not a volunteer's role.", ("role",))
    return role


async def grant_admin(deps: Deps, actor: Actor, given: Mapping[str, Any]) -> list[Editor]:
    """Make somebody who has signed in here once an admin; harmless when repeated.

    Returns everybody who was made one. Raises UserFault.
    """
    _check_admin(actor)
    async with organizing.change(deps) as conn:
        person = await organizing.signed_in_once(conn, given["username"])
        await admins.grant(conn, person.id, organizing.signed_in(actor))
        return await admins.admins(conn)


async def revoke_admin(deps: Deps, actor: Actor, given: Mapping[str, Any]) -> list[Editor]:
    """Make somebody an admin no more, unless the settings name them.

    Returns everybody who still is one by an admin's hand. Raises UserFault.
    """
    _check_admin(actor)
    async with organizing.change(deps) as conn:
        person = await organizing.known_here(conn, given["username"])
        if not await admins.revoke(conn, person.id):
            message = f"{person.username} was not made an admin here; those that the settings name stay admins."
            raise UserFault(ErrorCode.NOT_FOUND, message, ("username",))
        return await admins.admins(conn)


async def admins_for(deps: Deps, actor: Actor) -> list[Editor] | None:
    """Everybody who was made an admin, by username; None for whoever is no admin."""
    if not actor.is_admin:
        return None
    async with deps.pool.acquire() as conn:
        return await admins.admins(conn)


def _check_admin(actor: Actor) -> None:
    if not may(parts_of(signed_in=actor.signed_in, is_admin=actor.is_admin), Action.ADMINISTER):
        organizing.refuse(actor, Action.ADMINISTER)

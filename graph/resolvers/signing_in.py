# SPDX-License-Identifier: GPL-3.0-or-later
"""Who the actor of a request is. For now by the development sign-in alone: a name is believed as it is said."""

from __future__ import annotations

import asyncio
from collections.abc import Collection

from graph.db import organizing
from graph.db.pool import Connection
from graph.errors import ErrorCode, UpstreamError, UserFault
from graph.programs import Editor
from graph.resolvers import usernames
from graph.resolvers.deps import Deps
from graph.resolvers.identity import Actor
from graph.wikis import KnownUser, wiki

LOOK_UP_SECONDS = 2.0  # signing in must not wait long for the wikis: a name alone will do for now
_META = wiki("metawiki")


async def development_actor(deps: Deps, username: str, admins: Collection[str] = ()) -> Actor:
    """The actor with this name, written down at the first time; an admin if the name is one of ``admins``.

    Raises UserFault (INVALID, TOO_LONG) for a name that no account can have.
    """
    name = usernames.pasted(username)
    fault = usernames.fault(name) if name else UserFault(ErrorCode.INVALID, "A username is not empty.")
    if fault is not None:
        raise fault
    async with deps.pool.acquire() as conn:
        person = (await organizing.editors_named(conn, [name])).get(name)
    if person is None:
        person = await _first_time(deps, name)
    return Actor(person.id, person.username, is_admin=name in {usernames.pasted(admin) for admin in admins})


async def _first_time(deps: Deps, name: str) -> Editor:
    user = await _look_up(deps, name)
    async with deps.pool.acquire() as conn, conn.transaction():
        return await _write(conn, name, user)


async def _write(conn: Connection, name: str, user: KnownUser | None) -> Editor:
    # Two requests may come with the same new name at once.
    await conn.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", f"editor {name}")
    if user is not None:
        return (await organizing.write_editors(conn, [user]))[user.central_id]
    return await organizing.write_unconfirmed(conn, name)


async def _look_up(deps: Deps, name: str) -> KnownUser | None:
    assert _META is not None
    try:
        async with asyncio.timeout(LOOK_UP_SECONDS):
            return (await deps.users.look_up([name], _META.domain, _META.dbname)).get(name)
    except (UpstreamError, TimeoutError):
        return None

# SPDX-License-Identifier: GPL-3.0-or-later
"""Signing in and out, and who the actor of a request is: by a sign-in, by a token, or by a developer's word."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta

from graph.db import accounts, organizing, tokens
from graph.db.accounts import Owner
from graph.db.pool import Connection
from graph.errors import ErrorCode, UpstreamError, UserFault
from graph.programs import Editor
from graph.resolvers import usernames
from graph.resolvers.credentials import CredentialKind, hash_of, hashed, new_secret
from graph.resolvers.deps import Deps
from graph.resolvers.identity import Actor
from graph.resolvers.organizing import change
from graph.wikis import KnownUser, wiki

log = logging.getLogger(__name__)

SIGNED_IN_FOR = timedelta(days=30)
LOOK_UP_SECONDS = 2.0  # signing in must not wait long for the wikis: a name alone will do for now
_META = wiki("metawiki")


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A sign-in that was made: whose, and the secret of the browser it was made for."""

    editor: Editor
    secret: str


async def sign_in(deps: Deps, central_id: int, username: str, *, replacing: str | None = None) -> SignedIn:
    """Sign the account with this central id in, under the name it has now.

    ``replacing``: the secret of a sign-in that the same browser had, which is worthless from now on.
    """
    editor = await _editor(deps, KnownUser(username, central_id, None))
    secret, now = new_secret(CredentialKind.SIGN_IN), deps.clock()
    async with deps.pool.acquire() as conn, conn.transaction():
        await accounts.record_sign_in(conn, [editor.id], now)
        kept = hash_of(secret, deps.session_key)
        await accounts.add_sign_in(conn, editor.id, kept, now=now, expires_at=now + SIGNED_IN_FOR)
    if replacing is not None:
        await sign_out(deps, replacing)
    log.info("editor %d signed in", editor.id)
    return SignedIn(editor, secret)


async def sign_out(deps: Deps, secret: str) -> None:
    """Make a browser's sign-in worthless; one that is already is no error."""
    kept = hashed(secret, CredentialKind.SIGN_IN, deps.session_key)
    if kept is None:
        return
    async with deps.pool.acquire() as conn:
        number = await accounts.remove_sign_in(conn, kept)
    if number is not None:
        deps.credentials.end(CredentialKind.SIGN_IN, number)


async def sign_out_everywhere(deps: Deps, editor_id: int) -> None:
    """Make the sign-ins of all browsers of somebody worthless. Their tokens stay."""
    async with deps.pool.acquire() as conn:
        numbers = await accounts.remove_sign_ins_of(conn, editor_id)
    for number in numbers:
        deps.credentials.end(CredentialKind.SIGN_IN, number)


async def actor_signed_in(deps: Deps, secret: str, admins: Collection[str]) -> Actor | None:
    """Who is signed in with this secret; None where it is worthless."""
    kept = hashed(secret, CredentialKind.SIGN_IN, deps.session_key)
    if kept is None:
        return None
    async with deps.pool.acquire() as conn:
        owner = await accounts.by_sign_in(conn, kept, deps.clock())
    return None if owner is None else _actor(deps, owner, CredentialKind.SIGN_IN, admins)


async def actor_with_token(deps: Deps, token: str, admins: Collection[str]) -> Actor | None:
    """Who comes with this access token or screen token; None where it is worthless."""
    kept = hashed(token, CredentialKind.ACCESS_TOKEN)
    if kept is None:
        return await actor_of_screen(deps, token)
    now = deps.clock()
    async with deps.pool.acquire() as conn:
        owner = await accounts.by_access_token(conn, kept, now)
        if owner is not None and tokens.is_stale(owner.last_used_at, now):
            await tokens.note_access(conn, owner.key, now)
    return None if owner is None else _actor(deps, owner, CredentialKind.ACCESS_TOKEN, admins)


async def actor_of_screen(deps: Deps, token: str) -> Actor | None:
    """The screen that comes with this token: nobody, who may see one program. None where the token is worthless."""
    kept = hashed(token, CredentialKind.SCREEN_TOKEN)
    if kept is None:
        return None
    now = deps.clock()
    async with deps.pool.acquire() as conn:
        found = await tokens.by_screen_token(conn, kept)
        if found is None:
            return None
        if tokens.is_stale(found.last_used_at, now):
            await tokens.note_screen(conn, found.id, now)
    credential = deps.credentials.hold(CredentialKind.SCREEN_TOKEN, found.id)
    return Actor(None, None, screen=found.program_id, credential=credential)


def _actor(deps: Deps, owner: Owner, kind: CredentialKind, admins: Collection[str]) -> Actor:
    credential = deps.credentials.hold(kind, owner.key, is_admin=owner.is_admin)
    is_admin = owner.is_admin or _is_named(owner.editor.username, admins)
    return Actor(owner.editor.id, owner.editor.username, is_admin, credential=credential)


def _is_named(username: str, admins: Collection[str]) -> bool:
    return username in {usernames.pasted(admin) for admin in admins}


async def _editor(deps: Deps, user: KnownUser) -> Editor:
    async with deps.pool.acquire() as conn:
        found = await accounts.by_central_id(conn, user.central_id)
    if found is not None and found.username == user.username:
        return found
    # Who is new or renamed may be enrolled under a name alone: the consumer has to hear of it.
    async with change(deps) as conn:
        return (await organizing.write_editors(conn, [user]))[user.central_id]


async def development_actor(deps: Deps, username: str, admins: Collection[str] = ()) -> Actor:
    """The actor with this name, believed as it is said and written down at the first time.

    An admin if the name is one of ``admins``, or an admin made them one. Raises UserFault (INVALID, TOO_LONG) for a
    name that no account can have.
    """
    name = usernames.pasted(username)
    fault = usernames.fault(name) if name else UserFault(ErrorCode.INVALID, "A username is not empty.")
    if fault is not None:
        raise fault
    async with deps.pool.acquire() as conn:
        person = (await organizing.editors_named(conn, [name])).get(name)
    if person is None:
        person = await _first_time(deps, name)
    async with deps.pool.acquire() as conn:
        if not await accounts.signed_in_before(conn, [person.id]):
            await accounts.record_sign_in(conn, [person.id], deps.clock())
        is_admin = _is_named(name, admins) or await accounts.is_admin(conn, person.id)
    return Actor(person.id, person.username, is_admin)


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

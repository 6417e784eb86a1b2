# SPDX-License-Identifier: GPL-3.0-or-later
"""Tokens: for apps that act for somebody, and for screens that show one program. A secret is told once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from graph.db import people, tokens
from graph.db.tokens import AccessToken, ScreenToken
from graph.errors import ErrorCode, UserFault
from graph.permissions import Action, may
from graph.programs import Program, Visibility
from graph.resolvers import organizing, reading
from graph.resolvers.credentials import CredentialKind, hash_of, new_secret
from graph.resolvers.deps import Deps
from graph.resolvers.form import Form
from graph.resolvers.identity import Actor

__all__ = ["AccessToken", "ScreenToken"]

MOST_ACCESS_TOKENS = 50  # of one person
MOST_SCREEN_TOKENS = 50  # of one program
NAME = 100  # characters


async def create_access_token(deps: Deps, actor: Actor, given: Mapping[str, Any]) -> tuple[str, AccessToken]:
    """Make a token with which an app acts for the actor; its secret and what is known of it.

    A token makes no tokens: what is revoked must not live on in what it made. Raises UserFault and Refused.
    """
    owner, now = organizing.signed_in(actor), deps.clock()
    if actor.credential is not None and actor.credential.kind is CredentialKind.ACCESS_TOKEN:
        raise UserFault(ErrorCode.NOT_ALLOWED, "A token makes no tokens: sign in in a browser.")
    form = Form(given)
    name, expires_at = form.line("name", NAME), given.get("expiresAt")
    if expires_at is not None and expires_at <= now:
        form.note(ErrorCode.INVALID, "This is past already.", "expiresAt")
    form.check()
    secret = new_secret(CredentialKind.ACCESS_TOKEN)
    async with deps.pool.acquire() as conn, conn.transaction():
        if await tokens.count_access_tokens(conn, owner) >= MOST_ACCESS_TOKENS:
            raise UserFault(ErrorCode.TOO_MANY, f"At most {MOST_ACCESS_TOKENS} tokens: revoke one first.")
        made = await tokens.add_access_token(conn, owner, hash_of(secret), name, now=now, expires_at=expires_at)
    return secret, made


async def revoke_access_token(deps: Deps, actor: Actor, given: Mapping[str, Any]) -> int:
    """Make a token of the actor's own worthless; its number. Raises UserFault."""
    owner, number = organizing.signed_in(actor), given["id"]
    async with deps.pool.acquire() as conn:
        if not await tokens.remove_access_token(conn, number, owner):
            raise organizing.missing("access token", "id")
    deps.credentials.end(CredentialKind.ACCESS_TOKEN, number)
    return int(number)


async def access_tokens(deps: Deps, actor: Actor) -> list[AccessToken]:
    """The actor's own tokens, the oldest first."""
    return [] if actor.editor_id is None else await tokens.access_tokens_of(deps.pool, actor.editor_id)


async def create_screen_token(deps: Deps, actor: Actor, given: Mapping[str, Any]) -> tuple[str, ScreenToken]:
    """Make a token with which a screen shows one program; its secret and what is known of it.

    Raises UserFault and Refused.
    """
    program_id = given["programId"]
    secret = new_secret(CredentialKind.SCREEN_TOKEN)
    async with deps.pool.acquire() as conn, conn.transaction():
        await organizing.program_to(conn, actor, Action.SCREEN_TOKENS, program_id, "programId")
        form = Form(given)
        name = form.line("name", NAME)
        form.check()
        if await tokens.count_screen_tokens(conn, program_id) >= MOST_SCREEN_TOKENS:
            raise UserFault(ErrorCode.TOO_MANY, f"At most {MOST_SCREEN_TOKENS} screens: revoke one first.")
        owner = organizing.signed_in(actor)
        made = await tokens.add_screen_token(conn, program_id, owner, hash_of(secret), name, deps.clock())
    return secret, made


async def revoke_screen_token(deps: Deps, actor: Actor, given: Mapping[str, Any]) -> int:
    """Make a screen's token worthless, and end what the screen follows; its number. Raises UserFault."""
    number = int(given["id"])
    async with deps.pool.acquire() as conn, conn.transaction():
        token = await tokens.screen_token(conn, number)
        if token is None or not await organizing.is_visible(conn, actor, token.program_id):
            raise organizing.missing("screen token", "id")
        await organizing.program_to(conn, actor, Action.SCREEN_TOKENS, token.program_id)
        await tokens.remove_screen_token(conn, number)
    deps.credentials.end(CredentialKind.SCREEN_TOKEN, number)
    return number


async def screen_tokens(
    deps: Deps, actor: Actor, programs: Sequence[Program]
) -> dict[Program, list[ScreenToken] | None]:
    """The screen tokens of each program, the oldest first; None where the actor may not make any."""
    standings = await people.standings(deps.pool, reading.viewer(actor), [program.id for program in programs])
    allowed = [
        program.id
        for program in programs
        if program.id in standings
        and may(standings[program.id].parts, Action.SCREEN_TOKENS, private=program.visibility is Visibility.PRIVATE)
    ]
    found = await tokens.screen_tokens_of(deps.pool, allowed)
    return {program: found.get(program.id) for program in programs}

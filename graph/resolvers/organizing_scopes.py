# SPDX-License-Identifier: GPL-3.0-or-later
"""Giving programs scopes, taking them away, having them read anew, and looking at what one would come to."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from graph.db import assignments, organizing_scopes, scopes
from graph.db.organizing import wiki_ids
from graph.db.pool import Connection
from graph.db.scopes import Scope
from graph.errors import ErrorCode, UpstreamError, UserFault
from graph.permissions import Action
from graph.programs import Program, ScopeKind, Wiki
from graph.resolvers import organizing
from graph.resolvers.deps import Deps
from graph.resolvers.form import Form
from graph.resolvers.identity import Actor
from graph.resolvers.pace import count_change
from graph.resolvers.reading import viewer
from graph.scopes import Source, source
from graph.titles import Namespaces
from graph.wikimedia.scopes.reading import Reading, Reason, Unresolved
from graph.wikimedia.scopes.resolver import WikimediaScopes

__all__ = ["Scope"]

MOST_SCOPES: Final = 50  # of one program
PAUSE_SECONDS: Final = 60  # between two readings that somebody asks for
LOOK_UP_SECONDS: Final = 10.0
PREVIEW_SECONDS: Final = 50.0  # what takes longer is read by the worker only
_WITH_TITLES: Final = (ScopeKind.CATEGORY, ScopeKind.TEMPLATE)


class ScopeState(StrEnum):
    """How far the reading of a scope is."""

    WAITING = "WAITING"
    READING = "READING"
    READY = "READY"
    FAILED = "FAILED"


class ScopeFault(StrEnum):
    """Why a scope could not be read."""

    MISSING = "MISSING"
    OTHER_WIKI = "OTHER_WIKI"
    TOO_MANY = "TOO_MANY"
    DOWN = "DOWN"
    SLOW = "SLOW"
    FORM = "FORM"
    REFUSED = "REFUSED"
    INTERNAL = "INTERNAL"


@dataclass(frozen=True, slots=True)
class Preview:
    """What a scope would come to: its articles, and the program's edits so far that are on them."""

    articles: int
    edits: int
    skipped: int


async def add_scope(deps: Deps, actor: Actor, given: Mapping[str, Any]) -> tuple[Scope, Program]:
    """Give a program a scope, which a worker reads at once. Raises UserFault or Refused."""
    field = "programId"
    async with deps.pool.acquire() as conn:
        await organizing.program_to(conn, actor, Action.EDIT_PROGRAM, given[field], field)
    wanted = await _source(deps, given)
    async with organizing.change(deps) as conn:
        program = await organizing.program_to(conn, actor, Action.EDIT_PROGRAM, given[field], field)
        await _check_room(conn, program.id)
        await wiki_ids(conn, [wanted.wiki])
        number = await scopes.add(conn, program.id, wanted, actor.editor_id)
        if number is None:
            raise UserFault(ErrorCode.TAKEN, "The program has this scope already.", ("value",))
        await organizing_scopes.ask(conn, program.id, number)
        added = await scopes.get(conn, number)
        assert added is not None, "nobody else writes meanwhile"
        return added, program


async def _check_room(conn: Connection, program_id: int) -> None:
    if len((await scopes.of_programs(conn, [program_id]))[program_id]) >= MOST_SCOPES:
        raise UserFault(ErrorCode.TOO_MANY, f"A program has at most {MOST_SCOPES} scopes.", ("programId",))


async def remove_scope(deps: Deps, actor: Actor, given: Mapping[str, Any]) -> Program:
    """Take a scope from its program; what counts is decided anew. Raises UserFault."""
    async with deps.pool.acquire() as conn:
        await _program_of(conn, actor, given["id"])
    async with organizing.change(deps) as conn:
        program = await _program_of(conn, actor, given["id"])
        await scopes.remove(conn, given["id"])
        return program


async def _program_of(conn: Connection, actor: Actor, scope_id: int) -> Program:
    scope = await scopes.get(conn, scope_id)
    if scope is None or not await organizing.is_visible(conn, actor, scope.program_id):
        raise organizing.missing("scope", "id")
    return await organizing.program_to(conn, actor, Action.EDIT_PROGRAM, scope.program_id)


async def refresh_scopes(deps: Deps, actor: Actor, given: Mapping[str, Any]) -> Program:
    """Have all scopes of a program read anew, as soon as a worker is free.

    Where that waits or runs already nothing more is asked for. Raises UserFault (RATE_LIMITED within a minute).
    """
    field = "programId"
    async with deps.pool.acquire() as conn:
        await organizing.program_to(conn, actor, Action.REQUEST_UPDATE, given[field], field)
    async with organizing.change(deps) as conn:
        program = await organizing.program_to(conn, actor, Action.REQUEST_UPDATE, given[field], field)
        if program.withdrawn_at is not None:
            raise UserFault(ErrorCode.NOT_ALLOWED, "This program is withdrawn: restore it first.", (field,))
        known = (await scopes.of_programs(conn, [program.id]))[program.id]
        if not known or all(scope.state in (ScopeState.WAITING, ScopeState.READING) for scope in known):
            return program
        if await organizing_scopes.asked_lately(conn, program.id, PAUSE_SECONDS):
            message = "The scopes were read less than a minute ago."
            raise UserFault(ErrorCode.RATE_LIMITED, message, (field,))
        await organizing_scopes.ask(conn, program.id)
        return program


async def scopes_of(deps: Deps, program_ids: Sequence[int]) -> Mapping[int, list[Scope]]:
    """The scopes of each program, the oldest first."""
    return await scopes.of_programs(deps.pool, program_ids)


async def scopes_by_id(deps: Deps, actor: Actor, ids: Sequence[int]) -> dict[int, Scope]:
    """The scopes with these numbers."""
    return await organizing_scopes.by_ids(deps.pool, viewer(actor), ids)


async def without_articles(deps: Deps, program_ids: Sequence[int]) -> dict[int, bool]:
    """Whether each program is article-scoped and has no article in any scope, so that nothing counts."""
    found = await organizing_scopes.without_articles(deps.pool, program_ids)
    return {number: number in found for number in program_ids}


async def preview(deps: Deps, actor: Actor, given: Mapping[str, Any]) -> Preview:
    """Read a scope for whoever may add it, and change nothing. Raises UserFault or Refused.

    It takes PREVIEW_SECONDS at most; what cannot be read so quickly is SLOW, and may be added all the same.
    """
    field = "programId"
    count_change(deps, actor)
    async with deps.pool.acquire() as conn:
        program = await organizing.program_to(conn, actor, Action.EDIT_PROGRAM, given[field], field)
    try:
        async with asyncio.timeout(PREVIEW_SECONDS), deps.previews:
            wanted = await _source(deps, given)
            return await _previewed(deps, program, wanted)
    except TimeoutError:
        message = f"It cannot be read within {PREVIEW_SECONDS:g} seconds. Added, it is read in the background."
        raise UserFault(ErrorCode.UNAVAILABLE, message, ("value",)) from None
    except UpstreamError as error:
        raise UserFault(_code_of(error), str(error), ("value",)) from error


async def _previewed(deps: Deps, program: Program, wanted: Source) -> Preview:
    async with deps.pool.acquire() as conn:
        await scopes.stage(conn)
        # A wiki that was never met has no number, and no edits here.
        wiki_id = await conn.fetchval("SELECT id FROM wiki WHERE dbname = $1", wanted.wiki.dbname) or 0
        reading = await _reading(conn, deps, program, wanted, wiki_id)
        async for pages in reading:
            await scopes.put_aside(conn, wiki_id, pages)
        articles, edits = await scopes.preview(conn, program.id)
        await scopes.stage(conn)
    return Preview(articles, edits, reading.skipped)


async def _reading(conn: Connection, deps: Deps, program: Program, wanted: Source, wiki_id: int) -> Reading:
    if wanted.kind is not ScopeKind.ASSIGNED_ARTICLES:
        return _asked(deps).read(wanted)
    listed = await assignments.titles(conn, program.id)
    return _asked(deps).assigned(wanted.wiki, [title for wiki, title in listed if wiki == wiki_id])


def _code_of(error: UpstreamError) -> ErrorCode:
    if not isinstance(error, Unresolved):
        return ErrorCode.UNAVAILABLE
    return {
        Reason.MISSING: ErrorCode.NOT_FOUND,
        Reason.OTHER_WIKI: ErrorCode.INVALID,
        Reason.TOO_MANY: ErrorCode.TOO_MANY,
        Reason.REFUSED: ErrorCode.INVALID,
    }.get(error.reason, ErrorCode.UNAVAILABLE)


async def _source(deps: Deps, given: Mapping[str, Any]) -> Source:
    """The scope that was meant. Raises UserFault or Refused."""
    form = Form(given)
    wiki = form.wiki("wiki")
    kind = ScopeKind(given["kind"])
    form.check()
    assert wiki is not None, "an unknown wiki is a fault"
    depth = given.get("depth")
    namespaces = await _namespaces(deps, wiki) if kind in _WITH_TITLES else Namespaces(wiki, ())
    return source(kind, given["value"], 0 if depth is None else depth, namespaces)


async def _namespaces(deps: Deps, wiki: Wiki) -> Namespaces:
    try:
        async with asyncio.timeout(LOOK_UP_SECONDS):
            return await _asked(deps).sites.namespaces(wiki)
    except (UpstreamError, TimeoutError) as error:
        message = f"{wiki.domain} cannot be asked about its titles now."
        raise UserFault(ErrorCode.UNAVAILABLE, message, ("wiki",)) from error


def _asked(deps: Deps) -> WikimediaScopes:
    if deps.scopes is None:
        raise UserFault(ErrorCode.UNAVAILABLE, "Scopes cannot be read here.", ("kind",))
    return deps.scopes

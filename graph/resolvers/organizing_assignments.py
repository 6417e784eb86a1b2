# SPDX-License-Identifier: GPL-3.0-or-later
"""Which articles are to be written and by whom: facilitators offer and assign them, editors claim and release them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from graph import scopes, wikis
from graph.db import assigned, assignments, organizing_cohorts, organizing_programs
from graph.db import organizing as rows
from graph.db.pool import Connection
from graph.errors import ErrorCode, UpstreamError, UserFault
from graph.permissions import Action, may
from graph.programs import Assignment, AssignmentRole, Program, ProgramStatus, Visibility, WantedArticle, Wiki
from graph.resolvers import organizing
from graph.resolvers.deps import Deps
from graph.resolvers.identity import Actor
from graph.titles import Namespaces, Title, wiki_of


class OfferOutcome(StrEnum):
    """What became of a pasted line."""

    ADDED = "ADDED"
    KNOWN = "KNOWN"
    REFUSED = "REFUSED"


@dataclass(frozen=True, slots=True)
class OfferedLine:
    """A pasted line, what became of it, the article it means, and why it was refused."""

    pasted: str
    outcome: OfferOutcome
    wiki: Wiki | None = None
    title: str | None = None
    fault: UserFault | None = None


@dataclass(frozen=True, slots=True)
class Offered:
    """What became of pasted lines, in their order."""

    program: Program
    lines: tuple[OfferedLine, ...]


@dataclass(frozen=True, slots=True)
class _Meant:
    """The article that somebody means, and the wiki it is on."""

    wiki: Wiki
    title: Title


async def assign_article(deps: Deps, actor: Actor, given: Mapping[str, Any]) -> tuple[Program, Assignment | None]:
    """Assign an article to an editor of the program; harmless when repeated. Raises UserFault."""
    names = _Names(deps, given.get("wiki"), "title")
    async with deps.pool.acquire() as conn:
        program = await organizing.program_to(conn, actor, Action.EDIT_PROGRAM, given["programId"], "programId")
        names.tracked = await _tracked(conn, program)
    meant = await names.read(given["title"])
    async with organizing.change(deps) as conn:
        program = await organizing.program_to(conn, actor, Action.EDIT_PROGRAM, given["programId"], "programId")
        person = await organizing.known_here(conn, given["username"])
        if await organizing_cohorts.shows_name(conn, program.id, person.id) is None:
            message = f"{person.username} is no editor of this program."
            raise UserFault(ErrorCode.NOT_ENROLLED, message, ("username",))
        listed = (await _numbered(conn, [meant]))[0]
        _check_room(
            await assignments.unknown(conn, program.id, [listed]), await assignments.room(conn, program.id), "title"
        )
        role = given.get("role") or AssignmentRole.WRITE
        number = await assignments.assign(conn, program.id, listed, person.id, role)
        return program, await assigned.assignment(conn, number)


async def unassign_article(deps: Deps, actor: Actor, given: Mapping[str, Any]) -> Program:
    """Take an article from whom it is assigned to. Raises UserFault."""
    async with organizing.change(deps) as conn:
        found = await _assignment(conn, given["id"])
        program = await _program_of(conn, actor, found.article, Action.EDIT_PROGRAM, "assignment")
        await assignments.end(conn, program.id, found.id)
        return program


async def add_available_articles(deps: Deps, actor: Actor, given: Mapping[str, Any]) -> Offered:
    """Offer the articles that are pasted one a line; a line at fault keeps no other from being added.

    Raises UserFault where nothing can be added at all.
    """
    names = _Names(deps, given.get("wiki"), "articles")
    async with deps.pool.acquire() as conn:
        program = await organizing.program_to(conn, actor, Action.EDIT_PROGRAM, given["programId"], "programId")
        names.tracked = await _tracked(conn, program)
    pasted = scopes.lines(given["articles"], "articles")
    if not pasted:
        raise UserFault(ErrorCode.INVALID, "Paste at least one article.", ("articles",))
    read = [await _read_line(names, line) for line in pasted]
    async with organizing.change(deps) as conn:
        program = await organizing.program_to(conn, actor, Action.EDIT_PROGRAM, given["programId"], "programId")
        return Offered(program, tuple(await _offer(conn, program, pasted, read)))


async def remove_available_article(deps: Deps, actor: Actor, given: Mapping[str, Any]) -> Program:
    """Offer an article no more; whoever has it keeps it. Raises UserFault."""
    async with organizing.change(deps) as conn:
        article = await _offered(conn, given["id"])
        program = await _program_of(conn, actor, article, Action.EDIT_PROGRAM, "article")
        await assignments.take_back(conn, program.id, article.id)
        return program


async def claim_article(deps: Deps, actor: Actor, given: Mapping[str, Any]) -> tuple[Program, Assignment | None]:
    """Let the actor, an editor of the program, write an available article; harmless when repeated. Raises UserFault.

    Of several who claim one at the same time exactly one gets it.
    """
    async with organizing.change(deps) as conn:
        article = await _offered(conn, given["id"])
        program, editor_id = await _enrolled(conn, actor, article, "article")
        if program.status(deps.clock()) is ProgramStatus.ENDED:
            raise UserFault(ErrorCode.PROGRAM_ENDED, "This program is over.", ("id",))
        number = await assignments.claim(conn, program.id, article.id, editor_id)
        if number is None:
            raise UserFault(ErrorCode.TAKEN, f"Somebody else has “{article.title}” already.", ("id",))
        return program, await assigned.assignment(conn, number)


async def release_article(deps: Deps, actor: Actor, given: Mapping[str, Any]) -> Program:
    """Give back an article that the actor has; if it is offered, it can be claimed again. Raises UserFault."""
    async with organizing.change(deps) as conn:
        found = await _assignment(conn, given["id"])
        program, editor_id = await _enrolled(conn, actor, found.article, "assignment")
        if found.editor.id != editor_id:
            raise organizing.missing("assignment", "id")
        await assignments.end(conn, program.id, found.id)
        return program


class _Names:
    """Reads what is pasted as articles of the wikis that the program tracks; each wiki is asked for its names once.

    ``wiki`` is where plain titles are: the home wiki unless one is given.
    """

    def __init__(self, deps: Deps, wiki: str | None, field: str) -> None:
        self.tracked: Sequence[Wiki] = ()
        self._deps = deps
        self._wiki = wiki
        self._field = field
        self._known: dict[Wiki, Namespaces] = {}

    async def read(self, pasted: str) -> _Meant:
        """The article that is meant. Raises UserFault."""
        wiki = self._addressed(pasted) or self._plain()
        if wiki not in self.tracked:
            message = f"The program does not track {wiki.domain}."
            raise UserFault(ErrorCode.INVALID, message, (self._field,))
        title = (await self._namespaces(wiki)).pasted(pasted, self._field)
        if title.is_talk:
            message = f"“{title.prefixed}” is a discussion, and no article."
            raise UserFault(ErrorCode.INVALID, message, (self._field,))
        return _Meant(wiki, title)

    def _addressed(self, pasted: str) -> Wiki | None:
        try:
            return wiki_of(pasted)
        except UserFault as fault:
            raise UserFault(fault.code, str(fault), (self._field,)) from None

    def _plain(self) -> Wiki:
        if self._wiki is None:
            return self.tracked[0]
        found = wikis.find(self._wiki)
        if found is None:
            raise UserFault(ErrorCode.UNKNOWN_WIKI, "There is no such wiki.", ("wiki",))
        if found not in self.tracked:
            raise UserFault(ErrorCode.INVALID, f"The program does not track {found.domain}.", ("wiki",))
        return found

    async def _namespaces(self, wiki: Wiki) -> Namespaces:
        if wiki not in self._known:
            self._known[wiki] = await _asked(self._deps, wiki)
        return self._known[wiki]


async def _asked(deps: Deps, wiki: Wiki) -> Namespaces:
    try:
        if deps.scopes is None:
            raise UpstreamError("no wiki can be asked")
        async with asyncio.timeout(organizing.LOOK_UP_SECONDS):
            return await deps.scopes.sites.namespaces(wiki)
    except (UpstreamError, TimeoutError) as error:
        message = f"{wiki.domain} cannot be asked for its namespaces now; try again later."
        raise UserFault(ErrorCode.UNAVAILABLE, message) from error


async def _read_line(names: _Names, line: str) -> _Meant | UserFault:
    try:
        return await names.read(line)
    except UserFault as fault:
        if fault.code is ErrorCode.UNAVAILABLE or fault.field == ("wiki",):
            raise
        return fault


async def _offer(
    conn: Connection, program: Program, pasted: Sequence[str], read: Sequence[_Meant | UserFault]
) -> list[OfferedLine]:
    meant = [each for each in read if isinstance(each, _Meant)]
    listed = dict(zip(meant, await _numbered(conn, meant), strict=True))
    distinct = {(wiki, title.prefixed): (wiki, title) for wiki, title in listed.values()}
    _check_room(
        await assignments.unknown(conn, program.id, distinct.values()),
        await assignments.room(conn, program.id),
        "articles",
    )
    fresh = await assignments.offer(conn, program.id, list(distinct.values()))
    lines = []
    for line, each in zip(pasted, read, strict=True):
        if isinstance(each, UserFault):
            lines.append(OfferedLine(line, OfferOutcome.REFUSED, fault=each))
            continue
        key = listed[each][0], each.title.prefixed
        outcome = OfferOutcome.ADDED if key in fresh else OfferOutcome.KNOWN
        fresh.discard(key)  # written twice, it was added once
        lines.append(OfferedLine(line, outcome, each.wiki, each.title.prefixed))
    return lines


async def _numbered(conn: Connection, meant: Sequence[_Meant]) -> list[assignments.Listed]:
    numbers = await rows.wiki_ids(conn, {each.wiki for each in meant})
    return [(numbers[each.wiki.dbname], each.title) for each in meant]


def _check_room(wanted: int, room: int, field: str) -> None:
    if wanted > room:
        message = f"A program has at most {assignments.MOST:,} assigned and available articles."
        raise UserFault(ErrorCode.TOO_MANY, message, (field,))


async def _tracked(conn: Connection, program: Program) -> list[Wiki]:
    """The wikis that the program tracks; its home wiki, where it is one of them, is the first."""
    tracked = [each.wiki for each in await organizing_programs.tracked_wikis(conn, program.id)]
    return sorted(tracked, key=lambda wiki: wiki.dbname != program.home_wiki.dbname)


async def _assignment(conn: Connection, number: int) -> Assignment:
    found = await assigned.assignment(conn, number)
    if found is None:
        raise organizing.missing("assignment", "id")
    return found


async def _offered(conn: Connection, number: int) -> WantedArticle:
    found = await assigned.offered(conn, number)
    if found is None:
        raise organizing.missing("article", "id")
    return found


async def _seen(conn: Connection, actor: Actor, article: WantedArticle, what: str) -> tuple[Program, organizing.Parts]:
    """The program that wants the article, for an actor who may know of it; to others there is no such thing at all."""
    program = await organizing_programs.program(conn, article.program_id)
    if program is None or not await organizing.is_visible(conn, actor, program.id):
        raise organizing.missing(what, "id")
    return program, await organizing.parts_towards(conn, actor, program.id) or frozenset()


async def _program_of(conn: Connection, actor: Actor, article: WantedArticle, action: Action, what: str) -> Program:
    program, parts = await _seen(conn, actor, article, what)
    if not may(parts, action, private=program.visibility is Visibility.PRIVATE):
        organizing.refuse(actor, action)
    return program


async def _enrolled(conn: Connection, actor: Actor, article: WantedArticle, what: str) -> tuple[Program, int]:
    """The program and the actor's number. Raises UserFault for whoever is no editor of it."""
    program, _ = await _seen(conn, actor, article, what)
    editor_id = organizing.signed_in(actor)
    if await organizing_cohorts.shows_name(conn, program.id, editor_id) is None:
        raise UserFault(ErrorCode.NOT_ENROLLED, "You are no editor of this program.")
    return program, editor_id

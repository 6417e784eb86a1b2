# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading single things: by slug, by number, by what they belong to. Whatever the actor may not see is missing.

Every function takes any number of keys and asks once; a key without a value is missing from the answer, or has an empty
list where lists are given.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence

from graph.activity import Article, LedgerEdit
from graph.db import articles, catalogue, contributions, hidden_cards, people
from graph.db.articles import ListedArticle
from graph.db.contributions import EditKey, Upload
from graph.db.people import Participant
from graph.db.visibility import Viewer
from graph.paging import Within
from graph.permissions import NOTHING, Action, Part, ProgramPermissions, may, parts_of, program_permissions
from graph.programs import Campaign, Editor, Enrollment, Goal, Organization, Program, Session, TrackedWiki
from graph.resolvers.deps import Deps
from graph.resolvers.identity import Actor

__all__ = ["EditKey", "ListedArticle", "Participant", "Upload"]

_EDITING = {
    Within.CAMPAIGN: (Part.CAMPAIGN_ORGANIZER, Action.EDIT_CAMPAIGN),
    Within.ORGANIZATION: (Part.ORGANIZATION_COORDINATOR, Action.EDIT_ORGANIZATION),
}


def viewer(actor: Actor) -> Viewer:
    """The actor as the queries know them."""
    if actor.screen is not None:
        return Viewer.screen(actor.screen)
    return Viewer(actor.editor_id, actor.is_admin)


class Reader:
    """An actor who reads numbers and rows, and by which collections: looked up once, for as long as one execution.

    ``read`` are the collections that were read so far.
    """

    def __init__(self, deps: Deps, actor: Actor) -> None:
        self.viewer = viewer(actor)
        self._deps = deps
        self._may_know = actor.signed_in and not actor.on_screen
        self._known: dict[int, int] = {}
        self.read: set[int] = set()
        self._one_at_a_time = asyncio.Lock()

    async def counted_for(self, collections: Iterable[int]) -> dict[int, int]:
        """For each program, session, campaign and organization the collection whose numbers and rows are given.

        It is the thing itself, but for those who may know of nameless participants and of whom there are some.
        """
        wanted = list(dict.fromkeys(collections))
        self.read.update(wanted)
        if not self._may_know:
            return {number: number for number in wanted}
        async with self._one_at_a_time:  # fields that are resolved together ask together
            unknown = [number for number in wanted if number not in self._known]
            if unknown:
                wholes = await people.wholes(self._deps.pool, self.viewer, unknown)
                self._known.update({number: wholes.get(number, number) for number in unknown})
        return {number: self._known[number] for number in wanted}


async def programs_by_id(deps: Deps, actor: Actor, ids: Sequence[int]) -> dict[int, Program]:
    """The programs with these numbers."""
    return await catalogue.programs_by_id(deps.pool, viewer(actor), ids)


async def programs_by_slug(deps: Deps, actor: Actor, slugs: Sequence[str]) -> dict[str, Program]:
    """The programs with these slugs."""
    return await catalogue.programs_by_slug(deps.pool, viewer(actor), slugs)


async def campaigns_by_id(deps: Deps, ids: Sequence[int]) -> dict[int, Campaign]:
    """The campaigns with these numbers."""
    return await catalogue.campaigns_by_id(deps.pool, ids)


async def campaigns_by_slug(deps: Deps, slugs: Sequence[str]) -> dict[str, Campaign]:
    """The campaigns with these slugs."""
    return await catalogue.campaigns_by_slug(deps.pool, slugs)


async def organizations_by_id(deps: Deps, ids: Sequence[int]) -> dict[int, Organization]:
    """The organizations with these numbers."""
    return await catalogue.organizations_by_id(deps.pool, ids)


async def organizations_by_slug(deps: Deps, slugs: Sequence[str]) -> dict[str, Organization]:
    """The organizations with these slugs."""
    return await catalogue.organizations_by_slug(deps.pool, slugs)


async def sessions_by_id(deps: Deps, actor: Actor, ids: Sequence[int]) -> dict[int, Session]:
    """The sessions with these numbers."""
    return await catalogue.sessions_by_id(deps.pool, viewer(actor), ids)


async def session_called(deps: Deps, actor: Actor, slug: str, program_slug: str | None) -> Session | None:
    """The session with this slug, in any program or in one; None where there is none or several."""
    return await catalogue.session_called(deps.pool, viewer(actor), slug, program_slug)


async def hidden_cards_of(deps: Deps, collections: Sequence[int]) -> dict[int, list[EditKey]]:
    """The edits that are not shown as cards on the screens of each program, session or campaign, the newest last."""
    return await hidden_cards.hidden_in(deps.pool, collections)


async def editors_by_id(deps: Deps, actor: Actor, ids: Sequence[int]) -> dict[int, Editor]:
    """The editors with these numbers."""
    return await people.editors_by_id(deps.pool, viewer(actor), ids)


async def editors_by_name(deps: Deps, actor: Actor, usernames: Sequence[str]) -> dict[str, Editor]:
    """The editors with these usernames."""
    return await people.editors_by_name(deps.pool, viewer(actor), usernames)


async def articles_by_id(deps: Deps, actor: Actor, ids: Sequence[int]) -> dict[int, Article]:
    """The articles with these numbers."""
    return await articles.articles_by_id(deps.pool, viewer(actor), ids)


async def edits_by_key(deps: Deps, actor: Actor, keys: Sequence[EditKey]) -> dict[EditKey, LedgerEdit]:
    """The edits with these wikis (database names) and revisions."""
    return await contributions.edits_by_key(deps.pool, viewer(actor), keys)


async def uploads_by_id(deps: Deps, actor: Actor, ids: Sequence[int]) -> dict[int, Upload]:
    """The uploads with these numbers."""
    return await contributions.uploads_by_id(deps.pool, viewer(actor), ids)


async def sessions_of(deps: Deps, program_ids: Sequence[int]) -> dict[int, list[Session]]:
    """The sessions of each program, the earliest first."""
    return await catalogue.sessions_of(deps.pool, program_ids)


async def tracked_wikis_of(deps: Deps, program_ids: Sequence[int]) -> dict[int, list[TrackedWiki]]:
    """The wikis each program tracks, by database name."""
    return await catalogue.tracked_wikis_of(deps.pool, program_ids)


async def goals_of(deps: Deps, program_ids: Sequence[int]) -> dict[int, list[Goal]]:
    """The goals of each program with what is reached now."""
    return await catalogue.goals_of(deps.pool, program_ids)


async def in_charge(deps: Deps, parents: Sequence[int], within: Within) -> dict[int, list[Editor]]:
    """Who leads each program or organizes or coordinates each campaign, session or organization."""
    return await people.in_charge(deps.pool, within, parents)


async def volunteers(deps: Deps, program_ids: Sequence[int]) -> dict[int, list[Enrollment]]:
    """Who helps with each program, and as what."""
    return await people.volunteers(deps.pool, program_ids)


async def own_parts(deps: Deps, actor: Actor, program_ids: Sequence[int]) -> dict[int, list[Enrollment]]:
    """What the actor is in each program, a row for each role."""
    if actor.editor_id is None:
        return {program: [] for program in program_ids}
    return await people.parts_of_one(deps.pool, program_ids, actor.editor_id)


async def article_editors(
    deps: Deps, reader: Reader, places: Sequence[tuple[int, int]]
) -> dict[tuple[int, int], list[Editor]]:
    """For each collection and article, at most ten editors, those with the most edits first."""
    counted = await reader.counted_for(collection for collection, _ in places)
    found = await articles.article_editors(deps.pool, [(counted[place[0]], place[1]) for place in places])
    return {place: found[counted[place[0]], place[1]] for place in places}


async def may_edit(deps: Deps, actor: Actor, parents: Sequence[int], within: Within) -> dict[int, bool]:
    """Whether the actor may edit each of these campaigns or organizations (and run campaigns in their name)."""
    part, action = _EDITING[within]
    parts = parts_of(signed_in=actor.signed_in, is_admin=actor.is_admin)
    if not actor.signed_in or may(parts, action):
        return {parent: may(parts, action) for parent in parents}
    found = await people.in_charge(deps.pool, within, parents)
    return {
        parent: any(editor.id == actor.editor_id for editor in found[parent]) and may({part}, action)
        for parent in parents
    }


async def permissions(deps: Deps, actor: Actor, programs: Sequence[Program]) -> dict[Program, ProgramPermissions]:
    """What the actor may do with each program now."""
    found = await people.standings(deps.pool, viewer(actor), [program.id for program in programs])
    now = deps.clock()
    return {
        program: program_permissions(
            found[program.id].parts, program, program.status(now), participants=found[program.id].participants
        )
        if program.id in found
        else NOTHING
        for program in programs
    }

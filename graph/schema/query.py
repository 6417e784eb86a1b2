# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything that can be read, from its beginnings."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

import strawberry

from graph import wikis
from graph.errors import ErrorCode, UserFault
from graph.paging import CampaignOrder, CampaignQuery, OrganizationQuery, Within
from graph.programs import ScopeKind
from graph.resolvers import organizing_cohorts, organizing_scopes, reading, upstream
from graph.resolvers.form import Refused
from graph.resolvers.organizing import LOOK_UP_SECONDS
from graph.resolvers.organizing_scopes import PREVIEW_SECONDS
from graph.schema import ids, nodes
from graph.schema.arguments import MOST, After, First, Search, argument, required, text
from graph.schema.context import Info
from graph.schema.fields import described, resolved
from graph.schema.filters import Filter, OrderOfCampaigns, OrderOfPrograms, program_query
from graph.schema.payloads import EditorsPreview, UserError
from graph.schema.payloads_scopes import ScopePreview
from graph.schema.types_base import Node, Wiki
from graph.schema.types_campaign import (
    Campaign,
    CampaignConnection,
    Organization,
    OrganizationConnection,
)
from graph.schema.types_people import Editor
from graph.schema.types_program import Program, ProgramConnection
from graph.schema.types_service import ServiceStatus
from graph.schema.types_session import Session
from graph.schema.types_viewer import Viewer

ProgramId = Annotated[strawberry.ID, argument("The program.")]
KindOfScope = Annotated[ScopeKind, argument("Where the articles come from.")]
WikiName = Annotated[str, argument("The wiki the articles are on, by database name or domain.")]
Value = Annotated[str, argument("As in `addScope`.")]
Depth = Annotated[int | None, argument("How many levels of subcategories.")]
Pasted = Annotated[list[str], argument("As in `addEditors`.")]
SessionId = Annotated[strawberry.ID | None, argument("A session of the program they would take part in.")]
Slug = Annotated[str, argument("The name in addresses.")]


@described
class Query:
    """Everything that can be read."""

    @resolved
    async def node(self, info: Info, id: Annotated[strawberry.ID, argument("Its id.")]) -> Node | None:  # noqa: A002
        """Anything by its id; null where there is no such thing, or it is not shown to the viewer."""
        await prepare(info)
        return await nodes.load(info, id)

    @resolved
    async def nodes(
        self, info: Info, ids: Annotated[list[strawberry.ID], argument("Their ids, at most 100.")]
    ) -> list[Node | None]:
        """Several things by their ids, in the same order; null for each that there is not."""
        if len(ids) > MOST:
            raise UserFault(ErrorCode.TOO_MANY, f"At most {MOST} ids at once.", ("ids",))
        await prepare(info)
        return list(await asyncio.gather(*(nodes.load(info, each) for each in ids)))

    @resolved
    def viewer(self, info: Info) -> Viewer | None:
        """Who is signed in; null for an anonymous reader."""
        actor = info.context.actor
        if actor.editor_id is None or actor.username is None:
            return None
        return Viewer.signed_in(actor.editor_id, actor.username, is_admin=actor.is_admin)

    @resolved
    async def organization(self, info: Info, slug: Slug) -> Organization | None:
        """An organization by its slug."""
        await prepare(info)
        found = await info.context.loaders.organizations_by_slug.load(required(slug, "slug"))
        return None if found is None else Organization.of(found)

    @resolved
    async def organizations(
        self, info: Info, first: First = 25, after: After = None, search: Search = None
    ) -> OrganizationConnection:
        """All organizations, by name."""
        await prepare(info)
        return await OrganizationConnection.page(info, OrganizationQuery(text(search, "search")), first, after)

    @resolved
    async def campaign(self, info: Info, slug: Slug) -> Campaign | None:
        """A campaign by its slug."""
        await prepare(info)
        found = await info.context.loaders.campaigns_by_slug.load(required(slug, "slug"))
        return None if found is None else Campaign.of(found)

    @resolved
    async def campaigns(
        self,
        info: Info,
        first: First = 25,
        after: After = None,
        search: Search = None,
        order_by: OrderOfCampaigns = None,
    ) -> CampaignConnection:
        """All campaigns."""
        await prepare(info)
        query = CampaignQuery(Within.EVERYTHING, text(search, "search"), order_by or CampaignOrder.TITLE)
        return await CampaignConnection.page(info, 0, query, first, after)

    @resolved
    async def program(self, info: Info, slug: Slug) -> Program | None:
        """A program by its slug; null where there is none, or it is not shown to the viewer."""
        await prepare(info)
        found = await info.context.loaders.programs_by_slug.load(required(slug, "slug"))
        return None if found is None else Program.of(found)

    @resolved
    async def programs(
        self,
        info: Info,
        first: First = 25,
        after: After = None,
        filter: Filter = None,  # noqa: A002 - the contract's name
        order_by: OrderOfPrograms = None,
    ) -> ProgramConnection:
        """All programs that the viewer may see."""
        await prepare(info)
        return await ProgramConnection.page(info, 0, program_query(Within.EVERYTHING, filter, order_by), first, after)

    @resolved
    async def session(
        self,
        info: Info,
        slug: Slug,
        program: Annotated[
            str | None, argument("The program's name in addresses, where several have such a one.")
        ] = None,
    ) -> Session | None:
        """A session by its slug; null where there is none, there are several, or it is not shown to the viewer."""
        await prepare(info)
        deps, actor = info.context.deps, info.context.actor
        found = await reading.session_called(deps, actor, required(slug, "slug"), text(program, "program"))
        return None if found is None else Session.of(found)

    @resolved
    async def editor(self, info: Info, username: Annotated[str, argument("The name on the wikis.")]) -> Editor | None:
        """An editor by username; null where nothing shows this person to the viewer."""
        await prepare(info)
        found = await info.context.loaders.editors_by_name.load(required(username, "username"))
        return None if found is None else Editor.of(found)

    @resolved
    async def scope_preview(
        self,
        info: Info,
        program_id: ProgramId,
        kind: KindOfScope,
        wiki: WikiName,
        value: Value,
        depth: Depth = 0,
    ) -> ScopePreview:
        """How many articles a scope would have and how many of the program's edits so far would count by it.

        For whoever may add it. It takes up to 50 seconds; what takes longer is an error here and may be added all the
        same.
        """
        info.context.take_time(PREVIEW_SECONDS + 5)
        deps, actor = info.context.deps, info.context.actor
        given = {"kind": kind, "wiki": wiki, "value": value, "depth": depth}
        try:
            given["programId"] = ids.number(program_id, ids.Kind.PROGRAM, "programId")
            return ScopePreview.of(await organizing_scopes.preview(deps, actor, given))
        except Refused as refused:
            return ScopePreview.refused(refused.faults)
        except UserFault as fault:
            return ScopePreview.refused([fault])

    @resolved
    async def editors_preview(
        self, info: Info, program_id: ProgramId, usernames: Pasted, session_id: SessionId = None
    ) -> EditorsPreview:
        """What `addEditors` would answer now, with nothing changed; for whoever may add editors."""
        info.context.take_time(LOOK_UP_SECONDS + 5)
        given: dict[str, Any] = {"usernames": usernames}
        try:
            given["programId"] = ids.number(program_id, ids.Kind.PROGRAM, "programId")
            if session_id is not None:
                given["sessionId"] = ids.number(session_id, ids.Kind.SESSION, "sessionId")
            return EditorsPreview.of(
                await organizing_cohorts.preview_editors(info.context.deps, info.context.actor, given)
            )
        except UserFault as fault:
            return EditorsPreview(errors=UserError.all_of([fault]))

    @resolved
    def wiki(self, dbname: Annotated[str, argument("The database name, for example enwiki.")]) -> Wiki | None:
        """A wiki by its database name."""
        found = wikis.wiki(dbname)
        return None if found is None else Wiki.of(found)

    @resolved
    async def service(self, info: Info) -> ServiceStatus:
        """How far behind the wikis the service is."""
        return ServiceStatus.of(await upstream.status(info.context.deps))


async def prepare(info: Info) -> None:
    """Read the activity's newest place before anything else, where the request asks for it at all."""
    source = info._raw_info.operation.loc
    if source is None or "activityCursor" in source.source.body:
        await info.context.activity_cursor()

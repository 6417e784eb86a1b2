# SPDX-License-Identifier: GPL-3.0-or-later
"""Campaigns and organizations, as the API shows them."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Annotated

import strawberry

from graph import programs as nouns
from graph.paging import (
    ArticleOrder,
    ArticleQuery,
    CampaignQuery,
    EditorOrder,
    EditorQuery,
    EditQuery,
    OrganizationQuery,
    Within,
)
from graph.programs import PasscodePolicy, ProgramType
from graph.resolvers import short_addresses
from graph.schema import ids
from graph.schema.arguments import After, Bucket, Dbname, Edited, First, From, Search, To, Username, text
from graph.schema.context import Info, selects
from graph.schema.fields import described, everybodys, resolved, said
from graph.schema.filters import Filter, OrderOfPrograms, program_query
from graph.schema.types_base import RANKED, Connection, Node, cursors_of, cut, page_info
from graph.schema.types_content import EditConnection, ProgramArticleConnection
from graph.schema.types_numbers import Metrics, TimelinePoint, WikiMetrics
from graph.schema.types_people import Editor, ProgramEditorConnection
from graph.schema.types_program import (
    Created,
    Namespace,
    OrderOfArticles,
    OrderOfEditors,
    ProgramConnection,
)


@described
class OrganizationPermissions:
    """What somebody may do with an organization."""

    edit: bool = said("Change it and its coordinators, and run campaigns in its name.")


@described
class CampaignPermissions:
    """What somebody may do with a campaign."""

    edit: bool = said("Change it, its organizers, defaults and template; delete it.")


@described
class Organization(Node):
    """A chapter, affiliate or institution that runs campaigns."""

    value: strawberry.Private[nouns.Organization]
    slug: str = said("Its name in addresses.")
    name: str = said("The name.")
    description: str = said("What it does.")

    @classmethod
    def of(cls, value: nouns.Organization) -> Organization:
        """The organization as the API shows it."""
        return cls(
            id=ids.encode(ids.Kind.ORGANIZATION, value.id),
            value=value,
            slug=value.slug,
            name=value.name,
            description=value.description,
        )

    @resolved
    async def coordinators(self, info: Info) -> list[Editor]:
        """Who coordinates it."""
        found = await info.context.loaders.people.load((self.value.id, Within.ORGANIZATION))
        return [Editor.of(editor) for editor in found]

    @resolved
    async def campaigns(
        self, info: Info, first: First = 25, after: After = None
    ) -> Annotated[CampaignConnection, strawberry.lazy("graph.schema.types_campaign")]:
        """The campaigns it runs."""
        return await CampaignConnection.page(info, self.value.id, CampaignQuery(Within.ORGANIZATION), first, after)

    @resolved
    async def metrics(self, info: Info) -> Metrics:
        """The numbers over the union of its campaigns: public programs only, for every viewer."""
        return Metrics.of(await info.context.loaders.metrics.load((self.value.id, None, None)))

    @resolved
    async def viewer_can(self, info: Info) -> OrganizationPermissions:
        """What the viewer may do here."""
        edit = await info.context.loaders.may_edit.load((self.value.id, Within.ORGANIZATION))
        return OrganizationPermissions(edit=edit)


@described
class Campaign(Node):
    """A gathering of programs."""

    value: strawberry.Private[nouns.Campaign]
    slug: str = said("Its name in addresses.")
    title: str = said("The title.")
    description: str = said("What it is about.")
    start: datetime | None = said("When it begins, where that is fixed.")
    end: datetime | None = said("When it ends, where that is fixed.")
    default_program_type: ProgramType = said("The kind of the programs created in it.")
    default_passcode_policy: PasscodePolicy = said("How one gets into the programs created in it.")
    template_description: str = said("The description that programs created in it begin with.")

    @classmethod
    def of(cls, value: nouns.Campaign) -> Campaign:
        """The campaign as the API shows it."""
        return cls(
            id=ids.encode(ids.Kind.CAMPAIGN, value.id),
            value=value,
            slug=value.slug,
            title=value.title,
            description=value.description,
            start=value.start,
            end=value.end,
            default_program_type=value.default_program_type,
            default_passcode_policy=value.default_passcode_policy,
            template_description=value.template_description,
        )

    @resolved
    async def organization(self, info: Info) -> Organization | None:
        """The organization that runs it, if any."""
        if self.value.organization_id is None:
            return None
        found = await info.context.loaders.organizations_by_id.load(self.value.organization_id)
        return None if found is None else Organization.of(found)

    @resolved
    async def default_passcode(self, info: Info) -> str | None:
        """The passcode of the programs created in it, with the policy FIXED; null unless the viewer may edit it."""
        allowed = await info.context.loaders.may_edit.load((self.value.id, Within.CAMPAIGN))
        return self.value.default_passcode if allowed else None

    @resolved
    async def viewer_can(self, info: Info) -> CampaignPermissions:
        """What the viewer may do here."""
        return CampaignPermissions(edit=await info.context.loaders.may_edit.load((self.value.id, Within.CAMPAIGN)))

    @resolved
    async def organizers(self, info: Info) -> list[Editor]:
        """Who organizes it."""
        found = await info.context.loaders.people.load((self.value.id, Within.CAMPAIGN))
        return [Editor.of(editor) for editor in found]

    @resolved
    async def programs(
        self,
        info: Info,
        first: First = 25,
        after: After = None,
        filter: Filter = None,  # noqa: A002 - the contract's name
        order_by: OrderOfPrograms = None,
    ) -> ProgramConnection:
        """Its programs; only those that the viewer may see."""
        query = program_query(Within.CAMPAIGN, filter, order_by)
        return await ProgramConnection.page(info, self.value.id, query, first, after)

    @resolved
    async def metrics(self, info: Info, wiki: Dbname = None, namespace: Namespace = None) -> Metrics:
        """The numbers over the union of its public programs, for every viewer.

        An edit, an editor or an article in two of them counts once.
        """
        return Metrics.of(await info.context.loaders.metrics.load((self.value.id, text(wiki, "wiki"), namespace)))

    @resolved
    async def metrics_by_wiki(self, info: Info) -> list[WikiMetrics]:
        """The numbers of each wiki, each followed by those of its namespaces."""
        asked = (self.value.id, selects(info, "activeEditors"))
        return [WikiMetrics.of(part) for part in await info.context.loaders.wiki_metrics.load(asked)]

    @resolved
    async def timeline(self, info: Info, bucket: Bucket, from_: From = None, to: To = None) -> list[TimelinePoint]:
        """The edits over time, within its dates unless told otherwise; empty buckets are points of zeros.

        Where the campaign has no dates, those of its public programs are taken. At most 1,500 points; a finer request
        is refused and names the finest bucket that fits.
        """
        found = await info.context.loaders.timelines.load((self.value.id, bucket, from_, to))
        return [TimelinePoint.of(point) for point in found]

    @resolved
    async def editors(
        self,
        info: Info,
        first: First = 25,
        after: After = None,
        search: Search = None,
        edited: Edited = None,
        order_by: OrderOfEditors = None,
    ) -> ProgramEditorConnection:
        """The editors of its public programs, each once."""
        query = EditorQuery(Within.CAMPAIGN, text(search, "search"), edited, order_by or EditorOrder.USERNAME)
        return await ProgramEditorConnection.page(info, self.value.id, query, first, after)

    @resolved
    async def articles(
        self,
        info: Info,
        first: First = 25,
        after: After = None,
        wiki: Dbname = None,
        created: Created = None,
        order_by: OrderOfArticles = None,
    ) -> ProgramArticleConnection:
        """The articles edited in its public programs, each once. One that was deleted since stays listed."""
        query = ArticleQuery(text(wiki, "wiki"), created, order_by or ArticleOrder.TITLE)
        return await ProgramArticleConnection.page(info, self.value.id, query, first, after)

    @resolved
    async def edits(
        self, info: Info, first: First = 25, after: After = None, wiki: Dbname = None, editor: Username = None
    ) -> EditConnection:
        """The edits that its public programs count, each once, the newest first."""
        query = EditQuery(text(wiki, "wiki"), text(editor, "editor"))
        return await EditConnection.page(info, self.value.id, query, first, after)

    @everybodys
    def short_url(self, info: Info) -> str:
        """A short address that leads to its page."""
        return short_addresses.of_campaign(info.context.deps, self.value.id)

    @resolved
    async def hidden_cards(self, info: Info) -> list[strawberry.ID]:
        """The edits that are not shown on its live screens, by id: the newest hundred, the newest last."""
        return [ids.encode_edit(*key) for key in await info.context.loaders.hidden_cards.load(self.value.id)]

    @resolved
    async def activity_cursor(self, info: Info) -> str:
        """Subscribe with `after: activityCursor` to miss nothing since this answer."""
        return await info.context.activity_cursor()


@described
class CampaignEdge:
    """A campaign in a list."""

    cursor: str = said("The place in the list.")
    node: Campaign = said("The campaign.")


@described
class CampaignConnection(Connection):
    """Campaigns, page by page."""

    edges: list[CampaignEdge] = said("The campaigns of this page with their cursors.")
    nodes: list[Campaign] = said("The campaigns of this page.")

    @classmethod
    async def page(
        cls, info: Info, parent: int, query: CampaignQuery, first: int | None, after: str | None
    ) -> CampaignConnection:
        """The page asked for. Raises UserFault (INVALID)."""
        listing = f"campaigns {query.order}"
        part = cut(listing, RANKED, first, after)
        loaders = info.context.loaders
        page = await loaders.campaigns.load((parent, query, part))
        places = cursors_of(listing, page)
        nodes = [Campaign.of(item.value) for item in page.items]
        return cls(
            counted=partial(loaders.campaign_counts.load, (parent, query)),
            page_info=page_info(page, places, part),
            edges=[CampaignEdge(cursor=cursor, node=node) for cursor, node in zip(places, nodes, strict=True)],
            nodes=nodes,
        )


@described
class OrganizationEdge:
    """An organization in a list."""

    cursor: str = said("The place in the list.")
    node: Organization = said("The organization.")


@described
class OrganizationConnection(Connection):
    """Organizations, page by page."""

    edges: list[OrganizationEdge] = said("The organizations of this page with their cursors.")
    nodes: list[Organization] = said("The organizations of this page.")

    @classmethod
    async def page(
        cls, info: Info, query: OrganizationQuery, first: int | None, after: str | None
    ) -> OrganizationConnection:
        """The page asked for. Raises UserFault (INVALID)."""
        part = cut("organizations", RANKED, first, after)
        loaders = info.context.loaders
        page = await loaders.organizations.load((0, query, part))
        places = cursors_of("organizations", page)
        nodes = [Organization.of(item.value) for item in page.items]
        return cls(
            counted=partial(loaders.organization_counts.load, (0, query)),
            page_info=page_info(page, places, part),
            edges=[OrganizationEdge(cursor=cursor, node=node) for cursor, node in zip(places, nodes, strict=True)],
            nodes=nodes,
        )

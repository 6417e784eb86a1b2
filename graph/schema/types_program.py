# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs and their sessions, as the API shows them."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Annotated

import strawberry

from graph import programs as nouns
from graph.paging import (
    ArticleOrder,
    ArticleQuery,
    AssignmentQuery,
    AvailableQuery,
    CampaignQuery,
    EditorOrder,
    EditorQuery,
    EditQuery,
    ProgramQuery,
    UploadQuery,
    Within,
)
from graph.programs import AssignmentRole, PasscodePolicy, ProgramStatus, ProgramType, Visibility
from graph.resolvers import revisions, short_addresses
from graph.schema import ids
from graph.schema.arguments import After, Bucket, Dbname, Edited, First, From, Search, To, Username, argument, text
from graph.schema.context import Info, selects
from graph.schema.fields import described, everybodys, resolved, said
from graph.schema.types_alerts import Alert
from graph.schema.types_assignments import AssignmentConnection, AvailableArticleConnection
from graph.schema.types_base import RANKED, Connection, Node, Wiki, cursors_of, cut, page_info
from graph.schema.types_content import EditConnection, ProgramArticleConnection, UploadConnection
from graph.schema.types_numbers import Goal, Metrics, TimelinePoint, WikiMetrics
from graph.schema.types_people import Editor, PendingEditor, ProgramEditorConnection, ViewerPart, Volunteer
from graph.schema.types_session import ProgramPermissions, Scope, Session, TrackedWiki
from graph.schema.types_tokens import ScreenToken
from graph.schema.types_update import ProgramUpdate

if TYPE_CHECKING:
    from graph.schema.types_campaign import CampaignConnection

Namespace = Annotated[int | None, argument("Only this namespace, by its number.")]
Created = Annotated[bool | None, argument("Only articles that were created, or only those that were not.")]
Excluded = Annotated[bool | None, argument("Only articles that are excluded, or only those that are not.")]
OnlyRole = Annotated[AssignmentRole | None, argument("Only to write, or only to review.")]
OrderOfEditors = Annotated[EditorOrder | None, argument("The order; by username where none is given.")]
OrderOfArticles = Annotated[ArticleOrder | None, argument("The order; by title where none is given.")]


@described
class Program(Node):
    """A cohort, a window and wikis: what counts is the cohort's edits there and then."""

    value: strawberry.Private[nouns.Program]
    slug: str = said("Its name in addresses.")
    title: str = said("The title.")
    institution: str = said("The institution behind it.")
    term: str | None = said("The term, where there are several of the same title.")
    description: str = said("What it is about.")
    type: ProgramType = said("Its kind.")
    visibility: Visibility = said("Who may know of it.")
    tracking_start: datetime = said("The first instant whose edits count.")
    tracking_end: datetime = said("The last instant whose edits count.")
    event_start: datetime | None = said("When the event begins, where that is not when tracking begins.")
    event_end: datetime | None = said("When the event ends, where that is not when tracking ends.")
    home_wiki: Wiki = said("The wiki it is at home on.")
    passcode_policy: PasscodePolicy = said("How one gets in.")
    registration_open: bool = said("Whether it takes people in now.")
    show_names_by_default: bool = said("Whether new participants are shown by name unless they choose otherwise.")
    withdrawn_at: datetime | None = said("When it was withdrawn; null where it is not.")

    @classmethod
    def of(cls, value: nouns.Program) -> Program:
        """The program as the API shows it."""
        return cls(
            id=ids.encode(ids.Kind.PROGRAM, value.id),
            value=value,
            slug=value.slug,
            title=value.title,
            institution=value.institution,
            term=value.term,
            description=value.description,
            type=value.type,
            visibility=value.visibility,
            tracking_start=value.tracking_start,
            tracking_end=value.tracking_end,
            event_start=value.event_start,
            event_end=value.event_end,
            home_wiki=Wiki.of(value.home_wiki),
            passcode_policy=value.passcode_policy,
            registration_open=value.registration_open,
            show_names_by_default=value.show_names_by_default,
            withdrawn_at=value.withdrawn_at,
        )

    @everybodys
    def status(self, info: Info) -> ProgramStatus:
        """Where now lies in the tracking window."""
        return self.value.status(info.context.deps.clock())

    @everybodys
    async def tracked_wikis(self, info: Info) -> list[TrackedWiki]:
        """The wikis whose edits count."""
        found = await info.context.loaders.tracked_wikis.load(self.value.id)
        return [TrackedWiki.of(tracked) for tracked in found]

    @resolved
    async def campaigns(
        self, info: Info, first: First = 25, after: After = None
    ) -> Annotated[CampaignConnection, strawberry.lazy("graph.schema.types_campaign")]:
        """The campaigns that gather it."""
        from graph.schema.types_campaign import CampaignConnection

        return await CampaignConnection.page(info, self.value.id, CampaignQuery(Within.PROGRAM), first, after)

    @everybodys
    async def sessions(self, info: Info) -> list[Session]:
        """Its dated events, the earliest first."""
        return [Session.of(session) for session in await info.context.loaders.sessions.load(self.value.id)]

    @everybodys
    async def facilitators(self, info: Info) -> list[Editor]:
        """Who leads it."""
        found = await info.context.loaders.people.load((self.value.id, Within.PROGRAM))
        return [Editor.of(editor) for editor in found]

    @everybodys
    async def volunteers(self, info: Info) -> list[Volunteer]:
        """Who helps with it, and as what."""
        return [Volunteer.of(each) for each in await info.context.loaders.volunteers.load(self.value.id)]

    @everybodys
    async def scopes(self, info: Info) -> list[Scope]:
        """Which articles count where the program is article-scoped: those of any of these."""
        return [Scope.of(scope) for scope in await info.context.loaders.scopes.load(self.value.id)]

    @everybodys
    async def nothing_in_scope(self, info: Info) -> bool:
        """Whether it is article-scoped and its scopes have no article (yet): then no edit counts."""
        return await info.context.loaders.without_articles.load(self.value.id)

    @everybodys
    async def goals(self, info: Info) -> list[Goal]:
        """The numbers it wants to reach."""
        return [Goal.of(goal) for goal in await info.context.loaders.goals.load(self.value.id)]

    @resolved
    async def passcode(self, info: Info) -> str | None:
        """What to give when joining; null unless the viewer may see it."""
        if self.value.passcode is None:
            return None
        allowed = await info.context.loaders.permissions.load(self.value)
        return self.value.passcode if allowed.see_passcode else None

    @resolved
    async def invitation_url(self, info: Info) -> str | None:
        """A revocable link that lets its holder join; null unless the viewer may hand it out."""
        allowed = await info.context.loaders.permissions.load(self.value)
        return f"{info.context.deps.public_url}/join/{self.value.invitation}" if allowed.see_passcode else None

    @resolved
    async def revision(self, info: Info) -> str | None:
        """Which one this is of all that its details were, to be `expected` by updateProgram; null unless the viewer
        may edit it."""
        if not (await info.context.loaders.permissions.load(self.value)).edit:
            return None
        return revisions.of_program(self.value, await info.context.loaders.tracked_wikis.load(self.value.id))

    @everybodys
    def short_url(self, info: Info) -> str:
        """A short address that leads to its page."""
        return short_addresses.of_program(info.context.deps, self.value.id)

    @resolved
    async def screen_tokens(self, info: Info) -> list[ScreenToken] | None:
        """The tokens of its screens, without their secrets, the oldest first; null unless the viewer may make them."""
        found = await info.context.loaders.screen_tokens.load(self.value)
        return None if found is None else [ScreenToken.of(token) for token in found]

    @resolved
    async def metrics(self, info: Info, wiki: Dbname = None, namespace: Namespace = None) -> Metrics:
        """The headline numbers, of everything, of one wiki, or of one namespace."""
        return Metrics.of(await info.context.loaders.metrics.load((self.value.id, text(wiki, "wiki"), namespace)))

    @resolved
    async def metrics_by_wiki(self, info: Info) -> list[WikiMetrics]:
        """The numbers of each wiki, each followed by those of its namespaces."""
        asked = (self.value.id, selects(info, "activeEditors"))
        return [WikiMetrics.of(part) for part in await info.context.loaders.wiki_metrics.load(asked)]

    @resolved
    async def timeline(self, info: Info, bucket: Bucket, from_: From = None, to: To = None) -> list[TimelinePoint]:
        """The edits over time, within the tracking window unless told otherwise; empty buckets are points of zeros.

        At most 1,500 points; a finer request is refused and names the finest bucket that fits.
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
        """Its editors. Those who are not shown by name are listed to its facilitators and to themselves."""
        query = EditorQuery(Within.PROGRAM, text(search, "search"), edited, order_by or EditorOrder.USERNAME)
        return await ProgramEditorConnection.page(info, self.value.id, query, first, after)

    @resolved
    async def pending_editors(self, info: Info) -> list[PendingEditor] | None:
        """Pasted names that are nobody's here yet; null unless the viewer may add editors."""
        found = await info.context.loaders.pending_names.load(self.value)
        return None if found is None else [PendingEditor.of(name) for name in found]

    @resolved
    async def articles(
        self,
        info: Info,
        first: First = 25,
        after: After = None,
        wiki: Dbname = None,
        created: Created = None,
        excluded: Excluded = None,
        search: Search = None,
        order_by: OrderOfArticles = None,
    ) -> ProgramArticleConnection:
        """The articles edited. One that was deleted since stays listed."""
        order, containing = order_by or ArticleOrder.TITLE, text(search, "search")
        query = ArticleQuery(text(wiki, "wiki"), created, order, excluded, containing)
        return await ProgramArticleConnection.page(info, self.value.id, query, first, after)

    @resolved
    async def assignments(
        self, info: Info, first: First = 25, after: After = None, role: OnlyRole = None, editor: Username = None
    ) -> AssignmentConnection:
        """Who writes or reviews which article."""
        query = AssignmentQuery(role, text(editor, "editor"))
        return await AssignmentConnection.of_program(info, self.value.id, query, first, after)

    @resolved
    async def available_articles(
        self, info: Info, first: First = 25, after: After = None, wiki: Dbname = None, search: Search = None
    ) -> AvailableArticleConnection:
        """The articles that its editors may claim."""
        query = AvailableQuery(text(wiki, "wiki"), text(search, "search"))
        return await AvailableArticleConnection.page(info, self.value.id, query, first, after)

    @resolved
    async def edits(
        self, info: Info, first: First = 25, after: After = None, wiki: Dbname = None, editor: Username = None
    ) -> EditConnection:
        """The counted edits, the newest first."""
        query = EditQuery(text(wiki, "wiki"), text(editor, "editor"))
        return await EditConnection.page(info, self.value.id, query, first, after)

    @resolved
    async def hidden_cards(self, info: Info) -> list[strawberry.ID]:
        """The edits that are not shown on its live screens, by id: the newest hundred, the newest last."""
        return [ids.encode_edit(*key) for key in await info.context.loaders.hidden_cards.load(self.value.id)]

    @resolved
    async def activity_cursor(self, info: Info) -> str:
        """Subscribe with `after: activityCursor` to miss nothing since this answer."""
        return await info.context.activity_cursor()

    @resolved
    async def uploads(
        self, info: Info, first: First = 25, after: After = None, editor: Username = None
    ) -> UploadConnection:
        """The files uploaded to Wikimedia Commons, the newest first."""
        return await UploadConnection.page(info, self.value.id, UploadQuery(text(editor, "editor")), first, after)

    @resolved
    async def update(self, info: Info) -> ProgramUpdate | None:
        """How the newest reading of its history gets on; null where there was none yet."""
        found = await info.context.loaders.updates.load(self.value.id)
        return None if found is None else ProgramUpdate.of(found)

    @resolved
    async def viewer_parts(self, info: Info) -> list[ViewerPart]:
        """What the viewer is in it: one for each role, none for whoever only reads."""
        return [ViewerPart.of(each) for each in await info.context.loaders.own_parts.load(self.value.id)]

    @resolved
    async def alerts(self, info: Info) -> list[Alert] | None:
        """Counted edits reverted since yesterday, and pages deleted and not restored, the newest first, at most twenty;
        null unless the viewer may edit it."""
        found = await info.context.loaders.alerts.load(self.value)
        return None if found is None else [Alert.of(alert) for alert in found]

    @resolved
    async def viewer_can(self, info: Info) -> ProgramPermissions:
        """What the viewer may do here."""
        found = asdict(await info.context.loaders.permissions.load(self.value))
        return ProgramPermissions(**found | {"view": True})  # whoever asks sees it, be it as a screen


@described
class ProgramEdge:
    """A program in a list."""

    cursor: str = said("The place in the list.")
    node: Program = said("The program.")


@described
class ProgramConnection(Connection):
    """Programs, page by page; only those that the viewer may see."""

    edges: list[ProgramEdge] = said("The programs of this page with their cursors.")
    nodes: list[Program] = said("The programs of this page.")

    @classmethod
    async def page(
        cls, info: Info, parent: int, query: ProgramQuery, first: int | None, after: str | None
    ) -> ProgramConnection:
        """The page asked for. Raises UserFault (INVALID)."""
        listing = f"programs {query.order}"
        part = cut(listing, RANKED, first, after)
        loaders = info.context.loaders
        page = await loaders.programs.load((parent, query, part))
        places = cursors_of(listing, page)
        nodes = [Program.of(item.value) for item in page.items]
        return cls(
            counted=partial(loaders.program_counts.load, (parent, query)),
            page_info=page_info(page, places, part),
            edges=[ProgramEdge(cursor=cursor, node=node) for cursor, node in zip(places, nodes, strict=True)],
            nodes=nodes,
        )

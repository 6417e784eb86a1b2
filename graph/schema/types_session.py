# SPDX-License-Identifier: GPL-3.0-or-later
"""What belongs to a program: its wikis, scopes, sessions and rights, as the API shows them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlencode

import strawberry

from graph import programs as nouns
from graph.errors import ErrorCode, UserFault
from graph.paging import EditorQuery, EditQuery, Within
from graph.programs import ScopeKind
from graph.resolvers import organizing_scopes, revisions
from graph.resolvers.organizing_scopes import ScopeFault, ScopeState
from graph.schema import ids
from graph.schema.arguments import After, Bucket, Dbname, Edited, First, From, To, Username, text
from graph.schema.context import Info, selects
from graph.schema.fields import described, everybodys, resolved, said
from graph.schema.types_base import Node, Wiki
from graph.schema.types_content import EditConnection
from graph.schema.types_numbers import Metrics, TimelinePoint, WikiMetrics
from graph.schema.types_people import Editor, ProgramEditorConnection
from graph.wikis import wiki as known_wiki

if TYPE_CHECKING:
    from graph.schema.types_program import Program


@described
class TrackedWiki:
    """A wiki whose edits count."""

    wiki: Wiki = said("The wiki.")
    namespaces: list[int] = said("The namespaces whose pages count as articles, by number.")

    @classmethod
    def of(cls, value: nouns.TrackedWiki) -> TrackedWiki:
        """The wiki as the API shows it."""
        return cls(wiki=Wiki.of(value.wiki), namespaces=list(value.namespaces))


@described
class Scope(Node):
    """Which articles count, for a program that does not count all of them."""

    kind: ScopeKind = said("How the articles are named.")
    wiki: Wiki = said("Their wiki.")
    value: str = said("The category or template (its full title), or the number of the query or pile.")
    depth: int = said("How many levels of subcategories belong to it.")
    article_count: int = said("How many articles it holds, by its last reading that went well.")
    state: ScopeState = said("How far the reading of its articles is.")
    articles_found: int = said("How many articles the present reading, or the last one, has found.")
    skipped: int = said("How many entries of the query or pile can be no page of the wiki.")
    added_at: datetime = said("When it was added.")
    refreshed_at: datetime | None = said("When they were last read; null until then.")
    tried_at: datetime | None = said("When they were last begun to be read, be it in vain; null until then.")
    error: str | None = said("Why they could not be read; null where they could.")
    error_reason: ScopeFault | None = said("What kind of error that is.")

    @classmethod
    def of(cls, value: organizing_scopes.Scope) -> Scope:
        """The scope as the API shows it."""
        wiki = known_wiki(value.dbname) or nouns.Wiki(value.dbname, value.domain, "", None)
        return cls(
            id=ids.encode(ids.Kind.SCOPE, value.id),
            kind=ScopeKind(value.kind),
            wiki=Wiki.of(wiki),
            value=value.value,
            depth=value.depth,
            article_count=value.size,
            state=ScopeState(value.state),
            articles_found=value.found,
            skipped=value.skipped,
            added_at=value.added_at,
            refreshed_at=value.refreshed_at,
            tried_at=value.tried_at,
            error=value.error,
            error_reason=None if value.error_reason is None else ScopeFault(value.error_reason),
        )


@described
class ProgramPermissions:
    """What somebody may do with a program."""

    view: bool = said("See it.")
    edit: bool = said("Change its details, dates, wikis, scopes, goals and sessions.")
    manage_editors: bool = said("Add and remove editors.")
    delete: bool = said("Delete it.")
    see_passcode: bool = said("See the passcode and hand out the invitation.")
    join: bool = said("Join it.")
    request_update: bool = said("Have its history read, and its scopes, again.")
    claim: bool = said("Choose available articles to write, as one of its editors.")


@described
class Session(Node):
    """A dated event inside a program.

    It has its own window, coordinators and, where any are given, its own participants.
    """

    value: strawberry.Private[nouns.Session]
    slug: str = said("Its name in addresses, within the program.")
    title: str = said("The title.")
    venue: str | None = said("Where it takes place.")
    start: datetime = said("The first instant whose edits count.")
    end: datetime = said("The last instant whose edits count.")

    @classmethod
    def of(cls, value: nouns.Session) -> Session:
        """The session as the API shows it."""
        return cls(
            id=ids.encode(ids.Kind.SESSION, value.id),
            value=value,
            slug=value.slug,
            title=value.title,
            venue=value.venue,
            start=value.start,
            end=value.end,
        )

    @resolved
    async def program(self, info: Info) -> Annotated[Program, strawberry.lazy("graph.schema.types_program")]:
        """The program it belongs to."""
        from graph.schema.types_program import Program

        found = await info.context.loaders.programs_by_id.load(self.value.program_id)
        if found is None:
            raise UserFault(ErrorCode.NOT_FOUND, "The program is not there any more.")
        return Program.of(found)

    @resolved
    async def invitation_url(self, info: Info) -> str | None:
        """A link that lets its holder join the program and this session; null unless the viewer may hand it out."""
        program = await info.context.loaders.programs_by_id.load(self.value.program_id)
        if program is None or not (await info.context.loaders.permissions.load(program)).see_passcode:
            return None
        query = urlencode({"session": self.value.slug})
        return f"{info.context.deps.public_url}/join/{program.invitation}?{query}"

    @resolved
    async def coordinators(self, info: Info) -> list[Editor]:
        """Who coordinates it."""
        found = await info.context.loaders.people.load((self.value.id, Within.SESSION))
        return [Editor.of(editor) for editor in found]

    @everybodys
    async def revision(self, info: Info) -> str:
        """Which one this is of all that it was, to be `expected` by updateSession."""
        coordinators = await info.context.loaders.people.load((self.value.id, Within.SESSION))
        return revisions.of_session(self.value, [editor.id for editor in coordinators])

    @resolved
    async def editors(
        self, info: Info, first: First = 25, after: After = None, edited: Edited = None
    ) -> ProgramEditorConnection:
        """Its own participants or, where it has none, the program's editors."""
        query = EditorQuery(Within.SESSION, edited=edited)
        return await ProgramEditorConnection.page(info, self.value.id, query, first, after)

    @resolved
    async def metrics(self, info: Info) -> Metrics:
        """The numbers of the edits that count for it."""
        return Metrics.of(await info.context.loaders.metrics.load((self.value.id, None, None)))

    @resolved
    async def metrics_by_wiki(self, info: Info) -> list[WikiMetrics]:
        """The numbers of each wiki, each followed by those of its namespaces."""
        asked = (self.value.id, selects(info, "activeEditors"))
        return [WikiMetrics.of(part) for part in await info.context.loaders.wiki_metrics.load(asked)]

    @resolved
    async def timeline(self, info: Info, bucket: Bucket, from_: From = None, to: To = None) -> list[TimelinePoint]:
        """The edits over time, within its window unless told otherwise; empty buckets are points of zeros.

        At most 1,500 points; a finer request is refused and names the finest bucket that fits.
        """
        found = await info.context.loaders.timelines.load((self.value.id, bucket, from_, to))
        return [TimelinePoint.of(point) for point in found]

    @resolved
    async def edits(
        self, info: Info, first: First = 25, after: After = None, wiki: Dbname = None, editor: Username = None
    ) -> EditConnection:
        """The edits that count for it, the newest first."""
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

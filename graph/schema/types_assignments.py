# SPDX-License-Identifier: GPL-3.0-or-later
"""Assignments and available articles, as the API shows them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial

import strawberry

from graph import programs as nouns
from graph.paging import AssignmentQuery, AvailableQuery, Page, Slice
from graph.programs import AssignmentRole
from graph.resolvers import organizing_assignments as organizing
from graph.resolvers import reading_assignments as reading
from graph.resolvers.organizing_assignments import OfferOutcome
from graph.schema import addresses, ids
from graph.schema.context import Info
from graph.schema.fields import described, resolved, said
from graph.schema.types_base import RANKED, Connection, Wiki, cursors_of, cut, page_info
from graph.schema.types_people import Editor

NOTHING_KNOWN = reading.ArticleState(None, None, None, None, None, None)
Counted = Callable[[], Awaitable[int]]


@described
class ArticleState:
    """What is known of an article that is to be written.

    Of edits, those by the program's editors while it is tracked, as far as the viewer may know of them.
    """

    exists: bool | None = said("Whether there is such a page; null until known.")
    checked_at: datetime | None = said("When its wiki was last asked; null where it was not yet.")
    created_by: Editor | None = said("Which of the program's editors began it; null where none did.")
    created_at: datetime | None = said("When they did.")
    last_edit_by: Editor | None = said("Which of the program's editors edited it last; null where none did.")
    last_edit_at: datetime | None = said("When they did.")

    @classmethod
    def of(cls, value: reading.ArticleState) -> ArticleState:
        """The state as the API shows it."""
        return cls(
            exists=value.exists,
            checked_at=value.checked_at,
            created_by=None if value.created_by is None else Editor.of(value.created_by),
            created_at=value.created_at,
            last_edit_by=None if value.last_edit_by is None else Editor.of(value.last_edit_by),
            last_edit_at=value.last_edit_at,
        )


@described
class WantedArticle:
    """An article that is to be written or reviewed; it need not exist yet."""

    number: strawberry.Private[int]
    wiki: Wiki = said("The wiki.")
    namespace: int = said("The number of the namespace it is in.")
    title: str = said("The title with its namespace, as the wiki writes it.")
    url: str = said("Where it is, or will be.")

    @classmethod
    def of(cls, value: nouns.WantedArticle) -> WantedArticle:
        """The article as the API shows it."""
        return cls(
            number=value.id,
            wiki=Wiki.of(value.wiki),
            namespace=value.namespace,
            title=value.title,
            url=addresses.page(value.wiki.domain, value.title),
        )

    @resolved
    async def state(self, info: Info) -> ArticleState:
        """What is known of it."""
        found = await info.context.loaders.article_states.load(self.number)
        return ArticleState.of(found or NOTHING_KNOWN)


@described
class Assignment:
    """Somebody who writes or reviews an article."""

    id: strawberry.ID = said("By which it is taken away or released.")
    article: WantedArticle = said("Which article.")
    editor: Editor = said("Who.")
    role: AssignmentRole = said("What they are to do.")
    claimed: bool = said("Whether they took it themselves.")
    at: datetime = said("Since when.")

    @classmethod
    def of(cls, value: nouns.Assignment) -> Assignment:
        """The assignment as the API shows it."""
        return cls(
            id=ids.encode(ids.Kind.ASSIGNMENT, value.id),
            article=WantedArticle.of(value.article),
            editor=Editor.of(value.editor),
            role=value.role,
            claimed=value.claimed,
            at=value.at,
        )


@described
class AvailableArticle:
    """An article that the program's editors may claim."""

    id: strawberry.ID = said("By which it is claimed, or offered no more.")
    article: WantedArticle = said("Which article.")
    offered_at: datetime = said("Since when.")

    @classmethod
    def of(cls, value: nouns.WantedArticle) -> AvailableArticle:
        """The offer as the API shows it."""
        assert value.offered_at is not None, "what is available is offered"
        return cls(
            id=ids.encode(ids.Kind.AVAILABLE_ARTICLE, value.id),
            article=WantedArticle.of(value),
            offered_at=value.offered_at,
        )


@described
class OfferedLine:
    """What became of a pasted line."""

    pasted: str = said("The line.")
    outcome: OfferOutcome = said("What became of it.")
    wiki: Wiki | None = said("The wiki of the article it means; null where it was refused.")
    title: str | None = said("The title of that article, as the wiki writes it.")
    message: str | None = said("Why it was refused, for people.")

    @classmethod
    def of(cls, value: organizing.OfferedLine) -> OfferedLine:
        """The line as the API shows it."""
        return cls(
            pasted=value.pasted,
            outcome=value.outcome,
            wiki=None if value.wiki is None else Wiki.of(value.wiki),
            title=value.title,
            message=None if value.fault is None else str(value.fault),
        )


@described
class AssignmentEdge:
    """An assignment in a list."""

    cursor: str = said("The place in the list.")
    node: Assignment = said("The assignment.")


@described
class AssignmentConnection(Connection):
    """Assignments by title, page by page. Those of people who are not shown by name are listed to facilitators only."""

    edges: list[AssignmentEdge] = said("The assignments of this page with their cursors.")
    nodes: list[Assignment] = said("The assignments of this page.")

    @classmethod
    async def of_program(
        cls, info: Info, program: int, query: AssignmentQuery, first: int | None, after: str | None
    ) -> AssignmentConnection:
        """The page of a program's assignments that is asked for. Raises UserFault (INVALID)."""
        part = cut("assignments", RANKED, first, after)
        loaders = info.context.loaders
        page = await loaders.assignments.load((program, query, part))
        return cls._shown(page, part, partial(loaders.assignment_counts.load, (program, query)))

    @classmethod
    async def of_editor(
        cls, info: Info, editor: int, program: int, first: int | None, after: str | None
    ) -> AssignmentConnection:
        """The page of an editor's assignments in a program that is asked for. Raises UserFault (INVALID)."""
        part = cut("assignments", RANKED, first, after)
        loaders = info.context.loaders
        page = await loaders.editor_assignments.load((editor, program, part))
        return cls._shown(page, part, partial(loaders.editor_assignment_counts.load, (editor, program)))

    @classmethod
    def _shown(cls, page: Page[nouns.Assignment], part: Slice, counted: Counted) -> AssignmentConnection:
        places = cursors_of("assignments", page)
        nodes = [Assignment.of(item.value) for item in page.items]
        return cls(
            counted=counted,
            page_info=page_info(page, places, part),
            edges=[AssignmentEdge(cursor=cursor, node=node) for cursor, node in zip(places, nodes, strict=True)],
            nodes=nodes,
        )


@described
class AvailableArticleEdge:
    """An available article in a list."""

    cursor: str = said("The place in the list.")
    node: AvailableArticle = said("The article.")


@described
class AvailableArticleConnection(Connection):
    """Articles that can be claimed, by title, page by page."""

    edges: list[AvailableArticleEdge] = said("The articles of this page with their cursors.")
    nodes: list[AvailableArticle] = said("The articles of this page.")

    @classmethod
    async def page(
        cls, info: Info, program: int, query: AvailableQuery, first: int | None, after: str | None
    ) -> AvailableArticleConnection:
        """The page asked for. Raises UserFault (INVALID)."""
        part = cut("available", RANKED, first, after)
        loaders = info.context.loaders
        page = await loaders.available.load((program, query, part))
        places = cursors_of("available", page)
        nodes = [AvailableArticle.of(item.value) for item in page.items]
        return cls(
            counted=partial(loaders.available_counts.load, (program, query)),
            page_info=page_info(page, places, part),
            edges=[AvailableArticleEdge(cursor=cursor, node=node) for cursor, node in zip(places, nodes, strict=True)],
            nodes=nodes,
        )

# SPDX-License-Identifier: GPL-3.0-or-later
"""People, as the API shows them."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Annotated

import strawberry

from graph import programs as nouns
from graph import tallies
from graph.paging import EditorQuery, ProgramQuery, Within
from graph.programs import Role
from graph.resolvers.organizing_cohorts import PendingName
from graph.resolvers.reading import Participant
from graph.schema import ids
from graph.schema.arguments import After, First, argument
from graph.schema.context import Info
from graph.schema.fields import described, resolved, said
from graph.schema.scalars import BigInt
from graph.schema.types_base import RANKED, Connection, Node, cursors_of, cut, page_info

if TYPE_CHECKING:
    from graph.schema.types_assignments import AssignmentConnection
    from graph.schema.types_program import ProgramConnection

InProgram = Annotated[strawberry.ID, argument("The program.")]


@described
class Editor(Node):
    """A person on the wikis."""

    number: strawberry.Private[int]
    username: str = said("The name on the wikis. It may change; the id does not.")
    registered_at: datetime | None = said("When the account was registered; null where that is not known.")

    @classmethod
    def of(cls, value: nouns.Editor) -> Editor:
        """The person as the API shows them."""
        return cls(
            id=ids.encode(ids.Kind.EDITOR, value.id),
            number=value.id,
            username=value.username,
            registered_at=value.registered_at,
        )

    @resolved
    async def programs(
        self, info: Info, first: First = 25, after: After = None
    ) -> Annotated[ProgramConnection, strawberry.lazy("graph.schema.types_program")]:
        """The programs that the viewer shares with this person, or all of one's own.

        Nobody's whole record is shown to strangers.
        """
        from graph.schema.types_program import ProgramConnection

        return await ProgramConnection.page(info, self.number, ProgramQuery(Within.EDITOR), first, after)

    @resolved
    async def assignments(
        self, info: Info, program_id: InProgram, first: First = 25, after: After = None
    ) -> Annotated[AssignmentConnection, strawberry.lazy("graph.schema.types_assignments")]:
        """What this person writes or reviews in a program; nothing in one that the viewer may not see them in."""
        from graph.schema.types_assignments import AssignmentConnection

        program = ids.number(program_id, ids.Kind.PROGRAM, "programId")
        return await AssignmentConnection.of_editor(info, self.number, program, first, after)


@described
class Volunteer:
    """Somebody who helps with a program without facilitating it; their edits do not count."""

    editor: Editor = said("Who.")
    role: Role = said("As what: ONLINE_VOLUNTEER, CAMPUS_VOLUNTEER or STAFF.")

    @classmethod
    def of(cls, value: nouns.Enrollment) -> Volunteer:
        """The volunteer as the API shows them."""
        return cls(editor=Editor.of(value.editor), role=value.role)


@described
class ViewerPart:
    """What the viewer is in a program."""

    role: Role = said("As what.")
    joined_at: datetime = said("Since when.")
    show_name: bool = said("Whether the viewer is shown by name to everybody.")

    @classmethod
    def of(cls, value: nouns.Enrollment) -> ViewerPart:
        """The part as the API shows it."""
        return cls(role=value.role, joined_at=value.joined_at, show_name=value.show_name)


@described
class EditorMetrics:
    """One editor's part of the numbers."""

    place: strawberry.Private[tuple[int, int]]
    edits: int = said("Counted edits.")
    bytes_added: BigInt = said("Bytes added in tracked namespaces.")
    bytes_added_userspace: BigInt = said("Bytes added in user space (namespace 2).")
    bytes_added_draft: BigInt = said("Bytes added in drafts (namespace 118).")
    articles_edited: int = said("Articles edited.")
    articles_created: int = said("Articles created.")
    references_added: int | None = said("References added; null until known.")
    uploads: int = said("New files on Wikimedia Commons.")

    @resolved
    async def last_edit_at(self, info: Info) -> datetime | None:
        """When the newest counted edit was made; null without one."""
        return await info.context.loaders.last_edits.load(self.place) if self.edits else None

    @classmethod
    def of(cls, value: tallies.EditorMetrics, collection: int, editor: int) -> EditorMetrics:
        """The numbers as the API shows them."""
        return cls(
            place=(collection, editor),
            edits=value.edits,
            bytes_added=BigInt(value.bytes_added),
            bytes_added_userspace=BigInt(value.bytes_added_userspace),
            bytes_added_draft=BigInt(value.bytes_added_draft),
            articles_edited=value.articles_edited,
            articles_created=value.articles_created,
            references_added=value.references_added,
            uploads=value.uploads,
        )


@described
class PendingEditor:
    """A pasted name that is nobody's here yet: the wikis are still asked about it, or nobody has it."""

    username: str = said("The name.")
    added_at: datetime = said("When it was pasted.")
    unknown: bool = said("Whether nobody has it, as the wikis said; then it is listed for two weeks, or until removed.")

    @classmethod
    def of(cls, value: PendingName) -> PendingEditor:
        """The name as the API shows it."""
        return cls(username=value.username, added_at=value.added_at, unknown=value.unknown)


@described
class ProgramEditorEdge:
    """An editor's part in a program, session or campaign."""

    cursor: str = said("The place in the list.")
    node: Editor = said("The editor.")
    role: Role = said("The role in which the edits count.")
    joined_at: datetime = said("When the editor joined; in a campaign, the first of its programs.")
    show_name: bool = said("Whether the editor is shown by name to everybody.")
    metrics: EditorMetrics = said("The editor's part of the numbers.")

    @classmethod
    def of(cls, value: Participant, collection: int, cursor: str) -> ProgramEditorEdge:
        """The part as the API shows it."""
        enrollment = value.enrollment
        return cls(
            cursor=cursor,
            node=Editor.of(enrollment.editor),
            role=enrollment.role,
            joined_at=enrollment.joined_at,
            show_name=enrollment.show_name,
            metrics=EditorMetrics.of(value.metrics, collection, enrollment.editor.id),
        )


@described
class ProgramEditorConnection(Connection):
    """The editors of a program, session or campaign, page by page."""

    edges: list[ProgramEditorEdge] = said("The editors of this page with their part in it.")
    nodes: list[Editor] = said("The editors of this page.")

    @classmethod
    async def page(
        cls, info: Info, collection: int, query: EditorQuery, first: int | None, after: str | None
    ) -> ProgramEditorConnection:
        """The page asked for. Raises UserFault (INVALID)."""
        listing = f"editors {query.order}"
        part = cut(listing, RANKED, first, after)
        loaders = info.context.loaders
        page = await loaders.participants.load((collection, query, part))
        places = cursors_of(listing, page)
        edges = [
            ProgramEditorEdge.of(item.value, collection, cursor)
            for item, cursor in zip(page.items, places, strict=True)
        ]
        return cls(
            counted=partial(loaders.participant_counts.load, (collection, query)),
            page_info=page_info(page, places, part),
            edges=edges,
            nodes=[edge.node for edge in edges],
        )

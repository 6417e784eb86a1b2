# SPDX-License-Identifier: GPL-3.0-or-later
"""The viewer and the viewer's tokens, as the API shows them."""

from __future__ import annotations

from datetime import datetime

import strawberry

from graph.paging import CampaignOrder, CampaignQuery, Within
from graph.resolvers import joining, organizing_roles, tokens, updating
from graph.schema import ids
from graph.schema.arguments import After, First, Search, text
from graph.schema.context import Info
from graph.schema.fields import described, resolved, said
from graph.schema.filters import Filter, OrderOfCampaigns, OrderOfPrograms, program_query
from graph.schema.types_campaign import CampaignConnection
from graph.schema.types_people import Editor
from graph.schema.types_program import Program, ProgramConnection
from graph.schema.types_tokens import AccessToken
from graph.schema.types_update import DeadLetter


@described
class AddedTo:
    """A program that somebody else enrolled the viewer in, and that the viewer has not agreed to yet.

    `acknowledgeEnrollment` agrees, `leaveProgram` undoes it.
    """

    program: Program = said("The program.")
    added_by: Editor | None = said("Who enrolled the viewer; null where that is not known any more.")
    added_at: datetime = said("When.")
    show_name: bool = said("Whether the viewer is shown by name to everybody.")

    @classmethod
    def of(cls, value: joining.Addition) -> AddedTo:
        """The enrollment as the API shows it."""
        return cls(
            program=Program.of(value.program),
            added_by=None if value.added_by is None else Editor.of(value.added_by),
            added_at=value.added_at,
            show_name=value.show_name,
        )


@described
class Viewer:
    """Whoever is signed in."""

    number: strawberry.Private[int]
    id: strawberry.ID = said("The same id as that of the viewer as an Editor.")
    username: str = said("The name on the wikis.")
    is_admin: bool = said("Whether the viewer administers this service.")

    @classmethod
    def signed_in(cls, number: int, username: str, *, is_admin: bool) -> Viewer:
        """The viewer with this editor's number."""
        return cls(number=number, id=ids.encode(ids.Kind.EDITOR, number), username=username, is_admin=is_admin)

    @resolved
    async def access_tokens(self, info: Info) -> list[AccessToken]:
        """The viewer's access tokens, without their secrets, the oldest first."""
        return [AccessToken.of(token) for token in await tokens.access_tokens(info.context.deps, info.context.actor)]

    @resolved
    async def programs(
        self,
        info: Info,
        first: First = 25,
        after: After = None,
        filter: Filter = None,  # noqa: A002 - as in Query.programs
        order_by: OrderOfPrograms = None,
    ) -> ProgramConnection:
        """The programs the viewer has a role in, the private and the withdrawn ones too."""
        return await ProgramConnection.page(
            info, self.number, program_query(Within.EDITOR, filter, order_by), first, after
        )

    @resolved
    async def added_to(self, info: Info) -> list[AddedTo]:
        """What others enrolled the viewer in and the viewer has not agreed to yet, the newest first."""
        return [AddedTo.of(each) for each in await joining.additions(info.context.deps, info.context.actor)]

    @resolved
    async def campaigns(
        self,
        info: Info,
        first: First = 25,
        after: After = None,
        search: Search = None,
        order_by: OrderOfCampaigns = None,
    ) -> CampaignConnection:
        """The campaigns the viewer organizes."""
        query = CampaignQuery(Within.EDITOR, text(search, "search"), order_by or CampaignOrder.TITLE)
        return await CampaignConnection.page(info, self.number, query, first, after)

    @resolved
    async def admins(self, info: Info) -> list[Editor] | None:
        """Everybody whom an admin made one, by username, without those that the settings name; null for all but
        admins."""
        found = await organizing_roles.admins_for(info.context.deps, info.context.actor)
        return None if found is None else [Editor.of(admin) for admin in found]

    @resolved
    async def dead_letters(self, info: Info) -> list[DeadLetter] | None:
        """Jobs that failed too often to be tried again by themselves, the newest first; null for all but admins."""
        found = await updating.dead_letters(info.context.deps, info.context.actor)
        return None if found is None else [DeadLetter.of(letter) for letter in found]

# SPDX-License-Identifier: GPL-3.0-or-later
"""What lists of programs can be narrowed to, and the orders of programs and campaigns."""

from __future__ import annotations

from typing import Annotated

from graph.paging import CampaignOrder, ProgramOrder, ProgramQuery, Within
from graph.programs import ProgramStatus, ProgramType
from graph.resolvers import usernames
from graph.schema.arguments import argument, text
from graph.schema.fields import accepted, said


@accepted
class ProgramFilter:
    """Which programs. Every field that is given must hold."""

    search: str | None = said("Only where title, institution or slug contain this text, in any case.", default=None)
    type: ProgramType | None = said("Only programs of this kind.", default=None)
    status: ProgramStatus | None = said("Only where now lies there in the tracking window.", default=None)
    campaign_slug: str | None = said("Only programs of this campaign.", default=None)
    wiki: str | None = said("Only programs that track this wiki, by database name.", default=None)
    facilitator: str | None = said("Only programs led by this person, by username.", default=None)


Filter = Annotated[ProgramFilter | None, argument("Which programs; all where nothing is given.")]
OrderOfPrograms = Annotated[ProgramOrder | None, argument("The order; by recent activity where none is given.")]
OrderOfCampaigns = Annotated[CampaignOrder | None, argument("The order; by title where none is given.")]


def program_query(within: Within, chosen: ProgramFilter | None, order: ProgramOrder | None) -> ProgramQuery:
    """The question these arguments put. Raises UserFault (INVALID)."""
    order = order or ProgramOrder.RECENT_ACTIVITY
    if chosen is None:
        return ProgramQuery(within, order=order)
    return ProgramQuery(
        within,
        search=text(chosen.search, "search"),
        type=chosen.type,
        status=chosen.status,
        campaign_slug=text(chosen.campaign_slug, "campaignSlug"),
        wiki=text(chosen.wiki, "wiki"),
        facilitator=_username(chosen.facilitator),
        order=order,
    )


def _username(given: str | None) -> str | None:
    """A username as the wikis write it, however it was typed."""
    name = text(given, "facilitator")
    return None if name is None else usernames.pasted(name)

# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading lists, page by page: for any number of parents at once, in one statement a question.

Lists hold what the actor may see, and so do their counts.
"""

from __future__ import annotations

from collections.abc import Sequence

from graph.activity import LedgerEdit
from graph.db import contributions, lists, people
from graph.db.contributions import ListedArticle, Upload
from graph.db.people import Participant
from graph.paging import (
    ArticleQuery,
    CampaignQuery,
    EditorQuery,
    EditQuery,
    OrganizationQuery,
    Page,
    ProgramQuery,
    Slice,
    UploadQuery,
)
from graph.programs import Campaign, Organization, Program
from graph.resolvers.deps import Deps
from graph.resolvers.identity import Actor
from graph.resolvers.reading import viewer

Ids = Sequence[int]


async def programs(
    deps: Deps, actor: Actor, parents: Ids, query: ProgramQuery, part: Slice
) -> dict[int, Page[Program]]:
    """The programs of each campaign, those shared with each editor, or all."""
    return await lists.programs(deps.pool, viewer(actor), deps.clock(), parents, query, part)


async def count_programs(deps: Deps, actor: Actor, parents: Ids, query: ProgramQuery) -> dict[int, int]:
    """How many these are."""
    return await lists.count_programs(deps.pool, viewer(actor), deps.clock(), parents, query)


async def campaigns(
    deps: Deps, actor: Actor, parents: Ids, query: CampaignQuery, part: Slice
) -> dict[int, Page[Campaign]]:
    """The campaigns of each program or organization, those organized by each editor, or all."""
    return await lists.campaigns(deps.pool, viewer(actor), parents, query, part)


async def count_campaigns(deps: Deps, actor: Actor, parents: Ids, query: CampaignQuery) -> dict[int, int]:
    """How many these are."""
    return await lists.count_campaigns(deps.pool, viewer(actor), parents, query)


async def organizations(
    deps: Deps, actor: Actor, parents: Ids, query: OrganizationQuery, part: Slice
) -> dict[int, Page[Organization]]:
    """All organizations; the parents are placeholders."""
    return await lists.organizations(deps.pool, viewer(actor), parents, query, part)


async def count_organizations(deps: Deps, actor: Actor, parents: Ids, query: OrganizationQuery) -> dict[int, int]:
    """How many these are."""
    return await lists.count_organizations(deps.pool, viewer(actor), parents, query)


async def participants(
    deps: Deps, actor: Actor, parents: Ids, query: EditorQuery, part: Slice
) -> dict[int, Page[Participant]]:
    """The editors of each program, session or campaign."""
    return await people.participants(deps.pool, viewer(actor), parents, query, part)


async def count_participants(deps: Deps, actor: Actor, parents: Ids, query: EditorQuery) -> dict[int, int]:
    """How many these are."""
    return await people.count_participants(deps.pool, viewer(actor), parents, query)


async def articles(
    deps: Deps, actor: Actor, parents: Ids, query: ArticleQuery, part: Slice
) -> dict[int, Page[ListedArticle]]:
    """The articles of each program, session or campaign."""
    return await contributions.articles(deps.pool, viewer(actor), parents, query, part)


async def count_articles(deps: Deps, actor: Actor, parents: Ids, query: ArticleQuery) -> dict[int, int]:
    """How many these are."""
    return await contributions.count_articles(deps.pool, viewer(actor), parents, query)


async def edits(deps: Deps, parents: Ids, query: EditQuery, part: Slice) -> dict[int, Page[LedgerEdit]]:
    """The counted edits of each program, session or campaign."""
    return await contributions.edits(deps.pool, parents, query, part)


async def count_edits(deps: Deps, parents: Ids, query: EditQuery) -> dict[int, int]:
    """How many these are."""
    return await contributions.count_edits(deps.pool, parents, query)


async def uploads(deps: Deps, parents: Ids, query: UploadQuery, part: Slice) -> dict[int, Page[Upload]]:
    """The files uploaded in each program, session or campaign."""
    return await contributions.uploads(deps.pool, parents, query, part)


async def count_uploads(deps: Deps, parents: Ids, query: UploadQuery) -> dict[int, int]:
    """How many these are."""
    return await contributions.count_uploads(deps.pool, parents, query)

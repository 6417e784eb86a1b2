# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading lists, page by page: for any number of parents at once, in one statement a question.

Lists hold what the actor may see, and so do their counts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar

from graph.activity import LedgerEdit
from graph.db import articles as listed
from graph.db import contributions, lists, people
from graph.db.articles import ListedArticle
from graph.db.contributions import Upload
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
from graph.resolvers.reading import Reader, viewer

Ids = Sequence[int]
V = TypeVar("V")


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
    deps: Deps, reader: Reader, parents: Ids, query: ArticleQuery, part: Slice
) -> dict[int, Page[ListedArticle]]:
    """The articles of each program, session or campaign."""
    counted = await reader.counted_for(parents)
    return _by_parent(counted, await listed.articles(deps.pool, reader.viewer, _of(counted), query, part))


async def count_articles(deps: Deps, reader: Reader, parents: Ids, query: ArticleQuery) -> dict[int, int]:
    """How many these are."""
    counted = await reader.counted_for(parents)
    return _by_parent(counted, await listed.count_articles(deps.pool, reader.viewer, _of(counted), query))


async def edits(deps: Deps, reader: Reader, parents: Ids, query: EditQuery, part: Slice) -> dict[int, Page[LedgerEdit]]:
    """The counted edits of each program, session or campaign."""
    counted = await reader.counted_for(parents)
    return _by_parent(counted, await contributions.edits(deps.pool, _of(counted), query, part))


async def count_edits(deps: Deps, reader: Reader, parents: Ids, query: EditQuery) -> dict[int, int]:
    """How many these are."""
    counted = await reader.counted_for(parents)
    return _by_parent(counted, await contributions.count_edits(deps.pool, _of(counted), query))


async def uploads(deps: Deps, reader: Reader, parents: Ids, query: UploadQuery, part: Slice) -> dict[int, Page[Upload]]:
    """The files uploaded in each program, session or campaign."""
    counted = await reader.counted_for(parents)
    return _by_parent(counted, await contributions.uploads(deps.pool, _of(counted), query, part))


async def count_uploads(deps: Deps, reader: Reader, parents: Ids, query: UploadQuery) -> dict[int, int]:
    """How many these are."""
    counted = await reader.counted_for(parents)
    return _by_parent(counted, await contributions.count_uploads(deps.pool, _of(counted), query))


def _of(counted: Mapping[int, int]) -> list[int]:
    return list(counted.values())


def _by_parent(counted: Mapping[int, int], found: Mapping[int, V]) -> dict[int, V]:
    return {parent: found[collection] for parent, collection in counted.items()}

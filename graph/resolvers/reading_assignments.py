# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading who writes or reviews what, what is available, and how the articles stand, as far as the actor may know."""

from __future__ import annotations

from collections.abc import Sequence

from graph.db import assigned
from graph.db.assigned import ArticleState
from graph.paging import AssignmentQuery, AvailableQuery, Page, Slice
from graph.programs import Assignment, WantedArticle
from graph.resolvers.deps import Deps
from graph.resolvers.identity import Actor
from graph.resolvers.reading import viewer

__all__ = ["ArticleState"]

Ids = Sequence[int]


async def assignments(
    deps: Deps, actor: Actor, programs: Ids, query: AssignmentQuery, part: Slice
) -> dict[int, Page[Assignment]]:
    """The assignments of each program."""
    return await assigned.assignments(deps.pool, viewer(actor), programs, query, part)


async def count_assignments(deps: Deps, actor: Actor, programs: Ids, query: AssignmentQuery) -> dict[int, int]:
    """How many these are."""
    return await assigned.count_assignments(deps.pool, viewer(actor), programs, query)


async def assignments_of(
    deps: Deps, actor: Actor, editors: Ids, program_id: int, part: Slice
) -> dict[int, Page[Assignment]]:
    """The assignments of each editor in one program."""
    return await assigned.assignments_of(deps.pool, viewer(actor), editors, program_id, part)


async def count_assignments_of(deps: Deps, actor: Actor, editors: Ids, program_id: int) -> dict[int, int]:
    """How many these are."""
    return await assigned.count_assignments_of(deps.pool, viewer(actor), editors, program_id)


async def available(
    deps: Deps, actor: Actor, programs: Ids, query: AvailableQuery, part: Slice
) -> dict[int, Page[WantedArticle]]:
    """The articles of each program that can be claimed."""
    return await assigned.available(deps.pool, viewer(actor), programs, query, part)


async def count_available(deps: Deps, actor: Actor, programs: Ids, query: AvailableQuery) -> dict[int, int]:
    """How many these are."""
    return await assigned.count_available(deps.pool, viewer(actor), programs, query)


async def states(deps: Deps, actor: Actor, articles: Ids) -> dict[int, ArticleState]:
    """What is known of each of these wanted articles."""
    return await assigned.states(deps.pool, viewer(actor), articles)

# SPDX-License-Identifier: GPL-3.0-or-later
"""What everybody sees of what is followed, so that it may be executed once for all of them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from graph.errors import ErrorCode, UserFault
from graph.resolvers import reading
from graph.resolvers.deps import Deps
from graph.resolvers.identity import ANONYMOUS, Actor
from graph.schema import ids
from graph.schema.context import Context

Find = Callable[[Deps, Mapping[str, Any]], Awaitable[int | None]]


class Everybody:
    """The policy of our schema: a program, campaign or session that is public, with the numbers that the public sees.

    Whoever may know of nameless participants follows other numbers than the public does, and is told alone.
    """

    anyone: Final[Actor] = ANONYMOUS

    def ended(self) -> Exception:
        """The error of what is missing: it was deleted or is not public any more. Who may still see it asks anew."""
        return UserFault(ErrorCode.NOT_FOUND, "It is not there any more.")

    async def sees_the_same(self, context: Context, root: str, arguments: Mapping[str, Any]) -> bool:
        """Whether the context's actor sees of what is followed what an anonymous reader sees, who sees it."""
        if root == "service":
            return True
        number = await _FOLLOWED[root](context.deps, arguments)
        if number is None:
            return False
        counted = await reading.Reader(context.deps, context.actor).counted_for([number])
        return counted[number] == number


async def _program(deps: Deps, arguments: Mapping[str, Any]) -> int | None:
    slug = str(arguments["slug"])
    found = (await reading.programs_by_slug(deps, ANONYMOUS, [slug])).get(slug)
    return None if found is None else found.id


async def _campaign(deps: Deps, arguments: Mapping[str, Any]) -> int | None:
    slug = str(arguments["slug"])
    found = (await reading.campaigns_by_slug(deps, [slug])).get(slug)
    return None if found is None else found.id


async def _organization(deps: Deps, arguments: Mapping[str, Any]) -> int | None:
    slug = str(arguments["slug"])
    found = (await reading.organizations_by_slug(deps, [slug])).get(slug)
    return None if found is None else found.id


async def _session(deps: Deps, arguments: Mapping[str, Any]) -> int | None:
    try:
        number = ids.number(str(arguments["id"]), ids.Kind.SESSION, "id")
    except UserFault:
        return None
    return number if number in await reading.sessions_by_id(deps, ANONYMOUS, [number]) else None


_FOLLOWED: Final[Mapping[str, Find]] = {
    "programMetrics": _program,
    "programActivity": _program,
    "campaignMetrics": _campaign,
    "campaignActivity": _campaign,
    "organizationMetrics": _organization,
    "sessionMetrics": _session,
    "sessionActivity": _session,
}

# SPDX-License-Identifier: GPL-3.0-or-later
"""How a wiki names its namespaces, as it says itself."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from msgspec import Struct
from msgspec.json import Decoder

from graph.programs import Wiki
from graph.titles import Namespace, Namespaces
from graph.wikimedia.action_api import ActionApi

BELIEVED: Final = 24 * 3600.0  # seconds


class _Namespace(Struct):
    id: int
    name: str = ""
    canonical: str = ""
    case: str = "first-letter"


class _Alias(Struct):
    id: int
    alias: str


class _Site(Struct):
    namespaces: dict[str, _Namespace]
    namespacealiases: list[_Alias] = []


_site = Decoder(_Site)


class Sites:
    """Asks each wiki once a day. ``timer`` counts seconds."""

    def __init__(self, api: ActionApi, *, timer: Callable[[], float] = time.monotonic) -> None:
        self._api = api
        self._timer = timer
        self._known: dict[str, tuple[float, Namespaces]] = {}

    async def namespaces(self, wiki: Wiki) -> Namespaces:
        """The wiki's namespaces. Raises UpstreamError where it was never asked and cannot be now."""
        asked_at, known = self._known.get(wiki.dbname, (0.0, None))
        now = self._timer()
        if known is not None and now - asked_at < BELIEVED:
            return known
        parameters = {"meta": "siteinfo", "siprop": "namespaces|namespacealiases"}
        site = (await self._api.ask(wiki, _site, parameters)).query
        aliases: dict[int, tuple[str, ...]] = {}
        for other in site.namespacealiases:
            aliases[other.id] = (*aliases.get(other.id, ()), other.alias)
        described = [
            Namespace(of.id, of.name, of.canonical, aliases.get(of.id, ()), of.case == "first-letter")
            for of in site.namespaces.values()
        ]
        found = Namespaces(wiki, described)
        self._known[wiki.dbname] = now, found
        return found

# SPDX-License-Identifier: GPL-3.0-or-later
"""Wikis that say how they call their namespaces, and can be away."""

from __future__ import annotations

from graph.errors import UpstreamError
from graph.programs import Wiki
from graph.titles import Namespace, Namespaces

_NAMES = {
    "de": [Namespace(1, "Diskussion", "Talk"), Namespace(2, "Benutzer", "User", ("Benutzerin",))],
    "en": [Namespace(1, "Talk", "Talk"), Namespace(2, "User", "User"), Namespace(118, "Draft", "Draft")],
}


class Wikis:
    """What resolvers ask the wikis about titles; ``asked`` has the wikis that were, ``down`` those that are away."""

    def __init__(self) -> None:
        self.sites = self
        self.asked: list[str] = []
        self.down: set[str] = set()

    async def namespaces(self, wiki: Wiki) -> Namespaces:
        self.asked.append(wiki.dbname)
        if wiki.dbname in self.down:
            raise UpstreamError("the wiki is away")
        return Namespaces(wiki, [Namespace(0, ""), *_NAMES.get(wiki.language or "en", _NAMES["en"])])

# SPDX-License-Identifier: GPL-3.0-or-later
"""Who asks, by what a request or a socket brings.

Until there is a real sign-in, only developers have one: ``Authorization: Bearer dev:USERNAME``, which the settings
allow on loopback alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graph.errors import ErrorCode, UserFault
from graph.resolvers.deps import Deps
from graph.resolvers.identity import ANONYMOUS, Actor
from graph.resolvers.signing_in import development_actor

DEVELOPER = "dev:"


class SignIn:
    """Turns headers, or the payload of ``connection_init``, into an actor."""

    def __init__(self, deps: Deps, admins: frozenset[str], *, development: bool) -> None:
        self._deps = deps
        self._admins = admins
        self._development = development

    async def __call__(self, headers: Mapping[str, str], params: Mapping[str, Any] | None, /) -> Actor:
        """The actor; anonymous where nothing is claimed. Raises UserFault for a claim that does not hold."""
        claim = _claim(params or {}) or headers.get("authorization")
        if claim is None:
            return ANONYMOUS
        kind, _, token = claim.partition(" ")
        if kind.lower() != "bearer" or not token.startswith(DEVELOPER) or not self._development:
            raise UserFault(ErrorCode.NOT_SIGNED_IN, "This sign-in is not known here. Leave it out to read as anybody.")
        return await development_actor(self._deps, token.removeprefix(DEVELOPER).strip(), self._admins)


def _claim(params: Mapping[str, Any]) -> str | None:
    for name in ("Authorization", "authorization"):
        if isinstance(value := params.get(name), str):
            return value
    return None

# SPDX-License-Identifier: GPL-3.0-or-later
"""Who asks."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from graph.resolvers.credentials import Credential


@dataclass(frozen=True, slots=True)
class Actor:
    """Whoever sent a request; ``editor_id`` is None for an anonymous reader.

    ``screen`` is the number of the one program that a screen may show, whoever stands before it. ``on_screen``: others
    look on as well, so that nameless participants are left out whoever it is. ``credential`` is what they came with;
    None for the anonymous, and for developers.
    """

    editor_id: int | None
    username: str | None
    is_admin: bool = False
    screen: int | None = None
    on_screen: bool = False
    credential: Credential | None = field(default=None, repr=False, compare=False)

    @property
    def signed_in(self) -> bool:
        """Whether we know who this is."""
        return self.editor_id is not None

    @property
    def ended(self) -> asyncio.Event | None:
        """What is set when this is not the actor any more (signed out, token revoked), if that can be."""
        return None if self.credential is None else self.credential.ended


ANONYMOUS = Actor(None, None)

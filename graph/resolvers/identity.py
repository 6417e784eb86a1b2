# SPDX-License-Identifier: GPL-3.0-or-later
"""Who asks."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Actor:
    """Whoever sent a request; ``editor_id`` is None for an anonymous reader."""

    editor_id: int | None
    username: str | None
    is_admin: bool = False

    @property
    def signed_in(self) -> bool:
        """Whether we know who this is."""
        return self.editor_id is not None


ANONYMOUS = Actor(None, None)

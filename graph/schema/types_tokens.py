# SPDX-License-Identifier: GPL-3.0-or-later
"""Tokens, as the API shows them: never their secrets."""

from __future__ import annotations

from datetime import datetime

import strawberry

from graph.resolvers import tokens
from graph.schema import ids
from graph.schema.fields import described, said


@described
class AccessToken:
    """Lets a program of the viewer's own act in the viewer's name."""

    id: strawberry.ID = said("Its id.")
    name: str = said("What the viewer calls it.")
    created_at: datetime = said("When it was made.")
    last_used_at: datetime | None = said("When it was last used, to the minute; null if never.")
    expires_at: datetime | None = said("When it stops working; null if never.")

    @classmethod
    def of(cls, value: tokens.AccessToken) -> AccessToken:
        """The token as the API shows it."""
        return cls(
            id=ids.encode(ids.Kind.ACCESS_TOKEN, value.id),
            name=value.name,
            created_at=value.created_at,
            last_used_at=value.last_used_at,
            expires_at=value.expires_at,
        )


@described
class ScreenToken:
    """Lets one screen show one program, and nothing else."""

    id: strawberry.ID = said("Its id.")
    name: str = said("What the screen is called.")
    created_at: datetime = said("When it was made.")
    last_used_at: datetime | None = said("When it was last used, to the minute; null if never.")

    @classmethod
    def of(cls, value: tokens.ScreenToken) -> ScreenToken:
        """The token as the API shows it."""
        return cls(
            id=ids.encode(ids.Kind.SCREEN_TOKEN, value.id),
            name=value.name,
            created_at=value.created_at,
            last_used_at=value.last_used_at,
        )

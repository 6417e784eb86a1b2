# SPDX-License-Identifier: GPL-3.0-or-later
"""What every use-case may reach for; made once by the composition root."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from graph.broker import Broker
from graph.db.pool import Pool
from graph.rates import Buckets
from graph.resolvers.credentials import Credentials
from graph.wikimedia.scopes.resolver import WikimediaScopes
from graph.wikis import KnownUser

MUTATIONS_A_MINUTE = 120
"""How many changes one account may make through one process; more at once only after a pause."""

PREVIEWS_AT_ONCE = 2
"""How many scopes one process looks at; each holds a connection."""


class Users(Protocol):
    """The wikis' directory of accounts."""

    async def look_up(self, usernames: Sequence[str], domain: str, dbname: str) -> dict[str, KnownUser | None]:
        """Each name as given → the account, or None where there is none.

        Raises UpstreamError when the wikis cannot be asked.
        """
        ...


@dataclass(frozen=True, slots=True)
class Deps:
    """The database, the broker, the clock (aware, UTC), our public address, the wikis' directory, what the open sockets
    and streams of this process depend on, how quickly each account makes changes here, where articles of scopes are
    asked for (None where they cannot be), with what sign-ins are hashed and forms are marked as our own, and how many
    scopes are looked at before they are added."""

    pool: Pool
    broker: Broker
    clock: Callable[[], datetime]
    public_url: str
    users: Users
    version: str
    credentials: Credentials = field(default_factory=Credentials)
    paces: Buckets = field(default_factory=lambda: Buckets(MUTATIONS_A_MINUTE, MUTATIONS_A_MINUTE / 60))
    scopes: WikimediaScopes | None = None
    session_key: bytes = field(default=b"", repr=False)
    previews: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(PREVIEWS_AT_ONCE))

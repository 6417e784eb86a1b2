# SPDX-License-Identifier: GPL-3.0-or-later
"""With what somebody proves who they are, while it lasts.

A secret is 256 random bits, shown to its owner once; we keep its SHA-256, that of a browser's sign-in keyed, so that
whoever can write into the database but has no key can sign nobody in. Looking one up compares hashes, so how long it
takes says nothing about the secret. What has ended (signed out, revoked, run out, its owner no admin any more) ends
the sockets and streams that were opened with it: at once in the process that ended it, elsewhere within a second.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import logging
import re
import secrets
from collections.abc import Awaitable, Callable, Collection, Mapping
from datetime import datetime
from enum import StrEnum
from weakref import WeakValueDictionary

from graph.db import accounts, tokens
from graph.db.pool import LOST, Connection, Pool

log = logging.getLogger(__name__)

CHECK_SECONDS = 1.0
_SECRET = re.compile(r"[A-Za-z0-9_-]{43,64}", re.ASCII)


class CredentialKind(StrEnum):
    """What may prove somebody. The value begins the secrets of this kind."""

    SIGN_IN = "pgi_"
    ACCESS_TOKEN = "pga_"
    SCREEN_TOKEN = "pgs_"


def new_secret(kind: CredentialKind) -> str:
    """A secret nobody guesses."""
    return f"{kind}{secrets.token_urlsafe(32)}"


def hashed(secret: str, kind: CredentialKind, key: bytes = b"") -> bytes | None:
    """What is kept of a secret of this kind; None for what can be none, however long it is."""
    if not _SECRET.fullmatch(secret) or not secret.startswith(kind):
        return None
    return hash_of(secret, key)


def hash_of(secret: str, key: bytes = b"") -> bytes:
    """What is kept of a secret of ours; where there is a key, nobody without it can make one that is taken."""
    given = secret.encode("ascii")
    return hmac.digest(key, given, "sha256") if key else hashlib.sha256(given).digest()


async def _screens_standing(conn: Connection, numbers: Collection[int], _now: datetime) -> dict[int, bool]:
    return dict.fromkeys(await tokens.screen_tokens_standing(conn, numbers), False)


# How to ask which of them still hold, and whether their owners were made admins.
_STANDING: Mapping[CredentialKind, Callable[[Connection, Collection[int], datetime], Awaitable[dict[int, bool]]]] = {
    CredentialKind.SIGN_IN: accounts.sign_ins_standing,
    CredentialKind.ACCESS_TOKEN: accounts.access_tokens_standing,
    CredentialKind.SCREEN_TOKEN: _screens_standing,
}


class Credential:
    """One sign-in or token that somebody came with; ``ended`` is set when it does not hold any more."""

    def __init__(self, kind: CredentialKind, number: int, *, is_admin: bool = False) -> None:
        self.kind = kind
        self.number = number
        self.is_admin = is_admin
        self.ended = asyncio.Event()


class Credentials:
    """Those that open sockets and streams of this process depend on; nobody else keeps them."""

    def __init__(self) -> None:
        self._held: WeakValueDictionary[tuple[CredentialKind, int, bool], Credential] = WeakValueDictionary()

    def hold(self, kind: CredentialKind, number: int, *, is_admin: bool = False) -> Credential:
        """The one with this number, watched as long as whoever asked keeps it.

        ``is_admin``: an admin made its owner one; when that changes, it has ended.
        """
        credential = self._held.get((kind, number, is_admin))
        if credential is None or credential.ended.is_set():
            credential = self._held[kind, number, is_admin] = Credential(kind, number, is_admin=is_admin)
        return credential

    def end(self, kind: CredentialKind, number: int) -> None:
        """End one at once."""
        for is_admin in (False, True):
            credential = self._held.get((kind, number, is_admin))
            if credential is not None:
                credential.ended.set()

    async def watch(self, pool: Pool, clock: Callable[[], datetime]) -> None:
        """Check every CHECK_SECONDS until cancelled; while the database is away nothing is known, and nothing ends."""
        while True:
            await asyncio.sleep(CHECK_SECONDS)
            try:
                await self.check(pool, clock())
            except LOST as error:
                log.warning("the sign-ins cannot be checked, and are tried again: %s", error)

    async def check(self, pool: Pool, now: datetime) -> None:
        """End all that do not hold any more."""
        held = [credential for credential in self._held.values() if not credential.ended.is_set()]
        if not held:
            return
        standing: dict[CredentialKind, Mapping[int, bool]] = {}
        async with pool.acquire() as conn:
            for kind, ask in _STANDING.items():
                numbers = [credential.number for credential in held if credential.kind is kind]
                standing[kind] = await ask(conn, numbers, now) if numbers else {}
        for credential in held:
            if standing[credential.kind].get(credential.number) is not credential.is_admin:
                credential.ended.set()

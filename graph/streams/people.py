# SPDX-License-Identifier: GPL-3.0-or-later
"""Which account on a wiki is whose: editors are known by central id, and accounts there by name."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from graph.matching import canonical_username
from graph.programs import Editor, Wiki
from graph.wikimedia.contributions import Account, GlobalAccount, WikimediaContributions

REMEMBERED: Final = 20_000  # global accounts kept in mind
BELIEVED: Final = 24 * 3600.0  # seconds; who came to a wiki since then is found by name, unless renamed as well


@dataclass(frozen=True, slots=True)
class Person:
    """One of our editors, and the account that is theirs on a wiki."""

    editor_id: int
    account: Account


class People:
    """Finds the accounts of editors. ``timer`` counts seconds."""

    def __init__(self, contributions: WikimediaContributions, *, timer: Callable[[], float] = time.monotonic) -> None:
        self._contributions = contributions
        self._timer = timer
        self._known: dict[int, tuple[float, GlobalAccount | None]] = {}

    async def of(self, wiki: Wiki, editors: Sequence[Editor]) -> dict[int, Person]:
        """The accounts of these editors (at most 50) on the wiki, by the account's number there.

        Whoever has another name there by now is found by central id; the name alone decides only where one of the
        two sides has no central id, as for the stream. Raises UpstreamError.
        """
        names = {editor.id: canonical_username(editor.username) for editor in editors}
        accounts = await self._contributions.accounts(wiki, list(names.values()))
        found: dict[int, Person] = {}
        elsewhere: list[Editor] = []
        for editor in editors:
            account = accounts.get(names[editor.id])
            if account is not None and _is_theirs(account, editor):
                found[account.user_id] = Person(editor.id, account)
                self._forget_outdated(wiki, editor)
            elif editor.central_id is not None:
                elsewhere.append(editor)
        return found | await self._renamed(wiki, elsewhere)

    async def _renamed(self, wiki: Wiki, editors: Sequence[Editor]) -> dict[int, Person]:
        # Nobody on the wiki has their name, or somebody else does: they have no account there, or another name.
        known = await asyncio.gather(*(self._global_account(wiki, editor.central_id or 0) for editor in editors))
        names = {
            canonical_username(account.username): editor
            for editor, account in zip(editors, known, strict=True)
            if account is not None and wiki.dbname in account.wikis
        }
        accounts: Mapping[str, Account] = await self._contributions.accounts(wiki, list(names)) if names else {}
        return {
            account.user_id: Person(names[name].id, account)
            for name, account in accounts.items()
            if name in names and account.central_id == names[name].central_id
        }

    def _forget_outdated(self, wiki: Wiki, editor: Editor) -> None:
        _, account = self._known.get(editor.central_id or 0, (0.0, None))
        if account is not None and wiki.dbname not in account.wikis:
            del self._known[editor.central_id or 0]

    async def _global_account(self, wiki: Wiki, central_id: int) -> GlobalAccount | None:
        asked_at, account = self._known.get(central_id, (0.0, None))
        now = self._timer()
        # One that has an account on the wiki must have got a new name since.
        stale = account is not None and wiki.dbname in account.wikis
        if central_id in self._known and now - asked_at < BELIEVED and not stale:
            return account
        account = await self._contributions.global_account(wiki, central_id)
        if len(self._known) >= REMEMBERED:
            self._known.clear()
        self._known[central_id] = now, account
        return account


def _is_theirs(account: Account, editor: Editor) -> bool:
    return None in (account.central_id, editor.central_id) or account.central_id == editor.central_id

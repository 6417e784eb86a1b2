# SPDX-License-Identifier: GPL-3.0-or-later
"""The database the Action API reads from: a replica, which may fall behind the one that is written to."""

from __future__ import annotations

import copy

from graph.simulator.state import State

_TABLES = ("accounts", "accounts_by_id", "pages", "deleted", "revisions", "members", "transclusions")


class Replica:
    """Up to date, until replication is stopped: then it stays as it was, and its lag grows with the clock."""

    def __init__(self, state: State) -> None:
        self._primary = state
        self._copy: State | None = None
        self._stopped_at = 0

    @property
    def state(self) -> State:
        """What the replica has."""
        return self._copy or self._primary

    def lag(self) -> float:
        """Seconds behind the primary."""
        return 0.0 if self._copy is None else (self._primary.now() - self._stopped_at) / 1000

    def stop(self) -> None:
        """Take in nothing any more."""
        memo = {id(wiki): wiki for wiki in self._primary.wikis.values()}
        tables = copy.deepcopy({name: getattr(self._primary, name) for name in _TABLES}, memo)
        self._copy = copy.copy(self._primary)
        for name, table in tables.items():
            setattr(self._copy, name, table)
        self._stopped_at = self._primary.now()

    def start(self) -> None:
        """Catch up at once."""
        self._copy = None

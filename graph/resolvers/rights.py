# SPDX-License-Identifier: GPL-3.0-or-later
"""What a subscriber may still see: asked again while the subscription lasts."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from graph.programs import Program, Visibility
from graph.resolvers import reading
from graph.resolvers.deps import Deps
from graph.resolvers.identity import Actor

# A public program is looked at again this often, and when any rule changed; a private one before every message.
FRESH = timedelta(seconds=1)


class Sight:
    """One subscriber's view of programs: which ones it may see now, and how they are called."""

    def __init__(self, deps: Deps, actor: Actor) -> None:
        self._deps = deps
        self._actor = actor
        self._seen: dict[int, tuple[datetime, Program | None]] = {}
        self._rules: int | None = None

    async def programs(self, program_ids: Iterable[int]) -> list[Program]:
        """Those of the programs that the subscriber may see, in the order given."""
        wanted = tuple(program_ids)
        now, rules = self._deps.clock(), self._deps.broker.rules_version
        if rules != self._rules:
            self._seen.clear()
            self._rules = rules
        stale = [program_id for program_id in wanted if not self._fresh(program_id, now)]
        if stale:
            found = await reading.programs_by_id(self._deps, self._actor, stale)
            self._seen.update({program_id: (now, found.get(program_id)) for program_id in stale})
        return [program for program_id in wanted if (program := self._seen[program_id][1]) is not None]

    async def allowed(self, program_id: int) -> bool:
        """Whether the subscriber may see the program."""
        return bool(await self.programs([program_id]))

    async def still_counted_for(self, number: int, program_id: int, collection: int) -> bool:
        """Whether the program (or its session ``number``) may be seen, and this is the collection to be seen for it."""
        if not await self.allowed(program_id):
            return False
        return number == collection or await self._whole(number) == collection

    async def _whole(self, number: int) -> int:
        # Asked anew each time: a reader remembers what it was told once.
        return (await reading.Reader(self._deps, self._actor).counted_for([number]))[number]

    def _fresh(self, program_id: int, now: datetime) -> bool:
        at, program = self._seen.get(program_id, (None, None))
        if at is None or program is None or program.visibility is Visibility.PRIVATE:
            return False
        return now - at < FRESH


async def always() -> bool:
    """The right to what everybody may see."""
    return True

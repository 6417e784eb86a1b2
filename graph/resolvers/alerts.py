# SPDX-License-Identifier: GPL-3.0-or-later
"""What whoever runs a program should look at on the wikis."""

from __future__ import annotations

from collections.abc import Sequence

from graph.db import alerts
from graph.db.alerts import Alert, AlertKind
from graph.programs import Program
from graph.resolvers import reading
from graph.resolvers.deps import Deps
from graph.resolvers.identity import Actor
from graph.resolvers.reading import Reader

__all__ = ["Alert", "AlertKind"]


async def of_programs(
    deps: Deps, actor: Actor, reader: Reader, programs: Sequence[Program]
) -> dict[Program, list[Alert] | None]:
    """The alerts of each program, the newest first; None where the actor may not edit it."""
    allowed = await reading.permissions(deps, actor, programs)
    counted = await reader.counted_for(program.id for program in programs if allowed[program].edit)
    found = await alerts.alerts_of(deps.pool, list(counted.values()))
    return {program: found[counted[program.id]] if program.id in counted else None for program in programs}

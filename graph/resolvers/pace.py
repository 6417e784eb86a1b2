# SPDX-License-Identifier: GPL-3.0-or-later
"""How quickly one account may change things: each mutation counts one, however many a request holds.

Nobody is limited by address, which the host hides from us; and no program is, which would let anybody lock it.
"""

from __future__ import annotations

import math

from graph.errors import ErrorCode, UserFault
from graph.resolvers.deps import MUTATIONS_A_MINUTE, Deps
from graph.resolvers.identity import Actor


def count_change(deps: Deps, actor: Actor) -> None:
    """Count one change. Raises UserFault (RATE_LIMITED) where the account has made too many; nothing is changed.

    Whoever is not signed in changes nothing anyway and is told that instead.
    """
    if actor.editor_id is None:
        return
    wait = deps.paces.take(actor.editor_id, deps.clock().timestamp())
    if wait > 0:
        seconds = math.ceil(wait)
        raise UserFault(
            ErrorCode.RATE_LIMITED,
            f"These are more than {MUTATIONS_A_MINUTE} changes a minute. Try again in {seconds} s.",
        )

# SPDX-License-Identifier: GPL-3.0-or-later
"""Taking each form once, however often it is sent: twice pressed, reloaded, sent again after going back."""

from __future__ import annotations

import asyncio
import re
from datetime import timedelta
from typing import Final

from graph.db import submissions
from graph.resolvers.deps import Deps
from graph.resolvers.identity import Actor

KEPT: Final = timedelta(days=2)
"""So long a form that was sent is known."""

_NAME: Final = re.compile(r"[A-Za-z0-9_-]{8,64}")
_AGAIN_SECONDS: Final = 0.1
_PATIENCE: Final = 50


class Submissions:
    """The forms that were sent. A form without a good name is taken however often it comes."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps

    async def begin(self, actor: Actor, name: str) -> str | None:
        """Begin to take a form; returns where it led if it was taken before, and None if it is to be taken now.

        While the same form is being taken elsewhere it waits, for five seconds at most; then it led to nothing yet.
        """
        if actor.editor_id is None or not _NAME.fullmatch(name):
            return None
        for _ in range(_PATIENCE):
            async with self._deps.pool.acquire() as conn:
                if await submissions.begin(conn, actor.editor_id, name):
                    return None
                answer = await submissions.answer_of(conn, actor.editor_id, name)
            if answer is not None:
                return answer
            await asyncio.sleep(_AGAIN_SECONDS)
        return ""

    async def end(self, actor: Actor, name: str, answer: str | None) -> None:
        """Note where it led; None: it was refused, and may be sent again."""
        if actor.editor_id is None or not _NAME.fullmatch(name):
            return
        async with self._deps.pool.acquire() as conn:
            if answer is None:
                await submissions.undo(conn, actor.editor_id, name)
            else:
                await submissions.end(conn, actor.editor_id, name, answer)

# SPDX-License-Identifier: GPL-3.0-or-later
"""Passcodes offered at the door: compared in a time that tells nothing, and guessed ever more slowly.

Wrong guesses are counted for the account that makes them, over all programs: a program is never locked, and whoever
was invited comes in whatever others try. A guess at a program that is not there counts like any other, because the
answers about a private program and about none must not differ.
"""

from __future__ import annotations

import hashlib
import hmac
import math
from datetime import datetime, timedelta

from graph.db import passcode_guesses
from graph.db.passcode_guesses import Guesses
from graph.db.pool import Connection
from graph.errors import ErrorCode, UserFault
from graph.programs import PasscodePolicy, Program
from graph.resolvers.form import cleaned

FREE = 5  # wrong guesses that cost nothing: people mistype
FIRST_WAIT = timedelta(seconds=2)  # after the first that costs; doubled by each further one
LONGEST_WAIT = timedelta(hours=1)
REMEMBERED = timedelta(hours=24)  # after the last wrong guess


def opens(program: Program | None, offered: str | None) -> bool:
    """Whether the passcode is the program's; a program that is not there takes as long to refuse."""
    asks = program is not None and program.passcode_policy is not PasscodePolicy.NONE
    wanted = (program.passcode or "") if program is not None and asks else ""
    same = hmac.compare_digest(_digest(cleaned(offered or "") or ""), _digest(wanted))
    return same and bool(wanted)


def wait_after(guesses: Guesses | None) -> timedelta:
    """How long after the last wrong guess the next one is heard."""
    if guesses is None or guesses.wrong < FREE:
        return timedelta(0)
    return min(FIRST_WAIT * (1 << min(guesses.wrong - FREE, 30)), LONGEST_WAIT)


async def check_pace(conn: Connection, editor_id: int, now: datetime) -> None:
    """Keep the account's other guesses waiting, and raise UserFault (RATE_LIMITED) if it is too early for this one."""
    await passcode_guesses.one_at_a_time(conn, editor_id)
    guesses = await passcode_guesses.of(conn, editor_id)
    if guesses is None:
        return
    left = guesses.last_at + wait_after(guesses) - now
    if left > timedelta(0):
        seconds = math.ceil(left.total_seconds())
        raise UserFault(
            ErrorCode.RATE_LIMITED,
            f"That were too many wrong passcodes. Try again in {seconds} second{'' if seconds == 1 else 's'}.",
            ("passcode",),
        )


async def note_wrong(conn: Connection, editor_id: int, now: datetime) -> None:
    """Remember a wrong guess; those of more than a day before the last are forgotten."""
    known = await passcode_guesses.of(conn, editor_id)
    recent = known.wrong if known is not None and now - known.last_at < REMEMBERED else 0
    await passcode_guesses.note(conn, editor_id, Guesses(recent + 1, now))


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()

# SPDX-License-Identifier: GPL-3.0-or-later
"""The worker's re-evaluation as a process of its own, to be killed.

``python -m tests.kills.reassessing_process DSN`` imports everything once and then takes orders from its standard input,
a line each: a number N forks a worker that decides anew what is due and is killed (SIGKILL) before its N-th
transaction has the ledger. Each is answered with how it ended: 0 where it had no N-th. The end of the input ends both.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import traceback

from graph.db.pool import connect
from tests.properties.interludes import in_small_steps, reassess

A_FEW = 12


async def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


async def _decide_anew(dsn: str, dies_before: int) -> None:
    pool = await connect(dsn, largest=3)
    with in_small_steps(A_FEW):
        await reassess(pool, {dies_before: _die})
    await pool.close()


def _live(dsn: str, dies_before: int) -> None:
    try:
        asyncio.run(_decide_anew(dsn, dies_before))
        os._exit(0)
    except BaseException:
        traceback.print_exc()
        os._exit(70)


def main(dsn: str) -> None:
    for line in sys.stdin:
        child = os.fork()
        if not child:
            _live(dsn, int(line))
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1])

# SPDX-License-Identifier: GPL-3.0-or-later
"""What comes between the steps of a re-evaluation: before any of its transactions has the ledger, others have it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager

from graph.db import due, generations, ledger, reassessing, transit
from graph.db.pool import Connection, Pool

Interlude = Callable[[], Awaitable[object]]


class Died(Exception):
    """Stands for the death of the worker: nothing after it is done."""


async def die() -> None:
    """An interlude that is the last thing the worker lives to see."""
    raise Died


@contextmanager
def in_small_steps(a_few: int = 2) -> Iterator[None]:
    """While the block runs nothing is carried out at once, and a slice of edits holds ``a_few``, one of tallies one."""
    sizes = ((due, "AT_ONCE", -1), (transit, "SLICE", a_few), (generations, "FOLD", 1))
    before = [(module, name, getattr(module, name)) for module, name, _ in sizes]
    for module, name, size in sizes:
        setattr(module, name, size)
    try:
        yield
    finally:
        for module, name, size in before:
            setattr(module, name, size)


async def reassess(pool: Pool, interludes: Mapping[int, Interlude] = {}) -> int:
    """Decide anew what is due; ``interludes[n]`` comes before its n-th transaction. Returns how many there were.

    Raises Died where one of them is the end.
    """
    lock, transactions, busy = ledger.lock, 0, False

    async def locked(conn: Connection) -> None:
        nonlocal transactions, busy
        if not busy:
            busy = True
            transactions += 1
            try:
                if transactions - 1 in interludes:
                    await interludes[transactions - 1]()
            finally:
                busy = False
        await lock(conn)

    ledger.lock = locked
    try:
        await reassessing.reassess(pool)
    finally:
        ledger.lock = lock
    return transactions

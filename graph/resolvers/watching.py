# SPDX-License-Identifier: GPL-3.0-or-later
"""Following a collection: its numbers, its activity, and how the service itself is doing.

Always in this order: subscribe to the broker, then read the tables, then follow. What arrives meanwhile waits in the
mailbox and is recognised by its number, so there is no gap, no repeat, and no way back.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import cast

from graph.activity import Activity, SnapshotRequired
from graph.broker import Mailbox, Overrun
from graph.db import activity as entries
from graph.db import snapshots
from graph.errors import ErrorCode, UserFault
from graph.resolvers.deps import Deps
from graph.streams.relay import Published, activity_topic, metrics_topic
from graph.tallies import Metrics

# How many entries a reader may leave unread before it must fetch everything anew, and how many are read at a time.
BACKLOG = 256
CATCH_UP = 500
# How many entries are told of the past at once to those who share what follows.
PAGE = 100
# Numbers are told at most so often (seconds): what changes faster is told as it is then.
PACE = 0.1
# The service's state is repeated this often (seconds): a silent connection is a dead one.
STATUS_SECONDS = 2.0

# Asked before each message about a private program; False ends the stream.
StillAllowed = Callable[[], Awaitable[bool]]


@dataclass(frozen=True, slots=True)
class Place:
    """A reader's place in the activity: which ledger, and the number it has read up to."""

    epoch: str
    number: int


@dataclass(frozen=True, slots=True)
class Told:
    """One entry as it is sent: the entry, the collection's numbers then, and the reader's place after it."""

    entry: Activity
    metrics: Metrics
    place: Place


@dataclass(frozen=True, slots=True)
class Reached:
    """A mark between entries: everything up to this place was told."""

    place: Place


async def follow_metrics(deps: Deps, collection_id: int, allowed: StillAllowed) -> AsyncIterator[Metrics]:
    """The numbers now, then each newer version; versions in between may be skipped, the newest never is.

    At most one each PACE. Ends when the collection is deleted.
    """
    with deps.broker.subscribe(metrics_topic(collection_id), newest=True) as mailbox:
        metrics = await _snapshot(deps, collection_id)
        while metrics is not None and await allowed():
            yield metrics
            await asyncio.sleep(PACE)
            metrics = await _newer(cast("Mailbox[Metrics | None]", mailbox), metrics.version)


async def _newer(mailbox: Mailbox[Metrics | None], version: int) -> Metrics | None:
    while True:
        metrics = await mailbox.get()
        if metrics is None or metrics.version > version:
            return metrics


async def follow_activity(
    deps: Deps, collection_id: int, after: Place | None, allowed: StillAllowed
) -> AsyncGenerator[Told, None]:
    """Everything after ``after`` (without it: after now), each entry once, in order.

    A place too old to be replayed, or of another ledger, gives SnapshotRequired and ends the stream; so does a reader
    that leaves more than BACKLOG entries unread. Ends when the collection is deleted.
    """
    newest: Metrics | None = None
    async with aclosing(_entries(deps, collection_id, after)) as all_told:
        async for told in all_told:
            if not await allowed():
                return
            # Replayed entries come with numbers read after them; the live ones after those never show older ones.
            if newest is None or newest.version < told.metrics.version:
                newest = told.metrics
            yield replace(told, metrics=newest)


async def follow_live(deps: Deps, collection_id: int, allowed: StillAllowed) -> AsyncGenerator[Told | Reached, None]:
    """First the place where it begins, then everything that happens from there on; otherwise as ``follow_activity``."""
    with deps.broker.subscribe(activity_topic(collection_id), limit=BACKLOG) as mailbox:
        async with deps.pool.acquire() as conn:
            ledger = await entries.position(conn)
        if not await allowed():
            return
        yield Reached(Place(ledger.epoch, ledger.newest))
        inbox = cast("Mailbox[Published | None]", mailbox)
        async for told in _live(deps, collection_id, ledger.epoch, ledger.newest, inbox):
            if not await allowed():
                return
            yield told


async def read_page(
    deps: Deps, collection_id: int, after: Place, allowed: StillAllowed
) -> AsyncGenerator[Told | Reached, None]:
    """What came after ``after``, about PAGE entries; and then, where that was all, the place up to which it was read.

    SnapshotRequired alone for a place that cannot be served.
    """
    async with deps.pool.acquire() as conn:
        ledger = await entries.position(conn)
    if not await allowed():
        return
    if after.epoch != ledger.epoch or not ledger.oldest <= after.number <= ledger.newest:
        yield await _start_over(deps, collection_id, ledger)
        return
    count = 0
    async for told in _replay(deps, collection_id, ledger.epoch, after.number, ledger.newest, PAGE):
        yield told
        count += 1
        if count == PAGE or isinstance(told.entry, SnapshotRequired):
            return
    yield Reached(Place(ledger.epoch, ledger.newest))


async def _entries(deps: Deps, collection_id: int, after: Place | None) -> AsyncGenerator[Told, None]:
    with deps.broker.subscribe(activity_topic(collection_id), limit=BACKLOG) as mailbox:
        async with deps.pool.acquire() as conn:
            ledger = await entries.position(conn)
        number = ledger.newest if after is None else after.number
        if after is not None and (after.epoch != ledger.epoch or not ledger.oldest <= number <= ledger.newest):
            yield await _start_over(deps, collection_id, ledger)
            return
        async for told in _replay(deps, collection_id, ledger.epoch, number, ledger.newest, CATCH_UP):
            yield told
            if isinstance(told.entry, SnapshotRequired):
                return
        inbox = cast("Mailbox[Published | None]", mailbox)
        async for told in _live(deps, collection_id, ledger.epoch, max(number, ledger.newest), inbox):
            yield told


async def _replay(
    deps: Deps, collection_id: int, epoch: str, number: int, newest: int, at_once: int
) -> AsyncIterator[Told]:
    while number < newest:
        async with deps.pool.acquire() as conn:
            found = await entries.of_one(conn, collection_id, number, newest, at_once)
            ledger = await entries.position(conn)
        if number < ledger.oldest:  # what comes next was forgotten while a slow reader took the last ones
            yield await _start_over(deps, collection_id, ledger)
            return
        metrics = await _snapshot(deps, collection_id)
        if not found or metrics is None:
            return
        for entry in found:
            yield Told(entry, metrics, Place(epoch, entry.number))
        number = found[-1].number


async def _live(
    deps: Deps, collection_id: int, epoch: str, number: int, mailbox: Mailbox[Published | None]
) -> AsyncIterator[Told]:
    while True:
        try:
            published = await mailbox.get()
        except Overrun:
            async with deps.pool.acquire() as conn:
                ledger = await entries.position(conn)
            yield await _start_over(deps, collection_id, ledger)
            return
        if published is None:
            return
        if published.entry.number > number:
            number = published.entry.number
            yield Told(published.entry, published.metrics, Place(epoch, number))


async def _start_over(deps: Deps, collection_id: int, ledger: entries.Position) -> Told:
    metrics = await _snapshot(deps, collection_id)
    if metrics is None:
        raise UserFault(ErrorCode.NOT_FOUND, "It is not there any more.")
    return Told(SnapshotRequired(ledger.newest), metrics, Place(ledger.epoch, ledger.newest))


async def _snapshot(deps: Deps, collection_id: int) -> Metrics | None:
    async with deps.pool.acquire() as conn:
        return (await snapshots.snapshots(conn, [collection_id])).get(collection_id)


async def tick() -> AsyncIterator[None]:
    """At once, and then every STATUS_SECONDS."""
    while True:
        yield
        await asyncio.sleep(STATUS_SECONDS)

# SPDX-License-Identifier: GPL-3.0-or-later
"""From committed rows to the broker: the only one who publishes.

PostgreSQL's NOTIFY wakes the relay within a millisecond, but it is a hint: each step reads from the tables whatever is
new since the last number published, and a step runs twice a second anyway. A lost notification therefore costs half a
second and nothing else. Only what somebody watches is read.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from typing import Any

from graph.activity import Activity
from graph.answers import Answers
from graph.broker import Broker
from graph.db import activity, ledger, snapshots
from graph.db.pool import LOST, Connection, Pool, connect_alone
from graph.tallies import Metrics

log = logging.getLogger(__name__)

POLL_SECONDS = 0.5
RETRY_SECONDS = 1.0
ENTRIES_A_STEP = 128  # well below what a mailbox holds: whoever reads takes them before the next come


@dataclass(frozen=True, slots=True)
class Published:
    """One entry of a collection's activity, and the collection's numbers when it was sent."""

    entry: Activity
    metrics: Metrics


def metrics_topic(collection_id: int) -> tuple[str, int]:
    """Where a collection's numbers are published: each a Metrics, and None when it is deleted."""
    return "metrics", collection_id


def activity_topic(collection_id: int) -> tuple[str, int]:
    """Where a collection's activity is published: each a Published, and None when it is deleted."""
    return "activity", collection_id


class Relay:
    """Follows the ledger for one process and hands what is new to its broker."""

    def __init__(self, url: str, pool: Pool, broker: Broker, answers: Answers[Any] | None = None) -> None:
        self._url = url
        self._pool = pool
        self._broker = broker
        self._answers = answers
        self._wake = asyncio.Event()
        if answers is not None:
            answers.wake = self._wake.set
        self._number: int | None = None
        self._versions: dict[int, int] = {}

    async def begin(self) -> None:
        """Take the place from which everything is published: to be done before anybody may subscribe."""
        async with self._pool.acquire() as conn:
            self._number = (await activity.position(conn)).newest

    async def run(self) -> None:
        """Follow until cancelled; a lost database is tried again each second."""
        while True:
            try:
                await self._follow()
            except LOST as error:
                log.warning("the relay lost the database and tries again: %s", error)
                await asyncio.sleep(RETRY_SECONDS)

    async def _follow(self) -> None:
        listener = await connect_alone(self._url)
        try:
            await listener.add_listener(ledger.LEDGER_CHANNEL, self._notified)
            while not listener.is_closed():
                async with self._pool.acquire() as conn:
                    await self.step(conn)
                await self._pause()
        finally:
            listener.terminate()

    def _notified(self, *_: object) -> None:
        self._wake.set()

    async def _pause(self) -> None:
        try:
            async with asyncio.timeout(POLL_SECONDS):
                await self._wake.wait()
        except TimeoutError:
            pass
        self._wake.clear()

    async def step(self, conn: Connection) -> None:
        """Publish everything committed since the last step."""
        newest = (await activity.position(conn)).newest
        # Read after it: who may not see an edit any more by the time it was made is asked again before it is sent.
        rules = self._broker.rules_version = await activity.rules_version(conn)
        if self._answers is not None:
            # Before anything is published, so that nobody is told of a change and then given what was before it.
            collections, number = self._answers.wanted()
            news = await snapshots.versions_after(conn, collections, number) if collections else {}
            self._answers.published(newest, rules, news)
        if self._number is None:
            self._number = newest
        while self._number < newest:
            self._number = await self._publish_from(conn, self._number, newest)
        await self._publish_metrics(conn)
        await self._end_what_is_gone(conn)

    async def _publish_from(self, conn: Connection, number: int, newest: int) -> int:
        watched = self._watched("activity")
        if not watched:
            return newest
        found, reached = await activity.since(conn, number, newest, watched, ENTRIES_A_STEP)
        numbers = await snapshots.snapshots(conn, [collection for collection, entries in found.items() if entries])
        for collection, entries in found.items():
            for entry in entries if collection in numbers else ():
                self._broker.publish(activity_topic(collection), Published(entry, numbers[collection]))
        return reached

    async def _publish_metrics(self, conn: Connection) -> None:
        watched = self._watched("metrics")
        self._versions = {collection: v for collection, v in self._versions.items() if collection in watched}
        if not watched:
            return
        for collection, metrics in (await snapshots.snapshots(conn, watched)).items():
            if self._versions.get(collection) != metrics.version:
                self._versions[collection] = metrics.version
                self._broker.publish(metrics_topic(collection), metrics)

    async def _end_what_is_gone(self, conn: Connection) -> None:
        """Tell whoever follows a collection that was deleted that nothing more will come."""
        watched = {*self._watched("metrics"), *self._watched("activity")}
        for collection in watched - await snapshots.existing(conn, sorted(watched)) if watched else ():
            self._broker.publish(metrics_topic(collection), None)
            self._broker.publish(activity_topic(collection), None)

    def _watched(self, kind: str) -> list[int]:
        return [topic[1] for topic in self._broker.topics() if isinstance(topic, tuple) and topic[0] == kind]

# SPDX-License-Identifier: GPL-3.0-or-later
"""Who is enrolled, as the consumer has it in mind: read once, and then only what changed."""

from __future__ import annotations

from contextlib import aclosing

from graph.db import enrolled
from graph.db.pool import Connection
from graph.matching import Index


class Enrollment:
    """The index of everybody whose edits may count, brought up to date by ``refresh``."""

    def __init__(self) -> None:
        self.index = Index()
        self._version = -1
        self._digests: dict[int, int] = {}
        self._members: dict[int, set[int]] = {}
        self._unfinished: set[int] = set()

    async def refresh(self, conn: Connection) -> int:
        """Take in what changed since the last time, if anything did; one that fails is made up for by the next.

        Returns the version of the rules that the index goes by now.
        """
        version = await enrolled.rules_version(conn)
        if version == self._version:
            return version
        now = await enrolled.digests(conn)
        self._unfinished |= {each for each in now | self._digests if now.get(each) != self._digests.get(each)}
        if self._unfinished:
            await self._read(conn, self._unfinished)
        # Both were read before the editors: what changed meanwhile is seen the next time.
        self._digests, self._version, self._unfinished = now, version, set()
        return version

    async def _read(self, conn: Connection, buckets: set[int]) -> None:
        found: set[int] = set()
        async with aclosing(enrolled.of_buckets(conn, buckets)) as everybody:
            async for one in everybody:
                self.index.put(one)
                found.add(one.editor_id)
                self._members.setdefault(one.editor_id % enrolled.BUCKETS, set()).add(one.editor_id)
        for bucket in buckets:
            gone = self._members.get(bucket, set()) - found
            for editor_id in gone:
                self.index.remove(editor_id)
            self._members.setdefault(bucket, set()).difference_update(gone)

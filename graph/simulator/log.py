# SPDX-License-Identifier: GPL-3.0-or-later
"""The event log: one topic per stream and datacenter, as the message brokers behind the streams keep them."""

from __future__ import annotations

import asyncio
import random
import time
from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import msgspec

PAGE_CHANGE = "mediawiki.page_change.v1"
TAGS_CHANGE = "mediawiki.revision-tags-change"
VISIBILITY_CHANGE = "mediawiki.revision-visibility-change"
STREAMS = (PAGE_CHANGE, TAGS_CHANGE, VISIBILITY_CHANGE)
DATACENTERS = ("eqiad", "codfw")
WEEK_MS = 7 * 24 * 3600 * 1000


def wall_clock() -> int:
    """Now in whole milliseconds since 1970."""
    return time.time_ns() // 1_000_000


@lru_cache(maxsize=4096)
def iso_seconds(second: int) -> str:
    """Write a moment in whole seconds since 1970 as ``2026-09-27T16:17:12Z``."""
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def iso_milliseconds(moment: int) -> str:
    """Write a moment in milliseconds since 1970 as ``2026-09-27T16:17:12.812Z``."""
    return f"{iso_seconds(moment // 1000)[:-1]}.{moment % 1000:03d}Z"


@dataclass(frozen=True, slots=True)
class Message:
    """One event in a topic. ``sequence`` is its place among all topics, ``timestamp`` is in ms."""

    sequence: int
    offset: int
    timestamp: int
    data: bytes


@dataclass(slots=True)
class Topic:
    """A topic: messages by offset, and for each the newest timestamp up to it, to find a moment's place."""

    name: str
    first_offset: int
    messages: list[Message] = field(default_factory=list)
    newest: list[int] = field(default_factory=list)

    @property
    def end(self) -> int:
        """The offset the next message will have."""
        return self.first_offset + len(self.messages)

    def offset_at(self, timestamp: int) -> int:
        """The first offset whose timestamp is at or after this one (ms), or -1 (latest) where there is none."""
        place = bisect_left(self.newest, timestamp)
        return self.first_offset + place if place < len(self.messages) else -1

    def drop(self, count: int) -> None:
        """Forget the oldest messages."""
        del self.messages[:count], self.newest[:count]
        self.first_offset += count


class EventLog:
    """All topics. Not for use from several threads.

    ``clock`` gives ms since 1970. ``retention`` (ms) and ``cap`` (messages a topic) bound what is kept.
    ``granularity`` (ms) rounds timestamps down, so that neighbours share one; ``jitter`` (ms) stamps events up
    to that much early, at random, as parallel producers do. ``canary_interval`` is in ms, None for none.
    """

    def __init__(
        self, clock: Callable[[], int] = wall_clock, *, seed: int = 0, first_offset: int = 1_109_139_115
    ) -> None:
        self.clock = clock
        self.random = random.Random(seed)
        self.datacenter = DATACENTERS[0]
        self.retention = WEEK_MS
        self.cap = 100_000
        self.granularity = 1
        self.jitter = 0
        self.canary_interval: int | None = 3600 * 1000
        self.topics = {
            f"{datacenter}.{stream}": Topic(f"{datacenter}.{stream}", first_offset)
            for stream in STREAMS
            for datacenter in DATACENTERS
        }
        self.listeners: set[asyncio.Event] = set()
        self._sequence = 0
        self._last_canary = clock()
        self._encoder = msgspec.json.Encoder()

    def uuid(self) -> str:
        """A random identifier of version 4 (from the seed)."""
        digits = f"{self.random.getrandbits(128):032x}"
        variant = "89ab"[int(digits[16], 16) & 3]
        return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}"

    def switch_datacenter(self) -> str:
        """Let events go to the other datacenter's topics from now on; gives its name."""
        self.datacenter = DATACENTERS[1 - DATACENTERS.index(self.datacenter)]
        return self.datacenter

    def append(self, stream: str, event: dict[str, Any], *, datacenter: str | None = None) -> Message:
        """Stamp an event, encode it once and put it at the end of its topic.

        The event's ``meta`` gets dt, topic, partition, offset and, for page changes, the key.
        """
        topic = self.topics[f"{datacenter or self.datacenter}.{stream}"]
        moment = self.clock()
        if self.jitter:
            moment -= self.random.randrange(self.jitter + 1)
        moment -= moment % self.granularity
        meta = event["meta"]
        meta["dt"] = iso_milliseconds(moment)
        meta["topic"] = topic.name
        meta["partition"] = 0
        meta["offset"] = topic.end
        if stream == PAGE_CHANGE and "page" in event:
            meta["key"] = {"wiki_id": event["wiki_id"], "page_id": event["page"]["page_id"]}
        return self.append_raw(topic, self._encoder.encode(event), moment)

    def append_raw(self, topic: Topic, data: bytes, moment: int) -> Message:
        """Put bytes as they are at the end of a topic, at this moment (ms), and wake the readers."""
        self._sequence += 1
        message = Message(self._sequence, topic.end, moment, data)
        topic.messages.append(message)
        topic.newest.append(max(moment, topic.newest[-1]) if topic.newest else moment)
        if len(topic.messages) > self.cap + self.cap // 8:
            topic.drop(len(topic.messages) - self.cap)
        for listener in self.listeners:
            listener.set()
        return message

    def expire(self) -> None:
        """Forget what is older than the retention."""
        oldest = self.clock() - self.retention
        for topic in self.topics.values():
            count = bisect_left(topic.newest, oldest)
            if count:
                topic.drop(count)

    def canary_is_due(self) -> bool:
        """Whether the interval has passed since the last canaries; asking resets it."""
        now = self.clock()
        if self.canary_interval is None or now - self._last_canary < self.canary_interval:
            return False
        self._last_canary = now
        return True

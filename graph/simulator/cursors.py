# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a connection begins to read, and what it reads next: the rules of the real service, with its traps."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec

from graph.errors import GraphError
from graph.simulator.log import DATACENTERS, STREAMS, EventLog, Message, Topic

LATEST, BEGINNING = -1, -2


class Refused(GraphError):
    """The service answers a request with an error. ``body`` is its JSON."""

    def __init__(self, status: int, body: dict[str, Any]) -> None:
        self.status = status
        self.body = body
        super().__init__(str(body))


def problem(status: int, kind: str, title: str, detail: str) -> Refused:
    """An error as the service's own code writes it."""
    return Refused(status, {"status": status, "type": kind, "title": title, "detail": detail})


def _unassignable(status: int, name: str, message: str) -> Refused:
    """An error as the library under the service writes it."""
    return Refused(status, {"message": message, "origin": "KafkaSSE", "name": name, "statusCode": status})


def topics_of(names: str) -> list[str]:
    """The topics of a comma-separated list of streams, both datacenters of each. Unknown names are a 400."""
    requested = names.split(",")
    unknown = [name for name in requested if name not in STREAMS]
    if unknown:
        raise problem(400, "not_found", "Stream Not Found", f"Invalid streams: {','.join(unknown)}")
    return [f"{datacenter}.{name}" for name in dict.fromkeys(requested) for datacenter in DATACENTERS]


def since_milliseconds(since: str | None) -> int | None:
    """Read ``since``: ms since 1970 or a date; None where it is absent or empty."""
    if not since:
        return None
    try:
        return int(float(since))
    except ValueError:
        pass
    try:
        moment = datetime.fromisoformat(since)
    except ValueError:
        detail = f"since timestamp is not a UTC milliseconds unix epoch and was not parseable: '{since}'"
        raise problem(400, "invalid_timestamp", "Invalid timestamp", detail) from None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return int(moment.timestamp() * 1000)


@dataclass(slots=True)
class Position:
    """Where a topic is read next, and its entry in the served id."""

    topic: Topic
    offset: int
    entry: bytes

    @classmethod
    def start(cls, topic: Topic, offset: int) -> Position:
        """Begin at an offset. An impossible one is taken for the end in silence, as the real client library does."""
        entry = msgspec.json.encode({"topic": topic.name, "partition": 0, "offset": offset})
        if offset == BEGINNING:
            return cls(topic, topic.first_offset, entry)
        return cls(topic, offset if topic.first_offset <= offset <= topic.end else topic.end, entry)

    def take(self) -> Message:
        """Read the next message, which must be there; the entry becomes its timestamp + 1."""
        topic = self.topic
        # What was dropped meanwhile is lost to a slow reader.
        self.offset = max(self.offset, topic.first_offset)
        message = topic.messages[self.offset - topic.first_offset]
        self.offset += 1
        self.entry = b'{"topic":"%b","partition":0,"timestamp":%d}' % (topic.name.encode(), message.timestamp + 1)
        return message


def _is_whole(value: object) -> bool:
    return (isinstance(value, int) and not isinstance(value, bool)) or (isinstance(value, float) and value.is_integer())


def _is_assignment(entry: object) -> bool:
    if isinstance(entry, str):
        return True
    return (
        isinstance(entry, dict)
        and isinstance(entry.get("topic"), str)
        and _is_whole(entry.get("partition"))
        and (_is_whole(entry.get("offset")) or _is_whole(entry.get("timestamp")))
    )


def _assignments(header: str) -> list[Any]:
    try:
        entries = json.loads(header)
    except ValueError as error:
        raise _unassignable(400, "InvalidAssignmentError", str(error)) from None
    if not isinstance(entries, list) or not entries or not all(_is_assignment(entry) for entry in entries):
        message = (
            "Must provide either an array topic names, or "
            " an array of objects with topic, partition and offset|timestamp."
        )
        raise _unassignable(400, "InvalidAssignmentError", message)
    return entries


def starting_points(
    log: EventLog, topics: list[str], *, last_event_id: str | None = None, since: int | None = None
) -> list[Position]:
    """Where each topic is read from.

    ``Last-Event-ID`` replaces the list of topics: what it does not name is not read. Its timestamps mean the first
    message at or after them, and the latest where there is none; ``since`` (ms) serves entries that are mere names.
    """
    entries = topics if last_event_id is None else _assignments(last_event_id)
    named = [entry if isinstance(entry, str) else entry["topic"] for entry in entries]
    foreign = [name for name in dict.fromkeys(named) if name not in topics]
    if foreign:
        message = f"Topics {', '.join(foreign)} are not available for consumption."
        raise _unassignable(404, "TopicNotAvailableError", message)
    default: dict[str, int] = {"offset": LATEST} if since is None else {"timestamp": since}
    wanted: list[dict[str, Any]] = [
        {"topic": entry, "partition": 0, **default} if isinstance(entry, str) else entry for entry in entries
    ]
    by_time = [entry for entry in wanted if "offset" not in entry]
    # As in the real code: with a timestamp alone anywhere, an entry that has both is lost.
    by_offset = [entry for entry in wanted if "offset" in entry and not (by_time and "timestamp" in entry)]
    positions: dict[str, Position] = {}
    for entry in [*by_offset, *by_time]:
        topic = log.topics[entry["topic"]]
        offset = entry["offset"] if "offset" in entry else topic.offset_at(int(entry["timestamp"]))
        positions[topic.name] = Position.start(topic, int(offset))
    return list(positions.values())


class Reader:
    """Reads several topics as one: in the order they were written, or ``burst`` at a time from one of them."""

    def __init__(self, positions: list[Position], burst: int = 1) -> None:
        self.positions = positions
        self._burst = burst
        self._current: Position | None = None
        self._taken = 0

    def next(self) -> Message | None:
        """The next message, or None for now."""
        position = self._current
        if position is None or self._taken >= self._burst or position.offset >= position.topic.end:
            position = self._earliest()
            if position is None:
                return None
            self._current, self._taken = position, 0
        self._taken += 1
        return position.take()

    def id(self) -> bytes:
        """The id to serve: an entry for every topic read."""
        return b"[" + b",".join([position.entry for position in self.positions]) + b"]"

    def _earliest(self) -> Position | None:
        earliest, lowest = None, 0
        for position in self.positions:
            topic = position.topic
            place = position.offset - topic.first_offset
            if place < len(topic.messages):
                sequence = topic.messages[max(place, 0)].sequence
                if earliest is None or sequence < lowest:
                    earliest, lowest = position, sequence
        return earliest

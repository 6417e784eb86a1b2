# SPDX-License-Identifier: GPL-3.0-or-later
"""Thousands of subscribers in one thread: raw sockets behind one epoll, which cost a client next to nothing.

Each opens as it is told, step by step; from then on its messages are counted and the moment its socket became readable
is noted. Addresses of 127.0.0.0/8 take turns as source, so that ports do not run out.
"""

from __future__ import annotations

import array
import os
import resource
import select
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import time

READY_AT_ONCE = 64  # sockets a look: the fewer, the nearer the noted moment is to that socket's own
RECEIVE_BYTES = 65_536
SOURCES = 8
AT_ONCE = 100  # subscribers who come in at a time, where it is not their coming that is measured
_BIND_ADDRESS_NO_PORT = 24  # the port is chosen at connect, so that many sockets share one

TEXT, CLOSE, PING = 0x1, 0x8, 0x9


@dataclass(frozen=True, slots=True)
class Step:
    """What to send, and what must have come before the next step."""

    send: bytes
    until: bytes


@dataclass(frozen=True, slots=True)
class Opening:
    """How one subscriber opens; ``marker`` is what every message to count holds, ``frames`` whether they are framed."""

    steps: tuple[Step, ...]
    marker: bytes
    frames: bool


class Left(Exception):
    """The other side ended the connection, or sent what was not expected."""


@dataclass(slots=True)
class Subscriber:
    """One connection: the step it waits for, what was counted, and bytes of a message that is not whole yet."""

    socket: socket.socket
    opening: Opening
    step: int = 0
    rest: bytes = b""
    seen: int = 0
    last: bytes = b""

    @property
    def open(self) -> bool:
        """Whether all steps were taken."""
        return self.step >= len(self.opening.steps)

    def take(self, data: bytes) -> int:
        """Understand what came; how many messages were in it. Raises Left where the server closes."""
        self.rest += data
        if not self.open and not self._advance():
            return 0
        found = self._frames() if self.opening.frames else self._events()
        self.seen += found
        return found

    def _advance(self) -> bool:
        while not self.open:
            step = self.opening.steps[self.step]
            place = self.rest.find(step.until)
            if not self._welcome():
                raise Left(self.rest[:200])
            if place < 0:
                return False
            self.rest = self.rest[self._end(place + len(step.until)) :]
            self.step += 1
            if not self.open:
                self.socket.send(self.opening.steps[self.step].send)
        return True

    def _end(self, place: int) -> int:
        # What is awaited from the second step on is inside a (short) frame, which ends later.
        return 2 + self.rest[1] if self.step and self.opening.frames and place else place

    def _welcome(self) -> bool:
        if self.step:
            return not self.rest.startswith(b"\x88")
        return len(self.rest) < 12 or self.rest.startswith((b"HTTP/1.1 101", b"HTTP/1.1 200"))

    def _frames(self) -> int:
        found, place, rest = 0, 0, self.rest
        while len(rest) - place >= 2:
            kind, size, head = rest[place] & 0x0F, rest[place + 1], 2
            if size == 126:
                size, head = int.from_bytes(rest[place + 2 : place + 4], "big"), 4
            elif size == 127:
                size, head = int.from_bytes(rest[place + 2 : place + 10], "big"), 10
            end = place + head + size
            if len(rest) < end:
                break
            payload = rest[place + head : end]
            if kind == TEXT and self.opening.marker in payload:
                found, self.last = found + 1, payload
            elif kind != TEXT:
                self._control(kind, payload)
            elif payload.startswith(b'{"type":"ping"'):
                self.socket.send(client_frame(b'{"type":"pong"}'))
            place = end
        self.rest = rest[place:]
        return found

    def _control(self, kind: int, payload: bytes) -> None:
        if kind == CLOSE:
            raise Left(payload)
        if kind == PING:
            self.socket.send(client_frame(payload, kind=0xA))

    def _events(self) -> int:
        found = self.rest.count(b"\n\n")
        if not found:
            return 0
        whole, _, self.rest = self.rest.rpartition(b"\n\n")
        counted = whole.count(self.opening.marker)
        if counted:
            self.last = whole[whole.rfind(self.opening.marker) :].partition(b"\n\n")[0]
        return counted


def client_frame(payload: bytes, kind: int = TEXT) -> bytes:
    """A WebSocket frame as a client must send it: masked, here with zeros."""
    size = len(payload)
    head = bytes([0x80 | kind, 0x80 | size]) if size < 126 else bytes([0x80 | kind, 0xFE]) + size.to_bytes(2, "big")
    return head + bytes(4) + payload


@dataclass
class Crowd:
    """Subscribers of one server, and who of them left."""

    port: int
    subscribers: dict[int, Subscriber] = field(default_factory=dict)
    left: list[bytes] = field(default_factory=list)
    received: int = 0
    last_at: float = 0.0
    noted: array.array[float] | None = None
    asleep: set[int] = field(default_factory=set)
    buffer: int | None = None

    def __post_init__(self) -> None:
        self._epoll = select.epoll()
        self._connected = 0

    def join(self, openings: Sequence[Opening]) -> None:
        """Connect so many more; nothing is awaited."""
        for opening in openings:
            self._connected += 1
            connection = socket.socket(socket.AF_INET, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
            connection.setsockopt(socket.IPPROTO_IP, _BIND_ADDRESS_NO_PORT, 1)
            if self.buffer is not None:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self.buffer)
            connection.bind((f"127.0.0.{2 + self._connected % SOURCES}", 0))
            connection.connect_ex(("127.0.0.1", self.port))
            self.subscribers[connection.fileno()] = Subscriber(connection, opening)
            self._epoll.register(connection.fileno(), select.EPOLLOUT)

    def look(self, timeout: float = 0.05) -> int:
        """Take what is readable within so many seconds; how many messages came."""
        ready = self._epoll.poll(timeout, READY_AT_ONCE)
        at, found = time(), 0
        for number, event in ready:
            subscriber = self.subscribers[number]
            try:
                came = self._serve(number, subscriber, event)
            except (Left, OSError) as error:
                self._leave(number, error)
                continue
            if came:
                found += came
                if self.noted is not None:
                    self.noted.extend([at] * came)
        if found:
            self.received, self.last_at = self.received + found, at
        return found

    def _serve(self, number: int, subscriber: Subscriber, event: int) -> int:
        if event & select.EPOLLOUT:
            subscriber.socket.send(subscriber.opening.steps[0].send)
            self._epoll.modify(number, select.EPOLLIN)
            return 0
        data = subscriber.socket.recv(RECEIVE_BYTES)
        if not data:
            raise Left(b"end of stream")
        return subscriber.take(data)

    def _leave(self, number: int, error: Exception) -> None:
        self.left.append(str(error).encode())
        self._epoll.unregister(number)
        self.subscribers.pop(number).socket.close()

    def until(self, done: Callable[[], bool], seconds: float) -> bool:
        """Look until it is so, at most so long; whether it is."""
        limit = time() + seconds
        while not done():
            if time() > limit:
                return False
            self.look()
        return True

    def opened(self, seconds: float) -> bool:
        """Wait until every subscriber is open."""
        waiting = set(self.subscribers)

        def done() -> bool:
            waiting.difference_update(
                [number for number in waiting if number not in self.subscribers or self.subscribers[number].open]
            )
            return not waiting

        return self.until(done, seconds)

    def quiet(self, seconds: float = 0.3) -> None:
        """Look until nothing came for so long."""
        limit = time() + seconds
        while time() < limit:
            if self.look():
                limit = time() + seconds

    def sleep(self, count: int) -> None:
        """Let so many of them read nothing from now on."""
        for number in list(self.subscribers)[:count]:
            self._epoll.unregister(number)
            self.asleep.add(number)

    def close(self) -> None:
        """Break every connection."""
        for subscriber in self.subscribers.values():
            subscriber.socket.close()
        self.subscribers.clear()
        self._epoll.close()


@contextmanager
def crowd(
    port: int, openings: Sequence[Opening], *, seconds: float = 120, buffer: int | None = None
) -> Iterator[Crowd]:
    """A crowd that is open while the block lasts. Raises SystemExit where somebody cannot get in."""
    made, limit = Crowd(port, buffer=buffer), time() + seconds
    for first in range(0, len(openings), AT_ONCE):
        made.join(openings[first : first + AT_ONCE])
        made.opened(limit - time())
    if time() > limit or made.left:
        opened = sum(subscriber.open for subscriber in made.subscribers.values())
        raise SystemExit(f"{opened} of {len(openings)} subscribers got in; {made.left[:1]}")
    try:
        yield made
    finally:
        made.close()


def prepare(core: int) -> None:
    """Give this process as many files as it may have, and this processor alone."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    os.sched_setaffinity(0, {core})

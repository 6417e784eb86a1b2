# SPDX-License-Identifier: GPL-3.0-or-later
"""Servers measured by turns: each with a process of its own on one processor, and subscribers on the other."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from benchmarks.crowd import Crowd, Opening, Step
from benchmarks.measures import cpu_seconds, load, tell

SERVER_CORE, CLIENT_CORE = 0, 1
PATIENCE = 5.0
UPGRADE = (
    b"GET /graphql HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n"
)


def sent_to(kind: str) -> Opening:
    """How one subscribes to a server of ``benchmarks.peers.frames``, which only sends."""
    if kind.startswith("sse"):
        request = b"GET /graphql HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n"
        return Opening((Step(request, b"\r\n\r\n"),), b"event: next", frames=False)
    return Opening((Step(UPGRADE, b"\r\n\r\n"),), b'"next"', frames=True)


@dataclass
class Peer:
    """One server's process, its subscribers, how to make it send once to all, and microseconds a message by round."""

    name: str
    pid: int
    crowd: Crowd
    publish: Callable[[], object]
    costs: list[float] = field(default_factory=list)

    def settle(self) -> None:
        """Publish until everybody got something: from then on all of them follow."""
        everybody = self.crowd.subscribers.values()
        for _ in range(20):
            self.publish()
            if self.crowd.until(lambda: all(subscriber.seen for subscriber in everybody), PATIENCE):
                self.crowd.quiet()
                return
        raise SystemExit(f"{self.name}: not everybody follows; left: {self.crowd.left[:1]}")

    def round(self, times: int) -> None:
        """Measure so many messages to all, each published when everybody has the one before.

        Numbers may skip a version, which costs nothing and is not counted; everybody must hold the newest at the end.
        """
        before, received, everybody = cpu_seconds(self.pid), self.crowd.received, self.crowd.subscribers.values()
        for _ in range(times):
            wanted = self.crowd.received + len(everybody)
            self.publish()
            self.crowd.until(lambda wanted=wanted: self.crowd.received >= wanted, PATIENCE)
        self.crowd.until(lambda: len({subscriber.last for subscriber in everybody}) == 1, 4 * PATIENCE)
        delivered = self.crowd.received - received
        self.costs.append((cpu_seconds(self.pid) - before) * 1e6 / delivered)
        self.crowd.quiet()
        if len({subscriber.last for subscriber in everybody}) > 1 or self.crowd.left:
            raise SystemExit(f"{self.name}: not everybody has the newest; {len(self.crowd.left)} left")

    @property
    def cost(self) -> float:
        """Microseconds of processor time a message, the median of all rounds."""
        return statistics.median(self.costs)


def by_turns(peers: Sequence[Peer], times: int, rounds: int) -> None:
    """Measure all of them, round by round."""
    for _ in range(rounds):
        for peer in peers:
            peer.round(times)


def report(peers: Sequence[Peer], base: Peer) -> None:
    """Print a line for each, with the ratio to ``base``."""
    for peer in peers:
        spread = f"{min(peer.costs):.1f} to {max(peer.costs):.1f}"
        tell(peer.name, f"{peer.cost:.1f} µs", f"{spread}; {peer.cost / base.cost:.2f} times {base.name}")
    tell("", "", f"{len(base.crowd.subscribers):,} subscribers each; {load()}")


def pinned(core: int, *command: str) -> list[str]:
    """The command, on one processor alone."""
    program = "import os, sys; os.sched_setaffinity(0, {int(sys.argv[1])}); os.execvp(sys.argv[2], sys.argv[2:])"
    return [sys.executable, "-c", program, str(core), *command]


@dataclass
class Told:
    """A server that publishes once for each line it reads."""

    process: subprocess.Popen[str]
    port: int

    def publish(self) -> None:
        """Let it."""
        assert self.process.stdin is not None
        self.process.stdin.write("go\n")
        self.process.stdin.flush()


@contextmanager
def told(*command: str, message: str = "") -> Iterator[Told]:
    """Such a server on its processor while the block lasts; it reads ``message`` first and prints its port."""
    with subprocess.Popen(
        pinned(SERVER_CORE, *command), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(message + "\n")
            process.stdin.flush()
            yield Told(process, int(next(line for line in process.stdout if line.strip().isdigit())))
        finally:
            process.kill()


def need_two_processors() -> None:
    """Raise SystemExit where server and subscribers cannot be apart."""
    if not {SERVER_CORE, CLIENT_CORE} <= os.sched_getaffinity(0):
        raise SystemExit("this needs the first two processors, one for the server and one for its subscribers")

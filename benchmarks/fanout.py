# SPDX-License-Identifier: GPL-3.0-or-later
"""Processor time of one message to one subscriber: our service, and beside it what others need for the same.

An edit is counted in a real PostgreSQL; the service, one process on one processor, tells all who follow its program by
WebSocket or Server-Sent Events, its numbers or its activity. Measured by turns in the same call: the same service with
Strawberry's own ASGI view of the same schema, and graphql-ws on Node with the same payload (where Node is), both of
which execute once a subscriber; and the bound, the same frame encoded before and sent by ``websockets.broadcast``.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Collection
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from benchmarks.crowd import Opening, crowd, prepare
from benchmarks.measures import tell
from benchmarks.rounds import CLIENT_CORE, Peer, by_turns, need_two_processors, report, sent_to, told
from benchmarks.screens import Newsroom, newsroom, postgresql, service, socket, stream

HERE = Path(__file__).parent
SDL = HERE.parent / "graph" / "schema" / "schema.graphql"
FIELDS = {"metrics": "programMetrics", "activity": "programActivity"}
KINDS = tuple(FIELDS)
OURS = "WebSocket"
PEERS = ("stock", "node", "bound")


class Turns:
    """What is measured, and what must be ended afterwards."""

    def __init__(self, stack: ExitStack, subscribers: int) -> None:
        self.stack = stack
        self.subscribers = subscribers
        self.peers: list[Peer] = []

    def add(self, name: str, pid: int, port: int, opening: Opening, publish: Callable[[], object]) -> Peer:
        """Let subscribers in, and wait until all of them follow."""
        everybody = self.stack.enter_context(crowd(port, [opening] * self.subscribers))
        peer = Peer(name, pid, everybody, publish)
        peer.settle()
        self.peers.append(peer)
        return peer

    def ours(self, room: Newsroom) -> None:
        """Our service, over both transports."""
        running = self.stack.enter_context(service(room.url))
        number = 0
        for name, opening in ((OURS, socket), ("SSE", stream)):
            for kind in KINDS:
                self.add(
                    f"{name}, {kind}",
                    running.process.pid,
                    running.port,
                    opening(kind, room.slugs[number]),
                    partial(room.edit, number),
                )
                number += 1

    def stock(self, room: Newsroom) -> None:
        """Strawberry's view."""
        server = self.stack.enter_context(told(sys.executable, "-m", "benchmarks.peers.stock", room.url))
        for number, kind in enumerate(KINDS):
            opening = socket(kind, room.slugs[number])
            self.add(f"stock Strawberry, {kind}", server.process.pid, server.port, opening, partial(room.edit, number))

    def node(self, kind: str, data: dict[str, object]) -> None:
        """graphql-ws on Node, with what we told as the value of the field that is followed."""
        data, found = {FIELDS[kind]: data["entry"]}, node()
        if isinstance(found, Path):
            script = str(HERE / "peers" / "node.mjs")
            server = self.stack.enter_context(told(str(found), script, str(SDL), message=json.dumps(data)))
            opening = socket(kind, "p")
            self.add(f"graphql-ws on Node, {kind}", server.process.pid, server.port, opening, server.publish)
        else:
            tell(f"graphql-ws on Node, {kind}", "skipped", found)

    def bound(self, kind: str, frame: bytes) -> None:
        """The bound: the frame, and nothing that makes it."""
        command = (sys.executable, "-m", "benchmarks.peers.frames", "broadcast")
        server = self.stack.enter_context(told(*command, message=frame.decode()))
        name = f"websockets.broadcast, {kind}"
        self.add(name, server.process.pid, server.port, sent_to("broadcast"), server.publish)


def node() -> Path | str:
    """Where Node is, with what the peer needs; or why not."""
    subprocess.run([HERE / "peers" / "install"], check=True)
    found = shutil.which("node")
    if found is None:
        return "no Node 20 here"
    if not (HERE / "peers" / "node_modules" / ".installed").exists():
        return "its packages cannot be installed"
    return Path(found)


def measure(server_url: str, peers: Collection[str], subscribers: int, times: int, rounds: int) -> None:
    """Let all in, measure by turns, print."""
    with ExitStack() as stack:
        turns = Turns(stack, subscribers)
        turns.ours(stack.enter_context(newsroom(server_url, "ours")))
        if "stock" in peers:
            turns.stock(stack.enter_context(newsroom(server_url, "stock")))
        frames = {kind: sample(ours) for kind, ours in zip(KINDS, turns.peers, strict=False)}
        for kind, frame in frames.items():
            if "node" in peers:
                turns.node(kind, json.loads(frame)["payload"]["data"])
            if "bound" in peers:
                turns.bound(kind, frame)
        by_turns(turns.peers, times, rounds)
        for kind in KINDS:
            mine = [peer for peer in turns.peers if peer.name.endswith(kind)]
            tell(f"{kind}: a frame of {len(frames[kind])} bytes", "")
            report(mine, mine[0])


def sample(peer: Peer) -> bytes:
    """A message as it came."""
    return next(iter(peer.crowd.subscribers.values())).last


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("peer", nargs="*", help="some of " + ", ".join(PEERS))
    parser.add_argument("--subscribers", type=int, default=1_000, help="at each server and kind (1,000)")
    parser.add_argument("--times", type=int, default=10, help="messages a round (10)")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    need_two_processors()
    prepare(CLIENT_CORE)
    with postgresql() as url:
        measure(url, options.peer or PEERS, options.subscribers, options.times, options.rounds)


if __name__ == "__main__":
    main()

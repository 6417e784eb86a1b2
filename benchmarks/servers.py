# SPDX-License-Identifier: GPL-3.0-or-later
"""What it costs servers to send one message, encoded before, to many: what decision 16 rests on.

All are measured in the same call and by turns. granian and wsproto are measured where they are installed
(benchmarks/requirements.txt); the service needs neither.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import sys
from contextlib import ExitStack

from benchmarks.crowd import crowd, prepare
from benchmarks.measures import tell
from benchmarks.peers.frames import KINDS
from benchmarks.rounds import CLIENT_CORE, Peer, by_turns, need_two_processors, report, sent_to, told

MESSAGE = json.dumps({"id": "1", "type": "next", "payload": {"data": {"it": "x" * 180}}}, separators=(",", ":"))
NEEDS = {"wsproto": "wsproto", "granian": "granian", "sse-granian": "granian"}


def measure(kinds: list[str], subscribers: int, times: int, rounds: int) -> None:
    """Measure by turns, then print a line for each."""
    with ExitStack() as stack:
        peers = []
        for kind in kinds:
            server = stack.enter_context(told(sys.executable, "-m", "benchmarks.peers.frames", kind, message=MESSAGE))
            everybody = stack.enter_context(crowd(server.port, [sent_to(kind)] * subscribers))
            peers.append(Peer(kind, server.process.pid, everybody, server.publish))
            peers[-1].settle()
        by_turns(peers, times, rounds)
        report(peers, peers[0])


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kind", nargs="*", help="some of " + ", ".join(KINDS))
    parser.add_argument("--subscribers", type=int, default=1_000, help="at each server (1,000)")
    parser.add_argument("--times", type=int, default=20, help="messages a round (20)")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    need_two_processors()
    kinds = []
    for kind in options.kind or KINDS:
        if kind in NEEDS and importlib.util.find_spec(NEEDS[kind]) is None:
            tell(kind, "skipped", f"{NEEDS[kind]} is not installed: see benchmarks/requirements.txt")
        else:
            kinds.append(kind)
    prepare(CLIENT_CORE)
    measure(kinds, options.subscribers, options.times, options.rounds)


if __name__ == "__main__":
    main()

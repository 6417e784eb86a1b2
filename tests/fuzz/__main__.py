# SPDX-License-Identifier: GPL-3.0-or-later
"""A million random chunkings of random and hostile streams: the decoder must give the events of one chunk,
and hold no more than its limit.

``python -m tests.fuzz`` prints its seed and its progress, ends within ``--seconds``, and with 1 at the first
difference, which it prints with what is needed to see it again.
"""

from __future__ import annotations

import argparse
import itertools
import random
import secrets
import sys
import time
from dataclasses import dataclass

from graph.streams.sse import Decoder, ServerSentEvent

PIECES = [
    *(b"data", b"event", b"id", b"retry", b"other", b":", b": ", b" ", b"12", b"\0", b"\xef\xbb\xbf", b"\xef", b"\xbb"),
    *(b"\n", b"\n", b"\r", b"\r\n", b"\n\n", b"\r\n\r\n", b"\r\r", "é日𝔘".encode(), b"\xff", "\u2028\u0085".encode()),
    *(b"data: a\n\n", b"data: b\r\n\r\n", b"id: 7\ndata\n\n", b"data:\r", b":ok\n\n", b"event: x\n", b"retry: 5\n"),
    *(b"x" * 50, b"data: " + b"y" * 200 + b"\n", b"data\n" * 40, b"z" * 500, b":" + b"c" * 300),
]
LIMIT = 120
CHUNKINGS_A_STREAM = 20


@dataclass(frozen=True)
class Outcome:
    """All that a reader of the decoder can see after a stream."""

    events: list[ServerSentEvent]
    last_event_id: str
    reconnection_ms: int | None
    oversized: int


def decode(chunks: list[bytes]) -> Outcome:
    decoder, events = Decoder(limit=LIMIT), []
    for chunk in chunks:
        events += decoder.feed(chunk)
        held = sum(map(len, decoder._rest)) + sum(map(len, decoder._data))
        assert held <= 2 * LIMIT, f"{held} bytes are held of {chunks!r}"
    return Outcome(events, decoder.last_event_id, decoder.reconnection_ms, decoder.oversized)


def stream(chance: random.Random) -> bytes:
    if chance.random() < 0.05:  # one that goes on and on: a line or an event without an end
        return chance.choice(PIECES) * chance.randrange(60) + b"\n\ndata: b\n\n"
    return b"".join(chance.choices(PIECES, k=chance.randrange(1, 60)))


def cut(data: bytes, chance: random.Random) -> list[bytes]:
    """The stream in pieces: anywhere, byte by byte, or at line ends, with empty chunks among them."""
    way = chance.random()
    if way < 0.05 and len(data) < 1000:
        return [data[i : i + 1] for i in range(len(data))]
    if way < 0.15:
        ends = [i + 1 for i, byte in enumerate(data) if byte in b"\r\n"]
    else:
        ends = [chance.randrange(len(data) + 1) for _ in range(chance.randrange(1, 12))]
    edges = [0, *sorted(ends), len(data)]
    return [data[start:end] for start, end in itertools.pairwise(edges)]


def run(chunkings: int, seconds: float, seed: int) -> int:
    """Try; the exit code."""
    started, done = time.monotonic(), 0
    print(f"seed {seed}: {chunkings:,} chunkings, {seconds:.0f} s at most", flush=True)
    chance = random.Random(seed)
    reported = started
    while done < chunkings and (now := time.monotonic()) - started < seconds:
        if now - reported >= 5:
            reported = now
            print(f"  {done:,} chunkings, {now - started:.0f} s", flush=True)
        data = stream(chance)
        expected = decode([data])
        for _ in range(CHUNKINGS_A_STREAM):
            chunks = cut(data, chance)
            got = decode(chunks)
            done += 1
            if got != expected:
                print(f"seed {seed}, chunking {done}: {chunks!r}\n  in one chunk: {expected}\n  in these: {got}")
                return 1
    print(f"{done:,} chunkings gave the events of one chunk ({time.monotonic() - started:.0f} s, seed {seed})")
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--chunkings", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**9))
    given = parser.parse_args()
    return run(given.chunkings, given.seconds, given.seed)


if __name__ == "__main__":
    sys.exit(main())

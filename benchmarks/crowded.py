# SPDX-License-Identifier: GPL-3.0-or-later
"""Ten thousand screens of one program on one processor: how late the last one is, what each holds, how they come back.

An edit is committed; every screen notes when its socket became readable. Then the service ends and starts again while
edits go on, and all screens come back at once, each from the cursor it had: what each gets must be exactly what it
missed. With ``--dead`` some screens stop reading, and the delay of the others is compared with what it was before.
"""

from __future__ import annotations

import argparse
import array
import random
import sys
from collections import Counter
from collections.abc import Callable
from time import time

from benchmarks.crowd import Crowd, Opening, crowd, prepare
from benchmarks.measures import load, share, tell
from benchmarks.rounds import CLIENT_CORE, need_two_processors, sent_to, told
from benchmarks.screens import Newsroom, Service, newsroom, postgresql, service, socket, stream

OPENINGS = {"websocket": socket, "sse": stream}
BOUNDS = {"websocket": "broadcast", "sse": "sse"}
PATIENCE = 60.0
MISSED = 20
FLOOD = 20
GAP = 0.15  # seconds between two edits to be noted apart
AWAY = (1, 3)  # seconds after which a client comes again
SMALL_BUFFER = 4_096  # of a screen that does not read: what the kernel holds for it is soon full

Open = Callable[[str, str, str | None], Opening]


class Play:
    """One crowd that follows one program."""

    def __init__(self, room: Newsroom, running: Service, everybody: Crowd) -> None:
        self.room = room
        self.running = running
        self.crowd = everybody
        self.lasts: list[float] = []
        self.each = array.array("d")

    def awake(self) -> int:
        """How many read."""
        return len(self.crowd.subscribers) - len(self.crowd.asleep)

    def settle(self) -> None:
        """Edit until everybody has got something: then all follow."""
        waiting = [each for number, each in self.crowd.subscribers.items() if number not in self.crowd.asleep]
        for _ in range(10):
            self.room.edit(0)
            if self.crowd.until(lambda: all(subscriber.seen for subscriber in waiting), 10):
                self.crowd.quiet()
                return
        raise SystemExit(f"not everybody follows; {len(self.crowd.left)} left: {self.crowd.left[:1]}")

    def edit(self) -> None:
        """One edit, and everybody's delay (seconds)."""
        self.crowd.noted = array.array("d")
        wanted = self.crowd.received + self.awake()
        committed = self.room.edit(0)
        if not self.crowd.until(lambda: self.crowd.received >= wanted, PATIENCE):
            raise SystemExit(f"{wanted - self.crowd.received} of {self.awake()} got nothing; {self.crowd.left[:1]}")
        self.lasts.append(self.crowd.last_at - committed)
        self.each.extend(at - committed for at in self.crowd.noted)
        self.crowd.until(lambda: False, GAP)

    def flood(self) -> None:
        """FLOOD edits one after the other, which fill whatever is kept for screens that do not read."""
        wanted = self.crowd.received + self.awake() * FLOOD
        self.room.edit(0, FLOOD)
        if not self.crowd.until(lambda: self.crowd.received >= wanted, PATIENCE):
            raise SystemExit(f"{wanted - self.crowd.received} messages are missing; {self.crowd.left[:1]}")


def measure_all(room: Newsroom, name: str, screens: int, edits: int) -> None:
    """From commit to the last frame, memory, and everybody's return."""
    opening = OPENINGS[name]
    with service(room.url) as running:
        before = running.memory
        with crowd(running.port, [opening("activity", room.slugs[0])] * screens, seconds=240) as everybody:
            play = Play(room, running, everybody)
            play.settle()
            held = (running.memory - before) / screens / 1024
            for _ in range(edits):
                play.edit()
            report(name, play, held)
            frame = next(iter(everybody.subscribers.values())).last
    measure_bound(name, frame, screens, edits)
    come_back(room, name, screens)


def report(name: str, play: Play, held: float) -> None:
    """Print what was measured while all was well."""
    lasts = [last * 1e3 for last in play.lasts]
    screens = f"{len(play.crowd.subscribers):,} screens, {len(lasts)} edits; {load()}"
    tell(f"{name}: commit -> last frame, p50", f"{share(lasts, 0.5):.0f} ms", screens)
    tell(f"{name}: commit -> last frame, p99", f"{share(lasts, 0.99):.0f} ms", f"least {min(lasts):.0f} ms")
    every = [delay * 1e3 for delay in play.each]
    tell(f"{name}: commit -> any frame, p50", f"{share(every, 0.5):.0f} ms", f"p99 {share(every, 0.99):.0f} ms")
    tell(f"{name}: memory a screen", f"{held:.1f} KiB", "of the service's process, the kernel's buffers apart")


def measure_bound(name: str, frame: bytes, screens: int, edits: int) -> None:
    """The same for a server that has the message ready and only sends it: from the word to the last frame."""
    message, lasts = frame.partition(b"data: ")[2] or frame, []
    command = (sys.executable, "-m", "benchmarks.peers.frames", BOUNDS[name])
    with (
        told(*command, message=message.decode()) as server,
        crowd(server.port, [sent_to(BOUNDS[name])] * screens, seconds=240) as everybody,
    ):
        for _ in range(edits):
            wanted, began = everybody.received + screens, time()
            server.publish()
            if not everybody.until(lambda wanted=wanted: everybody.received >= wanted, PATIENCE):
                raise SystemExit(f"{wanted - everybody.received} of {screens} got nothing")
            lasts.append((everybody.last_at - began) * 1e3)
            everybody.until(lambda: False, GAP)
    figures = f"p99 {share(lasts, 0.99):.0f} ms, least {min(lasts):.0f} ms; {load()}"
    tell(f"  bound: {BOUNDS[name]}, word -> last frame, p50", f"{share(lasts, 0.5):.0f} ms", figures)


def come_back(room: Newsroom, name: str, screens: int) -> None:
    """The service is new; MISSED edits were made meanwhile; all screens connect at once with the cursor they had."""
    cursor = room.cursor()
    room.edit(0, MISSED)
    opening = OPENINGS[name]("activity", room.slugs[0], cursor)
    with service(room.url) as running:
        everybody, began = Crowd(running.port), time()
        everybody.join([opening] * screens)
        took = returned(everybody, opening, screens) - began
        everybody.quiet()
        exact = sum(each.seen == MISSED for each in everybody.subscribers.values())
        note = f"{exact:,} of {screens:,} got exactly the {MISSED} edits they missed"
        tell(f"{name}: all back", f"{took:.1f} s", f"{note}; {load()}")
        for reason, count in Counter(everybody.left).most_common(4):
            tell(f"  sent away, and back after {AWAY[0]} to {AWAY[1]} s", f"{count:,}", repr(reason[:80]))
        everybody.close()


def returned(everybody: Crowd, opening: Opening, screens: int) -> float:
    """When the last had what it missed (seconds); whoever is sent away comes again, as clients do."""
    chance, limit = random.Random(1), time() + 2 * PATIENCE
    seen_off, again = 0, list[float]()
    while time() < limit:
        everybody.until(lambda: False, 0.1)
        again += [time() + chance.uniform(*AWAY) for _ in everybody.left[seen_off:]]
        seen_off = len(everybody.left)
        due = sum(at < time() for at in again)
        again = [at for at in again if at >= time()]
        everybody.join([opening] * due)
        if sum(each.seen >= MISSED for each in everybody.subscribers.values()) == screens:
            break
    return everybody.last_at


def measure_dead(room: Newsroom, name: str, screens: int, dead: int, edits: int, minutes: float) -> None:
    """Others' delay and the memory, before and after some stop to read."""
    opening = OPENINGS[name]("activity", room.slugs[1])
    with service(room.url) as running, crowd(running.port, [opening] * screens, buffer=SMALL_BUFFER) as everybody:
        room.editathons[0], room.editathons[1] = room.editathons[1], room.editathons[0]
        play = Play(room, running, everybody)
        play.settle()
        for _ in range(edits):
            play.flood()
            play.edit()
        before, memory = share([*play.each], 0.99), running.memory
        everybody.sleep(dead)
        play.each, play.lasts = array.array("d"), []
        limit, held = time() + minutes * 60, [memory]
        while time() < limit or len(play.lasts) < edits:
            play.flood()
            play.edit()
            held.append(running.memory)
        after = share([*play.each], 0.99)
        tell(f"{name}: others' p99, {dead} of {screens} dead", f"{after / before:.2f}", "times what it was")
        tell("", f"{after * 1e3:.0f} ms", f"before {before * 1e3:.0f} ms; {len(play.lasts)} edits; {load()}")
        half, most, end = (held_then - memory for held_then in (held[len(held) // 2], max(held), held[-1]))
        note = f"{half / 2**20:+.1f} half way, at most {most / 2**20:+.1f}, in {minutes:g} minutes"
        tell(f"{name}: memory", f"{end / 2**20:+.1f} MiB", note)


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("transport", nargs="*", help="websocket, sse (both)")
    parser.add_argument("--screens", type=int, default=10_000, help="of one program (10,000)")
    parser.add_argument("--edits", type=int, default=30, help="that are noted (30)")
    parser.add_argument("--dead", type=int, default=500, help="of --audience screens that stop reading (500)")
    parser.add_argument("--audience", type=int, default=2_000, help="screens of that part (2,000; 0 leaves it out)")
    parser.add_argument("--minutes", type=float, default=0.5, help="for which they do not read (0.5; 10 to be sure)")
    options = parser.parse_args()
    need_two_processors()
    prepare(CLIENT_CORE)
    with postgresql() as url:
        for name in options.transport or OPENINGS:
            with newsroom(url, name) as room:
                if options.screens:
                    measure_all(room, name, options.screens, options.edits)
                if options.audience:
                    measure_dead(room, name, options.audience, options.dead, options.edits, options.minutes)


if __name__ == "__main__":
    main()

# SPDX-License-Identifier: GPL-3.0-or-later
"""The processes in pods as small as Toolforge's: how much they need, how soon they are there and gone.

The web part serves 5,000 screens, half of them over WebSocket and half over Server-Sent Events, in 512 MiB, and is then
told to end with all of them connected; the consumer, with 100,000 enrolled editors, catches up with an outage in
300 MiB. As root each runs in a memory cgroup of that size, with the kernel's part counted in, and would be killed
beyond it; otherwise the most memory the process had is compared. Exits with 1 where something takes more.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import resource
import signal
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep

from benchmarks.crowd import crowd, prepare
from benchmarks.feed import ENROLLED, EVENTS_A_BLOCK, feeding
from benchmarks.ingest import build
from benchmarks.measures import cpu_seconds, load, tell
from benchmarks.rounds import CLIENT_CORE, need_two_processors
from benchmarks.screens import newsroom, postgresql, socket, stream
from graph.db import migrate, pool

MIB = 2**20
WEB_MIB, CONSUMER_MIB = 512, 300
START_SECONDS, END_SECONDS = 5.0, 10.0
PORT = 8765
PATIENCE = 600.0
CGROUPS = (Path("/sys/fs/cgroup/memory"), Path("/sys/fs/cgroup"))
MATCHED = 0.01
CHUNK = 16 * 1024


@dataclass
class Pod:
    """A process and what it may have; ``group`` is its cgroup, where one could be made."""

    process: subprocess.Popen[bytes]
    mib: int
    group: Path | None
    began: float

    @property
    def peak(self) -> float:
        """The most it had, in MiB: all that is charged to its group, or what was in memory of the process."""
        if self.group is not None:
            for name in ("memory.max_usage_in_bytes", "memory.peak"):
                with suppress(OSError):
                    return int((self.group / name).read_text("utf-8")) / MIB
        return self.resident

    @property
    def resident(self) -> float:
        """The most of the process itself, in MiB."""
        status = Path(f"/proc/{self.process.pid}/status").read_text("utf-8")
        return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) / 1024

    def end(self) -> tuple[float, float]:
        """Tell it to end; the seconds it took, and those of a processor."""
        began, worked, others = monotonic(), cpu_seconds(self.process.pid), ended_seconds()
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)
        if self.process.returncode:
            raise SystemExit(f"it ended with {self.process.returncode}")
        return monotonic() - began, ended_seconds() - others - worked


def ended_seconds() -> float:
    """Processor time of all processes that this one started and that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def cgroup(mib: int) -> Path | None:
    """A new memory cgroup with this limit; None where there can be none."""
    for root in CGROUPS:
        group = root / f"programs-graph-{os.getpid()}-{mib}"
        with suppress(OSError):
            group.mkdir()
            limit = next(name for name in ("memory.limit_in_bytes", "memory.max") if (group / name).exists())
            (group / limit).write_text(str(mib * MIB), "utf-8")
            return group
    return None


@contextmanager
def pod(part: str, mib: int, **environment: str) -> Iterator[Pod]:
    """A process of ours with so much memory, while the block lasts."""
    group, environ = cgroup(mib), {"PATH": os.environ["PATH"], "NO_HOME": "1", **environment}
    move = "" if group is None else f"echo $$ > {group}/cgroup.procs && "
    command = ("bash", "-c", f"{move}exec {sys.executable} -m graph {part}")
    process = subprocess.Popen(command, env=environ, stderr=subprocess.DEVNULL)
    try:
        yield Pod(process, mib, group, monotonic())
    finally:
        process.kill()
        process.wait()
        if group is not None:
            group.rmdir()


def judge(what: str, found: float, most: float, unit: str, note: str) -> bool:
    """Print a figure; whether it is more than it may be."""
    tell(what, f"{found:.1f} {unit}", f"at most {most:g}; {note}; {load()}")
    return found > most


def alive(running: Pod) -> float:
    """Wait until it answers; the seconds that took."""
    while monotonic() - running.began < PATIENCE and running.process.poll() is None:
        with suppress(OSError):
            urllib.request.urlopen(f"http://127.0.0.1:{PORT}/healthz", timeout=5).close()
            return monotonic() - running.began
        sleep(0.02)
    raise SystemExit(f"it does not start: {running.process.returncode}")


def web(url: str, screens: int) -> int:
    """The web part with its screens; how many figures are more than they may be."""
    settings = {"GRAPH_DATABASE_URL": "", "GRAPH_PORT": str(PORT), "GRAPH_MAX_STREAMS": str(2 * screens)}
    with newsroom(url, "pod") as room, pod("serve", WEB_MIB, **{**settings, "GRAPH_DATABASE_URL": room.url}) as running:
        took, worked = alive(running), cpu_seconds(running.process.pid)
        beyond = judge("web: start", took, START_SECONDS, "s", f"{worked:.1f} s of a processor")
        openings = [opening("activity", room.slugs[0]) for opening in (socket, stream)] * (screens // 2)
        with crowd(PORT, openings, seconds=PATIENCE) as everybody:
            for _ in range(20):
                wanted = everybody.received + screens
                room.edit(0)
                everybody.until(lambda wanted=wanted: everybody.received >= wanted, 60)
            if everybody.left or not all(each.seen for each in everybody.subscribers.values()):
                raise SystemExit(f"not everybody follows; {everybody.left[:1]}")
            note = f"{screens:,} screens, {everybody.received:,} messages; the process alone {running.resident:.0f} MiB"
            beyond += judge("web: memory", running.peak, WEB_MIB, "MiB", note)
            took, worked = running.end()
            beyond += judge("web: end, everybody connected", took, END_SECONDS, "s", f"{worked:.1f} s of a processor")
    return beyond


async def enrolled(url: str) -> None:
    """Fill a database with editors."""
    await migrate.migrate(url)
    conn = await pool.connect_alone(url, patient=True)
    await build(conn, ENROLLED)
    await conn.close()


async def stored(url: str) -> int:
    """How many edits are stored."""
    conn = await pool.connect_alone(url)
    found = await conn.fetchval("SELECT count(*) FROM edit")
    await conn.close()
    return int(found)


def consumer(url: str, blocks: int) -> int:
    """The consumer that catches up; how many figures are more than they may be."""
    asyncio.run(enrolled(url))
    with feeding(MATCHED, CHUNK, range(blocks)) as address, tempfile.TemporaryDirectory() as folder:
        chosen = {"GRAPH_DATABASE_URL": url, "GRAPH_STREAM_URL": address, "GRAPH_RUN_DIR": folder}
        with pod("consume", CONSUMER_MIB, **chosen) as running:
            wanted, limit = blocks * EVENTS_A_BLOCK * MATCHED, monotonic() + PATIENCE
            while asyncio.run(stored(url)) < wanted:
                if monotonic() > limit or running.process.poll() is not None:
                    raise SystemExit(f"it does not catch up: {running.process.returncode}")
                sleep(0.1)
            note = f"{ENROLLED:,} enrolled, {blocks * EVENTS_A_BLOCK:,} events; alone {running.resident:.0f} MiB"
            beyond = judge("consumer: memory", running.peak, CONSUMER_MIB, "MiB", note)
            took, worked = running.end()
            beyond += judge("consumer: end", took, END_SECONDS, "s", f"{worked:.1f} s of a processor")
    return beyond


def main() -> int:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--screens", type=int, default=5_000, help="of the web part (5,000)")
    parser.add_argument("--blocks", type=int, default=60, help=f"of {EVENTS_A_BLOCK:,} events for the consumer (60)")
    options = parser.parse_args()
    need_two_processors()
    prepare(CLIENT_CORE)
    with postgresql() as url:
        beyond = web(url, options.screens) + consumer(url, options.blocks)
    return 1 if beyond else 0


if __name__ == "__main__":
    sys.exit(main())

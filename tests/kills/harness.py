# SPDX-License-Identifier: GPL-3.0-or-later
"""The kill harness: a consumer that is killed again and again while everything else goes wrong, and then the count.

The stand-in for Wikimedia runs in this process, the consumer in another, PostgreSQL in its own. The consumer is killed
(SIGKILL) at places in the log, at moments, and at named points of its transaction; PostgreSQL crashes in between; what
happens on the wikis goes on all the while, also while nobody listens.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import msgspec

from graph.db import progress
from graph.db.pool import LOST, connect, connect_alone
from graph.simulator.app import create_app
from graph.simulator.canaries import emit_canaries
from graph.simulator.faults import Faults
from graph.simulator.server import running
from graph.simulator.stream import StreamEndpoint
from graph.simulator.truth import truth
from graph.streams.positions import TOPICS
from tests.db.world import World
from tests.kills.designs import RIGHT
from tests.kills.plan import Plan
from tests.kills.points import POINTS, Fate
from tests.kills.scenario import Scenario, set_up
from tests.kills.server import Server
from tests.kills.truth import TrueWorld
from tests.kills.verdict import Verdict, judge

ROOT = Path(__file__).parents[2]
CANARIES_APART_MS = 30_000
HOUR_MS = 3600 * 1000
FATE_SECONDS = 3.0  # how long to wait for a death at a named point
CATCH_UP_SECONDS = 60.0

Say = Callable[[str], None]


def _silent(_line: str) -> None:
    """Say nothing."""


class HarnessFailed(AssertionError):
    """The consumer died by itself, or never caught up."""


class Victim:
    """The process that starts and kills consumers; see ``consumer_process``."""

    def __init__(self, process: asyncio.subprocess.Process, errors: Path) -> None:
        self._process = process
        self._errors = errors

    async def start(self, fate: Fate | None) -> None:
        """Begin a life."""
        await self._order({"start": fate})

    async def end(self, seconds: float) -> bool:
        """Kill it, after so many seconds in which it may die of its fate; gives whether it did."""
        answer = await self._order({"end": seconds})
        if answer["status"] != -signal.SIGKILL:
            raise HarnessFailed(f"the consumer ended by itself ({answer['status']}): {self._told()}")
        return bool(answer["fate"])

    async def _order(self, order: dict[str, Any]) -> Any:
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        stdin.write(msgspec.json.encode(order) + b"\n")
        await stdin.drain()
        line = await stdout.readline()
        if not line:
            raise HarnessFailed(f"the consumer's parent ended: {self._told()}")
        return msgspec.json.decode(line)

    def _told(self) -> str:
        return self._errors.read_text("utf-8", "replace")[-3000:]


@asynccontextmanager
async def victim(*arguments: str, errors: Path) -> AsyncIterator[Victim]:
    """The process in a group of its own, of which nothing is left when the block ends."""
    with errors.open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tests.kills.consumer_process",
            *arguments,
            cwd=ROOT,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=log,
            start_new_session=True,
        )
    try:
        yield Victim(process, errors)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


class Ordeal:
    """One run: the lives of the consumer, one after another."""

    def __init__(self, scenario: Scenario, server: Server, streams: StreamEndpoint, victim: Victim, say: Say) -> None:
        self._scenario = scenario
        self._plan = scenario.plan
        # What the harness does must not move what the wikis do.
        self._chances = random.Random(scenario.chances.random())
        self._server = server
        self._streams = streams
        self._victim = victim
        self._say = say
        self.times: Counter[str] = Counter()

    async def lives(self) -> None:
        """Live and die as often as planned; in the end everything has happened on the wikis."""
        scenario, plan = self._scenario, self._plan
        for life in range(plan.kills):
            last = plan.edits * (life + 1) // plan.kills
            fate = self._fate(life, last - scenario.edits)
            await self._write(last - int((last - scenario.edits) * self._share_awake(fate)), awake=False)
            await self._victim.start(fate)
            how = await (self._die_at_point(last) if fate else self._die_somewhere(life, last))
            self.times["kills"] += 1
            self._say(f"kill {life + 1}/{plan.kills} {how}; {scenario.edits} edits, {self._streams.served} connections")
            if life == 0 or self._chances.random() < 0.3:
                # Nobody listens, and the topics of the other datacenter may not have been heard of yet.
                scenario.wikimedia.log.switch_datacenter()
                self.times["switches"] += 1
            # Only now: a canary would have told of the other datacenter's topics.
            scenario.canaries_apart(HOUR_MS)

    def _fate(self, life: int, edits: int) -> Fate | None:
        if life % 2 == 0:
            return None
        first = life <= 3
        nth = 1 if first else self._chances.randint(1, 3)
        return Fate(POINTS[life // 2 % len(POINTS)], nth, max(1, edits // 10))

    def _share_awake(self, fate: Fate | None) -> float:
        """How much of a life's edits happen while it lives; a death in a big batch needs a backlog."""
        return 0.2 if fate else self._chances.uniform(0.6, 0.95)

    async def _write(self, until: int, *, awake: bool) -> None:
        while self._scenario.edits < until:
            self._scenario.neighbours()
            await asyncio.sleep(self._chances.uniform(0, 0.004) if awake else 0)

    async def _die_at_point(self, last: int) -> str:
        await self._write(last, awake=True)
        if await self._victim.end(FATE_SECONDS):
            self.times["in_transaction"] += 1
            return "at its point"
        return "without reaching its point"

    async def _die_somewhere(self, life: int, last: int) -> str:
        how = "at a place in the log"
        if self._chances.random() < 0.9:
            await self._connected()
        if self._plan.restart_at(life):
            how = "after PostgreSQL crashed"
            await asyncio.gather(asyncio.to_thread(self._server.restart), self._write(last, awake=True))
            self.times["restarts"] += 1
            await asyncio.sleep(self._chances.uniform(0, 0.5))
        else:
            await self._write(self._chances.randint(self._scenario.edits, last), awake=True)
            if self._chances.random() < 0.5:
                how = "at a moment"
                await asyncio.sleep(self._chances.uniform(0, 0.15))
        await self._victim.end(0)
        await self._write(last, awake=False)
        return how

    async def _connected(self) -> None:
        before = self._streams.served
        with suppress(TimeoutError):
            async with asyncio.timeout(3):
                while self._streams.served == before:
                    await asyncio.sleep(0.002)

    async def catch_up(self, dsn: str) -> None:
        """A last life, which ends when everything that is in the log has been counted."""
        log, clock = self._scenario.wikimedia.log, self._scenario.clock
        log.jitter = 0
        log.canary_interval = None
        await self._victim.start(None)
        deadline = time.monotonic() + CATCH_UP_SECONDS
        rounds: list[int] = []
        while time.monotonic() < deadline:
            # Where every topic's second canary has been seen, all that stands before it has been too, also what
            # came after its neighbour.
            clock.now += CANARIES_APART_MS
            emit_canaries(log)
            rounds.append(clock.now)
            await asyncio.sleep(0.15)
            reached = await _checkpoint(dsn)
            if len(rounds) > 1 and min(reached.get(topic, 0) for topic in TOPICS) >= rounds[1]:
                await self._victim.end(0)
                return
        raise HarnessFailed(f"the consumer has not caught up: {reached}, not {rounds[1]}")


async def _checkpoint(dsn: str) -> dict[str, int]:
    with suppress(*LOST):
        conn = await connect_alone(dsn)
        try:
            return await progress.checkpoint(conn) or {}
        finally:
            await conn.close()
    return {}


async def run(
    server: Server, folder: Path, plan: Plan, *, seed: int, design: str = RIGHT, say: Say = _silent
) -> Verdict:
    """Put ``design`` through ``plan`` on a new database; ``folder`` takes what the processes say.

    Raises HarnessFailed, and TimeoutError after the plan's seconds.
    """
    began = time.monotonic()
    scenario = Scenario(plan, seed)
    async with asyncio.timeout(plan.seconds):
        dsn = await server.new_database()
        report, errors = folder / f"{dsn.rpartition('/')[2].partition('?')[0]}.report", folder / "errors.log"
        report.touch()
        world, editors = await _prepare(dsn, scenario)
        app = create_app(scenario.wikimedia, Faults(seed=seed, **_own(plan.faults)))
        async with (
            running(app) as base,
            victim(dsn, base, str(report), design, errors=errors) as killed,
        ):
            ordeal = Ordeal(scenario, server, app.state.streams, killed, say)
            await ordeal.lives()
            await ordeal.catch_up(dsn)
        verdict = await _judge(dsn, TrueWorld(world.naive, truth(scenario.wikimedia), editors))
    verdict.went_through |= {
        "edits": scenario.edits,
        **{name: ordeal.times[name] for name in ("kills", "in_transaction", "restarts", "switches")},
        "breaks": app.state.streams.served - plan.kills,
        "duplicates": _repeats(report),
        "seconds": round(time.monotonic() - began, 1),
        "seed": seed,
    }
    return verdict


async def _judge(dsn: str, true: TrueWorld) -> Verdict:
    conn = await connect_alone(dsn)
    try:
        verdict = await judge(conn, true)
        verdict.went_through["garbage"] = await conn.fetchval("SELECT sum(times)::bigint FROM rejected_event") or 0
    finally:
        await conn.close()
    return verdict


def _own(faults: Any) -> dict[str, Any]:
    """The faults with lists of their own: the stand-in empties them."""
    return {name: list(value) if isinstance(value, list) else value for name, value in faults.items()}


async def _prepare(dsn: str, scenario: Scenario) -> tuple[World, dict[int, int]]:
    pool = await connect(dsn, largest=2)
    try:
        world = World(pool)
        editors = await set_up(world, scenario)
        async with pool.acquire() as conn:
            # As if a consumer had been at work before: one that never was begins with the present.
            heard = {topic: scenario.start for topic in TOPICS if topic.startswith("eqiad.")}
            await progress.save_checkpoint(conn, heard, None)
        return world, editors
    finally:
        await pool.close()


def _repeats(report: Path) -> int:
    told = [line.split() for line in report.read_text("utf-8").splitlines()]
    return sum(int(words[1]) for words in told if words[0] == "repeated")

# SPDX-License-Identifier: GPL-3.0-or-later
"""A worker that is killed at each step of a re-evaluation, again and again, while live edits go on being counted."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from graph.db.pool import Pool
from tests.db.world import END, MINUTE, NOON, START, World
from tests.kills.reassessing_process import A_FEW
from tests.properties.histories import Event, Wikis
from tests.properties.interludes import in_small_steps, reassess
from tests.properties.stage import tell

ROOT = Path(__file__).parents[2]
PAGES = 12
STEPS = 36  # about as many transactions as a re-evaluation of this size has
MOST = 8  # batches during one


class Workers:
    """Starts workers, each of which is killed; see ``reassessing_process``."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def killed_before(self, transaction: int) -> bool:
        """Whether a worker was killed before this transaction; else it had fewer, and has done its work."""
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        stdin.write(b"%d\n" % transaction)
        await stdin.drain()
        status = int(await stdout.readline())
        assert status in (0, -signal.SIGKILL)
        return status != 0


@asynccontextmanager
async def workers(url: str) -> AsyncIterator[Workers]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.kills.reassessing_process",
        url,
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    try:
        yield Workers(process)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


class Life:
    """What two editors and others do on a few pages, without end."""

    def __init__(self, world: World, editors: list[int]) -> None:
        self._world = world
        self._wikis = Wikis()
        self._chances = random.Random(1)
        self._editors = editors
        self.pages = self._wikis.pages
        self.batches = 0

    async def begin(self) -> None:
        """Each page is created, and edited a little."""
        await tell(
            self._world, [self._wikis.create(self._editors[n % 2], "enwiki", 0, 50, False) for n in range(PAGES)]
        )
        for _ in range(20):
            await self.go_on()

    async def go_on(self) -> None:
        """One batch, live."""
        self.batches += 1
        happened = [self._save(), self._save(), self._save(), self._chances.choice(self._others)()]
        await tell(self._world, [event for event in happened if event is not None])

    def _pick(self) -> int:
        return self._chances.randrange(PAGES)

    def _save(self) -> Event | None:
        return self._wikis.save(self._chances.choice(self._editors), self._pick(), self._chances.randint(-50, 90))

    @property
    def _others(self) -> list[Callable[[], Event | None]]:
        wikis, chances = self._wikis, self._chances
        return [
            lambda: wikis.delete_or_restore(self._pick(), 0),
            lambda: wikis.move(self._pick(), chances.choice((0, 2))),
            lambda: wikis.show(self._pick(), self._pick(), chances.random() < 0.5, True, True),
            lambda: wikis.tag(self._pick(), self._pick(), chances.random() < 0.5),
        ]

    @asynccontextmanager
    async def going_on(self) -> AsyncIterator[None]:
        """Some live batches, one after another, while the block runs."""
        resting = asyncio.Event()

        async def go_on() -> None:
            for _ in range(MOST):
                if not resting.is_set():
                    await self.go_on()

        task = asyncio.create_task(go_on())
        try:
            yield
        finally:
            resting.set()
            await task


async def test_a_worker_killed_at_any_step_leaves_numbers_that_the_next_one_puts_right(
    pool: Pool, database_url: str
) -> None:
    world = World(pool)
    ann, bob = await world.editor(registered=NOON), await world.editor()
    first = await world.program(ann, bob)
    second = await world.program(ann, wikis={"enwiki": {0, 2}})
    await world.session(first, NOON, NOON + MINUTE, bob)
    await world.campaign(first, second, organization=await world.organization())
    life, killed = Life(world, [ann, bob]), 0
    await life.begin()
    with in_small_steps(A_FEW):
        async with workers(database_url) as fatal:
            for step in range(STEPS):
                # What is saved meanwhile is later than either start: an edit outside of every window is not stored.
                await world.move_window(first, [START, NOON + 10 * MINUTE][step % 2], END)
                if step % 3 == 0:
                    await world.exclude(second, "enwiki", life.pages[step % PAGES].number)
                async with life.going_on():
                    was_killed = await fatal.killed_before(step)
                killed += was_killed
                if step % 8 == 7:
                    await reassess(pool)
                    await world.agree()
                if not was_killed:
                    break
        await reassess(pool)
    await world.agree()
    assert killed >= 8
    assert life.batches > 20 + killed

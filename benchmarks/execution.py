# SPDX-License-Identifier: GPL-3.0-or-later
"""What executing the queries of ``nested`` costs without the database: ours beside graphql-core with Strawberry.

Both run the same resolvers on the same schema. What the database answers is read once and told again each time: only
executing is measured, as processor time of the process, by turns, medians. Encoding the answer is told apart.

A profile then parts what executing itself takes (graphql-core, Strawberry, what stands in for them, tasks) from what
the resolvers take, which make objects of rows and are the same for both.
"""

from __future__ import annotations

import argparse
import cProfile
import gc
import pstats
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import uvloop
from graphql import parse

from benchmarks.measures import load, share, tell
from benchmarks.nested import NOW, OURS
from graph.broker import Broker
from graph.db import embedded
from graph.db.generating import Sizes, generate
from graph.db.pool import connect
from graph.resolvers.deps import Deps
from graph.resolvers.identity import ANONYMOUS
from graph.schema.context import Context
from graph.schema.engine import Engine
from graph.schema.masking import Masking
from graph.schema.root import schema

# Where executing itself is done: everything but resolvers, loaders and what they read.
EXECUTING = (
    "/graphql/", "/strawberry/", "/asyncio/", "/schema/quick.py", "/schema/columns.py", "/schema/stepping.py",
    "/schema/batches.py", "/schema/engine.py",
)  # fmt: skip


class Nobody:
    """A directory of accounts that knows nobody."""

    async def look_up(self, usernames: Any, *_: Any) -> dict[str, Any]:
        """Nobody."""
        return dict.fromkeys(usernames)


class Told:
    """A pool that asks the database once for each statement and tells the same again."""

    def __init__(self, pool: Any) -> None:
        self._pool = pool
        self._known: dict[str, Any] = {}

    async def fetch(self, statement: str, *values: Any) -> Any:
        """What the database answers, or answered."""
        key = f"{statement}{values}"
        if key not in self._known:
            self._known[key] = await self._pool.fetch(statement, *values)
        return self._known[key]

    @asynccontextmanager
    async def acquire(self) -> AsyncIterator[Told]:
        """Itself."""
        yield self


class Usual(Engine):
    """The engine with Strawberry's own executor."""

    def __init__(self) -> None:
        super().__init__(schema, Masking())
        self._execution = schema.execution_context_class


async def profiled(engine: Engine, tree: Any, deps: Deps, times: int) -> tuple[float, float]:
    """Milliseconds of one execution under the profiler: executing itself, and all."""
    profile = cProfile.Profile()
    profile.enable()
    for _ in range(times):
        execution = engine.build(tree, Context(deps, ANONYMOUS), {})
        assert not isinstance(execution, list)
        await engine.execute(execution)
    profile.disable()
    found = pstats.Stats(profile).stats.items()  # type: ignore[attr-defined]
    own = sum(each[2] for (file, *_), each in found if any(part in file for part in EXECUTING))
    return own / times * 1e3, sum(each[2] for _, each in found) / times * 1e3


async def measure(pool: Any, times: int) -> None:
    """Each query by both, by turns."""
    deps = Deps(Told(pool), Broker(), lambda: NOW, "https://graph.example", Nobody(), "1")  # type: ignore[arg-type]
    engines = {"graphql-core": Usual(), "ours": Engine(schema, Masking())}
    for part, query in OURS.items():
        tree = parse(query)
        taken: dict[str, list[float]] = {name: [] for name in engines}
        answers: dict[str, Any] = {}
        for n in range(-3, times):
            for name, engine in engines.items():
                began = time.process_time()
                execution = engine.build(tree, Context(deps, ANONYMOUS), {})
                assert not isinstance(execution, list)
                answers[name] = await engine.execute(execution)
                if n >= 0:
                    taken[name].append(time.process_time() - began)
            gc.collect()
        assert answers["ours"] == answers["graphql-core"]
        began = time.process_time()
        for _ in range(times):
            msgspec.json.encode(answers["ours"])
        encoding = (time.process_time() - began) / times
        medians = {name: share(values, 0.5) for name, values in taken.items()}
        for name, median in medians.items():
            tell(f"({part}) executing, {name}", f"{median * 1e3:.2f} ms")
        tell(f"({part}) ours to graphql-core", f"{medians['ours'] / medians['graphql-core']:.3f} x")
        tell(f"({part}) encoding", f"{encoding * 1e3:.2f} ms")
        own = {name: await profiled(engine, tree, deps, times) for name, engine in engines.items()}
        for name, (executing, everything) in own.items():
            tell(f"({part}) profiled, {name}", f"{executing:.2f} ms", f"of {everything:.2f} ms")
        tell(f"({part}) executing itself", f"{own['ours'][0] / own['graphql-core'][0]:.3f} x")


async def run(options: argparse.Namespace) -> None:
    """Everything."""
    print(f"== {load()}", flush=True)
    if options.url:
        pool = await connect(options.url)
        await measure(pool, options.times)
        await pool.close()
        return
    with (
        tempfile.TemporaryDirectory(prefix="graph-execution-") as folder,
        embedded.start(Path(folder), {}) as server,
    ):
        await generate(server.url, Sizes(options.programs, 2_000, 30_000), NOW, 1, lambda _: None)
        pool = await connect(server.url)
        try:
            await measure(pool, options.times)
        finally:
            await pool.close()


def main() -> None:
    """Run what the command line says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", help="a database that generate filled, instead of a new one")
    parser.add_argument("--programs", type=int, default=120)
    parser.add_argument("--times", type=int, default=40, help="executions of each")
    uvloop.run(run(parser.parse_args()))


if __name__ == "__main__":
    main()

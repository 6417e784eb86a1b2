# SPDX-License-Identifier: GPL-3.0-or-later
"""Deciding a million counted edits anew while live edits go on.

Starts a PostgreSQL of its own, fills one program of a campaign of an organization with stored edits, counts them from
nothing, and then moves the program's end: first so that a tenth of the edits count no more, then so that none does,
then back. Each time every edit is decided anew and the tallies of all three collections are built and switched, while
another connection counts live edits of other programs and of this one all the time, ten times a second. The bound is
one statement that reads the same facts and groups them by page: no re-evaluation can be quicker than reading.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import uvloop

from benchmarks.ingest import END, START, Editathon, build
from benchmarks.measures import Stopwatch, load, share, tell
from graph.db import cohorts, embedded, ledger, migrate, pool, reassessing, recounting
from graph.db.pool import Connection, Pool
from graph.db.sets import intern
from graph.edits import Batch
from graph.programs import CollectionKind
from graph.streams.ingest import ingest

LIVE_SECONDS = 0.1  # between two live batches
LIVE_EDITS = 10
EDITORS = 1_000

_PROGRAM = """
INSERT INTO program (id, slug, title, institution, tracking_start, tracking_end, home_wiki_id, passcode_policy,
                     invitation)
VALUES ($1, 'large', 'Large', 'I', $2, $3, 1, 'NONE', 'large')
"""
_EDITORS = """
INSERT INTO editor (central_id, username) SELECT 1000000 + n, 'Writer ' || n FROM generate_series(1, $1::int) AS n
RETURNING id
"""
# Two edits in three are to a page that was edited before; one page in five is a user's own.
_PAGES = """
INSERT INTO page (wiki_id, page_id, namespace, title, as_of)
SELECT (SELECT id FROM wiki WHERE dbname = 'enwiki'), 10000000 + n, n % 10 / 8 * 2, 'Page ' || n, $2
FROM generate_series(1, $1::int) AS n
"""
_EDITS = """
INSERT INTO edit (wiki_id, revision_id, page_key, editor_id, at, byte_change, set_id, created, summary)
SELECT p.wiki_id, 100000000 + n, p.id, $2::bigint + n % $3::int, $4::timestamptz + n * $5::interval / $1::int,
       n % 1000 - 100, $6, n % 15 = 0, 'added two sources'
FROM generate_series(1, $1::int) AS n JOIN page p ON p.page_id = 10000000 + 1 + n % ($1::int / 3)
"""
_READ = """
SELECT count(*), sum(edits) FROM (SELECT e.page_key, count(*) AS edits, sum(e.byte_change) FROM edit e
JOIN page p ON p.id = e.page_key GROUP BY 1) g
"""


@dataclass
class Live:
    """Live edits, counted all the time; how long those of each tenth of a second took from arrival to commit."""

    conn: Connection
    editathon: Editathon
    laps: list[float] = field(default_factory=list)
    counted: int = 0

    async def run(self) -> None:
        """Until cancelled. As in the consumer, what arrives while a batch waits is all in the next one."""
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            await asyncio.sleep(max(0.0, due - loop.time()))
            arrived = [due]
            while arrived[-1] + LIVE_SECONDS <= loop.time():
                arrived.append(arrived[-1] + LIVE_SECONDS)
            edits = self.editathon.edits(LIVE_EDITS * len(arrived))
            batch = Batch(edits=edits, checkpoint={"x": self.editathon.revision})
            self.counted += (await ingest(self.conn, batch)).new
            self.laps += [loop.time() - each for each in arrived]
            due = arrived[-1] + LIVE_SECONDS


async def fill(conn: Connection, edits: int) -> int:
    """A program with so many stored edits that count for it and are in no tally yet; its number."""
    others = await build(conn)
    async with conn.transaction():
        await ledger.lock(conn)
        program = await ledger.create_collection(conn, CollectionKind.PROGRAM)
        await conn.execute(_PROGRAM, program, START, END)
        await conn.execute("INSERT INTO program_wiki SELECT $1, id, '{0}' FROM wiki WHERE dbname = 'enwiki'", program)
        await conn.execute(
            "INSERT INTO campaign_program (campaign_id, program_id) SELECT id, $1 FROM campaign", program
        )
        writers = [row["id"] for row in await conn.fetch(_EDITORS, EDITORS)]
        await conn.executemany(
            "INSERT INTO enrollment (program_id, editor_id, role) VALUES ($1, $2, 'EDITOR')",
            [(program, editor) for editor in [*writers, *others[:100]]],
        )
        await cohorts.enroll(conn, program, [*writers, *others[:100]])
        number = (await intern(conn, [(program,)]))[(program,)]
        await conn.execute(_PAGES, edits // 3 + 1, START, timeout=600)
        span = END - START - timedelta(days=1)
        await conn.execute(_EDITS, edits, writers[0], EDITORS, START, span, number, timeout=600)
    await conn.execute("VACUUM ANALYZE", timeout=600)
    return program


async def change(conn: Connection, program: int, end: object) -> None:
    """The mutation: a rule is written, and the rest left to the worker."""
    async with conn.transaction():
        await ledger.lock(conn)
        await conn.execute("UPDATE program SET tracking_end = $2 WHERE id = $1", program, end)
        await cohorts.reassess_program(conn, program)
        await ledger.announce(conn)


async def measured(database: Pool, conn: Connection, program: int, live: Live, end: object, what: str) -> None:
    """Change the end, decide everything anew, and print how long it took and how long live edits waited."""
    await change(conn, program, end)
    watch, first = Stopwatch(), len(live.laps)
    with watch.lap():
        done = await reassessing.reassess(database)
    laps = live.laps[first:]
    tell(what, f"{watch.laps[0]:.1f} s", f"{done.moved:,} edits moved, {done.collections} collections; {load()}")
    tell("  live edits meanwhile, p50", f"{share(laps, 0.5) * 1e3:.0f} ms", f"{len(laps)} times")
    tell("  live edits meanwhile, p99 and longest", f"{share(laps, 0.99) * 1e3:.0f} ms", f"{max(laps) * 1e3:.0f} ms")


async def measure(url: str, edits: int) -> None:
    """Fill a ledger and print the figures."""
    await migrate.migrate(url)
    conn, database = await pool.connect_alone(url, patient=True), await pool.connect(url, largest=4)
    program = await fill(conn, edits)
    collections, watch = await recounting.all_collections(conn), Stopwatch()
    with watch.lap():
        await recounting.rebuild(database, collections)
    tell("counted from nothing, all collections", f"{watch.laps[0]:.1f} s", f"{edits:,} edits; {load()}")
    reading = Stopwatch()
    for _ in range(3):
        with reading.lap():
            await conn.fetch(_READ)
    live = Live(await pool.connect_alone(url), Editathon(await _editors(conn)))
    task = asyncio.create_task(live.run())
    await asyncio.sleep(3)
    tell("live edits before, p99", f"{share(live.laps, 0.99) * 1e3:.0f} ms", f"{len(live.laps)} times")
    tenth, whole = START + (END - START) * 0.9, Stopwatch()
    await measured(database, conn, program, live, tenth, "a tenth of the edits count no more")
    with whole.lap():
        await measured(database, conn, program, live, START, "no edit counts any more")
    await measured(database, conn, program, live, END, "all of them count again")
    task.cancel()
    tell("bound: reading and grouping the facts", f"{share(reading.laps, 0.5):.1f} s")
    tell("ratio of the second change to the bound", f"{whole.laps[0] / share(reading.laps, 0.5):.0f}")
    wrong = await recounting.check(conn, collections)
    tell("differences between the tallies and the facts", f"{len(wrong)}", f"{live.counted:,} live edits counted")
    await live.conn.close()
    await conn.close()
    await database.close()


async def _editors(conn: Connection) -> list[int]:
    return [row["id"] for row in await conn.fetch("SELECT id FROM editor WHERE central_id <= 3000 ORDER BY id")]


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--edits", type=int, default=1_000_000, help="how many edits to decide anew (1,000,000)")
    arguments = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="recount") as folder,
        embedded.start(Path(folder)) as server,
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        runner.run(measure(server.url, arguments.edits))


if __name__ == "__main__":
    main()

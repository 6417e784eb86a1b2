# SPDX-License-Identifier: GPL-3.0-or-later
"""What 500,000 scoped pages cost: a refresh that finds no change, a re-evaluation, and the matching of live edits.

Starts a PostgreSQL of its own with two ledgers of the same programs, editors and edits: in one nothing is scoped, in
the other every program is, and its scopes have all pages that are edited, three in four by their numbers, the rest by
their titles. Live edits are counted in rounds that alternate between the two. The stored edits of one large program
are all taken back and counted again, in the one by moving its window, in the other by a scope that is read empty and
then full. The bound of a reading is a bare COPY of its pages.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
from collections.abc import AsyncGenerator, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import uvloop

from benchmarks.ingest import BATCH, END, PROGRAMS, ROUND, START, Editathon
from benchmarks.measures import Stopwatch, cpu_seconds, load, share, tell
from benchmarks.recount import change, fill
from graph.db import cohorts, embedded, ledger, migrate, pool, reassessing, recounting, scopes
from graph.db.pool import Connection, Pool
from graph.db.snapshots import snapshots
from graph.edits import Batch as LiveBatch
from graph.programs import ScopeKind
from graph.scopes import Source
from graph.streams.ingest import ingest
from graph.wikimedia.scopes.reading import Batch, Reading, ScopedPage
from graph.wikis import wiki

LARGE_PAGES, SMALL_PAGES = 200_000, 10_000  # of the large program, and of each of the others
ANSWER = 500  # pages in an answer of the wikis
TOGETHER = 2_000  # as the worker puts aside
TIMES = 3
_FIRST_LARGE = 10_000_000


@dataclass
class Ledger:
    """One of the two, filled. ``large`` is the program whose edits are decided anew, ``scope`` its scope if any."""

    database: Pool
    conn: Connection
    large: int
    editathon: Editathon
    scope: int = 0
    counted: Stopwatch = field(default_factory=Stopwatch)
    server: float = 0  # processor seconds of the database's process

    async def round(self) -> None:
        """ROUND batches of live edits."""
        pid = self.conn.get_server_pid()
        before = cpu_seconds(pid)
        for _ in range(ROUND):
            edits = self.editathon.edits(BATCH)
            with self.counted.lap():
                await ingest(self.conn, LiveBatch(edits=edits, checkpoint={"x": self.editathon.revision}))
        self.server += cpu_seconds(pid) - before


def large_pages() -> Iterator[ScopedPage]:
    """Those of the large program: every one with stored edits, and as many more as it takes."""
    for number in range(1, LARGE_PAGES + 1):
        yield ScopedPage(_FIRST_LARGE + number, number % 10 // 8 * 2, f"Page {number}")


def small_pages() -> Iterator[ScopedPage]:
    """Those of each other program, all of which live edits touch."""
    for page in range(1, SMALL_PAGES + 1):
        yield ScopedPage(page if page % 4 else None, page % 10 // 8 * 2, f"Page {page}")


def reading(pages: Iterator[ScopedPage]) -> Reading:
    """The pages as they come from a wiki."""

    async def batches() -> AsyncGenerator[Batch, None]:
        while some := list(islice(pages, ANSWER)):
            yield Batch(some)

    return Reading(batches())


async def put_aside(conn: Connection, scope: int, pages: Iterator[ScopedPage]) -> str:
    """Read a scope up to the point where it is known what was found; gives its digest."""
    found, gathered = reading(pages), list[ScopedPage]()
    await scopes.begin(conn, scope)
    stored = await scopes.get(conn, scope)
    assert stored is not None
    async for some in found:
        gathered += some
        if len(gathered) >= TOGETHER:
            await scopes.took(conn, scope, stored.wiki_id, gathered)
            gathered = []
    await scopes.took(conn, scope, stored.wiki_id, gathered)
    return found.digest


async def prepare(url: str, name: str, edits: int) -> Ledger:
    """A database with the programs and stored edits of benchmarks.recount, all of them counted."""
    conn = await pool.connect_alone(url)
    await conn.execute(f"CREATE DATABASE {name}")
    await conn.close()
    url = url.replace("/postgres?", f"/{name}?")
    await migrate.migrate(url)
    conn = await pool.connect_alone(url, patient=True)
    database = await pool.connect(url, largest=4)
    large = await fill(conn, edits)
    await recounting.rebuild(database, await recounting.all_collections(conn))
    await conn.execute("VACUUM ANALYZE", timeout=600)
    editors = [row["id"] for row in await conn.fetch("SELECT id FROM editor WHERE central_id <= 3000 ORDER BY id")]
    return Ledger(database, conn, large, Editathon(editors))


async def scope_all(of: Ledger) -> None:
    """Let every program be article-scoped and have its scope."""
    conn, english = of.conn, wiki("enwiki")
    assert english is not None
    programs = [row["id"] for row in await conn.fetch("SELECT id FROM program ORDER BY id")]
    for program in programs:
        source = Source(ScopeKind.CATEGORY, english, f"Category:Of {program}", 1)
        scope = await scopes.add(conn, program, source, None)
        assert scope is not None
        pages = large_pages() if program == of.large else small_pages()
        await scopes.finish(conn, scope, await put_aside(conn, scope, pages), 0)
        of.scope = scope if program == of.large else of.scope
    async with conn.transaction():
        await ledger.lock(conn)
        await conn.execute("UPDATE program SET type = 'ARTICLE_SCOPED'")
        for program in programs:
            await cohorts.reassess_program(conn, program)
        await ledger.announce(conn)
    await reassessing.reassess(of.database)
    await conn.execute("VACUUM ANALYZE", timeout=600)


async def refresh_unchanged(of: Ledger) -> None:
    """Read the large scope, find it the same, and print how long that took beside a bare COPY of it."""
    watch, bound = Stopwatch(), Stopwatch()
    rows = [(1, *page) for page in large_pages()]
    first = await put_aside(of.conn, of.scope, large_pages())
    for _ in range(TIMES):
        with watch.lap():
            if await put_aside(of.conn, of.scope, large_pages()) != first:
                raise SystemExit("the same pages have another digest")
            await scopes.unchanged(of.conn, of.scope)
        await of.conn.execute("CREATE TEMP TABLE copied (wiki_id smallint, page_id bigint, namespace int, title text)")
        with bound.lap():
            await of.conn.copy_records_to_table("copied", records=rows)
        await of.conn.execute("DROP TABLE copied")
    took, copied = share(watch.laps, 0.5), share(bound.laps, 0.5)
    tell("refresh without change, worker's part", f"{took:.2f} s", f"{LARGE_PAGES:,} pages; {load()}")
    tell("  bound: a bare COPY of the pages", f"{copied:.2f} s")
    tell("  ratio", f"{took / copied:.1f}")


async def decide_plainly(of: Ledger, edits: int) -> float:
    """Seconds to take back all stored edits and count them again, by moving the window."""
    watch = Stopwatch()
    for end in (START, END):
        with watch.lap():
            await change(of.conn, of.large, end)
            _check((await reassessing.reassess(of.database)).moved, edits)
    return sum(watch.laps)


async def decide_by_scope(of: Ledger, edits: int) -> tuple[float, float]:
    """The same by a scope without pages, and with all of them; seconds of the switches and of all else."""
    switches, decisions = Stopwatch(), Stopwatch()
    for pages in (iter(()), large_pages()):
        digest = await put_aside(of.conn, of.scope, pages)
        with switches.lap():
            await scopes.finish(of.conn, of.scope, digest, 0)
        with decisions.lap():
            _check((await reassessing.reassess(of.database)).moved, edits)
    return sum(switches.laps), sum(decisions.laps)


def _check(moved: int, edits: int) -> None:
    if moved != edits:
        raise SystemExit(f"{moved} of {edits} edits were counted otherwise")


async def decide(plain: Ledger, scoped: Ledger, edits: int) -> None:
    """Print what deciding anew takes with and without scopes."""
    bare = await decide_plainly(plain, edits)
    switched, decided = await decide_by_scope(scoped, edits)
    tell("re-evaluation without scopes", f"{bare:.1f} s", f"{edits:,} edits taken back and counted again; {load()}")
    tell("re-evaluation by scopes", f"{decided:.1f} s", "the same edits")
    tell("  ratio", f"{decided / bare:.2f}")
    tell("  what differs, written and switched", f"{switched:.1f} s", f"{LARGE_PAGES:,} pages out and in")


async def live(plain: Ledger, scoped: Ledger) -> None:
    """Count the same live edits in both by turns, as long as they touch scoped pages only, and print the ratios."""
    for each in (plain, scoped):
        await each.round()
        each.counted, each.server = Stopwatch(), 0
    # Two edits in three go on with a page; beyond the scopes' pages the two ledgers would count different edits.
    for _ in range(max(SMALL_PAGES * 3 // (ROUND * BATCH) - 3, 1)):
        await plain.round()
        await scoped.round()
    slow, quick = share(scoped.counted.laps, 0.5), share(plain.counted.laps, 0.5)
    batches = len(plain.counted.laps)
    note = f"{slow * 1e3:.0f} and {quick * 1e3:.0f} ms, {batches * BATCH:,} edits; {load()}"
    tell("live edits, scoped to unscoped, median batch", f"{slow / quick:.2f}", note)
    slow, quick = (each.server / batches for each in (scoped, plain))
    tell("  by PostgreSQL's processor time", f"{slow / quick:.2f}", f"{slow * 1e3:.1f} and {quick * 1e3:.1f} ms")
    tell("  target, at most", "1.30")


async def counted(of: Ledger) -> int:
    """All edits that programs count."""
    programs = [row["id"] for row in await of.conn.fetch("SELECT id FROM program")]
    return sum(each.total_edits for each in (await snapshots(of.conn, programs)).values())


async def measure(url: str, edits: int) -> None:
    """Fill both ledgers and print the figures."""
    plain, scoped = await prepare(url, "plain", edits), await prepare(url, "scoped", edits)
    filling = Stopwatch()
    with filling.lap():
        await scope_all(scoped)
    pages = LARGE_PAGES + PROGRAMS * SMALL_PAGES
    tell("scopes read for the first time", f"{filling.laps[0]:.1f} s", f"{pages:,} pages; {load()}")
    await refresh_unchanged(scoped)
    await decide(plain, scoped, edits)
    await live(plain, scoped)
    apart = await counted(plain) - await counted(scoped)
    note = f"by editors of the large program, on pages of others; {await counted(plain):,} in all"
    tell("edits counted in one and not in the other", f"{apart}", note)
    wrong = await recounting.check(scoped.conn, await recounting.all_collections(scoped.conn))
    tell("differences between the tallies and the facts", f"{len(wrong)}")
    for each in (plain, scoped):
        await each.conn.close()
        await each.database.close()


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--edits", type=int, default=200_000, help="how many stored edits to decide anew (200,000)")
    arguments = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="scope") as folder,
        embedded.start(Path(folder)) as server,
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        runner.run(measure(server.url, arguments.edits))


if __name__ == "__main__":
    main()

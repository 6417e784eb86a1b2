# SPDX-License-Identifier: GPL-3.0-or-later
"""Durable counted edits a second: each in a program, a campaign and an organization, in batches of 500.

Starts a PostgreSQL of its own in a temporary folder and counts edits with the very function the consumer calls, all
tallies and the activity included, ``synchronous_commit`` on. The bound is a bare COPY of the same facts into a table
with nothing but its primary key, one durable commit a batch, in rounds that alternate with those of the ledger.
Then rounds on the filled ledger alternate with rounds on a fresh one, which shows how flat it is also where the machine
is busy with something else meanwhile; last, how long one edit alone takes to commit.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import random
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import process_time
from typing import Any

import uvloop

from benchmarks.measures import Stopwatch, cpu_seconds, load, share, tell
from graph.db import cohorts, embedded, ledger, migrate, pool
from graph.db.pool import Connection
from graph.edits import Batch, Edit, SeenEdit
from graph.programs import CollectionKind
from graph.streams.ingest import ingest

PROGRAMS = 30
EDITORS = 3_000
BATCH = 500
ROUND = 10  # batches of the ledger, then as many of the bound
WARM = 10  # batches that are not timed: connections, plans and caches of a service that runs
START = datetime(2026, 1, 1, tzinfo=UTC)
END = datetime(2026, 12, 31, tzinfo=UTC)
SUMMARY = "/* History */ added the founding years with two sources"

_BARE = """
CREATE TABLE bare (
    wiki_id smallint, revision_id bigint, page_key bigint, editor_id bigint, at timestamptz, byte_change int,
    set_id int, created bool, redirect bool, minor bool, summary text, PRIMARY KEY (wiki_id, revision_id))
"""


@dataclass
class Editathon:
    """Edits as a large editathon makes them: a third begin with a page nobody edited yet, the rest go on with it.

    The mix stays the same for any length, so that a change of the rate comes from the ledger, not from the edits.
    """

    editors: Sequence[int]
    random: random.Random = field(default_factory=lambda: random.Random(1))
    revision: int = 0
    page: int = 0
    open: dict[int, list[int]] = field(default_factory=dict)

    def edits(self, count: int) -> list[SeenEdit]:
        """The next ``count`` edits."""
        return [self._edit() for _ in range(count)]

    def _edit(self) -> SeenEdit:
        self.revision += 1
        editor = self.random.randrange(len(self.editors))
        pages = self.open.setdefault(editor, [])
        if not pages or self.random.random() < 1 / 3:
            self.page += 1
            pages.append(self.page)
            del pages[:-5]
        page = self.random.choice(pages)
        created = page == self.page and self.random.random() < 0.2
        at = START + timedelta(seconds=self.revision)
        change = self.random.randrange(-100, 900)
        title, name = f"Page {page}", f"Editor {editor}"
        namespace = page % 10 // 8 * 2  # one page in five is a user's own
        edit = Edit(
            "enwiki", self.revision, page, namespace, title, name, editor, at, change, created, False, False, SUMMARY
        )
        return SeenEdit(edit, self.editors[editor], at)


async def build(conn: Connection, count: int = EDITORS) -> list[int]:
    """An organization with one campaign of PROGRAMS programs, and ``count`` editors spread over them; their numbers."""
    async with conn.transaction():
        await ledger.lock(conn)
        wiki = await conn.fetchval(
            "INSERT INTO wiki (dbname, domain, project, language, words)"
            " VALUES ('enwiki', 'en.wikipedia.org', 'wikipedia', 'en', true) RETURNING id"
        )
        organization = await ledger.create_collection(conn, CollectionKind.ORGANIZATION)
        await conn.execute("INSERT INTO organization (id, slug, name) VALUES ($1, 'o', 'O')", organization)
        campaign = await ledger.create_collection(conn, CollectionKind.CAMPAIGN)
        await conn.execute(
            "INSERT INTO campaign (id, slug, title, organization_id) VALUES ($1, 'c', 'C', $2)", campaign, organization
        )
        rows = await conn.fetch(
            "INSERT INTO editor (central_id, username)"
            " SELECT n, 'Editor ' || n FROM generate_series(1, $1::int) AS n RETURNING id",
            count,
        )
        editors = [row["id"] for row in rows]
        for number in range(PROGRAMS):
            await _program(conn, wiki, campaign, editors[number::PROGRAMS])
        await ledger.announce(conn)
    await conn.execute("ANALYZE")
    return editors


async def _program(conn: Connection, wiki: int, campaign: int, editors: Sequence[int]) -> None:
    program = await ledger.create_collection(conn, CollectionKind.PROGRAM)
    await conn.execute(
        "INSERT INTO program (id, slug, title, institution, tracking_start, tracking_end, home_wiki_id,"
        " passcode_policy, invitation) VALUES ($1, $2, 'P', 'I', $3, $4, $5, 'NONE', $2)",
        program,
        f"p{program}",
        START,
        END,
        wiki,
    )
    await conn.execute("INSERT INTO program_wiki VALUES ($1, $2, '{0}')", program, wiki)
    await conn.execute("INSERT INTO campaign_program (campaign_id, program_id) VALUES ($1, $2)", campaign, program)
    await conn.executemany(
        "INSERT INTO enrollment (program_id, editor_id, role) VALUES ($1, $2, 'EDITOR')",
        [(program, editor) for editor in editors],
    )
    await cohorts.enroll(conn, program, editors)


def _bare(edits: Sequence[SeenEdit]) -> list[tuple[Any, ...]]:
    return [
        (
            1,
            seen.edit.revision_id,
            seen.edit.page_id,
            seen.editor_id,
            seen.edit.at,
            seen.edit.byte_change,
            1,
            seen.edit.created,
            seen.edit.redirect,
            seen.edit.minor,
            seen.edit.summary,
        )
        for seen in edits
    ]


@dataclass
class Run:
    """Rounds of the ledger and of the bound, on one connection each."""

    conn: Connection
    bare: Connection
    editathon: Editathon
    counted: Stopwatch = field(default_factory=Stopwatch)
    copied: Stopwatch = field(default_factory=Stopwatch)
    server: list[float] = field(default_factory=list)  # processor seconds of the ledger's server process, a round
    client: float = 0

    async def warm_up(self) -> None:
        """Batches that leave no trace in the figures."""
        for _ in range(WARM):
            await self._count()
            await self._copy()
        self.counted, self.copied, self.client = Stopwatch(), Stopwatch(), 0

    async def round(self) -> None:
        """ROUND batches counted, ROUND batches copied."""
        pid = self.conn.get_server_pid()
        before = cpu_seconds(pid)
        for _ in range(ROUND):
            await self._count()
        self.server.append(cpu_seconds(pid) - before)
        for _ in range(ROUND):
            await self._copy()

    async def _count(self) -> None:
        edits = self.editathon.edits(BATCH)
        batch = Batch(edits=edits, checkpoint={"eqiad.mediawiki.page_change.v1": self.editathon.revision})
        before = process_time()
        with self.counted.lap():
            counted = await ingest(self.conn, batch)
        self.client += process_time() - before
        if counted.new != BATCH:
            raise SystemExit(f"counted {counted.new} of {BATCH} edits")

    async def _copy(self) -> None:
        rows = _bare(self.editathon.edits(BATCH))
        with self.copied.lap():
            await self.bare.copy_records_to_table("bare", records=rows)

    async def close(self) -> None:
        """Give both connections back."""
        await self.conn.close()
        await self.bare.close()

    async def alone(self, times: int) -> Stopwatch:
        """One edit a transaction."""
        watch = Stopwatch()
        for _ in range(times):
            batch = Batch(edits=self.editathon.edits(1), checkpoint={"x": self.editathon.revision})
            with watch.lap():
                await ingest(self.conn, batch)
        return watch


def _report(run: Run, edits: int) -> None:
    rate, bound = run.counted.rate(BATCH), run.copied.rate(BATCH)
    median, last = share(run.counted.laps, 0.5), share(run.counted.laps, 0.99)
    batches = len(run.counted.laps)
    tell("counted edits/s, durable, batches of 500", f"{rate:,.0f}", f"{edits:,} edits; {load()}")
    tell("  by the median batch", f"{BATCH / median:,.0f}", f"{median * 1e3:.0f} ms, p99 {last * 1e3:.0f} ms")
    tell("  processor time of a batch, PostgreSQL", f"{sum(run.server) / batches * 1e3:.1f} ms")
    tell("  processor time of a batch, Python", f"{run.client / batches * 1e3:.1f} ms")
    tell("bound: bare COPY of the facts, edits/s", f"{bound:,.0f}")
    tell("ratio of the bound to the ledger", f"{bound / rate:.1f}")


async def compare(full: Run, url: str, rounds: int) -> None:
    """Count in the filled ledger and in a fresh one by turns, and print how much longer the filled one takes."""
    fresh, full.counted, full.server = await begin(url, "fresh"), Stopwatch(), []
    for _ in range(rounds):
        await fresh.round()
        await full.round()
    slow, quick = share(full.counted.laps, 0.5), share(fresh.counted.laps, 0.5)
    tell(
        "filled ledger to fresh one, median batch", f"{slow / quick:.2f}", f"{slow * 1e3:.0f} and {quick * 1e3:.0f} ms"
    )
    slow, quick = (sum(run.server) / rounds / ROUND for run in (full, fresh))
    tell("  by PostgreSQL's processor time", f"{slow / quick:.2f}", f"{slow * 1e3:.1f} and {quick * 1e3:.1f} ms")
    await fresh.close()


@contextlib.contextmanager
def _server() -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="ingest") as folder, embedded.start(Path(folder)) as server:
        yield server.url


async def begin(url: str, name: str) -> Run:
    """A database of its own with the organization in it, and no edits but those that warm it up."""
    conn = await pool.connect_alone(url)
    await conn.execute(f"CREATE DATABASE {name}")
    await conn.close()
    url = url.replace("/postgres?", f"/{name}?")
    await migrate.migrate(url)
    conn, bare = await pool.connect_alone(url), await pool.connect_alone(url)
    await bare.execute(_BARE)
    run = Run(conn, bare, Editathon(await build(conn)))
    await run.warm_up()
    return run


async def measure(url: str, edits: int, alone: int) -> None:
    """Fill a ledger with ``edits`` edits and print the figures."""
    run = await begin(url, "filled")
    for done in range(0, edits, ROUND * BATCH):
        await run.round()
        if done and done % 200_000 == 0:
            tell(f"  after {done:,} edits, edits/s", f"{run.counted.rate(BATCH, slice(-4 * ROUND, None)):,.0f}")
    _report(run, edits)
    await compare(run, url, min(30, edits // BATCH // ROUND))
    single = await run.alone(alone)
    tell("one edit alone, p50 to commit", f"{share(single.laps, 0.5) * 1e3:.2f} ms", f"{alone} edits")
    tell("one edit alone, p99 to commit", f"{share(single.laps, 0.99) * 1e3:.2f} ms")
    await run.close()


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--edits", type=int, default=100_000, help="how many edits to count (100,000)")
    parser.add_argument("--alone", type=int, default=500, help="how many edits to commit one by one (500)")
    arguments = parser.parse_args()
    with _server() as url, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(measure(url, arguments.edits, arguments.alone))


if __name__ == "__main__":
    main()

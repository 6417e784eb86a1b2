# SPDX-License-Identifier: GPL-3.0-or-later
"""A small world on a real database, and beside it the naive model of the same: whatever is done, is done to both.

Rules are written by plain SQL here, not by the service's mutations, followed by the ledger's own functions, so that
the ledger is tested and nothing else.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Iterable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

from graph.activity import Activity
from graph.db import activity, cohorts, ledger, nameless, reassessing, recounting
from graph.db.pool import Connection, Pool
from graph.edits import Batch, Change, Edit, SeenEdit
from graph.programs import CollectionKind
from graph.streams.ingest import Counted, ingest
from tests.db import stored
from tests.db.naive import LATIN, Headline, Naive, Program, Session

START = datetime(2026, 3, 1, tzinfo=UTC)
NOON = datetime(2026, 3, 8, 12, tzinfo=UTC)
END = datetime(2026, 3, 31, 23, 59, 59, tzinfo=UTC)
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
LIVE: Mapping[str, int] = {"eqiad.mediawiki.page_change.v1": 1}
ARTICLES: Mapping[str, Collection[int]] = {"enwiki": {0}}


def edit(
    revision: int,
    editor: int,
    *,
    wiki: str = "enwiki",
    page: int = 1,
    namespace: int = 0,
    title: str | None = None,
    at: datetime | None = None,
    as_of: datetime | None = None,
    size: int = 100,
    created: bool = False,
    redirect: bool = False,
    summary: str | None = "a summary",
) -> SeenEdit:
    """A revision; the n-th is saved n seconds after noon and told of half a second later, unless told otherwise."""
    at = at or NOON + revision * SECOND
    one = Edit(
        wiki=wiki,
        revision_id=revision,
        page_id=page,
        namespace=namespace,
        title=title or f"Page {page} of {namespace}",
        username=f"Editor {editor}",
        central_id=editor,
        at=at,
        byte_change=size,
        created=created,
        redirect=redirect,
        minor=False,
        summary=summary,
    )
    return SeenEdit(one, editor, as_of or at + SECOND / 2)


class World:
    """``naive`` is the model. Numbers of collections and editors are the database's own.

    With ``by_the_worker`` what a change of rules leaves to the worker is done right after it.
    """

    def __init__(self, pool: Pool, *, by_the_worker: bool = False) -> None:
        self.pool = pool
        self.by_the_worker = by_the_worker
        self.naive = Naive()

    # Rules

    @asynccontextmanager
    async def changing(self) -> AsyncIterator[Connection]:
        """A transaction as every mutation has it."""
        async with self.pool.acquire() as conn, conn.transaction():
            await ledger.lock(conn)
            yield conn
            await ledger.announce(conn)
        if self.by_the_worker:
            await reassessing.reassess(self.pool)

    async def learn(self) -> None:
        """Tell the model what the ledger decides by itself: second collections, and when nameless ones are counted."""
        rows = await self.pool.fetch(
            "SELECT id, everybody_id FROM program WHERE everybody_id IS NOT NULL"
            " UNION ALL SELECT id, everybody_id FROM session WHERE everybody_id IS NOT NULL"
        )
        known = self.naive.collections()
        self.naive.everybody = {row["everybody_id"]: row["id"] for row in rows if row["id"] in known}
        for row in await self.pool.fetch("SELECT id, nameless_counted FROM program"):
            if row["id"] in self.naive.programs:
                self.naive.programs[row["id"]].nameless_counted = row["nameless_counted"]

    async def end_holding_out(self) -> None:
        """Count nameless participants where it is time to, or cease to, as the worker does; it is long after all."""
        async with self.changing() as conn:
            for program in await nameless.changed(conn, datetime.now(UTC)):
                await cohorts.reassess_program(conn, program)
        await self.learn()

    async def editor(self, registered: datetime | None = None) -> int:
        number = await self.pool.fetchval(
            "INSERT INTO editor (username, registered_at) VALUES ('', $1) RETURNING id", registered
        )
        await self.pool.execute(
            "UPDATE editor SET central_id = id, username = 'Editor ' || id::text WHERE id = $1", number
        )
        self.naive.registered[number] = registered
        return int(number)

    async def program(
        self,
        *editors: int,
        wikis: Mapping[str, Collection[int]] = ARTICLES,
        start: datetime = START,
        end: datetime = END,
        public: bool = True,
        article_scoped: bool = False,
    ) -> int:
        async with self.changing() as conn:
            number = await ledger.create_collection(conn, CollectionKind.PROGRAM)
            await self._know(conn, wikis)
            await conn.execute(
                "INSERT INTO program (id, slug, title, institution, type, visibility, tracking_start, tracking_end,"
                " home_wiki_id, passcode_policy, invitation) VALUES ($1, $2, $2, '', $3, $4, $5, $6,"
                " (SELECT min(id) FROM wiki), 'NONE', $2)",
                number,
                f"program-{number}",
                "ARTICLE_SCOPED" if article_scoped else "BASIC",
                "PUBLIC" if public else "PRIVATE",
                start,
                end,
            )
            await self._write_wikis(conn, number, wikis)
            await cohorts.cover(conn, [number])
        tracked = {wiki: set(namespaces) for wiki, namespaces in wikis.items()}
        self.naive.programs[number] = Program(start, end, tracked, public, article_scoped)
        if editors:
            await self.enroll(number, *editors)
        return number

    async def _know(self, conn: Connection, wikis: Iterable[str]) -> None:
        await conn.executemany(
            "INSERT INTO wiki (dbname, domain, project, words) VALUES ($1, $1, 'wikipedia', $2) ON CONFLICT DO NOTHING",
            [(wiki, wiki in LATIN) for wiki in wikis],
        )

    async def _write_wikis(self, conn: Connection, program: int, wikis: Mapping[str, Collection[int]]) -> None:
        await self._know(conn, wikis)
        await conn.execute("DELETE FROM program_wiki WHERE program_id = $1", program)
        for wiki, namespaces in wikis.items():
            await conn.execute(
                "INSERT INTO program_wiki SELECT $1, id, $3 FROM wiki WHERE dbname = $2",
                program,
                wiki,
                sorted(namespaces),
            )

    async def organization(self) -> int:
        async with self.changing() as conn:
            number = await ledger.create_collection(conn, CollectionKind.ORGANIZATION)
            await conn.execute("INSERT INTO organization (id, slug, name) VALUES ($1, $2, $2)", number, f"o-{number}")
        self.naive.organizations[number] = set()
        return number

    async def campaign(self, *programs: int, organization: int | None = None) -> int:
        async with self.changing() as conn:
            number = await ledger.create_collection(conn, CollectionKind.CAMPAIGN)
            await conn.execute(
                "INSERT INTO campaign (id, slug, title, organization_id) VALUES ($1, $2, $2, $3)",
                number,
                f"campaign-{number}",
                organization,
            )
        self.naive.campaigns[number] = set()
        if organization is not None:
            self.naive.organizations[organization].add(number)
        for program in programs:
            await self.gather(number, program)
        return number

    async def gather(self, campaign: int, program: int) -> None:
        async with self.changing() as conn:
            await conn.execute(
                "INSERT INTO campaign_program (campaign_id, program_id) VALUES ($1, $2) ON CONFLICT DO NOTHING",
                campaign,
                program,
            )
            await cohorts.cover(conn, [program])
        self.naive.campaigns[campaign].add(program)

    async def release(self, campaign: int, program: int) -> None:
        async with self.changing() as conn:
            left = await cohorts.above(conn, [program])
            await conn.execute(
                "DELETE FROM campaign_program WHERE campaign_id = $1 AND program_id = $2", campaign, program
            )
            await cohorts.cover(conn, [program], left=left)
        self.naive.campaigns[campaign].discard(program)

    async def hand_over(self, campaign: int, organization: int | None) -> None:
        """The campaign belongs to another organization now, or to none."""
        programs = sorted(self.naive.campaigns[campaign])
        async with self.changing() as conn:
            left = await cohorts.above(conn, programs)
            await conn.execute("UPDATE campaign SET organization_id = $2 WHERE id = $1", campaign, organization)
            await cohorts.cover(conn, programs, left=left)
        for campaigns in self.naive.organizations.values():
            campaigns.discard(campaign)
        if organization is not None:
            self.naive.organizations[organization].add(campaign)

    async def show(self, program: int, public: bool) -> None:
        async with self.changing() as conn:
            value = "PUBLIC" if public else "PRIVATE"
            await conn.execute("UPDATE program SET visibility = $2 WHERE id = $1", program, value)
            await cohorts.cover(conn, [program])
        self.naive.programs[program].public = public

    async def track(self, program: int, wikis: Mapping[str, Collection[int]]) -> None:
        async with self.changing() as conn:
            await self._write_wikis(conn, program, wikis)
            await cohorts.cover(conn, [program])
            await cohorts.reassess_program(conn, program)
        self.naive.programs[program].wikis = {wiki: set(namespaces) for wiki, namespaces in wikis.items()}

    async def move_window(self, program: int, start: datetime, end: datetime) -> None:
        async with self.changing() as conn:
            await conn.execute(
                "UPDATE program SET tracking_start = $2, tracking_end = $3 WHERE id = $1", program, start, end
            )
            await cohorts.reassess_program(conn, program)
        self.naive.programs[program].start, self.naive.programs[program].end = start, end

    async def session(self, program: int, start: datetime, end: datetime, *participants: int) -> int:
        async with self.changing() as conn:
            number = await ledger.create_collection(conn, CollectionKind.SESSION)
            await conn.execute(
                "INSERT INTO session (id, program_id, slug, title, starts_at, ends_at) VALUES ($1, $2, $3, $3, $4, $5)",
                number,
                program,
                f"session-{number}",
                start,
                end,
            )
            for participant in participants:
                await conn.execute("INSERT INTO session_editor VALUES ($1, $2)", number, participant)
            await cohorts.reassess_program(conn, program)
        self.naive.programs[program].sessions[number] = Session(start, end, set(participants))
        return number

    async def invite(self, session: int, *participants: int) -> None:
        """The session has these participants from now on, or without any all of the program's."""
        program = next(number for number, each in self.naive.programs.items() if session in each.sessions)
        async with self.changing() as conn:
            await conn.execute("DELETE FROM session_editor WHERE session_id = $1", session)
            for participant in participants:
                await conn.execute("INSERT INTO session_editor VALUES ($1, $2)", session, participant)
            await cohorts.reassess_program(conn, program)
        self.naive.programs[program].sessions[session].participants = set(participants)

    async def exclude(self, program: int, wiki: str, page_id: int) -> None:
        """Take a page that has a stored edit out of the program."""
        async with self.changing() as conn:
            await conn.execute(
                "INSERT INTO exclusion (program_id, page_key) SELECT $1, p.id FROM page p"
                " JOIN wiki w ON w.id = p.wiki_id WHERE w.dbname = $2 AND p.page_id = $3 ON CONFLICT DO NOTHING",
                program,
                wiki,
                page_id,
            )
            await cohorts.reassess_program(conn, program)
        self.naive.programs[program].excluded.add((wiki, page_id))

    async def include(self, program: int, wiki: str, page_id: int) -> None:
        """Let a page that was taken out count again."""
        async with self.changing() as conn:
            await conn.execute(
                "DELETE FROM exclusion x USING page p, wiki w WHERE x.program_id = $1 AND p.id = x.page_key"
                " AND w.id = p.wiki_id AND w.dbname = $2 AND p.page_id = $3",
                program,
                wiki,
                page_id,
            )
            await cohorts.reassess_program(conn, program)
        self.naive.programs[program].excluded.discard((wiki, page_id))

    async def enroll(self, program: int, *editors: int, named: bool = True) -> None:
        async with self.changing() as conn:
            await conn.executemany(
                "INSERT INTO enrollment (program_id, editor_id, role, show_name) VALUES ($1, $2, 'EDITOR', $3)",
                [(program, editor, named) for editor in editors],
            )
            await cohorts.enroll(conn, program, editors)
        self.naive.programs[program].editors.update(dict.fromkeys(editors, named))

    async def withdraw(self, program: int, *editors: int) -> None:
        async with self.changing() as conn:
            await conn.execute(
                "DELETE FROM enrollment WHERE program_id = $1 AND editor_id = ANY($2::bigint[])", program, editors
            )
            await cohorts.withdraw(conn, program, editors)
        for number in editors:
            self.naive.programs[program].editors.pop(number, None)

    async def goal(self, program: int, metric: str, target: int) -> None:
        statement = "INSERT INTO goal (program_id, metric, target) VALUES ($1, $2, $3)"
        await self.pool.execute(statement, program, metric, target)

    # What happens on the wikis

    async def saw(self, *edits: SeenEdit, changes: Iterable[Change] = (), live: bool = True) -> Counted:
        """One batch."""
        happened = list(changes)
        batch = Batch(edits=list(edits), changes=happened, checkpoint=dict(LIVE) if live else None)
        async with self.pool.acquire() as conn:
            counted = await ingest(conn, batch)
        self.naive.saw(edits, happened)
        return counted

    async def backfill(self, *editors: int) -> None:
        """Read again every edit these editors have made."""
        known = [seen for seen in self.naive.edits.values() if seen.editor_id in editors]
        await self.saw(*known, live=False)

    # What came of it

    async def headline(self, collection: int) -> Headline:
        async with self.pool.acquire() as conn:
            return await stored.headline(conn, collection)

    async def edits(self, *collections: int) -> list[int]:
        """The number of counted edits of each."""
        return [(await self.headline(collection)).edits for collection in collections]

    async def number(self) -> int:
        """Where the ledger stands."""
        async with self.pool.acquire() as conn:
            return (await activity.position(conn)).newest

    async def activity(self, collection: int, after: int = 0) -> list[Activity]:
        async with self.pool.acquire() as conn:
            newest = (await activity.position(conn)).newest
            return await activity.of_one(conn, collection, after, newest, 10_000)

    async def agree(self) -> None:
        """Every number of every collection is what the naive model says, and what a recount says."""
        await self.learn()
        async with self.pool.acquire() as conn:
            collections = self.naive.collections()
            for collection in collections:
                assert await stored.numbers(conn, collection) == self.naive.numbers(collection)
            assert await recounting.check(conn, collections) == []

# SPDX-License-Identifier: GPL-3.0-or-later
"""A database full of programs, people and edits that never were: for measuring, and for looking at many of them.

Everything is made inside PostgreSQL, set by set, and the same size and seed make the same rows. Who edits much, which
program is large and which article is popular follow power laws. The rules are written first, then the facts with the
sets that the rules give them (``sets.MEMBERS`` decides, as always), then the tallies: what ``recount --check`` says of
them is what it says of numbers that came edit by edit.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from graph import wikis
from graph.db import cohorts, ledger, migrate, organizing, recounting
from graph.db.generating_tallies import LOADED, TALLIES
from graph.db.pool import Connection, connect_alone
from graph.db.sets import MEMBERS, coverage_of, store_coverage
from graph.errors import GraphError
from graph.programs import CollectionKind

Say = Callable[[str], None]

WIKIS = ("enwiki", "frwiki", "dewiki", "eswiki", "ptwiki", "arwiki", "nlwiki", "plwiki", "itwiki", "svwiki")
COMMONS = "commonswiki"
_SETS_AT_ONCE = 5_000


@dataclass(frozen=True, slots=True)
class Sizes:
    """How many of each; campaigns, organizations, sessions and articles follow from these."""

    programs: int
    editors: int
    edits: int

    @property
    def campaigns(self) -> int:
        """One that gathers all programs, and one for each twenty."""
        return 1 + max(1, self.programs // 20)

    @property
    def organizations(self) -> int:
        """One for each ten campaigns."""
        return max(1, self.campaigns // 10)

    @property
    def sessions(self) -> int:
        """Every tenth program has one."""
        return self.programs // 10

    @property
    def pages(self) -> int:
        """One for eight edits."""
        return max(1, self.edits // 8, 3 * self.programs)


# A number below 1 out of a row's own number, well mixed.
_MIXED = "((hashint8extended(/*OF*/, /*SALT*/) & 9007199254740991) / 9007199254740992.0::float8)"

_COLLECTIONS = """
INSERT INTO collection (id, kind, generation, version, created_at) OVERRIDING SYSTEM VALUE
SELECT n, $3, n, (SELECT number FROM ledger), $4::timestamptz - interval '400 days'
FROM generate_series($1::bigint, $1::bigint + $2::bigint - 1) AS n
"""
_ORGANIZATIONS = """
INSERT INTO organization (id, slug, name)
SELECT $1::bigint + n - 1, 'organization-' || n, 'Organization ' || n FROM generate_series(1, $2::bigint) AS n
"""
_CAMPAIGNS = """
INSERT INTO campaign (id, slug, title, organization_id)
SELECT $1::bigint + n - 1, 'campaign-' || n, 'Campaign ' || n, $3::bigint + n % $4::bigint
FROM generate_series(1, $2::bigint) AS n
"""
# The windows begin over a year and last one to four months; one of twenty is private.
_PROGRAMS = """
INSERT INTO program (id, slug, title, institution, type, visibility, tracking_start, tracking_end, home_wiki_id,
                     passcode_policy, invitation)
SELECT $1::bigint + n - 1, 'program-' || n, 'Program ' || n, 'Institution ' || n % 97,
       (ARRAY['BASIC', 'EDITATHON', 'CLASSROOM', 'FELLOWS'])[1 + n % 4],
       CASE WHEN n % 20 = 19 THEN 'PRIVATE' ELSE 'PUBLIC' END, w.start, w.start + (30 + n % 4 * 30) * interval '1 day',
       ($4::smallint[])[1 + n % cardinality($4::smallint[])], 'NONE', 'invitation-' || n
FROM generate_series(1, $2::bigint) AS n
CROSS JOIN LATERAL (SELECT date_trunc('day', $3::timestamptz) - (20 + n * 17 % 346) * interval '1 day' AS start) w
"""
# The wiki it is at home in, another for every second, Commons for every third.
_PROGRAM_WIKIS = """
INSERT INTO program_wiki (program_id, wiki_id, namespaces)
SELECT p.id, p.home_wiki_id, ARRAY[0] FROM program p
UNION ALL
SELECT p.id, ($1::smallint[])[1 + (p.id + 3) % cardinality($1::smallint[])], ARRAY[0] FROM program p
WHERE p.id % 2 = 0 AND ($1::smallint[])[1 + (p.id + 3) % cardinality($1::smallint[])] <> p.home_wiki_id
UNION ALL
SELECT p.id, $2::smallint, ARRAY[6] FROM program p WHERE p.id % 3 = 0
"""
_CAMPAIGN_PROGRAMS = """
INSERT INTO campaign_program (campaign_id, program_id)
SELECT $1::bigint, p.id FROM program p
UNION
SELECT $1::bigint + 1 + floor(($2::bigint - 1) * random() * random())::bigint, p.id FROM program p
"""
_SESSIONS = """
INSERT INTO session (id, program_id, slug, title, starts_at, ends_at)
SELECT $1::bigint + row_number() OVER (ORDER BY p.id) - 1, p.id, 'session-1', 'Session of ' || p.title,
       p.tracking_start + interval '9 days', p.tracking_start + interval '12 days'
FROM program p ORDER BY p.id LIMIT $2::bigint
"""
_EDITORS = """
INSERT INTO editor (id, central_id, username, registered_at) OVERRIDING SYSTEM VALUE
SELECT n, 1000000 + n, 'Editor ' || n, $2::timestamptz - (1 + n * 31 % 4000) * interval '1 day'
FROM generate_series(1, $1::bigint) AS n
"""
# Few programs are large. Everybody is in one, every eighth in a second; each is led by somebody.
_ENROLLMENTS = """
INSERT INTO enrollment (program_id, editor_id, role, joined_at)
SELECT $1::bigint + floor($2::bigint * power(/*FIRST*/, 1.5))::bigint, n, 'EDITOR', $4::timestamptz
FROM generate_series(1, $3::bigint) AS n
UNION
SELECT $1::bigint + floor($2::bigint * power(/*SECOND*/, 1.5))::bigint, n, 'EDITOR', $4::timestamptz
FROM generate_series(8, $3::bigint, 8) AS n
UNION ALL
SELECT p.id, 1 + (p.id * 97) % $3::bigint, 'FACILITATOR', $4::timestamptz FROM program p
""".replace("/*FIRST*/", _MIXED).replace("/*SECOND*/", _MIXED.replace("/*SALT*/", "/*SALT*/ + 1"))

_SEATS = """
CREATE TEMP TABLE seat ON COMMIT DROP AS
SELECT row_number() OVER (ORDER BY /*MIXED*/, program_id, editor_id) AS n, program_id, editor_id
FROM enrollment WHERE role = 'EDITOR'
""".replace("/*MIXED*/", _MIXED.replace("/*OF*/", "editor_id"))
# Each program has articles of its own, the more the larger it is; some of what it edits are no articles.
_PAGES = """
CREATE TEMP TABLE leaf ON COMMIT DROP AS
SELECT row_number() OVER (ORDER BY s.program_id, k.n) AS id, s.program_id, w.wiki_id,
       CASE WHEN w.wiki_id = $2::smallint THEN 6 ELSE (ARRAY[0,0,0,0,0,0,0,2,118,1])[1 + k.n % 10] END AS namespace
FROM generate_series(0, $1::bigint - 1) AS k(n)
JOIN seat s ON s.n = 1 + floor((SELECT count(*) FROM seat) * /*MIXED*/)::bigint
CROSS JOIN LATERAL (SELECT array_agg(wiki_id ORDER BY wiki_id = $2::smallint, wiki_id) AS ids FROM program_wiki
                    WHERE program_id = s.program_id) tracked
CROSS JOIN LATERAL (SELECT ids[1 + (k.n / 10) % cardinality(ids)] AS wiki_id) w;
""".replace("/*MIXED*/", _MIXED.replace("/*OF*/", "k.n"))
_STORE_PAGES = """
INSERT INTO page (id, wiki_id, page_id, namespace, title, as_of) OVERRIDING SYSTEM VALUE
SELECT id, wiki_id, id, namespace,
       CASE namespace WHEN 6 THEN 'File:Picture ' || id || '.jpg' WHEN 2 THEN 'User:Editor ' || id || '/Notes'
            WHEN 118 THEN 'Draft:Article ' || id WHEN 1 THEN 'Talk:Article ' || id ELSE 'Article ' || id END,
       $1::timestamptz
FROM leaf ORDER BY id
"""
_SPANS = """
CREATE TEMP TABLE span ON COMMIT DROP AS
SELECT p.id AS program_id, min(l.id) AS first, count(l.id) AS pages, p.tracking_start AS start, extract(epoch FROM
           greatest(least(p.tracking_end, $1::timestamptz) - p.tracking_start, interval '1 hour')) AS lasts
FROM program p JOIN leaf l ON l.program_id = p.id GROUP BY p.id
"""
# An edit's editor and program, when, and to which page; without their order yet.
_DRAWN = """
CREATE TEMP TABLE drawn ON COMMIT DROP AS
SELECT s.editor_id, s.program_id, a.first + floor(a.pages * power(d.page, 1.7))::bigint AS page_key,
       date_trunc('second', a.start + d.at * a.lasts * interval '1 second') AS at, d.size
FROM (SELECT 1 + floor((SELECT count(*) FROM seat) * power(random(), 2.5))::bigint AS seat, random() AS page,
             random() AS at, random() AS size
      FROM generate_series(1, $1::bigint)) d
JOIN seat s ON s.n = d.seat JOIN span a USING (program_id)
"""
_ORDERED = """
CREATE TEMP TABLE edited ON COMMIT DROP AS
SELECT 1000 + row_number() OVER (ORDER BY d.at, d.page_key, d.size) AS revision_id, d.*, l.wiki_id, l.namespace,
       (l.namespace = 6 OR d.page_key % 4 = 0)
           AND row_number() OVER (PARTITION BY d.page_key ORDER BY d.at, d.size) = 1 AS created
FROM drawn d JOIN leaf l ON l.id = d.page_key
"""
# Most editors are in one program without sessions: their edits are in the set of just that program.
_PLAIN = """
CREATE TEMP TABLE plain ON COMMIT DROP AS
SELECT editor_id, min(program_id) AS program_id FROM enrollment WHERE role = 'EDITOR' GROUP BY 1
HAVING count(*) = 1 AND NOT EXISTS (SELECT FROM session s WHERE s.program_id = min(enrollment.program_id))
"""
_COMPOUND = """
CREATE TEMP TABLE compound ON COMMIT DROP AS
WITH fact AS MATERIALIZED (
    SELECT e.revision_id AS ord, e.wiki_id, e.page_key, e.editor_id, e.at, false AS blocked, e.page_key AS page_id,
           e.namespace, g.title, e.created AND e.namespace = 6 AS upload
    FROM edited e JOIN page g ON g.id = e.page_key
    WHERE NOT EXISTS (SELECT FROM plain p WHERE p.editor_id = e.editor_id)
)
SELECT ord AS revision_id, members FROM (/*MEMBERS*/) decided
""".replace("/*MEMBERS*/", MEMBERS)
_INTERNED = """
INSERT INTO edit_set (members)
SELECT DISTINCT members FROM (
    SELECT ARRAY[program_id] AS members FROM plain
    UNION ALL SELECT members FROM compound) wanted
WHERE members <> '{}' ORDER BY 1
"""
_STORED = """
INSERT INTO edit (wiki_id, revision_id, page_key, editor_id, at, byte_change, set_id, created, minor, reverted, summary)
SELECT e.wiki_id, e.revision_id, e.page_key, e.editor_id, e.at,
       CASE WHEN e.created THEN 500 + (e.size * 9000)::int WHEN e.size < 0.2 THEN -(e.size * 2000)::int
            ELSE (-300 * ln(1.0000001 - e.size))::int END,
       coalesce(s.id, 0), e.created, NOT e.created AND e.revision_id % 5 = 0, e.revision_id % 33 = 0,
       CASE e.revision_id % 4 WHEN 0 THEN 'added a source' WHEN 1 THEN 'wording' END
FROM edited e LEFT JOIN plain p USING (editor_id) LEFT JOIN compound c USING (revision_id)
LEFT JOIN edit_set s ON s.members = coalesce(c.members, ARRAY[p.program_id])
ORDER BY e.revision_id
"""


async def generate(url: str, sizes: Sizes, now: datetime, seed: int, say: Say) -> None:
    """Fill the database, in one transaction; ``say`` is told what is being done.

    Raises GraphError where the database holds anything already. Ten million edits take some minutes.
    """
    await migrate.migrate(url)
    conn = await connect_alone(url, patient=True)
    try:
        async with conn.transaction():
            await ledger.lock(conn)
            if await conn.fetchval("SELECT EXISTS (SELECT FROM collection) OR EXISTS (SELECT FROM editor)"):
                raise GraphError("the database is not empty: generate fills a new one only")
            await conn.execute("SET LOCAL work_mem = '512MB'; SET LOCAL maintenance_work_mem = '1GB'")
            await conn.execute("SET LOCAL max_parallel_workers_per_gather = 0; SET LOCAL temp_buffers = '512MB'")
            await conn.fetchval("SELECT setseed($1::float8)", 1 / (1 + abs(seed)))
            async with _without_indexes(conn, say):
                await _rules(conn, sizes, now, say)
                await _facts(conn, sizes, now, say)
                await _tallies(conn, say)
            await _numbers_given(conn)
            await ledger.announce(conn)
        say("analyzing")
        await conn.execute("VACUUM ANALYZE")
    finally:
        conn.terminate()


async def _rules(conn: Connection, sizes: Sizes, now: datetime, say: Say) -> None:
    say("writing programs and people")
    known = await organizing.wiki_ids(conn, [wiki for name in (*WIKIS, COMMONS) if (wiki := wikis.wiki(name))])
    tracked, commons = [known[name] for name in WIKIS], known[COMMONS]
    organization, campaign = 1, 1 + sizes.organizations
    program = campaign + sizes.campaigns
    session = program + sizes.programs
    for first, many, kind in (
        (organization, sizes.organizations, CollectionKind.ORGANIZATION),
        (campaign, sizes.campaigns, CollectionKind.CAMPAIGN),
        (program, sizes.programs, CollectionKind.PROGRAM),
        (session, sizes.sessions, CollectionKind.SESSION),
    ):
        await conn.execute(_COLLECTIONS, first, many, int(kind), now)
    await conn.execute(_ORGANIZATIONS, organization, sizes.organizations)
    await conn.execute(_CAMPAIGNS, campaign, sizes.campaigns, organization, sizes.organizations)
    await conn.execute(_PROGRAMS, program, sizes.programs, now, tracked)
    await conn.execute(_PROGRAM_WIKIS, tracked, commons)
    await conn.execute(_CAMPAIGN_PROGRAMS, campaign, sizes.campaigns)
    await conn.execute(_SESSIONS, session, sizes.sessions)
    await conn.execute(_EDITORS, sizes.editors, now)
    enrollments = _ENROLLMENTS.replace("/*OF*/", "n").replace("/*SALT*/", "7")
    await conn.execute(enrollments, program, sizes.programs, sizes.editors, now)
    await conn.execute("ANALYZE program; ANALYZE program_wiki; ANALYZE enrollment; ANALYZE session")


async def _facts(conn: Connection, sizes: Sizes, now: datetime, say: Say) -> None:
    say("drawing edits")
    commons = await conn.fetchval("SELECT id FROM wiki WHERE dbname = $1", COMMONS)
    await conn.execute(_SEATS.replace("/*SALT*/", "3"))
    await conn.execute("CREATE UNIQUE INDEX ON seat (n); ANALYZE seat")
    pages = (
        _PAGES.replace("/*SALT*/", "5").replace("$1::bigint", str(sizes.pages)).replace("$2::smallint", str(commons))
    )
    await conn.execute(pages)
    await conn.execute("ANALYZE leaf")
    await conn.execute(_STORE_PAGES, now)
    await conn.execute("ANALYZE page; ANALYZE editor; ANALYZE exclusion; ANALYZE scope; ANALYZE scope_page")
    await conn.execute(_SPANS.replace("$1::timestamptz", f"'{now.isoformat()}'::timestamptz"))
    await conn.execute(_DRAWN.replace("$1::bigint", str(sizes.edits)))
    await conn.execute("ANALYZE drawn; ANALYZE span")
    await conn.execute(_ORDERED)
    await conn.execute(_PLAIN)
    await conn.execute("ANALYZE edited; CREATE UNIQUE INDEX ON plain (editor_id); ANALYZE plain")
    say("deciding for which programs they count")
    await conn.execute(_COMPOUND)
    await conn.execute(_INTERNED)
    await conn.execute("ANALYZE compound; ANALYZE edit_set")
    say("storing edits")
    await conn.execute(_STORED)
    await conn.execute("DROP TABLE drawn, edited, compound, plain, leaf; ANALYZE edit; ANALYZE page")
    sets = [row["id"] for row in await conn.fetch("SELECT id FROM edit_set ORDER BY id")]
    for begin in range(0, len(sets), _SETS_AT_ONCE):
        await store_coverage(conn, await coverage_of(conn, sets[begin : begin + _SETS_AT_ONCE]))
    await conn.execute("ANALYZE set_coverage")


async def _tallies(conn: Connection, say: Say) -> None:
    for what, statement in TALLIES:
        say(f"counting {what}")
        await conn.execute(statement)
    collections = await recounting.all_collections(conn)
    await cohorts.words(conn, collections)


@asynccontextmanager
async def _without_indexes(conn: Connection, say: Say) -> AsyncIterator[None]:
    """Load first, index then: many times faster for millions of rows."""
    constraints = await conn.fetch(
        "SELECT conrelid::regclass::text AS name, conname, pg_get_constraintdef(oid) AS definition FROM pg_constraint"
        " WHERE conrelid = ANY($1::text[]::regclass[]) AND contype = 'p'",
        list(LOADED),
    )
    for row in constraints:
        await conn.execute(f"ALTER TABLE {row['name']} DROP CONSTRAINT {row['conname']}")
    indexes = await conn.fetch(
        "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename = ANY($1::text[])",
        list(LOADED),
    )
    for row in indexes:
        await conn.execute(f"DROP INDEX {row['indexname']}")
    yield
    say("indexing")
    for row in constraints:
        await conn.execute(f"ALTER TABLE {row['name']} ADD CONSTRAINT {row['conname']} {row['definition']}")
    for row in indexes:
        await conn.execute(row["indexdef"])
    await conn.execute("ANALYZE collection; ANALYZE campaign; ANALYZE campaign_program; ANALYZE editor_tally")
    await cohorts.roster(conn, await recounting.all_collections(conn), None)


async def _numbers_given(conn: Connection) -> None:
    """Let what comes next be numbered after what was numbered here."""
    for table in ("collection", "editor", "page"):
        await conn.execute(
            f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))"  # noqa: S608 - ours
        )


def fill(url: str, sizes: Sizes, seed: int, say: Say) -> None:
    """``generate`` for a process that does nothing else, as of now."""
    asyncio.run(generate(url, sizes, datetime.now(UTC), seed, say))

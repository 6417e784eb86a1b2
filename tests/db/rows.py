# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows to read in tests: nouns by plain INSERTs, numbers by the ledger itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from graph import wikis
from graph.db import cohorts, ledger
from graph.db.pool import Connection, Pool
from graph.edits import Batch, Change, Edit, SeenEdit
from graph.programs import CollectionKind
from graph.streams.ingest import ingest

START = datetime(2026, 11, 1, tzinfo=UTC)
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
END = datetime(2026, 11, 30, 23, 59, 59, tzinfo=UTC)


@dataclass(frozen=True)
class Person:
    id: int
    username: str


class World:
    """A database to fill. Every method is a transaction of its own; ids are the numbers of the rows."""

    def __init__(self, pool: Pool) -> None:
        self.pool = pool
        self._numbers = count(1)
        self._pages: dict[tuple[str, str], int] = {}

    async def wiki(self, dbname: str) -> int:
        known = wikis.wiki(dbname)
        assert known is not None
        return int(
            await self.pool.fetchval(
                "INSERT INTO wiki (dbname, domain, project, language, words) VALUES ($1, $2, $3, $4, $5)"
                " ON CONFLICT (dbname) DO UPDATE SET domain = excluded.domain RETURNING id",
                known.dbname,
                known.domain,
                known.project,
                known.language,
                wikis.counts_words(known),
            )
        )

    async def editor(self, username: str, registered_at: datetime | None = None) -> Person:
        number = await self.pool.fetchval(
            "INSERT INTO editor (central_id, username, registered_at) VALUES ($1, $2, $3) RETURNING id",
            1000 + next(self._numbers),
            username,
            registered_at,
        )
        return Person(number, username)

    async def organization(self, slug: str, *coordinators: Person, name: str = "Wikimedia") -> int:
        async with self.pool.acquire() as conn, conn.transaction():
            number = await self._collection(conn, CollectionKind.ORGANIZATION)
            await _insert(conn, "organization", {"id": number, "slug": slug, "name": name})
            for each in coordinators:
                await _insert(conn, "organization_coordinator", {"organization_id": number, "editor_id": each.id})
        return number

    async def campaign(self, slug: str, *organizers: Person, **columns: Any) -> int:
        async with self.pool.acquire() as conn, conn.transaction():
            number = await self._collection(conn, CollectionKind.CAMPAIGN)
            await _insert(conn, "campaign", {"id": number, "slug": slug, "title": slug.title(), **columns})
            for each in organizers:
                await _insert(conn, "campaign_organizer", {"campaign_id": number, "editor_id": each.id})
        return number

    async def program(
        self,
        slug: str,
        *,
        tracked: Mapping[str, Sequence[int]] | None = None,
        campaigns: Sequence[int] = (),
        facilitators: Sequence[Person] = (),
        **columns: Any,
    ) -> int:
        tracked = {"enwiki": (0,)} if tracked is None else tracked
        numbers = {dbname: await self.wiki(dbname) for dbname in tracked}
        async with self.pool.acquire() as conn, conn.transaction():
            number = await self._collection(conn, CollectionKind.PROGRAM)
            row = {
                "id": number,
                "slug": slug,
                "title": slug.title(),
                "institution": "University",
                "tracking_start": START,
                "tracking_end": END,
                "home_wiki_id": next(iter(numbers.values())),
                "passcode_policy": "FIXED",
                "passcode": "letmein",
                "invitation": f"invitation-{slug}",
            }
            await _insert(conn, "program", {**row, **columns})
            for dbname, namespaces in tracked.items():
                await _insert(
                    conn,
                    "program_wiki",
                    {"program_id": number, "wiki_id": numbers[dbname], "namespaces": list(namespaces)},
                )
            for campaign in campaigns:
                await _insert(conn, "campaign_program", {"campaign_id": campaign, "program_id": number})
            await cohorts.cover(conn, [number])
        await self.enroll(number, *facilitators, role="FACILITATOR")
        return number

    async def session(
        self,
        program: int,
        slug: str,
        start: datetime = START,
        end: datetime = END,
        *,
        participants: Sequence[Person] = (),
        coordinators: Sequence[Person] = (),
    ) -> int:
        async with self.pool.acquire() as conn, conn.transaction():
            number = await self._collection(conn, CollectionKind.SESSION)
            row = {"id": number, "program_id": program, "slug": slug, "title": slug.title()}
            await _insert(conn, "session", {**row, "starts_at": start, "ends_at": end})
            for table, people in (("session_editor", participants), ("session_coordinator", coordinators)):
                for each in people:
                    await _insert(conn, table, {"session_id": number, "editor_id": each.id})
            await cohorts.reassess_program(conn, program)
        return number

    async def enroll(self, program: int, *people: Person, role: str = "EDITOR", **columns: Any) -> None:
        async with self.pool.acquire() as conn, conn.transaction():
            await ledger.lock(conn)
            for each in people:
                row = {"program_id": program, "editor_id": each.id, "role": role, "joined_at": START}
                await _insert(conn, "enrollment", {**row, **columns})
            if role == "EDITOR":
                await cohorts.enroll(conn, program, [each.id for each in people])

    async def goal(self, program: int, metric: str, target: int, reached_at: datetime | None = None) -> None:
        async with self.pool.acquire() as conn:
            row = {"program_id": program, "metric": metric, "target": target, "reached_at": reached_at}
            await _insert(conn, "goal", row)

    async def edit(
        self,
        person: Person,
        title: str,
        size: int,
        *,
        wiki: str = "enwiki",
        namespace: int = 0,
        created: bool = False,
        at: datetime = NOW - timedelta(hours=1),
        **fields: Any,
    ) -> int:
        """An edit that changes ``title`` by ``size`` bytes; returns its revision."""
        revision = next(self._numbers)
        page = self._pages.setdefault((wiki, title), 5000 + len(self._pages))
        known = Edit(
            wiki=wiki,
            revision_id=revision,
            page_id=page,
            namespace=namespace,
            title=title,
            username=person.username,
            central_id=None,
            at=at,
            byte_change=size,
            created=created,
            redirect=fields.pop("redirect", False),
            minor=fields.pop("minor", False),
            summary=fields.pop("summary", None),
        )
        assert not fields
        await self.take_in(edits=[SeenEdit(known, person.id, as_of=at)])
        return revision

    def page_id(self, title: str, wiki: str = "enwiki") -> int:
        return self._pages[wiki, title]

    async def take_in(self, edits: Sequence[SeenEdit] = (), changes: Sequence[Change] = ()) -> None:
        async with self.pool.acquire() as conn:
            await ingest(conn, Batch(edits=list(edits), changes=list(changes)))

    async def _collection(self, conn: Connection, kind: CollectionKind) -> int:
        await ledger.lock(conn)
        number = await ledger.create_collection(conn, kind)
        await conn.execute("UPDATE collection SET created_at = $2 WHERE id = $1", number, START)
        return number


async def _insert(conn: Connection, table: str, row: Mapping[str, Any]) -> None:
    names = ", ".join(row)
    places = ", ".join(f"${place + 1}" for place in range(len(row)))
    await conn.execute(f"INSERT INTO {table} ({names}) VALUES ({places})", *row.values())

# SPDX-License-Identifier: GPL-3.0-or-later
"""The programs that watch the ten wikis, how their rules change while they run, and what must be read afterwards."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from graph.db.pool import Pool
from graph.simulator.pages import Account
from tests.db.naive import Naive, Program
from tests.db.world import World
from tests.scenario.ten_wikis import BEGIN, BY_NAME_ONLY, LASTS, TenWikis

EVER = (BEGIN - timedelta(days=1), BEGIN + 2 * LASTS)


def share(of: float) -> datetime:
    """The moment at which about this share of everything has happened."""
    return (BEGIN + LASTS * of).replace(microsecond=0)


@dataclass
class Programs:
    """``world`` has the rules; ``people`` are our numbers of those enrolled on the wikis, in their order there.

    ``unread`` collects the programs for which something was never fetched.
    """

    world: World
    people: list[int]
    english: int = 0
    mixed: int = 0
    data: int = 0
    private: int = 0
    late: int = 0
    campaigns: list[int] = field(default_factory=list)
    organizations: list[int] = field(default_factory=list)
    sessions: list[int] = field(default_factory=list)
    unread: set[int] = field(default_factory=set)

    async def found(self) -> None:
        """The rules as they are before anything has happened."""
        world, who = self.world, self.people
        start, end = EVER
        self.english = await world.program(
            *who[:20], wikis={"enwiki": {0}, "dewiki": {0, 2}, "frwiki": {0}}, start=start, end=end
        )
        self.mixed = await world.program(
            *who[10:35],
            wikis={"enwiki": {0, 118}, "arwiki": {0}, "zhwiki": {0, 14}, "commonswiki": {6}},
            start=share(0.2),
            end=share(0.8),
        )
        self.data = await world.program(
            *who[30:50], wikis={"wikidatawiki": {0, 120}, "metawiki": {0}, "eswiki": {0}}, start=start, end=end
        )
        self.private = await world.program(
            *who[:8], *who[50:], wikis={"ruwiki": {0}, "enwiki": {0}}, start=start, end=end, public=False
        )
        await world.program(*who[:3], wikis={"enwiki": {0}}, start=start, end=end, article_scoped=True)
        await world.enroll(self.english, *who[22:26], named=False)
        await world.enroll(self.data, who[1], named=False)
        self.sessions = [
            await world.session(self.english, share(0.1), share(0.6), *who[2:9]),
            await world.session(self.mixed, share(0.4), share(0.9)),
        ]
        self.organizations = [await world.organization(), await world.organization()]
        one, other = self.organizations
        self.campaigns = [
            await world.campaign(self.english, self.mixed, organization=one),
            await world.campaign(self.mixed, self.data, self.private, organization=one),
            await world.campaign(self.data, organization=other),
        ]

    async def change(self, turn: int) -> None:
        """The changes of rules that come after this turn of events."""
        await (self._people, self._windows, self._gatherings, self._newcomers, self._second_thoughts)[turn]()

    async def _people(self) -> None:
        world, who = self.world, self.people
        await world.enroll(self.english, *who[48:54])
        await world.withdraw(self.english, who[3], who[12])
        await world.withdraw(self.mixed, who[12])
        await world.enroll(self.data, who[54], named=False)
        for wiki, page in await busiest(world.pool, self.english, 3):
            await world.exclude(self.english, wiki, page)
        self.unread |= {self.english, self.data}

    async def _windows(self) -> None:
        world = self.world
        await world.move_window(self.mixed, share(0.05), share(0.7))
        await world.track(self.data, {"wikidatawiki": {0}, "metawiki": {0, 4}, "eswiki": {0, 2}, "arwiki": {0}})
        await world.track(self.english, {"enwiki": {0, 2}, "dewiki": {0}, "frwiki": {0, 1}})
        for wiki, page in await busiest(world.pool, self.mixed, 2):
            await world.exclude(self.mixed, wiki, page)
        self.unread |= {self.mixed, self.data}

    async def _gatherings(self) -> None:
        world = self.world
        await world.gather(self.campaigns[0], self.data)
        await world.release(self.campaigns[1], self.mixed)
        await world.show(self.private, True)
        await world.show(self.data, False)
        await world.hand_over(self.campaigns[2], self.organizations[0])
        await world.invite(self.sessions[1], *self.people[14:30])

    async def _newcomers(self) -> None:
        world, who = self.world, self.people
        self.late = await world.program(*who[::5], wikis={"zhwiki": {0}, "frwiki": {0}}, start=share(0.1), end=EVER[1])
        await world.gather(self.campaigns[0], self.late)
        self.sessions.append(await world.session(self.late, share(0.3), share(0.95), *who[5:45:10]))
        await world.enroll(self.english, who[12])
        self.unread |= {self.late, self.english}

    async def _second_thoughts(self) -> None:
        world = self.world
        wiki, page = sorted(world.naive.programs[self.english].excluded)[0]
        await world.include(self.english, wiki, page)
        await world.show(self.data, True)
        await world.invite(self.sessions[0])
        await world.move_window(self.english, share(-0.1), share(0.9))
        await world.hand_over(self.campaigns[2], None)
        await world.hand_over(self.campaigns[1], self.organizations[1])
        await world.withdraw(self.private, self.people[50])


async def busiest(pool: Pool, program: int, count: int) -> list[tuple[str, int]]:
    """The pages of a program with the most edits now, as (wiki, page id)."""
    rows = await pool.fetch(
        "SELECT w.dbname, p.page_id FROM article_tally t JOIN collection c USING (generation)"
        " JOIN page p ON p.id = t.page_key JOIN wiki w ON w.id = p.wiki_id"
        " WHERE c.id = $1 AND t.edits > 0 ORDER BY t.edits DESC, w.dbname, p.page_id LIMIT $2",
        program,
        count,
    )
    return [(row["dbname"], row["page_id"]) for row in rows]


async def enlist(world: World, wikis: TenWikis) -> list[int]:
    """Write down the enrolled, as the wikis know them now; gives our number of each."""
    return [await _enlist(world, account, n in BY_NAME_ONLY) for n, account in enumerate(wikis.enrolled)]


async def _enlist(world: World, account: Account, by_name: bool) -> int:
    registered = datetime.fromisoformat(account.registered or "")
    number = await world.pool.fetchval(
        "INSERT INTO editor (central_id, username, registered_at) VALUES ($1, $2, $3) RETURNING id",
        None if by_name else account.central_id,
        account.name,
        registered,
    )
    world.naive.registered[number] = registered
    return int(number)


async def copy_rules(rules: Naive, world: World) -> dict[int, int]:
    """Write the rules of another world, as they are now, into this one; its number of each of their collections.

    Not what was excluded: that can only be said of pages that are stored.
    """
    numbers: dict[int, int] = {}
    for number, program in sorted(rules.programs.items()):
        numbers[number] = await _copy_program(program, world)
        for session, each in sorted(program.sessions.items()):
            who = sorted(each.participants)
            numbers[session] = await world.session(numbers[number], each.start, each.end, *who)
    for number in sorted(rules.organizations):
        numbers[number] = await world.organization()
    for number, programs in sorted(rules.campaigns.items()):
        owner = next((numbers[each] for each, owned in rules.organizations.items() if number in owned), None)
        numbers[number] = await world.campaign(*(numbers[each] for each in sorted(programs)), organization=owner)
    await world.learn()
    second = {first: number for number, first in world.naive.everybody.items()}
    return numbers | {number: second[numbers[first]] for number, first in rules.everybody.items()}


async def _copy_program(program: Program, world: World) -> int:
    made = await world.program(
        wikis=program.wikis,
        start=program.start,
        end=program.end,
        public=program.public,
        article_scoped=program.article_scoped,
    )
    for named in (True, False):
        who = sorted(editor for editor, shown in program.editors.items() if shown is named)
        if who:
            await world.enroll(made, *who, named=named)
    return made

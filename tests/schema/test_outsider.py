# SPDX-License-Identifier: GPL-3.0-or-later
"""An outsider collects everything reachable, before and after secret things happen, and sees no difference at all."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from graph.db import assignments
from graph.db.pool import Pool
from graph.jobs.nameless import count_nameless
from graph.programs import AssignmentRole
from graph.rates import Buckets
from graph.resolvers.identity import ANONYMOUS, Actor
from graph.schema import ids
from graph.titles import Title
from tests.db.rows import NOW, START, World
from tests.schema.asking import Api, Operation, signed_in
from tests.schema.outsider import Outsider, changes_of, values

# What must be nowhere: words, and numbers that nothing else has.
WORDS = ("Secret", "Shy", "Orchid", "Hideout", "Eve Insider", "Lead Insider", "Talk Insider")
SIZES = (31_337, 42_424, 53_535)
SLUGS = ("botany", "spring", "wmxx", "secret-seminar", "evening", "hidden-evening")
NAMES = ("Ada", "Lead", "Shy One", "Eve Insider", "Lead Insider", "Talk Insider")
LONG_AGO = {"tracking_start": datetime(2023, 11, 1, tzinfo=UTC), "tracking_end": datetime(2023, 11, 30, tzinfo=UTC)}


class Place:
    """A public program of a campaign of an organization, and what is to be kept secret beside it and in it."""

    def __init__(self, world: World) -> None:
        self.world = world

    async def build(self) -> None:
        """What everybody may see. One participant is nameless, and does nothing yet."""
        world = self.world
        self.ada, self.lead, self.shy = [await world.editor(name) for name in ("Ada", "Lead", "Shy One")]
        self.organizer, self.bo, self.eve = [await world.editor(name) for name in ("Organizer", "Bo", "Eve Insider")]
        organization = await world.organization("wmxx", self.organizer)
        self.campaign = await world.campaign("spring", self.organizer, organization_id=organization)
        self.botany = await world.program("botany", facilitators=[self.lead], campaigns=[self.campaign])
        await world.session(self.botany, "evening")
        await world.enroll(self.botany, self.ada)
        await world.enroll(self.botany, self.shy, show_name=False)
        await world.goal(self.botany, "TOTAL_EDITS", 2)
        await world.edit(self.ada, "Rose", 10, created=True)

    async def keep_secrets(self) -> None:
        """A private program begins in the same campaign, with all a program has; the nameless participant edits."""
        world = self.world
        lead, talker = await world.editor("Lead Insider"), await world.editor("Talk Insider")
        self.secret = await world.program(
            "secret-seminar",
            title="Secret Seminar",
            institution="Secret Institute",
            description="Secret plans",
            visibility="PRIVATE",
            facilitators=[lead],
            campaigns=[self.campaign],
            tracked={"enwiki": (0,), "frwiki": (0, 2)},
        )
        self.session = await world.session(self.secret, "hidden-evening", coordinators=[talker])
        await world.pool.execute("UPDATE session SET venue = 'The Hideout' WHERE id = $1", self.session)
        await world.enroll(self.secret, self.eve)
        await world.enroll(self.secret, self.ada)
        await world.goal(self.secret, "TOTAL_EDITS", 1)
        await world.edit(self.eve, "Orchid", SIZES[0], created=True)
        await world.edit(self.eve, "File:Orchid.jpg", SIZES[1], wiki="commonswiki", namespace=6, created=True)
        await world.edit(self.shy, "Orchid of Shy", SIZES[2], created=True)
        await world.edit(self.shy, "Rose", 77)
        await self.hand_out()

    async def hand_out(self) -> None:
        """Articles are offered and assigned in the private program, and assigned to the nameless participant."""
        wiki, write = await self.world.wiki("enwiki"), AssignmentRole.WRITE
        async with self.world.pool.acquire() as conn, conn.transaction():
            orchid, rose = [(wiki, Title(0, title, title)) for title in ("Orchid", "Rose")]
            await assignments.offer(conn, self.secret, [orchid])
            self.offered = await conn.fetchval("SELECT id FROM wanted_article")
            self.assigned = await assignments.assign(conn, self.secret, orchid, self.eve.id, write)
            await assignments.assign(conn, self.botany, orchid, self.shy.id, write)
            await assignments.assign(conn, self.botany, rose, self.shy.id, write)


@pytest.fixture
async def place(pool: Pool) -> Place:
    made = Place(World(pool))
    await made.build()
    return made


async def everything(api: Api, actor: Actor) -> dict[str, Any]:
    return await Outsider(api, actor).collect(SLUGS, NAMES, ("secret", "shy", "o"))


def traces(found: dict[str, Any], sizes: Sequence[int] = SIZES) -> list[Any]:
    """The plain values that betray something."""
    plain = list(values(list(found.values())))
    return [
        each
        for each in plain
        if (isinstance(each, str) and any(word.casefold() in each.casefold() for word in WORDS))
        or (isinstance(each, int | str) and str(each) in map(str, sizes))
    ]


@pytest.mark.parametrize("who", ["anybody", "a stranger", "the campaign's organizer", "a participant"])
async def test_nothing_that_is_reachable_tells_of_secret_things(api: Api, place: Place, who: str) -> None:
    if who == "a participant":
        await place.world.enroll(place.botany, place.bo)
    actor = {
        "anybody": ANONYMOUS,
        "a stranger": signed_in(place.bo),
        "the campaign's organizer": signed_in(place.organizer),
        "a participant": signed_in(place.bo),
    }[who]
    before = await everything(api, actor)
    assert sum(answer.get("data") is not None for answer in before.values()) > 100

    await place.keep_secrets()

    after = await everything(api, actor)
    assert {query: answer for query, answer in after.items() if before.get(query) != answer} == {}
    assert before.keys() == after.keys()
    assert traces(after) == []


async def test_whoever_is_inside_finds_all_of_it_in_the_same_way(api: Api, place: Place) -> None:
    await place.keep_secrets()
    inside = await everything(api, signed_in(place.eve))
    found = traces(inside)
    for mark in ("Secret Seminar", "Secret Institute", "secret-seminar", "The Hideout", "Orchid", "Lead Insider"):
        assert mark in found
    assert {SIZES[0], "Eve Insider"} <= set(found)
    facilitator = traces(await everything(api, signed_in(place.lead)))
    assert {"Shy One", "Orchid of Shy", SIZES[2]} <= set(facilitator)


async def test_after_the_end_no_row_tells_who_the_nameless_were(api: Api, world: World) -> None:
    people = [await world.editor(name) for name in ("Ada", "Shy One", "Shy Two", "Shy Three")]
    campaign = await world.campaign("spring")
    program = await world.program("botany", campaigns=[campaign], **LONG_AGO)
    await world.session(program, "evening", LONG_AGO["tracking_start"], LONG_AGO["tracking_end"])
    await world.enroll(program, people[0])
    await world.enroll(program, *people[1:], show_name=False)
    at = LONG_AGO["tracking_start"] + timedelta(days=3)
    for person, title, size in zip(people, ("Rose", "Orchid", "Rose", "Rose"), (10, *SIZES), strict=True):
        await world.edit(person, title, size, at=at)
    assert await count_nameless(world.pool, NOW) == [program]

    found = await everything(api, ANONYMOUS)

    # Their sum is in the numbers; no edit, page or name of theirs is anywhere.
    assert 10 + sum(SIZES) in set(values(list(found.values())))
    assert traces(found) == []


async def test_whoever_follows_is_told_nothing_of_secret_things(api: Api, place: Place) -> None:
    cursors = await api.ask(
        '{ program(slug: "botany") { activityCursor sessions { id } } campaign(slug: "spring") { activityCursor } }'
    )
    after, session = cursors["program"]["activityCursor"], cursors["program"]["sessions"][0]["id"]
    await place.keep_secrets()
    # One public edit at the end, so that there is something to come.
    last = await place.world.edit(place.ada, "Rose", 5, at=START + timedelta(days=2))
    for following, naming in (
        ("programActivity", 'slug: "botany"'),
        ("campaignActivity", 'slug: "spring"'),
        ("sessionActivity", f'id: "{session}"'),
    ):
        query = f'subscription {{ {following}({naming}, after: "{after}") {{ __typename }} }}'
        assert (
            await told(api, query, 3)
            == ["HistoryChanged", "MilestoneReached"][: 2 if following != "sessionActivity" else 1]
        )
    assert last > 0


async def told(api: Api, query: str, most: int) -> list[str]:
    """The kinds of entries that come, until none comes for a moment."""
    stream = await api._executor.subscribe(Operation(query, {}), ANONYMOUS)
    assert not hasattr(stream, "payload"), stream
    found: list[str] = []
    try:
        async with asyncio.timeout(0.5):
            async for result in stream:
                (entry,) = result.payload["data"].values()
                found.append(entry["__typename"])
    except TimeoutError:
        pass
    finally:
        await stream.aclose()
    return found[:most]


async def test_what_is_secret_is_refused_word_for_word_like_what_is_missing(api: Api, place: Place) -> None:
    await place.keep_secrets()
    api.deps = replace(api.deps, pool=place.world.pool)
    stranger = signed_in(place.bo)
    secret, nothing = ids.encode(ids.Kind.PROGRAM, place.secret), ids.encode(ids.Kind.PROGRAM, 9_999)
    hidden, never = ids.encode(ids.Kind.SESSION, place.session), ids.encode(ids.Kind.SESSION, 9_998)
    offered, none = [ids.encode(ids.Kind.AVAILABLE_ARTICLE, number) for number in (place.offered, 9_997)]
    assigned, nobodys = [ids.encode(ids.Kind.ASSIGNMENT, number) for number in (place.assigned, 9_996)]
    asked = 0
    for actor in (ANONYMOUS, stranger, signed_in(place.organizer)):
        for field, pair in (
            ("programId", (secret, nothing)), ("id", (secret, nothing)), ("id", (hidden, never)),
            ("id", (offered, none)), ("id", (assigned, nobodys)),
        ):  # fmt: skip
            api.deps = replace(api.deps, paces=Buckets(1_000, 1))
            answers = [await refusals(api, actor, place, field, number) for number in pair]
            assert answers[0] == answers[1]
            asked += len(answers[0])
    assert asked > 60
    for query in (
        'subscription {{ programMetrics(slug: "{slug}") {{ version }} }}',
        'subscription {{ programActivity(slug: "{slug}") {{ __typename }} }}',
    ):
        answers = [
            (await api._executor.subscribe(Operation(query.format(slug=slug), {}), stranger))
            for slug in ("secret-seminar", "nothing-at-all")
        ]
        payloads = [await first(answer) for answer in answers]
        assert payloads[0] == payloads[1]
        assert payloads[0]["errors"][0]["extensions"]["code"] == "NOT_FOUND"


async def refusals(api: Api, actor: Actor, place: Place, field: str, number: str) -> list[Any]:
    """What every mutation answers that can be asked about the thing with this id."""
    filled = {field: number, "campaignId": ids.encode(ids.Kind.CAMPAIGN, place.campaign)}
    return [
        (name, (await api.ask(document, actor, input=given))[name])
        for name, document, given in changes_of(field, filled)
    ]


async def first(answer: Any) -> Any:
    if hasattr(answer, "payload"):
        return answer.payload
    return (await anext(answer)).payload

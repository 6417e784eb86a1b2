# SPDX-License-Identifier: GPL-3.0-or-later
"""Scopes are read from the wikis and the lists' services: each by itself, at its time, and kept where that fails."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any, cast

import pytest

from graph.broker import Broker
from graph.db import assignments, ledger, organizing_scopes, queue, recounting, scopes
from graph.db.queue import JobKind
from graph.db.scopes import Scope
from graph.jobs import refresh
from graph.jobs.refresh import HOURLY, SOON, enqueue_due, wanted
from graph.jobs.worker import Worker
from graph.programs import ScopeKind
from graph.resolvers.deps import Deps, Users
from graph.scopes import Source
from graph.titles import Title
from graph.wikis import wiki
from tests.jobs.stage import Stage

CATEGORY, PETSCAN, PAGEPILE = ScopeKind.CATEGORY, ScopeKind.PETSCAN, ScopeKind.PAGEPILE


@pytest.fixture
async def program(stage: Stage) -> int:
    """An article-scoped program whose editor has edited Moss, Fern and Lichen, each once; all edits are stored."""
    number = await stage.program("mosses", "Ann", type="ARTICLE_SCOPED")
    for title in ("Moss", "Fern", "Lichen"):
        stage.wikis.save("enwiki", title, "Ann", at=stage.clock.now - timedelta(hours=1))
    stage.wikis.put_in("enwiki", "Moss", categories=["Mosses"], templates=["Plantbox"])
    await stage.backfill(number)
    assert await stage.edits(number) == 0
    return number


async def add(stage: Stage, program: int, kind: ScopeKind, value: str = "", depth: int = 0) -> int:
    """A scope, asked for as a mutation does."""
    of = wiki("enwiki")
    assert of is not None
    async with stage.pool.acquire() as conn, conn.transaction():
        await ledger.lock(conn)
        number = await scopes.add(conn, program, Source(kind, of, value, depth), None)
        assert number is not None
        await organizing_scopes.ask(conn, program, number)
        await ledger.announce(conn)
    return number


async def read(stage: Stage, program: int, kind: ScopeKind, value: str = "", depth: int = 0) -> Scope:
    """A new scope after its first reading."""
    number = await add(stage, program, kind, value, depth)
    await stage.work()
    return await stored(stage, number)


async def ask(stage: Stage, program: int) -> None:
    """All scopes anew, at once."""
    async with stage.pool.acquire() as conn, conn.transaction():
        await organizing_scopes.ask(conn, program)
    await stage.work()


async def stored(stage: Stage, number: int) -> Scope:
    async with stage.pool.acquire() as conn:
        found = await scopes.get(conn, number)
    assert found is not None
    return found


async def refreshes(stage: Stage) -> list[str]:
    return [state for kind, state in await stage.queued() if kind == JobKind.REFRESH]


async def tried(stage: Stage, ago: timedelta) -> None:
    """As if every scope had been read that long ago by the stage's clock."""
    await stage.pool.execute("UPDATE scope SET tried_at = $1", stage.clock.now - ago)


async def schedule(stage: Stage) -> int:
    async with stage.pool.acquire() as conn:
        return await enqueue_due(conn, stage.clock())


async def counted(stage: Stage, program: int) -> int:
    """What the program counts, once that was compared with a count from nothing."""
    async with stage.pool.acquire() as conn:
        assert await recounting.check(conn, [program]) == []
    return await stage.edits(program)


async def test_edits_from_before_count_once_their_category_was_read(stage: Stage, program: int) -> None:
    scope = await read(stage, program, CATEGORY, "Category:Mosses")
    assert (scope.state, scope.size, scope.found, scope.error) == ("READY", 1, 1, None)
    assert scope.refreshed_at is not None
    assert await counted(stage, program) == 1


async def test_the_union_of_several_kinds_counts(stage: Stage, program: int) -> None:
    stage.wikis.put_in("enwiki", "Fern", templates=["Plantbox"])
    stage.lists.save_pile(9, "enwiki", ["Lichen", "Moss"])
    await add(stage, program, ScopeKind.TEMPLATE, "Template:Plantbox")
    await add(stage, program, PAGEPILE, "9")
    await stage.work()
    assert await counted(stage, program) == 3


async def test_assigned_articles_are_a_scope_whose_titles_are_followed(stage: Stage, program: int) -> None:
    scope = await read(stage, program, ScopeKind.ASSIGNED_ARTICLES)
    assert (scope.state, scope.size) == ("READY", 0)
    async with stage.pool.acquire() as conn, conn.transaction():
        titles = [(scope.wiki_id, Title(0, text, text)) for text in ("Fern", "Not written yet")]
        await assignments.offer(conn, program, titles)
        await queue.enqueue(conn, JobKind.REFRESH, program)
    await stage.work()
    assert (await stored(stage, scope.id)).size == 2
    assert await counted(stage, program) == 1


async def test_what_is_as_it_was_is_not_switched(stage: Stage, program: int) -> None:
    before = await read(stage, program, CATEGORY, "Category:Mosses")
    await stage.pool.execute("UPDATE scope SET refreshed_at = '2026-01-01Z'")
    await ask(stage, program)
    after = await stored(stage, before.id)
    assert (after.edition, after.digest, after.state) == (before.edition, before.digest, "READY")
    assert after.refreshed_at == after.tried_at or after.refreshed_at > before.added_at


async def test_what_left_the_category_counts_no_more_and_what_entered_counts(stage: Stage, program: int) -> None:
    scope = await read(stage, program, CATEGORY, "Category:Mosses")
    stage.wikis.take_out("enwiki", "Moss", categories=["Mosses"])
    stage.wikis.put_in("enwiki", "Fern", categories=["Mosses"])
    stage.wikis.put_in("enwiki", "Lichen", categories=["Mosses"])
    await ask(stage, program)
    assert (await stored(stage, scope.id)).size == 2
    assert await counted(stage, program) == 2


async def test_an_empty_category_that_exists_has_no_pages_and_no_error(stage: Stage, program: int) -> None:
    stage.wikis.save("enwiki", "Category:Mosses", "Ann")
    await read(stage, program, CATEGORY, "Category:Mosses")
    stage.wikis.take_out("enwiki", "Moss", categories=["Mosses"])
    await ask(stage, program)
    async with stage.pool.acquire() as conn:
        (scope,) = (await scopes.of_programs(conn, [program]))[program]
    assert (scope.state, scope.size, scope.error) == ("READY", 0, None)
    assert await counted(stage, program) == 0
    assert await organizing_scopes.without_articles(stage.pool, [program]) == {program}


LISTS = {
    "it is gone": ({}, "MISSING", "no query 7"),
    "it is about another wiki": ({"lists_wiki": "dewiki"}, "OTHER_WIKI", "is about dewiki, not about enwiki"),
    "the service is down": ({"lists_status": 503}, "DOWN", "answered 503"),
    "the service is slow": ({"lists_seconds": 3}, "SLOW", "took longer than 0.5 seconds"),
    "the service answers a page": ({"lists_html": True}, "FORM", "did not answer as it should"),
    "the answer breaks off": ({"lists_broken": 1}, "FORM", "did not answer as it should"),
    "the query fails": ({"lists_error": "out of memory"}, "REFUSED", "could not run query 7: out of memory"),
    "three million results": ({"lists_more": 3_000_000}, "TOO_MANY", "more than 1,000,000 articles"),
}


@pytest.mark.parametrize("case", LISTS)
async def test_a_query_that_cannot_be_read_keeps_what_it_had(stage: Stage, program: int, case: str) -> None:
    faults, reason, words = LISTS[case]
    stage.lists.save_query(7, "enwiki", ["Fern"])
    good = await read(stage, program, PETSCAN, "7")
    assert (good.size, await counted(stage, program)) == (1, 1)
    other = await add(stage, program, CATEGORY, "Category:Mosses")
    stage.faults.set(**faults)
    if not faults:
        stage.lists.forget_list(7)
    await ask(stage, program)
    found = await stored(stage, good.id)
    assert (found.state, found.error_reason, words in (found.error or "")) == ("FAILED", reason, True), found.error
    assert (found.size, found.refreshed_at, found.digest) == (good.size, good.refreshed_at, good.digest)
    assert (await stored(stage, other)).state == "READY"
    assert await counted(stage, program) == 2
    stage.faults.clear()
    stage.lists.save_query(7, "enwiki", ["Fern", "Lichen"])
    await ask(stage, program)
    mended = await stored(stage, good.id)
    assert (mended.state, mended.error, mended.error_reason, mended.size) == ("READY", None, None, 2)
    assert await counted(stage, program) == 3


PILES = {
    "it is gone": ({}, "MISSING"),
    "it is of another wiki": ({"lists_wiki": "dewiki"}, "OTHER_WIKI"),
    "the service answers a page": ({"lists_html": True}, "MISSING"),
    "the service is down": ({"lists_status": 502}, "DOWN"),
    "the service is slow": ({"lists_seconds": 3}, "SLOW"),
}


@pytest.mark.parametrize("case", PILES)
async def test_a_pile_that_cannot_be_read_keeps_what_it_had(stage: Stage, program: int, case: str) -> None:
    faults, reason = PILES[case]
    stage.lists.save_pile(9, "enwiki", ["Fern", "No|title", "Moss"])
    good = await read(stage, program, PAGEPILE, "9")
    assert (good.size, good.skipped, await counted(stage, program)) == (2, 1, 2)
    stage.faults.set(**faults)
    if not faults:
        stage.lists.forget_list(9)
    await ask(stage, program)
    found = await stored(stage, good.id)
    assert (found.state, found.error_reason, found.size) == ("FAILED", reason, 2)
    assert await counted(stage, program) == 2


async def test_a_category_that_does_not_exist_is_missing(stage: Stage, program: int) -> None:
    scope = await read(stage, program, CATEGORY, "Category:Nowhere")
    assert (scope.state, scope.error_reason, scope.size) == ("FAILED", "MISSING", 0)
    assert scope.error == "en.wikipedia.org has no “Category:Nowhere”."
    assert await counted(stage, program) == 0


async def test_a_wiki_that_cannot_be_asked_is_asked_again_soon(stage: Stage, program: int) -> None:
    stage.faults.set(api_status=503)
    scope = await read(stage, program, CATEGORY, "Category:Mosses")
    assert (scope.state, scope.error_reason) == ("FAILED", "DOWN")
    assert "en.wikipedia.org cannot be asked now" in (scope.error or "")
    assert await refreshes(stage) == ["queued"]
    stage.faults.clear()
    await tried(stage, SOON)
    await stage.settle_now()
    await stage.work()
    assert (await stored(stage, scope.id)).state == "READY"
    assert await refreshes(stage) == []


async def test_scopes_of_one_program_have_a_million_pages_together(stage: Stage, program: int) -> None:
    await read(stage, program, CATEGORY, "Category:Mosses")
    await stage.pool.execute("UPDATE scope SET size = 999999")
    stage.lists.save_query(7, "enwiki", ["Fern", "Lichen"])
    found = await read(stage, program, PETSCAN, "7")
    assert (found.error_reason, found.size) == ("TOO_MANY", 0)
    assert found.error == (
        "A program has at most 1,000,000 articles in its scopes: the others leave room for 1, and here are more."
    )


async def test_titles_of_a_large_pile_are_followed_once_a_day(
    stage: Stage, program: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("graph.jobs.refresh.OFTEN", -1)
    stage.lists.save_pile(9, "enwiki", ["Fern"])
    scope = await read(stage, program, PAGEPILE, "9")
    articles = stage.reach.scopes.articles  # type: ignore[union-attr]
    plain, asked = articles.located, []

    async def located(of: Any, titles: Any) -> Any:
        asked.append(list(titles))
        return await plain(of, titles)

    monkeypatch.setattr(articles, "located", located)
    await ask(stage, program)
    assert asked == []
    stage.clock.passes(timedelta(days=1))
    await ask(stage, program)
    assert asked == [["Fern"]]
    assert (await stored(stage, scope.id)).size == 1


async def test_running_programs_are_read_hourly_and_no_others(stage: Stage, program: int) -> None:
    ended = await stage.program("ended", type="ARTICLE_SCOPED", tracking_end=stage.clock.now - timedelta(days=1))
    basic = await stage.program("basic")
    withdrawn = await stage.program("withdrawn", type="ARTICLE_SCOPED", withdrawn_at=stage.clock.now)
    for number in (program, ended, basic, withdrawn):
        await add(stage, number, CATEGORY, "Category:Mosses")
    await stage.work()
    await tried(stage, timedelta(minutes=59))
    assert await schedule(stage) == 0
    await tried(stage, HOURLY + timedelta(seconds=1))
    assert await schedule(stage) == 1
    assert await schedule(stage) == 0
    await stage.work()
    rows = await stage.pool.fetch("SELECT program_id FROM scope WHERE tried_at > $1", stage.clock.now - HOURLY)
    assert [row["program_id"] for row in rows] == [program]


async def test_nothing_is_read_for_a_withdrawn_program(stage: Stage) -> None:
    number = await stage.program("withdrawn", type="ARTICLE_SCOPED", withdrawn_at=stage.clock.now)
    scope = await read(stage, number, CATEGORY, "Category:Mosses")
    assert (scope.state, scope.tried_at) == ("WAITING", None)


async def test_scopes_act_in_article_scoped_programs_only(stage: Stage) -> None:
    number = await stage.program("basic", "Ann")
    stage.saves("Ann", 1)
    stage.wikis.save("enwiki", "Moss", "Ann", at=stage.clock.now - timedelta(hours=1))
    await stage.backfill(number)
    stage.wikis.put_in("enwiki", "Moss", categories=["Mosses"])
    scope = await read(stage, number, CATEGORY, "Category:Mosses")
    assert (scope.state, scope.size) == ("READY", 1)
    assert await counted(stage, number) == 2
    assert await organizing_scopes.without_articles(stage.pool, [number]) == set()


async def test_an_error_of_ours_is_said_on_its_scope_and_the_others_are_read(
    stage: Stage, program: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = await add(stage, program, CATEGORY, "Category:Ferns")
    other = await add(stage, program, CATEGORY, "Category:Mosses")
    plain = refresh.source_of

    def source_of(scope: Scope) -> Source:
        if scope.id == broken:
            raise ZeroDivisionError
        return plain(scope)

    monkeypatch.setattr(refresh, "source_of", source_of)
    await stage.work()
    found = await stored(stage, broken)
    assert (found.state, found.error_reason) == ("FAILED", "INTERNAL")
    assert "ZeroDivision" not in (found.error or "")
    assert (await stored(stage, other)).state == "READY"
    assert await refreshes(stage) == ["queued"]


async def test_a_scope_that_is_removed_while_it_is_read_leaves_nothing(
    stage: Stage, program: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = await add(stage, program, CATEGORY, "Category:Mosses")
    plain = scopes.took

    async def took(conn: Any, *values: Any) -> None:
        await plain(conn, *values)
        async with stage.pool.acquire() as other, other.transaction():
            await ledger.lock(other)
            await scopes.remove(other, number)
            await ledger.announce(other)
        await scopes.sweep(conn)

    monkeypatch.setattr(scopes, "took", took)
    await stage.work()
    assert await stage.pool.fetchval("SELECT count(*) FROM scope_page") == 0
    assert await refreshes(stage) == []
    assert await counted(stage, program) == 0


@pytest.mark.parametrize(
    ("state", "reason", "ago", "is_wanted"),
    [
        ("WAITING", None, timedelta(0), True),
        ("READING", None, timedelta(0), True),
        ("READY", None, timedelta(minutes=58), False),
        ("READY", None, HOURLY, True),
        ("FAILED", "DOWN", timedelta(minutes=5), False),
        ("FAILED", "DOWN", SOON, True),
        ("FAILED", "MISSING", SOON, False),
        ("FAILED", "SLOW", HOURLY, True),
    ],
)
async def test_a_scope_is_read_when_it_was_asked_for_or_is_due(
    stage: Stage, state: str, reason: str | None, ago: timedelta, is_wanted: bool
) -> None:
    now = stage.clock()
    known: dict[str, Any] = dict.fromkeys(Scope.__dataclass_fields__)
    scope = Scope(**known | {"kind": "CATEGORY", "state": state, "error_reason": reason, "tried_at": now - ago})
    assert wanted(scope, now) is is_wanted


async def test_titles_of_a_pile_are_followed_at_every_reading(stage: Stage, program: int) -> None:
    stage.lists.save_pile(9, "enwiki", ["Fern", "Not written"])
    scope = await read(stage, program, PAGEPILE, "9")
    stage.wikis.save("enwiki", "Not written", "Amara", redirect_to="Lichen")
    await ask(stage, program)
    rows = await stage.pool.fetch("SELECT title FROM scope_page WHERE scope_id = $1 ORDER BY 1", scope.id)
    assert [row["title"] for row in rows] == ["Fern", "Lichen"]


async def test_a_worker_reads_scopes_as_they_are_asked_for(stage: Stage, program: int) -> None:
    deps = Deps(
        stage.pool, Broker(), stage.clock, "http://localhost", cast("Users", None), "0", scopes=stage.reach.scopes
    )
    number = await add(stage, program, CATEGORY, "Category:Mosses")
    working = asyncio.create_task(Worker(deps, stage.reach.history, lambda: None).run())
    try:
        async with asyncio.timeout(60):
            while (await stored(stage, number)).state != "READY":
                await asyncio.sleep(0.1)
    finally:
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)
    assert await counted(stage, program) == 1

# SPDX-License-Identifier: GPL-3.0-or-later
"""All that a ledger says of its collections, and all that is true of them, in the same form."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime

from graph.db import contributions, recounting, timelines
from graph.db.pool import Pool
from graph.paging import EditQuery, Slice
from graph.tallies import TimelinePoint
from tests.db import stored
from tests.db.naive import Counted, Naive, Numbers, added, creates
from tests.kills.truth import TrueWorld
from tests.scenario.ten_programs import EVER

Timeline = dict[datetime, TimelinePoint]
# What is shown of an edit in a list: wiki, revision, and its page's number, namespace and title.
Row = tuple[str, int, int, int, str]


@dataclass
class Measured:
    """By collection: all numbers, the timelines by hour and by day, and the list of edits, the newest first."""

    numbers: dict[int, Numbers] = field(default_factory=dict)
    hours: dict[int, Timeline] = field(default_factory=dict)
    days: dict[int, Timeline] = field(default_factory=dict)
    edits: dict[int, list[Row]] = field(default_factory=dict)


async def measure(pool: Pool, rules: Naive) -> Measured:
    """What the ledger says."""
    async with pool.acquire() as conn:
        found = {collection: await stored.numbers(conn, collection) for collection in rules.collections()}
    collections = [collection for collection in rules.collections() if collection not in rules.organizations]
    return Measured(
        found,
        hours=await timelines.timeline(pool, collections, "hour", *EVER),
        days=await timelines.timeline(pool, collections, "day", *EVER),
        edits={collection: await _edits(pool, collection) for collection in collections},
    )


def should_be(true: TrueWorld) -> Measured:
    """What should be said."""
    measured = Measured()
    for collection in true.collections():
        measured.numbers[collection] = true.numbers(collection)
        if collection in true.organizations:  # which have neither lists nor timelines
            continue
        whole = true.listed(collection)
        measured.hours[collection] = _timeline(whole, lambda at: at.replace(minute=0, second=0))
        measured.days[collection] = _timeline(whole, lambda at: at.replace(hour=0, minute=0, second=0))
        ordered = sorted(whole, key=lambda each: (each.edit.at, each.edit.wiki, each.edit.revision_id))
        measured.edits[collection] = [_row(true, each) for each in ordered]
    return measured


async def drift(pool: Pool) -> list[str]:
    """What a recount finds wrong."""
    async with pool.acquire() as conn:
        return [str(each) for each in await recounting.check(conn, await recounting.all_collections(conn))]


def renumbered(measured: Measured, numbers: dict[int, int]) -> Measured:
    """The same with the numbers that the collections have elsewhere: ``numbers`` maps those to these here."""
    parts = (measured.numbers, measured.hours, measured.days, measured.edits)
    return Measured(*({number: part[here] for number, here in numbers.items() if here in part} for part in parts))


def differences(kept: Measured, should: Measured) -> list[str]:
    """Every number, bucket and listed edit that is another than it should be, as far as one can read them."""
    return [*_numbers_apart(kept, should), *_buckets_apart(kept, should), *_edits_apart(kept, should)][:40]


async def _edits(pool: Pool, collection: int) -> list[Row]:
    """The whole list, as somebody reads it who pages through it; in the order of time, oldest first."""
    rows: list[Row] = []
    after = None
    while True:
        page = (await contributions.edits(pool, [collection], EditQuery(), Slice(100, after)))[collection]
        for item in page.items:
            edit, article = item.value, item.value.article
            rows.append((edit.wiki, edit.revision_id, article.page_id, article.namespace, article.title or ""))
            after = item.key
        if not page.more:
            return rows[::-1]


def _row(true: TrueWorld, each: Counted) -> Row:
    page = true.page(each.edit.wiki, each.edit.page_id)
    return each.edit.wiki, each.edit.revision_id, each.edit.page_id, page.namespace, page.title or ""


def _timeline(edits: Sequence[Counted], beginning: Callable[[datetime], datetime]) -> Timeline:
    buckets: dict[datetime, list[Counted]] = {}
    for each in edits:
        buckets.setdefault(beginning(each.edit.at), []).append(each)
    return {at: _point(at, some) for at, some in buckets.items()}


def _point(at: datetime, edits: list[Counted]) -> TimelinePoint:
    tracked = [each for each in edits if each.tracked]
    return TimelinePoint(
        at=at,
        edits=len(edits),
        bytes_added=added(tracked),
        active_editors=len({each.editor for each in edits}),
        articles_created=len([each for each in tracked if creates(each)]),
    )


def _numbers_apart(kept: Measured, should: Measured) -> Iterator[str]:
    for collection in should.numbers:
        is_now, wanted = dict(_flat(kept.numbers[collection])), dict(_flat(should.numbers[collection]))
        for key in sorted(is_now.keys() | wanted.keys(), key=str):
            if is_now.get(key, 0) != wanted.get(key, 0):
                yield f"{collection} {key}: {is_now.get(key, 0)}, true is {wanted.get(key, 0)}"


def _flat(of: Numbers) -> Iterator[tuple[tuple[object, ...], object]]:
    yield from ((("headline", name), value) for name, value in asdict(of.headline).items())
    for part in ("namespaces", "editors", "articles"):
        for key, row in getattr(of, part).items():
            yield from (((part, key, each.name), getattr(row, each.name)) for each in fields(row))


def _buckets_apart(kept: Measured, should: Measured) -> Iterator[str]:
    for name in ("hours", "days"):
        for collection, wanted in getattr(should, name).items():
            is_now = getattr(kept, name)[collection]
            for at in sorted(is_now.keys() | wanted.keys()):
                if is_now.get(at) != wanted.get(at):
                    yield f"{collection} {name}: {is_now.get(at)}, true is {wanted.get(at)}"


def _edits_apart(kept: Measured, should: Measured) -> Iterator[str]:
    for collection, wanted in should.edits.items():
        is_now = kept.edits[collection]
        if is_now == wanted:
            continue
        yield from (f"{collection} does not list {row}" for row in sorted({*wanted} - {*is_now}))
        yield from (f"{collection} lists {row}" for row in sorted({*is_now} - {*wanted}))
        if set(is_now) == set(wanted):
            yield f"{collection} lists an edit twice, or its edits in another order"

# SPDX-License-Identifier: GPL-3.0-or-later
"""What was counted against what is true."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from graph.activity import Activity, EditCounted, EditRetracted, EditReverted, HistoryChanged, MilestoneReached
from graph.db import activity, recounting
from graph.db.pool import Connection
from tests.db import stored
from tests.db.naive import Numbers
from tests.kills.truth import TrueWorld

KINDS = ("lost", "extra", "over", "under", "pages", "activity", "drift")
EXAMPLES = 12


@dataclass(slots=True)
class Verdict:
    """What is wrong, by kind, and what the run went through.

    ``lost`` and ``extra`` are counted edits, once for each collection; ``over`` and ``under`` are numbers of tallies
    that are too high or too low; ``pages`` have another title or namespace than is true; ``activity`` are
    announcements that are missing, repeated or wrong; ``drift`` are differences that a recount finds. ``examples`` has
    some of each.
    """

    lost: int = 0
    extra: int = 0
    over: int = 0
    under: int = 0
    pages: int = 0
    activity: int = 0
    drift: int = 0
    counted: int = 0
    examples: list[str] = field(default_factory=list)
    went_through: dict[str, Any] = field(default_factory=dict)

    @property
    def clean(self) -> bool:
        """Whether nothing is wrong."""
        return not any(getattr(self, kind) for kind in KINDS)

    def fault(self, kind: str, example: str) -> None:
        """Count a fault; keep the first examples of each kind."""
        found = getattr(self, kind) + 1
        setattr(self, kind, found)
        if found <= EXAMPLES:
            self.examples.append(f"{kind}: {example}")

    def __str__(self) -> str:
        faults = " ".join(f"{kind.upper()}={getattr(self, kind)}" for kind in KINDS)
        story = " ".join(f"{name}={told}" for name, told in self.went_through.items())
        return f"{faults} counted={self.counted} {story}"


async def judge(conn: Connection, true: TrueWorld) -> Verdict:
    """Compare every collection: its edits, its numbers, its activity."""
    verdict = Verdict()
    collections = true.collections()
    kept = await _kept(conn)
    newest = (await activity.position(conn)).newest
    goals: Counter[tuple[int, str]] = Counter()
    for collection in collections:
        wanted = true.counts(collection)
        verdict.counted += len(wanted)
        _compare_edits(verdict, collection, kept.get(collection, {}), wanted)
        _compare_numbers(verdict, collection, await stored.numbers(conn, collection), true.numbers(collection))
        told = await activity.of_one(conn, collection, 0, newest, 10_000_000)
        _compare_activity(verdict, collection, told, {key for key, whole in wanted.items() if whole})
        goals.update((each.program_id, each.goal.metric) for each in told if _is_milestone_of(each, collection))
    await _compare_pages(conn, verdict, true)
    await _compare_goals(conn, verdict, goals)
    for difference in await recounting.check(conn, collections):
        verdict.fault("drift", str(difference))
    return verdict


async def _kept(conn: Connection) -> dict[int, dict[tuple[str, int], bool]]:
    rows = await conn.fetch(
        "SELECT c.collection_id, w.dbname, e.revision_id, NOT c.uploads_only AS whole"
        " FROM edit e JOIN set_coverage c USING (set_id) JOIN wiki w ON w.id = e.wiki_id"
    )
    kept: dict[int, dict[tuple[str, int], bool]] = {}
    for row in rows:
        kept.setdefault(row["collection_id"], {})[row["dbname"], row["revision_id"]] = row["whole"]
    return kept


def _compare_edits(
    verdict: Verdict, collection: int, kept: dict[tuple[str, int], bool], wanted: dict[tuple[str, int], bool]
) -> None:
    for key in sorted(wanted.items() - kept.items()):
        verdict.fault("lost", f"{collection} does not count {key}")
    for key in sorted(kept.items() - wanted.items()):
        verdict.fault("extra", f"{collection} counts {key}")


def _compare_numbers(verdict: Verdict, collection: int, kept: Numbers, wanted: Numbers) -> None:
    is_now, should = dict(_flat(kept)), dict(_flat(wanted))
    for key in sorted(is_now.keys() | should.keys(), key=str):
        difference = is_now.get(key, 0) - should.get(key, 0)
        if difference:
            kind = "over" if difference > 0 else "under"
            verdict.fault(kind, f"{collection} {key}: {is_now.get(key, 0)}, true is {should.get(key, 0)}")


def _flat(numbers: Numbers) -> Iterator[tuple[tuple[object, ...], int]]:
    for name, value in asdict(numbers.headline).items():
        yield ("headline", name), -1 if value is None else value
    for part in ("namespaces", "editors", "articles"):
        for key, row in getattr(numbers, part).items():
            for each in fields(row):
                yield (part, key, each.name), int(getattr(row, each.name))


async def _compare_pages(conn: Connection, verdict: Verdict, true: TrueWorld) -> None:
    for row in await conn.fetch(
        "SELECT w.dbname, p.page_id, p.namespace, p.title FROM page p JOIN wiki w ON w.id = p.wiki_id"
        " WHERE EXISTS (SELECT 1 FROM edit e WHERE e.page_key = p.id AND e.set_id <> 0)"
    ):
        page = true.pages.get((row["dbname"], row["page_id"]))
        if page is None or (page.namespace, page.title) != (row["namespace"], row["title"]):
            verdict.fault("pages", f"{dict(row)}, true is {page}")


def _compare_activity(
    verdict: Verdict, collection: int, told: Sequence[Activity], wanted: set[tuple[str, int]]
) -> None:
    """Follow the activity as a screen does: what it shows in the end is what counts, and no card came twice."""
    shown: set[tuple[str, int]] = set()
    marked: set[tuple[str, int]] = set()
    for each in told:
        match each:
            case EditCounted():
                _turn(verdict, collection, shown, (each.edit.wiki, each.edit.revision_id), to=True)
            case EditRetracted():
                _turn(verdict, collection, shown, (each.wiki, each.revision_id), to=False)
            case EditReverted():
                _turn(verdict, collection, marked, (each.wiki, each.revision_id), to=True)
            case HistoryChanged():
                verdict.fault("activity", f"{collection}: nothing came from history, yet {each}")
            case _:
                pass
    for key in sorted(shown ^ wanted):
        verdict.fault("activity", f"{collection}: {key} is {'shown' if key in shown else 'not shown'}")


def _turn(verdict: Verdict, collection: int, shown: set[tuple[str, int]], key: tuple[str, int], *, to: bool) -> None:
    if (key in shown) is to:
        verdict.fault("activity", f"{collection}: {key} was {'announced' if to else 'retracted'} twice")
    (shown.add if to else shown.discard)(key)


def _is_milestone_of(each: Activity, collection: int) -> bool:
    return isinstance(each, MilestoneReached) and each.program_id == collection


async def _compare_goals(conn: Connection, verdict: Verdict, told: Counter[tuple[int, str]]) -> None:
    for row in await conn.fetch("SELECT program_id, metric, reached_at FROM goal"):
        times = told[row["program_id"], row["metric"]]
        if times != (row["reached_at"] is not None):
            verdict.fault("activity", f"{row['program_id']}: {row['metric']} was announced {times} times")

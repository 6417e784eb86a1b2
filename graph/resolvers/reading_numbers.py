# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading numbers: whole, by wiki and namespace, over time; for any number of collections at once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from graph.db import numbers, snapshots
from graph.db import timelines as stored
from graph.db.numbers import Narrowed
from graph.errors import ErrorCode, UserFault
from graph.resolvers import timelines
from graph.resolvers.deps import Deps
from graph.resolvers.reading import Reader
from graph.resolvers.timelines import TimeBucket
from graph.tallies import Metrics, TimelinePoint, WikiMetrics


async def metrics(
    deps: Deps, reader: Reader, collections: Sequence[int], wiki: str | None = None, namespace: int | None = None
) -> dict[int, Metrics]:
    """The headline numbers of each collection, or of one wiki (database name) or namespace of it."""
    counted = await reader.counted_for(collections)
    wanted = list(counted.values())
    if wiki is None and namespace is None:
        async with deps.pool.acquire() as conn:
            found = await snapshots.snapshots(conn, wanted)
    else:
        found = await numbers.narrowed_metrics(deps.pool, wanted, Narrowed(wiki, namespace))
    return {number: found[collection] for number, collection in counted.items() if collection in found}


async def metrics_by_wiki(
    deps: Deps, reader: Reader, collections: Sequence[int], active: bool
) -> dict[int, list[WikiMetrics]]:
    """For each collection, each wiki as a whole, followed by its namespaces that have numbers.

    Active editors are 0 unless ``active`` asks for them.
    """
    counted = await reader.counted_for(collections)
    found = await numbers.metrics_by_wiki(deps.pool, list(counted.values()), active)
    return {number: found[collection] for number, collection in counted.items()}


async def last_edits(deps: Deps, places: Sequence[tuple[int, int]]) -> dict[tuple[int, int], datetime]:
    """For each collection and editor, when the newest counted edit was made; missing without one."""
    return await numbers.last_edits(deps.pool, places)


async def timeline(
    deps: Deps,
    reader: Reader,
    collections: Sequence[int],
    bucket: TimeBucket,
    start: datetime | None,
    end: datetime | None,
) -> dict[int, list[TimelinePoint]]:
    """A point for every bucket of each collection, from ``start``'s to ``end``'s, earliest first.

    Where they are None: from the beginning of the collection's own window to its end or to now, whatever is earlier.
    Raises UserFault (INVALID) where ``end`` is before ``start``, and for more than 1,500 points.
    """
    if start is not None and end is not None and end < start:
        raise UserFault(ErrorCode.INVALID, "`to` is before `from`.", ("to",))
    counted = await reader.counted_for(collections)
    windows = {} if start and end else await numbers.windows(deps.pool, list(counted.values()))
    now = deps.clock()
    begins: dict[int, list[datetime]] = {}
    for collection in counted.values():
        opened, closed = windows.get(collection, (None, None))
        first = start or opened
        last = end or min(closed or now, now)
        begins[collection] = timelines.buckets(bucket, first, last) if first is not None else []
    found = await _filled(deps, bucket, begins)
    return {number: found[collection] for number, collection in counted.items()}


async def _filled(deps: Deps, bucket: TimeBucket, begins: dict[int, list[datetime]]) -> dict[int, list[TimelinePoint]]:
    """The points at these beginnings, zeros where nothing was edited."""
    edges = [edge for found in begins.values() if found for edge in (found[0], found[-1])]
    if not edges:
        return {collection: [] for collection in begins}
    after = timelines.following(bucket, max(edges))
    known = await stored.timeline(deps.pool, list(begins), bucket.lower(), min(edges), after)
    return {
        collection: [known[collection].get(begin) or TimelinePoint(begin, 0, 0, 0, 0) for begin in found]
        for collection, found in begins.items()
    }

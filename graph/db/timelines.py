# SPDX-License-Identifier: GPL-3.0-or-later
"""The numbers of collections over time: from buckets of days, weeks and months, or from the edits themselves.

Minutes and hours are counted from edits: a timeline has at most 1,500 points, which are a day of minutes or two months
of hours. So are buckets of collections in which somebody is nameless: what they did is in the buckets.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from graph.db.counting_days import WIDTHS
from graph.db.ones import Statement
from graph.db.pool import Pool
from graph.db.visibility import nameless, veiled
from graph.tallies import TimelinePoint

# Grouped twice, by editor and then without: many times cheaper than counting distinct editors of unsorted edits. One
# minute is nearly one edit, so that what nameless participants did is in no point that is public.
# $2 the width, $3 the first instant, $4 the instant after the last
_OF_EDITS = """
SELECT collection_id, begin, sum(edits)::bigint AS edits, count(*) AS active_editors,
    sum(bytes_added)::bigint AS bytes_added, sum(articles_created)::bigint AS articles_created
FROM (
    SELECT s.collection_id, date_trunc($2::text, e.at, 'UTC') AS begin, e.editor_id, count(*) AS edits,
        coalesce(sum(e.byte_change) FILTER (WHERE e.byte_change > 0 AND tracked.holds), 0) AS bytes_added,
        count(*) FILTER (WHERE e.created AND NOT e.redirect AND tracked.holds) AS articles_created
    FROM (/*SETS*/) s /*VEILED*/
    JOIN edit e ON e.set_id = s.set_id AND e.at >= $3::timestamptz AND e.at < $4::timestamptz
        AND e.editor_id <> ALL(veiled.editors)
    JOIN page g ON g.id = e.page_key
    CROSS JOIN LATERAL (SELECT g.wiki_id * 65536::bigint + g.namespace = ANY(s.tracked) AS holds) tracked
    GROUP BY 1, 2, 3
) part
GROUP BY 1, 2
"""
_SETS = "SELECT * FROM set_coverage c WHERE c.collection_id = ANY($1::bigint[]) AND NOT c.uploads_only"
_SETS_OF_NAMELESS = """
SELECT c.* FROM (SELECT k.id FROM unnest($1::bigint[]) AS k(id) WHERE /*NAMELESS*/ OFFSET 0) k
JOIN set_coverage c ON c.collection_id = k.id WHERE NOT c.uploads_only OFFSET 0""".replace(
    "/*NAMELESS*/", nameless("k.id")
)
_FROM_EDITS, _FROM_EDITS_OF_NAMELESS = (
    _OF_EDITS.replace("/*SETS*/", sets).replace("/*VEILED*/", veiled("s.collection_id"))
    for sets in (_SETS, _SETS_OF_NAMELESS)
)

# $5 the width's number
_FROM_BUCKETS = Statement(
    """
SELECT k.id AS collection_id, t.begins::timestamp AT TIME ZONE 'UTC' AS begin, t.edits::bigint AS edits,
    t.active_editors::bigint AS active_editors, t.bytes_added, t.articles_created::bigint AS articles_created
FROM collection k JOIN timeline_tally t ON t.generation = k.generation AND t.width = $5::smallint
    AND t.begins >= ($3::timestamptz AT TIME ZONE 'UTC')::date AND t.begins < ($4::timestamptz AT TIME ZONE 'UTC')::date
WHERE k.id = ANY($1::bigint[]) AND t.edits > 0 AND NOT /*NAMELESS*/
UNION ALL
/*FROM EDITS*/
""".replace("/*NAMELESS*/", nameless("k.id")).replace("/*FROM EDITS*/", _FROM_EDITS_OF_NAMELESS)
)


async def timeline(
    pool: Pool, collections: Sequence[int], bucket: str, start: datetime, end: datetime
) -> dict[int, dict[datetime, TimelinePoint]]:
    """The buckets with edits from ``start`` to just before ``end``, by their beginning; others are missing.

    ``bucket`` is minute, hour, day, week or month; ``start`` and ``end`` are where one begins.
    """
    width = WIDTHS.get(bucket)
    if width is None:
        rows = await pool.fetch(_FROM_EDITS, collections, bucket, start, end)
    else:
        rows = await _FROM_BUCKETS.fetch(pool, collections, bucket, start, end, width)
    found: dict[int, dict[datetime, TimelinePoint]] = {collection: {} for collection in collections}
    for row in rows:
        found[row["collection_id"]][row["begin"]] = TimelinePoint(
            row["begin"], row["edits"], row["bytes_added"], row["active_editors"], row["articles_created"]
        )
    return found

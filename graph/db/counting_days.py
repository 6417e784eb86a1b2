# SPDX-License-Identifier: GPL-3.0-or-later
"""The parts of the counting statement (graph/db/counting.py) that keep the buckets of timelines.

``timeline_tally`` has a row for each day, week and month of a collection. Edits and bytes are sums; who is active is a
distinct number, known from ``editor_day_tally``, which has who edited on which day by set and not by collection: a
collection that begins or ceases to count a set changes none of its rows. A day of somebody's that neither begins nor
ceases to have edits changes nobody's number of active editors, so that a live edit is nearly always done there.
"""

from __future__ import annotations

from typing import Final

WIDTHS: Final = {"day": 1, "week": 2, "month": 3}
"""The widths that buckets are kept of, and their numbers in ``timeline_tally``."""

# Where the buckets that hold the day /*DAY*/ begin; days are those of UTC.
BUCKETS: Final = """(VALUES (1::smallint, /*DAY*/), (2::smallint, date_trunc('week', /*DAY*/::timestamp)::date),
    (3::smallint, date_trunc('month', /*DAY*/::timestamp)::date)) AS b(width, begins)"""
_UNTIL = """CASE b.width WHEN 1 THEN b.begins + 1 WHEN 2 THEN b.begins + 7
    ELSE (b.begins + interval '1 month')::date END"""


def buckets(day: str) -> str:
    """BUCKETS for the day that the expression ``day`` names."""
    return BUCKETS.replace("/*DAY*/", day)


_DAY_CHANGE = """day_change AS MATERIALIZED (
    SELECT editor_id, day, set_id, $1 * count(*) AS edits FROM fact GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
)"""

# Of edits that come and go: what the days were before, and the steps. The table is seen as it was before the statement.
OF_EDITS: Final = f"""{_DAY_CHANGE},
days AS (
    INSERT INTO editor_day_tally AS t (editor_id, day, set_id, edits)
    SELECT editor_id, day, set_id, edits FROM day_change
    ON CONFLICT (editor_id, day, set_id) DO UPDATE SET edits = t.edits + excluded.edits
    RETURNING editor_id, day, set_id, edits
),
turned AS MATERIALIZED (
    SELECT DISTINCT d.editor_id, b.width, b.begins, {_UNTIL} AS until
    FROM days d JOIN day_change c USING (editor_id, day, set_id) CROSS JOIN LATERAL {buckets("d.day")}
    WHERE (d.edits > 0) <> (d.edits - c.edits > 0)
),
active_part AS (
    SELECT s.generation, t.width, t.begins, t.editor_id, o.edits AS before, 0 AS step
    FROM turned t JOIN editor_day_tally o ON o.editor_id = t.editor_id AND o.day >= t.begins AND o.day < t.until
    JOIN /*STORED COVERAGE*/ s ON s.set_id = o.set_id WHERE NOT s.uploads_only
    UNION ALL
    SELECT s.generation, t.width, t.begins, t.editor_id, 0, c.edits
    FROM turned t JOIN day_change c ON c.editor_id = t.editor_id AND c.day >= t.begins AND c.day < t.until
    JOIN /*STORED COVERAGE*/ s ON s.set_id = c.set_id WHERE NOT s.uploads_only
)"""  # noqa: S608 - our own pieces

# Of whole sets that a collection begins or ceases to count.
OF_SETS: Final = f"""{_DAY_CHANGE},
active_part AS (
    SELECT c.generation, b.width, b.begins, d.editor_id, CASE WHEN $1 < 0 THEN -d.edits ELSE 0 END AS before,
           d.edits AS step
    FROM day_change d JOIN covers c USING (set_id) CROSS JOIN LATERAL {buckets("d.day")} WHERE NOT c.uploads_only
    UNION ALL
    SELECT s.generation, t.width, t.begins, t.editor_id, o.edits, 0
    FROM (SELECT DISTINCT d.editor_id, b.width, b.begins, {_UNTIL} AS until
          FROM day_change d CROSS JOIN LATERAL {buckets("d.day")}) AS t
    JOIN editor_day_tally o ON o.editor_id = t.editor_id AND o.day >= t.begins AND o.day < t.until
    JOIN /*STORED COVERAGE*/ s ON s.set_id = o.set_id
    WHERE NOT s.uploads_only AND s.generation IN (SELECT generation FROM covers)
      AND NOT EXISTS (SELECT FROM covers c WHERE c.set_id = o.set_id AND c.generation = s.generation)
)"""  # noqa: S608 - our own pieces

# Of tallies that begin from nothing.
OF_FRESH: Final = f"""{_DAY_CHANGE},
active_part AS (
    SELECT c.generation, b.width, b.begins, d.editor_id, 0 AS before, d.edits AS step
    FROM day_change d JOIN covers c USING (set_id) CROSS JOIN LATERAL {buckets("d.day")} WHERE NOT c.uploads_only
)"""  # noqa: S608 - our own pieces

TIMELINE: Final = f"""active_step AS MATERIALIZED (
    SELECT generation, width, begins, sum((after > 0)::int - (before > 0)::int) AS active
    FROM (SELECT generation, width, begins, editor_id, sum(before) AS before, sum(before + step) AS after
          FROM active_part GROUP BY 1, 2, 3, 4) AS part
    WHERE (after > 0) <> (before > 0) GROUP BY 1, 2, 3
),
timeline_change AS MATERIALIZED (
    SELECT d.generation, b.width, b.begins, sum(d.edits) AS edits, sum(d.bytes_added) AS bytes_added,
           sum(d.created) AS created
    FROM (SELECT generation, day, $1 * count(*) AS edits,
                 $1 * coalesce(sum(byte_change) FILTER (WHERE tracked AND byte_change > 0), 0) AS bytes_added,
                 $1 * count(*) FILTER (WHERE tracked AND created) AS created
          FROM member WHERE whole GROUP BY 1, 2) AS d
    CROSS JOIN LATERAL {buckets("d.day")} GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
),
timeline AS (
    INSERT INTO timeline_tally AS t (generation, width, begins, edits, active_editors, bytes_added, articles_created)
    SELECT c.generation, c.width, c.begins, c.edits, coalesce(a.active, 0), c.bytes_added, c.created
    FROM timeline_change c LEFT JOIN active_step a USING (generation, width, begins)
    ON CONFLICT (generation, width, begins) DO UPDATE
    SET edits = t.edits + excluded.edits, active_editors = t.active_editors + excluded.active_editors,
        bytes_added = t.bytes_added + excluded.bytes_added,
        articles_created = t.articles_created + excluded.articles_created
)"""  # noqa: S608 - our own pieces

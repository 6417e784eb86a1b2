# SPDX-License-Identifier: GPL-3.0-or-later
"""Which programs and sessions an edit counts for, as one small number.

``MEMBERS`` is the exact decision (docs/metrics.md, "The edits of a program"), the same for live edits, history and
re-evaluation. The set it finds is interned in ``edit_set``; ``set_coverage`` says which collections (the members, the
campaigns that gather them, the organizations above) count the edits of that set.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from graph.db.counting import Coverage
from graph.db.pool import Connection

# OFFSET 0 has each page looked up. Without it the planner may read all pages of all scopes into memory instead, when it
# expects many edits, and for a batch of live edits too.
_SCOPED = """(EXISTS (
    SELECT FROM scope c JOIN scope_page g ON g.scope_id = c.id AND c.edition >= g.enters AND c.edition < g.leaves
    WHERE c.program_id = p.id AND g.wiki_id = f.wiki_id AND g.page_id = f.page_id OFFSET 0
) OR EXISTS (
    SELECT FROM scope c JOIN scope_page g ON g.scope_id = c.id AND c.edition >= g.enters AND c.edition < g.leaves
    WHERE c.program_id = p.id AND g.wiki_id = f.wiki_id AND g.namespace = f.namespace AND g.title = f.title
      AND g.page_id IS NULL OFFSET 0
))"""

# For each row of `fact` (ord, wiki_id, page_key, editor_id, at, upload, blocked, and where the page is: page_id,
# namespace, title): the programs and sessions that count
# it, ascending; negative where only as an upload. A fact without a row here concerns no program at all.
# A blocked fact (page deleted, revision hidden) has an empty set; so has one on a page that was excluded, and in an
# article-scoped program one on a page that no scope has now, by its number or, where that is not known, by its title.
# What a nameless participant does counts for the second
# collection of the program (`everybody_id`) and not for the program, as long as it is held out.
MEMBERS = """
SELECT f.ord, f.wiki_id,
       coalesce(array_agg(m.member ORDER BY m.member)
                FILTER (WHERE NOT f.blocked AND m.member IS NOT NULL
                        AND (p.type <> 'ARTICLE_SCOPED' OR /*SCOPED*/)
                        AND NOT EXISTS (SELECT FROM exclusion x
                                        WHERE x.program_id = p.id AND x.page_key = f.page_key)), '{}') AS members
FROM fact f
JOIN enrollment n ON n.editor_id = f.editor_id AND n.role = 'EDITOR'
JOIN program p ON p.id = n.program_id AND f.at BETWEEN p.tracking_start AND p.tracking_end
LEFT JOIN program_wiki w ON w.program_id = p.id AND w.wiki_id = f.wiki_id
CROSS JOIN LATERAL (
    SELECT CASE WHEN w.wiki_id IS NULL THEN -1 ELSE 1 END
           * CASE WHEN n.show_name OR p.nameless_counted THEN p.id ELSE p.everybody_id END AS member
    UNION ALL
    SELECT CASE WHEN w.wiki_id IS NULL THEN -1 ELSE 1 END
           * CASE WHEN n.show_name OR p.nameless_counted THEN s.id ELSE s.everybody_id END
    FROM session s
    WHERE s.program_id = p.id AND f.at BETWEEN s.starts_at AND s.ends_at
      AND (NOT EXISTS (SELECT 1 FROM session_editor x WHERE x.session_id = s.id)
           OR EXISTS (SELECT 1 FROM session_editor x WHERE x.session_id = s.id AND x.editor_id = f.editor_id))
) m
WHERE w.wiki_id IS NOT NULL OR f.upload
GROUP BY f.ord, f.wiki_id
""".replace("/*SCOPED*/", _SCOPED)

_COVERAGE = """
WITH leaf AS (
    SELECT s.id AS set_id, abs(m) AS member, m < 0 AS uploads_only
    FROM edit_set s, unnest(s.members) AS m WHERE s.id = ANY($1::int[])
),
counted AS (
    SELECT l.set_id, l.uploads_only, p.id AS program_id, p.everybody_id, p.visibility = 'PUBLIC' AS public
    FROM leaf l JOIN program p ON p.id = l.member
),
covered AS (
    SELECT set_id, program_id AS collection_id, uploads_only, program_id FROM counted
    UNION ALL
    SELECT set_id, everybody_id, uploads_only, program_id FROM counted WHERE everybody_id IS NOT NULL
    UNION ALL
    SELECT l.set_id, p.everybody_id, l.uploads_only, p.id FROM leaf l JOIN program p ON p.everybody_id = l.member
    UNION ALL
    SELECT l.set_id, s.id, l.uploads_only, s.program_id FROM leaf l JOIN session s ON s.id = l.member
    UNION ALL
    SELECT l.set_id, s.everybody_id, l.uploads_only, s.program_id
    FROM leaf l JOIN session s ON l.member IN (s.id, s.everybody_id) WHERE s.everybody_id IS NOT NULL
    UNION ALL
    SELECT c.set_id, cp.campaign_id, c.uploads_only, c.program_id
    FROM counted c JOIN campaign_program cp USING (program_id) WHERE c.public
    UNION ALL
    SELECT c.set_id, k.organization_id, c.uploads_only, c.program_id
    FROM counted c JOIN campaign_program cp USING (program_id) JOIN campaign k ON k.id = cp.campaign_id
    WHERE c.public AND k.organization_id IS NOT NULL
)
SELECT c.set_id, c.collection_id, bool_and(c.uploads_only) AS uploads_only,
       coalesce(array_agg(DISTINCT w.wiki_id * 65536::bigint + n) FILTER (WHERE n IS NOT NULL), '{}') AS tracked
FROM covered c
LEFT JOIN program_wiki w ON w.program_id = c.program_id AND NOT c.uploads_only
LEFT JOIN LATERAL unnest(w.namespaces) AS n ON true
GROUP BY 1, 2 ORDER BY 1, 2
"""

# A new set counts for the generations in the making of its collections, too (graph/db/generations.py).
_ALSO_IN_THE_MAKING = """
INSERT INTO set_coverage (set_id, collection_id, uploads_only, tracked)
SELECT c.set_id, g.changes, c.uploads_only, c.tracked
FROM set_coverage c JOIN generation g ON g.collection_id = c.collection_id WHERE c.set_id = ANY($1::int[])
"""

_STORE = """
INSERT INTO set_coverage (set_id, collection_id, uploads_only, tracked)
SELECT * FROM jsonb_to_recordset($1::jsonb)
AS g(set_id int, collection_id bigint, uploads_only bool, tracked bigint[]) ORDER BY 1, 2
ON CONFLICT (set_id, collection_id) DO UPDATE SET uploads_only = excluded.uploads_only, tracked = excluded.tracked
"""

Members = tuple[int, ...]


async def intern(conn: Connection, wanted: Iterable[Members]) -> Mapping[Members, int]:
    """The number of each set of members; new sets are stored with their coverage. The empty set is 0."""
    sets = sorted(set(wanted))
    texts = ["{" + ",".join(map(str, members)) + "}" for members in sets]
    found = await conn.fetch(
        "SELECT t.ord, s.id FROM unnest($1::text[]) WITH ORDINALITY AS t(members, ord)"
        " JOIN edit_set s ON s.members = t.members::bigint[]",
        texts,
    )
    numbers = {sets[row["ord"] - 1]: int(row["id"]) for row in found}
    missing = [text for members, text in zip(sets, texts, strict=True) if members not in numbers]
    if missing:
        made = await conn.fetch(
            "INSERT INTO edit_set (members) SELECT m::bigint[] FROM unnest($1::text[]) AS m RETURNING id, members",
            missing,
        )
        numbers.update({tuple(row["members"]): int(row["id"]) for row in made})
        await store_coverage(conn, await coverage_of(conn, [row["id"] for row in made]))
        await conn.execute(_ALSO_IN_THE_MAKING, [row["id"] for row in made])
    return numbers


async def coverage_of(conn: Connection, sets: Sequence[int]) -> list[Coverage]:
    """Who counts the edits of these sets by the rules as they are now."""
    return [coverage(row) for row in await conn.fetch(_COVERAGE, sets)]


async def stored_coverage(conn: Connection, sets: Sequence[int]) -> list[Coverage]:
    """Who counts the edits of these sets as the tallies have it."""
    rows = await conn.fetch(
        "SELECT set_id, collection_id, uploads_only, tracked FROM set_coverage s WHERE set_id = ANY($1::int[])"
        " AND NOT EXISTS (SELECT FROM generation g WHERE g.changes = s.collection_id)",
        sets,
    )
    return [coverage(row) for row in rows]


async def store_coverage(conn: Connection, coverage: Iterable[Coverage]) -> None:
    """Write these rows of ``set_coverage``, over those of the same set and collection."""
    rows = list(coverage)
    if rows:
        await conn.execute(_STORE, msgspec.json.encode(rows).decode())


async def sets_of_programs(conn: Connection, program_ids: Sequence[int]) -> list[int]:
    """The sets that have one of these programs, or a session of them, as a member."""
    rows = await conn.fetch(
        "WITH mine AS (SELECT unnest($1::bigint[]) AS id"
        " UNION ALL SELECT everybody_id FROM program WHERE id = ANY($1::bigint[]) AND everybody_id IS NOT NULL"
        " UNION ALL SELECT id FROM session WHERE program_id = ANY($1::bigint[])"
        " UNION ALL SELECT everybody_id FROM session WHERE program_id = ANY($1::bigint[]) AND everybody_id IS NOT NULL)"
        " SELECT id FROM edit_set WHERE members && (SELECT array_agg(id) || array_agg(-id) FROM mine) ORDER BY id",
        program_ids,
    )
    return [int(row["id"]) for row in rows]


def coverage(row: Mapping[str, Any]) -> Coverage:
    """A row of ``set_coverage``."""
    return Coverage(row["set_id"], row["collection_id"], row["uploads_only"], tuple(row["tracked"]))

# SPDX-License-Identifier: GPL-3.0-or-later
"""Goals reached: marked once, announced once, never taken back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from graph.db.facts import Key
from graph.db.ledger import Entry, Kind, post
from graph.db.pool import Connection
from graph.db.sets import intern
from graph.programs import GoalMetric

# A goal's number as SQL over `collection c`; references are enriched by a later version and reach no goal yet.
ACTUAL = """CASE g.metric WHEN 'TOTAL_EDITS' THEN c.edits WHEN 'ARTICLES_CREATED' THEN c.articles_created
    WHEN 'ARTICLES_EDITED' THEN c.articles_edited WHEN 'ACTIVE_EDITORS' THEN c.active_editors
    WHEN 'BYTES_ADDED' THEN c.bytes_added WHEN 'COMMONS_UPLOADS' THEN c.uploads ELSE 0 END"""

_REACH = """
UPDATE goal g SET reached_at = now() FROM collection c
WHERE c.id = g.program_id AND g.program_id = ANY($1::bigint[]) AND g.reached_at IS NULL AND /*ACTUAL*/ >= g.target
RETURNING g.program_id, g.metric, g.target, /*ACTUAL*/ AS actual
""".replace("/*ACTUAL*/", ACTUAL)

_PROGRAMS = """
SELECT s.id AS set_id, p.id AS program_id
FROM edit_set s CROSS JOIN unnest(s.members) AS m JOIN program p ON p.id = abs(m) WHERE s.id = ANY($1::int[])
"""


async def reach(conn: Connection, program_ids: Sequence[int], newest: Mapping[int, Key] | None = None) -> None:
    """Mark the goals that these programs have reached by now, and announce each to the program and its campaigns.

    ``newest`` names the newest edit each program counted in this transaction, shown with the milestone.
    """
    rows = await conn.fetch(_REACH, program_ids)
    alone = await intern(conn, [(row["program_id"],) for row in rows]) if rows else {}
    entries = []
    for row in sorted(rows, key=lambda row: (row["program_id"], list(GoalMetric).index(GoalMetric(row["metric"])))):
        wiki_id, revision_id = (newest or {}).get(row["program_id"], (None, None))
        entries.append(
            Entry(
                Kind.MILESTONE,
                wiki_id,
                revision_id,
                set_id=alone[(row["program_id"],)],
                reason=row["metric"],
                target=row["target"],
                actual=row["actual"],
            )
        )
    await post(conn, entries)


async def reach_by_sets(conn: Connection, newest: Mapping[int, Key | None]) -> None:
    """The same for the programs of these sets; each set with the newest edit it counted, if it did."""
    rows = await conn.fetch(_PROGRAMS, sorted(newest))
    edits: dict[int, Key | None] = {row["program_id"]: None for row in rows}
    for row in rows:
        edits[row["program_id"]] = newest[row["set_id"]] or edits[row["program_id"]]
    await reach(conn, list(edits), {program: key for program, key in edits.items() if key is not None})

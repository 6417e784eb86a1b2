# SPDX-License-Identifier: GPL-3.0-or-later
"""Scopes of programs and their pages: read beside what counts, then switched in one short transaction.

The pages of a reading are put aside in a table of the connection (``read_page``), so that memory stays flat. What
differs from the scope's edition is written for the next one while nobody waits; to switch is one number under the
ledger's lock. A reading that ends in between leaves nothing that counts, and ``begin`` tidies up after it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from graph.db import ledger
from graph.db.pool import Connection, Pool
from graph.db.scoped import COUNTING, ENTERED, LEFT, PATIENCE, decide, named
from graph.scopes import MOST_PAGES, Source

FOREVER: Final = 2**31 - 1
SWEEP: Final = 20_000  # rows that are deleted at a time

_SCOPE = """
SELECT s.id, s.program_id, s.kind, s.value, s.depth, s.state, s.size, s.found, s.skipped, s.edition, s.added_at,
       s.refreshed_at, s.tried_at, s.error_reason, s.error, s.digest, s.wiki_id, w.dbname, w.domain
FROM scope s JOIN wiki w ON w.id = s.wiki_id
"""

_STAGE = """
CREATE TEMP TABLE IF NOT EXISTS read_page (wiki_id smallint, page_id bigint, namespace int, title text);
TRUNCATE read_page
"""

_TIDY = """
WITH never AS (DELETE FROM scope_page g USING scope s WHERE s.id = $1 AND g.scope_id = s.id AND g.enters > s.edition)
UPDATE scope_page g SET leaves = /*FOREVER*/ FROM scope s
WHERE s.id = $1 AND g.scope_id = s.id AND g.enters <= s.edition AND g.leaves > s.edition AND g.leaves < /*FOREVER*/
""".replace("/*FOREVER*/", str(FOREVER))

_ENTER = """
INSERT INTO scope_page (scope_id, wiki_id, namespace, title, page_id, enters, leaves)
SELECT $1, r.wiki_id, r.namespace, r.title, r.page_id, $2, /*FOREVER*/
FROM (SELECT DISTINCT ON (wiki_id, namespace, title) * FROM read_page ORDER BY 1, 3, 4, page_id) r
WHERE NOT EXISTS (
    SELECT FROM scope_page g WHERE g.scope_id = $1 AND g.wiki_id = r.wiki_id AND g.namespace = r.namespace
    AND g.title = r.title AND g.leaves = /*FOREVER*/ AND coalesce(g.page_id, 0) = coalesce(r.page_id, 0))
""".replace("/*FOREVER*/", str(FOREVER))

_LEAVE = """
UPDATE scope_page g SET leaves = $2
WHERE g.scope_id = $1 AND g.enters < $2 AND g.leaves = /*FOREVER*/ AND NOT EXISTS (
    SELECT FROM read_page r WHERE r.wiki_id = g.wiki_id AND r.namespace = g.namespace AND r.title = g.title
    AND coalesce(r.page_id, 0) = coalesce(g.page_id, 0))
""".replace("/*FOREVER*/", str(FOREVER))

_DROP = """
DELETE FROM scope_page
WHERE ctid = ANY(ARRAY(SELECT ctid FROM scope_page WHERE scope_id = $1 AND leaves <= $2 LIMIT $3))
"""

_SWITCH = """
UPDATE scope SET edition = $2, size = $3, found = $3, skipped = $4, digest = $5, state = 'READY', error = NULL,
    error_reason = NULL, refreshed_at = now()
WHERE id = $1 AND program_id IS NOT NULL RETURNING program_id
"""

# Edits that would count if the pages that were read were in a scope, whatever other scopes have.
_PREVIEW = """
SELECT count(*) FROM program o
JOIN enrollment n ON n.program_id = o.id AND n.role = 'EDITOR' AND (n.show_name OR o.nameless_counted)
JOIN edit e ON e.editor_id = n.editor_id AND e.at BETWEEN o.tracking_start AND o.tracking_end
    AND NOT e.hidden AND NOT e.editor_hidden
JOIN page p ON p.id = e.page_key AND NOT p.deleted
JOIN program_wiki w ON w.program_id = o.id AND w.wiki_id = p.wiki_id AND p.namespace = ANY(w.namespaces)
WHERE o.id = $1 AND NOT EXISTS (SELECT FROM exclusion x WHERE x.program_id = o.id AND x.page_key = p.id)
AND (EXISTS (SELECT FROM read_page r WHERE r.wiki_id = p.wiki_id AND r.page_id = p.page_id)
     OR EXISTS (SELECT FROM read_page r WHERE r.page_id IS NULL AND r.wiki_id = p.wiki_id
                AND r.namespace = p.namespace AND r.title = p.title))
"""

_DUE = """
SELECT DISTINCT p.id FROM program p JOIN scope s ON s.program_id = p.id
WHERE p.type = 'ARTICLE_SCOPED' AND p.withdrawn_at IS NULL AND $1 BETWEEN p.tracking_start AND p.tracking_end
AND (s.tried_at IS NULL OR s.tried_at < $2) ORDER BY 1
"""

_SIZE = "SELECT count(*) FROM (SELECT DISTINCT wiki_id, namespace, title FROM read_page) AS t"

Page = tuple[int | None, int, str]


@dataclass(frozen=True, slots=True)
class Scope:
    """A scope as it is stored; ``size`` is that of its last good reading, ``found`` what the one under way has."""

    id: int
    program_id: int
    kind: str
    value: str
    depth: int
    state: str
    size: int
    found: int
    skipped: int
    edition: int
    added_at: datetime
    refreshed_at: datetime | None
    tried_at: datetime | None
    error_reason: str | None
    error: str | None
    digest: str | None
    wiki_id: int
    dbname: str
    domain: str


@dataclass(frozen=True, slots=True)
class Refreshed:
    """How many pages a reading brought into the scope, and how many it took out."""

    entered: int
    left: int


async def add(conn: Connection, program_id: int, source: Source, added_by: int | None) -> int | None:
    """Give a program a scope, which has no pages yet; returns its number, or None if the program has it already."""
    number = await conn.fetchval(
        "INSERT INTO scope (program_id, kind, wiki_id, value, depth, added_by)"
        " SELECT $1, $2, w.id, $4, $5, $6 FROM wiki w WHERE w.dbname = $3 ON CONFLICT DO NOTHING RETURNING id",
        program_id,
        source.kind,
        source.wiki.dbname,
        source.value,
        source.depth,
        added_by,
    )
    return None if number is None else int(number)


async def remove(conn: Connection, scope_id: int) -> bool:
    """Take a scope from its program, under the ledger's lock; its pages are swept away later. False if it has gone."""
    row = await conn.fetchrow(
        "SELECT program_id, edition FROM scope WHERE id = $1 AND program_id IS NOT NULL", scope_id
    )
    if row is None:
        return False
    await conn.execute("UPDATE scope SET program_id = NULL WHERE id = $1", scope_id)
    await decide(conn, row["program_id"], [], await named(conn, COUNTING, scope_id, row["edition"]))
    return True


async def of_programs(conn: Connection | Pool, program_ids: Sequence[int]) -> Mapping[int, list[Scope]]:
    """The scopes of each of these programs, the oldest first."""
    found: dict[int, list[Scope]] = {number: [] for number in program_ids}
    for row in await conn.fetch(f"{_SCOPE} WHERE s.program_id = ANY($1::bigint[]) ORDER BY s.id", program_ids):
        found[row["program_id"]].append(_scope(row))
    return found


async def get(conn: Connection, scope_id: int) -> Scope | None:
    """One scope, unless it was removed."""
    row = await conn.fetchrow(f"{_SCOPE} WHERE s.id = $1 AND s.program_id IS NOT NULL", scope_id)
    return None if row is None else _scope(row)


async def due(conn: Connection, now: datetime, before: datetime) -> list[int]:
    """The running article-scoped programs that have a scope not tried since ``before``, ascending."""
    return [row["id"] for row in await conn.fetch(_DUE, now, before)]


async def room(conn: Connection, scope_id: int) -> int:
    """How many pages this scope may have, beside the others of its program."""
    taken = await conn.fetchval(
        "SELECT coalesce(sum(o.size), 0) FROM scope s JOIN scope o ON o.program_id = s.program_id AND o.id <> s.id"
        " WHERE s.id = $1",
        scope_id,
    )
    return max(MOST_PAGES - int(taken), 0)


async def stage(conn: Connection) -> None:
    """Make room on this connection for what is to be read."""
    await conn.execute(_STAGE)


async def begin(conn: Connection, scope_id: int) -> None:
    """Begin to read a scope; what a reading that never ended left behind is dropped."""
    await stage(conn)
    await conn.execute(_TIDY, scope_id, timeout=PATIENCE)
    await conn.execute("UPDATE scope SET state = 'READING', found = 0, tried_at = now() WHERE id = $1", scope_id)


async def put_aside(conn: Connection, wiki_id: int, pages: Iterable[Page]) -> None:
    """Put pages of a wiki aside: (page_id or None, namespace, full title with spaces)."""
    await conn.copy_records_to_table(
        "read_page",
        records=[(wiki_id, *page) for page in pages],
        columns=["wiki_id", "page_id", "namespace", "title"],
    )


async def took(conn: Connection, scope_id: int, wiki_id: int, pages: Sequence[Page]) -> None:
    """Put pages aside, and say so in the scope's progress."""
    await put_aside(conn, wiki_id, pages)
    await conn.execute("UPDATE scope SET found = found + $2 WHERE id = $1", scope_id, len(pages))


async def finish(conn: Connection, scope_id: int, digest: str, skipped: int) -> Refreshed:
    """Let what was put aside be the scope, and count the program's edits accordingly.

    Must not be called in a transaction: it makes its own, of which only the last, short one locks the ledger.
    """
    await conn.execute("ANALYZE read_page", timeout=PATIENCE)
    following = 1 + await conn.fetchval("SELECT edition FROM scope WHERE id = $1", scope_id)
    refreshed = Refreshed(
        _rows(await conn.execute(_ENTER, scope_id, following, timeout=PATIENCE)),
        _rows(await conn.execute(_LEAVE, scope_id, following, timeout=PATIENCE)),
    )
    if refreshed.entered + refreshed.left > SWEEP:
        await conn.execute("ANALYZE scope_page", timeout=PATIENCE)
    size = await conn.fetchval(_SIZE, timeout=PATIENCE)
    entered, left = [await named(conn, which, scope_id, following) for which in (ENTERED, LEFT)]
    async with conn.transaction():
        await ledger.lock(conn)
        program_id = await conn.fetchval(_SWITCH, scope_id, following, size, skipped, digest)
        if program_id is not None:
            await decide(conn, program_id, entered, left)
        await ledger.announce(conn)
    await _drop_pages(conn, scope_id, following)
    await conn.execute("TRUNCATE read_page")
    return refreshed


async def unchanged(conn: Connection, scope_id: int) -> None:
    """The scope was read and is as it was."""
    await conn.execute(
        "UPDATE scope SET state = 'READY', found = size, error = NULL, error_reason = NULL, refreshed_at = now()"
        " WHERE id = $1",
        scope_id,
    )


async def failed(conn: Connection, scope_id: int, reason: str, message: str) -> None:
    """The scope could not be read: say why, and keep what it had."""
    await conn.execute(
        "UPDATE scope SET state = 'FAILED', error_reason = $2, error = $3, tried_at = now() WHERE id = $1",
        scope_id,
        reason,
        message,
    )


async def preview(conn: Connection, program_id: int) -> tuple[int, int]:
    """How many pages were put aside on this connection, and how many of the program's edits so far are on them."""
    await conn.execute("ANALYZE read_page")
    pages = await conn.fetchval(_SIZE)
    return int(pages), int(await conn.fetchval(_PREVIEW, program_id))


async def sweep(conn: Connection) -> None:
    """Delete scopes that belong to no program, with their pages, a slice at a time."""
    for row in await conn.fetch("SELECT id FROM scope WHERE program_id IS NULL ORDER BY id"):
        await _drop_pages(conn, row["id"], FOREVER)
        await conn.execute("DELETE FROM scope WHERE id = $1", row["id"])


async def _drop_pages(conn: Connection, scope_id: int, edition: int) -> None:
    while _rows(await conn.execute(_DROP, scope_id, edition, SWEEP)) == SWEEP:
        pass


def _rows(status: str) -> int:
    return int(status.rpartition(" ")[2])


def _scope(row: Mapping[str, Any]) -> Scope:
    return Scope(**dict(row))

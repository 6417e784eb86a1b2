# SPDX-License-Identifier: GPL-3.0-or-later
"""Writing down which articles a program wants, and who writes or reviews them.

Called inside a transaction that holds the ledger's lock, so that of two who claim an article one comes first. Articles
that nobody has any more and that are not offered are forgotten. Where the program's scope are the articles it wants,
the worker is asked to read the scope again whenever there are others.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from graph.db import queue
from graph.db.pool import Connection
from graph.db.queue import JobKind
from graph.programs import AssignmentRole
from graph.titles import Title

MOST: Final = 20_000  # articles that one program may want

_WANT = """
INSERT INTO wanted_article AS a (program_id, wiki_id, namespace, title, offered_at)
SELECT $1, t.wiki_id, t.namespace, t.title, CASE WHEN $5 THEN now() END
FROM unnest($2::smallint[], $3::int[], $4::text[]) AS t(wiki_id, namespace, title)
ON CONFLICT (program_id, wiki_id, title) DO UPDATE SET offered_at = coalesce(a.offered_at, excluded.offered_at)
WHERE a.offered_at IS NULL AND $5
RETURNING wiki_id, title, xmax = 0 AS fresh
"""
_ASSIGN = """
INSERT INTO assignment (article_id, program_id, editor_id, role, claimed) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (article_id, editor_id, role) DO NOTHING
"""
_FORGET = """
DELETE FROM wanted_article a WHERE a.program_id = $1 AND a.offered_at IS NULL
    AND NOT EXISTS (SELECT FROM assignment s WHERE s.article_id = a.id)
"""
# The pages under somebody's name, whoever is to write or review them.
_FORGET_USERSPACE = """
DELETE FROM wanted_article a USING editor u
WHERE a.program_id = $1 AND u.id = $2 AND a.namespace = 2
    AND starts_with(substr(a.title, strpos(a.title, ':') + 1) || '/', u.username || '/')
"""
_IS_SCOPE = """
SELECT EXISTS (SELECT FROM program p JOIN scope s ON s.program_id = p.id AND s.kind = 'ASSIGNED_ARTICLES'
               WHERE p.id = $1 AND p.type = 'ARTICLE_SCOPED')
"""
# Those that were never looked for come first, then those that were looked for longest ago.
_UNLOCATED = """
SELECT a.id, w.dbname, a.title FROM wanted_article a JOIN wiki w ON w.id = a.wiki_id
JOIN program p ON p.id = a.program_id AND p.withdrawn_at IS NULL AND p.tracking_end >= $1
WHERE (a.located_at IS NULL OR a.located_at < $2) AND a.id <> ALL($3::bigint[])
ORDER BY a.located_at NULLS FIRST, a.id LIMIT $4
"""
_LOCATED = """
UPDATE wanted_article a SET page_id = t.page_id, located_at = $3
FROM unnest($1::bigint[], $2::bigint[]) AS t(id, page_id) WHERE a.id = t.id
"""

Listed = tuple[int, Title]
"""A title and the number of its wiki."""


@dataclass(frozen=True, slots=True)
class Unlocated:
    """A wanted article of which the wiki is to be asked whether it exists."""

    id: int
    dbname: str
    title: str


async def titles(conn: Connection, program_id: int) -> list[tuple[int, str]]:
    """The articles that a program wants, assigned or offered: the number of the wiki and the full title, in order."""
    rows = await conn.fetch(
        "SELECT wiki_id, title FROM wanted_article WHERE program_id = $1 ORDER BY wiki_id, title", program_id
    )
    return [(row["wiki_id"], row["title"]) for row in rows]


async def room(conn: Connection, program_id: int) -> int:
    """How many articles more the program may want."""
    wanted = await conn.fetchval("SELECT count(*) FROM wanted_article WHERE program_id = $1", program_id)
    return max(MOST - int(wanted), 0)


async def unknown(conn: Connection, program_id: int, listed: Iterable[Listed]) -> int:
    """How many of these the program does not want yet."""
    wanted = set(await titles(conn, program_id))
    return len({(wiki, title.prefixed) for wiki, title in listed} - wanted)


async def offer(conn: Connection, program_id: int, listed: Collection[Listed]) -> set[tuple[int, str]]:
    """Offer articles (each once) to the program's editors; returns those that were not offered before."""
    rows = await _want(conn, program_id, listed, offered=True)
    return {(row["wiki_id"], row["title"]) for row in rows}


async def take_back(conn: Connection, program_id: int, article_id: int) -> None:
    """Offer an article no more; whoever has it keeps it."""
    await conn.execute("UPDATE wanted_article SET offered_at = NULL WHERE id = $1", article_id)
    await _forget(conn, program_id)


async def assign(conn: Connection, program_id: int, listed: Listed, editor_id: int, role: AssignmentRole) -> int:
    """Assign an article to an editor of the program, unless it is; returns the assignment's number."""
    await _want(conn, program_id, [listed], offered=False)
    article_id = await conn.fetchval(
        "SELECT id FROM wanted_article WHERE program_id = $1 AND wiki_id = $2 AND title = $3",
        program_id,
        listed[0],
        listed[1].prefixed,
    )
    return await _give(conn, program_id, article_id, editor_id, role, claimed=False)


async def claim(conn: Connection, program_id: int, article_id: int, editor_id: int) -> int | None:
    """Let an editor write an offered article; returns the assignment's number, or None where somebody else has it."""
    holders = {
        row["editor_id"]
        for row in await conn.fetch(
            "SELECT editor_id FROM assignment WHERE article_id = $1 AND role = $2", article_id, AssignmentRole.WRITE
        )
    }
    if holders - {editor_id}:
        return None
    return await _give(conn, program_id, article_id, editor_id, AssignmentRole.WRITE, claimed=True)


async def end(conn: Connection, program_id: int, assignment_id: int) -> None:
    """Take an article from whom it is assigned to; one that is offered can be claimed again."""
    await conn.execute("DELETE FROM assignment WHERE id = $1", assignment_id)
    await _forget(conn, program_id)


async def end_all(conn: Connection, program_id: int, editor_id: int) -> None:
    """Take all articles from somebody who takes part in the program no more."""
    gone = await conn.fetch(
        "DELETE FROM assignment WHERE program_id = $1 AND editor_id = $2 RETURNING 1", program_id, editor_id
    )
    if gone:
        await _forget(conn, program_id)


async def forget_userspace(conn: Connection, program_id: int, editor_id: int) -> None:
    """Forget the pages in somebody's user space, which have their name."""
    if await conn.execute(_FORGET_USERSPACE, program_id, editor_id) != "DELETE 0":
        await _read_scope(conn, program_id)


async def unlocated(
    conn: Connection, now: datetime, before: datetime, *, but: Collection[int], most: int
) -> list[Unlocated]:
    """Articles of programs that are not over, of which their wikis were not asked since ``before``."""
    return [Unlocated(*row) for row in await conn.fetch(_UNLOCATED, now, before, list(but), most)]


async def located(conn: Connection, found: Mapping[int, int | None], at: datetime) -> None:
    """Write down to which page each article's title leads (None: to none), as the wiki said ``at`` some time."""
    await conn.execute(_LOCATED, list(found), list(found.values()), at)


async def _want(conn: Connection, program_id: int, listed: Collection[Listed], *, offered: bool) -> Sequence[Any]:
    rows: Sequence[Any] = await conn.fetch(
        _WANT,
        program_id,
        [wiki for wiki, _ in listed],
        [title.namespace for _, title in listed],
        [title.prefixed for _, title in listed],
        offered,
    )
    if any(row["fresh"] for row in rows):
        await _read_scope(conn, program_id)
    return rows


async def _give(
    conn: Connection, program_id: int, article_id: int, editor_id: int, role: AssignmentRole, *, claimed: bool
) -> int:
    await conn.execute(_ASSIGN, article_id, program_id, editor_id, role, claimed)
    return int(
        await conn.fetchval(
            "SELECT id FROM assignment WHERE article_id = $1 AND editor_id = $2 AND role = $3",
            article_id,
            editor_id,
            role,
        )
    )


async def _forget(conn: Connection, program_id: int) -> None:
    if await conn.execute(_FORGET, program_id) != "DELETE 0":
        await _read_scope(conn, program_id)


async def _read_scope(conn: Connection, program_id: int) -> None:
    if await conn.fetchval(_IS_SCOPE, program_id):
        await queue.enqueue(conn, JobKind.REFRESH, program_id)
        await queue.hasten(conn, JobKind.REFRESH, program_id)

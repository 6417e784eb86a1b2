# SPDX-License-Identifier: GPL-3.0-or-later
"""Every number of docs/metrics.md by SQL on the wikis' own databases. Shares nothing with the program but names."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.db.naive import Headline, Naive, Numbers, OfArticle, OfEditor, OfNamespace

STAMP = "%Y%m%d%H%M%S"

# What each wiki has: the revisions of pages that are there whose text and author are to be seen.
_REVISIONS = """
INSERT INTO revision
SELECT '{wiki}', r.rev_id, p.page_id, p.page_namespace, CAST(a.actor_name AS TEXT), CAST(r.rev_timestamp AS TEXT),
       r.rev_len - coalesce((SELECT b.rev_len FROM {wiki}.revision b WHERE b.rev_id = r.rev_parent_id),
                            (SELECT b.ar_len FROM {wiki}.archive b WHERE b.ar_rev_id = r.rev_parent_id), 0),
       r.rev_parent_id = 0 AND NOT EXISTS (
           SELECT 1 FROM {wiki}.slots s JOIN {wiki}.content c ON c.content_id = s.slot_content_id
           JOIN {wiki}.text t ON CAST(c.content_address AS TEXT) = 'tt:' || t.old_id
           WHERE s.slot_revision_id = r.rev_id AND CAST(t.old_text AS TEXT) LIKE '#REDIRECT%'),
       EXISTS (SELECT 1 FROM {wiki}.change_tag g JOIN {wiki}.change_tag_def d ON d.ctd_id = g.ct_tag_id
               WHERE g.ct_rev_id = r.rev_id AND CAST(d.ctd_name AS TEXT) = 'mw-reverted')
FROM {wiki}.revision r JOIN {wiki}.page p ON p.page_id = r.rev_page JOIN {wiki}.actor a ON a.actor_id = r.rev_actor
WHERE (r.rev_deleted & 5) = 0;
INSERT INTO account SELECT '{wiki}', CAST(user_name AS TEXT), CAST(user_registration AS TEXT) FROM {wiki}.user;
"""

# The rules: who takes part in which part (a program, or a session's share of one) of a collection, and what it tracks.
_TABLES = """
CREATE TABLE revision (wiki, id, page, namespace, author, at, change, creates, reverted, PRIMARY KEY (wiki, id));
CREATE TABLE account (wiki, name, registered);
CREATE TABLE part (collection, part, first, last, program_first, program_last);
CREATE TABLE author (part, editor, name);
CREATE TABLE place (part, wiki, namespace);  -- the namespace is NULL where only the wiki is named
CREATE VIEW member AS
SELECT p.collection, r.*, a.editor, r.namespace = 6 AND r.wiki = 'commonswiki' AND r.creates AS upload,
       max(EXISTS (SELECT 1 FROM place l WHERE l.part = p.part AND l.wiki = r.wiki)) AS whole,
       max(EXISTS (SELECT 1 FROM place l WHERE l.part = p.part AND l.wiki = r.wiki AND l.namespace = r.namespace))
           AS tracked
FROM part p JOIN author a USING (part) JOIN revision r ON r.author = a.name AND r.at BETWEEN p.first AND p.last
GROUP BY p.collection, r.wiki, r.id;
"""

_SUMS = """
    count(*) FILTER (WHERE whole) AS edits,
    count(DISTINCT wiki || page) FILTER (WHERE tracked) AS articles_edited,
    count(DISTINCT wiki || page) FILTER (WHERE tracked AND creates) AS articles_created,
    coalesce(sum(change) FILTER (WHERE tracked AND change > 0), 0) AS bytes_added,
    count(*) FILTER (WHERE upload) AS uploads"""
_MORE_SUMS = """
    count(DISTINCT editor) FILTER (WHERE whole) AS active_editors,
    coalesce(-sum(change) FILTER (WHERE tracked AND change < 0), 0) AS bytes_removed,
    count(*) FILTER (WHERE whole AND reverted) AS reverted"""
_MEMBERS = "FROM member WHERE collection = ?1 AND (whole OR upload)"

_HEADLINE = f"""
SELECT {_SUMS}, {_MORE_SUMS},
    (SELECT count(DISTINCT editor) FROM part JOIN author USING (part) WHERE collection = ?1) AS editors,
    (SELECT count(DISTINCT editor) FROM part JOIN author USING (part) WHERE collection = ?1
     AND (SELECT min(registered) FROM account WHERE account.name = author.name)
         BETWEEN program_first AND program_last) AS new_editors,
    CASE WHEN EXISTS (SELECT 1 FROM part JOIN place USING (part) WHERE collection = ?1 AND wiki = 'enwiki')
    THEN CAST(floor(coalesce(sum(change) FILTER (WHERE tracked AND change > 0 AND wiki = 'enwiki'), 0) / 5.175)
              AS INTEGER) END AS words
{_MEMBERS}"""
_OF_NAMESPACES = f"SELECT wiki, namespace, {_SUMS}, {_MORE_SUMS} {_MEMBERS} GROUP BY 1, 2"
_OF_EDITORS = f"""
SELECT editor, {_SUMS},
    coalesce(sum(change) FILTER (WHERE whole AND namespace = 2 AND change > 0), 0) AS bytes_userspace,
    coalesce(sum(change) FILTER (WHERE whole AND namespace = 118 AND change > 0), 0) AS bytes_draft
{_MEMBERS} GROUP BY 1"""
_OF_ARTICLES = """
SELECT wiki, page, count(*) AS edits, sum(tracked) AS tracked, max(tracked AND creates) AS created,
    coalesce(sum(change) FILTER (WHERE tracked AND change > 0), 0) AS bytes_added
FROM member WHERE collection = ?1 AND whole GROUP BY 1, 2"""


def count(databases: Mapping[str, Path], rules: Naive, names: Mapping[int, str]) -> dict[int, Numbers]:
    """All numbers of every collection; ``names`` are the editors' names on the wikis now."""
    db = sqlite3.connect(":memory:")
    db.row_factory = sqlite3.Row
    db.executescript(_TABLES)
    for wiki, path in databases.items():
        db.execute(f"ATTACH ? AS {wiki}", (f"{path}",))
        db.executescript(_REVISIONS.replace("{wiki}", wiki))
    _write_rules(db, rules, names)
    counted = {collection: _numbers(db, collection) for collection in rules.collections()}
    db.close()
    return counted


def registered(database: Path, name: str) -> datetime:
    """When an account was made."""
    with sqlite3.connect(database) as db:
        query = "SELECT CAST(user_registration AS TEXT) FROM user WHERE CAST(user_name AS TEXT) = ?"
        (at,) = db.execute(query, (name,)).fetchone()
    return datetime.strptime(at, STAMP).replace(tzinfo=UTC)


def _write_rules(db: sqlite3.Connection, rules: Naive, names: Mapping[int, str]) -> None:
    number = 0
    for collection in rules.collections():
        for program, session in rules.parts(collection):
            number += 1
            first, last = (program.start, program.end) if session is None else (session.start, session.end)
            edges = max(first, program.start), min(last, program.end), program.start, program.end
            db.execute("INSERT INTO part VALUES (?, ?, ?, ?, ?, ?)", (collection, number, *map(_stamp, edges)))
            who: Iterable[int] = program.editors
            if session is not None and session.participants:
                who = session.participants & set(program.editors)
            db.executemany("INSERT INTO author VALUES (?, ?, ?)", [(number, each, names[each]) for each in who])
            for wiki, namespaces in program.wikis.items():
                places = [(number, wiki, namespace) for namespace in (None, *namespaces)]
                db.executemany("INSERT INTO place VALUES (?, ?, ?)", places)


def _stamp(at: datetime) -> str:
    return at.strftime(STAMP)


def _numbers(db: sqlite3.Connection, collection: int) -> Numbers:
    def rows(query: str) -> list[Any]:
        return [dict(row) for row in db.execute(query, (collection,))]

    return Numbers(
        headline=Headline(**rows(_HEADLINE)[0]),
        namespaces={(row.pop("wiki"), row.pop("namespace")): OfNamespace(**row) for row in rows(_OF_NAMESPACES)},
        editors={row.pop("editor"): OfEditor(**row) for row in rows(_OF_EDITORS)},
        articles={
            (row.pop("wiki"), row.pop("page")): OfArticle(**{**row, "created": bool(row["created"])})
            for row in rows(_OF_ARTICLES)
        },
    )

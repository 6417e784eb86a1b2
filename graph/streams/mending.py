# SPDX-License-Identifier: GPL-3.0-or-later
"""What the lists of contributions leave open, asked of the revisions and pages themselves."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from graph.edits import Change, PageDeleted, PageUndeleted, RevisionTagged, RevisionVisibility
from graph.programs import Wiki
from graph.streams.events import REVERTED_TAG
from graph.streams.listing import is_measured, is_redirect, may_be_redirect
from graph.wikimedia.contributions import VALUES, Contribution, Found, PageNow, RevisionNow, WikimediaContributions


@dataclass(frozen=True, slots=True)
class Stored:
    """What the ledger holds of one revision, to be held against the wiki."""

    revision_id: int
    page_id: int
    at: datetime
    deleted: bool
    hidden: bool
    editor_hidden: bool
    reverted: bool


async def measure(contributions: WikimediaContributions, wiki: Wiki, rows: Iterable[Contribution]) -> None:
    """Ask for the parents and sizes that rows leave open, and fill them in as far as anybody knows them."""
    unmeasured = [row for row in rows if not is_measured(row)]
    for row in unmeasured:
        if row.parentid is None:
            before = await contributions.predecessor(wiki, row.pageid, row.revid)
            row.parentid = before.revid if before else 0
    wanted = sorted({number for row in unmeasured for number in (row.revid, row.parentid) if number})
    sizes: dict[int, int | None] = {0: 0}
    for start in range(0, len(wanted), VALUES):
        found = await contributions.revisions(wiki, wanted[start : start + VALUES])
        sizes |= {number: revision.size for number, (revision, _) in found.revisions.items()}
    for row in unmeasured:
        row.size = sizes.get(row.revid) if row.size is None else row.size
        # A parent that exists no more counts nothing, as where the list itself does the sum.
        parent = sizes.get(row.parentid or 0, 0)
        if row.size is not None and parent is not None:
            row.sizediff = row.size - parent


async def find_redirects(
    contributions: WikimediaContributions, wiki: Wiki, rows: Iterable[Contribution]
) -> frozenset[int]:
    """The revisions among these that created a page as a redirect, though nothing in the list says so.

    Imports carry no tags, nor do the years before the tag was invented. Only short texts are looked at.
    """
    doubtful = [row.revid for row in rows if may_be_redirect(row)]
    found: set[int] = set()
    for start in range(0, len(doubtful), VALUES):
        texts = await contributions.texts(wiki, doubtful[start : start + VALUES])
        found.update(revision for revision, text in texts.items() if is_redirect(text))
    return frozenset(found)


async def mend(
    contributions: WikimediaContributions, wiki: Wiki, stored: Sequence[Stored], lag: timedelta
) -> list[Change]:
    """What the wiki has otherwise than the ledger about these revisions (at most 50); see ``History.verify``."""
    found = await contributions.revisions(wiki, [each.revision_id for each in stored])
    as_of = found.asked_at - lag
    changes: list[Change] = []
    for each in stored:
        if each.revision_id in found.revisions:
            changes += _living(wiki, each, *found.revisions[each.revision_id], as_of)
    return [*dict.fromkeys(changes), *await _gone(contributions, wiki, stored, found, as_of)]


def _living(wiki: Wiki, stored: Stored, now: RevisionNow, page: PageNow, as_of: datetime) -> list[Change]:
    changes: list[Change] = []
    if stored.deleted and page.pageid == stored.page_id:
        title = page.title.replace("_", " ")
        changes.append(PageUndeleted(wiki.dbname, stored.page_id, page.ns, title, as_of))
    if (now.text_hidden, now.userhidden) != (stored.hidden, stored.editor_hidden):
        text, editor, summary = not now.text_hidden, not now.userhidden, not now.commenthidden
        changes.append(RevisionVisibility(wiki.dbname, stored.revision_id, text, editor, summary, as_of))
    if (REVERTED_TAG in now.tags) != stored.reverted:
        changes.append(RevisionTagged(wiki.dbname, stored.revision_id, not stored.reverted, as_of))
    return changes


async def _gone(
    contributions: WikimediaContributions, wiki: Wiki, stored: Sequence[Stored], found: Found, as_of: datetime
) -> list[Change]:
    # A revision saved after that moment may be missing only because the answer is behind.
    gone = [
        each
        for each in stored
        if each.revision_id not in found.revisions and each.at <= as_of and not (each.deleted or each.hidden)
    ]
    if not gone:
        return []
    living = await contributions.living(wiki, {each.page_id for each in gone})
    changes: dict[Change, None] = {}
    for each in gone:
        if each.page_id in living:
            # Only part of the page's history was restored.
            change: Change = RevisionVisibility(wiki.dbname, each.revision_id, False, True, True, as_of)
        else:
            change = PageDeleted(wiki.dbname, each.page_id, as_of)
        changes[change] = None
    return list(changes)

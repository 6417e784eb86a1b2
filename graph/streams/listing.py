# SPDX-License-Identifier: GPL-3.0-or-later
"""What one row of a wiki's list of contributions means: the same edit as the stream's event of that revision.

Pure: no I/O, no clock.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from graph.bounds import storable
from graph.edits import Change, Edit, RevisionTagged, RevisionVisibility
from graph.streams.events import REVERTED_TAG
from graph.wikimedia.contributions import Account, Contribution

NEW_REDIRECT_TAG: Final = "mw-new-redirect"
LONGEST_REDIRECT: Final = 500  # bytes: a long title and some templates

# In every language the word is glued to a #, and the link may come after a colon.
_REDIRECT: Final = re.compile(r"\s*#[^\s:#\[\]]+\s*:?\s*\[\[")


def is_measured(row: Contribution) -> bool:
    """Whether the row says whether there is a parent, and how many bytes the edit changed."""
    return row.parentid is not None and (row.size if row.parentid == 0 else row.sizediff) is not None


def may_be_redirect(row: Contribution) -> bool:
    """Whether a row may have created its page as a redirect, and does not say."""
    short = row.size is not None and 0 < row.size <= LONGEST_REDIRECT
    return row.parentid == 0 and short and not row.texthidden and NEW_REDIRECT_TAG not in row.tags


def is_redirect(text: str) -> bool:
    """Whether a page with this wikitext is a redirect."""
    return _REDIRECT.match(text) is not None


def edit(wiki: str, row: Contribution, author: Account, *, redirect: bool = False) -> Edit:
    """The edit a row with measures tells of; ``redirect`` says more than the row that it created one.

    Where the parent exists no more (only part of a deleted page was restored) the change is the whole size, as in
    the wiki's own lists.
    """
    created = row.parentid == 0
    return Edit(
        wiki=wiki,
        revision_id=row.revid,
        page_id=row.pageid,
        namespace=row.ns,
        title=storable(row.title.replace("_", " ")),
        username=storable(author.username),
        central_id=author.central_id,
        at=row.timestamp.astimezone(UTC).replace(microsecond=0),
        byte_change=(row.size if created else row.sizediff) or 0,
        created=created,
        redirect=created and (redirect or NEW_REDIRECT_TAG in row.tags),
        minor=row.minor,
        summary=None if row.commenthidden else storable(row.comment or ""),
    )


def changes(wiki: str, row: Contribution, as_of: datetime, *, known_reverted: bool) -> Iterator[Change]:
    """What else the row tells: hidden parts, and the tag ``mw-reverted`` unless that is known."""
    if row.texthidden or row.commenthidden:
        yield RevisionVisibility(
            wiki, row.revid, text=not row.texthidden, editor=True, summary=not row.commenthidden, as_of=as_of
        )
    if REVERTED_TAG in row.tags and not known_reverted:
        yield RevisionTagged(wiki, row.revid, True, as_of)

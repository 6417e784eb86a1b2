# SPDX-License-Identifier: GPL-3.0-or-later
"""What should have been counted, by naive code that looks only at the wikis as they are in the end."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from graph.edits import Edit, SeenEdit
from graph.simulator.truth import TrueRevision, Truth
from tests.db.naive import Naive, PageNow


class TrueWorld(Naive):
    """The naive model, told of everything by the wikis themselves instead of by a stream."""

    def __init__(self, rules: Naive, truth: Truth, editors: Mapping[int, int]) -> None:
        """``editors`` maps central ids to our numbers of the enrolled."""
        super().__init__(rules.programs, rules.campaigns, rules.organizations, rules.everybody, rules.registered)
        self._revisions = {(each.wiki, each.revision_id): each for each in truth.revisions}
        self.pages = {
            (each.wiki, each.page_id): PageNow(each.namespace, each.title, deleted=False) for each in truth.revisions
        }
        for key, each in self._revisions.items():
            if each.central_id in editors:
                self.edits[key] = SeenEdit(_edit(each), editors[each.central_id], datetime.fromisoformat(each.at))

    def page(self, wiki: str, page_id: int) -> PageNow:
        return self.pages[wiki, page_id]

    def visible(self, wiki: str, revision_id: int) -> bool:
        revision = self._revisions[wiki, revision_id]
        return not (revision.text_hidden or revision.user_hidden)

    def reverted(self, wiki: str, revision_id: int) -> bool:
        return "mw-reverted" in self._revisions[wiki, revision_id].tags

    def counts(self, collection: int) -> dict[tuple[str, int], bool]:
        """The edits a collection counts, by wiki and revision; False where only as an upload."""
        return {(each.edit.wiki, each.edit.revision_id): each.whole for each in self.counted(collection)}


def _edit(of: TrueRevision) -> Edit:
    return Edit(
        wiki=of.wiki,
        revision_id=of.revision_id,
        page_id=of.page_id,
        namespace=of.namespace,
        title=of.title,
        username=of.username,
        central_id=of.central_id,
        at=datetime.fromisoformat(of.at),
        byte_change=of.byte_change,
        created=of.created,
        redirect=of.redirect,
        minor=of.minor,
        summary=of.summary,
    )

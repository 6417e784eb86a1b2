# SPDX-License-Identifier: GPL-3.0-or-later
"""What happens to edits afterwards: deletion, restoring, hiding, reverting, tags, renaming."""

from __future__ import annotations

from typing import Any

from graph.simulator import payloads
from graph.simulator.belonging import Belonging
from graph.simulator.log import VISIBILITY_CHANGE
from graph.simulator.pages import HIDDEN_COMMENT, HIDDEN_TEXT, HIDDEN_USER, SUPPRESSED, Account, Page, Revision
from graph.simulator.state import NotPossible, moment
from graph.simulator.wikis import capitalize

REVERT_TAGS = {"rollback": "mw-rollback", "undo": "mw-undo", "manual": "mw-manual-revert"}
_UNSEEN = ("rev_size", "rev_sha1", "comment", "editor", "content_slots")


class Wikimedia(Belonging):
    """The whole stand-in: everything that can happen on the wikis, as methods. Not for several threads."""

    def delete(self, wiki: str, title: str, username: str, *, reason: str = "", suppressed: bool = False) -> Page:
        """Delete a page with all its revisions; ``suppressed`` hides even who did it."""
        page = self.page(wiki, title)
        performer = self._performer(username, wiki)
        event = self._action("delete", page, None if suppressed else performer, reason)
        event["page"]["revision_count"] = len(page.revisions)
        if suppressed:
            shown = event["revision"]
            for name in _UNSEEN:
                shown.pop(name, None)
            shown.update(payloads.visibility(HIDDEN_TEXT | HIDDEN_COMMENT | HIDDEN_USER))
            event["prior_state"] = {"revision": payloads.visibility(page.latest.hidden)}
        page.deleted = True
        del self.pages[wiki, page.key]
        self.deleted[wiki, page.key] = page
        for revision in page.revisions:
            revision.author.local[wiki].edit_count -= 1
        self.emit(event)
        if not suppressed:
            self.record(wiki, "delete", "delete", page.title, performer.name)
        return page

    def undelete(self, wiki: str, title: str, username: str, *, reason: str = "") -> Page:
        """Restore a deleted page with all its revisions, under its old number."""
        key = self.wiki(wiki).key(title)[1]
        page = self.deleted.get((wiki, key))
        if page is None or (wiki, key) in self.pages:
            raise NotPossible(f"{title!r} on {wiki} is not deleted")
        del self.deleted[wiki, key]
        page.deleted = False
        self.pages[wiki, key] = page
        for revision in page.revisions:
            revision.author.local[wiki].edit_count += 1
        performer = self._performer(username, wiki)
        self.emit(self._action("undelete", page, performer, reason))
        self.record(wiki, "delete", "restore", page.title, performer.name)
        return page

    def hide_revision(
        self, wiki: str, revision_id: int, username: str, *, text: bool | None = None, user: bool | None = None,
        comment: bool | None = None, suppressed: bool = False,
    ) -> Revision:  # fmt: skip
        """Hide (True) or show (False) parts of a revision; None leaves a part as it is.

        Tells the visibility-change stream, and page_change too where it is the page's current revision.
        """
        revision = self.revision(wiki, revision_id)
        before = revision.hidden
        hidden = before & ~SUPPRESSED
        for bit, wanted in ((HIDDEN_TEXT, text), (HIDDEN_USER, user), (HIDDEN_COMMENT, comment)):
            if wanted is not None:
                hidden = hidden | bit if wanted else hidden & ~bit
        revision.hidden = hidden | (SUPPRESSED if suppressed and hidden else 0)
        performer = self._performer(username, wiki)
        shown = None if (before | revision.hidden) & SUPPRESSED else performer
        self._emit_visibility(revision, before, shown)
        if shown:
            self.record(wiki, "delete", "revision", revision.page.title, performer.name)
        return revision

    def revert(
        self, wiki: str, title: str, username: str, *, method: str = "rollback", revision_id: int | None = None,
        summary: str | None = None, job: bool = True,
    ) -> Revision:  # fmt: skip
        """Revert edits and mark them ``mw-reverted`` by the job that comes after (or never, without ``job``).

        ``rollback`` takes back the last author's trailing edits; ``undo`` one edit (``revision_id``, by default
        the latest); ``manual`` restores ``revision_id`` (by default the one before the latest).
        """
        page = self.page(wiki, title)
        restored, reverted = self._revert_range(page, method, revision_id)
        parent, performer = page.latest, self._performer(username, wiki)
        exact = reverted[-1] is parent
        size = restored.size if exact else max(parent.size + reverted[0].parent_size - reverted[-1].size, 0)
        revision = self.new_revision(
            page, performer, size=size, at=moment(None, self.now()), minor=method == "rollback",
            comment=summary if summary is not None else f"Reverted edits by {reverted[-1].author.name}",
            sha1=restored.sha1 if exact else None, parent=parent,
        )  # fmt: skip
        revert: dict[str, Any] = {"method": method, "is_exact": exact}
        if exact:
            revert |= {"rev_original_id": restored.id, "rev_original_dt": restored.at}
        revert |= {"rev_reverted_oldest_id": reverted[0].id, "rev_reverted_newest_id": reverted[-1].id}
        self._emit_saved(revision, parent, performer, revert)
        self.change_tags(revision, added=[REVERT_TAGS[method]], performer=performer)
        if job:
            for old in reverted:
                self.change_tags(old, added=["mw-reverted"], performer=performer)
        return revision

    def tag(
        self, wiki: str, revision_id: int, *, add: list[str] | None = None, remove: list[str] | None = None,
        username: str | None = None,
    ) -> Revision:  # fmt: skip
        """Add tags to a revision, or take them away."""
        revision = self.revision(wiki, revision_id)
        performer = self._performer(username, wiki) if username else None
        self.change_tags(revision, added=add, removed=remove, performer=performer)
        return revision

    def rename_user(self, old: str, new: str) -> Account:
        """Rename a global account; its number stays. Nothing is told on these streams."""
        account = self.accounts.get(capitalize(old))
        if account is None:
            raise NotPossible(f"there is no account {old!r}")
        name = capitalize(new)
        if name in self.accounts:
            raise NotPossible(f"the account {name!r} exists")
        del self.accounts[account.name]
        for dbname in account.local:
            self.record(dbname, "renameuser", "renameuser", f"User:{account.name}", "Global rename script")
        account.name = name
        self.accounts[name] = account
        return account

    def redact_page(self, wiki: str, title: str) -> Page:
        """From now on the streams name nobody who edits this page, as for a list of pages on ru.wikipedia."""
        page = self.page(wiki, title)
        page.redacted = True
        return page

    def _performer(self, username: str, wiki: str) -> Account:
        account = self.account(username)
        self.attach(account, wiki)
        return account

    def _action(self, kind: str, page: Page, performer: Account | None, reason: str) -> dict[str, Any]:
        return self.page_change(kind, page, dt=moment(None, self.now()), performer=performer, comment=reason)

    def _emit_visibility(self, revision: Revision, before: int, performer: Account | None) -> None:
        if revision.page.deleted:
            return
        extra = {
            "visibility": payloads.older_visibility(revision.hidden),
            "prior_state": {"visibility": payloads.older_visibility(before)},
        }
        ids = self.ids()
        event = payloads.revision_event(VISIBILITY_CHANGE, revision, performer=performer, ids=ids, extra=extra)
        self.emit(event, VISIBILITY_CHANGE)
        if revision is not revision.page.latest:
            return
        dt = moment(None, self.now())
        change = self.page_change("visibility_change", revision.page, dt=dt, performer=performer, request_id=ids[1])
        prior = payloads.visibility(before)
        after = payloads.visibility(revision.hidden)
        change["prior_state"] = {"revision": {name: shown for name, shown in prior.items() if after[name] != shown}}
        self.emit(change)

    def _revert_range(self, page: Page, method: str, revision_id: int | None) -> tuple[Revision, list[Revision]]:
        """What is restored, and the revisions taken back, oldest first."""
        history = page.revisions
        if method == "rollback":
            first = len(history) - 1
            while first > 0 and history[first - 1].author is page.latest.author:
                first -= 1
            last = len(history) - 1
        elif method == "undo":
            first = last = self._place(page, revision_id) if revision_id else len(history) - 1
        elif method == "manual":
            first = (self._place(page, revision_id) if revision_id else len(history) - 2) + 1
            last = len(history) - 1
        else:
            raise NotPossible(f"there is no revert by {method!r}")
        if first < 1 or first > last:
            raise NotPossible(f"nothing on {page.title!r} can be reverted that way")
        return history[first - 1], history[first : last + 1]

    def _place(self, page: Page, revision_id: int) -> int:
        revision = self.revision(page.wiki.dbname, revision_id)
        if revision.page is not page:
            raise NotPossible(f"revision {revision_id} is not of {page.title!r}")
        return page.revisions.index(revision)
